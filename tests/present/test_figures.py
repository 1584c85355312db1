"""What each figure draws, read back from the figure itself."""

from datetime import UTC, date, datetime, timedelta

import numpy as np
import polars as pl
import pytest

from workbench.forecast.frames import LEVELS as QS
from workbench.forecast.frames import QUANTILES
from workbench.present import chart, fan, goal, heat, levels, polar, rules, skill
from workbench.present.palette import INK
from workbench.present.words import LANGUAGES, Words
from workbench.science.air import LEVELS

ZH = Words("zh")
NOW = datetime(2026, 11, 23, 10, tzinfo=UTC)


def forecast(steps: int = 24) -> pl.DataFrame:
    """A FORECAST of one series: 50 plus 100 times the level at every step."""
    ds = [NOW + timedelta(hours=i + 1) for i in range(steps)]
    return pl.DataFrame({"ds": ds, **{name: [50 + 100 * q] * steps for name, q in zip(QUANTILES, QS, strict=True)}})


def observed(values: list[float | None]) -> pl.DataFrame:
    ds = [NOW - timedelta(hours=len(values) - 1 - i) for i in range(len(values))]
    return pl.DataFrame({"ds": ds, "y": values, "flag": [0, 1, 2] + [0] * (len(values) - 3)})


def test_a_fan_has_three_nested_bands_a_median_and_an_ink_line_with_gaps() -> None:
    figure = fan.fan(observed([40.0, 41.0, 42.0, None, 44.0]), forecast(), NOW, ZH, "µg/m³")
    bands, others = figure.data[:3], figure.data[3:]
    reach = [max(band.y) - min(band.y) for band in bands]
    assert reach == sorted(reach, reverse=True)
    assert [95.0, 80.0, 50.0] == pytest.approx(reach)
    assert all(0 == band.line.width for band in bands), "no outline"
    median = next(trace for trace in others if trace.name == ZH("chart.median"))
    assert {100.0} == set(median.y)
    ink = next(trace for trace in others if trace.name == ZH("chart.observed"))
    assert INK == ink.line.color
    assert ink.y[3] is None
    assert ink.connectgaps is False


def test_a_fan_marks_doubtful_and_filled_in_values_apart() -> None:
    figure = fan.fan(observed([40.0, 41.0, 42.0, 43.0]), forecast(), NOW, ZH)
    marks = {trace.name: (trace.y, trace.marker.symbol) for trace in figure.data if trace.mode == "markers"}
    assert {ZH("chart.doubtful"): ((41.0,), "circle-open"), ZH("chart.imputed"): ((42.0,), "diamond-open")} == marks


def test_a_fan_draws_what_was_filled_in_dotted_and_never_as_measured() -> None:
    """The inked line stops before it; dots lead there from the neighbours and on."""
    figure = fan.fan(observed([40.0, 41.0, 42.0, 43.0, 44.0]), forecast(), NOW, ZH)
    ink = next(trace for trace in figure.data if trace.name == ZH("chart.observed"))
    dots = next(trace for trace in figure.data if trace.line.dash == "dot")
    assert (40.0, 41.0, None, 43.0, 44.0) == ink.y
    assert (None, 41.0, 42.0, 43.0, None) == dots.y


def test_a_fan_starts_at_zero_has_the_now_line_and_local_days() -> None:
    figure = fan.fan(observed([40.0, 41.0, 42.0]), forecast(48), NOW, ZH)
    assert 0 == figure.layout.yaxis.range[0]
    assert "2026-11-23T18:00:00" in [shape.x0 for shape in figure.layout.shapes]
    assert ZH("chart.now") in [note.text for note in figure.layout.annotations]
    assert "24日<br>周二" in figure.layout.xaxis.ticktext


def test_a_fan_shows_the_limits_it_reaches_and_not_those_far_above() -> None:
    limits = [(60.0, "A"), (115.0, "B"), (150.0, "C"), (500.0, "D")]
    figure = fan.fan(observed([40.0, 41.0, 42.0]), forecast(), NOW, ZH, thresholds=limits)
    shown = [note.text for note in figure.layout.annotations if note.text in "ABCD"]
    assert ["A", "B", "C"] == shown, "147.5 is the highest value: 150 is next, 500 out of sight"


