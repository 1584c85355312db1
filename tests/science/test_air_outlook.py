"""Outlook from paths: days as if measured, chances counted, targets, and the wind."""

import time
from datetime import UTC, date, datetime, timedelta

import numpy as np
import polars as pl
import pytest

from workbench.errors import BrokenContract
from workbench.forecast.frames import LEVELS
from workbench.science import air, air_day
from workbench.science.air_outlook import concentrations, day_paths, level_chances, outlook, remaining_days
from workbench.science.wind import wind_concentration
from workbench.settings import PROJECT

POINTS = pl.read_csv(PROJECT / "data/reference/aqi_breakpoints.csv")
ZONE = "Asia/Shanghai"
SIX = ("pm2_5", "pm10", "so2", "no2", "co", "o3")
START = datetime(2026, 11, 23, 12, tzinfo=UTC)  # 20:00 in Shanghai: the hours to come begin at 21:00
NOW = datetime(2026, 11, 23, 11, tzinfo=UTC)


def hourly_paths(stations: int = 1, paths: int = 20, steps: int = 100, seed: int = 1) -> pl.DataFrame:
    rng = np.random.default_rng(seed)
    level = {"pm2_5": 60, "pm10": 90, "so2": 10, "no2": 40, "co": 0.9, "o3": 60}
    size = stations * len(SIX) * paths * steps
    grid = pl.DataFrame({"station": [f"s{k}" for k in range(stations)]}).join(
        pl.DataFrame({"measure": SIX, "level": [float(level[m]) for m in SIX]}), how="cross"
    )
    grid = grid.join(pl.DataFrame({"path": range(paths)}), how="cross").with_columns(
        shift=pl.Series(rng.lognormal(0, 0.4, stations * len(SIX) * paths))
    )
    hours = pl.DataFrame({"ds": [START + timedelta(hours=k + 1) for k in range(steps)]})
    return grid.join(hours, how="cross").select(
        task=pl.lit("air_hourly"),
        unique_id=pl.col("station") + "/" + pl.col("measure"),
        issued_at=pl.lit(NOW),
        ds=pl.col("ds").dt.cast_time_unit("us"),
        path="path",
        y=(pl.col("level") * pl.col("shift") * pl.Series(rng.lognormal(0, 0.2, size))).round(3),
    )


def observed(stations: int = 1, hours: int = 60) -> pl.DataFrame:
    times = [START - timedelta(hours=k) for k in range(hours)]
    frame = pl.DataFrame({"time": times}).with_columns(pl.col("time").dt.cast_time_unit("us"))
    frame = frame.with_columns(**{name: pl.lit(50.0) for name in SIX}).with_columns(co=pl.lit(1.0))
    return pl.DataFrame({"station": [f"s{k}" for k in range(stations)]}).join(frame, how="cross")


def later_paths(paths: int = 20, seed: int = 2) -> pl.DataFrame:
    rng = np.random.default_rng(seed)
    days = pl.DataFrame({"ds": [date(2026, 11, 23) + timedelta(days=k) for k in range(8)]})
    grid = pl.DataFrame({"measure": air.POLLUTANTS, "level": [60.0, 90.0, 10.0, 40.0, 0.9, 80.0]})
    grid = grid.join(days, how="cross").join(pl.DataFrame({"path": range(paths)}), how="cross")
    return grid.select(
        task=pl.lit("air_daily"),
        unique_id=pl.lit("s0/") + pl.col("measure"),
        issued_at=pl.lit(NOW),
        ds="ds",
        path="path",
        y=pl.col("level") * pl.Series(rng.lognormal(0, 0.5, len(grid))),
    )


def test_every_path_is_turned_into_days_as_if_it_were_measured() -> None:
    paths = hourly_paths()
    days = day_paths(paths, observed(), POINTS, ZONE)
    assert days["date"].unique().sort().to_list() == [date(2026, 11, 23) + timedelta(days=k) for k in range(5)]
    one = paths.filter(pl.col("path") == 7).with_columns(measure=pl.col("unique_id").str.slice(3))
    wide = one.pivot(on="measure", index="ds", values="y").rename({"ds": "time"}).with_columns(station=pl.lit("s0"))
    series = pl.concat([observed(), wide.select(observed().columns)])
    slow = air.aqi_in_force(air_day.daily(series, ZONE), POINTS).filter(pl.col("date") >= date(2026, 11, 23))
    mine = days.filter(pl.col("path") == 7)
    assert mine["aqi"].to_list() == slow["aqi"].to_list()
    assert mine["o3_8h"].to_list() == slow["o3_8h"].to_list()
    assert mine["primary"].to_list() == slow["primary"].to_list()


