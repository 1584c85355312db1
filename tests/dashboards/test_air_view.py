"""What the environment page reads from the archive: one issue throughout, nothing made up beside what is measured."""

from datetime import timedelta
from pathlib import Path

import furnish
import polars as pl
import pytest

from dashboards import air_history, air_record, air_view
from dashboards.reader import reader
from workbench.forecast.frames import FORECAST
from workbench.lake.ingest import ingest_frame
from workbench.lake.store import Lake
from workbench.operate.archive import Archive
from workbench.present.words import Words
from workbench.science.air_day import HOURLY


def test_passport_card_and_fan_are_of_one_issue(own: Path) -> None:
    """An hourly issue without an outlook does not lend its name to the outlook before it."""
    newest = Archive().latest("air_hourly")
    late = newest["issued_at"][0] + timedelta(hours=1)
    other = newest.select(FORECAST).with_columns(
        issued_at=pl.lit(late, newest.schema["issued_at"]), model=pl.lit("other")
    )
    Archive().write(other.with_columns(cutoff=pl.col("cutoff").dt.offset_by("1h")), "other", sample=True)
    stations = air_history.stations(Lake())
    scene = air_view.scene(reader({}), Lake(), Archive(), stations.row(0, named=True))
    assert "combined" == scene.view.issue["model"]
    assert newest["cutoff"][0] == scene.view.issue["cutoff"]
    assert {"combined"} == set(air_view.series(scene, "pm2_5", daily=False)["model"])


def test_a_daily_issue_that_stood_already_still_gives_the_later_days(own: Path) -> None:
    last = Archive().product("air_outlook")["issued_at"][0]
    late = last + timedelta(minutes=30)
    furnish.again(late)
    days = air_view.day_paths(Lake(), Archive(), late)
    assert days["date"].max() == air_view.day_paths(Lake(), Archive(), last)["date"].max()


def test_sample_issues_are_not_held_against_measured_days(own: Path) -> None:
    station = air_history.stations(Lake()).row(0, named=True)
    scene = air_view.scene(reader({}), Lake(), Archive(), station)
    assert air_record.record(scene).height > 0
    assert scene.view.before.height > 0
    real = pl.DataFrame({"station": ["S5001"], "time": [scene.view.issue["issued_at"]], "pm2_5": [20.0]})
    ingest_frame(Lake(), "air_hourly", real.with_columns(pl.col("time").dt.truncate("1h")), "test", "real")
    assert air_record.record(scene).is_empty(), "the issues were made from sample data, the days are real"
    shown = {**scene.view.issue, "sample": False}
    assert air_view._before(Archive(), shown, "S5001").is_empty()


def test_a_spell_in_its_third_day_counts_from_its_first(own: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    view, lake = air_view.outlook(Archive(), "S5001"), Lake()
    bad = air_history.days(lake, "S5001").with_columns(aqi=pl.lit(250, pl.Int32), pm2_5=pl.lit(200.0))
    monkeypatch.setattr(air_history, "days", lambda *_: bad)
    paths = air_view.day_paths(lake, Archive(), view.issue["issued_at"])
    today = pl.col("date") == pl.col("date").min()
    foul = paths.with_columns(aqi=pl.when(today).then(pl.lit(250, pl.Int32)).otherwise("aqi"))
    monkeypatch.setattr(air_view, "day_paths", lambda *_: foul)
    found = air_view.triggers(lake, Archive(), view.issue, "S5001").drop_nulls("probability")
    assert {1.0} == set(found.filter(pl.col("plan") == "chongqing_2022", pl.col("grade_en") == "orange")["probability"])


def test_the_record_says_what_was_scored_in_both_languages(full: Path) -> None:
    """Counts of the sentence and the table are those of the archive; tomorrow's line by hand."""
    found, audited = air_record.rates("S5001")
    scores = (
        Archive()
        .scores("air_outlook")
        .filter(pl.col("unique_id") == "S5001/aqi", pl.col("model") == "product", pl.col("lead_day") == 1)
    )
    for metric in ("level_hit", "range_hit", "brier_100"):
        mine = scores.filter(pl.col("metric") == metric)["value"]
        assert (mine.mean(), mine.len()) == pytest.approx(found["product", 1, metric])
    assert 0.0 <= audited <= 1.0
    made = {"product": (0.5, 8), "persistence": (0.25, 8)}
    rates = {(model, 1, "level_hit"): each for model, each in made.items()} | {("product", 1, "range_hit"): (0.75, 8)}
    polluted = {("product", 1, "pod_100"): (2 / 3, 3), ("product", 1, "far_100"): (0.5, 4)}
    zh = air_record.said(rates | polluted, Words("zh"))
    assert "共 8 次：级别报准 50%，实况落入所报范围 75%" in zh
    assert "级别报准 25%；实有轻度及以上污染 3 天，报出 2 天；空报 2 天。" in zh
    assert "no polluted day" in air_record.said(rates, Words("en"))


def test_every_pollutant_has_its_skill_and_all_share_the_coverage(full: Path) -> None:
    gains, held = air_record.skills("S5001")
    assert set(HOURLY) == set(gains["measure"])
    assert {"persistence", "climatology"} == set(gains["reference"])
    assert {0.8, 0.95} == set(held["level"])
    assert 35 * 24 * 6 == held.filter(pl.col("lead_day") == 1, pl.col("level") == 0.8)["n"].item()
