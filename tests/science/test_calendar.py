"""The calendar against published dates: festivals, solar terms, notices, and what was known when."""

from datetime import UTC, date, datetime

import polars as pl
import pytest

from workbench.errors import InputError
from workbench.science.calendar import _predicted, calendar
from workbench.settings import PROJECT

NOTICES = pl.read_csv(PROJECT / "data/reference/holidays.csv", try_parse_dates=True)

SPRING_FESTIVAL = [
    date(2015, 2, 19), date(2016, 2, 8), date(2017, 1, 28), date(2018, 2, 16), date(2019, 2, 5), date(2020, 1, 25),
    date(2021, 2, 12), date(2022, 2, 1), date(2023, 1, 22), date(2024, 2, 10), date(2025, 1, 29), date(2026, 2, 17),
    date(2027, 2, 6), date(2028, 1, 26),
]  # fmt: skip
LEAP_MONTHS = {2017: 6, 2020: 4, 2023: 2, 2025: 6, 2028: 5}

TERMS = """
小寒 01-05 01-05,大寒 01-20 01-20,立春 02-04 02-04,雨水 02-18 02-19,惊蛰 03-05 03-06,春分 03-20 03-21,清明 04-05 04-05,
谷雨 04-20 04-20,立夏 05-05 05-06,小满 05-21 05-21,芒种 06-05 06-06,夏至 06-21 06-21,小暑 07-07 07-07,大暑 07-23 07-23,
立秋 08-07 08-08,处暑 08-23 08-23,白露 09-07 09-08,秋分 09-23 09-23,寒露 10-08 10-08,霜降 10-23 10-23,立冬 11-07 11-07,
小雪 11-22 11-22,大雪 12-07 12-07,冬至 12-22 12-22
"""  # term, 2026, 2027: Purple Mountain Observatory dates in Beijing time

OFF_2026 = {  # the notice of 4 November 2025
    "元旦": (date(2026, 1, 1), 3), "春节": (date(2026, 2, 15), 9), "清明": (date(2026, 4, 4), 3),
    "劳动节": (date(2026, 5, 1), 5), "端午": (date(2026, 6, 19), 3), "中秋": (date(2026, 9, 25), 3),
    "国庆节": (date(2026, 10, 1), 7),
}  # fmt: skip
WORK_2026 = [date(2026, *d) for d in ((1, 4), (2, 14), (2, 28), (5, 9), (9, 20), (10, 10))]


@pytest.fixture(scope="module")
def years() -> pl.DataFrame:
    return calendar(date(2013, 1, 1), date(2028, 12, 31), NOTICES)


def test_spring_festival_and_leap_months_of_published_years(years: pl.DataFrame) -> None:
    first = years.filter(lunar_month=1, lunar_day=1, lunar_leap=False)["date"].to_list()
    assert first[2:] == SPRING_FESTIVAL
    leaps = (
        years.filter(pl.col("lunar_leap"), pl.col("lunar_year") >= 2015).select("lunar_year", "lunar_month").unique()
    )
    assert dict(leaps.rows()) == LEAP_MONTHS


def test_other_lunar_festivals(years: pl.DataFrame) -> None:
    for month, day, expected in (
        (5, 5, [date(2026, 6, 19), date(2027, 6, 9)]),
        (8, 15, [date(2026, 9, 25), date(2027, 9, 15)]),
        (9, 9, [date(2026, 10, 18), date(2027, 10, 8)]),
    ):
        found = years.filter(pl.col("lunar_year").is_in([2026, 2027]), ~pl.col("lunar_leap"))
        assert found.filter(lunar_month=month, lunar_day=day)["date"].to_list() == expected


def test_lunar_days_count_up_without_a_gap(years: pl.DataFrame) -> None:
    step = years.select(pl.col("lunar_day").diff().drop_nulls(), length=pl.col("lunar_day").shift(1).drop_nulls())
    assert (
        step.filter(pl.col("lunar_day") != 1).select((pl.col("length") + pl.col("lunar_day")).is_in([1]).all()).item()
    )
    assert set(step.filter(pl.col("lunar_day") != 1)["length"]) == {29, 30}


