"""Open-Meteo (CC BY 4.0): weather forecast, weather archive, and modelled air quality (CAMS) for the county's places.

`workbench pull open-meteo` takes forecast and archive; `open-meteo/air-quality` is asked for by name, because its
values are a model's and would stand beside measured ones. `WORKBENCH_OPEN_METEO` puts another server in the place of
the public ones (a mirror, a test).
"""

import json
import os
from datetime import timedelta
from typing import Any

from workbench.errors import SourceFailed
from workbench.operate.pull import Call, Place, Wanted

TITLE_ZH = "Open-Meteo 天气与空气质量"
TITLE_EN = "Open-Meteo weather and air quality"
PER_MINUTE = 60.0
DEFAULT = ("forecast", "archive")

WEATHER = (
    *("temperature_2m", "dew_point_2m", "relative_humidity_2m", "surface_pressure", "precipitation"),
    *("wind_speed_10m", "wind_direction_10m", "shortwave_radiation", "boundary_layer_height"),
)
AIR = ("pm2_5", "pm10", "sulphur_dioxide", "nitrogen_dioxide", "carbon_monoxide", "ozone")
AHEAD_DAYS = 9  # today and eight more: the seventh day after ends at 24:00
BEHIND_DAYS = 92  # as far as the forecast endpoint looks back
ARCHIVE_LAG = 6  # days until the archive is filled


def forecast(wanted: Wanted) -> list[Call]:
    """The newest forecast, kept by its issue time; its past hours fill the observed table until the archive does."""
    behind = min(BEHIND_DAYS, max(1, (wanted.until - wanted.since).days))
    days = {"past_days": str(behind), "forecast_days": str(AHEAD_DAYS)}
    return [
        _call("https://api.open-meteo.com/v1/forecast", ("weather_forecast", "weather_hourly"), WEATHER, wanted, days)
    ]


def archive(wanted: Wanted) -> list[Call]:
    """Re-analysed weather from the first day wanted to six days ago; none where that is later."""
    last = wanted.until - timedelta(days=ARCHIVE_LAG)
    if wanted.since > last:
        return []
    days = {"start_date": f"{wanted.since}", "end_date": f"{last}"}
    return [_call("https://archive-api.open-meteo.com/v1/archive", ("weather_hourly",), WEATHER, wanted, days)]


def air_quality(wanted: Wanted) -> list[Call]:
    """Modelled concentrations of the days behind us, under `cams-<place>`."""
    behind = min(BEHIND_DAYS, max(1, (wanted.until - wanted.since).days))
    days = {"past_days": str(behind), "forecast_days": "1"}
    url = "https://air-quality-api.open-meteo.com/v1/air-quality"
    return [_call(url, ("air_hourly",), AIR, wanted, days)]


PARTS = {"forecast": forecast, "archive": archive, "air-quality": air_quality}


def _call(url: str, tables: tuple[str, ...], variables: tuple[str, ...], wanted: Wanted, days: dict[str, str]) -> Call:
    base = os.environ.get("WORKBENCH_OPEN_METEO", "").rstrip("/")
    path = url.split("/v1/")[1]
    params = {
        "latitude": ",".join(f"{place.latitude:.4f}" for place in wanted.places),
        "longitude": ",".join(f"{place.longitude:.4f}" for place in wanted.places),
        "hourly": ",".join(variables),
        "timeformat": "unixtime",
        "timezone": "GMT",
        **days,
    }
    return Call(
        tables=tables,
        name=f"open-meteo-{path}.json",
        url=f"{base}/v1/{path}" if base else url,
        params=params,
        mend=lambda body: named(body, wanted.places, variables, path),
        check=_whole,
    )


def _whole(body: bytes) -> None:
    json.loads(body)  # raises ValueError where it was cut


def named(body: bytes, places: tuple[Place, ...], variables: tuple[str, ...], path: str) -> bytes:
    """The answer with each place's name written in, after seeing that it holds all that was asked for."""
    document = json.loads(body)
    answers: list[dict[str, Any]] = document if isinstance(document, list) else [document]
    if len(answers) != len(places):
        raise SourceFailed(
            f"open-meteo {path}: {len(answers)} places in the answer, {len(places)} asked for", "pull again"
        )
    for answer, place in zip(answers, places, strict=True):
        hourly = answer.get("hourly") if isinstance(answer, dict) else None
        if not isinstance(hourly, dict):
            there = ", ".join(list(answer)[:12]) if isinstance(answer, dict) else type(answer).__name__
            raise SourceFailed(f"open-meteo {path}: field hourly is not in the answer; there are: {there}", MEND)
        gone = [name for name in ("time", *variables) if name not in hourly]
        if gone:
            raise SourceFailed(
                f"open-meteo {path}: field hourly.{', hourly.'.join(gone)} is not in the answer; there are: "
                f"{', '.join(list(hourly)[:20])}",
                MEND,
            )
        if not isinstance(answer.get("hourly_units"), dict):
            raise SourceFailed(f"open-meteo {path}: field hourly_units is not in the answer: units unknown", MEND)
        answer["place"] = place.name
    return json.dumps(answers, ensure_ascii=False).encode()


MEND = "Open-Meteo has changed its format: a newer version of the workbench may know it"