def test_what_is_measured_today_is_in_every_path() -> None:
    today = day_paths(hourly_paths(), observed(), POINTS, ZONE).filter(pl.col("date") == date(2026, 11, 23))
    assert today["pm2_5"].min() > 50 * 20 / 24  # twenty measured hours at 50, four simulated
    assert today["pm2_5"].std() < 6
    late = observed().head(1).with_columns(time=pl.lit(START + timedelta(hours=1)), pm2_5=pl.lit(2000.0))
    assert day_paths(hourly_paths(), pl.concat([observed(), late]), POINTS, ZONE).head(20).equals(today)
    blind = day_paths(hourly_paths(), observed().clear(), POINTS, ZONE)
    assert blind["date"].min() == date(2026, 11, 24)  # four hours are no day


def test_later_days_come_from_the_daily_paths_and_keep_good_and_bad_together() -> None:
    hours, later = hourly_paths(), later_paths()
    days = day_paths(hours, observed(), POINTS, ZONE, later)
    assert days.group_by("date").len().sort("date")["len"].to_list() == [20] * 8
    own = day_paths(hours, observed(), POINTS, ZONE)
    assert days.filter(pl.col("date") <= date(2026, 11, 27)).select(own.columns).equals(own)
    alone = air.aqi_in_force(
        later.with_columns(measure=pl.col("unique_id").str.slice(3))
        .pivot(on="measure", index=["ds", "path"], values="y")
        .rename({"ds": "date"}),
        POINTS,
    )
    common = alone.filter(pl.col("date") <= date(2026, 11, 27)).group_by("path").agg(pl.col("aqi").mean())
    worst_later = common.sort("aqi", "path")["path"][-1]
    worst_here = own.group_by("path").agg(pl.col("aqi").mean()).sort("aqi", "path")["path"][-1]
    last = date(2026, 11, 30)
    joined = days.filter(pl.col("path") == worst_here, pl.col("date") == last)["pm2_5"].item()
    assert joined == alone.filter(pl.col("path") == worst_later, pl.col("date") == last)["pm2_5"].item()


def test_paths_that_do_not_match_in_number_are_refused() -> None:
    with pytest.raises(BrokenContract, match="20 hourly paths but 10 daily ones"):
        day_paths(hourly_paths(), observed(), POINTS, ZONE, later_paths(paths=10))


def test_chances_are_shares_of_paths() -> None:
    days = day_paths(hourly_paths(paths=50), observed(), POINTS, ZONE)
    out = outlook(days, {"q10": 0.1, "q50": 0.5, "q90": 0.9})
    assert out["paths"].to_list() == [50] * 5
    levels = out.select(pl.sum_horizontal(f"p{k}" for k in range(1, 7))).to_series()
    leaders = out.select(pl.sum_horizontal(pl.col("^primary_.*$"))).to_series()
    assert levels.to_list() == pytest.approx([1.0] * 5)
    assert leaders.to_list() == pytest.approx([1.0] * 5)
    day = days.filter(pl.col("date") == date(2026, 11, 25))
    row = out.filter(pl.col("date") == date(2026, 11, 25)).row(0, named=True)
    assert row["q50"] == np.quantile(day["aqi"].to_numpy(), 0.5)
    assert row["p3"] == sum(100 < x <= 150 for x in day["aqi"]) / 50
    assert row["primary_none"] == sum(x <= 50 for x in day["aqi"]) / 50
    assert row["rules"] == "hj633_2026"


def test_a_pollutant_without_a_value_is_named_and_the_rules_decide() -> None:
    """Only the four simulated hours of today have CO: the other five keep their values, the AQI of 2026 stays open."""
    gappy = observed().with_columns(co=pl.lit(None, pl.Float64))
    days = day_paths(hourly_paths(), gappy, POINTS, ZONE)
    today = days.filter(pl.col("date") == date(2026, 11, 23))
    assert today["missing"].to_list() == [["co"]] * 20
    assert today["pm2_5"].null_count() == 0
    assert today.filter(pl.col("iaqi_pm2_5") <= 100)["aqi"].null_count() > 0
    assert outlook(days, {})["date"].min() == date(2026, 11, 24), "an AQI that is open has no distribution"
    foul = day_paths(hourly_paths(), gappy.with_columns(pm2_5=pl.lit(300.0)), POINTS, ZONE)
    assert outlook(foul, {"q50": 0.5})["date"].min() == date(2026, 11, 23), "above 100 it is published all the same"
    filled = day_paths(hourly_paths(), gappy, POINTS, ZONE, later_paths())
    assert filled.filter(pl.col("date") == date(2026, 11, 23))["missing"].list.len().sum() == 0
    assert filled.filter(pl.col("date") == date(2026, 11, 23))["pm2_5"].to_list() == today["pm2_5"].to_list()


