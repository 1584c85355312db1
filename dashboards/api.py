"""The API: the same numbers as the pages, at `/api/v1/…`, for a session or a bearer token; described at `/docs`.

Every route names its right. Forecasts are read by all who may read; tables by their own bureau, or by all where the
catalogue says 无条件共享; what changes something needs the right for the bureau that owns it.
"""

from datetime import UTC, datetime, timedelta
from typing import Annotated, Any, Literal

import polars as pl
from fastapi import APIRouter, Query, UploadFile
from pydantic import BaseModel
from starlette.responses import Response

from dashboards import auth
from dashboards.answers import BADGE, Format, passport, send
from dashboards.sharing import readable, readable_lines
from workbench import domain
from workbench.errors import InputError, MissingData, UnknownName
from workbench.lake import catalogue
from workbench.lake.store import Lake
from workbench.operate import outcome, verify
from workbench.operate.archive import Archive
from workbench.settings import now

router = APIRouter(prefix="/api/v1")
READ = [auth.right("read")]
MOST_ROWS = 200_000

As = Annotated[Format, Query(description="json, csv or parquet")]
Since = Annotated[datetime | None, Query(description="ISO 8601 with offset; only what was issued (or was) since then")]
At = Annotated[datetime | None, Query(description="ISO 8601 with offset; as it stood at that instant; default now")]
Count = Annotated[int, Query(ge=1, le=1000, description="how many paths")]
Days = Annotated[int, Query(ge=1, le=366, description="how many days back")]
Given = Annotated[datetime | None, Query(description="ISO 8601 with offset")]


class Act(BaseModel):
    """A forecaster's act on the newest issue of a forecast or a product."""

    name: str
    action: Literal["revise", "sign"]
    kind: Literal["forecast", "product"] = "forecast"
    edits: list[dict[str, Any]] = []
    reason: str = ""


def instant(moment: datetime | None) -> datetime | None:
    """An instant with an offset; one without is UTC."""
    return moment if moment is None or moment.tzinfo else moment.replace(tzinfo=UTC)


def owner(name: str, kind: str) -> str:
    """The bureau that owns a task, or the tasks that a product is made from."""
    if kind == "forecast":
        return domain.entry(name).task.owner
    if name not in domain.products():
        raise UnknownName("product", name, domain.products())
    if domain.products()[name].owner:
        return domain.products()[name].owner
    return next(one.task.owner for one in domain.tasks().values() if name.startswith(f"{one.domain}_"))


@router.get("/me", dependencies=READ)
def me() -> dict[str, Any]:
    """Who asks, and what they may do."""
    user = auth.current_user()
    return {"name": user.name, "role": user.role, "bureau": user.bureau, "rights": sorted(user.rights)}


@router.get("/tasks", dependencies=READ)
def tasks() -> list[dict[str, Any]]:
    """Every task: its question, its models, and the passport of its newest forecast (null where none was issued)."""
    archive, found = Archive(), []
    for name, one in domain.tasks().items():
        task = one.task
        try:
            newest = passport(archive.latest(name))
        except MissingData:
            newest = None
        about = {"title_zh": task.title_zh, "title_en": task.title_en, "unit": task.unit, "owner": task.owner}
        grid = {"every": task.every, "horizon": task.horizon, "issue_at": task.issue_at}
        found.append(
            {"name": name, "domain": one.domain, **about, **grid, "models": list(one.models), "newest": newest}
        )
    return found


@router.get("/forecasts/{task}", dependencies=READ)
def forecast(task: str, series: str = "", at: At = None, format: As = "json") -> Response:
    """The newest forecast of a task. `series` keeps those whose `unique_id` starts with it, e.g. `5001/pm2_5`."""
    domain.entry(task)
    rows = Archive().latest(task, at=instant(at))
    return send(rows.filter(pl.col("unique_id").str.starts_with(series)), format, task)


@router.get("/forecasts/{task}/issues", dependencies=READ)
def issues(task: str, format: As = "json") -> Response:
    """Every issue of a task, oldest first: when, by which model, how degraded, and who revised or signed it."""
    domain.entry(task)
    return send(Archive().issues(task), format, f"{task}-issues")


@router.get("/forecasts/{task}/explanation", dependencies=READ)
def explanation(task: str, series: str = "", at: At = None, format: As = "json") -> Response:
    """What the newest forecast is made of: part and value by series and step, adding up to its median (q50)."""
    domain.entry(task)
    rows = Archive().latest(task, "explanation", at=instant(at))
    return send(rows.filter(pl.col("unique_id").str.starts_with(series)), format, f"{task}-explanation")


