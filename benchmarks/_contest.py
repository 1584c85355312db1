"""A suite on competition data: proof of the metrics, the race of ours and the peers in one run, figures and goals."""

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import plotly.graph_objects as go
import polars as pl

from benchmarks._common import Figure, goal, report, result
from benchmarks._competition import Competition, load
from benchmarks._contenders import ENSEMBLE, FAST, MEMBERS, OURS, median
from benchmarks._race import Lap, lap
from benchmarks._scores import METRICS, prove, scored
from workbench.errors import WorkbenchError
from workbench.present.race import race
from workbench.present.words import Words

PEERS = (
    "SeasonalNaive",
    *MEMBERS,
    "AutoTheta",
    "mlforecast LightGBM",
    "skforecast LightGBM",
    "Prophet",
    "FLAIR",
)
COSTS: dict[str, tuple[str, str]] = {
    "cpu": ("s", "lower"),
    "wall": ("s", "lower"),
    "memory": ("GiB", "lower"),
    "speed": ("series/s/core", "higher"),
}
ALL, RATIOS, ABSENT = "all", "times as much as workbench", "not run"


@dataclass(frozen=True)
class Contest:
    """What makes one suite: its competitions, the figure that decides, its goals, and who is left out and why.

    `goals` are (metric, most or least, value) of our one recipe, `fast` of the quick one; `rivals` must have a larger
    MSIS; `cheaper` is the share of the ensemble's CPU seconds that ours may take.
    """

    suite: str
    parts: tuple[str, ...]
    decides: str = "mase"
    goals: tuple[tuple[str, str, float], ...] = ()
    fast: tuple[tuple[str, str, float], ...] = ()
    rivals: tuple[str, ...] = ("AutoETS", "FLAIR")
    cheaper: float | None = None
    left_out: dict[str, str] = field(default_factory=dict)
    note: str = ""


@dataclass
class Standing:
    """One contender's figures by slice, or why there are none."""

    figures: dict[str, dict[str, float]]
    failed: str = ""


def run(contest: Contest, data: Path, series: int | None = None) -> dict[str, Any]:
    """The evidence. `series` keeps that many of each competition, after the proof: for development only."""
    whole = {name: load(name, data) for name in contest.parts}
    naive = {name: prove(competition) for name, competition in whole.items()}
    races = {name: one.few(series) if series else one for name, one in whole.items()}
    laps: dict[str, dict[str, Lap]] = {}
    standings: dict[str, Standing] = {}
    for contender in (OURS, FAST, *(name for name in PEERS if name not in contest.left_out)):
        try:
            laps[contender] = {name: lap(contender, one) for name, one in races.items()}
            standings[contender] = stand(races, laps[contender], contender)
        except WorkbenchError as error:
            if contender in (OURS, FAST):
                raise
            standings[contender] = Standing({}, error.message)
    members = [name for name in MEMBERS if name in laps]
    laps[ENSEMBLE] = {name: together([laps[member][name] for member in members]) for name in races}
    standings[ENSEMBLE] = stand(races, laps[ENSEMBLE], ENSEMBLE)
    results = [row for name, standing in standings.items() for row in rows(name, standing)]
    results += ratios(standings, contest.decides)
    results += [result(name, ABSENT, "because", why, "", "report") for name, why in contest.left_out.items()]
    proof = "; ".join(f"{name} MASE {one['mase']:.3f}, sMAPE {one['smape']:.2f}" for name, one in naive.items())
    files = sorted({one.file for one in whole.values()})
    return report(contest.suite, files, protocol(contest, races, proof), results, goals(contest, standings))


def protocol(contest: Contest, races: dict[str, Competition], proof: str) -> str:
    """How it was done, in one paragraph."""
    sizes = ", ".join(f"{name} {one.truth['unique_id'].n_unique()} series, h {one.task.horizon}, m {one.season}"
                      for name, one in races.items())  # fmt: skip
    return (
        f"{sizes}; the organisers' split, one origin; MASE by the in-sample seasonal naive of m; every figure a mean "
        f"over steps, then over series; CRPS from fifteen quantiles; every contender in its own process, warmed up "
        f"on two series, CPU seconds with all its processes. Proven first on the published seasonal naive: {proof}. "
        f"{contest.note}"
    ).strip()


def together(members: list[Lap]) -> Lap:
    """The median ensemble: its members' forecasts joined, at the sum of what they cost."""
    return Lap(
        median([one.forecast for one in members]),
        sum(one.cpu for one in members),
        sum(one.wall for one in members),
        max(one.memory for one in members),
    )


