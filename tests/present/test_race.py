"""Evidence in one look, read back from the figures themselves."""

import polars as pl

from workbench.present.palette import ACCENT
from workbench.present.race import comfort, growth, race
from workbench.present.words import Words

EN, ZH = Words("en"), Words("zh")


def test_a_race_shows_everyone_with_ours_filled_on_a_logarithmic_axis_of_cost() -> None:
    """Who has no figure is not drawn; an empty race says so."""
    rows = [("ours", 2.0, 1.3, True), ("theirs", 80.0, 1.4, False), ("absent", None, 1.5, False)]
    points = pl.DataFrame(rows, schema=["contender", "cpu", "error", "ours"], orient="row")
    figure = race(points, "MASE", EN)
    others, ours = figure.data
    assert (("theirs",), (80.0,), (1.4,)) == (others.customdata, others.x, others.y)
    assert ((2.0,), (1.3,), ACCENT, "circle") == (ours.x, ours.y, ours.marker.color, ours.marker.symbol)
    assert "log" == figure.layout.xaxis.type
    assert "MASE" in figure.layout.yaxis.title.text
    assert "MASE" in race(points, "MASE", ZH).layout.yaxis.title.text
    assert EN("chart.nothing") in [note.text for note in race(points.clear(), "MASE", EN).layout.annotations]


def test_growth_has_a_line_of_slope_one_to_judge_by() -> None:
    """Ten times the series at ten times the time lies on it."""
    points = pl.DataFrame({"contender": ["a", "a"], "series": [1000, 10_000], "wall": [1.5, 10.0]})
    measured, linear = growth(points, EN).data
    assert (1.5, 10.0) == measured.y
    assert (1.0, 10.0) == linear.y
    assert EN("chart.nothing") in [note.text for note in growth(points.clear(), EN).layout.annotations]


def test_comfort_against_cost_has_a_sign_for_each_contender_and_no_hours_below_a_tenth() -> None:
    rows = [("ours", "spring", 120.0, 0.0), ("theirs", "spring", 180.0, 90.0), ("ours", "summer", 80.0, 2.0)]
    points = pl.DataFrame(rows, schema=["contender", "slice", "yuan", "humid_hours"], orient="row")
    ours, theirs = comfort(points, EN).data
    assert ((120.0, 80.0), (0.1, 2.0), ("spring", "summer")) == (ours.x, ours.y, ours.customdata)
    assert ours.marker.symbol != theirs.marker.symbol
    assert "log" == comfort(points, ZH).layout.yaxis.type
    assert EN("chart.nothing") in [note.text for note in comfort(points.clear(), EN).layout.annotations]
