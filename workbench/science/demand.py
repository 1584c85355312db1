"""How demand answers to price and promotion: elasticities with their uncertainty, from sales of several products.

For each product ln(units) is regressed on ln(own price), ln(what the other products cost at that place and time), its
promotions, the season and a trend, within each place (a place's own level does not count). Promotions and prices are
set for whole chains and come back week after week, so that rows of one place or of one time err together: standard
errors are clustered both ways (Cameron, Gelbach and Miller 2011). Products then lend each other strength: an estimate
is pulled towards the mean of all by as much as it is uncertain (the random effects of DerSimonian and Laird 1986).

What comes out is association in the range of prices that was seen, not proof: a price that was cut because demand was
weak, or just before a feast, tells less than it seems to.
"""

from dataclasses import dataclass

import numpy as np
import polars as pl
from numpy.typing import NDArray

from workbench.errors import InputError, MissingData

Array = NDArray[np.float64]
LEAST = 30
"""Rows of a product without which nothing is said of it."""


@dataclass(frozen=True)
class Drivers:
    """Columns of a sales frame: `price` is above 0; `promotions` are 0/1 or shares; `cycle` is the year in steps."""

    price: str = "price"
    promotions: tuple[str, ...] = ()
    cycle: float = 52.0


def responses(sales: pl.DataFrame, drivers: Drivers) -> pl.DataFrame:
    """product, driver, effect, error, low, high, pooled, pooled_low, pooled_high, rows, of every product and driver.

    `sales`: product, place, step (whole number), units (> 0), and the drivers' columns; rows with a gap in any of them
    are left out. `effect` is the change of ln(units) per unit of the driver: for `price` an elasticity (−2: a price 1 %
    higher goes with 2 % less), `others` the cross elasticity to the other products' mean price, for a promotion
    `exp(effect)` times as much. `low` and `high` hold 95 %, by Student's t with as many degrees of freedom as the
    smaller number of clusters allows. `pooled` is the estimate after products have lent each other strength.

    Raises InputError for prices or units that are not positive, MissingData where no product has `LEAST` rows.
    """
    wanted = ["product", "place", "step", "units", drivers.price, *drivers.promotions]
    whole = sales.select(wanted).drop_nulls()
    wrong = whole.filter((pl.col("units") <= 0) | (pl.col(drivers.price) <= 0))
    if wrong.height:
        first = wrong.select("product", "place", "step").row(0)
        raise InputError(
            f"{wrong.height} of {whole.height} rows have units or a price that is not above 0, the first {first}",
            "leave out steps on which nothing was sold or no price was asked",
        )
    found = [
        one
        for (product,), rows in with_others(whole, drivers)
        .partition_by("product", as_dict=True, maintain_order=True)
        .items()
        if rows.height >= LEAST
        for one in response(rows, drivers, product)
    ]
    if not found:
        raise MissingData(f"no product has {LEAST} steps with sales and a price", "ingest more sales with their prices")
    return pooled(pl.DataFrame(found, orient="row").sort("driver", "product"))


def with_others(sales: pl.DataFrame, drivers: Drivers) -> pl.DataFrame:
    """ln of units and price, and of the mean price of the other products at the same place and step."""
    log = sales.with_columns(log_units=pl.col("units").log(), log_price=pl.col(drivers.price).log()).sort(
        "product", "place", "step"
    )
    here = pl.col("log_price").sum().over("place", "step") - pl.col("log_price")
    many = pl.len().over("place", "step") - 1
    return log.with_columns(log_others=pl.when(many > 0).then(here / many))


