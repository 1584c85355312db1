"""Market notices as they come: the market's own files, Chinese tables, workbooks — and files that must be refused."""

import io
from collections.abc import Callable
from pathlib import Path

import polars as pl
import pytest
import xlsxwriter

from workbench.errors import BrokenContract, WorkbenchError
from workbench.lake.contract import Checked
from workbench.lake.reading import Parsed

Reading = Callable[[str, bytes | Path], Parsed]
Held = Callable[[str, bytes | Path], Checked]
TABLE = "price_notices"

OWN = """name,low,avg,high,spec,unit,date
赣南脐橙Ф70-Ф95,2.5,2.75,3.0,普通,斤,2014-12-01
奉节脐橙,2.0,2.25,2.5,普通,斤,2014-12-01
久红瑞,1.0,1.5,2.0,普通,斤,2014-12-01
"""
CHINESE = """市场名称,发布日期,品名,规格,等级,最低价(元/公斤),平均价(元/公斤),最高价(元/公斤)
重庆双福,2026-11-20,奉节脐橙,70-80mm,一级,5.0,5.5,6.0
重庆双福,2026年11月21日,奉节脐橙,70-80mm,,5.2,5.6,"6.0"
"""


def test_the_markets_own_columns_are_recognised_and_half_kilograms_converted(reading: Reading, held: Held) -> None:
    parsed = reading(TABLE, OWN.encode())
    assert parsed.reader == "price_notices"
    assert any("1 names in 1 rows mean nothing yet" in note and "久红瑞" in note for note in parsed.notes)
    checked = held(TABLE, OWN.encode())
    assert checked.faults.is_empty()
    assert checked.rows.select("market", "name", "low", "mean", "high", "unit").row(0) == (
        "北京新发地", "赣南脐橙Ф70-Ф95", 5.0, 5.5, 6.0, "斤",
    )  # fmt: skip


@pytest.mark.parametrize("encoding", ["utf-8-sig", "gb18030"])
def test_chinese_headers_with_their_unit(held: Held, encoding: str) -> None:
    rows = held(TABLE, CHINESE.encode(encoding)).rows
    assert rows["mean"].to_list() == [5.5, 5.6]
    assert rows["grade"].to_list() == ["一级", "未注明"]
    assert rows["date"].dt.to_string("%m-%d").to_list() == ["11-20", "11-21"]


def test_a_price_by_the_jin_and_one_by_the_kilogram_are_the_same(held: Held) -> None:
    jin = (
        CHINESE.replace("元/公斤", "元/斤").replace("5.0,5.5,6.0", "2.5,2.75,3.0").replace('5.2,5.6,"6.0"', "2.6,2.8,3")
    )
    prices = ["low", "mean", "high"]
    one, two = (held(TABLE, text.encode()).rows.select(prices) for text in (CHINESE, jin))
    assert one.equals(two)


def test_a_workbook(held: Held) -> None:
    out = io.BytesIO()
    with xlsxwriter.Workbook(out) as book:
        sheet = book.add_worksheet("行情")
        sheet.write_row(0, 0, ["某市场今日行情"])
        for i, line in enumerate(CHINESE.splitlines()[:2]):
            sheet.write_row(i + 1, 0, line.split(","))
    assert held(TABLE, out.getvalue()).rows["mean"].to_list() == [5.5]


@pytest.mark.parametrize(
    ("change", "told"),
    [
        (("平均价(元/公斤)", "平均价"), "states no unit"),
        (("(元/公斤)", ""), "states no unit"),
        (("(元/公斤)", "(元/箱)"), "元/箱, which cannot be turned into 元/kg"),
        (("品名", "货物称呼"), "needs name.*货物称呼"),
        (("市场名称", "哪里"), "needs market"),
        (("发布日期", "何时"), "needs date"),
    ],
)
def test_a_file_that_cannot_be_understood_is_refused_by_name(
    reading: Reading, change: tuple[str, str], told: str
) -> None:
    with pytest.raises(BrokenContract, match=told):
        reading(TABLE, CHINESE.replace(*change).encode())


def test_header_and_rows_that_say_different_units_are_refused(reading: Reading) -> None:
    lines = CHINESE.splitlines()
    text = "\n".join([lines[0] + ",单位", lines[1] + ",斤"])
    with pytest.raises(BrokenContract, match=r"the header says 元/公斤, the rows 斤"):
        reading(TABLE, text.encode())


def test_a_price_by_the_box_is_quarantined_as_written_and_its_row_stays(held: Held) -> None:
    checked = held(TABLE, OWN.replace("2.5,普通,斤", "2.5,普通,箱").encode())
    assert checked.rows["mean"].to_list() == [5.5, None, 3.0]
    assert set(checked.faults["rule"]) == {"low|type", "mean|type", "high|type"}
    assert "2.25 元/箱" in checked.faults["value"].to_list()


def test_prices_that_contradict_themselves_are_quarantined(held: Held) -> None:
    text = OWN.replace("2.5,2.75,3.0", "3.0,2.75,2.5").replace("2.0,2.25,2.5", "2.0,9,2.5").replace("1.0,1.5", "1.0,0")
    checked = held(TABLE, text.encode())
    assert checked.rows.select("low", "mean", "high").rows() == [(None, 5.5, None), (4.0, None, 5.0), (2.0, None, 4.0)]
    assert sorted(checked.faults["rule"]) == ["high|type", "low|type", "mean|min", "mean|type"]


def test_a_repeated_notice_counts_once_and_a_contradicting_one_is_told(held: Held) -> None:
    lines = OWN.splitlines()
    checked = held(TABLE, "\n".join([*lines, lines[1], lines[2].replace("2.25", "2.3"), ""]).encode())
    assert (checked.rows.height, checked.repeats) == (3, 1)
    assert checked.faults["rule"].to_list() == ["key|repeated"]
    assert checked.rows.filter(pl.col("name") == "奉节脐橙")["mean"].to_list() == [4.6]


def test_half_a_file_keeps_its_whole_lines_and_says_so(reading: Reading, held: Held) -> None:
    cut = OWN.encode()[: OWN.encode().rindex("普通".encode())]
    assert any("no end" in note for note in reading(TABLE, cut).notes)
    checked = held(TABLE, cut)
    assert checked.rows["name"].to_list() == ["赣南脐橙Ф70-Ф95", "奉节脐橙"]
    assert checked.faults.height >= 1


@pytest.mark.parametrize(
    "data", [b"", b"name,low,avg\n", "﻿品名,最低价\n".encode(), OWN.encode()[:30], b"\x00\xff" * 40]
)
def test_what_is_no_notice_is_refused_without_a_trace(reading: Reading, data: bytes) -> None:
    with pytest.raises(WorkbenchError):
        reading(TABLE, data)


def test_every_row_of_the_real_file_is_accounted_for(held: Held, bench_data: Path) -> None:
    checked = held(TABLE, bench_data / "xinfadi_fruit_prices" / "xinfadi_fruit_daily.parquet")
    repeated = (checked.faults["rule"] == "key|repeated").sum()
    assert checked.rows.height + checked.repeats + repeated == 56_503
