"""Every clause of the reasons can be traced to a row, weighs enough, and says the right direction."""

import re

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from workbench.present import reasons
from workbench.present.reasons import LEAST, MOST, UNSAID, bars, clauses, gathered, moved, phrase, row_id, state
from workbench.present.words import LANGUAGES, Words, texts

SCHEMA = {"part": pl.String, "value": pl.Float64, "driver": pl.Float64, "usual": pl.Float64}
DRIVEN = ("level", "change", "network", "others", "ahead.wind_speed", "ahead.humidity", "ahead.precipitation")
PARTS = ("base", *DRIVEN, "season", "calendar", "observed", "ahead.wind_direction", "correction", "lead", "place")
HIGH = {"high", "strong", "rising", "rise", "way", "高", "大", "上升", "有"}
LOW = {"low", "weak", "falling", "fall", "no", "低", "小", "下降", "无"}

amounts = st.floats(-50, 50).filter(lambda value: value == 0 or abs(value) > 1e-6)


def frame(values: dict[str, tuple[float, float | None, float | None]]) -> pl.DataFrame:
    return pl.DataFrame([(part, *three) for part, three in values.items()], schema=SCHEMA, orient="row")


measured = st.none() | st.floats(0, 100)
explanations = st.dictionaries(st.sampled_from(PARTS), st.tuples(amounts, measured, measured), min_size=1).map(
    lambda values: frame({part: three if part in DRIVEN else (three[0], None, None) for part, three in values.items()})
)


@settings(deadline=None, max_examples=150)
@given(explanations, st.sampled_from(LANGUAGES))
def test_every_clause_is_true_of_the_row_it_names(rows: pl.DataFrame, language: str) -> None:
    words = Words(language)
    head, *said = clauses(rows, "because ", words) or [None]
    by_id = {row_id(row["part"]): row for row in rows.rows(named=True)}
    total = sum(abs(row["value"]) for row in by_id.values() if row["part"] != "base")
    weights = {key: abs(row["value"]) / total for key, row in by_id.items() if total and row["part"] != "base"}
    worth = [key for key, weight in weights.items() if weight > LEAST + 1e-9 and by_id[key]["part"] not in UNSAID]
    assert len(said) <= MOST
    assert bool(said) == bool(worth) or min(abs(w - LEAST) for w in weights.values()) < 1e-6
    assert len({clause.row for clause in said}) == len(said)
    way = None
    for clause in reversed(said):
        row = by_id[clause.row]
        assert row["part"] not in UNSAID
        assert weights[clause.row] >= LEAST - 1e-9, "too little to be named"
        raising, lowering = (words(f"reason.{key}") in clause.text for key in ("raising", "lowering"))
        way = raising if raising or lowering else way
        assert way == (row["value"] > 0), "the direction said is that of the value"
        how = state(row["part"], row["driver"], row["usual"])
        assert phrase(row["part"], row["driver"], row["usual"], words) in clause.text
        told = (
            set(re.findall(r"[a-z]+", clause.text)) if language == "en" else {c for c in HIGH | LOW if c in clause.text}
        )
        if how == "high":
            assert told & HIGH
            if row["part"] != "ahead.precipitation":
                assert row["driver"] > row["usual"]
        elif how == "low":
            assert told & LOW
            assert row["driver"] < row["usual"]
    if said:
        assert head is not None
        heaviest = max(said, key=lambda clause: weights[clause.row])
        assert weights[heaviest.row] == max(weights[key] for key in weights if by_id[key]["part"] not in UNSAID)


@given(explanations)
@settings(deadline=None)
def test_what_is_drawn_adds_up_to_all_that_moves(rows: pl.DataFrame) -> None:
    moves = rows.filter(pl.col("part") != "base")["value"].sum()
    for small in (0.0, 0.03, 0.2, 1.1):
        assert gathered(rows, small)["value"].sum() == pytest.approx(moves, abs=1e-9)


@given(explanations, explanations)
@settings(deadline=None)
def test_changes_of_the_parts_add_up_to_the_change_of_the_median(now: pl.DataFrame, before: pl.DataFrame) -> None:
    assert moved(now, before)["change"].sum() == pytest.approx(reasons.median(now) - reasons.median(before), abs=1e-9)


def test_the_example_of_the_screens_page_comes_out() -> None:
    rows = frame(
        {
            "base": (35.0, None, None),
            "ahead.wind_speed": (9.0, 0.9, 1.7),
            "ahead.humidity": (5.0, 85.0, 70.0),
            "ahead.precipitation": (-4.0, 3.0, 1.0),
            "season": (0.5, None, None),
        }
    )
    zh = "".join(clause.text for clause in clauses(rows, "主要依据：", Words("zh")))
    assert "主要依据：风速小、湿度上升（推高），有降水（拉低）" == zh
    en = "".join(clause.text for clause in clauses(rows, "mainly because of ", Words("en")))
    assert "mainly because of weak wind, rising humidity (raising it); rain on the way (lowering it)" == en


def test_a_forecast_without_parts_gives_no_reason_and_a_picture_that_says_so() -> None:
    words = Words("zh")
    rows = frame({"whole": (40.0, None, None)})
    assert () == clauses(rows, "", words)
    figure = bars(rows, "µg/m³", words)
    assert not figure.data
    assert words("reason.none") == figure.layout.annotations[0].text


@pytest.mark.parametrize("language", LANGUAGES)
def test_bars_say_amount_and_direction(language: str) -> None:
    words = Words(language)
    rows = frame({"base": (20.0, None, None), "level": (12.3, 40.0, 20.0), "season": (-4.0, None, None)})
    figure = bars(rows, "µg/m³", words)
    assert ["+12", "−4"] == list(figure.data[0].text)
    assert [words("reason.level_high"), words("reason.season")] == list(figure.data[0].y)
    colours = figure.data[0].marker.color
    assert colours[0] != colours[1]


def test_both_languages_name_the_same_parts_and_states() -> None:
    named = [{key for key in texts(language) if key.startswith(("reason.", "why."))} for language in LANGUAGES]
    assert named[0] == named[1]
    for key in named[0]:
        stem = key.removesuffix("_high").removesuffix("_low")
        assert stem in named[0], "a state has its part"
        assert stem == key or {f"{stem}_high", f"{stem}_low"} <= named[0]


def test_every_driver_that_can_be_high_has_its_words() -> None:
    from models.air import WEATHER

    for part in (*DRIVEN, *(f"ahead.{name}" for name in WEATHER if not name.startswith("wind_u") and name != "wind_v")):
        for driver, usual in ((0.0, 1000.0), (1000.0, 1.0)):
            for language in LANGUAGES:
                assert phrase(part, driver, usual, Words(language))
