"""Oranges: from townships' statistics to yields by season, first and final releases apart."""

import polars as pl

FIRM = pl.col("imputed").fill_null(value=False).not_()


def orange_yield(orange_output: pl.LazyFrame) -> pl.LazyFrame:
    """PANEL of yields (kg/mu of bearing area) by town and season, as finally released; `ds` is the season's last day.

    A row carries `area` (mu) and whether it was `measured` — a figure filled in between published ones is not, and is
    no truth to learn from or to be scored by. A season counts where all its varieties have been released.
    """
    return _towns(orange_output.filter(pl.col("release") == "final"), "yield")


def orange_yield_first(orange_output: pl.LazyFrame) -> pl.LazyFrame:
    """PANEL of the same yields as first released, to be scored apart from the final ones."""
    return _towns(orange_output.filter(pl.col("release") == "first"), "yield_first")


def orange_released(orange_output: pl.LazyFrame) -> pl.LazyFrame:
    """Both PANELs one under the other, `audited` = final: what issued outlooks are verified by."""
    final, first = orange_yield(orange_output), orange_yield_first(orange_output)
    both = [final.with_columns(audited=pl.lit(value=True)), first.with_columns(audited=pl.lit(value=False))]
    return pl.concat(both).sort("unique_id", "ds")


def _towns(rows: pl.LazyFrame, measure: str) -> pl.LazyFrame:
    towns = rows.group_by("town", "closed").agg(
        pl.col("known_at").max(), pl.col("output").sum(), area=pl.col("bearing_area").sum(), measured=FIRM.all()
    )
    y = pl.when(pl.col("area") > 0).then(pl.col("output") / pl.col("area"))
    return towns.select(
        pl.format("{}/{}", "town", pl.lit(measure)).alias("unique_id"), "known_at", "area", "measured", ds="closed", y=y
    ).sort("unique_id", "ds")
