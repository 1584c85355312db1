"""Text and foreign types into contract types, against hand-worked instants and Python's own parser."""

import math
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from workbench.lake.casting import cast, shown, tidy
from workbench.lake.catalogue import Column

SHANGHAI = "Asia/Shanghai"


def read(values: list[object], kind: str, zone: str = SHANGHAI) -> list[object]:
    return cast(tidy(pl.Series("c", values, strict=False)), Column("c", kind), zone).to_list()


@pytest.mark.parametrize(
    ("text", "instant"),
    [
        ("2026-11-23 08:00", datetime(2026, 11, 23, 0, tzinfo=UTC)),
        ("2026/1/3 8:00:00", datetime(2026, 1, 3, 0, tzinfo=UTC)),
        ("2026年11月23日08时", datetime(2026, 11, 23, 0, tzinfo=UTC)),
        ("2026年11月23日 8时30分", datetime(2026, 11, 23, 0, 30, tzinfo=UTC)),
        ("2026-11-22 24:00", datetime(2026, 11, 22, 16, tzinfo=UTC)),
        ("2024-02-29 24:00", datetime(2024, 2, 29, 16, tzinfo=UTC)),
        ("2025-12-31 24:00", datetime(2025, 12, 31, 16, tzinfo=UTC)),
        ("2026-11-23T08:00:00+08:00", datetime(2026, 11, 23, 0, tzinfo=UTC)),
        ("2026-11-23T08:00:00-0330", datetime(2026, 11, 23, 11, 30, tzinfo=UTC)),
        ("2026-11-23T00:00:00Z", datetime(2026, 11, 23, 0, tzinfo=UTC)),
        ("20261123 08", datetime(2026, 11, 23, 0, tzinfo=UTC)),
        ("2026-11-22 24:01", None),
        ("2026-02-30 01:00", None),
        ("2026-11-23 08:60", None),
        ("202611238", None),
        ("tomorrow", None),
    ],
)
def test_an_instant_is_read_as_people_write_it_or_not_at_all(text: str, instant: datetime | None) -> None:
    assert [instant] == read([text], "datetime")


@given(st.datetimes(datetime(1992, 1, 1), datetime(2099, 1, 1)).map(lambda t: t.replace(microsecond=0)))  # noqa: DTZ001
def test_every_local_instant_comes_back(moment: datetime) -> None:
    expected = moment.replace(tzinfo=ZoneInfo(SHANGHAI)).astimezone(UTC)
    assert [expected] * 2 == read([f"{moment:%Y-%m-%d %H:%M:%S}", f"{moment:%Y/%m/%dT%H:%M:%S}"], "datetime")


def test_an_hour_that_clocks_skipped_is_no_instant_and_of_a_doubled_hour_the_first_is_meant() -> None:
    assert [None] == read(["2026-03-29 02:30"], "datetime", "Europe/Berlin")
    assert [datetime(2026, 10, 25, 0, 30, tzinfo=UTC)] == read(["2026-10-25 02:30"], "datetime", "Europe/Berlin")


def test_naive_datetimes_are_local_and_aware_ones_are_kept() -> None:
    naive = datetime(2026, 1, 1, 8)  # noqa: DTZ001
    assert [datetime(2026, 1, 1, tzinfo=UTC)] == read([naive], "datetime")
    assert [datetime(2026, 1, 1, tzinfo=UTC)] == read([naive.replace(tzinfo=ZoneInfo(SHANGHAI))], "datetime")


@pytest.mark.parametrize("text", ["2014/1/1", "2014-01-01 00:00:00", "2014年1月1日", "20140101", "2014.01.01"])
def test_a_day_is_read_as_people_write_it(text: str) -> None:
    assert [date(2014, 1, 1)] == read([text], "date")


def test_numbers_integers_and_booleans_are_read_or_left_out() -> None:
    assert [1.5, None, None] == read(["1.5", "1,5", "=1+1"], "number")
    assert [3, None, None] == read([3.0, 3.5, float("nan")], "integer")
    assert [True, False, None] == read(["是", "未审核", "perhaps"], "boolean")
    assert [True, False, None] == read([1, 0, 2], "boolean")


def test_a_station_code_that_came_as_a_number_has_no_decimals() -> None:
    assert ["1001", "1002"] == read([1001.0, 1002.0], "string")


ODD = {
    "decimal": pl.Series([Decimal("1.5"), None]),
    "duration": pl.Series([timedelta(1), None]),
    "time of day": pl.Series([time(1), None]),
    "bytes": pl.Series([b"a", b"\xff"]),
    "large": pl.Series([2**63, 1], dtype=pl.UInt64),
    "endless": pl.Series([math.inf, math.nan]),
    "list": pl.Series([[1], [2]]),
    "struct": pl.Series([{"a": 1}, {"a": 2}]),
    "object": pl.Series([object(), object()], dtype=pl.Object),
    "category": pl.Series(["a", "b"], dtype=pl.Categorical),
    "ends of time": pl.Series([2**62, -(2**62)]).cast(pl.Datetime("us")),
    "ends of days": pl.Series([2**31 - 1, -(2**31)]).cast(pl.Int32).cast(pl.Date),
    "text at the ends of time": pl.Series(["9999-12-31 24:00", "0001-01-01 00:00+14:00"]),
    "other digits": pl.Series(["99999999999999999999", "١٢٣"]),
}


@pytest.mark.parametrize("kind", ["string", "datetime", "date", "number", "integer", "boolean"])
@pytest.mark.parametrize("odd", ODD)
def test_whatever_comes_is_read_or_null_and_can_be_shown(odd: str, kind: str) -> None:
    cells = tidy(ODD[odd].alias("c"))
    read = cast(cells, Column("c", kind), SHANGHAI)
    assert (Column("c", kind).dtype, 2) == (read.dtype, len(read))
    assert pl.String == shown(cells).dtype


def test_a_day_is_no_number() -> None:
    """Excel turns 3-5 into the third of May; that must not become 46,145 µg/m³."""
    assert [None] == read([date(2026, 5, 3)], "number")
