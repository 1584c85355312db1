"""Homes for the tests: `home` is empty, `demo_home` is one in which the whole day's work has been done once."""

import contextlib
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import hypothesis
import pytest

hypothesis.settings.register_profile("house", deadline=None)  # a loaded machine is slow, not wrong
hypothesis.settings.load_profile("house")

DEMO_NOW = "2026-11-23T18:00:00+08:00"


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty, prepared home of the test's own."""
    from workbench.operate.home import prepare

    monkeypatch.setenv("WORKBENCH_HOME", str(tmp_path / "home"))
    return prepare()


@pytest.fixture(scope="session")
def demo_built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The sample county loaded, naive models trained on few origins, issued four days ago and now, verified; once.

    For fixtures of a wider scope than a test; set `WORKBENCH_HOME` and `WORKBENCH_NOW` (`DEMO_NOW`) yourself.
    """
    from datetime import timedelta

    from workbench import domain, settings
    from workbench.lake.store import Lake
    from workbench.operate import intake, issue, train, verify
    from workbench.operate.home import prepare
    from workbench.operate.known import quiet

    with pytest.MonkeyPatch.context() as patch:
        folder = tmp_path_factory.mktemp("demo") / "home"
        patch.setenv("WORKBENCH_HOME", str(folder))
        patch.setenv("WORKBENCH_NOW", DEMO_NOW)
        prepare()
        intake.load_sample(Lake(), quiet)
        patch.setenv("WORKBENCH_NOW", (settings.now() - timedelta(days=4)).isoformat())
        for task in domain.tasks():
            train.train(task, None, quiet, models=["climatology"], origins=16)
        issue.issue()
        patch.setenv("WORKBENCH_NOW", DEMO_NOW)
        issue.issue()
        verify.verify()
        return folder


@pytest.fixture
def demo_home(demo_built: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The demo home for reading: its clock stands at 18:00 on 23 November 2026. Write into a copy of it only."""
    monkeypatch.setenv("WORKBENCH_HOME", str(demo_built))
    monkeypatch.setenv("WORKBENCH_NOW", DEMO_NOW)
    return demo_built


@pytest.fixture(autouse=True, scope="session")
def quiet_libraries() -> Iterator[None]:
    """Nothing is reported to anyone while testing."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("MLFLOW_DISABLE_TELEMETRY", "true")
        patch.delenv("MLFLOW_TRACKING_URI", raising=False)
        yield


@pytest.fixture
def cheap_hashing(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Still argon2id, with 64 KiB instead of 64 MiB, for tests that sign in by the dozen."""
    from workbench.operate import passwords

    monkeypatch.setattr(passwords, "COST", {"time_cost": 1, "memory_cost": 64, "parallelism": 1})
    passwords.hasher.cache_clear()
    passwords.nobody.cache_clear()
    yield
    passwords.hasher.cache_clear()
    passwords.nobody.cache_clear()


@dataclass
class Answer:
    """What a remote source says: `cut` breaks off before the end, `slow` waits so many seconds first."""

    body: bytes = b""
    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)
    cut: bool = False
    slow: float = 0.0


@dataclass
class Remote:
    """A remote source on this machine: gives its answers in order, the last one for ever, and keeps what was asked."""

    url: str = ""
    answers: list[Answer] = field(default_factory=list)
    asked: list[tuple[str, dict[str, str], float]] = field(default_factory=list)

    def say(self, body: bytes = b"", **how: Any) -> None:
        """Give this answer next."""
        self.answers.append(Answer(body, **how))


@pytest.fixture
def remote() -> Iterator[Remote]:
    """A local HTTP server that answers as the test tells it to."""
    told = Remote()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            told.asked.append((self.path, dict(self.headers), time.monotonic()))
            answer = told.answers.pop(0) if len(told.answers) > 1 else told.answers[0]
            time.sleep(answer.slow)
            with contextlib.suppress(OSError):
                self.send_response(answer.status)
                for name, value in answer.headers.items():
                    self.send_header(name, value)
                self.send_header("Content-Length", str(len(answer.body)))
                self.end_headers()
                self.wfile.write(answer.body[: len(answer.body) // 2] if answer.cut else answer.body)

        def log_message(self, *_: object) -> None:
            """Quiet."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    told.url = f"http://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
    thread.start()
    yield told
    server.shutdown()
    server.server_close()
    thread.join()
