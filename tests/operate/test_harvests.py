"""The orange harvest on the sample county: cannot see ahead, adds up to the last kilogram, and says what it does not know."""  # noqa: E501

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from pathlib import Path

import polars as pl
import pytest
from polars.testing import assert_frame_equal

from models.oranges import PRODUCTS
from pipelines.sample import oranges as sample
from workbench.errors import MissingData
from workbench.forecast.frames import QUANTILES
from workbench.forecast.season_flow import MONTHS
from workbench.lake.ingest import ingest_frame
from workbench.lake.store import Lake
from workbench.operate import doctor, harvests, issue, verify
from workbench.operate.archive import Archive
from workbench.operate.home import prepare
from workbench.operate.known import Inputs
from workbench.science.harvest import ALL, Change, changed
from workbench.science.harvest import MONTHS as MONTHS_OF_SCIENCE

NOW = datetime(2026, 11, 27, 8, tzinfo=UTC)
POISON = {"orange_weather": ("tmax", "tmin", "rain"), "orange_output": ("output", "bearing_area"),
          "orange_surveys": ("fruit", "diameter"), "orange_weather_ahead": ("tmax", "tmin", "rain"),
          "orange_area": ("area", "trees")}  # fmt: skip


def fill(until: datetime) -> Lake:
    """A lake with the sample county's oranges."""
    lake = Lake()
    for name, frame in sample.tables(until).items():
        ingest_frame(lake, name, frame, "sample:oranges", f"sample:{name}", sample=True)
    return lake


