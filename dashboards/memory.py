"""Parts of pages kept until what they are made from changes, so that twenty readers cost hardly more than one.

A key must hold everything the part depends on: the state of the data, the station, the language, the light, and
whatever the reader's rights change.
"""

import functools
import json
import threading
from collections import OrderedDict
from collections.abc import Callable, Hashable
from concurrent.futures import Future
from typing import Any, ParamSpec, TypeVar

import polars as pl
from dash._utils import to_json
from dash.development.base_component import Component
from plotly.basedatatypes import BaseFigure

from workbench.lake.store import Lake
from workbench.operate.archive import Archive
from workbench.settings import now

T = TypeVar("T")
P = ParamSpec("P")


class Memory:
    """At most `kept` things by key, the least used going first; each made once, however many ask meanwhile."""

    def __init__(self, kept: int) -> None:
        self.kept = kept
        self.things: OrderedDict[Hashable, Future[Any]] = OrderedDict()
        self.guard = threading.Lock()

    def __call__(self, key: Hashable, make: Callable[[], T]) -> T:
        """The thing made for that key, from memory where it has been made before."""
        with self.guard:
            thing = self.things.get(key)
            mine = thing is None
            if thing is None:
                thing = self.things[key] = Future()
            self.things.move_to_end(key)
            while len(self.things) > self.kept:
                self.things.popitem(last=False)
        if mine:
            try:
                thing.set_result(make())
            except BaseException as error:
                with self.guard:
                    self.things.pop(key, None)
                thing.set_exception(error)
        return handle(thing.result())


def handle(thing: Any) -> Any:
    """A handle of one's own on a frame, or on each of several; anything else as it is.

    A frame that one thread writes out is locked against another that asks it anything, which then waits with the
    interpreter's lock in hand: the whole process stands. Handles share their columns and cost nothing.
    """
    if isinstance(thing, pl.DataFrame):
        return thing.clone()
    return tuple(map(handle, thing)) if type(thing) is tuple else thing


_parts = Memory(256)


def remembered(key: Hashable, make: Callable[[], T]) -> T:
    """The part of a page made for that key; who asks while it is being made waits for it.

    Components and figures come back as the plain lists and dicts that the browser gets, which are written fastest.
    """
    return _parts(key, lambda: plain(make()))


def shared(kept: int) -> Callable[[Callable[P, T]], Callable[P, T]]:
    """A function whose last `kept` answers stay, by its arguments; many who ask at once have it worked out once."""

    def decorate(function: Callable[P, T]) -> Callable[P, T]:
        memory = Memory(kept)

        @functools.wraps(function)
        def ask(*args: P.args, **kwargs: P.kwargs) -> T:
            return memory((args, tuple(sorted(kwargs.items()))), lambda: function(*args, **kwargs))

        return ask

    return decorate


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
