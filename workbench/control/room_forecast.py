"""A rearing room's next day as an ordinary Model: its grey-box `Room`, run on under the habits of its own control.

The room is identified on the panel's hours (`workbench.control.room`); what lies ahead is its weather, the larvae's
planned load and the planned band. The devices of the hours to come are not known: the room is taken to be held as it
was of late, between two levels about the middle of its band, as far as the devices it has used are strong enough. CO₂
is a balance of its own: leak and fan against the larvae. Where a room cannot be identified, or has not been read for
half a day, persistence answers. Ranges are the model's own misses by lead on its log, with the weather as it was;
wrap it in `Calibrated`, which replays it with the weather as it was foreseen.
"""

from dataclasses import asdict, dataclass, replace
from pathlib import Path
from statistics import NormalDist
from typing import Self

import numpy as np
import polars as pl

from workbench.control.equipment import DEVICES
from workbench.control.room_held import Hours, Known, excess, fan, habits, learn, run, start
from workbench.errors import MissingData
from workbench.forecast import keep
from workbench.forecast.algorithms.persistence import FittedPersistence, Persistence
from workbench.forecast.clock import Clock
from workbench.forecast.frames import LEVELS, QUANTILES, measure, place
from workbench.forecast.task import Split, Task
from workbench.science.psychrometrics import Floats

MEASURES = ("temperature", "humidity", "co2")
OUTSIDE = ("outdoor", "vapour", "sun", "heat", "water")
LARVAE = "gas"
BAND = ("t_lo", "t_hi", "rh_lo", "rh_hi", "co2_max")
STALE = 12
"""Hours without a reading after which persistence answers."""


@dataclass(frozen=True)
class GreyBox:
    """Learns each room from its newest `days`; the way it is held from the newest `habit` days.

    Ranges are `widen` times the misses on the log, which those of a usual room make wide already.
    """

    days: int = 30
    habit: int = 4
    widen: float = 0.9

    def fit(self, task: Task, split: Split) -> "FittedGreyBox":
        """Identify every room that has two days of hours; the others are left to persistence."""
        behind = Persistence().fit(task, split)
        known = {}
        for name, hours in rooms(split.past, Clock(task.every), self.days).items():
            try:
                known[name] = learn(hours, task.horizon, self.habit, self.widen)
            except MissingData:
                continue
        return FittedGreyBox(task.every, self.habit, known, behind)


@dataclass(frozen=True)
class FittedGreyBox:
    """The rooms by name, and persistence behind. How a room is held is seen anew in each past: larvae come and go."""

    every: str
    habit: int
    known: dict[str, Known]
    behind: FittedPersistence

    def predict(self, past: pl.DataFrame, future: pl.DataFrame) -> pl.DataFrame:
        """Each room run on from its newest hour; mean and quantiles of a normal range by lead."""
        clock = Clock(self.every)
        answers = self.behind.predict(past, future)
        recent = rooms(past, clock, self.habit)
        last = dict(newest(past, clock))
        ahead = future.with_columns(room=place(), number=clock.number())
        parts = []
        for (name,), own in ahead.group_by("room", maintain_order=True):
            known, hours = self.known.get(str(name)), recent.get(str(name))
            steps = own.sort("number").unique("number", keep="first", maintain_order=True)
            if known is None or hours is None or steps.select(OUTSIDE).null_count().sum_horizontal().item():
                continue
            lag = int(steps["number"][0]) - last[str(name)] - 1
            if lag >= STALE or lag < 0:
                continue
            held, has = habits(hours, self.habit)
            now_held = replace(known, held=held, has=has)
            parts.append(self.room(now_held, hours, steps, lag).with_columns(room=pl.lit(name)))
        if not parts:
            return answers
        told = ahead.select("unique_id", "ds", "room", measure().alias("measure"))
        told = told.join(pl.concat(parts), on=["room", "measure", "ds"], how="left", maintain_order="left")
        plain = told.join(answers, on=["unique_id", "ds"], how="left", suffix="_behind", maintain_order="left")
        names = ["mean", *QUANTILES]
        return plain.select("unique_id", "ds", *(pl.col(n).fill_null(pl.col(f"{n}_behind")).alias(n) for n in names))

    def room(self, known: Known, hours: Hours, steps: pl.DataFrame, lag: int) -> pl.DataFrame:
        """measure, ds, mean and quantiles of one room; hours between the newest reading and the first asked are run
        through with what is foreseen for the first."""
        ahead = inputs(steps)
        led = tuple(np.concatenate([np.repeat(part[:1], lag, axis=0), part])[None] for part in ahead)
        now = np.array([len(hours.air) - 1])
        found = run(known, start(known, hours, now), fan(hours, now), led)[0, lag:]
        spread = np.array(known.spread)[np.minimum(np.arange(len(found)) + lag, len(known.spread) - 1)]
        spread = spread * np.stack([np.ones(len(found)), np.ones(len(found)), excess(found[:, 2])], axis=1)
        parts = []
        for j, name in enumerate(MEASURES):
            values = {"mean": found[:, j]}
            values |= {
                q: found[:, j] + spread[:, j] * NormalDist().inv_cdf(p) for q, p in zip(QUANTILES, LEVELS, strict=True)
            }
            most = 100.0 if name == "humidity" else np.inf
            clipped = {key: np.clip(value, 0 if j else -50, most) for key, value in values.items()}
            parts.append(pl.DataFrame({"ds": steps["ds"], "measure": [name] * len(found), **clipped}))
        return pl.concat(parts)

    def save(self, folder: Path) -> None:
        """JSON, and persistence in a folder of its own."""
        rooms_ = {name: asdict(known) for name, known in self.known.items()}
        keep.write_json(folder / "rooms.json", {"every": self.every, "habit": self.habit, "rooms": rooms_})
        keep.save(self.behind, folder / "behind")

    @classmethod
    def load(cls, folder: Path) -> Self:
        """Read back."""
        given = keep.read_json(folder / "rooms.json")
        known = {name: Known.of(room) for name, room in given["rooms"].items()}
        return cls(given["every"], given["habit"], known, FittedPersistence.load(folder / "behind"))


