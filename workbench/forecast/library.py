"""Members of a portfolio that libraries bring: statsforecast, statsmodels, scikit-learn, prophet, a series at a time.

Slower than the members of `local`, and of other families: put one into a portfolio where its kind of series is met —
rare demand, several years of days with a season that drifts, a short series whose trend itself wanders — and let the
replay weigh it. The libraries are imported when first asked, so that nobody else waits for them.
"""

import logging
import warnings
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from workbench.forecast.algorithms.scale import Scale
from workbench.forecast.local import Bend

Array = NDArray[np.float64]
Method = Literal["ets", "ces", "theta", "mfles", "mstl", "croston", "tsb", "adida", "imapa"]


def series_by_series(history: Array, horizon: int, forecast: Callable[[Array], Array]) -> Array:
    """`forecast` of each row from its first value on; a row that the library cannot fit is left NaN, not hidden."""
    points = np.full((len(history), horizon), np.nan)
    for row, values in enumerate(history):
        own = values[np.isfinite(values).argmax() :]
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            try:
                points[row] = forecast(own)
            except (ValueError, ZeroDivisionError, IndexError, RuntimeError, ArithmeticError):
                continue  # too short or too flat for the method: the portfolio answers with its other members
    return points


@dataclass(frozen=True)
class Library:
    """A method of statsforecast.

    `ets`, `ces` and `theta` choose their form by themselves; `mfles` and `mstl` are for long seasons; `croston` (in the
    form of Syntetos and Boylan), `tsb`, `adida` and `imapa` for demand with many zeros, whose scale stays linear.
    """

    method: Method
    scale: Scale = "linear"

    @property
    def name(self) -> str:
        """Short, for people."""
        return f"{self.method} {self.scale}"

    def points(self, history: Array, season: int, horizon: int) -> Array:
        """See Member."""
        bend = Bend.of(history, self.scale)
        model = self.made(season)

        def forecast(values: Array) -> Array:
            return np.asarray(model.forecast(y=values, h=horizon)["mean"], dtype=np.float64)

        return bend.backward(series_by_series(bend.forward(history), horizon, forecast))

    def made(self, season: int) -> Any:
        """The library's model."""
        from statsforecast import models

        made: dict[Method, Callable[[], Any]] = {
            "ets": lambda: models.AutoETS(season_length=season),
            "ces": lambda: models.AutoCES(season_length=season),
            "theta": lambda: models.DynamicOptimizedTheta(season_length=season),
            "mfles": lambda: models.MFLES(season_length=season if season > 1 else None),
            "mstl": lambda: models.MSTL(season_length=season),
            "croston": models.CrostonSBA,
            "tsb": lambda: models.TSB(0.2, 0.2),
            "adida": models.ADIDA,
            "imapa": models.IMAPA,
        }
        return made[self.method]()


@dataclass(frozen=True)
class Components:
    """Level, trend and season that each wander, by the Kalman filter (statsmodels' UnobservedComponents).

    Use it for short series: the states' variances are few parameters, and a season may be a few harmonics only.
    """

    scale: Scale = "log"
    harmonics: int = 3

    @property
    def name(self) -> str:
        """Short, for people."""
        return f"components {self.scale}"

    def points(self, history: Array, season: int, horizon: int) -> Array:
        """See Member."""
        from statsmodels.tsa.statespace.structural import UnobservedComponents

        bend = Bend.of(history, self.scale)
        waves = [{"period": season, "harmonics": min(self.harmonics, season // 2)}] if season > 1 else None

        def forecast(values: Array) -> Array:
            model = UnobservedComponents(values, level="local linear trend", freq_seasonal=waves)
            return np.asarray(model.fit(disp=False, maxiter=50).forecast(horizon), dtype=np.float64)

        return bend.backward(series_by_series(bend.forward(history), horizon, forecast))


@dataclass(frozen=True)
class Regression:
    """The next value regressed on the last ones and those a season ago, and so on from there (scikit-learn).

    `ridge` chooses its penalty by leave-one-out; `median` is quantile regression, which outliers do not pull. Use it
    where neighbouring values repeat each other's movements: sensors, prices.
    """

    kind: Literal["ridge", "median"] = "ridge"
    scale: Scale = "log"
    lags: int = 3

    @property
    def name(self) -> str:
        """Short, for people."""
        return f"regression {self.kind} {self.scale}"

    def points(self, history: Array, season: int, horizon: int) -> Array:
        """See Member."""
        bend = Bend.of(history, self.scale)
        back = np.array(sorted({*range(1, self.lags + 1), *((season, season + 1) if season > 1 else ())}))

        def forecast(values: Array) -> Array:
            centre, spread = values.mean(), max(float(values.std()), 1e-9)
            line = (values - centre) / spread
            places = np.arange(back[-1], len(line))
            fitted = self.made().fit(line[places[:, None] - back], line[places])
            for _ in range(horizon):
                line = np.append(line, fitted.predict(line[len(line) - back][None]))
            return line[-horizon:] * spread + centre

        return bend.backward(series_by_series(bend.forward(history), horizon, forecast))

    def made(self) -> Any:
        """The library's regressor."""
        from sklearn.linear_model import QuantileRegressor, RidgeCV

        return RidgeCV(np.logspace(-2, 3, 11)) if self.kind == "ridge" else QuantileRegressor(alpha=0.01)


@dataclass(frozen=True)
class ProphetCurve:
    """Prophet: a trend that bends at change points, and a smooth season, fitted as a curve.

    Use it for long series with a stable season and outliers; steps count as days, so no calendar is invented.
    """

    scale: Scale = "log"
    harmonics: int = 6

    @property
    def name(self) -> str:
        """Short, for people."""
        return f"prophet {self.scale}"

    def points(self, history: Array, season: int, horizon: int) -> Array:
        """See Member."""
        bend = Bend.of(history, self.scale)
        return bend.backward(
            series_by_series(bend.forward(history), horizon, lambda values: self.curve(values, season, horizon))
        )

    def curve(self, values: Array, season: int, horizon: int) -> Array:
        """The curve of one series, continued."""
        import pandas as pd
        from prophet import Prophet

        logging.getLogger("cmdstanpy").setLevel(logging.ERROR)
        days = pd.date_range("2000-01-01", periods=len(values) + horizon)
        model = Prophet(
            yearly_seasonality=False, weekly_seasonality=False, daily_seasonality=False, uncertainty_samples=0
        )
        if season > 1:
            model.add_seasonality("season", period=season, fourier_order=min(self.harmonics, season // 2))
        model.fit(pd.DataFrame({"ds": days[: len(values)], "y": values}), seed=1)
        found = model.predict(pd.DataFrame({"ds": days[len(values) :]}))["yhat"]
        return np.asarray(found, dtype=np.float64)
