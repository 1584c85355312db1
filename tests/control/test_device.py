"""One room's minute with a simulated house at the end of real lines: files, Modbus, MQTT through a real broker."""

import asyncio
import csv
import json
import shutil
import socket
import subprocess
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from workbench.control import controllers, shield
from workbench.control.controllers import Ahead
from workbench.control.desk import Desk, Order
from workbench.control.device import Foresight, Keeper
from workbench.control.equipment import COOLER, DEVICES, HEATER, VENT
from workbench.control.links import Report, Taken, Wiring, connect
from workbench.control.planner import SLOTS
from workbench.control.plant import Plant, Surroundings
from workbench.control.predictive import Predictive
from workbench.control.room import START, Room
from workbench.errors import InputError, UnknownName

BEGIN = datetime(2026, 5, 1, 8, tzinfo=UTC)
KNOWN = Foresight((23.0, 25.0, 65.0, 75.0), 1200.0, outdoor=8.0, vapour=0.005, told_at=BEGIN)
BROKER = shutil.which("mosquitto") or "/usr/sbin/mosquitto"


class House:
    """A link to a simulated house: read as its sensors show, moved as it is commanded."""

    def __init__(self) -> None:
        self.plant = Plant(1, seed=3)
        self.plant.settle(np.array([22.0]), np.array([70.0]))
        self.now = BEGIN
        self.told = np.zeros(5)
        self.sent: list[tuple[float | None, ...]] = []
        self.report: Callable[[Report], Report] = lambda report: report
        self.stands = True

    def read(self) -> Report:
        t, rh, co2 = (float(x[0]) for x in self.plant.read())
        values = {"t": t, "t2": t + 0.1, "rh": rh, "rh2": rh - 0.5, "co2": co2}
        return self.report(Report(tuple(Taken(name, value, self.now) for name, value in values.items())))

    def write(self, commands: Sequence[float | None], cut: bool) -> bool:
        self.sent.append(tuple(commands))
        if self.stands:
            self.told = np.array([old if new is None else new for old, new in zip(self.told, commands, strict=True)])
        zero = np.zeros(1)
        outside = Surroundings(
            np.array([8.0]), np.array([0.005]), zero, np.array([500.0]), np.array([0.6]), zero + 0.1, zero
        )
        self.plant.step(self.told[None], outside)
        return self.stands

    def close(self) -> None:
        """Nothing to do."""


@pytest.fixture
def house(home: Path) -> House:
    return House()


@pytest.fixture
def keeper(house: House) -> Keeper:
    return Keeper(Desk("A"), house, controllers.rules(1))


def hours(keeper: Keeper, house: House, count: float, start: int = 0) -> list[shield.Verdict]:
    """So many hours, minute by minute."""
    found = []
    for minute in range(start, start + round(60 * count)):
        house.now = BEGIN + timedelta(minutes=minute)
        found.append(keeper.minute(house.now, 1000.0 + minute, replace(KNOWN, told_at=house.now)))
    return found


def automatic(desk: Desk, minutes: float = 600.0) -> None:
    desk.post(Order("mode", "automatic", minutes, "li", "night", BEGIN.isoformat()))


def test_shadow_and_advice_command_nothing_but_say_what_they_would(keeper: Keeper, house: House) -> None:
    hours(keeper, house, 1)
    keeper.desk.post(Order("mode", "advice", 0, "li", "look", ""))
    told = hours(keeper, house, 1, 60)
    assert {(None,) * 5} == set(house.sent)
    assert any(verdict.allowed[HEATER] > 0 for verdict in told)
    assert "advice" == told[-1].mode
    assert [None] * 5 == keeper.ran()
    house.report = lambda report: replace(report, proofs=(True, None, False, None, None))
    hours(keeper, house, 1 / 60, 120)
    assert [1.0, None, 0.0, None, None] == keeper.ran()


