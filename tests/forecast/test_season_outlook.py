"""A season's answer: sums to the kilogram, ranges that narrow, surveys that are as good as they were, trends put right."""  # noqa: E501

from dataclasses import replace
from datetime import date, timedelta

import numpy as np
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from workbench.errors import MissingData
from workbench.forecast import season_rivals, season_survey
from workbench.forecast.frames import LEVELS, QUANTILES
from workbench.forecast.season_outlook import Answer, Crop, Facts, Memory, answered, joined, steadied
from workbench.forecast.season_reasons import decided, sensitivity, similar
from workbench.forecast.season_tables import causes, county, outlook
from workbench.forecast.season_weather import Window
from workbench.science.fruit import Estimate, bearing, mass
from workbench.science.harvest import ALL

HEAT = Window("heat", "t", (0, 7, 1), (0, 8, 31), harm=1, beyond=0.0, prior=0.05)
COLD = Window("cold", "t", (0, 12, 1), (1, 1, 31), "min", harm=-1, beyond=0.5, prior=0.05)
CROP = Crop("plum", (COLD, HEAT), (0, 1, 1), (1, 2, 28), (0, 4, 10), (("red", "11", 1.0), ("blue", "02", 1.0)))
FIRST, LAST, TOWNS = 1995, 2024, ("a", "b", "c")


