"""Pulling: Open-Meteo and a source described in the catalogue, from a server on this machine, into a real lake."""

import json
import shutil
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlparse

import polars as pl
import pytest

from pipelines.sources.open_meteo import AIR, WEATHER
from workbench.errors import InputError, SourceFailed, UnknownName
from workbench.lake import catalogue
from workbench.lake.ingest import ingest_frame
from workbench.lake.store import Lake
from workbench.operate import pull as job
from workbench.operate.fetch import Patience

NOW = datetime(2026, 3, 10, 10, 20, tzinfo=UTC)
QUICK = Patience(tries=2, pause=0.01, timeout=1.0, per_minute=600_000)
UNITS = {"temperature_2m": "°C", "relative_humidity_2m": "%", "wind_speed_10m": "km/h", "carbon_monoxide": "μg/m³"}


def quiet(*_: object) -> None:
    """No progress bar."""


def place(first: datetime, hours: int, variables: tuple[str, ...], base: float = 10.0) -> dict[str, Any]:
    """An answer of Open-Meteo for one place, in its true shape."""
    stamps = [int((first + timedelta(hours=i)).timestamp()) for i in range(hours)]
    return {
        "latitude": 31.0,
        "longitude": 109.5,
        "generationtime_ms": 0.31,
        "utc_offset_seconds": 0,
        "timezone": "GMT",
        "timezone_abbreviation": "GMT",
        "elevation": 320.0,
        "hourly_units": {"time": "unixtime"} | {name: UNITS.get(name, "") for name in variables},
        "hourly": {"time": stamps} | {name: [base + i % 5 for i in range(hours)] for name in variables},
    }


@pytest.fixture
def lake(home: Path, monkeypatch: pytest.MonkeyPatch, remote: Any) -> Lake:
    monkeypatch.setenv("WORKBENCH_NOW", NOW.isoformat())
    monkeypatch.setenv("WORKBENCH_OPEN_METEO", remote.url)
    return Lake()


def forecast(base: float = 10.0) -> bytes:
    return json.dumps(place(NOW.replace(hour=0, minute=0) - timedelta(days=1), 24 * 10, WEATHER, base)).encode()


def test_a_forecast_fills_the_forecast_and_the_hours_behind_us(lake: Lake, remote: Any) -> None:
    """One answer, two tables: 198 hours ahead by their issue, 35 behind as seen; asked for the county seat."""
    remote.say(forecast())
    reports = job.pull("open-meteo/forecast", "2026-03-09", quiet, QUICK, lake)
    assert [("weather_forecast", 205), ("weather_hourly", 35)] == [(r.table, r.accepted) for r in reports]
    ahead = lake.read("weather_forecast").collect()
    assert {("fengjie", datetime(2026, 3, 10, 10, tzinfo=UTC))} == set(ahead.select("place", "issued_at").rows())
    assert ahead["wind_speed"][0] == pytest.approx(ahead["temperature"][0] / 3.6)
    asked = parse_qs(urlparse(remote.asked[0][0]).query)
    assert (["31.0175"], ["109.4607"], ["9"], ["1"]) == tuple(
        asked[name] for name in ("latitude", "longitude", "forecast_days", "past_days")
    )


