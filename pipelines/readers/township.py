"""Township statistics as bureaus keep them: a title, merged headers over several rows, varieties side by side, totals.

The rows that tell towns begin below a cell such as 乡镇; the header rows above them are read downwards, a merged cell
standing for the columns on its right. Of each column one name is a measure of the table, another may be the variety.
The season, and whether the figures are a first or a final release, are read from the title where no column says so.
Totals are held against their parts and then left out; one that does not add up is refused with its cell.
"""

import re
from dataclasses import dataclass

import polars as pl

from pipelines.readers import _columns as columns
from workbench.errors import BrokenContract
from workbench.lake import cells, units
from workbench.lake.catalogue import Table
from workbench.lake.files import SourceFile
from workbench.lake.headers import Headers, Meaning, letter, plain, split, understand
from workbench.lake.reading import Parsed

TITLE_ZH = "乡镇统计表（多行合并表头）"
TITLE_EN = "township statistics (merged headers over several rows)"

SEARCHED = 12  # rows in which the header is looked for
DEEPEST = 4  # rows of a header
NEEDED = {"town", "variety", "season", "release", "closed"}
TOTAL = re.compile(r"^(合计|总计|小计|全县|共计|total|sum)")
SEASON = re.compile(r"(\d{4})\s*(?:[/\-—–~至]+\s*(?:\d{4}|\d{2}))?\s*(?:年度?|产季|季)")
FIRST = re.compile(r"初步|预计|快报|初报|first|preliminary")
UNIT = re.compile(r"单位\s*[:：]\s*([^)）]+)")
CLOSED = (6, 30)
CLOSE = 0.005
"""By how much of itself a total may miss the sum of its rounded parts."""


@dataclass(frozen=True)
class Head:
    """Where the table stands in a sheet: the rows above the towns, the town's column, the names above each column."""

    sheet: str
    top: int
    first: int
    town: int
    names: tuple[tuple[str, ...], ...]
    title: str


def matches(file: SourceFile, table: Table) -> bool:
    """True for a workbook of a table of towns, varieties and seasons whose header takes several rows or lacks a key."""
    if file.kind not in ("zip", "xls") or not set(table.key) <= NEEDED or "town" not in table.key:
        return False
    return columns.find(file, table) is None and head(file, table) is not None


def read(file: SourceFile, table: Table) -> Parsed:
    """One row a town and variety, in the table's units; refused cells are named by sheet, column and row."""
    found = head(file, table)
    assert found is not None
    grid = columns.sheet_of(file, found.sheet)
    with columns.naming(file):
        shape, varieties, notes = meanings(found, table)
        rows, more = values(file, grid, found, shape, varieties)
    season = _season(found)
    if season is not None and "season" not in rows.columns:
        rows = rows.with_columns(season=pl.lit(str(season)))
    if "season" not in rows.columns:
        raise BrokenContract(
            f"{file.name}: sheet {found.sheet} tells no season, in its title or a column",
            "write 2026/27产季 into the title",
        )
    release = "first" if FIRST.search(found.title) else "final"
    if "release" not in rows.columns:
        rows = rows.with_columns(release=pl.lit(release))
        notes.append(f"taken as the {release} release, by its title")
    ends = pl.col("season").cast(pl.String).str.extract(r"^(\d{4})").cast(pl.Int32) + 1
    if "closed" in table.columns and "closed" not in rows.columns:
        rows = rows.with_columns(closed=pl.date(ends, *CLOSED))
    return Parsed(rows, "township", (*notes, *more))


def head(file: SourceFile, table: Table) -> Head | None:
    """The first header of a workbook that names a town's column with a measure beside it."""
    for name in columns.sheets(file):
        grid = columns.sheet_of(file, name, SEARCHED + DEEPEST)
        top = [["" if cell is None else str(cell).strip() for cell in row] for row in grid.iter_rows()]
        for i, row in enumerate(top[:SEARCHED]):
            town = next((j for j, cell in enumerate(row) if _is(cell, table, "town")), None)
            if town is None:
                continue
            below = next((k for k in range(i + 1, min(i + 1 + DEEPEST, len(top))) if top[k][town]), None)
            if below is None:
                continue
            title = " ".join(cell for above in top[:i] for cell in above if cell)
            return Head(name, i, below, town, _stacked(top[i:below]), title)
    return None


def _is(cell: str, table: Table, column: str) -> bool:
    found = understand([cell], table).meanings.get(0) if cell and not BRACKETED.search(cell) else None
    named = plain(cell) in {plain(name) for name in (table.columns[column].zh, *table.columns[column].aliases)}
    return named or (found is not None and found.column.name == column)


BRACKETED = re.compile(r"[(（]")


def _stacked(rows: list[list[str]]) -> tuple[tuple[str, ...], ...]:
    """The names above each column, from the top: a merged cell holds for those on its right that have one below."""
    filled = []
    for depth, row in enumerate(rows):
        held, line = "", []
        for j, cell in enumerate(row):
            held = cell or (held if any(later[j] for later in rows[depth + 1 :]) else "")
            line.append(held)
        filled.append(line)
    width = len(rows[0])
    return tuple(tuple(dict.fromkeys(line[j] for line in filled if line[j])) for j in range(width))


