"""The main job: from an empty home to served screens, and the server itself. Safe to run again at any moment."""

import subprocess
import sys
from dataclasses import dataclass, field
from pathlib import Path

from workbench import domain
from workbench.lake.store import Lake
from workbench.operate import home, intake, issue, tracking, train, users, verify
from workbench.operate.terminal import Progress
from workbench.present import fonts
from workbench.settings import PROJECT, settings


@dataclass(frozen=True)
class Ready:
    """What `up` made ready, and how to sign in."""

    lines: tuple[str, ...] = ()
    password: str = ""
    issued: tuple[str, ...] = field(default=())

    def sentence(self) -> str:
        sign_in = [f"首次登录 first sign-in: user admin, one-time password {self.password}"] if self.password else []
        return "\n".join([*self.lines, *sign_in])

    def as_dict(self) -> dict[str, object]:
        return {"lines": self.lines, "one_time_password": self.password, "issued": self.issued}


def prepare(sample: bool, progress: Progress) -> Ready:
    """Prepare the home, load the sample into an empty lake, train tasks without a champion, issue, verify."""
    home.prepare()
    password = users.first_admin()
    lake = Lake()
    lines = []
    if sample and all(lake.origin(table) in ("empty", "sample") for table in lake_tables()):
        lines += [report.sentence() for report in intake.load_sample(lake, progress)]
    able = [name for name, entry in domain.tasks().items() if not domain.panel(entry.task.panel, lake).is_empty()]
    for name in able:
        if tracking.champion(name) is None:
            lines.append(train.train(name, None, progress).sentence())
    issued = issue.issue(able, None, progress) if able else []
    lines += [one.sentence() for one in issued]
    if able:
        verify.verify(able, None, progress)
    if not able:
        lines.append("the lake is empty: bring data in with `workbench ingest TABLE FILE…` or on the data page")
    return Ready(tuple(lines), password, tuple(able))


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
    domain.server().serve(
        host=host or values.host,
        port=port or values.port,
        certfile=str(certfile or values.certfile),
        keyfile=str(keyfile or values.keyfile),
        allow_plain=allow_plain,
    )


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
