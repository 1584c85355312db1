"""Runs, versions and champions in MLflow: the only door to it.

SQLite at `<home>/mlflow.db` (or `MLFLOW_TRACKING_URI`), files under `<home>/artifacts/<task>/<run>/`. One experiment
and one registered model a task, both named like it; a run is one model on one backtest; a version is a run whose model
was fitted and kept (no pickle, no `log_model`). The alias `champion` names the version that issues; who was champion
when stands in the registered model's tags, so that there is no second ledger to disagree.
"""

import json
import logging
import os
import subprocess
import sys
import warnings
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import Any

import polars as pl

from workbench import __version__, settings
from workbench.errors import MissingData, UnknownName

CHAMPION = "champion"
LEDGER = "champion."
"""Tags of a registered model that begin so are its ledger: `champion.<instant>` -> JSON."""


@dataclass(frozen=True)
class Version:
    """A fitted model that can issue: registered under its task, kept in the artifacts of its run."""

    task: str
    version: str
    model: str
    run: str
    tags: Mapping[str, str]

    @property
    def folder(self) -> Path:
        """Where its files lie on this machine: `fitted/`, `dependence/`, `scores.parquet`."""
        return files(self.task, self.run)

    def as_dict(self) -> dict[str, object]:
        return asdict(self)


def uri() -> str:
    """The tracking store in force."""
    return os.environ.get("MLFLOW_TRACKING_URI") or f"sqlite:///{settings.home() / 'mlflow.db'}"


def empty() -> bool:
    """True while nothing was ever tracked in a local home: answered without importing MLflow."""
    return not os.environ.get("MLFLOW_TRACKING_URI") and not (settings.home() / "mlflow.db").exists()


def client() -> Any:
    """A client of the store in force; the first use in a process costs about two seconds."""
    return _client(uri())


@cache
def _client(address: str) -> Any:
    os.environ["MLFLOW_DISABLE_TELEMETRY"] = "true"
    os.environ["DO_NOT_TRACK"] = "true"
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of MLflow's own libraries against one another
        from mlflow.tracking import MlflowClient

        logging.getLogger("mlflow").setLevel(logging.WARNING)
        return MlflowClient(address, address)


def record(task: str, name: str, params: Mapping[str, object], tags: Mapping[str, object], folder: Path) -> str:
    """Open a run of one model with its parameters, tags and files, finished at once; returns its id.

    `folder` is logged whole. Metrics follow with `measure`.
    """
    from mlflow.entities import Param, RunTag

    api = client()
    found = api.get_experiment_by_name(task)
    experiment = found.experiment_id if found else api.create_experiment(task, _location(task))
    run: str = api.create_run(experiment, run_name=name).info.run_id
    stamps = {"task": task, "model": name, "code": code()} | {key: str(value) for key, value in tags.items()}
    api.log_batch(
        run,
        params=[Param(key, str(value)[:6000]) for key, value in params.items()],
        tags=[RunTag(key, value) for key, value in stamps.items()],
    )
    api.log_artifacts(run, str(folder))
    api.set_terminated(run)
    return run


def measure(run: str, values: pl.DataFrame) -> None:
    """Log metrics: a frame of metric, step (0 = over all, else the lead) and value; MLflow draws them by step."""
    from mlflow.entities import Metric

    moment = int(settings.now().timestamp() * 1000)
    rows = values.select("metric", "value", "step").drop_nulls().iter_rows()
    logged = [Metric(key, value, moment, step) for key, value, step in rows]
    for start in range(0, len(logged), 1000):
        client().log_batch(run, metrics=logged[start : start + 1000])


def attach(run: str, folder: Path, name: str) -> None:
    """Add the files of a folder to a run, under a name of their own."""
    client().log_artifacts(run, str(folder), name)


def runs(task: str, **tags: str) -> dict[str, str]:
    """Runs of a task that carry all these tags: model name -> run id, the newest of each."""
    if empty():
        return {}
    api = client()
    found = api.get_experiment_by_name(task)
    if found is None:
        return {}
    wanted = " and ".join(f"tags.{key} = '{value}'" for key, value in tags.items())
    newest_last = reversed(api.search_runs([found.experiment_id], wanted, max_results=1000))
    return {run.data.tags["model"]: run.info.run_id for run in newest_last}


