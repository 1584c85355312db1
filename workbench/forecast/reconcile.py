"""Reconciling: forecasts of every level of a hierarchy made to add up, by hierarchicalforecast's estimators.

| method | what it trusts | needs past errors |
|---|---|---|
| `bottom_up` | the bottom series alone | no |
| `ols` | every series alike | no |
| `structural` | a series by the number of bottom series in it | no |
| `variance` | a series by the variance of its errors | yes |
| `shrink` | and by how errors go together (MinT, shrunk covariance): usually the best | yes |

Where values cannot be negative, neither are reconciled ones: the non-negative least squares of Wickramasuriya et al.
(2020) for the means, and for sample paths bottom values below zero set to zero (Di Fonzo and Girolimetto 2023).

Ranges are read from joint sample paths that are reconciled one by one (Panagiotelis et al. 2023), so that the chances
of a region and of its country come from the same imagined futures. Means add up to rounding errors of the machine;
`rounded` makes whole numbers that add up exactly. Quantiles of sums are not sums of quantiles and do not add up.
"""

import warnings
from dataclasses import dataclass
from typing import Literal

import numpy as np
import polars as pl

from workbench.errors import InputError
from workbench.forecast.empirical import VALUES, describe
from workbench.forecast.hierarchy import Hierarchy, Tree
from workbench.forecast.model import ordered
from workbench.forecast.paths import Bounds, Dependence, draw, sample

Method = Literal["bottom_up", "ols", "structural", "variance", "shrink"]

LIBRARY: dict[Method, str] = {
    "ols": "ols",
    "structural": "wls_struct",
    "variance": "wls_var",
    "shrink": "mint_shrink",
}
LEARNS: tuple[Method, ...] = ("variance", "shrink")
"""Methods that need past errors."""
GAP = 1e-6
"""What counts as adding up, relative to 1 + the size of the sum."""


@dataclass(frozen=True, eq=False)
class Projection:
    """What makes bottom values from base forecasts of every level: `matrix`, bottom × series; None takes the bottom."""

    tree: Tree
    matrix: np.ndarray | None

    def __call__(self, base: np.ndarray, floor: bool) -> np.ndarray:
        """Coherent values of every series from base ones (series first); with `floor` none is below 0."""
        flat = base.reshape(len(self.tree.ids), -1)
        bottom = flat[-self.tree.bottom :] if self.matrix is None else self.matrix @ flat
        if floor:
            bottom = np.maximum(bottom, 0.0)
        return self.tree.add(bottom).reshape(base.shape)


def projection(tree: Tree, method: Method, errors: np.ndarray | None = None) -> Projection:
    """Learn how to reconcile; `errors` (series × cases) are past forecasts minus truth of the methods in `LEARNS`.

    Raises InputError where errors are needed and absent or not finite.
    """
    if method == "bottom_up" or len(tree.ids) == tree.bottom:
        return Projection(tree, None)
    fitted = estimator(method, errors, floor=False).fit(S=tree.summing.toarray(), **given(tree, errors, method))
    return Projection(tree, np.asarray(fitted.P))


def means(tree: Tree, method: Method, base: np.ndarray, errors: np.ndarray | None, floor: bool) -> np.ndarray:
    """Coherent point forecasts (series × steps) from base ones; with `floor` by non-negative least squares."""
    free = projection(tree, method, errors)
    straight = free(base, floor=False)
    if not floor or straight[-tree.bottom :].min(initial=0.0) >= 0:
        return straight
    if free.matrix is None:
        return free(base, floor=True)
    arguments = given(tree, errors, method) | {"y_hat": np.maximum(base, 0.0)}
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", "Converted matrix")  # the solver's own business
        least = estimator(method, errors, floor=True).fit_predict(S=tree.summing.toarray(), **arguments)
    return tree.add(np.maximum(least["mean"][-tree.bottom :], 0.0))


def estimator(method: Method, errors: np.ndarray | None, floor: bool):  # type: ignore[no-untyped-def]
    """The library's estimator of a method."""
    from hierarchicalforecast.methods import MinTrace  # takes seconds to import

    if method not in LIBRARY:
        raise InputError(f"'{method}' is not a way to reconcile", f"one of bottom_up, {', '.join(LIBRARY)}")
    if method in LEARNS and (errors is None or not errors.size or not np.isfinite(errors).all()):
        raise InputError(f"{method} needs finite past errors of every series", "replay first, or take `structural`")
    return MinTrace(LIBRARY[method], nonnegative=floor)


def given(tree: Tree, errors: np.ndarray | None, method: Method) -> dict[str, np.ndarray]:
    """The library's arguments: past errors as truth against a forecast of nothing."""
    shape = {"y_hat": np.zeros((len(tree.ids), 1))}
    if method not in LEARNS or errors is None:
        return shape
    return shape | {"y_insample": errors, "y_hat_insample": np.zeros_like(errors)}


@dataclass(frozen=True, eq=False)
class Learnt:
    """What past forecasts taught: `errors` (series × cases, in the order of `tree.ids`) and how they go together."""

    tree: Tree
    errors: np.ndarray | None
    dependence: Dependence