def test_every_forecast_is_kept_by_its_issue(lake: Lake, remote: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """Pulled again six hours later: both issues stand; pulled twice in an hour: one."""
    remote.say(forecast(10.0))
    job.pull("open-meteo/forecast", None, quiet, QUICK, lake)
    assert job.pull("open-meteo/forecast", None, quiet, QUICK, lake)[0].repeated
    monkeypatch.setenv("WORKBENCH_NOW", (NOW + timedelta(hours=6)).isoformat())
    remote.answers[:] = []
    remote.say(forecast(12.0))
    job.pull("open-meteo/forecast", None, quiet, QUICK, lake)
    issues = lake.read("weather_forecast").collect().group_by("issued_at").len().sort("issued_at")
    assert [10, 16] == [issue.hour for issue in issues["issued_at"]]
    as_of = lake.read("weather_forecast", NOW + timedelta(hours=1)).collect()
    assert 1 == as_of["issued_at"].n_unique()


def test_the_archive_is_asked_up_to_six_days_ago_and_only_where_wanted(lake: Lake, remote: Any) -> None:
    """A month: forecast first, then the archive; three days: the forecast alone."""
    remote.say(forecast())
    remote.say(json.dumps(place(datetime(2026, 2, 10, tzinfo=UTC), 48, WEATHER)).encode())
    reports = job.pull("open-meteo", "2026-02-10", quiet, QUICK, lake)
    assert ["weather_forecast", "weather_hourly", "weather_hourly"] == [report.table for report in reports]
    asked = parse_qs(urlparse(remote.asked[1][0]).query)
    assert ("/v1/archive", ["2026-02-10"], ["2026-03-04"]) == (
        urlparse(remote.asked[1][0]).path,
        asked["start_date"],
        asked["end_date"],
    )
    remote.asked.clear()
    job.pull("open-meteo", "2026-03-08", quiet, QUICK, lake)
    assert 1 == len(remote.asked)


def test_modelled_air_is_asked_for_by_name(lake: Lake, remote: Any) -> None:
    """CO in µg/m³ is told as such and converted; the hours to come stay out."""
    remote.say(json.dumps(place(NOW.replace(hour=0, minute=0), 24, AIR, 300.0)).encode())
    (report,) = job.pull("open-meteo/air-quality", None, quiet, QUICK, lake)
    assert ("air_hourly", 11) == (report.table, report.accepted)
    rows = lake.read("air_hourly").collect()
    assert ({"cams-fengjie"}, 0.3) == (set(rows["station"]), rows.sort("time")["co"][0])


def test_each_place_of_the_stations_is_asked_for_once(lake: Lake, remote: Any) -> None:
    """Two stations share a place: its coordinates are their mean; the answer is a list in that order."""
    stations = pl.DataFrame(
        {
            "station": ["a", "b", "c"],
            "latitude": [31.0, 31.2, 30.5],
            "longitude": [109.4, 109.6, 109.2],
            "place": ["甲", "甲", "乙"],
        }
    )
    ingest_frame(lake, "stations", stations, "test", "d1")
    remote.say(json.dumps([place(NOW.replace(hour=0, minute=0), 24, WEATHER, base) for base in (1.0, 2.0)]).encode())
    job.pull("open-meteo/forecast", None, quiet, QUICK, lake)
    asked = parse_qs(urlparse(remote.asked[0][0]).query)
    assert (["30.5000,31.1000"], ["109.2000,109.5000"]) == (asked["latitude"], asked["longitude"])
    assert {"甲", "乙"} == set(lake.read("weather_hourly").collect()["place"])


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (
            lambda d: d["hourly"].pop("wind_speed_10m"),
            r"field hourly\.wind_speed_10m is not in the answer; there are: time",
        ),
        (lambda d: d.pop("hourly"), "field hourly is not in the answer; there are: latitude"),
        (lambda d: d.pop("hourly_units"), "field hourly_units is not in the answer: units unknown"),
        (
            lambda d: d["hourly_units"].update(wind_speed_10m="furlong"),
            "has another shape than expected: .* column 'wind_spe",
        ),
        (lambda d: d["hourly"]["time"].pop(), "has another shape than expected: .* has 240 values for 239 times"),
    ],
)
def test_a_changed_field_is_named(lake: Lake, remote: Any, change: Callable[[Any], Any], said: str) -> None:
    """And nothing is written."""
    document = json.loads(forecast())
    change(document)
    remote.say(json.dumps(document).encode())
    with pytest.raises(SourceFailed, match=said):
        job.pull("open-meteo/forecast", None, quiet, QUICK, lake)
    assert "empty" == lake.origin("weather_forecast")


def test_a_cut_answer_is_fetched_again(lake: Lake, remote: Any) -> None:
    """Half a JSON with an honest length."""
    remote.say(forecast()[:2000])
    remote.say(forecast())
    assert 205 == job.pull("open-meteo/forecast", None, quiet, QUICK, lake)[0].accepted


@pytest.mark.parametrize(
    ("source", "since", "error", "said"),
    [
        ("open-metoe", None, UnknownName, "did you mean 'open-meteo'"),
        (
            "open-meteo/rain",
            None,
            UnknownName,
            "no part of the source 'rain'; there are: air-quality, archive, forecast",
        ),
        ("open-meteo", "yesterday", InputError, "'yesterday' is no day"),
        ("open-meteo", "2027-01-01", InputError, "has not come yet"),
    ],
)
def test_wrong_words_are_answered_before_anything_is_fetched(
    lake: Lake, remote: Any, source: str, since: str | None, error: type[Exception], said: str
) -> None:
    """Names and days."""
    with pytest.raises(error, match=said):
        job.pull(source, since, quiet, QUICK, lake)
    assert [] == remote.asked


def test_real_weather_waits_while_there_is_only_the_sample_county(lake: Lake, remote: Any) -> None:
    """The first pull would leave the sample's air without weather; one measured table is enough."""
    remote.say(forecast())
    sample = pl.DataFrame({"place": ["fengjie"], "time": [NOW.replace(minute=0)], "temperature": [9.0]})
    ingest_frame(lake, "weather_hourly", sample, "sample", "s1", sample=True)
    reports = job.pull("open-meteo/forecast", None, quiet, QUICK, lake)
    assert ({"not pulled"}, []) == ({report.reader for report in reports}, remote.asked)
    assert "sample" == lake.origin("weather_hourly")
    measured = pl.DataFrame({"station": ["1001A"], "time": [NOW.replace(minute=0)], "pm2_5": [35.0]})
    ingest_frame(lake, "air_hourly", measured, "test", "r1")
    job.pull("open-meteo/forecast", None, quiet, QUICK, lake)
    assert "real" == lake.origin("weather_hourly")


