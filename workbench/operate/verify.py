"""Verification: issued forecasts are scored as the truth arrives, once, beside the references issued with them.

A score stands for one series, one issue and one day of lead; it is written when all its steps have been measured, or
`OVERDUE` after the last of them with whatever was. Machine, revised and signed rows are scored apart.
"""

import hashlib
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta

import polars as pl

from workbench import domain, settings
from workbench.errors import MissingData, UnknownName
from workbench.forecast import metrics
from workbench.forecast.clock import Clock
from workbench.forecast.frames import FORECAST
from workbench.forecast.slices import sliced
from workbench.operate import home, outcome
from workbench.operate.archive import Archive
from workbench.operate.gate import weighted
from workbench.operate.known import Known, known, quiet
from workbench.operate.outcome import REACH, genuine
from workbench.operate.terminal import Progress

OVERDUE = timedelta(days=7)

BUCKET = ["task", "unique_id", "issued_at", "cutoff", "lead_day", "model", "version", "status", "role", "level"]


@dataclass(frozen=True)
class Verified:
    """What a verification of one task or product added, and how the last 90 days stand."""

    task: str
    scored: int  # series × issue × lead day, newly scored
    coverage: float | None  # of the 80 % interval
    skill: float | None  # against the baseline

    def sentence(self) -> str:
        held = "not known yet" if self.coverage is None else f"{self.coverage:.0%}"
        gain = "not known yet" if self.skill is None else f"{self.skill:+.0%}"
        return f"{self.task}: {self.scored} new scores; last 90 days: 80 % interval held {held}, CRPS skill {gain}"

    def as_dict(self) -> dict[str, object]:
        return asdict(self)


def verify(tasks: list[str] | None = None, as_of: datetime | None = None, progress: Progress = quiet) -> list[Verified]:
    """Score what the truth known at `as_of` (default now) allows; running it twice adds nothing.

    `tasks` may name products too; the default is every task and every product that says how it is verified.
    """
    judged, archive = [name for name, product in domain.products().items() if product.truth], Archive()
    every, moment, done = [*domain.tasks(), *judged], as_of or settings.now(), []
    names = tasks or every
    for name in names:
        if name not in every:
            raise UnknownName("task or product", name, every)
    with home.lock("verify", wait=60):
        for i, name in enumerate(names):
            progress(i, len(names), name)
            scored = (outcome.add if name in judged else add)(name, moment, archive)
            done.append(Verified(name, scored, coverage(name), overall(name)))
    progress(len(names), len(names), "")
    return done


def add(task: str, as_of: datetime, archive: Archive) -> int:
    """Append the scores of one task that became possible; returns how many buckets."""
    try:
        data = known(task, None, as_of)
    except MissingData:
        return 0
    since = as_of - data.task.horizon * Clock(data.task.every).length - REACH
    issued = [rows_of(archive, task, kind, since, data.sample) for kind in ("forecast", "reference")]
    rows = pl.concat([frame for frame in issued if frame.height], how="diagonal") if any(map(len, issued)) else None
    if rows is None:
        return 0
    rows = sliced(rows, data.task.zone).join(done_already(archive, task), on=BUCKET, how="anti")
    ready = rows.join(complete(rows, data), on=BUCKET)
    if ready.is_empty():
        return 0
    scored = metrics.score(ready.select(*FORECAST, "role"), data.panel, by=BUCKET, zone=data.task.zone)
    scored = scored.with_columns(sample=pl.lit(data.sample))
    buckets = scored.select(BUCKET).unique().sort(BUCKET)
    key = hashlib.sha256(buckets.write_csv().encode()).hexdigest()
    archive.shelf("score", task).append(scored, key)
    return buckets.height


def rows_of(archive: Archive, task: str, kind: str, since: datetime, sample: bool) -> pl.DataFrame:
    """Issued rows of a kind that earn scores, with their role."""
    rows = archive.read(task, since, kind)
    if rows.is_empty():
        return rows
    role = "issued" if kind == "forecast" else "reference"
    return genuine(rows, sample).select(*FORECAST, role=pl.lit(role))


def done_already(archive: Archive, task: str) -> pl.DataFrame:
    """The buckets scored before."""
    scores = archive.scores(task)
    if scores.is_empty():
        scores = archive.read(task).head(0).select(*FORECAST, role=pl.lit(""), lead_day=pl.lit(0, pl.Int32))
    return scores.select(BUCKET).unique()


def complete(rows: pl.DataFrame, data: Known) -> pl.DataFrame:
    """Buckets all of whose steps have their truth, or that have waited for it long enough and have some."""
    last = data.task.cutoff(data.as_of - OVERDUE)
    both = rows.join(metrics.truth(data.panel).rename({"y": "truth"}), on=["unique_id", "ds"], how="left")
    buckets = both.group_by(BUCKET).agg(have=pl.col("truth").count(), all=pl.len(), end=pl.col("ds").max())
    waited = (pl.col("end") <= pl.lit(last, dtype=rows.schema["ds"])) & (pl.col("have") > 0)
    return buckets.filter((pl.col("have") == pl.col("all")) | waited).select(BUCKET)


def recent(task: str, days: int = 90, sample: bool | None = None) -> pl.DataFrame:
    """Scores of the last `days`, the latest status of each issue not singled out; `sample` None = as the newest."""
    archive = Archive()
    scores = archive.scores(task, settings.now() - timedelta(days=days))
    if scores.is_empty():
        return scores
    wanted = scores.sort("issued_at")["sample"][-1] if sample is None else sample
    return outcome.best(scores.filter((pl.col("sample") == wanted) & (pl.col("status") == "machine")))


def coverage(task: str, days: int = 90, level: int = 80) -> float | None:
    """Share of truths inside the central interval over the last days, for passports; None while none was verified."""
    scores = recent(task, days)
    if scores.is_empty():
        return None
    mine = scores.filter((pl.col("role") == "issued") & (pl.col("metric") == f"coverage_{level}")).drop_nulls("value")
    return None if mine.is_empty() else float(mine.select(weighted("value")).item())


def skill(task: str, days: int = 90, by: tuple[str, ...] = ("lead_day",)) -> pl.DataFrame:
    """Our CRPS beside each reference's by slice: *by, reference, crps, crps_reference, skill, count.

    Only what both forecast is compared; skill = 1 - crps / crps_reference. Slice by `unique_id` too where units differ.
    """
    scores = recent(task, days)
    empty = pl.DataFrame(schema=dict.fromkeys((*by, "reference", "crps", "crps_reference", "skill", "count")))
    if scores.is_empty():
        return empty
    crps = scores.filter(pl.col("metric") == "crps")
    on = ["unique_id", "issued_at", "lead_day"]
    ours = crps.filter(pl.col("role") == "issued").select(*on, "value", "count")
    theirs = crps.filter(pl.col("role") == "reference").select(*on, reference="model", other="value")
    both = ours.join(theirs, on=on)
    grouped = both.group_by(*by, "reference").agg(
        crps=weighted("value"), crps_reference=weighted("other"), count=pl.col("count").sum()
    )
    return grouped.with_columns(skill=1 - pl.col("crps") / pl.col("crps_reference")).sort(*by, "reference")


def overall(task: str, days: int = 90) -> float | None:
    """Mean over series of the skill against the baseline; None while nothing was verified."""
    baseline = next(iter(domain.tasks()[task].models)) if task in domain.tasks() else "persistence"
    rows = skill(task, days, ("unique_id",)).filter(pl.col("reference") == baseline)
    mean = None if rows.is_empty() else rows["skill"].mean()
    return None if mean is None else float(mean)  # type: ignore[arg-type]
