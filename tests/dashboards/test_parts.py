"""The parts of the pages that decide something: what stands out, what is escaped, what is said in whose words."""

from datetime import timedelta

import polars as pl
import pytest

from dashboards import air_history, air_status, data_intake
from dashboards.export import labelled, safe
from dashboards.memory import remembered
from workbench.forecast.frames import QUANTILES
from workbench.lake import catalogue
from workbench.lake.files import SourceFile
from workbench.lake.ingest import preview
from workbench.lake.store import Lake
from workbench.present.words import LANGUAGES, Words


def sky(**factors: tuple[float, float | None]) -> list[str]:
    rows = [(name, *values) for name, values in factors.items()]
    schema = {"factor": pl.String, "expected": pl.Float64, "usual": pl.Float64}
    return air_history.sky_words(pl.DataFrame(rows, schema=schema, orient="row"))


def test_the_sky_is_told_only_where_it_stands_out() -> None:
    assert ["wind_low", "humidity_up"] == sky(wind_speed=(1.0, 2.0), humidity=(80.0, 65.0))
    assert ["wind_high", "rain"] == sky(wind_speed=(3.0, 2.0), precipitation=(4.0, 0.0), humidity=(70.0, 65.0))
    assert [] == sky(wind_speed=(2.0, 2.1), humidity=(70.0, 65.0), boundary_layer_height=(400.0, None))


def test_a_table_file_cannot_run_a_formula_and_says_what_it_is() -> None:
    frame = pl.DataFrame({"name": ["=1+1", "@x", "ok", None], "n": [1, 2, 3, 4], "list": [["a", "b"], [], ["c"], None]})
    out = safe(labelled(frame, {"sample": True, "status": "machine"}, Words("zh")))
    assert ["'=1+1", "'@x", "ok", None] == out["name"].to_list()
    assert {"示意数据（非实测）"} == set(out["数据性质"])
    assert {"机器预报"} == set(out["status"])
    assert "a、b" == out["list"][0]


def test_a_revision_moves_every_quantile_in_order_even_from_a_point() -> None:
    wide = {name: 50.0 + i for i, name in enumerate(QUANTILES)}
    for row in (wide, dict.fromkeys(QUANTILES, 70.0)):
        new = air_status.moved(row, 60, 90)
        assert [60.0, 90.0] == [new["q10"], new["q90"]]
        assert list(new.values()) == sorted(new.values())
        assert all(0 <= value <= 500 for value in new.values())


def test_what_is_remembered_is_made_once_for_a_key() -> None:
    made: list[int] = []
    for key in ("parts-a", "parts-a", "parts-b"):
        remembered(("test", key), lambda: made.append(1))
    assert 2 == len(made)


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_rule_that_a_cell_can_break_is_told_in_the_readers_words(language: str, home: object) -> None:
    """Found by breaking them: a value above, one below, one that is no number, a key that is missing, one twice."""
    lines = ("A,2026-11-01,99999,5", "A,2026-11-02,-5,5", "A,2026-11-03,x,5", ",2026-11-04,1,5")
    text = "\n".join(["站点,日期,PM2.5,PM10", *lines, "A,2026-11-05,1,5", "A,2026-11-05,2,5", ""])
    from workbench import domain

    table = catalogue.load("air_daily")
    found = preview(Lake(), "air_daily", SourceFile.of("a.csv", text.encode()), tuple(domain.readers().values()))
    words = Words(language)
    told = {
        row["rule"].partition("|")[2]: data_intake.fault(row, table, words) for row in found.errors.rows(named=True)
    }
    assert {"max", "min", "type"} <= set(told)
    for rule in told:
        assert data_intake.fault({"rule": f"pm2_5|{rule}", "message": "?"}, table, words) != "?"
    if language == "zh":
        assert "高于上限 2000 µg/m³" == told["max"]
    assert all("not in" not in data_intake.remark(note, table, Words("zh")) for note in found.notes)


def test_an_old_page_part_is_never_told_as_new() -> None:
    assert Words("zh").age(timedelta(hours=14)) == "14 小时前"
