"""Which tables the person who asks may read: their own bureau's, and those that the catalogue shares with all."""

import polars as pl

from dashboards import auth
from workbench.lake import catalogue
from workbench.lake.catalogue import Table

SHARED = "无条件共享"


def readable(name: str) -> Table:
    """The catalogue entry of a table that the caller may read; Refused otherwise."""
    table = catalogue.load(name)
    if table.sharing != SHARED:
        auth.require("read", table.bureau)
    return table


def readable_lines(summary: pl.DataFrame) -> pl.DataFrame:
    """The lines of a lake's summary whose tables the caller may read."""
    user = auth.current_user()
    tables = map(catalogue.load, summary["table"])
    return summary.filter(
        pl.Series([t.sharing == SHARED or user.may("read", t.bureau) for t in tables], dtype=pl.Boolean)
    )