def weather(until: date, seed: int = 0) -> pl.DataFrame:
    """Daily temperature of one place, warm or cold for weeks on end."""
    days = pl.date_range(date(FIRST, 1, 1), date(2025, 12, 31), "1d", eager=True)
    rng = np.random.default_rng(seed)
    spells = np.repeat(rng.normal(0, 2, len(days) // 30 + 1), 30)[: len(days)]
    season = -10 * np.cos(2 * np.pi * days.dt.ordinal_day().to_numpy() / 365.25)
    t = 15 + season + spells + rng.normal(0, 1, len(days))
    return pl.DataFrame({"place": "valley", "ds": days, "t": t}).filter(pl.col("ds") <= until)


def known(day: date, growth: float = 0.0, effect: float = 0.08, seed: int = 0) -> Facts:
    """What is known on a day: yields that lose by heat, noise of 5 %, and grow by so much a season."""
    rows, rng = weather(day, seed), np.random.default_rng(seed + 1)
    hot = rows.filter(pl.col("ds").dt.month().is_in([7, 8])).group_by(pl.col("ds").dt.year().alias("season"))
    heat = dict(hot.agg(pl.col("t").mean()).iter_rows())
    middle, spread = np.mean(list(heat.values())), np.std(list(heat.values()))
    z = {s: (value - middle) / spread for s, value in heat.items()}
    yields = [
        (town, s, 100 * (1 + growth) ** (s - FIRST) * (1 - effect * max(z[s], 0) + rng.normal(0, 0.05)))
        for town in TOWNS
        for s in range(FIRST, min(LAST, day.year) + 1)
        if date(s + 1, 3, 31) <= day
    ]  # fmt: skip
    frame = pl.DataFrame(yields, ["town", "season", "y"], orient="row")
    frame = frame.with_columns(area=pl.lit(1000.0), measured=pl.lit(value=True))
    rows_of = [(t, v, w, 100 * w, 1.0) for t in TOWNS for v, w in (("red", 1.0), ("blue", 2.0))]
    shares = pl.DataFrame(rows_of, ["town", "variety", "share", "area", "factor"], orient="row")
    return Facts(day, frame, shares, dict.fromkeys(TOWNS, "valley"), rows, rows.clear())


BASE = known(date(2024, 10, 31))


@pytest.fixture(scope="module")
def autumn() -> Answer:
    return answered(CROP, BASE)


@given(st.lists(st.floats(1, 1e6), min_size=3, max_size=3), st.floats(0.2, 3), st.floats(0.3, 2))
def test_every_sum_is_exact_whatever_the_areas(autumn: Answer, areas: list[float], grown: float, scale: float) -> None:
    before = np.array(areas)
    answer = replace(autumn, areas=before * grown, before=before, scale=scale)
    rows = outlook(CROP, BASE, answer)
    whole = rows.filter(pl.col("town") == ALL, pl.col("variety") == ALL)
    parts = rows.filter(pl.col("town") != ALL, pl.col("variety") != ALL)
    assert parts["mean"].sum() == whole["mean"].item() == county(answer)["mean"]
    assert parts["base"].sum() == whole["base"].item()
    assert parts["area"].sum() == pytest.approx(sum(areas) * grown)
    why = causes(answer, towns=True)
    towns = rows.filter(pl.col("town") != ALL, pl.col("variety") == ALL).select("town", "mean")
    assert why.filter(pl.col("town") == ALL)["kg"].sum() == whole["mean"].item()
    summed = why.group_by("town").agg(pl.col("kg").sum()).join(towns, on="town")
    assert summed["kg"].to_list() == summed["mean"].to_list()


def test_the_range_narrows_on_average_as_the_season_goes_on() -> None:
    """Six seasons in spring and after the summer that harms (the suite oranges_sample asks at 36 dates)."""
    widths = np.zeros((6, 2))
    for i, season in enumerate(range(2014, 2020)):
        for j, (month, day) in enumerate([(4, 20), (8, 31)]):
            told = county(answered(CROP, known(date(season, month, day), effect=0.3)))
            widths[i, j] = told["q80"] - told["q20"]  # type: ignore[operator]
    spring, autumn = widths.mean(axis=0)
    assert autumn < spring


def test_a_crop_that_grows_is_not_left_behind_and_one_that_does_not_is_let_be() -> None:
    grown = known(date(2024, 10, 31), growth=0.03)
    truth = 100 * 1.03 ** (2024 - FIRST)
    answer = answered(CROP, grown)
    plain = (answer.told.mean - answer.missed).mean()
    assert abs(answer.told.mean.mean() - truth) < 0.5 * abs(plain - truth)
    told = county(answer)
    assert told["q20"] < told["mean"] < told["q80"]  # type: ignore[operator]
    still = answered(CROP, BASE)
    assert (np.abs(still.missed) < 0.015 * still.told.unit).all()


def test_what_is_remembered_of_past_seasons_changes_nothing() -> None:
    memory: Memory = {}
    for day in (date(2024, 5, 10), date(2024, 8, 31), date(2025, 1, 10)):
        facts = replace(known(day), yields=BASE.yields)
        fresh, kept = answered(CROP, facts, 2024), answered(CROP, facts, 2024, memory)
        assert county(fresh) == county(kept)
    assert len(memory) == 2  # in January of the next year the record is a season longer


def test_what_is_put_right_by_hand() -> None:
    """Errors of 2, 4 and 3 % in three seasons: m = 3, s² / n = 1/3, so that 9 / (9 + 1/3) of 3 % is added."""
    answer = answered(CROP, BASE)
    errors = np.repeat(np.array([[0.02], [0.04], [0.03]]), 3, axis=1)
    _, left, more = steadied(answer.told, errors)
    expected = 0.03 * 9 / (9 + 1 / 3)
    assert more == pytest.approx(expected * answer.told.unit)
    assert left == pytest.approx(errors - expected)
    assert not steadied(answer.told, errors[:2])[2].any()


def test_a_survey_moves_the_figure_by_what_its_error_allows() -> None:
    answer = answered(CROP, BASE)
    plain = county(answer)
    own = (plain["q90"] - plain["q10"]) / 2.5631  # type: ignore[operator]
    total = plain["mean"] * 1.2  # type: ignore[operator]
    told = answered(CROP, replace(BASE, survey=Estimate(total, own)))
    assert county(told)["mean"] == pytest.approx(plain["mean"] * 1.1, abs=1)  # type: ignore[operator]
    assert told.narrow == pytest.approx(2**-0.5)
    blind = answered(CROP, replace(BASE, survey=Estimate(total, 1e6 * own)))
    assert county(blind)["mean"] == pytest.approx(plain["mean"], rel=1e-6)
    assert causes(told).filter(pl.col("factor") == "survey")["kg"].item() > 0


def test_a_survey_is_calibrated_by_the_seasons_before_it_only() -> None:
    totals = {2019: Estimate(100, 1), 2020: Estimate(110, 1), 2021: Estimate(90, 1), 2022: Estimate(100, 1)}
    harvests = {2019: 50.0, 2020: 66.0, 2021: 40.5, 2022: 1e9}
    told = season_survey.calibrated(totals, harvests, 2022)
    ratios = np.array([0.5, 0.6, 0.45])
    assert told is not None
    assert told.total == pytest.approx(100 * ratios.mean())
    assert told.error == pytest.approx(100 * ratios.std(ddof=1) * (4 / 3) ** 0.5)
    assert season_survey.calibrated(totals, harvests, 2021) is None


def test_trees_counted_and_measured_by_a_slow_loop() -> None:
    trees = pl.DataFrame(
        {"season": 2024, "fruit": [5, 8, 2, 6], "chance": [0.1, 0.1, 0.05, 0.1], "diameter": [70.0, None, 74.0, None]}
    )
    told = season_survey.surveyed(trees, {2024: 1000})[2024]
    counts = [5 / 0.1, 8 / 0.1, 2 / 0.05, 6 / 0.1]
    weights = [float(pl.select(mass(pl.lit(mm))).item()) / 1000 for mm in (70.0, 74.0)]
    ratio = (counts[0] * weights[0] + counts[2] * weights[1]) / (counts[0] + counts[2])
    assert told.total == pytest.approx(1000 * sum(counts) / 4 * ratio)
    assert season_survey.surveyed(trees, {}) == {}


def test_trees_coming_into_bearing_carry_each_variety_on() -> None:
    """A town's young blue plums bear less than half in their fourth year and seven tenths in their fifth."""
    rows = [("a", "red", 2000, 900.0), ("a", "blue", 2019, 100.0), ("b", "red", 2024, 50.0)]
    cohorts = pl.DataFrame(rows, ["town", "variety", "planted", "area"], orient="row")
    told = dict(season_survey.growth(cohorts, 2023, 2024).select("variety", "factor").iter_rows())
    parts = [float(pl.select(bearing(pl.lit(age))).item()) for age in (4, 5)]
    assert told == {"red": 1.0, "blue": pytest.approx(parts[1] / parts[0])}  # b's are too young for either
    shares = BASE.shares.with_columns(factor=pl.when(pl.col("variety") == "blue").then(1.5).otherwise(1.0))
    facts = replace(BASE, shares=shares)
    answer = answered(CROP, facts)
    assert answer.areas == pytest.approx(1000 * (1 + 2 * 1.5) / 3)
    kinds = outlook(CROP, facts, answer).filter(pl.col("town") == ALL)
    kg, mu = (dict(kinds.select("variety", column).iter_rows()) for column in ("mean", "area"))
    assert kg["blue"] / kg["red"] == pytest.approx(3, rel=1e-4)
    assert mu["blue"] / mu["red"] == pytest.approx(3)
    assert kg["blue"] + kg["red"] == kg[ALL]


def test_trees_bear_from_their_third_year() -> None:
    cohorts = pl.DataFrame({"planted": [2000, 2021], "trees": [45_000, 5_000]})
    assert season_survey.standing(cohorts, range(2023, 2025)) == {2023: 45_000, 2024: 50_000}


def test_a_weather_forecast_counts_as_known_for_a_week() -> None:
    facts = BASE
    last = facts.weather["ds"].max()
    assert isinstance(last, date)
    ahead = pl.DataFrame({"place": "valley", "ds": [last + timedelta(days=i) for i in range(1, 15)], "t": 99.0})
    block, until = joined(CROP, replace(facts, ahead=ahead))
    assert until == last + timedelta(days=7)
    at = block.seasons.index(2024)
    assert np.nansum(block.values["t"][0, at] == 99.0) == 7


def test_ranges_are_in_order_and_nothing_is_said_without_seasons() -> None:
    told = county(answered(CROP, BASE))
    values = [told[name] for name in QUANTILES if told[name] is not None]
    assert values == sorted(values)  # type: ignore[type-var]
    assert len(values) == sum(min(level, 1 - level) * (29 + 1) >= 1 for level in LEVELS)
    few = replace(BASE, yields=BASE.yields.filter(pl.col("season") >= 2022))
    assert county(answered(CROP, few))["q50"] is None
    with pytest.raises(MissingData, match="plum: no season"):
        answered(CROP, replace(BASE, yields=BASE.yields.clear()))


def test_rivals_by_hand() -> None:
    y = BASE.yields.group_by("season").agg(pl.col("y").mean()).sort("season").filter(pl.col("season") < 2024)
    told = season_rivals.rivals(BASE, 2024)
    assert told["mean"] == pytest.approx(y["y"].mean())
    assert told["last"] == pytest.approx(y["y"][-1])
    x = y["season"].to_numpy().astype(float)
    design = np.column_stack([np.ones_like(x), x])
    level, slope = np.linalg.lstsq(design, y["y"].to_numpy(), rcond=None)[0]
    assert told["trend"] == pytest.approx(level + slope * 2024)
    assert season_rivals.relative(BASE, 2024)[2000] == pytest.approx(y["y"][5] / (level + slope * 2000), rel=0.02)


def test_a_season_given_twice_is_the_most_similar() -> None:
    """2023's summer and the like made the same as 2024's: it comes first, at distance 0."""
    rows = BASE.weather
    summer = rows.filter(pl.col("ds").is_between(date(2024, 7, 1), date(2024, 8, 31))).with_columns(
        pl.col("ds").dt.offset_by("-1y")
    )
    rest = rows.join(summer, on=["place", "ds"], how="anti")
    answer = answered(CROP, replace(BASE, weather=pl.concat([rest, summer])))
    assert decided(answer) == [0.0, 1.0]
    first = similar(answer).row(0, named=True)
    assert (first["like"], first["distance"]) == (2023, pytest.approx(0, abs=1e-9))
    told = sensitivity(answer)
    assert told.height == 6
    assert told.filter(factor="cold")["decided"].unique().to_list() == [0.0]
