"""The catalogue: every entry is found by its file, whole, and its faults are named."""

from datetime import timedelta

import polars as pl
import pytest

from workbench.errors import BrokenContract, UnknownName
from workbench.lake import catalogue
from workbench.settings import county

ENTRY = """
title_zh = "果园"
title_en = "Orchards"
cycle = "365d"
delay = "30d"
key = ["orchard", "year"]
time = "year"
[columns.orchard]
type = "string"
[columns.year]
type = "date"
[columns.trees]
type = "integer"
min = 0
"""


@pytest.mark.parametrize("name", catalogue.names())
def test_every_entry_reads_and_is_owned_by_a_bureau_of_the_county(name: str) -> None:
    table = catalogue.load(name)
    assert name == table.name
    assert table.bureau in county()["bureaus"]
    assert table.sharing in ("无条件共享", "有条件共享", "不予共享")
    assert set(table.key) <= set(table.columns)


@pytest.mark.parametrize("name", catalogue.names())
def test_every_measure_has_a_title_in_both_languages(name: str) -> None:
    table = catalogue.load(name)
    assert [] == [column.name for column in table.columns.values() if not (column.zh and column.en)]


@pytest.mark.parametrize("name", catalogue.names())
def test_no_two_columns_answer_to_the_same_name(name: str) -> None:
    table = catalogue.load(name)
    said = [alias for column in table.columns.values() for alias in {column.name, *column.aliases}]
    assert sorted(set(said)) == sorted(said)


def test_an_entry_becomes_a_table_with_types_series_and_measures() -> None:
    table = catalogue.parse("orchards", ENTRY)
    assert timedelta(days=365) == table.cycle
    assert {"orchard": pl.String(), "year": pl.Date(), "trees": pl.Int64()} == table.dtypes
    assert (["orchard"], ["trees"]) == (table.series, table.measures)


def test_the_instant_of_a_forecast_row_is_its_issue() -> None:
    assert "issued_at" == catalogue.load("weather_forecast").issued


def test_an_unknown_table_names_the_nearest() -> None:
    with pytest.raises(UnknownName, match="did you mean 'air_hourly'"):
        catalogue.load("air_hourli")


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ('cycle = "365d"', 'cycle = "yearly"', "'yearly' is no length of time"),
        ('cycle = "365d"', "", "lacks cycle"),
        ('type = "integer"', 'type = "int"', "column trees has type 'int'"),
        ("min = 0", "minn = 0", "did you mean 'min'"),
        ('time = "year"', 'time = "yaer"', "names yaer"),
        ("[columns.orchard]", "[columns.orchard", "is no TOML"),
    ],
)
def test_a_fault_in_an_entry_is_named(old: str, new: str, message: str) -> None:
    with pytest.raises((BrokenContract, UnknownName), match=message):
        catalogue.parse("orchards", ENTRY.replace(old, new))
