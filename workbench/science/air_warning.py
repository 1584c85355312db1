"""Chances of meeting the conditions of heavy-pollution warning plans, over several days, from joint paths.

The plans are dated data (`data/reference/air_warning_triggers.csv`): a grade is met when any of its alternatives is — a
run of at least `days` consecutive days with `measure` above `above`, `also_days` of them above `also_above`. A grade
whose text is not known has no measure; its chance is null and is shown as 未知. What comes out is the chance of a
*condition*, never a warning: 触发条件概率，非预警发布.
"""

from datetime import date, timedelta
from typing import Any

import polars as pl

from workbench.science.air_outlook import KEYS

BEFORE = timedelta(days=3)
"""How much of the measured past may be part of a run."""


def trigger_chances(days: pl.DataFrame, triggers: pl.DataFrame, measured: pl.DataFrame | None = None) -> pl.DataFrame:
    """Per station and grade in force: `plan, grade, grade_zh, grade_en, known, probability`, mildest grade first.

    `days`: `station, path, date` with `aqi` and daily values, such as `air_outlook.day_paths` gives. `measured`:
    `station, date` with the same columns; the `BEFORE` days before the first of `days` go in front of every path, so
    that a run that has begun already counts from its beginning. A run that ended before the first of `days` does not
    count. A day without the value breaks a run. The probability is that of the condition of this grade, whether or not
    a higher one is met too.
    """
    begin = days["date"].min()
    paths = days.select(KEYS).unique()
    if measured is not None and isinstance(begin, date):
        past = measured.filter(pl.col("date") < begin, pl.col("date") >= begin - BEFORE).join(paths, on="station")
        days = pl.concat([past.select(c for c in days.columns if c in past.columns), days], how="diagonal_relaxed")
    dated = triggers.filter(pl.col("valid_from") <= begin, pl.col("valid_to").is_null() | (pl.col("valid_to") >= begin))
    grades = dated.select("plan", "grade", "grade_zh", "grade_en").unique(maintain_order=True)
    met = [_met(days, rule, begin) for rule in dated.iter_rows(named=True) if rule["measure"] in days.columns]
    hits = (
        pl.concat(met).unique().group_by("station", "plan", "grade").agg(_hits=pl.len())
        if met
        else paths.head(0)
        .select("station")
        .with_columns(plan=pl.lit(""), grade=pl.lit(0, pl.Int64), _hits=pl.lit(0, pl.UInt32))
    )
    unknown = dated.group_by("plan", "grade").agg(known=pl.col("measure").is_in(days.columns).fill_null(False).all())
    return (
        paths.group_by("station")
        .agg(_paths=pl.len())
        .join(grades, how="cross")
        .join(unknown, on=["plan", "grade"])
        .join(hits, on=["station", "plan", "grade"], how="left")
        .with_columns(probability=pl.when("known").then(pl.col("_hits").fill_null(0) / pl.col("_paths")))
        .select("station", *grades.columns, "known", "probability")
        .sort("station", "plan", "grade", descending=[False, False, True])
    )


def _met(days: pl.DataFrame, rule: dict[str, Any], begin: Any) -> pl.DataFrame:
    """The station-paths in which one alternative is met by a run that reaches `begin`, with its plan and grade."""
    value, day = pl.col(str(rule["measure"])), pl.col("date")
    above = days.filter(value > rule["above"]).sort(*KEYS, "date")
    run = (day.diff().over(KEYS) != pl.duration(days=1)).fill_null(True).cum_sum().over(KEYS)
    runs = (
        above.with_columns(_run=run)
        .group_by(*KEYS, "_run")
        .agg(
            _last=day.max(),
            _days=pl.len(),
            _also=(value > rule["also_above"]).sum() if rule["also_above"] is not None else pl.lit(0),
        )
    )
    long, also = pl.col("_days") >= rule["days"], pl.col("_also") >= (rule["also_days"] or 0)
    found = runs.filter(pl.col("_last") >= begin, long, also)
    return found.select(*KEYS, plan=pl.lit(rule["plan"]), grade=pl.lit(rule["grade"], pl.Int64)).unique()
