"""ARIMA of fixed order: scipy's filter as the oracle of the residuals, simulated series for the coefficients."""

import numpy as np
import pytest
from scipy.signal import lfilter

from workbench.forecast.algorithms.arima import Order, arima, differenced, errors, search, summed

AIRLINE = Order(0, 1, 1, 0, 1, 1)


def test_residuals_are_those_of_a_linear_filter() -> None:
    random = np.random.default_rng(0)
    values = random.normal(size=(3, 60))
    order = Order(2, 0, 1, 1, 0, 1)
    found = np.array([[0.5, -0.2, 0.3, 0.4, -0.6]] * 2)[:, :, None] * np.array([1.0, 0.5, 0.1])
    ar, ma = order.lags(found, 4)
    quick = errors(values, np.ones_like(values, dtype=bool), ar, ma, 2)
    for row, (a1, a2, m1, sa, sm) in enumerate(found[0].T):
        past = np.polymul([-a2, -a1, 1][::-1], [1, 0, 0, 0, -sa])
        noise = np.polymul([1, m1], [1, 0, 0, 0, sm])
        assert np.allclose(quick[:, 1, row], lfilter(past, noise, values[row]))


def test_coefficients_of_a_long_series_are_found() -> None:
    random = np.random.default_rng(1)
    noise = random.normal(size=(2, 3000))
    values = np.stack([lfilter([1], [1, -0.7], noise[0]), lfilter([1, 0.5], [1, -0.3], noise[1])])
    found = search(values, np.ones_like(values, dtype=bool), 1, Order(1, 0, 1))
    assert found == pytest.approx(np.array([[0.7, 0.3], [0.0, 0.5]]), abs=0.07)


def test_differences_are_undone() -> None:
    values = np.cumsum(np.random.default_rng(2).normal(size=(2, 30)), axis=1)
    ahead = differenced(values, 4)[:, 20:]
    assert np.allclose(summed(values[:, :20], 4, ahead), values[:, 20:])


def test_a_growing_season_is_continued() -> None:
    t = np.arange(72)
    season = np.array([3.0, -1, 2, 0, -4, 1, 5, -2, 0, 1, -3, -2])
    line = 2.0 * t + season[t % 12] * 4
    points = arima(line[None, :60], 12, 12, AIRLINE)
    assert np.allclose(points, line[60:], atol=1.0)


def test_a_series_does_not_depend_on_its_neighbours() -> None:
    random = np.random.default_rng(3)
    many = np.cumsum(random.normal(size=(6, 50)), axis=1)
    many[2, :17] = np.nan
    many[4] *= 1e9
    alone = arima(many[2:3], 4, 5, Order(2, 0, 1, 0, 1, 1))
    assert np.allclose(arima(many, 4, 5, Order(2, 0, 1, 0, 1, 1))[2], alone[0], rtol=1e-6)


@pytest.mark.parametrize("order", [AIRLINE, Order(2, 1, 0), Order(0, 2, 2), Order(1, 0, 0, 0, 1, 1)])
@pytest.mark.parametrize("length", [1, 2, 5, 14])
def test_what_is_too_short_gives_nan_and_the_rest_numbers(order: Order, length: int) -> None:
    points = arima(np.arange(1.0, length + 1)[None], 12 if order.seasonal_d else 1, 3, order)
    assert np.isfinite(points).all() or np.isnan(points).all()
    assert length != 14 or np.isfinite(points).all()


def test_the_drift_is_shrunk_and_can_be_left_out() -> None:
    line = np.arange(40.0)[None]
    with_drift, without = (arima(line, 1, 10, Order(0, 1, 1, drift=drift))[0, -1] for drift in (True, False))
    assert 47 < with_drift < 49
    assert 38 < without < 44
