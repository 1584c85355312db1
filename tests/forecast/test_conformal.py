"""Calibration: the finite-sample promise where data are exchangeable, and coverage where they are not so kind."""

from dataclasses import replace
from datetime import date, timedelta

import numpy as np
import polars as pl
import pytest

from workbench.forecast.backtest import backtest, origins
from workbench.forecast.cells import Cells
from workbench.forecast.conformal import Calibrated, FittedCalibrated, Scale, backward, conformal, forward
from workbench.forecast.frames import LEVELS, QUANTILES, UTC
from workbench.forecast.metrics import score

from .worlds import DAILY, HOURLY, START, FittedSpread, Spread, at, daily, hourly, same, short

SCALES: tuple[Scale, ...] = ("linear", "sqrt", "log")
ONE = short(DAILY, horizon=1, issue_at="00:30")
PLAIN = Calibrated(Spread(), buckets=1, states=(), halves=False, shrink=0.0)


def test_the_finite_sample_quantile_of_a_slow_rule() -> None:
    scores = np.random.default_rng(0).normal(size=57)
    frame, ordered = pl.DataFrame({"s": scores}), sorted(scores)
    for level in LEVELS:
        place = 58 * level
        upper, lower = (min(max(int(at), 1), 57) - 1 for at in (np.ceil(place - 1e-9), np.floor(place + 1e-9)))
        expected = {True: ordered[upper], False: ordered[lower]}[level > 0.5]
        expected = (ordered[upper] + ordered[lower]) / 2 if level == 0.5 else expected
        assert frame.select(conformal("s", level)).item() == pytest.approx(expected)


@pytest.mark.parametrize("n", [19, 39, 100])
def test_exchangeable_truths_stay_below_an_upper_quantile_at_least_as_often_as_promised(n: int) -> None:
    """p ≤ P(y ≤ q_p) ≤ p + 1/(n+1), and the mirror image below, over 4000 draws of n scores and one truth."""
    draws = np.random.default_rng(n).normal(size=(4000, n + 1)) ** 3
    long = pl.DataFrame({"draw": np.repeat(np.arange(4000), n), "s": draws[:, :n].reshape(-1)})
    quantiles = long.group_by("draw").agg(conformal("s", lv).alias(q) for q, lv in zip(QUANTILES, LEVELS, strict=True))
    quantiles = quantiles.sort("draw")
    for name, level in zip(QUANTILES, LEVELS, strict=True):
        below = (draws[:, n] <= quantiles.get_column(name).to_numpy()).mean()
        slack = 4 * np.sqrt(level * (1 - level) / 4000)
        if 0.5 < level <= n / (n + 1):
            assert level - slack <= below <= level + 1 / (n + 1) + slack
        if 1 / (n + 1) <= level < 0.5:
            assert level - 1 / (n + 1) - slack <= below <= level + slack


def test_end_to_end_a_forecast_of_nothing_but_zero_becomes_honest() -> None:
    random = np.random.default_rng(5)
    panel = pl.concat([daily(random.exponential(10, size=400), f"{place}/x") for place in range(12)])
    days = origins(ONE, panel, date(2020, 12, 1), date(2021, 1, 25))
    model = Calibrated(Spread(), origins=60, span=120, buckets=1, states=(), halves=False)
    found = score(backtest(ONE, {"m": model, "bare": Spread()}, panel, None, days), panel, by=["model"])
    values = {(row["model"], row["metric"]): row["value"] for row in found.to_dicts()}
    assert values["bare", "coverage_80"] < 0.05
    assert values["m", "coverage_80"] == pytest.approx(0.8, abs=0.05)
    assert values["m", "coverage_95"] == pytest.approx(0.95, abs=0.03)
    assert values["m", "mae"] == pytest.approx(10 * np.log(2), rel=0.15)  # of the median of that distribution


