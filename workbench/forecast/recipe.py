"""The recipes of the engine by name: what forecasts a series when nothing else is asked for."""

from workbench.forecast.algorithms.arima import Order
from workbench.forecast.algorithms.features import Spans
from workbench.forecast.algorithms.global_trees import GlobalTrees
from workbench.forecast.algorithms.relative import View
from workbench.forecast.chosen import Chosen
from workbench.forecast.local import Arima, Recent, Smoothing, Theta, Totals
from workbench.forecast.model import Model
from workbench.forecast.portfolio import Portfolio

LEVEL, TREND = (0.0,), (1.0,)

SEASONAL = (
    Smoothing("log"),
    Smoothing("log", LEVEL),
    Smoothing("sqrt", TREND),
    Arima("sqrt", Order(1, 0, 0, 0, 1, 1)),
    Arima("log", Order(1, 0, 0, 0, 1, 1, drift=False)),
    Arima("linear", Order(2, 0, 1, 0, 1, 1)),
    Recent(Arima("sqrt", Order(2, 0, 1, 0, 1, 1))),
    Arima("sqrt", Order(2, 0, 2, 0, 1, 1)),
    Arima("sqrt", Order(1, 1, 1, 1, 0, 1)),
    Theta(),
    Totals(Theta(), Smoothing("sqrt")),
    Totals(Smoothing("linear"), Smoothing("sqrt")),
    Totals(Arima("linear", Order(0, 1, 1)), Smoothing("sqrt")),
)

PLAIN = (
    Smoothing("linear", TREND),
    Arima("sqrt", Order(0, 1, 1)),
    Arima("sqrt", Order(2, 1, 0)),
    Arima("linear", Order(0, 1, 1)),
    Arima("log", Order(0, 2, 2)),
    Theta("sqrt"),
)

LOCAL = Portfolio(SEASONAL, PLAIN)
"""Every series by itself, quickly, with ranges from the pool of all."""

VIEW = View(
    window=168,
    spans=Spans(
        swings=(24, 168),
        levels=(3, 6, 12, 24, 72, 168),
        beside=(3, 24, 72),
        stale=48,
        lags=tuple(range(24)),
        each=True,
        near=1,
    ),
)
SHARED = GlobalTrees(VIEW, objective="l1", rounds=300, smallest=50, rows=150_000, leads=6, stride=1)
"""All series together, for hours with a day and a week in them."""

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
    windows=3,
    stride=1.0,
)
"""The quick one, for very many series."""
