"""The section of wholesale prices and its API say the same; empty, out of season and unknown names are told."""

import json
import shutil
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from pathlib import Path

import httpx
import polars as pl
import pytest
from dash._utils import to_json

from dashboards import sales_prices
from dashboards.answers import BADGE
from dashboards.reader import Reader, reader
from workbench import settings
from workbench.lake.ingest import ingest_frame
from workbench.lake.store import Lake
from workbench.operate import home, issue
from workbench.operate.archive import Archive
from workbench.present.words import LANGUAGES, Words, number, span

SignedIn = Callable[..., httpx.Client]
NOW = "2026-11-23T18:10:00+08:00"


@pytest.fixture(scope="module")
def quoted(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A home with the sample's notices and one issue of their forecasts."""
    from pipelines.sample import prices

    place = tmp_path_factory.mktemp("prices")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("WORKBENCH_HOME", str(place))
        patch.setenv("WORKBENCH_NOW", NOW)
        home.prepare()
        for table, frame in prices.tables(settings.now()).items():
            ingest_frame(Lake(), table, frame, "sample:prices", f"sample:{table}", sample=True)
        issue.issue([sales_prices.TASK])
        yield place


@pytest.fixture
def own(quoted: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A copy of that home."""
    shutil.copytree(quoted, tmp_path / "own")
    monkeypatch.setenv("WORKBENCH_HOME", str(tmp_path / "own"))
    monkeypatch.setenv("WORKBENCH_NOW", NOW)
    return tmp_path / "own"


def shown(language: str = "zh", **query: str) -> str:
    """The section as it is sent."""
    part = sales_prices.section(Reader(Words(language)), Lake(), Archive(), query)
    return json.dumps(json.loads(to_json(part)), ensure_ascii=False)


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_section_is_whole_and_says_that_it_is_made_up(own: Path, language: str) -> None:
    sent, words = shown(language), Words(language)
    for key in ("prices.title", "prices.strange", "prices.note", "shell.sample"):
        assert words(key) in sent
    assert "爱媛38号" in sent
    assert "prices." not in sent


def test_the_page_shows_what_the_api_says(
    own: Path, cheap_hashing: None, signed_in: SignedIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("WORKBENCH_HOME", str(own))
    client, sent = signed_in("viewer"), shown()
    answer = client.get("/api/v1/prices/now").json()
    assert (answer["meta"]["badge"], answer["meta"]["unit"]) == (BADGE, "CNY/kg")
    assert len(answer["rows"]) == 6
    for row in answer["rows"]:
        assert number(row["price"], 2) in sent
        assert f"{number(row['q50'], 2)} ({span(row['q10'], row['q90'], 2)})" in sent
        assert sales_prices.change(row["price"], row["last_year"]) in sent
    strange = client.get("/api/v1/prices/unresolved").json()["rows"]
    assert [row["name"] for row in strange] == ["爱媛38号"]
    assert f"{strange[0]['notices']} 条" in sent
    daily = client.get("/api/v1/prices/daily", params={"series": answer["rows"][0]["unique_id"]}).json()["rows"]
    assert daily[-1]["price"] == answer["rows"][0]["price"]
    assert client.get("/api/v1/prices/contradictions").status_code == 200


def test_price_now_and_a_year_ago_are_those_of_the_notices(own: Path) -> None:
    """By hand from the notices as written, not by their aliases."""
    prices = sales_prices.prices(reader({}), Lake(), Archive())
    row = sales_prices.current(prices).filter(pl.col("unique_id") == "fengjie_navel/large/shuangfu").row(0, named=True)
    written = Lake().read("price_notices").collect()
    large = pl.col("name").str.contains("大果|Ф80-") | pl.col("spec").str.contains("80-90")
    own_notices = written.filter(pl.col("market").str.contains("双福"), large).sort("date")
    assert (row["date"], row["price"]) == own_notices.select("date", "mean").row(-1)
    then = row["date"] - timedelta(days=364)
    around = own_notices.filter(pl.col("date").is_between(then - timedelta(days=3), then + timedelta(days=3)))
    assert row["last_year"] == pytest.approx(around["mean"].median())


def test_notices_that_contradict_each_other_are_told(own: Path) -> None:
    seen = Lake().read("price_notices").collect()
    last = seen.filter(pl.col("name").str.contains("奉节")).sort("date").tail(1)
    again = last.select(
        "market", "date", "grade", "unit", "low", "high", name=pl.lit("奉节脐橙"),
        spec=pl.when(pl.col("name").str.contains("大果")).then(pl.lit("80-85mm")).otherwise(pl.lit("60-65mm")),
        mean=2 * pl.col("mean"),
    )  # fmt: skip
    ingest_frame(Lake(), "price_notices", again, "again", "again", sample=True)
    found = sales_prices.contradictions(sales_prices.prices(reader({}), Lake(), Archive()))
    assert found.select("date", "notices", "apart").rows() == [(last["date"][0], 2, pytest.approx(2.0))]
    assert "互相矛盾" in shown()


def test_out_of_season_the_last_price_is_told_with_its_day_and_nothing_ahead(
    own: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("WORKBENCH_NOW", "2026-12-20T18:10:00+08:00")
    prices = sales_prices.prices(reader({}), Lake(), Archive())
    assert sales_prices.current(prices)["q50"].null_count() == 6
    assert "out of season" in shown("en")


def test_without_a_notice_it_says_how_to_bring_them_and_unknown_series_show_the_first(
    own: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert shown(price="no/such/series") == shown()
    monkeypatch.setenv("WORKBENCH_HOME", str(tmp_path / "empty"))
    home.prepare()
    assert "workbench ingest price_notices" in shown("en")


def test_two_samples_agree_on_every_day_that_both_hold() -> None:
    from pipelines.sample import prices

    late, early = (
        prices.tables(datetime.fromisoformat(day))["price_notices"] for day in (NOW, "2026-03-01T00:00:00+08:00")
    )
    end = early["date"].max()
    assert late.filter(pl.col("date") <= end, pl.col("date") >= pl.date(2024, 10, 8)).equals(
        early.filter(pl.col("date") >= pl.date(2024, 10, 8))
    )
