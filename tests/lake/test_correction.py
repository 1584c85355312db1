"""Corrections by hand: they win from now on, say who and why, and stay until the source says something new."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest
from lake_rows import NOW

from workbench.errors import BrokenContract, InputError, UnknownName
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
