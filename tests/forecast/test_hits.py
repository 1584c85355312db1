"""Hits against a published table and hand-worked days."""

import polars as pl
import pytest

from workbench.forecast import hits

WARNED, HAPPENED = pl.col("warned"), pl.col("happened")


def table(hit: int, miss: int, false: int, rest: int) -> pl.DataFrame:
    rows = [(True, True)] * hit + [(False, True)] * miss + [(True, False)] * false + [(False, False)] * rest
    return pl.DataFrame(rows, schema=["warned", "happened"], orient="row")


def test_finleys_tornado_forecasts_of_1884() -> None:
    """28 hits, 23 misses, 72 false alarms, 2680 correct rejections: the table of every textbook."""
    finley = table(28, 23, 72, 2680)
    found = finley.select(
        pod=hits.pod(WARNED, HAPPENED), far=hits.far(WARNED, HAPPENED), csi=hits.csi(WARNED, HAPPENED)
    )
    assert found.row(0) == pytest.approx((0.549, 0.720, 0.228), abs=5e-4)


def test_rates_without_a_case_are_unknown_and_not_zero() -> None:
    quiet = table(0, 0, 0, 5)
    rates = quiet.select(a=hits.pod(WARNED, HAPPENED), b=hits.far(WARNED, HAPPENED), c=hits.csi(WARNED, HAPPENED))
    assert rates.row(0) == (None, None, None)


def test_half_levels_cut_each_class_in_two() -> None:
    edges = [0, 25, 26, 50, 51, 75, 76, 100, 101, 125, 126, 150, 151, 175, 176, 200, 201, 250, 251, 300, 301, 400, 401]
    levels = pl.DataFrame({"aqi": [*edges, None]}).select(half=hits.half_level(pl.col("aqi")))
    expected = [1, 1, 2, 2, 3, 3, 4, 4, 5, 5, 6, 6, 7, 7, 8, 8, 9, 9, 10, 10, 11, 11, 12, None]
    assert levels.get_column("half").to_list() == expected


def test_levels_half_levels_and_ranges_hit_or_miss() -> None:
    days = pl.DataFrame({"f": [60, 60, None], "o": [74, 80, 50], "low": [50, 55, 40], "high": [74, 79, 60]})
    found = days.select(
        half=hits.half_level_hit(pl.col("f"), pl.col("o")),
        range=hits.range_hit(pl.col("low"), pl.col("high"), pl.col("o")),
        level=hits.level_hit(pl.col("f") // 50, pl.col("o") // 50),
    )
    assert found.rows() == [(True, True, True), (False, False, True), (None, True, None)]


def test_first_pollutant_counts_only_on_days_above_50() -> None:
    days = pl.DataFrame(
        {"f": [["o3"], ["o3", "pm10"], ["no2"]], "o": [["o3"], ["pm10"], ["o3"]], "aqi": [40, 120, 120]}
    )
    found = days.select(hit=hits.primary_hit(pl.col("f"), pl.col("o"), pl.col("aqi")))
    assert found.get_column("hit").to_list() == [None, True, False]
