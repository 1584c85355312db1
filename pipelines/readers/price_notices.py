"""Price notices of wholesale markets: CSV, Excel, Parquet; Chinese headers, or those of the Xinfadi market itself.

Prices leave in 元/kg by what the header or the column of units says (斤 is half a kilogram); a file that says neither
is refused, since a factor of two cannot be guessed. Names, calibres and grades leave as they were written.
"""

from dataclasses import dataclass
from difflib import get_close_matches

import polars as pl

from pipelines.readers import _columns as columns
from workbench.errors import BrokenContract, UnreadableFile
from workbench.lake import catalogue, cells, reference, units
from workbench.lake.catalogue import Table
from workbench.lake.files import SourceFile
from workbench.lake.headers import Headers, plain, understand
from workbench.lake.reading import Parsed
from workbench.science import notices

TITLE_ZH = "批发市场行情"
TITLE_EN = "price notices of markets"

PRICES = ("low", "mean", "high")
UNSAID = "未注明"
XINFADI = ({"prodname", "avgprice", "pubdate"}, {"name", "low", "avg", "high", "spec", "unit", "date"})
"""Plain headers by which the market's own files are known: they name no market."""
OWN = "北京新发地"


@dataclass(frozen=True)
class Sheet:
    """Where the header stands and what it means."""

    found: columns.Found
    headers: Headers

    def at(self, name: str) -> str | None:
        """The column of the grid that holds that column of the table."""
        position = self.headers.position(name)
        return None if position is None else str(position)


def _sheet(file: SourceFile, table: Table) -> Sheet | None:
    """The header line that says most of the table; None where no line says three things of it, a price among them."""
    best: Sheet | None = None
    for found in columns.headers_of(file):
        with columns.naming(file):
            sheet = Sheet(found, understand(found.names, table))
        if best is None or len(sheet.headers.meanings) > len(best.headers.meanings):
            best = sheet
    return best if best and len(best.headers.meanings) >= 3 and any(map(best.at, PRICES)) else None


def matches(file: SourceFile, table: Table) -> bool:
    """True where the table is one of notices and a header near the top tells prices and two more things."""
    return {"market", "name", "unit", *PRICES} <= set(table.columns) and _sheet(file, table) is not None


def read(file: SourceFile, table: Table) -> Parsed:
    """Rows under the contract's names, prices in 元/kg."""
    sheet = _sheet(file, table)
    if sheet is None:
        raise UnreadableFile(f"{file.name}: no header with names and prices", "name the columns in a first line")
    own = {plain(name) for name in sheet.found.names}
    market = sheet.at("market") or (OWN if any(own >= signs for signs in XINFADI) else None)
    _complete(file, table, sheet, market)
    rows, broken = columns.grid(file, sheet.found)
    told = list(sheet.headers.notes)
    if file.kind == "text" and not {b"\n", b"\r"} & {file.data[-2:-1], file.data[-1:]}:
        told.append("the last line has no end: if the file was cut, its last value may be too")
    frame = rows.select("_row")
    for name in ("market", "name", "spec", "grade", "unit"):
        place = sheet.at(name)
        if place is not None:
            text = rows[place].cast(pl.String).str.strip_chars()
            frame = frame.with_columns(text.set((text == "").fill_null(False), None).alias(name))
    if sheet.at("market") is None:
        frame = frame.with_columns(market=pl.lit(OWN))
        told.append(f"no column of markets: taken as {OWN} by its own headers")
    for name in ("spec", "grade"):
        given = pl.col(name).fill_null(UNSAID) if name in frame.columns else pl.lit(UNSAID)
        frame = frame.with_columns(given.alias(name))
    moment = cells.moments(rows[str(sheet.at("date"))], table.zone)
    columns.only_days(file, moment, table)
    frame = frame.with_columns(moment.alias("date"))
    for name in PRICES:
        place = sheet.at(name)
        if place is not None:
            cell, more = cells.numbers(rows[place], sheet.headers.meanings[int(place)])
            frame, told = frame.with_columns(cell.alias(name)), told + more
    frame, more = _in_kilograms(file, frame, sheet)
    frame, wrong = _sound(frame)
    told += [*more, *wrong]
    told += _strangers(frame)
    if broken.height:
        told.append(f"{broken.height} lines with another number of fields than the header: not used")
        lost = broken.select("_row", date=pl.col("text").str.slice(0, 200))
        day = pl.col("date").dt.to_string("iso") if frame.schema["date"].is_temporal() else pl.col("date")
        frame = pl.concat([frame.with_columns(day), lost], how="diagonal").sort("_row")
    return Parsed(frame, "price_notices", tuple(told))


def _strangers(frame: pl.DataFrame) -> list[str]:
    """How many names no alias knows, and the most frequent: their rows are kept, and are in no price."""
    day = frame["date"]
    day = day.cast(pl.Date) if day.dtype.is_temporal() else day.str.slice(0, 10).str.to_date("%Y-%m-%d", strict=False)
    aliases = reference.read(catalogue.load("price_aliases")).collect()
    found = notices.unresolved(notices.resolve(frame.drop_nulls("name").with_columns(date=day), aliases))
    if found.is_empty():
        return []
    most = ", ".join(f"{name} ×{count}" for name, count in found.select("name", "notices").head(5).iter_rows())
    return [f"{found.height} names in {found['notices'].sum():,} rows mean nothing yet: kept, in no price ({most})"]


