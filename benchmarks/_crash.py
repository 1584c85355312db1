"""Ingests that are killed or run side by side, in real processes; shared by the suite `ingest` and the lake's tests."""

import os
import random
import subprocess
import sys
import time
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import polars as pl

from workbench.lake.files import SourceFile
from workbench.lake.ingest import Report, ingest
from workbench.lake.store import Lake

TABLE = "air_hourly"
FIRST = datetime(2025, 1, 1, tzinfo=UTC)


def small_files(folder: Path, hours: int = 800) -> list[Path]:
    """Two tidy files: a station's hours, every fiftieth value absurd, and a later one that corrects every tenth."""
    folder.mkdir(parents=True, exist_ok=True)
    times = [FIRST + timedelta(hours=i) for i in range(hours)]
    values = [9999 if i % 50 == 7 else 20 + i % 60 for i in range(hours)]
    frame = pl.DataFrame(
        {"station": ["A"] * hours, "time": [f"{t:%Y-%m-%dT%H:%M:%S}Z" for t in times], "PM2.5": values}
    )
    first, second = folder / "first.csv", folder / "second.csv"
    frame.write_csv(first)
    frame.gather_every(10).with_columns(pl.col("PM2.5") + 1).write_csv(second)
    for file, day in ((first, 2), (second, 3)):
        stamp = datetime(2026, 1, day, tzinfo=UTC).timestamp()
        os.utime(file, (stamp, stamp))
    return [first, second]


def bring(root: Path | str, files: list[Path]) -> list[Report]:
    """Ingest tidy files one after the other."""
    from pipelines.readers import tidy

    return [ingest(Lake(root), TABLE, SourceFile.open(file), [tidy]) for file in files]


@dataclass(frozen=True)
class State:
    """All that a lake says about the table: every version, every refused cell."""

    history: pl.DataFrame
    quarantine: pl.DataFrame

    @classmethod
    def of(cls, root: Path | str) -> "State":
        lake = Lake(root)
        history = lake.history(TABLE).collect().sort("station", "time", "known_at")
        return cls(history, lake.quarantine(TABLE).drop("when").sort("digest", "row", "column"))

    def differs(self, other: "State") -> tuple[int, int]:
        """Rows and refused cells of `other` that are lost here, and that are here twice or should not be here."""
        lost = doubled = 0
        for mine, theirs in ((self.history, other.history), (self.quarantine, other.quarantine)):
            lost += len(theirs.join(mine, on=theirs.columns, how="anti", nulls_equal=True))
            doubled += len(mine) - len(mine.join(theirs, on=theirs.columns, how="semi", nulls_equal=True).unique())
        return lost, doubled


def start(root: Path, files: list[Path]) -> "subprocess.Popen[str]":
    """A process that has loaded everything and waits for `go` to ingest the files."""
    process = subprocess.Popen(
        [sys.executable, "-m", "benchmarks._crash", str(root), *map(str, files)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        cwd=Path(__file__).resolve().parent.parent,
    )
    assert process.stdout is not None
    assert process.stdout.readline().strip() == "ready"
    return process


def go(process: "subprocess.Popen[str]") -> None:
    assert process.stdin is not None
    process.stdin.write("go\n")
    process.stdin.flush()


def finish(process: "subprocess.Popen[str]") -> str:
    """Wait for a process and close its pipes; what it said last."""
    said, _ = process.communicate(timeout=120)
    return said.strip()


@dataclass(frozen=True)
class Killed:
    """What `kill -9` did: kills, those that struck before the end, rows and cells lost and doubled."""

    tried: int
    struck: int
    lost: int
    doubled: int


def killed(folder: Path, moments: int, seed: int = 20260301) -> Killed:
    """Kill an ingest of two files at random moments until so many have struck before its end; each time bring the files
    again and compare with an undisturbed lake."""
    files = small_files(folder / "files")
    calm = start(folder / "calm", files)
    began = time.perf_counter()
    go(calm)
    assert calm.stdout is not None
    assert calm.stdout.readline().strip() == "done"
    duration = time.perf_counter() - began
    finish(calm)
    expected, dice = State.of(folder / "calm"), random.Random(seed)
    tried = struck = lost = doubled = 0
    while struck < moments and tried < 3 * moments:
        root = folder / f"killed{tried}"
        process = start(root, files)
        go(process)
        time.sleep(dice.uniform(0, duration))
        process.kill()
        tried, struck = tried + 1, struck + (finish(process) != "done")
        bring(root, files)
        less, more = State.of(root).differs(expected)
        lost, doubled = lost + less, doubled + more
    return Killed(tried, struck, lost, doubled)


def side_by_side(folder: Path, writers: int = 2) -> tuple[int, int]:
    """Several processes ingest the same files at once; rows and cells lost and doubled against one alone."""
    files = small_files(folder / "files")
    bring(folder / "alone", files)
    processes = [start(folder / "shared", files) for _ in range(writers)]
    for process in processes:
        go(process)
    assert ["done"] * writers == [finish(process) for process in processes]
    return State.of(folder / "shared").differs(State.of(folder / "alone"))


def main() -> None:
    """The child process."""
    import dataframely  # noqa: F401  loaded beforehand so that the killing strikes the work and not the imports
    import deltalake  # noqa: F401

    from pipelines.readers import tidy  # noqa: F401

    root, *files = sys.argv[1:]
    print("ready", flush=True)
    sys.stdin.readline()
    bring(root, [Path(file) for file in files])
    print("done", flush=True)


if __name__ == "__main__":
    main()
