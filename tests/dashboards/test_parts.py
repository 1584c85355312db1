"""The parts of the pages that decide something: what stands out, what is escaped, what is said in whose words."""

import json
import re
from datetime import UTC, date, datetime, timedelta
from typing import Any

import polars as pl
import pytest
from plotly.utils import PlotlyJSONEncoder

from dashboards import air_history, air_parts, air_status, air_view, air_year, data_intake
from dashboards.export import labelled, safe
from dashboards.memory import remembered
from dashboards.reader import Reader
from workbench.forecast.frames import QUANTILES
from workbench.lake import catalogue
from workbench.lake.files import SourceFile
from workbench.lake.ingest import ingest_frame, preview
from workbench.lake.store import Lake
from workbench.present.words import LANGUAGES, Words


def sky(**factors: tuple[float, float | None]) -> list[str]:
    rows = [(name, *values) for name, values in factors.items()]
    schema = {"factor": pl.String, "expected": pl.Float64, "usual": pl.Float64}
    return air_history.sky_words(pl.DataFrame(rows, schema=schema, orient="row"))


def test_the_sky_is_told_only_where_it_stands_out() -> None:
    assert ["wind_speed_low", "humidity_high"] == sky(wind_speed=(1.0, 2.0), humidity=(80.0, 65.0))
    assert ["wind_speed_high", "precipitation_high"] == sky(
        wind_speed=(3.0, 2.0), precipitation=(4.0, 0.0), humidity=(70.0, 65.0)
    )
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
        moved = [new[name] for name in QUANTILES]
        assert moved == sorted(moved)
        assert all(0 <= value <= 500 for value in moved)
        assert new["p1"] + new["p2"] == pytest.approx(1.0)


def test_no_first_pollutant_is_said_only_where_it_is_likelier_than_not() -> None:
    chances = {"primary_pm2_5": [0.3, 0.1, 0.3], "primary_o3_8h": [0.25, 0.39, 0.2], "primary_none": [0.45, 0.51, 0.5]}
    days = pl.DataFrame({"date": [date(2026, 11, day) for day in (23, 24, 25)], **chances})
    days = days.with_columns(q10=0.0, q50=0.0, q90=0.0)
    assert ["pm2_5", "none", "pm2_5"] == air_view.tidy(days)["primary"].to_list()


def test_days_before_a_stations_first_row_cannot_be_good_any_more() -> None:
    """From 1 November on: 304 days of 2026 are gone, so 61 good days leave no day to spare."""
    dates = pl.date_range(date(2026, 11, 1), date(2026, 11, 22), eager=True)
    history = pl.DataFrame({"station": "a", "date": dates, "aqi": 50})
    ahead = pl.DataFrame({"path": [0], "date": [date(2026, 11, 23)], "good": [1], "over": [0]})
    year = air_year.counted(history, ahead, 61, date(2026, 11, 23))
    drawn = air_parts.target(year, Reader(Words("zh")))
    assert 0 == allowed(drawn)


def allowed(drawn: list[Any]) -> float:
    """Where the chart draws its limit."""
    sent = json.loads(json.dumps(drawn[1], cls=PlotlyJSONEncoder))
    found = re.search(r'"shapes": \[\{[^]]*?"y0": ([\d.-]+)', json.dumps(sent))
    assert found
    return float(found[1])


def air_rows(sample: bool, table: str) -> None:
    """Two days of one station and the weather of its place."""
    times = pl.datetime_range(
        datetime(2026, 11, 20, 17, tzinfo=UTC), datetime(2026, 11, 22, 16, tzinfo=UTC), "1h", time_unit="us", eager=True
    )
    rows = {
        "air_hourly": {"station": "A", "time": times, "pm2_5": 30.0, "o3": 50.0},
        "air_daily": {"station": "A", "date": [date(2026, 11, 21)], "pm2_5": [99.0]},
        "weather_hourly": {"place": "p", "time": times, "wind_speed": 3.0, "wind_direction": 90.0},
    }
    ingest_frame(Lake(), table, pl.DataFrame(rows[table]), "test", f"{table}{sample}", sample=sample)


def test_real_air_and_sample_weather_never_meet_on_a_page(home: object) -> None:
    since = datetime(2026, 11, 1, tzinfo=UTC)
    air_rows(True, "weather_hourly")
    air_rows(True, "air_hourly")
    air_rows(True, "air_daily")
    assert air_history.wind(Lake(), "A", "p", "pm2_5", since).height == 1
    assert air_history.days(Lake(), "A")["pm2_5"].to_list() == [99.0, 30.0]
    air_rows(False, "air_hourly")
    assert air_history.wind(Lake(), "A", "p", "pm2_5", since).is_empty()
    assert air_history.days(Lake(), "A")["pm2_5"].to_list() == [30.0, 30.0], "the sample's released day is gone"
    told = air_history.sky(Lake(), "p", date(2026, 11, 22), datetime(2026, 11, 22, tzinfo=UTC), "Asia/Shanghai")
    assert told.is_empty()


def test_real_days_without_hours_stand_alone(home: object) -> None:
    air_rows(True, "air_hourly")
    air_rows(False, "air_daily")
    assert air_history.days(Lake(), "A")["pm2_5"].to_list() == [99.0]


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
