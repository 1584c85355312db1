"""A season's answer as tables in whole kilograms that add up: the outlook, the county's figure, and what made them."""

import numpy as np
import polars as pl
from numpy.typing import NDArray

from workbench.forecast.frames import LEVELS, QUANTILES
from workbench.forecast.season_flow import shared
from workbench.forecast.season_model import factors
from workbench.forecast.season_outlook import Answer, Crop, Facts
from workbench.forecast.season_replay import supported
from workbench.forecast.season_weather import Numbers
from workbench.science.harvest import ALL


def outlook(crop: Crop, facts: Facts, answer: Answer) -> pl.DataFrame:
    """`science.harvest.OUTLOOK` with quantiles: every town and variety, and every sum of them."""
    means = whole(answer.areas * answer.told.mean * answer.scale)
    bases = whole(answer.areas * answer.told.base)
    spread, county = answer.ranges() if len(answer.errors) else None, answer.county() if len(answer.errors) else None
    last = facts.yields.filter("measured", pl.col("season") == answer.season - 1)
    before = {town: round(y * area) for town, y, area in last.select("town", "y", "area").drop_nulls().iter_rows()}
    rows = []
    for i, town in enumerate(answer.towns):
        mine = facts.shares.filter(pl.col("town") == town).sort("variety")
        last_share = mine["share"].to_numpy()
        share, area = last_share * mine["factor"].to_numpy(), (mine["area"] * mine["factor"]).to_numpy()
        split = (shared(int(means[i]), share), shared(int(bases[i]), share))
        was = shared(before[town], last_share).tolist() if town in before else [None] * len(share)
        for j, variety in enumerate(mine["variety"]):
            part = share[j] / share.sum()
            given = [None] * len(LEVELS) if spread is None else (spread[i] * part).tolist()
            rows.append(
                (
                    town,
                    variety,
                    answer.areas[i] * area[j] / area.sum(),
                    int(split[0][j]),
                    int(split[1][j]),
                    was[j],
                    *given,
                )
            )
    numbers = {"area": pl.Float64, "mean": pl.Int64, "base": pl.Int64, "before": pl.Int64}
    schema = {"town": pl.String, "variety": pl.String, **numbers, **dict.fromkeys(QUANTILES, pl.Float64)}
    frame = summed(pl.DataFrame(rows, schema, orient="row"), county)
    unsupported = [name for name, level in zip(QUANTILES, LEVELS, strict=True) if not supported(level, answer.seasons)]
    return frame.with_columns(
        pl.lit(answer.season).alias("season"),
        *(pl.lit(None, pl.Float64).alias(name) for name in unsupported),
        closed=pl.lit(crop.closed(answer.season)),
        place=pl.col("town").replace_strict(dict(facts.places), default=None, return_dtype=pl.String),
        seasons=pl.lit(answer.seasons),
    )


def county(answer: Answer) -> dict[str, float | None]:
    """The county's `mean` and quantiles, kg; null what so few seasons cannot carry."""
    values = answer.county() if len(answer.errors) else None
    given = {
        name: float(values[i]) if values is not None and supported(LEVELS[i], answer.seasons) else None
        for i, name in enumerate(QUANTILES)
    }
    return {"mean": round(float((answer.areas * answer.told.mean * answer.scale).sum())), **given}


def whole(values: Numbers) -> NDArray[np.int64]:
    """Kilograms as whole numbers whose sum is the rounded sum."""
    return shared(round(float(values.sum())), values)


def summed(parts: pl.DataFrame, county: Numbers | None) -> pl.DataFrame:
    """Towns' varieties with their sums: towns, varieties of the county, the county.

    A town's varieties share its range; the county's varieties share the county's, where `county` gives its quantiles.
    """
    add = [pl.col("area", "mean", "base", *QUANTILES).sum(), whole_or_null("before")]
    towns = parts.group_by("town", maintain_order=True).agg(*add).with_columns(variety=pl.lit(ALL))
    kinds = parts.group_by("variety", maintain_order=True).agg(*add).with_columns(town=pl.lit(ALL))
    all_ = parts.select(*add).with_columns(town=pl.lit(ALL), variety=pl.lit(ALL))
    total = all_["mean"].item()
    given = [None] * len(QUANTILES) if county is None else county.tolist()
    part = pl.col("mean") / max(total, 1)
    values = [(pl.lit(v, pl.Float64) * part).alias(name) for name, v in zip(QUANTILES, given, strict=True)]
    frames = [all_.with_columns(values), kinds.with_columns(values), towns, parts]
    if county is None:
        gone = [pl.lit(None, pl.Float64).alias(name) for name in QUANTILES]
        frames = [frame.with_columns(gone) for frame in frames]
    return pl.concat([frame.select(parts.columns) for frame in frames])


def whole_or_null(name: str) -> pl.Expr:
    """The sum of a column, null where one part is not known."""
    return pl.when(pl.col(name).null_count() == 0).then(pl.col(name).sum()).alias(name)


def causes(answer: Answer, towns: bool = False) -> pl.DataFrame:
    """What made the figure, in kg: `town, factor, kg`; the factors of a town add up to its mean.

    `level` is what the place's own past says on last season's area, `trend` what its replays missed in the mean, `area`
    what trees come into bearing add; then the windows, the crop before, and what a survey of fruit moved.
    """
    names = ("level", "trend", "area", *factors(answer.replay.record.windows), "survey")
    means = whole(answer.areas * answer.told.mean * answer.scale)
    told = answer.told
    found = [told.base * answer.before, answer.missed * answer.areas, told.base * (answer.areas - answer.before)]
    found += [-told.parts[:, i] * answer.areas for i in range(told.parts.shape[1])]
    found += [answer.areas * told.mean * (answer.scale - 1)]
    each = np.round(np.array(found)).astype(np.int64)
    each[0] += means - each.sum(axis=0)
    rows = [(ALL, name, int(each[i].sum())) for i, name in enumerate(names)]
    if towns:
        rows += [(t, name, int(each[i, j])) for j, t in enumerate(answer.towns) for i, name in enumerate(names)]
    return pl.DataFrame(rows, {"town": pl.String, "factor": pl.String, "kg": pl.Int64}, orient="row")
