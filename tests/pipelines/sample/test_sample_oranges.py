"""The sample county's oranges: tied to the published county figures, the same wherever they end."""

from datetime import UTC, date, datetime

import polars as pl
import pytest

from pipelines.sample import oranges
from workbench.lake import catalogue, reference
from workbench.lake.contract import check

NOW = datetime(2026, 11, 23, tzinfo=UTC)


@pytest.fixture(scope="module")
def made() -> dict[str, pl.DataFrame]:
    return oranges.tables(NOW)


def test_every_row_keeps_its_contract(made: dict[str, pl.DataFrame]) -> None:
    for name, frame in made.items():
        found = check(frame, catalogue.load(name))
        assert found.faults.is_empty()
        assert found.rows.height == frame.height


def test_towns_and_varieties_add_up_to_every_published_total(made: dict[str, pl.DataFrame]) -> None:
    county = reference.read(catalogue.load("orange_county")).collect().filter(pl.col("used"), pl.col("output_kg") > 0)
    told = (
        made["orange_output"]
        .filter(release="final")
        .group_by(season="season")
        .agg(pl.col("output").sum(), pl.col("bearing_area").sum(), pl.col("imputed").first(), pl.col("town").n_unique())
    )
    joined = county.join(told, left_on="year", right_on="season")
    assert joined.height == county.height >= 8
    assert joined.filter(
        (pl.col("output") != pl.col("output_kg")) | (pl.col("bearing_area") != pl.col("area_mu"))
    ).is_empty()
    assert not joined["imputed"].any()
    assert joined["town"].unique().to_list() == [26]
    assert told.filter(season=2017)["imputed"].item()


def test_an_earlier_end_gives_the_same_weather() -> None:
    long, short = (oranges.climate(date(1990, 1, 1), last) for last in (date(2000, 1, 1), date(1995, 6, 1)))
    assert long.filter(pl.col("date") < date(1995, 6, 1)).sort("place", "date").equals(short.sort("place", "date"))


def test_disagreeing_sources_are_both_kept_and_one_is_used() -> None:
    county = reference.read(catalogue.load("orange_county")).collect()
    for year, outputs in ((2023, {405e6, 481e6}), (2024, {480e6, 507e6}), (2019, {330e6, 340e6})):
        rows = county.filter(year=year)
        assert set(rows["output_kg"]) == outputs
        assert rows["used"].sum() == 1
