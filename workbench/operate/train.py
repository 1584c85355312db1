"""Replay, fit, register, promote: how a model comes to issue.

`backtest` replays history for every model of a task and keeps scores, dependence and figures as MLflow runs;
`train` fits them on all that is known and registers each as a version; `promote` lets one become the champion through
the gate. Doing any of them twice on the same data with the same code finds what is there.
"""

import hashlib
import tempfile
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, replace
from datetime import datetime
from pathlib import Path

import polars as pl

from workbench import settings
from workbench.errors import MissingData, UnknownName
from workbench.forecast.backtest import later
from workbench.forecast.model import Model
from workbench.lake.store import Lake
from workbench.operate import gate, home, tracking
from workbench.operate.afford import affordable
from workbench.operate.known import Known, is_sample, known, measured, quiet
from workbench.operate.terminal import Progress
from workbench.operate.tracking import Version

ORIGINS = 60
"""Days replayed by default, spread evenly over the last year of the history."""


@dataclass(frozen=True)
class Replayed:
    """A backtest that stands in MLflow: run ids by model, and one line of scores a model, best first."""

    task: str
    backtest: str
    origins: int
    runs: dict[str, str]
    table: pl.DataFrame = field(repr=False)  # model, crps, skill, coverage_80, coverage_95, mae

    def sentence(self) -> str:
        lines = [
            f"  {row['model']}: CRPS {row['crps']:.3g}, {row['skill']:+.1%} against the baseline, "
            f"80 % interval held {row['coverage_80']:.0%}"
            for row in self.table.iter_rows(named=True)
        ]
        return "\n".join([f"{self.task}: {self.origins} origins replayed", *lines])

    def as_dict(self) -> dict[str, object]:
        return asdict(self) | {"table": self.table.to_dicts()}


@dataclass(frozen=True)
class Promotion:
    """Who issues from now on, and why."""

    task: str
    version: str
    model: str
    promoted: bool
    reason: str

    def sentence(self) -> str:
        verdict = "is champion" if self.promoted else "was not promoted"
        return f"{self.task}: {self.model} (version {self.version}) {verdict}: {self.reason}"

    def as_dict(self) -> dict[str, object]:
        return asdict(self)


@dataclass(frozen=True)
class Trained:
    """The versions made, and the first promotion where there was no champion."""

    replayed: Replayed
    versions: tuple[Version, ...]
    promotion: Promotion | None
    left_out: str = ""  # for the task's budget

    def sentence(self) -> str:
        made = ", ".join(f"{one.model} = version {one.version}" for one in self.versions)
        parts = [
            self.replayed.sentence(),
            self.left_out and f"  {self.left_out}",
            f"  {made}",
            self.promotion.sentence() if self.promotion else "",
        ]
        return "\n".join(part for part in parts if part)

    def as_dict(self) -> dict[str, object]:
        promotion = self.promotion.as_dict() if self.promotion else None
        versions = [one.as_dict() for one in self.versions]
        return {
            "backtest": self.replayed.as_dict(),
            "versions": versions,
            "promotion": promotion,
            "left_out": self.left_out,
        }


def backtest(
    task: str,
    as_of: datetime | None = None,
    progress: Progress = quiet,
    models: list[str] | None = None,
    origins: int = ORIGINS,
) -> Replayed:
    """Replay a task's models (default all; the baseline always) and keep the runs."""
    with home.lock("train"):
        return replay(known(task, None, as_of), chosen(task, models), origins, progress)


def train(
    task: str,
    as_of: datetime | None = None,
    progress: Progress = quiet,
    models: list[str] | None = None,
    origins: int = ORIGINS,
) -> Trained:
    """Backtest (or find the same backtest done), fit on all that is known, register; crown the first champion."""
    with home.lock("train"):
        data = known(task, None, as_of)
        recipes, left_out = affordable(data, chosen(task, models))
        replayed = replay(data, recipes, origins, progress)
        there = {one.run: one for one in tracking.versions(task)}
        made = []
        for i, (name, run) in enumerate(replayed.runs.items()):
            progress(i, len(replayed.runs), f"fit {name}")
            made.append(there[run] if run in there else fit(data, name, recipes[name], replayed))
        progress(len(made), len(made), "")
    champion = tracking.champion(task)
    first = champion is None or champion.tags["sample"] != str(data.sample)
    return Trained(replayed, tuple(made), promote(task) if first else None, left_out)


def train_due(as_of: datetime | None = None, progress: Progress = quiet) -> list[Trained]:
    """Train what needs it: tasks with data but without a champion that learnt from them, or whose champion is older
    than the task's refit cadence. A renewed champion passes the gate first. What the schedule runs every night.
    """
    from workbench import domain

    lake, moment = Lake(), as_of or settings.now()
    done = []
    for name, entry in domain.tasks().items():
        if all(lake.origin(table) == "empty" for table in measured(entry.task.panel)):
            continue
        champion = tracking.champion(name)
        if champion is not None and champion.tags["sample"] == str(is_sample(entry.task.panel, lake)):
            fitted = datetime.fromisoformat(champion.tags["as_of"])
            if later(fitted, entry.task.refit) > moment:
                continue
        trained = train(name, as_of, progress)
        done.append(replace(trained, promotion=trained.promotion or promote(name, who="schedule")))
    return done


