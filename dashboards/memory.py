"""Parts of pages kept until what they are made from changes, so that twenty readers cost hardly more than one.

A key must hold everything the part depends on: the state of the data, the station, the language, the light, and
whatever the reader's rights change.
"""

import threading
from collections import OrderedDict
from collections.abc import Callable, Hashable
from typing import TypeVar

from workbench.lake.store import Lake
from workbench.operate.archive import Archive
from workbench.settings import now

T = TypeVar("T")
KEPT = 128
_parts: "OrderedDict[Hashable, object]" = OrderedDict()
_guard = threading.Lock()


def remembered(key: Hashable, make: Callable[[], T]) -> T:
    """The part made for that key, from memory where it has been made before."""
    with _guard:
        if key in _parts:
            _parts.move_to_end(key)
            return _parts[key]  # type: ignore[return-value]
    made = make()
    with _guard:
        _parts[key] = made
        while len(_parts) > KEPT:
            _parts.popitem(last=False)
    return made


def state(lake: Lake, archive: Archive, tables: tuple[str, ...], shelves: tuple[tuple[str, str], ...]) -> Hashable:
    """Changes when a row of the tables, an issue on the shelves, or the hour does."""
    issues = tuple(archive.shelf(kind, name).state() for kind, name in shelves)
    return lake.root, str(archive.root), tuple(map(lake.digest, tables)), issues, now().strftime("%Y%m%d%H")
