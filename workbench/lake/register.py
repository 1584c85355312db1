"""Names held against a register: a reference table that lists what names there are, and what they were called before.

Under the column of the same name the register has the names in force; `former` holds older names of the same place and
`absorbed` places that were merged into it, several parted by `、`. A short name (without 镇, 乡, 街道) counts where one
place alone has it. An older name is read as the new one; a merged place is refused, for its figures belong to a sum
that only its bureau can make.
"""

from dataclasses import dataclass
from difflib import get_close_matches
from functools import lru_cache

import polars as pl

from workbench.lake.catalogue import Column

ENDINGS = ("街道办事处", "街道", "镇", "乡")


@dataclass(frozen=True)
class Register:
    """Every spelling → the name in force; every merged name → the place that took it in."""

    names: dict[str, str]
    merged: dict[str, str]

    def fault(self, name: str) -> str:
        """What is to be said of a name that is not in force."""
        if name in self.merged:
            return f"'{name}' was merged into '{self.merged[name]}': add its figures to that row"
        near = get_close_matches(name, self.names, n=1, cutoff=0.5)
        return f"no place of the register is called '{name}'" + (f" (near {self.names[near[0]]})" if near else "")


def load(column: Column) -> Register:
    """The register of a column as it stands."""
    from workbench.lake import catalogue, reference

    table = catalogue.load(column.register)
    return _load(column, reference.digest(table))


@lru_cache(maxsize=16)
def _load(column: Column, digest: str) -> Register:
    from workbench.lake import catalogue, reference

    del digest
    rows = reference.read(catalogue.load(column.register)).collect()
    names: dict[str, str] = {}
    merged: dict[str, str] = {}
    short: dict[str, list[str]] = {}
    for row in rows.iter_rows(named=True):
        name = str(row[column.name])
        names[name] = name
        short.setdefault(shortened(name), []).append(name)
        names |= dict.fromkeys(parts(row.get("former")), name)
        merged |= dict.fromkeys(parts(row.get("absorbed")), name)
    for brief, owners in short.items():
        if len(owners) == 1 and brief not in merged:
            names.setdefault(brief, owners[0])
    return Register(names, merged)


def parts(text: str | None) -> list[str]:
    """The names in one cell of a register."""
    return [name.strip() for name in (text or "").split("、") if name.strip()]


def shortened(name: str) -> str:
    """A place without the word for what it is.

    >>> shortened("安坪镇"), shortened("夔州街道")
    ('安坪', '夔州')
    """
    return next((name.removesuffix(end) for end in ENDINGS if name.endswith(end) and len(name) > len(end) + 1), name)


def settled(values: pl.Series, column: Column) -> tuple[pl.Series, dict[str, str], list[str]]:
    """The names in force; for each name that is none what is to be said of it; and a note on each that was replaced."""
    register = load(column)
    given = [name for name in values.unique().to_list() if name is not None]
    faults = {name: register.fault(name) for name in given if name not in register.names}
    renamed = [f"{name} read as {register.names[name]}" for name in given if register.names.get(name, name) != name]
    return values.replace(register.names), faults, sorted(renamed)
