"""Every clause is true of the row that it names."""

import re
from datetime import date, timedelta

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from workbench.present.sentences import LIKELY, air, level_of, level_span, polluted, row_id, sky
from workbench.present.words import LANGUAGES, Words
from workbench.science.air import LEVELS, POLLUTANTS

TODAY = date(2026, 11, 23)


def row(ahead: int, low: float, high: float, shares: list[float], primary: str | None) -> dict[str, object]:
    total = sum(shares) or 1.0
    levels = {f"p{n}": share / total for n, share in enumerate(shares, 1)}
    return {"date": TODAY + timedelta(days=ahead), "aqi_low": low, "aqi_high": high, "primary": primary, **levels}


rows = st.builds(
    lambda ends, shares, primary: (min(ends), max(ends), shares, primary),
    st.tuples(st.floats(1, 480), st.floats(1, 480)),
    st.lists(st.floats(0, 1), min_size=6, max_size=6),
    st.sampled_from([*POLLUTANTS, "none", None]),
)


@settings(deadline=None)  # the machine may be busy
@given(st.lists(rows, min_size=1, max_size=5), st.sampled_from(LANGUAGES))
def test_every_clause_is_true_of_the_row_it_names(
    made: list[tuple[float, float, list[float], str]], language: str
) -> None:
    words = Words(language)
    days = pl.DataFrame([row(i + 1, *one) for i, one in enumerate(made)], infer_schema_length=None)
    by_id = {row_id(one["date"]): one for one in days.rows(named=True)}
    clauses = air(days, TODAY, words)
    first = by_id[clauses[0].row]
    assert TODAY + timedelta(days=1) == first["date"]
    said = re.search(r"AQI (\d+)(?:–(\d+))?", clauses[0].text)
    assert said
    assert [round(first["aqi_low"]), round(first["aqi_high"])] == [int(said[1]), int(said[2] or said[1])]
    assert level_span(first["aqi_low"], first["aqi_high"], words) in clauses[0].text
    if first["primary"] in (None, "none"):
        assert words("sentence.no_primary") in clauses[0].text
    else:
        assert words(f"air.{first['primary']}") in clauses[0].text
    for clause in clauses[1:]:
        risk, after = polluted(by_id[clause.row]), list(by_id.values())[1:3]
        assert max(map(polluted, after)) == risk, "the clause must speak of the worse of the two days"
        share = re.search(r"([<>]?)(\d+)%", clause.text)
        assert share
        if risk >= LIKELY:
            assert abs(int(share[2]) / 100 - risk) <= 0.011
        else:
            assert "10%" == share[0]


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_sentence_ends_once_and_reads_as_one(language: str) -> None:
    words = Words(language)
    days = pl.DataFrame([row(i, 68, 92, [0.1, 0.6, 0.3, 0, 0, 0], "pm2_5") for i in range(4)])
    text = "".join(
        clause.text for clause in air(days, TODAY, words, why=sky(["wind_speed_low", "humidity_high"], words))
    )
    assert text.endswith(words("sentence.stop"))
    assert 0 == text.count("; I")
    assert "{" not in text


def test_the_example_of_the_screens_page_comes_out() -> None:
    days = pl.DataFrame(
        [row(1, 68, 92, [0, 1, 0, 0, 0, 0], "pm2_5"), row(2, 80, 120, [0, 0.69, 0.31, 0, 0, 0], "pm2_5")]
    )
    words = Words("zh")
    said = "".join(c.text for c in air(days, TODAY, words, why=sky(["wind_speed_low", "humidity_high"], words)))
    first = "明天（11月24日）AQI 68–92，良，首要污染物 PM2.5；"
    assert first + "后天出现轻度及以上污染的概率为 31%；预报天气：风速小、湿度上升。" == said


def test_a_warning_condition_is_told_with_its_label_and_only_where_it_is_worth_it() -> None:
    days = pl.DataFrame([row(1, 150, 220, [0, 0, 0, 0.5, 0.5, 0], "pm2_5")])
    grades = {"grade_zh": ["黄色", "红色"], "grade_en": ["yellow", "red"]}
    likely = pl.DataFrame({**grades, "probability": [0.4, None]})
    text = "".join(clause.text for clause in air(days, TODAY, Words("zh"), likely))
    assert "黄色预警条件的概率为 40%（非预警发布）" in text
    rare = pl.DataFrame({**grades, "probability": [0.01, None]})
    assert "预警" not in "".join(clause.text for clause in air(days, TODAY, Words("zh"), rare))


def test_without_days_ahead_nothing_is_said() -> None:
    days = pl.DataFrame([row(0, 10, 20, [1, 0, 0, 0, 0, 0], None)])
    assert () == air(days, TODAY, Words("zh"))


@pytest.mark.parametrize("level", LEVELS)
def test_a_level_owns_both_of_its_ends(level: object) -> None:
    assert level == level_of(level.low) == level_of(level.high)  # type: ignore[attr-defined]
