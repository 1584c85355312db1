"""Logs: one rotating JSON file under `<home>/log/` and readable lines on stderr; faults get a number to quote."""

import json
import logging
import logging.handlers
import secrets
import traceback

from workbench.settings import home, now

logger = logging.getLogger("workbench")


class JsonLines(logging.Formatter):
    """One JSON document a line: time, level, logger, message, and the fault's trace where there is one."""

    def format(self, record: logging.LogRecord) -> str:
        line = {"at": now().isoformat(), "level": record.levelname, "logger": record.name, "text": record.getMessage()}
        if record.exc_info:
            line["trace"] = "".join(traceback.format_exception(*record.exc_info))
        return json.dumps(line, ensure_ascii=False)


def start(level: int = logging.INFO) -> None:
    """Begin logging for this process: the JSON file takes all, stderr takes warnings. Safe to call twice."""
    if logger.handlers:
        return
    folder = home() / "log"
    folder.mkdir(parents=True, exist_ok=True)
    file = logging.handlers.RotatingFileHandler(
        folder / "workbench.jsonl", maxBytes=10_000_000, backupCount=5, encoding="utf-8", delay=True
    )
    file.setFormatter(JsonLines())
    screen = logging.StreamHandler()
    screen.setLevel(logging.WARNING)
    screen.setFormatter(logging.Formatter("%(levelname)s %(message)s"))
    logger.setLevel(level)
    logger.handlers = [file, screen]
    logger.propagate = False


def fault(error: BaseException) -> str:
    """Keep an unforeseen fault with its trace in the log file; returns the number that the user can quote."""
    number = secrets.token_hex(4)
    start()
    record = logger.makeRecord(
        "workbench.fault", logging.ERROR, __file__, 0, f"fault {number}: {error!r}", (),
        (type(error), error, error.__traceback__),
    )  # fmt: skip
    for handler in logger.handlers:
        if isinstance(handler, logging.handlers.RotatingFileHandler):
            handler.handle(record)
    return number
