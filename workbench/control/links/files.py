"""A line through files: another program appends readings to `readings.csv`, and reads `commands.json`.

`readings.csv` has lines `time,sensor,value` (ISO 8601 with offset); `local` with 1 or 0 is the selector, `proof_heater`
and so on a feedback contact. `commands.json` is replaced in one stroke each minute.
"""

import json
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path

from workbench.control.equipment import DEVICES
from workbench.control.links import SENSORS, Report, Taken, number
from workbench.settings import now


class FileLink:
    """Reads on from where it was; a line half written stays for the next time."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        folder.mkdir(parents=True, exist_ok=True)
        self.place = 0
        self.local = False
        self.proofs: list[bool | None] = [None] * len(DEVICES)

    def read(self) -> Report:
        file = self.folder / "readings.csv"
        if not file.is_file():
            return Report(local=self.local, proofs=tuple(self.proofs), heard=False)
        if file.stat().st_size < self.place:
            self.place = 0  # begun anew
        with file.open("rb") as lines:
            lines.seek(self.place)
            fresh = lines.read()
        whole = fresh[: fresh.rfind(b"\n") + 1]
        self.place += len(whole)
        taken = tuple(one for text in whole.decode("utf-8", "replace").splitlines() if (one := self._line(text)))
        return Report(taken, self.local, tuple(self.proofs), heard=bool(whole))

    def _line(self, text: str) -> Taken | None:
        parts = [part.strip() for part in text.split(",")]
        value = number(parts[2]) if len(parts) == 3 else None
        if value is None:
            return None
        name = parts[1]
        if name == "local":
            self.local = value > 0.5
        elif name.removeprefix("proof_") in DEVICES:
            self.proofs[DEVICES.index(name.removeprefix("proof_"))] = value > 0.5
        elif name in SENSORS:
            try:
                at = datetime.fromisoformat(parts[0])
            except ValueError:
                return None
            return Taken(name, value, at) if at.tzinfo else None
        return None

    def write(self, commands: Sequence[float | None], cut: bool) -> bool:
        told = {name: value for name, value in zip(DEVICES, commands, strict=True) if value is not None}
        text = json.dumps({"time": now().isoformat(), "commands": told, "cut": cut})
        part = self.folder / ".commands.part"
        part.write_text(text, encoding="utf-8")
        part.replace(self.folder / "commands.json")
        return True

    def close(self) -> None:
        """Nothing is held."""
