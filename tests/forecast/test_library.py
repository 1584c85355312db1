"""Members from libraries: against the libraries' own answers, on odd series, and kept in files."""

import numpy as np
import pytest

from workbench.forecast.library import Components, Library, ProphetCurve, Regression, series_by_series
from workbench.forecast.local import Member, remade, told

SHAPE = 1 + 0.3 * np.sin(np.arange(72) * np.pi / 6)
QUICK: tuple[Member, ...] = (Library("ces"), Library("theta", "log"), Library("tsb"), Library("croston"), Components())
QUICK += (Regression(), Regression("median", "linear"))


def test_a_series_that_begins_later_is_forecast_from_its_first_value() -> None:
    whole = 100 * SHAPE
    late = np.where(np.arange(72) < 20, np.nan, whole)
    member = Library("ces")
    both = member.points(np.stack([whole, late]), 12, 6)
    alone = member.points(whole[None, 20:], 12, 6)
    assert both[1] == pytest.approx(alone[0])


@pytest.mark.parametrize(
    "member",
    [Library("ces"), Library("theta", "log"), Components(), Regression(), Regression("median"), ProphetCurve()],
)
def test_a_clear_season_is_continued(member: Member) -> None:
    values = 100 * SHAPE * np.exp(np.random.default_rng(1).normal(size=72) * 0.005)
    expected = 100 * (1 + 0.3 * np.sin(np.arange(72, 78) * np.pi / 6))
    assert member.points(values[None], 12, 6)[0] == pytest.approx(expected, rel=0.05)


def test_rare_demand_is_forecast_by_its_rate() -> None:
    demand = np.where(np.arange(120) % 4 == 0, 2.0, 0.0)
    for method in ("croston", "tsb", "adida", "imapa"):
        points = Library(method).points(demand[None], 1, 5)[0]  # type: ignore[arg-type]
        assert points == pytest.approx(np.full(5, 0.5), abs=0.25)


def test_what_the_library_refuses_is_left_open_and_the_others_stand() -> None:
    def refusing(values: np.ndarray) -> np.ndarray:
        if len(values) < 3:
            raise ValueError("too short")
        return values[-2:]

    history = np.array([[np.nan, np.nan, 1.0, 2.0], [1.0, 2.0, 3.0, 4.0]])
    points = series_by_series(history, 2, refusing)
    assert np.isnan(points[0]).all()
    assert points[1].tolist() == [3.0, 4.0]


@pytest.mark.parametrize("member", QUICK)
def test_odd_series_never_break_it(member: Member) -> None:
    odd = np.stack([np.zeros(40), np.full(40, 7.0), np.arange(40.0) - 20, np.where(np.arange(40) < 38, np.nan, 5.0)])
    assert member.points(odd, 12, 3).shape == (4, 3)


@pytest.mark.parametrize("member", [Library("mfles", "log"), Components("sqrt", 2), ProphetCurve("linear", 3)])
def test_it_is_kept_as_plain_values(member: Member) -> None:
    assert remade(told(member)) == member
