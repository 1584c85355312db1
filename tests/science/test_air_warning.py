"""Warning conditions over several days: runs are joint over the days of a path."""

from datetime import date, timedelta

import polars as pl
from hypothesis import given, settings
from hypothesis import strategies as st

from workbench.science.air_warning import trigger_chances
from workbench.settings import PROJECT

TRIGGERS = pl.read_csv(PROJECT / "data/reference/air_warning_triggers.csv", try_parse_dates=True)
CITY = TRIGGERS.filter(plan="chongqing_2022")


def days(*paths: list[float | None], measure: str = "aqi", first: date = date(2026, 11, 24)) -> pl.DataFrame:
    rows = [("a", k, first + timedelta(days=d), y) for k, path in enumerate(paths) for d, y in enumerate(path)]
    frame = pl.DataFrame(rows, schema=["station", "path", "date", measure], orient="row")
    other = {m: pl.lit(0.0) for m in ("aqi", "pm2_5", "o3_8h") if m != measure}
    return frame.with_columns(**other)


def chances(frame: pl.DataFrame, triggers: pl.DataFrame = CITY) -> dict[str, float | None]:
    return dict(trigger_chances(frame, triggers).select("grade_en", "probability").iter_rows())


def test_a_run_of_days_is_needed_on_one_and_the_same_path() -> None:
    frame = days([201, 201, 201, 50], [201, 50, 201, 201], [50, 50, 50, 50], [50, 50, 50, 201])
    assert chances(frame) == {"yellow": 0.75, "orange": 0.25, "red": None}


def test_particles_need_two_days_and_one_of_three_above_one_hundred_and_fifty_for_orange() -> None:
    frame = days([116, 116, 0], [116, 116, 116], [116, 151, 116], [151, 0, 151], measure="pm2_5")
    assert chances(frame) == {"yellow": 0.75, "orange": 0.25, "red": None}


def test_ozone_has_limits_of_its_own() -> None:
    assert chances(days([216, 216, 266], [215, 215, 215], measure="o3_8h")) == {
        "yellow": 0.5,
        "orange": 0.5,
        "red": None,
    }


def test_an_unknown_grade_has_no_number() -> None:
    out = trigger_chances(days([500.0] * 4), CITY).filter(grade_en="red")
    assert out.select("known", "probability").rows() == [(False, None)]


def test_no_polluted_path_is_a_chance_of_zero() -> None:
    assert chances(days([50.0, 60.0])) == {"yellow": 0.0, "orange": 0.0, "red": None}


def test_a_missing_day_breaks_a_run() -> None:
    assert chances(days([201, None, 201, 201]))["orange"] == 0.0
    gap = days([201, 201, 201, 201]).filter(pl.col("date") != date(2026, 11, 25))
    assert chances(gap)["orange"] == 0.0


def test_a_run_that_has_begun_counts_from_its_beginning() -> None:
    """Two measured days above 200, then one on half the paths: a run of three. One that has ended is over."""
    frame = days([201, 50], [50, 50])
    before = days([50, 201, 201], first=date(2026, 11, 21)).drop("path")
    assert dict(chances_after(frame, before)) == {"yellow": 0.5, "orange": 0.5, "red": None}
    over = days([201, 201, 201], first=date(2026, 11, 21)).drop("path")
    assert chances_after(days([50, 50], [50, 50]), over) == {"yellow": 0.0, "orange": 0.0, "red": None}
    assert chances_after(frame, before) != chances(frame)


def chances_after(frame: pl.DataFrame, measured: pl.DataFrame) -> dict[str, float | None]:
    return dict(trigger_chances(frame, CITY, measured).select("grade_en", "probability").iter_rows())


def test_the_plan_in_force_on_the_first_day_is_used() -> None:
    now = trigger_chances(days([50.0]), TRIGGERS)["plan"].unique().sort().to_list()
    assert now == ["chongqing_2022", "national_2024"]
    old = trigger_chances(days([50.0], first=date(2020, 1, 1)), TRIGGERS)["plan"].unique().to_list()
    assert old == ["chongqing_2018"]
    assert trigger_chances(days([50.0], first=date(2015, 1, 1)), TRIGGERS).is_empty()


def test_the_plan_of_2018_counts_days_anywhere_in_the_run() -> None:
    plan = TRIGGERS.filter(plan="chongqing_2018")
    frame = days(
        [301, 201, 201, 201, 201, 301], [301, 201, 201, 201, 201, 201], [500, 0, 0, 0, 0, 0], first=date(2020, 1, 1)
    )
    assert chances(frame, plan) == {"blue": 1.0, "yellow": 2 / 3, "orange": 2 / 3, "red": 2 / 3}


@settings(max_examples=40, deadline=None)
@given(paths=st.lists(st.lists(st.sampled_from([50, 116, 151]), min_size=6, max_size=6), min_size=1, max_size=5))
def test_agrees_with_a_slow_loop(paths: list[list[float]]) -> None:
    def orange(path: list[float]) -> bool:
        return any(
            all(v > 115 for v in path[a:b]) and any(v > 150 for v in path[a:b])
            for a in range(6)
            for b in range(a + 3, 7)
        )

    assert chances(days(*paths, measure="pm2_5"))["orange"] == sum(map(orange, paths)) / len(paths)
