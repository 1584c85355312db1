"""Tidy tables as counties export them, recognised by content alone."""

import gzip
import io
from collections.abc import Callable
from pathlib import Path

import polars as pl
import pytest
import xlsxwriter

from workbench.errors import BrokenContract, UnreadableFile
from workbench.lake.contract import Checked
from workbench.lake.reading import Parsed

Reading = Callable[[str, bytes | Path], Parsed]
Held = Callable[[str, bytes | Path], Checked]
Local = Callable[[pl.DataFrame], list[str]]

CHINESE = """站点名称,时间,PM2.5(μg/m³),PM10(μg/m³),二氧化硫(μg/m³),二氧化氮(μg/m³),一氧化碳(mg/m³),臭氧(μg/m³),AQI
示意站,2026-03-01 01:00,35,50,8,20,0.7,60,50
示意站,2026-03-01 24:00,36,—,<3,21,0.8,"1,061",51
"""


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030", "utf-16", "utf-16-le"])
@pytest.mark.parametrize("ending", ["\n", "\r\n"])
def test_a_chinese_csv_is_read_in_any_encoding(held: Held, local: Local, encoding: str, ending: str) -> None:
    """Units in the header, 24:00, a dash, a value below detection, a thousands separator."""
    checked = held("air_hourly", CHINESE.replace("\n", ending).encode(encoding))
    assert ["2026-03-01 01:00", "2026-03-02 00:00"] == local(checked.rows)
    assert (36.0, None, 1.5, 21.0, 0.8, 1061.0) == checked.rows.select("pm2_5", "pm10", "so2", "no2", "co", "o3").row(1)
    assert checked.faults.is_empty()


@pytest.mark.parametrize("separator", ["\t", ";", "|"])
def test_other_separators_are_recognised(held: Held, separator: str) -> None:
    """Tabs from a clipboard, semicolons from a European spreadsheet."""
    text = CHINESE.replace('"1,061"', "61").replace(",", separator)
    assert [60.0, 61.0] == held("air_hourly", text.encode()).rows["o3"].to_list()


def test_english_headers_and_gzip(held: Held) -> None:
    """Names and aliases of the catalogue; a packed file is unpacked."""
    text = "station,time,PM2.5,co\n1001A,2026-03-01T01:00:00+08:00,35,0.7\n1001A,2026-02-28T18:00:00Z,36,0.8\n"
    checked = held("air_hourly", gzip.compress(text.encode()))
    assert ["2026-02-28T17:00", "2026-02-28T18:00"] == checked.rows["time"].dt.strftime("%Y-%m-%dT%H:%M").to_list()


def test_units_are_converted_by_what_the_header_says(reading: Reading) -> None:
    """CO in µg/m³ and PM2.5 in mg/m³, each told."""
    text = "站点,时间,CO(ug/m3),PM2.5(mg/m3)\n1001A,2026-03-01 01:00,700,0.035\n"
    parsed = reading("air_hourly", text.encode())
    assert (0.7, 35.0) == parsed.frame.select("co", pl.col("pm2_5").round(9)).row(0)
    assert {"CO(ug/m3): ug/m3 → mg/m³", "PM2.5(mg/m3): mg/m3 → µg/m³"} <= set(parsed.notes)


def test_a_line_of_units_below_the_header_counts(held: Held, reading: Reading) -> None:
    """As in forms with a header of two lines."""
    text = "站点,时间,CO,PM2.5\n,,（微克/立方米）,mg/m³\n1001A,2026-03-01 01:00,700,0.035\n"
    checked = held("air_hourly", text.encode())
    assert [(0.7, 35.0, 3)] == checked.rows.select("co", pl.col("pm2_5").round(9), "_row").rows()
    assert checked.faults.is_empty()


def test_a_last_line_without_an_end_is_told(reading: Reading) -> None:
    """A file cut in its last number still looks whole."""
    whole = "站点,时间,PM2.5\n1001A,2026-03-01 01:00,35\n".encode()
    assert not any("has no end" in note for note in reading("air_hourly", whole).notes)
    assert any("has no end" in note for note in reading("air_hourly", whole[:-2]).notes)


def test_a_unit_that_cannot_be_true_is_doubted_before_it_does_harm(reading: Reading) -> None:
    """CO around 800 without a unit is in µg/m³; nobody guesses, the sender is asked to say so."""
    rows = "".join(f"1001A,2026-03-{day:02d} 01:00,{700 + day}\n" for day in range(1, 31))
    with pytest.raises(BrokenContract, match="column co states no unit, but half of its 30 values are above 71"):
        reading("air_hourly", f"站点,时间,CO\n{rows}".encode())
    assert 30 == reading("air_hourly", f"站点,时间,CO(μg/m³)\n{rows}".encode()).frame.height


