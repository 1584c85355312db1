"""The portfolio: the contracts of a model, odd series, and weights and ranges against known answers."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from contracts import test_models as contracts
from hypothesis import given, settings
from hypothesis import strategies as st

from workbench.errors import InputError, MissingData, UnreadableFile
from workbench.forecast.algorithms.arima import Order
from workbench.forecast.clock import Clock
from workbench.forecast.drifted import Drifted, taught
from workbench.forecast.history import SeriesMatrix
from workbench.forecast.local import Arima, Bend, Member, Naive, Recent, Smoothing, Totals, held, remade, told
from workbench.forecast.model import guard
from workbench.forecast.portfolio import OWN, SHARP, Portfolio, evidence, weigh
from workbench.forecast.portfolio_fitted import LOOK, points
from workbench.forecast.recipe import FAST, LOCAL, PLAIN, RARE, RECIPE, SEASONAL
from workbench.forecast.task import Task

MONTHS = Task("months", "月", "Months", "1", "data", "months", "1mo", 6, (12,), bounds=(0.0, None), zone="UTC")
OPEN = replace(MONTHS, bounds=(None, None))


def monthly(**series: np.ndarray) -> pl.DataFrame:
    """PANEL of monthly series that all end with 2020, each month known when it is over."""
    parts = []
    for name, values in series.items():
        ds = Clock("1mo").starts(np.arange(612 - len(values), 612))
        over = ds.dt.offset_by("1mo").cast(pl.Datetime("us", "UTC")).alias("known_at")
        parts.append(pl.DataFrame([ds, over]).with_columns(unique_id=pl.lit(name + "/x"), y=pl.Series(values * 1.0)))
    columns = ("unique_id", "ds", "known_at", pl.col("y").fill_nan(None))
    return pl.concat(part.select(columns) for part in parts)


def seasonal(months: int, seed: int = 0, level: float = 100.0) -> np.ndarray:
    """A year's shape on a slow walk."""
    random = np.random.default_rng(seed)
    walk = np.exp(np.cumsum(random.normal(size=months)) * 0.02)
    return level * walk * (1 + 0.3 * np.sin(np.arange(months) * np.pi / 6)) * np.exp(random.normal(size=months) * 0.03)


def forecast(panel: pl.DataFrame, task: Task = MONTHS, model: Portfolio = FAST) -> pl.DataFrame:  # type: ignore[assignment]
    split = task.split(panel, None, datetime(2021, 1, 1, tzinfo=UTC))
    return guard(task, model.fit(task, split).predict(split.past, split.future), split.future, "portfolio")


@pytest.fixture(scope="module")
def world() -> contracts.World:
    """Six series: one late by three months, one silent for years, gaps, a correction not yet known."""
    series = {f"s{i}": seasonal(70, i) for i in range(4)}
    series["gapped"] = np.where(np.arange(70) % 9 == 4, np.nan, seasonal(70, 8))
    panel = monthly(**series, short=seasonal(9, 9))
    ends = {"s0/x": date(2018, 1, 1), "s1/x": date(2020, 6, 1)}
    for name, last in ends.items():
        panel = panel.filter((pl.col("unique_id") != name) | (pl.col("ds") <= last))
    slow = (pl.col("unique_id") == "s2/x") & (pl.col("ds") > date(2020, 5, 1))
    wait = pl.when(slow).then(timedelta(days=70)).otherwise(timedelta())
    panel = panel.with_columns(known_at=pl.col("known_at") + wait)
    return contracts.World(MONTHS, panel, None, datetime(2020, 9, 1, tzinfo=UTC))


def fit(world: contracts.World):
    return replace(LOCAL, windows=3).fit(world.task, world.split())


def test_it_keeps_the_contracts_of_a_model(world: contracts.World, tmp_path: Path) -> None:
    clean, poisoned, shuffled = fit(world), fit(world.poisoned()), fit(world.shuffled())
    contracts.cannot_see_the_future(clean, poisoned, world)
    contracts.learns_nothing_from_the_future(clean, poisoned, tmp_path)
    contracts.ignores_row_order(clean, shuffled, world)
    contracts.is_complete(clean, world)
    contracts.is_kept(clean, world, tmp_path)
    contracts.serves_later_origins(clean, replace(world, as_of=world.as_of + timedelta(days=60)))
    contracts.is_plain(RECIPE)


ODD = {
    "constant": np.full(60, 3.0),
    "zero": np.zeros(60),
    "two": np.array([4.0, 6.0]),
    "one": np.array([5.0]),
    "gapped": np.where(np.arange(60) % 3, np.nan, 7.0 + np.arange(60) % 12),
    "rare": np.where(np.arange(60) % 7, 0.0, 2.0),
    "huge": seasonal(60) * 1e12,
    "tiny": seasonal(60) * 1e-12,
}


