"""The schedule: rules in county time, catch-up after a power cut, retries before the deadline; the clock is stopped."""

import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from workbench.errors import InputError, UnknownName
from workbench.operate import schedule
from workbench.operate.home import lock
from workbench.operate.schedule import Job

Clock = Callable[[datetime], None]
MORNING = datetime(2026, 11, 20, 1, tzinfo=UTC)  # 09:00 in the county
VERSION = Job("look", "0 18 * * *", ("doctor", "--help"))
WRONG = Job("wrong", "0 18 * * *", ("no-such-verb",), timedelta(minutes=10), 3)


@pytest.fixture
def two(home: Path, monkeypatch: pytest.MonkeyPatch, clock: Clock) -> None:
    """A schedule of one job that succeeds and one that fails, written down at 09:00."""
    monkeypatch.setattr(schedule, "jobs", lambda: [VERSION, WRONG])
    clock(MORNING)
    schedule.states()


def names(jobs: list[Job]) -> list[str]:
    return [job.name for job in jobs]


@pytest.mark.parametrize(
    ("rule", "after", "expected"),
    [
        ("0 18 * * *", "2026-11-20T09:59:00+00:00", "2026-11-20T10:00:00+00:00"),
        ("0 18 * * *", "2026-11-20T10:00:00+00:00", "2026-11-21T10:00:00+00:00"),
        ("*/5 * * * *", "2026-11-20T10:01:00+00:00", "2026-11-20T10:05:00+00:00"),
        ("15 1 1 * *", "2026-12-31T17:20:00+00:00", "2027-01-31T17:15:00+00:00"),
    ],
)
def test_rules_are_crontab_lines_in_the_countys_time(rule: str, after: str, expected: str) -> None:
    """18:00 in the county is 10:00 UTC; the run just made does not come round again."""
    assert datetime.fromisoformat(expected) == schedule.next_due(rule, datetime.fromisoformat(after))


def test_a_rule_that_cannot_be_read_is_refused(two: None) -> None:
    """So is a job that does not exist."""
    with pytest.raises(InputError, match="'every day' is no crontab rule"):
        schedule.set_rule("look", "every day")
    with pytest.raises(UnknownName, match="did you mean 'look'"):
        schedule.set_rule("lok", "0 7 * * *")


def test_nothing_is_due_before_its_time_and_everything_once_after_it(two: None, clock: Clock) -> None:
    """Three days without power: each missed job runs once, not three times."""
    assert [] == schedule.due()
    clock(MORNING + timedelta(days=3, hours=12))
    assert ["look", "wrong"] == names(schedule.due())
    assert ["done", "failed"] == [state.state for state in schedule.catch_up()]
    assert [] == schedule.due()
    look = schedule.states()["look"]
    assert MORNING + timedelta(days=3, hours=12) == look.last_run
    assert datetime(2026, 11, 24, 10, tzinfo=UTC) == look.next_run
    assert "installation" in look.result


def test_a_failed_job_is_tried_again_until_its_attempts_are_used_up(two: None, clock: Clock) -> None:
    """Every ten minutes, three times, then at the next round; what went wrong is kept."""
    at = datetime(2026, 11, 20, 10, tzinfo=UTC)
    for _ in range(3):
        clock(at)
        assert "wrong" in names(schedule.due())
        state = schedule.run(WRONG)
        assert "No such command" in state.result
        clock(at + timedelta(minutes=9))
        assert "wrong" not in names(schedule.due())
        at += timedelta(minutes=10)
    clock(at)
    assert "wrong" not in names(schedule.due())
    clock(datetime(2026, 11, 21, 10, tzinfo=UTC))
    assert "wrong" in names(schedule.due())
    assert 1 == schedule.run(WRONG).attempts


def test_a_rule_set_by_hand_is_kept_until_it_is_given_back(two: None, clock: Clock) -> None:
    """The table, not the code, says when; an empty rule lets the code say it again."""
    schedule.set_rule("look", "30 9 * * *")
    clock(MORNING + timedelta(minutes=31))
    assert ["look"] == names(schedule.due())
    assert "30 9 * * *" in next(one for one in schedule.listing() if one.name == "look").sentence()
    schedule.set_rule("look", "")
    assert "0 18 * * *" == schedule.states()["look"].rule


def test_a_job_that_runs_already_is_not_started_again(two: None, clock: Clock) -> None:
    """Another server or a command may hold it."""
    with lock("job look"):
        assert "waiting" == schedule.run(VERSION).state


def test_what_a_power_cut_interrupted_is_run_again(two: None, clock: Clock) -> None:
    """It was written down as running, and nobody holds it any more."""
    clock(datetime(2026, 11, 20, 10, tzinfo=UTC))
    schedule.note("look", state="running", last_run=datetime(2026, 11, 20, 10, tzinfo=UTC).isoformat(), attempts=1)
    assert "look" not in names(schedule.due())
    schedule.recover()
    assert "look" in names(schedule.due())


def test_the_server_catches_up_when_it_starts(two: None, clock: Clock) -> None:
    """The first look is at once; starting twice is starting once."""
    clock(MORNING + timedelta(days=1, hours=12))
    schedule.start()
    schedule.start()
    try:
        until = time.monotonic() + 60
        while schedule.states()["look"].state != "done" and time.monotonic() < until:
            time.sleep(0.1)
    finally:
        schedule.stop()
    assert "done" == schedule.states()["look"].state
    until = time.monotonic() + 60
    while schedule.states()["wrong"].state == "running" and time.monotonic() < until:
        time.sleep(0.1)


def test_every_job_of_the_schedule_is_a_verb_of_the_command(home: Path) -> None:
    """A job that the command does not know would fail every night."""
    import typer

    from workbench.cli import app

    verbs = set(typer.main.get_command(app).commands)  # type: ignore[attr-defined]
    assert set() == {job.command[0] for job in schedule.jobs()} - verbs


def test_forecasts_are_issued_two_hours_before_the_deadline(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """HJ 633-2026 5.2: by 20:00; the setting moves it."""
    rules = {job.name: job.rule for job in schedule.jobs()}
    assert "0 18 * * *" == rules["forecast"]
    monkeypatch.setattr(schedule.domain, "sources", dict)
    for deadline, rule in (("20:00", "0 18 * * *"), ("17:30", "30 15 * * *"), ("01:15", "15 23 * * *")):
        monkeypatch.setenv("WORKBENCH_ISSUE_BY", deadline)
        assert rule == schedule.states()["forecast"].rule


def test_what_reaches_a_day_is_issued_by_the_hour_with_its_own_products_alone() -> None:
    from workbench import domain

    near = [job for job in schedule.jobs() if "--narrow" in job.command]
    assert ["rooms_hourly"] == [job.command[1] for job in near]
    assert {"7 * * * *"} == {job.rule for job in near}
    assert {"room_outlook"} == {name for name, product in domain.products().items() if "rooms_hourly" in product.of}
