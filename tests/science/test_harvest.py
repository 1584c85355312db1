"""Changes, sizes, insurance and plans of a harvest: against slow loops, hand-worked numbers and sums."""

from datetime import date, timedelta

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from workbench.errors import InputError
from workbench.lake import catalogue, reference
from workbench.science import harvest, harvest_costs
from workbench.science.harvest import ALL, Change, changed
from workbench.science.harvest_costs import Policy, Rates, payout, plan

TOWNS, VARIETIES = {"甲": 3, "乙": 5}, {"早": 2, "晚": 3}


def outlook() -> pl.DataFrame:
    """Two towns, two varieties, and their sums: 6, 9, 10 and 15 thousand kg."""
    rows = []
    for town in (*TOWNS, ALL):
        for variety in (*VARIETIES, ALL):
            kg = 1000 * TOWNS.get(town, 8) * VARIETIES.get(variety, 5)
            place = None if town == ALL else "band"
            rows.append((2026, date(2027, 6, 30), town, variety, place, kg / 1000, kg, kg, kg * 0.9, float(kg)))
    names = ["season", "closed", "town", "variety", "place", "area", "mean", "base", "q10", "q50"]
    return pl.DataFrame(rows, names, orient="row")


def flow() -> pl.DataFrame:
    """The early variety is picked in November, the late one half in February and half in March."""
    rows = []
    for town, size in TOWNS.items():
        rows.append((2026, town, "早", "11", 2000 * size))
        rows += [(2026, town, "晚", month, 1500 * size) for month in ("02", "03")]
    return pl.DataFrame(rows, ["season", "town", "variety", "month", "kg"], orient="row")


def sensitivity(decided: float = 0.0) -> pl.DataFrame:
    """One deviation of summer rain is half of the normal 200 mm and costs a tenth of the crop."""
    row = {"factor": "summer_drought", "harm": -1, "beyond": 0.0, "normal": 200.0, "spread": 100.0}
    return pl.DataFrame([{"town": t, **row, "expected": 0.0, "loss": 0.1, "decided": decided} for t in TOWNS])


def mean(rows: pl.DataFrame, town: str = ALL, variety: str = ALL) -> int:
    return int(rows.filter(pl.col("town") == town, pl.col("variety") == variety)["mean"].item())


def test_no_change_changes_nothing() -> None:
    same = changed(outlook(), sensitivity(), flow(), Change())
    assert same["mean"].to_list() == same["was"].to_list() == outlook()["mean"].to_list()


def test_half_the_rain_costs_what_a_deviation_costs() -> None:
    less = changed(outlook(), sensitivity(), flow(), Change(summer_rain=0.5))
    assert mean(less) == 36_000
    assert less.select((pl.col("q10") / pl.col("mean")).round(6).unique()).to_series().to_list() == [0.9]


def test_a_freeze_takes_only_what_hangs() -> None:
    """At −3.1 °C a fruit is half way to severe: 0.75 × 0.5 of the late fruit, of which by 1 March half hangs."""
    hard = changed(outlook(), sensitivity(), flow(), Change(freeze=-3.1, freeze_day=date(2027, 3, 1)))
    assert mean(hard, variety="早") == 16_000
    assert mean(hard, variety="晚") == round(24_000 * (1 - 0.375 * 0.5))


@given(st.floats(0, 3), st.floats(-9, 2), st.integers(0, 240))
def test_whatever_changes_adds_up(area: float, cold: float, after: int) -> None:
    change = Change(freeze=cold, freeze_day=date(2026, 9, 1) + timedelta(days=after), area={"甲": area})
    rows = changed(outlook(), sensitivity(), flow(), change)
    parts = rows.filter(pl.col("town") != ALL, pl.col("variety") != ALL)
    assert parts["mean"].sum() == mean(rows) == mean(rows, "甲") + mean(rows, "乙")
    assert mean(rows, "乙") <= 25_000
    assert parts["area"].sum() == pytest.approx(rows.filter(town=ALL, variety=ALL)["area"].item())


