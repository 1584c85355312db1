"""Rearing rooms: from probes, devices, batches and the weather to what is forecast and what is known ahead.

A series is `room/measure`: temperature (°C), humidity (%) and co2 (ppm) as the median of the room's probes. Its row
holds every measure of the room, what its devices did (shares of the time), the air outside, and what the larvae are
planned to want and to give off. A step is over, and its row known, once the room has been read at or after its end.
Rooms without larvae have the band of an idle room and no load.
"""

from datetime import UTC, timedelta

import numpy as np
import polars as pl

from workbench.control.equipment import DEVICES
from workbench.lake import quality
from workbench.science import batch_plan, sericulture
from workbench.science import psychrometrics as moist

MEASURES = ("temperature", "humidity", "co2")
BAND = ("t_lo", "t_hi", "rh_lo", "rh_hi", "co2_max")
LARVAE = ("heat", "water", "gas")
OUTSIDE = ("outdoor", "vapour", "sun")
KNOWN = (*OUTSIDE, *LARVAE, *BAND)
WEATHER = ("temperature", "humidity", "radiation")
KEYS = ["unique_id", "ds"]
LAPSE = 0.0065
"""°C a metre: rooms stand higher or lower than the place of their weather."""
HEIGHT = 300.0
"""Height of the weather's place, m, taken for rooms that name theirs."""
AHEAD = "60h"
LATE = "4h"
"""How old the weather of an hour may be: its table is later than the room's own."""
LONGEST = timedelta(days=60)
"""A batch that nobody has ended is over by then."""
_UTC = pl.Datetime("us", "UTC")


def rooms_quarter(room_readings: pl.LazyFrame, room_actuators: pl.LazyFrame) -> pl.LazyFrame:
    """PANEL of quarter-hours: what a room's model is identified on."""
    return _series(_steps(room_readings, room_actuators, "15m"), (*MEASURES, *DEVICES, "power"))


def rooms_hourly(
    room_readings: pl.LazyFrame,
    room_actuators: pl.LazyFrame,
    rearing_rooms: pl.LazyFrame,
    rearing_batches: pl.LazyFrame,
    rearing_setpoints: pl.LazyFrame,
    rearing_stages: pl.LazyFrame,
    weather_hourly: pl.LazyFrame,
) -> pl.LazyFrame:
    """PANEL of hours: measures, devices, the air outside as last known, and the larvae."""
    steps = _steps(room_readings, room_actuators, "1h")
    weather = weather_hourly.with_columns(quality.measured(WEATHER)).select("place", "known_at", *WEATHER, ds="time")
    outside = _outside(weather, rearing_rooms).with_columns(read="ds").drop("ds").sort("known_at", "read", "room")
    wanted = _wanted(rearing_batches, rearing_setpoints, rearing_stages)
    joined = steps.sort("known_at", "ds", "room").join_asof(outside, on="known_at", by="room", check_sortedness=False)
    fresh = pl.col("read") > pl.col("ds").dt.offset_by(f"-{LATE}")
    joined = joined.with_columns(pl.when(fresh).then(name).alias(name) for name in OUTSIDE).drop("read")
    rows = _idle(joined.join(wanted.lazy(), on=["room", "ds"], how="left").drop("since"))
    return _series(rows, (*MEASURES, *DEVICES, "power", *KNOWN))


def rooms_ahead(
    rearing_rooms: pl.LazyFrame,
    rearing_batches: pl.LazyFrame,
    rearing_setpoints: pl.LazyFrame,
    rearing_stages: pl.LazyFrame,
    weather_forecast: pl.LazyFrame,
) -> pl.LazyFrame:
    """VINTAGES of hours: every issue of the weather, and beside it what the batch is planned to want and give off."""
    wanted = _wanted(rearing_batches, rearing_setpoints, rearing_stages)
    begin = wanted["ds"].min() if wanted.height else None
    issues = weather_forecast.with_columns(quality.measured(WEATHER)).filter(
        pl.col("time") > pl.col("issued_at"),
        pl.col("time") <= pl.col("issued_at").dt.offset_by(AHEAD),
        pl.col("issued_at") >= pl.lit(begin, _UTC),
    )
    outside = _outside(issues.select("place", "known_at", *WEATHER, ds="time"), rearing_rooms)
    rows = pl.concat([outside, _told_again(outside, wanted)]).join(wanted.lazy(), on=["room", "ds"], how="left")
    told = pl.col("since").is_null() | (pl.col("since") <= pl.col("known_at"))
    rows = rows.with_columns(pl.when(told).then(name).alias(name) for name in (*LARVAE, *BAND))
    rows = _idle(rows).drop_nulls(OUTSIDE)
    parts = [
        rows.select(pl.format("{}/{}", "room", pl.lit(name)).alias("unique_id"), "known_at", "ds", *KNOWN)
        for name in MEASURES
    ]
    return pl.concat(parts).sort("known_at", *KEYS)


