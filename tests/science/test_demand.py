"""Elasticities against planted truth, statsmodels' clustered errors, and a hand-worked pooling."""

import numpy as np
import polars as pl
import pytest

from workbench.errors import InputError, MissingData
from workbench.science.demand import Drivers, pooled, random_effects, responses

DRIVERS = Drivers(promotions=("feat",))


def market(seed: int, products: int = 3, places: int = 8, steps: int = 60) -> pl.DataFrame:
    """Sales with elasticity −2, cross elasticity 0.5, a feature worth 0.4, and shocks that all places share."""
    random = np.random.default_rng(seed)
    rows = []
    price = np.exp(random.normal(0, 0.15, (products, steps)))
    feat = (random.random((products, steps)) < 0.15).astype(float)
    shock = random.normal(0, 0.2, (products, steps))
    for place in range(places):
        own = price * np.exp(random.normal(0, 0.03, price.shape))
        log = np.log(own)
        others = (log.sum(axis=0) - log) / max(products - 1, 1)
        units = np.exp(5 + place / 4 - 2 * log + 0.5 * others + 0.4 * feat + shock + random.normal(0, 0.1, log.shape))
        rows += [
            {"product": p, "place": place, "step": t, "units": units[p, t], "price": own[p, t], "feat": feat[p, t]}
            for p in range(products)
            for t in range(steps)
        ]
    return pl.DataFrame(rows)


def test_intervals_hold_the_planted_truth_as_often_as_they_say() -> None:
    held: dict[str, list[bool]] = {"price": [], "others": [], "feat": []}
    truth = {"price": -2.0, "others": 0.5, "feat": 0.4}
    for seed in range(60):
        for row in responses(market(seed), DRIVERS).iter_rows(named=True):
            held[row["driver"]].append(row["low"] <= truth[row["driver"]] <= row["high"])
    for driver, found in held.items():
        assert 0.88 <= np.mean(found) <= 1.0, driver  # 180 intervals of 95 %: four standard errors below


def test_without_shared_shocks_errors_are_near_those_of_statsmodels_clustered_by_step() -> None:
    import statsmodels.api as sm

    sales = market(3, products=1)
    found = responses(sales, DRIVERS).filter(pl.col("driver") == "price")
    turn = 2 * np.pi * sales["step"].to_numpy() / 52
    columns = [sales["price"].log(), sales["feat"], pl.Series(np.sin(turn)), pl.Series(np.cos(turn)), sales["step"]]
    dummies = (sales["place"].to_numpy()[:, None] == np.arange(8)).astype(float)
    table = np.column_stack([*(one.cast(pl.Float64).to_numpy() for one in columns), dummies])
    fitted = sm.OLS(sales["units"].log().to_numpy(), table).fit(
        cov_type="cluster", cov_kwds={"groups": sales["step"].to_numpy()}
    )
    assert found["effect"].item() == pytest.approx(fitted.params[0], rel=1e-9)
    assert found["error"].item() == pytest.approx(fitted.bse[0], rel=0.05)


def test_products_lend_each_other_strength() -> None:
    found = pl.DataFrame(
        {"product": ["sure", "unsure"], "driver": ["price"] * 2, "effect": [-2.0, -5.0], "error": [0.1, 2.0],
         "low": [-2.2, -9.0], "high": [-1.8, -1.0], "rows": [100, 30]}
    )  # fmt: skip
    near = dict(pooled(found).select("product", "pooled").iter_rows())
    assert near["sure"] == pytest.approx(-2.0, abs=0.05)
    assert -4.0 < near["unsure"] < -2.5  # (-5 with an error of 2, pulled towards -2)
    assert random_effects(np.array([1.0, 1.0]), np.array([0.1, 0.2])) == (1.0, 0.0)


def test_a_driver_that_never_moves_is_not_told() -> None:
    sales = market(1).with_columns(feat=pl.lit(0.0))
    assert set(responses(sales, DRIVERS)["driver"]) == {"price", "others"}
    alone = market(1, products=1)
    assert set(responses(alone, DRIVERS)["driver"]) == {"price", "feat"}


def test_bad_input_is_named() -> None:
    sales = market(1)
    broken = sales.with_columns(price=pl.when(pl.col("step") == 7).then(0.0).otherwise("price"))
    with pytest.raises(InputError, match=r"24 of 1440 rows .* not above 0, the first \(0, 0, 7\)"):
        responses(broken, DRIVERS)
    with pytest.raises(MissingData, match="no product has 30 steps"):
        responses(sales.filter(pl.col("step") < 3), DRIVERS)
    assert responses(sales.sample(fraction=1, shuffle=True, seed=2), DRIVERS)["effect"].to_list() == pytest.approx(
        responses(sales, DRIVERS)["effect"].to_list()
    )