def test_solar_terms_of_two_published_years(years: pl.DataFrame) -> None:
    published = []
    for line in TERMS.replace("\n", "").split(","):
        name, *days = line.split()
        published += [(date.fromisoformat(f"{year}-{day}"), name) for year, day in zip((2026, 2027), days, strict=True)]
    found = years.filter(pl.col("solar_term").is_not_null(), pl.col("date").dt.year().is_in([2026, 2027]))
    assert sorted(published) == found.select("date", "solar_term").rows()


def test_the_breaks_of_the_notice_for_2026(years: pl.DataFrame) -> None:
    this = years.filter(pl.col("date").dt.year() == 2026)
    breaks = this.filter(day_of_holiday=1)
    assert {n: (d, k) for n, d, k in breaks.select("holiday", "date", "holiday_length").rows()} == OFF_2026
    assert this.filter(pl.col("makeup"))["date"].to_list() == WORK_2026
    assert this.filter(pl.col("makeup"))["workday"].all()
    assert this["status"].unique().to_list() == ["gazetted"]
    assert this["known_at"].unique().to_list() == [datetime(2025, 11, 4, 16, tzinfo=UTC)]


def test_a_break_is_counted_from_its_first_day_even_where_the_table_begins_inside_it() -> None:
    row = calendar(date(2026, 2, 18), date(2026, 2, 18), NOTICES).row(0, named=True)
    assert (row["holiday"], row["day_of_holiday"], row["holiday_length"]) == ("春节", 4, 9)


def test_a_leap_month_does_not_move_a_festival(years: pl.DataFrame) -> None:
    boat = years.filter(pl.col("holiday") == "端午", pl.col("date").dt.year() == 2028)["date"].to_list()
    assert boat == [date(2028, 5, 27), date(2028, 5, 28), date(2028, 5, 29)]  # the fifth month comes twice


def test_the_rule_of_2025_is_not_used_before_it_was_stated() -> None:
    day = date(2025, 2, 4)  # the eighth day from New Year's Eve
    before = calendar(day, day, NOTICES, as_of=datetime(2024, 6, 1, tzinfo=UTC)).row(0, named=True)
    assert (before["status"], before["workday"]) == ("predicted", True)
    assert calendar(day, day, NOTICES)["workday"].item() is False


def test_a_weekend_beside_a_holiday_belongs_to_the_break(years: pl.DataFrame) -> None:
    days = years.filter(pl.col("date").is_between(date(2024, 6, 7), date(2024, 6, 11)))
    assert days["day_of_holiday"].to_list() == [None, 1, 2, 3, None]  # Dragon Boat, Monday 10 June 2024
    assert days["holiday"].to_list() == [None, "端午", "端午", "端午", None]
    ordinary = years.filter(pl.col("date") == date(2024, 6, 22))
    assert ordinary.select("workday", "holiday").rows() == [(False, None)]


def test_a_year_that_is_not_gazetted_is_predicted_by_the_stated_rule(years: pl.DataFrame) -> None:
    next_year = years.filter(pl.col("date").dt.year() == 2027)
    assert next_year["status"].unique().to_list() == ["predicted"]
    assert not next_year["makeup"].any()
    breaks = {
        (n, d): k for n, d, k in next_year.filter(day_of_holiday=1).select("holiday", "date", "holiday_length").rows()
    }
    assert breaks["春节", date(2027, 2, 5)] >= 8  # from New Year's Eve
    statutory = [
        (1, 1),
        *((2, d) for d in (5, 6, 7, 8)),
        (4, 5),
        (5, 1),
        (5, 2),
        (6, 9),
        (9, 15),
        *((10, d) for d in (1, 2, 3)),
    ]
    assert next_year.filter(pl.col("date").is_in([date(2027, *d) for d in statutory]))["holiday"].null_count() == 0


