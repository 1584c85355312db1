"""Corrections by hand: they win from now on, say who and why, and stay until the source says something new."""

import shutil
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import polars as pl
import pytest
from lake_rows import NOW

from workbench.errors import BrokenContract, InputError, UnknownName
from workbench.lake import delta
from workbench.lake.ingest import Report
from workbench.lake.store import Lake

Bring = Callable[..., Report]
EIGHT = datetime(2026, 11, 23, 8, tzinfo=UTC)
KEY = {"station": "A", "time": EIGHT}
TEXT = "station,time,PM2.5,PM10\nA,2026-11-23T08:00:00Z,{},{}\n"


def row(lake: Lake, as_of: datetime | None = None) -> dict[str, object]:
    return lake.read("air_hourly", as_of).collect().row(0, named=True)


def test_a_correction_is_known_from_now_on_and_says_who_and_why(
    lake: Lake, bring: Bring, monkeypatch: pytest.MonkeyPatch
) -> None:
    bring(TEXT.format(400, 60), NOW - timedelta(hours=1))
    before = lake.digest("air_hourly")
    lake.correct("air_hourly", KEY, "pm2_5", 40, "Li Min", "decimal point lost")
    now = row(lake)
    assert (40.0, 7, "Li Min: decimal point lost") == (now["pm2_5"], now["q_pm2_5"], now["source"])
    assert (60.0, 1) == (now["pm10"], now["q_pm10"])
    assert 400.0 == row(lake, NOW - timedelta(minutes=1))["pm2_5"]
    assert before != lake.digest("air_hourly")


def test_the_same_export_again_does_not_undo_it(lake: Lake, bring: Bring, monkeypatch: pytest.MonkeyPatch) -> None:
    """A nightly export repeats the raw value, and later corrects another column; the cell stays as it was left."""
    bring(TEXT.format(400, 60), NOW - timedelta(hours=1))
    lake.correct("air_hourly", KEY, "pm2_5", 40, "Li", "decimal point lost")
    for hours, pm10 in ((1, 60), (2, 61), (3, 61)):
        monkeypatch.setenv("WORKBENCH_NOW", (NOW + timedelta(hours=hours)).isoformat())
        bring(TEXT.format(400, pm10) + "\n" * hours, NOW + timedelta(hours=hours))
        assert (40.0, 7, float(pm10)) == (row(lake)["pm2_5"], row(lake)["q_pm2_5"], row(lake)["pm10"])
    assert 3 == lake.history("air_hourly").collect().height


def test_a_new_statement_of_the_source_wins(lake: Lake, bring: Bring, monkeypatch: pytest.MonkeyPatch) -> None:
    bring(TEXT.format(400, 60), NOW - timedelta(hours=1))
    lake.correct("air_hourly", KEY, "pm2_5", 40, "Li", "decimal point lost")
    monkeypatch.setenv("WORKBENCH_NOW", (NOW + timedelta(hours=1)).isoformat())
    bring(TEXT.format(42, 60), NOW + timedelta(hours=1))
    assert (42.0, 1) == (row(lake)["pm2_5"], row(lake)["q_pm2_5"])


def test_a_key_may_come_as_text(lake: Lake, bring: Bring) -> None:
    bring(TEXT.format(400, 60), NOW - timedelta(hours=1))
    lake.correct("air_hourly", {"station": "A", "time": "2026-11-23 16:00"}, "pm2_5", "40", "Li", "why")
    assert 40.0 == row(lake)["pm2_5"]


def test_a_value_can_be_taken_away(lake: Lake, bring: Bring) -> None:
    bring(TEXT.format(400, 60), NOW - timedelta(hours=1))
    lake.correct("air_hourly", KEY, "pm2_5", None, "Li", "instrument in service")
    assert (None, 7) == (row(lake)["pm2_5"], row(lake)["q_pm2_5"])


@pytest.mark.parametrize(
    ("key", "column", "value", "error", "message"),
    [
        (KEY, "pm25", 1, UnknownName, "did you mean 'pm2_5'"),
        (KEY, "station", "B", InputError, "cannot be corrected by hand"),
        (KEY, "pm2_5", 9999, BrokenContract, "above 2000"),
        (KEY, "pm2_5", "many", BrokenContract, "is no number"),
        ({"station": "B", "time": EIGHT}, "pm2_5", 1, InputError, "no row with station B"),
        ({"station": "A"}, "pm2_5", 1, InputError, "no row with station A, time None"),
    ],
)
def test_what_cannot_be_corrected_is_said(
    lake: Lake, bring: Bring, key: dict[str, object], column: str, value: object, error: type[InputError], message: str
) -> None:
    bring(TEXT.format(400, 60), NOW - timedelta(hours=1))
    with pytest.raises(error, match=message):
        lake.correct("air_hourly", key, column, value, "Li", "why")
    assert 1 == lake.history("air_hourly").collect().height


def states(lake: Lake, column: str = "pm2_5") -> list[tuple[object, ...]]:
    return lake.cell("air_hourly", KEY, column).select("value", "flag", "source", "who", "why").rows()