def files(task: str, run: str) -> Path:
    """The folder of a run's files: in this home, wherever the home was moved; else fetched from the remote store."""
    here = settings.home() / "artifacts" / task / run / "artifacts"
    return here if here.exists() else Path(client().download_artifacts(run, ""))


def register(task: str, run: str, tags: Mapping[str, str]) -> Version:
    """Make a run whose `fitted/` files are attached a version of its task."""
    api = client()
    if not api.search_registered_models(f"name = '{task}'"):
        api.create_registered_model(task)
    made = api.create_model_version(task, f"runs:/{run}/fitted", run, tags=dict(tags))
    return Version(task, str(made.version), tags["model"], run, dict(tags))


def versions(task: str) -> list[Version]:
    """Every version of a task, the newest first."""
    if empty():
        return []
    found = client().search_model_versions(f"name = '{task}'", max_results=1000)
    return sorted((_version(one) for one in found), key=lambda one: -int(one.version))


def version(task: str, number: str) -> Version:
    """One version by its number, or an error that names those that exist."""
    every = {one.version: one for one in versions(task)}
    if number not in every:
        raise UnknownName(f"version of {task}", number, every)
    return every[number]


def champion(task: str) -> Version | None:
    """The version that issues, None where none was ever promoted."""
    if empty():
        return None
    from mlflow.exceptions import MlflowException

    try:
        return _version(client().get_model_version_by_alias(task, CHAMPION))
    except MlflowException:
        return None


def crown(new: Version, who: str, reason: str) -> None:
    """Give a version the champion's alias and write that into the ledger."""
    api = client()
    line = {"version": new.version, "model": new.model, "who": who, "reason": reason}
    api.set_registered_model_alias(new.task, CHAMPION, new.version)
    key = f"{LEDGER}{datetime.now(UTC):%Y-%m-%dT%H:%M:%S.%fZ}"
    api.set_registered_model_tag(new.task, key, json.dumps(line, ensure_ascii=False))


def ledger(task: str) -> pl.DataFrame:
    """Who was champion when, oldest first: at, version, model, who, reason."""
    schema = {"at": pl.String, "version": pl.String, "model": pl.String, "who": pl.String, "reason": pl.String}
    found = [] if empty() else client().search_registered_models(f"name = '{task}'")
    tags = found[0].tags if found else {}
    lines = [{"at": key.removeprefix(LEDGER)} | json.loads(tags[key]) for key in sorted(tags) if key.startswith(LEDGER)]
    return pl.DataFrame(lines, schema=schema).with_columns(pl.col("at").str.to_datetime("%+", time_zone="UTC"))


def previous(task: str) -> Version:
    """The champion before the present one: what a rollback returns to."""
    now, before = champion(task), ledger(task)
    older = before.filter(pl.col("version") != now.version) if now else before
    if older.is_empty():
        raise MissingData(f"{task} never had another champion", "promote a version first")
    return version(task, older["version"][-1])


def serve(port: int) -> None:
    """Open MLflow's own pages on loopback until stopped."""
    root = (settings.home() / "artifacts").as_uri()
    command = [sys.executable, "-m", "mlflow", "server", "--host", "127.0.0.1", "--port", str(port)]
    store = ["--backend-store-uri", uri(), "--default-artifact-root", root]
    subprocess.run([*command, *store], check=False, env=os.environ | {"MLFLOW_DISABLE_TELEMETRY": "true"})


@cache
def code() -> str:
    """The version of this code: the release, and the commit where there is a checkout."""
    asked = ["git", "-C", str(settings.PROJECT), "rev-parse", "--short", "HEAD"]
    try:
        answer = subprocess.run(asked, capture_output=True, text=True, check=False).stdout.strip()
    except OSError:
        answer = ""
    return f"{__version__}+{answer}" if answer else __version__


def _location(task: str) -> str | None:
    """Where the files of a task's runs go: under the home, unless a remote server decides."""
    local = not os.environ.get("MLFLOW_TRACKING_URI", "").startswith("http")
    return (settings.home() / "artifacts" / task).as_uri() if local else None


def _version(found: Any) -> Version:
    return Version(found.name, str(found.version), found.tags.get("model", "?"), found.run_id, dict(found.tags))
