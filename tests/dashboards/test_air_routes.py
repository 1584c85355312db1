"""The air's part of the API says the very numbers that the environment page shows."""

import io
import json
from collections.abc import Callable
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import dash
import furnish
import httpx
import polars as pl
import pytest
from dash._utils import to_json
from polars.testing import assert_frame_equal

from dashboards import air_history, air_record, air_view, air_year, auth
from dashboards.answers import BADGE
from dashboards.app import create_app
from dashboards.reader import reader
from workbench.lake.store import Lake
from workbench.operate import verify
from workbench.operate.archive import Archive
from workbench.operate.users import RIGHTS, User
from workbench.present.words import Words, percent, span

SignedIn = Callable[..., httpx.Client]
API = "/api/v1/air/stations"
TARGET = 200


@pytest.fixture
def viewer(own: Path, cheap_hashing: None, signed_in: SignedIn, monkeypatch: pytest.MonkeyPatch) -> httpx.Client:
    """A viewer in a copy of the furnished county."""
    monkeypatch.setenv("WORKBENCH_HOME", str(own))
    return signed_in("viewer")


@pytest.fixture
def page(viewer: httpx.Client) -> air_view.Scene:
    """What the page shows of its first station."""
    station = air_history.stations(Lake()).row(0, named=True)
    return air_view.scene(reader({}), Lake(), Archive(), station)


def shown(**query: str) -> str:
    """The environment page as it is sent."""
    create_app()
    token = auth._user.set(User("v", "viewer", "", RIGHTS["viewer"]))
    try:
        layout = dash.page_registry["dashboards.pages.environment"]["layout"]
        return json.dumps(json.loads(to_json(layout(**query))), ensure_ascii=False)
    finally:
        auth._user.reset(token)


def test_warning_conditions_are_those_on_the_page(viewer: httpx.Client, page: air_view.Scene) -> None:
    """Each grade's chance; unknown stays unknown; said to be no warning; sample says so."""
    answer = viewer.get(f"{API}/{page.name}/triggers").json()
    wanted = air_view.triggers(page.lake, page.archive, page.view.issue, page.name)
    assert wanted["probability"].to_list() == [row["probability"] for row in answer["rows"]]
    assert None in wanted["probability"].to_list()
    assert "非预警发布" in answer["meta"]["says"]
    assert (BADGE, page.view.issue["version"]) == (answer["meta"]["badge"], answer["meta"]["version"])


def test_the_year_and_the_chance_of_its_target_are_those_on_the_page(
    viewer: httpx.Client, page: air_view.Scene
) -> None:
    """Counted again here by hand; the page prints the same chance."""
    answer = viewer.get(f"{API}/{page.name}/year", params={"target": TARGET}).json()
    days = page.history.filter(pl.col("date").dt.year() == 2026, pl.col("date") < page.today)
    assert days.filter(pl.col("aqi") <= 100).height == answer["good"]
    assert days["aqi"].count() == answer["valid"]
    ends = air_view.year_ahead(page).sort("date").group_by("path").agg(pl.col("good").last())["good"] + answer["good"]
    assert sum(end >= TARGET for end in ends) / ends.len() == pytest.approx(answer["chance"])
    likely, chance = span(*answer["likely"]), percent(answer["chance"])
    said = Words("zh")("air.goal_chance", target=TARGET, share=chance, span=likely)
    assert said in shown(station=page.name, target=str(TARGET))
    assert air_year.asked("") == viewer.get(f"{API}/{page.name}/year").json()["target"]


def test_days_stand_under_both_rule_sets(viewer: httpx.Client, page: air_view.Scene) -> None:
    """All of them as on the page; `since` and `until` cut; three forms."""
    where = f"{API}/{page.name}/days"
    rows = viewer.get(where).json()["rows"]
    assert page.history["aqi_2012"].to_list() == [row["aqi_2012"] for row in rows]
    assert page.history["aqi_2026"].to_list() == [row["aqi_2026"] for row in rows]
    assert page.history["level"].to_list() == [row["level"] for row in rows]
    some = viewer.get(where, params={"since": "2026-11-01", "until": "2026-11-03", "format": "parquet"})
    frame = pl.read_parquet(io.BytesIO(some.content))
    assert [date(2026, 11, 1) + timedelta(days=n) for n in range(3)] == frame["date"].to_list()
    assert [BADGE] == frame["badge"].unique().to_list()


