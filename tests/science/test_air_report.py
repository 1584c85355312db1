"""Whole reports: AQI, level, first pollutants, and what happens when a pollutant is missing."""

import polars as pl
import pytest

from workbench.errors import MissingData
from workbench.science import air
from workbench.settings import PROJECT

POINTS = pl.read_csv(PROJECT / "data/reference/aqi_breakpoints.csv")
OLD, NEW = air.RULES


def report(
    rules: str, scale: air.Scale = "day", planned: tuple[str, ...] | None = None, **values: float | None
) -> dict:
    frame = pl.DataFrame({k: [v] for k, v in values.items()}, schema=dict.fromkeys(values, pl.Float64))
    return air.aqi(frame, rules, POINTS, scale, planned).row(0, named=True)


DAY = {"pm2_5": 70.0, "pm10": 80.0, "so2": 10.0, "no2": 30.0, "co": 0.8, "o3_8h": 120.0}


def test_a_whole_day_under_both_rule_sets() -> None:
    old, new = report(OLD, **DAY), report(NEW, **DAY)
    assert (old["aqi"], old["level"], old["primary"], old["exceeding"]) == (94, 2, ["pm2_5"], [])
    assert (new["aqi"], new["level"], new["primary"], new["exceeding"]) == (110, 3, ["pm2_5"], None)
    assert (new["iaqi_pm10"], new["iaqi_so2"], new["iaqi_no2"], new["iaqi_co"], new["iaqi_o3_8h"]) == (
        72,
        10,
        38,
        20,
        67,
    )


def test_ties_are_first_together_and_a_good_day_has_no_first_pollutant() -> None:
    tie = report(NEW, **DAY | {"pm2_5": 60.0, "o3_8h": 160.0})
    assert (tie["aqi"], tie["primary"]) == (100, ["pm2_5", "o3_8h"])
    clean = report(NEW, **DAY | {"pm2_5": 35.0, "pm10": 50.0, "o3_8h": 100.0})
    assert (clean["aqi"], clean["level"], clean["primary"]) == (50, 1, [])


def test_in_2012_all_above_one_hundred_are_exceeding() -> None:
    assert report(OLD, **DAY | {"pm2_5": 80.0, "pm10": 160.0})["exceeding"] == ["pm2_5", "pm10"]
    assert report(OLD, **DAY | {"pm2_5": 75.0, "pm10": 151.0})["exceeding"] == ["pm10"]


def test_in_2026_a_missing_pollutant_withholds_the_index_unless_it_is_above_one_hundred() -> None:
    assert report(NEW, **DAY | {"o3_8h": None, "pm2_5": 60.0})["aqi"] is None
    held = report(NEW, **DAY | {"o3_8h": None, "pm2_5": 60.0})
    assert (held["level"], held["primary"], held["iaqi_pm2_5"]) == (None, None, 100)
    assert report(NEW, **DAY | {"o3_8h": None, "pm2_5": 61.0})["aqi"] == 101
    assert report(OLD, **DAY | {"o3_8h": None})["aqi"] == 94
    planned = tuple(p for p in air.POLLUTANTS if p != "o3_8h")
    assert report(NEW, planned=planned, **DAY | {"o3_8h": None, "pm2_5": 60.0})["aqi"] == 100


def test_a_column_that_is_not_there_counts_as_missing() -> None:
    assert report(NEW, pm2_5=30.0)["aqi"] is None
    assert report(NEW, planned=("pm2_5",), pm2_5=30.0)["aqi"] == 43
    assert report(OLD, pm2_5=None)["aqi"] is None
    with pytest.raises(MissingData, match="no AQI without any of pm2_5, pm10"):
        report(OLD, station=1.0)


def test_the_index_of_2026_starts_at_one() -> None:
    nothing = dict.fromkeys(DAY, 0.0)
    assert (report(NEW, **nothing)["aqi"], report(OLD, **nothing)["aqi"]) == (1, 0)
    assert report(NEW, **nothing)["level"] == 1


def test_in_2012_the_largest_hourly_ozone_counts_in_the_day() -> None:
    assert report(OLD, **DAY, o3=300.0)["primary"] == ["o3"]
    assert report(NEW, **DAY, o3=300.0)["aqi"] == 110


def test_real_time_reports() -> None:
    hour = {"pm2_5": 70.0, "pm10": 80.0, "so2": 10.0, "no2": 30.0, "co": 0.8, "o3": 120.0}
    assert report(NEW, "hour", **hour)["aqi"] == 110
    old = report(OLD, "hour", **hour, pm2_5_24h=36.0, pm10_24h=50.0)
    assert (old["aqi"], old["primary"]) == (52, ["pm2_5"])
    sulphur = report(OLD, "hour", **hour | {"so2": 900.0}, so2_24h=475.0)
    assert (sulphur["iaqi_so2"], sulphur["aqi"], sulphur["primary"]) == (None, 150, ["so2"])
    assert report(NEW, "hour", **hour | {"so2": 900.0})["aqi"] == 200


def test_levels_join_up_and_use_the_official_colours() -> None:
    assert [each.number for each in air.LEVELS] == [1, 2, 3, 4, 5, 6]
    assert [a.high + 1 for a in air.LEVELS[:-1]] == [b.low for b in air.LEVELS[1:]]
    assert [each.hex for each in air.LEVELS] == ["#00E400", "#FFFF00", "#FF7E00", "#FF0000", "#99004C", "#7E0023"]
    everything = pl.DataFrame({"aqi": range(501)}).select("aqi", level=air.level(pl.col("aqi")))
    for each in air.LEVELS:
        mine = everything.filter(level=each.number)["aqi"]
        assert (mine.min(), mine.max()) == (each.low, each.high)
