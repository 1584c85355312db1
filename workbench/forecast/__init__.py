"""Task, models, calibration, paths, backtest and metrics: from a panel to a forecast with an honest range."""
