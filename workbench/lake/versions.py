"""New rows against what the lake holds: which keys are new, which are corrected, which say nothing new.

A later version is a whole row: the cells that the source changed, the others as they were. A null says nothing, so
it never takes a value away. A cell that a person corrected stays until its source says something
that it never said before; one that a person filled in gives way to whatever its source says.
"""

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

import polars as pl

from workbench.lake import casting
from workbench.lake.catalogue import Table
from workbench.lake.quality import BAD, CORRECTED, completed, flag
from workbench.lake.reference import ALWAYS

INSTANT = pl.Datetime("us", "UTC")
MONTH = timedelta(days=30)
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
    changed = _changed(_pairs(rows, was, stored, table, arrival.moment), given, table, arrival)
    keep = [*keys, *values, "_id", "known_at", "known_basis", "revised", *[f"_kept_{m}" for m in table.measures]]
    fresh = pl.concat([new.select(keep), changed.select(keep)])
    around = was.join(fresh.select(keys), on=keys, how="anti").select(*keys, *values)
    judged = flag(pl.concat([around, fresh], how="diagonal"), table).filter(pl.col("_id").is_not_null())
    flagged = judged.with_columns(
        *[pl.coalesce(f"_kept_{name}", f"q_{name}").alias(f"q_{name}") for name in table.measures],
        pl.lit(arrival.source).alias("source"),
        pl.lit(arrival.sample).alias("sample"),
        pl.lit(arrival.moment).cast(INSTANT).alias("written"),
        pl.lit(None, pl.String).alias("by"),
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


def _first_known(table: Table, arrival: Arrival) -> tuple[pl.Expr, pl.Expr]:
    """When something never said before became known, and whether that was observed (else it is assumed).

    A file older than what it says tells nothing about when that became known: its time is an assumption too. Nothing of
    the sample county was observed. Of a table renewed less often than monthly, what is older than three months and
    three delays is history, not news.
    """
    over, moment = valid(table), pl.lit(arrival.moment).cast(INSTANT)
    stated = pl.lit(arrival.known_at is not None)
    if over is None:
        return pl.when(stated).then(moment).otherwise(pl.lit(ALWAYS).cast(INSTANT)), stated
    age, usual = moment - over, over + table.delay
    if arrival.sample:
        usual = pl.when(age >= timedelta(0)).then(pl.min_horizontal(usual, moment)).otherwise(usual)
    fresh = (age >= timedelta(0)) & (age <= 3 * (min(table.cycle, MONTH) + table.delay))
    live = stated | (fresh & (not arrival.sample))
    return pl.when(live).then(pl.max_horizontal(moment, over)).otherwise(usual), live


def _basis(live: pl.Expr) -> pl.Expr:
    return pl.when(live).then(pl.lit("observed")).otherwise(pl.lit("assumed")).alias("known_basis")


def _stamped(rows: pl.DataFrame, table: Table, arrival: Arrival) -> pl.DataFrame:
    """The first versions of their keys."""
    known, live = _first_known(table, arrival)
    return rows.with_columns(
        known.alias("known_at"),
        pl.lit(arrival.basis).alias("known_basis") if arrival.basis else _basis(live),
        pl.lit(False).alias("revised"),
        *[pl.lit(None, pl.UInt8).alias(f"_kept_{name}") for name in table.measures],
    )


def _changed(pairs: pl.DataFrame, given: tuple[str, ...], table: Table, arrival: Arrival) -> pl.DataFrame:
    """The later versions: of every row that says something new, the changed cells new and the others as they were."""
    said = [name for name in given if name not in table.key]
    differs = {}
    for name in said:
        differs[name] = pl.col(name).is_not_null() & ~_same(pl.col(name), pl.col(f"{name}_was"), table, name)
        if name in table.measures:
            human = pl.col(f"q_{name}") >= CORRECTED
            differs[name] &= ~(human & pl.col(name).is_in(pl.col(f"_said_{name}"))).fill_null(False)
            differs[name] |= pl.col(name).is_not_null() & completed(pl.col(f"q_{name}")).fill_null(False)
    pairs = pairs.with_columns(change.alias(f"_new_{name}") for name, change in differs.items())
    pairs = pairs.filter(pl.any_horizontal(pl.lit(False), *[f"_new_{name}" for name in said]))
    cells, kept = [], []
    for name in table.columns:
        if name not in table.key:
            new = pl.col(f"_new_{name}") if name in said else pl.lit(False)
            cells.append(pl.when(new).then(name).otherwise(f"{name}_was").alias(name) if name in said else _was(name))
            if name in table.measures:
                made = ~new & (pl.col(f"q_{name}") > BAD)
                kept.append(pl.when(made).then(f"q_{name}").alias(f"_kept_{name}"))
    fills = pl.all_horizontal(pl.lit(True), *[~pl.col(f"_new_{n}") | pl.col(f"{n}_was").is_null() for n in said])
    known, live = _since(table, arrival, fills)
    return pairs.select(*table.key, "_id", *cells, *kept, known, _basis(live), pl.lit(True).alias("revised"))


def _was(name: str) -> pl.Expr:
    return pl.col(f"{name}_was").alias(name)


def _since(table: Table, arrival: Arrival, fills: pl.Expr) -> tuple[pl.Expr, pl.Expr]:
    """When a later version became known, and whether that was observed.

    A correction: at the moment of writing, a microsecond after a version of the same moment. What only fills in cells
    of which nothing was ever said counts like a first version, so that history may come column by column. Neither
    stands after what was written later: an old file that comes late is history and undoes nothing.
    """
    instant, moment = pl.duration(microseconds=1), pl.lit(arrival.moment).cast(INSTANT)
    again = pl.col("known_at").is_between(moment, moment + BLINK, closed="left")
    correction = pl.when(again).then(pl.col("known_at") + instant).otherwise(moment)
    first, live = _first_known(table, arrival)
    assumed = fills & ~live
    known = pl.when(assumed).then(pl.max_horizontal(first, pl.col("known_at") + instant)).otherwise(correction)
    return pl.min_horizontal(known, pl.col("_cap") - instant).alias("known_at"), ~assumed


def _same(new: pl.Expr, was: pl.Expr, table: Table, name: str) -> pl.Expr:
    """Equal, or for numbers no further apart than a conversion of units leaves them."""
    equal = new.eq_missing(was)
    if table.columns[name].type != "number":
        return equal
    return equal | ((new - was).abs() <= 1e-9 * was.abs()).fill_null(False)


def _pairs(rows: pl.DataFrame, was: pl.DataFrame, stored: pl.DataFrame, table: Table, moment: datetime) -> pl.DataFrame:
    """Rows beside the version that they are compared with (`_was`).

    `_cap` is when the first version that was written later became known; `_said_<column>` every value that a row with
    a cell corrected by hand ever held there.
    """
    keys = list(table.key)
    later = stored.filter(pl.col("written") >= moment + BLINK)
    cap = later.group_by(keys).agg(pl.col("known_at").min().alias("_cap"))
    corrected = pl.any_horizontal(pl.lit(False), *[pl.col(f"q_{name}") >= CORRECTED for name in table.measures])
    touched = stored.join(stored.filter(corrected).select(keys).unique(), on=keys, how="semi")
    said = touched.group_by(keys).agg(pl.col(name).alias(f"_said_{name}") for name in table.measures)
    pairs = rows.join(was, on=keys, how="inner", suffix="_was")
    return pairs.join(cap, on=keys, how="left").join(said, on=keys, how="left")