def reconcile(
    forecast: pl.DataFrame, learnt: Learnt, method: Method, bounds: Bounds, paths: int = 1000, seed: int = 0
) -> pl.DataFrame:
    """Make a FORECAST of every series of a hierarchy coherent: mean by `method`, quantiles from reconciled paths.

    Takes and returns unique_id, ds, mean, quantiles and whatever else the frame has (`issued_at` and `cutoff` are
    needed for the paths), sorted by series and step. Raises InputError where a series or step is missing.
    """
    tree, floor = learnt.tree, bounds[0] is not None
    base = tree.table(forecast, "mean")
    if np.isnan(base).any():
        raise InputError(
            f"{int(np.isnan(base).sum())} of {base.size} base forecasts are missing", "forecast every level"
        )
    point = means(tree, method, base, learnt.errors, floor)
    drawn = joint(forecast, learnt, method, bounds, paths, seed)
    told = describe(drawn, 1)
    told[..., 0] = point
    steps = forecast.get_column("ds").unique().sort()
    keys = pl.DataFrame({"unique_id": tree.ids}).join(steps.to_frame(), how="cross")
    rows = keys.with_columns(pl.Series(name, told[..., i].reshape(-1)) for i, name in enumerate(VALUES))
    others = forecast.drop(VALUES)
    return others.join(rows, on=["unique_id", "ds"], how="left").select(forecast.columns).sort("unique_id", "ds")


def joint(
    forecast: pl.DataFrame, learnt: Learnt, method: Method, bounds: Bounds, paths: int = 1000, seed: int = 0
) -> np.ndarray:
    """Coherent joint paths of a FORECAST: series (as `tree.ids`) × step × path, each path adding up by itself."""
    tree = learnt.tree
    rank = pl.col("unique_id").cast(pl.Enum(tree.ids)).to_physical()
    drawn = draw(forecast.sort(rank, "ds"), learnt.dependence, paths, seed)
    base = drawn.reshape(len(tree.ids), -1, paths)
    return projection(tree, method, learnt.errors)(base, floor=bounds[0] is not None)


def settled(forecast: pl.DataFrame, hierarchy: Hierarchy, bounds: Bounds) -> pl.DataFrame:
    """A forecast whose rows come from several hands (a fallback, a consultation) made to add up again.

    The bottom stands; the mean of a sum becomes that of its bottom rows, and its quantiles move with it. What adds up
    already is returned as it is. Takes any frame with unique_id, ds, mean and quantiles, every bottom series complete.
    """
    tree = Tree.of(hierarchy, forecast.get_column("unique_id"))
    means = tree.table(forecast, "mean")
    sums = tree.add(means[-tree.bottom :])
    if np.nanmax(np.abs(means - sums) / (1 + np.abs(sums)), initial=0.0) <= GAP:
        return forecast
    steps = forecast.get_column("ds").unique().sort()
    keys = pl.DataFrame({"unique_id": tree.ids}).join(steps.to_frame(), how="cross")
    moved = forecast.join(
        keys.with_columns(sum=pl.Series(sums.reshape(-1))), on=["unique_id", "ds"], how="left", maintain_order="left"
    )
    by = pl.col("sum") - pl.col("mean")
    return ordered(moved.with_columns(pl.col(VALUES) + by).drop("sum"), bounds)


def summed(forecast: pl.DataFrame, dependence: Dependence, hierarchy: Hierarchy, n: int, seed: int) -> pl.DataFrame:
    """PATHS of a coherent FORECAST: the bottom series drawn by their marginals, every sum added up path by path."""
    tree = Tree.of(hierarchy, forecast.get_column("unique_id"))
    bottom = forecast.filter(pl.col("unique_id").is_in(tree.ids[-tree.bottom :]))
    drawn = sample(bottom, dependence, n, seed)
    names = [(one, name) for one in tree.ids[-tree.bottom :] for name in hierarchy.sums(one)]
    into = pl.DataFrame(names, schema={"unique_id": pl.String, "sum": pl.String}, orient="row")
    keys = [name for name in drawn.columns if name not in ("unique_id", "y")]
    above = drawn.sort("unique_id").join(into, on="unique_id").group_by("sum", *keys, maintain_order=True)
    sums = above.agg(pl.col("y").sum()).rename({"sum": "unique_id"}).select(drawn.columns)
    return pl.concat([sums, drawn]).sort("issued_at", "unique_id", "ds", "path")


def rounded(values: np.ndarray, tree: Tree) -> np.ndarray:
    """Whole numbers (series first) that add up exactly: the bottom by largest remainders, so that the grand total of
    each step is its own rounded value; the rest are sums.

    >>> from workbench.forecast.hierarchy import Hierarchy
    >>> three = Tree.of(Hierarchy(("place", "measure"), (("measure",),)), pl.Series(["a/x", "b/x", "c/x"]))
    >>> rounded(np.array([[4.2], [1.4], [1.4], [1.4]]), three).tolist()
    [[4.0], [2.0], [1.0], [1.0]]
    """
    flat = values[-tree.bottom :].reshape(tree.bottom, -1)
    whole = np.floor(flat)
    lacking = np.rint((flat - whole).sum(axis=0))
    rank = np.argsort(np.argsort(-(flat - whole), axis=0, kind="stable"), axis=0)
    return tree.add((whole + (rank < lacking)).reshape(values[-tree.bottom :].shape))
