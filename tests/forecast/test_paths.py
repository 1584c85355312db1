"""Joint paths keep the marginals, go together as the past did, and so give honest ranges to sums."""

from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from workbench.errors import InputError, MissingData
from workbench.forecast.frames import LEVELS, QUANTILES
from workbench.forecast.frames import UTC as STAMP
from workbench.forecast.paths import Dependence, at, choose, completed, fit_dependence, pit, sample

STEPS, ORIGINS, RHO = 24, 400, 0.9
NORMAL = np.array([float(np.round(z, 6)) for z in (-1.959964, -1.644854, -1.281552, -0.841621, -0.67449, -0.524401,
                   -0.253347, 0, 0.253347, 0.524401, 0.67449, 0.841621, 1.281552, 1.644854, 1.959964)])  # fmt: skip


def world(seed: int = 0) -> tuple[pl.DataFrame, pl.DataFrame]:
    """PANEL and right-on-the-margin FORECASTs of two AR(1) series whose noise goes together (correlation 0.8)."""
    random = np.random.default_rng(seed)
    total = STEPS * (ORIGINS + 1)
    noise = random.normal(size=(total, 2)) @ np.array([[1.0, 0.8], [0.0, 0.6]])
    y = np.zeros((total, 2))
    for i in range(1, total):
        y[i] = RHO * y[i - 1] + noise[i]
    start = datetime(2022, 1, 1, tzinfo=UTC)
    stamps = [start + timedelta(hours=i) for i in range(total)]
    rows, leads = [], np.arange(1, STEPS + 1)
    spread = np.sqrt((1 - RHO ** (2 * leads)) / (1 - RHO**2))
    for origin in range(1, ORIGINS):
        cut = origin * STEPS
        for series in range(2):
            centre = y[cut, series] * RHO**leads
            quantiles = centre[:, None] + spread[:, None] * NORMAL
            for lead in leads:
                row = (f"{'ab'[series]}/x", stamps[cut], stamps[cut], stamps[cut + lead], centre[lead - 1])
                rows.append((*row, *quantiles[lead - 1]))
    names = ["unique_id", "issued_at", "cutoff", "ds", "mean", *QUANTILES]
    forecasts = pl.DataFrame(rows, schema=names, orient="row").with_columns(
        pl.col("issued_at", "cutoff", "ds").cast(STAMP), task=pl.lit("hours"), model=pl.lit("m")
    )
    panel = pl.DataFrame(
        {"unique_id": ["a/x"] * total + ["b/x"] * total, "ds": stamps * 2, "y": y.T.reshape(-1)},
        schema_overrides={"ds": STAMP},
    )
    return panel, forecasts


PANEL, FORECASTS = world()
HALF = FORECASTS.get_column("issued_at").unique().sort()[200]
PAST, LATER = FORECASTS.filter(pl.col("issued_at") < HALF), FORECASTS.filter(pl.col("issued_at") >= HALF)
DEPENDENCE = fit_dependence(PAST, PANEL)
ONE = LATER.filter(pl.col("issued_at") == HALF)


def test_the_marginals_are_kept() -> None:
    paths = sample(ONE, DEPENDENCE, n=1000)
    found = paths.group_by("unique_id", "ds").agg(
        pl.col("y").quantile(level, "linear").alias(name) for name, level in zip(QUANTILES, LEVELS, strict=True)
    )
    both = ONE.join(found, on=["unique_id", "ds"], suffix="_paths")
    for name in QUANTILES:
        assert both.select((pl.col(name) - pl.col(f"{name}_paths")).abs().max()).item() < 0.05


def test_paths_go_together_as_errors_did() -> None:
    wide = sample(ONE, DEPENDENCE, n=1000).with_columns(rank=pl.col("y").rank().over("unique_id", "ds"))
    hours = wide.get_column("ds").unique().sort()
    columns = {
        (name, lead): wide.filter(pl.col("unique_id") == name, pl.col("ds") == hours[lead - 1]).sort("path")["rank"]
        for name in ("a/x", "b/x")
        for lead in (10, 11)
    }
    spread = [(1 - RHO ** (2 * lead)) / (1 - RHO**2) for lead in (10, 11)]
    lagged = RHO * np.sqrt(spread[0] / spread[1])
    expect = {(("a/x", 10), ("a/x", 11)): lagged, (("a/x", 10), ("b/x", 10)): 0.8}
    for (left, right), rho in expect.items():
        spearman = np.corrcoef(columns[left], columns[right])[0, 1]
        assert spearman == pytest.approx(6 / np.pi * np.arcsin(rho / 2), abs=0.08)


def day_means(paths: pl.DataFrame) -> pl.DataFrame:
    """80 % range of the mean over both series and all hours, and its truth."""
    means = paths.group_by("issued_at", "path").agg(pl.col("y").mean())
    ranges = means.group_by("issued_at").agg(low=pl.col("y").quantile(0.1), high=pl.col("y").quantile(0.9))
    truths = LATER.join(PANEL, on=["unique_id", "ds"]).group_by("issued_at").agg(pl.col("y").mean())
    return ranges.join(truths, on="issued_at")