def test_automatic_brings_the_room_into_its_band_and_ends_by_itself(keeper: Keeper, house: House) -> None:
    automatic(keeper.desk, 240)
    warmth = [verdict.trusted["t"] for verdict in hours(keeper, house, 3)[60:]]
    assert 22.8 <= float(np.mean([t for t in warmth if t is not None])) <= 25  # on-off rules swing about the middle
    state = keeper.desk.state()
    assert state is not None
    assert "automatic" == state["mode"]
    assert datetime.fromisoformat(state["until"]) == BEGIN + timedelta(minutes=240)
    told = hours(keeper, house, 2, 180)
    assert "advice" == told[-1].mode
    assert ("alarm", "mode", "handover_ended") in [(n.kind, n.what, n.reason) for n in keeper.desk.journal(2000)]
    assert (None,) * 5 == house.sent[-1]
    assert not house.told[:4].any()


def test_every_action_is_in_the_journal(keeper: Keeper, house: House) -> None:
    automatic(keeper.desk)
    hours(keeper, house, 2)
    changes = sum(
        now != was
        for a, b in zip([(None,) * 5, *house.sent], house.sent, strict=False)
        for was, now in zip(a, b, strict=True)
    )
    lines = keeper.desk.journal(5000)
    assert changes == sum(line.kind == "action" for line in lines)
    (granted,) = [line for line in lines if line.kind == "mode" and line.person == "li"]
    assert ("automatic", "shadow", "night") == (granted.what, granted.wanted, granted.reason)


def test_a_hand_from_afar_passes_the_shield(keeper: Keeper, house: House) -> None:
    """Heat is ordered in a room at 31 °C: not given, and noted; the vent is given in advice too."""
    house.plant.settle(np.array([31.0]), np.array([60.0]))
    keeper.desk.post(Order("command", "heater", 1.0, "li", "test", ""))
    keeper.desk.post(Order("command", "vent", 0.5, "li", "air", ""))
    hours(keeper, house, 0.2)
    assert all(not sent[HEATER] for sent in house.sent)
    assert house.sent[-1][VENT] is not None
    keeper.desk.post(Order("command", "vent", -1, "li", "enough", ""))
    hours(keeper, house, 0.2, 12)
    assert house.sent[-1][VENT] is None


def test_at_the_cabinet_nothing_is_written(keeper: Keeper, house: House) -> None:
    automatic(keeper.desk)
    house.report = lambda report: replace(report, local=True)
    assert {"local"} == {verdict.mode for verdict in hours(keeper, house, 0.5)}
    assert {(None,) * 5} == set(house.sent)


def test_bad_orders_are_refused_and_noted(keeper: Keeper, house: House) -> None:
    keeper.desk.post(Order("mode", "automatic", 1e9, "li", "forever", ""))
    keeper.desk.post(Order("mode", "wild", 1, "li", "x", ""))
    keeper.desk.post(Order("command", "door", 1, "li", "x", ""))
    (keeper.desk.folder / "inbox" / "0.json").write_text("{", encoding="utf-8")
    assert "shadow" == hours(keeper, house, 0.05)[-1].mode
    assert 4 == sum(line.kind == "process" for line in keeper.desk.journal())
    with pytest.raises(InputError, match="who gives it and why"):
        keeper.desk.post(Order("mode", "advice", 0, "li", " ", ""))
    with pytest.raises(InputError, match="no room code"):
        Desk("../x")


def test_a_failing_controller_is_a_lost_plan_and_the_room_is_kept(keeper: Keeper, house: House) -> None:
    class Broken:
        def decide(self, sight: controllers.Sight) -> Any:
            raise ZeroDivisionError("no plan")

    keeper.controller = Broken()
    automatic(keeper.desk)
    told = hours(keeper, house, 3)
    assert "rules" == told[-1].mode
    assert 22 < float(house.plant.air[0]) < 26
    assert 1 == sum(line.what == "controller" and line.kind == "process" for line in keeper.desk.journal(3000))


def test_back_filled_readings_are_kept_and_not_acted_on(keeper: Keeper, house: House) -> None:
    hours(keeper, house, 0.5)
    old = Taken("t", 45.0, BEGIN + timedelta(minutes=3))
    house.report = lambda report: replace(report, taken=(*report.taken, old))
    told = hours(keeper, house, 1 / 60, 30)
    assert told[-1].trusted["t"] is not None
    assert told[-1].trusted["t"] < 30
    assert old in keeper.fresh


