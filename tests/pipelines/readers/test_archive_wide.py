"""The public archive of the national release."""

from collections.abc import Callable
from pathlib import Path

import polars as pl
import pytest

from workbench.errors import UnreadableFile
from workbench.lake.contract import Checked
from workbench.lake.reading import Parsed

Reading = Callable[[str, bytes | Path], Parsed]
Held = Callable[[str, bytes | Path], Checked]

SITES = """date,hour,type,1001A,1002A,1003A
20260301,0,AQI,57,60,
20260301,0,PM2.5,40,43,
20260301,0,PM2.5_24h,38,41,
20260301,0,CO,0.7,0.8,
20260301,0,O3_8h_24h,88,91,
20260301,0,O3,60,,
20260301,1,PM2.5,41,44,
20260301,1,PM2.5_24h,39,42,
20260301,1,CO,0.6,0.7,
"""


def test_an_hourly_table_takes_the_hourly_types(held: Held) -> None:
    """One row a station and hour; averages over 8 and 24 hours and a station without any value stay out."""
    rows = held("air_hourly", SITES.encode("utf-8-sig")).rows.sort("station", "time")
    assert [("1001A", 40.0, 0.7, 60.0), ("1001A", 41.0, 0.6, None)] == rows.select(
        "station", "pm2_5", "co", "o3"
    ).rows()[:2]
    assert {"1001A", "1002A"} == set(rows["station"])
    assert "2026-02-28T16:00" == f"{rows['time'][0]:%Y-%m-%dT%H:%M}"


def test_a_daily_table_takes_the_means_that_end_at_midnight_dated_by_the_day_that_ended(held: Held) -> None:
    """The 24 hours to 1 March, 00:00, are 28 February."""
    rows = held("air_daily", SITES.encode()).rows.sort("station")
    assert [("1001A", "2026-02-28", 38.0, 88.0), ("1002A", "2026-02-28", 41.0, 91.0)] == rows.select(
        "station", pl.col("date").cast(pl.String), "pm2_5", "o3_8h"
    ).rows()


def test_a_day_of_all_sites_is_read_quickly(reading: Reading) -> None:
    """1,600 sites, 24 hours, 15 types: 38,400 rows, each value in its place."""
    sites = [f"{1000 + i}A" for i in range(1600)]
    kinds = ["AQI", "PM2.5", "PM2.5_24h", "PM10", "PM10_24h", "SO2", "SO2_24h", "NO2", "NO2_24h", "O3", "O3_24h"]
    lines = [",".join(["date", "hour", "type", *sites])]
    for hour in range(24):
        for k, kind in enumerate([*kinds, "O3_8h", "O3_8h_24h", "CO", "CO_24h"]):
            lines.append(",".join(["20260301", str(hour), kind, *(str(hour + k + i % 7) for i in range(1600))]))
    frame = reading("air_hourly", "\n".join(lines).encode()).frame
    assert 38_400 == frame.height
    one = frame.filter(pl.col("station") == "1003A").filter(pl.col("time") == "20260301 05:00")
    assert (5 + 1 + 3, 5 + 13 + 3) == one.select("pm2_5", "co").row(0)


def test_an_archive_without_a_type_of_ours_says_so(reading: Reading) -> None:
    """A file of AQI alone cannot be turned back into concentrations."""
    with pytest.raises(UnreadableFile, match=r"none of its types \(AQI\) belongs in air_hourly"):
        reading("air_hourly", b"date,hour,type,1001A\n20260301,0,AQI,57\n")


def test_cut_lines_and_bad_cells_reach_the_quarantine(held: Held) -> None:
    """The last line is cut, one cell is a word, one hour does not exist."""
    text = "date,hour,type,1001A,1002A\n20260301,0,PM2.5,x,43\n20260301,31,PM2.5,40,43\n20260301,2,PM2.5,4"
    checked = held("air_hourly", text.encode())
    assert [("1002A", 43.0)] == checked.rows.filter(pl.col("pm2_5").is_not_null()).select("station", "pm2_5").rows()
    assert {"pm2_5|type", "time|type"} <= set(checked.faults["rule"])


def test_an_hour_that_only_one_type_has_keeps_its_line_number(held: Held) -> None:
    """The types of an hour need not all be there."""
    text = "date,hour,type,1001A\n20260301,0,PM2.5,40\n20260301,1,CO,0.7\n"
    assert [(2, 40.0, None), (3, None, 0.7)] == held("air_hourly", text.encode()).rows.select(
        "_row", "pm2_5", "co"
    ).rows()
