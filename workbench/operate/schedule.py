"""The persisted schedule: what is done by itself, when, and how it went. Kept in `<home>/workbench.sqlite`.

A rule is a crontab line in the county's time, the code's unless one was set by hand. A job is due once its rule has
come round since its last run, however often it was missed: after a power cut each runs once. A failed job with `retry`
is tried again until it succeeds or the next round. Every job is a `workbench …` process of its own, so that the server
never waits; the table says how it ended. Whoever serves calls `start` once and `stop` at the end.
"""

import os
import subprocess
import sys
import time
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from workbench import domain, settings
from workbench.errors import Busy, InputError, UnknownName
from workbench.forecast.clock import Clock
from workbench.operate import home, log
from workbench.operate.database import database

TICK = 20
"""Seconds between two looks at the schedule."""
LIMIT = timedelta(hours=3)
"""A job that runs longer is ended."""
KEPT = 2000
"""Characters of a job's answer that are kept."""

SCHEMA = """create table if not exists jobs (
  name text primary key, rule text not null default '', created text not null, last_run text,
  state text not null default 'waiting', result text not null default '', seconds real,
  attempts integer not null default 0)"""


@dataclass(frozen=True)
class Job:
    """Something to do: a verb of the `workbench` command with its arguments, and when (crontab, county time)."""

    name: str
    rule: str
    command: tuple[str, ...]
    retry: timedelta | None = None
    attempts: int = 6


@dataclass(frozen=True)
class State:
    """How a job stands: waiting, running, done or failed; times are instants (UTC)."""

    name: str
    rule: str
    state: str
    created: datetime
    last_run: datetime | None
    next_run: datetime | None
    seconds: float | None
    attempts: int
    result: str
    command: tuple[str, ...] = field(default=())

    def sentence(self) -> str:
        ran = "never" if self.last_run is None else f"{self.last_run.astimezone(settings.county_zone()):%m-%d %H:%M}"
        due = "-" if self.next_run is None else f"{self.next_run.astimezone(settings.county_zone()):%m-%d %H:%M}"
        tail = self.result.strip().splitlines()[-1:] or [""]
        return f"{self.name:<18}{self.rule:<18}last {ran:<13}next {due:<13}{self.state:<9}{tail[0][:90]}"

    def as_dict(self) -> dict[str, object]:
        return asdict(self)


def jobs() -> list[Job]:
    """What is done by itself, in the order in which missed jobs are caught up."""
    hour, minute = settings.settings().issue_by.split(":")
    issue_at = f"{int(minute)} {(int(hour) - 2) % 24} * * *"
    ten = timedelta(minutes=10)
    pulls = [Job(f"pull {name}", "20 * * * *", ("pull", name.replace("_", "-")), ten, 2) for name in domain.sources()]
    return [
        *pulls,
        Job("drop", "*/5 * * * *", ("drop",)),
        Job("train", "15 1 * * *", ("train",)),
        Job("forecast", issue_at, ("forecast",), ten, 24),
        *hourly(),
        Job("verify", "40 1,7,13,19 * * *", ("verify",)),
        Job("tidy", "30 3 * * *", ("tidy",)),
    ]


def hourly() -> list[Job]:
    """Tasks that reach no further than a day are issued every hour, with the products that are theirs."""
    near = [name for name, one in domain.tasks().items() if Clock(one.task.every).hours * one.task.horizon <= 24]
    return [Job(f"forecast {name}", "7 * * * *", ("forecast", name, "--narrow")) for name in near]


def next_due(rule: str, after: datetime) -> datetime | None:
    """The first instant after `after` at which a crontab rule comes round in the county's time."""
    from apscheduler.triggers.cron import CronTrigger

    try:
        trigger = CronTrigger.from_crontab(rule, timezone=settings.county_zone())
    except ValueError as error:
        raise InputError(f"'{rule}' is no crontab rule: {error}", "write it like 0 18 * * *") from None
    found = trigger.get_next_fire_time(None, after + timedelta(seconds=1))
    return None if found is None else found.astimezone(UTC)


def is_due(job: Job, state: State, now: datetime) -> bool:
    """Whether a job should start now: its rule has come round since, or a failure waits to be tried again."""
    if state.state == "running":
        return False
    if state.state == "failed" and job.retry and state.attempts < job.attempts and state.last_run:
        return now >= state.last_run + job.retry
    return state.next_run is not None and state.next_run <= now


def states() -> dict[str, State]:
    """Every job as it stands; jobs that are new are written down first."""
    now = settings.now()
    known = {job.name: job for job in jobs()}
    with database(write=True) as store:
        store.execute(SCHEMA)
        for job in known.values():
            line = (job.name, now.isoformat())
            store.execute("insert or ignore into jobs (name, rule, created) values (?, '', ?)", line)
        rows = {row["name"]: dict(row) for row in store.execute("select * from jobs")}
    return {name: _state(rows[name], job) for name, job in known.items()}


