"""Cells as people fill them in."""

from zoneinfo import ZoneInfo

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from workbench.lake.catalogue import Column, load
from workbench.lake.cells import MISSING, moments, numbers
from workbench.lake.headers import Meaning

PLAIN = Meaning(Column("pm2_5", "number"))


@pytest.mark.parametrize("mark", MISSING)
def test_every_mark_for_missing_is_null(mark: str) -> None:
    """Alone and beside numbers."""
    read, notes = numbers(pl.Series(["1", mark, " " + mark.upper() + " "]), PLAIN)
    assert ([1.0, None, None], []) == (read.to_list(), notes)


@pytest.mark.parametrize(
    ("cell", "value"),
    [
        ("１２．５", 12.5),
        ("1,234", 1234.0),
        ("1,234,567.8", 1234567.8),
        (" 7 ", 7.0),
        ("+4", 4.0),
        ("1e2", 100.0),
        ("-0.5", -0.5),
    ],
)
def test_numbers_are_read_as_written(cell: str, value: float) -> None:
    """Full-width digits, thousands separators, blanks, signs, exponents."""
    assert [value] == numbers(pl.Series([cell]), PLAIN)[0].to_list()


@pytest.mark.parametrize("cell", ["12,3", "1,23", "12 µg", "=1+1", "0x10", "1_000", "十二", "12.3.4"])
def test_what_is_no_number_is_handed_on_as_it_was_written(cell: str) -> None:
    """The contract quarantines it with its own words; the numbers beside it stay what they are."""
    assert [cell, "5.0", None] == numbers(pl.Series([cell, "5", "—"]), PLAIN)[0].to_list()


def test_below_detection_is_half_of_the_limit_and_counted() -> None:
    """`<3` in µg/m³ becomes 1.5; in a column to be converted, half of the limit converted."""
    read, notes = numbers(pl.Series(["<3", "＜ 5", "10"]), PLAIN)
    assert [1.5, 2.5, 10.0] == read.to_list()
    assert ["pm2_5: 2 values below detection taken as half of the limit"] == notes


def test_typed_columns_are_scaled_and_nan_is_missing() -> None:
    """Parquet gives numbers."""
    read, _ = numbers(pl.Series([700, 300]), Meaning(Column("co", "number"), "µg/m³", 1e-3))
    assert [0.7, 0.3] == read.to_list()
    assert [None, 2.0] == numbers(pl.Series([float("nan"), 2.0]), PLAIN)[0].to_list()


@settings(max_examples=40, deadline=None)
@given(st.lists(st.text(max_size=12), min_size=1, max_size=20))
def test_any_text_is_read_or_handed_on_and_never_fails(texts: list[str]) -> None:
    """No cell raises, none is lost: a cell becomes a number, null, or stays itself."""
    read, _ = numbers(pl.Series(texts, dtype=pl.String), PLAIN)
    assert len(texts) == len(read)
    assert len(texts) == len(moments(pl.Series(texts, dtype=pl.String), "Asia/Shanghai"))


@pytest.mark.parametrize(
    ("cell", "wanted"),
    [
        ("45352.0833333333", "2024-03-01 02:00"),
        ("45352", "2024-03-01 00:00"),
        ("2024030113", "2024-03-01 13:00"),
        ("20240301 1330", "2024-03-01 13:30"),
        ("２０２４－０３－０１　１３：００", "2024-03-01 13:00"),
        ("1709269200", "2024-03-01 13:00"),
        ("1709269200000", "2024-03-01 13:00"),
        ("/Date(1709269200000+0800)/", "2024-03-01 13:00"),
        ("2024-03-01 13:00:00", "2024-03-01 13:00"),
        ("2024-02-29 24:00", "2024-03-01 00:00"),
        ("2024年3月1日13时", "2024-03-01 13:00"),
    ],
)
def test_times_reach_the_contract_as_the_instant_they_mean(cell: str, wanted: str) -> None:
    """Through the contract's own cast, local to Shanghai."""
    from workbench.lake.casting import cast

    column = load("air_hourly").columns["time"]
    (instant,) = cast(moments(pl.Series("time", [cell]), "Asia/Shanghai"), column, "Asia/Shanghai")
    assert wanted == instant.astimezone(ZoneInfo("Asia/Shanghai")).strftime("%Y-%m-%d %H:%M")


def test_the_day_of_a_counted_instant_is_the_local_one() -> None:
    """A city's day value is stamped with its local midnight: 2024-03-01 00:00 in Shanghai is 29 February, 16:00 UTC."""
    assert ["2024-03-01T00:00:00+08:00"] == moments(pl.Series(["1709222400"]), "Asia/Shanghai").to_list()
