"""The harvest's own part of the API: what the harvest page shows, by the same functions. Kilograms throughout."""

from typing import Annotated, Any

import polars as pl
from fastapi import APIRouter, Query, Request
from starlette.responses import Response

from dashboards import auth, harvest_files
from dashboards import harvest_view as view
from dashboards.answers import Format, passport, send
from dashboards.reader import reader
from workbench.errors import UnknownName
from workbench.operate import harvest_read as facts
from workbench.operate import harvest_said as said
from workbench.operate.harvests import PARTS
from workbench.science.harvest import ALL

router = APIRouter(prefix="/api/v1/harvest")
READ = [auth.right("read")]
As = Annotated[Format, Query(description="json, csv or parquet")]
Town = Annotated[str, Query(description="a town, or * for the county")]
FILES = {
    "book": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "bulletin": "application/pdf",
}


def about(shown: view.Scene) -> dict[str, Any]:
    """The passport of the issue, its season and ten-day date."""
    return passport(shown.harvest.outlook) | {"season": shown.issue["season"], "due": shown.issue["due"]}


def answer(rows: pl.DataFrame, name: str, format: Format, shown: view.Scene) -> Response:
    """Rows with the passport of the issue."""
    return send(rows, format, f"harvest-{name}", **about(shown) | {"rows": rows.height})


@router.get("", dependencies=READ)
def summary() -> dict[str, Any]:
    """The county in a sentence, with its range, trend and weather parts, and the verdict on past seasons."""
    shown = view.scene(reader())
    own, words = facts.row(shown.harvest), shown.words
    text = "".join(clause.text for clause in said.clauses(shown.harvest, words, shown.crop))
    figures = {name: own[name] for name in ("mean", "q10", "q50", "q90", "area", "before")}
    scored = (
        {"skill": facts.skill(shown.harvest.record, facts.begins(shown.harvest))}
        if shown.harvest.record.height
        else {"skill": None}
    )
    return {"meta": about(shown), "sentence": text, **figures, **facts.split(shown.harvest), **scored}


@router.get("/outlook", dependencies=READ)
def outlook(town: str = "", variety: str = "", format: As = "json") -> Response:
    """Output by town and variety (`*` = all) with its quantiles (null = too few seasons for it) and area (mu)."""
    shown = view.scene(reader())
    rows = shown.harvest.outlook
    rows = rows.filter(pl.col("town") == town) if town else rows
    return answer(rows.filter(pl.col("variety") == variety) if variety else rows, "outlook", format, shown)


@router.get("/towns", dependencies=READ)
def towns(format: As = "json") -> Response:
    """Towns, most first: output, share of the county, yield (kg/mu), what weather adds or takes as a share."""
    shown = view.scene(reader())
    return answer(facts.towns(shown.harvest), "towns", format, shown)


@router.get("/funnel", dependencies=READ)
def funnel(format: As = "json") -> Response:
    """The county's issues of the season with their ranges; `kind` says whether each was issued or worked out after."""
    shown = view.scene(reader())
    return answer(facts.funnel(shown.harvest), "funnel", format, shown)


@router.get("/causes", dependencies=READ)
def causes(town: Town = ALL, format: As = "json") -> Response:
    """What makes up a town's figure: factors (kg) that add up to its mean, and whether each is weather."""
    shown = view.scene(reader(), town)
    return answer(facts.causes(shown.harvest, town), "causes", format, shown)


@router.get("/moved", dependencies=READ)
def moved(format: As = "json") -> Response:
    """What moved the county's figure since the issue before, by factor."""
    shown = view.scene(reader())
    return answer(facts.moved(shown.harvest), "moved", format, shown)


@router.get("/errors", dependencies=READ)
def errors(format: As = "json") -> Response:
    """The honest record by issue date: our error and the rivals' (kg/mu), coverage, and how chance would do."""
    shown = view.scene(reader())
    return answer(facts.errors(shown.harvest.record, facts.begins(shown.harvest)), "errors", format, shown)


@router.get("/what-if", dependencies=READ)
def what_if(request: Request, format: As = "json") -> Response:
    """The outlook as it would be: `rain` (% of normal in July and August), `warmer` (°C in August), `freeze` (°C) on
    `freeze_day`, `area` (% more or less) of `area_town`. What is over cannot be changed and is refused."""
    shown = view.scene(reader())
    return answer(view.otherwise(shown, view.change(dict(request.query_params))), "what-if", format, shown)


@router.get("/insurance", dependencies=READ)
def insurance(request: Request) -> dict[str, Any]:
    """A policy of your own tried on past weather: `steps=-2:0.1,-3:0.3`, `insured`, `premium` (yuan/mu), `index`
    (tmin, tmax), `from`, `to` (mm-dd). Expected payout and premiums in yuan, and every past season."""
    shown = view.scene(reader())
    found = view.insured(shown, view.policy(view.terms(shown.today) | dict(request.query_params)))
    figures = {"expected": found.expected, "premium": found.premium, "chance": found.chance, "seasons": found.seasons}
    return {"meta": about(shown), **figures, "rows": view.by_season(found).to_dicts()}


@router.get("/plan", dependencies=READ)
def plan(request: Request, format: As = "json") -> Response:
    """Hands, cold stores and lorries by harvest month at your own rates: `kg_a_day`, `days_a_month`, `wage`, `stored` (%),
    `store_days`, `store_cost`, `lorry` (t), `lorry_cost`; the usual ones are assumptions."""  # noqa: E501
    shown = view.scene(reader())
    return answer(view.needs(shown, view.rates(dict(request.query_params))), "plan", format, shown)


@router.get("/files/{kind}", dependencies=READ)
def file(kind: str) -> Response:
    """The workbook (`book`, sums live) or the printed bulletin (`bulletin`, PDF), in the reader's language."""
    if kind not in FILES:
        raise UnknownName("file", kind, FILES)
    name, content = harvest_files.made(view.scene(reader()), kind)
    headers = {"content-disposition": f'attachment; filename="{name}"'}
    return Response(content, media_type=FILES[kind], headers=headers)


@router.get("/{part}", dependencies=READ)
def product(part: str, format: As = "json") -> Response:
    """Any other part of the issue as it stands: `flow`, `sizes`, `hazards`, `similar`, `sensitivity`, `record`."""
    if part not in PARTS:
        raise UnknownName("part of the harvest", part, PARTS)
    shown = view.scene(reader())
    return answer(getattr(shown.harvest, part), part, format, shown)
