"""Open-Meteo JSON: weather forecast, weather archive and air quality, for one place or a list of places.

Units are read from `hourly_units` (wind in km/h becomes m/s, CO in µg/m³ becomes mg/m³). A label is taken as the end of
its hour: rain and radiation are sums and means over the hour before it, as in our tables; temperature, humidity, wind,
pressure, mixing height and modelled concentrations are values at that instant and stand for the hour that ends then.

The answer does not say when the forecast was made, so it is the time at which the file was written, to the hour: the
observed tables take the labels up to it, the forecast table those after it. A place is called by `place` where the
document says it (the pull writes it in), else the county seat where it is nearer than 30 km, else by its coordinates.
Modelled concentrations stand under `cams-<place>`: they are no station.
"""

from datetime import UTC, datetime
from math import cos, hypot, radians
from typing import Any

import polars as pl

from pipelines.readers import _json
from pipelines.readers._columns import naming
from workbench.errors import BrokenContract, UnreadableFile
from workbench.lake import cells
from workbench.lake.catalogue import Table
from workbench.lake.files import SourceFile
from workbench.lake.headers import understand
from workbench.lake.reading import Parsed
from workbench.settings import county, now

TITLE_ZH = "Open-Meteo 天气与空气质量 JSON"
TITLE_EN = "Open-Meteo JSON"

NAMES = {
    "carbon_monoxide": "co",
    "nitrogen_dioxide": "no2",
    "sulphur_dioxide": "so2",
    "ozone": "o3",
    "precipitation": "precipitation",
    "surface_pressure": "pressure",
}
NEAR_KM = 30.0


def matches(file: SourceFile, table: Table) -> bool:
    """True for an Open-Meteo answer (or its error) and a table of places or stations by the hour."""
    if not _json.looks_like(file) or table.time is None or table.columns[table.time].type != "datetime":
        return False
    places = _places(_json.load(file))
    return bool(places) and all("hourly" in place or place.get("error") is True for place in places)


def _places(document: Any) -> list[dict[str, Any]]:
    places = document if isinstance(document, list) else [document]
    return places if all(isinstance(place, dict) for place in places) else []


def read(file: SourceFile, table: Table) -> Parsed:
    """One row a place and hour."""
    made = (file.modified or now()).astimezone(UTC).replace(minute=0, second=0, microsecond=0)
    frames, notes = [], []
    for place in _places(_json.load(file)):
        if place.get("error"):
            raise UnreadableFile(f"{file.name}: Open-Meteo refused: {place.get('reason')}", "mend the request")
        frame, more = _place(file, table, place, made)
        frames.append(frame)
        notes += more
    frame = pl.concat(frames, how="diagonal_relaxed")
    frame = frame.with_columns(pl.int_range(1, pl.len() + 1, dtype=pl.Int64).alias("_row"))
    return Parsed(frame, "open_meteo", tuple(dict.fromkeys(notes)), made if table.issued else None)


def _place(file: SourceFile, table: Table, place: dict[str, Any], made: datetime) -> tuple[pl.DataFrame, list[str]]:
    hourly, units = place["hourly"], place.get("hourly_units") or {}
    times = hourly.get("time") if isinstance(hourly, dict) else None
    if not isinstance(times, list) or not times:
        raise UnreadableFile(f"{file.name}: Open-Meteo answer without hourly.time", "ask for hourly variables")
    names = [name for name, values in hourly.items() if name != "time" and isinstance(values, list)]
    short = [name for name in names if len(hourly[name]) != len(times)]
    if short:
        raise UnreadableFile(
            f"{file.name}: hourly.{short[0]} has {len(hourly[short[0]])} values for {len(times)} times",
            "fetch it again",
        )
    stated = {NAMES.get(name, name): units[name] for name in names if isinstance(units.get(name), str)}
    with naming(file):
        headers = understand([NAMES.get(name, name) for name in names], table, stated)
    found = {meaning.column.name for meaning in headers.meanings.values()} & set(table.measures)
    if not found:
        raise BrokenContract(
            f"{file.name}: none of its variables ({', '.join(names[:12])}) belongs in {table.name}",
            f"ask for variables of {table.name}, or ingest it into another table",
        )
    if not units:
        raise UnreadableFile(f"{file.name}: Open-Meteo answer without hourly_units", "fetch it again: units are needed")
    frame = pl.DataFrame({"time": _times(times, place)})
    notes = list(headers.notes)
    for position, meaning in headers.meanings.items():
        texts = pl.Series([None if value is None else str(value) for value in hourly[names[position]]], dtype=pl.String)
        cell, more = cells.numbers(texts, meaning)
        frame = frame.with_columns(cell.alias(meaning.column.name))
        notes += more
    who = _name(place)
    key = table.series[0]
    frame = frame.with_columns(pl.lit(f"cams-{who}" if key == "station" else who).alias(key))
    known = pl.any_horizontal(pl.col(sorted(found)).is_not_null())
    if table.issued:
        frame = frame.with_columns(pl.lit(made).cast(pl.Datetime("us", "UTC")).alias(table.issued))
        kept = frame.filter(known & (pl.col("time") > made).fill_null(True))
        notes.append(f"{who}: forecast of {made:%Y-%m-%d %H:%M} UTC, {kept.height} hours")
        return kept, notes
    kept = frame.filter(known & (pl.col("time") <= made).fill_null(True))
    if kept.height < frame.height:
        notes.append(f"{who}: {frame.height - kept.height} hours that are empty or yet to come left out")
    return kept, notes


def _times(times: list[Any], place: dict[str, Any]) -> pl.Series:
    """Instants, UTC: Unix seconds as they are, ISO labels less `utc_offset_seconds`."""
    if all(isinstance(time, int) for time in times):
        return pl.select(pl.from_epoch(pl.Series(times, dtype=pl.Int64), time_unit="s").dt.replace_time_zone("UTC"))[
            :, 0
        ].dt.cast_time_unit("us")
    offset = place.get("utc_offset_seconds", 0)
    offset = offset if isinstance(offset, int) and abs(offset) <= 50_400 else 0
    local = pl.Series([str(time) for time in times]).str.to_datetime("%Y-%m-%dT%H:%M", time_unit="us", strict=False)
    return pl.select((local - pl.duration(seconds=offset)).dt.replace_time_zone("UTC"))[:, 0]


def _name(place: dict[str, Any]) -> str:
    if isinstance(place.get("place"), str):
        return str(place["place"])
    try:
        latitude, longitude = float(place["latitude"]), float(place["longitude"])
    except (KeyError, TypeError, ValueError):
        raise UnreadableFile("Open-Meteo answer without latitude and longitude", "fetch it again") from None
    seat = county()
    north, east = latitude - seat["latitude"], (longitude - seat["longitude"]) * cos(radians(latitude))
    if 111.2 * hypot(north, east) <= NEAR_KM:
        return seat_name()
    return f"{latitude:.2f},{longitude:.2f}"


def seat_name() -> str:
    """The weather place of the county seat: `place` of data/county.toml, else the first word of its English name."""
    seat = county()
    return str(seat.get("place", str(seat["name_en"]).split()[0].lower()))
