"""Learning on from forecasts that have met their truth, between two fits."""

from dataclasses import replace
from typing import Any, Protocol, Self, runtime_checkable

import polars as pl

from workbench.forecast.metrics import truth
from workbench.forecast.model import Fitted


@runtime_checkable
class Learning(Protocol):
    """A Fitted that can move on with the truth, e.g. `conformal.FittedCalibrated`."""

    @property
    def learns(self) -> bool:
        """False where `update` would change nothing."""
        ...

    def update(self, verified: pl.DataFrame) -> Self:
        """A new Fitted that has seen these forecasts (FORECAST + y); each forecast is given once."""
        ...


class Through:
    """A Fitted dataclass around an `inner` one, which learns on as that does: by what the wrapped forecasts met."""

    inner: Fitted

    @property
    def learns(self) -> bool:
        """True where the inner model does."""
        return isinstance(self.inner, Learning) and self.inner.learns

    def update(self, verified: pl.DataFrame) -> Self:
        """A new one whose inner model has learnt from forecasts (FORECAST + y) that have met their truth."""
        if not isinstance(self.inner, Learning) or not self.learns:
            return self
        around: Any = self
        moved: Self = replace(around, inner=self.inner.update(verified))
        return moved


def follow(fitted: Fitted, waiting: list[pl.DataFrame], past: pl.DataFrame) -> tuple[Fitted, list[pl.DataFrame]]:
    """Give a learning Fitted those of its waiting FORECASTs whose truth `past` knows by now.

    Returns the Fitted moved on and what waits still; steps that were never measured are given up once a whole forecast
    length has gone by.
    """
    if not isinstance(fitted, Learning) or not fitted.learns:
        return fitted, []
    if waiting:
        frame = pl.concat(waiting)
        known = truth(past.filter(pl.col("ds") >= frame.get_column("ds").min()))
        fitted = fitted.update(frame.join(known, on=["unique_id", "ds"], how="inner"))
        length = (pl.col("ds").max() - pl.col("cutoff").max()).alias("length")
        oldest = past.get_column("ds").max() - frame.select(length).item()
        rest = frame.join(known, on=["unique_id", "ds"], how="anti").filter(pl.col("ds") > oldest)
        waiting = [rest]
    return fitted, waiting


def caught_up(fitted: Fitted, issued: pl.DataFrame, past: pl.DataFrame) -> Fitted:
    """A Fitted as it stands after all that it has issued: what `backtest` does on its way, done anew from the archive.

    `issued`: its own FORECASTs in any order; `past`: what is known by now, with `known_at`.
    """
    if not isinstance(fitted, Learning) or not fitted.learns or issued.is_empty():
        return fitted
    past = past.select("unique_id", "ds", "known_at", "y")
    waiting: list[pl.DataFrame] = []
    for (instant,), one in issued.sort("issued_at").partition_by("issued_at", as_dict=True).items():
        fitted, waiting = follow(fitted, waiting, past.filter(pl.col("known_at") <= instant))
        waiting.append(one)
    return follow(fitted, waiting, past)[0]
