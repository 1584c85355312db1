"""A tidy table: CSV, Parquet or Excel, one row a station and hour (or a pollutant too), header in Chinese or
English with or without units. Titles above the header, repeated headers and totals below the rows are passed over."""

from dataclasses import replace

import polars as pl

from pipelines.readers import _columns as columns
from pipelines.readers import archive_wide, uci_beijing
from workbench.errors import BrokenContract, UnreadableFile
from workbench.lake import cells, units
from workbench.lake.catalogue import Table
from workbench.lake.files import SourceFile
from workbench.lake.headers import Headers, Meaning, understand
from workbench.lake.reading import Parsed

TITLE_ZH = "表格（CSV、Parquet、Excel）"
TITLE_EN = "tidy table (CSV, Parquet, Excel)"

MOST = 8  # names told in a message
LEAST = 24  # values from which a unit may be doubted


def matches(file: SourceFile, table: Table) -> bool:
    """True where a header near the top fills the table's key and the file is none of the special tables."""
    if file.kind == "text" and file.text()[:64].lstrip("\ufeff \r\n\t")[:1] in ("[", "{"):
        return False
    if uci_beijing.matches(file, table) or archive_wide.matches(file, table):
        return False
    return columns.find(file, table) is not None


def nearest(file: SourceFile, table: Table) -> tuple[int, str] | None:
    """The header that most columns of the table are found in, what it lacks, and what it has that is not understood."""
    best: tuple[int, Headers] | None = None
    for found in columns.headers_of(file):
        headers = understand(found.names, table)
        if headers.meanings and (best is None or len(headers.meanings) > best[0]):
            best = (len(headers.meanings), headers)
    if best is None:
        return None
    count, headers = best
    there = [meaning.column.name for meaning in headers.meanings.values()]
    lacking = [name for name in (table.key if set(table.key) - set(there) else table.columns) if name not in there]
    called = [f"{name} ({table.columns[name].zh})" if table.columns[name].zh else name for name in lacking[:MOST]]
    odd = [repr(name[:40]) for name in headers.unused.values()][:MOST]
    told = f"its header has {', '.join(there)}, but nothing for {' or '.join(called)}"
    return count, told + (f"; not understood: {', '.join(odd)}" if odd else "")


def read(file: SourceFile, table: Table) -> Parsed:
    """Rows under the contract's names, converted to its units."""
    place = columns.find(file, table)
    if place is None:
        raise UnreadableFile(f"{file.name}: no header with {', '.join(table.key)}", "name the columns in a first line")
    found, layout = place
    rows, broken = columns.grid(file, found)
    rows, layout = _units_below(file, rows, layout, table)
    rows, notes = _without_totals(rows, layout)
    if file.kind == "text" and not {b"\n", b"\r"} & {file.data[-2:-1], file.data[-1:]}:
        notes.append("the last line has no end: if the file was cut, its last value may be too")
    if layout.item is not None and layout.value is not None and not _measured(layout, table):
        rows, layout, more = _spread(rows, layout, table)
        notes += more
    frame = rows.select("_row")
    for position, meaning in layout.headers.meanings.items():
        name = meaning.column.name
        if name in (table.time, table.issued) or meaning.column.type in ("datetime", "date"):
            continue
        cell = rows[str(position)]
        if meaning.column.type in ("number", "integer"):
            cell, more = cells.numbers(cell, meaning)
            notes += more
            _doubt(file, cell, meaning)
        frame = frame.with_columns(cell.alias(name))
    for name, column in table.columns.items():
        if column.type in ("datetime", "date"):
            moment = _when(rows, layout, name, table)
            if moment is not None:
                if column.type == "date":
                    columns.only_days(file, moment, table)
                frame = frame.with_columns(moment.alias(name))
    if broken.height:
        count = f"{broken.height} line{'s' * (broken.height > 1)}"
        notes.append(f"{count} with another number of fields than the header: not used")
        lost = broken.select("_row", pl.col("text").str.slice(0, 200).alias(table.time or table.key[0]))
        frame = pl.concat([_texts(frame, lost.columns), lost], how="diagonal")
    return Parsed(frame.sort("_row"), "tidy", (*layout.notes(table), *notes))


def _units_below(
    file: SourceFile, rows: pl.DataFrame, layout: columns.Layout, table: Table
) -> tuple[pl.DataFrame, columns.Layout]:
    """Where the first row below the header holds units and nothing else, they count as part of the header."""
    if rows.is_empty():
        return rows, layout
    first = {i: rows[str(i)][0] for i in range(len(layout.names))}
    said = {i: cell.strip("()（） ") for i, cell in first.items() if isinstance(cell, str) and cell.strip()}
    if not said or not all(units.known(cell) for cell in said.values()):
        return rows, layout
    names = [f"{name}({said[i]})" if i in said else name for i, name in enumerate(layout.names)]
    with columns.naming(file):
        return rows.slice(1), columns.layout(names, table)


def _texts(frame: pl.DataFrame, names: list[str]) -> pl.DataFrame:
    """The frame with these columns as text, so that a line that nobody can read may stand among them."""
    return frame.with_columns(
        pl.col(name).dt.to_string("iso") if frame.schema[name].is_temporal() else pl.col(name).cast(pl.String)
        for name in names
        if name != "_row" and name in frame.columns
    )


