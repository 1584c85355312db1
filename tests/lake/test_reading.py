"""Which reader takes a file, and that no reader's stumble reaches a user as a traceback."""

from types import ModuleType, SimpleNamespace
from typing import Any, cast

import polars as pl
import pytest

from pipelines.readers import tidy
from workbench.errors import BrokenContract, UnreadableFile
from workbench.lake import catalogue
from workbench.lake.files import SourceFile
from workbench.lake.reading import Parsed, parse

AIR = catalogue.load("air_hourly")
FILE = SourceFile.of("a.csv", b"station,time,PM2.5\nA,2026-11-23 08:00,1\n")


def reader(matches: bool = True, fails: BaseException | None = None) -> ModuleType:
    """A reader that takes everything or nothing, and may stumble."""

    def read(file: SourceFile, table: catalogue.Table) -> Parsed:
        if fails:
            raise fails
        return Parsed(pl.DataFrame(), "made")

    made: Any = SimpleNamespace(TITLE_EN="made", __name__="readers.made", matches=lambda *_: matches, read=read)
    return cast(ModuleType, made)


def test_the_first_reader_that_recognises_the_file_reads_it() -> None:
    assert "tidy" == parse(FILE, AIR, [reader(matches=False), tidy, reader()]).reader


def test_a_file_that_nobody_recognises_is_refused_with_what_is_known() -> None:
    with pytest.raises(
        UnreadableFile, match=r"no known format for air_hourly \(text, 40 bytes\)\n.*made.*station, time"
    ):
        parse(FILE, AIR, [reader(matches=False)])


def test_a_stumbling_reader_is_a_damaged_file() -> None:
    with pytest.raises(UnreadableFile, match=r"a\.csv: damaged, made stopped at: list index out of range"):
        parse(FILE, AIR, [reader(fails=IndexError("list index out of range"))])


def test_a_panic_of_the_frame_engine_is_a_damaged_file() -> None:
    with pytest.raises(UnreadableFile, match="made stopped at: index out of bounds"):
        parse(FILE, AIR, [reader(fails=pl.exceptions.PanicException("index out of bounds"))])


def test_what_a_reader_says_in_words_goes_through() -> None:
    with pytest.raises(BrokenContract, match="ppb"):
        parse(FILE, AIR, [reader(fails=BrokenContract("in ppb"))])
