"""A file as a grid of named columns: where its header stands, what the columns mean, and which lines are broken.

Shared by the readers of this folder. A line whose number of fields is not the header's is broken: nobody can say which
of its cells belong to which column, so none of them is used and the line is handed on as it stands, for the quarantine.
"""

import csv
import io
import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import polars as pl

from workbench.errors import BrokenContract, UnreadableFile
from workbench.lake import cells
from workbench.lake.catalogue import Table
from workbench.lake.files import SourceFile
from workbench.lake.headers import Headers, named, plain, understand

SEPARATORS = (",", "\t", ";", "|")
SEARCHED = 30  # lines in which a header is looked for
PEEKED = 1 << 17  # characters in which a header is looked for
WIDEST = 4096  # columns: the national archive has some 1,700
DAY, HOUR = (
    ("日期", "监测日期", "date", "年月日", "数据日期"),
    ("小时", "时", "hour", "时次", "监测小时", "钟点", "hh", "h"),
)
PARTS = (("年", "year"), ("月", "month"), ("日", "day"))
ITEM = (
    "污染物",
    "监测项目",
    "项目",
    "指标",
    "因子",
    "监测因子",
    "污染物名称",
    "parameter",
    "pollutant",
    "item",
    "variable",
    "element",
)
VALUE = ("浓度", "监测值", "值", "数值", "浓度值", "结果", "value", "concentration", "result")
UNIT = ("单位", "unit", "units", "计量单位")
TOTALS = (
    r"^\s*(合计|总计|小计|平均|均值|最大值?|最小值?|标准差|备注|注[:：]|说明|制表|"
    r"total|sum|mean|average|note|max|min)"
)


@dataclass(frozen=True)
class Layout:
    """What the columns of a grid mean for one table. Positions count from 0; None where there is no such column."""

    headers: Headers
    names: tuple[str, ...]
    day: int | None = None
    hour: int | None = None
    parts: tuple[int, ...] = ()
    item: int | None = None
    value: int | None = None
    unit: int | None = None

    def notes(self, table: Table) -> list[str]:
        """Unit conversions, and the columns that nothing is made of."""
        used = {self.day, self.hour, *self.parts, self.item, self.value, self.unit}
        unused = [name for i, name in self.headers.unused.items() if i not in used]
        return [*self.headers.notes, *([f"not used: {named(unused, table)}"] if unused else [])]

    def fits(self, table: Table) -> bool:
        """True where every part of the table's key can be filled, and at least one more column (if there is one)."""
        timed = self.day is not None or len(self.parts) == 3
        key = all(self.headers.position(name) is not None or (timed and name == table.time) for name in table.key)
        rest = [name for name in table.columns if name not in table.key]
        long = self.item is not None and self.value is not None
        return key and (long or not rest or any(self.headers.position(name) is not None for name in rest))


def layout(names: list[str], table: Table) -> Layout:
    """Understand a header line."""
    shapes = [plain(name) for name in names]

    def find(words: tuple[str, ...]) -> int | None:
        return next((i for i, shape in enumerate(shapes) if shape in words), None)

    parts = tuple(i for words in PARTS if (i := find(words)) is not None)
    return Layout(
        headers=understand(names, table),
        names=tuple(names),
        day=find(DAY),
        hour=find(HOUR),
        parts=parts if len(parts) == 3 else (),
        item=find(ITEM),
        value=find(VALUE),
        unit=find(UNIT),
    )


@dataclass(frozen=True)
class Found:
    """Where a header stands: the sheet or separator of the grid, its row (from 0), its cells."""

    where: str
    row: int
    names: list[str]


def headers_of(file: SourceFile) -> Iterator[Found]:
    """Every line near the top that could be a header, for each sheet of a workbook and each separator of a text."""
    if file.kind == "parquet":
        names = list(pl.read_parquet_schema(io.BytesIO(file.data)))
        if len(names) <= WIDEST:
            yield Found("", -1, names)
    elif file.kind in ("zip", "xls"):
        for sheet in _workbook(file).sheet_names:
            top = sheet_of(file, sheet, SEARCHED)
            for i, row in enumerate(top.iter_rows()):
                yield Found(sheet, i, ["" if cell is None else str(cell) for cell in row])
    else:
        lines = _lines(file.text()[:PEEKED])[:SEARCHED]
        for separator in SEPARATORS:
            for i, line in enumerate(lines):
                if 0 < line.count(separator) < WIDEST:
                    yield Found(separator, i, _fields(line, separator))


@contextmanager
def naming(file: SourceFile, where: str = "") -> Iterator[None]:
    """A broken contract that is told inside says which file it was, and where in it."""
    try:
        yield
    except BrokenContract as error:
        raise BrokenContract(f"{file.name}: {where}{error.message}", error.hint) from None


def only_days(file: SourceFile, moment: pl.Series, table: Table) -> None:
    """Refuse hours for a table of days: the last hour would pass for the day."""
    if cells.has_clock(moment):
        raise BrokenContract(
            f"{file.name}: holds hours of the day, {table.name} holds days",
            "ingest it into the hourly table, or export daily means",
        )