@pytest.mark.parametrize("name", ODD)
@pytest.mark.parametrize("alone", [True, False])
def test_an_odd_series_is_answered_sensibly(name: str, alone: bool) -> None:
    others = {} if alone else {"usual": seasonal(60, 1), "other": seasonal(48, 2)}
    own = forecast(monthly(odd=ODD[name], **others)).filter(pl.col("unique_id") == "odd/x")
    values = ODD[name][np.isfinite(ODD[name])]
    reach = 1.5 * (values.max() - values.min()) + 1e-9
    assert own.get_column("q50").is_between(values.min() - reach, values.max() + reach).all()


def test_a_negative_series_stays_what_it_is() -> None:
    own = forecast(monthly(cold=seasonal(60) - 300, warm=seasonal(60)), OPEN)
    assert own.filter(pl.col("unique_id") == "cold/x").get_column("q50").max() < 0


def test_a_series_without_a_value_is_answered_by_the_others_and_none_at_all_is_said() -> None:
    own = forecast(monthly(nothing=np.full(60, np.nan), usual=np.full(60, 3.0)))
    assert own.filter(pl.col("unique_id") == "nothing/x").get_column("q50").unique().to_list() == [3.0]
    with pytest.raises(MissingData, match="every value of nothing/x is missing"):
        forecast(monthly(nothing=np.full(60, np.nan)))


def test_a_doubled_step_is_refused_by_name() -> None:
    panel = monthly(usual=seasonal(60))
    with pytest.raises(InputError, match="usual/x"):
        forecast(pl.concat([panel, panel.tail(1)]))


@settings(max_examples=25, deadline=None)
@given(st.lists(st.floats(-1e12, 1e12, allow_subnormal=False) | st.just(np.nan), min_size=1, max_size=40))
def test_whatever_comes_the_answer_is_complete_and_in_order(values: list[float]) -> None:
    series = np.array(values)
    if np.isfinite(series).any():
        forecast(monthly(any=series), OPEN)


@settings(max_examples=5, deadline=None)
@given(st.floats(1e-6, 1e9))
def test_the_unit_does_not_matter(unit: float) -> None:
    one = points(np.stack([seasonal(60), seasonal(60, 1)]), PLAIN, 1, 6)
    other = points(np.stack([seasonal(60), seasonal(60, 1)]) * unit, PLAIN, 1, 6)
    assert np.allclose(one * unit, other, rtol=1e-4)


def test_the_season_is_chosen_by_length_and_the_members_by_the_season() -> None:
    history = SeriesMatrix.of(monthly(long=seasonal(36), short=seasonal(35)), Clock("1mo"), 12)
    assert {12: [0], 1: [1]} == {season: list(rows) for season, rows in LOOK.groups(history, (12,)).items()}


def test_weights_lean_to_what_was_better_and_are_equal_without_evidence() -> None:
    assert weigh([], 4, 2, 2.0).tolist() == [[0.25, 0.25]] * 4
    losses = np.array([[1.0, 3.0], [3.0, 1.0]])  # members are equal on the whole, each is better for one series
    weights = weigh([(np.array([0, 1]), losses)] * 2, 2, 3, 2.0)
    lean = np.array([0.75, 1.25]) ** -OWN
    assert weights.sum(axis=0) == pytest.approx(1)
    assert weights[:, 0] == pytest.approx(lean / lean.sum())  # own 0.5 and 1.5, half believed
    assert weights[:, 2].tolist() == [0.5, 0.5]  # never replayed: the pool's, which are equal


def test_evidence_counts_origins_not_series() -> None:
    steady = evidence(np.array([[0.9, 1.1]] * 6))
    assert steady[0] / steady[1] == pytest.approx(np.exp(SHARP * 0.2), rel=0.05)
    fickle = evidence(np.array([[0.5, 1.5], [1.4, 0.6]] * 3))
    assert fickle[0] / fickle[1] == pytest.approx(1.0, abs=0.3)
    assert evidence(np.array([[0.9, 1.1]]))[0] < steady[0]


def test_totals_of_years_carry_a_trend_and_keep_the_shape() -> None:
    year = np.array([3.0, 1.0, 2.0, 6.0])
    history = np.concatenate([year * (10 + k) for k in range(9)])[None]
    member = Totals(Smoothing("linear", (1.0,)), Smoothing("sqrt"))
    ahead = member.points(history, 4, 6)[0]
    assert ahead.sum() - ahead[:2].sum() * 0.5 == pytest.approx(12 * 19 + 4 * 20 * 0.5, rel=0.15)
    assert ahead[:4] / ahead[:4].sum() == pytest.approx(year / 12, abs=0.02)
    short = history[:, -10:]
    assert np.allclose(member.points(short, 4, 6), Smoothing("sqrt").points(short, 4, 6))


