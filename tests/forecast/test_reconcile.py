"""Reconciling against formulas by hand, and what must hold for every hierarchy."""

from datetime import UTC, date, datetime, timedelta

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from workbench.errors import InputError
from workbench.forecast.frames import LEVELS, QUANTILES
from workbench.forecast.hierarchy import Hierarchy, Tree
from workbench.forecast.paths import Dependence
from workbench.forecast.reconcile import (
    LIBRARY,
    Learnt,
    Method,
    joint,
    means,
    projection,
    reconcile,
    rounded,
    settled,
    summed,
)

THREE = Tree.of(Hierarchy(("place", "measure"), (("measure",),)), pl.Series(["a/x", "b/x"]))
BASE = np.array([[10.0], [3.0], [5.0]])
RANDOM = np.random.default_rng(7)
METHODS: tuple[Method, ...] = ("bottom_up", *LIBRARY)


def by_formula(summing: np.ndarray, weights: np.ndarray, base: np.ndarray) -> np.ndarray:
    """S (S' W⁻¹ S)⁻¹ S' W⁻¹ y: the textbook's generalised least squares."""
    inverse = np.linalg.inv(weights)
    return summing @ np.linalg.solve(summing.T @ inverse @ summing, summing.T @ inverse @ base)


def test_three_nodes_by_hand() -> None:
    """10 against 3 + 5: two are missing. OLS: each bottom takes 2/3. Structural (2, 1, 1): each takes half of them."""
    assert means(THREE, "ols", BASE, None, False).T == pytest.approx(np.array([[28 / 3, 11 / 3, 17 / 3]]))
    assert means(THREE, "structural", BASE, None, False).T == pytest.approx(np.array([[9, 3.5, 5.5]]))
    assert means(THREE, "bottom_up", BASE, None, False).T.tolist() == [[8, 3, 5]]


def test_three_nodes_by_the_formula_of_variances() -> None:
    errors = RANDOM.normal(size=(3, 40)) * np.array([[4.0], [1.0], [2.0]])
    weights = np.diag((errors**2).mean(axis=1))
    expected = by_formula(THREE.summing.toarray(), weights, BASE)
    assert means(THREE, "variance", BASE, errors, False) == pytest.approx(expected, rel=1e-6)


def test_three_nodes_by_the_formula_of_shrunk_covariances() -> None:
    """Schäfer and Strimmer (2005): correlations shrunk by their own uncertainty; the loop is written out."""
    errors = RANDOM.normal(size=(3, 30))
    errors[0] += errors[1] + errors[2]
    n = errors.shape[1]
    centred = errors - errors.mean(axis=1, keepdims=True)
    covariance = centred @ centred.T / (n - 1)
    standard = centred / np.sqrt((centred**2).mean(axis=1, keepdims=True))
    uncertain = square = 0.0
    for i in range(3):
        for j in range(3):
            if i != j:
                w = standard[i] * standard[j]
                uncertain += n / (n - 1) ** 3 * ((w - w.mean()) ** 2).sum()
                square += (n / (n - 1) * w.mean()) ** 2
    keep = 1 - min(1, uncertain / square)
    weights = np.where(np.eye(3) > 0, covariance, keep * covariance)
    found = means(THREE, "shrink", BASE, errors, False)
    assert found == pytest.approx(by_formula(THREE.summing.toarray(), weights, BASE), rel=1e-3)


@st.composite
def trees(draw: st.DrawFn) -> Tree:
    """Random grouped hierarchies of two parts."""
    parts = st.tuples(st.sampled_from("abcd"), st.sampled_from("xyz"))
    names = draw(st.sets(parts, min_size=2, max_size=10))
    levels = draw(st.sampled_from([((),), (("place",),), ((), ("place",), ("measure",)), (("measure",), ())]))
    return Tree.of(Hierarchy(("place", "measure"), levels), pl.Series(["/".join(name) for name in names]))


@settings(deadline=None, max_examples=40)
@given(trees(), st.sampled_from(METHODS), st.booleans(), st.integers(0, 1000))
def test_whatever_the_hierarchy_it_adds_up(tree: Tree, method: Method, floor: bool, seed: int) -> None:
    """Coherent, inside its bounds, idempotent, and unbiased: what is coherent already (and possible) stays."""
    random = np.random.default_rng(seed)
    errors = random.normal(size=(len(tree.ids), 25)) * random.uniform(0.5, 3, size=(len(tree.ids), 1))
    base = random.normal(1, 3, size=(len(tree.ids), 2))
    found = means(tree, method, base, errors, floor)
    assert tree.gap(found) < 1e-9
    assert not floor or found.min() >= 0
    assert means(tree, method, found, errors, floor) == pytest.approx(found, abs=1e-5)
    true = tree.add(random.uniform(0, 9, size=(tree.bottom, 3)))
    assert means(tree, method, true, errors, floor) == pytest.approx(true, abs=1e-5)


@settings(deadline=None, max_examples=40)
@given(trees(), st.integers(0, 1000))
def test_rounded_values_add_up_to_the_last_unit(tree: Tree, seed: int) -> None:
    values = tree.add(np.random.default_rng(seed).uniform(0, 50, size=(tree.bottom, 3)))
    whole = rounded(values, tree)
    assert (whole == np.rint(whole)).all()
    assert (whole == tree.add(whole[-tree.bottom :])).all()
    assert (np.abs(whole - values)[-tree.bottom :] < 1).all()
    assert (np.abs(whole[-tree.bottom :].sum(axis=0) - values[-tree.bottom :].sum(axis=0)) <= 0.5 + 1e-9).all()


