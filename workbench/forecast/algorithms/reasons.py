"""Why a booster says what it says: Shapley values of its trees by part, and past situations in the same leaves."""

from typing import TYPE_CHECKING

import numpy as np
import polars as pl
from numpy.typing import NDArray

from workbench.forecast import explain
from workbench.forecast.algorithms import features, features_ahead
from workbench.forecast.algorithms.features import Array, Columns, History, Ints, Rows
from workbench.forecast.algorithms.machine import Machine, Machines, shares
from workbench.forecast.algorithms.scale import anchored, scaled, unscaled
from workbench.forecast.clock import Clock
from workbench.forecast.explain import BASE
from workbench.forecast.frames import measure
from workbench.forecast.task import Split

if TYPE_CHECKING:
    from workbench.forecast.algorithms.booster import FittedBooster

APART = 3
"""Days between two situations that are recalled, and between the last and now: neighbours tell the same story twice."""
BACK = 3 * 365
"""Days that are searched for similar situations."""


def explained(
    fitted: "FittedBooster", machines: Machines, asked: pl.DataFrame, columns: Columns, every: int
) -> pl.DataFrame:
    """unique_id, ds, part, value of one measure's rows, each `every`-th lead: the way to the middle of the answer."""
    chosen = columns["lead"] % every == 0
    asked, columns = asked.filter(chosen), {name: values[chosen] for name, values in columns.items()}
    names = {name: explain.part_of(name, fitted.task) for name in {name for one in machines for name in one.columns}}
    kinds = [BASE, *sorted({*names.values(), "level"})]
    total = np.zeros((asked.height, len(kinds)))
    for machine, share in zip(
        machines, shares(columns["lead"].astype(np.int64), [one.until for one in machines]), strict=True
    ):
        own = share > 0
        if own.any():
            mine = {name: values[own] for name, values in columns.items()}
            total[own] += share[own, None] * parts(
                fitted, machine, mine, [names[name] for name in machine.columns], kinds
            )
    wide = asked.select("unique_id", "ds", *(pl.Series(kind, total[:, i]) for i, kind in enumerate(kinds)))
    return wide.unpivot(kinds, index=["unique_id", "ds"], variable_name="part", value_name="value")


def parts(
    fitted: "FittedBooster", machine: Machine, columns: Columns, names: list[str], kinds: list[str]
) -> NDArray[np.float64]:
    """What one machine's answer is made of, in the unit of y: [row, kind], the base first; `names` are its columns'."""
    contributions = machine.contributions(machine.table(columns, len(columns["lead"])))
    base = contributions[:, -1]
    grouped = contributions[:, :-1] @ np.array([[name == kind for kind in kinds[1:]] for name in names], np.float64)
    if fitted.anchor:
        grouped[:, kinds.index("level") - 1] += anchored(columns)
    moved = explain.in_units(base, grouped, lambda y: unscaled(y, fitted.scale))
    return np.column_stack([unscaled(base, fitted.scale), moved])


def similar(fitted: "FittedBooster", split: Split, count: int) -> pl.DataFrame:
    """See `explain.Recalling`: origins of the same hour over the last `BACK` days, as they were known then."""
    clock = Clock(fitted.task.every)
    asked = split.future.select("unique_id", "ds", measure().alias("measure"), clock.number().alias("number"))
    (origin,) = clock.numbers(split.cutoff)
    past = split.past.with_columns(measure().alias("measure"))
    found = []
    for (name,), part in asked.partition_by("measure", as_dict=True).items():
        machines = fitted.machines.get(str(name), ())
        owner = shares(part.get_column("number").to_numpy() - origin, [one.until for one in machines]).argmax(axis=0)
        for i, machine in enumerate(machines):
            band = part.filter(pl.Series(owner == i), pl.col("unique_id").is_in(machine.ids))
            if not band.is_empty():
                own = Split(split.cutoff, past.filter(pl.col("measure") == name), split.vintages, band)
                found.append(recalled(fitted, machine, own, (origin, count)))
    return pl.concat(found) if found else pl.DataFrame()


def recalled(fitted: "FittedBooster", machine: Machine, split: Split, how: tuple[int, int]) -> pl.DataFrame:
    """Similar situations of the rows of one machine; `how` = origin, count."""
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
