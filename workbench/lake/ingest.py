"""Bringing rows into the lake: read, hold against the contract, compare with what is known, commit once.

Bringing the same file twice is bringing it once: it is committed under a Delta transaction named by its digest.
"""

from collections.abc import Sequence
from dataclasses import asdict, dataclass, field, replace
from datetime import datetime, timedelta
from types import ModuleType
from typing import Any

import polars as pl

from workbench.errors import InputError, Refused
from workbench.lake import catalogue, contract
from workbench.lake.catalogue import Table
from workbench.lake.contract import Checked
from workbench.lake.files import SourceFile
from workbench.lake.keyed import keyed
from workbench.lake.quality import BAD, margin
from workbench.lake.reading import Parsed, parse
from workbench.lake.store import Lake
from workbench.lake.versions import Arrival, Planned, plan, valid
from workbench.settings import now

HEAD = 50
NAMED = 3
"""Refused cells told one by one; the data page lists all."""
RETIRED = "first measured rows of this table: its sample rows are no longer used"


@dataclass(frozen=True)
class Report:
    """What became of one file: rows accepted, corrected and duplicate; `quarantined` counts cells and rows by rule."""

    table: str
    file: str
    reader: str
    digest: str
    accepted: int = 0
    corrected: int = 0
    duplicate: int = 0
    quarantined: dict[str, int] = field(default_factory=dict)
    repeated: bool = False
    notes: tuple[str, ...] = ()

    def sentence(self) -> str:
        """One line that says what happened, then the notes.

        >>> Report("air_daily", "a.csv", "tidy", "0" * 64, accepted=1200, quarantined={"pm2_5|max": 2}).sentence()
        'air_daily ← a.csv (tidy): 1,200 accepted, 0 corrected, 0 duplicate, 2 quarantined (pm2_5|max 2)'
        """
        if self.repeated:
            return f"{self.table} ← {self.file}: seen before, nothing changed"
        head = f"{self.table} ← {self.file} ({self.reader}):"
        refused = ", ".join(f"{rule} {count:,}" for rule, count in self.quarantined.items())
        counts = (
            f"{head} {self.accepted:,} accepted, {self.corrected:,} corrected, {self.duplicate:,} duplicate, "
            f"{sum(self.quarantined.values()):,} quarantined{f' ({refused})' if refused else ''}"
        )
        return "\n  ".join([counts, *self.notes])

    def as_dict(self) -> dict[str, Any]:
        return asdict(self)


@dataclass(frozen=True)
class Preview(Report):
    """What would become of a file: the counts of a Report, the first rows as read, and every fault by cell."""

    head: pl.DataFrame = field(default_factory=pl.DataFrame, repr=False)
    errors: pl.DataFrame = field(default_factory=lambda: pl.DataFrame(schema=contract.FAULTS), repr=False)

    def as_dict(self) -> dict[str, Any]:
        return {**asdict(Report(**self._counts())), "head": self.head.to_dicts(), "errors": self.errors.to_dicts()}

    def _counts(self) -> dict[str, Any]:
        return {name: getattr(self, name) for name in Report.__dataclass_fields__}


def ingest(
    lake: Lake,
    table: str,
    file: SourceFile,
    readers: Sequence[ModuleType],
    known_at: datetime | None = None,
    sample: bool = False,
) -> Report:
    """Bring one file into a table. The file's own time says when its values became known, unless `known_at` does.

    Raises UnreadableFile (no reader takes it), BrokenContract (its key columns are missing), Busy.
    """
    known = _measured(table)
    if lake.seen(table, file.digest):
        return Report(table, file.name, "", file.digest, repeated=True)
    parsed = keyed(parse(file, known, readers), known)
    return _commit(lake, known, parsed, _arrival(file, parsed, known_at, sample))


def ingest_frame(
    lake: Lake,
    table: str,
    frame: pl.DataFrame,
    source: str,
    digest: str,
    known_at: datetime | None = None,
    basis: str | None = None,
    sample: bool = False,
) -> Report:
    """Bring a frame into a table: pulls and samples, which have no file. `digest` names it, so that twice is once."""
    known = _measured(table)
    arrival = Arrival(source, digest, now(), known_at, basis, sample)
    if lake.seen(table, digest):
        return Report(table, source, source, digest, repeated=True)
    return _commit(lake, known, keyed(Parsed(frame, source), known), arrival)


