"""Prediction-error identification of a `Network` from a room's own log, with the uncertainty of each parameter.

The parameters make the one-step errors of the Kalman filter most likely (maximum likelihood under Gaussian noise);
their covariance is the inverse of the Gauss-Newton Hessian in the logarithms, so a range is a factor. Several records
of one room are identified together. Source: Madsen & Holst 1995, Energy and Buildings 22:67–79.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from scipy.optimize import minimize
from scipy.stats import chi2

from workbench.control.network import Filtered, Network, kalman
from workbench.errors import MissingData
from workbench.science.psychrometrics import Floats

PRIOR_SPREAD = 2.0
"""Standard deviation of the weak log-normal prior around the start: it holds what the record cannot tell."""


@dataclass(frozen=True)
class Record:
    """A log: indoor `readings` (n, °C, nan where missing), `inputs` (n × 3: outdoor °C, heat W, sun W/m²), its step."""

    readings: Floats
    inputs: Floats
    seconds: float
    held: bool = False


@dataclass(frozen=True)
class Identified:
    """The network, the standard deviation of each parameter's logarithm (in order of the fields), and the fit."""

    network: Network
    log_spread: Floats
    deviance: float

    def range95(self, name: str) -> tuple[float, float]:
        """Between which values a parameter lies with 95 % confidence."""
        at = Network.names().index(name)
        value, factor = getattr(self.network, name), np.exp(1.96 * self.log_spread[at])
        return float(value / factor), float(value * factor)


def identify(records: Sequence[Record], start: Network, rounds: int = 200) -> Identified:
    """Fit the network to the records, from `start` (orders of magnitude will do).

    MissingData when fewer than 48 readings are there altogether.
    """
    there = sum(int(np.isfinite(r.readings).sum()) for r in records)
    if there < 48:
        raise MissingData(
            f"{there} readings of the room are too few to identify it", "log at least 48, better several days"
        )
    origin = np.log(start.as_array())

    def cost(log: Floats) -> float:
        network = Network(*np.exp(log))
        fit = sum(kalman(network, r.seconds, r.readings, r.inputs, r.held).deviance for r in records)
        return float(fit + np.sum(((log - origin) / PRIOR_SPREAD) ** 2))

    bounds = [(o - 3 * PRIOR_SPREAD, o + 3 * PRIOR_SPREAD) for o in origin]
    found = minimize(cost, origin, method="L-BFGS-B", bounds=bounds, options={"maxiter": rounds, "maxfun": 40 * rounds})
    hessian = _hessian(cost, found.x)
    values, vectors = np.linalg.eigh((hessian + hessian.T) / 4)
    covariance = vectors @ np.diag(1 / np.maximum(values, 1 / PRIOR_SPREAD**2)) @ vectors.T
    return Identified(Network(*np.exp(found.x)), np.sqrt(np.diag(covariance)), float(found.fun))


def _hessian(cost: Callable[[Floats], float], x: Floats, width: float = 0.02) -> Floats:
    """Second differences of the cost."""
    n = len(x)
    steps = np.eye(n) * width
    middle = cost(x)
    single = np.array([cost(x + s) for s in steps])
    low = np.array([cost(x - s) for s in steps])
    h = np.diag((single - 2 * middle + low) / width**2)
    for i in range(n):
        for j in range(i):
            h[i, j] = h[j, i] = (cost(x + steps[i] + steps[j]) - single[i] - single[j] + middle) / width**2
    return h


def whiteness(filtered: Filtered, lags: int = 12, parameters: int = 0) -> tuple[float, float]:
    """Ljung-Box statistic of the standardised one-step errors over `lags`, and its p-value; above 0.05 counts as white.

    Source: Ljung & Box 1978, Biometrika 65:297–303.
    """
    e = filtered.errors[1:] / np.sqrt(filtered.variances[1:])
    e = e - e.mean()
    n, power = len(e), float(e @ e)
    r = np.array([float(e[k:] @ e[:-k]) / power for k in range(1, lags + 1)])
    q = n * (n + 2) * float(np.sum(r**2 / (n - np.arange(1, lags + 1))))
    return q, float(chi2.sf(q, lags - parameters))
