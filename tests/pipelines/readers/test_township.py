"""Township statistics as bureaus keep them: merged headers, units, totals, renamed towns; refused by cell where not."""

import io
from datetime import date
from pathlib import Path
from typing import Any

import polars as pl
import pytest
import xlsxwriter

from workbench import domain
from workbench.errors import BrokenContract
from workbench.lake import catalogue
from workbench.lake.files import SourceFile
from workbench.lake.headers import letter
from workbench.lake.ingest import ingest
from workbench.lake.reading import parse
from workbench.lake.store import Lake
from workbench.lake.units import conversion

OUTPUT = catalogue.load("orange_output")
Cells = list[tuple[int, int, int, int, Any]]
"""First row, first column, last row, last column (from 0) and what is written there."""


def book(cells: Cells, sheet: str = "Sheet1") -> SourceFile:
    """A workbook with merged cells, as bytes."""
    data = io.BytesIO()
    with xlsxwriter.Workbook(data, {"in_memory": True}) as made:
        page = made.add_worksheet(sheet)
        for top, left, bottom, right, value in cells:
            if (top, left) == (bottom, right):
                page.write(top, left, value)
            else:
                page.merge_range(top, left, bottom, right, value)
    return SourceFile.of("orange.xlsx", data.getvalue())


def wide(area: str = "投产面积（万亩）", output: str = "产量（吨）", total: float = 3500.0) -> Cells:
    """A title, varieties merged over area and output, two towns and a total."""
    cells: Cells = [(0, 0, 0, 4, "2025/26产季脐橙生产情况（最终）"), (1, 0, 2, 0, "乡镇街道")]
    for i, variety in enumerate(("纽荷尔", "凤园")):
        left = 1 + 2 * i
        cells += [(1, left, 1, left + 1, variety), (2, left, 2, left, area), (2, left + 1, 2, left + 1, output)]
    rows = [("安坪", 0.1, 1000, 0.2, 2000), ("夔门街道", 0.05, 500, 0.1, 1000), ("合计", 0.15, 1500, 0.3, 3000)]
    rows[2] = ("合计", 0.15, 1500, 0.3, total - 500)
    return cells + [(3 + r, c, 3 + r, c, v) for r, row in enumerate(rows) for c, v in enumerate(row)]


def rows(file: SourceFile) -> pl.DataFrame:
    return parse(file, OUTPUT, tuple(domain.readers().values())).frame


def test_merged_headers_units_title_and_total_are_understood() -> None:
    found = rows(book(wide()))
    assert found.select("town", "variety", "bearing_area", "output").rows() == [
        ("安坪", "纽荷尔", 1000.0, 1_000_000.0),
        ("夔门街道", "纽荷尔", 500.0, 500_000.0),
        ("安坪", "凤园", 2000.0, 2_000_000.0),
        ("夔门街道", "凤园", 1000.0, 1_000_000.0),
    ]
    assert found.select("season", "release", "closed").unique().rows() == [("2025", "final", date(2026, 6, 30))]
    assert found["_row"].to_list() == [4, 5, 4, 5]


def test_a_renamed_and_a_shortened_town_get_the_name_in_force(tmp_path: Path) -> None:
    lake = Lake(tmp_path / "lake")
    report = ingest(lake, "orange_output", book(wide()), tuple(domain.readers().values()))
    assert report.accepted == 4
    told = lake.read("orange_output").collect()
    assert set(told["town"]) == {"安坪镇", "夔州街道"}
    assert "夔门街道 read as 夔州街道" in report.notes


def test_a_town_that_is_none_is_refused_with_its_row(tmp_path: Path) -> None:
    lake = Lake(tmp_path / "lake")
    file = book([cell if cell[-1] != "安坪" else (*cell[:4], "安平镇") for cell in wide()])
    ingest(lake, "orange_output", file, tuple(domain.readers().values()))
    refused = lake.quarantine("orange_output").filter(pl.col("column") == "town")
    assert set(refused["row"]) == {4}
    assert refused["value"][0] == "安平镇"
    assert "no place of the register" in refused["message"][0]
    assert lake.read("orange_output").collect().height == 2


def test_a_total_that_does_not_add_up_is_refused_with_its_cell() -> None:
    with pytest.raises(BrokenContract, match=r"sheet Sheet1, cell E6: the total 9,000,000 is not the sum 3,000,000"):
        rows(book(wide(total=9500.0)))


