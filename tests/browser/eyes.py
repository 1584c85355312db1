"""A real browser on a real server: what the browser tests look with, and what takes the pictures of the README.

.venv/bin/python tests/browser/pictures.py
"""

import os
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

PROJECT = Path(__file__).resolve().parents[2]
CHROMIUM = os.environ.get("CHROMIUM", "/usr/bin/chromium")
QUIET = (
    "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
    "--disable-component-update", "--disable-sync", "--disable-default-apps", "--disable-dev-shm-usage",
)  # fmt: skip
"""Start-up flags that keep the browser from calling anywhere by itself."""

SIZES = {"desk": (1280, 900), "phone": (390, 844), "wall": (1920, 1080)}


@contextmanager
def server(home: Path, clock: str) -> Iterator[str]:
    """A server of its own process on a free port, over a home; its address."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    code = f"from dashboards.app import serve; serve(port={port})"
    surroundings = {**os.environ, "WORKBENCH_HOME": str(home), "WORKBENCH_NOW": clock, "PYTHONWARNINGS": "default"}
    process = subprocess.Popen([sys.executable, "-c", code], cwd=PROJECT, env=surroundings)
    try:
        address = f"http://127.0.0.1:{port}"
        wait_for(f"{address}/healthz", process)
        yield address
    finally:
        process.terminate()
        process.wait(10)


def wait_for(url: str, process: subprocess.Popen[bytes], seconds: int = 60) -> None:
    """Return once the address answers at all."""
    for _ in range(seconds * 5):
        if process.poll() is not None:
            raise RuntimeError(f"the server ended with {process.returncode}")
        try:
            urllib.request.urlopen(url, timeout=2)
        except urllib.error.HTTPError:
            return
        except OSError:
            time.sleep(0.2)
        else:
            return
    raise TimeoutError(url)


@contextmanager
def browser() -> Iterator[Any]:
    """The machine's own chromium, headless; nothing is downloaded."""
    from playwright.sync_api import sync_playwright

    with sync_playwright() as play:
        chromium = play.chromium.launch(executable_path=CHROMIUM, args=list(QUIET))
        try:
            yield chromium
        finally:
            chromium.close()


def session(name: str, role: str, bureau: str = "") -> dict[str, str]:
    """The cookies of a signed-in person, made where the server reads them (set `WORKBENCH_HOME` first)."""
    from workbench.errors import InputError
    from workbench.operate import sessions, users
    from workbench.operate.database import database
    from workbench.settings import now

    with suppress(InputError):
        users.add(name, role, bureau)
    with database(write=True) as connection:
        connection.execute("update users set one_time = 0, changed = ? where name = ?", (now().timestamp(), name))
    token = sessions.open_session(name, "127.0.0.1")
    user = sessions.identify(token)
    return {"workbench_session": token, "_csrf_token": user.csrf if user else ""}


def look(
    chromium: Any, address: str, cookies: dict[str, str], size: str = "desk", language: str = "zh", dark: bool = False
) -> Any:
    """A browser page for a signed-in reader; `page.faults` collects what its console complains of."""
    width, height = SIZES[size]
    context = chromium.new_context(
        viewport={"width": width, "height": height}, color_scheme="dark" if dark else "light",
        device_scale_factor=2 if size == "phone" else 1, has_touch=size == "phone",
    )  # fmt: skip
    every = {**cookies, "language": language}
    context.add_cookies([{"name": name, "value": value, "url": address} for name, value in every.items()])
    page = context.new_page()
    page.faults = []
    page.on("console", lambda said: page.faults.append(said.text) if said.type in ("error", "warning") else None)
    page.on("pageerror", lambda error: page.faults.append(str(error)))
    page.asked = []
    page.on("request", lambda asked: page.asked.append(asked.url))
    page.on("requestfailed", lambda asked: page.faults.append(f"failed: {asked.url}"))
    return page


def settle(page: Any, path: str) -> None:
    """Open a path and wait until its content and charts stand."""
    page.goto(path)
    page.wait_for_selector(".page, .wall", timeout=30_000)
    drawn = "document.querySelectorAll('.dash-graph').length <= document.querySelectorAll('.js-plotly-plot').length"
    for _ in range(100):  # asked from outside: the page's own policy forbids scripts from strings
        if page.evaluate(drawn):
            break
        page.wait_for_timeout(100)
    page.wait_for_timeout(800)
