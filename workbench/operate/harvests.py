"""The harvest as a page reads it: everything that the newest issue (or that of a given time) says, in one value."""

from dataclasses import dataclass
from datetime import datetime

import polars as pl

from workbench.operate.archive import Archive

PARTS = ("outlook", "funnel", "causes", "sensitivity", "similar", "hazards", "flow", "sizes", "record")


@dataclass(frozen=True)
class Harvest:
    """One crop's products of one issue, a frame each."""

    outlook: pl.DataFrame
    funnel: pl.DataFrame
    causes: pl.DataFrame
    sensitivity: pl.DataFrame
    similar: pl.DataFrame
    hazards: pl.DataFrame
    flow: pl.DataFrame
    sizes: pl.DataFrame
    record: pl.DataFrame


def harvest(crop: str, at: datetime | None = None) -> Harvest:
    """What stood at `at` (default: now) of a crop such as `orange`; MissingData where nothing was issued yet."""
    archive = Archive()
    return Harvest(*(archive.product(f"{crop}_{part}", at) for part in PARTS))
