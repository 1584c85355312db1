"""The pictures of the README, taken from a sample county that has worked for two weeks:
`.venv/bin/python tests/browser/pictures.py` (some minutes), or with `WORKBENCH_HOME` and `WORKBENCH_NOW` set, from
that home at that instant.
"""

import os
import sys
import tempfile
from datetime import datetime, timedelta
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path[:0] = [str(HERE), str(HERE.parents[1])]

import eyes  # noqa: E402

SHOTS = (
    ("environment-zh", "/environment", "zh"),
    ("environment-en", "/environment", "en"),
    ("data-zh", "/data", "zh"),
)
NOW = "2026-11-23T18:10:00+08:00"
DAYS = 14


def main() -> None:
    """Write `docs/environment-zh.png`, `docs/environment-en.png` and `docs/data-zh.png`."""
    docs = eyes.PROJECT / "docs"
    docs.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory() as scratch:
        if "WORKBENCH_HOME" not in os.environ:
            os.environ["WORKBENCH_HOME"] = scratch
            work(datetime.fromisoformat(NOW))
        cookies = eyes.session("wang", "forecaster", "environment")
        clock = os.environ.get("WORKBENCH_NOW", NOW)
        with eyes.server(Path(os.environ["WORKBENCH_HOME"]), clock) as address, eyes.browser() as chromium:
            for name, path, language in SHOTS:
                page = eyes.look(chromium, address, cookies, language=language)
                page.set_viewport_size({"width": 1280, "height": 960})  # down to the end of the chart
                eyes.settle(page, address + path)
                page.screenshot(path=docs / f"{name}.png")
                page.context.close()


def work(end: datetime) -> None:
    """Load the sample as it stands at `end`; train two weeks before, then issue every evening, and verify."""
    from workbench import domain
    from workbench.lake.store import Lake
    from workbench.operate import home, intake, issue, train, verify
    from workbench.operate.known import quiet

    os.environ["WORKBENCH_NOW"] = end.isoformat()
    home.prepare()
    intake.load_sample(Lake(), quiet)
    for back in range(DAYS, -1, -1):
        os.environ["WORKBENCH_NOW"] = (end - timedelta(days=back)).isoformat()
        for task in domain.tasks() if back == DAYS else ():
            train.train(task)
        issue.issue()
    verify.verify()


if __name__ == "__main__":
    main()