def test_titles_above_totals_below_and_headers_between_are_passed_over(held: Held, reading: Reading) -> None:
    """As in a monthly report pasted together from two exports."""
    text = (
        "奉节县环境空气质量小时数据,,\n制表：监测站,,\n站点,时间,PM2.5\n1001A,2026-03-01 01:00,35\n\n"
        "站点,时间,PM2.5\n1001A,2026-03-01 02:00,36\n合计,,71\n注：数据未经审核,,\n"
    )
    checked = held("air_hourly", text.encode())
    assert [35.0, 36.0] == checked.rows["pm2_5"].to_list()
    assert [4, 7] == checked.rows["_row"].to_list()
    assert checked.faults.is_empty()
    assert "3 rows of totals, remarks or repeated headers passed over" in reading("air_hourly", text.encode()).notes


def test_a_line_with_another_number_of_fields_is_quarantined_whole(held: Held) -> None:
    """Nobody can say which cell belongs where, so none of the line is used; its number and text are told."""
    text = "站点,时间,PM2.5,PM10\n1001A,2026-03-01 01:00,35,50\n1001A,2026-03-01 02:00,3,5,50\n1001A,2026-03-01 03:00,3"
    checked = held("air_hourly", text.encode())
    assert [35.0] == checked.rows["pm2_5"].to_list()
    assert [(3, "time|type"), (4, "time|type")] == [
        row for row in checked.faults.select("row", "rule").iter_rows() if row[1].endswith("type")
    ]
    assert "1001A,2026-03-01 02:00,3,5,50" in checked.faults["value"].to_list()


def test_line_breaks_inside_quotes_do_not_break_rows(held: Held) -> None:
    """A remark over two lines; rows keep their line numbers."""
    text = '站点,时间,PM2.5,备注\n1001A,2026-03-01 01:00,35,"检修\n完毕"\n1001A,2026-03-01 02:00,36,\n'
    assert [35.0, 36.0] == held("air_hourly", text.encode()).rows["pm2_5"].to_list()


@pytest.mark.parametrize(
    ("header", "cells"),
    [
        ("日期,小时", "2026-03-01,13"),
        ("Date,Hour", "20260301,13"),
        ("日期,时间", "2026/3/1,13:00"),
        ("日期,时次", "2026年3月1日,13时"),
        ("年,月,日,时", "2026,3,1,13"),
        ("日期时间,备注", "2026-03-01 13:00,无"),
        ("时间,备注", "２０２６－０３－０１　１３：００,无"),
        ("时间,备注", "2026030113,无"),
        ("时间,备注", "46082.5416666667,无"),
    ],
)
def test_dates_and_hours_are_put_together(held: Held, local: Local, header: str, cells: str) -> None:
    """In one column or several, as people and spreadsheets write them."""
    checked = held("air_hourly", f"站点,{header},PM2.5\n1001A,{cells},35\n".encode())
    assert ["2026-03-01 13:00"] == local(checked.rows)


def test_of_two_equal_headers_the_first_is_used_and_the_other_named(reading: Reading) -> None:
    """A duplicated header hides nothing."""
    parsed = reading("air_hourly", b"station,time,SO2,SO2\n1001A,2026-03-01 01:00,8,9\n")
    assert [8.0] == parsed.frame["so2"].to_list()
    assert "not used: SO2 (like so2?)" in parsed.notes


def test_a_long_table_is_spread_by_pollutant_each_in_its_unit(held: Held) -> None:
    """One row a pollutant: units beside the values, an unknown item left out."""
    text = (
        "站点,时间,污染物,浓度,单位\n1001A,2026-03-01 01:00,PM2.5,0.035,mg/m³\n1001A,2026-03-01 01:00,CO,700,μg/m³\n"
        "1001A,2026-03-01 01:00,NOx,50,μg/m³\n1001A,2026-03-01 02:00,PM2.5,36,μg/m³\n"
    )
    rows = held("air_hourly", text.encode()).rows.sort("time")
    assert [(35.0, 0.7), (36.0, None)] == rows.select(pl.col("pm2_5").round(9), "co").rows()


def workbook() -> bytes:
    """An Excel file: title, blank line, header, typed dates, a day number, text, a formula's value; a second sheet."""
    target = io.BytesIO()
    book = xlsxwriter.Workbook(target, {"in_memory": True})
    book.add_worksheet("说明").write(0, 0, "填报说明")
    sheet = book.add_worksheet("数据")
    stamp = book.add_format({"num_format": "yyyy-mm-dd hh:mm"})
    sheet.write(0, 0, "空气质量小时值")
    sheet.write_row(2, 0, ["监测点编码", "时间", "PM2.5(μg/m³)", "SO2(μg/m³)"])
    sheet.write_row(3, 0, ["1001A", None, 35, "<3"])
    sheet.write_number(3, 1, 46082.5, stamp)
    sheet.write_row(4, 0, [1001, 46082.5416666667, "—", 8])
    sheet.write_row(5, 0, ["1001A", "2026-03-01 24:00", None, None])
    sheet.write_formula(5, 2, "=30+7", value=37)
    book.close()
    return target.getvalue()


