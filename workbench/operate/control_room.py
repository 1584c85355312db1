"""The device process of one room, `workbench control ROOM`: keeps time, foresees, files what happened.

It needs no server: readings, devices and actions go into the drop folder, from where whoever sweeps it brings them into
the lake. What it knows of batch and weather it reads from the lake every quarter of an hour, and where that fails it
goes on with what it knew, whose age the shield watches.
"""

import csv
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl

from workbench import domain, settings
from workbench.control import controllers, links, own_log
from workbench.control.controllers import Ahead, Controller
from workbench.control.desk import Desk
from workbench.control.device import Foresight, Keeper
from workbench.control.equipment import DEVICES
from workbench.control.links import Taken
from workbench.control.planner import SLOTS
from workbench.control.predictive import Predictive
from workbench.control.safety import Verdict
from workbench.errors import WorkbenchError
from workbench.lake.store import Lake
from workbench.operate import home, log
from workbench.operate.rearing import AHEAD
from workbench.science import batch_plan
from workbench.settings import now

RENEW = 15
"""Minutes between two looks at the lake."""
LEARN = 360
"""Minutes between two looks whether the room should be identified."""
FILE = 5
"""Minutes between two files into the drop folder."""
PROBES = {"t": ("A", "temperature"), "rh": ("A", "humidity"), "co2": ("A", "co2")}
PROBES |= {"t2": ("B", "temperature"), "rh2": ("B", "humidity")}
IDLE = (batch_plan.IDLE.t_lo, batch_plan.IDLE.t_hi, batch_plan.IDLE.rh_lo, batch_plan.IDLE.rh_hi)


def control(room: str, minutes: int | None = None, tick: float = 60.0) -> dict[str, Any]:
    """Keep a room until told to stop (or for so many minutes, each of `tick` seconds); one process a room."""
    desk = Desk(room)
    home.prepare()
    with home.lock(f"control {room}"):
        wiring = links.Wiring.read(desk.folder / "link.toml")
        keeper = Keeper(desk, links.connect(room, wiring, desk.folder), controller(desk))
        keeper.restore(now(), time.monotonic() / 60)
        desk.note(
            "process", "device", reason=f"started: {wiring.kind}, {type(keeper.controller).__name__}", person="device"
        )
        stopped = threading.Event()
        with handled(stopped.set):
            done = loop(keeper, Filing(room), stopped, (minutes, tick))
        keeper.stop()
    return {"room": room, "minutes": done, "mode": keeper.verdict.mode if keeper.verdict else ""}


def controller(desk: Desk) -> Controller:
    """Predictive where the room has been identified (`room.json`), the look-ahead rules until then."""
    rules = controllers.rules(1)
    try:
        return Predictive(own_log.Identified.load(desk.folder / "room.json").room, 1, rules)
    except FileNotFoundError:
        return rules
    except (OSError, ValueError, KeyError, TypeError) as error:
        desk.note("process", "room.json", reason=f"unreadable, rules instead: {error}"[:200], person="device")
        return rules


def identify(room: str) -> dict[str, Any]:
    """Identify a room on its own minutes and keep it as `room.json`; a running process takes it up by itself."""
    desk = Desk(room)
    found = own_log.identify(desk.folder, now())
    found.save(desk.folder / "room.json")
    said = f"identified on {found.hours:.0f} h: {found.misses[0]:.2f} °C, {found.misses[1]:.1f} % an hour ahead"
    desk.note("process", "room.json", reason=said, person="device")
    return {"room": room, "hours": round(found.hours, 1), "misses": found.misses}


class Learning:
    """Looks every few hours whether the room should be identified, lets a process do it, and takes the result up."""

    def __init__(self, desk: Desk) -> None:
        self.desk = desk
        self.seen = self._written()
        self.work: subprocess.Popen[bytes] | None = None

    def _written(self) -> float:
        file = self.desk.folder / "room.json"
        return file.stat().st_mtime if file.is_file() else 0.0

    def look(self, keeper: Keeper, minute: int) -> None:
        """Once a minute."""
        if self.work is not None and self.work.poll() is not None:
            self.work = None
        if minute % LEARN == LEARN - 1 and self.work is None and own_log.due(self.desk.folder, now()):
            begin = "import sys; sys.argv[0] = 'workbench'; from workbench.cli import main; main()"
            command = [sys.executable, "-c", begin, "control", self.desk.room, "--identify"]
            self.work = subprocess.Popen(
                command, cwd=settings.PROJECT, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
            )
        if self._written() != self.seen:
            self.seen = self._written()
            keeper.controller = controller(self.desk)


