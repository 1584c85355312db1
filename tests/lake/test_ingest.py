"""Ingest and preview: counts, words, and that twice is once."""

from collections.abc import Callable
from datetime import timedelta
from types import SimpleNamespace
from typing import Any

import polars as pl
import pytest
from lake_rows import NOW, hours

from pipelines.readers import tidy
from workbench.errors import BrokenContract, InputError, Refused, UnknownName, UnreadableFile
from workbench.lake.catalogue import Table
from workbench.lake.files import SourceFile
from workbench.lake.ingest import Report, ingest, ingest_frame, preview
from workbench.lake.reading import Parsed
from workbench.lake.store import Lake

BROAD: list[tuple[str, float | None]] = [("A", 9999.0), ("B", None), ("C", 5.0)]
TEXT = """station,time,PM2.5,colour
A,2026-11-23 08:00,35,red
A,2026-11-23 08:00,35,red
A,2026-11-23 09:00,9999,red
A,soon,36,red
"""


def test_a_report_counts_everything_that_came(lake: Lake, bring: Callable[..., Report]) -> None:
    report = bring(TEXT)
    assert (2, 0, 1) == (report.accepted, report.corrected, report.duplicate)
    assert {"pm2_5|max": 1, "time|type": 1} == report.quarantined
    assert report.sentence().startswith(
        "air_hourly ← file.csv (tidy): 2 accepted, 0 corrected, 1 duplicate, 2 quarantined (pm2_5|max 1, time|type 1)"
    )
    assert report.as_dict()["accepted"] == 2
    refused = lake.quarantine("air_hourly")
    assert {("pm2_5", "9999.0"), ("time", "soon")} == set(refused.select("column", "value").rows())
    assert {"file.csv"} == set(refused["source"])


def test_a_refused_value_is_flagged_bad_where_it_is_missing(lake: Lake, bring: Callable[..., Report]) -> None:
    bring(TEXT)
    assert [(35.0, 1), (None, 3)] == lake.read("air_hourly").sort("time").select("pm2_5", "q_pm2_5").collect().rows()


def test_of_a_wide_source_only_the_refused_cell_is_flagged(lake: Lake) -> None:
    """Three stations on one source line: one refused, one missing, one good."""
    rows = [hours([value], station).with_columns(pl.lit(3).alias("_row")) for station, value in BROAD]
    ingest_frame(lake, "air_hourly", pl.concat(rows), "x", "d1")
    assert [3, 0, 1] == lake.read("air_hourly").sort("station").collect()["q_pm2_5"].to_list()


def test_the_same_file_again_does_nothing(lake: Lake, bring: Callable[..., Report]) -> None:
    bring(TEXT)
    before = lake.digest("air_hourly"), lake.quarantine("air_hourly").height
    report = bring(TEXT)
    assert report.repeated
    assert "seen before, nothing changed" in report.sentence()
    assert before == (lake.digest("air_hourly"), lake.quarantine("air_hourly").height)


def test_a_rival_that_was_faster_with_the_same_file_makes_it_a_repetition(lake: Lake) -> None:
    """The other process commits after this one has looked and before it holds the lock."""
    file = SourceFile.of("file.csv", TEXT.encode())
    rival: list[Report] = []

    def read(file: SourceFile, table: Table) -> Parsed:
        rival.append(ingest(lake, "air_hourly", file, [tidy]))
        return tidy.read(file, table)

    slow: Any = SimpleNamespace(TITLE_EN="slow", __name__="slow", matches=tidy.matches, read=read)
    assert ingest(lake, "air_hourly", file, [slow]).repeated
    assert 2 == rival[0].accepted
    assert 2 == lake.history("air_hourly").collect().height


def test_a_preview_says_what_an_ingest_would_and_writes_nothing(lake: Lake, bring: Callable[..., Report]) -> None:
    seen = preview(lake, "air_hourly", SourceFile.of("file.csv", TEXT.encode()), [tidy])
    assert "empty" == lake.origin("air_hourly")
    assert 2 == len(seen.errors)
    assert 4 == len(seen.head)
    assert {"head", "errors", "accepted"} <= set(seen.as_dict())
    done = bring(TEXT).as_dict()
    assert done == {name: value for name, value in seen.as_dict().items() if name in done}
    assert preview(lake, "air_hourly", SourceFile.of("file.csv", TEXT.encode()), [tidy]).repeated


def test_nothing_is_observed_before_it_happens(lake: Lake) -> None:
    report = ingest_frame(lake, "air_hourly", hours([1.0, 2.0, 3.0], end=NOW + timedelta(hours=2)), "x", "d1")
    assert (2, {"time|future": 1}) == (report.accepted, report.quarantined)


def test_a_forecast_may_speak_of_the_future_but_not_come_from_it(lake: Lake) -> None:
    issued = [NOW - timedelta(hours=1), NOW + timedelta(days=1)]
    frame = pl.DataFrame({"place": ["X"] * 2, "issued_at": issued, "time": [NOW + timedelta(days=4)] * 2})
    report = ingest_frame(lake, "weather_forecast", frame, "x", "d1")
    assert (1, {"issued_at|future": 1}) == (report.accepted, report.quarantined)


def test_sample_rows_are_not_mixed_into_measured_ones(lake: Lake) -> None:
    ingest_frame(lake, "air_hourly", hours([1.0]), "x", "d1")
    with pytest.raises(Refused, match="sample rows are not mixed in"):
        ingest_frame(lake, "air_hourly", hours([2.0]), "sample", "d2", sample=True)


@pytest.mark.parametrize(
    ("table", "text", "error", "message"),
    [
        ("air", TEXT, UnknownName, "no table 'air'"),
        ("air_hourly", "a cat sat on the mat", UnreadableFile, "no known format for air_hourly"),
    ],
)
def test_what_cannot_be_taken_is_refused_in_words(
    lake: Lake, table: str, text: str, error: type[InputError], message: str
) -> None:
    for bring in (ingest, preview):
        with pytest.raises(error, match=message):
            bring(lake, table, SourceFile.of("x.csv", text.encode()), [tidy])


def test_a_frame_without_its_key_is_refused(lake: Lake) -> None:
    with pytest.raises(BrokenContract, match="1 of 2 key columns missing: time"):
        ingest_frame(lake, "air_hourly", pl.DataFrame({"station": ["A"]}), "x", "d1")


def test_new_rows_are_judged_beside_their_neighbours_in_the_lake(lake: Lake) -> None:
    """Eleven equal hours stand already; the twelfth makes a stuck run, although it comes alone."""
    ingest_frame(lake, "air_hourly", hours([35.0] * 11, end=NOW - timedelta(hours=1)), "x", "d1")
    ingest_frame(lake, "air_hourly", hours([35.0]), "y", "d2")
    assert [1] * 11 + [2] == lake.read("air_hourly").sort("time").collect()["q_pm2_5"].to_list()


def test_an_empty_frame_is_nothing_and_no_fault(lake: Lake) -> None:
    report = ingest_frame(lake, "air_hourly", hours([]), "x", "d1")
    assert (0, 0, {}) == (report.accepted, report.corrected, report.quarantined)
    assert "empty" == lake.origin("air_hourly")
