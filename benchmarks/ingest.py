"""Ingest: speed on real files, and that neither repetition, a crash, a rival nor a late file spoils the lake."""

import os
import tempfile
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import polars as pl

from benchmarks._common import goal, report, result
from benchmarks._crash import TABLE, bring, killed, side_by_side, small_files
from pipelines.readers import uci_beijing
from workbench.lake.files import SourceFile
from workbench.lake.ingest import Report, ingest, ingest_frame
from workbench.lake.store import Lake

NAME = "ingest"
DATA = "uci_beijing_multisite_2013_2017/all_12_stations.parquet"
MOMENTS = 50
PROTOCOL = (
    "12 UCI Beijing CSV files written anew from the Parquet file, one ingest each into air_hourly (read, contract, "
    "flags, versions, Delta commit), wall clock; then the same files again, and again as other bytes; kill -9 of a "
    "real process at 50 random moments of an ingest of two small files, the files brought again, every version and "
    "refused cell compared with an undisturbed lake; two processes with the same files at once; a day-old file after "
    "its correction"
)


def run(data: Path) -> dict[str, Any]:
    """The suite. `data` is the folder of development data."""
    source = data / DATA
    results, goals = [], []

    def tell(slice: str, metric: str, value: float, unit: str, wanted: str = "", met: bool | None = None) -> None:
        results.append(result("workbench", slice, metric, value, unit, "lower"))
        if met is not None:
            goals.append(goal("workbench", slice, metric, wanted, value, met))

    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch)
        files = station_files(source, folder / "uci")
        lake = Lake(folder / "lake")
        seconds, reports = timed(lake, files)
        accepted = sum(one.accepted for one in reports)
        tell("12 Beijing stations", "seconds", seconds, "s", "< 10", seconds < 10)
        tell("12 Beijing stations", "rows not accepted", 420_768 - accepted, "rows", "0", accepted == 420_768)
        before = lake.digest(TABLE)
        seconds, again = timed(lake, files)
        new = sum(one.accepted + one.corrected for one in again)
        tell("same files again", "seconds", seconds, "s")
        tell("same files again", "rows changed", new, "rows", "0", new == 0 and lake.digest(TABLE) == before)
        for file in files:
            file.write_bytes(file.read_bytes() + b"\n")
        seconds, again = timed(lake, files)
        new = sum(one.accepted + one.corrected for one in again)
        tell("same rows, other bytes", "seconds", seconds, "s")
        tell("same rows, other bytes", "rows changed", new, "rows", "0", new == 0 and lake.digest(TABLE) == before)

        crash = killed(folder / "crash", MOMENTS)
        tell("kill -9", "kills", crash.tried, "kills")
        tell("kill -9", "struck before the end", crash.struck, "kills", f"{MOMENTS}", crash.struck == MOMENTS)
        tell("kill -9", "rows and cells lost", crash.lost, "rows", "0", crash.lost == 0)
        tell("kill -9", "rows and cells doubled", crash.doubled, "rows", "0", crash.doubled == 0)
        lost, doubled = side_by_side(folder / "rivals")
        tell("two writers at once", "rows and cells lost", lost, "rows", "0", lost == 0)
        tell("two writers at once", "rows and cells doubled", doubled, "rows", "0", doubled == 0)
        undone = late_file(folder / "late")
        tell("day-old file after its correction", "values undone", undone, "rows", "0", undone == 0)
        for slice, milliseconds in reads(folder / "million").items():
            tell(slice, "milliseconds", milliseconds, "ms")
    return report(NAME, [source], PROTOCOL, results, goals)


def station_files(source: Path, folder: Path) -> list[Path]:
    """The UCI files as they are published: one a station, `NA` for missing."""
    folder.mkdir()
    files = []
    for (station,), rows in pl.read_parquet(source).partition_by("station", as_dict=True).items():
        files.append(folder / f"PRSA_Data_{station}_20130301-20170228.csv")
        rows.write_csv(files[-1], null_value="NA")
    return files


def timed(lake: Lake, files: list[Path]) -> tuple[float, list[Report]]:
    """Ingest UCI files and count the seconds."""
    began = time.perf_counter()
    reports = [ingest(lake, TABLE, SourceFile.open(file), [uci_beijing]) for file in files]
    return time.perf_counter() - began, reports


def late_file(folder: Path) -> int:
    """A correction, then the day-old file that it corrects: how many values of the correction are undone."""
    first, second = small_files(folder)
    bring(folder / "lake", [second])
    lake = Lake(folder / "lake")
    right = lake.read(TABLE).select("station", "time", "pm2_5").collect()
    bring(folder / "lake", [first])
    now = lake.read(TABLE).select("station", "time", "pm2_5").collect()
    return len(right.join(now, on=right.columns, how="anti", nulls_equal=True))


def reads(root: Path, series: int = 12, hours: int = 83_334) -> dict[str, float]:
    """Reads of a million rows with a hundredth corrected, best of five."""
    lake, first = Lake(root), datetime(2016, 1, 1, tzinfo=UTC)
    times = pl.datetime_range(first, first + timedelta(hours=hours - 1), "1h", eager=True, time_zone="UTC")
    grid = pl.DataFrame({"station": [f"S{i}" for i in range(series)]}).join(times.alias("time").to_frame(), how="cross")
    frame = grid.with_columns(pl.lit(40.0).alias(name) for name in ("pm2_5", "pm10", "so2", "no2", "co", "o3"))
    ingest_frame(lake, TABLE, frame, "made here", "first")
    as_of, recent = datetime(2021, 1, 1, tzinfo=UTC), pl.col("time") > times[-1] - timedelta(days=10)
    found = {"read 1,000,008 rows": best(lambda: lake.read(TABLE).collect())}
    corrected = frame.gather_every(100).with_columns(pl.col("pm2_5") + 1)
    ingest_frame(lake, TABLE, corrected, "made here", "second", known_at=datetime(2025, 8, 1, tzinfo=UTC))
    found["read 1,000,008 rows, 1 % corrected"] = best(lambda: lake.read(TABLE).collect())
    found["read as of a day, 1 % corrected"] = best(lambda: lake.read(TABLE, as_of).collect())
    found["read the last 10 days of 1,000,008 rows"] = best(lambda: lake.read(TABLE).filter(recent).collect())
    return found


def best(read: Any) -> float:
    """Milliseconds of the fastest of five."""
    seconds = []
    for _ in range(5):
        began = time.perf_counter()
        read()
        seconds.append(time.perf_counter() - began)
    return 1000 * min(seconds)


if __name__ == "__main__":
    import json

    print(json.dumps(run(Path(os.environ["WORKBENCH_BENCH_DATA"])), indent=1, ensure_ascii=False))