def loop(keeper: Keeper, filing: "Filing", stopped: threading.Event, how: tuple[int | None, float]) -> int:
    """Minute by minute; a fault in one minute is logged and the next one comes all the same."""
    (most, tick), done, known = how, 0, Foresight(IDLE, batch_plan.IDLE.co2_max)
    learning = Learning(keeper.desk)
    due = time.monotonic()
    while not stopped.is_set() and (most is None or done < most):
        if done % RENEW == 0:
            known = foresight(keeper.desk.room, known)
        try:
            verdict = keeper.minute(now(), due / 60 + done, known)
            filing.add(keeper, verdict.mode)
            own_log.note(keeper.desk.folder, now(), minute_of(keeper, verdict, known))
            learning.look(keeper, done)
            if done % FILE == FILE - 1:
                filing.lay()
        except Exception as error:  # the room must be kept: the fault is noted and the next minute tried
            log.fault(error)
            keeper.desk.note("process", "device", reason=f"fault: {type(error).__name__}"[:100], person="device")
        done += 1
        stopped.wait(max(0.0, due + done * tick - time.monotonic()))
    filing.lay()
    return done


def minute_of(keeper: Keeper, verdict: Verdict, known: Foresight) -> list[float | None]:
    """A row of the room's own log."""
    given, ahead = keeper.ran(), known.ahead
    vapour = None if known.vapour is None else 1000 * known.vapour
    rest = [None, None, None] if ahead is None else [ahead.sun[0, 0] / 1000, ahead.heat[0, 0] / 1000, ahead.water[0, 0]]
    return [verdict.trusted["t"], verdict.trusted["rh"], *given, known.outdoor, vapour, *rest]


class handled:  # noqa: N801  reads as a phrase: with handled(stop)
    """SIGTERM and SIGINT end the loop in order, where this is the main thread."""

    def __init__(self, stop: Callable[[], None]) -> None:
        self.stop = stop
        self.before: dict[int, Any] = {}

    def __enter__(self) -> None:
        if threading.current_thread() is threading.main_thread():
            for each in (signal.SIGTERM, signal.SIGINT):
                self.before[each] = signal.signal(each, lambda *_: self.stop())

    def __exit__(self, *_: object) -> None:
        for each, was in self.before.items():
            signal.signal(each, was)


def foresight(room: str, before: Foresight, lake: Lake | None = None) -> Foresight:
    """What the lake knows of a room's hours to come; what was known before where it cannot be read."""
    try:
        lake = lake or Lake()
        rows = domain.panel(AHEAD, lake).filter(pl.col("unique_id") == f"{room}/temperature")
        tariff = tariffs(room, lake)
    except (WorkbenchError, OSError, pl.exceptions.PolarsError) as error:
        log.logger.warning("control %s: the lake cannot be read: %s", room, error)
        return before
    rows = rows.sort("known_at").unique("ds", keep="last", maintain_order=True).sort("ds")
    rows = rows.filter(pl.col("ds") > now() - timedelta(hours=1))
    if rows.is_empty():
        return Foresight(before.band, before.co2_max)
    first = rows.row(0, named=True)
    band = (first["t_lo"], first["t_hi"], first["rh_lo"], first["rh_hi"])
    ahead = slots(rows, tariff) if rows["ds"].max() > now() + timedelta(hours=6) else None  # type: ignore[operator]
    return Foresight(band, first["co2_max"], first["outdoor"], first["vapour"], ahead, rows["known_at"].max())  # type: ignore[arg-type]