def test_a_recent_member_does_not_see_what_was_long_ago() -> None:
    now = seasonal(48)[None]
    member = Recent(Arima("sqrt", Order(1, 0, 0, 0, 1, 1)), seasons=4)
    changed = np.concatenate([np.full((1, 30), 1e6), now], axis=1)
    assert np.allclose(member.points(changed, 12, 3), member.points(now, 12, 3))


def test_ranges_hold_on_series_like_those_learnt_from() -> None:
    random = np.random.default_rng(5)
    walks = {f"w{i}": 1000 + np.cumsum(random.normal(size=60)) * random.uniform(0.5, 4) for i in range(150)}
    panel = monthly(**walks)
    split = MONTHS.split(panel, None, datetime(2020, 7, 1, tzinfo=UTC))
    fitted = FAST.fit(MONTHS, split)
    met = fitted.predict(split.past, split.future).join(panel, on=["unique_id", "ds"])
    for low, high, level in (("q025", "q975", 0.95), ("q10", "q90", 0.8), ("q25", "q75", 0.5)):
        assert met.select(pl.col("y").is_between(low, high).mean()).item() == pytest.approx(level, abs=0.06)


def test_verified_forecasts_move_the_ranges_on() -> None:
    panel = monthly(a=seasonal(60), b=seasonal(60, 1))
    split = MONTHS.split(panel, None, datetime(2021, 1, 1, tzinfo=UTC))
    fitted = replace(FAST, rate=0.5).fit(MONTHS, split)  # type: ignore[type-var]
    before = fitted.predict(split.past, split.future)
    after = fitted.update(before.with_columns(y=pl.col("q975") * 2)).predict(split.past, split.future)
    assert (after["q975"] > before["q975"]).all()
    assert after["q50"].equals(before["q50"])
    assert not FAST.fit(MONTHS, split).learns  # type: ignore[attr-defined]


def test_what_sells_now_and_then_is_answered_by_members_for_rare_demand() -> None:
    sold = np.where(np.arange(72) % 4 == 0, 2.0, 0.0)
    panel = monthly(rare=sold, often=seasonal(72))
    split = MONTHS.split(panel, None, datetime(2021, 1, 1, tzinfo=UTC))
    fitted = LOCAL.fit(MONTHS, split)
    assert {kind: list(pool.weights["unique_id"]) for kind, pool in fitted.pools.items()} == {
        -12: ["rare/x"],
        12: ["often/x"],
    }
    assert fitted.pools[-12].members == RARE
    made = fitted.predict(split.past, split.future).filter(pl.col("unique_id") == "rare/x")
    assert made["mean"].mean() == pytest.approx(0.5, abs=0.25)


@pytest.mark.parametrize("member", [*SEASONAL, *PLAIN, *RARE, Naive()], ids=lambda member: member.name)
def test_a_member_is_kept_as_plain_values(member: Member) -> None:
    assert remade(told(member)) == member


@pytest.mark.parametrize("kind", ["Path", "Member", "Bend", "np", "remade", ""])
def test_what_is_no_member_is_not_made_from_a_file(kind: str) -> None:
    with pytest.raises(UnreadableFile, match="is not a member of a portfolio"):
        remade({"kind": kind})


def test_a_scale_is_taken_only_where_a_series_allows_it() -> None:
    values = np.array([[1.0, 2, 4], [0, 0, 4], [-1, 2, 4]])
    bend = Bend.of(values, "log")
    assert bend.kind.tolist() == [2, 1, 0]
    assert np.allclose(bend.backward(bend.forward(values)), values)
    assert bend.forward(values)[1].tolist() == [0, 0, 2]


def test_a_short_series_drifts_with_the_others_and_a_long_one_by_itself() -> None:
    grown = np.array([(10 * 1.02 ** np.arange(-29, 1)) ** 2, (20 * 1.02 ** np.arange(-29, 1)) ** 2])
    short = np.full((1, 30), np.nan)
    short[0, -2:] = 100.0
    member = taught((Drifted(Naive()), Naive()), np.concatenate([grown, short]), 1)[0]
    assert isinstance(member, Drifted)
    rates = [np.mean(np.diff(np.sqrt(row))) / np.mean(np.sqrt(row)) for row in grown]
    assert member.growth == pytest.approx(np.median(rates))
    ahead = np.sqrt(member.points(short, 1, 2)[0]) / 10 - 1
    assert ahead == pytest.approx(member.growth * 30 / 31 * np.array([1, 2]))
    falling = np.linspace(400.0, 100.0, 300)[None]
    assert member.points(falling, 1, 1)[0, 0] < 100.0
    cold = np.array([[-5.0, -5.0, -5.0]])
    assert member.points(cold, 1, 2).tolist() == [[-5.0, -5.0]]


def test_what_is_beyond_belief_is_held() -> None:
    history = np.array([[np.nan, 0.0, 10.0, 4.0]])
    assert held(np.array([[99.0, -99.0, np.nan]]), history).tolist() == [[25.0, -15.0, 4.0]]