def test_a_line_that_is_down_is_an_alarm_and_readings_die(keeper: Keeper, house: House) -> None:
    hours(keeper, house, 0.5)
    house.report = lambda report: Report(heard=False)
    codes = {alarm.code for alarm in hours(keeper, house, 0.5, 30)[-1].alarms}
    assert {"dead", "link_lost"} <= codes


def test_a_restart_keeps_the_grant_but_not_beyond_its_end(house: House, keeper: Keeper) -> None:
    automatic(keeper.desk, 120)
    hours(keeper, house, 0.5)
    again = Keeper(Desk("A"), house, controllers.rules(1))
    again.restore(BEGIN + timedelta(minutes=40), 5.0)
    assert "automatic" == again.memory.mode
    assert again.memory.until == pytest.approx(5 + 80, abs=1.1)
    late = Keeper(Desk("A"), house, controllers.rules(1))
    late.restore(BEGIN + timedelta(minutes=400), 5.0)
    assert "advice" == late.minute(BEGIN + timedelta(minutes=400), 6.0, KNOWN).mode


def test_the_planner_keeps_a_room_and_shows_why(keeper: Keeper, house: House) -> None:
    """The simulated house under predictive control with a usual room's parameters, which are not the house's own."""
    n = len(SLOTS)
    flat = {"outdoor": 8.0, "vapour": 0.005, "sun": 0.0, "heat": 500.0, "water": 0.6, "co2": 0.1, "price": 0.5}
    ahead = Ahead(
        SLOTS, band=np.tile([23.0, 25.0, 65.0, 75.0], (1, n, 1)), **{k: np.full((1, n), v) for k, v in flat.items()}
    )
    keeper.controller = Predictive(Room(START), 1, controllers.rules(1))
    automatic(keeper.desk)
    warmth = []
    for minute in range(240):
        house.now = BEGIN + timedelta(minutes=minute)
        verdict = keeper.minute(house.now, 1000.0 + minute, replace(KNOWN, told_at=house.now, ahead=ahead))
        warmth.append(verdict.trusted["t"])
    inside = [22.9 <= t <= 25.1 for t in warmth[60:] if t is not None]
    assert np.mean(inside) > 0.8
    state = keeper.desk.state()
    assert state is not None
    assert ("Predictive", n) == (state["controller"], len(state["plan"]))
    first = state["plan"][0]
    assert all(-0.01 <= duty <= 1.01 for duty in first["duty"])
    assert 20 < first["t"] < 28
    assert datetime.fromisoformat(state["plan"][1]["from"]) == house.now + timedelta(minutes=float(SLOTS[0]))


def test_stopping_switches_off_what_was_on(keeper: Keeper, house: House) -> None:
    automatic(keeper.desk)
    hours(keeper, house, 0.3)
    keeper.stop()
    assert not house.told[[HEATER, COOLER]].any()


# --- files -----------------------------------------------------------------------------------------------------------


def test_files_are_read_on_and_half_lines_wait(tmp_path: Path) -> None:
    line = connect("A", Wiring("files"), tmp_path)
    assert not line.read().heard
    file = tmp_path / "line" / "readings.csv"
    file.write_text(
        "2026-05-01T08:00:00+08:00,t,24.1\n2026-05-01T08:00:00+08:00,local,1\nrubbish\n2026-05", encoding="utf-8"
    )
    told = line.read()
    assert ([("t", 24.1)], True) == ([(one.sensor, one.value) for one in told.taken], told.local)
    with file.open("a", encoding="utf-8") as more:
        more.write("-01T08:01:00+08:00,rh,70\n2026-05-01T08:01:00+08:00,proof_heater,1\nx,t,nan\n")
    told = line.read()
    assert [("rh", 70.0)] == [(one.sensor, one.value) for one in told.taken]
    assert told.proofs[HEATER]
    assert line.write((1.0, None, 0.0, None, 0.5), cut=False)
    commands = json.loads((tmp_path / "line" / "commands.json").read_text(encoding="utf-8"))
    assert {"heater": 1.0, "humidifier": 0.0, "vent": 0.5} == commands["commands"]


