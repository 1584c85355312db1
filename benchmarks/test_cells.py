"""A light wooden house with a metered heater, two experiments of four days: identified on one, foreseen on the other.

The house is the Armadillo Box (42 m², INES). The first experiment identifies the network; the second is the test. How
power runs between readings (held or straight) was chosen by the likelihood of the first. Published ranges are the 95 %
intervals of pySIP's priors for this house (log-normal (1, 1) of 0.01 and 0.001 K/W, 10 and 1 MJ/K; locie/pySIP).
"""

from math import exp
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl

from benchmarks._common import goal, report, result
from workbench.control.identification import Record, identify, whiteness
from workbench.control.network import Network, kalman, simulate

FIRST = "thermal_testcells_heater/armadillo_data_H2.csv.gz"
SECOND = "thermal_testcells_heater/armadillo_statespace.csv.gz"
START = Network(1e-3, 1e-2, 1e6, 1e7, 1.0, 1.0, 10.0, 0.1, 0.1, 0.01)
SCALES = {"r_out": (1e-2, "K/W"), "r_in": (1e-3, "K/W"), "c_env": (1e7, "J/K"), "c_air": (1e6, "J/K")}
STEP, DAY = 1800.0, 48
PROTOCOL = (
    "Armadillo Box, 30-minute readings, weather and heater known; identified by prediction error on experiment 1 (233 "
    "readings), tested on experiment 2 (180): one-step errors (Ljung-Box, 12 lags) and runs of 24 h from every reading "
    "after the first 12 h"
)


def run(data: Path) -> dict[str, Any]:
    """The evidence of this suite."""
    first = pl.read_csv(data / FIRST).drop_nulls()
    second = pl.read_csv(data / SECOND)
    trained = record(first, "T_int", ("T_ext", "P_hea", "I_sol"))
    tested = record(second, "xi", ("To", "Qh", "I_sol"))
    found = identify([trained], START)
    results, goals = [], []
    for name, (scale, unit) in SCALES.items():
        low, high = scale * exp(1 - 1.96), scale * exp(1 + 1.96)
        value, ours = getattr(found.network, name), found.range95(name)
        results.append(result("workbench", "identified", name, value, unit, "report"))
        results.append(result("workbench", "identified", f"{name}, 95 % from", ours[0], unit, "report"))
        results.append(result("workbench", "identified", f"{name}, 95 % to", ours[1], unit, "report"))
        goals.append(
            goal("workbench", "identified", name, f"{low:.3g} … {high:.3g} {unit}", value, low <= value <= high)
        )
    for where, one in (("experiment 1", trained), ("experiment 2", tested)):
        filtered = kalman(found.network, STEP, one.readings, one.inputs)
        _, p = whiteness(filtered)
        results.append(result("workbench", where, "one_step_rmse", rms(filtered.errors[1:]), "°C", "lower"))
        results.append(result("workbench", where, "whiteness_p", p, "", "higher"))
        goals.append(goal("workbench", where, "whiteness_p", "> 0.05", p, p > 0.05))
    errors, still = ahead(found.network, tested)
    for name, figures in (("workbench", errors), ("persistence", still)):
        results.append(result(name, "experiment 2", "rmse_over_24h", rms(figures), "°C", "lower"))
        results.append(result(name, "experiment 2", "rmse_at_24h", rms(figures[:, -1]), "°C", "lower"))
    reached = rms(errors)
    goals.append(goal("workbench", "experiment 2", "rmse_over_24h", "< 0.5 °C", reached, reached < 0.5))
    return report("test_cells", [data / FIRST, data / SECOND], PROTOCOL, results, goals)


def record(rows: pl.DataFrame, indoor: str, inputs: tuple[str, str, str]) -> Record:
    return Record(rows[indoor].to_numpy(), rows.select(inputs).to_numpy(), STEP)


def ahead(network: Network, one: Record) -> tuple[Any, Any]:
    """Errors of runs of 24 h (origins × steps), and those of staying where it was."""
    states = kalman(network, STEP, one.readings, one.inputs).states
    runs, still = [], []
    for at in range(DAY // 2, len(one.readings) - DAY):
        path = simulate(network, STEP, states[at], one.inputs[at : at + DAY + 1])[1:]
        later = one.readings[at + 1 : at + DAY + 1]
        runs.append(path - later)
        still.append(one.readings[at] - later)
    return np.array(runs), np.array(still)


def rms(errors: Any) -> float:
    return float(np.sqrt(np.mean(np.square(errors))))
