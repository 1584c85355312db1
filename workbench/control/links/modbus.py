"""A line over Modbus, TCP or RTU (serial, or RTU frames through a serial server): registers in, coils out.

```toml
kind = "modbus"
transport = "tcp"            # tcp, rtu_over_tcp, or rtu (then port = "/dev/ttyUSB0", baudrate = 9600)
host = "192.168.1.20"
port = 502
device = 1
local = 0                    # discrete input that is on while the selector stands on 就地
[sensors]                    # input registers, signed, with their scale
t = { address = 0, scale = 0.1 }
[devices]                    # coils; a device with `scale` is a holding register (the vent's drive)
heater = { address = 0, proof = 10 }
vent = { address = 5, scale = 1000 }
```

A register that reads 0x8000 has no value. Modbus keeps no past: what was missed while the line was down is lost.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from pymodbus import FramerType, ModbusException
from pymodbus.client import ModbusSerialClient, ModbusTcpClient

from workbench.control.equipment import DEVICES
from workbench.control.links import SENSORS, Report, Taken, Wiring
from workbench.errors import InputError, UnknownName
from workbench.settings import now

NOTHING = 0x8000
TRANSPORTS = ("tcp", "rtu_over_tcp", "rtu")


class ModbusLink:
    """Asks at each reading; a line that fails is opened anew the next time."""

    def __init__(self, wiring: Wiring) -> None:
        wiring.need("port", "sensors", "devices")
        given = wiring.values
        transport = str(given.get("transport", "tcp"))
        if transport not in TRANSPORTS:
            raise UnknownName("Modbus transport", transport, TRANSPORTS)
        self.device = int(given.get("device", 1))
        self.local = given.get("local")
        self.sensors = _places(given["sensors"], SENSORS, "sensor")
        self.outputs = _places(given["devices"], DEVICES, "device")
        if transport == "rtu":
            try:
                self.client: Any = ModbusSerialClient(
                    str(given["port"]), baudrate=int(given.get("baudrate", 9600)), timeout=1, retries=1
                )
            except RuntimeError as error:  # pymodbus without pyserial
                raise InputError(f"no serial line: {error}", "pip install pyserial, or use a serial server") from None
        else:
            wiring.need("host")
            framer = FramerType.RTU if transport == "rtu_over_tcp" else FramerType.SOCKET
            self.client = ModbusTcpClient(
                str(given["host"]), port=int(given["port"]), framer=framer, timeout=1, retries=1
            )

    def read(self) -> Report:
        taken, answered = [], False
        for name, place in self.sensors.items():
            found = self._ask(self.client.read_input_registers, place["address"])
            if found is None:
                if not answered:
                    break  # the line is down: the others would only wait for it
                continue
            answered = True
            raw = found.registers[0]
            if raw != NOTHING:
                signed = raw - 0x10000 if raw >= 0x8000 else raw
                taken.append(Taken(name, signed * float(place.get("scale", 1)), now()))
        local = False
        if self.local is not None and answered:
            found = self._ask(self.client.read_discrete_inputs, int(self.local))
            local = bool(found.bits[0]) if found is not None else False
        proofs = self._proofs() if answered else (None,) * len(DEVICES)
        return Report(tuple(taken), local, proofs, heard=answered)

    def _proofs(self) -> tuple[bool | None, ...]:
        found: list[bool | None] = []
        for name in DEVICES:
            at = self.outputs.get(name, {}).get("proof")
            answer = None if at is None else self._ask(self.client.read_discrete_inputs, int(at))
            found.append(None if answer is None else bool(answer.bits[0]))
        return tuple(found)

    def write(self, commands: Sequence[float | None], cut: bool) -> bool:
        sent = True
        for name, value in zip(DEVICES, commands, strict=True):
            place = self.outputs.get(name)
            if value is None or place is None:
                continue
            if "scale" in place:
                done = self._ask(self.client.write_register, place["address"], round(value * float(place["scale"])))
            else:
                done = self._ask(self.client.write_coil, place["address"], value > 0.5)
            sent = sent and done is not None
        if cut and "cut" in self.outputs:
            sent = sent and self._ask(self.client.write_coil, self.outputs["cut"]["address"], True) is not None
        return sent

    def _ask(self, call: Callable[..., Any], *values: Any) -> Any:
        """The answer, or None where there is none or it is an error."""
        try:
            if not self.client.connected and not self.client.connect():
                return None
            answer = call(*values, device_id=self.device)
        except (ModbusException, OSError):
            self.client.close()
            return None
        return None if answer.isError() else answer

    def close(self) -> None:
        self.client.close()


def _places(given: Mapping[str, Any], known: Sequence[str], what: str) -> dict[str, dict[str, Any]]:
    """The registers by name; InputError for a name that is none, or a place without an address."""
    allowed = (*known, "cut") if what == "device" else tuple(known)
    for name, place in given.items():
        if name not in allowed:
            raise UnknownName(f"{what} in link.toml,", name, allowed)
        if not isinstance(place, Mapping) or "address" not in place:
            raise InputError(f"link.toml: {what} {name} has no address", f"write {name} = {{ address = 0 }}")
    return {name: dict(place) for name, place in given.items()}