def test_a_wiring_that_is_wrong_is_told(tmp_path: Path) -> None:
    file = tmp_path / "link.toml"
    with pytest.raises(InputError, match="is not there"):
        Wiring.read(file)
    file.write_text('kind = "pigeon"', encoding="utf-8")
    with pytest.raises(UnknownName, match="pigeon"):
        Wiring.read(file)
    file.write_text('kind = "mqtt"\nhost = "broker.example"', encoding="utf-8")
    with pytest.raises(InputError, match="without TLS is not done"):
        connect("A", Wiring.read(file), tmp_path)


# --- Modbus ----------------------------------------------------------------------------------------------------------


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@pytest.fixture(params=["tcp", "rtu_over_tcp"])
def modbus(request: pytest.FixtureRequest) -> Iterator[tuple[str, int, Any]]:
    """pymodbus's own server: coils, discrete inputs, holding and input registers; and what asks or sets them."""
    from pymodbus import FramerType
    from pymodbus.server import ModbusTcpServer
    from pymodbus.simulator import DataType, SimData, SimDevice

    bits = {"values": False, "count": 20, "datatype": DataType.BITS}
    inputs = SimData(0, values=[245, 700, 640, 0x8000, 0xFFF6], datatype=DataType.REGISTERS)
    held = SimData(0, values=0, count=20, datatype=DataType.REGISTERS)
    box = SimDevice(1, simdata=([SimData(0, **bits)], [SimData(0, **bits)], [held], [inputs]))
    port, loop = free_port(), asyncio.new_event_loop()
    framer = FramerType.RTU if request.param == "rtu_over_tcp" else FramerType.SOCKET
    servers: list[Any] = []

    async def serve() -> None:
        servers.append(ModbusTcpServer(box, framer=framer, address=("127.0.0.1", port)))
        await servers[0].serve_forever(background=True)

    thread = threading.Thread(target=loop.run_forever, daemon=True)
    thread.start()
    asyncio.run_coroutine_threadsafe(serve(), loop).result(5)

    def values(function: int, address: int, new: list[Any] | None = None) -> Any:
        ask = servers[0].async_getValues(1, function, address, 1)
        tell = None if new is None else servers[0].async_setValues(1, function, address, new)
        if tell is not None:
            ask.close()
        return asyncio.run_coroutine_threadsafe(tell or ask, loop).result(5)

    yield request.param, port, values
    asyncio.run_coroutine_threadsafe(servers[0].shutdown(), loop).result(5)
    loop.call_soon_threadsafe(loop.stop)
    thread.join(5)
    loop.close()


def wiring(transport: str, port: int) -> Wiring:
    sensors = {"t": {"address": 0, "scale": 0.1}, "rh": {"address": 1, "scale": 0.1}, "co2": {"address": 2},
               "t2": {"address": 3, "scale": 0.1}, "rh2": {"address": 4, "scale": 0.1}}  # fmt: skip
    devices = {"heater": {"address": 0, "proof": 10}, "vent": {"address": 5, "scale": 1000}}
    values = {
        "transport": transport,
        "host": "127.0.0.1",
        "port": port,
        "local": 0,
        "sensors": sensors,
        "devices": devices,
    }
    return Wiring("modbus", values)


def test_modbus_reads_registers_and_writes_coils(modbus: tuple[str, int, Any], tmp_path: Path) -> None:
    transport, port, box = modbus
    line = connect("A", wiring(transport, port), tmp_path)
    told = line.read()
    assert told.heard
    values = {one.sensor: one.value for one in told.taken}
    assert {"t": 24.5, "rh": 70.0, "co2": 640.0, "rh2": -1.0} == pytest.approx(values)  # t2 has no value
    assert (False, (False, None, None, None, None)) == (told.local, told.proofs)
    assert line.write((1.0, 1.0, None, None, 0.25), cut=False)
    assert [True] == [bool(x) for x in box(1, 0)]
    assert [250] == box(3, 5)
    box(2, 0, [True])
    box(2, 10, [True])
    again = line.read()
    assert (True, True) == (again.local, again.proofs[HEATER])
    line.close()


def test_a_modbus_line_that_is_down_is_told_and_not_waited_for(tmp_path: Path) -> None:
    line = connect("A", wiring("tcp", free_port()), tmp_path)
    start = time.monotonic()
    assert not line.read().heard
    assert not line.write((1.0, None, None, None, None), cut=False)
    assert time.monotonic() - start < 5
    with pytest.raises(UnknownName):
        connect("A", Wiring("modbus", wiring("tcp", 1).values | {"devices": {"door": {"address": 1}}}), tmp_path)


