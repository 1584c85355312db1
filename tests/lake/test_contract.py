"""Contracts: what is let through keeps every rule, what is refused is told by row, column, value and rule."""

from datetime import UTC, datetime

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from workbench.errors import BrokenContract
from workbench.lake import catalogue, contract

AIR = catalogue.load("air_hourly")
EIGHT = "2026-11-23 08:00"


def check(**columns: list[object]) -> contract.Checked:
    return contract.check(pl.DataFrame(columns, strict=False), AIR)


def rules(checked: contract.Checked) -> list[tuple[int, str]]:
    return checked.faults.select("row", "rule").rows()


def test_a_bad_value_becomes_null_and_its_original_is_told() -> None:
    checked = check(station=["A", "B"], time=[EIGHT, EIGHT], pm2_5=[2500, 35], co=["abc", "0.8"])
    assert [None, 35.0] == checked.rows["pm2_5"].to_list()
    assert [None, 0.8] == checked.rows["co"].to_list()
    assert {
        (1, "pm2_5", "2500.0", "pm2_5|max", "pm2_5 is above 2000 µg/m³"),
        (1, "co", "abc", "co|type", "co is no number"),
    } == set(checked.faults.drop("_id").rows())


@pytest.mark.parametrize(
    ("station", "time", "rule"),
    [
        (None, EIGHT, "station|missing"),
        ("  ", EIGHT, "station|missing"),
        ("=cmd|' /C calc'!A0", EIGHT, "station|unsafe"),
        ("A\x07", EIGHT, "station|unsafe"),
        ("A" * 201, EIGHT, "station|long"),
        ("A", None, "time|missing"),
        ("A", "8 o'clock", "time|type"),
        ("A", "0202-01-01 08:00", "time|min"),
    ],
)
def test_a_fault_in_the_key_quarantines_the_row_and_is_told_once(station: object, time: object, rule: str) -> None:
    checked = check(station=["B", station], time=[EIGHT, time], pm2_5=[1, 2])
    assert ["B"] == checked.rows["station"].to_list()
    assert [(2, rule)] == rules(checked)


def test_equal_rows_are_repeats_and_of_unequal_ones_the_last_counts() -> None:
    checked = check(station=["A", "A", "A", "B"], time=[EIGHT] * 4, pm2_5=[1, 2, 2, 3])
    assert {("A", 2.0), ("B", 3.0)} == set(checked.rows.select("station", "pm2_5").rows())
    assert 1 == checked.repeats
    assert [(1, "key|repeated")] == rules(checked)


def test_missing_is_no_fault_however_it_is_written() -> None:
    checked = check(station=["A", "B", "C"], time=[EIGHT] * 3, pm2_5=["NA", "—", ""], pm10=[float("nan"), None, 5.0])
    assert [None] * 3 == checked.rows["pm2_5"].to_list()
    assert [None, None, 5.0] == checked.rows["pm10"].to_list()
    assert checked.faults.is_empty()


def test_unknown_and_missing_columns_are_named_with_the_nearest() -> None:
    checked = check(station=["A"], time=[EIGHT], pm2_5=[1], pm1_0=[2])
    assert "left out, not in the contract: pm1_0 (near pm10)" == checked.notes[0]
    assert checked.notes[1].startswith("not in the file: pm10, so2")
    assert ("station", "time", "pm2_5") == checked.given


def test_without_its_key_columns_nothing_can_be_checked() -> None:
    with pytest.raises(BrokenContract, match=r"1 of 2 key columns missing: time; there are: tme \(near time\)"):
        check(station=["A"], tme=[EIGHT], pm2_5=[1])


def test_a_wide_source_makes_many_rows_of_one_and_each_is_judged_for_itself() -> None:
    stations = ["A", "B", "C", "D"]
    checked = check(_row=[5] * 4, station=stations, time=[EIGHT, EIGHT, "x", EIGHT], pm2_5=[1, 9999, 3, 9999])
    assert [("A", 1.0), ("B", None), ("D", None)] == checked.rows.select("station", "pm2_5").rows()
    assert [(5, "pm2_5|max"), (5, "pm2_5|max"), (5, "time|type")] == rules(checked)


def test_source_row_numbers_are_kept() -> None:
    checked = check(_row=[7, 9], station=["A", "B"], time=[EIGHT, "x"])
    assert [(9, "time|type")] == rules(checked)
    assert [7] == checked.rows["_row"].to_list()


@settings(max_examples=60, deadline=None)
@given(
    st.lists(
        st.tuples(
            st.sampled_from(["A", "B", None, "=A"]),
            st.sampled_from([EIGHT, "2026-11-23 09:00", "never", None]),
            st.sampled_from(["5", "-1", "2000", "2001", "inf", "x", None]),
        ),
        min_size=1,
        max_size=12,
    )
)
def test_nothing_is_dropped_in_silence(cells: list[tuple[object, object, object]]) -> None:
    """Every row is let through, a repeat, or refused by name; every value is kept, null before, or refused by name."""
    frame = pl.DataFrame(cells, schema={"station": pl.String, "time": pl.String, "pm2_5": pl.String}, orient="row")
    checked = contract.check(frame, AIR)
    key_faults = checked.faults.filter(pl.col("column").is_in(["station", "time"]))
    assert len(cells) == len(checked.rows) + checked.repeats + key_faults["row"].n_unique()
    assert checked.rows.select(pl.struct("station", "time").is_unique().all()).item()
    assert contract.schema(AIR).is_valid(checked.rows)
    kept = dict(checked.rows.select("_row", "pm2_5").rows())
    refused = set(checked.faults.filter(column="pm2_5")["row"])
    for row, (_, _, value) in enumerate(cells, start=1):
        if row in kept and value in ("5", "2000"):
            assert float(value) == kept[row]
        elif row in kept:
            assert kept[row] is None
            assert (value is not None) == (row in refused)


def test_times_come_out_in_utc() -> None:
    assert datetime(2026, 11, 23, 0, tzinfo=UTC) == check(station=["A"], time=[EIGHT]).rows["time"][0]
