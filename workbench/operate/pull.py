"""Pulling a remote source: fetch, then ingest the answer like any file, so that one fetched elsewhere counts the same.

A source is either a module `pipelines/sources/<name>.py` or a `[pull]` part in a table's catalogue entry:

```toml
[pull]
url = "https://host/data?station={place}&from={since}&to={until}"   # {latitude} {longitude} {place}: once a place
format = "json"                      # or csv; anything else is handed on as it comes
records = "data.rows"                # where the list of records lies in the JSON
columns = { time = "TimePoint", pm2_5 = "PM25" }      # ours = theirs; without it the answer is handed on as it comes
units = { pm2_5 = "mg/m³" }          # where the source uses another
constants = { station = "1001A" }
headers = { X-API-Key = "env:MY_KEY" }
per_minute = 30
```
"""

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from types import ModuleType
from typing import Any

import polars as pl

from workbench import domain
from workbench.errors import InputError, SourceFailed, UnknownName
from workbench.lake import catalogue
from workbench.lake.files import SourceFile
from workbench.lake.ingest import Report, ingest
from workbench.lake.store import Lake
from workbench.operate import pull_spec
from workbench.operate.fetch import Fetcher, Patience
from workbench.operate.terminal import Progress
from workbench.settings import county, county_zone, now

FIRST_DAYS = 7  # pulled where nothing says since when
SAMPLE_FIRST = (
    "the home holds only the sample county (示意数据): ingest measurements first, or start one with `up --no-sample`"
)


@dataclass(frozen=True)
class Place:
    """A named point to ask for, degrees."""

    name: str
    latitude: float
    longitude: float


@dataclass(frozen=True)
class Wanted:
    """What a source is asked for: which places, from which local day to which, and at what instant."""

    places: tuple[Place, ...]
    since: date
    until: date
    at: datetime


@dataclass(frozen=True)
class Call:
    """One request and the tables that its answer fills, in order.

    `mend` turns the answer's body into what a reader takes, or raises SourceFailed naming the field that has changed;
    an empty body means nothing new. `check` raises ValueError for a body that was cut; it is tried again.
    """

    tables: tuple[str, ...]
    name: str
    url: str
    params: dict[str, str] = field(default_factory=dict)
    headers: dict[str, str] = field(default_factory=dict)
    mend: Callable[[bytes], bytes] = bytes
    check: Callable[[bytes], None] | None = None


def pull(
    source: str, since: str | None, progress: Progress, patience: Patience | None = None, lake: Lake | None = None
) -> list[Report]:
    """Fetch a source and ingest every answer. `source`: a module's name (`open-meteo`), one of its parts
    (`open-meteo/forecast`), or a table with a `[pull]` part. `since`: first local day wanted, ISO.

    Raises UnknownName, InputError (a day that is none), SourceFailed (no answer, or one in another shape).
    """
    lake = lake or Lake()
    patience = patience or Patience()
    wanted = _wanted(lake, since)
    name, _, part = source.partition("/")
    modules = domain.sources()
    stem = name.replace("-", "_")
    if stem in modules:
        calls = _module_calls(modules[stem], part, wanted)
        if _only_sample(lake):
            return [
                Report(table, source, "not pulled", "", notes=(SAMPLE_FIRST,))
                for call in calls
                for table in call.tables
            ]
        patience = replace(patience, per_minute=getattr(modules[stem], "PER_MINUTE", patience.per_minute))
    elif name in pull_spec.tables():
        spec = pull_spec.load(name)
        calls = pull_spec.calls(spec, wanted)
        patience = replace(patience, per_minute=spec.per_minute, timeout=spec.timeout or patience.timeout)
    else:
        raise UnknownName("source", source, [*(m.replace("_", "-") for m in modules), *pull_spec.tables()])
    reports: list[Report] = []
    with Fetcher(source, patience) as fetcher:
        for i, call in enumerate(calls):
            progress(i, len(calls), call.name)
            reports += _bring(lake, source, call, fetcher)
    progress(len(calls), len(calls), "")
    return reports


def _module_calls(module: ModuleType, part: str, wanted: Wanted) -> list[Call]:
    parts: dict[str, Callable[[Wanted], list[Call]]] = module.PARTS
    if part and part not in parts:
        raise UnknownName("part of the source", part, parts)
    return [call for name in ([part] if part else module.DEFAULT) for call in parts[name](wanted)]


def _only_sample(lake: Lake) -> bool:
    """True while every table that holds anything holds the sample county: measured weather beside invented air would
    retire both, so weather waits until something measured is there."""
    tables = (name for name in catalogue.names() if not catalogue.load(name).reference)
    return {"sample"} == {lake.origin(name) for name in tables} - {"empty"}


def _bring(lake: Lake, source: str, call: Call, fetcher: Fetcher) -> list[Report]:
    body = call.mend(fetcher.get(call.url, call.params, call.headers, call.check))
    if not body.strip():
        return [Report(table, call.name, source, "", notes=("nothing new",)) for table in call.tables]
    readers = tuple(domain.readers().values())
    reports = []
    for table in call.tables:
        try:
            reports.append(ingest(lake, table, SourceFile.of(call.name, body, modified=now()), readers))
        except InputError as error:
            raise SourceFailed(
                f"{source}: the answer has another shape than expected: {error.message}",
                "the source may have changed: compare a fresh answer with its catalogue entry",
            ) from error
    return reports


def _wanted(lake: Lake, since: str | None) -> Wanted:
    at = now()
    today = at.astimezone(county_zone()).date()
    first = today - timedelta(days=FIRST_DAYS)
    if since:
        try:
            first = date.fromisoformat(since)
        except ValueError:
            raise InputError(f"'{since}' is no day", "write it like 2026-11-01") from None
        if first > today:
            raise InputError(f"{first} has not come yet", "name a day in the past")
    return Wanted(places(lake), first, today, at)


def places(lake: Lake) -> tuple[Place, ...]:
    """The weather places of the stations, each at the mean of its stations; the county seat where there are none."""
    if "stations" in catalogue.names():
        known = lake.read("stations").filter(pl.col("place").is_not_null())
        means = known.group_by("place").agg(pl.col("latitude", "longitude").mean()).sort("place").drop_nulls().collect()
        if means.height:
            return tuple(Place(*row) for row in means.iter_rows())
    seat: dict[str, Any] = county()
    name = str(seat.get("place", str(seat["name_en"]).split()[0].lower()))
    return (Place(name, seat["latitude"], seat["longitude"]),)
