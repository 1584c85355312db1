"""What to do in a room, against the rules written out by hand."""

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from workbench.science.batch_plan import Band, Meal, Milestone
from workbench.science.rearing_advice import Advice, advise, batch_wanted, now_wanted, soon_wanted
from workbench.science.sericulture import Progress

NOW = datetime(2026, 5, 1, 8, tzinfo=UTC)
BAND = Band("5", 24, 23, 25, 70, 65, 75, 1200, "")


def at(hours: float) -> datetime:
    return NOW + timedelta(hours=hours)


def hour(hours: int, **chances: float) -> dict[str, object]:
    return {"ds": at(hours), "p_cold": 0.0, "p_warm": 0.0, "p_dry": 0.0, "p_damp": 0.0} | chances


@given(st.floats(10, 40), st.floats(20, 100))
def test_every_departure_is_asked_to_be_mended_once_and_nothing_in_the_band(t: float, rh: float) -> None:
    codes = [one.code for one in now_wanted(BAND, t, rh, 600, drier_outside=False)]
    assert ("warm_now" in codes, "cool_now" in codes) == (t < 23, t > 25)
    assert ("wet_now" in codes, "dry_now" in codes) == (rh < 65, rh > 75)
    assert bool(codes) is not BAND.holds(t, rh)


def test_what_is_not_read_is_not_judged() -> None:
    assert [] == now_wanted(BAND, None, None, None, drier_outside=True)


def test_damp_is_blown_out_only_where_it_is_drier_outside() -> None:
    assert ["blow_now"] == [one.code for one in now_wanted(BAND, 24, 80, None, drier_outside=True)]
    assert ["dry_now"] == [one.code for one in now_wanted(BAND, 24, 80, None, drier_outside=False)]


def test_the_first_likely_hour_of_each_departure_counts() -> None:
    hours = [hour(1, p_cold=0.4), hour(2, p_cold=0.6), hour(3, p_cold=0.9, p_damp=0.7), hour(30, p_dry=1.0)]
    assert [Advice("warm_soon", at(2), 0.6), Advice("dry_soon", at(3), 0.7)] == soon_wanted(hours, NOW, set())
    assert [Advice("dry_soon", at(3), 0.7)] == soon_wanted(hours, NOW, {"warm"})
    assert [] == soon_wanted([hour(1) | {"p_cold": None}], NOW, set())


def test_the_batch_is_aired_fed_left_in_peace_and_harvested() -> None:
    meal = Meal(at(1.9), at(2), 20.0)
    soon = [
        Milestone("moult", 4, at(2), at(5), at(8)),
        Milestone("mounting", 5, at(20), at(30), at(40)),
        Milestone("harvest", 5, at(90), at(99), at(110)),
    ]
    told = batch_wanted(Progress(3, 0.9, "feeding"), meal, soon, NOW)
    assert ["air_meal", "feed", "moult_soon", "frames"] == [one.code for one in told]
    assert ["moult"] == [one.code for one in batch_wanted(Progress(3, 1, "moult_first"), None, [], NOW)]
    assert ["mounting"] == [one.code for one in batch_wanted(Progress(5, 1, "mounting"), None, [], NOW)]


def test_now_comes_first_then_what_has_a_time_in_order() -> None:
    told = advise([], [Advice("warm_soon", at(3))], [Advice("moult"), Advice("feed", at(1))])
    assert ["hold", "moult", "feed", "warm_soon"] == [one.code for one in told]
