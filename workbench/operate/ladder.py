"""The fallback ladder: what is issued when something that a forecast needs is late, missing or broken.

| level | what is issued | when |
|---|---|---|
| 0 | the champion, all inputs in time | |
| 1 | the champion | the newest values of a series, or the newest weather forecast, are late |
| 2 | the champion on backup inputs | covariates known ahead are missing: the last ones known stand in, if any |
| 3 | the simple model (the baseline) | the champion failed, or there is none yet |
| 4 | climatology | a series has been silent for more than a season, or all else failed |

Each row carries its level and the reason. A series silent for `CLOSED` is taken to be closed and is left out.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import timedelta

import polars as pl

from workbench.errors import MissingData, WorkbenchError
from workbench.forecast.clock import Clock
from workbench.forecast.model import Fitted, guard
from workbench.forecast.task import Split, Task, ordered
from workbench.operate import log
from workbench.operate.known import Known

CLOSED = timedelta(days=90)
WEEK = 7
"""Fewer steps without a value are a gap, not a silence, where a task has no season as long."""
UNTRAINED = "no champion learnt from these data yet"
ABSENT = "the covariates known ahead that the champion learnt with are missing"


@dataclass(frozen=True)
class Player:
    """A model ready to issue: its name, version and a way to get the fitted thing (loaded only when needed).

    `ahead`: it learnt with covariates known ahead, and misses them where there are none.
    """

    model: str
    version: str
    fitted: Callable[[], Fitted]
    ahead: bool = False


@dataclass(frozen=True)
class Cast:
    """Who may issue a task: the champion if there is one (else why not), the simple model, and climatology."""

    champion: Player | None
    simple: Player
    climatology: Player
    vacant: str = UNTRAINED


def climb(data: Known, cast: Cast) -> pl.DataFrame:
    """The best forecast possible now: unique_id, ds, mean, quantiles, model, version, level, reason; always complete.

    Raises MissingData where every series is closed.
    """
    split = data.split
    age = silence(data.task, split)
    closed = age.filter(pl.col("steps") * Clock(data.task.every).length > CLOSED)["unique_id"]
    if len(closed) == age.height:
        newest = str(split.past.filter(pl.col("y").is_not_null())["ds"].max())[:16]
        raise MissingData(
            f"{data.task.name}: the newest value is of {newest}, too old for {data.as_of:%Y-%m-%d %H:%M} UTC",
            f"ingest newer data, or replay that time with --as-of {newest[:10]}T18:00",
        )
    split, age = without(split, closed.to_list()), age.filter(~pl.col("unique_id").is_in(closed.to_list()))
    season = max(data.task.seasons[0], WEEK)
    stale = age.filter(pl.col("steps") > season)["unique_id"].to_list()
    late = age.filter(pl.col("steps").is_between(max(1, season // 4), season, closed="right"))["unique_id"].to_list()
    fresh = ~pl.col("unique_id").is_in(stale)
    parts = []
    if split.future.filter(fresh).height:
        parts.append(fresh_rows(data, replace(split, future=split.future.filter(fresh)), cast, late))
    if stale:
        why = f"no value for more than {season} steps"
        quiet = replace(split, future=split.future.filter(~fresh))
        parts.append(first_able(data.task, quiet, [(cast.climatology, 4, why), (cast.simple, 3, why)]))
    return pl.concat(parts).sort("unique_id", "ds")


def fresh_rows(data: Known, split: Split, cast: Cast, late: list[str]) -> pl.DataFrame:
    """Rows of the series that still report: levels 0 to 4 by what is missing."""
    tried = [(cast.simple, 3, ""), (cast.climatology, 4, "")]
    if cast.champion is None:
        return first_able(data.task, split, [(who, rung, cast.vacant) for who, rung, _ in tried])
    level, why, filled = ahead(data, split, cast.champion.ahead)
    rows = first_able(data.task, replace(split, future=filled), [(cast.champion, level, why), *tried])
    behind = pl.col("unique_id").is_in(late) & (pl.col("level") == 0)
    return rows.with_columns(
        level=pl.when(behind).then(pl.lit(1, pl.Int8)).otherwise("level"),
        reason=pl.when(behind).then(pl.lit("the newest values are late")).otherwise("reason"),
    )


def first_able(task: Task, split: Split, tried: list[tuple[Player, int, str]]) -> pl.DataFrame:
    """The rows of the first player who answers completely; whoever failed is named in the reason."""
    failed: list[str] = []
    for player, level, why in tried:
        try:
            rows = guard(task, player.fitted().predict(split.past, split.future), split.future, player.model)
        except Exception as error:  # a model may fail in any way; the forecast must still go out
            failed.append(f"{player.model} failed (number {log.fault(error)})")
            continue
        return rows.select("unique_id", "ds", pl.exclude("unique_id", "ds")).with_columns(
            model=pl.lit(player.model),
            version=pl.lit(player.version),
            level=pl.lit(level, pl.Int8),
            reason=pl.lit("; ".join(part for part in [*failed, why] if part)),
        )
    raise WorkbenchError(f"{task.name}: no model could answer: {'; '.join(failed)}", "see the log; `workbench doctor`")


def silence(task: Task, split: Split) -> pl.DataFrame:
    """How many steps before the cutoff each series was last heard: unique_id, steps."""
    spoke = split.past.filter(pl.col("y").is_not_null()).group_by("unique_id").agg(pl.col("ds").max())
    every = split.past.select("unique_id").unique().join(spoke, on="unique_id", how="left")
    cutoff = pl.lit(split.cutoff, dtype=split.past.schema["ds"])
    clock = Clock(task.every)
    numbered = every.with_columns(cutoff=cutoff)
    steps = (clock.number("cutoff") - clock.number()).fill_null(10**6)
    return numbered.select("unique_id", steps=steps).sort("unique_id")


def without(split: Split, series: list[str]) -> Split:
    """A split without some series."""
    keep = ~pl.col("unique_id").is_in(series)
    return replace(split, past=split.past.filter(keep), future=split.future.filter(keep))


def ahead(data: Known, split: Split, learnt: bool) -> tuple[int, str, pl.DataFrame]:
    """Level, reason and grid for the covariates known ahead; `learnt`: the champion learnt with them.

    Who was trained without any misses none. Late means that more than twice the usual time between two issues has
    passed; where a late issue leaves steps open, the last value known for the same time of the season stands in.
    """
    columns = [name for name in data.task.known_ahead if name in split.future.columns]
    issues = pl.Series() if split.vintages is None else split.vintages["known_at"].unique().sort()
    if len(issues) < 2:
        given = bool(columns) and not split.future.select(pl.all_horizontal(pl.col(columns).is_null()).any()).item()
        return (0, "", split.future) if given or not learnt else (2, ABSENT, split.future)
    usual, age = issues.diff().median(), data.as_of - issues[-1]
    assert isinstance(usual, timedelta)
    if age <= 2 * usual + timedelta(hours=1):
        return 0, "", split.future
    hours = f"the newest covariates known ahead are {age / timedelta(hours=1):.0f} h old"
    open_steps = split.future.select(pl.any_horizontal(pl.col(columns).is_null()).sum()).item() if columns else 0
    if not open_steps:
        return 1, hours, split.future
    return 2, f"{hours}; the last ones known stand in", stand_in(data, split, columns)


def stand_in(data: Known, split: Split, columns: list[str]) -> pl.DataFrame:
    """Fill open covariates with the value one season earlier, two, … as far as two weeks back."""
    assert split.vintages is not None
    newest = ordered(split.vintages).unique(["unique_id", "ds"], keep="last", maintain_order=True)
    newest = newest.select("unique_id", "ds", *columns)
    filled, season = split.future, data.task.seasons[0] * Clock(data.task.every).length
    for back in range(1, 1 + timedelta(days=14) // season):
        earlier = newest.with_columns(pl.col("ds") + back * season)
        filled = filled.join(earlier, on=["unique_id", "ds"], how="left", suffix="_was", maintain_order="left")
        filled = filled.with_columns(pl.coalesce(name, f"{name}_was") for name in columns).select(split.future.columns)
    return filled
