"""Cells of a forecast — measure × leads × level forecast × half-year — and statistics in them, small ones shrunk."""

import math
from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
import polars as pl

from workbench.forecast.clock import Clock
from workbench.forecast.frames import measure

CELL: tuple[str, ...] = ("measure", "bucket", "state", "half")
"""The key of a cell, coarse to fine: a small cell leans on the one before it."""


@dataclass(frozen=True)
class Cells:
    """How forecasts fall into cells. `cuts` holds measure, cut0, cut1 … : where the forecast median changes state."""

    every: str
    horizon: int
    buckets: int
    halves: bool = True
    cuts: pl.DataFrame = field(default_factory=lambda: pl.DataFrame(schema={"measure": pl.String}))

    @property
    def ends(self) -> list[int]:
        """Last lead of each bucket: one for the first step, wider from bucket to bucket.

        >>> Cells("1h", 96, 8).ends, Cells("1d", 8, 8).ends
        ([1, 2, 4, 8, 14, 27, 51, 96], [1, 2, 3, 4, 5, 6, 8])
        """
        growth = self.horizon ** (1 / max(1, self.buckets - 1))
        first = {min(self.horizon, math.ceil(round(growth**i, 6))) for i in range(self.buckets - 1)}
        return sorted(first | {self.horizon})

    def leads(self) -> pl.DataFrame:
        """Which buckets speak at each lead, and how much: lead, bucket, share (sum 1).

        A bucket speaks alone at its centre and beyond the outermost ones; between two centres it fades into the next.

        >>> Cells("1d", 4, 2).ends, Cells("1d", 4, 2).leads().rows()     # centres at leads 1 and 3
        ([1, 4], [(1, 0, 1.0), (2, 0, 0.5), (2, 1, 0.5), (3, 1, 1.0), (4, 1, 1.0)])
        """
        ends = np.asarray(self.ends)
        centres = (np.concatenate([[0], ends[:-1]]) + 1 + ends) / 2
        leads = np.arange(1, self.horizon + 1)
        shares = np.stack([np.interp(leads, centres, one) for one in np.eye(len(ends))], axis=1)
        lead, bucket = np.nonzero(shares)
        kinds = {"lead": pl.Int64, "bucket": pl.Int8, "share": pl.Float64}
        return pl.DataFrame({"lead": lead + 1, "bucket": bucket, "share": shares[lead, bucket]}, schema=kinds)

    def faded(self, table: pl.DataFrame, columns: Sequence[str]) -> pl.DataFrame:
        """A table of cells with `lead` in place of `bucket`: its columns run straight from centre to centre."""
        keys = ["lead", *(name for name in CELL if name != "bucket" and name in table.columns)]
        mixed = table.join(self.leads(), on="bucket", how="inner")
        return mixed.group_by(keys).agg((pl.col(columns) * pl.col("share")).sum())

    @property
    def states(self) -> int:
        """Number of states."""
        return self.cuts.width

    def place(self, forecast: pl.DataFrame) -> pl.DataFrame:
        """Add the lead and the key of the cell. Where there is no `cutoff`, it is the step before the first asked."""
        clock = Clock(self.every)
        cutoff = clock.number("cutoff") if "cutoff" in forecast.columns else clock.number().min() - 1
        lead = clock.number() - cutoff
        cuts = [name for name in self.cuts.columns if name != "measure"]
        reached = [(pl.col("q50") >= pl.col(cut)).fill_null(False).cast(pl.Int8) for cut in cuts]
        placed = forecast.with_columns(
            measure=measure(),
            lead=lead,
            bucket=pl.sum_horizontal(pl.lit(0, pl.Int8), *((lead > end).cast(pl.Int8) for end in self.ends[:-1])),
            half=pl.col("ds").dt.month().is_between(4, 9).cast(pl.Int8) if self.halves else pl.lit(0, pl.Int8),
        )
        placed = placed.join(self.cuts, on="measure", how="left", maintain_order="left")
        return placed.with_columns(state=pl.sum_horizontal(pl.lit(0, pl.Int8), *reached)).drop(cuts)

    def values(self) -> dict[str, int]:
        """Number of values of each part of the key but the measure."""
        return {"bucket": len(self.ends), "state": self.states, "half": 2 if self.halves else 1}


def shrunk(placed: pl.DataFrame, cells: Cells, statistics: dict[str, pl.Expr], strength: float) -> pl.DataFrame:
    """Statistics in every cell there can be: CELL and one column each, Float64.

    From coarse to fine: a cell seen at n origins has weight n/(n + `strength`), the coarser one the rest — origins,
    because the rows of one origin err together.
    """
    aggregates = [statistic.cast(pl.Float64).alias(name) for name, statistic in statistics.items()]
    table = placed.group_by("measure").agg(aggregates).sort("measure")
    keys = ["measure"]
    for name, count in cells.values().items():
        keys.append(name)
        own = placed.group_by(keys).agg(*aggregates, seen=pl.col("cutoff").n_unique())
        parts = pl.DataFrame({name: range(count)}, schema={name: pl.Int8})
        table = table.join(parts, how="cross").join(own, on=keys, how="left", suffix="_own", maintain_order="left")
        weight = pl.when(pl.col("seen") > 0).then(pl.col("seen") / (pl.col("seen") + strength)).otherwise(0.0)
        table = table.with_columns(
            (weight * pl.col(f"{statistic}_own").fill_null(0.0) + (1 - weight) * pl.col(statistic)).alias(statistic)
            for statistic in statistics
        ).select(*keys, *statistics)
    return table
