"""What every suite needs to give its evidence in the one form: the data's fingerprint, the machine, results, goals."""

import hashlib
import os
import platform
from collections.abc import Iterable
from pathlib import Path
from typing import Any, Literal

Figure = float | int | str | None


def result(
    contender: str, slice: str, metric: str, value: Figure, unit: str, direction: Literal["lower", "higher", "report"]
) -> dict[str, Any]:
    """One figure of one contender (ours is `workbench`); `direction` says which way is better."""
    return {
        "contender": contender,
        "slice": slice,
        "metric": metric,
        "value": value,
        "unit": unit,
        "direction": direction,
    }


def goal(contender: str, slice: str, metric: str, goal: str, reached: Figure, met: bool) -> dict[str, Any]:
    """One goal as it was set beforehand, what was reached, and whether that is enough."""
    return {"contender": contender, "slice": slice, "metric": metric, "goal": goal, "reached": reached, "met": met}


def report(
    suite: str, data: Iterable[Path], protocol: str, results: list[dict[str, Any]], goals: list[dict[str, Any]]
) -> dict[str, Any]:
    """The evidence of one suite: `{"suite", "data", "machine", "protocol", "results", "goals"}`."""
    return {
        "suite": suite,
        "data": fingerprint(data),
        "machine": machine(),
        "protocol": protocol,
        "results": results,
        "goals": goals,
    }


def fingerprint(files: Iterable[Path]) -> dict[str, str]:
    """Name and SHA-256 of the files used; several count as one stream, in order of their names."""
    digest, names = hashlib.sha256(), []
    for file in sorted(files):
        names.append(f"{file.parent.name}/{file.name}")
        with file.open("rb") as stream:
            while chunk := stream.read(1 << 20):
                digest.update(chunk)
    return {"name": ", ".join(names) or "none (made here)", "sha256": digest.hexdigest() if names else ""}


def machine() -> dict[str, Any]:
    """The machine in the few words that matter for a figure of speed."""
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    return {
        "system": f"{platform.system()} {platform.machine()}",
        "python": platform.python_version(),
        "cores": len(os.sched_getaffinity(0)),
        "memory_gib": round(memory, 1),
    }
