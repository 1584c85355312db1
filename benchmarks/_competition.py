"""Competition data as panels and tasks: tourism (2011), M3 and M4, with the split that their organisers fixed.

Dates. A task has one cutoff for all its series, so every series is moved by whole steps until its training part ends at
the same step; its test part follows at once. Gaps inside a series move with it and stay gaps; missing values stay
missing. Where a file holds dates (tourism) that common end is the latest one of the file, so that most series keep
their own dates; series that are numbered only (M3, M4) end with the year 1999: monthly 1999-12, quarterly 1999 Q4,
yearly 1999, weekly the week of Monday 1999-12-27, hourly 2000-01-01 00:00 UTC (an hour is named by its end). M3's
"other" series have no frequency; they count as yearly. Because of the moves a month or an hour of day means a place in
the season, not a time of the year: covariates of the calendar would be false here. A value is known when its step ends.
"""

from dataclasses import dataclass, replace
from datetime import UTC, date, datetime
from pathlib import Path

import polars as pl

from workbench.forecast.clock import Clock
from workbench.forecast.task import Split, Task

KNOWN = pl.Datetime("us", "UTC")


@dataclass(frozen=True)
class Competition:
    """One frequency of one competition.

    `panel`   PANEL of the training parts: unique_id (`series/value`), ds, known_at, y — there is nothing else in it
    `truth`   the test parts: unique_id, ds, y
    `season`  m of the scale of MASE and MSIS, as the organisers use it (M4 weekly: 1, though a year has 52 weeks)
    `as_of`   the instant at which the last training step is over: the one origin
    """

    task: Task
    file: Path
    panel: pl.DataFrame
    truth: pl.DataFrame
    season: int
    as_of: datetime

    def split(self) -> Split:
        """What a model may see."""
        return self.task.split(self.panel, None, self.as_of)

    def few(self, series: int) -> "Competition":
        """The same with only so many series, evenly from all: for development."""
        names = self.panel.get_column("unique_id").unique().sort()
        kept = names.gather_every(max(1, len(names) // series)).head(series).to_list()
        here = pl.col("unique_id").is_in(kept)
        return replace(self, panel=self.panel.filter(here), truth=self.truth.filter(here))


@dataclass(frozen=True)
class Kind:
    """Where one frequency lies and how it is asked. `end` is the common last training step of numbered series."""

    file: str
    period: str  # M3 keeps its four frequencies in one file
    every: str
    horizon: int
    seasons: tuple[int, ...]
    season: int
    end: date | datetime


YEAR_END = datetime(2000, 1, 1, tzinfo=UTC)
KINDS: dict[str, Kind] = {
    "tourism_monthly": Kind("tourism_competition/tourism_monthly.parquet", "", "1mo", 24, (12,), 12, date(2005, 9, 1)),
    "tourism_quarterly": Kind("tourism_competition/tourism_quarterly.parquet", "", "1q", 8, (4,), 4, date(2005, 7, 1)),
    "tourism_yearly": Kind("tourism_competition/tourism_yearly.parquet", "", "1y", 4, (), 1, date(2002, 1, 1)),
    "m3_monthly": Kind("m3/m3.parquet", "monthly", "1mo", 18, (12,), 12, date(1999, 12, 1)),
    "m3_quarterly": Kind("m3/m3.parquet", "quarterly", "1q", 8, (4,), 4, date(1999, 10, 1)),
    "m3_yearly": Kind("m3/m3.parquet", "yearly", "1y", 6, (), 1, date(1999, 1, 1)),
    "m3_other": Kind("m3/m3.parquet", "other", "1y", 8, (), 1, date(1999, 1, 1)),
    "m4_weekly": Kind("m4/m4_weekly.parquet", "", "1w", 13, (52,), 1, date(1999, 12, 27)),
    "m4_hourly": Kind("m4/m4_hourly.parquet", "", "1h", 48, (24, 168), 24, YEAR_END),
}
"""Every competition by name. A task without a season has none to tell (`seasons=()`)."""


def load(name: str, data: Path) -> Competition:
    """Read one of `KINDS` below the folder of development data."""
    kind = KINDS[name]
    rows = pl.read_parquet(data / kind.file).with_columns(pl.col("y").fill_nan(None))
    if kind.period:
        rows = rows.filter(period=kind.period)
    rows = dated(rows, kind).with_columns(unique_id=pl.col("unique_id") + "/value").sort("unique_id", "ds")
    over = pl.col("ds") if kind.every == "1h" else pl.col("ds").dt.offset_by(kind.every).cast(KNOWN)
    panel = rows.filter(split="train").select("unique_id", "ds", over.alias("known_at"), "y")
    as_of = panel.get_column("known_at").max()
    assert isinstance(as_of, datetime)
    truth = rows.filter(split="test").select("unique_id", "ds", "y")
    return Competition(question(name, kind), data / kind.file, panel, truth, kind.season, as_of)


def question(name: str, kind: Kind) -> Task:
    """The task of a competition. Nothing is said about its values; that none was ever below 0 is for models to see."""
    title = name.replace("_", " ")
    return Task(
        name=name,
        title_zh=f"竞赛数据 {title}",
        title_en=f"Competition {title}",
        unit="as in the file",
        owner="data",
        panel=name,
        every=kind.every,
        horizon=kind.horizon,
        seasons=kind.seasons,
        issue_at="00:00",
        zone="UTC",
    )


def dated(rows: pl.DataFrame, kind: Kind) -> pl.DataFrame:
    """Move every series by whole steps so that its training part ends at `kind.end`; unique_id, ds, y, split."""
    ordinal = Clock(kind.every).number() if rows.schema["ds"] == pl.Date else pl.col("ds")
    rows = rows.with_columns(step=ordinal.cast(pl.Int64))
    last = pl.col("step").filter(pl.col("split") == "train").max().over("unique_id")
    offset = pl.format("{}" + kind.every.removeprefix("1"), pl.col("step") - last)
    dtype = KNOWN if kind.every == "1h" else pl.Date()
    ds = pl.lit(kind.end, dtype=dtype).dt.offset_by(offset)
    return rows.select("unique_id", ds.alias("ds"), "y", "split")