def _complete(file: SourceFile, table: Table, sheet: Sheet, market: str | None) -> None:
    """BrokenContract that names what is missing, what is there instead, and what it may be called."""
    missing = [name for name in ("date", "name") if sheet.at(name) is None]
    missing += [] if market else ["market"]
    if not missing:
        return
    unused = list(sheet.headers.unused.values())
    known = {plain(alias): name for name in missing for alias in (name, *table.columns[name].aliases)}
    near = [f"{one} (like {known[like[0]]}?)" if (like := get_close_matches(plain(one), known, 1, 0.6)) else one
            for one in unused]  # fmt: skip
    names = "; ".join(f"{name}: {', '.join(table.columns[name].aliases[:4])}" for name in missing)
    raise BrokenContract(
        f"{file.name}: a price notice needs {', '.join(missing)}; not understood: {', '.join(near) or 'nothing'}",
        f"name the column, or add it — {names}; nothing was read",
    )


def _in_kilograms(file: SourceFile, frame: pl.DataFrame, sheet: Sheet) -> tuple[pl.DataFrame, list[str]]:
    """Prices by the unit beside each row where the header states none; a price by the box is left as text."""
    stated = {sheet.headers.meanings[int(at)].unit for name in PRICES if (at := sheet.at(name)) is not None}
    if "unit" not in frame.columns:
        if "" in stated:
            raise BrokenContract(
                f"{file.name}: states no unit of its prices: 元/斤 and 元/公斤 differ by two",
                "write it into the header, e.g. 平均价(元/斤), or add a column 单位; nothing was read",
            )
        return frame, []
    said = frame["unit"].drop_nulls().unique().to_list()
    factors = {one: factor for one in said if (factor := _factor(one)) is not None}
    if stated != {""}:
        odd = sorted(one for one, factor in factors.items() if {_factor(unit) for unit in stated} != {factor})
        if "" in stated or odd:
            raise BrokenContract(
                f"{file.name}: the header says {', '.join(sorted(stated - {''}))}, the rows {', '.join(sorted(said))}",
                "let both say the same unit; nothing was read",
            )
        return frame, []
    by = pl.col("unit").replace_strict(factors, default=None, return_dtype=pl.Float64)
    notes = [f"prices: 元/{one} → 元/kg, {frame['unit'].eq(one).sum():,} rows" for one in factors if factors[one] != 1]
    for name in (name for name in PRICES if name in frame.columns):
        number = pl.col(name).cast(pl.Float64, strict=False)
        text = pl.format("{} 元/{}", pl.col(name).cast(pl.String), pl.col("unit").fill_null("?"))
        odd_unit = pl.col(name).is_not_null() & by.is_null()
        unread = pl.col(name).is_not_null() & number.is_null()
        if frame.select((odd_unit | unread).any()).item():
            kept = pl.when(odd_unit).then(text).when(unread).then(pl.col(name).cast(pl.String))
            frame = frame.with_columns(kept.otherwise((number * by).cast(pl.String)).alias(name))
        else:
            frame = frame.with_columns((number * by).alias(name))
    return frame, notes


def _factor(unit: str) -> float | None:
    """What turns a price by that unit into one by the kilogram; None for what is no weight."""
    text = unit.strip().removeprefix("元/").removeprefix("元每")
    try:
        return units.conversion(f"元/{text}", "元/kg", "unit")[0]
    except BrokenContract:
        return None


def _sound(frame: pl.DataFrame) -> tuple[pl.DataFrame, list[str]]:
    """A lowest above the highest price says that one is wrong, not which: both are handed on as text to the quarantine;
    so is a mean outside of them."""
    there = [name for name in PRICES if name in frame.columns]
    if "low" not in there or "high" not in there:
        return frame, []
    low, high = (pl.col(name).cast(pl.Float64, strict=False) for name in ("low", "high"))
    crossed = (low > high).fill_null(False)
    count = frame.select(crossed.sum()).item()
    notes = []
    if count:
        notes.append(f"{count} rows with the lowest price above the highest: neither is used")
    outside = pl.lit(False)
    if "mean" in there:
        mean = pl.col("mean").cast(pl.Float64, strict=False)
        slack = 0.01 * high + 0.02
        outside = (~crossed & (mean > 0) & ((mean < low - slack) | (mean > high + slack))).fill_null(False)
        many = frame.select(outside.sum()).item()
        if many:
            notes.append(f"{many} rows with the mean price outside of lowest and highest: the mean is not used")
    told = pl.format("{}–{}", low, high)
    changed = [
        pl.when(crossed).then(pl.format("{} of {}", pl.col(name).cast(pl.String), told)).otherwise(name).alias(name)
        for name in ("low", "high")
        if count
    ]
    if notes and "mean" in there:
        changed.append(
            pl.when(outside)
            .then(pl.format("{} of {}", pl.col("mean").cast(pl.String), told))
            .otherwise("mean")
            .alias("mean")
        )
    return frame.with_columns(changed), notes