def promote(task: str, version: str | None = None, force: bool = False, who: str = "command line") -> Promotion:
    """Make a version the champion if the gate lets it pass.

    Default: the best model of the newest backtest. The first champion must beat the baseline, or else the baseline
    itself issues. A newer fit of the champion's own recipe is what the backtest replayed, and replaces it.
    """
    newest = tracking.versions(task)
    if not newest:
        raise MissingData(f"{task} has no version yet", f"run `workbench train {task}`")
    group = {one.model: one for one in newest if one.tags["backtest"] == newest[0].tags["backtest"]}
    best = min(group.values(), key=lambda one: float(one.tags["relative_crps"]))
    new = tracking.version(task, version) if version else best
    old = tracking.champion(task)
    if old is not None and old.version == new.version:
        return Promotion(task, new.version, new.model, True, "it is champion already")
    if old is not None and old.tags["sample"] != new.tags["sample"]:
        old = None
    if force:
        return crowned(new, who, "forced past the gate")
    if old is not None and old.tags["recipe"] == new.tags["recipe"]:
        if int(new.version) < int(old.version):
            return Promotion(task, new.version, new.model, False, "the champion is a newer fit of the same recipe")
        return crowned(new, who, "a newer fit of the champion's own recipe")
    baseline = next((one for one in group.values() if one.tags["baseline"] == "True"), None)
    rival = old or baseline
    if rival is None or rival.version == new.version:
        return crowned(new, who, "no model beats the baseline" if rival else "first version")
    verdict = judge(rival, new)
    if verdict.passed:
        return crowned(new, who, f"against {rival.model}: {verdict.reason}")
    if old is None and not version and baseline is not None:
        return crowned(baseline, who, f"{new.model} does not beat the baseline: {verdict.reason}")
    return Promotion(task, new.version, new.model, False, f"against {rival.model}: {verdict.reason}")


def rollback(task: str, who: str = "command line", reason: str = "rolled back") -> Promotion:
    """Give the title back to the champion before the present one."""
    return crowned(tracking.previous(task), who, reason)


def crowned(new: Version, who: str, reason: str) -> Promotion:
    """Crown without asking the gate."""
    tracking.crown(new, who, reason)
    return Promotion(new.task, new.version, new.model, True, reason)


def judge(rival: Version, new: Version) -> gate.Verdict:
    """The gate's verdict on the origins that both were replayed on.

    A champion of an older backtest is represented by the run of its own recipe in the challenger's backtest.
    """
    peers = [one for one in tracking.versions(new.task) if one.tags["backtest"] == new.tags["backtest"]]
    stand_in = next((one for one in peers if one.tags["recipe"] == rival.tags["recipe"]), rival)
    frames = [pl.read_parquet(one.folder / "scores.parquet") for one in (stand_in, new)]
    return gate.compare(frames[0], frames[1], settings.settings().seed)


def chosen(task: str, names: list[str] | None) -> dict[str, Model]:
    """The models to train: the baseline, climatology as the last resort, and those named (default all)."""
    from workbench import domain

    every = domain.entry(task).models
    for name in names or []:
        if name not in every:
            raise UnknownName(f"model of {task}", name, every)
    wanted = {next(iter(every)), "climatology", *(names or every)}
    return {name: model for name, model in every.items() if name in wanted}


def recipe(model: Model) -> str:
    """A short name of a model with all its hyper-parameters."""
    return hashlib.sha256(repr(model).encode()).hexdigest()[:12]


def replay(data: Known, models: Mapping[str, Model], count: int, progress: Progress) -> Replayed:
    """Run the backtest, or find its runs: same data, code, recipes and origins."""
    from workbench.operate.scoring import instants, keep_runs, table_of

    when = instants(data, count)
    if not when:
        raise MissingData(f"{data.task.name}: the history is too short to replay", "ingest more history first")
    parts = [data.digest, tracking.code(), *(name + recipe(one) for name, one in models.items()), *map(str, when)]
    name = hashlib.sha256("|".join(parts).encode()).hexdigest()[:16]
    runs = tracking.runs(data.task.name, backtest=name)
    if set(runs) != set(models):
        runs = keep_runs(data, models, when, name, progress)
    ordered = {model: runs[model] for model in models}
    return Replayed(data.task.name, name, len(when), ordered, table_of(data.task.name, ordered))


def fit(data: Known, name: str, model: Model, replayed: Replayed) -> Version:
    """Fit on everything known (unless the run has a fit already), keep the files, register the version."""
    from workbench.forecast import keep

    run = replayed.runs[name]
    if not (tracking.files(data.task.name, run) / "fitted" / keep.KIND).exists():
        with tempfile.TemporaryDirectory() as folder:
            keep.save(model.fit(data.task, data.split), Path(folder))
            tracking.attach(run, Path(folder), "fitted")
    line = replayed.table.row(by_predicate=pl.col("model") == name, named=True)
    return tracking.register(
        data.task.name,
        run,
        {
            "model": name,
            "recipe": recipe(model),
            "backtest": replayed.backtest,
            "baseline": str(name == next(iter(data.entry.models))),
            "as_of": data.as_of.isoformat(),
            "digest": data.digest,
            "sample": str(data.sample),
            "ahead": str(data.vintages is not None and not data.vintages.is_empty()),
            "crps": f"{line['crps']:.6g}",
            "relative_crps": f"{1 - line['skill']:.6g}",
        },
    )
