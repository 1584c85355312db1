"""The embedded sample county's visitors — 示意数据（非实测): invented, seeded, shaped like published figures.

Level: 2.563 million ticketed visitors in 2024, 32 % more than the year before (county head, 2025-06-26), slower growth
since; all visitors are some eight times as many. Shape: few in December and January, many in summer and autumn,
holidays several times an ordinary day. The scenic areas exist; how many came to which, and what each can hold, is
invented: no capacity of theirs has been published. Rain of the sample county's sky keeps people at home. A week
entered as one figure, missing days, a day entered twice and a closed season are put in on purpose.
"""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

import numpy as np
import polars as pl

from pipelines.sample import _sky as sky
from workbench.science.holidays import inside, placed

SEED = 500236  # the county's division code, and the seed of its sky
ZONE = ZoneInfo("Asia/Shanghai")
FIRST = date(2023, 5, 1)
LEAD = 8  # days for which people book ahead
BASIS = "示意（未见公布）"
AREAS = pl.DataFrame(
    {
        "area": ["baidicheng", "sanxia", "tiankeng", "maocaoba"],
        "name_zh": ["白帝城·瞿塘峡", "三峡之巅", "天坑地缝", "茅草坝"],
        "name_en": ["Baidicheng and Qutang Gorge", "Summit of the Three Gorges", "Tiankeng and Difeng", "Maocaoba"],
        "grade": ["5A", "4A", "4A", "3A"],
        "place": ["fengjie"] * 4,
        "longitude": [109.57, 109.55, 109.47, 109.65],
        "latitude": [31.04, 31.03, 30.75, 30.62],
    }
)
DAILY = {"baidicheng": 2700.0, "sanxia": 1750.0, "tiankeng": 1350.0, "maocaoba": 1200.0}
MONTHLY = np.array([0.45, 0.7, 0.85, 1.1, 1.1, 0.95, 1.35, 1.45, 1.05, 1.35, 0.85, 0.55])
WINTER = np.array([1.5, 1.3, 0.4, 0.2, 0.2, 0.2, 0.2, 0.2, 0.2, 0.2, 0.6, 1.3])
WEEK = np.array([0.86, 0.84, 0.85, 0.9, 1.0, 1.42, 1.28])
GROWTH = {2023: 0.757, 2024: 1.0, 2025: 1.1, 2026: 1.17, 2027: 1.2}
PEAK = {"春节": (2.2, 3.6, 4.4, 4.2, 3.4), "国庆节": (4.2, 5.6, 5.2, 4.4, 3.2), "劳动节": (3.4, 4.6, 3.8, 2.6, 1.8)}
SHORT = (2.0, 2.3, 1.5)
HOURS = np.array([0.06, 0.12, 0.17, 0.16, 0.1, 0.09, 0.12, 0.1, 0.06, 0.02])  # entries 08–09 … 17–18
EVENTS = (
    ("第六届橙博会", "6th Orange Fair", date(2024, 12, 12), date(2024, 12, 16), date(2024, 11, 20)),
    ("第七届橙博会（示意）", "7th Orange Fair (sample)", date(2025, 12, 12), date(2025, 12, 16), date(2025, 11, 20)),
    ("第八届橙博会（示意）", "8th Orange Fair (sample)", date(2026, 12, 4), date(2026, 12, 8), date(2026, 9, 28)),
)


@dataclass(frozen=True)
class Course:
    """Days from FIRST and, by area, the visitors that come on them, beyond today too."""

    days: list[date]
    counts: dict[str, np.ndarray]


def tables(until: datetime) -> dict[str, pl.DataFrame]:
    """Rows in contract columns up to `until` (an aware moment); later calls only add.

    >>> from datetime import UTC
    >>> made = tables(datetime(2026, 3, 2, tzinfo=UTC))
    >>> made["visitors_daily"].filter(area="tiankeng", date=date(2024, 10, 7)).select("days").item()
    7
    """
    today = until.astimezone(ZONE).date()
    course = run(today + timedelta(days=LEAD + 1))
    number = (today - FIRST).days  # the running day is not over
    return {
        "scenic_areas": AREAS,
        "visitors_daily": daily(course, number),
        "visitors_hourly": hourly(course, number),
        "visitors_reported": reported(course, number),
        "bookings": bookings(course, number, until),
        "area_capacities": capacities(),
        "area_closures": closures(today),
        "tourism_events": events(today),
        "search_interest": interest(course, number),
    }


