"""The sales page and its API say the same numbers, every sum is that of its parts, and wrong rates are told."""

import json
import shutil
from collections.abc import Callable, Iterator
from datetime import date
from pathlib import Path
from typing import Any

import dash
import httpx
import numpy as np
import polars as pl
import pytest
from dash._utils import to_json

from dashboards import auth, sales_planner, sales_view
from dashboards.answers import BADGE
from dashboards.app import create_app
from dashboards.reader import reader
from workbench.errors import MissingData
from workbench.forecast.frames import LEVELS, QUANTILES
from workbench.lake.store import Lake
from workbench.operate import home, intake, issue
from workbench.operate.archive import Archive
from workbench.operate.known import quiet
from workbench.operate.users import RIGHTS, User
from workbench.present.words import LANGUAGES, Words, number
from workbench.science.promotion import Move

SignedIn = Callable[..., httpx.Client]


def drawn(forecast: pl.DataFrame, count: int = 60) -> pl.DataFrame:
    """Paths that go through the same level of every quantile function: for the page to have something to show."""
    levels = (np.arange(count) + 0.5) / count
    values = np.stack([np.interp(levels, LEVELS, row) for row in forecast.select(QUANTILES).iter_rows()])
    rows = forecast.select("task", "unique_id", "issued_at", "ds").with_columns(y=pl.Series(values.tolist()))
    paths = rows.with_columns(path=pl.lit(list(range(count)))).explode("path", "y")
    return paths.select("task", "unique_id", "issued_at", "ds", "path", "y")


