"""Townships' sheets: their units are turned, totals passed over, a cell that is no number is named."""

import hashlib
import io
from datetime import date
from pathlib import Path

import polars as pl
import pytest
import xlsxwriter

from workbench import domain
from workbench.errors import BrokenContract
from workbench.lake import catalogue, reading
from workbench.lake.contract import check
from workbench.lake.files import SourceFile

HEADER = ["乡镇", "品种", "产季", "统计截止日", "发布次序", "投产面积", "产量"]
ROWS = [
    ["安坪镇", "凤园", 2025, "2026-06-30", "first", 1.2, 0.9],
    ["永乐镇", "凤园", 2025, "2026-06-30", "first", 0.8, 0.5],
]


def sheet(header: list[str], rows: list[list[object]], title: str = "") -> SourceFile:
    buffer = io.BytesIO()
    book = xlsxwriter.Workbook(buffer)
    page = book.add_worksheet()
    start = 0
    if title:
        page.merge_range(0, 0, 0, len(header) - 1, title)
        start = 1
    for i, row in enumerate([header, *rows]):
        page.write_row(start + i, 0, row)
    book.close()
    return SourceFile("乡镇.xlsx", buffer.getvalue(), hashlib.sha256(buffer.getvalue()).hexdigest())


def read(file: SourceFile) -> pl.DataFrame:
    table = catalogue.load("orange_output")
    return check(reading.parse(file, table, domain.readers().values()).frame, table).rows


@pytest.mark.parametrize(
    ("area", "output", "mu", "kg"),
    [("万亩", "万吨", 12000, 9e6), ("公顷", "吨", 18, 900), ("亩", "斤", 1.2, 0.45), ("亩", "公斤", 1.2, 0.9)],
)
def test_units_of_area_and_output_are_turned(area: str, output: str, mu: float, kg: float) -> None:
    header = [*HEADER[:5], f"投产面积（{area}）", f"产量（{output}）"]
    first = read(sheet(header, ROWS, "奉节县脐橙产量统计表")).row(0, named=True)
    assert (first["bearing_area"], first["output"]) == pytest.approx((mu, kg))
    assert (first["town"], first["season"], first["closed"]) == ("安坪镇", 2025, date(2026, 6, 30))


def test_totals_inside_are_no_town() -> None:
    rows = [ROWS[0], ["小计", "", "", "", "", 1.2, 0.9], ROWS[1], ["合计", "", "", "", "", 2.0, 1.4]]
    assert read(sheet(HEADER, rows))["town"].to_list() == ["安坪镇", "永乐镇"]


def test_a_unit_of_another_kind_is_refused() -> None:
    with pytest.raises(BrokenContract, match="产量"):
        read(sheet([*HEADER[:6], "产量（亩）"], ROWS))


def test_a_cell_that_is_no_number_is_named_and_the_row_kept(tmp_path: Path) -> None:
    table = catalogue.load("orange_output")
    rows = [[*ROWS[0][:6], "约九百"], ROWS[1]]
    checked = check(reading.parse(sheet(HEADER, rows), table, domain.readers().values()).frame, table)
    assert checked.faults.select("row", "column", "value").rows() == [(2, "output", "约九百")]
    assert checked.rows.height == 2
