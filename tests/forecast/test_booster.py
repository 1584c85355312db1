"""The booster answers every step, learns what can be learnt, cannot see the future, and is kept without pickle."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
import polars as pl
import pytest

from workbench.errors import MissingData
from workbench.forecast import keep
from workbench.forecast.algorithms import features
from workbench.forecast.algorithms.booster import Booster, usual_delay
from workbench.forecast.algorithms.features import Rows, Spans, Sums
from workbench.forecast.algorithms.machine import shares
from workbench.forecast.frames import QUANTILES
from workbench.forecast.model import guard, parameters
from workbench.forecast.task import Split, Task

TASK = Task(
    name="toy",
    title_zh="",
    title_en="",
    unit="",
    owner="environment",
    panel="toy",
    every="1h",
    horizon=24,
    seasons=(24,),
    vintages="ahead",
    known_ahead=("wind",),
    past_only=("wind",),
    bounds=(0, None),
    issue_at="00:00",
)
SMALL = Booster(trees=10, leaves=31, rows=3000, bins=32, spans=Spans((1, 3, 24), (3, 6, 24, 48, 72), (1, 3, 6), 6))
START = datetime(2026, 1, 1, tzinfo=UTC)
DAYS = 60


def world() -> tuple[pl.DataFrame, pl.DataFrame]:
    """Two stations, two measures: a day's wave divided by a wind that is forecast well; panel and vintages."""
    rng = np.random.default_rng(3)
    hours = DAYS * 24
    wind = np.repeat(rng.uniform(1, 5, DAYS + 3), 24)
    time = [START + timedelta(hours=h + 1) for h in range(hours + 48)]
    parts, known = [], []
    for name, size in (("a/pm2_5", 40.0), ("b/pm2_5", 60.0), ("a/o3", 90.0), ("b/o3", 80.0)):
        wave = 1.5 + np.sin(np.arange(hours) / 24 * 2 * np.pi)
        y = size * wave / wind[:hours] * rng.lognormal(0, 0.1, hours)
        y[rng.random(hours) < 0.02] = np.nan
        parts.append(pl.DataFrame({"unique_id": name, "ds": time[:hours], "y": y, "wind": wind[:hours]}))
        for day in range(DAYS):
            span = slice(day * 24, day * 24 + 48)
            issue = START + timedelta(days=day)
            known.append(pl.DataFrame({"unique_id": name, "known_at": issue, "ds": time[span], "wind": wind[span]}))
    panel = pl.concat(parts).with_columns(pl.col("y").fill_nan(None), known_at=pl.col("ds").dt.offset_by("1h"))
    stamps = pl.col("ds", "known_at").cast(pl.Datetime("us", "UTC"))
    return panel.with_columns(stamps), pl.concat(known).with_columns(stamps)


@pytest.fixture(scope="module")
def split() -> Split:
    panel, vintages = world()
    return TASK.split(panel, vintages, TASK.origin((START + timedelta(days=50)).date()))


def test_every_step_is_answered_in_order_and_inside_the_bounds(split: Split) -> None:
    """A complete forecast passes the engine's guard as it is."""
    forecast = SMALL.fit(TASK, split).predict(split.past, split.future)
    assert (4 * 24, 18) == forecast.shape
    guard(TASK, forecast, split.future, "booster")
    ordered = forecast.select(pl.concat_list(QUANTILES).list.diff().list.min().min()).item()
    assert ordered >= 0