def mixed(rows: int, seed: int) -> pl.DataFrame:
    """Replayed forecasts that are right in the middle and silent about the spread, which grows with the level."""
    random = np.random.default_rng(seed)
    centre = random.gamma(2.0, 30.0, rows)
    half = random.integers(0, 2, rows)
    scale = np.where(centre > 80, 40.0, 5.0) * np.where(half == 1, 1.0, 2.0)
    frame = pl.DataFrame(
        {"unique_id": ["a/x"] * rows, "centre": centre, "y": centre + random.normal(size=rows) * scale}
    )
    frame = frame.with_columns(
        cutoff=pl.date(2020, 1, 1) + pl.duration(days=pl.int_range(pl.len()) % 300),
        ds=pl.when(pl.Series(half) == 1).then(pl.date(2021, 7, 1)).otherwise(pl.date(2021, 1, 1)),
    )
    return frame.with_columns(pl.col("centre").alias(name) for name in ("mean", *QUANTILES))


def calibrated(model: Calibrated, past: pl.DataFrame) -> FittedCalibrated:
    plain = FittedCalibrated(
        FittedSpread(0.0, 0.0), Cells("1d", 1000, 1, model.halves), (None, None), model.scale, model.rate
    )
    return model.learn(plain, past)


class Told(FittedSpread):
    """Answers what it is asked with."""

    def predict(self, past: pl.DataFrame, future: pl.DataFrame) -> pl.DataFrame:
        return future


def coverage(fitted: FittedCalibrated, fresh: pl.DataFrame, where: pl.Expr) -> float:
    """Share of fresh truths between q10 and q90, where the inner forecast is what `fresh` holds."""
    answer = replace(fitted, inner=Told(0.0, 0.0)).predict(fresh, fresh)
    both = fresh.select("y", "centre", "ds").hstack(answer.select("q10", "q90"))
    return both.filter(where).select(pl.col("y").is_between("q10", "q90").mean()).item()


def test_heteroscedastic_errors_are_covered_in_every_state_and_season() -> None:
    fitted = calibrated(Calibrated(Spread(), states=(0.5, 0.75), buckets=1), mixed(12_000, 1))
    blind = calibrated(Calibrated(Spread(), states=(), halves=False, buckets=1), mixed(12_000, 1))
    fresh = mixed(8000, 2)
    high, summer = pl.col("centre") > 85, pl.col("ds").dt.month() == 7
    for where in (high & summer, high & ~summer, ~high & summer, ~high & ~summer):
        assert coverage(fitted, fresh, where) == pytest.approx(0.8, abs=0.05)
    assert coverage(blind, fresh, high & ~summer) < 0.65
    assert coverage(blind, fresh, pl.col("y").is_not_null()) == pytest.approx(0.8, abs=0.03)


def test_a_cell_seen_rarely_leans_on_the_coarser_one() -> None:
    past = mixed(12_000, 1).filter((pl.col("centre") < 100) | (pl.int_range(pl.len()) % 2000 == 0))
    last = []
    for states, shrink in (((0.9999,), 0.0), ((0.9999,), 15.0), ((), 15.0)):
        fitted = calibrated(Calibrated(Spread(), states=states, buckets=1, halves=False, shrink=shrink), past)
        assert fitted.corrections is not None
        last.append(fitted.corrections.sort("state").item(-1, "q90"))
    own, mid, coarse = last
    low, high = sorted((own, coarse))
    assert low < mid < high


def test_corrections_have_no_step_in_lead() -> None:
    """Errors that jump by 100 within a day are corrected by a slope, not by a step, with drift and without."""
    grid = pl.DataFrame({"ds": pl.datetime_range(START, START + timedelta(hours=95), "1h", eager=True)})
    random = np.random.default_rng(2)
    parts = []
    for day in range(40):
        cutoff = START + timedelta(days=day)
        own = grid.with_columns(pl.col("ds") + timedelta(days=day, hours=1), unique_id=pl.lit("a/x"), cutoff=cutoff)
        late = np.where(np.arange(96) < 20, 0.0, 100.0)
        parts.append(same(own, value=200.0).with_columns(y=pl.Series(200.0 + late + random.normal(size=96))))
    past = pl.concat(parts).with_columns(pl.col("ds", "cutoff").cast(UTC))
    model = Calibrated(Spread(), states=(), halves=False, rate=0.5)
    cells = Cells("1h", 96, model.buckets, halves=False)
    fitted = model.learn(FittedCalibrated(Told(0.0, 0.0), cells, (None, None), "linear", 0.5), past)
    moved = fitted.update(past.filter(pl.col("cutoff") == past["cutoff"].max()).with_columns(y=pl.col("y") - 50))
    gaps = np.diff([(low + 1 + end) / 2 for low, end in zip([0, *cells.ends[:-1]], cells.ends, strict=True)])
    for one in (fitted, moved):
        future = parts[-1].drop("cutoff", "y")
        found = one.predict(future, future).select("mean", *QUANTILES).to_numpy()
        assert one.corrections is not None
        table = one.moved(one.corrections).sort("bucket").select("mean", *QUANTILES).to_numpy()
        steepest = np.abs(np.diff(table, axis=0) / gaps[:, None]).max(axis=0)
        assert (np.ptp(found, axis=0) > 60).all()
        assert (np.abs(np.diff(found, axis=0)).max(axis=0) <= steepest + 1e-9).all()
        assert steepest.max() < 15


