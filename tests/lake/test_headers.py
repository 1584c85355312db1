"""Headers as stations, cities and models write them."""

import pytest

from workbench.errors import BrokenContract
from workbench.lake import catalogue
from workbench.lake.headers import named, split, understand

HOURLY, DAILY, WEATHER = (catalogue.load(name) for name in ("air_hourly", "air_daily", "weather_hourly"))


@pytest.mark.parametrize(
    ("header", "column", "scale"),
    [
        ("PM2.5(μg/m³)", "pm2_5", 1),
        ("PM2.5（ug/m3）", "pm2_5", 1),
        ("ＰＭ２．５", "pm2_5", 1),
        ("PM2_5", "pm2_5", 1),
        ("pm25 mg/m3", "pm2_5", 1000),
        ("细颗粒物（PM2.5）浓度(μg/m³)", "pm2_5", 1),
        ("一氧化碳(mg/m3)", "co", 1),
        ("CO [微克/立方米]", "co", 0.001),
        ("二氧化硫(SO2)浓度", "so2", 1),
        ("NO2/(μg/m3)", "no2", 1),
        ("臭氧(1小时)", "o3", 1),
        ("O3_1h", "o3", 1),
        ("O₃ (1 h)", "o3", 1),
        ("监测时间", "time", 1),
        ("\ufeff站点名称", "station", 1),
    ],
)
def test_an_hourly_header_is_understood(header: str, column: str, scale: float) -> None:
    """Name and unit, in any case, width and bracket."""
    (meaning,) = understand([header], HOURLY).meanings.values()
    assert (column, scale) == (meaning.column.name, pytest.approx(meaning.scale))


@pytest.mark.parametrize(
    "header", ["O3_8h", "臭氧8小时", "O3（8小时）", "PM2.5_24h", "CO_24h", "AQI", "首要污染物", ""]
)
def test_another_average_is_not_taken_for_the_hourly_value(header: str) -> None:
    """An eight-hour or daily mean beside the hourly one must not slip into its column."""
    assert {} == understand([header], HOURLY).meanings


@pytest.mark.parametrize(
    ("header", "column"),
    [
        ("PM2.5_24h", "pm2_5"),
        ("CO日均(mg/m3)", "co"),
        ("SO2 24小时平均", "so2"),
        ("O3_8h_24h", "o3_8h"),
        ("TimePoint", "date"),
    ],
)
def test_a_daily_header_is_understood(header: str, column: str) -> None:
    """In a daily table a mean over 24 hours is the value itself."""
    (meaning,) = understand([header], DAILY).meanings.values()
    assert column == meaning.column.name


def test_the_surer_of_two_headers_wins_and_the_other_is_named() -> None:
    """A column's own name before an alias; the loser is told with what it is like."""
    found = understand(["细颗粒物", "pm2_5", "PM_2-5x"], HOURLY)
    assert {1} == set(found.meanings)
    assert {0: "细颗粒物", 2: "PM_2-5x"} == found.unused
    assert "细颗粒物 (like pm2_5?), PM_2-5x (like pm2_5?)" == named(found.unused.values(), HOURLY)


def test_units_stated_apart_from_the_header_count() -> None:
    """As in `hourly_units` of a JSON answer."""
    found = understand(["wind_speed_10m"], WEATHER, {"wind_speed_10m": "km/h"})
    assert found.meanings[0].scale == pytest.approx(1 / 3.6)
    assert ("wind_speed_10m: km/h → m/s",) == found.notes


def test_a_unit_that_cannot_be_turned_is_refused() -> None:
    """Nothing is guessed about ppb."""
    with pytest.raises(BrokenContract, match="is in ppb"):
        understand(["O3 (ppb)"], HOURLY)


def test_brackets_without_a_unit_stay_in_the_name() -> None:
    """Only what is a unit is taken off."""
    assert ("站点（新）", "") == split("站点（新）")