# --- MQTT ------------------------------------------------------------------------------------------------------------

ACL = """user gateway-A
topic write rooms/A/readings
topic read rooms/A/commands
user workbench
topic read rooms/+/readings
topic write rooms/+/commands
"""


@pytest.fixture(scope="module")
def broker(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, Any]]:
    """A real mosquitto with TLS, users and an ACL; can be stopped and started."""
    if not Path(BROKER).exists():
        pytest.skip("no mosquitto: apt-get install mosquitto")
    folder = tmp_path_factory.mktemp("broker")
    folder.chmod(0o755)
    run = lambda *parts: subprocess.run(parts, check=True, capture_output=True, cwd=folder)  # noqa: E731
    run("openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2",
        "-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost",
        "-keyout", "key.pem", "-out", "ca.pem")  # fmt: skip
    (folder / "acl").write_text(ACL, encoding="utf-8")
    (folder / "users").touch(mode=0o600)
    for name in ("gateway-A", "workbench"):
        run(str(shutil.which("mosquitto_passwd")), "-b", "users", name, f"secret-{name}")
    port = free_port()
    config = f"""listener {port} 127.0.0.1
cafile {folder}/ca.pem
certfile {folder}/ca.pem
keyfile {folder}/key.pem
allow_anonymous false
password_file {folder}/users
acl_file {folder}/acl
persistence false
user root
"""
    (folder / "mosquitto.conf").write_text(config, encoding="utf-8")
    (folder / "mqtt.password").write_text("secret-workbench\n", encoding="utf-8")
    process = subprocess.Popen([BROKER, "-c", str(folder / "mosquitto.conf")], stderr=subprocess.DEVNULL)
    eventually(lambda: socket.create_connection(("127.0.0.1", port), 0.3).close() is None)
    yield {"folder": folder, "port": port}
    process.terminate()
    process.wait(5)


def eventually(check: Callable[[], Any], seconds: float = 8.0) -> Any:
    """What `check` gives once it gives something."""
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        try:
            if found := check():
                return found
        except OSError:
            pass
        time.sleep(0.05)
    raise AssertionError("it did not come")


def gateway(broker: dict[str, Any], user: str = "gateway-A", secret: str = "") -> Any:
    """A room's gateway: another client with its own account."""
    import paho.mqtt.client as mqtt
    from paho.mqtt.enums import CallbackAPIVersion

    client = mqtt.Client(CallbackAPIVersion.VERSION2, client_id=f"{user}-test")
    client.username_pw_set(user, secret or f"secret-{user}")
    client.tls_set(ca_certs=str(broker["folder"] / "ca.pem"))
    client.connect("localhost", broker["port"])
    client.loop_start()
    eventually(client.is_connected)
    return client


def line_of(broker: dict[str, Any], **changes: Any) -> Any:
    values = {"host": "localhost", "port": broker["port"], "ca": "ca.pem", "user": "workbench"} | changes
    return connect("A", Wiring("mqtt", values), broker["folder"])


def test_readings_and_commands_go_over_tls_and_what_was_stored_comes_later(broker: dict[str, Any]) -> None:
    line, other = line_of(broker), gateway(broker)
    heard: list[Any] = []
    other.on_message = lambda _, __, message: heard.append(json.loads(message.payload))
    other.subscribe("rooms/A/commands", qos=1)
    eventually(lambda: line.read().heard)
    time.sleep(0.2)
    for minute in (0, 40):  # the second was taken after, the first sent late
        told = {
            "time": (BEGIN + timedelta(minutes=minute)).isoformat(),
            "t": 24.0 + minute,
            "rh": 70,
            "local": minute > 0,
        }
        other.publish("rooms/A/readings", json.dumps(told | {"proofs": {"heater": True}}), qos=1).wait_for_publish(5)
    other.publish("rooms/A/readings", "not json", qos=1).wait_for_publish(5)
    taken: list[Taken] = []
    eventually(lambda: (taken.extend(line.read().taken), len(taken) >= 4)[1])
    assert {("t", 24.0), ("t", 64.0), ("rh", 70.0)} == {(one.sensor, one.value) for one in taken}
    report = line.read()
    assert (True, True) == (report.local, report.proofs[HEATER])
    assert line.write((1.0, None, None, None, 0.5), cut=False)
    (command,) = eventually(lambda: heard)
    assert ({"heater": 1.0, "vent": 0.5}, 180) == (command["commands"], command["valid_seconds"])
    line.close()
    told = {"time": BEGIN.isoformat(), "t": 25.5}
    other.publish("rooms/A/readings", json.dumps(told), qos=1).wait_for_publish(5)  # while the process is away
    again = line_of(broker)
    assert [25.5] == [one.value for one in eventually(lambda: again.read().taken)]
    again.close()
    other.disconnect()
    other.loop_stop()