@pytest.mark.parametrize("scale", SCALES)
def test_scales_go_there_and_back(scale: Scale) -> None:
    frame = pl.DataFrame({"v": [0.0, 0.5, 80.0], "offset": [2.0] * 3})
    back = frame.select(backward(scale, forward(scale, "v")))
    assert back.to_series().to_list() == pytest.approx([0.0, 0.5, 80.0])


def test_quantiles_stay_in_order_and_inside_the_bounds() -> None:
    split = at(HOURLY, hourly(60, places=1), date(2024, 2, 25))
    for scale in SCALES:
        fitted = Calibrated(Spread(30.0, 30.0), origins=15, scale=scale).fit(HOURLY, split)
        forecast = fitted.predict(split.past, split.future)
        values = forecast.select(QUANTILES).to_numpy()
        assert (np.diff(values, axis=1) >= 0).all()
        assert (values >= 0).all()


def test_too_short_a_history_leaves_the_inner_forecast_alone() -> None:
    split = at(ONE, daily(np.arange(10.0)), date(2020, 1, 9))
    fitted = PLAIN.fit(ONE, split)
    assert fitted.corrections is None
    assert fitted.predict(split.past, split.future).equals(Spread().fit(ONE, split).predict(split.past, split.future))


def test_learning_on_follows_a_drift() -> None:
    """Truths that jump by three spreads: with `rate` the ranges come after them, without they stay behind."""
    random = np.random.default_rng(3)
    jump = np.where(np.arange(400) < 300, 0.0, 4.0)
    panel = pl.concat([daily(random.normal(size=400) + jump, f"{place}/x") for place in range(8)])
    days = origins(ONE, panel, date(2020, 10, 20), date(2021, 1, 25))  # the jump comes on 27 October
    still = Calibrated(Spread(), origins=40, span=100, buckets=1, states=(), halves=False)
    moving = Calibrated(Spread(), origins=40, span=100, buckets=1, states=(), halves=False, rate=0.3)
    found = backtest(ONE, {"still": still, "moving": moving}, panel, None, days)
    late = found.filter(pl.col("ds") > date(2020, 12, 25))
    values = score(late, panel, by=["model"]).filter(pl.col("metric") == "coverage_80").select("model", "value").rows()
    cover = dict(values)
    assert cover["still"] < 0.2
    assert cover["moving"] == pytest.approx(0.8, abs=0.08)


def test_learning_on_moves_each_quantile_by_its_own_miss() -> None:
    fitted = calibrated(Calibrated(Spread(), states=(), buckets=1, halves=False, rate=0.5), mixed(5000, 1))
    verified = same(
        pl.DataFrame({"unique_id": ["a/x"], "ds": [date(2021, 7, 1)], "cutoff": [date(2021, 6, 30)]}), value=10.0
    )
    moved = fitted.update(verified.with_columns(y=pl.lit(50.0)))  # above every quantile
    assert moved.drift is not None
    assert fitted.corrections is not None
    spread = fitted.corrections.select(pl.col("q90") - pl.col("q10")).item()
    assert moved.drift.select(QUANTILES).row(0) == pytest.approx([0.5 * spread * level for level in LEVELS])
    again = moved.update(verified.with_columns(y=pl.lit(5.0)))
    assert again.drift is not None
    assert again.drift.item(0, "q50") == pytest.approx(0.0)
    assert fitted.drift is None