def _steps(readings: pl.LazyFrame, actuators: pl.LazyFrame, every: str) -> pl.LazyFrame:
    """room, ds (end of the step), known_at, measures, devices, power: steps that are over."""
    end = (pl.col("time").dt.offset_by("-1us").dt.truncate(every).dt.offset_by(every)).alias("ds")
    good = readings.with_columns(quality.measured(MEASURES))
    moments = good.group_by("room", "time").agg(pl.col("known_at").max(), *(pl.col(m).median() for m in MEASURES))
    steps = moments.group_by("room", end).agg(pl.col("known_at").max(), *(pl.col(m).mean() for m in MEASURES))
    after = moments.select("room", closed="known_at", ds="time").sort("ds")
    over = steps.sort("ds").join_asof(after, on="ds", by="room", strategy="forward", check_sortedness=False)
    over = over.filter(pl.col("closed").is_not_null()).with_columns(known_at=pl.max_horizontal("known_at", "closed"))
    done = actuators.group_by("room", end).agg(
        *(pl.col(name).mean() for name in (*DEVICES, "power")), told=pl.col("known_at").max()
    )
    rows = over.drop("closed").join(done, on=["room", "ds"], how="left")
    known = pl.col("told") <= pl.col("known_at")
    return rows.with_columns(pl.when(known).then(name).alias(name) for name in (*DEVICES, "power")).drop("told")


def _outside(weather: pl.LazyFrame, rooms: pl.LazyFrame) -> pl.LazyFrame:
    """room, ds, known_at, outdoor °C, vapour kg/kg, sun kW/m² at each room's height."""
    places = rooms.select("room", "place", lift=(pl.col("height_above_sea").fill_null(HEIGHT) - HEIGHT) * LAPSE)
    rows = weather.join(places, on="place").collect()
    t, rh = (rows[name].to_numpy().astype(np.float64) for name in ("temperature", "humidity"))
    outdoor = t - rows["lift"].to_numpy()
    vapour = np.minimum(moist.humidity_ratio(t, rh), moist.humidity_ratio(outdoor, 100.0))
    made = rows.select("room", "ds", "known_at", sun=pl.col("radiation") / 1000)
    return made.with_columns(
        outdoor=pl.Series(outdoor, nan_to_null=True), vapour=pl.Series(vapour, nan_to_null=True)
    ).lazy()


def _told_again(outside: pl.LazyFrame, wanted: pl.DataFrame) -> pl.LazyFrame:
    """The weather last known when a batch came, as an issue of that moment: what is ahead of the room changed then."""
    begun = wanted.select("room", "since").unique().lazy()
    hours = outside.select("room", "ds").unique().join(begun, on="room")
    soon = (pl.col("ds") > pl.col("since")) & (pl.col("ds") <= pl.col("since").dt.offset_by(AHEAD))
    moments = hours.filter(soon).rename({"since": "known_at"}).sort("known_at", "room", "ds")
    last = outside.sort("known_at", "room", "ds")
    again = moments.join_asof(last, on="known_at", by=["room", "ds"], check_sortedness=False, allow_exact_matches=False)
    return again.drop_nulls(OUTSIDE).select(outside.collect_schema().names())


def _wanted(batches: pl.LazyFrame, setpoints: pl.LazyFrame, stages: pl.LazyFrame) -> pl.DataFrame:
    """room, ds, since, band and load of each hour of each batch, as planned on the day of brushing."""
    points, tables = setpoints.collect(), stages.collect()
    parts = []
    for row in batches.sort("brushed_at").collect().rows(named=True):
        own = sericulture.stages(tables, row["development"] or batch_plan.DEFAULT)
        wanted = batch_plan.bands(points, row["scheme"] or batch_plan.DEFAULT, row["brushed_at"].date())
        hours = round(LONGEST / timedelta(hours=1))
        course = batch_plan.course(own, wanted, row["boxes"] or 0.0, hours)
        first = row["brushed_at"].astimezone(UTC).replace(minute=0, second=0, microsecond=0)
        told = [
            (h.load.heat / 1000, h.load.water, h.load.co2, *(getattr(h.band, name) for name in BAND)) for h in course
        ]
        frame = pl.DataFrame(told, [*LARVAE, *BAND], orient="row").cast(pl.Float64)
        ends = pl.Series("ds", [first + timedelta(hours=k + 1) for k in range(hours)]).cast(_UTC)
        frame = frame.with_columns(ends, room=pl.lit(row["room"]), since=pl.lit(row["known_at"], _UTC))
        parts.append(frame if row["ended_at"] is None else frame.filter(pl.col("ds") <= row["ended_at"]))
    if not parts:
        keys = pl.DataFrame(schema={"room": pl.String, "ds": _UTC, "since": _UTC})
        return keys.with_columns(pl.lit(0.0).alias(name) for name in (*LARVAE, *BAND))
    return pl.concat(parts).unique(["room", "ds"], keep="last", maintain_order=True)


def _idle(rows: pl.LazyFrame) -> pl.LazyFrame:
    """A room without larvae wants little and gets nothing from them."""
    quiet = {name: pl.col(name).fill_null(0.0) for name in LARVAE}
    idle = {name: pl.col(name).fill_null(getattr(batch_plan.IDLE, name)) for name in BAND}
    return rows.with_columns(**quiet, **idle)


def _series(rows: pl.LazyFrame, beside: tuple[str, ...]) -> pl.LazyFrame:
    """From a row a room to a row a series: unique_id, ds, known_at, y and everything beside."""
    parts = [
        rows.select(
            pl.format("{}/{}", "room", pl.lit(name)).alias("unique_id"),
            "ds",
            "known_at",
            pl.col(name).alias("y"),
            *beside,
        )
        for name in MEASURES
    ]
    return pl.concat(parts).sort(KEYS)
