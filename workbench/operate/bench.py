"""Evidence: run the suites of `benchmarks/` and print their results against their goals.

A suite is a file with `run(data) -> dict` in the one form of evidence (`suite, data, machine, protocol, results,
goals`); it raises where its metrics do not reproduce a published figure first. `picture(document) -> Figure`, if it
has one, draws the document.
"""

import json
import os
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import plotly.graph_objects as go

from workbench.errors import MissingData, UnknownName
from workbench.operate.evidence import aligned, page, picture, shown, tables
from workbench.settings import settings


@dataclass(frozen=True)
class Evidence:
    """What one suite showed, and the figure that shows it best where the suite has one."""

    document: dict[str, Any]
    figure: go.Figure | None = None

    def as_dict(self) -> dict[str, Any]:
        return self.document

    def sentence(self) -> str:
        """The results as a table a slice, then each goal with what was reached."""
        d = self.document
        parts = [f"suite {d['suite']} · {d['protocol']}"]
        parts += [f"\n{where}\n{aligned(rows)}" for where, rows in tables(d).items()]
        goals = [
            f"{'✓' if g['met'] else '✗'} {g['contender']} · {g['slice']} · {g['metric']}: {shown(g['reached'])} "
            f"(goal {g['goal']})"
            for g in d["goals"]
        ]
        return "\n".join([*parts, "", *goals])


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
        document = suites[name].run(folder)
        draw = getattr(suites[name], "picture", None)
        done.append(Evidence(document, draw(document) if draw else None))
    progress(len(wanted), len(wanted), "")
    return done


def write(evidence: list[Evidence], folder: Path) -> None:
    """Keep each suite as `<folder>/<suite>.json` and its figure beside it, and write the page `<folder>.md` anew."""
    folder.mkdir(parents=True, exist_ok=True)
    for one in evidence:
        stem = folder / one.document["suite"]
        text = json.dumps(one.document, ensure_ascii=False, indent=1, default=str)
        stem.with_suffix(".json").write_text(text + "\n", encoding="utf-8")
        if one.figure is not None:
            picture(one.figure, stem)
    folder.with_suffix(".md").write_text(page(folder), encoding="utf-8")