@dataclass(frozen=True)
class Home:
    lake: Lake
    told: harvests.Harvest


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Home]:
    """A home whose harvest was issued once, in November 2026."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("WORKBENCH_HOME", str(tmp_path_factory.mktemp("harvest") / "home"))
        patch.setenv("WORKBENCH_NOW", NOW.isoformat())
        prepare()
        lake = fill(NOW)
        made = issue.products(Archive(), Inputs({}, {}, {}, lake, NOW), "", True)
        oranges = [one for one in made if one.name.startswith("orange_")]
        assert [one.error for one in oranges] == [""] * 9
        assert all(one.sample and one.new for one in oranges)
        yield Home(lake, harvests.harvest("orange"))


def test_towns_varieties_and_months_add_up_to_the_last_kilogram(home: Home) -> None:
    rows = home.told.outlook
    parts = rows.filter(pl.col("town") != ALL, pl.col("variety") != ALL)
    county = rows.filter(pl.col("town") == ALL, pl.col("variety") == ALL)
    assert parts.height == 26 * 6
    for column in ("mean", "base"):
        whole = county[column].item()
        assert parts[column].sum() == whole
        assert rows.filter(pl.col("town") != ALL, pl.col("variety") == ALL)[column].sum() == whole
        assert rows.filter(pl.col("town") == ALL, pl.col("variety") != ALL)[column].sum() == whole
    by_part = home.told.flow.group_by("town", "variety").agg(pl.col("kg").sum()).sort("town", "variety")
    assert by_part["kg"].to_list() == parts.sort("town", "variety")["mean"].to_list()
    assert MONTHS == MONTHS_OF_SCIENCE
    assert set(home.told.flow["month"]) == set(MONTHS)
    sizes = home.told.sizes.group_by("variety").agg(pl.col("kg").sum())
    kinds = rows.filter(pl.col("town") == ALL).select("variety", "mean")
    assert sizes.join(kinds, on="variety").filter(pl.col("kg") != pl.col("mean")).is_empty()
    assert sizes.height == 7


def test_what_made_the_figure_adds_up_and_so_does_what_moved_it(home: Home) -> None:
    why = home.told.causes.group_by("due", "town").agg(pl.col("kg").sum())
    figures = home.told.funnel.select("due", "mean")
    county = why.filter(pl.col("town") == ALL).join(figures, on="due")
    assert county.height == figures.height == 23
    assert county.filter(pl.col("kg") != pl.col("mean")).is_empty()
    towns = home.told.outlook.filter(pl.col("town") != ALL, pl.col("variety") == ALL).select("town", "mean")
    last = why.filter(pl.col("town") != ALL).join(towns, on="town")
    assert last.filter(pl.col("kg") != pl.col("mean")).is_empty()


def test_ranges_do_not_cross_and_are_not_given_where_nine_seasons_cannot_carry_them(home: Home) -> None:
    rows = home.told.outlook
    assert rows["seasons"].unique().to_list() == [9]
    assert rows.select(pl.col("q025", "q05", "q95", "q975").is_null().all()).row(0) == (True,) * 4
    given = [name for name in QUANTILES if rows[name].null_count() == 0]
    assert given[0] == "q10"
    for low, high in pairwise(given):
        assert rows.filter(pl.col(low) > pl.col(high) + 1e-6).is_empty()
    assert rows.filter((pl.col("mean") < pl.col("q10")) | (pl.col("mean") > pl.col("q90"))).is_empty()


def test_the_funnel_begins_at_bloom_and_says_what_was_replayed(home: Home) -> None:
    rows = home.told.funnel.sort("due")
    assert rows["due"].to_list()[:3] == [date(2026, 4, 10), date(2026, 4, 20), date(2026, 4, 30)]
    assert rows["due"].to_list()[-1] == date(2026, 11, 20)
    assert rows["kind"].to_list() == ["replayed"] * 22 + ["issued"]
    width = (rows["q90"] - rows["q10"]) / rows["mean"]
    assert width[-1] < width[0]
    moved = home.told.causes.filter(town=ALL, factor="survey").sort("due")
    assert moved.filter(pl.col("due") < date(2026, 9, 5))["kg"].unique().to_list() == [0]
    assert moved["kg"][-1] != 0


def test_issuing_again_on_the_same_data_does_nothing_and_ten_days_later_keeps_what_was_issued(home: Home) -> None:
    again = issue.products(Archive(), Inputs({}, {}, {}, Lake(), NOW + timedelta(hours=1)), "", True)
    assert not any(one.new for one in again)
    later = NOW + timedelta(days=9)
    made = [
        one
        for one in issue.products(Archive(), Inputs({}, {}, {}, Lake(), later), "", True)
        if one.name != "air_outlook"
    ]
    assert all(one.new for one in made)
    rows = harvests.harvest("orange", later).funnel.sort("due")
    assert rows["due"].to_list()[-2:] == [date(2026, 11, 20), date(2026, 11, 30)]
    assert rows["kind"].to_list()[-2:] == ["issued", "issued"]
    assert_frame_equal(rows[:-1].select("due", "mean"), home.told.funnel.sort("due").select("due", "mean"))
    assert harvests.harvest("orange", NOW).outlook["due"][0] == date(2026, 11, 20)


@pytest.mark.parametrize("moment", [datetime(2026, 7, 5, 3, tzinfo=UTC), datetime(2026, 10, 3, 20, tzinfo=UTC)])
def test_nothing_that_was_not_known_moves_an_issue(home: Home, tmp_path: Path, moment: datetime) -> None:
    """Every number that became known later is made absurd in a lake of its own; the season's answer is the same."""
    poisoned = Lake(tmp_path / "lake")
    counts = {}
    for table, columns in POISON.items():
        rows = home.lake.history(table).collect()
        late = pl.col("known_at") > moment
        counts[table] = rows.filter(late).height
        absurd = [
            pl.when(late).then(pl.col(name) * 3 + 1).otherwise(pl.col(name)).alias(name).cast(rows.schema[name])
            for name in columns
        ]
        bent = rows.with_columns(absurd)
        for known_at, part in bent.with_columns(late=late).group_by("late"):
            keep = part.drop("late", "known_at", "known_basis", "source", "sample", "^q_.*$")
            ingest_frame(poisoned, table, keep, "sample:x", f"{table}{known_at}", sample=True)
    assert all(counts[table] > 0 for table in ("orange_weather", "orange_weather_ahead"))
    crop = PRODUCTS["orange_outlook"].make.args[0]  # type: ignore[attr-defined]
    straight, bent_ = (harvests.made(crop, lake, moment) for lake in (home.lake, poisoned))
    frames = [harvests.outlook(crop, each.facts, each.answer) for each in (straight, bent_)]
    assert_frame_equal(*frames)
    assert harvests.county(straight.answer) == harvests.county(bent_.answer)
    late_answer = harvests.made(crop, poisoned, NOW)
    assert harvests.county(late_answer.answer) != harvests.county(harvests.made(crop, home.lake, NOW).answer)


def test_the_record_is_held_against_rivals_worked_by_hand(home: Home) -> None:
    rows = home.told.record
    one = rows.filter(season=2024, due_month=12).row(0, named=True)
    past = home.lake.read("orange_output").filter(pl.col("release") == "final", ~pl.col("imputed")).collect()
    by = past.group_by("season").agg(pl.col("output").sum(), pl.col("bearing_area").sum()).sort("season")
    yields = [kg / mu for season, kg, mu in by.iter_rows() if season < 2024]
    assert one["y"] == pytest.approx(507_000_000 / 383_000)
    assert one["mean"] == pytest.approx(sum(yields) / len(yields))
    assert one["mean5"] == pytest.approx(sum(yields[-5:]) / 5)
    assert one["last"] == pytest.approx(yields[-1])
    assert one["seasons"] == len(yields) == 8


