"""When a room no longer does as its model says: a new model, if it foresees held-out days better, and only then.

Leaf on the racks, a mended wall, a tired heat pump: rooms drift. The check is made on the last two days; a new model is
fitted to the days before them, from the present one, and is taken only where its errors on those two days are smaller
by a tenth; otherwise the old one stays. So a bad log, a fault or an odd week cannot make control worse than it is.
"""

from dataclasses import dataclass

import numpy as np

from workbench.control.room import Room, RoomLog, identify, misses, scaled

HELD_OUT = 2 * 1440
"""Minutes at the end of a log that judge and are not fitted to."""

LIMIT, GAIN = 1.3, 0.9
"""A model is off when its misses are so many times what they were; a new one is taken at this share of them or less."""


@dataclass(frozen=True)
class Renewal:
    """The room to go on with, whether it is `new`, and the misses of the old and the new one on the held-out days."""

    room: Room
    new: bool
    before: float
    after: float


def missed(room: Room, log: RoomLog, every: int = 20) -> float:
    """Root mean square of the misses ahead, by what is usual (1: as good as 0.3 °C and 2 % at once)."""
    return float(np.sqrt(np.mean(scaled(misses(room, log, every)) ** 2)))


def drifted(room: Room, log: RoomLog, usual: float) -> bool:
    """Whether the last days are missed so much more than `usual` (of `missed` when the model was new)."""
    return missed(room, last(log, HELD_OUT)) > LIMIT * usual


def renewed(room: Room, log: RoomLog, every: int = 20, rounds: int = 15) -> Renewal:
    """Fit anew to all but the last two days of the log and judge on those. MissingData for less than four days."""
    recent, earlier = last(log, HELD_OUT), first(log, len(log.t) - HELD_OUT)
    found = identify(earlier, every, rounds, start=room)
    before, after = missed(room, recent), missed(found, recent)
    better = after <= GAIN * before
    return Renewal(found if better else room, better, before, after)


def last(log: RoomLog, minutes: int) -> RoomLog:
    return RoomLog(log.t[-minutes:], log.rh[-minutes:], log.outputs[-minutes:], log.outside[-minutes:])


def first(log: RoomLog, minutes: int) -> RoomLog:
    return RoomLog(log.t[:minutes], log.rh[:minutes], log.outputs[:minutes], log.outside[:minutes])