def test_joint_paths_are_the_archive_s_and_bounded(viewer: httpx.Client, page: air_view.Scene) -> None:
    where = "/api/v1/forecasts/air_daily/paths"
    answer = viewer.get(where, params={"series": f"{page.name}/pm2_5", "count": 7}).json()
    kept = Archive().paths("air_daily").filter(unique_id=f"{page.name}/pm2_5").filter(pl.col("path") < 7)
    assert kept.height == len(answer["rows"]) == 7 * 8
    assert kept.sort("path", "ds")["y"].to_list() == pytest.approx([row["y"] for row in answer["rows"]], rel=1e-6)
    assert BADGE == answer["meta"]["badge"]
    for query, status in (
        ({"series": ""}, 200),
        ({"series": "none"}, 404),
        ({"series": "", "count": 5000}, 422),
        ({}, 422),
    ):
        assert status == viewer.get(where, params=query).status_code


def test_too_many_paths_are_refused_with_a_way_out(
    viewer: httpx.Client, page: air_view.Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    from dashboards import api

    monkeypatch.setattr(api, "MOST_ROWS", 10)
    answer = viewer.get("/api/v1/forecasts/air_daily/paths", params={"series": page.name})
    assert 422 == answer.status_code
    assert "fewer paths" in answer.json()["hint"]


def test_skill_is_what_verification_says(viewer: httpx.Client, page: air_view.Scene) -> None:
    """By series and lead, against each reference; with the coverage that the passport shows."""
    answer = viewer.get("/api/v1/skill/air_hourly", params={"series": page.name}).json()
    wanted = verify.skill("air_hourly", by=("unique_id", "lead_day"))
    wanted = wanted.filter(pl.col("unique_id").str.starts_with(page.name))
    assert_frame_equal(pl.DataFrame(answer["rows"]), wanted, check_dtypes=False)
    assert verify.coverage("air_hourly") == answer["meta"]["coverage_80"]
    assert [] == viewer.get("/api/v1/skill/air_daily").json()["rows"]


@pytest.mark.parametrize("part", ["triggers", "year", "days"])
def test_a_station_that_is_not_there_is_said_with_the_nearest(viewer: httpx.Client, part: str) -> None:
    answer = viewer.get(f"{API}/S500/{part}")
    assert 404 == answer.status_code
    assert "did you mean 'S500" in answer.text


@pytest.mark.parametrize("query", ["target=0", "target=many", "target=400"])
def test_a_target_that_is_none_is_refused(viewer: httpx.Client, query: str) -> None:
    assert 422 == viewer.get(f"{API}/S5001/year?{query}").status_code


def test_without_an_outlook_it_is_said_what_to_do(signed_in: SignedIn, home: Path) -> None:
    furnish.furnish(forecasts=False)
    answer: Any = signed_in("viewer").get(f"{API}/S5001/triggers")
    assert 404 == answer.status_code
    assert "workbench forecast" in answer.text


def test_an_outlooks_rates_are_those_of_the_record(viewer: httpx.Client, page: air_view.Scene) -> None:
    """By station, model, lead day and metric; a name that is neither task nor product is refused."""
    answer = viewer.get("/api/v1/scores/air_outlook/rates", params={"series": f"{page.name}/"}).json()
    assert BADGE == answer["meta"]["badge"]
    given = {(r["model"], r["lead_day"], r["metric"]): (r["value"], r["count"]) for r in answer["rows"]}
    found, _ = air_record.rates(page.name)
    assert given.keys() == found.keys()
    for key, (value, count) in found.items():
        assert (value, count) == pytest.approx(given[key])
    assert answer["rows"]
    assert viewer.get("/api/v1/scores/air_outlook").json()["rows"]
    assert 404 == viewer.get("/api/v1/scores/air_outlooks/rates").status_code