def meanings(found: Head, table: Table) -> tuple[dict[int, Meaning], dict[int, str], list[str]]:
    """What each column measures, the variety it is of (where the header says one), and notes.

    BrokenContract names the cell of a measure in a unit that cannot be read.
    """
    whole = UNIT.search(found.title)
    stated = [part.strip() for part in re.split(r"[、,，;；\s]+", whole[1])] if whole else []
    shape, varieties, notes = {}, {}, []
    for j, names in enumerate(found.names):
        if j == found.town or not names:
            continue
        for depth, name in reversed(list(enumerate(names))):
            meaning = _measure(name, table, stated, (found, j))
            if meaning is not None:
                shape[j] = meaning
                kind = [
                    other for k, other in enumerate(names) if k != depth and _measure(other, table, [], None) is None
                ]
                if kind:
                    varieties[j] = kind[0]
                if meaning.converts:
                    notes.append(f"{'/'.join(names)}: {meaning.unit} → {meaning.column.unit}")
                break
        else:
            notes.append(f"not used: {'/'.join(names)}")
    once = len({shape[j].column.name for j in shape}) == len(shape)
    if not shape:
        raise BrokenContract(f"sheet {found.sheet}: no column below row {found.top + 1} is a measure of {table.name}")
    return shape, {} if once else varieties, notes


def _measure(name: str, table: Table, stated: list[str], at: tuple[Head, int] | None) -> Meaning | None:
    try:
        told: Headers = understand([name], table)
    except BrokenContract as error:
        if at is None:
            return None
        where = f"sheet {at[0].sheet}, rows {at[0].top + 1}–{at[0].first}, column {letter(at[1])}"
        raise BrokenContract(f"{where}: {error.message}", error.hint) from None
    meaning = told.meanings.get(0)
    if meaning is None or meaning.column.name == "town":
        return None
    column = meaning.column
    if column.unit and not split(name)[1]:
        dimension = units.KNOWN.get(units.clean(column.unit))
        fitting = [unit for unit in stated if units.KNOWN.get(units.clean(unit)) == dimension]
        if fitting:
            return Meaning(column, fitting[0], *units.conversion(fitting[0], column.unit, name))
    return meaning


def values(
    file: SourceFile, grid: pl.DataFrame, found: Head, shape: dict[int, Meaning], varieties: dict[int, str]
) -> tuple[pl.DataFrame, list[str]]:
    """Rows of towns (and varieties), and notes on the totals left out."""
    below = grid.slice(found.first).with_row_index("_row", found.first + 1)
    town = pl.col(grid.columns[found.town]).str.strip_chars()
    kept = below.with_columns(town=town.forward_fill() if not varieties else town).filter(pl.col("town") != "")
    remark = kept["town"].str.contains(r"^(备注|注[:：]|说明|制表|填表)")
    kept = kept.filter(~remark)
    numbers = {}
    for j, meaning in shape.items():
        cell = kept[grid.columns[j]]
        numbers[j] = cells.numbers(cell, meaning)[0] if meaning.column.type in ("number", "integer") else cell
    total = kept["town"].str.contains(TOTAL.pattern)
    kinds = next((numbers[j] for j in shape if shape[j].column.name == "variety"), None)
    part_sum = pl.repeat(False, kept.height, eager=True) if kinds is None else kinds.str.contains(TOTAL.pattern)
    _check_totals(found, kept["_row"], numbers, total, total | part_sum.fill_null(value=False))
    parts = []
    for kind in dict.fromkeys(varieties.get(j, "") for j in shape):
        if TOTAL.match(kind):
            continue
        mine = {shape[j].column.name: numbers[j] for j in shape if varieties.get(j, "") in (kind, "")}
        part = kept.select("town", pl.col("_row").cast(pl.Int64)).with_columns(
            values.alias(name) for name, values in mine.items()
        )
        parts.append(part.with_columns(variety=pl.lit(kind)) if kind else part)
    whole = [part for part in parts if "variety" in part.columns] or parts
    rows = pl.concat(whole, how="diagonal_relaxed").filter(~pl.col("town").str.contains(TOTAL.pattern))
    if "variety" in rows.columns:
        rows = rows.filter(~pl.col("variety").cast(pl.String).str.contains(TOTAL.pattern).fill_null(value=False))
    lost = int(total.sum())
    return rows, [f"{lost} rows of totals held against their parts and passed over"] if lost else []


def _check_totals(
    found: Head, rows: pl.Series, numbers: dict[int, pl.Series], total: pl.Series, sums: pl.Series
) -> None:
    """BrokenContract with its cell where a whole-county total is not the sum of what stands in the column."""
    if not total.any() or total.sum() > 1:
        return
    at = int(total.arg_true()[0])
    for j, series in numbers.items():
        if not series.dtype.is_numeric() or series[at] is None:
            continue
        told, made = float(series[at]), float(series.filter(~sums).sum() or 0)
        if abs(told - made) > CLOSE * max(abs(told), abs(made)):
            where = f"sheet {found.sheet}, cell {letter(j)}{rows[at]}"
            raise BrokenContract(
                f"{where}: the total {told:,.10g} is not the sum {made:,.10g} of the rows", "mend the total or the rows"
            )


def _season(found: Head) -> int | None:
    told = SEASON.search(f"{found.title} {found.sheet}")
    return int(told[1]) if told else None
