"""The county's parcels from the sample's: the frames that page and API show, and the section of the page."""

from typing import Any

import numpy as np
import polars as pl
from dash import html

from dashboards import components as ui
from dashboards import sales_view
from dashboards.memory import remembered
from dashboards.sales_view import WHOLE, Scene
from workbench import domain
from workbench.errors import MissingData
from workbench.lake.store import Lake
from workbench.present.words import number, span
from workbench.science import expansion

SHOWN = 13
"""Months in the table: a year and the one before it."""


def months(scene: Scene, lake: Lake) -> pl.DataFrame:
    """See `expansion.months`: whole months of the sample's parcels beside the post's count of the county."""

    def made() -> pl.DataFrame:
        sold = scene.panel.filter(pl.col("unique_id") == f"{WHOLE}/parcels")
        month = pl.col("ds").dt.month_end().alias("month")
        whole = sold.group_by(month).agg(sample=pl.col("y").sum(), days=pl.len())
        whole = whole.filter(pl.col("days") == pl.col("month").dt.day()).drop("days")
        county = domain.frames(["postal_parcels", "orders"], lake)["postal_parcels"].collect()
        return expansion.months(whole, county.select("month", pl.col("parcels").cast(pl.Float64).alias("county")))

    return remembered((*scene.key[:1], "sales-county", lake.digest("postal_parcels")), made)


def ahead(scene: Scene, lake: Lake, days: int = 28) -> dict[str, float | int | None]:
    """q10, q50, q90 of the county's parcels from today on over so many days, the sample's coverage, months learnt from.

    MissingData where too few months are known, or the issue has no joint paths.
    """
    told = months(scene, lake)
    line = expansion.learn(told)
    coming = sales_view.paths(scene, WHOLE, ("parcels",)).sort("ds")
    length = min(days, coming["ds"].n_unique())
    first = coming.filter(pl.col("ds") < coming["ds"].min() + pl.duration(days=length))
    sums = first.group_by("path").agg(pl.col("parcels").sum()).sort("path")["parcels"].to_numpy()
    low, middle, high = (float(q) for q in np.quantile(line.draws(sums, float(length)), (0.1, 0.5, 0.9)))
    return {
        "days": length,
        "q10": low,
        "q50": middle,
        "q90": high,
        "coverage": expansion.coverage(told),
        "months": told.drop_nulls("county").filter(pl.col("sample") > 0).height,
    }


def section(scene: Scene, lake: Lake) -> html.Details:
    """What the whole county sends, how sure that is, and how such figures did in months that were reported since."""
    words = scene.words
    try:
        found = ahead(scene, lake)
    except MissingData as error:
        return ui.fold(words("sales.county"), ui.notice(words("sales.county_none"), error.message, error.hint))
    share = found["coverage"]
    said = words(
        "sales.county_said",
        days=found["days"],
        middle=rounded(found["q50"]),
        span=span(near(found["q10"]), near(found["q90"])),
        months=found["months"],
        share="—" if share is None else f"{share:.1%}",
    )
    body: list[list[Any]] = [
        [
            f"{row['month']:%Y-%m}",
            number(row["sample"]),
            words("sales.not_reported") if row["county"] is None else number(row["county"]),
            "—" if row["q50"] is None else span(near(row["q10"]), near(row["q90"])),
            "—" if row["share"] is None else f"{row['share']:.1%}",
        ]
        for row in months(scene, lake).tail(SHOWN).reverse().rows(named=True)
    ]
    heads = [words(f"sales.{key}") for key in ("month", "sample_parcels", "post", "county_range", "sample_share")]
    return ui.fold(
        words("sales.county"),
        html.P(said, className="plain"),
        ui.rows(heads, body, numbers=(1, 2, 3, 4)),
        html.P(words("sales.county_note"), className="note"),
        hint=words("sales.county_hint"),
        id="sales-county",
    )


def near(value: float | None) -> float:
    """A figure with the two digits that its range supports."""
    return float(f"{value:.2g}") if value else 0.0


def rounded(value: float | None) -> str:
    """The same in print."""
    return number(near(value))