def test_the_acl_keeps_a_gateway_from_commanding_and_strangers_out(broker: dict[str, Any]) -> None:
    line, other = line_of(broker, client_id="watch"), gateway(broker)
    spied: list[Any] = []
    eventually(lambda: line.read().heard)
    line.client.on_message = lambda _, __, message: spied.append(message.topic)
    other.publish("rooms/B/readings", json.dumps({"time": BEGIN.isoformat(), "t": 1}), qos=1)
    other.publish("rooms/A/commands", json.dumps({"commands": {"heater": 1}}), qos=1)
    other.publish("rooms/A/readings", json.dumps({"time": BEGIN.isoformat(), "t": 1}), qos=1)
    eventually(lambda: spied)
    time.sleep(0.3)
    assert {"rooms/A/readings"} == set(spied)
    line.close()
    other.disconnect()
    other.loop_stop()
    (broker["folder"] / "wrong").write_text("wrong", encoding="utf-8")
    stranger = line_of(broker, password_file="wrong", client_id="stranger")
    eventually(lambda: stranger.refused)
    assert not stranger.read().heard
    assert not stranger.write((1.0,) * len(DEVICES), cut=False)
    stranger.close()


# --- the process -----------------------------------------------------------------------------------------------------


def test_the_process_keeps_a_room_without_a_server_and_files_what_happened(home: Path) -> None:
    """Two minutes of `workbench control` in a process of its own, in an empty home; its files go into the lake."""
    import sys

    desk = Desk("R9")
    (desk.folder / "line").mkdir(parents=True)
    (desk.folder / "link.toml").write_text('kind = "files"', encoding="utf-8")
    stamp = datetime.now(UTC) - timedelta(seconds=2)
    old = stamp - timedelta(hours=2)
    lines = [
        (at.isoformat(), name, value) for at in (old, stamp) for name, value in (("t", 22.0), ("rh", 70), ("t2", 22.2))
    ]
    with (desk.folder / "line" / "readings.csv").open("w", newline="") as file:
        csv.writer(file).writerows(lines)
    code = "from workbench.operate.control_room import control; print(control('R9', 2, 0.1))"
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60, check=False)
    assert 0 == ran.returncode, ran.stderr
    state = desk.state()
    assert state is not None
    assert 22.0 < state["trusted"]["t"] < 22.3
    from workbench.lake.store import Lake
    from workbench.operate import intake

    for file in (home / "drop").rglob("*.csv"):
        import os

        os.utime(file, (time.time() - 10,) * 2)
    reports = {report.table: report for report in intake.sweep()}
    assert {"room_readings", "room_actuators", "room_actions"} == set(reports)
    kept = Lake().read("room_readings").sort("time", "sensor").collect()
    assert [("A", 22.0), ("B", 22.2), ("A", 22.0), ("B", 22.2)] == kept.select("sensor", "temperature").rows()
    assert "started: files, LookAhead" in Lake().read("room_actions").collect()["reason"].to_list()


def test_a_second_process_and_a_missing_wiring_are_refused(home: Path) -> None:
    from workbench.errors import Busy
    from workbench.operate.control_room import control
    from workbench.operate.home import lock

    with pytest.raises(InputError, match=r"link\.toml is not there"):
        control("R8")
    with lock("control R8"), pytest.raises(Busy):
        control("R8")
