"""One contender on one competition in a process of its own: its forecast, CPU seconds, wall time and peak memory.

Every contender is measured alike: it is imported and warmed up on two series, then timed on all; the CPU time is that
of its process and of all processes that it starts, the memory the largest sum over them (sampled four times a second).
Run as `python -m benchmarks._race CONTENDER FOLDER` on a folder that holds `competition.pickle`.
"""

import json
import os
import pickle
import resource
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

import polars as pl

from benchmarks._competition import Competition
from workbench.errors import WorkbenchError
from workbench.settings import PROJECT


@dataclass(frozen=True)
class Lap:
    """What one contender gave and what it cost: seconds of CPU, seconds of wall clock, peak memory in GiB."""

    forecast: pl.DataFrame
    cpu: float
    wall: float
    memory: float


def lap(contender: str, competition: Competition) -> Lap:
    """Run a contender of `benchmarks._contenders`. Raises WorkbenchError with its last words where it fails."""
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch)
        (folder / "competition.pickle").write_bytes(pickle.dumps(competition))
        told = folder / "told.txt"
        with told.open("wb") as stream:
            command = [sys.executable, "-m", "benchmarks._race", contender, scratch]
            process = subprocess.Popen(command, cwd=PROJECT, stdout=stream, stderr=stream, env=environment())
            memory = watch(process)
        if process.returncode:
            last = told.read_text(encoding="utf-8", errors="replace").strip().splitlines()[-1:]
            missing = "ModuleNotFoundError" in "".join(last)
            raise WorkbenchError(
                f"{contender} failed on {competition.task.name}: {''.join(last)}",
                "install what the suites need: pip install -e '.[bench]'" if missing else "",
            )
        cost = json.loads((folder / "cost.json").read_text(encoding="utf-8"))
        return Lap(pl.read_parquet(folder / "forecast.parquet"), cost["cpu"], cost["wall"], memory)


def environment() -> dict[str, str]:
    """The checkout on the path; libraries that would thread keep to one thread, for processes are what we count."""
    threads = {f"{name}_NUM_THREADS": "1" for name in ("OMP", "OPENBLAS", "MKL", "NUMBA")}
    return os.environ | threads | {"PYTHONPATH": str(PROJECT)}


def watch(process: "subprocess.Popen[bytes]") -> float:
    """Wait for its end; peak of the memory held by it and its descendants together, GiB."""
    import psutil

    peak = 0
    root = psutil.Process(process.pid)
    while process.poll() is None:
        held = 0
        try:
            for one in (root, *root.children(recursive=True)):
                held += one.memory_info().rss
        except psutil.Error:
            pass  # one of them has just ended
        peak = max(peak, held)
        time.sleep(0.25)
    return peak / 2**30


def spent() -> float:
    """CPU seconds of this process and of the children that it has seen end."""
    use = (resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
    return sum(one.ru_utime + one.ru_stime for one in use)


def main(contender: str, folder: Path) -> None:
    """Warm up, time, and leave `forecast.parquet` and `cost.json`."""
    from benchmarks._contenders import run

    competition: Competition = pickle.loads((folder / "competition.pickle").read_bytes())
    run(contender, competition.few(2))
    cpu, wall = spent(), time.perf_counter()
    forecast = run(contender, competition)
    cost = {"cpu": spent() - cpu, "wall": time.perf_counter() - wall}
    forecast.write_parquet(folder / "forecast.parquet")
    (folder / "cost.json").write_text(json.dumps(cost), encoding="utf-8")


if __name__ == "__main__":
    main(sys.argv[1], Path(sys.argv[2]))
