"""The public archive of the national release: one CSV a day, `date,hour,type,<code>,<code>…`, a row an hour and type.

For an hourly table the types PM2.5, PM10, SO2, NO2, O3 and CO are taken. For a daily table the means over the 24 hours
that end at midnight (`PM2.5_24h` … `O3_8h_24h` of hour 0) are dated by the day that has ended.
"""

import polars as pl

from pipelines.readers import _columns as columns
from workbench.errors import UnreadableFile
from workbench.lake import cells
from workbench.lake.catalogue import Table
from workbench.lake.files import SourceFile
from workbench.lake.headers import plain, understand
from workbench.lake.reading import Parsed

TITLE_ZH = "全国空气质量历史归档（宽表）"
TITLE_EN = "national air archive (wide CSV)"


def matches(file: SourceFile, table: Table) -> bool:
    """True where the header begins `date,hour,type` and the table is one of stations over time."""
    return _header(file) is not None and table.time is not None and "station" in table.key


def _header(file: SourceFile) -> columns.Found | None:
    if file.kind != "text":
        return None
    heads = (found for found in columns.headers_of(file) if found.where == ",")
    return next((f for f in heads if [plain(name) for name in f.names[:3]] == ["date", "hour", "type"]), None)


def read(file: SourceFile, table: Table) -> Parsed:
    """One row a station and time, from all types that the table knows."""
    found = _header(file)
    if found is None or table.time is None:
        raise UnreadableFile(f"{file.name}: no header that begins date,hour,type", "ingest it as a tidy table")
    rows, broken = columns.grid(file, found)
    daily = table.columns[table.time].type == "date"
    types = rows["2"].drop_nulls().unique(maintain_order=True).to_list()
    wanted = [kind for kind in types if not daily or kind.endswith("_24h")]
    meanings = {wanted[i]: meaning for i, meaning in understand(wanted, table).meanings.items()}
    if not meanings:
        raise UnreadableFile(
            f"{file.name}: none of its types ({', '.join(types[:15])}) belongs in {table.name}",
            f"wanted: {', '.join(table.measures)}",
        )
    if daily:
        rows = rows.filter(pl.col("1").cast(pl.Int64, strict=False).is_in([0, 24]))
    stations = {str(i): name for i, name in enumerate(found.names) if i > 2}
    long = (
        rows.filter(pl.col("2").is_in(list(meanings)))
        .unpivot(list(stations), index=["_row", "0", "1", "2"], variable_name="station", value_name="value")
        .with_columns(pl.col("station").replace_strict(stations))
    )
    frame, notes = None, [f"not used: {', '.join(kind for kind in types if kind not in meanings)}"]
    for kind, meaning in meanings.items():
        part = long.filter(pl.col("2") == kind)
        cell, more = cells.numbers(part["value"], meaning)
        notes += more
        part = part.select("station", "0", "1", "_row").with_columns(cell.alias(meaning.column.name))
        part = part.unique(["station", "0", "1"], keep="last", maintain_order=True)
        if frame is None:
            frame = part
        else:
            frame = frame.join(part, on=["station", "0", "1"], how="full", coalesce=True, suffix="_too")
            frame = frame.with_columns(pl.coalesce("_row", "_row_too").alias("_row")).drop("_row_too")
    if frame is None:
        raise UnreadableFile(f"{file.name}: no rows below the header", "fetch the day again")
    measures = [meaning.column.name for meaning in meanings.values()]
    frame = frame.filter(pl.any_horizontal(pl.col(measures).is_not_null()))  # a station that was not there that hour
    frame = (
        frame.with_columns(_when(pl.col("0"), pl.col("1"), daily).alias(table.time))
        .drop("0", "1")
        .sort("_row", "station")
    )
    if broken.height:
        notes.append(f"{broken.height} lines with another number of fields than the header: not used")
        frame = pl.concat([frame, broken.select("_row", pl.col("text").alias(table.time))], how="diagonal")
    return Parsed(frame, "archive_wide", tuple(notes))


def _when(date: pl.Expr, hour: pl.Expr, daily: bool) -> pl.Expr:
    """`20200101`, `13` as text that the contract reads; for a daily table the day that ended at that midnight."""
    if not daily:
        return pl.format("{} {}:00", date, hour.str.zfill(2))
    day = date.str.to_date("%Y%m%d", strict=False)
    ended = pl.when(hour.str.strip_chars_start("0") == "24").then(day).otherwise(day.dt.offset_by("-1d"))
    return pl.coalesce(ended.dt.to_string("%Y-%m-%d"), date)
