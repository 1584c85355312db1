"""Products are held against what came: a slow loop as the oracle, once, audited truth apart from provisional."""

from datetime import timedelta
from typing import Any

import polars as pl
import pytest

from workbench import domain
from workbench.domain import Product
from workbench.errors import MissingData, UnknownName
from workbench.forecast.frames import QUANTILES, place
from workbench.lake.ingest import ingest_frame
from workbench.lake.store import Lake
from workbench.operate import outcome, verify
from workbench.operate.archive import Archive
from workbench.operate.issue import issue
from workbench.operate.known import Inputs


def toy_truth(air_daily: pl.LazyFrame) -> pl.LazyFrame:
    """PM2.5 of every station, and whether it was audited."""
    unique_id = pl.format("{}/pm2_5", "station").alias("unique_id")
    return air_daily.select(unique_id, "known_at", "audited", ds="date", y="pm2_5")


def toy_days(inputs: Inputs) -> pl.DataFrame:
    """A product: the toy's days."""
    return inputs.forecasts["toy"].select("mean", *QUANTILES, station=place(), date="ds")


def always_forty(inputs: Inputs) -> pl.DataFrame:
    """Its reference: every day is 40."""
    return (
        toy_days(inputs)
        .with_columns(pl.lit(40.0).alias(name) for name in ("mean", *QUANTILES))
        .with_columns(model=pl.lit("forty"))
    )


def published(rows: pl.DataFrame) -> pl.DataFrame:
    """Named as the panel names them."""
    return rows.with_columns(unique_id=pl.format("{}/pm2_5", "station"), ds="date")


MISS = (pl.col("y") - pl.col("q50")).abs()
SCORES = {"close": (MISS < 5).mean(), "close_above_40": (MISS < 5).filter(pl.col("y") > 40).mean()}


@pytest.fixture
def judged(trained: Any, monkeypatch: pytest.MonkeyPatch) -> Any:
    """The toy with a product that says how it is verified, issued once."""
    product = Product(toy_days, "toy_truth", published, SCORES, always_forty)
    monkeypatch.setattr(domain, "products", lambda: {"toy_days": product})
    panels = domain.panels() | {"toy_truth": toy_truth}
    monkeypatch.setattr(domain, "panels", lambda: panels)
    issue()
    return trained


def scored() -> dict[str, int]:
    """What a verification adds, by name."""
    return {one.task: one.scored for one in verify.verify()}


def test_a_products_days_are_scored_once_when_their_truth_arrives(judged: Any) -> None:
    """Two stations and two days, ours and the reference; the loop is by hand."""
    assert {"toy": 0, "toy_days": 0} == scored()
    truth = judged.arrive(2)
    assert 2 * 2 * 2 == scored()["toy_days"]
    assert 0 == scored()["toy_days"]
    scores = Archive().scores("toy_days")
    for kind, model in (("product", "product"), ("reference", "forty")):
        for row in Archive().latest("toy_days", kind).iter_rows(named=True):
            came = truth.filter(pl.col("station") == row["station"], pl.col("date") == row["date"])
            mine = scores.filter(
                pl.col("unique_id") == f"{row['station']}/pm2_5", pl.col("ds") == row["date"], pl.col("model") == model
            )
            found = dict(mine.select("metric", "value").iter_rows())
            if came.is_empty():
                assert {} == found
                continue
            close = float(abs(came["pm2_5"][0] - row["q50"]) < 5)
            assert found == {"close": close} | ({"close_above_40": close} if came["pm2_5"][0] > 40 else {})
            assert [(row["date"] - judged.now.date()).days] == mine["lead_day"].unique().to_list()
    assert {"provisional"} == set(scores["truth"])


def test_audited_truth_makes_a_score_of_its_own_and_is_what_is_read(judged: Any) -> None:
    """The provisional score stays in the archive."""
    rows = judged.arrive(1)
    scored()
    moment = judged.now + timedelta(days=30)
    judged.clock(moment)
    changed = rows.with_columns(pl.lit(500.0).alias("pm2_5"), audited=pl.lit(value=True))
    ingest_frame(judged.lake, "air_daily", changed, "toy", "audit", known_at=moment - timedelta(hours=1))
    assert 2 * 2 == scored()["toy_days"]
    assert 0 == scored()["toy_days"]
    both = Archive().scores("toy_days").filter(pl.col("metric") == "close", pl.col("model") == "product")
    assert ["audited", "audited", "provisional", "provisional"] == both["truth"].sort().to_list()
    read = outcome.best(both)
    assert ["audited"] == read["truth"].unique().to_list()
    assert [0.0, 0.0] == read["value"].to_list()


def test_revised_days_are_scored_apart(judged: Any) -> None:
    day = Archive().product("toy_days")["date"].min()
    edits = pl.DataFrame({"station": ["A"], "date": [day], "mean": [1.0]})
    Archive().revise("toy_days", edits, "li", "fog", kind="product")
    judged.arrive(1)
    scored()
    mine = Archive().scores("toy_days").filter(pl.col("role") == "issued", pl.col("unique_id") == "A/pm2_5")
    assert {"machine", "revised"} == set(mine["status"])
    assert {"machine"} == set(verify.recent("toy_days")["status"])


def test_a_replay_earns_no_score_and_sample_never_meets_real_truth(judged: Any) -> None:
    """Issued as of five days ago; and marked as made from sample data."""
    judged.arrive(1)
    scored()
    before = Archive().scores("toy_days").height
    issue(None, judged.now - timedelta(days=5))
    rows = toy_days_of(judged).with_columns(issued_at=pl.lit(judged.now, dtype=pl.Datetime("us", "UTC")))
    Archive().write_product("toy_days", rows, "made up", sample=True)
    assert 0 == scored()["toy_days"]
    assert before == Archive().scores("toy_days").height


def toy_days_of(judged: Any) -> pl.DataFrame:
    """The newest forecast as rows of the product."""
    return toy_days(Inputs({"toy": Archive().latest("toy")}, {}, {}, judged.lake, judged.now))


def test_a_product_may_be_named_and_an_unknown_name_is_refused(judged: Any) -> None:
    judged.arrive(1)
    assert ["toy_days"] == [one.task for one in verify.verify(["toy_days"])]
    with pytest.raises(UnknownName, match="toy_dayz"):
        verify.verify(["toy_dayz"])


def test_a_product_stands_where_its_references_cannot(judged: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """A young history has none: the days are issued and scored all the same."""

    def none_yet(inputs: Inputs) -> pl.DataFrame:
        raise MissingData("no history")

    product = Product(toy_days, "toy_truth", published, SCORES, none_yet)
    monkeypatch.setattr(domain, "products", lambda: {"toy_days": product})
    judged.arrive(1)
    assert [""] * 2 == [one.error for one in issue()]
    judged.arrive(2)
    verify.verify()
    later = Archive().scores("toy_days").filter(pl.col("issued_at") > judged.now)
    assert {"issued"} == set(later["role"])


def test_without_references_and_truth_there_is_nothing_to_score(judged: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(domain, "products", lambda: {"toy_days": Product(toy_days)})
    judged.arrive(1)
    assert ["toy"] == [one.task for one in verify.verify()]
    assert 0 == outcome.add("toy_days", judged.now, Archive())
    assert Archive().scores("toy_days").is_empty()
    assert Lake().origin("air_daily") == "real"
