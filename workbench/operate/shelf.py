"""One archive table: it only grows, the same key is written once, and it is read through a small cache."""

import threading
from collections import OrderedDict
from collections.abc import Callable
from pathlib import Path

import polars as pl

from workbench.operate import home

_CACHE: "OrderedDict[tuple[object, ...], pl.DataFrame]" = OrderedDict()
_GUARD = threading.Lock()
_KEEP = 128
"""Answers kept in memory; an answer is a page's worth of rows, a few MB at most."""


class Shelf:
    """Append-only rows in one folder. Twice is once: a key that was written before writes nothing."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def exists(self) -> bool:
        """True once anything was written."""
        return (self.folder / "_delta_log").is_dir()

    def append(self, frame: pl.DataFrame, key: str) -> bool:
        """Write rows under a key in one transaction; False where that key stands there already."""
        from deltalake import CommitProperties, DeltaTable, Transaction, write_deltalake

        with home.lock("archive", self.folder.parents[1], wait=60):
            if self.exists() and DeltaTable(self.folder).transaction_version(key) is not None:
                return False
            stamp = CommitProperties(app_transactions=[Transaction(key, 1)])
            write_deltalake(self.folder, frame, mode="append", schema_mode="merge", commit_properties=stamp)
        return True

    def scan(self) -> pl.LazyFrame:
        """All rows, lazily; an empty frame without columns before the first write."""
        return pl.scan_delta(str(self.folder)) if self.exists() else pl.LazyFrame()

    def cached(self, what: tuple[object, ...], make: Callable[[], pl.DataFrame]) -> pl.DataFrame:
        """The answer to a question, made anew only after the table has changed. `what` names the question.

        Everybody gets a handle of their own on the same columns: one frame, written out by a thread (Polars locks it)
        and asked by another (which waits with the interpreter's lock in hand), would stop the whole process.
        """
        key = (str(self.folder), self.state(), *what)
        with _GUARD:
            if key in _CACHE:
                _CACHE.move_to_end(key)
                return _CACHE[key].clone()
        made = make()
        with _GUARD:
            _CACHE[key] = made
            while len(_CACHE) > _KEEP:
                _CACHE.popitem(last=False)
        return made.clone()

    def state(self) -> tuple[int, int]:
        """Changes with every commit: the log folder's time and number of files (about 0.1 ms, no Delta opened)."""
        log = self.folder / "_delta_log"
        return (log.stat().st_mtime_ns, sum(1 for _ in log.iterdir())) if self.exists() else (0, 0)

    def tidy(self, older: pl.Expr | None = None) -> None:
        """Gather small files and remove those unused for a week; `older` drops rows that can be made again."""
        from deltalake import DeltaTable

        if not self.exists():
            return
        with home.lock("archive", self.folder.parents[1], wait=60):
            table = DeltaTable(self.folder)
            if older is not None:
                gone = pl.scan_delta(str(self.folder)).filter(older).select("issued_at").unique().collect()
                for moment in gone["issued_at"]:
                    table.delete(f"issued_at = '{moment:%Y-%m-%dT%H:%M:%S.%fZ}'")
            table.optimize.compact()
            table.vacuum(dry_run=False)
