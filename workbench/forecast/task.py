"""A Task is the question as a frozen value: what is forecast, how far, how often, from what, by whom it is owned.

`Task.split` is the only place where past meets future.
"""

from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from zoneinfo import ZoneInfo

import polars as pl

from workbench.errors import InputError, MissingData
from workbench.forecast.clock import Clock
from workbench.forecast.hierarchy import Hierarchy


@dataclass(frozen=True)
class Split:
    """What a model may see at one origin, and the grid that it must fill.

    `past`     unique_id, ds, known_at, y, past-only covariates — every row with `known_at ≤ as_of`, none after
               `cutoff`; `known_at` stays, so that a model can replay history inside its own training data
    `vintages` VINTAGES with `known_at ≤ as_of`, every issue (for training origins); None if the task has none
    `future`   unique_id, ds + known-ahead covariates (latest issue), `horizon` steps for each series
    """

    cutoff: date | datetime
    past: pl.DataFrame
    vintages: pl.DataFrame | None
    future: pl.DataFrame


@dataclass(frozen=True)
class Task:
    """One forecasting question. Plain data: hashable, comparable, printable beside every result.

    `every` is the step (a number and `h`, `d`, `w`, `mo`, `q` or `y`, see `clock`); `horizon` counts steps after the
    cutoff; `seasons` are season lengths in steps, shortest first; `refit` is how often history replayed would have
    trained anew; `issue_at` the local time of day at which it is issued; `bounds` what values can be (None = open);
    `budget` seconds of training; `hierarchy` says which series are sums of others (see `hierarchy`), and
    `adds_to` at which coarser steps its values may be summed over time (see `temporal`). Sums have no upper bound, and
    no lower one but 0.
    """

    name: str
    title_zh: str
    title_en: str
    unit: str
    owner: str  # a bureau of data/county.toml
    panel: str
    every: str
    horizon: int
    seasons: tuple[int, ...]
    vintages: str | None = None
    known_ahead: tuple[str, ...] = ()
    past_only: tuple[str, ...] = ()
    bounds: tuple[float | None, float | None] = (None, None)
    refit: str = "90d"
    issue_at: str = "18:00"
    zone: str = "Asia/Shanghai"
    budget: int = 600
    hierarchy: Hierarchy | None = None
    adds_to: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        low, high = self.bounds
        if (self.hierarchy is not None or self.adds_to) and (low not in (None, 0) or high is not None):
            raise InputError(f"{self.name}: sums cannot be held inside {self.bounds}", "use (0, None) or no bounds")

    @property
    def daily(self) -> bool:
        """True where a step is a day or longer, so that `ds` is a Date."""
        return Clock(self.every).dated

    def cutoff(self, as_of: datetime) -> date | datetime:
        """The last step that is over at `as_of`: the running hour, or the local day, week, month … before."""
        local = as_of.astimezone(ZoneInfo(self.zone))
        if self.daily:
            return Clock(self.every).last_over(local)
        return as_of.astimezone(UTC).replace(minute=0, second=0, microsecond=0)

    def origin(self, day: date) -> datetime:
        """The instant at which the forecast of that local day is issued, UTC."""
        local = datetime.combine(day, time.fromisoformat(self.issue_at), ZoneInfo(self.zone))
        return local.astimezone(UTC)

    def split(self, panel: pl.DataFrame, vintages: pl.DataFrame | None, as_of: datetime) -> Split:
        """Cut history at `as_of`: only rows whose `known_at` is not later, only steps not after the cutoff.

        What is no number (NaN, infinity) is no value. Raises MissingData where nothing at all was known by then, or
        not one value, and InputError where a step of a series is given twice.
        """
        cutoff = self.cutoff(as_of)
        past = panel.filter((pl.col("known_at") <= as_of) & (pl.col("ds") <= cutoff))
        if past.is_empty():
            raise MissingData(f"{self.name}: nothing was known at {as_of:%Y-%m-%d %H:%M} UTC", "ingest history first")
        past = past.sort("unique_id", "ds").with_columns(y=pl.when(pl.col("y").is_finite()).then("y"))
        self.check(past)
        future = self.grid(past, cutoff)
        if vintages is None:
            return Split(cutoff, past, None, future)
        absent = [name for name in self.known_ahead if name not in vintages.columns]
        if absent:
            raise MissingData(f"{self.name}: what is known ahead lacks {', '.join(absent)}", "ingest it, or drop it")
        told = vintages.select("unique_id", "known_at", "ds", *self.known_ahead)
        vintages = told.filter(pl.col("known_at") <= as_of)
        return Split(cutoff, past, vintages, latest(future, vintages))

    def check(self, past: pl.DataFrame) -> None:
        """Refuse, by name, what no model can work with; `past` is sorted by series and step."""
        again = past.filter(
            (pl.col("unique_id") == pl.col("unique_id").shift()) & (pl.col("ds") == pl.col("ds").shift())
        )
        if again.height:
            name, ds = again.select("unique_id", "ds").row(0)
            raise InputError(
                f"{self.name}: {again.height} steps are given twice, the first {ds} of {name}",
                "a panel has one row a series and step: see to the key of its table, or sum or average in its pipeline",
            )
        if past.get_column("y").null_count() == past.height:
            names = past.get_column("unique_id").unique().sort()
            more = f" and {len(names) - 3} more" if len(names) > 3 else ""
            raise MissingData(
                f"{self.name}: every value of {', '.join(names.head(3))}{more} is missing", "ingest history first"
            )

    def grid(self, past: pl.DataFrame, cutoff: date | datetime) -> pl.DataFrame:
        """`horizon` steps after the cutoff for every series of `past`: unique_id, ds."""
        series = past.select("unique_id").unique().sort("unique_id")
        steps = pl.Series("ds", Clock(self.every).after(cutoff, self.horizon), dtype=past.schema["ds"])
        return series.join(steps.to_frame(), how="cross")


def latest(future: pl.DataFrame, vintages: pl.DataFrame) -> pl.DataFrame:
    """Join to a grid the covariates known ahead, each from the latest issue that covers the step."""
    ahead = vintages.filter(pl.col("ds").is_between(future["ds"].min(), future["ds"].max()))
    newest = ordered(ahead).unique(["unique_id", "ds"], keep="last", maintain_order=True).drop("known_at")
    return future.join(newest, on=["unique_id", "ds"], how="left", maintain_order="left")


def ordered(vintages: pl.DataFrame) -> pl.DataFrame:
    """Issues of each step, the latest last; of two known at the same instant the values decide, not the row order."""
    values = sorted(set(vintages.columns) - {"unique_id", "ds", "known_at"})
    return vintages.sort("unique_id", "ds", "known_at", *values)


def require_ahead(task: Task, future: pl.DataFrame) -> None:
    """Refuse to forecast where a covariate that is told to be known ahead is missing from the future.

    MissingData names each such covariate, how many of its rows are missing, and the first one.
    """
    told = []
    for name in task.known_ahead:
        gone = future if name not in future.columns else future.filter(pl.col(name).is_null())
        if gone.height:
            series, ds = gone.select("unique_id", "ds").row(0)
            told.append(f"{name} ({gone.height} of {future.height} rows, first {series} at {ds})")
    if told:
        raise MissingData(
            f"{task.name}: known ahead by the task, missing in the future: {'; '.join(told)}",
            "ingest the covariate up to the last step asked, or leave it out of known_ahead",
        )