@pytest.mark.parametrize("language", LANGUAGES)
def test_nothing_to_draw_is_said(language: str) -> None:
    words = Words(language)
    none = pl.DataFrame()
    made = [
        fan.fan(none, none, NOW, words), levels.levels(none, words), levels.primaries(none, words),
        goal.goal(none, none, None, words), skill.coverage(none, words), skill.skill(none, {}, {}, words),
        heat.calendar(pl.DataFrame(schema={"date": pl.Date, "level": pl.Int32, "aqi": pl.Int32}), 2026, words),
        rules.rules(pl.DataFrame(schema={"date": pl.Date, "level_2012": pl.Int32, "level_2026": pl.Int32}), words),
        polar.polar(pl.DataFrame(schema={"direction": pl.Float64, "speed": pl.Float64, "y": pl.Float64}), words, ""),
    ]  # fmt: skip
    assert all(0 == len(figure.data) and figure.layout.annotations[0].text for figure in made)


def test_levels_are_stacked_in_official_colours_each_with_its_word() -> None:
    days = pl.DataFrame(
        {"date": [date(2026, 11, 24)], **{f"p{n}": [p] for n, p in enumerate([0, 0.6, 0.3, 0.1, 0, 0], 1)}}
    )
    figure = levels.levels(days, ZH)
    assert [("良", "#FFFF00", 0.6), ("轻度污染", "#FF7E00", 0.3), ("中度污染", "#FF0000", 0.1)] == [
        (bar.name, bar.marker.color, bar.x[0]) for bar in figure.data
    ]
    assert "良 60%" == figure.data[0].text[0]
    assert "stack" == figure.layout.barmode


def test_first_pollutants_keep_their_hue_and_none_is_grey() -> None:
    shares = pl.DataFrame(
        {"date": [date(2026, 11, 24)] * 2, "pollutant": ["pm2_5", "none"], "probability": [0.75, 0.25]}
    )
    figure = levels.primaries(shares, ZH)
    assert [("PM2.5", 0.75), (ZH("air.none"), 0.25)] == [(bar.name, bar.x[0]) for bar in figure.data]


def test_a_calendar_puts_each_day_in_its_week_and_leaves_unknown_days_empty() -> None:
    days = pl.DataFrame(
        {"date": [date(2026, 1, 1), date(2026, 1, 5), date(2026, 1, 6)], "aqi": [40, 120, None], "level": [1, 3, None],
         "primary": [[], ["pm2_5"], None]}
    )  # fmt: skip
    figure = heat.calendar(days, 2026, ZH)
    grid = figure.data[0]
    assert 1 == grid.z[3][0], "1 January 2026 is a Thursday"
    assert 3 == grid.z[0][1], "5 January is the Monday of the second week"
    assert grid.z[1][1] is None
    assert "轻度污染" in grid.text[0][1]
    assert "PM2.5" in grid.text[0][1]
    assert ["优 1", "轻度污染 1"] == [trace.name for trace in figure.data[1:]]


def test_a_calendars_colour_of_every_level_is_the_official_one() -> None:
    """Read the colour scale as the browser would: the step in which the level's number falls."""
    days = pl.DataFrame({"date": [date(2026, 1, n) for n in range(1, 7)], "aqi": [25, 75, 125, 175, 250, 400]})
    figure = heat.calendar(days.with_columns(level=pl.Series([1, 2, 3, 4, 5, 6])), 2026, ZH)
    grid = figure.data[0]
    for level in LEVELS:
        share = (level.number - grid.zmin) / (grid.zmax - grid.zmin)
        colour = [c for stop, c in grid.colorscale if stop <= share][-1]
        assert level.hex == colour


def test_rules_are_counted_by_month_as_a_slow_loop_counts_them() -> None:
    rng = np.random.default_rng(1)
    dates = [date(2026, 1, 1) + timedelta(days=i) for i in range(90)]
    old = rng.integers(1, 4, 90)
    days = pl.DataFrame({"date": dates, "level_2012": old, "level_2026": old + (rng.random(90) < 0.2)})
    found = {(m, r, level): n for m, r, level, n in rules.counts(days).iter_rows()}
    for month in (1, 2, 3):
        for which in ("2012", "2026"):
            for level in range(1, 5):
                slow = sum(d.month == month and x == level for d, x in zip(dates, days[f"level_{which}"], strict=True))
                assert slow == found.get((date(2026, month, 1), which, level), 0)
    assert 90 == sum(sum(bar.y) for bar in rules.rules(days, ZH).data) / 2


