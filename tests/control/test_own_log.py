"""A room's own minutes: kept through restarts and rubbish, identified again from a room that obeys the model."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
import pytest

from workbench.control import own_log
from workbench.control import room as grey
from workbench.control.room import START, Room
from workbench.errors import MissingData

BEGIN = datetime(2026, 5, 1, tzinfo=UTC)


def lived(folder: Path, minutes: int, room: Room, heating: float = 0.5) -> None:
    """Minutes of a room that obeys `room`, with devices thrown at random: an independent run of the equations."""
    rng = np.random.default_rng(1)
    state, running = np.array([[24.0, 23.0, 13.0, 13.0]]), np.zeros((1, 5))
    outputs = np.zeros((1, 5))
    for k in range(minutes):
        outside = np.array([[12 + 6 * np.sin(k / 229), 6.0, max(0.0, np.sin(k / 229)), 0.5, 0.6]])
        if k % 7 == 0:
            outputs = (rng.random((1, 5)) < [heating, 0.1, 0.3, 0.2, 0.2]).astype(float)
        rh = float(grey.humidity(state)[0])
        read = [round(float(state[0, 0]), 2), round(min(max(rh, 5.0), 100.0), 1)]
        own_log.note(folder, BEGIN + timedelta(minutes=k), [*read, *outputs[0], *outside[0]])
        running = room.start(running, outputs)
        state = room.minute(state, running, outside)
        state[:, 2] = np.clip(state[:, 2], 2, 18)


def test_rubbish_is_passed_over_and_a_long_gap_begins_anew(tmp_path: Path) -> None:
    for k in (0, 1, 2, 100, 101, 103, 104):
        own_log.note(tmp_path, BEGIN + timedelta(minutes=k), [20.0 + k / 100, 70, 1, 0, 0, 0, 0, None, 5, 0, 0, 0])
    with (tmp_path / own_log.FILE).open("a", encoding="utf-8") as file:
        file.write("2026-05-01T01:4")  # cut off by a power failure
    log = own_log.read(tmp_path)
    assert [21.0, 21.01, 21.02, 21.03, 21.04] == pytest.approx(log.t.tolist())
    assert np.isfinite(log.outside).all()
    with pytest.raises(MissingData, match="no minutes are logged"):
        own_log.read(tmp_path / "none")
    with pytest.raises(MissingData, match="too few to identify"):
        own_log.identify(tmp_path, BEGIN)
    assert not own_log.due(tmp_path, BEGIN)


def test_a_room_is_told_from_another_by_its_misses(tmp_path: Path) -> None:
    usual = Room(START)
    lived(tmp_path, 2 * 1440 + 10, usual)
    log = own_log.read(tmp_path)
    right = own_log.misses(usual, log)
    weak = Room(
        tuple(value * (0.4 if name in ("heat", "wet") else 1) for name, value in zip(grey.NAMES, START, strict=True))
    )
    wrong = own_log.misses(weak, log)
    assert right[0] < 0.5
    assert wrong[0] > 2 * right[0]
    assert own_log.due(tmp_path, BEGIN)
    kept = own_log.Identified(usual, BEGIN.isoformat(), 48.0, right)
    kept.save(tmp_path / "room.json")
    assert kept == own_log.Identified.load(tmp_path / "room.json")
    later = BEGIN + timedelta(days=3)
    assert not own_log.due(tmp_path, later)
    own_log.Identified(weak, BEGIN.isoformat(), 48.0, (0.3, 1.0)).save(tmp_path / "room.json")
    assert own_log.due(tmp_path, later)
    assert not own_log.due(tmp_path, BEGIN + timedelta(hours=1))
    (tmp_path / "room.json").write_text('{"room"', encoding="utf-8")
    assert own_log.due(tmp_path, later)
