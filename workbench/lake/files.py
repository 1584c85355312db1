"""A file as it came: its name, its bytes, their digest, and when it was written. The only opener of data files."""

import gzip
import hashlib
import io
import re
import zipfile
import zlib
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

import polars as pl

from workbench.errors import UnreadableFile

LARGEST = 1 << 30
"""Bytes that a file may have, packed or unpacked: a fifty-year hourly history of a hundred stations has a third."""

CONTROL = re.compile(r"[\x00-\x08\x0e-\x1f\x7f]")

MOST_CELLS = 200_000_000
"""Cells that a Parquet file may unfold to; a few kilobytes can promise billions."""


@dataclass(frozen=True)
class SourceFile:
    """One file to be read. `data` is unpacked (gzip); `digest` is the SHA-256 of it, the file's identity everywhere."""

    name: str
    data: bytes = field(repr=False)
    digest: str
    modified: datetime | None = None

    @classmethod
    def open(cls, path: str | Path) -> "SourceFile":
        """Read a file from disk. UnreadableFile where it is missing, too large, or packed too tightly to be true."""
        path = Path(path)
        try:
            status = path.stat()
            if status.st_size > LARGEST:
                raise UnreadableFile(
                    f"{path.name}: {status.st_size / 2**30:.1f} GiB, more than 1 GiB", "split it by year or by station"
                )
            data = path.read_bytes()
        except OSError as error:
            raise UnreadableFile(f"{path}: {error.strerror}", "check the path and who may read it") from None
        return cls.of(path.name, data, datetime.fromtimestamp(status.st_mtime, UTC))

    @classmethod
    def of(cls, name: str, data: bytes, modified: datetime | None = None) -> "SourceFile":
        """A file from bytes: an upload, an answer of a remote source."""
        if data[:2] == b"\x1f\x8b":
            data = _gunzip(name, data)
        if not data.strip(b"\x00\r\n\t "):
            raise UnreadableFile(f"{name}: the file is empty", "export it again")
        _refuse_bombs(name, data)
        return cls(name, data, hashlib.sha256(data).hexdigest(), modified)

    @property
    def kind(self) -> str:
        """What the first bytes say: `parquet`, `zip` (an Excel workbook is one), `xls`, or `text`."""
        if self.data[:4] == b"PAR1":
            return "parquet"
        if self.data[:4] == b"PK\x03\x04":
            return "zip"
        return "xls" if self.data[:4] == b"\xd0\xcf\x11\xe0" else "text"

    def text(self) -> str:
        """The bytes as text: UTF-8 (with or without mark), UTF-16 or GB18030. UnreadableFile where it is none.

        >>> SourceFile.of("a.csv", "站点,时间".encode("gb18030")).text()
        '站点,时间'
        """
        data, head = self.data, self.data[:4096]
        if self.kind != "text":
            raise UnreadableFile(f"{self.name}: not a text file but {self.kind}", "no reader takes it as text")
        if head[:2] in (b"\xff\xfe", b"\xfe\xff"):
            return self._decode("utf-16")
        if b"\x00" in head:
            return self._decode("utf-16-le" if head[1::2].count(0) > head[::2].count(0) else "utf-16-be")
        try:
            return data.decode("utf-8-sig")
        except UnicodeDecodeError:
            return self._decode("gb18030")

    def _decode(self, encoding: str) -> str:
        place, found = "", ""
        try:
            text = self.data.decode(encoding)
            found = "control characters" if "\x00" in text or len(CONTROL.findall(text[:4096])) > 40 else ""
        except UnicodeDecodeError as error:
            place = f" line {self.data[: error.start].count(10) + 1} (byte {error.start})"
            found = "neither UTF-8 nor GB18030 nor UTF-16"
        if found:
            raise UnreadableFile(
                f"{self.name}:{place} is no text: {found}",
                "the file is damaged or mixes encodings: export it again as CSV, UTF-8",
            )
        return text


def _gunzip(name: str, data: bytes) -> bytes:
    try:
        with gzip.GzipFile(fileobj=io.BytesIO(data)) as packed:
            unpacked = packed.read(LARGEST + 1)
    except (OSError, EOFError, zlib.error) as error:
        raise UnreadableFile(f"{name}: the gzip is cut or damaged ({error})", "transfer it again") from None
    if len(unpacked) > LARGEST:
        raise UnreadableFile(f"{name}: unpacks to more than 1 GiB", "split it by year or by station")
    return unpacked


def _refuse_bombs(name: str, data: bytes) -> None:
    """Bound what a container may unfold to, by what it says of itself, before any reader unfolds it."""
    if data[:4] == b"PK\x03\x04":
        try:
            with zipfile.ZipFile(io.BytesIO(data)) as archive:
                size = sum(entry.file_size for entry in archive.infolist())
        except (zipfile.BadZipFile, NotImplementedError, ValueError, OSError) as error:
            raise UnreadableFile(f"{name}: the container is cut or damaged ({error})", "transfer it again") from None
        if size > LARGEST:
            raise UnreadableFile(f"{name}: unfolds to {size / 2**30:.1f} GiB, more than 1 GiB", "split it")
    if data[:4] == b"PAR1":
        try:
            scan = pl.scan_parquet(io.BytesIO(data))
            rows = scan.select(pl.len()).collect().item()
            columns = len(scan.collect_schema())
        except Exception as error:
            raise UnreadableFile(f"{name}: the Parquet file is cut or damaged ({error})", "transfer it again") from None
        if rows * columns > MOST_CELLS:
            raise UnreadableFile(f"{name}: {rows:,} rows of {columns} columns, more than 200 million cells", "split it")
