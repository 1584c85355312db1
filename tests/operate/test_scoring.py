"""Which days are replayed, and the table that ranks the models."""

from dataclasses import replace
from datetime import timedelta
from itertools import pairwise
from typing import Any

import polars as pl
import pytest

from workbench.forecast import backtest as engine
from workbench.forecast.algorithms.seasonal_naive import SeasonalNaive
from workbench.forecast.frames import LEVELS, QUANTILES
from workbench.operate.known import known
from workbench.operate.scoring import instants, logged, reliability, scored


def test_origins_are_spread_over_the_last_year_and_their_forecasts_are_over(toy: Any) -> None:
    """At 18:00 in the county; the last forecast's last day has been measured."""
    data = known("toy")
    when = instants(data, 30)
    assert 25 <= len(when) <= 30
    assert {10} == {moment.hour for moment in when}
    assert when[-1] + timedelta(days=3) < toy.now
    assert timedelta(days=330) < when[-1] - when[0] <= timedelta(days=365)
    assert 1 == len({later - earlier for earlier, later in pairwise(when)})


def test_of_the_sample_only_weeks_are_replayed(toy: Any) -> None:
    """One fit of each model serves them all."""
    when = instants(replace(known("toy"), sample=True), 30)
    assert when[-1] - when[0] <= timedelta(days=80)


def test_a_short_history_keeps_a_part_to_learn_from(toy: Any) -> None:
    """Forty days: the first sixteen are not replayed; three days: nothing is."""
    data = known("toy")
    panel = data.panel.sort("ds").filter(pl.col("ds") > data.panel["ds"].max() - timedelta(days=40))
    when = instants(replace(data, panel=panel), 30)
    assert when[0].date() - panel["ds"].min() >= timedelta(days=13)
    assert [] == instants(replace(data, panel=panel.filter(pl.col("ds") > panel["ds"].max() - timedelta(days=3))), 30)


def test_mlflow_gets_the_weighted_mean_over_all_and_by_lead() -> None:
    """Hand-worked: (1·1 + 3·5)/4 = 4 over all."""
    rows = {"metric": ["crps"] * 2, "lead_day": [0, 1], "value": [1.0, 5.0], "count": [1, 3]}
    scores = pl.DataFrame(rows, schema_overrides={"lead_day": pl.Int32})
    found = {(row["metric"], row["step"]): row["value"] for row in logged(scores).iter_rows(named=True)}
    assert {("crps", 0): 4.0, ("crps_by_lead_day", 0): 1.0, ("crps_by_lead_day", 1): 5.0} == found


def test_scaled_scores_know_the_training_part_alone(toy: Any) -> None:
    """A slow loop over the history before the first origin; a jump after it moves no scale, only the errors."""
    data = known("toy")
    when = instants(data, 3)
    forecasts = engine.backtest(data.task, {"naive": SeasonalNaive()}, data.panel, None, when)
    found = scored(data, forecasts, when[0]).filter(pl.col("unique_id") == "A/pm2_5")
    history = data.panel.filter(pl.col("unique_id") == "A/pm2_5", pl.col("known_at") <= when[0]).sort("ds")["y"]
    errors = [abs(history[i] - history[i - 7]) for i in range(7, len(history))]
    scale = sum(errors) / len(errors)
    by = ["cutoff", "lead_day"]
    both = found.pivot("metric", index=by, values="value").sort(by)
    assert both["mase"].to_list() == pytest.approx([mae / scale for mae in both["mae"]])
    assert both.height == 3 * len(when)
    row = forecasts.filter(pl.col("unique_id") == "A/pm2_5").sort("issued_at", "ds").row(0, named=True)
    y = data.panel.filter(pl.col("unique_id") == "A/pm2_5", pl.col("ds") == row["ds"])["y"][0]
    low, high = row["q025"], row["q975"]
    outside = max(low - y, y - high, 0.0)
    assert both["msis"][0] == pytest.approx((high - low + 40 * outside) / scale)
    later = pl.when(pl.col("known_at") > when[0]).then(pl.col("y") + 1e6).otherwise("y").alias("y")
    moved = scored(replace(data, panel=data.panel.with_columns(later)), forecasts, when[0])
    assert moved.filter(pl.col("metric") == "mase")["value"].min() == pytest.approx(1e6 / scale, rel=0.2)


def test_a_series_without_history_has_no_scaled_score(toy: Any) -> None:
    """It has the others, and MLflow's means are of the rest."""
    data = known("toy")
    when = instants(data, 3)
    forecasts = engine.backtest(data.task, {"naive": SeasonalNaive()}, data.panel, None, when)
    young = (pl.col("unique_id") == "A/pm2_5") & (pl.col("known_at") <= when[0])
    found = scored(replace(data, panel=data.panel.filter(~young)), forecasts, when[0])
    assert {"B/pm2_5"} == set(found.filter(pl.col("metric") == "mase")["unique_id"])
    assert {"A/pm2_5", "B/pm2_5"} == set(found.filter(pl.col("metric") == "crps")["unique_id"])
    assert logged(found)["value"].is_finite().all()


def test_a_reliable_forecast_lies_on_the_diagonal() -> None:
    """A thousand truths spread evenly under quantiles that are their own levels."""
    ids = [str(number) for number in range(1000)]
    panel = pl.DataFrame({"unique_id": ids, "ds": 1, "y": [(number + 0.5) / 1000 for number in range(1000)]})
    forecast = pl.DataFrame({"unique_id": ids, "ds": 1} | dict(zip(QUANTILES, LEVELS, strict=True)))
    found = reliability(forecast, panel)
    assert list(LEVELS) == pytest.approx(found["share"].to_list(), abs=1e-3)
