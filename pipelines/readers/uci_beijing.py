"""The UCI Beijing multi-site files (data set 501): hourly air and weather of a station in one table, CSV or Parquet.

`hour` 0–23 is taken as the label of the hour that ends then, as the national release writes it. CO comes in µg/m³
though no header says so; `wd` is one of sixteen points, here degrees from which the wind blows (N = 0, E = 90).
"""

import polars as pl

from pipelines.readers import _columns as columns
from workbench.errors import UnreadableFile
from workbench.lake import cells
from workbench.lake.catalogue import Table
from workbench.lake.files import SourceFile
from workbench.lake.headers import Meaning, plain
from workbench.lake.reading import Parsed

TITLE_ZH = "UCI 北京多站点数据集"
TITLE_EN = "UCI Beijing multi-site data set"

SIGNS = {"no", "year", "month", "day", "hour", "pm25", "dewp", "wd", "wspm", "station"}
POINTS = ("N", "NNE", "NE", "ENE", "E", "ESE", "SE", "SSE", "S", "SSW", "SW", "WSW", "W", "WNW", "NW", "NNW")


def matches(file: SourceFile, table: Table) -> bool:
    """True where the header is that of the data set and the table has hourly air or weather columns."""
    hourly = table.time is not None and table.issued is None and table.columns[table.time].type == "datetime"
    return hourly and bool({"pm2_5", "wind_speed"} & set(table.columns)) and _header(file) is not None


def _header(file: SourceFile) -> columns.Found | None:
    if file.kind not in ("text", "parquet"):
        return None
    return next((found for found in columns.headers_of(file) if {plain(name) for name in found.names} >= SIGNS), None)


def read(file: SourceFile, table: Table) -> Parsed:
    """The air or the weather columns of the file, whichever the table holds."""
    found = _header(file)
    if found is None or table.time is None:
        raise UnreadableFile(f"{file.name}: not a file of the UCI Beijing data set", "ingest it as a tidy table")
    rows, broken = columns.grid(file, found)
    where = {plain(name): str(i) for i, name in enumerate(found.names)}
    layout = columns.layout(found.names, table)
    frame, notes = rows.select("_row"), []
    for position, meaning in layout.headers.meanings.items():
        name, cell = meaning.column.name, rows[str(position)]
        if name == table.time:
            continue
        if name == "co":
            meaning = Meaning(meaning.column, "µg/m³", 1e-3)
            notes.append("CO: µg/m³ → mg/m³")
        if name == "wind_direction":
            degrees = {point: i * 22.5 for i, point in enumerate(POINTS)}
            cell = cell.replace_strict(degrees, default=None, return_dtype=pl.Float64)
        elif meaning.column.type == "number":
            cell, more = cells.numbers(cell, meaning)
            notes += more
        frame = frame.with_columns(cell.alias(name))
    parts = [rows[where[name]].cast(pl.Int64, strict=False).alias(name) for name in ("year", "month", "day", "hour")]
    frame = frame.with_columns(_instant(parts, table.zone).alias(table.time))
    if broken.height:
        notes.append(f"{broken.height} lines with another number of fields than the header: not used")
        lost = broken.select("_row", pl.col("text").alias(table.time))
        readable = frame.with_columns(pl.col(table.time).dt.to_string("iso"))
        frame = pl.concat([readable, lost], how="diagonal").sort("_row")
    return Parsed(frame, "uci_beijing", (*layout.headers.notes, *notes))


def _instant(parts: list[pl.Series], zone: str) -> pl.Series:
    """Local year, month, day and hour as UTC instants; null where they are none."""
    year, month, day, hour = (pl.col(part.name) for part in parts)
    date = pl.format("{}-{}-{}", year, month, day).str.to_date("%Y-%m-%d", strict=False)
    local = date.cast(pl.Datetime("us")) + pl.duration(hours=pl.when(hour.is_between(0, 24)).then(hour))
    return pl.DataFrame(parts).select(local.dt.replace_time_zone(zone).dt.convert_time_zone("UTC")).to_series()
