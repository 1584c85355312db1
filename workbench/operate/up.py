"""The main job: from an empty home to served screens, and the server itself. Safe to run again at any moment."""

import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

from workbench import domain
from workbench.lake.store import Lake
from workbench.operate import home, intake, issue, schedule, train, users, verify
from workbench.operate.known import standing
from workbench.operate.terminal import Progress
from workbench.present import fonts
from workbench.settings import PROJECT, now, settings


@dataclass(frozen=True)
class Ready:
    """What `up` made ready, and who can sign in with which one-time password (said once, kept nowhere)."""

    lines: tuple[str, ...] = ()
    invitations: tuple[users.Invitation, ...] = ()
    issued: tuple[str, ...] = ()

    def sentence(self) -> str:
        settled = "sign in with the passwords chosen before; `workbench users reset NAME` gives a new one"
        return "\n".join([*self.lines, *([one.sentence() for one in self.invitations] or [settled])])

    def as_dict(self) -> dict[str, object]:
        return {
            "lines": self.lines,
            "invitations": [one.as_dict() for one in self.invitations],
            "issued": self.issued,
        }


def prepare(sample: bool, progress: Progress) -> Ready:
    """Prepare the home, load the sample into an empty lake, train tasks without a champion, issue, verify."""
    home.prepare()
    lake = Lake()
    lines = []
    if sample and all(lake.origin(table) in ("empty", "sample") for table in lake_tables()):
        lines += [report.sentence() for report in intake.load_sample(lake, progress)]
    able = [name for name, entry in domain.tasks().items() if not domain.panel(entry.task.panel, lake).is_empty()]
    lines += [trained.sentence() for trained in train.train_due(None, progress)]
    lonely = any(product.own and standing(product, lake, now()) for product in domain.products().values())
    issued = issue.issue(able, None, progress) if able or lonely else []
    lines += [one.sentence() for one in issued]
    if able:
        verify.verify(able, None, progress)
    if not (able or lonely):
        lines.append("the lake is empty: bring data in with `workbench ingest TABLE FILE…` or on the data page")
    return Ready(tuple(lines), first_people(sample), tuple(able))


def first_people(sample: bool) -> tuple[users.Invitation, ...]:
    """On the first start: the administrator, and with the sample county a forecaster to try everything with."""
    password = users.first_admin()
    if not password:
        return ()
    admin = users.Invitation("admin", "system", password)
    return (admin, users.add("demo", "forecaster")) if sample else (admin,)


def lake_tables() -> list[str]:
    """The tables of the catalogue that hold measured rows, not reference tables."""
    from workbench.lake import catalogue

    return [name for name in catalogue.names() if not catalogue.load(name).reference]


def serve(
    port: int | None = None,
    host: str | None = None,
    certfile: Path | None = None,
    keyfile: Path | None = None,
    allow_plain: bool = False,
) -> None:
    """Serve the screens, the API and the schedule until stopped. Found by name: the engine imports no dashboard."""
    home.prepare()
    fonts.prepare()
    values = settings()
    schedule.start()
    try:
        domain.server().serve(
            host=host or values.host,
            port=port or values.port,
            certfile=str(certfile or values.certfile),
            keyfile=str(keyfile or values.keyfile),
            allow_plain=allow_plain,
        )
    finally:
        schedule.stop()


def lab() -> None:
    """Open JupyterLab on the notebooks, on loopback only."""
    command = [
        sys.executable,
        "-m",
        "jupyterlab",
        "--ServerApp.ip=127.0.0.1",
        f"--notebook-dir={PROJECT / 'notebooks'}",
    ]
    subprocess.run(command, check=False)