def test_what_cannot_be_changed_is_said() -> None:
    with pytest.raises(InputError, match="is over"):
        changed(outlook(), sensitivity(1.0), flow(), Change(summer_rain=0.5))
    with pytest.raises(InputError, match="does not look at 'august_heat'"):
        changed(outlook(), sensitivity(), flow(), Change(summer_heat=1))
    with pytest.raises(InputError, match="needs a day"):
        changed(outlook(), sensitivity(), flow(), Change(freeze=-3))
    with pytest.raises(InputError, match="below nothing"):
        changed(outlook(), sensitivity(), flow(), Change(area={ALL: -1}))


def test_sizes_weigh_fruit_and_lose_nothing() -> None:
    rows = harvest.sizes({"晚": 1000.0}, {"晚": 77.0})
    assert rows["share"].sum() == pytest.approx(1)
    assert rows["kg"].sum() == pytest.approx(1000)
    middle = rows.filter(low=75.0)
    assert middle["share"].item() == pytest.approx(0.278, abs=0.001)  # Φ(3/7) − Φ(−2/7)
    assert rows.sort("share").row(-1)[1] == "75–80"


def nights(coldest: dict[int, float]) -> pl.DataFrame:
    """Daily weather of one place from July 2020 to June 2024: 5 °C, but one night in each winter."""
    days = pl.date_range(date(2020, 7, 1), date(2024, 6, 30), "1d", eager=True)
    frame = pl.DataFrame({"place": "band", "date": days, "tmax": 15.0, "tmin": 5.0})
    for season, tmin in coldest.items():
        cold = pl.col("date") == date(season + 1, 1, 15)
        frame = frame.with_columns(tmin=pl.when(cold).then(tmin).otherwise("tmin"))
    return frame


POLICY = Policy(((-2, 0.1), (-3, 0.3), (-4, 0.6), (-5, 1.0)), insured=2000, premium=100)


def test_a_policy_pays_by_its_hardest_step() -> None:
    """Winters of −2.5, −5.0, 0 and none below: 10 %, 100 %, 0 and 0 of 2,000 yuan on 50 mu."""
    told = payout(POLICY, nights({2020: -2.5, 2021: -5.0, 2022: 0.0}), {"band": 50.0})
    assert told.rows["yuan"].to_list() == [10_000, 100_000, 0, 0]
    assert (told.expected, told.premium, told.chance, told.seasons) == (27_500, 5_000, 0.5, 4)


def test_a_winter_with_a_day_missing_does_not_speak() -> None:
    short = nights({2020: -2.5}).filter(pl.col("date") != date(2021, 12, 24))
    assert payout(POLICY, short, {"band": 50.0}).rows["season"].to_list() == [2020, 2022, 2023]
    with pytest.raises(InputError, match="no past season"):
        payout(POLICY, short.head(20), {"band": 50.0})


def test_a_senseless_policy_is_refused() -> None:
    for steps in ((), ((-3, 0.1), (-2, 0.3)), ((-2, 1.3),)):
        with pytest.raises(InputError):
            Policy(steps, 2000, 100)


def test_rules_count_from_their_day_on() -> None:
    """The rule of the project stands since 2026; a later one takes its place for a year."""
    rules = reference.read(catalogue.load("orange_insurance")).collect()
    told = harvest_costs.in_force(rules, date(2026, 12, 1))
    assert told == {"freeze_default": POLICY}
    assert harvest_costs.in_force(rules, date(2025, 12, 31)) == {}
    later = rules.head(1).with_columns(since=pl.date(2027, 1, 1), until=pl.date(2027, 12, 31), share=pl.lit(0.5))
    both = pl.concat([rules, later])
    assert harvest_costs.in_force(both, date(2027, 6, 1))["freeze_default"].steps == ((-2.0, 0.5),)
    assert harvest_costs.in_force(both, date(2028, 1, 1))["freeze_default"] == POLICY


def test_a_plan_by_hand() -> None:
    """16 t in November: 40 person-days at 400 kg, two people for 22 days; 30 % stored; two lorries of 10 t."""
    rows = plan(flow(), Rates())
    assert rows["month"].to_list() == list(harvest.MONTHS)
    november = rows.row(0, named=True)
    assert (november["kg"], november["person_days"], november["people"], november["trips"]) == (16_000, 40, 2, 2)
    assert november["wages"] == 6_000
    assert november["stored_t"] == pytest.approx(4.8)
    assert november["store_cost"] == pytest.approx(432)
    assert rows["kg"].sum() == flow()["kg"].sum()
    with pytest.raises(InputError):
        harvest_costs.Rates(kg_a_day=0)
