"""One map: the same results in order from a loop, a pool of any size and a real Dask cluster; faults that say why."""

import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from workbench.errors import WorkbenchError
from workbench.forecast import parallel
from workbench.settings import PROJECT


def square(number: int) -> tuple[int, str]:
    """The square, and the thread limit that the worker was started with."""
    return number * number, os.environ.get("OMP_NUM_THREADS", "")


def slow(number: int) -> int:
    """Takes its time, so that a pool is worth while."""
    time.sleep(0.01)
    return -number


def where(number: int) -> tuple[int, int]:
    """This process, and the one that a map called from here works in."""
    return os.getpid(), parallel.map(os_pid, [number, number])[0]


def os_pid(_: int) -> int:
    """The process that this runs in."""
    return os.getpid()


def fails(number: int) -> int:
    """A fault of one item."""
    if number == 7:
        raise ValueError("series 7 is odd")
    return number


def dies(_: int) -> None:
    """As the kernel ends a process that wants too much memory."""
    if parallel._inside.get():
        os._exit(9)


@pytest.fixture
def workers(monkeypatch: pytest.MonkeyPatch) -> Iterator[pytest.MonkeyPatch]:
    """A pool of two however small the work is."""
    monkeypatch.setattr(parallel, "START_UP", 0.0)
    monkeypatch.setenv("WORKBENCH_WORKERS", "2")
    yield monkeypatch
    parallel.close()


def test_a_pool_gives_what_a_loop_gives_in_order(workers: pytest.MonkeyPatch) -> None:
    """Two workers with one thread each, then a fault, then a worker that dies, then a new pool."""
    told: list[tuple[int, int]] = []
    assert [(n * n, "1") for n in range(1, 40)] == parallel.map(square, range(40), lambda *at: told.append(at))[1:]
    assert (40, 40) == told[-1]
    assert sorted(told) == told
    first = parallel._here.pool
    inner = parallel.map(where, range(4))[1:]
    assert first is parallel._here.pool
    assert all(own == nested for own, nested in inner)
    assert os.getpid() not in {own for own, _ in inner}
    with pytest.raises(ValueError, match="series 7 is odd"):
        parallel.map(fails, range(20))
    with pytest.raises(WorkbenchError, match="a worker process died while 5 items were worked on"):
        parallel.map(dies, range(6))
    assert [-n for n in range(6)] == parallel.map(slow, range(6))


def test_small_work_stays_in_this_process(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing is started for what a loop does at once; one worker is a loop too."""
    assert {os.getpid()} == set(parallel.map(os_pid, range(50)))
    monkeypatch.setattr(parallel, "START_UP", 0.0)
    monkeypatch.setenv("WORKBENCH_WORKERS", "1")
    assert {os.getpid()} == set(parallel.map(os_pid, range(50)))
    assert [] == parallel.map(os_pid, [])
    assert parallel._here.pool is None


def test_limits_of_threads_do_not_stay_behind(workers: pytest.MonkeyPatch) -> None:
    """The environment is as before once the workers are started."""
    workers.setenv("OMP_NUM_THREADS", "5")
    workers.delenv("POLARS_MAX_THREADS", raising=False)
    parallel.map(slow, range(4))
    assert "5" == os.environ["OMP_NUM_THREADS"]
    assert "POLARS_MAX_THREADS" not in os.environ


@pytest.fixture(scope="module")
def cluster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A scheduler and two workers, each a process of its own."""
    folder = tmp_path_factory.mktemp("cluster")
    told = folder / "scheduler.json"
    command = [sys.executable, "-W", "ignore", "-m"]
    local = ["--host", "127.0.0.1", "--no-dashboard"]
    env = os.environ | parallel.ENVIRONMENT | {"PYTHONPATH": f"{PROJECT}{os.pathsep}{Path(__file__).parents[1]}"}
    begin = {"cwd": folder, "env": env, "stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
    scheduler = ["distributed.cli.dask_scheduler", "--port", "0", "--scheduler-file", str(told), *local]
    worker = ["distributed.cli.dask_worker", "--scheduler-file", str(told), "--nthreads", "1", "--no-nanny", *local]
    with ExitStack() as stack:
        for words in (scheduler, worker, worker):
            process = stack.enter_context(subprocess.Popen([*command, *words], **begin))
            stack.callback(process.kill)
        deadline = time.monotonic() + 90
        while not told.exists():
            assert time.monotonic() < deadline
            time.sleep(0.05)
        yield json.loads(told.read_text())["address"]


def test_a_cluster_gives_what_a_loop_gives_in_order(cluster: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """On the workers' side, in order, with progress; a fault of an item comes back as itself."""
    from distributed import Client

    with Client(cluster, timeout=60) as client:
        client.wait_for_workers(2, timeout=60)
    monkeypatch.setattr(parallel, "PATIENCE", 60.0)
    monkeypatch.setenv("WORKBENCH_CLUSTER", cluster)
    told: list[tuple[int, int]] = []
    assert [(n * n, "1") for n in range(60)] == parallel.map(square, range(60), lambda *at: told.append(at))
    assert (60, 60) == told[-1]
    places = set(parallel.map(os_pid, range(60)))
    assert 2 == len(places)
    assert os.getpid() not in places
    own = parallel.map(where, range(4))
    assert all(outer == nested for outer, nested in own)
    with pytest.raises(ValueError, match="series 7 is odd"):
        parallel.map(fails, range(20))


def test_a_cluster_that_is_not_there_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    """With its address, and what to do."""
    monkeypatch.setattr(parallel, "PATIENCE", 0.5)
    monkeypatch.setenv("WORKBENCH_CLUSTER", "tcp://127.0.0.1:9")
    with pytest.raises(WorkbenchError, match=r"the cluster tcp://127.0.0.1:9 does not answer") as caught:
        parallel.map(slow, range(4))
    assert "WORKBENCH_CLUSTER" in caught.value.hint
    monkeypatch.setenv("WORKBENCH_CLUSTER", "nonsense")
    with pytest.raises(WorkbenchError, match="the cluster nonsense does not answer"):
        parallel.map(slow, range(4))
