"""Closed loop on simulated rearing rooms: predictive control against tuned on-off, PID, fuzzy PID and look-ahead rules.

Twelve whole batches (four seasons × normal, cold spell, heat wave) and a winter batch on artificial diet. The house is
richer than the model that plans for it, which is identified on four days of its own log; the weather forecast errs as a
weather model did. `perfect forecast` is the same controller told what comes: the bound.
"""

from pathlib import Path
from typing import Any

import numpy as np
import plotly.graph_objects as go
import polars as pl

from benchmarks import _rooms as rooms
from benchmarks._common import goal, report, result
from benchmarks._rooms_play import Diary, Tally, play, stirred
from benchmarks._rooms_tune import KINDS, grounds, made, tuned
from workbench.control.controllers import Controller, rules
from workbench.control.predictive import Predictive
from workbench.control.room import NAMES, Room, identify
from workbench.present.race import comfort
from workbench.present.words import Words

DAYS, SEED = 27, 2026
ERRORS = "nwp_tmax/nwp_tmax_20_cities.parquet"
OURS, BOUND = "workbench", "perfect forecast"
COUNTS = {
    "degree_hours": ("°C·h out of band", "lower"),
    "humid_hours": ("%·h out of band", "lower"),
    "worst_t": ("°C", "lower"),
    "worst_rh": ("% RH", "lower"),
    "kwh": ("kWh", "lower"),
    "yuan": ("yuan", "lower"),
    "switches": ("", "lower"),
    "worst_co2": ("ppm", "lower"),
}
PROTOCOL = (
    f"{DAYS} days a batch from brushing, minute by minute, seed {SEED}; simulated house of 100 m² with four boxes, "
    "time-of-use price (placeholder); forecasts of temperature err as ECMWF IFS did at Chengdu (daily maxima, the day "
    "before), vapour and sun by 8 and 30 %, larvae by -15 to +20 % of their number, feeding by a quarter of an hour; "
    "peers tuned in 32 trials each on other weather (seed 500) for cost + 4 yuan a °C·h + 0.8 yuan a %·h; worst "
    "excursions leave out doors, the airing before them and half an hour after; hours out of band leave out nothing"
)


def model() -> Room:
    """What is identified of the house from four days of its log in the hands of the rules, stirred at random."""
    one, diary = rooms.scene(77, 4, seasons=("spring",), spells=("normal",)), Diary.empty()
    play(one, rules(1), diary=diary, stir=stirred(3, 1))
    return identify(diary.log(one, 0))


def batches(data: Path, days: int) -> rooms.Scene:
    """The scenarios, their forecasts erring as a weather model really did."""
    twelve = rooms.scene(SEED, days)
    winter = rooms.scene(SEED + 1, days, tuple(rooms.WINTER), ("normal",))
    joined = {k: np.concatenate([v, getattr(winter, k)]) for k, v in vars(twelve).items() if k != "names"}
    return rooms.erring(rooms.Scene(twelve.names + winter.names, **joined), rooms.real_errors(data / ERRORS), SEED)


def run(data: Path) -> dict[str, Any]:
    """The evidence of this suite."""
    one, room, ground = batches(data, DAYS), model(), grounds()
    n = len(one.names)
    best = {name: tuned(name, ground)[0] for name in KINDS}
    ours, bound = Predictive(room, n, rules(n), every=15), Predictive(room, n, rules(n), every=15)
    field: dict[str, tuple[Controller, bool]] = {OURS: (ours, False), BOUND: (bound, True)}
    field |= {f"tuned {name}": (made(name, best[name], n), False) for name in KINDS}
    field["look-ahead rules"] = (rules(n), False)
    tallies = {name: play(one, controller, perfect) for name, (controller, perfect) in field.items()}
    results = [
        result(name, where, count, float(getattr(tally, count)[r]), unit, way)  # type: ignore[arg-type]
        for name, tally in tallies.items()
        for r, where in enumerate(one.names)
        for count, (unit, way) in COUNTS.items()
    ]
    results += [
        result(f"tuned {k}", "parameters", p, v, "", "report") for k, given in best.items() for p, v in given.items()
    ]
    results += [
        result("model", "identified", name, v, "", "report") for name, v in zip(NAMES, room.values, strict=True)
    ]
    results.append(
        result(OURS, "all", "plan p99", 1000 * float(np.percentile(ours.planner.seconds, 99)), "ms", "lower")
    )
    results.append(result(OURS, "all", "minutes on the fallback", ours.fell_back, "", "lower"))
    return report("room_control", [data / ERRORS], PROTOCOL, results, goals(one.names, tallies))


def goals(names: tuple[str, ...], tallies: dict[str, Tally]) -> list[dict[str, Any]]:
    """Against the tuned peers and the bound, over the twelve batches on leaves, and the worst excursion of any."""
    twelve = np.array([name not in [f"{w}, normal" for w in rooms.WINTER] for name in names])
    total = {
        k: {c: float(getattr(t, c)[twelve].sum()) for c in ("degree_hours", "humid_hours", "yuan")}
        for k, t in tallies.items()
    }
    ours, bound, found = total[OURS], total[BOUND], []
    for peer in ("tuned on-off", "tuned PID"):
        for count in ("degree_hours", "humid_hours"):
            less = 100 * (ours[count] / total[peer][count] - 1)
            found.append(goal(OURS, f"twelve batches, against {peer}", count, "<= -70 %", less, less <= -70))
        less = 100 * (ours["yuan"] / total[peer]["yuan"] - 1)
        found.append(goal(OURS, f"twelve batches, against {peer}", "yuan", "<= 0 %", less, less <= 0))
        won = held(tallies, peer)[twelve]
        found.append(
            goal(OURS, f"twelve batches, against {peer}", "batches won", "12", int(won.sum()), bool(won.all()))
        )
    for count in ("yuan", "degree_hours", "humid_hours"):
        more = 100 * (ours[count] / bound[count] - 1)
        found.append(goal(OURS, f"twelve batches, against {BOUND}", count, "<= 8 %", more, more <= 8))
    for count, unit, most in (("worst_t", "°C", 1.5), ("worst_rh", "% RH", 8.0)):
        worst = float(getattr(tallies[OURS], count)[twelve].max())
        found.append(goal(OURS, "worst of the twelve", count, f"< {most:g} {unit}", worst, worst < most))
    return found


def held(tallies: dict[str, Tally], peer: str) -> Any:
    """Which batches are won: both counts 70 % lower at no more cost, or 20 % cheaper with no count higher."""
    ours, theirs = tallies[OURS], tallies[peer]
    dry, wet = ours.degree_hours / theirs.degree_hours, ours.humid_hours / theirs.humid_hours
    cost = ours.yuan / theirs.yuan
    return ((dry <= 0.3) & (wet <= 0.3) & (cost <= 1)) | ((cost <= 0.8) & (dry <= 1) & (wet <= 1))


def picture(document: dict[str, Any]) -> go.Figure:
    """Hours out of band against cost, a dot a batch and contender."""
    rows = pl.DataFrame(document["results"]).filter(pl.col("metric").is_in(["degree_hours", "humid_hours", "yuan"]))
    wide = rows.with_columns(pl.col("value").cast(pl.Float64)).pivot(
        "metric", index=["contender", "slice"], values="value"
    )
    return comfort(wide, Words("en"))