def test_the_goal_joins_what_was_counted_with_what_may_come() -> None:
    counted = pl.DataFrame({"date": [date(2026, 1, 1), date(2026, 1, 2)], "over": [0, 1]})
    ahead = pl.DataFrame(
        {"date": [date(2026, 1, 3), date(2026, 12, 31)], "q10": [1.0, 9], "q50": [1.0, 12], "q90": [2.0, 20]}
    )
    figure = goal.goal(counted, ahead, 15, ZH)
    expected = next(trace for trace in figure.data if trace.name == ZH("chart.expected"))
    assert (1.0, 1.0, 12.0) == expected.y, "it starts from the last day counted"
    assert ZH("chart.allowed", n=15) in [note.text for note in figure.layout.annotations]
    assert figure.layout.yaxis.range[1] > 20


def test_a_rose_turns_clockwise_from_north_and_says_calms_in_words() -> None:
    cells = pl.DataFrame(
        {"direction": [0.0, 90.0, None], "speed": [1.0, 8.0, 0.0], "hours": [5, 7, 9], "y": [10.0, 30.0, 20.0]}
    )
    figure = polar.polar(cells, ZH, "µg/m³")
    bars = figure.data[0]
    assert [(0.0, 1.0), (90.0, 8.0)] == list(zip(bars.theta, bars.base, strict=True))
    assert ["北", "1–2 m/s", "10.0", 5] == list(bars.customdata[0])
    assert ["东", "≥ 8 m/s", "30.0", 7] == list(bars.customdata[1])
    assert "clockwise" == figure.layout.polar.angularaxis.direction
    assert "20.0 µg/m³，9 小时" in figure.layout.annotations[0].text


def test_skill_draws_a_line_for_each_rival_and_coverage_its_promise() -> None:
    scores = pl.DataFrame(
        {"lead_day": [1, 2, 1, 1], "reference": ["p", "p", "c", "p"], "skill": [0.2, 0.3, -0.1, -2.0]}
    )
    scores = scores.with_columns(measure=pl.Series(["a", "a", "a", "b"]))
    figure = skill.skill(scores, {"p": "P", "c": "C"}, {"a": "A", "b": "B", "d": "D"}, ZH)
    drawn = {(trace.name, trace.xaxis): trace.y for trace in figure.data}
    assert ((0.2, 0.3), (-0.1,), (-2.0,)) == (drawn["P", "x"], drawn["C", "x"], drawn["P", "x2"])
    assert {()} == {y for at, y in drawn.items() if at not in {("P", "x"), ("C", "x"), ("P", "x2")}}
    assert {"A", "B", "D"} == {note.text for note in figure.layout.annotations}
    assert ["P", "C"] == [trace.name for trace in figure.data if trace.showlegend]
    shares = pl.DataFrame({"lead_day": [1, 1], "level": [0.8, 0.95], "share": [0.78, 0.96], "n": [100, 100]})
    held = skill.coverage(shares, ZH)
    assert {0.8, 0.95} == {shape.y0 for shape in held.layout.shapes}
    assert [0.78, 0.96] == [trace.y[0] for trace in held.data]


def test_a_wall_figure_is_larger_and_leaves_the_first_one_alone() -> None:
    figure = fan.fan(observed([40.0, 41.0, 42.0]), forecast(), NOW, ZH)
    big = chart.enlarged(figure)
    assert big.layout.font.size > figure.layout.font.size
    assert big.layout.height is None
    assert 368 == figure.layout.height
    median = [next(t for t in f.data if t.name == ZH("chart.median")).line.width for f in (figure, big)]
    assert median[1] > median[0]


@pytest.mark.parametrize("language", LANGUAGES)
def test_figures_speak_the_readers_language(language: str) -> None:
    words = Words(language)
    text = str(fan.fan(observed([40.0, 41.0, 42.0]), forecast(), NOW, words).to_plotly_json())
    assert words("chart.median") in text
    assert Words("en" if words.zh else "zh")("chart.median") not in text


def test_squares_grow_for_the_wall_too() -> None:
    figure = chart.base(200)
    figure.add_heatmap(z=[[1.0, None]], zmin=0)
    figure.add_scatter(x=[0], y=[0], mode="markers", marker={"size": 10})
    big = chart.enlarged(figure)
    assert (big.data[1].marker.size, big.layout.height) == (16, None)
