"""The engine and the toolbox: lake, science, forecasting, presentation, operation. Nothing here knows one county."""

__version__ = "0.1.0"