def test_a_cell_tells_what_it_held_since_when_from_where_and_why(
    lake: Lake, bring: Bring, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A correction of another column is no change of this cell; what was known when stays as it was."""
    bring(TEXT.format(400, 60), NOW - timedelta(hours=1))
    done = lake.correct("air_hourly", KEY, "pm2_5", 40, "Li Min", "unit: mg")
    lake.correct("air_hourly", KEY, "pm10", 61, "Li Min", "typing error")
    assert [(400.0, 1, "file.csv", None, None), (40.0, 7, None, "Li Min", "unit: mg")] == states(lake)
    assert (400.0, 40.0, 7) == (done.before, done.after, done.flag)
    assert [NOW - timedelta(hours=1), done.known_at] == lake.cell("air_hourly", KEY, "pm2_5")["known_at"].to_list()


def test_corrections_come_off_one_by_one_newest_first(lake: Lake, bring: Bring) -> None:
    """Value and flag are again what they were; the record keeps every step; nothing is left after the first."""
    bring(TEXT.format(400, 60), NOW - timedelta(hours=1))
    for value in (40, 41):
        lake.correct("air_hourly", KEY, "pm2_5", value, "Li", "why")
    lake.undo("air_hourly", KEY, "pm2_5", "Wang", "41 was wrong")
    assert (40.0, 7) == (row(lake)["pm2_5"], row(lake)["q_pm2_5"])
    lake.undo("air_hourly", KEY, "pm2_5", "Wang", "so was 40")
    assert (400.0, 1, 60.0) == (row(lake)["pm2_5"], row(lake)["q_pm2_5"], row(lake)["pm10"])
    assert [400.0, 40.0, 41.0, 40.0, 400.0] == [state[0] for state in states(lake)]
    with pytest.raises(InputError, match="no correction of pm2_5 is left"):
        lake.undo("air_hourly", KEY, "pm2_5", "Wang", "once more")


def test_what_the_source_said_since_is_not_undone(lake: Lake, bring: Bring, monkeypatch: pytest.MonkeyPatch) -> None:
    bring(TEXT.format(400, 60), NOW - timedelta(hours=1))
    lake.correct("air_hourly", KEY, "pm2_5", 40, "Li", "why")
    monkeypatch.setenv("WORKBENCH_NOW", (NOW + timedelta(hours=1)).isoformat())
    bring(TEXT.format(42, 60), NOW + timedelta(hours=1))
    with pytest.raises(InputError, match="no correction of pm2_5 is left"):
        lake.undo("air_hourly", KEY, "pm2_5", "Li", "why")
    assert 42.0 == row(lake)["pm2_5"]


def test_a_value_where_the_source_gave_none_is_completed(lake: Lake, bring: Bring) -> None:
    """Until it is taken away; one that was refused is corrected instead, since its source did say something."""
    bring(TEXT.format("", 9999), NOW - timedelta(hours=1))
    assert ((None, 0), (None, 3)) == (
        (row(lake)["pm2_5"], row(lake)["q_pm2_5"]),
        (row(lake)["pm10"], row(lake)["q_pm10"]),
    )
    lake.correct("air_hourly", KEY, "pm2_5", 35, "Li", "from the neighbour")
    lake.correct("air_hourly", KEY, "pm10", 99, "Li", "decimal point lost")
    assert (35.0, 4, 99.0, 7) == tuple(row(lake)[name] for name in ("pm2_5", "q_pm2_5", "pm10", "q_pm10"))
    lake.correct("air_hourly", KEY, "pm2_5", 36, "Li", "both neighbours")
    assert (36.0, 4) == (row(lake)["pm2_5"], row(lake)["q_pm2_5"])
    lake.undo("air_hourly", KEY, "pm2_5", "Li", "why")
    lake.undo("air_hourly", KEY, "pm2_5", "Li", "why")
    assert (None, 0) == (row(lake)["pm2_5"], row(lake)["q_pm2_5"])


@pytest.mark.parametrize("said", [35, 42])
def test_a_completed_value_gives_way_to_what_the_source_says(
    lake: Lake, bring: Bring, monkeypatch: pytest.MonkeyPatch, said: int
) -> None:
    """Also where it says the same: then it has been measured. Silence of the source leaves it."""
    bring(TEXT.format("", 60), NOW - timedelta(hours=1))
    lake.correct("air_hourly", KEY, "pm2_5", 35, "Li", "from the neighbour")
    for hours, value, flag in ((1, "", 4), (2, said, 1)):
        monkeypatch.setenv("WORKBENCH_NOW", (NOW + timedelta(hours=hours)).isoformat())
        bring(TEXT.format(value, 60 + hours), NOW + timedelta(hours=hours))
        assert flag == row(lake)["q_pm2_5"]
    assert float(said) == row(lake)["pm2_5"]


@pytest.mark.parametrize(
    ("value", "reason", "message"), [(400, "why", "pm2_5 is 400.0 already"), (40, "  ", "needs a reason")]
)
def test_what_changes_nothing_or_says_no_reason_is_refused(
    lake: Lake, bring: Bring, value: int, reason: str, message: str
) -> None:
    bring(TEXT.format(400, 60), NOW - timedelta(hours=1))
    with pytest.raises(InputError, match=message):
        lake.correct("air_hourly", KEY, "pm2_5", value, "Li", reason)
    assert 1 == lake.history("air_hourly").collect().height


def test_a_home_from_before_corrections_named_a_person_is_read_and_corrected(lake: Lake, bring: Bring) -> None:
    """The column `by` is new: rows written without it were not by hand."""
    bring(TEXT.format(400, 60), NOW - timedelta(hours=1))
    place = f"{lake.root}/air_hourly"
    older = pl.scan_delta(place).drop("by").collect()
    shutil.rmtree(place)
    delta.commit(place, older, ["sample", "revised"], {})
    lake.correct("air_hourly", KEY, "pm2_5", 40, "Li", "decimal point lost")
    assert [(400.0, None), (40.0, "Li")] == [(state[0], state[3]) for state in states(lake)]
