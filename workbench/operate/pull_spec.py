"""The `[pull]` part of a catalogue entry: any HTTP source of JSON records or CSV described in TOML, without code."""

from __future__ import annotations

import csv
import io
import json
import os
import string
import tomllib
from dataclasses import dataclass, field, fields
from typing import TYPE_CHECKING, Any

from workbench.errors import BrokenContract, SourceFailed, UnknownName
from workbench.lake import catalogue

if TYPE_CHECKING:
    from workbench.operate.pull import Call, Place, Wanted

PLACEHOLDERS = ("since", "until", "latitude", "longitude", "place")


@dataclass(frozen=True)
class Spec:
    """One `[pull]` part; see `pull.py` for what the fields mean."""

    table: str
    url: str
    format: str = "json"
    records: str = ""
    columns: dict[str, str] = field(default_factory=dict)
    units: dict[str, str] = field(default_factory=dict)
    constants: dict[str, str] = field(default_factory=dict)
    headers: dict[str, str] = field(default_factory=dict)
    per_minute: float = 30.0
    timeout: float = 0.0

    @property
    def by_place(self) -> bool:
        return bool({"latitude", "longitude", "place"} & set(_placeholders(self.url)))


def _entry(table: str) -> dict[str, Any]:
    text = (catalogue.FOLDER / f"{table}.toml").read_text(encoding="utf-8")
    return dict(tomllib.loads(text).get("pull", {}))


def tables() -> list[str]:
    """The tables whose catalogue entry says where to pull them from."""
    return [name for name in catalogue.names() if _entry(name)]


def load(table: str) -> Spec:
    """The `[pull]` part of a table. BrokenContract or UnknownName names what is wrong in it."""
    return parse(table, _entry(table))


def parse(table: str, entry: dict[str, Any]) -> Spec:
    """Check a `[pull]` part against the table that it fills."""
    where = f"data/catalogue/{table}.toml [pull]"
    allowed = {item.name for item in fields(Spec)} - {"table"}
    for name in entry:
        if name not in allowed:
            raise UnknownName(f"field of {where},", name, allowed)
    if not str(entry.get("url", "")).startswith(("http://", "https://")):
        raise BrokenContract(f"{where}: url is missing or is no web address", 'url = "https://…"')
    spec = Spec(table, **entry)
    for name in _placeholders(spec.url):
        if name not in PLACEHOLDERS:
            raise UnknownName(f"placeholder of {where},", name, PLACEHOLDERS)
    known = catalogue.load(table).columns
    for name in (*spec.columns, *spec.units, *spec.constants):
        if name not in known:
            raise UnknownName(f"column of {table} in {where},", name, known)
    return spec


def _placeholders(url: str) -> list[str]:
    try:
        return [name for _, name, _, _ in string.Formatter().parse(url) if name]
    except ValueError:
        raise BrokenContract(f"'{url}' has an unclosed brace", "write placeholders like {since}") from None


def calls(spec: Spec, wanted: Wanted) -> list[Call]:
    """One request, or one for each place where the address names one."""
    from workbench.operate.pull import Call

    def call(place: Place | None) -> Call:
        return Call(
            tables=(spec.table,),
            name=f"{spec.table}{f'-{place.name}' if place else ''}.{spec.format}",
            url=spec.url.format(**_values(wanted, place)),
            headers={name: _secret(value, spec.table) for name, value in spec.headers.items()},
            mend=lambda body: mend(spec, body, place),
            check=_check_json if spec.format == "json" else None,
        )

    return [call(place) for place in wanted.places] if spec.by_place else [call(None)]


def _values(wanted: Wanted, place: Place | None) -> dict[str, object]:
    from urllib.parse import quote

    values: dict[str, object] = {"since": wanted.since, "until": wanted.until}
    if place:
        values |= {"place": quote(place.name), "latitude": place.latitude, "longitude": place.longitude}
    return values


def _secret(value: str, table: str) -> str:
    """A header's value; `env:NAME` is taken from the environment, so that no key stands in the catalogue."""
    if not value.startswith("env:"):
        return value
    name = value.removeprefix("env:")
    if name not in os.environ:
        raise SourceFailed(f"{table}: the environment variable {name} is not set", f"set it: export {name}=…")
    return os.environ[name]


def _check_json(body: bytes) -> None:
    json.loads(body)  # raises ValueError where it was cut


def mend(spec: Spec, body: bytes, place: Place | None) -> bytes:
    """Their records under our names, as JSON for the reader; the body itself where nothing is to be renamed."""
    if not (spec.columns or spec.constants or spec.records):
        return body
    rows = _dig(spec, json.loads(body)) if spec.format == "json" else _csv(spec, body)
    if not rows:
        return b""
    fields_there = {name for row in rows for name in row}
    gone = [theirs for theirs in spec.columns.values() if theirs not in fields_there]
    if gone:
        raise SourceFailed(
            f"{spec.table}: field {', '.join(gone)} is not in the answer any more; there are: "
            f"{', '.join(sorted(fields_there)[:20])}",
            f"mend [pull.columns] in data/catalogue/{spec.table}.toml",
        )
    fixed: dict[str, Any] = dict(spec.constants)
    if place and "place" in catalogue.load(spec.table).columns:
        fixed.setdefault("place", place.name)
    ours = {
        theirs: f"{name}({spec.units[name]})" if name in spec.units else name for name, theirs in spec.columns.items()
    }
    made = [fixed | ({ours[n]: row.get(n) for n in ours} if ours else row) for row in rows]
    return json.dumps(made, ensure_ascii=False).encode()


def _dig(spec: Spec, document: Any) -> list[dict[str, Any]]:
    for step in spec.records.split(".") if spec.records else ():
        if not isinstance(document, dict) or step not in document:
            there = ", ".join(list(document)[:20]) if isinstance(document, dict) else f"a {type(document).__name__}"
            raise SourceFailed(
                f"{spec.table}: field {step} of '{spec.records}' is not in the answer any more; there is: {there}",
                f"mend records in data/catalogue/{spec.table}.toml [pull]",
            )
        document = document[step]
    rows = [document] if isinstance(document, dict) else document
    if not isinstance(rows, list) or not all(isinstance(row, dict) for row in rows):
        raise SourceFailed(
            f"{spec.table}: no list of records at '{spec.records or 'the top'}' of the answer",
            f"mend records in data/catalogue/{spec.table}.toml [pull]",
        )
    return rows


def _csv(spec: Spec, body: bytes) -> list[dict[str, Any]]:
    from workbench.lake.files import SourceFile

    text = SourceFile.of(f"{spec.table}.csv", body).text()
    try:
        return [{k: v for k, v in row.items() if k is not None} for row in csv.DictReader(io.StringIO(text))]
    except csv.Error as error:
        raise SourceFailed(f"{spec.table}: the answer is no CSV ({error})", "look at a fresh answer") from None