def _state(row: dict[str, Any], job: Job) -> State:
    created = datetime.fromisoformat(row["created"])
    last = datetime.fromisoformat(row["last_run"]) if row["last_run"] else None
    rule = row["rule"] or job.rule
    due = next_due(rule, last or created)
    kept = {key: row[key] for key in ("name", "state", "seconds", "attempts", "result")}
    return State(rule=rule, created=created, last_run=last, next_run=due, command=job.command, **kept)


def listing() -> list[State]:
    """Every job with its rule, last run, result and next time, for the command and the page."""
    return list(states().values())


def set_rule(name: str, rule: str) -> State:
    """Give a job another crontab rule, kept until it is set again; an empty one gives the code's own rule back."""
    if name not in states():
        raise UnknownName("job", name, states())
    if rule:
        next_due(rule, settings.now())
    with database(write=True) as store:
        store.execute("update jobs set rule = ? where name = ?", (rule, name))
    return states()[name]


def due(now: datetime | None = None) -> list[Job]:
    """The jobs that should start now, in order."""
    present, now = states(), now or settings.now()
    return [job for job in jobs() if is_due(job, present[job.name], now)]


def run(job: Job) -> State:
    """Run one job to its end in a process of its own and write down how it went; a second holder does nothing."""
    try:
        with home.lock(f"job {job.name}"):
            before = states()[job.name]
            again = before.state == "failed" and before.attempts < job.attempts
            attempt = before.attempts + 1 if again else 1
            note(job.name, state="running", last_run=settings.now().isoformat(), attempts=attempt)
            start = time.monotonic()
            code, answer = spoken(job)
            state = "done" if code == 0 else "failed"
            note(job.name, state=state, result=answer[-KEPT:], seconds=round(time.monotonic() - start, 1))
            log.logger.log(20 if code == 0 else 30, "job %s %s: %s", job.name, state, answer[-300:])
    except Busy:
        log.logger.info("job %s is running already", job.name)
    return states()[job.name]


def spoken(job: Job) -> tuple[int, str]:
    """Run a job's command; its exit code and what it said."""
    begin = "import sys; sys.argv[0] = 'workbench'; from workbench.cli import main; main()"
    command = [sys.executable, "-c", begin, *job.command]
    quiet = os.environ | {"NO_COLOR": "1"}
    try:
        ended = subprocess.run(
            command,
            capture_output=True,
            text=True,
            timeout=LIMIT.total_seconds(),
            check=False,
            env=quiet,
            cwd=settings.PROJECT,
        )
    except subprocess.TimeoutExpired:
        return 1, f"ended after {LIMIT}"
    return ended.returncode, (ended.stdout or ended.stderr).strip()


def note(name: str, **values: object) -> None:
    """Write down how a job stands."""
    columns = ", ".join(f"{key} = ?" for key in values)
    with database(write=True) as store:
        store.execute(f"update jobs set {columns} where name = ?", (*values.values(), name))  # noqa: S608


def catch_up() -> list[State]:
    """Run now, one after the other, whatever is due or was missed while the machine was off."""
    return [run(job) for job in due()]


def recover() -> None:
    """After a power cut nothing runs any more: what was running counts as failed, and is tried again."""
    for name, state in states().items():
        if state.state == "running" and free(name):
            note(name, state="failed", result="interrupted", last_run=(state.created.isoformat()), attempts=0)


def free(name: str) -> bool:
    """Whether no process holds a job."""
    try:
        with home.lock(f"job {name}"):
            return True
    except Busy:
        return False


_RUNNING: list[Any] = []


def start() -> None:
    """Begin to look at the schedule every few seconds, in threads of this process; safe to call twice."""
    from apscheduler.executors.pool import ThreadPoolExecutor
    from apscheduler.schedulers.background import BackgroundScheduler

    if _RUNNING:
        return
    recover()
    scheduler = BackgroundScheduler(timezone=UTC, executors={"default": ThreadPoolExecutor(8)})

    def look() -> None:
        for job in due():
            scheduler.add_job(run, args=[job], id=job.name, replace_existing=True, misfire_grace_time=None)

    scheduler.add_job(look, "interval", seconds=TICK, next_run_time=datetime.now(UTC), coalesce=True)
    scheduler.start()
    _RUNNING.append(scheduler)


def stop() -> None:
    """Stop looking; a job that runs already ends by itself."""
    while _RUNNING:
        _RUNNING.pop().shutdown(wait=False)
