"""One `map` for all that can be done item by item: fits of many series, windows of a backtest.

By default a pool of processes of this machine; with `WORKBENCH_CLUSTER=tcp://…` the workers of a Dask cluster. Either
way the results are those of a plain loop, in the order of the items, for any number of workers: a worker starts afresh
(spawn, never fork), has one thread, and sees its item only. Work that a loop does at once is done in a loop.
"""

import os
import threading
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import Future, ProcessPoolExecutor, as_completed
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from multiprocessing import get_context
from typing import Any, TypeVar

from threadpoolctl import threadpool_limits

from workbench.errors import WorkbenchError
from workbench.settings import settings

Item = TypeVar("Item")
Out = TypeVar("Out")
Progress = Callable[[int, int], None]
"""Called with (items done, items to do)."""

PATIENCE = 10.0  # seconds until a cluster counts as unreachable
START_UP = 6.0  # seconds of work left below which a pool is not worth its start
PARTS = 8  # parts that each worker is given, one after the other
ONE_THREAD = ("OMP", "OPENBLAS", "MKL", "NUMEXPR", "VECLIB")
ENVIRONMENT = {f"{name}_NUM_THREADS": "1" for name in ONE_THREAD} | {"POLARS_MAX_THREADS": "1"}


def map(function: Callable[[Item], Out], items: Iterable[Item], progress: Progress | None = None) -> list[Out]:
    """`[function(item) for item in items]`, with as many workers as the settings give.

    `function` and items must pickle: a function of a module, or a `functools.partial` of one. What it raises is raised
    here. Raises WorkbenchError where the cluster is not reached or a worker dies. Calls from within a worker loop.
    """
    told = progress or (lambda done, count: None)
    waiting = list(items)
    address = settings().cluster
    if address and not _inside.get():
        return _gather(function, waiting, told, address)
    done: list[Out] = []
    workers = 1 if _inside.get() else min(settings().workers or len(os.sched_getaffinity(0)), len(waiting))
    started = time.perf_counter()
    with threadpool_limits(1):
        for item in waiting:
            spent = time.perf_counter() - started
            if workers > 1 and done and spent / len(done) * (len(waiting) - len(done)) * (1 - 1 / workers) > START_UP:
                return done + _pooled(function, waiting[len(done) :], told, workers, len(done))
            done.append(function(item))
            told(len(done), len(waiting))
    return done


@contextmanager
def alone() -> Iterator[None]:
    """Within, `map` is a loop in this process with one thread: as in a worker, or to measure what something costs."""
    before = _inside.set(True)
    try:
        with threadpool_limits(1):
            yield
    finally:
        _inside.reset(before)


def close() -> None:
    """End the workers of this process's pool; the next `map` starts new ones."""
    with _here.lock:
        if _here.pool is not None:
            _here.pool.shutdown(wait=True, cancel_futures=True)
        _here.pool = None


@dataclass
class _Here:
    """What this process holds: its pool, and what that was made for."""

    lock: Any
    pool: ProcessPoolExecutor | None = None
    made_for: tuple[Any, ...] = ()


_here = _Here(threading.RLock())
_inside: ContextVar[bool] = ContextVar("inside", default=False)


def _part(function: Callable[[Item], Out], items: Sequence[Item]) -> list[Out]:
    """What a worker does: its items in a loop, with one thread, and no pool of its own."""
    with alone():
        return [function(item) for item in items]


def _parts(items: list[Item], workers: int) -> list[list[Item]]:
    size = -(-len(items) // (workers * PARTS)) or 1
    return [items[at : at + size] for at in range(0, len(items), size)]


def _pooled(function: Callable[[Item], Out], items: list[Item], told: Progress, workers: int, before: int) -> list[Out]:
    parts = _parts(items, workers)
    try:
        with _here.lock:
            pool = _pool(workers)
            with _environment():
                futures = [pool.submit(_part, function, part) for part in parts]
        _follow(futures, [len(part) for part in parts], lambda done: told(before + done, before + len(items)))
        return [one for future in futures for one in future.result()]
    except BrokenProcessPool as error:
        close()
        raise WorkbenchError(
            f"a worker process died while {len(items)} items were worked on",
            "most often memory ran out: set WORKBENCH_WORKERS lower",
        ) from error


def _follow(futures: list[Future[Any]], sizes: list[int], told: Callable[[int], None]) -> None:
    """Tell progress as parts come in; at the first fault the rest is called off."""
    size = dict(zip(futures, sizes, strict=True))
    done = 0
    for future in as_completed(futures):
        if future.exception() is not None:
            for other in futures:
                other.cancel()
            future.result()
        done += size[future]
        told(done)


def _pool(workers: int) -> ProcessPoolExecutor:
    """The pool of this process; a new one where another size or other settings are asked."""
    wanted = (workers, tuple(sorted(item for item in os.environ.items() if item[0].startswith("WORKBENCH_"))))
    if _here.pool is None or _here.made_for != wanted:
        close()
        _here.pool = ProcessPoolExecutor(workers, mp_context=get_context("spawn"))
        _here.made_for = wanted
    return _here.pool


@contextmanager
def _environment() -> Iterator[None]:
    """Processes started within read the limits before they import anything."""
    before = {name: os.environ.get(name) for name in ENVIRONMENT}
    os.environ.update(ENVIRONMENT)
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                del os.environ[name]
            else:
                os.environ[name] = value


def _gather(function: Callable[[Item], Out], items: list[Item], told: Progress, address: str) -> list[Out]:
    """The same on a Dask cluster."""
    from distributed import Client
    from distributed import as_completed as arrived

    try:
        client = Client(address, timeout=PATIENCE)
    except (OSError, ValueError) as error:
        raise WorkbenchError(
            f"the cluster {address} does not answer: {error}",
            "start its scheduler, or leave WORKBENCH_CLUSTER empty to work on this machine",
        ) from error
    with client:
        try:
            client.wait_for_workers(1, timeout=PATIENCE)
        except TimeoutError as error:
            raise WorkbenchError(
                f"the cluster {address} has no worker", f"start some: dask worker {address} --nthreads 1"
            ) from error
        parts = _parts(items, len(client.scheduler_info(n_workers=-1)["workers"]))
        futures = [client.submit(_part, function, part, pure=False) for part in parts]
        size = {future.key: len(part) for future, part in zip(futures, parts, strict=True)}
        done = 0
        for future in arrived(futures):
            if future.status == "error" and "deserialization" in str(future.exception()):
                raise WorkbenchError(
                    f"the cluster {address} cannot load this work",
                    "install this release of the workbench for its scheduler and workers too",
                )
            future.result()
            done += size[future.key]
            told(done, len(items))
        return [one for part in client.gather(futures) for one in part]
