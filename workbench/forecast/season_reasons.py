"""Why a season's figure is what it is: how each town answers to weather, and the past seasons that were like this one."""  # noqa: E501

from datetime import date

import numpy as np
import polars as pl

from workbench.forecast.season_outlook import Answer
from workbench.forecast.season_weather import Day, Numbers, completed, harm

FELT = 0.1
"""A coefficient counts as learnt where the seasons moved it by this share of what was believed."""
NEAREST = 5


def windows_now(answer: Answer) -> Numbers:
    """The mean of each window over every completion of the season: (towns, windows), NaN where none is known."""
    replay = answer.replay
    ahead = _ahead(answer)
    normal = replay.normal(replay.record.allowed, answer.at)
    part = ahead[:, normal]
    there = np.isfinite(part)
    total = np.where(there, part, 0).sum(axis=1)
    return np.where(there.any(axis=1), total / np.maximum(there.sum(axis=1), 1), np.nan)


def _ahead(answer: Answer) -> Numbers:
    replay = answer.replay
    found = completed(replay.block, replay.record.windows, answer.season, answer.known)
    return found[[replay.block.places.index(station) for station in replay.stations]]


def decided(answer: Answer) -> list[float]:
    """The share of each window's days that are over or forecast, 0 … 1."""
    steps = answer.replay.block.steps
    found = []
    for window in answer.replay.record.windows:
        inside = [i for i, step in enumerate(steps) if window.first <= step <= window.last]
        found.append(sum(i < answer.known for i in inside) / len(inside))
    return found


def sensitivity(answer: Answer) -> pl.DataFrame:
    """How each town answers to each window; see the columns of `Harvest.sensitivity`."""
    replay = answer.replay
    past = replay.record.raw[:, replay.normal(replay.record.allowed, answer.at)]
    there = np.isfinite(past)
    count = np.maximum(there.sum(axis=1), 1)
    middle = np.where(there, past, 0).sum(axis=1) / count
    spread = np.sqrt((np.where(there, past - middle[:, None], 0) ** 2).sum(axis=1) / np.maximum(count - 1, 1))
    ahead = _ahead(answer)[:, replay.normal(replay.record.allowed, answer.at)]
    known = np.asarray(np.isfinite(ahead).all(axis=2))[:, :, None]
    z = np.where(known, harm(ahead, past, replay.record.windows), 0)
    expected = z.sum(axis=1) / np.maximum(known.sum(axis=1), 1)
    over = decided(answer)
    rows = []
    for i, town in enumerate(answer.towns):
        for j, window in enumerate(replay.record.windows):
            loss = float(answer.told.coefficients[i, j])
            rows.append(
                {
                    "town": town,
                    "factor": window.name,
                    "column": window.column,
                    "first": _day(answer.season, window.first),
                    "last": _day(answer.season, window.last),
                    "harm": int(window.harm),
                    "beyond": window.beyond,
                    "normal": float(middle[i, j]),
                    "spread": float(spread[i, j]),
                    "expected": float(expected[i, j]),
                    "loss": loss,
                    "decided": over[j],
                    "learnt": abs(loss - window.prior) > FELT * window.prior,
                }
            )
    return pl.DataFrame(rows, schema_overrides={"beyond": pl.Float64}).with_columns(season=pl.lit(answer.season))


def _day(season: int, day: Day) -> date:
    return date(season + day[0], day[1], day[2])


def similar(answer: Answer) -> pl.DataFrame:
    """The past seasons whose weather was most like this one's in what is over of its windows: `rank, like, distance`.

    Distance: root mean square of the differences in standard deviations, mean over the towns, each window weighed by
    how much of it is over. Empty while nothing is.
    """
    replay, weight = answer.replay, np.array(decided(answer))
    names = {"rank": pl.Int64, "like": pl.Int64, "distance": pl.Float64}
    if weight.sum() == 0:
        return pl.DataFrame(schema=names)
    normal = replay.normal(replay.record.allowed, answer.at)
    past = replay.record.raw
    there = np.isfinite(past[:, normal])
    count = np.maximum(there.sum(axis=1), 1)
    middle = np.where(there, past[:, normal], 0).sum(axis=1) / count
    spread = np.sqrt((np.where(there, past[:, normal] - middle[:, None], 0) ** 2).sum(axis=1) / np.maximum(count, 1))
    away = (past - windows_now(answer)[:, None]) / np.where(spread > 0, spread, np.inf)[:, None]
    square = (np.where(np.isfinite(away), away, np.nan) ** 2 * weight).sum(axis=2) / weight.sum()
    rows = [
        (replay.record.seasons[s], float(np.sqrt(square[:, s].mean())))
        for s in np.flatnonzero(normal)
        if np.isfinite(square[:, s]).all()
    ]
    nearest = sorted(rows, key=lambda row: row[1])[:NEAREST]
    return pl.DataFrame([(i + 1, *row) for i, row in enumerate(nearest)], names, orient="row")