def test_wind_known_ahead_is_used(split: Split) -> None:
    """Over a week, with the wind of tomorrow the forecast is far nearer to the truth than without."""
    panel, vintages = world()
    blind = replace(TASK, vintages=None, known_ahead=())
    sharp = replace(SMALL, rounds=80, lean=1.0, scale="log")
    miss = []
    for task, known in ((TASK, vintages), (blind, None)):
        fitted = sharp.fit(task, task.split(panel, known, split.cutoff))
        later = [task.split(panel, known, split.cutoff + timedelta(days=d)) for d in range(7)]
        forecast = pl.concat([fitted.predict(one.past, one.future) for one in later])
        met = forecast.join(panel.select("unique_id", "ds", "y").drop_nulls(), on=["unique_id", "ds"])
        miss.append(met.select((pl.col("q50") / pl.col("y")).log().abs().mean()).item())
    assert miss[0] < 0.7 * miss[1]


def test_kept_as_text_and_read_back(split: Split, tmp_path: Path) -> None:
    """What is read back forecasts the same to the last bit; no file is a pickle."""
    fitted = replace(SMALL, rounds=5, bands=(6,), anchor=True).fit(TASK, split)
    keep.save(fitted, tmp_path / "kept")
    again = keep.load(tmp_path / "kept")
    assert fitted.predict(split.past, split.future).equals(again.predict(split.past, split.future))
    assert {".json", ".txt", ".parquet"} == {file.suffix for file in tmp_path.rglob("*") if file.is_file()}


def test_row_order_does_not_matter_and_twice_is_the_same(split: Split) -> None:
    """The same past in another order gives the same forecast."""
    mixed = Split(split.cutoff, split.past.sample(fraction=1, shuffle=True, seed=5), split.vintages, split.future)
    first = SMALL.fit(TASK, split).predict(split.past, split.future)
    second = SMALL.fit(TASK, mixed).predict(mixed.past, mixed.future.reverse())
    assert first.sort("unique_id", "ds").equals(second.sort("unique_id", "ds"))


def test_recipe_is_made_again_from_its_parameters() -> None:
    assert SMALL == Booster(**parameters(SMALL))


def test_a_measure_never_learnt_is_said(split: Split) -> None:
    fitted = SMALL.fit(TASK, split)
    strange = split.future.with_columns(unique_id=pl.lit("a/radon"))
    with pytest.raises(MissingData, match="radon was never learnt"):
        fitted.predict(split.past, strange)


def test_a_new_station_is_forecast_like_one_of_its_measure(split: Split) -> None:
    """A station opened after training gets a forecast; the others are still there."""
    fitted = SMALL.fit(TASK, split)
    new = pl.col("unique_id").str.replace("a/", "z/")
    only = pl.col("unique_id") == "a/pm2_5"
    past = pl.concat([split.past, split.past.filter(only).with_columns(new)])
    forecast = fitted.predict(past, split.future.filter(only).with_columns(new))
    assert 24 == forecast.height
    assert forecast.get_column("q50").is_finite().all()


@pytest.mark.parametrize(("hours", "steps"), [(1, 1), (0, 0), (3, 3)])
def test_the_usual_delay_is_counted_in_steps(hours: int, steps: int) -> None:
    panel, _ = world()
    late = panel.with_columns(known_at=pl.col("ds").dt.offset_by(f"{hours}h"))
    assert steps == usual_delay(late, TASK)


def test_levels_and_extremes_agree_with_a_slow_loop() -> None:
    """Windowed mean, spread, smallest and largest against numpy on each window."""
    values = np.random.default_rng(1).normal(size=(3, 60)).astype(np.float32)
    values[:, ::7] = np.nan
    at = np.array([5, 20, 59])
    mean, spread = Sums.of(values).level(12, at)
    low, high = features.extremes(values, 12, at)
    for column, step in enumerate(at):
        window = values[:, max(0, step - 11) : step + 1]
        np.testing.assert_allclose(mean[:, column], np.nanmean(window, axis=1), rtol=1e-5)
        np.testing.assert_allclose(spread[:, column], np.nanstd(window, axis=1), rtol=1e-4)
        np.testing.assert_array_equal(low[:, column], np.nanmin(window, axis=1))
        np.testing.assert_array_equal(high[:, column], np.nanmax(window, axis=1))


