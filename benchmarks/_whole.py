"""Good files of every known format, made here and small. Seeded."""

import io
import json
import random
from collections.abc import Callable
from datetime import datetime, timedelta

import polars as pl

START = datetime(2026, 3, 1)  # noqa: DTZ001  local labels, as files have them
HOURS = 30
POLLUTANTS = ("PM2.5", "PM10", "SO2", "NO2", "CO", "O3")
CHINESE = ("PM2.5(μg/m³)", "PM10(μg/m³)", "二氧化硫(μg/m³)", "二氧化氮(μg/m³)", "一氧化碳(mg/m³)", "臭氧(μg/m³)")


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
    book.set_properties({"created": START})  # not now: the same bytes each time
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
