"""Two thousand damaged files into a real lake: no crash, nothing kept that breaks a rule, every refusal helps.

What was kept is judged again from the catalogue's TOML itself, not by the code that let it in.
"""

import math
import tempfile
import time
import tomllib
import warnings
from collections import Counter
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import polars as pl

from benchmarks._common import goal, report, result
from benchmarks._damage import Case, case
from workbench import domain
from workbench.errors import WorkbenchError
from workbench.lake.catalogue import FOLDER
from workbench.lake.files import SourceFile
from workbench.lake.ingest import ingest
from workbench.lake.store import Lake
from workbench.settings import now

NEEDS_DATA = False
SEED = 20260301
CASES = 2000
A_LAKE = 100  # cases that share one


@dataclass
class Outcome:
    """What became of all cases, and every single thing that should not have been."""

    kinds: Counter[tuple[str, str]] = field(default_factory=Counter)
    crashes: list[str] = field(default_factory=list)
    broken: list[str] = field(default_factory=list)
    helpless: list[str] = field(default_factory=list)
    kept: int = 0
    slowest: float = 0.0


def run(data: Path | None, cases: int = CASES) -> dict[str, Any]:
    """Hand in every case and count."""
    outcome = damaged(range(cases))
    results = [
        result("workbench", kind, what, count, "files", "report")
        for (kind, what), count in sorted(outcome.kinds.items())
    ]
    results.append(result("workbench", "all", "rows kept", outcome.kept, "rows", "report"))
    results.append(result("workbench", "all", "slowest file", round(outcome.slowest, 2), "s", "lower"))
    wrongs = (
        ("crashes", outcome.crashes),
        ("rules broken", outcome.broken),
        ("refusals without help", outcome.helpless),
    )
    goals = [
        goal("workbench", "all", name, f"0 of {cases}", f"{len(found)} {found[:3] if found else ''}".strip(), not found)
        for name, found in wrongs
    ]
    return report("damage", [], f"{cases} seeded cases of 16 kinds, ingested into a real lake", results, goals)


def damaged(numbers: range) -> Outcome:
    """The cases of these numbers, a hundred to a lake."""
    outcome = Outcome()
    readers = tuple(domain.readers().values())
    for first in range(numbers.start, numbers.stop, A_LAKE):
        with tempfile.TemporaryDirectory() as folder, warnings.catch_warnings():
            warnings.simplefilter("ignore")
            lake = Lake(folder)
            for number in range(first, min(first + A_LAKE, numbers.stop)):
                one = case(SEED, number)
                started = time.perf_counter()
                _hand_in(lake, one, readers, outcome)
                outcome.slowest = max(outcome.slowest, time.perf_counter() - started)
            for table in ("air_hourly", "air_daily", "weather_hourly", "weather_forecast", "stations"):
                kept = lake.history(table).collect()
                outcome.kept += kept.height
                outcome.broken += [f"{table}: {fault}" for fault in faults(kept, table)]
    return outcome


def _hand_in(lake: Lake, one: Case, readers: tuple[Any, ...], outcome: Outcome) -> None:
    where = f"{one.name} ({one.kind} → {one.table})"
    try:
        file = SourceFile.of(one.name, one.data, datetime(2026, 3, 2, tzinfo=UTC))
        done = ingest(lake, one.table, file, readers)
    except WorkbenchError as error:
        outcome.kinds[one.kind, "refused"] += 1
        if one.name not in error.message or not error.hint.strip() or len(error.message) > 1000:
            outcome.helpless.append(f"{where}: {error.message[:200]!r} → {error.hint[:100]!r}")
    except BaseException as error:  # a panic of a library is no Exception
        if isinstance(error, KeyboardInterrupt | SystemExit):
            raise
        outcome.kinds[one.kind, "crashed"] += 1
        outcome.crashes.append(f"{where}: {type(error).__name__}: {str(error)[:200]}")
    else:
        outcome.kinds[one.kind, "quarantined in part" if done.quarantined else "accepted"] += 1


def faults(kept: pl.DataFrame, table: str) -> list[str]:
    """Every rule of the catalogue's TOML that a kept row breaks, by a slow loop over plain values."""
    entry = tomllib.loads((FOLDER / f"{table}.toml").read_text(encoding="utf-8"))
    columns, key = entry["columns"], entry["key"]
    found, seen = [], set()
    latest = now() + timedelta(hours=2)
    for row in kept.to_dicts():
        for name, rule in columns.items():
            value = row[name]
            if value is None:
                if name in key:
                    found.append(f"{name} is missing in the key")
            elif rule["type"] in ("number", "integer"):
                if not math.isfinite(value) or value < rule.get("min", -math.inf) or value > rule.get("max", math.inf):
                    found.append(f"{name} = {value}")
            elif rule["type"] == "string":
                if value[:1] in ("=", "+", "-", "@", "\t", "") or len(value) > 200 or any(ord(c) < 32 for c in value):
                    found.append(f"{name} = {value[:40]!r}")
            elif rule["type"] == "datetime" and not (datetime(1900, 1, 1, tzinfo=UTC) <= value):
                found.append(f"{name} = {value}")
            elif rule["type"] == "datetime" and value > latest + timedelta(days=20) * (table == "weather_forecast"):
                found.append(f"{name} = {value} lies in the future")
        whole = (*(row[name] for name in key), row["known_at"])
        if whole in seen:
            found.append(f"key {whole} stands twice")
        seen.add(whole)
    return found
