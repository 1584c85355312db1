"""Larval load and development against published totals, reckoned independently."""

from dataclasses import replace

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from workbench.science import sericulture
from workbench.settings import PROJECT

TABLE = pl.read_csv(PROJECT / "data/reference/rearing_stages.csv", comment_prefix="#")
PLAN = sericulture.stages(TABLE.with_columns(pl.col("stage").cast(pl.String), pl.col("moult_hours").cast(pl.Float64)))


def life(what: str) -> float:
    """A box's life summed in steps of a hundredth of an instar, at the published durations."""
    total = 0.0
    for stage, days in zip(PLAN, (4, 3, 4, 6, 9.5), strict=True):
        for k in range(100):
            now = sericulture.load(stage, 1, days, (k + 0.5) / 100)
            total += getattr(now, what) * days / 100
    return total


def test_a_box_gives_off_what_the_calorimetry_says() -> None:
    """45–51 kg CO₂ a box, 21–24 kJ a larva, 190–250 kg water, and eats about 466 kg of leaf."""
    assert 45 <= life("co2") * 24 <= 51
    assert 21 <= life("heat") * 86.4 / sericulture.BOX <= 24
    assert 190 <= life("water") * 24 <= 250
    assert life("leaf") == pytest.approx(465, rel=0.01)


def test_shares_of_the_load_are_whole() -> None:
    assert sum(stage.share for stage in PLAN) == pytest.approx(1, abs=0.002)


def test_the_published_schedule_comes_back() -> None:
    """27.5/26.5/25.5/24.5/24 °C gives 4/3/4/6/9.5 days."""
    set_points = [27.5, 26.5, 25.5, 24.5, 24.0]
    days = [sericulture.days_to(PLAN, 0, k, set_points)[1] for k in range(5)]
    assert days == pytest.approx([4, 7, 11, 17, 26.5], abs=0.1)


@given(gathered=st.floats(0, 500), more=st.floats(0, 50), t=st.floats(15, 32))
def test_a_batch_never_goes_back(gathered: float, more: float, t: float) -> None:
    now, later = sericulture.progress(PLAN, gathered, t), sericulture.progress(PLAN, gathered + more, t)
    assert (now.instar, now.through) <= (later.instar, later.through)


def test_the_two_halves_of_a_moult_follow_feeding() -> None:
    phases = [sericulture.progress(PLAN, g / 10, 27.5).phase for g in range(700)]
    assert list(dict.fromkeys(phases)) == ["feeding", "moult_first", "moult_second"]
    half = 20 / 24 * 17.5 / 2 * 10
    assert phases.count("moult_first") == pytest.approx(half, abs=1)


def test_the_load_grows_with_boxes_and_peaks_in_the_middle() -> None:
    five = PLAN[4]
    assert sericulture.load(five, 4, 9.5).water == pytest.approx(4 * sericulture.load(five, 1, 9.5).water)
    assert sericulture.load(five, 1, 9.5, 0.5).heat > 3 * sericulture.load(five, 1, 9.5, 0.02).heat
    assert sericulture.load(replace(five, share=0.0), 1, 9.5).co2 == 0
