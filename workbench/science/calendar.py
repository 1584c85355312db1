"""The Chinese calendar as a table: holidays with make-up working days, lunar dates, solar terms, and when it was known.

Days off are *gazetted* once the State Council's notice is out (the package chinesecalendar holds them) and *predicted*
before. A notice comes in October to December for the year after, so a model that looks back must not use it earlier:
`known_at` is the end of the day of publication (`data/reference/holidays.csv`; a year without a row there: 1 December
of the year before, an assumption). Lunar dates and solar terms (1901–2099) come from cnlunar and are always known.

The prediction is the rule that the notice of 12 November 2024 states for every year from 2025: Spring Festival eight
days from New Year's Eve, Labour Day five, National Day seven (eight with Mid-Autumn), the others three days with the
weekend, one when they fall on a Wednesday. Which weekends are worked in exchange it does not say: none are predicted.
"""

from collections.abc import Iterator
from datetime import date, datetime, timedelta
from functools import lru_cache
from itertools import pairwise
from zoneinfo import ZoneInfo

import polars as pl

from workbench.errors import InputError

ZONE = ZoneInfo("Asia/Shanghai")
STATED = date(2024, 11, 12)
"""The day on which the rule of 2025 was published."""

_DAY = timedelta(days=1)
_PAD = timedelta(days=20)  # longer than any break: a break that begins before the first day asked is counted whole


def calendar(
    start: date, end: date, notices: pl.DataFrame | None = None, as_of: datetime | None = None
) -> pl.DataFrame:
    """One row a day from `start` to `end`, both included.

    `date`; `holiday` (Chinese name, also on the weekend days inside the break; null outside), `day_of_holiday` (1 on
    the first day off of the break) and `holiday_length`; `workday`; `makeup` (a weekend day that is worked); `status`
    ("gazetted" or "predicted") and `known_at` of all these; `lunar_year, lunar_month, lunar_day, lunar_leap` (in a
    leap month); `solar_term` (on its first day, else null).

    `notices`: the reference table `holidays`. With `as_of`, days whose notice came later are predicted, as they would
    have been then. InputError outside 1901–2099 or when `end` is before `start`.
    """
    if not date(1901, 3, 1) <= start <= end <= date(2099, 11, 30):
        raise InputError(f"no calendar from {start} to {end}", "ask for days in order, from 1901-03-01 to 2099-11-30")
    days = [start - _PAD + k * _DAY for k in range((end - start + 2 * _PAD).days + 1)]
    official, spans = _official(notices), _spans(notices)
    rows = []
    for day in days:
        known = _published(day, spans)
        gazetted = official.get(day.year) if as_of is None or known <= as_of else None
        name, worked = (gazetted or _predicted(day.year, _old_rule(day, as_of))).get(day, (None, False))
        if gazetted is None:
            known = datetime(day.year - 1, 1, 1, tzinfo=ZONE)
        rows.append((day, name, worked, "predicted" if gazetted is None else "gazetted", known, *_lunar(day.year)[day]))
    lunar = ["lunar_year", "lunar_month", "lunar_day", "lunar_leap", "solar_term"]
    table = pl.DataFrame(
        rows,
        schema=["date", "_name", "makeup", "status", "known_at", *lunar],
        orient="row",
        schema_overrides={"_name": pl.String, "known_at": pl.Datetime("us", "UTC"), "solar_term": pl.String},
    )
    return (
        _with_breaks(table)
        .select(
            "date", "holiday", "day_of_holiday", "holiday_length", "workday", "makeup", "status", "known_at", *lunar
        )
        .filter(pl.col("date").is_between(start, end))
    )


def _with_breaks(table: pl.DataFrame) -> pl.DataFrame:
    """Mark runs of days off that hold a holiday, and count through them."""
    off = pl.col("_name").is_not_null() | ((pl.col("date").dt.weekday() >= 6) & ~pl.col("makeup"))
    table = table.with_columns(workday=~off, _run=off.rle_id())
    name = pl.col("_name").forward_fill().backward_fill().over("_run")
    inside = ~pl.col("workday") & name.is_not_null()
    return table.with_columns(
        holiday=pl.when(inside).then(name),
        day_of_holiday=pl.when(inside).then(pl.int_range(1, pl.len() + 1).over("_run")).cast(pl.Int32),
        holiday_length=pl.when(inside).then(pl.len().over("_run")).cast(pl.Int32),
    )


def _published(day: date, spans: list[tuple[date, date, date]]) -> datetime:
    """When the days off around a day became known: the latest notice that covers it."""
    found = max((known for first, last, known in spans if first <= day <= last), default=date(day.year - 1, 12, 1))
    return datetime(found.year, found.month, found.day, tzinfo=ZONE) + _DAY


def _spans(notices: pl.DataFrame | None) -> list[tuple[date, date, date]]:
    """First day, last day and date of publication of every notice."""
    return [] if notices is None else notices.filter(kind="notice").select("start", "end", "known_on").rows()


