"""The recipes of the engine by name: what forecasts a series when nothing else is asked for."""

from workbench.forecast.algorithms.arima import Order
from workbench.forecast.chosen import Chosen
from workbench.forecast.drifted import Drifted
from workbench.forecast.library import Library
from workbench.forecast.local import Arima, Naive, Recent, Smoothing, Theta, Totals
from workbench.forecast.many import Many
from workbench.forecast.model import Model
from workbench.forecast.portfolio import Portfolio

LEVEL, TREND = (0.0,), (1.0,)

SEASONAL = (
    Smoothing("log"),
    Smoothing("log", LEVEL),
    Smoothing("sqrt", TREND),
    Arima("sqrt", Order(1, 0, 0, 0, 1, 1)),
    Arima("log", Order(1, 0, 0, 0, 1, 1, drift=False)),
    Recent(Arima("sqrt", Order(2, 0, 1, 0, 1, 1))),
    Arima("sqrt", Order(2, 0, 2, 0, 1, 1)),
    Arima("sqrt", Order(1, 1, 1, 1, 0, 1)),
    Theta(),
    Totals(Theta(), Smoothing("log", LEVEL)),
    Totals(Smoothing("linear"), Smoothing("sqrt")),
    Drifted(Smoothing("linear", LEVEL)),
    Drifted(Smoothing("linear", (0.9,))),
    Drifted(Arima("linear", Order(1, 0, 0, 0, 1, 1, drift=False))),
)

PLAIN = (
    Smoothing("linear", TREND),
    Arima("sqrt", Order(0, 1, 1)),
    Arima("sqrt", Order(2, 1, 0)),
    Arima("linear", Order(0, 1, 1)),
    Arima("log", Order(0, 2, 2)),
    Theta("sqrt"),
    Drifted(Naive()),
    Drifted(Arima("linear", Order(2, 1, 0, drift=False))),
)

RARE = (Smoothing("linear", LEVEL), Library("tsb"), Library("adida"), Library("imapa"))

LOCAL = Portfolio(SEASONAL, PLAIN, RARE)
"""Every series by itself, quickly, with ranges from the pool of all."""

SHARED = Many()
"""All series together, for hours with a day and a week in them, and where covariates are known ahead."""

RECIPE: Model = Chosen(LOCAL, SHARED)
"""The one recipe of every suite: what it does with a series is decided by the series' traits, never by its name."""

FAST: Model = Portfolio(
    (
        Smoothing("sqrt"),
        Arima("sqrt", Order(1, 0, 0, 0, 1, 1)),
        Arima("log", Order(1, 0, 0, 0, 1, 1, drift=False)),
        Theta(),
    ),
    (Smoothing("linear", TREND), Arima("sqrt", Order(0, 1, 1)), Arima("sqrt", Order(2, 1, 0)), Theta("sqrt")),
    (Smoothing("linear", LEVEL),),
    windows=3,
    stride=1.0,
)
"""The quick one, for very many series."""