def test_the_rule_finds_the_days_off_that_were_gazetted_later(years: pl.DataFrame) -> None:
    """Blind to the notices: every weekday off of 2025 and 2026, and all but eleven days of the ten years before."""
    wrong = {}
    for year in range(2015, 2027):
        truth = years.filter(pl.col("date").dt.year() == year, ~pl.col("workday"), pl.col("date").dt.weekday() < 6)[
            "date"
        ]
        guess = {day for day in _predicted(year, old=year < 2025) if day.weekday() < 5}
        wrong[year] = len(guess ^ set(truth))
    assert wrong == dict.fromkeys(range(2015, 2027), 0) | {2015: 3, 2019: 2, 2020: 1, 2022: 1, 2023: 2, 2024: 2}
    guess = calendar(date(2026, 1, 1), date(2026, 12, 31), NOTICES, as_of=datetime(2025, 10, 1, tzinfo=UTC))
    assert guess["status"].unique().to_list() == ["predicted"]


def test_nothing_is_known_before_its_notice(years: pl.DataFrame) -> None:
    may = calendar(date(2019, 4, 25), date(2019, 5, 10), NOTICES)
    assert may.filter(holiday="劳动节")["date"].len() == 4
    assert may.filter(date=date(2019, 5, 2))["known_at"].item() == datetime(2019, 3, 22, 16, tzinfo=UTC)
    early = calendar(date(2019, 4, 25), date(2019, 5, 10), NOTICES, as_of=datetime(2019, 3, 1, tzinfo=UTC))
    assert early.filter(date=date(2019, 5, 2)).select("status", "workday").rows() == [("predicted", True)]
    assert early.filter(pl.col("known_at") > datetime(2019, 3, 1, tzinfo=UTC)).is_empty()
    assert years.filter(pl.col("known_at").dt.date() >= pl.col("date")).is_empty()


def test_without_the_notices_the_first_of_december_is_assumed() -> None:
    row = calendar(date(2026, 5, 1), date(2026, 5, 1)).row(0, named=True)
    assert (row["status"], row["known_at"]) == ("gazetted", datetime(2025, 12, 1, 16, tzinfo=UTC))


def test_a_new_notice_is_a_few_rows_in_the_reference_table() -> None:
    rows = pl.DataFrame(
        [
            (date(2027, 1, 1), date(2027, 12, 31), "notice", None, date(2026, 11, 25)),
            (date(2027, 2, 5), date(2027, 2, 12), "off", "春节", date(2026, 11, 25)),
            (date(2027, 2, 20), date(2027, 2, 20), "work", "春节", date(2026, 11, 25)),
        ],
        schema=["start", "end", "kind", "holiday", "known_on"],
        orient="row",
    )
    days = calendar(date(2027, 2, 1), date(2027, 2, 28), pl.concat([NOTICES, rows], how="diagonal"))
    assert days["status"].unique().to_list() == ["gazetted"]
    assert days.filter(pl.col("makeup"))["date"].to_list() == [date(2027, 2, 20)]
    assert days.filter(day_of_holiday=1).select("date", "holiday_length").rows() == [(date(2027, 2, 5), 10)]


def test_agrees_with_the_package_on_every_working_day(years: pl.DataFrame) -> None:
    import chinese_calendar

    known = years.filter(pl.col("status") == "gazetted")
    assert known["workday"].to_list() == [chinese_calendar.is_workday(day) for day in known["date"]]
    assert known["date"].max() == date(2026, 12, 31)


def test_days_out_of_range_are_refused() -> None:
    with pytest.raises(InputError, match="no calendar from 1850-01-01 to 1850-01-02"):
        calendar(date(1850, 1, 1), date(1850, 1, 2))
    with pytest.raises(InputError, match="no calendar"):
        calendar(date(2026, 1, 2), date(2026, 1, 1))
