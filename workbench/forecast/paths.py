"""Joint sample paths: how the errors of hours, pollutants and stations go together, put over today's marginals.

A day's AQI, its first pollutant, a warning over several days — whatever is asked of more than one value at once — is
read off these paths. The dependence is the empirical copula of past forecasts (the Schaake shuffle, Clark et al.
2004, on the ranks of historical forecast errors rather than of weather): each path follows one historical origin.
"""

from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Self

import numpy as np
import polars as pl

from workbench.errors import InputError, MissingData
from workbench.forecast import keep
from workbench.forecast.frames import LEVELS, QUANTILES, measure
from workbench.forecast.metrics import truth
from workbench.forecast.slices import lead

Bounds = tuple[float | None, float | None]
_LEVELS = np.asarray(LEVELS)


@dataclass(frozen=True)
class Dependence:
    """Probability integral transforms of past forecasts: `pits[series, lead, origin]`, no NaN; and where values end."""

    ids: tuple[str, ...]
    leads: tuple[int, ...]
    origins: tuple[datetime, ...]
    pits: np.ndarray
    bounds: Bounds

    def save(self, folder: Path) -> None:
        """Parquet (one row a series and lead, one column an origin) and JSON."""
        folder.mkdir(parents=True, exist_ok=True)
        flat = self.pits.reshape(-1, len(self.origins))
        pl.DataFrame(flat, schema=[str(i) for i in range(len(self.origins))], orient="row").write_parquet(
            folder / "pits.parquet"
        )
        origins = [origin.isoformat() for origin in self.origins]
        given = {"ids": self.ids, "leads": self.leads, "origins": origins, "bounds": self.bounds}
        keep.write_json(folder / "dependence.json", given)

    @classmethod
    def load(cls, folder: Path) -> Self:
        """Read back."""
        given = keep.read_json(folder / "dependence.json")
        ids, leads = tuple(given["ids"]), tuple(given["leads"])
        origins = tuple(datetime.fromisoformat(origin) for origin in given["origins"])
        pits = pl.read_parquet(folder / "pits.parquet").to_numpy().reshape(len(ids), len(leads), len(origins))
        return cls(ids, leads, origins, pits, tuple(given["bounds"]))


def fit_dependence(forecasts: pl.DataFrame, panel: pl.DataFrame, bounds: Bounds | None = None) -> Dependence:
    """Learn from the FORECAST of one model over many origins (a backtest, or the archive).

    `bounds` as in the task; if not given, 0 is the floor where nothing negative was ever measured.
    Raises InputError for forecasts of several models, MissingData where fewer than two origins met their truth.
    """
    models = forecasts.get_column("model").unique().sort()
    if len(models) > 1:
        raise InputError(f"dependence of {len(models)} models at once: {', '.join(models)}", "filter to one model")
    known = truth(panel)
    frame = forecasts.with_columns(lead=lead(forecasts)).join(known, on=["unique_id", "ds"])
    origins = frame.get_column("issued_at").unique().sort()
    if len(origins) < 2:
        raise MissingData("fewer than two forecasts have met their truth", "run a backtest first")
    ids, leads = (frame.get_column(name).unique().sort() for name in ("unique_id", "lead"))
    pits = np.full((len(ids), len(leads), len(origins)), np.nan, dtype=np.float32)
    place = [ids.search_sorted(frame.get_column("unique_id")).to_numpy()]
    place += [leads.search_sorted(frame.get_column("lead")).to_numpy()]
    place += [origins.search_sorted(frame.get_column("issued_at")).to_numpy()]
    pits[tuple(place)] = pit(frame.select(QUANTILES).to_numpy(), frame.get_column("y").to_numpy())
    if bounds is None:
        bounds = (0.0 if (known.get_column("y") >= 0).all() else None, None)
    groups = pl.DataFrame({"unique_id": ids}).select(measure()).to_series().to_list()
    return Dependence(tuple(ids), tuple(leads), tuple(origins), completed(pits, groups), bounds)


def pit(quantiles: np.ndarray, y: np.ndarray) -> np.ndarray:
    """Probability that the forecast gave to values up to y; rows × 15 and rows. The inverse of `at`.

    >>> straight = np.array([[100 * level for level in LEVELS]])
    >>> pit(straight, np.array([35.0])).round(3).tolist()
    [0.35]
    """
    above = (y[:, None] > quantiles).sum(axis=1)
    right = np.clip(above, 1, len(LEVELS) - 1)
    rows = np.arange(len(y))
    low, high = quantiles[rows, right - 1], quantiles[rows, right]
    share = np.where(high > low, (y - low) / np.where(high > low, high - low, 1.0), 0.5)
    inside = _LEVELS[right - 1] + np.clip(share, 0, 1) * (_LEVELS[right] - _LEVELS[right - 1])
    lower, upper = tails(quantiles)
    under = LEVELS[0] * np.exp(-np.maximum(quantiles[:, 0] - y, 0) / lower)
    over = 1 - (1 - LEVELS[-1]) * np.exp(-np.maximum(y - quantiles[:, -1], 0) / upper)
    return np.where(y < quantiles[:, 0], under, np.where(y > quantiles[:, -1], over, inside))


