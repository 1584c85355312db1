"""The state of every table on one page: how much, how fresh, how clean, and whether measured or made up."""

from datetime import datetime, timedelta
from functools import lru_cache
from typing import TYPE_CHECKING, Any

import polars as pl

from workbench.lake import catalogue
from workbench.lake.catalogue import Table
from workbench.lake.quality import RELIABILITIES
from workbench.lake.versions import valid
from workbench.settings import now

if TYPE_CHECKING:
    from workbench.lake.store import Lake

INSTANT = pl.Datetime("us", "UTC")
SCHEMA: dict[str, Any] = {
    "table": pl.String(),
    "title_zh": pl.String(),
    "title_en": pl.String(),
    "bureau": pl.String(),
    "rows": pl.Int64(),
    "first": INSTANT,
    "last": INSTANT,
    "last_known_at": INSTANT,
    "origin": pl.String(),
    "overdue_hours": pl.Float64(),
    "flagged": pl.Int64(),
    "quarantined": pl.Int64(),
}


def summary(lake: "Lake") -> pl.DataFrame:
    """A line a table. `first` and `last` are the instants at which the earliest and latest rows were over;
    `overdue_hours` counts from when the next row was due (null for a register); `flagged` values are doubtful or bad;
    `quarantined` counts refused cells and rows."""
    lines = []
    for name in catalogue.names():
        table = catalogue.load(name)
        facts = _facts(lake.root, name, lake.digest(name), lake.origin(name))
        last = facts["last"]
        late = now() - last - table.cycle - table.delay if isinstance(last, datetime) else None
        lines.append(
            {
                "table": name,
                "title_zh": table.title_zh,
                "title_en": table.title_en,
                "bureau": table.bureau,
                **facts,
                "origin": lake.origin(name),
                "overdue_hours": None if late is None else max(0.0, late / timedelta(hours=1)),
                "quarantined": _quarantined(lake, name),
            }
        )
    return pl.DataFrame(lines, schema=SCHEMA)


@lru_cache(maxsize=256)
def _facts(root: str, name: str, digest: str, origin: str) -> dict[str, datetime | int | None]:
    """What a table's rows say of it; kept until its digest changes."""
    from workbench.lake.store import Lake

    table: Table = catalogue.load(name)
    over = None if table.reference else valid(table)
    over = pl.lit(None, INSTANT) if over is None else over
    doubtful = [(pl.col(f"q_{measure}") - 1) % len(RELIABILITIES) >= 1 for measure in table.measures]
    checked = [pl.col(f"q_{measure}") > 0 for measure in table.measures]
    flagged = [(known & bad).sum() for known, bad in zip(checked, doubtful, strict=True)]
    row = (
        Lake(root)
        .read(name)
        .select(
            pl.len().alias("rows"),
            over.min().alias("first"),
            over.max().alias("last"),
            pl.col("known_at").max().alias("last_known_at"),
            pl.sum_horizontal(pl.lit(0), *flagged).alias("flagged"),
        )
    )
    return row.collect().row(0, named=True)


def _quarantined(lake: "Lake", name: str) -> int:
    delta = lake.delta(f"{name}.quarantine")
    return delta.count() if delta is not None else 0
