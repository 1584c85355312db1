"""What a reader of one foreign file format is, and how the one that fits is found.

A reader is a module `pipelines/readers/<format>.py` with

    TITLE_ZH, TITLE_EN            its name on the data page
    matches(file, table) -> bool  looks at the content, never at the name
    read(file, table) -> Parsed   converts names and units; leaves bad cells as they are for the contract
    nearest(file, table) -> (count, text) | None   optional: how many headers fit, and what a file lacks to be its own
    STRIPS = True                 where it keeps nothing that says who somebody is: a personal table takes no other
"""

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime
from types import ModuleType

import polars as pl

from workbench.errors import UnreadableFile, WorkbenchError
from workbench.lake.catalogue import Table
from workbench.lake.files import SourceFile


@dataclass(frozen=True)
class Parsed:
    """A file's rows under the contract's column names.

    `frame` values are converted already; a cell that could not be is left as text and the contract quarantines it;
    the optional column `_row` gives each row's number in the source. `notes` tell unit conversions and columns left
    out; `published` is when the file says that it was released.
    """

    frame: pl.DataFrame = field(repr=False)
    reader: str
    notes: tuple[str, ...] = ()
    published: datetime | None = None


def parse(file: SourceFile, table: Table, readers: Sequence[ModuleType]) -> Parsed:
    """Read a file with the first reader that recognises it. UnreadableFile where none does or the file is damaged."""
    tried = []
    for reader in readers:
        if table.personal and not getattr(reader, "STRIPS", False):
            continue
        try:
            if reader.matches(file, table):
                return reader.read(file, table)
        except WorkbenchError:
            raise
        except (Exception, pl.exceptions.PanicException) as error:
            raise UnreadableFile(
                f"{file.name}: damaged, {reader.__name__.rpartition('.')[2]} stopped at: "
                f"{type(error).__name__ if table.personal else _first_line(error)}",
                "export it again, or open it and mend that place",
            ) from (None if table.personal else error)
        tried.append(reader.TITLE_EN)
    near = nearest(file, table, readers)
    raise UnreadableFile(
        f"{file.name}: no known format for {table.name} ({file.kind}, {len(file.data):,} bytes){near and f': {near}'}",
        f"known formats: {'; '.join(tried) or 'none'}; a CSV needs a header with {', '.join(table.key)}",
    )


def nearest(file: SourceFile, table: Table, readers: Sequence[ModuleType]) -> str:
    """What the file lacks to be of the format that most of its headers fit; empty where none fits at all."""
    found: list[tuple[int, str]] = []
    for reader in readers:
        tell = getattr(reader, "nearest", None)
        if tell is None or (table.personal and not getattr(reader, "STRIPS", False)):
            continue
        with suppress(Exception, pl.exceptions.PanicException):  # a damaged file has nothing to compare
            told = tell(file, table)
            found += [told] if told else []
    return max(found)[1] if found else ""


def _first_line(error: BaseException) -> str:
    text = str(error).strip()
    return text.splitlines()[0][:200] if text else type(error).__name__
