"""The room's model against hand-worked balances, and its forecasts against a room that obeys it."""

from datetime import UTC, datetime, timedelta

import numpy as np
import polars as pl
import pytest

from models.sericulture import TASKS
from workbench.control import room_held as held
from workbench.control.equipment import DEVICES, VENT
from workbench.control.room import NAMES, START, Room
from workbench.control.room_forecast import BAND, LARVAE, MEASURES, OUTSIDE, GreyBox
from workbench.forecast.clock import Clock
from workbench.science import psychrometrics as moist

BEGIN = datetime(2026, 5, 1, tzinfo=UTC)
ROOM = Room(START)


def a_room(hours: int, outdoor: float = 10.0, heating: float = 0.5) -> held.Hours:
    """A room at 24 °C, 70 % and 800 ppm that never changes."""
    air = np.tile([24.0, 70.0, 800.0], (hours, 1))
    duty = np.tile([heating, 0, 0.3, 0, 0.1], (hours, 1))
    outside = np.tile([outdoor, 5.0, 0.0, 0.5, 0.8], (hours, 1))
    band = np.tile([23.0, 25.0, 65.0, 75.0, 1200.0], (hours, 1))
    return held.Hours(air, duty, outside, np.full(hours, 0.1), band, np.ones(hours, dtype=bool))


def known(**changes: object) -> held.Known:
    usual: dict[str, object] = {
        "room": ROOM, "co2": (0.6, 5.0, 2000.0), "held": (-0.2, 0.2, -1.0, 1.0), "has": (0.5, 0.1, 0.3, 0.1, 0.1),
    }  # fmt: skip
    return held.Known(**(usual | {"spread": ()} | changes))  # type: ignore[arg-type]


def run(who: held.Known, hours: held.Hours, steps: int = 24) -> np.ndarray:
    now = np.array([len(hours.air) - 1])
    ahead = tuple(part[:steps][None] for part in (hours.outside, hours.gas, hours.band))
    return held.run(who, held.start(who, hours, now), held.fan(hours, now), ahead)[0]


def test_a_strong_room_is_held_in_its_band_and_one_without_a_heater_goes_out() -> None:
    hours = a_room(48)
    kept, left = run(known(), hours), run(known(has=(0.0, 0.1, 0.3, 0.1, 0.1)), hours)
    assert np.all(np.abs(kept[:, 0] - 24) < 0.25)
    assert np.all(np.abs(kept[:, 1] - 70) < 1.6)
    assert left[-1, 0] < 19
    assert np.all(np.diff(left[:, 0]) < 0)


def test_a_heater_too_weak_for_the_cold_lets_the_room_sink_to_its_balance() -> None:
    """In balance the heat given is the heat lost: T = T_out + (heat + body·q − mist…)/loss, without mist or fan."""
    weak = Room(tuple(1.0 if name == "heat" else value for name, value in zip(NAMES, START, strict=True)))
    hours = a_room(900, outdoor=0.0)
    found = run(known(room=weak, has=(0.5, 0.0, 0.0, 0.0, 0.0)), hours, 900)
    p = dict(zip(NAMES, weak.values, strict=True))
    assert found[-1, 0] == pytest.approx((p["heat"] + p["body"] * 0.5) / p["loss"], abs=0.05)


def test_co2_settles_where_larvae_and_fresh_air_balance() -> None:
    found = run(known(co2=(1.0, 0.0, 3000.0)), a_room(48), 40)
    assert found[-1, 2] == pytest.approx(420 + 3000 * 0.1 / 1.0, abs=1)


def test_the_balance_of_co2_is_found_again() -> None:
    rng = np.random.default_rng(1)
    hours = a_room(300)
    hours.duty[:, VENT] = rng.uniform(0, 0.5, 300)
    hours.gas[:] = 0.1 + 0.1 * np.sin(np.arange(300) / 24)
    for k in range(1, 300):
        rate = 0.8 + 3.0 * hours.duty[k, VENT]
        level = 420 + 1800 * hours.gas[k] / rate
        hours.air[k, 2] = level + (hours.air[k - 1, 2] - level) * np.exp(-rate)
    assert held.balance(hours) == pytest.approx((0.8, 3.0, 1800.0), rel=0.05)