def test_a_day_mean_is_covered_as_promised_and_without_dependence_it_would_not_be() -> None:
    honest = day_means(sample(LATER, DEPENDENCE, n=200)).select(pl.col("y").is_between("low", "high").mean()).item()
    assert honest == pytest.approx(0.8, abs=0.09)
    noise = np.random.default_rng(1).random(DEPENDENCE.pits.shape).astype(np.float32)
    alone = Dependence(DEPENDENCE.ids, DEPENDENCE.leads, DEPENDENCE.origins, noise, DEPENDENCE.bounds)
    apart = day_means(sample(LATER, alone, n=200)).select(pl.col("y").is_between("low", "high").mean()).item()
    assert apart < 0.4


def test_a_seed_is_a_seed_and_row_order_does_not_matter() -> None:
    one = sample(ONE, DEPENDENCE, n=50, seed=1)
    assert one.equals(sample(ONE.sample(fraction=1, shuffle=True, seed=2), DEPENDENCE, n=50, seed=1))
    assert not one.equals(sample(ONE, DEPENDENCE, n=50, seed=2))
    assert one.columns == ["task", "unique_id", "issued_at", "ds", "path", "y"]
    assert one.height == one.unique(["unique_id", "ds", "path"]).height == 2 * STEPS * 50


def test_dependence_is_kept(tmp_path: Path) -> None:
    DEPENDENCE.save(tmp_path / "dependence")
    back = Dependence.load(tmp_path / "dependence")
    assert back.origins == DEPENDENCE.origins
    assert sample(ONE, back, n=20).equals(sample(ONE, DEPENDENCE, n=20))


@settings(max_examples=50, deadline=None)
@given(st.lists(st.floats(0, 500), min_size=15, max_size=15, unique=True), st.floats(0.001, 0.999))
def test_a_value_and_its_probability_are_each_others_inverse(values: list[float], u: float) -> None:
    quantiles = np.sort(np.array([values]), axis=1) + np.arange(15) * 0.1
    y = at(quantiles, np.array([[u]]))
    assert pit(quantiles, y[:, 0]).item() == pytest.approx(u, abs=1e-6)


def test_tails_go_on_and_stay_inside_the_bounds() -> None:
    quantiles = np.array([[1.0, 2.0, *range(3, 15), 16.0]])
    values = at(quantiles, np.array([[0.0005, 0.025, 0.975, 0.9995]]), (0.0, None))[0]
    assert values[0] == 0.0
    assert values[1:3].tolist() == pytest.approx([1.0, 16.0])
    assert values[3] == pytest.approx(16 + 2 * np.log(0.025 / 0.0005) / np.log(2))


def test_the_floor_is_zero_only_where_nothing_negative_was_measured() -> None:
    assert DEPENDENCE.bounds == (None, None)
    positive = PANEL.with_columns(pl.col("y").abs())
    assert fit_dependence(PAST, positive).bounds == (0.0, None)
    assert fit_dependence(PAST, positive, bounds=(1.0, 9.0)).bounds == (1.0, 9.0)


def test_what_was_never_measured_is_filled_from_its_neighbours() -> None:
    nan = np.nan
    pits = np.array([[[0.1, nan], [nan, nan], [0.3, nan]], [[0.5, 0.7], [nan, 0.8], [0.9, nan]]])
    found = completed(pits, ["x", "x"])
    assert found[0].tolist() == [pytest.approx([0.1, 0.7]), pytest.approx([0.1, 0.8]), pytest.approx([0.3, 0.8])]
    assert completed(np.full((1, 1, 2), nan), ["x"]).tolist() == [[[0.5, 0.5]]]


def test_a_series_never_seen_goes_with_its_measure() -> None:
    new = ONE.filter(pl.col("unique_id") == "a/x").with_columns(unique_id=pl.lit("new/x"))
    paths = sample(new, DEPENDENCE, n=30)
    assert paths.get_column("y").equals(sample(ONE, DEPENDENCE, n=30).filter(pl.col("unique_id") == "a/x")["y"])


def test_paths_follow_origins_of_the_same_season_where_there_are_enough() -> None:
    days = [datetime(2021, 1, 1, tzinfo=UTC) + timedelta(days=i) for i in range(730)]
    chosen = choose(tuple(days), datetime(2024, 1, 5, tzinfo=UTC), 100, np.random.default_rng(0))
    assert {days[i].month for i in chosen} <= {11, 12, 1, 2}
    few = choose(tuple(days[:20]), datetime(2024, 7, 5, tzinfo=UTC), 100, np.random.default_rng(0))
    assert sorted(np.bincount(few).tolist()) == [5] * 20


def test_several_models_or_no_truth_are_refused() -> None:
    two = pl.concat([PAST, PAST.with_columns(model=pl.lit("n"))])
    with pytest.raises(InputError, match="dependence of 2 models at once: m, n"):
        fit_dependence(two, PANEL)
    with pytest.raises(MissingData, match="fewer than two"):
        fit_dependence(PAST, PANEL.filter(pl.col("ds") < date(2022, 1, 1)))
