"""One room's minute: what the line has heard goes through the shield, the controller is asked, the verdict goes out.

`Keeper.minute` is called once a minute by whoever keeps time (`workbench.operate.control_room`). It holds no clock of
its own, so that a test can run a day in seconds; it writes what happened to the room's desk and never waits for the
server. Every command, also one that a person gives from afar, passes the shield. A failing controller is a lost plan,
which the shield answers by its own rules.
"""

import math
from dataclasses import asdict, dataclass, field
from datetime import datetime, timedelta
from typing import Any

import numpy as np

from workbench.control import shield
from workbench.control.controllers import Ahead, Controller, Sight
from workbench.control.desk import Desk, Order
from workbench.control.equipment import DEVICES, Relays
from workbench.control.links import Link, Report, Taken
from workbench.control.predictive import Predictive
from workbench.errors import WorkbenchError
from workbench.science.psychrometrics import Floats

LATE = timedelta(minutes=5)
"""A reading older than this when it comes is back-filled: kept, but not acted on."""
MANUAL = 120.0
"""Minutes for which a command given by hand holds."""


@dataclass(frozen=True)
class Foresight:
    """What is known of outside and the batch: the band (t_lo, t_hi, rh_lo, rh_hi), CO₂ limit, weather, and what comes.

    `told_at`: when the weather was last issued; None where none is known.
    """

    band: tuple[float, float, float, float]
    co2_max: float
    outdoor: float | None = None
    vapour: float | None = None
    ahead: Ahead | None = None
    told_at: datetime | None = None