def stand(races: dict[str, Competition], laps: dict[str, Lap], who: str) -> Standing:
    """Figures of every part, and of all together: errors weighted by the number of series, costs summed."""
    counts = {name: one.truth["unique_id"].n_unique() for name, one in races.items()}
    found = {
        name: scored(one, laps[name].forecast, who) | cost(laps[name], counts[name]) for name, one in races.items()
    }
    if len(races) == 1:
        return Standing({ALL: next(iter(found.values()))})
    shared = set.intersection(*(set(one) for one in found.values())) - set(COSTS)
    total = sum(counts.values())
    every = {metric: sum(found[n][metric] * counts[n] for n in races) / total for metric in METRICS if metric in shared}
    joint = Lap(
        next(iter(laps.values())).forecast,
        sum(one.cpu for one in laps.values()),
        sum(one.wall for one in laps.values()),
        max(one.memory for one in laps.values()),
    )
    return Standing({ALL: every | cost(joint, total)} | found)


def cost(one: Lap, series: int) -> dict[str, float]:
    """CPU and wall seconds, memory, and series a second and core."""
    return {"cpu": one.cpu, "wall": one.wall, "memory": one.memory, "speed": series / max(one.cpu, 1e-9)}


def rows(name: str, standing: Standing) -> list[dict[str, Any]]:
    """A contender's figures in the one form of evidence."""
    if standing.failed:
        return [result(name, ABSENT, "because", standing.failed, "", "report")]
    kinds = {"owa": ("of Naive2", "lower")} | METRICS | COSTS
    return [
        result(name, where, metric, figures[metric], unit, way)  # type: ignore[arg-type]
        for where, figures in standing.figures.items()
        for metric, (unit, way) in kinds.items()
        if metric in figures
    ]


def ratios(standings: dict[str, Standing], decides: str) -> list[dict[str, Any]]:
    """Every peer against ours: error, MSIS and CPU seconds as multiples of our own (above 1: ours is better)."""
    own = standings[OURS].figures[ALL]
    return [
        result(name, RATIOS, metric, standing.figures[ALL][metric] / own[metric], "", "report")
        for name, standing in standings.items()
        if name != OURS and not standing.failed
        for metric in (decides, "msis", "cpu")
        if metric in standing.figures[ALL] and own.get(metric)
    ]


def goals(contest: Contest, standings: dict[str, Standing]) -> list[dict[str, Any]]:
    """The goals as they were set, and what was reached."""
    found = []
    for who, wanted in ((OURS, contest.goals), (FAST, contest.fast)):
        for metric, way, limit in wanted:
            reached = standings[who].figures[ALL][metric]
            met = reached <= limit if way == "<=" else reached >= limit
            found.append(goal(who, ALL, metric, f"{way} {limit:g}", reached, met))
    own = standings[OURS].figures[ALL]
    off = abs(own["coverage_95"] - 0.95)
    found.append(goal(OURS, ALL, "coverage_95 off by", "<= 0.01", off, off <= 0.01))
    for rival in contest.rivals:
        theirs: Figure = standings[rival].figures.get(ALL, {}).get("msis") if rival in standings else None
        met = isinstance(theirs, float) and own["msis"] < theirs
        shown = f"{theirs:.4g}" if isinstance(theirs, float) else "no figure"
        found.append(goal(OURS, ALL, f"msis below {rival}", f"< {shown}", own["msis"], met))
    if contest.cheaper is not None:
        share = own["cpu"] / standings[ENSEMBLE].figures[ALL]["cpu"]
        text = f"<= {contest.cheaper:.4g}"
        found.append(goal(OURS, ALL, "cpu as a share of the ensemble's", text, share, share <= contest.cheaper))
    return found


def picture(document: dict[str, Any]) -> go.Figure:
    """The error that decides against CPU seconds."""
    value = {(r["contender"], r["metric"]): r["value"] for r in document["results"] if r["slice"] == ALL}
    metric = "owa" if (OURS, "owa") in value else "mase"
    names = dict.fromkeys(name for name, _ in value)
    rows = [(name, value[name, "cpu"], value[name, metric], name in (OURS, FAST)) for name in names]
    points = pl.DataFrame(rows, schema=["contender", "cpu", "error", "ours"], orient="row")
    return race(points, metric.upper(), Words("en"))