@pytest.fixture
def described(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, lake: Lake, remote: Any) -> Callable[[str], None]:
    """Write a `[pull]` part for the hourly air table into a copy of the catalogue; `URL` stands for the server."""
    folder = tmp_path / "catalogue"
    shutil.copytree(catalogue.FOLDER, folder)
    monkeypatch.setattr(catalogue, "FOLDER", folder)
    plain = (folder / "air_hourly.toml").read_text(encoding="utf-8")

    def describe(part: str) -> None:
        text = f"{plain}\n[pull]\n{part.replace('URL', remote.url)}\n"
        (folder / "air_hourly.toml").write_text(text, encoding="utf-8")

    return describe


PART = """url = "URL/list?from={since}&to={until}"
records = "data.rows"
columns = { station = "code", time = "t", pm2_5 = "pm", co = "co_ug" }
units = { co = "µg/m³" }
per_minute = 60000
headers = { X-Key = "env:COUNTY_KEY" }"""
RECORD = {"code": "1001A", "t": "2026-03-10 17:00", "pm": "35", "co_ug": 700, "other": 1}


def test_a_source_described_in_the_catalogue_is_pulled(
    described: Callable[[str], None], lake: Lake, remote: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Address with days, records below `data.rows`, their names and units, the key from the environment."""
    described(PART)
    monkeypatch.setenv("COUNTY_KEY", "secret")
    remote.say(json.dumps({"data": {"rows": [RECORD]}}).encode())
    (report,) = job.pull("air_hourly", "2026-03-01", quiet, QUICK, lake)
    assert 1 == report.accepted
    assert ("1001A", 35.0, 0.7) == lake.read("air_hourly").select("station", "pm2_5", "co").collect().row(0)
    path, headers, _ = remote.asked[0]
    assert ("/list?from=2026-03-01&to=2026-03-10", "secret") == (path, headers["X-Key"])


@pytest.mark.parametrize(
    ("document", "said"),
    [
        (
            {"data": {"rows": [{"code": "a", "t": "x", "PM": 1, "co_ug": 1}]}},
            "field pm is not in the answer any more; there are: PM",
        ),
        ({"data": {"list": []}}, r"field rows of 'data\.rows' is not in the answer any more; there is: list"),
        ({"data": {"rows": 3}}, r"no list of records at 'data\.rows'"),
    ],
)
def test_a_changed_record_is_named(
    described: Callable[[str], None], lake: Lake, remote: Any, monkeypatch: pytest.MonkeyPatch, document: Any, said: str
) -> None:
    """Field by field."""
    described(PART)
    monkeypatch.setenv("COUNTY_KEY", "secret")
    remote.say(json.dumps(document).encode())
    with pytest.raises(SourceFailed, match=said):
        job.pull("air_hourly", None, quiet, QUICK, lake)


def test_nothing_new_is_no_fault(
    described: Callable[[str], None], lake: Lake, remote: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An empty list of records."""
    described(PART)
    monkeypatch.setenv("COUNTY_KEY", "secret")
    remote.say(b'{"data": {"rows": []}}')
    (report,) = job.pull("air_hourly", None, quiet, QUICK, lake)
    assert (0, ("nothing new",)) == (report.accepted, report.notes)


def test_a_missing_key_is_named_before_anything_is_asked(
    described: Callable[[str], None], lake: Lake, remote: Any
) -> None:
    """The environment variable, not its value."""
    described(PART)
    with pytest.raises(SourceFailed, match="the environment variable COUNTY_KEY is not set"):
        job.pull("air_hourly", None, quiet, QUICK, lake)
    assert [] == remote.asked


def test_a_csv_is_handed_on_as_it_comes_or_renamed(described: Callable[[str], None], lake: Lake, remote: Any) -> None:
    """Without columns a reader recognises it; with columns ours are named first."""
    described('url = "URL/a.csv"\nformat = "csv"')
    remote.say("站点,时间,PM2.5\n1001A,2026-03-10 17:00,35\n".encode())
    assert 1 == job.pull("air_hourly", None, quiet, QUICK, lake)[0].accepted
    remote.answers.clear()
    remote.say(b"when,fine\n2026-03-10 18:00,36\n")
    described(
        'url = "URL/{place}.csv"\nformat = "csv"\n'
        'columns = { time = "when", pm2_5 = "fine" }\nconstants = { station = "X" }'
    )
    assert 1 == job.pull("air_hourly", None, quiet, QUICK, lake)[0].accepted
    assert "/fengjie.csv" == remote.asked[-1][0]
    assert {"1001A", "X"} == set(lake.read("air_hourly").collect()["station"])


@pytest.mark.parametrize(
    ("part", "said"),
    [
        ('url = "URL/{plaice}"', "did you mean 'place'"),
        ('url = "ftp://x"', "url is missing or is no web address"),
        ('url = "URL"\ncolums = {}', "did you mean 'columns'"),
        ('url = "URL"\ncolumns = { pm25 = "x" }', "did you mean 'pm2_5'"),
        ('url = "URL/{since"', "has an unclosed brace"),
    ],
)
def test_a_wrong_description_is_answered_with_the_nearest_word(
    described: Callable[[str], None], lake: Lake, part: str, said: str
) -> None:
    """Fields, placeholders, columns."""
    described(part)
    with pytest.raises(InputError, match=said):
        job.pull("air_hourly", None, quiet, QUICK, lake)
