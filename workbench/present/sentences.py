"""Sentences made by rule from the numbers: every clause is true of the row that it names."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta

import polars as pl

from workbench.present.words import Words, percent, span
from workbench.science.air import LEVELS, Level

LIKELY = 0.10
"""A pollution day is named from this probability on; below it the sentence says that it is below."""
TRIGGER = 0.05
"""A warning condition is worth a clause from this probability on."""


@dataclass(frozen=True)
class Clause:
    """A piece of a sentence and the id of the row that it came from ("" = none)."""

    text: str
    row: str = ""


def row_id(day: date) -> str:
    """The id of a day's row on the page.

    >>> row_id(date(2026, 11, 24))
    'day-2026-11-24'
    """
    return f"day-{day.isoformat()}"


def level_of(aqi: float) -> Level:
    """The level that an AQI falls in.

    >>> level_of(100).zh, level_of(101).zh
    ('良', '轻度污染')
    """
    return next((level for level in LEVELS if round(aqi) <= level.high), LEVELS[-1])


def level_span(low: float, high: float, words: Words) -> str:
    """The level, or the two that a range spans.

    >>> level_span(68, 92, Words("zh")), level_span(92, 118, Words("zh"))
    ('良', '良至轻度污染')
    """
    one, other = (words.both(level_of(end)).lower() for end in (low, high))
    return one if one == other else words("sentence.level_between", low=one, high=other)


def when(day: date, today: date, words: Words) -> str:
    """今天, 明天, 后天, then the date."""
    near = {0: "time.today", 1: "time.tomorrow", 2: "time.after_tomorrow"}.get((day - today).days)
    return words(near) if near else words.short(day)


def polluted(row: dict[str, float]) -> float:
    """The probability of light pollution or worse."""
    return sum(row[f"p{n}"] or 0.0 for n in range(3, 7))


def air(
    days: pl.DataFrame, today: date, words: Words, triggers: pl.DataFrame | None = None, why: Sequence[Clause] = ()
) -> tuple[Clause, ...]:
    """Tomorrow's range, level and first pollutant; the risk of the two days after; warning conditions; and why.

    `days`: date, aqi_low, aqi_high (80 % range), primary (most likely first pollutant, "none" or null), p1 … p6.
    `triggers`: grade_zh, grade_en, probability (null = unknown). `why`: what the forecast rests on, one statement in
    clauses, such as `reasons.clauses` or `sky`.
    """
    ahead = days.filter(pl.col("date") > today).sort("date")
    if ahead.is_empty():
        return ()
    first, after = ahead.row(0, named=True), ahead.slice(1, 2).rows(named=True)
    clauses = [_first(first, today, words)]
    if after:
        worst = max(after, key=polluted)
        risk = polluted(worst)
        if risk >= LIKELY:
            day = when(worst["date"], today, words)
            near = (worst["date"] - today).days <= 2
            day = day.lower() if near else words("sentence.on", date=day)
            text = words("sentence.polluted", when=day, share=percent(risk))
            clauses.append(Clause(text, row_id(worst["date"])))
        else:
            clauses.append(Clause(words("sentence.clean", share=percent(LIKELY)), row_id(worst["date"])))
    clauses += _triggers(triggers, ahead.height, words)
    if not why:
        return _joined(clauses, words)
    *rest, last = why
    return (*_joined(clauses, words, "sentence.comma"), *rest, Clause(last.text + words("sentence.stop"), last.row))


def sky(facts: Sequence[str], words: Words) -> tuple[Clause, ...]:
    """The weather forecast in one clause; `facts` are keys of `[reason]`, such as `wind_speed_low`."""
    said = words("sentence.list").join(words(f"reason.{key}") for key in facts)
    return (Clause(words("sentence.sky", facts=said), "why"),) if facts else ()


def _first(row: dict[str, object], today: date, words: Words) -> Clause:
    day, low, high = row["date"], row["aqi_low"], row["aqi_high"]
    assert isinstance(day, date)
    text = words(
        "sentence.range",
        when=when(day, today, words) if day - today <= timedelta(days=2) else words.weekday(day),
        date=words.short(day),
        range=span(low, high),  # type: ignore[arg-type]
        level=level_span(low, high, words),  # type: ignore[arg-type]
    )
    if row["primary"] in (None, "none"):
        return Clause(text + words("sentence.no_primary"), row_id(day))
    return Clause(text + words("sentence.primary", pollutant=words(f"air.{row['primary']}")), row_id(day))


def _triggers(triggers: pl.DataFrame | None, days: int, words: Words) -> list[Clause]:
    """The likeliest warning condition, where it is worth a clause."""
    known = pl.DataFrame() if triggers is None or triggers.is_empty() else triggers.drop_nulls("probability")
    if known.is_empty():
        return []
    best = known.sort("probability", descending=True).row(0, named=True)
    if best["probability"] < TRIGGER:
        return []
    grade = words.either(best["grade_zh"], best["grade_en"])
    return [Clause(words("sentence.trigger", n=days, grade=grade, share=percent(best["probability"])), "triggers")]


def _joined(clauses: Sequence[Clause], words: Words, end: str = "sentence.stop") -> tuple[Clause, ...]:
    """Put the commas and the end."""
    last = len(clauses) - 1
    ends = [words(end if i == last else "sentence.comma") for i in range(len(clauses))]
    return tuple(Clause(clause.text + end, clause.row) for clause, end in zip(clauses, ends, strict=True))
