"""A line over MQTT with TLS: readings come in on `rooms/<room>/readings`, commands go out on `rooms/<room>/commands`.

A reading is JSON: `{"time": "2026-05-01T08:00:00+08:00", "t": 24.1, "rh": 71.5, "co2": 640, "t2": …, "rh2": …,
"local": false, "proofs": {"heater": true}}`; what is missing is missing. A device that was cut off publishes its stored
readings afterwards with their own times. The session is kept by the broker, so that readings sent while this process
was away arrive too. Commands are never retained and carry `valid_seconds`: the cabinet must drop its relays when no
fresh one has come for that long. Without TLS only a broker on this machine is spoken to. The broker's ACL gives each
room's gateway its own readings to write and its own commands to read, and this process the reverse (docs/rooms.md).
"""

import json
import queue
from collections.abc import Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

import paho.mqtt.client as mqtt
from paho.mqtt.enums import CallbackAPIVersion

from workbench.control.equipment import DEVICES
from workbench.control.links import SENSORS, Report, Taken, Wiring, number
from workbench.errors import InputError
from workbench.settings import now

VALID = 180
"""Seconds for which a command holds."""
MOST = 20_000
"""Messages that wait to be read; beyond, the oldest go."""
LOOPBACK = ("localhost", "127.0.0.1", "::1")


class MqttLink:
    """Connects in the background and again by itself; messages wait until they are read."""

    def __init__(self, room: str, wiring: Wiring, folder: Path) -> None:
        wiring.need("host")
        given = wiring.values
        if "ca" not in given and given["host"] not in LOOPBACK:
            raise InputError(f"MQTT to {given['host']} without TLS is not done", "name the broker's authority as ca")
        self.topic = f"{given.get('prefix', 'rooms')}/{room}"
        self.waiting: queue.Queue[bytes] = queue.Queue(MOST)
        self.local = False
        self.proofs: list[bool | None] = [None] * len(DEVICES)
        self.refused = ""
        name = str(given.get("client_id", f"workbench-{room}"))
        self.client = mqtt.Client(CallbackAPIVersion.VERSION2, client_id=name, clean_session=False)
        if "user" in given:
            secret = folder / str(given.get("password_file", "mqtt.password"))
            if not secret.is_file():
                raise InputError(f"{secret} is not there", "write the password of the MQTT user into it")
            self.client.username_pw_set(str(given["user"]), secret.read_text(encoding="utf-8").strip())
        if "ca" in given:
            cert, key = given.get("certfile"), given.get("keyfile")
            own = (str(folder / cert), str(folder / key)) if cert and key else (None, None)
            self.client.tls_set(ca_certs=str(folder / str(given["ca"])), certfile=own[0], keyfile=own[1])
        self.client.reconnect_delay_set(1, 30)
        self.client.on_connect = self._connected
        self.client.on_message = self._heard
        self.client.connect_async(str(given["host"]), int(given.get("port", 8883 if "ca" in given else 1883)), 30)
        self.client.loop_start()

    def _connected(self, client: mqtt.Client, _: Any, __: Any, reason: Any, ___: Any) -> None:
        self.refused = str(reason) if reason.is_failure else ""
        if not reason.is_failure:
            client.subscribe(f"{self.topic}/readings", qos=1)

    def _heard(self, _: mqtt.Client, __: Any, message: mqtt.MQTTMessage) -> None:
        if self.waiting.full():
            self.waiting.get_nowait()
        self.waiting.put_nowait(bytes(message.payload))

    def read(self) -> Report:
        taken: list[Taken] = []
        while not self.waiting.empty():
            taken += self._message(self.waiting.get_nowait())
        return Report(tuple(taken), self.local, tuple(self.proofs), heard=self.client.is_connected())

    def _message(self, payload: bytes) -> list[Taken]:
        try:
            told = json.loads(payload)
            at = datetime.fromisoformat(told["time"])
        except (ValueError, TypeError, KeyError, RecursionError):
            return []
        if at.tzinfo is None or not isinstance(told, Mapping):
            return []
        self.local = bool(told.get("local", self.local))
        proofs = told.get("proofs")
        for name, value in proofs.items() if isinstance(proofs, Mapping) else ():
            if name in DEVICES:
                self.proofs[DEVICES.index(name)] = None if value is None else bool(value)
        values = {name: number(told.get(name)) for name in SENSORS}
        return [Taken(name, value, at) for name, value in values.items() if value is not None]

    def write(self, commands: Sequence[float | None], cut: bool) -> bool:
        if not self.client.is_connected():
            return False  # paho would keep it and send it stale
        told = {name: value for name, value in zip(DEVICES, commands, strict=True) if value is not None}
        text = json.dumps({"time": now().isoformat(), "commands": told, "cut": cut, "valid_seconds": VALID})
        return bool(self.client.publish(f"{self.topic}/commands", text, qos=1).rc == mqtt.MQTT_ERR_SUCCESS)

    def close(self) -> None:
        self.client.disconnect()
        self.client.loop_stop()
