"""Open-Meteo answers: forecast, archive and air quality, one place or several."""

import json
from datetime import UTC, datetime
from typing import Any

import pytest

from pipelines.readers import open_meteo
from workbench.errors import BrokenContract, UnreadableFile
from workbench.lake import catalogue, contract
from workbench.lake.files import SourceFile
from workbench.lake.reading import Parsed

WRITTEN = datetime(2026, 3, 1, 10, 20, tzinfo=UTC)
WEATHER = {
    "latitude": 31.0, "longitude": 109.5, "generationtime_ms": 0.2, "utc_offset_seconds": 28800,
    "timezone": "Asia/Shanghai", "timezone_abbreviation": "GMT+8", "elevation": 320.0,
    "hourly_units": {"time": "iso8601", "temperature_2m": "°C", "precipitation": "mm", "wind_speed_10m": "km/h",
                     "wind_direction_10m": "°", "boundary_layer_height": "m"},
    "hourly": {"time": ["2026-03-01T17:00", "2026-03-01T18:00", "2026-03-01T19:00", "2026-03-01T20:00"],
               "temperature_2m": [11.2, 10.8, 10.1, None], "precipitation": [0.0, 0.2, 0.0, None],
               "wind_speed_10m": [7.2, 3.6, 36, None], "wind_direction_10m": [90, 80, 70, None],
               "boundary_layer_height": [455.0, 300.0, 120.0, None]},
}  # fmt: skip


def read(table: str, document: Any, written: datetime | None = WRITTEN) -> Parsed:
    file = SourceFile.of("x", json.dumps(document, ensure_ascii=False).encode(), written)
    assert open_meteo.matches(file, catalogue.load(table))
    return open_meteo.read(file, catalogue.load(table))


def test_hours_behind_fill_the_observed_table_and_hours_ahead_the_forecast() -> None:
    """Written at 18:20 local: 17:00 and 18:00 are past, 19:00 is forecast at 18:00, the empty 20:00 is neither."""
    seen = read("weather_hourly", WEATHER).frame
    assert ["2026-03-01T09:00", "2026-03-01T10:00"] == seen["time"].dt.strftime("%Y-%m-%dT%H:%M").to_list()
    ahead = read("weather_forecast", WEATHER)
    assert [datetime(2026, 3, 1, 11, tzinfo=UTC)] == ahead.frame["time"].to_list()
    assert [datetime(2026, 3, 1, 10, tzinfo=UTC)] == ahead.frame["issued_at"].to_list()
    assert contract.check(ahead.frame, catalogue.load("weather_forecast")).faults.is_empty()


def test_units_are_read_from_the_answer() -> None:
    """km/h to m/s, told; degrees Fahrenheit and inches where they were asked for; no units, no values."""
    parsed = read("weather_hourly", WEATHER)
    assert [2.0, 1.0] == parsed.frame["wind_speed"].to_list()
    assert "wind_speed_10m: km/h → m/s" in parsed.notes
    units = WEATHER["hourly_units"] | {"temperature_2m": "°F", "precipitation": "inch", "wind_speed_10m": "m/s"}  # type: ignore[operator]
    frame = read("weather_hourly", WEATHER | {"hourly_units": units}).frame
    assert pytest.approx((-11.5555555, 0.0, 7.2)) == frame.select("temperature", "precipitation", "wind_speed").row(0)
    with pytest.raises(UnreadableFile, match="without hourly_units"):
        read("weather_hourly", {name: value for name, value in WEATHER.items() if name != "hourly_units"})


def test_unix_seconds_are_utc_whatever_the_offset() -> None:
    """Labels as instants need no offset."""
    hourly = WEATHER["hourly"] | {"time": [1772355600, 1772359200, 1772362800, 1772366400]}  # type: ignore[operator]
    assert [9, 10] == [time.hour for time in read("weather_hourly", WEATHER | {"hourly": hourly}).frame["time"]]


def test_modelled_concentrations_stand_under_a_name_of_their_own() -> None:
    """CO in µg/m³ becomes mg/m³; CAMS is no station."""
    air = WEATHER | {
        "hourly_units": {"time": "iso8601", "pm2_5": "μg/m³", "carbon_monoxide": "μg/m³", "ozone": "μg/m³"},
        "hourly": {"time": ["2026-03-01T18:00"], "pm2_5": [31.4], "carbon_monoxide": [412.0], "ozone": [61.0]},
    }
    parsed = read("air_hourly", air)
    assert ("cams-fengjie", 31.4, 0.412, 61.0) == parsed.frame.select("station", "pm2_5", "co", "o3").row(0)


@pytest.mark.parametrize(
    ("where", "name"),
    [
        ({}, "fengjie"),
        ({"latitude": 31.2, "longitude": 109.4}, "fengjie"),
        ({"latitude": 29.6, "longitude": 106.5}, "29.60,106.50"),
        ({"place": "白帝镇", "latitude": 29.6, "longitude": 106.5}, "白帝镇"),
    ],
)
def test_a_place_is_named_by_the_document_the_seat_or_its_coordinates(where: dict[str, Any], name: str) -> None:
    """The grid point of the county seat is up to some twenty kilometres off."""
    assert {name} == set(read("weather_hourly", WEATHER | where).frame["place"])


def test_several_places_come_as_a_list() -> None:
    """Each with its own rows."""
    frame = read("weather_hourly", [WEATHER | {"place": "a"}, WEATHER | {"place": "b", "location_id": 1}]).frame
    assert [("a", 2), ("b", 2)] == frame.group_by("place").len().sort("place").rows()
    assert [1, 2, 3, 4] == frame["_row"].to_list()


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"error": True, "reason": "Latitude must be in range"}, "Open-Meteo refused: Latitude must be in range"),
        ({"hourly": {"temperature_2m": [1.0]}}, r"without hourly\.time"),
        ({"hourly": {"time": ["2026-03-01T17:00"], "temperature_2m": [1.0, 2.0]}}, "has 2 values for 1 times"),
    ],
)
def test_an_answer_that_is_no_answer_is_refused(change: dict[str, Any], said: str) -> None:
    """Its own error message, a missing time axis, columns of unequal length."""
    with pytest.raises(UnreadableFile, match=said):
        read("weather_hourly", WEATHER | change)


def test_variables_of_another_table_are_refused_by_name() -> None:
    """Weather does not go into the air table."""
    with pytest.raises(BrokenContract, match=r"none of its variables \(temperature_2m, .*\) belongs in air_hourly"):
        read("air_hourly", WEATHER)


def test_a_label_that_is_no_time_reaches_the_quarantine() -> None:
    """Its row is kept for the contract to refuse."""
    hourly = WEATHER["hourly"] | {"time": ["2026-03-01T17:00", "soon", "2026-03-01T19:00", "2026-03-01T20:00"]}  # type: ignore[operator]
    parsed = read("weather_hourly", WEATHER | {"hourly": hourly})
    checked = contract.check(parsed.frame, catalogue.load("weather_hourly"))
    assert ["time|missing"] == checked.faults["rule"].to_list()
