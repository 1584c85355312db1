"""Why a booster says what it says: Shapley values of its trees by part, and past situations in the same leaves."""

from typing import TYPE_CHECKING

import numpy as np
import polars as pl

from workbench.forecast import explain
from workbench.forecast.algorithms import features, features_ahead
from workbench.forecast.algorithms.features import Array, History, Ints, Rows
from workbench.forecast.algorithms.machine import Machine
from workbench.forecast.clock import Clock
from workbench.forecast.explain import BASE
from workbench.forecast.frames import measure
from workbench.forecast.task import Split

if TYPE_CHECKING:
    from workbench.forecast.algorithms.booster import Columns, FittedBooster

APART = 3
"""Days between two situations that are recalled, and between the last and now: neighbours tell the same story twice."""
BACK = 3 * 365
"""Days that are searched for similar situations."""


def explained(fitted: "FittedBooster", machine: Machine, asked: pl.DataFrame, columns: "Columns") -> pl.DataFrame:
    """unique_id, ds, part, value of one machine's rows, adding up to the middle of its answer."""
    from workbench.forecast.algorithms.booster import anchored, unscaled

    shares = machine.shares(machine.table(columns, asked.height))
    names = [explain.part_of(name, fitted.task) for name in machine.columns]
    kinds = sorted({*names, "level"})
    grouped = shares[:, :-1] @ np.array([[name == kind for kind in kinds] for name in names], dtype=np.float64)
    if fitted.anchor:
        grouped[:, kinds.index("level")] += anchored(columns)
    values = explain.in_units(shares[:, -1], grouped, lambda y: unscaled(y, fitted.scale))
    parts = {BASE: unscaled(shares[:, -1], fitted.scale), **dict(zip(kinds, values.T, strict=True))}
    wide = asked.select("unique_id", "ds", *(pl.Series(name, part) for name, part in parts.items()))
    return wide.unpivot(list(parts), index=["unique_id", "ds"], variable_name="part", value_name="value")


def similar(fitted: "FittedBooster", split: Split, count: int) -> pl.DataFrame:
    """See `explain.Recalling`: origins of the same hour over the last `BACK` days, as they were known then."""
    clock = Clock(fitted.task.every)
    asked = split.future.select("unique_id", "ds", measure().alias("measure"), clock.number().alias("number"))
    origin = int(pl.DataFrame({"ds": [split.cutoff]}).select(clock.number()).item())
    past = split.past.with_columns(measure().alias("measure"))
    found = []
    for (name,), part in asked.partition_by("measure", as_dict=True).items():
        done = 0
        for machine in fitted.machines.get(str(name), ()):
            inside = pl.col("number").is_between(origin + done + 1, origin + machine.until)
            band = part.filter(inside, pl.col("unique_id").is_in(machine.ids))
            done = machine.until
            if not band.is_empty():
                own = Split(split.cutoff, past.filter(pl.col("measure") == name), split.vintages, band)
                found.append(recalled(fitted, machine, own, (origin, count)))
    return pl.concat(found) if found else pl.DataFrame()


def recalled(fitted: "FittedBooster", machine: Machine, split: Split, how: tuple[int, int]) -> pl.DataFrame:
    """Similar situations of the rows of one machine; `how` = origin, count."""
    from workbench.forecast.algorithms.booster import anchored, scaled, unscaled

    (origin, count), task, band = how, fitted.task, split.future
    clock, ids = Clock(task.every), machine.ids
    apart, back = (int(np.ceil(days * 24 / clock.hours)) for days in (APART, BACK))
    history = scaled(History.of(split.past, task, ids, origin), fitted.scale)
    first = max(history.first + machine.delay + fitted.spans.levels[-2], origin - back)
    origins = np.arange(origin, first - 1, -clock.phases, dtype=np.int64)[::-1]
    leads = np.unique(band.get_column("number").to_numpy() - origin)
    rows = Rows.every(origins, len(ids), leads)
    columns = features.table(history, rows, origins, machine.delay, task, fitted.spans)
    if split.vintages is not None and not split.vintages.is_empty():
        known = features_ahead.ahead(split.vintages, task, ids, origins)
        columns |= features_ahead.table(known, columns, rows, origins, fitted.spans)
    shape = (len(origins), len(ids), len(leads))
    leaves = machine.reached(machine.table(columns, len(rows.lead))).reshape(*shape, -1)
    share = (leaves == leaves[-1]).mean(axis=-1)
    target = origins[:, None] + leads - history.first
    y = history.values["y"][np.arange(len(ids))[None, :, None], np.minimum(target, origin - history.first)[:, None, :]]
    open_ = np.isnan(y) | ((target > origin - history.first) | (origins[:, None] > origin - apart))[:, None, :]
    share = np.where(open_, -1.0, share)
    before = anchored(columns).reshape(shape)
    out = []
    for unique_id, number in band.select("unique_id", "number").iter_rows():
        s, k = ids.index(unique_id), int(np.searchsorted(leads, number - origin))
        for i in nearest(share[:, s, k], origins, apart, count):
            values = (before[i, s, k], float(y[i, s, k]))
            out.append((unique_id, number, int(origins[i] + leads[k]), float(share[i, s, k]), *values))
    schema = {"unique_id": pl.String, "number": pl.Int64, "then": pl.Int64}
    frame = pl.DataFrame(out, {**schema, "share": pl.Float64, "before": pl.Float64, "y": pl.Float64}, orient="row")
    frame = frame.with_columns(
        pl.Series(name, unscaled(frame.get_column(name).to_numpy(), fitted.scale)) for name in ("before", "y")
    )
    named = frame.join(band.select("unique_id", "ds", "number"), on=["unique_id", "number"], maintain_order="left")
    then = clock.starts(named.get_column("then").to_numpy()).alias("then")
    return named.with_columns(then).select("unique_id", "ds", "then", "share", "before", "y")


def nearest(share: Array, origins: Ints, apart: int, count: int) -> list[int]:
    """Places of the `count` largest shares at least `apart` steps from one another, the largest first; −1 is none.

    >>> nearest(np.array([0.5, 0.9, 0.8, -1.0, 0.7]), np.arange(5), 2, 3)
    [1, 4]
    """
    chosen: list[int] = []
    for i in np.argsort(-share, kind="stable"):
        if len(chosen) == count or share[i] < 0:
            break
        if all(abs(int(origins[i] - origins[j])) >= apart for j in chosen):
            chosen.append(int(i))
    return chosen
