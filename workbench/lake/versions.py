"""New rows against what the lake holds: which keys are new, which are corrected, which say nothing new.

A correction is a new version of the whole row: the cells that the source changed, the others as they were. A null
says nothing, so it never takes a value away. A cell that a person corrected stays until its source says something
that it never said before.
"""

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

import polars as pl

from workbench.lake import casting
from workbench.lake.catalogue import Table
from workbench.lake.quality import CORRECTED, DOUBTFUL, flag
from workbench.lake.reference import ALWAYS

INSTANT = pl.Datetime("us", "UTC")
BLINK = timedelta(milliseconds=1)
"""File times count in whole milliseconds; below them, microseconds number the versions of one moment."""


@dataclass(frozen=True)
class Arrival:
    """How rows came: the file's time, the stated `known_at` and basis if any, where from, and whether made up."""

    source: str
    digest: str
    file_time: datetime
    known_at: datetime | None = None
    basis: str | None = None
    sample: bool = False

    @property
    def moment(self) -> datetime:
        """When a correction in this arrival became known, in whole milliseconds."""
        moment = (self.known_at or self.file_time).astimezone(UTC)
        return moment.replace(microsecond=moment.microsecond // 1000 * 1000)


@dataclass(frozen=True)
class Planned:
    """What is to be appended (with stamps, flags and `revised`), and the counts of rows."""

    rows: pl.DataFrame = field(repr=False)
    accepted: int
    corrected: int
    duplicate: int


def plan(rows: pl.DataFrame, given: tuple[str, ...], stored: pl.DataFrame, table: Table, arrival: Arrival) -> Planned:
    """Compare checked rows, unique by key, with the stored versions around them."""
    keys, values = list(table.key), [name for name in table.columns if name not in table.key]
    was = current(stored, keys, arrival.moment)
    new = _stamped(rows.join(was.select(keys), on=keys, how="anti"), table, arrival)
    changed = _changed(_pairs(rows, was, stored, keys, arrival.moment), given, stored, table)
    keep = [*keys, *values, "_row", "known_at", "known_basis", "revised", *[f"_kept_{m}" for m in table.measures]]
    fresh = pl.concat([new.select(keep), changed.select(keep)])
    around = was.join(fresh.select(keys), on=keys, how="anti").select(*keys, *values)
    judged = flag(pl.concat([around, fresh], how="diagonal"), table).filter(pl.col("_row").is_not_null())
    flagged = judged.with_columns(
        *[pl.coalesce(f"_kept_{name}", f"q_{name}").alias(f"q_{name}") for name in table.measures],
        pl.lit(arrival.source).alias("source"),
        pl.lit(arrival.sample).alias("sample"),
        pl.lit(arrival.moment).cast(INSTANT).alias("written"),
    )
    return Planned(flagged, len(new), len(changed), len(rows) - len(new) - len(changed))


def current(stored: pl.DataFrame, keys: list[str], moment: datetime) -> pl.DataFrame:
    """For each key the version that stood when something was written; where nothing stood yet, the first version."""
    if not stored["revised"].any():
        return stored
    ordered = stored.sort("known_at")
    by_then = pl.col("written") < moment + BLINK
    known = ordered.filter(by_then).unique(keys, keep="last", maintain_order=True)
    later = ordered.filter(~by_then).unique(keys, keep="first", maintain_order=True)
    return pl.concat([known, later.join(known, on=keys, how="anti")])


def valid(table: Table) -> pl.Expr | None:
    """The instant from which a row can be known at all: the end of its hour or local day, or its issue."""
    name = table.issued or table.time
    if name is None:
        return None
    if table.columns[name].type == "datetime":
        return pl.col(name)
    midnight = pl.col(name).cast(pl.Datetime("us")).dt.offset_by("1d")
    return casting.local(midnight, table.zone)


def _stamped(rows: pl.DataFrame, table: Table, arrival: Arrival) -> pl.DataFrame:
    """When the first version of a key became known, and whether that was observed or is assumed."""
    over = valid(table)
    moment = pl.lit(arrival.moment).cast(INSTANT)
    if over is None:
        stated = arrival.known_at is not None
        known, live = moment if stated else pl.lit(ALWAYS).cast(INSTANT), pl.lit(stated)
    else:
        recent = (moment - over) <= 3 * (table.cycle + table.delay)
        live = pl.lit(True) if arrival.known_at is not None else recent
        known = pl.when(live).then(pl.max_horizontal(moment, over)).otherwise(over + table.delay)
    basis = pl.when(live).then(pl.lit("observed")).otherwise(pl.lit("assumed"))
    return rows.with_columns(
        known.alias("known_at"),
        (pl.lit(arrival.basis) if arrival.basis else basis).alias("known_basis"),
        pl.lit(False).alias("revised"),
        *[pl.lit(None, pl.UInt8).alias(f"_kept_{name}") for name in table.measures],
    )


def _pairs(
    rows: pl.DataFrame, was: pl.DataFrame, stored: pl.DataFrame, keys: list[str], moment: datetime
) -> pl.DataFrame:
    """Rows beside the version that they are compared with (`_was`), and `_moment`, when a change became known.

    That is the moment of writing, a microsecond after a version of the same moment, and before whatever was written
    later: an old file that comes late is history and undoes nothing.
    """
    pairs = rows.join(was, on=keys, how="inner", suffix="_was")
    later = (
        stored.filter(pl.col("written") >= moment + BLINK).group_by(keys).agg(pl.col("known_at").min().alias("_cap"))
    )
    told = pl.lit(moment).cast(INSTANT)
    again = pl.col("known_at").is_between(told, told + BLINK, closed="left")
    stand = pl.when(again).then(pl.col("known_at") + pl.duration(microseconds=1)).otherwise(told)
    return pairs.join(later, on=keys, how="left").with_columns(
        pl.min_horizontal(stand, pl.col("_cap") - pl.duration(microseconds=1)).alias("_moment")
    )


def _changed(pairs: pl.DataFrame, given: tuple[str, ...], stored: pl.DataFrame, table: Table) -> pl.DataFrame:
    """The later versions: of every row that says something new, the changed cells new and the others as they were."""
    keys = list(table.key)
    said = [name for name in given if name not in keys]
    pairs = pairs.join(_said_before(stored, table), on=keys, how="left") if len(pairs) else pairs
    differs = {}
    for name in said:
        differs[name] = pl.col(name).is_not_null() & ~_same(pl.col(name), pl.col(f"{name}_was"), table, name)
        if name in table.measures and f"_said_{name}" in pairs.columns:
            human = pl.col(f"q_{name}") >= CORRECTED
            differs[name] &= ~(human & pl.col(name).is_in(pl.col(f"_said_{name}"))).fill_null(False)
    pairs = pairs.with_columns(change.alias(f"_new_{name}") for name, change in differs.items())
    pairs = pairs.filter(pl.any_horizontal(pl.lit(False), *[f"_new_{name}" for name in said]))
    values = [name for name in table.columns if name not in keys]
    cells = [
        pl.when(f"_new_{name}").then(name).otherwise(f"{name}_was").alias(name) if name in said else f"{name}_was"
        for name in values
    ]
    untouched = {name: ~pl.col(f"_new_{name}") if name in said else pl.lit(True) for name in table.measures}
    kept = [
        pl.when(untouched[name] & (pl.col(f"q_{name}") > DOUBTFUL + 1)).then(f"q_{name}").alias(f"_kept_{name}")
        for name in table.measures
    ]
    return pairs.select(
        *keys,
        "_row",
        *[cell if isinstance(cell, pl.Expr) else pl.col(cell).alias(cell.removesuffix("_was")) for cell in cells],
        *kept,
        pl.col("_moment").alias("known_at"),
        pl.lit("observed").alias("known_basis"),
        pl.lit(True).alias("revised"),
    )


def _same(new: pl.Expr, was: pl.Expr, table: Table, name: str) -> pl.Expr:
    """Equal, or for numbers no further apart than a conversion of units leaves them."""
    equal = new.eq_missing(was)
    if table.columns[name].type != "number":
        return equal
    return equal | ((new - was).abs() <= 1e-9 * was.abs()).fill_null(False)


def _said_before(stored: pl.DataFrame, table: Table) -> pl.DataFrame:
    """For keys with a cell corrected by hand: every value that its versions ever held."""
    keys = list(table.key)
    corrected = [pl.col(f"q_{name}") >= CORRECTED for name in table.measures]
    human = stored.filter(pl.any_horizontal(pl.lit(False), *corrected))
    touched = stored.join(human.select(keys).unique(), on=keys, how="semi")
    return touched.group_by(keys).agg(pl.col(name).alias(f"_said_{name}") for name in table.measures)
