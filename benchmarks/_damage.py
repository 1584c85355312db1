"""Everything that can happen to good files on the way. Seeded: a number is a case."""

import gzip
import io
import json
import random
import struct
import zipfile
from collections.abc import Callable
from dataclasses import dataclass

import polars as pl

from benchmarks._whole import FORMATS, HEADER, POLLUTANTS, TEXTS, csv, excel, parquet, rows


@dataclass(frozen=True)
class Case:
    """One damaged file: what was done to which format, and for which table it is handed in."""

    kind: str
    table: str
    name: str
    data: bytes


ABSURD = (
    *("1e308", "1e400", "-1e400", "inf", "-inf", "NaN", "-1", "-273.16", "99999999999999999999", "1e-320", "0x1F"),
    *("9" * 400, "１２３４５", "12.3.4", "1,2,3", "--5", "5e", "∞", "十二", "true", "[]", "{}", "null", "\u200b7", "٣"),
)
FORMULAS = (
    *("=1+1", "=HYPERLINK(1)", "@SUM(A1)", "+cmd|' /C calc'!A0", "-2+3", "=A1", "\t=1", "=1+1;2", "\x1b[31m", "%00"),
    *("<script>alert(1)</script>", "../../etc/passwd", "'; DROP TABLE x; --", "{{7*7}}", "\u202e1001A", "A" * 5000),
)
DATES = (
    *("9999-12-31 23:00", "0001-01-01 00:00", "2026-02-30 10:00", "2026-13-01 10:00", "2026-03-01 25:00", "10:00"),
    *("2026-03-01 24:30", "1899-12-31 10:00", "2226-03-01 10:00", "99999999999999", "-1", "2026-03-01T10:00+99:00"),
    *("45352.5e300", "/Date(99999999999999999)/", "20260399", "2026-W10-1", "昨天", "2026-03-01 10:61", "79999.9", "0"),
)


def one_cell(rng: random.Random, values: tuple[str, ...], columns: range) -> bytes:
    body = rows(rng)
    for _ in range(rng.randint(1, 6)):
        body[rng.randrange(len(body))][rng.choice(columns)] = rng.choice(values).replace(",", "，")
    if rng.random() < 0.3:
        names = ["StationCode", "TimePoint", "PM2_5", *POLLUTANTS[1:]]
        return json.dumps([dict(zip(names, line, strict=True)) for line in body]).encode()
    if rng.random() < 0.3:
        return excel(rng, [[float(c) if c.isdigit() and len(c) < 9 else c for c in line] for line in body])
    return csv(HEADER, body).encode("utf-8", "replace")


def cut(rng: random.Random, data: bytes) -> bytes:
    return data[: rng.randrange(1, len(data))]


def flipped(rng: random.Random, data: bytes) -> bytes:
    torn = bytearray(data)
    for _ in range(rng.choice((1, 3, 30, 300))):
        torn[rng.randrange(len(torn))] = rng.randrange(256)
    return bytes(torn)


def zeroed(rng: random.Random, data: bytes) -> bytes:
    at = rng.randrange(len(data))
    return data[:at] + b"\x00" * rng.choice((1, 2, 50, 4096)) + data[at:]


