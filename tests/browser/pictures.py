"""The pictures of the README, taken from a furnished sample county: `.venv/bin/python tests/browser/pictures.py`."""

import os
import sys
import tempfile
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path[:0] = [str(HERE), str(HERE.parent), str(HERE.parents[1])]

import eyes  # noqa: E402

SHOTS = (
    ("environment-zh", "/environment", "zh"),
    ("environment-en", "/environment", "en"),
    ("data-zh", "/data", "zh"),
)
NOW = "2026-11-23T18:10:00+08:00"


def main() -> None:
    """Write `docs/environment-zh.png`, `docs/environment-en.png` and `docs/data-zh.png`; the home given by
    `WORKBENCH_HOME`, or one furnished for the purpose."""
    docs = eyes.PROJECT / "docs"
    docs.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory() as scratch:
        if "WORKBENCH_HOME" not in os.environ:
            os.environ["WORKBENCH_HOME"], os.environ["WORKBENCH_NOW"] = scratch, NOW
            from furnish import furnish

            furnish()
        cookies = eyes.session("wang", "forecaster", "environment")
        clock = os.environ.get("WORKBENCH_NOW", NOW)
        with eyes.server(Path(os.environ["WORKBENCH_HOME"]), clock) as address, eyes.browser() as chromium:
            for name, path, language in SHOTS:
                page = eyes.look(chromium, address, cookies, language=language)
                eyes.settle(page, address + path)
                page.screenshot(path=docs / f"{name}.png")
                page.context.close()


if __name__ == "__main__":
    main()
