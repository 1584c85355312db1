"""Both languages say the same things, and numbers never claim more than they know."""

import re
import string
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from workbench.errors import UnknownName
from workbench.present.words import LANGUAGES, Words, change, percent, span, texts

PROJECT = Path(__file__).resolve().parents[2]


def places(text: str) -> set[str]:
    return {name for _, name, _, _ in string.Formatter().parse(text) if name}


def test_both_languages_have_the_same_texts_with_the_same_places() -> None:
    zh, en = texts("zh"), texts("en")
    assert set(zh) == set(en)
    assert [key for key in zh if places(zh[key]) != places(en[key])] == []


def test_no_chinese_is_left_in_english_and_no_english_sentence_in_chinese() -> None:
    own_names = {"shell.language", "shell.language_label"}
    han = [key for key, text in texts("en").items() if re.search(r"[\u4e00-\u9fff]", text) and key not in own_names]
    assert han == []
    latin = [k for k, t in texts("zh").items() if re.search(r"[A-Za-z]{3,} [a-z]{3,}", t) and k not in own_names]
    assert latin == ["air.empty_command"] or latin == []


def test_every_text_that_the_code_names_exists() -> None:
    """Keys written out in the code (those put together at run time are met by the page tests)."""
    known = texts("zh")
    files = [*PROJECT.glob("dashboards/**/*.py"), *PROJECT.glob("workbench/present/*.py")]
    named = {key for f in files for key in re.findall(r'words\("([a-z]+\.[a-z0-9_]+)"', f.read_text("utf-8"))}
    assert named
    assert sorted(key for key in named if key not in known) == []


def test_an_unknown_language_or_text_is_named() -> None:
    with pytest.raises(UnknownName, match="no language 'fr'"):
        Words("fr")
    with pytest.raises(UnknownName, match=r"did you mean 'chart\.now'"):
        Words("zh")("chart.nwo")


@settings(deadline=None)
@given(st.floats(0, 1))
def test_a_probability_never_says_never_or_always(share: float) -> None:
    text = percent(share)
    assert text in ("<1%", ">99%") or 1 <= int(text.removesuffix("%")) <= 99


@settings(deadline=None)
@given(st.floats(0, 500), st.floats(0, 500))
def test_a_range_reads_back_as_its_rounded_ends(one: float, other: float) -> None:
    low, high = sorted((one, other))
    ends = [float(end) for end in span(low, high).split("–")]
    assert abs(ends[0] - low) <= 0.5
    assert abs(ends[-1] - high) <= 0.5


def test_a_change_has_a_real_minus_and_says_nothing_without_a_before() -> None:
    assert ["+6", "−4", "±0", ""] == [change(80, 74), change(70, 74), change(70.2, 69.8), change(70, None)]


def test_moments_are_told_on_the_countys_clock() -> None:
    moment = datetime(2026, 11, 23, 16, 30, tzinfo=UTC)
    assert "11月24日 00:30" == Words("zh").moment(moment)
    assert "24 Nov 00:30" == Words("en").moment(moment)


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_day_of_a_week_has_its_name(language: str) -> None:
    names = {Words(language).weekday(date(2026, 11, 23) + timedelta(days=i)) for i in range(7)}
    assert 7 == len(names)


def test_a_length_takes_the_unit_that_says_most() -> None:
    words = Words("zh")
    assert ["5 分钟", "47 小时", "3 天"] == [words.length(timedelta(minutes=m)) for m in (5, 47 * 60 + 59, 3 * 24 * 60)]
