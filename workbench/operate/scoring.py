"""A backtest as MLflow runs: which days are replayed, what is kept of each model, and the table of all."""

import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

import polars as pl

from workbench.forecast import backtest as engine
from workbench.forecast import keep, metrics
from workbench.forecast.clock import Clock
from workbench.forecast.frames import LEVELS, QUANTILES
from workbench.forecast.model import Fitted, Model, parameters
from workbench.forecast.task import Split, Task
from workbench.operate import tracking
from workbench.operate.gate import weighted
from workbench.operate.known import Known
from workbench.operate.terminal import Progress

YEAR, SAMPLE = timedelta(days=365), timedelta(days=80)
"""How far back is replayed: all seasons of measured data; of the sample as much as one fit of each model serves."""
TRAINING = 0.4
"""At least this share of the history stands before the first day replayed."""

KEYS = ["task", "unique_id", "cutoff", "lead_day", "model"]


def instants(data: Known, count: int) -> list[datetime]:
    """`count` origins spread evenly over the last year (sample: weeks) whose forecasts are over, oldest first."""
    first, last = (data.panel["ds"].min(), data.panel["ds"].max())
    reach = data.task.horizon * Clock(data.task.every).length
    begin, end = _day(first), min(_day(last), data.as_of.date()) - reach - timedelta(days=1)
    begin = max(end - (SAMPLE if data.sample else YEAR), begin + (end - begin) * TRAINING)
    spacing = max(1, -(-((end - begin).days + 1) // count))
    return engine.origins(data.task, data.panel, begin, end, f"{spacing}d") if end > begin else []


def _day(moment: Any) -> date:
    day: date = moment.date() if isinstance(moment, datetime) else moment
    return day


@dataclass
class Remembered:
    """A model that remembers its last fit."""

    model: Model
    last: Fitted | None = None

    def fit(self, task: Task, split: Split) -> Fitted:
        """Fit, and remember."""
        self.last = self.model.fit(task, split)
        return self.last


def keep_runs(
    data: Known, models: Mapping[str, Model], when: list[datetime], backtest: str, progress: Progress
) -> dict[str, str]:
    """Replay every model and keep one run each: scores, dependence, figures, metrics; returns the run ids.

    Of the sample the replay's last fit is kept too: it is weeks old and good enough to show.
    """
    from workbench.forecast import paths

    fits = {name: Remembered(model) for name, model in models.items()}
    forecasts = engine.backtest(
        data.task, fits, data.panel, data.vintages, when, lambda done, total: progress(done, total, "replay")
    )
    scores = scored(data, forecasts, min(when))
    runs = {}
    for name, model in models.items():
        own, mine = forecasts.filter(pl.col("model") == name), scores.filter(pl.col("model") == name)
        with tempfile.TemporaryDirectory() as scratch:
            folder = Path(scratch)
            mine.write_parquet(folder / "scores.parquet")
            last = fits[name].last
            if data.sample and last is not None:
                keep.save(last, folder / "fitted")
            paths.fit_dependence(own, data.panel, data.task.bounds).save(folder / "dependence")
            figures(folder, mine, reliability(own, data.panel))
            tags = {"backtest": backtest, "digest": data.digest, "as_of": data.as_of, "sample": data.sample}
            params = {"recipe": type(model).__name__, "origins": len(when), **parameters(model)}
            runs[name] = tracking.record(data.task.name, name, params, tags, folder)
        tracking.measure(runs[name], logged(mine))
    return runs


def scored(data: Known, forecasts: pl.DataFrame, first: datetime) -> pl.DataFrame:
    """SCORE by series, origin and lead day. MASE and MSIS are in units of the seasonal naive error over the history
    known at the first origin; a series that has none then has no scaled score.
    """
    past = data.task.split(data.panel, data.vintages, first).past
    scale = metrics.scales(past, data.task.seasons[0], data.task.every)
    found = metrics.score(forecasts, data.panel, by=KEYS, scale=scale, zone=data.task.zone)
    return found.drop_nulls("value")


def logged(scores: pl.DataFrame) -> pl.DataFrame:
    """What MLflow draws: each metric over all at step 0, and `<metric>_by_lead_day` by lead day."""
    total = scores.group_by("metric").agg(value=weighted("value"), step=pl.lit(0, pl.Int32))
    lead = scores.group_by("metric", "lead_day").agg(value=weighted("value")).rename({"lead_day": "step"})
    lead = lead.with_columns(pl.col("metric") + "_by_lead_day", pl.col("step").cast(pl.Int32))
    return pl.concat([total, lead.select(total.columns)]).sort("metric", "step")


def reliability(forecast: pl.DataFrame, panel: pl.DataFrame) -> pl.DataFrame:
    """How often the truth lay at or below each quantile: level, share. On the diagonal is right."""
    both = forecast.join(metrics.truth(panel), on=["unique_id", "ds"])
    shares = [both.select((pl.col("y") <= pl.col(name)).mean()).item() for name in QUANTILES]
    return pl.DataFrame({"level": LEVELS, "share": shares})


def figures(folder: Path, scores: pl.DataFrame, reliable: pl.DataFrame) -> None:
    """Plotly figures as JSON under `figures/`: CRPS by lead day, reliability."""
    import plotly.graph_objects as go

    (folder / "figures").mkdir()
    lead = logged(scores).filter(pl.col("metric") == "crps_by_lead_day")
    drawn = {
        "crps_by_lead_day": go.Figure(go.Scatter(x=lead["step"].to_list(), y=lead["value"].to_list())),
        "reliability": go.Figure(go.Scatter(x=reliable["level"].to_list(), y=reliable["share"].to_list())),
    }
    for name, figure in drawn.items():
        (folder / "figures" / f"{name}.json").write_text(figure.to_json(), encoding="utf-8")


def table_of(task: str, runs: Mapping[str, str]) -> pl.DataFrame:
    """One row a model, best first: crps, skill against the baseline (the first), coverage, mae.

    `skill` is 1 minus the mean over series of CRPS relative to the baseline's, so that units do not matter.
    """
    scores = pl.concat(pl.read_parquet(tracking.files(task, run) / "scores.parquet") for run in runs.values())
    keys = ["model", "unique_id"]
    series = scores.filter(pl.col("metric") == "crps").group_by(keys).agg(crps=weighted("value"))
    base = series.filter(pl.col("model") == next(iter(runs))).select("unique_id", base="crps")
    ratio = pl.when(pl.col("base") > 0).then(pl.col("crps") / pl.col("base")).otherwise(1.0)
    skill = series.join(base, on="unique_id").group_by("model").agg(skill=1 - ratio.mean())
    total = scores.group_by("model", "metric").agg(value=weighted("value"))
    wide = total.pivot("metric", index="model", values="value")
    return (
        wide.join(skill, on="model")
        .select("model", "crps", "skill", "coverage_80", "coverage_95", "mae")
        .sort("skill", descending=True)
    )
