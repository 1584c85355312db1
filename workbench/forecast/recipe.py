"""The recipes of the engine by name: what forecasts a series when nothing else is asked for."""

from workbench.forecast.algorithms.seasonal_naive import SeasonalNaive
from workbench.forecast.model import Model

RECIPE: Model = SeasonalNaive()
"""The one recipe of every suite: what it does with a series is decided by the series' traits, never by its name."""

FAST: Model = SeasonalNaive()
"""The quick one, for very many series."""