@dataclass
class Keeper:
    """Keeps a room: its shield's memory, its controller, and what people want of it."""

    desk: Desk
    link: Link
    controller: Controller
    limits: shield.Limits = field(default_factory=shield.Limits)
    memory: shield.Memory = field(default_factory=shield.Memory)
    plan: tuple[float, ...] | None = None
    manual: dict[int, tuple[float, float]] = field(default_factory=dict)
    readings: dict[str, shield.Reading] = field(default_factory=dict)
    heard_at: float | None = None
    count: int = 0
    fresh: list[Taken] = field(default_factory=list)
    verdict: shield.Verdict | None = None
    failed: str = ""
    proofs: tuple[bool | None, ...] = (None,) * len(DEVICES)
    relays: Relays = field(default_factory=lambda: Relays(1))

    def minute(self, now: datetime, at: float, known: Foresight) -> shield.Verdict:
        """One minute at the instant `now`, minute `at` of a clock that only goes on."""
        report = self.link.read()
        self._take(report, now, at)
        for order in self.desk.orders():
            self._obey(order, now, at)
        self.manual = {d: (value, until) for d, (value, until) in self.manual.items() if at < until}
        told = None if known.told_at is None else at - (now - known.told_at).total_seconds() / 60
        seen = shield.Seen(
            at=at,
            readings=dict(self.readings),
            local=report.local,
            proofs=report.proofs,
            foreseen=self._expected(),
            weather_at=told,
            link_at=self.heard_at,
            outdoor=known.outdoor,
        )
        hand = {d: value for d, (value, _) in self.manual.items()}
        before, was = self.verdict, self.memory
        self.memory, verdict = shield.step(was, seen, shield.Ask(self.plan, hand, known.band), self.limits)
        sent = self.link.write(verdict.commands, verdict.cut)
        self._tell(before, verdict, sent)
        self.verdict = verdict
        self.plan = self._next(verdict, known)
        self.desk.write_state(self.state(now, at))
        return verdict

    def _take(self, report: Report, now: datetime, at: float) -> None:
        """The newest reading of each sensor counts; what comes late is kept for the record only."""
        if report.heard:
            self.heard_at = at
        self.fresh += report.taken
        self.proofs = report.proofs
        for one in sorted(report.taken, key=lambda taken: taken.at):
            old = now - one.at
            if timedelta(minutes=-1) <= old <= LATE:
                self.readings[one.sensor] = shield.Reading(one.value, at - max(old.total_seconds(), 0.0) / 60)

    def _obey(self, order: Order, now: datetime, at: float) -> None:
        """Do what was ordered, or note why not."""
        try:
            if order.kind == "mode":
                self.memory, entry = shield.grant(self.memory, order.what, at, order.value, order.person, order.reason)
                until = (
                    "" if entry.until is None else (now + timedelta(minutes=entry.until - at)).isoformat("T", "minutes")
                )
                self.desk.note("mode", entry.mode, wanted=entry.before, given=until, reason=entry.why, person=entry.by)
            elif order.kind == "command" and order.what in DEVICES:
                device = DEVICES.index(order.what)
                if order.value < 0:
                    self.manual.pop(device, None)
                else:
                    self.manual[device] = (min(order.value, 1.0), at + MANUAL)
                self.desk.note(
                    "command", order.what, wanted=f"{order.value:g}", reason=order.reason, person=order.person
                )
            elif order.kind == "acknowledge":
                self.desk.note("acknowledge", order.what, reason=order.reason, person=order.person)
            else:
                self.desk.note("process", order.what, reason=f"unknown order {order.kind}", person=order.person)
        except WorkbenchError as error:
            self.desk.note("process", order.what, reason=f"refused: {error.message}", person=order.person)

    def _tell(self, before: shield.Verdict | None, verdict: shield.Verdict, sent: bool) -> None:
        """Every change of command, mode, alarm and line into the journal."""
        why = {one.device: one.reason for one in verdict.changed}
        wanted = {one.device: f"{one.wanted:.2f}" for one in verdict.changed}
        last = before.commands if before is not None else (None,) * len(DEVICES)
        for device, now_, was in zip(DEVICES, verdict.commands, last, strict=True):
            if now_ != was:
                given = "" if now_ is None else f"{now_:.2f}"
                line = {"wanted": wanted.get(device, given), "given": given, "reason": why.get(device, "")}
                self.desk.note("action", device, **line, person=verdict.mode)
        if before is None or before.mode != verdict.mode:
            self.desk.note(
                "mode", verdict.mode, wanted=before.mode if before else "", given=verdict.mode, person="device"
            )
        alarms = {(one.code, one.what) for one in verdict.alarms}
        old = {(one.code, one.what) for one in before.alarms} if before is not None else set()
        for code, what in sorted(alarms - old):
            self.desk.note("alarm", what, reason=code, person="device")
        for code, what in sorted(old - alarms):
            self.desk.note("clear", what, reason=code, person="device")
        if not sent and any(value is not None for value in verdict.commands):
            self.desk.note("link", "commands", reason="not sent", person="device")

    def _next(self, verdict: shield.Verdict, known: Foresight) -> tuple[float, ...] | None:
        """What the controller wants next, None where it cannot say."""
        trusted = [verdict.trusted[name] for name in ("t", "rh")]
        if any(value is None for value in trusted):
            return None
        gas = verdict.trusted["co2"]
        row = lambda value: np.array([math.nan if value is None else float(value)])  # noqa: E731
        done = np.array([[0.0 if value is None else value for value in verdict.commands]])
        sight = Sight(
            minute=self.count,
            t=row(trusted[0]),
            rh=row(trusted[1]),
            co2=row(500.0 if gas is None else gas),
            band=np.array([known.band]),
            co2_max=row(known.co2_max),
            outdoor=row(known.outdoor if known.outdoor is not None else trusted[0]),
            vapour=row(known.vapour if known.vapour is not None else 0.02),
            ahead=known.ahead if self.count % 5 == 0 else None,
            outputs=done,
        )
        self.count += 1
        try:
            duties: Floats = self.relays.follow(self.controller.decide(sight))
        except Exception as error:  # whatever happens in a controller, the room is kept
            if str(error) != self.failed:
                self.failed = str(error)
                self.desk.note(
                    "process", "controller", reason=f"{type(error).__name__}: {error}"[:200], person="device"
                )
            return None
        return tuple(float(value) for value in duties[0])

    def _expected(self) -> tuple[float, float] | None:
        """The air that the controller's model expects now."""
        if not isinstance(self.controller, Predictive) or self.controller.observer.state is None:
            return None
        air = self.controller.planner.foreseen[0, 0]
        return (float(air[0]), float(air[1])) if np.isfinite(air).all() and air[1] > 0 else None

    def state(self, now: datetime, at: float) -> dict[str, Any]:
        """Everything that the server shows, as plain values."""
        assert self.verdict is not None
        until = self.memory.until
        ends = None if until is None else (now + timedelta(minutes=until - at)).isoformat(timespec="seconds")
        alarms = [
            asdict(one) | {"since": (now - timedelta(minutes=at - one.since)).isoformat(timespec="seconds")}
            for one in self.verdict.alarms
        ]
        return {
            "at": now.isoformat(timespec="seconds"),
            "minute": at,
            "mode": self.verdict.mode,
            "until": ends,
            "trusted": self.verdict.trusted,
            "commands": list(self.verdict.commands),
            "allowed": list(self.verdict.allowed),
            "alarms": alarms,
            "controller": type(self.controller).__name__,
            "fell_back": getattr(self.controller, "fell_back", 0),
            "plan": self._plan(now),
            "memory": {
                "mode": self.memory.mode,
                "until": until,
                "ended": self.memory.ended,
                "commands": self.memory.commands,
                "moved": self.memory.moved,
            },
        }

    def _plan(self, now: datetime) -> list[dict[str, Any]]:
        """The plan as steps with what it foresees; empty where the rules run."""
        if not isinstance(self.controller, Predictive) or not self.controller.solved[0]:
            return []
        planner, begin, steps = self.controller.planner, now, []
        for k, minutes in enumerate(planner.slots):
            air = planner.foreseen[0, k]
            duty = [round(float(x), 3) for x in planner.plan[0, k]]
            steps.append({"from": begin.isoformat(timespec="seconds"), "minutes": float(minutes), "duty": duty,
                          "t": round(float(air[0]), 2), "rh": round(float(air[1]), 1)})  # fmt: skip
            begin += timedelta(minutes=float(minutes))
        return steps

    def ran(self) -> list[float | None]:
        """What each device does: as commanded, else as its contact says, else not known."""
        assert self.verdict is not None
        proved = [None if proof is None else float(proof) for proof in self.proofs]
        return [p if c is None else c for c, p in zip(self.verdict.commands, proved, strict=True)]

    def stop(self) -> None:
        """Hand back: what we switched on is switched off."""
        if self.verdict is not None:
            off = [0.0 if value is not None and value > 0 else None for value in self.verdict.commands]
            self.link.write(off, False)
        self.desk.note("process", "device", reason="stopped", person="device")
        self.link.close()

    def restore(self, now: datetime, at: float) -> None:
        """Take up what the process before remembered: a grant outlives a restart, but never its end."""
        state = self.desk.state()
        if state is None:
            return
        gone = (now - datetime.fromisoformat(state["at"])).total_seconds() / 60
        shift = at - gone - float(state["minute"])
        kept = state["memory"]
        until = None if kept["until"] is None else kept["until"] + shift
        moved = tuple(minute + shift for minute in kept["moved"])
        self.memory = shield.Memory(
            mode=kept["mode"], until=until, ended=kept["ended"], commands=tuple(kept["commands"]), moved=moved
        )
