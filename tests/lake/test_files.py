"""Files: encodings, gzip, and containers that promise more than they should."""

import gzip
import io
import os
import zipfile
from datetime import UTC, datetime
from pathlib import Path

import polars as pl
import pytest

from workbench.errors import UnreadableFile
from workbench.lake import files
from workbench.lake.files import SourceFile

TEXT = "站点,时间,PM2.5(μg/m³)\n夔门,2026-11-23 08:00,35\n"


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030", "gbk", "utf-16"])
def test_every_usual_encoding_gives_the_same_text(encoding: str) -> None:
    text = TEXT.replace("³", "3") if encoding == "gbk" else TEXT
    assert text == SourceFile.of("a.csv", text.encode(encoding)).text()


@pytest.mark.parametrize("encoding", ["utf-16-le", "utf-16-be"])
def test_utf_16_without_its_mark_is_recognised(encoding: str) -> None:
    text = "station,time,pm2_5\n" * 20
    assert text == SourceFile.of("a.csv", text.encode(encoding)).text()


def test_gzip_is_unpacked_and_the_digest_is_that_of_what_is_inside() -> None:
    plain, packed = (SourceFile.of("a.csv", data) for data in (TEXT.encode(), gzip.compress(TEXT.encode())))
    assert plain.digest == packed.digest
    assert TEXT == packed.text()


def test_a_file_on_disk_brings_its_time(tmp_path: Path) -> None:
    file = tmp_path / "a.csv"
    file.write_text(TEXT, encoding="utf-8")
    os.utime(file, (1_700_000_000, 1_700_000_000))
    assert datetime.fromtimestamp(1_700_000_000, UTC) == SourceFile.open(file).modified


def _zip(text: bytes) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("xl/worksheets/sheet1.xml", text)
    return buffer.getvalue()


def _parquet(rows: int) -> bytes:
    buffer = io.BytesIO()
    pl.DataFrame({"a": pl.Series([1]).new_from_index(0, rows)}).write_parquet(buffer)
    return buffer.getvalue()


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"", "the file is empty"),
        (b" \n\t\n", "the file is empty"),
        (gzip.compress(TEXT.encode(), mtime=0)[:-9], "the gzip is cut or damaged"),
        (gzip.compress(b"0" * 20_000, mtime=0), "unpacks to more than"),
        (_zip(b"0" * 20_000), "unfolds to"),
        (_zip(b"0")[:-12], "the container is cut or damaged"),
        (_parquet(3_000), "more than"),
        (_parquet(3)[:-5], "the Parquet file is cut or damaged"),
    ],
)
def test_damage_and_bombs_are_refused_before_they_unfold(
    data: bytes, message: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(files, "LARGEST", 10_000)
    monkeypatch.setattr(files, "MOST_CELLS", 2_000)
    with pytest.raises(UnreadableFile, match=message):
        SourceFile.of("a.csv", data)


@pytest.mark.parametrize("data", [b"a,b\n1,\xff\xff\n" * 3, b"\x00\x01\x02\x03" * 50, b"PK\x05\x06" + b"\x00" * 18])
def test_bytes_that_are_no_text_are_refused_with_the_place(data: bytes) -> None:
    with pytest.raises(UnreadableFile, match=r"line 2 \(byte 6\) is no text|control characters"):
        SourceFile.of("a.csv", data).text()


def test_a_file_that_is_too_large_or_not_there_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(files, "LARGEST", 10)
    (tmp_path / "a.csv").write_bytes(b"0" * 11)
    with pytest.raises(UnreadableFile, match="more than"):
        SourceFile.open(tmp_path / "a.csv")
    with pytest.raises(UnreadableFile, match="No such file"):
        SourceFile.open(tmp_path / "b.csv")