def _without_totals(rows: pl.DataFrame, layout: columns.Layout) -> tuple[pl.DataFrame, list[str]]:
    """Rows without totals, remarks and repeated headers, and a note on how many these were."""
    texts = [name for name, dtype in rows.schema.items() if dtype == pl.String]
    if not texts or rows.is_empty():
        return rows, []
    first = pl.coalesce(pl.when(pl.col(name).str.strip_chars() != "").then(pl.col(name)) for name in texts)
    total = first.str.contains(f"(?i){columns.TOTALS}").fill_null(False)
    header = pl.all_horizontal(pl.col(name) == layout.names[int(name)] for name in texts[:4]).fill_null(False)
    kept = rows.filter(~total & ~header)
    lost = rows.height - kept.height
    return kept, [f"{lost} row{'s' * (lost > 1)} of totals, remarks or repeated headers passed over"] if lost else []


def _measured(layout: columns.Layout, table: Table) -> bool:
    return any(layout.headers.position(name) is not None for name in table.measures)


def _spread(rows: pl.DataFrame, layout: columns.Layout, table: Table) -> tuple[pl.DataFrame, columns.Layout, list[str]]:
    """A long table — one row a pollutant — with one column a pollutant, converted by the unit beside each value."""
    item, value = str(layout.item), str(layout.value)
    unit = pl.col(str(layout.unit)) if layout.unit is not None else pl.lit(None, pl.String)
    rows = rows.with_columns(unit.cast(pl.String).fill_null("").alias("_unit"), pl.col(item).cast(pl.String))
    pairs = rows.select(item, "_unit").unique(maintain_order=True).drop_nulls(item).rows()
    meaning = {
        pair: understand([pair[0]], table, {pair[0]: pair[1]} if pair[1] else None).meanings.get(0) for pair in pairs
    }
    notes = sorted({f"not used: {pair[0]}" for pair, found in meaning.items() if found is None})
    keys = [name for name in rows.columns if name not in (item, value, "_unit", "_row", str(layout.unit))]
    parts, names = [], list(layout.names)
    for (label, stated), found in meaning.items():
        if found is not None:
            part = rows.filter((pl.col(item) == label) & (pl.col("_unit") == stated))
            cell, more = cells.numbers(part[value], found)
            notes += more
            named = pl.Series("_name", [found.column.name] * part.height, pl.String)
            parts.append(part.select(*keys, "_row").with_columns(named, cell.cast(pl.String).alias("_value")))
    long = pl.concat(parts) if parts else rows.select(*keys, "_row").clear()
    if long.is_empty():
        raise UnreadableFile(
            f"none of {len(pairs)} items is a column of {table.name}", f"known: {', '.join(table.measures)}"
        )
    numbers = long.group_by(keys, maintain_order=True).agg(pl.col("_row").min())
    wide = long.drop("_row").pivot("_name", index=keys, values="_value", aggregate_function="last", maintain_order=True)
    wide = wide.join(numbers, on=keys, how="left", nulls_equal=True)
    known = dict(layout.headers.meanings)
    for name in wide.columns:
        if name in table.columns:
            known[len(names)] = Meaning(table.columns[name])
            wide = wide.rename({name: str(len(names))})
            names.append(name)
    headers = Headers(known, layout.headers.notes, layout.headers.unused)
    return wide, replace(layout, headers=headers, names=tuple(names)), notes


def _when(rows: pl.DataFrame, layout: columns.Layout, name: str, table: Table) -> pl.Series | None:
    """A column of instants or days: from a column of its own, or (the main one) from day and hour, or year to hour."""
    main, position = name == table.time, layout.headers.position(name)
    day, hour = layout.day, layout.hour
    if main and position is not None and day is not None and day != position:
        sample = rows[str(position)].cast(pl.String, strict=False).drop_nulls().head(200)
        if len(sample) and sample.str.contains(r"^\s*\d{1,2}([:：时]\d{0,2}(分|[:：]\d{2})?)?\s*$").all():
            hour, position = position, None  # a clock beside a date
    if position is not None and (hour is None or position != day or not main):
        return cells.moments(rows[str(position)], table.zone)
    if not main:
        return None
    if day is not None:
        date = cells.moments(rows[str(day)], table.zone)
        date = date.dt.to_string("%Y-%m-%d") if date.dtype.is_temporal() else date.str.replace(r"[ T]00:00(:00)?$", "")
    elif layout.parts:
        pieces = [rows[str(i)].cast(pl.String, strict=False).str.replace(r"\.0$", "") for i in layout.parts]
        date = pl.select(pl.concat_str(pieces, separator="-")).to_series()
    else:
        return None
    if hour is None:
        return date
    clock = cells.flat(rows[str(hour)].cast(pl.String, strict=False)).str.replace(r"\.0$", "")
    clock = clock.str.replace(r"^(\d{1,2})[:时点]?$", "$1:00").str.replace(r"[时点](\d{2})分?$", ":$1")
    return pl.select(pl.format("{} {}", date, clock)).to_series()


def _doubt(file: SourceFile, value: pl.Series, meaning: Meaning) -> None:
    """Refuse a concentration that states no unit and can only be in the other one of mg/m³ and µg/m³."""
    column = meaning.column
    if meaning.unit or units.clean(column.unit) not in ("ug/m3", "mg/m3") or not value.dtype.is_numeric():
        return
    known = value.drop_nulls()
    middle = known.median()
    if len(known) < LEAST or not isinstance(middle, float) or middle <= 0:
        return
    micro = units.clean(column.unit) == "ug/m3"
    wrong = middle < 0.5 if micro else middle > 20
    if wrong:
        other = "mg/m³" if micro else "µg/m³"
        raise BrokenContract(
            f"{file.name}: column {column.name} states no unit, but half of its {len(known):,} values are "
            f"{'below' if micro else 'above'} {middle:.3g}, so it can hardly be in {column.unit}",
            f"write the unit into the header, e.g. {column.name}({other})",
        )
