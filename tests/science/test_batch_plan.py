"""The batch plan against hand-worked numbers and the published durations."""

from datetime import UTC, date, datetime, timedelta

import numpy as np
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from workbench.lake.store import Lake
from workbench.science import batch_plan as plan
from workbench.science import sericulture
from workbench.science.sericulture import Progress

DAY = date(2026, 5, 1)
NOW = datetime(2026, 5, 1, 0, tzinfo=UTC)


@pytest.fixture(scope="module")
def tables() -> dict[str, pl.DataFrame]:
    names = ("rearing_setpoints", "rearing_stages", "rearing_meals", "cocoon_yields", "electricity_tariffs")
    return {name: Lake().read(name).collect() for name in names}


@pytest.fixture(scope="module")
def stages(tables: dict[str, pl.DataFrame]) -> tuple[sericulture.Stage, ...]:
    return sericulture.stages(tables["rearing_stages"])


@pytest.fixture(scope="module")
def wanted(tables: dict[str, pl.DataFrame]) -> dict[str, plan.Band]:
    return plan.bands(tables["rearing_setpoints"], "default", DAY)


def test_the_first_instar_wants_what_the_issue_says_and_the_fifth_less(wanted: dict[str, plan.Band]) -> None:
    assert (27.5, 90.0) == (wanted["1"].t_set, wanted["1"].rh_set)
    assert (24.0, 70.0) == (wanted["5"].t_set, wanted["5"].rh_set)


def test_the_tables_disagree_and_one_is_chosen(tables: dict[str, pl.DataFrame], wanted: dict[str, plan.Band]) -> None:
    gap = plan.bands(tables["rearing_setpoints"], "gap_rule", DAY)
    assert gap["5"].rh_set - wanted["5"].rh_set == pytest.approx(14.2)
    assert gap["5"].co2_max == wanted["5"].co2_max  # left open by that table
    assert gap["mounting"] == wanted["mounting"]
    assert not set(plan.MOULTS) & set(gap)


def test_a_new_row_is_in_force_from_its_day(tables: dict[str, pl.DataFrame]) -> None:
    table = tables["rearing_setpoints"]
    row = table.filter(pl.col("scheme") == "default", pl.col("stage") == "5")
    edited = pl.concat([table, row.with_columns(valid_from=date(2026, 6, 1), t_set=pl.lit(23.0))])
    assert 24.0 == plan.bands(edited, "default", date(2026, 5, 31))["5"].t_set
    assert 23.0 == plan.bands(edited, "default", date(2026, 6, 1))["5"].t_set


def test_a_batch_takes_the_published_days(stages: tuple[sericulture.Stage, ...], wanted: dict[str, plan.Band]) -> None:
    """Inal (Turkey): 4, 3, 4, 6 and 9.5 days; then harvest 6.5 days on."""
    told = plan.milestones(stages, wanted, 0.0, NOW, 6.5)
    rises = [(m.expected - NOW).total_seconds() / 86400 for m in told if m.kind in ("rise", "mounting")]
    assert rises == pytest.approx([4, 7, 11, 17, 26.5], abs=0.15)
    mounting, harvest = told[-2:]
    assert ("mounting", "harvest") == (mounting.kind, harvest.kind)
    assert harvest.expected - mounting.expected == timedelta(days=6.5)
    assert (mounting.late - NOW) / (mounting.expected - NOW) == pytest.approx(1.15)
    assert ["moult", "rise"] * 4 + ["mounting", "harvest"] == [m.kind for m in told]


def test_at_mounting_only_the_harvest_is_left(
    stages: tuple[sericulture.Stage, ...], wanted: dict[str, plan.Band]
) -> None:
    whole = sum(stage.degree_days for stage in stages)
    (harvest,) = plan.milestones(stages, wanted, whole + 27.0, NOW, 6.5)
    assert harvest.expected == NOW + timedelta(days=4.5)  # 27 degree-days at 23.5 above 10: two days gone


@given(st.floats(0, 420))
def test_what_is_to_come_is_in_order_and_ranges_hold_it(warmth: float) -> None:
    stages = sericulture.stages(Lake().read("rearing_stages").collect())
    wanted = plan.bands(Lake().read("rearing_setpoints").collect(), "default", DAY)
    told = plan.milestones(stages, wanted, warmth, NOW, 6.5)
    assert [m.expected for m in told] == sorted(m.expected for m in told)
    assert all(NOW - timedelta(days=9) < m.early <= m.expected <= m.late for m in told)


