"""How a room's device process speaks with sensors and actuators: MQTT, Modbus, or files.

A link is asked once a minute what was heard since, and given what is to be done. It raises nothing for a line that is
down: it says so (`heard` false), goes on trying, and later hands over what was measured meanwhile (back-filled readings
with the time they were taken at).
"""

import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any, Protocol

from workbench.control.equipment import DEVICES
from workbench.errors import InputError, UnknownName

SENSORS = ("t", "t2", "rh", "rh2", "co2")
KINDS = ("mqtt", "modbus", "files")


@dataclass(frozen=True)
class Taken:
    """One reading: sensor (SENSORS), value (°C, %, ppm), and the instant at which it was taken."""

    sensor: str
    value: float
    at: datetime


@dataclass(frozen=True)
class Report:
    """What was heard since the last time: readings in any order, the selector, feedback contacts, whether the line
    stands. `proofs` by device; None where none is wired."""

    taken: tuple[Taken, ...] = ()
    local: bool = False
    proofs: tuple[bool | None, ...] = (None,) * len(DEVICES)
    heard: bool = True


class Link(Protocol):
    """A line to one room."""

    def read(self) -> Report: ...

    def write(self, commands: Sequence[float | None], cut: bool) -> bool:
        """Hand over the commands (None: leave that device alone); whether they went out."""
        ...

    def close(self) -> None: ...


@dataclass(frozen=True)
class Wiring:
    """The `link.toml` of a room: `kind` and what that kind needs."""

    kind: str
    values: Mapping[str, Any] = field(default_factory=dict)

    @classmethod
    def read(cls, file: Path) -> "Wiring":
        """Read it; InputError says what is wrong and how one looks."""
        example = 'write kind = "mqtt", "modbus" or "files" and what it needs, see docs/rooms.md'
        if not file.is_file():
            raise InputError(f"{file} is not there", example)
        try:
            values = tomllib.loads(file.read_text(encoding="utf-8"))
        except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
            raise InputError(f"{file} is no TOML: {error}", example) from None
        kind = values.pop("kind", "")
        if kind not in KINDS:
            raise UnknownName("kind of link", str(kind), KINDS)
        return cls(kind, values)

    def need(self, *names: str) -> None:
        """InputError where one of these is not told."""
        missing = [name for name in names if name not in self.values]
        if missing:
            raise InputError(f"link.toml ({self.kind}) lacks {', '.join(missing)}", "see docs/rooms.md")


def connect(room: str, wiring: Wiring, folder: Path) -> Link:
    """The line that a wiring describes; `folder` is where relative files lie."""
    if wiring.kind == "mqtt":
        from workbench.control.links.mqtt import MqttLink

        return MqttLink(room, wiring, folder)
    if wiring.kind == "modbus":
        from workbench.control.links.modbus import ModbusLink

        return ModbusLink(wiring)
    from workbench.control.links.files import FileLink

    return FileLink(folder / str(wiring.values.get("folder", "line")))


def number(value: Any) -> float | None:
    """A finite number, or None."""
    try:
        found = float(value)
    except (TypeError, ValueError):
        return None
    return found if abs(found) < 1e9 else None
