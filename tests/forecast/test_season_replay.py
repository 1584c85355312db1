"""Yields of few seasons: cannot see ahead, finds what was planted, does no harm where nothing was."""

from dataclasses import replace
from datetime import date, timedelta

import numpy as np
import polars as pl
import pytest

from workbench.forecast.season_replay import Replay, permuted, ranges, recorded, supported
from workbench.forecast.season_splits import SPLITTERS, forward, leave_one_out, outer
from workbench.forecast.season_weather import Window, cube

WINDOWS = (
    Window("frost", "t", (0, 1, 1), (0, 1, 10), harm=-1, beyond=None, prior=0.0),
    Window("heat", "t", (0, 1, 21), (0, 1, 30), harm=1, beyond=None, prior=0.0),
)
FIRST, YEARS = 1990, 26


def world(effect: float, seed: int = 0) -> Replay:
    """Six places whose yield falls by `effect` of itself for each deviation of frost; their weather is not the same."""
    rng = np.random.default_rng(seed)
    rows, yields = [], []
    for place in "abcdef":
        for year in range(FIRST, FIRST + YEARS):
            spell = rng.normal(0, 2, 3).repeat(10)
            t = spell + rng.normal(0, 0.3, 30)
            rows += [(place, date(year, 1, 1) + timedelta(days=i), float(v)) for i, v in enumerate(t)]
            level = 10.0 + ord(place) % 5
            yields.append((place, year, level * (1 + effect * spell[0] / 2 + rng.normal(0, 0.08))))
    weather = pl.DataFrame(rows, schema=["place", "ds", "t"], orient="row")
    known = pl.DataFrame(yields, schema=["place", "season", "y"], orient="row")
    return recorded(known, cube(weather, (0, 1, 1), (0, 1, 30)), {p: p for p in "abcdef"}, WINDOWS)


def error(frame: pl.DataFrame, column: str = "mean") -> float:
    return float(((frame[column] - frame["y"]) ** 2).mean() ** 0.5)  # type: ignore[operator,arg-type]


def test_splitters() -> None:
    allowed = np.array([False, True, True, True, True, True, False, True, True])
    ahead = forward(allowed)
    assert [at for _, at in ahead] == [7, 8]
    assert all(not train[at:].any() for train, at in ahead)
    left = leave_one_out(allowed)
    assert [at for _, at in left] == [1, 2, 3, 4, 5, 7, 8]
    assert all(not train[at] and train.sum() == 6 for train, at in left)
    assert [at for _, at in outer("leave_years_out", allowed, [3])] == [3]
    assert sorted(SPLITTERS) == ["forward", "leave_years_out"]


@pytest.mark.parametrize("split", ["forward", "leave_years_out"])
def test_nothing_of_the_asked_season_or_what_comes_later_moves_its_forecast(split: str) -> None:
    """Poison the yield of the asked season — and, forward, all that comes later — and the weather not yet known."""
    honest = world(0.15)
    honest.split = split
    y, t = honest.record.y.copy(), honest.block.values["t"].copy()
    at, known = 20, 15
    y[:, at] = 1e9
    t[:, at, known:] = 1e9
    if split == "forward":
        y[:, at:], t[:, at + 1 :] = 1e9, 1e9
    raw = honest.record.raw.copy()
    raw[:, at:] = 1e9 if split == "forward" else raw[:, at:]
    block = replace(honest.block, values={"t": t})
    poisoned = Replay(replace(honest.record, y=y, raw=raw), block, honest.places, honest.stations, split)
    season, day = FIRST + at, honest.block.steps[known - 1]
    one, two = (r.run([season], [day]).drop("y") for r in (honest, poisoned))
    assert one.equals(two)


def test_a_planted_driver_is_found_and_the_other_left_alone() -> None:
    planted = world(0.15)
    told = planted.run(range(FIRST + 15, FIRST + YEARS), [planted.block.steps[-1]])
    assert error(told) < 0.8 * error(told, "base")
    assert told["by_frost"].abs().mean() > 3 * told["by_heat"].abs().mean()  # type: ignore[operator]
    covered = told.select(pl.col("y").is_between("q10", "q90").mean()).item()
    assert 0.68 <= covered <= 0.92


def test_no_driver_does_no_harm() -> None:
    nothing = world(0.0, seed=3)
    told = nothing.run(range(FIRST + 12, FIRST + YEARS), [nothing.block.steps[-1]])
    assert error(told) <= 1.02 * error(told, "base")


def test_the_range_narrows_as_the_season_goes_on() -> None:
    planted = world(0.2)
    days = [planted.block.steps[i] for i in (0, 5, 9)]
    told = planted.run(range(FIRST + 15, FIRST + YEARS), days)
    width = told.group_by("known").agg((pl.col("q90") - pl.col("q10")).mean()).sort("known").get_column("q90")
    assert width.to_list() == sorted(width, reverse=True)
    assert width[2] < 0.9 * width[0]


def test_weather_dealt_out_anew_has_no_skill_to_speak_of() -> None:
    planted = world(0.2)
    seasons, last = range(FIRST + 15, FIRST + YEARS), [planted.block.steps[-1]]
    dealt = permuted(planted, 1).run(seasons, last)
    assert error(dealt) > 0.95 * error(dealt, "base")
    assert error(planted.run(seasons, last)) < error(dealt)


def test_no_quantile_that_the_seasons_cannot_carry() -> None:
    assert [supported(level, 9) for level in (0.05, 0.1, 0.5, 0.95)] == [False, True, True, False]
    told = world(0.1).run([FIRST + 10], [(0, 1, 30)])
    assert told["q975"].null_count() == told.height
    assert told["q10"].null_count() == 0


def test_a_place_without_a_single_season_has_the_others_yield() -> None:
    few = world(0.15)
    y = few.record.y.copy()
    y[0] = np.nan
    told = Replay(replace(few.record, y=y), few.block, few.places, few.stations).run([FIRST + 20], [(0, 1, 30)])
    assert np.isfinite(told["mean"].to_numpy()).all()
    assert told["mean"][0] == pytest.approx(np.nanmean(y[:, :20]), rel=0.35)


def test_ranges_hold_the_mean_and_are_in_order() -> None:
    planted = world(0.1)
    train = np.arange(YEARS) < 20
    weights, errors = planted.weighed(train)
    assert sum(weights.values()) == pytest.approx(1)
    told = planted.told(train, 20, next(iter(weights)), 30)
    values = ranges(told, errors)
    assert (np.diff(values, axis=1) >= 0).all()
    assert ((values[:, 0] < told.mean) & (told.mean < values[:, -1])).all()