def panel(hours: int) -> pl.DataFrame:
    """A room that obeys the grey box, kept by a proportional thermostat and hygrostat under a day's swing outside."""
    k = np.arange(hours)
    day = a_room(hours)
    rng = np.random.default_rng(4)
    day.outside[:, 0] = 16 + 5 * np.sin(2 * np.pi * k / 24) + rng.normal(0, 1.5, hours)
    day.outside[:, 1] = 5 + rng.normal(0, 0.5, hours)
    x, c = np.array([24.0, 23.0, 13.0, 13.0]), 800.0
    air = np.empty((hours, 3))
    for n in k:
        duty = np.zeros((4, 5))
        for part in range(4):
            rh = float(moist.relative_humidity(x[0], x[2] / 1000))
            duty[part] = np.clip([(25 - x[0]) / 2, 0, (80 - rh) / 40, 0, 0], 0, 1)
            duty[part, VENT] = 0.1 + 0.02 * np.sin(n)
            v = duty[part, VENT]
            a, b = ROOM.rates(np.array(v))
            for _ in range(6):
                x = x + (a @ x + ROOM.drive(np.array(v), day.outside[n]) + b @ duty[part]) / 24
        day.duty[n] = duty.mean(axis=0)
        rate = 0.6 + 5 * day.duty[n, VENT]
        level = 420 + 2000 * day.gas[n] / rate
        c = level + (c - level) * np.exp(-rate)
        air[n] = x[0], float(moist.relative_humidity(x[0], x[2] / 1000)), c
    columns = dict(zip(MEASURES, air.T, strict=True)) | dict(zip(DEVICES, day.duty.T, strict=True))
    columns |= dict(zip(OUTSIDE, day.outside.T * np.array([1, 1e-3, 1, 1, 1])[:, None], strict=True))
    columns |= {LARVAE: day.gas} | dict(zip(BAND, day.band.T, strict=True))
    ends = [BEGIN + timedelta(hours=int(n)) for n in k]
    rows = pl.DataFrame(columns).with_columns(pl.Series("ds", ends), pl.Series("known_at", ends))
    parts = [rows.with_columns(unique_id=pl.lit(f"A/{m}"), y=pl.col(m)) for m in MEASURES]
    return pl.concat(parts).cast({"ds": pl.Datetime("us", "UTC"), "known_at": pl.Datetime("us", "UTC")})


def test_a_room_that_obeys_the_model_is_foreseen_and_the_coming_cold_counts() -> None:
    task, whole = TASKS[0], panel(300)
    past = whole.filter(pl.col("ds") <= BEGIN + timedelta(hours=250))
    future = whole.filter(pl.col("ds") > BEGIN + timedelta(hours=250)).filter(
        pl.col("ds") <= BEGIN + timedelta(hours=274)
    )
    split = task.split(past, whole.drop("y"), BEGIN + timedelta(hours=250))
    fitted = GreyBox().fit(task, split)
    told = fitted.predict(past, future).join(future.select("unique_id", "ds", "y"), on=["unique_id", "ds"])
    off = told.group_by("unique_id").agg((pl.col("mean") - pl.col("y")).abs().mean()).sort("unique_id")
    assert (off["mean"] < pl.Series([15.0, 3.0, 0.6])).all(), off
    held_80 = told.select(pl.col("y").is_between("q10", "q90").mean()).item()
    assert 0.6 < held_80 < 0.98
    frost = future.with_columns(outdoor=pl.lit(-80.0))
    colder = fitted.predict(past, frost).filter(pl.col("unique_id") == "A/temperature")
    usual = told.filter(pl.col("unique_id") == "A/temperature")
    assert colder["mean"][-1] < usual["mean"][-1] - 1


def test_a_room_silent_for_half_a_day_or_new_is_left_to_persistence() -> None:
    task, whole = TASKS[0], panel(200)
    past = whole.filter(pl.col("ds") <= BEGIN + timedelta(hours=150))
    grid = task.split(past, whole.drop("y"), BEGIN + timedelta(hours=170))
    fitted = GreyBox().fit(task, grid)
    assert fitted.predict(past, grid.future).equals(fitted.behind.predict(past, grid.future))
    young = past.filter(pl.col("ds") <= BEGIN + timedelta(hours=30))
    short = task.split(young, whole.drop("y"), BEGIN + timedelta(hours=30))
    assert {} == GreyBox().fit(task, short).known


def test_water_is_the_humidity_ratio_of_the_readings() -> None:
    assert a_room(2).water[0] == pytest.approx(1000 * float(moist.humidity_ratio(24.0, 70.0)))


def test_gaps_are_bridged_and_the_last_hour_is_one_that_was_read() -> None:
    from workbench.control.room_forecast import rooms

    whole = panel(60)
    gone = pl.col("ds").is_between(BEGIN + timedelta(hours=20), BEGIN + timedelta(hours=22))
    late = pl.col("ds") > BEGIN + timedelta(hours=55)
    holed = whole.filter(~gone).with_columns(temperature=pl.when(~late).then("temperature"))
    hours = rooms(holed, Clock("1h"), 30)["A"]
    assert 56 == len(hours.air)
    assert 3 == int((~hours.read).sum())
    assert np.isfinite(hours.air).all()
