"""The frames that everything shares: column names are fixed, so nothing takes `id_col=` arguments.

| name | columns |
|---|---|
| PANEL | `unique_id, ds, known_at, y` + covariates of the past |
| VINTAGES | `unique_id, known_at, ds` + covariates known ahead |
| FORECAST | `task, unique_id, issued_at, cutoff, ds, mean, q025 … q975, model, version, level, status` |
| PATHS | `task, unique_id, issued_at, ds, path, y` |
| SCORE | `task, unique_id, cutoff, model, metric, value` + slices |

`ds` is a `Date` for daily and longer steps, else `Datetime[us, UTC]` — the **end** of the hour it stands for.
`known_at` is the instant from which a row may be used. `unique_id` is `place/measure`, e.g. `1001A/pm2_5`.
"""

import polars as pl

LEVELS: tuple[float, ...] = (
    0.025, 0.05, 0.10, 0.20, 0.25, 0.30, 0.40, 0.50, 0.60, 0.70, 0.75, 0.80, 0.90, 0.95, 0.975,
)  # fmt: skip
"""The fifteen quantile levels of every forecast."""

QUANTILES: tuple[str, ...] = tuple("q" + f"{level:.3f}"[2:].removesuffix("0") for level in LEVELS)
"""Their column names, `q025 q05 q10 … q975`: no level needs more than three decimals."""

UTC = pl.Datetime("us", "UTC")

STAMPS: tuple[str, ...] = ("model", "version", "level", "status")

FORECAST: tuple[str, ...] = ("task", "unique_id", "issued_at", "cutoff", "ds", "mean", *QUANTILES, *STAMPS)


def place() -> pl.Expr:
    """The place part of `unique_id`."""
    return pl.col("unique_id").str.split("/").list.first()


def measure() -> pl.Expr:
    """The measure part of `unique_id`."""
    return pl.col("unique_id").str.split("/").list.last()
