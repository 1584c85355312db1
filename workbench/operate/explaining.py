"""Why an issue says what it says, archived beside it: what it is made of, and past situations that looked alike.

`explanation`: `unique_id, ds, part, value` of the q50 issued (see `forecast.explain`), with `driver` and `usual`: the
value behind a part and what it usually is — of a covariate known ahead the one expected and its mean over the last 30
days; of `level` and `network` the last day's mean, of the series or of all places, and the forecast's own base; of
`change` the last day's and the day before's; of `others` how many times its long mean the last day was, and 1; null for
other parts. `similar`: `unique_id, ds, then, share, before, y`, for tasks of a day and longer.
"""

from dataclasses import replace
from datetime import timedelta

import polars as pl

from workbench.forecast import explain
from workbench.forecast.clock import Clock
from workbench.forecast.frames import measure
from workbench.forecast.model import Fitted
from workbench.forecast.task import Split, Task
from workbench.operate import ladder, log
from workbench.operate.archive import Archive
from workbench.operate.known import Known
from workbench.operate.ladder import Cast, Player

STEPS = 32
"""Explained steps of a series, about: trees take a hundred times longer to be explained than to answer."""
NEAR = 4
"""Steps ahead for which similar situations are sought."""
USUAL = timedelta(days=30)
"""What a covariate is compared with."""
KINDS = ("explanation", "similar")
STAMPS = ("model", "version", "level", "status")


def keep(archive: Archive, data: Known, cast: Cast, rows: pl.DataFrame) -> None:
    """Explain the rows of an issue by whoever made them and archive that; a fault is logged, the issue stands."""
    try:
        for kind, frame in zip(KINDS, reasons(data, cast, rows), strict=True):
            if not frame.is_empty():
                archive.write(stamped(frame, rows), data.digest, data.sample, kind)
    except Exception as error:  # an explanation may fail in any way; the forecast is out already
        log.fault(error)


def reasons(data: Known, cast: Cast, rows: pl.DataFrame) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Explanation and similar situations of the rows of an issue."""
    players = {(one.model, one.version): one for one in (cast.climatology, cast.simple, cast.champion) if one}
    explained, alike = [], []
    for (model, version), part in rows.group_by("model", "version", maintain_order=True):
        player = players.get((str(model), str(version)))
        if player is not None:
            split, fitted = seen(data, player, part), player.fitted()
            explained.append(made(data.task, fitted, split, part))
            if Clock(data.task.every).dated:
                days = pl.col("ds").rank("dense") <= NEAR
                alike.append(explain.similar(fitted, replace(split, future=split.future.filter(days))))
    alike = [frame for frame in alike if not frame.is_empty()]
    return pl.concat(explained) if explained else pl.DataFrame(), pl.concat(alike) if alike else pl.DataFrame()


def seen(data: Known, player: Player, part: pl.DataFrame) -> Split:
    """What a player saw of the series that it forecast."""
    mine = pl.col("unique_id").is_in(part["unique_id"].unique().to_list())
    split = replace(data.split, future=data.split.future.filter(mine))
    return replace(split, future=ladder.ahead(data, split, player.ahead)[2])


def made(task: Task, fitted: Fitted, split: Split, issued: pl.DataFrame) -> pl.DataFrame:
    """The explanation of forecasts that were issued, with `driver` and `usual`."""
    parts = explain.explain(fitted, split.past, split.future, issued, max(1, task.horizon // STEPS))
    known = pl.concat([recent(task, split, parts), *ahead(task, split)])
    return parts.join(known, on=["unique_id", "ds", "part"], how="left", maintain_order="left")


def ahead(task: Task, split: Split) -> list[pl.DataFrame]:
    """unique_id, ds, part, driver, usual of each covariate known ahead that is in the past too."""
    there = [name for name in task.known_ahead if name in split.future.columns and name in split.past.columns]
    month = split.past.filter(pl.col("ds") > pl.lit(split.cutoff) - USUAL).group_by("unique_id")
    usual = month.agg(pl.col(name).cast(pl.Float64).mean() for name in there)
    both = split.future.join(usual, on="unique_id", how="left", suffix="_usual")
    return [
        both.select(
            "unique_id", "ds", part=pl.lit(f"ahead.{name}"), driver=pl.col(name).cast(pl.Float64), usual=f"{name}_usual"
        )
        for name in there
    ]


def recent(task: Task, split: Split, parts: pl.DataFrame) -> pl.DataFrame:
    """unique_id, ds, part, driver, usual of what was measured last; see the head of this file."""
    day, others = Clock(task.every).phases, [name for name in task.past_only if name not in task.known_ahead]
    others = [name for name in others if name in split.past.columns]
    known = split.past.drop_nulls("y").sort("unique_id", "ds").group_by("unique_id")
    own = pl.col("unique_id").first().str.split("/").list.last()
    times = [pl.when(own != name).then(pl.col(name).tail(day).mean() / pl.col(name).mean()) for name in others]
    found = known.agg(
        last=pl.col("y").tail(day).mean(), before=pl.col("y").tail(2 * day).head(day).mean(),
        others=pl.mean_horizontal(times) if times else pl.lit(None, pl.Float64),
    ).with_columns(around=pl.col("last").mean().over(measure()))  # fmt: skip
    base = parts.filter(pl.col("part") == explain.BASE).join(found, on="unique_id", how="inner")
    against = {"level": ("last", "value"), "change": ("last", "before"), "network": ("around", "value")}
    both = {part: (pl.col(driver), pl.col(usual)) for part, (driver, usual) in against.items()}
    both["others"] = (pl.col("others"), pl.lit(1.0))
    key = [pl.col("unique_id"), pl.col("ds")]
    return pl.concat(
        base.select(*key, pl.lit(part).alias("part"), driver=driver.cast(pl.Float64), usual=usual.cast(pl.Float64))
        for part, (driver, usual) in both.items()
    )


def stamped(frame: pl.DataFrame, rows: pl.DataFrame) -> pl.DataFrame:
    """The rows of an explanation with the stamps of the issue's rows."""
    stamps = rows.unique("unique_id").select("task", "unique_id", "issued_at", "cutoff", *STAMPS)
    return stamps.join(frame, on="unique_id", how="inner")