def tails(quantiles: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Scales of the exponential tails below q025 and above q975, from the last interval on each side."""
    lower = (quantiles[:, 1] - quantiles[:, 0]) / np.log(LEVELS[1] / LEVELS[0])
    upper = (quantiles[:, -1] - quantiles[:, -2]) / np.log((1 - LEVELS[-2]) / (1 - LEVELS[-1]))
    return np.maximum(lower, 1e-9), np.maximum(upper, 1e-9)


def at(quantiles: np.ndarray, u: np.ndarray, bounds: Bounds = (None, None)) -> np.ndarray:
    """Values at probabilities u (rows × n) of quantiles (rows × 15): straight between them, exponential tails."""
    right = np.clip(np.searchsorted(_LEVELS, u), 1, len(LEVELS) - 1)
    low, high = (np.take_along_axis(quantiles, place, axis=1) for place in (right - 1, right))
    share = (u - _LEVELS[right - 1]) / (_LEVELS[right] - _LEVELS[right - 1])
    lower, upper = tails(quantiles)
    under = quantiles[:, :1] - lower[:, None] * np.log(LEVELS[0] / np.minimum(u, LEVELS[0]))
    over = quantiles[:, -1:] + upper[:, None] * np.log((1 - LEVELS[-1]) / np.minimum(1 - u, 1 - LEVELS[-1]))
    inside = low + np.clip(share, 0, 1) * (high - low)
    values = np.where(u < LEVELS[0], under, np.where(u > LEVELS[-1], over, inside))
    return values if bounds == (None, None) else np.clip(values, *bounds)


def completed(pits: np.ndarray, groups: list[str]) -> np.ndarray:
    """Fill what was never measured: from the nearest lead of the series, else the measure's mean, else ½."""
    filled = np.stack([_nearest(series) for series in pits])
    for group in set(groups):
        rows = [i for i, own in enumerate(groups) if own == group]
        count = (~np.isnan(filled[rows])).sum(axis=0)
        mean = np.nansum(filled[rows], axis=0) / np.maximum(count, 1)
        filled[rows] = np.where(np.isnan(filled[rows]), np.where(count > 0, mean, np.nan), filled[rows])
    return np.nan_to_num(filled, nan=0.5).astype(np.float32)


def _nearest(series: np.ndarray) -> np.ndarray:
    """Fill each column (origin) of lead × origin from the lead above, then from below."""
    frame = pl.DataFrame(series, orient="row").fill_nan(None)
    return frame.fill_null(strategy="forward").fill_null(strategy="backward").to_numpy()


def sample(forecast: pl.DataFrame, dependence: Dependence, n: int = 200, seed: int = 0) -> pl.DataFrame:
    """PATHS of a FORECAST: `n` values at every step of every series, going together as past errors did.

    Each step's `n` values are the forecast's own quantiles at (i - ½)/n, so the marginals are kept exactly.
    """
    parts = [_sample(issue, dependence, n, seed) for _, issue in forecast.group_by("issued_at", maintain_order=True)]
    return pl.concat(parts)


def _sample(forecast: pl.DataFrame, dependence: Dependence, n: int, seed: int) -> pl.DataFrame:
    forecast = forecast.sort("unique_id", "ds")
    y = draw(forecast, dependence, n, seed)
    keys = forecast.select(
        "task", "unique_id", "issued_at", "ds", path=pl.lit(list(range(n)), dtype=pl.List(pl.Int32))
    ).explode("path")
    return keys.with_columns(y=pl.Series(y.reshape(-1)))


def draw(issue: pl.DataFrame, dependence: Dependence, n: int, seed: int) -> np.ndarray:
    """The values of `n` joint paths of one issue, in the order of its rows: rows × n."""
    random = np.random.default_rng(seed)
    chosen = choose(dependence.origins, issue.get_column("issued_at")[0], n, random)
    steps = issue.select(lead(issue)).to_series().to_numpy()
    leads = np.clip(np.searchsorted(dependence.leads, steps), 0, len(dependence.leads) - 1)
    series = rows_of(issue.get_column("unique_id"), dependence.ids)
    pits = dependence.pits[series, leads][:, chosen]
    ties = random.permutation(n).astype(np.float64) / n * 1e-4
    ranks = np.argsort(np.argsort(pits + ties, axis=1), axis=1)
    return at(issue.select(QUANTILES).to_numpy(), (ranks + 0.5) / n, dependence.bounds)


def choose(origins: tuple[datetime, ...], issued: datetime, n: int, random: np.random.Generator) -> np.ndarray:
    """Which historical origin each path follows: of the same time of year where 30 are, each about as often."""
    days = np.array([origin.timetuple().tm_yday for origin in origins])
    apart = np.abs((days - issued.timetuple().tm_yday + 183) % 366 - 183)
    near = np.flatnonzero(apart <= 45)
    pool = near if len(near) >= 30 else np.arange(len(origins))
    rounds = [random.permutation(pool) for _ in range(-(-n // len(pool)))]
    return np.concatenate(rounds)[:n]


def rows_of(asked: pl.Series, ids: tuple[str, ...]) -> np.ndarray:
    """Row of each series; a series never seen goes with the first of its measure, else with the first of all."""
    known = pl.DataFrame({"unique_id": ids}, schema={"unique_id": pl.String}).with_row_index("row")
    pool = known.group_by(measure().alias("measure")).agg(pool=pl.col("row").min())
    found = asked.to_frame("unique_id").join(known, on="unique_id", how="left", maintain_order="left")
    found = found.with_columns(measure=measure()).join(pool, on="measure", how="left", maintain_order="left")
    return found.select(pl.coalesce("row", "pool", pl.lit(0, pl.UInt32))).to_series().to_numpy()