def find(file: SourceFile, table: Table) -> tuple[Found, Layout] | None:
    """The header that fills most of the table, or None where no line does."""
    best: tuple[int, Found, Layout] | None = None
    for found in headers_of(file):
        with naming(file, f"sheet {found.where}, row {found.row + 1}, " if file.kind in ("zip", "xls") else ""):
            understood = layout(found.names, table)
        score = len(understood.headers.meanings)
        if understood.fits(table) and (best is None or score > best[0]):
            best = (score, found, understood)
    return best[1:] if best else None


def grid(file: SourceFile, found: Found) -> tuple[pl.DataFrame, pl.DataFrame]:
    """The rows below a header: columns `0`, `1`, … and `_row` (as in the source, from 1); and the broken lines."""
    width = len(found.names)
    nothing = pl.DataFrame(schema={"_row": pl.Int64, "text": pl.String})
    if file.kind == "parquet":
        frame = pl.read_parquet(io.BytesIO(file.data))
        return _numbered(frame, 1), nothing
    if file.kind in ("zip", "xls"):
        frame = sheet_of(file, found.where).slice(found.row + 1)
        frame = _numbered(frame, found.row + 2)
        return frame.filter(~pl.all_horizontal(pl.exclude("_row").is_null())), nothing
    lines = _lines(file.text())
    below = pl.DataFrame({"text": lines[found.row + 1 :]}, schema={"text": pl.String}).with_row_index(
        "_row", found.row + 2
    )
    below = below.with_columns(pl.col("_row").cast(pl.Int64)).filter(pl.col("text").str.strip_chars() != "")
    unquoted = pl.col("text").str.replace_all(r'"(?:[^"]|"")*"', "")
    if below.select((pl.col("text").str.count_matches('"', literal=True) % 2 == 1).any()).item():
        return _slowly(file, found, width)
    fields = unquoted.str.count_matches(found.where, literal=True) + 1
    below = below.with_columns(whole=fields == width)
    whole = below.filter("whole")
    parsed = _parse("\n".join(whole["text"]), found.where, width)
    broken = below.filter(~pl.col("whole")).select("_row", "text")
    return parsed.with_columns(whole["_row"]), broken


def _parse(text: str, separator: str, width: int) -> pl.DataFrame:
    schema = {str(i): pl.String for i in range(width)}
    if not text:
        return pl.DataFrame(schema=schema)
    return pl.read_csv(
        io.BytesIO(text.encode("utf-8", "replace")),
        has_header=False,
        new_columns=list(schema),
        schema=schema,
        separator=separator,
    )


def _slowly(file: SourceFile, found: Found, width: int) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Line by line, for text with line breaks inside quotes."""
    rows, numbers, broken = [], [], []
    reader = csv.reader(io.StringIO(file.text()), delimiter=found.where)
    try:
        for line in reader:
            if reader.line_num <= found.row + 1 or not any(line):
                continue
            if len(line) == width:
                rows.append([cell or None for cell in line])
                numbers.append(reader.line_num)
            else:
                broken.append((reader.line_num, found.where.join(line)[:200]))
    except csv.Error as error:
        where = f"{file.name}: line {reader.line_num}"
        raise UnreadableFile(f"{where}: {error}", "a quote is not closed there: mend it") from None
    frame = pl.DataFrame(rows, schema={str(i): pl.String for i in range(width)}, orient="row")
    lost = pl.DataFrame(broken, schema={"_row": pl.Int64, "text": pl.String}, orient="row")
    return frame.with_columns(pl.Series("_row", numbers, pl.Int64)), lost


def _numbered(frame: pl.DataFrame, first: int) -> pl.DataFrame:
    frame = frame.rename(dict(zip(frame.columns, map(str, range(frame.width)), strict=True)))
    return frame.with_columns(pl.int_range(first, first + pl.len(), dtype=pl.Int64).alias("_row"))


def _lines(text: str) -> list[str]:
    return re.split("\r\n|\n|\r", text)


def _fields(line: str, separator: str) -> list[str]:
    try:
        return next(csv.reader([line], delimiter=separator), [])
    except csv.Error:
        return []


def _workbook(file: SourceFile) -> Any:
    import fastexcel

    try:
        return fastexcel.read_excel(file.data)
    except Exception as error:
        raise UnreadableFile(
            f"{file.name}: no readable workbook ({str(error).splitlines()[0]})", "save it again as .xlsx"
        ) from None


def sheets(file: SourceFile) -> list[str]:
    """The names of a workbook's sheets."""
    return list(_workbook(file).sheet_names)


def sheet_of(file: SourceFile, sheet: str, rows: int | None = None) -> pl.DataFrame:
    """A sheet's cells as text, from its first row; null where a cell is empty or merged into another."""
    try:
        loaded = _workbook(file).load_sheet(sheet, header_row=None, skip_rows=0, n_rows=rows, dtypes="string")
        return pl.DataFrame(loaded.to_polars())
    except Exception as error:
        raise UnreadableFile(
            f"{file.name}: sheet {sheet} is damaged ({str(error).splitlines()[0]})", "save it again"
        ) from None
