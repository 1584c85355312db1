"""The rooms' outlook as a product: each room's next 24 hours beside its band, with the chances of leaving it."""

import polars as pl

from workbench import domain
from workbench.errors import MissingData
from workbench.forecast.decide import chance
from workbench.forecast.frames import QUANTILES, measure, place
from workbench.operate.known import Inputs
from workbench.science import psychrometrics as moist

TASK, AHEAD = "rooms_hourly", "rooms_ahead"
SHORT = {"temperature": "t", "humidity": "rh", "co2": "co2"}
BAND = ("t_lo", "t_hi", "rh_lo", "rh_hi", "co2_max")
STAMP = ("cutoff", "model", "version", "level", "status")


def room_outlook(inputs: Inputs) -> pl.DataFrame:
    """A row a room and hour: quantiles `t_q10 …`, `rh_…`, `co2_…`, the band planned, `gap` (干湿差 of the medians, °C).

    `p_cold p_warm p_dry p_damp p_foul` are the chances of being outside the band on that side. MissingData where the
    rooms were not forecast.
    """
    if TASK not in inputs.forecasts:
        raise MissingData(f"{TASK} was not issued", f"run `workbench train {TASK}`, then `workbench forecast`")
    rows = inputs.forecasts[TASK].with_columns(room=place(), measure=measure())
    return outlook(rows, domain.panel(AHEAD, inputs.lake, inputs.as_of))


def outlook(rows: pl.DataFrame, ahead: pl.DataFrame) -> pl.DataFrame:
    """From a FORECAST with room and measure, and VINTAGES, of which the newest of each hour counts."""
    newest = ahead.sort("known_at").unique(["unique_id", "ds"], keep="last", maintain_order=True)
    bands = newest.with_columns(room=place()).unique(["room", "ds"], keep="first", maintain_order=True)
    told = rows.join(bands.select("room", "ds", *BAND, "outdoor", "vapour"), on=["room", "ds"], how="left")
    found = told.select("room", "ds", *BAND, "outdoor", "vapour").unique(["room", "ds"]).sort("room", "ds")
    sides = {
        "temperature": {"p_cold": 1 - chance(pl.col("t_lo")), "p_warm": chance(pl.col("t_hi"))},
        "humidity": {"p_dry": 1 - chance(pl.col("rh_lo")), "p_damp": chance(pl.col("rh_hi"))},
        "co2": {"p_foul": chance(pl.col("co2_max"))},
    }
    for name, short in SHORT.items():
        own = told.filter(pl.col("measure") == name)
        most = 100.0 if name == "humidity" else None
        values = [pl.col(q).clip(None, most).alias(f"{short}_{q}") for q in QUANTILES]
        found = found.join(own.select("room", "ds", *values, **sides[name]), on=["room", "ds"], how="left")
    stamps = told.filter(pl.col("measure") == "temperature").select("room", "ds", *STAMP)
    gap = moist.wet_bulb_gap(found["t_q50"].to_numpy(), found["rh_q50"].to_numpy())
    made = found.with_columns(gap=pl.Series(gap, nan_to_null=True))
    return made.join(stamps, on=["room", "ds"], how="left").sort("room", "ds")
