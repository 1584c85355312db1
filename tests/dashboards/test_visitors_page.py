"""The visitors page from a small home: every figure is in the API, every sum is that of its parts, both languages."""

import json
import re
from collections.abc import Callable, Iterator
from datetime import date
from pathlib import Path

import httpx
import polars as pl
import pytest

from dashboards import visitors_parts, visitors_past, visitors_view
from dashboards.memory import plain
from dashboards.reader import Reader
from dashboards.visitors_glance import glance
from workbench.errors import InputError
from workbench.forecast import decide
from workbench.present.words import Words
from workbench.science.holidays import RANK

NOW = "2026-11-23T18:10:00+08:00"


@pytest.fixture(scope="module")
def visited(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A home with the sample county's visitors, quick models fitted and issued once."""
    from pipelines.sample import visitors as sample
    from workbench import domain
    from workbench.lake.ingest import ingest_frame
    from workbench.lake.store import Lake
    from workbench.operate import issue, train
    from workbench.operate.home import prepare
    from workbench.operate.known import quiet
    from workbench.settings import now

    with pytest.MonkeyPatch.context() as patch:
        folder = tmp_path_factory.mktemp("visited") / "home"
        patch.setenv("WORKBENCH_HOME", str(folder))
        patch.setenv("WORKBENCH_NOW", NOW)
        prepare()
        for name, frame in sample.tables(now()).items():
            ingest_frame(Lake(), name, frame, "sample:visitors", f"v:{name}", sample=True)
        tasks = [name for name, entry in domain.tasks().items() if entry.domain == "visitors"]
        for task in ("visitors_daily", "visitors_holiday"):
            train.train(task, None, quiet, models=["climatology"], origins=4)
        issue.issue([task for task in tasks if task in ("visitors_daily", "visitors_holiday")])
        yield folder


@pytest.fixture
def inside(visited: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("WORKBENCH_HOME", str(visited))
    monkeypatch.setenv("WORKBENCH_NOW", NOW)
    return visited


@pytest.fixture
def shown(inside: Path) -> visitors_view.Scene:
    return visitors_view.scene(Reader(Words("zh")))


@pytest.mark.parametrize(
    "query",
    [
        {"buses_cost": "-5"},
        {"buses_serves": "0"},
        {"buses_cost": "0", "buses_loss": "0"},
        {"staff_cost": "nan"},
        {"buses_serves": "inf"},
    ],
)
def test_costs_that_weigh_nothing_are_told_and_the_page_stands(inside: Path, query: dict[str, str]) -> None:
    import dash
    from dash._utils import to_json

    from dashboards.app import create_app

    create_app()
    layout = dash.page_registry["dashboards.pages.visitors"]["layout"]
    sent, usual = (json.dumps(json.loads(to_json(layout(lang="en", **q))), ensure_ascii=False) for q in (query, {}))
    words = Words("en")
    assert '"notice"' in sent
    assert '"notice"' not in usual
    assert words("visitors.table_county") in sent


@pytest.mark.parametrize(("price", "elasticity"), [(-1.0, -0.5), (5.0, 1e9), (float("nan"), -0.5)])
def test_a_price_that_says_nothing_is_refused(price: float, elasticity: float) -> None:
    with pytest.raises(InputError, match="says nothing"):
        visitors_view.If(price=price, elasticity=elasticity)


def test_every_festival_has_its_name_in_both_languages() -> None:
    assert [visitors_parts.festival(name, Words("zh")) for name in RANK] == list(RANK)
    english = [visitors_parts.festival(name, Words("en")) for name in RANK]
    assert not any(re.search("[\u4e00-\u9fff]", name) for name in english)
    assert len(set(english)) == len(RANK)


def test_the_county_is_the_sum_of_its_areas(shown: visitors_view.Scene) -> None:
    sums = shown.rows.filter(pl.col("area") != "*").group_by("date").agg(pl.col("mean").sum())
    both = shown.of("*").join(sums, on="date", suffix="_parts")
    assert both.height == 15
    assert (both["mean"] - both["mean_parts"]).abs().max() < 1e-6
    history = visitors_view.history(shown.lake)
    parts = history.filter(pl.col("area") != "*", pl.col("y").is_not_null()).group_by("ds").agg(pl.col("y").sum())
    seen = history.filter(pl.col("area") == "*").join(parts, on="ds", suffix="_parts")
    assert seen["y"].equals(seen["y_parts"].alias("y"))
    month = visitors_past.monthly(shown.lake).filter(month=date(2026, 8, 1), definition="ticketed")
    whole = month.filter(area="*")["visitors"].item()
    assert whole == month.filter(pl.col("area") != "*")["visitors"].sum()


def test_the_tightest_comes_first_and_what_has_no_capacity_says_nothing(shown: visitors_view.Scene) -> None:
    rows = visitors_view.tightest(shown.rows)
    known = rows.drop_nulls("p100")
    assert known["p100"].is_sorted(descending=True)
    assert rows.height == shown.rows.filter(pl.col("area") != "*").height
    none = rows.filter(area="maocaoba")
    assert none["p80"].null_count() == none.height == 15
    assert rows.drop_nulls("p80").filter((pl.col("p100") > pl.col("p90")) | (pl.col("p90") > pl.col("p80"))).is_empty()


def test_a_closed_area_is_forecast_as_nothing(shown: visitors_view.Scene) -> None:
    shut = shown.of("maocaoba").filter(pl.col("date") <= date(2026, 12, 4))
    assert shut.height == 12
    assert shut.select(pl.max_horizontal("mean", "q975").max()).item() < 1e-6


def test_plans_follow_the_costs(shown: visitors_view.Scene) -> None:
    careful = visitors_view.plan(shown.rows, visitors_view.costs({"buses_cost": 1, "buses_loss": 99}))
    careless = visitors_view.plan(shown.rows, visitors_view.costs({"buses_cost": 99, "buses_loss": 1}))
    both = careful.join(careless, on=["area", "date"], suffix="_less")
    assert (both["buses"] >= both["buses_less"]).all()
    assert (both["buses"] > both["buses_less"]).any()
    level = decide.critical(1, 99)
    one = careful.filter(area="baidicheng").sort("date").head(1)
    assert one["buses"].item() == one.select((decide.quantile(level) / 600).ceil()).item()
    assert careful.filter(pl.col("tickets") > pl.col("daily_max")).is_empty()


def test_findings_name_what_was_put_in(shown: visitors_view.Scene) -> None:
    found = visitors_past.findings(shown.lake)
    kinds = {(row["kind"], row["area"], row["start"]) for row in found.rows(named=True)}
    assert ("cumulated", "tiankeng", date(2024, 10, 7)) in kinds
    assert ("missing", "sanxia", date(2025, 6, 17)) in kinds
    assert ("repeated", "baidicheng", date(2025, 9, 3)) in kinds
    assert ("missing", "maocaoba", date(2026, 3, 11)) not in kinds  # closed then
    assert any(kind == "event" for kind, _, _ in kinds)


def test_holidays_stand_beside_the_same_day_of_the_year_before(inside: Path) -> None:
    from workbench.operate.archive import Archive

    days = visitors_view.ahead(Archive(), date(2026, 11, 23)).filter(pl.col("area") == "*")
    spring = days.filter(festival="春节", year=2027)
    assert spring.filter(nth=2)["last_date"].item() == date(2026, 2, 16)  # 2026's break began on 15 February
    sums = visitors_view.holiday_sums(days).filter(festival="春节")
    assert not sums["comparable"].item()  # eight days and nine
    assert sums["daily"].item() == pytest.approx(spring["mean"].mean())
    both = spring.drop_nulls("last")
    assert sums["change"].item() == pytest.approx(both["mean"].sum() / both["last"].sum() - 1)


def test_what_if_moves_the_day_and_the_county(inside: Path) -> None:
    shown = visitors_view.scene(Reader(Words("zh")), "baidicheng")
    day = date(2026, 11, 28)
    shut = visitors_view.what_if(shown, day, visitors_view.If(closed=True))
    assert {"q10": 0.0, "q50": 0.0, "q90": 0.0} == shut["after"]
    assert shut["county"]["after"] < shut["county"]["before"]
    dearer = visitors_view.what_if(shown, day, visitors_view.If(price=0.1, elasticity=-1.0))
    assert dearer["after"]["q50"] == pytest.approx(dearer["base"]["q50"] / 1.1)


def test_the_page_shows_what_the_api_gives(signed_in: Callable[..., httpx.Client], inside: Path) -> None:
    from dashboards.pages import visitors as page

    scene = visitors_view.scene(Reader(Words("en")))
    text = json.dumps(plain(glance(scene)), ensure_ascii=False)
    given = signed_in("forecaster").get("/api/v1/visitors/outlook").json()["rows"]
    assert len(given) == scene.rows.height
    for row in given:
        assert visitors_parts.row_id(row["area"], date.fromisoformat(row["date"])) in text
        assert visitors_parts.reach(row) in text
    made = json.dumps(plain(page.layout(lang="en")), ensure_ascii=False)
    words = re.sub(r"示意[^\"]*|白帝城[^\"]*|三峡之巅|天坑地缝|茅草坝|[^\"]*（示意）|郑渝高铁开通|人次|中文", "", made)
    assert not re.search(r"[一-鿿]", words), re.findall(r".{20}[一-鿿]+", words)[:5]


def test_every_route_answers(signed_in: Callable[..., httpx.Client], inside: Path) -> None:
    """Signed in on the home of the visitors."""
    viewer = signed_in("viewer")
    for path in (
        "outlook", "outlook?area=*", "plan?buses_cost=100&buses_loss=900", "holidays", "holidays/sums", "report",
        "days?area=baidicheng", "monthly", "record", "findings", "similar?day=2026-11-28&area=baidicheng",
    ):  # fmt: skip
        answer = viewer.get(f"/api/v1/visitors/{path}")
        assert 200 == answer.status_code, (path, answer.text[:300])
        assert answer.json()["rows"] or path in ("report", "record"), path
        assert answer.json()["meta"]["badge"], path
    told = viewer.get("/api/v1/visitors/what-if", params={"day": "2026-11-28", "area": "baidicheng", "rain": True})
    assert 200 == told.status_code
    assert 400 <= viewer.get("/api/v1/visitors/plan?buses_cost=many").status_code < 500
    assert 400 <= viewer.get("/api/v1/visitors/what-if", params={"day": "2030-01-01"}).status_code < 500


def test_the_wall_turns_from_the_county_through_its_areas(inside: Path) -> None:
    from dashboards.app import create_app

    create_app()
    from dashboards.pages import visitors as page

    seen = Reader(Words("zh"))
    titles = [json.dumps(plain(page.slide(seen, turn)), ensure_ascii=False) for turn in range(3)]
    assert seen.words("visitors.fan_title", area=seen.words("visitors.county")) in titles[0]
    assert len(set(titles)) == 3