@router.get("/forecasts/{task}/paths", dependencies=READ)
def paths(task: str, series: str, count: Count = 100, at: At = None, format: As = "json") -> Response:
    """Joint sample paths of the newest issue: path n of one series goes with path n of every other.

    `series` is what the `unique_id` starts with, e.g. `5001/`. A probability over more than one value (several days,
    several pollutants) is the share of paths in which it happens. At most 200,000 rows in one answer.
    """
    domain.entry(task)
    archive = Archive()
    issued = archive.latest(task, at=instant(at))["issued_at"][0]
    rows = archive.paths(task, issued).filter(pl.col("unique_id").str.starts_with(series))
    if rows.is_empty():
        raise MissingData(
            f"no paths of '{series}' in the issue of {issued:%Y-%m-%d %H:%M} UTC", "see /forecasts/{task}"
        )
    rows = rows.filter(pl.col("path").rank("dense") <= count).sort("path", "unique_id", "ds")
    if rows.height > MOST_ROWS:
        raise InputError(f"{rows.height:,} rows are more than {MOST_ROWS:,}", "name one series, or fewer paths")
    return send(rows, format, f"{task}-paths")


@router.get("/skill/{task}", dependencies=READ)
def skill(task: str, series: str = "", days: Days = 90, format: As = "json") -> Response:
    """How much better than each reference by series and day of lead: skill = 1 - CRPS / the reference's CRPS.

    Of the issues of the last `days`, as their truth arrived; `meta.coverage_80` is the share of truths inside the 80 %
    range, over all series.
    """
    judged(task)
    rows = verify.skill(task, days, by=("unique_id", "lead_day"))
    rows = rows.filter(pl.col("unique_id").cast(pl.String).str.starts_with(series))
    scores = verify.recent(task, days)
    sample = bool(scores["sample"].any()) if scores.height else False
    held = verify.coverage(task, days)
    return send(rows, format, f"{task}-skill", coverage_80=held, sample=sample, badge=BADGE if sample else "")


@router.get("/scores/{name}", dependencies=READ)
def scores(name: str, since: Since = None, format: As = "json") -> Response:
    """How good the issues of a task or a product were, as the truth arrived: SCORE rows."""
    judged(name)
    return send(Archive().scores(name, instant(since)), format, f"{name}-scores")


@router.get("/scores/{name}/rates", dependencies=READ)
def rates(name: str, series: str = "", days: Days = 90, format: As = "json") -> Response:
    """The scores of the last `days` by series, model (ours and the references), lead day and metric: mean and count."""
    judged(name)
    found = verify.recent(name, days)
    rows = outcome.rates(found, ("unique_id", "role", "model", "lead_day", "sample"))
    return send(
        rows.filter(pl.col("unique_id").str.starts_with(series)) if rows.height else rows, format, f"{name}-rates"
    )


def judged(name: str) -> None:
    """UnknownName where neither a task nor a product has that name."""
    if name not in domain.products():
        domain.entry(name)


@router.post("/status", dependencies=[auth.right("revise")])
def status(act: Act) -> dict[str, Any]:
    """Revise the newest issue after consultation, or sign it. The machine's own values stay in the archive.

    `edits` are rows of key columns (`unique_id, ds`; for a product the station and date) and the values to change.
    """
    user = auth.require("revise", owner(act.name, act.kind))
    archive = Archive()
    if act.action == "revise":
        if not act.edits:
            raise InputError("a revision needs edits", "rows with key columns and the values to change")
        rows = archive.revise(act.name, typed(act, archive), user.name, act.reason, act.kind)
    else:
        rows = archive.sign(act.name, user.name, act.reason, act.kind)
    auth.note(act.action, f"{act.kind} {act.name}", act.reason or "ok")
    return passport(rows)


def typed(act: Act, archive: Archive) -> pl.DataFrame:
    """The edits with the types of the archived rows; InputError names the column that cannot be read."""
    schema = archive.latest(act.name, act.kind).schema
    edits = pl.DataFrame(act.edits, infer_schema_length=None)
    for name in (name for name in edits.columns if name in schema):
        value = pl.col(name)
        if edits.schema[name] == pl.String and schema[name].is_temporal():
            value = value.str.to_date() if schema[name] == pl.Date else value.str.to_datetime(time_zone="UTC")
        try:
            edits = edits.with_columns(value.cast(schema[name]))
        except pl.exceptions.PolarsError:
            raise InputError(
                f"column {name}: not every value is {schema[name]}", "times as 2026-11-24T18:00Z"
            ) from None
    return edits


