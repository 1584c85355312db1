"""A room's own minutes, kept by its device process, and what they tell of it: the identified room, and its drift.

`minutes.csv` on the room's desk has a row a minute: time, t °C, rh %, what the five devices did, and outside (°C, g/kg,
kW/m², larvae's kW, kg/h). Minutes in which it is not known what the devices did do not count. A room is identified on
the newest `DAYS`; it has drifted when its hourly misses of the last day are `WORSE` times what they were then, and is
identified anew.
"""

import csv
import json
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from pathlib import Path

import numpy as np

from workbench.control import room as grey
from workbench.control.equipment import DEVICES
from workbench.control.room import PRESSURE, Room, RoomLog
from workbench.errors import MissingData
from workbench.science import psychrometrics as moist
from workbench.science.psychrometrics import Floats

FILE = "minutes.csv"
DAYS = 10
BRIDGED = 10
"""Minutes of a gap that are bridged straight; a longer one begins the log anew."""
WORSE = 1.6
HORIZON = 60
COLUMNS = 1 + 2 + len(DEVICES) + 5


@dataclass(frozen=True)
class Identified:
    """A room with the day it was identified on, the hours used, and its misses an hour ahead (°C, %)."""

    room: Room
    at: str
    hours: float
    misses: tuple[float, float]

    def save(self, file: Path) -> None:
        """Write `room.json` in one stroke."""
        part = file.with_name(f".{file.name}.part")
        part.write_text(json.dumps(asdict(self)), encoding="utf-8")
        part.replace(file)

    @classmethod
    def load(cls, file: Path) -> "Identified":
        """Read it back; ValueError, KeyError or TypeError where it is damaged, OSError where it is not there."""
        given = json.loads(file.read_text(encoding="utf-8"))
        room = Room(tuple(given["room"]["values"]), tuple(given["room"]["spread"]))
        if len(room.values) != len(grey.NAMES):
            raise ValueError(f"{len(room.values)} parameters instead of {len(grey.NAMES)}")
        return cls(room, given["at"], given["hours"], (given["misses"][0], given["misses"][1]))


def note(folder: Path, moment: datetime, values: Iterable[float | None]) -> None:
    """Append a minute; what is not known stays empty."""
    row = ["" if value is None else f"{value:.5g}" for value in values]
    with (folder / FILE).open("a", encoding="utf-8", newline="") as file:
        csv.writer(file).writerow([moment.isoformat(timespec="seconds"), *row])


def read(folder: Path, days: float = DAYS) -> RoomLog:
    """The newest minutes without a long gap, even; MissingData where there are none."""
    rows: list[tuple[float, list[float]]] = []
    try:
        with (folder / FILE).open(encoding="utf-8", newline="") as file:
            for cells in csv.reader(file):
                try:
                    rows.append(
                        (datetime.fromisoformat(cells[0]).timestamp() / 60, [float(c or "nan") for c in cells[1:]])
                    )
                except (ValueError, IndexError):
                    continue
    except FileNotFoundError:
        rows = []
    rows = [
        (at, values)
        for at, values in rows
        if len(values) == COLUMNS - 1 and np.isfinite(values[: 2 + len(DEVICES)]).all()
    ]
    if len(rows) < 2:
        raise MissingData(
            f"no minutes are logged in {folder / FILE}",
            "let `workbench control` run for two days, automatic or with contacts",
        )
    times = np.array([at for at, _ in rows])
    begin = max([0, *(np.flatnonzero(np.diff(times) > BRIDGED) + 1)])
    begin = max(begin, int(np.searchsorted(times, times[-1] - days * 1440)))
    table, times = np.array([values for _, values in rows])[begin:], times[begin:]
    grid = np.arange(times[0], times[-1] + 0.5)
    even = np.stack([_straight(grid, times, column) for column in table.T], axis=1)
    return RoomLog(even[:, 0], even[:, 1], even[:, 2 : 2 + len(DEVICES)], even[:, 2 + len(DEVICES) :])


def _straight(grid: Floats, times: Floats, column: Floats) -> Floats:
    known = np.isfinite(column)
    return np.interp(grid, times[known], column[known]) if known.any() else np.zeros(len(grid))


def identify(folder: Path, moment: datetime, days: float = DAYS, every: int = 20) -> Identified:
    """Fit the room to its own minutes. MissingData for less than two days without a long gap."""
    log = read(folder, days)
    room = grey.identify(log, every=every)
    return Identified(room, moment.isoformat(timespec="seconds"), len(log.t) / 60, misses(room, log))


def misses(room: Room, log: RoomLog, every: int = 15) -> tuple[float, float]:
    """Root mean square of what the room misses `HORIZON` minutes ahead, °C and %, from what it was told to do."""
    water = 1000 * moist.humidity_ratio(log.t, np.clip(log.rh, 5, 100), PRESSURE)
    slow_t, slow_w = grey.slow(log.t, 60 * room["mass_hours"]), grey.slow(water, 60 * room["mass_hours_w"])
    running = grey.slow(log.outputs, room["lag_device"])
    origins = np.arange(60, len(log.t) - HORIZON, every)
    if not len(origins):
        raise MissingData("too few minutes to say how far the room is missed", "log two hours or more")
    state = np.stack([log.t, slow_t, water, slow_w], axis=1)[origins]
    for k in range(HORIZON):
        state = room.minute(state, running[origins + k], log.outside[origins + k])
    ends = origins + HORIZON
    off_t, off_rh = state[:, 0] - log.t[ends], grey.humidity(np.clip(state, -20, 60)) - log.rh[ends]
    return float(np.sqrt(np.mean(off_t**2))), float(np.sqrt(np.mean(off_rh**2)))


def drifted(folder: Path, known: Identified) -> bool:
    """Whether the last day is missed much worse than the days it was identified on."""
    try:
        now = misses(known.room, read(folder, 1.0))
    except MissingData:
        return False
    return now[0] > WORSE * max(known.misses[0], 0.3) or now[1] > WORSE * max(known.misses[1], 2.0)


def due(folder: Path, moment: datetime) -> bool:
    """Whether a room should be identified (again): never yet, or drifted and not within the last twelve hours."""
    try:
        known = Identified.load(folder / "room.json")
    except (OSError, ValueError, KeyError, TypeError):
        known = None
    if known is None:
        try:
            return len(read(folder).t) >= 2 * 1440
        except MissingData:
            return False
    fresh = moment - datetime.fromisoformat(known.at) < timedelta(hours=12)
    return not fresh and drifted(folder, known)
