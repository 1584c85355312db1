"""Files for the readers: made by hand in the test, or the true ones named by WORKBENCH_BENCH_DATA."""

import os
from collections.abc import Callable
from pathlib import Path

import polars as pl
import pytest

from workbench import domain
from workbench.lake import catalogue, contract
from workbench.lake.files import SourceFile
from workbench.lake.reading import Parsed, parse


@pytest.fixture
def bench_data() -> Path:
    folder = os.environ.get("WORKBENCH_BENCH_DATA", "")
    if not folder:
        pytest.skip("WORKBENCH_BENCH_DATA names no folder of real data")
    return Path(folder)


@pytest.fixture
def reading() -> Callable[[str, bytes | Path], Parsed]:
    """Read bytes or a file as a table with whichever reader recognises it; the name says nothing."""

    def read(table: str, data: bytes | Path) -> Parsed:
        file = SourceFile.open(data) if isinstance(data, Path) else SourceFile.of("upload.bin", data)
        return parse(file, catalogue.load(table), domain.readers().values())

    return read


@pytest.fixture
def held(reading: Callable[[str, bytes | Path], Parsed]) -> Callable[[str, bytes | Path], contract.Checked]:
    """Read as above and hold against the contract: what would be accepted, and every fault."""

    def hold(table: str, data: bytes | Path) -> contract.Checked:
        return contract.check(reading(table, data).frame, catalogue.load(table))

    return hold


@pytest.fixture
def local() -> Callable[[pl.DataFrame], list[str]]:
    """The times of a frame as local labels, for comparing with what the file said."""

    def labels(frame: pl.DataFrame) -> list[str]:
        return frame["time"].dt.convert_time_zone("Asia/Shanghai").dt.strftime("%Y-%m-%d %H:%M").to_list()

    return labels