def run(last: date) -> Course:
    """What comes, by season, weekday, holiday, rain, event and chance; a path is the same however far it is drawn."""
    days = [FIRST + timedelta(days=k) for k in range((last - FIRST).days + 1)]
    place = placed(days[0], days[-1])
    free = place.select(inside().alias("in"))["in"].to_numpy()
    month = np.array([day.month - 1 + (day.day - 15) / 30 for day in days])
    rain = wet(days)
    week = np.array([WEEK[day.weekday()] for day in days])
    week[place["makeup"].to_numpy()] = 0.8
    lift = np.array([lifted(*row) for row in place.select("festival", "nth", "length", "back").iter_rows()])
    grown = np.array([GROWTH.get(day.year, 1.2) for day in days])
    held = np.array([1.3 if any(start <= day <= end for _, _, start, end, _ in EVENTS) else 1.0 for day in days])
    counts = {}
    for rng, (area, level) in zip(np.random.default_rng(SEED).spawn(len(DAILY)), DAILY.items(), strict=True):
        season = np.interp(month, np.arange(-1, 13), np.concatenate([(s := seasons(area))[-1:], s, s[:1]]))
        noise = 0.16 * sky.remember(rng.standard_normal(len(days)), 4.0) + 0.08 * rng.standard_normal(len(days))
        value = level * grown * season * np.where(free | (lift != 1), lift, week) * held
        value = value * np.exp(noise - 0.02 * np.clip(rain, 0, 25))
        shut = np.array([area == "maocaoba" and not winter(day) for day in days])
        counts[area] = np.where(shut, 0.0, np.round(value))
    return Course(days, counts)


def seasons(area: str) -> np.ndarray:
    """The monthly shape of an area."""
    return WINTER if area == "maocaoba" else MONTHLY


def winter(day: date) -> bool:
    """Whether the ski season is on."""
    return day >= date(day.year, 12, 5) or day <= date(day.year, 3, 10)


def wet(days: list[date]) -> np.ndarray:
    """Daytime rain in mm of the sample county's sky."""
    first = (days[0] - sky.EPOCH.date()).days * 24 - 8
    hours = first + np.arange(24 * len(days)) + 1
    fallen = sky.weather(sky.regimes(int(hours[-1]) + 1, SEED).at(hours), hours)["precipitation"]
    return np.asarray(fallen.reshape(len(days), 24)[:, 7:19].sum(axis=1))


def lifted(festival: str | None, nth: int | None, length: int | None, back: int | None) -> float:
    """What a place in a holiday does to an ordinary day of the season."""
    if festival is None or nth is None or length is None or back is None:
        return 1.0
    if nth < 1:
        return 1.15 if nth == 0 else 1.0
    if back < 1:
        return 0.9
    if festival not in PEAK:
        return SHORT[min(nth, 3) - 1]
    way = np.interp(np.linspace(0, 1, max(length, 2)), np.linspace(0, 1, len(PEAK[festival])), PEAK[festival])
    return float(way[nth - 1])


def daily(course: Course, number: int) -> pl.DataFrame:
    """Ticketed visitors; with the faults."""
    frames = [
        pl.DataFrame({"area": area, "date": course.days[:number], "visitors": values[:number]})
        for area, values in course.counts.items()
    ]
    rows = pl.concat(frames).with_columns(definition=pl.lit("ticketed"), days=pl.lit(None, pl.Int64))
    rows = rows.filter(~((pl.col("area") == "maocaoba") & (pl.col("visitors") == 0)))
    week = (pl.col("area") == "tiankeng") & pl.col("date").is_between(date(2024, 10, 1), date(2024, 10, 7))
    whole = rows.filter(week).select(pl.col("visitors").sum()).item()
    last = pl.col("date") == date(2024, 10, 7)
    rows = rows.filter(~week | last).with_columns(
        visitors=pl.when(week & last).then(whole).otherwise("visitors"),
        days=pl.when(week & last).then(7).otherwise("days"),
    )
    gone = (pl.col("area") == "sanxia") & pl.col("date").is_between(date(2025, 6, 17), date(2025, 6, 19))
    twice = rows.filter(area="baidicheng", date=date(2025, 9, 3)).with_columns(pl.col("visitors") + 310)
    return pl.concat([twice, rows.filter(~gone)]).with_columns(income=(pl.col("visitors") * 0.0085).round(2))


def hourly(course: Course, number: int) -> pl.DataFrame:
    """Entries by hour and people inside over the last sixty days, at the two areas whose gates count."""
    frames = []
    for area in ("baidicheng", "sanxia"):
        for k in range(max(0, number - 60), number):
            entered = np.round(course.counts[area][k] * HOURS)
            inside_now = np.convolve(entered, np.ones(3))[: len(entered)]  # a visit takes three hours
            begin = datetime.combine(course.days[k], datetime.min.time()) + timedelta(hours=9)
            stamps = [begin + timedelta(hours=h) for h in range(len(entered))]
            frames.append(pl.DataFrame({"area": area, "time": stamps, "visitors": entered, "inside": inside_now}))
    made = pl.concat(frames)
    local = pl.col("time").dt.cast_time_unit("us").dt.replace_time_zone("Asia/Shanghai")
    return made.with_columns(time=local.dt.convert_time_zone("UTC"))


