"""The UCI Beijing multi-site files: two tables from one file."""

from collections.abc import Callable
from pathlib import Path

import polars as pl
import pytest

from workbench.lake.contract import Checked
from workbench.lake.reading import Parsed

Reading = Callable[[str, bytes | Path], Parsed]
Held = Callable[[str, bytes | Path], Checked]

HEADER = (
    '"No","year","month","day","hour","PM2.5","PM10","SO2","NO2","CO","O3",'
    '"TEMP","PRES","DEWP","RAIN","wd","WSPM","station"\n'
)
FEW = HEADER + (
    '1,2013,3,1,0,4,4,4,7,300,77,-0.7,1023,-18.8,0,"NNW",4.4,"Aotizhongxin"\n'
    '2,2013,3,1,1,8,8,4,7,700,77,-1.1,1023.2,-18.2,0,"N",4.7,"Aotizhongxin"\n'
    '3,2013,3,1,2,NA,7,5,10,NA,73,-1.1,1023.5,-18.2,0,NA,5.6,"Aotizhongxin"\n'
    '4,2013,2,30,3,6,6,11,11,300,72,-1.4,1024.5,-19.4,0,"NW",3.1,"Aotizhongxin"\n'
)


def test_air_is_read_with_co_in_milligrams(held: Held) -> None:
    """300 µg/m³ is 0.3 mg/m³, 700 is exactly 0.7; hour 0 is local midnight; a day that is none is quarantined."""
    checked = held("air_hourly", FEW.encode())
    assert [0.3, 0.7, None] == checked.rows["co"].to_list()
    assert "2013-02-28T16:00" == f"{checked.rows['time'][0]:%Y-%m-%dT%H:%M}"
    assert [(5, "time|missing")] == checked.faults.select("row", "rule").rows()


def test_weather_is_read_with_directions_in_degrees(held: Held) -> None:
    """Sixteen points; NA is missing; the station is the place."""
    rows = held("weather_hourly", FEW.encode()).rows
    assert [337.5, 0.0, None] == rows["wind_direction"].to_list()
    assert ("Aotizhongxin", -0.7, -18.8, 4.4) == rows.select("place", "temperature", "dew_point", "wind_speed").row(0)


def test_the_true_file_gives_every_row(reading: Reading, bench_data: Path) -> None:
    """35,064 hours; missing cells as published: CO 1,776, PM2.5 925."""
    file = bench_data / "uci_beijing_multisite_2013_2017" / "PRSA_Data_Aotizhongxin_20130301-20170228.csv.gz"
    frame = reading("air_hourly", file).frame
    assert (35_064, 925, 1776) == (frame.height, frame["pm2_5"].null_count(), frame["co"].null_count())
    assert (0.1, 10.0) == (frame["co"].min(), frame["co"].max())


@pytest.mark.parametrize(
    ("table", "column", "missing"), [("air_hourly", "no2", 12_116), ("weather_hourly", "wind_direction", 1_822)]
)
def test_the_twelve_stations_together_give_the_same(
    reading: Reading, bench_data: Path, table: str, column: str, missing: int
) -> None:
    """As one Parquet: 420,768 rows, every hour of a station once."""
    frame = reading(table, bench_data / "uci_beijing_multisite_2013_2017" / "all_12_stations.parquet").frame
    who = "station" if table == "air_hourly" else "place"
    assert (420_768, 420_768, missing) == (
        frame.height,
        frame.select(who, "time").n_unique(),
        frame[column].null_count(),
    )
    assert 16 >= frame[column].n_unique() - 1 or column == "no2"
    assert frame["time"].dtype == pl.Datetime("us", "UTC")