def response(rows: pl.DataFrame, drivers: Drivers, product: object) -> list[dict[str, object]]:
    """One product's effects by least squares within places, with errors clustered by place and by step."""
    names = ["log_price", *(["log_others"] if rows["log_others"].null_count() == 0 else []), *drivers.promotions]
    turn = 2 * np.pi * pl.col("step") / drivers.cycle
    waves = [turn.sin().alias("sin"), turn.cos().alias("cos"), pl.col("step").cast(pl.Float64).alias("trend")]
    columns = rows.select("place", "log_units", *(pl.col(name).cast(pl.Float64) for name in names), *waves)
    within = columns.select(pl.exclude("place") - pl.exclude("place").mean().over("place"))
    table = within.drop("log_units").to_numpy()
    kept = table.std(axis=0) > 1e-9
    goal = within["log_units"].to_numpy()
    slopes, inverse = solved(table[:, kept], goal)
    miss = goal - table[:, kept] @ slopes
    clusters = [rows[name].rank("dense").to_numpy().astype(np.int64) - 1 for name in ("place", "step")]
    both = (rows["place"].rank("dense").cast(pl.Int64) * 1_000_000 + rows["step"].rank("dense").cast(pl.Int64)).rank(
        "dense"
    )
    parts = [sandwich(table[:, kept], miss, inverse, one) for one in clusters]
    parts.append(-sandwich(table[:, kept], miss, inverse, both.to_numpy().astype(np.int64) - 1))
    error = np.sqrt(np.maximum(np.diag(sum(parts)), np.diag(parts[1])))  # never below the step-wise one
    groups = min((int(one.max()) + 1 for one in clusters if one.max() > 0), default=2)
    half = student(groups - 1) * error
    told, place = [], np.flatnonzero(kept)
    for at, column in enumerate(place):
        if column >= len(names):
            continue
        driver = {"log_price": "price", "log_others": "others"}.get(names[column], names[column])
        effect = float(slopes[at])
        told.append(
            {"product": product, "driver": driver, "effect": effect, "error": float(error[at]),
             "low": effect - float(half[at]), "high": effect + float(half[at]), "rows": rows.height}
        )  # fmt: skip
    return told


def solved(table: Array, goal: Array) -> tuple[Array, Array]:
    """Least squares and the inverse of the normal matrix."""
    inverse = np.asarray(np.linalg.pinv(table.T @ table), dtype=np.float64)
    return inverse @ table.T @ goal, inverse


def sandwich(table: Array, miss: Array, inverse: Array, cluster: NDArray[np.int64]) -> Array:
    """Covariance of the slopes if rows of one cluster err together, with the usual small-sample factor."""
    groups = int(cluster.max()) + 1
    if groups < 2:
        return np.zeros_like(inverse)
    score = np.zeros((groups, table.shape[1]))
    np.add.at(score, cluster, table * miss[:, None])
    rows, width = table.shape
    factor = groups / (groups - 1) * (rows - 1) / max(rows - width, 1)
    found: Array = factor * inverse @ (score.T @ score) @ inverse
    return found


def student(freedom: int) -> float:
    """Half width of a 95 % interval in standard errors."""
    from scipy.stats import t

    return float(t.ppf(0.975, max(freedom, 1)))


def pooled(found: pl.DataFrame) -> pl.DataFrame:
    """Add the estimates after shrinking towards the drivers' means over products; alone, an estimate stays."""
    parts = []
    for rows in found.partition_by("driver", as_dict=True, maintain_order=True).values():
        effect, error = rows["effect"].to_numpy(), np.maximum(rows["error"].to_numpy(), 1e-9)
        mean, between = random_effects(effect, error)
        share = between / (between + error**2) if len(effect) > 1 else np.ones(len(effect))
        near = share * effect + (1 - share) * mean
        spread = np.sqrt(share) * error if len(effect) > 1 else error
        width = (rows["high"] - rows["effect"]).to_numpy() / error * spread
        parts.append(rows.with_columns(pooled=near, pooled_low=near - width, pooled_high=near + width))
    columns = ("product", "driver", "effect", "error", "low", "high", "pooled", "pooled_low", "pooled_high", "rows")
    return pl.concat(parts).select(columns)


def random_effects(effect: Array, error: Array) -> tuple[float, float]:
    """Mean of the true effects and their variance between products (DerSimonian and Laird 1986).

    >>> random_effects(np.array([1.0, 3.0]), np.array([0.1, 0.1]))
    (2.0, 1.99)
    """
    weight = 1 / error**2
    mean = float((weight * effect).sum() / weight.sum())
    if len(effect) < 2:
        return mean, 0.0
    spread = float((weight * (effect - mean) ** 2).sum()) - (len(effect) - 1)
    between = max(0.0, spread / float(weight.sum() - (weight**2).sum() / weight.sum()))
    weight = 1 / (error**2 + between)
    return round(float((weight * effect).sum() / weight.sum()), 12), round(between, 12)
