"""Skill: how much better than persistence and climatology, by lead — the headline of every verification page."""

from collections.abc import Sequence

import polars as pl

from workbench.errors import MissingData
from workbench.forecast.metrics import score
from workbench.forecast.slices import ZONE


def skill(
    forecast: pl.DataFrame,
    panel: pl.DataFrame,
    references: Sequence[str] = ("persistence", "climatology"),
    by: Sequence[str] = ("lead",),
    metric: str = "crps",
    zone: str = ZONE,
) -> pl.DataFrame:
    """1 - score / score of the reference, on the steps that all models of the FORECAST answered.

    Returns the columns of `by`, model, value, count and skill_<reference> (0 = no better, 1 = perfect, below 0 = worse;
    null where a reference is not among the models). `by` takes slices of `slices.sliced`: lead, lead_day, season …
    """
    models = forecast.get_column("model").n_unique()
    if not models:
        raise MissingData("no forecast to judge", "run a backtest, or wait until the first forecast is verified")
    step = ["unique_id", "cutoff", "ds"]
    shared = forecast.filter(pl.col("model").n_unique().over(step) == models)
    scores = score(shared, panel, [*by, "model"], zone=zone).filter(pl.col("metric") == metric).drop("metric")
    for reference in references:
        beside = scores.filter(pl.col("model") == reference).select(*by, reference="value")
        scores = scores.join(beside, on=list(by), how="left", maintain_order="left").with_columns(
            pl.when(pl.col("reference") > 0).then(1 - pl.col("value") / pl.col("reference")).alias(f"skill_{reference}")
        )
        scores = scores.drop("reference")
    return scores.sort(*by, "model")
