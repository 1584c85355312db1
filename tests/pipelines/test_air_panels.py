"""The air panels: a row is known when its air is, flags are obeyed, weather may be absent, panels commute with time."""

from datetime import UTC, date, datetime, timedelta

import numpy as np
import polars as pl
import pytest
from polars.testing import assert_frame_equal

from pipelines import air
from workbench.lake import catalogue

START = datetime(2026, 3, 1, 16, tzinfo=UTC)  # local midnight
HOURS = 24 * 6
STAMP = pl.Datetime("us", "UTC")


def lake(name: str, rows: pl.DataFrame) -> pl.LazyFrame:
    """Rows as the lake gives them: all columns of the contract, flags good."""
    table = catalogue.load(name)
    missing = [
        pl.lit(None, dtype=kind).alias(column) for column, kind in table.dtypes.items() if column not in rows.columns
    ]
    flags = [pl.lit(1, dtype=pl.UInt8).alias(f"q_{m}") for m in table.measures if f"q_{m}" not in rows.columns]
    return rows.with_columns(*missing, *flags).with_columns(pl.col("known_at").cast(STAMP)).lazy()


def air_rows() -> pl.DataFrame:
    """Two stations, six days of hours, each known an hour later; some hours are missing."""
    rng = np.random.default_rng(4)
    times = [START + timedelta(hours=h + 1) for h in range(HOURS)]
    parts = [
        pl.DataFrame({"station": station, "time": times, **{p: rng.uniform(5, 90, HOURS) for p in air.HOURLY}})
        for station in ("S1", "S2")
    ]
    rows = pl.concat(parts).with_columns(pl.col("time").cast(STAMP))
    rows = rows.filter(pl.col("station").ne("S2") | (pl.col("time").dt.hour() % 11 != 3))
    return rows.with_columns(known_at=pl.col("time").dt.offset_by("1h"))


def weather_rows(late: str = "1h") -> pl.DataFrame:
    times = [START + timedelta(hours=h + 1) for h in range(HOURS)]
    rows = pl.DataFrame({"place": "town", "time": times, "temperature": np.arange(HOURS) * 1.0})
    rows = rows.with_columns(pl.col("time").cast(STAMP), wind_speed=pl.lit(2.0), wind_direction=pl.lit(270.0))
    return rows.with_columns(known_at=pl.col("time").dt.offset_by(late))


STATIONS = pl.LazyFrame({"station": ["S1", "S2"], "place": ["town", "town"]})
NO_REPORT = lake("air_daily", pl.DataFrame(schema={"station": pl.String, "date": pl.Date, "known_at": STAMP}))


def hourly(rows: pl.DataFrame, weather: pl.DataFrame) -> pl.DataFrame:
    return air.air_hourly(lake("air_hourly", rows), lake("weather_hourly", weather), STATIONS).collect()


def test_a_row_a_series_with_all_pollutants_and_the_weather_of_the_hour() -> None:
    panel = hourly(air_rows(), weather_rows())
    assert 6 * air_rows().height == panel.height
    row = panel.filter(unique_id="S1/no2", ds=START + timedelta(hours=5)).row(0, named=True)
    assert row["y"] == row["no2"]
    assert 4.0 == row["temperature"]


def test_a_west_wind_blows_to_the_east() -> None:
    """Direction 270° is where it comes from: u > 0, v = 0."""
    row = hourly(air_rows(), weather_rows()).row(0, named=True)
    assert row["wind_u"] == pytest.approx(2.0)
    assert row["wind_v"] == pytest.approx(0.0, abs=1e-9)


def test_bad_values_are_null_and_doubtful_ones_stay() -> None:
    """A flag of 3, 6 or 9 is bad, whatever the origin; 2 is doubtful."""
    rows = air_rows().with_columns(
        pl.lit(pl.Series([3, 2, 6, 9] + [1] * (air_rows().height - 4), dtype=pl.UInt8)).alias("q_pm10")
    )
    panel = hourly(rows, weather_rows()).filter(unique_id="S1/pm10").sort("ds")
    assert [True, False, True, True, False] == panel.get_column("y").is_null().head(5).to_list()


def test_what_was_filled_in_is_no_truth() -> None:
    """Null in the panel, and no hour of those that a day needs; what was corrected stays."""
    rows = air_rows()
    filled = rows.with_columns(pl.lit(pl.Series([4, 5, 7] + [1] * (rows.height - 3), dtype=pl.UInt8)).alias("q_pm10"))
    panel = hourly(filled, weather_rows()).filter(unique_id="S1/pm10").sort("ds")
    assert [True, True, False, False] == panel.get_column("y").is_null().head(4).to_list()