@router.get("/tables", dependencies=READ)
def tables(format: As = "json") -> Response:
    """Every table that the caller may read: bureau, rows, first and last, origin, how overdue, flagged, quarantined."""
    return send(readable_lines(Lake().summary()), format, "tables")


@router.get("/tables/{name}/freshness", dependencies=READ)
def freshness(name: str) -> dict[str, Any]:
    """How fresh one table is: its line of the summary, with cycle and usual delay."""
    table = readable(name)
    line = Lake().summary().row(by_predicate=pl.col("table") == name, named=True)
    hours = {"cycle_hours": table.cycle / timedelta(hours=1), "delay_hours": table.delay / timedelta(hours=1)}
    return line | hours | {"fresh": line["overdue_hours"] == 0 if line["last"] else None, "at": now()}


@router.get("/tables/{name}/rows", dependencies=READ)
def rows(name: str, since: Since = None, as_of: At = None, limit: int = 10_000, format: As = "json") -> Response:
    """The rows of a table as known at `as_of`, newest last, at most `limit` (100,000)."""
    table, lake = readable(name), Lake()
    frame = lake.read(name, instant(as_of))
    start = instant(since)
    if start is not None and table.time:
        day = table.columns[table.time].type == "date"
        frame = frame.filter(pl.col(table.time) >= (start.date() if day else start))
    if table.time:
        frame = frame.sort(table.time)
    return send(frame.tail(max(1, min(limit, 100_000))).collect(), format, name, origin=lake.origin(name))


@router.get("/quarantine/{table}", dependencies=READ)
def quarantine(table: str, format: As = "json") -> Response:
    """What was refused of a table: when, source, row, column, value, the rule it broke."""
    readable(table)
    return send(Lake().quarantine(table), format, f"{table}-quarantine")


@router.post("/tables/{name}/ingest", dependencies=[auth.right("ingest")])
def ingest(
    name: str, file: UploadFile, known_at: Given = None, modified: Given = None, preview: bool = False
) -> dict[str, Any]:
    """Bring a file into a table; `preview` only says what would become of it. Twice is once.

    `modified`: when the file was written, so that an old file does not undo a later correction (default now);
    `known_at`: since when its values may be used, where that is known better.
    """
    from workbench.lake import ingest as intake
    from workbench.lake.files import SourceFile

    table = catalogue.load(name)
    auth.require("ingest", table.bureau)
    source = SourceFile.of(file.filename or "upload", file.file.read(), instant(modified))
    readers = tuple(domain.readers().values())
    if preview:
        return intake.preview(Lake(), name, source, readers).as_dict()
    report = intake.ingest(Lake(), name, source, readers, instant(known_at))
    auth.note("ingest", f"{name}: {source.name} {source.digest[:12]}", report.sentence())
    return report.as_dict()


@router.get("/jobs", dependencies=[auth.right("jobs")])
def jobs() -> list[dict[str, Any]]:
    """The schedule: every job with its rule, last run, result and next time."""
    from workbench.operate import schedule
    from workbench.operate.terminal import plain

    listed: list[dict[str, Any]] = plain(schedule.listing())
    return listed


@router.get("/{domain_name}/{product}", dependencies=READ)
def product(domain_name: str, product: str, at: At = None, format: As = "json") -> Response:
    """What a domain makes from issued forecasts, e.g. `/air/outlook`: AQI, levels and triggers by station and day."""
    name = f"{domain_name}_{product}"
    if name not in domain.products():
        raise UnknownName("address", f"{domain_name}/{product}", [n.replace("_", "/", 1) for n in domain.products()])
    return send(Archive().product(name, instant(at)), format, name)


@router.api_route(
    "/{path:path}", methods=["GET", "POST", "PUT", "PATCH", "DELETE"], include_in_schema=False, dependencies=READ
)
def nowhere(path: str) -> None:
    """Any other address of the API: said as a problem, never as a page."""
    raise UnknownName("address", f"/api/v1/{path}", sorted({getattr(r, "path", "") for r in router.routes} - {""}))