def test_moults_have_their_own_humidity_and_the_warmth_of_their_instar(
    stages: tuple[sericulture.Stage, ...], wanted: dict[str, plan.Band]
) -> None:
    first, second = (plan.band(wanted, stages, Progress(2, 0.9, phase)) for phase in plan.MOULTS)
    assert (25.5, 75.0, 80.0) == (first.t_set, first.rh_lo, first.rh_hi)
    assert (25.5, 80.0, 85.0) == (second.t_set, second.rh_lo, second.rh_hi)
    assert plan.band(wanted, stages, Progress(5, 1.0, "mounting")) is wanted["mounting"]


def test_warmth_is_summed_by_the_hour_and_gaps_count_as_usual() -> None:
    times = [NOW + timedelta(hours=k + 1) for k in range(48)]
    assert plan.gathered(NOW, times, [24.0] * 48, 20.0) == pytest.approx(28.0)
    assert plan.gathered(NOW, times[24:], [24.0] * 24, 20.0) == pytest.approx(14.0 + 10.0)
    assert 0.0 == plan.gathered(NOW, [], [], 20.0)


def test_the_load_of_a_life_is_the_published_one(
    stages: tuple[sericulture.Stage, ...], wanted: dict[str, plan.Band]
) -> None:
    """1.24 g respired a larva at 18.5 kJ: 23 kJ; 8.9 g of water; 465 kg of leaf a box (moults are not fed)."""
    hours = plan.course(stages, wanted, 1.0, 24 * 40)
    heat = sum(h.load.heat for h in hours) * 3600 / sericulture.BOX / 1000
    water = sum(h.load.water for h in hours) * 1000 / sericulture.BOX
    leaf = sum(h.load.leaf for h in hours) / 24
    assert (heat, water) == (pytest.approx(22.9, rel=0.03), pytest.approx(8.9, rel=0.03))
    assert 400 < leaf < 475
    assert "mounting" == hours[-1].where.phase


def test_no_meal_in_a_moult_and_the_first_of_tomorrow_after_the_last(tables: dict[str, pl.DataFrame]) -> None:
    row = plan.in_force(tables["rearing_meals"], "default", DAY).filter(pl.col("stage") == "5").row(0, named=True)
    assert plan.next_meal(row, 50, Progress(4, 0.5, "moult_first"), datetime(2026, 5, 1, 12)) is None  # noqa: DTZ001
    meal = plan.next_meal(row, 50, Progress(4, 0.5, "feeding"), datetime(2026, 5, 1, 23))  # noqa: DTZ001
    assert meal is not None
    assert (2, 6) == (meal.at.day, meal.at.hour)


def test_departures_are_summed_and_cost_cocoons(tables: dict[str, pl.DataFrame]) -> None:
    t, rh = np.array([26.0, 24.0, 35.0, np.nan]), np.array([70.0, 60.0, 55.0, 70.0])
    bands = np.tile([23.0, 25.0, 65.0, 75.0], (4, 1))
    found = plan.departures(t, rh, bands, np.array([True, True, True, True]))
    assert (11.0, 15.0, 3.0) == (found.degree_hours, found.humid_hours, found.hours)
    assert found.mortality is not None
    deaths = [sericulture.mortality(a, b) for a, b in zip(t[:3], rh[:3], strict=True)]
    assert found.mortality == pytest.approx(np.mean(deaths))
    good = plan.departures(t[1:2], np.array([70.0]), bands[1:2], np.array([True]))
    best = plan.yields(tables["cocoon_yields"], "spring", 2, DAY, good)
    worse = plan.yields(tables["cocoon_yields"], "spring", 2, DAY, found)
    assert best == pytest.approx((70.6, 86.0, 96.6))
    assert all(a < b for a, b in zip(worse, best, strict=False))


def test_prices_follow_the_hour_and_a_missing_tariff_has_none(tables: dict[str, pl.DataFrame]) -> None:
    table = tables["electricity_tariffs"]
    assert (0.19, 0.80, 0.50) == tuple(plan.price(table, "time_of_use", hour, DAY) for hour in (3, 12, 23))
    assert plan.price(table, "unknown", 3, DAY) is None
