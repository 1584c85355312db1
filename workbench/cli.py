"""The `workbench` command: each verb is a few lines that call the function which does the work.

Exit codes: 0 done, 1 failed, 2 bad input or usage. Every verb takes `--json`. Running a verb twice gives the same
store as running it once. Imports stand inside the verbs so that `--help` answers at once.
"""

from datetime import datetime
from pathlib import Path
from typing import Annotated, Any

import typer

from workbench import cli_keep
from workbench.errors import InputError
from workbench.operate.terminal import bar, verb

app = typer.Typer(
    help="The county's forecasting workbench (县域预测工作台): ingest, backtest, train, forecast, verify, serve.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)
app.add_typer(cli_keep.app)

Instant = Annotated[str | None, typer.Option(help="ISO 8601 instant, e.g. 2026-11-23T18:00+08:00; default now")]
Tasks = Annotated[list[str] | None, typer.Argument(help="task names; all if none is named")]


def instant(text: str | None) -> datetime | None:
    """Read an instant given on the command line; local to the county where it has no offset."""
    from workbench.settings import county_zone, now

    if text is None:
        return None
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise InputError(f"'{text}' is no instant", "write it like 2026-11-23T18:00+08:00") from None
    moment = moment if moment.tzinfo else moment.replace(tzinfo=county_zone())
    if moment.year < 1900:
        raise InputError(f"'{text}' lies before 1900", "write it like 2026-11-23T18:00+08:00")
    if moment > now():
        raise InputError(
            f"'{text}' has not come yet: nothing is known after {now():%Y-%m-%d %H:%M} UTC", "leave it out for now"
        )
    return moment


@app.command()
@verb
def up(
    sample: Annotated[bool, typer.Option(help="load the embedded sample county into an empty lake")] = True,
    port: Annotated[int | None, typer.Option(help="port of the screens (default 8050)")] = None,
    serve: Annotated[bool, typer.Option(help="serve the screens when all is ready")] = True,
) -> Any:
    """Main job (一键启动): prepare the home, load the sample county if the lake is empty, train, forecast, serve."""
    from workbench.operate import up as job

    with bar("up") as progress:
        ready = job.prepare(sample=sample, progress=progress)
    if serve:
        typer.echo(ready.sentence())
        job.serve(port=port)
        return None
    return ready


@app.command()
@verb
def ingest(
    table: Annotated[str, typer.Argument(help="a table of the catalogue, e.g. air_hourly")],
    files: Annotated[list[Path], typer.Argument(help="CSV, Parquet, Excel or JSON; recognised by content")],
    known_at: Instant = None,
) -> Any:
    """Bring files into a table (数据接入); says what was accepted, corrected, quarantined and duplicate."""
    from workbench.operate import intake

    with bar("ingest") as progress:
        return intake.ingest_files(table, files, instant(known_at), progress)


@app.command()
@verb
def template(
    table: Annotated[str, typer.Argument(help="a table of the catalogue, e.g. orange_output")],
    file: Annotated[Path, typer.Argument(help="where to write it, e.g. form.xlsx")],
    language: Annotated[str, typer.Option(help="zh or en")] = "zh",
) -> Any:
    """Write the Excel template of a table (填报模板) to fill in and ingest."""
    from workbench.operate import template as job
    from workbench.present.words import Words

    return job.write(table, file, Words(language))


@app.command()
@verb
def strip(
    files: Annotated[list[Path], typer.Argument(help="order exports of a shop; recognised by content")],
    out: Annotated[
        Path | None, typer.Option(help="folder for the stripped files; default beside the originals")
    ] = None,
) -> Any:
    """Leave out who bought before sending (脱敏): writes NAME.stripped.csv, which is ingested like the original."""
    from workbench.operate import strip as job

    with bar("strip") as progress:
        return job.strip(files, out, progress)


@app.command()
@verb
def drop() -> Any:
    """Ingest whatever lies in the drop folder (投递目录) `<home>/drop/<table>/`."""
    from workbench.operate import intake

    return intake.sweep()


@app.command()
@verb
def pull(
    source: Annotated[str, typer.Argument(help="open-meteo, or a table whose catalogue entry has a pull part")],
    since: Annotated[str | None, typer.Option(help="first day wanted, e.g. 2026-11-01")] = None,
) -> Any:
    """Fetch a remote source (数据拉取) and ingest its answer like a file."""
    from workbench.operate import pull as job

    with bar("pull") as progress:
        return job.pull(source, since, progress)


@app.command()
@verb
def correct(
    table: Annotated[str, typer.Argument(help="a table of the catalogue, e.g. air_hourly")],
    key: Annotated[list[str], typer.Option(help="NAME=VALUE, once for each column of the key")],
    column: Annotated[str, typer.Option(help="the column of the cell")],
    value: Annotated[str | None, typer.Option(help="the value it shall have; '' takes the value away")] = None,
    reason: Annotated[str, typer.Option(help="why; kept with the value")] = "",
    who: Annotated[str, typer.Option(help="on whose behalf; default the name of the account that runs this")] = "",
    undo: Annotated[bool, typer.Option("--undo", help="take the newest correction of the cell back")] = False,
) -> Any:
    """Replace one value by hand (人工更正), or take that back; without both, say what it has held."""
    from getpass import getuser

    from workbench.operate import correction as job

    where, by = job.key_of(table, key), who or getuser()
    if undo and value is not None:
        raise InputError("--undo and --value exclude one another", "take back first, then correct")
    if undo:
        return job.undo(table, where, column, reason, by)
    if value is None:
        return job.history(table, where, column)
    return job.correct(table, where, column, value, reason, by)


@app.command()
@verb
def backtest(task: str, as_of: Instant = None) -> Any:
    """Replay history as it was known then (回测); scores and figures go to MLflow."""
    from workbench.operate import train as job

    with bar(f"backtest {task}") as progress:
        return job.backtest(task, instant(as_of), progress)


@app.command()
@verb
def train(
    task: Annotated[str | None, typer.Argument(help="a task; default every task that is due for training")] = None,
    as_of: Instant = None,
) -> Any:
    """Fit every model of a task on all that is known (训练) and register the versions."""
    from workbench.operate import train as job

    with bar(f"train {task or 'what is due'}") as progress:
        if task is None:
            return job.train_due(instant(as_of), progress)
        return job.train(task, instant(as_of), progress)


@app.command()
@verb
def bulletin(
    crop: Annotated[str, typer.Argument(help="a crop whose harvest is forecast, e.g. orange")],
    file: Annotated[Path, typer.Argument(help="where to write the PDF")],
    language: Annotated[str, typer.Option(help="zh or en")] = "zh",
) -> Any:
    """Print the newest harvest forecast of a crop as a bulletin (采收公报, PDF)."""
    from workbench.operate import harvest_bulletin as job
    from workbench.present.words import Words
    from workbench.settings import county

    return job.write(crop, file, Words(language, county()["zone"]))


@app.command()
@verb
def promote(
    task: str,
    version: Annotated[str | None, typer.Argument(help="a registered version; default the best challenger")] = None,
    force: Annotated[bool, typer.Option(help="promote although the gate says no; the ledger keeps that")] = False,
) -> Any:
    """Let a version become the champion (晋级) if it beats the present one on the same origins."""
    from workbench.operate import train as job

    return job.promote(task, version, force)


@app.command()
@verb
def rollback(task: str, reason: Annotated[str, typer.Option(help="why; the ledger keeps it")] = "rolled back") -> Any:
    """Let the champion before the present one issue again (回退)."""
    from workbench.operate import train as job

    return job.rollback(task, reason=reason)


@app.command()
@verb
def forecast(
    tasks: Tasks = None,
    as_of: Instant = None,
    narrow: Annotated[bool, typer.Option("--narrow", help="only tasks with data, and their own products")] = False,
) -> Any:
    """Issue forecasts with the champions (发布预报) into the archive."""
    from workbench.operate import issue as job

    with bar("forecast") as progress:
        return job.issue(tasks or None, instant(as_of), progress, narrow)


@app.command()
@verb
def verify(tasks: Tasks = None, as_of: Instant = None) -> Any:
    """Score issued forecasts against the truth that has arrived (检验)."""
    from workbench.operate import verify as job

    with bar("verify") as progress:
        return job.verify(tasks or None, instant(as_of), progress)


@app.command()
@verb
def bench(
    suites: Annotated[list[str] | None, typer.Argument(help="suite names; all if none is named")] = None,
    data: Annotated[Path | None, typer.Option(help="folder of the development data")] = None,
    out: Annotated[
        Path | None, typer.Option(help="also keep JSON and figures in this folder, and the page DIR.md")
    ] = None,
) -> Any:
    """Evidence (评测): ours and the peers on the same real data in one run."""
    from workbench import domain
    from workbench.operate import bench as job

    with bar("bench") as progress:
        evidence = job.run(suites or [], data, domain.suites(), progress)
    if out:
        job.write(evidence, out)
    return evidence


@app.command()
@verb
def serve(
    port: Annotated[int | None, typer.Option(help="port (default 8050)")] = None,
    host: Annotated[str | None, typer.Option(help="address; other than loopback needs TLS")] = None,
    certfile: Annotated[Path | None, typer.Option(help="TLS certificate (PEM)")] = None,
    keyfile: Annotated[Path | None, typer.Option(help="TLS key (PEM)")] = None,
    plain: Annotated[bool, typer.Option(help="serve beyond loopback without TLS all the same")] = False,
) -> Any:
    """Serve the screens and the API (启动服务), and run the schedule."""
    from workbench.operate import up as job

    job.serve(port=port, host=host, certfile=certfile, keyfile=keyfile, allow_plain=plain)


def main() -> None:
    """Entry point of the `workbench` command."""
    app()