def _official(notices: pl.DataFrame | None) -> dict[int, dict[date, tuple[str | None, bool]]]:
    """Year → day → (holiday, worked) of every year that has been gazetted."""
    years: dict[int, dict[date, tuple[str | None, bool]]] = {}
    for day, entry in _package().items():
        years.setdefault(day.year, {})[day] = entry
    if notices is not None:
        for first, last, kind, name in notices.select("start", "end", "kind", "holiday").iter_rows():
            for k in range((last - first).days + 1 if kind != "notice" else 0):
                day = first + k * _DAY
                years.setdefault(day.year, {})[day] = (name, False) if kind == "off" else (None, True)
    return years


@lru_cache(maxsize=1)
def _package() -> dict[date, tuple[str | None, bool]]:
    from chinese_calendar import Holiday, holidays, workdays

    names = {each.value: each.chinese for each in Holiday}
    names["Anti-Fascist 70th Day"] = "抗战胜利纪念日"  # the package spells it out in full
    return {day: (names[name], False) for day, name in holidays.items()} | dict.fromkeys(workdays, (None, True))


def _old_rule(day: date, as_of: datetime | None) -> bool:
    """Whether the breaks of a year are guessed as they were before the rule of 2025."""
    return day.year < 2025 or (as_of is not None and as_of.astimezone(ZONE).date() <= STATED)


@lru_cache(maxsize=256)
def _predicted(year: int, old: bool) -> dict[date, tuple[str | None, bool]]:
    """The days off of a year by rule. New Year's break of the next year may begin in this one's December."""
    found: dict[date, tuple[str | None, bool]] = {}
    for name, first, length in (*_breaks(year, old), *(b for b in _breaks(year + 1, old) if b[0] == "元旦")):
        for k in range(length):
            found.setdefault(first + k * _DAY, (name, False))
    return {day: entry for day, entry in found.items() if day.year == year}


def _breaks(year: int, old: bool) -> Iterator[tuple[str, date, int]]:
    """Name, first day and length of each break of a year by rule."""
    lunar = {(month, day): when for when, (_, month, day, leap, _) in _lunar(year).items() if not leap}
    pure_brightness = next(when for when, facts in _lunar(year).items() if facts[4] == "清明")
    autumn, national = lunar[8, 15], date(year, 10, 1)
    together = timedelta(days=-3) < autumn - national < timedelta(days=8)
    yield "元旦", *_bridged(date(year, 1, 1))
    yield "春节", lunar[1, 1] - _DAY, 7 if old else 8
    yield "清明", *_bridged(pure_brightness)
    yield ("劳动节", *_bridged(date(year, 5, 1))) if year < 2020 else ("劳动节", date(year, 5, 1), 5)
    yield "端午", *_bridged(lunar[5, 5])
    if not together:
        yield "中秋", *_bridged(autumn)
    yield "国庆节", min(autumn, national) if together else national, 8 if together else 7


def _bridged(day: date) -> tuple[date, int]:
    """The three days around a one-day holiday: with the weekend next to it, alone on a Wednesday.

    >>> _bridged(date(2026, 4, 5)), _bridged(date(2025, 1, 1))
    ((datetime.date(2026, 4, 4), 3), (datetime.date(2025, 1, 1), 1))
    """
    back = {0: 2, 1: 2, 2: 0, 3: 0, 4: 0, 5: 0, 6: 1}[day.weekday()]
    return day - back * _DAY, 1 if day.weekday() == 2 else 3


Facts = tuple[int, int, int, bool, str | None]
"""Lunar year, month, day, whether in a leap month, and the solar term that begins."""


@lru_cache(maxsize=256)
def _lunar(year: int) -> dict[date, Facts]:
    """Lunar date and solar term of every day of a year; cnlunar is asked twice a lunar month, not once a day."""
    from cnlunar import Lunar

    def ask(day: date) -> Lunar:
        return Lunar(datetime(day.year, day.month, day.day))  # noqa: DTZ001 – cnlunar takes a naive Beijing time

    first = ask(date(year, 1, 1))
    terms = {date(year, *when): name for name, when in first.thisYearSolarTermsDic.items()}
    begins = [date(year, 1, 1) - (first.lunarDay - 1) * _DAY]
    while begins[-1].year <= year:
        begins.append(begins[-1] + (29 if ask(begins[-1] + 29 * _DAY).lunarDay == 1 else 30) * _DAY)
    found: dict[date, Facts] = {}
    for begin, following in pairwise(begins):
        month = ask(max(begin, date(year, 1, 1)))
        for k in range((following - begin).days):
            day = begin + k * _DAY
            if day.year == year:
                found[day] = (month.lunarYear, month.lunarMonth, k + 1, month.isLunarLeapMonth, terms.get(day))
    return found
