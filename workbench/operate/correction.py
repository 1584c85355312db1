"""Corrections by hand, from the command line and from the data page alike: into the lake, and into the audit log."""

from dataclasses import dataclass
from typing import Any

import polars as pl

from workbench.errors import InputError
from workbench.lake import catalogue
from workbench.lake.correction import Correction
from workbench.lake.quality import meaning
from workbench.lake.store import Lake
from workbench.operate import audit

SHORTEST = 4
"""Characters of a reason: enough for 断电维护, too many for a dash."""


@dataclass(frozen=True)
class Cell:
    """What one cell has held, oldest first: value, flag, known_at, source, who, why."""

    frame: pl.DataFrame

    def sentence(self) -> str:
        """A line a version."""
        return "\n".join(
            f"{row['known_at']:%Y-%m-%d %H:%M:%S} UTC  {'—' if row['value'] is None else row['value']}"
            f"  {' '.join(meaning(row['flag'] or 0) or ('not checked',))}"
            f"  {row['source'] if row['who'] is None else row['who'] + ': ' + row['why']}"
            for row in self.frame.to_dicts()
        )

    def as_dict(self) -> dict[str, Any]:
        """The same as plain data."""
        return {"versions": self.frame.to_dicts()}


def correct(
    table: str, key: dict[str, Any], column: str, value: object, reason: str, who: str, address: str = ""
) -> Correction:
    """Replace one value; an empty text takes it away. InputError where the reason is missing or the cell is not there.

    The caller has asked whether `who` may (`correct` for the bureau of the table).
    """
    done = Lake().correct(table, key, column, None if value == "" else value, who, _reason(reason))
    audit.record("correct", done.sentence(), user=who, address=address)
    return done


def undo(table: str, key: dict[str, Any], column: str, reason: str, who: str, address: str = "") -> Correction:
    """Take the newest correction of a cell back."""
    done = Lake().undo(table, key, column, who, _reason(reason))
    audit.record("correction undone", done.sentence(), user=who, address=address)
    return done


def history(table: str, key: dict[str, Any], column: str) -> Cell:
    """What a cell has held."""
    return Cell(Lake().cell(table, key, column))


def key_of(table: str, parts: list[str]) -> dict[str, Any]:
    """The key of a row from `NAME=VALUE` texts; InputError names what is missing or not understood.

    >>> key_of("air_hourly", ["station=5001", "time=2026-11-23 16:00"])
    {'station': '5001', 'time': '2026-11-23 16:00'}
    """
    wanted = catalogue.load(table).key
    split = [part.partition("=") for part in parts]
    for (name, sign, _), part in zip(split, parts, strict=True):
        if not sign or not name.strip():
            raise InputError(f"--key '{part}' is no NAME=VALUE", f"write --key {wanted[0]}=…")
    key = {name.strip(): value.strip() for name, _, value in split}
    missing = [name for name in wanted if not key.get(name)]
    if missing:
        told = " ".join(f"--key {name}=…" for name in wanted)
        raise InputError(f"the key lacks {', '.join(missing)}", f"a row of {table} is named by {told}")
    return key


def _reason(text: str) -> str:
    if len(text.strip()) < SHORTEST:
        raise InputError("a correction needs a reason", f"say in a few words, {SHORTEST} characters or more, why")
    return text.strip()[:200]
