"""The scale on which a booster squares its errors, there and back, and the value from which it learns changes."""

from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from workbench.forecast.algorithms.features import Columns, History

Scale = Literal["linear", "sqrt", "log"]


def anchored(columns: Columns) -> NDArray[np.float64]:
    """The last value known, else the level of the longest span, else 0."""
    longest = [name for name in columns if name.startswith("level_")][-1]
    base = np.where(np.isnan(columns["last"]), columns[longest], columns["last"])
    return np.nan_to_num(base).astype(np.float64)


def scaled(history: History, scale: Scale) -> History:
    """The history with `y` on the scale."""
    forward: Any = {"linear": lambda y: y, "sqrt": np.sqrt, "log": np.log1p}[scale]
    low = -np.inf if scale == "linear" else 0.0
    return History(history.ids, history.first, history.values | {"y": forward(np.maximum(history.values["y"], low))})


def unscaled(values: NDArray[np.float64], scale: Scale) -> NDArray[np.float64]:
    """Back from the scale."""
    if scale == "linear":
        return values
    return np.maximum(values, 0) ** 2 if scale == "sqrt" else np.expm1(np.maximum(values, 0))
