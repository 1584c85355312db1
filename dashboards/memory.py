"""Parts of pages kept until what they are made from changes, so that twenty readers cost hardly more than one.

A key must hold everything the part depends on: the state of the data, the station, the language, the light, and
whatever the reader's rights change.
"""

import json
import threading
from collections import OrderedDict
from collections.abc import Callable, Hashable
from concurrent.futures import Future
from typing import Any, TypeVar

from dash._utils import to_json
from dash.development.base_component import Component
from plotly.basedatatypes import BaseFigure

from workbench.lake.store import Lake
from workbench.operate.archive import Archive
from workbench.settings import now

T = TypeVar("T")
KEPT = 256
_parts: "OrderedDict[Hashable, Future[Any]]" = OrderedDict()
_guard = threading.Lock()


def remembered(key: Hashable, make: Callable[[], T]) -> T:
    """The part made for that key, from memory where it has been made before; who asks meanwhile waits for it.

    Components and figures come back as the plain lists and dicts that the browser gets, which are written fastest.
    """
    with _guard:
        part = _parts.get(key)
        mine = part is None
        if part is None:
            part = _parts[key] = Future()
        _parts.move_to_end(key)
        while len(_parts) > KEPT:
            _parts.popitem(last=False)
    if mine:
        try:
            part.set_result(plain(make()))
        except BaseException as error:
            with _guard:
                _parts.pop(key, None)
            part.set_exception(error)
    return part.result()


def plain(part: Any) -> Any:
    """Components and figures as plain lists and dicts; anything else as it is.

    >>> from dash import html
    >>> plain((html.P("x"), 1))
    ({'props': {'children': 'x'}, 'type': 'P', 'namespace': 'dash_html_components'}, 1)
    """
    if isinstance(part, Component | BaseFigure):
        return json.loads(to_json(part))
    return type(part)(map(plain, part)) if type(part) in (list, tuple) else part


def state(lake: Lake, archive: Archive, tables: tuple[str, ...], shelves: tuple[tuple[str, str], ...]) -> Hashable:
    """Changes when a row of the tables, an issue on the shelves, or the hour does."""
    issues = tuple(archive.shelf(kind, name).state() for kind, name in shelves)
    return lake.root, str(archive.root), tuple(map(lake.digest, tables)), issues, now().strftime("%Y%m%d%H")