def test_no_signal_looks_past_its_step() -> None:
    """Poisoning everything after step 40 moves no signal at step 40."""
    y = np.random.default_rng(2).normal(50, 5, size=(2, 80)).astype(np.float32)
    poisoned = y.copy()
    poisoned[:, 41:] = 1e9
    at = np.array([40])
    plain, other = (
        features.signals(features.History(("a", "b"), 0, {"y": v, "wind": v / 2}), Spans(), at) for v in (y, poisoned)
    )
    for name in plain:
        np.testing.assert_array_equal(plain[name], other[name], err_msg=name)


def test_sampled_leads_cover_the_band_evenly() -> None:
    rows = Rows.sample(np.arange(500), 2, (24, 72), 4, seed=1)
    assert (25, 72) == (rows.lead.min(), rows.lead.max())
    counts = np.bincount((rows.lead - 25) // 12)
    assert counts.min() == counts.max()


def test_a_later_band_sees_what_is_known_ahead_of_the_earlier_one() -> None:
    """Means of the weather ahead reach back beyond a band's first lead when forecasting as they did when learning."""
    rng = np.random.default_rng(5)
    hours = 80 * 24
    wind = np.exp(np.convolve(rng.normal(size=hours + 40), np.ones(3) / 3, "valid"))[: hours + 24]
    felt = np.array([wind[max(0, i - 23) : i + 1].mean() for i in range(hours + 24)])  # the mean of the day behind
    time = [START + timedelta(hours=h + 1) for h in range(hours + 24)]
    stamps = pl.col("ds", "known_at").cast(pl.Datetime("us", "UTC"))
    panel = pl.DataFrame({"unique_id": "a/x", "ds": time, "y": 20 * felt, "wind": wind})
    panel = panel.with_columns(known_at=pl.col("ds").dt.offset_by("1h")).with_columns(stamps)
    issues = [
        pl.DataFrame({"unique_id": "a/x", "known_at": START + timedelta(days=d), "ds": time[s], "wind": wind[s]})
        for d in range(80)
        for s in [slice(d * 24, d * 24 + 48)]
    ]
    issue = TASK.origin((START + timedelta(days=79)).date())
    split = TASK.split(panel, pl.concat(issues).with_columns(stamps), issue)
    model = replace(SMALL, trees=40, bands=(6,), spans=replace(SMALL.spans, beside=(6, 12, 24)))
    fitted = model.fit(TASK, split)
    early = pl.int_range(pl.len()) < 6
    other = split.future.sort("ds").with_columns(
        pl.when(early).then(pl.col("wind") * 10).otherwise("wind").alias("wind")
    )
    told, changed = (fitted.predict(split.past, grid).sort("ds")["q50"] for grid in (split.future, other))
    assert (told != changed)[6:].any()


def test_bands_fade_into_one_another(split: Split) -> None:
    """Machines 1000 apart: the median climbs over the shared leads, with no step at the border."""
    fitted = replace(SMALL, bands=(12,), scale="linear").fit(TASK, split)
    first, second = fitted.machines["o3"]
    apart = replace(fitted, machines=fitted.machines | {"o3": (first, replace(second, edges=second.edges + 1000))})
    one, other = (
        kind.predict(split.past, split.future).filter(unique_id="a/o3").sort("ds") for kind in (fitted, apart)
    )
    rise = (other["q50"] - one["q50"]).to_numpy()
    assert rise[:9] == pytest.approx(0.0)
    assert rise[15:] == pytest.approx(1000.0)
    assert np.diff(rise).max() == pytest.approx(1000 / 7)


def test_shares_of_bands_that_lie_close_stay_shares() -> None:
    found = shares(np.arange(1, 97), [1, 4, 20, 24, 96])
    assert found.min() >= 0
    assert found.sum(axis=0) == pytest.approx(1.0)
    assert found[0, 0] == 1.0  # a band of one lead shares nothing