def tariffs(room: str, lake: Lake) -> Callable[[datetime], float]:
    """The room's price of electricity at an instant, yuan/kWh; 0.5 where no tariff says."""
    rooms = lake.read("rearing_rooms").filter(pl.col("room") == room).collect()
    name = rooms["tariff"][0] if rooms.height else "flat"
    table = lake.read("electricity_tariffs").collect()

    def price(moment: datetime) -> float:
        local = moment.astimezone(settings.county_zone())
        found = batch_plan.price(table, name or "flat", local.hour, local.date())
        return 0.5 if found is None else found

    return price


def slots(rows: pl.DataFrame, price: Callable[[datetime], float]) -> Ahead:
    """Hours ahead as the slots that a planner wants, by straight lines between the ends of hours."""
    begin = now()
    middles = np.cumsum(SLOTS) - SLOTS / 2
    hours = np.array([(moment - begin).total_seconds() / 60 for moment in rows["ds"]])

    def at(name: str, scale: float = 1.0) -> np.ndarray:
        return np.interp(middles, hours, rows[name].to_numpy().astype(np.float64) * scale)[None]

    index = np.clip(np.searchsorted(hours, middles), 0, rows.height - 1)
    band = rows.select("t_lo", "t_hi", "rh_lo", "rh_hi").to_numpy().astype(np.float64)[index][None]
    prices = np.array([[price(begin + timedelta(minutes=float(m))) for m in middles]])
    return Ahead(
        minutes=SLOTS, outdoor=at("outdoor"), vapour=at("vapour"), sun=at("sun", 1000), heat=at("heat", 1000),
        water=at("water"), co2=at("gas"), band=band, price=prices,
    )  # fmt: skip


@dataclass
class Filing:
    """Puts readings, the devices' work and the journal into the drop folder, a file a table every few minutes."""

    room: str
    told: str = ""
    mode: str = ""

    def __post_init__(self) -> None:
        self.worked: list[list[float | None]] = []
        self.taken: list[Taken] = []
        self.desk = Desk(self.room)
        self.mark = self.desk.folder / "filed"
        self.told = self.mark.read_text(encoding="ascii") if self.mark.is_file() else ""

    def add(self, keeper: Keeper, mode: str) -> None:
        """One minute."""
        self.taken += keeper.fresh
        keeper.fresh = []
        self.worked.append(keeper.ran())
        self.mode = mode

    def lay(self) -> None:
        """One file a table; what was laid is forgotten here."""
        if self.taken:
            cells: dict[tuple[str, str], dict[str, float]] = {}
            for one in self.taken:
                probe, column = PROBES[one.sensor]
                cells.setdefault((probe, one.at.isoformat()), {})[column] = one.value
            rows = [
                (self.room, probe, at, *(values.get(name, "") for name in ("temperature", "humidity", "co2")))
                for (probe, at), values in cells.items()
            ]
            self._write("room_readings", ("room", "sensor", "time", "temperature", "humidity", "co2"), rows)
            self.taken = []
        if self.worked:
            known = [[value for value in column if value is not None] for column in zip(*self.worked, strict=True)]
            work = [f"{sum(column) / len(column):.3f}" if column else "" for column in known]
            row = (self.room, now().isoformat(), *work, self.mode)
            self._write("room_actuators", ("room", "time", *DEVICES, "mode"), [row])
            self.worked = []
        lines = self.desk.journal(1000)
        last = next((k for k, line in enumerate(lines) if line.number == self.told), -1)
        fresh = lines[last + 1 :]
        if fresh:
            self._write(
                "room_actions", ("room", *asdict(fresh[0])), [(self.room, *asdict(line).values()) for line in fresh]
            )
            self.told = fresh[-1].number
            self.mark.write_text(self.told, encoding="ascii")

    def _write(self, table: str, head: tuple[str, ...], rows: list[tuple[Any, ...]]) -> None:
        folder: Path = settings.home() / "drop" / table
        folder.mkdir(parents=True, exist_ok=True)
        name = f"{self.room}-{now():%Y%m%dT%H%M%S%f}.csv"
        part = folder / f".{name}"
        with part.open("w", encoding="utf-8", newline="") as file:
            csv.writer(file).writerows([head, *rows])
        part.replace(folder / name)