@pytest.mark.parametrize("unit", ["箱", "筐", "件"])
def test_a_unit_that_nobody_can_weigh_is_refused_with_its_cell(unit: str) -> None:
    with pytest.raises(BrokenContract, match=rf"orange.xlsx: sheet Sheet1, row 3, column C, .*states '{unit}'"):
        rows(book(wide(output=f"产量（{unit}）")))
    csv = f"乡镇,品种,产季,发布,投产面积,产量（{unit}）\n安坪镇,凤园,2025,final,10,100\n"
    with pytest.raises(BrokenContract, match=f"a.csv: column F, header '产量（{unit}）' states '{unit}'"):
        rows(SourceFile.of("a.csv", csv.encode()))


@pytest.mark.parametrize(
    ("header", "column", "scale"),
    [("产量（万吨）", "output", 1e7), ("产量（万t）", "output", 1e7), ("产量（斤）", "output", 0.5),
     ("产量（公斤）", "output", 1), ("总产量(t)", "output", 1e3), ("投产面积（公顷）", "bearing_area", 15),
     ("投产面积（万亩）", "bearing_area", 1e4), ("种植面积(mu)", "planted_area", 1), ("产量（含自用）", "output", 1)],
)  # fmt: skip
def test_areas_and_weights_in_every_unit(header: str, column: str, scale: float) -> None:
    csv = f"乡镇,品种,产季,发布,{header}\n安坪镇,凤园,2025/26,final,2\n"
    found = rows(SourceFile.of("a.csv", csv.encode()))
    assert found[column].to_list() == [pytest.approx(2 * scale)]


def test_units_said_once_above_the_table_count_for_every_column() -> None:
    cells = [*wide("投产面积", "产量"), (0, 5, 0, 5, "单位：公顷、万吨")]
    found = rows(book([cell for cell in cells if cell[-1] != "合计" and cell[0] != 5]))
    assert found["bearing_area"][0] == pytest.approx(1.5)
    assert found["output"][0] == pytest.approx(1e10)


def test_towns_merged_over_their_varieties_and_subtotals() -> None:
    cells: Cells = [(0, 0, 0, 3, "2026—2027产季脐橙（初步）"), (1, 0, 2, 0, "乡镇"), (1, 1, 2, 1, "品种"),
                    (1, 2, 1, 3, "其中"), (2, 2, 2, 2, "投产面积（亩）"), (2, 3, 2, 3, "产量（担）"),
                    (3, 0, 5, 0, "安坪镇")]  # fmt: skip
    for r, row in enumerate([("凤园", 10, 20), ("凤晚", 5, 10), ("小计", 15, 30)]):
        cells += [(3 + r, 1 + c, 3 + r, 1 + c, value) for c, value in enumerate(row)]
    found = rows(book(cells))
    assert found.select("town", "variety", "bearing_area", "output", "season", "release").rows() == [
        ("安坪镇", "凤园", 10.0, 1000.0, "2026", "first"),
        ("安坪镇", "凤晚", 5.0, 500.0, "2026", "first"),
    ]


def test_a_table_that_tells_no_season_is_refused() -> None:
    with pytest.raises(BrokenContract, match="tells no season"):
        rows(book([cell if cell[0] else (*cell[:4], "脐橙生产情况") for cell in wide()]))


@pytest.mark.parametrize(
    ("written", "season"),
    [("2026", 2026), ("2026/27", 2026), ("1999/00", 1999), ("2026—2027产季", 2026), ("2026/28", None)],
)
def test_a_season_as_it_is_written(tmp_path: Path, written: str, season: int | None) -> None:
    csv = f"乡镇,品种,产季,发布,统计截止日,产量（kg）\n安坪镇,凤园,{written},final,2000-06-30,2\n"
    lake = Lake(tmp_path / "lake")
    ingest(lake, "orange_output", SourceFile.of("a.csv", csv.encode()), tuple(domain.readers().values()))
    assert lake.read("orange_output").collect()["season"].to_list() == ([] if season is None else [season])


def test_letters_and_prices() -> None:
    assert [letter(i) for i in (0, 25, 26, 51, 52, 702)] == ["A", "Z", "AA", "AZ", "BA", "AAA"]
    assert conversion("元/斤", "元/kg", "price") == (2, 0)
