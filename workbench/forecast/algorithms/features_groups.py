"""What a series' relatives did: levels and echoes of the groups that share a part of its name.

A name `CA/CA_1/FOODS/FOODS_1/FOODS_1_001/units` places a series in groups: every part by itself (the item in all
stores) and every beginning (the department in the store). What the many do is known better than what one does.
"""

import numpy as np

from workbench.forecast.algorithms.features import Array, History, Ints, Rows, Spans, Sums


def memberships(ids: tuple[str, ...]) -> dict[str, Ints]:
    """Group number of every series, by name of the grouping; groupings of one group or of single series are left out.

    >>> found = memberships(("a/x/m", "a/y/m", "b/x/m", "b/y/m", "b/y2/m"))
    >>> {name: groups.tolist() for name, groups in found.items()}
    {'part_0': [0, 0, 1, 1, 1], 'part_1': [0, 1, 0, 1, 2]}
    """
    parts = [one.split("/") for one in ids]
    depth = min(len(part) for part in parts)
    keys = {f"part_{k}": [part[k] for part in parts] for k in range(depth)}
    keys |= {f"under_{k}": ["/".join(part[: k + 1]) for part in parts] for k in range(1, depth)}
    found: dict[str, Ints] = {}
    for name, key in keys.items():
        distinct, number = np.unique(np.array(key), return_inverse=True)
        same = any(np.array_equal(number, other) for other in found.values())
        if 1 < len(distinct) < len(ids) and not same:
            found[name] = number.astype(np.int64)
    return found


def table(history: History, rows: Rows, delay: int, season: int, spans: Spans) -> dict[str, Array]:
    """Columns: each group's levels at the origin, and its mean at the target's place in the last four seasons."""
    out: dict[str, Array] = {}
    at = rows.origin - delay - history.first
    back = rows.origin + rows.lead - history.first
    back = back - season * -((at - back) // season)
    for name, group in memberships(history.ids).items():
        means = gathered(history.values["y"], group)
        sums, own = Sums.of(means), group[rows.series]
        for window in spans.groups:
            every = np.arange(means.shape[1])
            out[f"group_{name}_{window}"] = sums.level(window, every)[0][own, at]
        past = [
            np.where(place >= 0, means[own, np.maximum(place, 0)], np.nan)
            for place in back - season * np.arange(4)[:, None]
        ]
        known = ~np.isnan(past)
        total = np.where(known, past, 0).sum(axis=0)
        out[f"group_{name}_echo"] = np.where(known.any(axis=0), total / np.maximum(known.sum(axis=0), 1), np.nan)
    return out


def gathered(values: Array, group: Ints) -> Array:
    """Mean of each group at each step, NaN where none of it is known: `[group, step]`."""
    count = np.zeros((int(group.max()) + 1, values.shape[1]))
    total = np.zeros_like(count)
    known = ~np.isnan(values)
    np.add.at(count, group, known)
    np.add.at(total, group, np.where(known, values, 0))
    return np.where(count > 0, total / np.maximum(count, 1), np.nan).astype(np.float32)
