"""The lake: tables that remember when each value became known. Delta tables through deltalake, appended to only.

Every row carries `known_at`; `read(table, as_of=t)` gives the table as it was known at t. That leans on the rows
alone, never on Delta versions, so compaction and vacuum cannot touch it. Two partitions keep reads cheap: `sample`
tells made-up rows from measured ones, `revised` tells later versions of a key from its first, so that only the few
revised keys are ever sorted. `written`, the time of the file that a row came from, puts late files in their place.
"""

import hashlib
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import polars as pl

from workbench.lake import catalogue, delta, reference
from workbench.lake.catalogue import Table
from workbench.lake.contract import FAULTS
from workbench.lake.lock import locked
from workbench.settings import home, settings

if TYPE_CHECKING:
    from deltalake import DeltaTable

    from workbench.lake.correction import Correction

Origin = Literal["empty", "sample", "real"]

INSTANT = pl.Datetime("us", "UTC")
STAMPS: dict[str, Any] = {
    "known_at": INSTANT,
    "known_basis": pl.String(),
    "source": pl.String(),
    "sample": pl.Boolean(),
}
QUARANTINE: dict[str, Any] = {"when": INSTANT, "source": pl.String(), "digest": pl.String(), **FAULTS}

ROWS = "rows"
"""The Delta transaction whose number is the digest of the data, chained over everything that changed the rows."""


HIDDEN: dict[str, Any] = {"written": INSTANT, "revised": pl.Boolean(), "by": pl.String()}
"""Columns that a stored row has besides those that `read` gives; `by` is who wrote it by hand, null for a source."""


def schema(table: Table) -> dict[str, Any]:
    """Columns and types of a lake row: the contract's, the stamps, and a flag for each measure."""
    return {**table.dtypes, **STAMPS, **{f"q_{name}": pl.UInt8() for name in table.measures}}


