"""The drop folder: whatever is laid into `<home>/drop/<table>/` is brought in unattended.

A file that went in moves to `drop/done/<table>/`, a refused one to `drop/refused/<table>/` with a `.txt` beside it
that says why; a file of a personal table is deleted instead, for its sender still has it.
A file whose table is busy, or that is still being written, stays for the next round.
"""

import time
from collections.abc import Callable, Iterable
from pathlib import Path
from types import ModuleType

from workbench.errors import Busy, WorkbenchError
from workbench.lake import catalogue
from workbench.lake.files import SourceFile
from workbench.lake.ingest import Report, ingest
from workbench.lake.store import Lake

SETTLED = 2.0
"""Seconds that a file must have lain untouched: a copy may still be under way."""


def sweep(lake: Lake, home: Path, readers: Iterable[ModuleType], on_fault: Callable[[Exception], str]) -> list[Report]:
    """Ingest every settled file below `<home>/drop/<table>/`, oldest first; never raises for a bad file.

    `on_fault` keeps an unforeseen error and returns the number under which it can be found again.
    """
    drop, readers = home / "drop", tuple(readers)
    drop.mkdir(parents=True, exist_ok=True)
    waiting = [
        file
        for folder in drop.iterdir()
        if folder.is_dir() and folder.name not in ("done", "refused")
        for file in folder.iterdir()
        if file.is_file() and not file.name.startswith(".") and time.time() - file.stat().st_mtime >= SETTLED
    ]
    reports = []
    for file in sorted(waiting, key=lambda file: (file.stat().st_mtime, file.name)):
        try:
            reports.append(ingest(lake, file.parent.name, SourceFile.open(file), readers))
        except Busy:
            continue
        except WorkbenchError as error:
            _refuse(file, drop, str(error))
        except Exception as error:  # a reader may fail in any way; the files behind this one must still go in
            _refuse(file, drop, f"{file.name}: something unforeseen, number {on_fault(error)}\n→ see the log")
        else:
            _move(file, drop / "done")
    return reports


def _refuse(file: Path, drop: Path, reason: str) -> None:
    """Lay a file among the refused, its reason beside it."""
    refused = _move(file, drop / "refused")
    refused.with_name(f"{refused.name}.txt").write_text(f"{reason}\n", encoding="utf-8")


def _move(file: Path, to: Path) -> Path:
    """Move a file below `to`, under its table; a name already taken gets a number. A personal one goes."""
    folder = to / file.parent.name
    folder.mkdir(parents=True, exist_ok=True)
    target, number = folder / file.name, 1
    while target.exists():
        number += 1
        target = folder / f"{file.stem} ({number}){file.suffix}"
    if file.parent.name in catalogue.names() and catalogue.load(file.parent.name).personal:
        file.unlink()
        return target
    return file.rename(target)
