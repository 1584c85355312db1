"""One writer at a time for a table: an advisory file lock that a dead process cannot leave behind."""

import fcntl
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from workbench.errors import Busy

PATIENCE = 60.0
"""Seconds that a writer waits for the one before it; the largest ingest takes a few."""


@contextmanager
def locked(file: Path, patience: float = PATIENCE) -> Iterator[None]:
    """Hold the lock of that name. Busy when another holds it for longer than `patience` seconds."""
    file.parent.mkdir(parents=True, exist_ok=True)
    deadline, pause = time.monotonic() + patience, 0.005
    with file.open("w") as handle:
        while True:
            try:
                fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
                break
            except BlockingIOError:
                if time.monotonic() >= deadline:
                    raise Busy(
                        f"{file.stem} has been held by another process for {patience:g} s",
                        "wait until the other ingest is done, then try again; nothing was written",
                    ) from None
                time.sleep(pause)
                pause = min(0.1, pause * 1.5)
        yield
