"""Good files of every known format, and everything that can happen to them on the way. Seeded: a number is a case."""

import gzip
import io
import json
import random
import struct
import zipfile
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

import polars as pl

START = datetime(2026, 3, 1)  # noqa: DTZ001  local labels, as files have them
HOURS = 30
POLLUTANTS = ("PM2.5", "PM10", "SO2", "NO2", "CO", "O3")
CHINESE = ("PM2.5(μg/m³)", "PM10(μg/m³)", "二氧化硫(μg/m³)", "二氧化氮(μg/m³)", "一氧化碳(mg/m³)", "臭氧(μg/m³)")


@dataclass(frozen=True)
class Case:
    """One damaged file: what was done to which format, and for which table it is handed in."""

    kind: str
    table: str
    name: str
    data: bytes


def rows(rng: random.Random) -> list[list[str]]:
    """Station, time and six values, all good."""
    made = []
    for station in ("1001A", "1002A"):
        for i in range(HOURS):
            when = (START + timedelta(hours=i)).strftime("%Y-%m-%d %H:%M")
            values = [str(rng.randint(5, 90)) for _ in POLLUTANTS]
            values[4] = f"{rng.uniform(0.2, 2):.1f}"
            made.append([station, when, *values])
    return made


def csv(header: list[str], body: list[list[str]], separator: str = ",", ending: str = "\n") -> str:
    return ending.join(separator.join(line) for line in [header, *body]) + ending


HEADER = ["站点", "时间", *CHINESE]


def tidy(rng: random.Random) -> bytes:
    return csv(HEADER, rows(rng)).encode()


def parquet(rng: random.Random) -> bytes:
    target = io.BytesIO()
    frame = pl.DataFrame(rows(rng), schema=["station", "time", *POLLUTANTS], orient="row")
    frame.with_columns(pl.col(POLLUTANTS).cast(pl.Float64), pl.col("time").str.to_datetime()).write_parquet(target)
    return target.getvalue()


def excel(rng: random.Random, body: list[list[object]] | None = None) -> bytes:
    import xlsxwriter

    target = io.BytesIO()
    book = xlsxwriter.Workbook(target, {"in_memory": True})
    sheet = book.add_worksheet("数据")
    for i, line in enumerate([HEADER, *(body or rows(rng))]):
        sheet.write_row(i, 0, line)
    book.close()
    return target.getvalue()


def wide(rng: random.Random) -> bytes:
    body = [
        [f"{START:%Y%m%d}", str(hour), kind, *(str(rng.randint(5, 90)) for _ in range(5))]
        for hour in range(24)
        for kind in (*POLLUTANTS, "AQI", "PM2.5_24h")
    ]
    return csv(["date", "hour", "type", *(f"100{i}A" for i in range(5))], body).encode("utf-8-sig")


def national(rng: random.Random) -> bytes:
    names = ["StationCode", "TimePoint", "PM2_5", *POLLUTANTS[1:]]
    return json.dumps([dict(zip(names, line, strict=True)) for line in rows(rng)], ensure_ascii=False).encode()


def beijing(rng: random.Random) -> bytes:
    header = ["No", "year", "month", "day", "hour", "PM2.5", "PM10", "SO2", "NO2", "CO", "O3"]
    header += ["TEMP", "PRES", "DEWP", "RAIN", "wd", "WSPM", "station"]
    body = []
    for i in range(2 * HOURS):
        when = datetime(2013, 3, 1) + timedelta(hours=i)  # noqa: DTZ001
        air = [str(rng.randint(3, 90)) for _ in range(4)] + [str(rng.randint(3, 20) * 100), str(rng.randint(3, 90))]
        body.append(
            [
                *(str(x) for x in (i + 1, when.year, when.month, when.day, when.hour)),
                *air,
                *(
                    f"{rng.uniform(-5, 10):.1f}",
                    "1020.3",
                    "-12.1",
                    "0",
                    rng.choice(["N", "NNE", "SW"]),
                    "2.4",
                    "Dongsi",
                ),
            ]
        )
    return csv(header, body).encode()


def meteo(rng: random.Random) -> bytes:
    units = {"temperature_2m": "°C", "relative_humidity_2m": "%", "wind_speed_10m": "km/h", "surface_pressure": "hPa"}
    values = {"temperature_2m": 12.0, "relative_humidity_2m": 70, "wind_speed_10m": 7.2, "surface_pressure": 985.0}
    times = [(START + timedelta(hours=i)).strftime("%Y-%m-%dT%H:%M") for i in range(HOURS)]
    hourly = {name: [value + rng.randint(0, 5) for _ in times] for name, value in values.items()}
    place = {
        "latitude": 31.0,
        "longitude": 109.5,
        "utc_offset_seconds": 28800,
        "hourly_units": {"time": "iso8601"} | units,
    }
    return json.dumps(place | {"hourly": {"time": times} | hourly}, ensure_ascii=False).encode()


FORMATS: dict[str, tuple[Callable[[random.Random], bytes], tuple[str, ...]]] = {
    "tidy": (tidy, ("air_hourly",)),
    "parquet": (parquet, ("air_hourly",)),
    "excel": (excel, ("air_hourly",)),
    "wide": (wide, ("air_hourly", "air_daily")),
    "national": (national, ("air_hourly",)),
    "beijing": (beijing, ("air_hourly", "weather_hourly")),
    "meteo": (meteo, ("weather_hourly", "weather_forecast")),
}
TEXTS = ("tidy", "wide", "national", "beijing", "meteo")

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


def bomb(rng: random.Random) -> bytes:
    """Small outside, large inside: packed zeros, a workbook that promises gigabytes, one that lies about its size."""
    kind = rng.randrange(4)
    if kind == 0:
        return gzip.compress(gzip.compress(b"\x00" * (1 << 20)))
    if kind == 1:
        return gzip.compress(b"0," * (8 << 20), 1)
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("xl/worksheets/sheet1.xml", b"0" * (24 << 20))
    packed = bytearray(target.getvalue())
    at = packed.rfind(b"PK\x01\x02")  # the central directory's entry: its size field
    struct.pack_into("<I", packed, at + 24, 0xFFFFFFF0 if kind == 2 else 100)
    return bytes(packed)


def foreign(rng: random.Random) -> bytes:
    """Files of another kind altogether."""
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w") as archive:
        archive.writestr("word/document.xml", "<w:document/>")
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
        "packed and cut": lambda: (table, cut(rng, gzip.compress(make(rng)))),
    }
    kind = list(kinds)[number % len(kinds)]
    chosen, data = kinds[kind]()
    return Case(kind, chosen, name, data)
