"""What the device process knows ahead, from the lake and without it."""

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from rooms_home import NOW, furnish_rooms

from workbench import domain
from workbench.control.device import Foresight
from workbench.control.planner import SLOTS
from workbench.lake.store import Lake
from workbench.operate import control_room
from workbench.settings import now


@pytest.fixture(scope="module")
def rooms_lake(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    with pytest.MonkeyPatch.context() as patch:
        folder = tmp_path_factory.mktemp("rooms") / "home"
        patch.setenv("WORKBENCH_HOME", str(folder))
        patch.setenv("WORKBENCH_NOW", NOW)
        furnish_rooms(train=False)
        yield folder


def test_the_lake_tells_band_weather_and_larvae(rooms_lake: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("WORKBENCH_HOME", str(rooms_lake))
    monkeypatch.setenv("WORKBENCH_NOW", NOW)
    known = control_room.foresight("R02", Foresight(control_room.IDLE, 5000.0))
    assert ((23.0, 25.0, 65.0, 75.0), 1200.0) == (known.band, known.co2_max)
    assert known.told_at is not None
    assert known.told_at <= now()
    ahead = known.ahead
    assert ahead is not None
    assert (1, len(SLOTS)) == ahead.outdoor.shape == ahead.price.shape
    assert (1, len(SLOTS), 4) == ahead.band.shape
    rows = domain.panel("rooms_ahead", Lake()).filter(pl.col("unique_id") == "R02/temperature", pl.col("ds") > now())
    soon = rows.sort("known_at").unique("ds", keep="last").sort("ds").head(7)
    assert soon["outdoor"].min() - 0.5 <= ahead.outdoor.min() <= ahead.outdoor.max() <= soon["outdoor"].max() + 0.5
    assert {0.5, 0.8} == set(np.round(ahead.price[0], 2))  # from 18:10: flat until 20, peak until 22, flat
    assert 100 < ahead.heat[0, 0] < 4000


def test_a_room_without_batch_is_idle_and_a_lost_lake_leaves_what_was_known(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = Foresight((23.0, 25.0, 65.0, 75.0), 1200.0, outdoor=9.0)
    assert before.band == control_room.foresight("R01", before).band

    class Lost(Lake):
        def read(self, *_: object, **__: object) -> pl.LazyFrame:
            raise OSError("the disk is gone")

    assert before is control_room.foresight("R01", before, Lost())
