"""The lake: what is known when, whose rows are read, and that nothing is lost or doubled by crashes and rivals."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from lake_rows import NOW, hours

from benchmarks import _crash
from workbench.errors import UnknownName
from workbench.lake import catalogue, delta, store
from workbench.lake.ingest import Report, ingest_frame
from workbench.lake.store import Lake

Bring = Callable[..., Report]


def test_an_empty_table_gives_no_rows_but_the_full_schema(lake: Lake) -> None:
    frame = lake.read("air_hourly").collect()
    assert store.schema(catalogue.load("air_hourly")) == dict(frame.schema)
    assert frame.is_empty()
    assert ("empty", "0" * 16) == (lake.origin("air_hourly"), lake.digest("air_hourly"))
    assert lake.quarantine("air_hourly").is_empty()


def test_what_is_stored_has_the_schema_that_an_empty_table_promised(lake: Lake) -> None:
    promised = lake.read("air_hourly").collect_schema()
    ingest_frame(lake, "air_hourly", hours([1.0, 2.0]), "x", "d1")
    assert promised == lake.read("air_hourly").collect_schema() == lake.history("air_hourly").collect_schema()


def test_a_table_that_is_not_in_the_catalogue_is_named(lake: Lake) -> None:
    for look in (lake.read, lake.history, lake.origin, lake.digest, lake.quarantine):
        with pytest.raises(UnknownName, match="no table 'air'"):
            look("air")


def test_each_version_is_read_as_of_its_day(lake: Lake, bring: Bring) -> None:
    """08:00 is observed at 08:30, corrected at 09:30; at 10:00 a file of 09:00 comes late and is history only."""
    day = datetime(2026, 11, 23, tzinfo=UTC)
    line = "station,time,PM2.5\nA,2026-11-23T08:00:00Z,{}\n"
    bring(line.format(40), day + timedelta(hours=8, minutes=30))
    bring(line.format(44), day + timedelta(hours=9, minutes=30))
    late = bring(line.format(42), day + timedelta(hours=9))
    assert (0, 1) == (late.accepted, late.corrected)

    def value(hour: float) -> list[float]:
        return lake.read("air_hourly", day + timedelta(hours=hour)).collect()["pm2_5"].to_list()

    assert [[], [40.0], [42.0], [44.0]] == [value(8.4), value(8.75), value(9.25), value(9.75)]
    assert [44.0] == lake.read("air_hourly").collect()["pm2_5"].to_list()
    assert [40.0, 42.0, 44.0] == lake.history("air_hourly").collect().sort("known_at")["pm2_5"].to_list()


def test_reading_as_of_equals_a_slow_search_through_history(lake: Lake, bring: Bring) -> None:
    """Ten files of one day with corrections in mixed order, against a loop over all versions."""
    written = [NOW - timedelta(minutes=m) for m in (300, 200, 260, 100, 180, 50, 40, 220, 20, 10)]
    for i, moment in enumerate(written):
        rows = "".join(f"A,2026-11-22T{h:02}:00:00Z,{h + i if (h + i) % 3 else h}\n" for h in range(8 + i % 5))
        bring(f"station,time,PM2.5\n{rows}", moment)
    versions = lake.history("air_hourly").collect().rows(named=True)
    for moment in [*written, NOW]:
        expected: dict[datetime, dict[str, object]] = {}
        for row in versions:
            best = expected.get(row["time"])
            if row["known_at"] <= moment and (best is None or best["known_at"] < row["known_at"]):
                expected[row["time"]] = row
        read = lake.read("air_hourly", moment).collect().sort("time")
        assert [row["pm2_5"] for _, row in sorted(expected.items())] == read["pm2_5"].to_list()


def test_an_instant_may_carry_any_offset_or_none(lake: Lake) -> None:
    ingest_frame(lake, "air_hourly", hours([1.0], end=NOW - timedelta(hours=2)), "x", "d1", known_at=NOW)
    assert 1 == lake.read("air_hourly", datetime.fromisoformat("2026-11-23T18:00:00+08:00")).collect().height
    assert 1 == lake.read("air_hourly", datetime(2026, 11, 23, 10)).collect().height  # noqa: DTZ001
    assert 0 == lake.read("air_hourly", datetime(2026, 11, 23, 9, 59, tzinfo=UTC)).collect().height


def test_sample_rows_vanish_with_the_first_measured_row(lake: Lake) -> None:
    ingest_frame(lake, "air_hourly", hours([1.0, 2.0], "made up"), "sample", "s1", sample=True)
    assert "sample" == lake.origin("air_hourly")
    assert [True, True] == lake.read("air_hourly").collect()["sample"].to_list()
    ingest_frame(lake, "air_hourly", hours([3.0], "real"), "x", "d1")
    assert "real" == lake.origin("air_hourly")
    for frame in (lake.read("air_hourly"), lake.history("air_hourly"), lake.read("air_hourly", NOW)):
        assert ["real"] == frame.collect()["station"].to_list()


def test_a_file_of_refused_rows_alone_does_not_retire_the_sample(lake: Lake, bring: Bring) -> None:
    ingest_frame(lake, "air_hourly", hours([1.0]), "sample", "s1", sample=True)
    bring("station,time,PM2.5\nA,never,40\n")
    assert "sample" == lake.origin("air_hourly")


def test_the_digest_changes_with_the_rows_and_only_with_them(lake: Lake) -> None:
    ingest_frame(lake, "air_hourly", hours([1.0, 2.0]), "x", "d1")
    first = lake.digest("air_hourly")
    ingest_frame(lake, "air_hourly", hours([1.0, 2.0]), "x again", "d2")
    lake.delta("air_hourly").optimize.compact()  # type: ignore[union-attr]
    assert first == lake.digest("air_hourly")
    ingest_frame(lake, "air_hourly", hours([1.0, 3.0]), "y", "d3")
    assert first != lake.digest("air_hourly")


def test_a_column_that_the_catalogue_gained_is_null_in_older_rows(
    lake: Lake, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    ingest_frame(lake, "air_hourly", hours([1.0]), "x", "d1")
    grown = (catalogue.FOLDER / "air_hourly.toml").read_text(encoding="utf-8")
    grown += '\n[columns.no]\ntype = "number"\nmin = 0\nzh = "一氧化氮"\nen = "NO"\n'
    (tmp_path / "air_hourly.toml").write_text(grown, encoding="utf-8")
    monkeypatch.setattr(catalogue, "FOLDER", tmp_path)
    catalogue.load.cache_clear()
    try:
        assert [None] == lake.read("air_hourly").collect()["no"].to_list()
        ingest_frame(lake, "air_hourly", hours([7.0], "B", column="no"), "y", "d2")
        assert {("A", None), ("B", 7.0)} == set(lake.read("air_hourly").select("station", "no").collect().rows())
    finally:
        catalogue.load.cache_clear()


def test_kill_9_loses_and_doubles_nothing(tmp_path: Path) -> None:
    """Three kills at random moments of a real process (the suite `ingest` does fifty)."""
    crash = _crash.killed(tmp_path, 3)
    assert (3, 0, 0) == (crash.struck, crash.lost, crash.doubled)


def test_dying_between_quarantine_and_rows_loses_and_doubles_nothing(
    lake: Lake, bring: Bring, monkeypatch: pytest.MonkeyPatch
) -> None:
    text = "station,time,PM2.5\nA,2026-11-23T08:00:00Z,9999\nA,2026-11-23T09:00:00Z,5\n"
    commit = delta.commit

    def dies(where: str, *rest: Any) -> None:
        if where.endswith("/air_hourly"):
            raise KeyboardInterrupt
        commit(where, *rest)

    with monkeypatch.context() as patch:
        patch.setattr(delta, "commit", dies)
        with pytest.raises(KeyboardInterrupt):
            bring(text)
    assert (1, 0) == (lake.quarantine("air_hourly").height, lake.read("air_hourly").collect().height)
    assert 2 == bring(text).accepted
    assert (1, 2) == (lake.quarantine("air_hourly").height, lake.read("air_hourly").collect().height)


def test_two_writers_at_once_store_each_row_once(tmp_path: Path) -> None:
    assert (0, 0) == _crash.side_by_side(tmp_path)