def test_an_excel_workbook_is_read_from_whichever_sheet_fits(held: Held, local: Local) -> None:
    """Row numbers are those that Excel shows."""
    checked = held("air_hourly", workbook())
    assert ["2026-03-01 12:00", "2026-03-01 13:00", "2026-03-02 00:00"] == local(checked.rows)
    assert [("1001A", 35.0, 1.5), ("1001", None, 8.0), ("1001A", 37.0, None)] == checked.rows.select(
        "station", "pm2_5", "so2"
    ).rows()
    assert [4, 5, 6] == checked.rows["_row"].to_list()


def test_parquet_keeps_its_types(held: Held, local: Local) -> None:
    """Naive times are local, numbers are numbers, NaN is missing."""
    frame = pl.DataFrame({"station": ["a"], "time": ["2026-03-01 13:00"], "pm2_5": [float("nan")], "co": [0.7]})
    target = io.BytesIO()
    frame.with_columns(pl.col("time").str.to_datetime()).write_parquet(target)
    checked = held("air_hourly", target.getvalue())
    assert ["2026-03-01 13:00"] == local(checked.rows)
    assert (None, 0.7) == checked.rows.select("pm2_5", "co").row(0)


def test_a_register_without_time_is_read_too(held: Held) -> None:
    """The station list of the public archive."""
    text = "监测点编码,监测点名称,城市,经度,纬度,对照点\n1001A,万寿西宫,北京,116.366,39.8673,N\n"
    assert ("1001A", "万寿西宫", False) == held("stations", text.encode()).rows.select(
        "station", "name_zh", "background"
    ).row(0)


@pytest.mark.parametrize(
    "data", [b"a,b\n1,2\n", "重庆,2013-12-02,134,103.3\n".encode(), b"hello", b"\x89PNG\r\n\x1a\n" + b"x" * 99]
)
def test_what_is_no_table_of_ours_is_refused_with_what_is_needed(reading: Reading, data: bytes) -> None:
    """No header, no key: the refusal names the key columns."""
    with pytest.raises(UnreadableFile, match=r"no known format|neither UTF-8|zero bytes"):
        reading("air_hourly", data)


def test_the_true_station_files_of_the_national_network_are_read(
    reading: Reading, held: Held, bench_data: Path
) -> None:
    """Chongqing, April 2020: date and hour apart, NaN for missing; counts as published beside the data."""
    file = bench_data / "cnemc_station_hourly_2020apr" / "stations_chongqing_202004.csv.gz"
    frame, checked = reading("air_hourly", file).frame, held("air_hourly", file)
    missing = frame.null_count().row(0, named=True)
    assert (30, 2880) == (frame["station"].n_unique(), frame.height)
    assert (781, 896, 778) == tuple(missing[name] for name in ("pm2_5", "pm10", "co"))
    assert 70.0 == checked.rows["pm2_5"].max()
    assert frame.height == checked.rows.height + checked.repeats + checked.faults.height


def test_the_true_city_file_of_new_year_2019_is_read(held: Held, bench_data: Path) -> None:
    """71,825 rows, a dash for missing; real fireworks are kept, dust above what can be is quarantined."""
    file = bench_data / "cnemc_station_hourly_2020apr" / "china367_hourly_springfestival_2019.csv.gz"
    checked = held("air_hourly", file)
    assert 71_825 == checked.rows.height + checked.repeats + checked.faults.filter(pl.col("column") == "time").height
    assert 1227.0 == checked.rows["pm2_5"].max()
    assert 4355.0 == checked.rows["pm10"].max()


def test_a_true_file_with_unstated_micrograms_is_refused(reading: Reading, bench_data: Path) -> None:
    """china39 holds CO as 1350 without saying µg/m³."""
    with pytest.raises(BrokenContract, match="co states no unit"):
        reading("air_daily", bench_data / "china39_daily_airquality_weather_2014_2021" / "chongqing.csv.gz")


@pytest.mark.parametrize("as_json", [False, True])
def test_hours_do_not_pass_for_days(reading: Reading, as_json: bool) -> None:
    """An hourly file handed in for the daily table would leave each day with its last hour."""
    text = "站点,时间,PM2.5\n1001A,2026-03-01 00:00,35\n1001A,2026-03-01 13:00,36\n"
    records = '[{"station": "1001A", "TimePoint": "2026-03-01T13:00:00", "PM2_5": "35"}]'
    with pytest.raises(BrokenContract, match=r"upload\.bin: holds hours of the day, air_daily holds days"):
        reading("air_daily", (records if as_json else text).encode())