def test_negative_values_are_not_just_cut() -> None:
    """The non-negative least squares moves the others too: 2 against -3 + 4 under OLS, checked on a fine grid."""
    base = np.array([[2.0], [-3.0], [4.0]])
    found = means(THREE, "ols", base, None, True)[:, 0]
    grid = np.linspace(0, 6, 601)
    seen = np.maximum(base[:, 0], 0)
    a, b = np.meshgrid(grid, grid, indexing="ij")
    loss = (a + b - seen[0]) ** 2 + (a - seen[1]) ** 2 + (b - seen[2]) ** 2
    best = np.unravel_index(loss.argmin(), loss.shape)
    assert found[1:] == pytest.approx([grid[best[0]], grid[best[1]]], abs=0.011)


def test_errors_that_say_nothing_are_refused() -> None:
    with pytest.raises(InputError, match="needs finite past errors"):
        projection(THREE, "shrink", None)
    with pytest.raises(InputError, match="needs finite past errors"):
        projection(THREE, "variance", np.full((3, 4), np.nan))
    with pytest.raises(InputError, match="is not a way to reconcile"):
        projection(THREE, "magic")  # type: ignore[arg-type]


def forecast(centres: dict[str, float], steps: int = 2) -> pl.DataFrame:
    """FORECAST with quantiles centre ± 2 of straight lines."""
    start = date(2025, 1, 1)
    rows = [
        {"unique_id": name, "ds": start + timedelta(days=i), "mean": centre}
        | {q: centre + 4 * (level - 0.5) for q, level in zip(QUANTILES, LEVELS, strict=True)}
        for name, centre in centres.items()
        for i in range(steps)
    ]
    issued = pl.lit(datetime(2025, 1, 1, tzinfo=UTC), pl.Datetime("us", "UTC"))
    return pl.DataFrame(rows).with_columns(task=pl.lit("t"), issued_at=issued, cutoff=pl.lit(date(2024, 12, 31)))


def learnt(together: bool) -> Learnt:
    """Errors that go together in every series, or have nothing to do with one another."""
    days = tuple(datetime(2024, 1, 1, tzinfo=UTC) + timedelta(days=i) for i in range(400))
    pits = np.random.default_rng(3).random((3, 2, 400))
    pits = np.broadcast_to(pits[:1], pits.shape).copy() if together else pits
    return Learnt(THREE, None, Dependence(tuple(sorted(THREE.ids)), (1, 2), days, pits, (0.0, None)))


CENTRES = {"*/x": 10.0, "a/x": 3.0, "b/x": 5.0}


def test_quantiles_come_from_paths_that_add_up() -> None:
    issue = forecast(CENTRES)
    drawn = joint(issue, learnt(False), "ols", (0.0, None), 400)
    assert THREE.gap(drawn) < 1e-9
    assert drawn.min() >= 0
    found = reconcile(issue, learnt(False), "ols", (0.0, None), 400)
    assert found.columns == issue.columns
    median = THREE.table(found, "q50")
    assert median == pytest.approx(np.median(drawn, axis=2), abs=1e-9)
    assert THREE.gap(THREE.table(found, "mean")) < 1e-9


def test_a_sum_is_as_sure_as_its_parts_go_together() -> None:
    """Bottom-up, by hand: widths add where errors go together, and do not where they are independent."""
    wide = {}
    for together in (True, False):
        found = reconcile(forecast(CENTRES), learnt(together), "bottom_up", (0.0, None), 4000).filter(unique_id="*/x")
        wide[together] = (found["q90"] - found["q10"]).mean()
    assert wide[True] == pytest.approx(2 * 4 * 0.8, rel=0.02)
    assert wide[False] == pytest.approx(8 * (1 - 2 * np.sqrt(0.05)), rel=0.05)  # triangle on ± 4: q10 = -4 + 8 √(0.1/2)


def test_the_order_of_rows_does_not_matter() -> None:
    issue = forecast(CENTRES)
    mixed = issue.sample(fraction=1, shuffle=True, seed=2)
    assert reconcile(mixed, learnt(False), "structural", (0.0, None), 50).equals(
        reconcile(issue, learnt(False), "structural", (0.0, None), 50)
    )


def test_a_missing_row_is_counted() -> None:
    with pytest.raises(InputError, match="1 of 6 base forecasts are missing"):
        reconcile(forecast(CENTRES).head(-1), learnt(False), "ols", (0.0, None))


PLACES = Hierarchy(("place", "measure"), (("measure",),))


def test_a_sum_follows_its_parts_when_one_is_changed() -> None:
    """By hand: 3 becomes 4.5, so that 10 becomes 9.5, and the range of the sum moves by as much."""
    issue = forecast(CENTRES)
    changed = issue.with_columns(mean=pl.when(unique_id="a/x").then(4.5).otherwise("mean"))
    found = settled(changed, PLACES, (0.0, None))
    total, before = found.filter(unique_id="*/x"), issue.filter(unique_id="*/x")
    assert total["mean"].to_list() == [9.5, 9.5]
    assert (total["q90"] - before["q90"]).to_list() == pytest.approx([-0.5, -0.5])
    assert found.filter(pl.col("unique_id") != "*/x").equals(changed.filter(pl.col("unique_id") != "*/x"))
    assert settled(found, PLACES, (0.0, None)) is found


def test_paths_of_the_bottom_are_added_up() -> None:
    drawn = summed(forecast(CENTRES), learnt(False).dependence, PLACES, 30, 1)
    assert drawn.height == 3 * 2 * 30
    for path in (0, 29):
        assert THREE.gap(THREE.table(drawn.filter(path=path), "y")) < 1e-12
