"""Evidence: run the suites of `benchmarks/` and print their results against their goals.

A suite is a file with `run(data) -> dict` in the one form of evidence (`suite, data, machine, protocol, results,
goals`); it raises where its metrics do not reproduce a published figure first.
"""

import json
import os
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from workbench.errors import MissingData, UnknownName
from workbench.settings import settings


@dataclass(frozen=True)
class Evidence:
    """What one suite showed."""

    document: dict[str, Any]

    def as_dict(self) -> dict[str, Any]:
        return self.document

    def sentence(self) -> str:
        """The results as a table, then each goal with what was reached."""
        d = self.document
        rows = [
            f"{r['contender']:<28} {r['slice']:<28} {r['metric']:<18} {shown(r['value']):>12} {r['unit']}"
            for r in d["results"]
        ]
        goals = [
            f"{'✓' if g['met'] else '✗'} {g['slice']} · {g['metric']}: {shown(g['reached'])} (goal {g['goal']})"
            for g in d["goals"]
        ]
        return "\n".join([f"suite {d['suite']} · {d['protocol']}", *rows, *goals])


def shown(value: Any) -> str:
    """A figure as people read it: four significant digits.

    >>> shown(12.34567), shown(3), shown("55")
    ('12.35', '3', '55')
    """
    return f"{value:.4g}" if isinstance(value, float) else str(value)


def data_folder(data: Path | None) -> Path | None:
    """The folder of development data: `--data`, else `WORKBENCH_BENCH_DATA`, else none."""
    named = data or (Path(settings().bench_data) if settings().bench_data else None)
    return named if named and named.is_dir() else None


def run(
    names: list[str], data: Path | None, suites: dict[str, Any], progress: Callable[[int, int, str], None]
) -> list[Evidence]:
    """Run the named suites (all if none is named), one after the other."""
    for name in names:
        if name not in suites:
            raise UnknownName("suite", name, suites)
    wanted = names or list(suites)
    folder = data_folder(data)
    done = []
    for i, name in enumerate(wanted):
        progress(i, len(wanted), name)
        if folder is None and getattr(suites[name], "NEEDS_DATA", True):
            if names:
                raise MissingData(
                    f"suite {name} needs the development data",
                    "name their folder with --data DIR or WORKBENCH_BENCH_DATA",
                )
            continue
        if folder is not None:
            os.environ["WORKBENCH_BENCH_DATA"] = str(folder)
        done.append(Evidence(suites[name].run(folder)))
    progress(len(wanted), len(wanted), "")
    return done


def write(evidence: list[Evidence], folder: Path) -> None:
    """Keep each suite's document as `<folder>/<suite>.json`."""
    folder.mkdir(parents=True, exist_ok=True)
    for one in evidence:
        file = folder / f"{one.document['suite']}.json"
        file.write_text(json.dumps(one.document, ensure_ascii=False, indent=1, default=str) + "\n", encoding="utf-8")
