"""Order lines that a shop has stripped itself before sending (`workbench strip`): the columns of the contract, CSV."""

import polars as pl

from pipelines.readers import _columns as columns
from pipelines.readers import _order_cells as said
from workbench.lake.catalogue import Table
from workbench.lake.files import SourceFile
from workbench.lake.reading import Parsed

TITLE_ZH = "脱敏后的订单明细"
TITLE_EN = "stripped order lines"
STRIPS = True
SIGNS = {"order", "line", "kind", "time", "platform"}


def _header(file: SourceFile) -> columns.Found | None:
    return next((found for found in columns.headers_of(file) if set(found.names) >= SIGNS), None)


def matches(file: SourceFile, table: Table) -> bool:
    """True where the header has the contract's own names."""
    return set(table.columns) >= SIGNS and _header(file) is not None


def read(file: SourceFile, table: Table) -> Parsed:
    """The columns of the contract as they stand; an order that is no digest is none."""
    found = _header(file)
    assert found is not None
    rows, broken = columns.grid(file, found)
    frame = rows.select("_row")
    for i, name in enumerate(found.names):
        if name in table.columns and name not in frame.columns:
            cell = said.clean(rows[str(i)])
            kind = table.columns[name]
            if kind.type in ("number", "integer"):
                cell = said.number(cell, kind)
            elif kind.type == "string":
                cell = said.scrubbed(cell) if name in ("item", "spec") else cell.str.slice(0, 100)
            frame = frame.with_columns(cell.alias(name))
    digest = pl.col("order").str.contains(r"^[0-9a-f]{24}$")
    frame = frame.with_columns(
        order=pl.when(digest).then("order"),
        time=said.instants(frame["time"].str.strip_suffix("Z"), frame["order"], "UTC"),
    )
    notes = [f"{broken.height} lines with another number of fields than the header: not used"] * bool(broken.height)
    if broken.height:
        frame = pl.concat([frame, broken.select("_row")], how="diagonal").sort("_row")
    return Parsed(frame, "orders_stripped", tuple(notes))
