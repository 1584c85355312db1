"""A real server on a real port, people who sign in to it, and a county with twelve days of issues."""

import shutil
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import furnish
import httpx
import pytest

from workbench.operate import users

NOW = "2026-11-23T18:10:00+08:00"
PASSWORD = "Orange-2026-grove"


@pytest.fixture(scope="session")
def address() -> Iterator[str]:
    """The server's address. It serves whichever home is set when it is asked."""
    import uvicorn

    from dashboards.app import create_app

    server = uvicorn.Server(uvicorn.Config(create_app(), port=0, log_level="error"))
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    while not server.started:
        time.sleep(0.02)
    yield f"http://127.0.0.1:{server.servers[0].sockets[0].getsockname()[1]}"
    server.should_exit = True
    thread.join(10)


@pytest.fixture
def stranger(address: str, home: Path, cheap_hashing: None) -> Iterator[httpx.Client]:
    """A browser that has not signed in, in an empty home."""
    with httpx.Client(base_url=address, timeout=60) as client:
        yield client


@pytest.fixture
def signed_in(address: str, home: Path, cheap_hashing: None) -> Iterator[Callable[..., httpx.Client]]:
    """Sign somebody of a role (and bureau) in as a person does: one-time password, then one of the own."""
    clients = []

    def open_(role: str, bureau: str = "") -> httpx.Client:
        client = httpx.Client(base_url=address, timeout=60)
        clients.append(client)
        name = f"{role}-{len(clients)}"
        first = users.add(name, role, bureau).password
        assert 303 == client.post("/sign-in", data={"name": name, "password": first}).status_code
        token = client.cookies["_csrf_token"]
        form = {"_csrf_token": token, "old": first, "new": PASSWORD, "again": PASSWORD}
        assert 303 == client.post("/account/password", data=form).status_code
        client.headers["x-csrftoken"] = token
        return client

    yield open_
    for client in clients:
        client.close()


@pytest.fixture(scope="session")
def furnished(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """The sample county with twelve days of issues, made once."""
    with pytest.MonkeyPatch.context() as patch:
        folder = tmp_path_factory.mktemp("pages") / "home"
        patch.setenv("WORKBENCH_HOME", str(folder))
        patch.setenv("WORKBENCH_NOW", NOW)
        furnish.furnish()
        yield folder


@pytest.fixture
def full(furnished: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """That county for reading."""
    monkeypatch.setenv("WORKBENCH_HOME", str(furnished))
    monkeypatch.setenv("WORKBENCH_NOW", NOW)
    return furnished


@pytest.fixture
def own(full: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A copy of the furnished home to write into."""
    copy = tmp_path / "own"
    shutil.copytree(full, copy)
    monkeypatch.setenv("WORKBENCH_HOME", str(copy))
    return copy
