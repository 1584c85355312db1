"""The verbs of whoever keeps the workbench running: check, migrate, back up, people, schedule, lab, MLflow."""

from pathlib import Path
from typing import Annotated, Any

import typer

from workbench.operate.terminal import verb

app = typer.Typer()
users_app = typer.Typer(help="People who may sign in (用户): add, list, reset, audit.", no_args_is_help=True)
schedule_app = typer.Typer(help="The persisted schedule (定时任务): list, run what is due.", no_args_is_help=True)
app.add_typer(users_app, name="users")
app.add_typer(schedule_app, name="schedule")


@app.command()
@verb
def doctor() -> Any:
    """Check this installation (自检) and say what to do about each finding."""
    from workbench.operate import home as job

    return job.doctor()


@app.command()
@verb
def control(
    room: Annotated[str, typer.Argument(help="a room's code; its line is <home>/control/ROOM/link.toml")],
    minutes: Annotated[int | None, typer.Option(help="stop after so many minutes; default when told to")] = None,
    identify: Annotated[bool, typer.Option("--identify", help="learn the room from its own minutes, and end")] = False,
) -> Any:
    """Keep a rearing room (蚕室控制): a process of its own, which goes on when the server is down."""
    from workbench.operate import control_room as job

    return job.identify(room) if identify else job.control(room, minutes)


@app.command()
@verb
def migrate() -> Any:
    """Carry a home of an older release to this one (升级)."""
    from workbench.operate import home as job

    return job.migrate()


@app.command()
@verb
def backup(file: Path) -> Any:
    """Write the whole home into one file (备份), consistent even while the server runs."""
    from workbench.operate import home as job

    return job.backup(file)


@app.command()
@verb
def restore(file: Path, force: Annotated[bool, typer.Option(help="replace a home that is not empty")] = False) -> Any:
    """Bring a home back from a backup file (恢复)."""
    from workbench.operate import home as job

    return job.restore(file, force)


@app.command()
@verb
def tidy() -> Any:
    """Compact the archive (整理) and let go of paths and audit entries past their keeping time."""
    from workbench.operate import audit
    from workbench.operate.archive import Archive

    Archive().tidy()
    return f"archive compacted; {audit.prune()} audit entries past their keeping time removed"


@app.command()
@verb
def lab() -> Any:
    """Open JupyterLab on the notebooks (分析台), on loopback only."""
    from workbench.operate import up as job

    job.lab()


@app.command()
@verb
def mlflow(port: Annotated[int, typer.Option(help="port on loopback")] = 5000) -> Any:
    """Open the MLflow pages (实验跟踪), on loopback only."""
    from workbench.operate import tracking as job

    job.serve(port)


@users_app.command("add")
@verb
def users_add(
    name: str,
    role: Annotated[str, typer.Option(help="viewer, forecaster, analyst, system, security or audit")] = "viewer",
    bureau: Annotated[str, typer.Option(help="a bureau of data/county.toml; '' = the whole county")] = "",
) -> Any:
    """Add a person; prints a one-time password that must be changed at the first sign-in."""
    from workbench.operate import users as job

    return job.add(name, role, bureau)


@users_app.command("list")
@verb
def users_list() -> Any:
    """Who may sign in, with role, bureau and state."""
    from workbench.operate import users as job

    return job.everyone()


@users_app.command("reset")
@verb
def users_reset(name: str) -> Any:
    """Give a new one-time password and lift a lock-out."""
    from workbench.operate import users as job

    return job.reset(name)


@users_app.command("audit")
@verb
def users_audit() -> Any:
    """Prove that the audit log is unbroken."""
    from workbench.operate import audit as job

    return job.verify()


@schedule_app.command("list")
@verb
def schedule_list() -> Any:
    """Every job with its rule, last run, result and next time."""
    from workbench.operate import schedule as job

    return job.listing()


@schedule_app.command("run")
@verb
def schedule_run() -> Any:
    """Run now whatever is due, and whatever was missed while the machine was off."""
    from workbench.operate import schedule as job

    return job.catch_up()


@schedule_app.command("set")
@verb
def schedule_set(
    name: str,
    rule: Annotated[str, typer.Argument(help="crontab rule in county time, e.g. '0 18 * * *'; '' = the built-in rule")],
) -> Any:
    """Give a job a rule of your own, or its built-in rule back."""
    from workbench.operate import schedule as job

    return job.set_rule(name, rule)