def test_a_pollutant_that_one_station_never_measures_is_outside_its_plan_only() -> None:
    paths = hourly_paths(2).filter(pl.col("unique_id") != "s1/o3")
    days = day_paths(paths, observed(2).with_columns(o3=pl.when(pl.col("station") == "s0").then("o3")), POINTS, ZONE)
    assert outlook(days, {}).group_by("station").len().sort("station").rows() == [("s0", 5), ("s1", 5)]


def test_levels_follow_the_quantiles() -> None:
    """Uniform from 50.5 to 150.5 is half good, half light; a point is certain; outside the quantiles is nothing."""
    assert list(level_chances([50.5, 150.5], [0.0, 1.0]).values()) == pytest.approx([0, 0.5, 0.5, 0, 0, 0])
    assert level_chances([120.0] * 15, list(LEVELS))["p3"] == 1.0
    drawn = np.random.default_rng(1).gamma(4, 25, 200_000).round()
    made = level_chances(np.quantile(drawn, LEVELS).tolist(), list(LEVELS))
    assert sum(made.values()) == pytest.approx(1.0)
    assert made["p3"] == pytest.approx(((drawn > 100) & (drawn <= 150)).mean(), abs=0.02)


def test_a_tie_is_shared() -> None:
    days = pl.DataFrame(
        {"station": ["a", "a"], "path": [0, 1], "date": [date(2026, 11, 24)] * 2, "pm2_5": [60.0, 60.0],
         "o3_8h": [160.0, 20.0]}
    )  # fmt: skip
    out = outlook(air.aqi_in_force(days, POINTS, ("pm2_5", "o3_8h")), {}).row(0, named=True)
    assert (out["primary_pm2_5"], out["primary_o3_8h"], out["primary_none"]) == (0.75, 0.25, 0.0)


def test_concentrations_of_the_days() -> None:
    out = concentrations(day_paths(hourly_paths(), observed(), POINTS, ZONE), {"q50": 0.5})
    assert out.columns == ["station", "date", "measure", "mean", "q50"]
    assert len(out) == 5 * 6


def test_a_station_without_ozone_still_has_an_outlook() -> None:
    paths = hourly_paths().filter(~pl.col("unique_id").str.ends_with("/o3"))
    out = outlook(day_paths(paths, observed(), POINTS, ZONE), {"q50": 0.5})
    assert len(out) == 5
    assert "primary_o3_8h" not in out.columns


def test_three_stations_and_two_hundred_paths_take_about_a_second() -> None:
    paths, seen = hourly_paths(3, 200, 96), observed(3)
    begin = time.perf_counter()
    outlook(day_paths(paths, seen, POINTS, ZONE), {"q50": 0.5})
    assert time.perf_counter() - begin < 5  # about 0.3 s on a free core


def test_the_rest_of_the_year_is_drawn_from_whole_past_years() -> None:
    days = pl.date_range(date(2023, 1, 1), date(2026, 11, 23), eager=True)
    history = pl.DataFrame({"station": "a", "date": days}).with_columns(aqi=pl.col("date").dt.year() - 2000)
    ahead = remaining_days(history, date(2026, 11, 30), 30, seed=5)
    assert ahead.group_by("path").len()["len"].unique().to_list() == [31]
    assert ahead.group_by("path").agg(pl.col("aqi").n_unique())["aqi"].unique().to_list() == [1]
    assert set(ahead["aqi"]) == {23, 24, 25}
    assert ahead.equals(remaining_days(history, date(2026, 11, 30), 30, seed=5))
    assert remaining_days(history.filter(pl.col("date") > date(2026, 1, 1)), date(2026, 11, 30), 30, 5).is_empty()
    scrap = history.filter(pl.col("date") < date(2023, 12, 20))
    assert remaining_days(scrap, date(2026, 11, 30), 30, 5).is_empty()  # nineteen of thirty-one days
    assert remaining_days(history, date(2026, 12, 31), 30, 5).is_empty()


def test_wind_and_concentration() -> None:
    when = [NOW + timedelta(hours=k) for k in range(12)]
    speed, direction = [2.5] * 4 + [9.0] * 4 + [0.1] * 4, [350.0, 5.0, 0.0, 11.0] + [90.0] * 8
    weather = pl.DataFrame({"time": when, "wind_speed": speed, "wind_direction": direction})
    hours = pl.DataFrame({"time": when, "pm2_5": [10.0, 20.0, 30.0, 40.0] + [80.0] * 4 + [100.0] * 3 + [None]})
    polluted = wind_concentration(hours, weather).rows()
    assert polluted == [(0.0, 2.0, 4, 25.0), (90.0, 8.0, 4, 80.0), (None, 0.0, 4, 100.0)]
    assert wind_concentration(hours.head(2), weather).is_empty()
    assert len(wind_concentration(hours.head(3), weather)) == 1
