"""Names held against a register: in force, former, short, merged and unknown."""

from pathlib import Path

import polars as pl
import pytest

from workbench.lake import catalogue, reference
from workbench.lake.contract import check
from workbench.lake.register import load

REGISTER = """town,place,former,absorbed,elevation,longitude,latitude,source
青龙镇,band_200,大窝乡、龙泉乡,新政乡,200,,,test
永安街道,band_200,,,200,,,test
永安镇,band_350,,,350,,,test
"""


@pytest.fixture
def register(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A register of three towns, of which two share a short name."""
    (tmp_path / "orange_towns.csv").write_text(REGISTER, encoding="utf-8")
    monkeypatch.setattr(reference, "FOLDER", tmp_path)


@pytest.mark.usefixtures("register")
def test_every_spelling_has_one_name_in_force() -> None:
    names = load(catalogue.load("orange_output").columns["town"]).names
    assert {old: names[old] for old in ("青龙镇", "青龙", "大窝乡", "龙泉乡", "永安街道")} == {
        **dict.fromkeys(("青龙镇", "青龙", "大窝乡", "龙泉乡"), "青龙镇"),
        "永安街道": "永安街道",
    }
    assert "永安" not in names  # two places have that short name


@pytest.mark.usefixtures("register")
def test_a_merged_and_an_unknown_town_are_refused_with_cell_and_reason() -> None:
    table = catalogue.load("orange_output")
    towns = ["青龙镇", "新政乡", "永安", "青尤镇", "大窝乡"]
    frame = pl.DataFrame({"town": towns, "variety": "凤园", "season": range(2020, 2025), "release": "final"})
    frame = frame.with_columns(closed=pl.date(pl.col("season") + 1, 6, 30), output=pl.lit(5.0))
    checked = check(frame, table)
    assert checked.rows["town"].to_list() == ["青龙镇", "青龙镇"]
    told = checked.faults.filter(pl.col("rule") == "town|unregistered").select("row", "value", "message").rows()
    assert [row[:2] for row in told] == [(2, "新政乡"), (3, "永安"), (4, "青尤镇")]
    assert "merged into '青龙镇'" in told[0][2]
    assert told[2][2].endswith("(near 青龙镇)")
    assert "大窝乡 read as 青龙镇" in checked.notes