def test_late_weather_makes_rows_poorer_and_never_later() -> None:
    """Weather two hours later than the air: each row has the weather of two hours before, its known_at is the air's."""
    panel = hourly(air_rows(), weather_rows("3h")).filter(unique_id="S1/pm2_5").sort("ds")
    assert (panel.get_column("known_at") - panel.get_column("ds")).unique().to_list() == [timedelta(hours=1)]
    assert [None, None, 0.0, 1.0] == panel.get_column("temperature").head(4).to_list()
    assert hourly(air_rows(), weather_rows("90h")).get_column("temperature").null_count() == 6 * air_rows().height


def test_without_weather_and_stations_the_air_stands() -> None:
    empty = weather_rows().clear()
    stations = STATIONS.collect().clear().lazy()
    panel = air.air_hourly(lake("air_hourly", air_rows()), lake("weather_hourly", empty), stations).collect()
    assert 6 * air_rows().height == panel.height
    assert panel.get_column("temperature").null_count() == panel.height
    daily = air.air_daily(lake("air_hourly", air_rows()), NO_REPORT, lake("weather_hourly", empty), stations).collect()
    assert daily.get_column("y").count() > 0


def test_a_day_has_twenty_four_hours_from_one_to_midnight_and_a_report_supersedes_it() -> None:
    rows = air_rows()
    own = rows.filter(pl.col("station") == "S1").sort("time").head(24)
    report = pl.DataFrame(
        {"station": ["S1"], "date": [date(2026, 3, 3)], "pm2_5": [77.0], "known_at": [START + timedelta(hours=60)]}
    )
    panel = air.air_daily(
        lake("air_hourly", rows), lake("air_daily", report), lake("weather_hourly", weather_rows()), STATIONS
    )
    got = panel.filter(unique_id="S1/pm2_5").collect().sort("ds")
    assert got.get_column("ds").to_list() == [date(2026, 3, 2) + timedelta(days=d) for d in range(6)]
    assert got.get_column("y")[0] == pytest.approx(own.get_column("pm2_5").mean(), abs=1e-3)
    assert got.get_column("known_at")[0] == START + timedelta(hours=25)
    assert (77.0, START + timedelta(hours=60)) == got.select("y", "known_at").row(1)
    assert got.get_column("temperature")[0] == pytest.approx(np.arange(24).mean())


@pytest.mark.parametrize("hours", [30, 49, 73, 74, 100, 121])
def test_panels_commute_with_time(hours: int) -> None:
    """The panel of what was known by d is the panel of everything, cut at d: hourly and daily, weather late or not."""
    d = START + timedelta(hours=hours)
    for late in ("1h", "2h"):
        rows, weather = air_rows(), weather_rows(late)
        early = [frame.filter(pl.col("known_at") <= d) for frame in (rows, weather)]
        whole = hourly(rows, weather).filter(pl.col("known_at") <= d)
        assert_frame_equal(hourly(*early), whole)
        days = [
            air.air_daily(lake("air_hourly", a), NO_REPORT, lake("weather_hourly", w), STATIONS).collect()
            for a, w in (early, (rows, weather))
        ]
        assert_frame_equal(days[0], days[1].filter(pl.col("known_at") <= d))


def test_every_issue_of_the_weather_reaches_every_series() -> None:
    issues = pl.DataFrame(
        {
            "place": ["town"] * 200,
            "issued_at": [START] * 200,
            "time": [START + timedelta(hours=h) for h in range(200)],
            "temperature": [float(h) for h in range(200)],
        }
    ).with_columns(pl.col("issued_at", "time").cast(STAMP), known_at=pl.col("issued_at"))
    table = lake("weather_forecast", issues)
    ahead = air.air_weather_ahead(table, STATIONS).collect()
    assert (2 * 6 * 120, 1) == (ahead.height, ahead.get_column("known_at").n_unique())
    daily = air.air_weather_ahead_daily(table, STATIONS).filter(unique_id="S2/o3_8h").collect().sort("ds")
    assert daily.get_column("ds").to_list() == [date(2026, 3, 2) + timedelta(days=d) for d in range(8)]
    assert daily.get_column("temperature")[0] == pytest.approx(12.5)  # the hours 1 … 24
