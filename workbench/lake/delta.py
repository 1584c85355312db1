"""The Delta tables underneath: opened once a commit, appended to atomically, compacted now and then."""

from pathlib import Path
from typing import TYPE_CHECKING

import polars as pl

if TYPE_CHECKING:
    from deltalake import DeltaTable

MANY_FILES = 64
"""Parts after which a table is compacted; a year of hourly arrivals would otherwise be 8,760 files."""

_OPENED: dict[str, tuple[tuple[str, int, int], "DeltaTable", dict[str, int | None]]] = {}
"""Tables opened by this process, by place, each with the commit at which it stands and what `transaction` found."""


def opened(where: str) -> "DeltaTable | None":
    """A table at its latest version, to read from; None where nothing was ever written.

    A table on disk is opened anew only after a commit, by whichever process: looking for one takes a fraction of a
    millisecond, opening up to fifty.
    """
    from deltalake import DeltaTable

    if "://" in where:
        return DeltaTable(where) if DeltaTable.is_deltatable(where) else None
    last = _last_commit(Path(where, "_delta_log"))
    if last is None:
        return None
    held = _OPENED.get(where)
    if held is None or held[0] != last:
        held = _OPENED[where] = (last, DeltaTable(where), {})
    return held[1]


def transaction(where: str, name: str) -> int | None:
    """The version of an application transaction, None where it never was; looked up once a commit."""
    table, held = opened(where), _OPENED.get(where)
    if table is None:
        return None
    if held is None or held[1] is not table:
        return table.transaction_version(name)
    if name not in held[2]:
        held[2][name] = table.transaction_version(name)
    return held[2][name]


def _last_commit(log: Path) -> tuple[str, int, int] | None:
    """What tells a table's newest commit from any other, also from one of the same number in a restored home."""
    try:
        newest = max(log.glob("*.json"), default=None)
        status = newest.stat() if newest else None
    except FileNotFoundError:
        return None
    return (newest.name, status.st_mtime_ns, status.st_ino) if newest and status else None


def commit(where: str, frame: pl.DataFrame, partitions: list[str], stamps: dict[str, int]) -> None:
    """Append a frame in one atomic commit that also sets application transactions (name → version).

    A column that the table has not yet is added. Whoever dies in between leaves nothing that counts.
    """
    from deltalake import CommitProperties, DeltaTable, Transaction, write_deltalake

    write_deltalake(
        where,
        frame,
        mode="append",
        schema_mode="merge",
        partition_by=partitions or None,
        configuration={"delta.appendOnly": "true", "delta.checkpointInterval": "20"},
        commit_properties=CommitProperties(app_transactions=[Transaction(*stamp) for stamp in stamps.items()]),
    )
    whole = DeltaTable(where)
    if len(whole.file_uris()) > MANY_FILES:
        whole.optimize.compact()
        whole.vacuum(dry_run=False)  # keeps a week for readers
