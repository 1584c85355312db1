"""How a verb speaks: one sentence or one JSON document on stdout, progress and faults on stderr, three exit codes.

`verb` wraps a command: it adds `--json`, turns every WorkbenchError into its message and exit code, and everything
unforeseen into a number to quote.
"""

import functools
import inspect
import json
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Annotated, Any

import typer

from workbench.errors import WorkbenchError

Progress = Callable[[int, int, str], None]
"""Called with steps done, steps in all, and what is being done."""


def verb(function: Callable[..., Any]) -> Callable[..., None]:
    """Make a function a command: its result is shown as a sentence, or as one JSON document with `--json`."""

    @functools.wraps(function)
    def run(*args: Any, as_json: bool = False, **kwargs: Any) -> None:
        from workbench.operate import log

        log.start()
        try:
            show(function(*args, **kwargs), as_json)
        except WorkbenchError as error:
            refuse(str(error), error.exit_code, as_json, error.hint)
        except (KeyboardInterrupt, typer.Exit, typer.Abort):
            raise
        except Exception as error:
            number = log.fault(error)
            refuse(
                f"something unforeseen went wrong; quote number {number}\n→ the details are in the log of the home, "
                "`workbench doctor` checks the installation",
                1,
                as_json,
            )

    signature = inspect.signature(function)
    option = Annotated[bool, typer.Option("--json", help="one JSON document on stdout")]
    extra = inspect.Parameter("as_json", inspect.Parameter.KEYWORD_ONLY, default=False, annotation=option)
    run.__signature__ = signature.replace(  # type: ignore[attr-defined]
        parameters=[*signature.parameters.values(), extra]
    )
    return run


def refuse(text: str, code: int, as_json: bool, hint: str = "") -> None:
    """Say on stderr what went wrong (and as JSON on stdout if asked) and leave with the exit code."""
    if as_json:
        print_out(
            json.dumps(
                {"error": {"message": text.split("\n→ ")[0], "hint": hint, "exit_code": code}}, ensure_ascii=False
            )
        )
    typer.echo(text, err=True)
    raise typer.Exit(code)


def show(result: Any, as_json: bool) -> None:
    """Print a result: `.as_dict()` or plain data as JSON, `.sentence()` or text for a person."""
    if as_json:
        print_out(json.dumps(plain(result), ensure_ascii=False, indent=1, default=str))
        return
    for one in result if isinstance(result, list) else [result]:
        if one is not None:
            print_out(one.sentence() if hasattr(one, "sentence") else str(one))


def plain(result: Any) -> Any:
    """A result as JSON-ready data."""
    if isinstance(result, list):
        return [plain(one) for one in result]
    if hasattr(result, "as_dict"):
        return result.as_dict()
    return result.to_dicts() if hasattr(result, "to_dicts") else result


def print_out(text: str) -> None:
    """Write a line to stdout."""
    typer.echo(text)


@contextmanager
def bar(title: str) -> Iterator[Progress]:
    """A progress bar on stderr while a terminal is there; one plain line a step otherwise is silence."""
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    with Progress(*columns, console=Console(file=sys.stderr), disable=not sys.stderr.isatty()) as progress:
        task = progress.add_task(title, total=None)

        def step(done: int, total: int, text: str) -> None:
            progress.update(task, completed=done, total=total, description=f"{title} · {text}" if text else title)

        yield step
