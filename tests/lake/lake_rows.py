"""The instant at which the clock of the lake's tests stands, and short rows for them."""

from datetime import UTC, datetime, timedelta

import polars as pl

NOW = datetime(2026, 11, 23, 10, tzinfo=UTC)


def hours(values: list[float | None], station: str = "A", end: datetime = NOW, column: str = "pm2_5") -> pl.DataFrame:
    """Hourly rows of one station, the last ending at `end`."""
    times = [end - timedelta(hours=len(values) - 1 - i) for i in range(len(values))]
    data = {"station": [station] * len(values), "time": times, column: values}
    return pl.DataFrame(data, schema_overrides={"time": pl.Datetime("us", "UTC"), column: pl.Float64})
