"""Parts of pages: made once however many ask, made anew after a fault, and the least used go first."""

import subprocess
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from pathlib import Path

import dash
import polars as pl
import pytest
from dash import html
from furnish import again

from dashboards import auth, memory, reader, warm
from dashboards.app import create_app
from workbench.operate.users import RIGHTS, User
from workbench.settings import now


def test_twenty_who_ask_at_once_have_it_made_once() -> None:
    made, kept = [], memory.Memory(4)
    gate = threading.Barrier(20)

    def ask(_: int) -> str:
        gate.wait(10)
        return kept("page", make)

    def make() -> str:
        made.append(1)
        time.sleep(0.1)
        return "done"

    with ThreadPoolExecutor(20) as pool:
        assert ["done"] * 20 == list(pool.map(ask, range(20)))
    assert [1] == made


def test_a_fault_is_everybody_s_and_is_not_kept() -> None:
    kept, answers = memory.Memory(4), iter([ZeroDivisionError, None])

    def make() -> int:
        fault = next(answers)
        if fault:
            raise fault
        return 7

    with pytest.raises(ZeroDivisionError):
        kept("page", make)
    assert 7 == kept("page", make)


def test_the_least_used_go_first() -> None:
    kept = memory.Memory(2)
    for key in ("a", "b", "a", "c"):
        kept(key, lambda key=key: key.upper())  # type: ignore[misc]
    assert ["A", "new", "C"] == [kept("a", str), kept("b", lambda: "new"), kept("c", lambda: "C")]


def test_a_shared_function_answers_by_its_arguments() -> None:
    asked = []

    @memory.shared(8)
    def double(x: int, plus: int = 0) -> int:
        asked.append((x, plus))
        return 2 * x + plus

    assert [2, 2, 4, 3] == [double(1), double(1), double(2), double(1, plus=1)]
    assert [(1, 0), (2, 0), (1, 1)] == asked


def test_parts_come_as_the_browser_gets_them() -> None:
    part = memory.remembered(("test", now()), lambda: [html.P("x"), None])
    assert [{"props": {"children": "x"}, "type": "P", "namespace": "dash_html_components"}, None] == part


def test_pages_are_opened_for_those_who_read_lately_and_after_each_change(
    own: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Opened once more they are ready; a new issue changes the state, the passing of time within the hour does not."""
    create_app()
    monkeypatch.setattr(reader, "_seen", {})
    assert [("zh", "light")] == reader.lately()
    before = auth.current_user(), auth.current_language(), auth.current_scheme()
    auth.read_as(User("li", "viewer", "", RIGHTS["viewer"]), "en", "dark")
    reader.reader()
    auth.read_as(*before)
    assert [("zh", "light"), ("en", "dark")] == reader.lately()
    opened = [1 + len(page["warm"]()) if "warm" in page else 1 for page in dash.page_registry.values()]
    assert 4 in opened, "the environment page, and each of its three stations"
    assert 2 * sum(opened) == warm.open_all()
    start = time.perf_counter()
    warm.open_all()
    assert time.perf_counter() - start < 2
    state = warm.state()
    assert state == warm.state()
    again(now() + timedelta(minutes=5))
    assert state != warm.state()


def test_the_keeper_opens_pages_by_itself_and_stops(own: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    opened = threading.Event()
    monkeypatch.setattr(warm, "open_all", lambda stop: opened.set())
    with warm.keeping():
        assert opened.wait(10)
        thread = next(one for one in threading.enumerate() if one.name == "warm")
    thread.join(5)
    assert not thread.is_alive()


HAMMER = """
import sys, threading
import polars as pl
from dashboards import answers, memory
kept, whole = memory.Memory(4), pl.DataFrame({"a": range(20000), "b": ["x"] * 20000})
def write():
    for _ in range(60):
        answers.send(kept("frame", lambda: whole), "json", "frame")
def ask():
    for _ in range(30000):
        kept("frame", lambda: whole).is_empty()
threads = [threading.Thread(target=work, daemon=True) for work in (write, write, ask, ask)]
[one.start() for one in threads]
[one.join() for one in threads]
print("done")
"""


def test_a_frame_is_written_out_by_one_and_asked_by_others_without_stopping_the_process() -> None:
    """One handle for all stood still within seconds, the interpreter's lock and the frame's held crosswise."""
    run = subprocess.run([sys.executable, "-c", HAMMER], capture_output=True, text=True, timeout=60, check=True)
    assert run.stdout.strip() == "done"


def test_everybody_gets_a_frame_of_their_own() -> None:
    kept, whole = memory.Memory(4), pl.DataFrame({"a": [1]})
    first, second = (kept("frame", lambda: (whole, "x"))[0] for _ in range(2))
    assert first is not second
    assert first.equals(second)
