"""The sample county is invented, but it keeps its contracts and the published shapes, and never contradicts itself."""

from datetime import UTC, datetime, timedelta

import polars as pl
import pytest

from pipelines.sample.air import tables
from workbench.lake import catalogue

UNTIL = datetime(2026, 3, 1, 12, tzinfo=UTC)
LOCAL = pl.col("time").dt.convert_time_zone("Asia/Shanghai")


@pytest.fixture(scope="module")
def made() -> dict[str, pl.DataFrame]:
    return tables(UNTIL)


@pytest.mark.parametrize("name", ["stations", "weather_hourly", "weather_forecast", "air_hourly"])
def test_every_table_keeps_its_contract(made: dict[str, pl.DataFrame], name: str) -> None:
    """Columns, ranges and keys are those of the catalogue."""
    table, frame = catalogue.load(name), made[name]
    assert set(frame.columns) <= set(table.columns)
    assert frame.select(table.key).n_unique() == frame.height
    assert 0 == sum(frame.select(table.key).null_count().row(0))
    for column in frame.columns:
        low, high = table.columns[column].min, table.columns[column].max
        if low is not None and high is not None:
            assert frame[column].drop_nulls().is_between(low, high).all(), column


def test_a_later_call_only_adds(made: dict[str, pl.DataFrame]) -> None:
    """What was measured and forecast stays the same when the clock has moved on by two days and five hours."""
    later = tables(UNTIL + timedelta(days=2, hours=5))
    for name in ("weather_hourly", "weather_forecast", "air_hourly"):
        key = list(catalogue.load(name).key)
        both = made[name].drop("audited", strict=False).join(later[name], on=key, how="inner", suffix="_later")
        assert both.height > 0.99 * made[name].height
        for column in made[name].drop(*key, "audited", strict=False).columns:
            assert both[column].eq_missing(both[f"{column}_later"]).all(), column


def test_history_ends_at_the_hour_asked_for_and_forecasts_reach_a_week_on(made: dict[str, pl.DataFrame]) -> None:
    """Nothing measured lies in the future; the last forecast covers the end of the seventh day after."""
    assert made["air_hourly"]["time"].max() == UNTIL == made["weather_hourly"]["time"].max()
    assert made["weather_forecast"]["issued_at"].max() == datetime(2026, 3, 1, tzinfo=UTC)
    assert made["weather_forecast"]["time"].max() == datetime(2026, 3, 9, tzinfo=UTC)


def test_winter_is_worse_than_summer_and_ozone_is_the_other_way_round(made: dict[str, pl.DataFrame]) -> None:
    """Chongqing's published PM2.5 ratio of winter to summer is 3.0; ours is between 2 and 4."""
    month = made["air_hourly"].filter(pl.col("station") == "S5001").group_by(LOCAL.dt.month().alias("month"))
    mean = {row["month"]: row for row in month.agg(pl.col("pm2_5", "o3").mean()).to_dicts()}
    winter, summer = ([mean[m] for m in months] for months in ((12, 1, 2), (6, 7, 8)))
    assert 2 < sum(m["pm2_5"] for m in winter) / sum(m["pm2_5"] for m in summer) < 4
    assert sum(m["o3"] for m in summer) > 1.8 * sum(m["o3"] for m in winter)


def test_the_day_has_two_peaks_of_particles_and_one_of_ozone(made: dict[str, pl.DataFrame]) -> None:
    """Morning and late evening for PM2.5 with a valley between; ozone highest in the afternoon."""
    hours = made["air_hourly"].group_by(LOCAL.dt.hour().alias("hour")).agg(pl.col("pm2_5", "o3").mean()).sort("hour")
    pm, o3 = hours["pm2_5"].to_list(), hours["o3"].to_list()
    assert 8 <= max(range(6, 14), key=pm.__getitem__) <= 11
    assert 20 <= max(range(16, 24), key=pm.__getitem__) <= 23
    assert 14 <= o3.index(max(o3)) <= 17


def test_good_days_are_about_as_common_as_published(made: dict[str, pl.DataFrame]) -> None:
    """Fengjie reported 97.8 % good days; PM2.5 above 75 µg/m³ on 1 to 5 % of the days at the school."""
    day = (LOCAL - pl.duration(hours=1)).dt.date().alias("day")
    days = made["air_hourly"].filter(pl.col("station") == "S5001").group_by(day).agg(pl.col("pm2_5").mean())
    assert 0.01 <= (days["pm2_5"] > 75).mean() <= 0.05  # type: ignore[operator]


def test_new_year_is_heard(made: dict[str, pl.DataFrame]) -> None:
    """The first hour of the lunar year (17 February 2026) is far above the evening before."""
    town = made["air_hourly"].filter(pl.col("station") == "S5001")
    before, first = (
        town.row(by_predicate=pl.col("time") == datetime(2026, 2, 16, hour, tzinfo=UTC), named=True)
        for hour in (12, 17)
    )
    assert first["pm2_5"] > before["pm2_5"] + 60


def test_weather_forecasts_get_worse_with_lead(made: dict[str, pl.DataFrame]) -> None:
    """Temperature error on the first day is under 0.8 °C and more than doubles by the seventh."""
    lead = ((pl.col("time") - pl.col("issued_at")).dt.total_hours() - 1) // 24
    both = made["weather_forecast"].join(made["weather_hourly"], on=["place", "time"], suffix="_seen")
    error = both.group_by(lead.alias("day")).agg((pl.col("temperature") - pl.col("temperature_seen")).abs().mean())
    by_day = error.sort("day")["temperature"].to_list()
    assert by_day[0] < 0.8
    assert by_day == sorted(by_day[:7]) + by_day[7:]
    assert by_day[6] > 2 * by_day[0]


def test_gaps_and_faults_are_there_to_be_found(made: dict[str, pl.DataFrame]) -> None:
    """About one cell in a hundred is missing, an analyser is stuck for 16 hours or more, and a spike stands alone."""
    air = made["air_hourly"]
    assert 0.005 < air["pm2_5"].null_count() / air.height < 0.03
    town = air.filter(pl.col("station") == "S5002")["pm10"].rle().struct.unnest()
    assert town.filter(pl.col("value").is_not_null())["len"].max() >= 16  # type: ignore[operator]
    assert (air.filter(pl.col("station") == "S5003")["pm2_5"] == 985).sum() >= 1


def test_audited_are_the_months_whose_tenth_day_after_has_passed(made: dict[str, pl.DataFrame]) -> None:
    """On 1 March, January is audited and February is not."""
    months = made["air_hourly"].group_by((LOCAL - pl.duration(hours=1)).dt.strftime("%Y-%m").alias("m"))
    audited = dict(months.agg(pl.col("audited").all()).iter_rows())
    assert audited["2026-01"]
    assert not audited["2026-02"]
