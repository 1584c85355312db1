"""The desk between a room's device process and everybody else: plain files in `<home>/control/<room>/`.

The process writes `state.json` once a minute (atomically) and appends every action and alarm to `journal.jsonl`; who
wants something of it lays an order into `inbox/`, which it takes in the order of their names. Nobody waits for anybody:
the process goes on when the server is down, and the server shows the last state with its age. Acknowledgements stand in
the journal too, so that alarms of a room without a process can be acknowledged as well.
"""

import json
import os
import re
import uuid
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from workbench.errors import InputError
from workbench.settings import home, now

NAME = re.compile(r"[\w.-]{1,40}")
KINDS = ("mode", "command", "acknowledge")


@dataclass(frozen=True)
class Line:
    """An entry of the journal: `kind` is action, alarm, clear, mode, command, acknowledge, link or process."""

    number: str
    time: str
    kind: str
    what: str
    wanted: str = ""
    given: str = ""
    reason: str = ""
    person: str = ""


@dataclass(frozen=True)
class Order:
    """What somebody wants of a process: `kind` of KINDS; `what` the mode, device or alarm; `value` minutes or duty."""

    kind: str
    what: str
    value: float
    person: str
    reason: str
    at: str


class Desk:
    """The files of one room."""

    def __init__(self, room: str, root: Path | None = None) -> None:
        if not NAME.fullmatch(room):
            raise InputError(f"{room!r} is no room code", "letters, digits, points and hyphens, at most 40")
        self.room = room
        self.folder = (root or home()) / "control" / room

    def state(self) -> dict[str, Any] | None:
        """What the process wrote last; None where it never did, or the file is damaged."""
        try:
            found: dict[str, Any] = json.loads((self.folder / "state.json").read_text(encoding="utf-8"))
        except (OSError, ValueError):
            return None
        return found

    def write_state(self, state: dict[str, Any]) -> None:
        """Replace the state in one stroke."""
        self.folder.mkdir(parents=True, exist_ok=True)
        part = self.folder / ".state.part"
        part.write_text(json.dumps(state, ensure_ascii=False, allow_nan=False), encoding="utf-8")
        part.replace(self.folder / "state.json")

    def note(
        self, kind: str, what: str, *, wanted: str = "", given: str = "", reason: str = "", person: str = ""
    ) -> Line:
        """Append to the journal; on disk when this returns."""
        self.folder.mkdir(parents=True, exist_ok=True)
        moment = now()
        number = f"{moment:%Y%m%d%H%M%S}-{uuid.uuid4().hex[:8]}"
        line = Line(number, moment.isoformat(timespec="seconds"), kind, what, wanted, given, reason, person)
        with (self.folder / "journal.jsonl").open("a", encoding="utf-8") as file:
            file.write(json.dumps(asdict(line), ensure_ascii=False) + "\n")
            file.flush()
            os.fsync(file.fileno())
        return line

    def journal(self, most: int = 200) -> list[Line]:
        """The newest entries, the newest last; a line cut off by a power failure is passed over."""
        return list(self._lines())[-most:]

    def _lines(self) -> Iterator[Line]:
        file = self.folder / "journal.jsonl"
        if not file.is_file():
            return
        with file.open(encoding="utf-8") as lines:
            for text in lines:
                try:
                    yield Line(**json.loads(text))
                except (ValueError, TypeError):
                    continue

    def post(self, order: Order) -> None:
        """Lay an order into the inbox; InputError for one that no process could take."""
        if order.kind not in KINDS:
            raise InputError(f"{order.kind!r} is no order", f"one of {', '.join(KINDS)}")
        if not order.person.strip() or not order.reason.strip():
            raise InputError("an order needs who gives it and why", "give both")
        box = self.folder / "inbox"
        box.mkdir(parents=True, exist_ok=True)
        name = f"{now():%Y%m%dT%H%M%S%f}-{uuid.uuid4().hex[:8]}"
        part = box / f".{name}.part"
        part.write_text(json.dumps(asdict(order), ensure_ascii=False), encoding="utf-8")
        part.replace(box / f"{name}.json")

    def orders(self) -> list[Order]:
        """Take everything out of the inbox, the oldest first; what cannot be read is dropped and noted."""
        box = self.folder / "inbox"
        taken = []
        for file in sorted(box.glob("*.json")) if box.is_dir() else []:
            try:
                taken.append(Order(**json.loads(file.read_text(encoding="utf-8"))))
            except (ValueError, TypeError, OSError):
                self.note("process", file.name, reason="order unreadable")
            file.unlink(missing_ok=True)
        return taken

    def acknowledged(self) -> dict[tuple[str, str], str]:
        """For each alarm (code, what): when it was last acknowledged."""
        return {(line.reason, line.what): line.time for line in self._lines() if line.kind == "acknowledge"}

    def stamp(self) -> tuple[float, float]:
        """Changes whenever state or journal do."""
        files = (self.folder / "state.json", self.folder / "journal.jsonl")
        return tuple(file.stat().st_mtime if file.is_file() else 0.0 for file in files)  # type: ignore[return-value]


def age_minutes(state: dict[str, Any] | None) -> float | None:
    """How old a state is, minutes."""
    if state is None:
        return None
    return (now() - datetime.fromisoformat(state["at"])).total_seconds() / 60