def preview(lake: Lake, table: str, file: SourceFile, readers: Sequence[ModuleType]) -> Preview:
    """What `ingest` would do with a file; writes nothing."""
    known = _measured(table)
    parsed = keyed(parse(file, known, readers), known)
    arrival = _arrival(file, parsed, None, False)
    checked = _checked(parsed.frame, known)
    planned = _planned(lake, known, checked, arrival)
    repeated = lake.seen(table, file.digest)
    report = _report(known, parsed, arrival, checked, planned)
    counts = {name: getattr(report, name) for name in Report.__dataclass_fields__} | {"repeated": repeated}
    return Preview(**counts, head=parsed.frame.head(HEAD), errors=checked.faults.drop(contract.ID))


def _measured(table: str) -> Table:
    known = catalogue.load(table)
    if known.reference:
        raise InputError(f"{table} is a reference table of the project", f"edit data/reference/{table}.csv instead")
    return known


def _arrival(file: SourceFile, parsed: Parsed, known_at: datetime | None, sample: bool) -> Arrival:
    written = file.modified or parsed.published or now()
    return Arrival(file.name, file.digest, min(written, now()), known_at, None, sample)


def _checked(frame: pl.DataFrame, table: Table) -> Checked:
    """The contract, and what no contract can hold: nothing is observed before it happens."""
    checked = contract.check(frame, table)
    over = valid(table)
    if over is None:
        return checked
    early = checked.rows.filter(over > now() + max(table.cycle, timedelta(hours=1)))
    if early.is_empty():
        return checked
    name = table.issued or table.time or ""
    faults = early.select(
        contract.ID,
        pl.col(contract.ROW).alias("row"),
        pl.lit(name).alias("column"),
        pl.col(name).cast(pl.String).alias("value"),
        pl.lit(f"{name}|future").alias("rule"),
        pl.lit(f"{name} has not come yet").alias("message"),
    )
    rows = checked.rows.join(early.select(contract.ID), on=contract.ID, how="anti", maintain_order="left")
    return replace(checked, rows=rows, faults=pl.concat([checked.faults, faults]))


def _planned(lake: Lake, table: Table, checked: Checked, arrival: Arrival) -> Planned:
    stored = lake.versions(table, checked.rows, arrival.sample, margin(table))
    planned = plan(checked.rows, checked.given, stored, table, arrival)
    refused = pl.lit(BAD, pl.UInt8)
    flags = []
    for (column,), cells in checked.faults.partition_by("column", as_dict=True).items():
        if column in table.measures:
            bad = pl.col(contract.ID).is_in(cells[contract.ID].implode()) & pl.col(column).is_null()
            flags.append(pl.when(bad).then(refused).otherwise(f"q_{column}").alias(f"q_{column}"))
    return replace(planned, rows=planned.rows.with_columns(flags))


def _commit(lake: Lake, table: Table, parsed: Parsed, arrival: Arrival) -> Report:
    checked = _checked(parsed.frame, table)
    faults = checked.faults.with_columns(
        pl.lit(now()).cast(pl.Datetime("us", "UTC")).alias("when"),
        pl.lit(arrival.source).alias("source"),
        pl.lit(arrival.digest).alias("digest"),
    )
    with lake.writing(table.name):
        if lake.seen(table.name, arrival.digest):
            return Report(table.name, arrival.source, parsed.reader, arrival.digest, repeated=True)
        if arrival.sample and lake.origin(table.name) == "real":
            raise Refused(f"{table.name} holds measured rows; sample rows are not mixed in", "use an empty home")
        planned = _planned(lake, table, checked, arrival)
        first = lake.origin(table.name) == "sample" and not arrival.sample and planned.rows.height > 0
        lake.append(table, planned.rows, faults, arrival.digest)
    told = _report(table, parsed, arrival, checked, planned)
    return replace(told, notes=(*told.notes, RETIRED)) if first else told


def _report(table: Table, parsed: Parsed, arrival: Arrival, checked: Checked, planned: Planned) -> Report:
    counts = checked.faults["rule"].value_counts(sort=True)
    return Report(
        table=table.name,
        file=arrival.source,
        reader=parsed.reader,
        digest=arrival.digest,
        accepted=planned.accepted,
        corrected=planned.corrected,
        duplicate=planned.duplicate + checked.repeats,
        quarantined=dict(counts.iter_rows()),
        notes=(*parsed.notes, *checked.notes, *_named(table, checked.faults)),
    )


def _named(table: Table, faults: pl.DataFrame) -> list[str]:
    """The first refused cells in words; of a personal table their places only."""
    told = []
    for row in faults.sort("row", nulls_last=True).head(NAMED).iter_rows(named=True):
        what = "" if table.personal or row["value"] is None else f" {row['value']!r}"
        told.append(f"row {row['row']}, {row['column']}{what}: {row['message']}")
    if faults.height > NAMED:
        told.append(f"and {faults.height - NAMED:,} more: the data page lists them all")
    return told
