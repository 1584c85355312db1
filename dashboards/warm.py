"""The server opens its pages itself, at its start and whenever what they show has changed, before a reader does.

Whoever comes while a page is being made waits for that one making (`memory.remembered`); others find it ready.
"""

import contextvars
import threading
from collections.abc import Hashable, Iterator
from contextlib import contextmanager

import dash

from dashboards import auth, memory, reader
from workbench.errors import WorkbenchError
from workbench.lake import catalogue
from workbench.lake.store import Lake
from workbench.operate import log
from workbench.operate.archive import Archive
from workbench.operate.users import RIGHTS, User

EVERY = 0.5
"""Seconds between two looks at the data; a look takes a few milliseconds."""

SHELVES = ("forecast", "product", "score", "paths")
HAND = User("", "viewer", "", RIGHTS["viewer"])
"""Who opens the pages: one who may read them, and no person."""


@contextmanager
def keeping() -> Iterator[None]:
    """Pages are kept warm meanwhile, by a thread of its own."""
    stop = threading.Event()
    thread = threading.Thread(target=keep, args=(stop,), name="warm", daemon=True)
    thread.start()
    try:
        yield
    finally:
        stop.set()


def keep(stop: threading.Event) -> None:
    """Open all pages now and after each change, until told to stop."""
    opened: Hashable = None
    while not stop.is_set():
        try:
            present = (state(), frozenset(reader.lately()))
            if present != opened:
                open_all(stop)
                opened = present
        except Exception as error:  # a reader who meets the same fault is told its number
            log.fault(error)
        stop.wait(EVERY)


def state() -> Hashable:
    """Changes when any table, any issue, or the hour does."""
    lake, archive = Lake(), Archive()
    shelves = tuple((kind, name) for kind in SHELVES for name in archive.names(kind))
    return memory.state(lake, archive, tuple(catalogue.names()), shelves)


def open_all(stop: threading.Event | None = None) -> int:
    """Open every page as each kind of reader seen lately would, what a page shows at first before the rest.

    A page names further addresses by `warm` in its registration: a function that gives their queries. Returns how many
    pages were opened.
    """
    done = 0
    for kind in reader.lately():
        for page in dash.page_registry.values():
            for query in ({}, *page["warm"]()) if "warm" in page else ({},):
                if stop is not None and stop.is_set():
                    return done
                contextvars.copy_context().run(_open, page, kind, query)
                done += 1
    return done


def _open(page: dict[str, object], kind: tuple[str, str], query: dict[str, str]) -> None:
    auth.read_as(HAND, *kind)
    layout = page["layout"]
    try:
        if callable(layout):
            layout(**query)
    except WorkbenchError:
        pass  # said to the reader, who can do something about it
