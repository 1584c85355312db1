"""A moved price: the arithmetic by hand, the uncertainty by simulation, and what supports no plan."""

from datetime import date, timedelta

import numpy as np
import polars as pl
import pytest

from workbench.errors import InputError, MissingData
from workbench.science.promotion import LITERATURE_ANSWER, Answer, Move, moved, supported

DAY = date(2026, 12, 1)


def paths(days: int = 5, count: int = 2000) -> pl.DataFrame:
    """Paths of a product at 10 yuan a kilogram, parcels of 5 kg."""
    random = np.random.default_rng(0)
    rows = [(DAY + timedelta(days=d), p, k) for p in range(count) for d, k in enumerate(random.gamma(20, 50, days))]
    frame = pl.DataFrame(rows, schema=["ds", "path", "kilograms"], orient="row")
    return frame.with_columns(parcels=pl.col("kilograms") / 5, value=pl.col("kilograms") * 10)


def test_a_certain_elasticity_moves_by_its_power() -> None:
    told = moved(paths(), Move(-0.2, DAY, DAY + timedelta(days=1)), Answer(-2.0, 0.0, "given"))
    assert told["ds"].n_unique() == 3  # two days and their sum
    for row in told.filter(measure="parcels").rows(named=True):
        assert row["after_q50"] == pytest.approx(row["before_q50"] * 0.8**-2.0)
    for row in told.filter(measure="value").rows(named=True):
        assert row["after_q90"] == pytest.approx(row["before_q90"] * 0.8**-1.0)


def test_what_is_not_known_widens_and_never_sells_more_for_dearer() -> None:
    move = Move(0.3, DAY, DAY)
    wide = moved(paths(), move, LITERATURE_ANSWER).filter(measure="parcels")
    sure = moved(paths(), move, Answer(-2.62, 0.0, "given")).filter(measure="parcels")
    span = [(one["after_q90"] / one["after_q10"]).max() for one in (wide, sure)]
    assert span[0] > 1.2 * span[1]  # type: ignore[operator]
    assert (wide["after_q90"] <= wide["before_q90"]).all()


def test_the_sum_is_of_paths_not_of_quantiles() -> None:
    told = moved(paths(), Move(-0.1, DAY, DAY + timedelta(days=4)), Answer(-1.0, 0.0, "given")).filter(
        measure="parcels"
    )
    days, total = told.drop_nulls("ds"), told.filter(pl.col("ds").is_null())
    assert total["before_q90"].item() < days["before_q90"].sum()
    by_path = paths().group_by("path").agg(pl.col("parcels").sum())["parcels"]
    assert total["before_q50"].item() == pytest.approx(by_path.median())


@pytest.mark.parametrize(("change", "last"), [(-0.95, DAY), (3.0, DAY), (float("nan"), DAY), (0.1, date(2026, 1, 1))])
def test_wrong_moves_are_told(change: float, last: date) -> None:
    with pytest.raises(InputError):
        Move(change, DAY, last)


def test_wrong_answers_and_days_are_told() -> None:
    for elasticity, error in ((1.0, 0.1), (-30.0, 0.1), (-1.0, -0.1), (float("nan"), 0.1)):
        with pytest.raises(InputError):
            Answer(elasticity, error, "given")
    with pytest.raises(MissingData, match="not among the days ahead"):
        moved(paths(), Move(0.1, date(2030, 1, 1), date(2030, 1, 2)), LITERATURE_ANSWER)


def test_only_an_elasticity_surely_below_zero_supports_a_plan() -> None:
    def told(low: float, high: float) -> pl.DataFrame:
        middle = (low + high) / 2
        return pl.DataFrame(
            {"product": ["a"], "driver": ["price"], "pooled": [middle], "pooled_low": [low], "pooled_high": [high]}
        )

    found = supported(told(-3.0, -1.0), "a")
    assert found is not None
    assert (found.elasticity, found.basis) == (-2.0, "measured")
    assert found.error == pytest.approx(1 / 1.96)
    assert supported(told(-3.0, 0.5), "a") is None
    assert supported(told(-9.0, -0.5), "a") is None
    assert supported(told(-3.0, -1.0), "b") is None
