"""Rearing rooms from a small home: the page says what the API says, roles hold, orders are kept."""

import json
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from pathlib import Path

import httpx
import polars as pl
import pytest
from rooms_home import NOW, furnish_rooms

from dashboards import rooms_facts as facts
from dashboards import rooms_parts as parts
from dashboards import rooms_view as view
from dashboards.memory import plain
from dashboards.reader import Reader
from workbench.control.desk import Desk
from workbench.forecast.frames import LEVELS, QUANTILES
from workbench.present.words import Words
from workbench.science import psychrometrics as moist


@pytest.fixture(scope="module")
def furnished_rooms(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    with pytest.MonkeyPatch.context() as patch:
        folder = tmp_path_factory.mktemp("rooms") / "home"
        patch.setenv("WORKBENCH_HOME", str(folder))
        patch.setenv("WORKBENCH_NOW", NOW)
        furnish_rooms()
        yield folder


@pytest.fixture
def inside(furnished_rooms: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("WORKBENCH_HOME", str(furnished_rooms))
    monkeypatch.setenv("WORKBENCH_NOW", NOW)
    return furnished_rooms


@pytest.fixture
def shown(inside: Path) -> view.Scene:
    return view.scene(Reader(Words("zh")), "R01")


def test_chances_are_those_of_the_quantiles(shown: view.Scene) -> None:
    """An independent reading of the chance: straight lines between the fifteen quantiles, by hand."""
    import numpy as np

    for row in shown.ahead("R01").rows(named=True):
        values = [row[f"t_{q}"] for q in QUANTILES]
        if not values[0] < row["t_lo"] < values[-1] or len(set(values)) < len(values):
            continue
        assert row["p_cold"] == pytest.approx(float(np.interp(row["t_lo"], values, LEVELS)), abs=1e-6)
    gaps = shown.ahead("R01").select("t_q50", "rh_q50", "gap").rows()
    assert all(gap == pytest.approx(float(t - moist.wet_bulb(t, rh))) for t, rh, gap in gaps)
    assert 24 == len(gaps)


def test_the_air_now_is_the_median_of_the_newest_probes(shown: view.Scene) -> None:
    read = shown.lake.read("room_readings").filter(pl.col("room") == "R01").collect()
    newest = read.filter(pl.col("time") == read["time"].max())
    assert shown.here.air["temperature"] == pytest.approx(newest["temperature"].mean())
    assert not shown.here.stale


def test_warmth_grows_as_hours_pass(shown: view.Scene) -> None:
    """16 days of instars 1 to 4 at 24 to 27 °C: between 13 and 17 degree-days each."""
    assert 13 * 15 < shown.here.warmth < 17 * 16
    assert shown.here.hour is not None
    assert (3, "feeding") == (shown.here.hour.where.instar, shown.here.hour.where.phase)


@pytest.mark.parametrize("language", ["zh", "en"])
def test_every_section_stands_in_both_languages(inside: Path, language: str) -> None:
    for room in ("R01", "R02", "R03"):
        scene = view.scene(Reader(Words(language)), room)
        made = [
            parts.todo(scene),
            parts.alarms(scene, True),
            parts.batch(scene),
            parts.county(scene),
            parts.charts(scene),
        ]
        text = json.dumps([plain(part) for part in made], ensure_ascii=False)
        assert "None" not in text
        assert scene.name(room) in text


def test_a_silent_room_is_not_called_good(inside: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("WORKBENCH_NOW", "2026-11-23T20:10:00+08:00")
    scene = view.scene(Reader(Words("zh")), "R01")
    assert scene.here.stale
    assert "unread" == facts.advice(scene, scene.here)[0].code
    assert [("dead", False)] == [(a["code"], a["acknowledged"]) for a in facts.alarms(scene, scene.here)]
    assert "没有新的读数" in "".join(clause.text for clause in parts.clauses(scene))


def test_the_process_is_believed_while_it_is_fresh_and_missed_when_it_is_not(
    inside: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    desk = Desk("R02")
    alarm = {"code": "too_warm", "what": "t", "since": NOW, "level": "alarm"}
    desk.write_state({"at": NOW, "mode": "cooling", "trusted": {"t": 30.4, "rh": 60.0, "co2": None}, "alarms": [alarm],
                      "commands": [0, 1, 0, 0, 1], "allowed": [0, 1, 0, 0, 1]})  # fmt: skip
    fresh = view.scene(Reader(Words("zh")), "R02")
    assert 30.4 == fresh.here.air["temperature"]
    assert ["too_warm"] == [a["code"] for a in facts.alarms(fresh, fresh.here)]
    later = (datetime.fromisoformat(NOW) + timedelta(minutes=7)).isoformat()
    monkeypatch.setenv("WORKBENCH_NOW", later)
    lost = view.scene(Reader(Words("zh")), "R02")
    assert ["process_lost"] == [a["code"] for a in facts.alarms(lost, lost.here)]
    (desk.folder / "state.json").unlink()


def test_the_api_says_what_the_page_says(
    inside: Path, signed_in: Callable[..., httpx.Client], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("WORKBENCH_HOME", str(inside))
    reader = signed_in("viewer")
    rooms = reader.get("/api/v1/rooms").json()
    assert {"R01", "R02", "R03"} == {row["room"] for row in rooms["rows"]}
    assert "示意数据（非实测）" == rooms["meta"]["badge"]
    assert 6 == len(reader.get("/api/v1/rooms/outlook?room=R01&hours=6").json()["rows"])
    batch = reader.get("/api/v1/rooms/batch?room=R01").json()
    assert (4, "feeding") == (batch["instar"], batch["phase"])
    assert ["moult", "rise", "mounting", "harvest"] == [each["kind"] for each in batch["milestones"]]
    for path in ("advice", "alarms", "log", "state"):
        assert 200 == reader.get(f"/api/v1/rooms/{path}?room=R01").status_code
    assert 404 == reader.get("/api/v1/rooms/advice?room=R99").status_code
    assert 200 == reader.get("/silkworms").status_code
    alarm = {"room": "R03", "code": "dead", "what": "t"}
    assert 403 == reader.post("/api/v1/rooms/acknowledge", json=alarm).status_code


def test_only_who_may_acknowledges_and_orders(
    inside: Path, signed_in: Callable[..., httpx.Client], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("WORKBENCH_HOME", str(inside))
    alarm = {"room": "R03", "code": "dead", "what": "t"}
    wish = {"room": "R03", "kind": "mode", "what": "automatic", "value": 60, "reason": "night"}
    for bureau, expected in (("environment", 403), ("sericulture", 200)):
        client = signed_in("forecaster", bureau)
        assert expected == client.post("/api/v1/rooms/acknowledge", json=alarm).status_code
        assert expected == client.post("/api/v1/rooms/orders", json=wish).status_code
        assert client.post("/api/v1/rooms/orders", json=wish | {"reason": ""}).status_code in (403, 422, 400)
    (order,) = Desk("R03").orders()
    assert ("automatic", 60.0, "night") == (order.what, order.value, order.reason)
    assert order.person.startswith("forecaster")
    assert ("dead", "t") in Desk("R03").acknowledged()