class Lake:
    """All tables under one root: a folder or an object store (`s3://…`).

    A Lake holds no state and may be made wherever one is needed; threads may share one.
    """

    def __init__(self, root: str | Path | None = None) -> None:
        self.root = str(root or settings().lake or home() / "lake").rstrip("/")

    def read(self, table: str, as_of: datetime | None = None) -> pl.LazyFrame:
        """The table as known at `as_of` (default: now): for each key the version with the latest `known_at ≤ as_of`.

        Sample rows vanish as soon as one measured row exists. An empty table gives no rows but the full schema.
        """
        known = catalogue.load(table)
        if known.reference:
            return known_by(reference.read(known), as_of)
        opened = self.delta(table)
        if opened is None:
            return pl.LazyFrame(schema=schema(known))
        parts = _parts(opened)
        sample = (False, False) not in parts and (False, True) not in parts
        scan = known_by(_scan(opened, known).filter(pl.col("sample") == sample), as_of)
        if (sample, True) not in parts:
            return scan.drop(HIDDEN)
        keys = list(known.key)
        later = scan.filter("revised")
        first = scan.filter(~pl.col("revised"))
        changed = later.select(keys).unique()
        contested = pl.concat([first.join(changed, on=keys, how="semi"), later])
        latest = contested.sort("known_at").unique(keys, keep="last", maintain_order=True)
        return pl.concat([first.join(changed, on=keys, how="anti"), latest]).drop(HIDDEN)

    def history(self, table: str) -> pl.LazyFrame:
        """Every version of every key ever known, of whichever origin the table is."""
        known = catalogue.load(table)
        if known.reference:
            return reference.read(known)
        opened = self.delta(table)
        if opened is None:
            return pl.LazyFrame(schema=schema(known))
        return _scan(opened, known).filter(pl.col("sample") == (_origin(opened) == "sample")).drop(HIDDEN)

    def origin(self, table: str) -> Origin:
        """Whether the rows that `read` gives are measured, made up, or none."""
        if catalogue.load(table).reference:
            return "real"
        opened = self.delta(table)
        return "empty" if opened is None else _origin(opened)

    def quarantine(self, table: str) -> pl.DataFrame:
        """Everything refused so far: when, source, digest, row, column, value, rule, message; newest first."""
        catalogue.load(table)
        opened = self.delta(f"{table}.quarantine")
        if opened is None:
            return pl.DataFrame(schema=QUARANTINE)
        return (
            pl.scan_delta(opened).select(list(QUARANTINE)).collect().sort("when", descending=True, maintain_order=True)
        )

    def digest(self, table: str) -> str:
        """Sixteen hexadecimal digits that change if and only if the rows do."""
        known = catalogue.load(table)
        if known.reference:
            return reference.digest(known)
        return f"{delta.transaction(f'{self.root}/{table}', ROWS) or 0:016x}"

    def summary(self) -> pl.DataFrame:
        """A line a table: titles, bureau, rows, first and last, origin, how overdue, how much is flagged or refused."""
        from workbench.lake.summary import summary

        return summary(self)

    def correct(
        self, table: str, key: dict[str, Any], column: str, value: object, who: str, reason: str
    ) -> "Correction":
        """Replace one value by hand: a new version of the row, known from now on, flagged corrected or completed."""
        from workbench.lake.correction import correct

        return correct(self, table, key, column, value, (who, reason))

    def undo(self, table: str, key: dict[str, Any], column: str, who: str, reason: str) -> "Correction":
        """Take the newest correction of a cell back: once more a new version, as the cell was before it."""
        from workbench.lake.correction import undo

        return undo(self, table, key, column, (who, reason))

    def cell(self, table: str, key: dict[str, Any], column: str) -> pl.DataFrame:
        """What a cell has held, oldest first: value, flag, known_at, source, who, why (the last two where by hand)."""
        from workbench.lake.correction import history

        return history(self, table, key, column)

    # -- writing: used by ingest and correction only ------------------------------------------------------------

    @contextmanager
    def writing(self, table: str) -> Iterator[None]:
        """Hold the table's write lock."""
        locks = (home() if "://" in self.root else Path(self.root)) / ".locks"
        with locked(locks / f"{table}.lock"):
            yield

    def seen(self, table: str, digest: str) -> bool:
        """Whether a file of that digest has been committed to the table."""
        opened = self.delta(table)
        return opened is not None and opened.transaction_version(digest) is not None

    def versions(self, table: Table, keys: pl.DataFrame, sample: bool, margin: timedelta) -> pl.DataFrame:
        """Every stored version of the series in `keys` from `margin` before their first time to `margin` after their
        last, hidden columns too: what new rows are compared with and judged beside."""
        opened = self.delta(table.name)
        if opened is None:
            return pl.DataFrame(schema={**schema(table), **HIDDEN})
        near = _scan(opened, table).filter(pl.col("sample") == sample)
        if table.time and table.time in table.key and not keys.is_empty():
            first, last = keys[table.time].min(), keys[table.time].max()
            near = near.filter(pl.col(table.time).is_between(first - margin, last + margin))  # type: ignore[operator]
        if table.series:
            series = keys.lazy().select(table.series).unique()
            near = near.join(series, on=table.series, how="semi")
        return near.collect()

    def append(self, table: Table, rows: pl.DataFrame, faults: pl.DataFrame, digest: str) -> None:
        """Commit the quarantine, then the rows, each once under the file's digest. Hold `writing` around it.

        A process that dies in between has committed the quarantine only; the next try skips it and adds the rows.
        """
        quarantine = f"{table.name}.quarantine"
        if not faults.is_empty() and not self.seen(quarantine, digest):
            delta.commit(f"{self.root}/{quarantine}", faults.select(list(QUARANTINE)), [], {digest: 1})
        stamps = {digest: 1}
        if not rows.is_empty():
            chained = hashlib.sha256(f"{self.digest(table.name)} {digest}".encode()).digest()
            stamps[ROWS] = int.from_bytes(chained[:8], "big") >> 1
        flags = [pl.col(f"q_{name}").cast(pl.Int8) for name in table.measures]  # Delta has no unsigned types
        stored = rows.select(*schema(table), *HIDDEN).with_columns(flags)
        delta.commit(f"{self.root}/{table.name}", stored, ["sample", "revised"], stamps)

    def delta(self, name: str) -> "DeltaTable | None":
        """The Delta table of that name at its latest version, to read from; None where nothing was ever written."""
        return delta.opened(f"{self.root}/{name}")


def known_by(frame: pl.LazyFrame, as_of: datetime | None) -> pl.LazyFrame:
    """The rows already known at an instant; an instant without offset is UTC."""
    if as_of is None:
        return frame
    instant = (as_of if as_of.tzinfo else as_of.replace(tzinfo=UTC)).astimezone(UTC)
    return frame.filter(pl.col("known_at") <= pl.lit(instant).cast(INSTANT))


def _parts(opened: "DeltaTable") -> set[tuple[bool, bool]]:
    return {(part["sample"] == "true", part["revised"] == "true") for part in opened.partitions()}


def _origin(opened: "DeltaTable") -> Origin:
    samples = {sample for sample, _ in _parts(opened)}
    return "empty" if not samples else "real" if False in samples else "sample"


def _scan(opened: "DeltaTable", table: Table) -> pl.LazyFrame:
    """Stored rows in the schema of today's catalogue: a column added since is null in older rows."""
    scan = pl.scan_delta(opened)
    there = scan.collect_schema().names()
    wanted = {**schema(table), **HIDDEN}
    return scan.select(
        (pl.col(name) if name in there else pl.lit(None)).cast(dtype).alias(name) for name, dtype in wanted.items()
    )