def recoded(rng: random.Random, data: bytes) -> bytes:
    text = data.decode("utf-8-sig")
    encoding = rng.choice(
        ("utf-16", "utf-16-le", "utf-16-be", "gb18030", "big5", "shift_jis", "utf-32", "utf-7", "cp037")
    )
    whole = text.encode(encoding, "replace")
    return whole if rng.random() < 0.6 else data[: len(data) // 2] + whole[len(whole) // 2 :]


def shuffled_lines(rng: random.Random, data: bytes) -> bytes:
    lines = data.split(b"\n")
    for _ in range(rng.randint(1, 5)):
        i, j = rng.randrange(len(lines)), rng.randrange(len(lines))
        lines[i], lines[j] = lines[i] + lines[j], lines[j][: len(lines[j]) // 2]
    return b"\n".join(lines)


def shuffled_header(rng: random.Random) -> bytes:
    """Names no longer above their own columns: numbers under station and time, stations under PM2.5."""
    return csv(rng.sample(HEADER, len(HEADER)), rows(rng)).encode()


def odd_table(rng: random.Random) -> bytes:
    """Headers and lines that no export should have."""
    body, header = rows(rng), list(HEADER)
    match rng.randrange(12):
        case 0:
            header = header[2:] + header[:2]
        case 1:
            header[3] = header[2]
        case 2:
            header[rng.randrange(2)] = ""
        case 3:
            return csv(header, []).encode()
        case 4:
            return csv(header[:1], [[line[0]] for line in body]).encode()
        case 5:
            header, body = header + [f"x{i}" for i in range(5000)], [line + [""] * 5000 for line in body[:4]]
        case 6:
            body[3][2] = '"' + body[3][2]
        case 7:
            return csv(header, body, ending="\r").encode()
        case 8:
            return csv(header, body, separator=rng.choice("^~: ")).encode()
        case 9:
            body[5] = body[5] + ["1"] * rng.randint(1, 30)
            body[6] = body[6][: rng.randint(1, 5)]
        case 10:
            header[2] = rng.choice(
                ("PM2.5(ppb)", "PM2.5(furlong)", "PM2.5(kg/亩)", "PM2.5(/)", "PM2.5((((", "PM2.5(℃)")
            )
        case _:
            body = body + body[: rng.randint(1, 40)] + [["合计", "", *["1"] * 6]]
    return csv(header, body).encode()


def odd_json(rng: random.Random) -> bytes:
    """JSON that parses to the wrong thing, or not at all."""

    def dumped(changed: dict[str, object]) -> bytes:
        return json.dumps([changed]).encode()

    record: dict[str, object] = {"StationCode": "1001A", "TimePoint": "2026-03-01T10:00:00", "PM2_5": "35"}
    deep = rng.choice((900, 5_000, 200_000))
    return rng.choice(
        (
            b"[" * deep + b"]" * deep,
            b'{"a":' * deep + b"1" + b"}" * deep,
            b"9" * 10_000,
            dumped(record | {"PM2_5": rng.choice(([1], {"v": 1}, True, 10**400, None, float("inf"), "1" * 5000))}),
            dumped(record | {"TimePoint": rng.choice((1, -1, 1e300, True, [], {}, "x", 17722752000000000))}),
            dumped(record | {"StationCode": rng.choice((1, 1.5, True, [], {"a": 1}, "", "=1", "\u0000", "x" * 999))}),
            json.dumps([record, [record], 3, None]).encode(),
            json.dumps({"hourly": {"time": [1, "x"], "pm2_5": [1]}, "latitude": "north"}).encode(),
            json.dumps({"hourly": {"time": [10**30], "temperature_2m": [1]}, "hourly_units": {"temperature_2m": "K"},
                        "latitude": 31, "longitude": 109.5}).encode(),
            b'{"StationCode":"1001A","StationCode":"2","TimePoint":NaN,"PM2_5":Infinity}',
            b'[{"StationCode":"\\ud800","TimePoint":"2026-03-01T10:00:00","PM2_5":"35"}]',
            b"\xef\xbb\xbf" * 3 + json.dumps([record]).encode(),
        )
    )  # fmt: skip


def odd_parquet(rng: random.Random) -> bytes:
    """Columns of types that no table has."""
    good = pl.read_parquet(io.BytesIO(parquet(rng)))
    value, when = pl.col("PM2.5"), pl.col("time")
    odd = rng.choice(
        (
            value.cast(pl.String).cast(pl.Categorical),
            pl.concat_list(value, value).alias("PM2.5"),
            pl.struct(value, pl.col("O3")).alias("PM2.5"),
            value.cast(pl.String).cast(pl.Binary),
            value.cast(pl.Int64).cast(pl.Boolean),
            value * float("inf"),
            pl.lit(None).alias("PM2.5"),
            when.cast(pl.Int64),
            when.dt.time().alias("time"),
            when.dt.replace_time_zone("America/New_York", ambiguous="earliest", non_existent="null"),
            when.cast(pl.Int64).cast(pl.Duration("us")).alias("time"),
            when + pl.duration(days=365 * 5000),
            pl.col("station").str.len_bytes().cast(pl.Float64) * 1e300,
            pl.concat_list("station").alias("station"),
            when.dt.date().alias("time"),
            value.cast(pl.Decimal(20, 3)),
        )
    )
    target = io.BytesIO()
    good.with_columns(odd).write_parquet(target)
    return target.getvalue()


def packed(data: bytes) -> bytes:
    """Gzip without the time of packing, so that a case is the same bytes each time."""
    return gzip.compress(data, 1, mtime=0)


def timeless(name: str) -> zipfile.ZipInfo:
    """An entry of a zip without the time of packing."""
    return zipfile.ZipInfo(name)


def bomb(rng: random.Random) -> bytes:
    """Small outside, large inside: packed zeros, a workbook that promises gigabytes, one that lies about its size."""
    kind = rng.randrange(4)
    if kind == 0:
        return packed(packed(b"\x00" * (1 << 20)))
    if kind == 1:
        return packed(b"0," * (8 << 20))
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(timeless("xl/worksheets/sheet1.xml"), b"0" * (24 << 20), zipfile.ZIP_DEFLATED)
    torn = bytearray(target.getvalue())
    at = torn.rfind(b"PK\x01\x02")  # the central directory's entry: its size field
    struct.pack_into("<I", torn, at + 24, 0xFFFFFFF0 if kind == 2 else 100)
    return bytes(torn)


def foreign(rng: random.Random) -> bytes:
    """Files of another kind altogether."""
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w") as archive:
        archive.writestr(timeless("word/document.xml"), "<w:document/>")
    return rng.choice(
        (
            b"",
            b" \r\n \n",
            b"\x89PNG\r\n\x1a\n" + rng.randbytes(500),
            b"%PDF-1.7\n" + rng.randbytes(500),
            b"\x7fELF" + rng.randbytes(500),
            b"<!DOCTYPE html><html><body><h1>502 Bad Gateway</h1></body></html>",
            rng.randbytes(rng.choice((1, 3, 100, 5000))),
            target.getvalue(),
            b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + rng.randbytes(2000),
            b"PAR1" + rng.randbytes(300) + b"PAR1",
            b"\x1f\x8b" + rng.randbytes(100),
            b"\x28\xb5\x2f\xfd" + rng.randbytes(100),
            ("很长" * 200_000).encode(),
            ("站点,时间,PM2.5\n" + "," * 300_000).encode(),
        )
    )


def case(seed: int, number: int) -> Case:
    """The case of that number."""
    rng = random.Random(f"{seed}/{number}")
    name = f"case-{number:05d}"
    form = rng.choice(list(FORMATS))
    make, tables = FORMATS[form]
    table = rng.choice(tables)
    text = rng.choice(TEXTS)
    text_make, text_tables = FORMATS[text]
    kinds: dict[str, Callable[[], tuple[str, bytes]]] = {
        "cut": lambda: (table, cut(rng, make(rng))),
        "flipped bytes": lambda: (table, flipped(rng, make(rng))),
        "zero bytes": lambda: (table, zeroed(rng, make(rng))),
        "wrong encoding": lambda: (rng.choice(text_tables), recoded(rng, text_make(rng))),
        "torn lines": lambda: (rng.choice(text_tables), shuffled_lines(rng, text_make(rng))),
        "shuffled header": lambda: ("air_hourly", shuffled_header(rng)),
        "absurd values": lambda: ("air_hourly", one_cell(rng, ABSURD, range(2, 8))),
        "formulas": lambda: ("air_hourly", one_cell(rng, FORMULAS, range(8))),
        "dates": lambda: ("air_hourly", one_cell(rng, DATES, range(1, 2))),
        "odd table": lambda: ("air_hourly", odd_table(rng)),
        "odd json": lambda: (rng.choice(("air_hourly", "air_daily", "weather_hourly")), odd_json(rng)),
        "odd parquet": lambda: ("air_hourly", odd_parquet(rng)),
        "bomb": lambda: ("air_hourly", bomb(rng)),
        "foreign": lambda: (table, foreign(rng)),
        "wrong table": lambda: (rng.choice(("stations", "weather_forecast", "air_daily")), make(rng)),
        "packed and cut": lambda: (table, cut(rng, packed(make(rng)))),
    }
    kind = list(kinds)[number % len(kinds)]
    chosen, data = kinds[kind]()
    return Case(kind, chosen, name, data)
