"""Real-time JSON in the shapes that are about."""

import json
from collections.abc import Callable
from pathlib import Path

import polars as pl
import pytest

from workbench.errors import UnreadableFile
from workbench.lake.contract import Checked
from workbench.lake.reading import Parsed

Reading = Callable[[str, bytes | Path], Parsed]
Held = Callable[[str, bytes | Path], Checked]
Local = Callable[[pl.DataFrame], list[str]]

NATIONAL = [
    {
        "Id": 0, "TimePoint": "2026-10-09T18:00:00", "Area": "重庆市", "CityCode": 0, "StationCode": "1414A",
        "PositionName": "缙云山", "AQI": "45", "PM2_5": "31", "PM2_5_24h": "28", "PM10": "—", "PM10_24h": "NA",
        "SO2": "/", "SO2_24h": "6", "NO2": "35", "NO2_24h": "30", "CO": "0.9", "CO_24h": "0.8", "O3": "21",
        "O3_24h": "80", "O3_8h": "30", "O3_8h_24h": "70", "PrimaryPollutant": "—", "Quality": "优",
        "Latitude": "29.826", "Longitude": "106.379", "Measure": "各类人群可正常活动", "IsPublish": False,
    },
    {
        "Id": 0, "TimePoint": "2026-10-09T18:00:00", "Area": "重庆市", "CityCode": 0, "StationCode": "1415A",
        "PositionName": "天生", "AQI": "53", "PM2_5": "<3", "PM10": "55", "SO2": None,
        "NO2": "", "CO": "0.9", "O3": "4",
    },
]  # fmt: skip


def test_the_national_release_by_station(held: Held, local: Local) -> None:
    """Numbers as text, four marks for missing, local times without a zone; the hourly values, not the means."""
    rows = held("air_hourly", json.dumps(NATIONAL, ensure_ascii=False).encode()).rows
    assert ["2026-10-09 18:00"] * 2 == local(rows)
    assert [("1414A", 31.0, None, None, 35.0, 0.9, 21.0), ("1415A", 1.5, 55.0, None, None, 0.9, 4.0)] == rows.select(
        "station", "pm2_5", "pm10", "so2", "no2", "co", "o3"
    ).rows()


def test_counted_milliseconds_and_a_wrapper(held: Held, local: Local) -> None:
    """The history of a station: `/Date(…)/`, wrapped in whatever the sender calls it."""
    record = NATIONAL[0] | {"TimePoint": "/Date(1791540000000)/"}
    data = json.dumps({"code": 0, "data": {"rows": [record]}}).encode()
    assert ["2026-10-09 18:00"] == local(held("air_hourly", data).rows)


def test_a_single_city_object(held: Held) -> None:
    """One city, no list and no station code: the city is the station."""
    city = {name: NATIONAL[0][name] for name in ("TimePoint", "Area", "CityCode", "AQI", "PM2_5", "CO", "O3")}
    assert [("重庆市", 31.0)] == held("air_hourly", json.dumps(city).encode()).rows.select("station", "pm2_5").rows()


def test_the_day_values_of_a_city(held: Held) -> None:
    """Local midnight counted in milliseconds is that local day, not the day before in UTC."""
    day = {"TimePoint": "/Date(1791388800000)/", "Area": "北京市", "CityCode": 110000, "AQI": "60",
           "SO2_24h": "3", "CO_24h": "0.6", "NO2_24h": "33", "O3_8h_24h": "95", "PM10_24h": "60",
           "PM2_5_24h": "41"}  # fmt: skip
    rows = held("air_daily", json.dumps([day]).encode()).rows
    assert ("北京市", "2026-10-08", 41.0, 95.0, 0.6) == rows.select(
        "station", pl.col("date").cast(pl.String), "pm2_5", "o3_8h", "co"
    ).row(0)


def test_pm25_in_ends_local_times_in_z(held: Held, local: Local, reading: Reading) -> None:
    """Its Z is not UTC; a note says that it was read as local."""
    record = {"aqi": 283, "area": "北京", "position_name": "万寿西宫", "station_code": "1001A", "co": 4,
              "no2": 121, "o3": 11, "o3_24h": 18, "o3_8h": 7, "pm10": 258, "pm2_5": 232, "pm2_5_24h": 217, "so2": 49,
              "quality": "重度污染", "primary_pollutant": "颗粒物(PM2.5)",
              "time_point": "2016-01-02T12:00:00Z"}  # fmt: skip
    data = json.dumps([record]).encode()
    rows = held("air_hourly", data).rows
    assert ["2016-01-02 12:00"] == local(rows)
    assert ("1001A", 232.0, 4.0, 11.0) == rows.select("station", "pm2_5", "co", "o3").row(0)
    assert any("the Z is not UTC" in note for note in reading("air_hourly", data).notes)


def test_juhe_names_the_minute_of_release(held: Held, local: Local) -> None:
    """11:48 is the release of the hour 11."""
    record = {"city": "苏州", "PM2.5": "73", "AQI": "98", "quality": "良", "PM10": "50", "CO": "0.79", "NO2": "65",
              "O3": "28", "SO2": "41", "time": "2026-10-09 11:48:40"}  # fmt: skip
    data = json.dumps({"resultcode": "200", "reason": "SUCCESSED!", "result": [record], "error_code": 0}).encode()
    rows = held("air_hourly", data).rows
    assert ["2026-10-09 11:00"] == local(rows)
    assert ("苏州", 73.0, 0.79) == rows.select("station", "pm2_5", "co").row(0)


def test_levels_without_concentrations_are_refused(reading: Reading) -> None:
    """All cities at once carry AQI and levels 1–6 only."""
    record = {"Id": 1, "TimePoint": "2026-10-09T18:00:00", "AQI": 45, "COLevel": 1, "PM2_5Level": 1, "Area": "北京市"}
    with pytest.raises(
        UnreadableFile, match="1 records without a concentration; they carry Id, TimePoint, AQI, COLevel"
    ):
        reading("air_hourly", json.dumps([record]).encode())


@pytest.mark.parametrize(
    "data",
    [
        b'[{"TimePoint": "2026',
        b"[" * 100_000,
        b'{"a": ' + b"9" * 5000 + b"}",
        b"[]",
        b"[1, 2]",
        b'{"hourly": 3, "x": []}',
    ],
)
def test_damaged_or_foreign_json_is_refused(reading: Reading, data: bytes) -> None:
    """Cut, nested without end, a number without end, nothing in it: said, never a crash."""
    with pytest.raises(UnreadableFile):
        reading("air_hourly", data)