def test_a_dry_winter_cannot_be_asked_for_but_a_freeze_can(home: Home) -> None:
    told = home.told
    hard = changed(told.outlook, told.sensitivity, told.flow, Change(freeze=-3.0, freeze_day=date(2027, 1, 15)))
    county = hard.filter(pl.col("town") == ALL)
    loss = dict(county.select("variety", 1 - pl.col("mean") / pl.col("was")).iter_rows())
    assert loss["纽荷尔"] == 0  # picked by the end of December
    assert loss["伦晚"] == pytest.approx(0.75 * 0.8 / 1.8, abs=1e-6)


def test_hazards_reach_fifteen_days_and_the_season(home: Home) -> None:
    rows = home.told.hazards
    days = rows.filter(span="day")
    assert days["first"].max() == date(2026, 12, 11)
    assert days.filter(pl.col("basis") == "forecast")["first"].max() <= date(2026, 12, 7)
    assert rows.filter(span="month")["last"].max() == date(2027, 6, 30)
    assert rows.filter((pl.col("chance") < 0) | (pl.col("chance") > 1)).is_empty()
    january = rows.filter(place="band_500", kind="frost", first=date(2027, 1, 1))["chance"].item()
    weather = home.lake.read("orange_weather").filter(pl.col("place") == "band_500").collect()
    winters = (
        weather.filter(pl.col("date").dt.month() == 1).group_by(pl.col("date").dt.year()).agg(pl.col("tmin").min())
    )
    assert january == pytest.approx((winters["tmin"] <= -2.2).mean(), abs=1e-4)


def test_a_final_release_scores_and_a_filled_in_one_does_not(home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    """In August 2027 the season is released for one town, measured, and for another, filled in."""
    before = verify.verify(["orange_outlook"], NOW)
    assert before[0].scored == 0
    when = datetime(2027, 8, 20, tzinfo=UTC)
    monkeypatch.setenv("WORKBENCH_NOW", when.isoformat())
    told = home.told.outlook.filter(pl.col("variety") == ALL, pl.col("town").is_in(["安坪镇", "永乐镇"]))
    rows = [
        (town, "凤园", 2026, date(2027, 6, 30), release, area, mean * factor, town == "永乐镇")
        for town, area, mean in told.select("town", "area", "mean").iter_rows()
        for release, factor in (("first", 1.1), ("final", 1.05))
    ]
    names = ["town", "variety", "season", "closed", "release", "bearing_area", "output", "imputed"]
    ingest_frame(home.lake, "orange_output", pl.DataFrame(rows, names, orient="row"), "sample:y", "late", sample=True)
    verify.verify(["orange_outlook"], when)
    scores = Archive().scores("orange_outlook").filter(pl.col("issued_at") == NOW)
    firm = scores.filter(metric="bias")
    assert {series.split("/")[0] for series in firm["unique_id"]} == {"安坪镇"}
    bias = dict(firm.select("unique_id", "value").iter_rows())
    expected = told.filter(pl.col("town") == "安坪镇").select(pl.col("mean") / pl.col("area")).item()
    assert bias["安坪镇/yield"] == pytest.approx(-0.05 * expected, rel=1e-6)
    assert bias["安坪镇/yield_first"] == pytest.approx(-0.1 * expected, rel=1e-6)


def test_the_doctor_says_when_a_harvest_is_overdue(home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    """The newest issue stands until a day and a half after the next date: here 30 November and 10 December."""
    del home
    for day, fine in ((9, True), (10, True), (13, False)):
        monkeypatch.setenv("WORKBENCH_NOW", datetime(2026, 12, day, 12, tzinfo=UTC).isoformat())
        (check,) = doctor.harvest()
        assert (check.name, check.ok) == ("product orange_outlook", fine)


def test_nothing_known_is_said(tmp_path: Path) -> None:
    crop = PRODUCTS["orange_outlook"].make.args[0]  # type: ignore[attr-defined]
    with pytest.raises(MissingData, match="no season with measured yields"):
        harvests.made(crop, Lake(tmp_path / "lake"), NOW)


def test_a_home_that_has_oranges_only_issues_them(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """No task has data; the harvest goes out all the same, and an issue as of an earlier day is a replay."""
    monkeypatch.setenv("WORKBENCH_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("WORKBENCH_NOW", NOW.isoformat())
    prepare()
    assert [one for one in issue.issue([]) if one.name.startswith("orange_")] == []
    fill(NOW)
    made = issue.issue([], NOW - timedelta(days=200))
    assert {one.name for one in made if not one.error} == set(PRODUCTS)
    told = harvests.harvest("orange", NOW)
    assert told.outlook["due"].unique().to_list() == [date(2026, 5, 10)]
    assert told.funnel["kind"].unique().to_list() == ["replayed"]
