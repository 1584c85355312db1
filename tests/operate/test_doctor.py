"""The doctor names what is wrong and what to do, and never fails itself."""

import shutil
import socket
from pathlib import Path
from typing import Any

import pytest

from workbench.operate import doctor, tracking
from workbench.operate.home import Check
from workbench.operate.home import doctor as examine
from workbench.operate.issue import issue


def by_name(checks: list[Check]) -> dict[str, Check]:
    return {check.name: check for check in checks}


def test_a_home_in_which_all_was_done_is_in_order(trained: Any) -> None:
    """Trained and issued: everything that matters is ticked."""
    issue()
    checks = by_name(examine())
    wrong = {name: check.message for name, check in checks.items() if not check.ok and name != "disk"}
    assert {} == wrong
    assert "✓ champion toy: persistence, version 1" == checks["champion toy"].sentence()
    assert checks["lake"].message.endswith("tables readable")


def test_a_home_that_is_not_prepared_is_said_with_the_command(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing is created by looking."""
    monkeypatch.setenv("WORKBENCH_HOME", str(tmp_path / "none"))
    check = by_name(list(doctor.folder()))["home"]
    assert not check.ok
    assert "run `workbench up`" == check.hint
    assert not (tmp_path / "none").exists()


def test_lost_files_of_the_champion_are_found(trained: Any) -> None:
    """The registry knows a version whose files are gone."""
    champion = tracking.champion("toy")
    assert champion is not None
    shutil.rmtree(champion.folder / "fitted")
    check = by_name(list(doctor.champions()))["champion toy"]
    assert not check.ok
    assert "its files are gone: run `workbench train toy`" == check.hint


def test_an_untrained_task_and_a_forecast_never_issued_are_found(toy: Any) -> None:
    """Each with its command."""
    assert "run `workbench train toy`" == next(doctor.champions()).hint
    assert "run `workbench forecast`" == next(doctor.forecasts()).hint


def test_a_stale_forecast_is_found(trained: Any) -> None:
    """Two days without an issue."""
    issue()
    trained.clock(trained.now.replace(day=18))
    check = next(doctor.forecasts())
    assert not check.ok
    assert "issued 48 h ago" in check.message


def test_stale_tables_are_named(toy: Any) -> None:
    """Daily values three weeks old."""
    toy.clock(toy.now.replace(month=12))
    check = next(doctor.freshness())
    assert not check.ok
    assert "air_daily" in check.message


def test_a_port_in_use_and_an_unsafe_address_are_said(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Beyond loopback only with TLS."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        monkeypatch.setenv("WORKBENCH_PORT", str(server.getsockname()[1]))
        assert "is in use" in next(doctor.port()).message
    monkeypatch.setenv("WORKBENCH_HOST", "0.0.0.0")
    assert "set certfile and keyfile, or behind_proxy" == next(doctor.loopback()).hint
    monkeypatch.setenv("WORKBENCH_BEHIND_PROXY", "true")
    assert next(doctor.loopback()).ok


def test_an_examination_that_fails_is_a_finding(home: Path) -> None:
    """With a number to look up in the log."""

    def broken() -> Any:
        raise ZeroDivisionError
        yield

    found = doctor.attempt(broken)
    assert not found[0].ok
    assert "could not be examined (number " in found[0].message