def newest(past: pl.DataFrame, clock: Clock) -> list[tuple[str, int]]:
    """Number of the newest hour in which each room was read for warmth and damp."""
    read = past.filter(pl.col("temperature").is_finite() & pl.col("humidity").is_finite())
    return read.group_by(place().alias("room")).agg(clock.number().max().alias("number")).rows()


def rooms(past: pl.DataFrame, clock: Clock, days: int) -> dict[str, Hours]:
    """The newest `days` of each room as even hours that end with one that was read."""
    columns = [*MEASURES, *DEVICES, *OUTSIDE, LARVAE, *BAND]
    rows = past.select(
        place().alias("room"), clock.number().alias("number"), *(pl.col(c).fill_nan(None) for c in columns)
    )
    found = {}
    for (name,), own in rows.group_by("room"):
        once = own.group_by("number").agg(pl.col(c).drop_nulls().min() for c in columns).sort("number")
        read = once.filter(pl.col("temperature").is_not_null(), pl.col("humidity").is_not_null())
        if read.is_empty():
            continue
        last = int(read["number"][-1])
        first = max(int(read["number"][0]), last - days * clock.phases + 1)
        grid = pl.DataFrame({"number": np.arange(first, last + 1)}).join(once, on="number", how="left").sort("number")
        was = grid["temperature"].is_not_null().to_numpy()
        even = grid.with_columns(pl.col(columns).interpolate().forward_fill().backward_fill()).fill_null(0.0)
        take = [even.select(part).to_numpy().astype(np.float64) for part in (MEASURES, DEVICES, OUTSIDE, BAND)]
        take[2][:, 1] *= 1000
        found[str(name)] = Hours(take[0], take[1], take[2], even[LARVAE].to_numpy().astype(np.float64), take[3], was)
    return dict(sorted(found.items()))


def inputs(steps: pl.DataFrame) -> tuple[Floats, Floats, Floats]:
    """outside (n × 5), gas (n), band (n × 5) of hours ahead; a band that is not told is the last told."""
    even = steps.with_columns(pl.col(*BAND, LARVAE).forward_fill().backward_fill().fill_null(0.0))
    outside = even.select(OUTSIDE).to_numpy().astype(np.float64)
    outside[:, 1] *= 1000
    gas, band = even[LARVAE].to_numpy().astype(np.float64), even.select(BAND).to_numpy().astype(np.float64)
    return outside, gas, band