@pytest.fixture(scope="module")
def sold(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A county with the sample's orders and one issue of their forecasts, by the simplest model."""
    place = tmp_path_factory.mktemp("sales")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("WORKBENCH_HOME", str(place))
        patch.setenv("WORKBENCH_NOW", "2026-11-23T18:10:00+08:00")
        home.prepare()
        intake.load_sample(Lake(), quiet)
        issue.issue([sales_view.TASK])
        assert "没有联合样本路径" in shown()
        Archive().write_paths(drawn(Archive().latest(sales_view.TASK)), "drawn", sample=True)
        yield place


@pytest.fixture
def viewer(
    sold: Path, tmp_path: Path, cheap_hashing: None, signed_in: SignedIn, monkeypatch: pytest.MonkeyPatch
) -> httpx.Client:
    """A viewer of a copy of that county."""
    shutil.copytree(sold, tmp_path / "own")
    monkeypatch.setenv("WORKBENCH_HOME", str(tmp_path / "own"))
    return signed_in("viewer")


def shown(language: str = "zh", **query: str) -> str:
    """The page as it is sent."""
    create_app()
    token = auth._user.set(User("v", "viewer", "", RIGHTS["viewer"]))
    try:
        layout = dash.page_registry["dashboards.pages.sales"]["layout"]
        return json.dumps(json.loads(to_json(layout(lang=language, **query))), ensure_ascii=False)
    finally:
        auth._user.reset(token)


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_page_is_whole_says_whose_sales_and_that_they_are_made_up(viewer: httpx.Client, language: str) -> None:
    sent, words = shown(language), Words(language)
    for key in ("sales.scope", "sales.plan", "sales.shares", "sales.unusual", "shell.sample"):
        assert words(key) in sent
    assert "Traceback" not in sent
    assert "{" not in words("sales.title")


def test_plan_of_the_api_is_that_of_the_page(viewer: httpx.Client) -> None:
    asked = {"box": 5, "picked": 50, "stock": 900, "sure": 0.9}
    answer = viewer.get("/api/v1/sales/plan", params=asked).json()
    assert answer["meta"]["badge"] == BADGE
    assert "样本" in answer["meta"]["scope"]
    scene = sales_view.scene(reader({}), Lake(), Archive())
    own = sales_view.plan(scene, sales_view.rates(asked))
    assert [row["boxes"] for row in answer["rows"]] == own["boxes"].to_list()
    sent = shown(**{key: str(value) for key, value in asked.items()})
    tomorrow = own.filter(pl.col("ds") > scene.today).row(0, named=True)
    assert number(tomorrow["parcels_ready"]) in sent


def test_every_sum_is_the_sum_of_its_parts(viewer: httpx.Client) -> None:
    scene = sales_view.scene(reader({}), Lake(), Archive())
    whole = scene.series(sales_view.WHOLE, "parcels")[0]
    for part in sales_view.PARTS:
        rows = viewer.get("/api/v1/sales/shares", params={"part": part, "measure": "parcels"}).json()["rows"]
        last = whole["ds"].max()
        total = whole.filter(pl.col("ds") > pl.lit(last).dt.offset_by("-28d"))["y"].sum()
        assert sum(row["amount"] for row in rows) == pytest.approx(total)
    means = scene.ahead.with_columns(parts=pl.col("unique_id").str.split("/"))
    for measure in ("parcels", "value"):
        own = means.filter(pl.col("parts").list.get(3) == measure)
        sums = own.filter(pl.col("unique_id") == f"*/*/*/{measure}").sort("ds")["mean"]
        bottom = own.filter(~pl.col("parts").list.contains("*")).group_by("ds").agg(pl.col("mean").sum()).sort("ds")
        assert sums.to_list() == pytest.approx(bottom["mean"].to_list(), rel=1e-6)


def test_a_week_is_counted_from_today_and_an_issue_that_has_run_out_is_none(
    viewer: httpx.Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    def low_to_high(days: int) -> list[float]:
        scene = sales_view.scene(reader({}), Lake(), Archive())
        paths = Archive().paths(sales_view.TASK).filter(pl.col("unique_id") == "*/*/*/parcels")
        ahead = paths.filter(pl.col("ds") >= scene.today, pl.col("ds") < pl.lit(scene.today).dt.offset_by(f"{days}d"))
        sums = ahead.group_by("path").agg(pl.col("y").sum())["y"].cast(pl.Float64)
        told = sales_view.total(scene, days)
        assert [told.q10, told.q50, told.q90] == pytest.approx(
            [sums.quantile(level, "linear") for level in (0.1, 0.5, 0.9)]
        )
        return [float(sums.min() or 0), float(sums.max() or 0)]

    fresh = low_to_high(7)
    asked = viewer.get("/api/v1/sales/total", params={"days": 7}).json()["rows"][0]
    assert asked["days"] == 7
    assert fresh[0] <= asked["q10"] < asked["q50"] < asked["q90"] <= fresh[1]
    monkeypatch.setenv("WORKBENCH_NOW", "2026-11-26T18:10:00+08:00")
    assert low_to_high(7) != fresh
    monkeypatch.setenv("WORKBENCH_NOW", "2027-03-01T18:10:00+08:00")
    assert "workbench ingest orders" in shown("en")
    with pytest.raises(MissingData, match="says nothing of days to come"):
        sales_view.scene(reader({}), Lake(), Archive())


@pytest.mark.parametrize(
    ("query", "told"),
    [({"box": "x"}, "no number"), ({"box": "nan"}, "above 0"), ({"box": "0"}, "above 0"), ({"sure": "2"}, "0.5")],
)
def test_rates_that_cannot_be_are_told_and_the_page_stands(
    viewer: httpx.Client, query: dict[str, str], told: str
) -> None:
    sent = shown("en", **query)
    assert told in sent
    assert Words("en")("sales.plan") in sent
    assert viewer.get("/api/v1/sales/plan", params={"box": 0}).status_code == 422
    assert viewer.get("/api/v1/sales/shares", params={"days": 10**9}).status_code == 422


def test_a_series_can_be_chosen_and_an_unknown_one_shows_the_whole(viewer: httpx.Client) -> None:
    scene = sales_view.scene(reader({}), Lake(), Archive())
    platform = sales_view.shares(scene, "platform", "parcels")["name"][0]
    assert sales_view.of(scene, {"of": f"*/{platform}/*"}) == f"*/{platform}/*"
    assert sales_view.of(scene, {"of": "nowhere/*/*"}) == sales_view.WHOLE
    unusual: dict[str, Any] = viewer.get("/api/v1/sales/unusual").json()
    assert unusual["rows"] == []


def test_the_county_is_estimated_with_its_error_and_says_how_good_that_was(viewer: httpx.Client) -> None:
    answer = viewer.get("/api/v1/sales/county").json()
    row = answer["rows"][0]
    assert "county" in answer["meta"]["scope"]
    assert row["q10"] < row["q50"] < row["q90"]
    told = pl.DataFrame(viewer.get("/api/v1/sales/county/months").json()["rows"])
    known = told.drop_nulls(["county", "q50"])
    assert row["months"] == known.height
    assert row["coverage"] == pytest.approx(known.tail(12)["sample"].sum() / known.tail(12)["county"].sum())
    held = known.filter(pl.col("county").is_between("q10", "q90")).height / known.height
    assert 0.6 <= held <= 1.0
    page = shown("en")
    assert Words("en")("sales.county") in page
    assert number(known["county"][-1]) in page


def test_another_price_is_worked_out_the_same_for_page_and_api(viewer: httpx.Client) -> None:
    asked: dict[str, Any] = {"product": "mid_navel", "first": "2026-11-25", "last": "2026-11-30", "change": -0.1}
    own = viewer.get("/api/v1/sales/planner", params=asked | {"elasticity": -2, "error": 0}).json()
    assert own["meta"]["basis"] == "given"
    total = next(row for row in own["rows"] if row["ds"] is None and row["measure"] == "parcels")
    assert total["after_q50"] == pytest.approx(total["before_q50"] * 0.9**-2)
    usual = viewer.get("/api/v1/sales/planner", params=asked).json()
    assert usual["meta"]["basis"] in ("measured", "literature")
    scene = sales_view.scene(reader({"lang": "en"}), Lake(), Archive())
    move = Move(-0.1, date(2026, 11, 25), date(2026, 11, 30))
    how = sales_planner.answer(Lake(), "mid_navel", -2.0, 0.0)
    made = str(sales_planner.told(sales_planner.planned(scene, "mid_navel", move, how), move, how, Words("en")))
    assert number(total["after_q50"]) in made
    for wrong in ({"change": 9}, {"elasticity": 3}, {"product": "figs"}, {"first": "2031-01-01", "last": "2031-01-02"}):
        refused = viewer.get("/api/v1/sales/planner", params=asked | wrong)
        assert 400 <= refused.status_code < 500, wrong
        assert "Traceback" not in refused.text


def test_the_wall_turns_through_the_measures(viewer: httpx.Client) -> None:
    from dashboards.memory import plain
    from dashboards.pages import sales as page
    from dashboards.reader import Reader

    seen = Reader(Words("zh"))
    slides = [json.dumps(plain(page.slide(seen, turn)), ensure_ascii=False) for turn in range(4)]
    assert len(set(slides)) == 3
    assert all(seen.words("sales.scope") in slide for slide in slides)