def reported(course: Course, number: int) -> pl.DataFrame:
    """Monthly figures of the whole county under the two wider definitions."""
    whole = sum(values[:number] for values in course.counts.values())
    rows = pl.DataFrame({"date": course.days[:number], "visitors": whole})
    months = rows.group_by_dynamic("date", every="1mo").agg(pl.col("visitors").sum(), n=pl.len())
    ends = pl.col("date").dt.month_end()
    months = months.filter(pl.col("n") == ends.dt.day()).with_columns(start="date", end=ends)
    parts = [
        months.select(
            "start",
            "end",
            area=pl.lit("county"),
            definition=pl.lit(kind),
            visitors=(pl.col("visitors") * times / 100).round() * 100,
        )
        for kind, times in (("all", 8.2), ("overnight", 0.55))
    ]
    return pl.concat(parts)


def bookings(course: Course, number: int, until: datetime) -> pl.DataFrame:
    """Reservations so far, counted every evening at 17:00, over the last 400 days."""
    rng = np.random.default_rng(SEED + 3)
    wobble = rng.standard_normal((len(course.days) + 4000, LEAD)) * 0.12
    share = 0.62 * np.exp(-0.42 * np.arange(LEAD))
    evening = until.astimezone(ZONE).hour >= 17
    rows = []
    for area in ("baidicheng", "sanxia"):
        for k in range(max(LEAD, number - 400), min(number + LEAD, len(course.days))):
            for lead in range(LEAD):
                if k - lead < number + evening:
                    told = np.round(course.counts[area][k] * share[lead] * np.exp(wobble[k, lead]))
                    rows.append((area, course.days[k], course.days[k - lead], told, np.round(told * 0.8)))
    frame = pl.DataFrame(rows, schema=["area", "date", "counted_at", "reserved", "sold"], orient="row")
    at = pl.col("counted_at").cast(pl.Datetime("us")).dt.offset_by("17h").dt.replace_time_zone("Asia/Shanghai")
    return frame.with_columns(counted_at=at.dt.convert_time_zone("UTC"))


def capacities() -> pl.DataFrame:
    """What each area can hold; one has none determined, one had its own raised."""
    names = ["daily_max", "daily_best", "instant_max", "instant_best", "car_places"]
    rows = [
        ("baidicheng", date(2023, 1, 1), None, 20000.0, 12000.0, 6500.0, 4000.0, 900.0, 8.5, 3.0, 3.2, 0.5),
        ("sanxia", date(2023, 1, 1), None, 13000.0, 8000.0, None, None, 420.0, 8.5, 3.5, 3.2, 0.45),
        ("tiankeng", date(2023, 1, 1), date(2025, 12, 31), 7000.0, 4500.0, 2600.0, 1600.0, 500.0, 9.0, 4.0, 3.2, 0.6),
        ("tiankeng", date(2026, 1, 1), None, 9000.0, 6000.0, 3200.0, 2000.0, 650.0, 9.0, 4.0, 3.2, 0.6),
        ("maocaoba", date(2023, 1, 1), None, None, None, None, None, 600.0, 8.0, 5.0, 3.2, 0.8),
    ]
    head = ["area", "valid_from", "valid_to", *names, "open_hours", "stay_hours", "people_a_car", "car_share"]
    return pl.DataFrame(rows, schema=head, orient="row").with_columns(basis=pl.lit(BASIS), document=pl.lit(BASIS))


def closures(today: date) -> pl.DataFrame:
    """The ski area outside its season, and a flood."""
    rows = [("tiankeng", date(2025, 7, 8), date(2025, 7, 10), date(2025, 7, 7), "汛期闭园（示意）")]
    for year in range(FIRST.year, today.year + 1):
        start = max(FIRST, date(year, 3, 11))
        rows.append(("maocaoba", start, date(year, 12, 4), min(start, date(year, 3, 1)), "非雪季闭园（示意）"))
    frame = pl.DataFrame(rows, schema=["area", "start", "end", "known_on", "reason"], orient="row")
    return frame.filter(pl.col("known_on") <= today)


def events(today: date) -> pl.DataFrame:
    """Fairs of the whole county, and what changed its level."""
    rows = [(zh, en, start, end, known, "fair", "示意") for zh, en, start, end, known in EVENTS if known <= today]
    opened = date(2022, 6, 20)
    rows.append(("郑渝高铁开通", "Zhengzhou–Chongqing railway opens", opened, opened, opened, "break", "wap.rexun.cn"))
    head = ["event", "name_en", "start", "end", "known_on", "kind", "source"]
    return pl.DataFrame(rows, schema=head, orient="row").with_columns(area=pl.lit(None, pl.String))


def interest(course: Course, number: int) -> pl.DataFrame:
    """A search index that rises two days before people come."""
    rng = np.random.default_rng(SEED + 4)
    whole = np.asarray(sum(course.counts.values()))
    seen = np.roll(whole, -2)[: number - 2] * 0.4 * np.exp(0.1 * rng.standard_normal(len(whole) + 4000)[: number - 2])
    return pl.DataFrame({"term": "奉节 白帝城", "date": course.days[: number - 2], "index": np.round(seen)})
