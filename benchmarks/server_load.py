"""Server load: twenty people at once on the pages, a chart callback and the API, from a second process, on loopback."""

import asyncio
import os
import random
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import AsyncExitStack, asynccontextmanager, contextmanager
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import httpx
import polars as pl

from benchmarks._common import goal, report, result
from workbench import settings
from workbench.lake import catalogue
from workbench.lake.ingest import ingest_frame
from workbench.lake.store import Lake
from workbench.operate.archive import Archive

NEEDS_DATA = False
USERS = 20
SECONDS = 30
PAUSE = (0.5, 1.5)
AFTER = 5
SEED = 20260301
GOAL_MS = 300.0
PROTOCOL = (
    f"{USERS} people signed in with passwords, each with a session of their own, act for {SECONDS} s with a pause of "
    f"{PAUSE[0]} to {PAUSE[1]} s (seeded) between actions: open a page (its HTML and its content callback), redraw the "
    "chart of the environment page, ask the API for forecasts, scores, tables and the product. Server and load are two "
    "processes on one machine, loopback, without compression; milliseconds until the whole answer is there. Half-way "
    "a new hour of every station comes into the lake, after which every page is made anew, by the server itself or by "
    f"whoever comes first; the {AFTER} s after that are shown apart as well. Then without any pause, as a figure "
    "without a goal. The home is a copy of the one in force if it has forecasts, else the sample county as the main "
    "job makes it"
)


@dataclass(frozen=True)
class Answer:
    """One answer: what was done, when it was asked, how long it took, and what was wrong with it ("" = nothing)."""

    kind: str
    at: float
    ms: float
    wrong: str = ""


def run(_data: Path | None) -> dict[str, Any]:
    """The suite."""
    with tempfile.TemporaryDirectory() as scratch, prepared_home(Path(scratch) / "home"), server() as address:
        people = [invite(n) for n in range(USERS)]
        for find in (pages, questions, stations):  # before the clock runs
            find.cache_clear()
            find()
        paced, news = asyncio.run(crowd(address, people, SECONDS, PAUSE, new_hour))
        eager, _ = asyncio.run(crowd(address, people, SECONDS / 3, (0, 0)))
    kinds = sorted({one.kind for one in paced})
    slices = {kind: [one.ms for one in paced if one.kind == kind] for kind in kinds}
    slices |= {f"{AFTER} s after new rows": [one.ms for one in paced if 0 <= one.at - news < AFTER]}
    slices |= {"all": [one.ms for one in paced]}
    results, goals = [], []
    for slice, times in slices.items():
        for metric, share in (("p50", 0.5), ("p95", 0.95), ("p99", 0.99), ("slowest", 1.0)):
            results.append(result("workbench", slice, metric, quantile(times, share), "ms", "lower"))
        results.append(result("workbench", slice, "requests", len(times), "", "report"))
        if "new rows" not in slice:
            reached = quantile(times, 0.95)
            goals.append(goal("workbench", slice, "p95", f"< {GOAL_MS:.0f} ms", reached, reached < GOAL_MS))
    rush = [one.ms for one in eager]
    results.append(result("workbench", "without pauses", "p95", quantile(rush, 0.95), "ms", "lower"))
    results.append(
        result("workbench", "without pauses", "throughput", len(rush) / (SECONDS / 3), "requests/s", "higher")
    )
    wrong = [one.wrong for one in (*paced, *eager) if one.wrong]
    results.append(result("workbench", "all", "answers that are not 200", len(wrong), "", "lower"))
    told = f"{len(wrong)} {wrong[:3] if wrong else ''}".strip()
    goals.append(goal("workbench", "all", "answers that are not 200", "0", told, not wrong))
    return report("server_load", [], PROTOCOL, results, goals)


def quantile(times: list[float], share: float) -> float:
    """The smallest time that `share` of the answers did not exceed."""
    ranked = sorted(times)
    return ranked[min(len(ranked) - 1, int(len(ranked) * share))] if ranked else float("nan")


@contextmanager
def prepared_home(folder: Path) -> Iterator[None]:
    """A home with forecasts, in force meanwhile: a copy of the present one if it has any, else made by the main job."""
    present, before = settings.home(), os.environ.get("WORKBENCH_HOME")
    used = present.exists() and bool(Archive().names())
    if used:
        shutil.copytree(present, folder, ignore=shutil.ignore_patterns("artifacts", "log", "workbench.sqlite*"))
    os.environ["WORKBENCH_HOME"] = str(folder)
    try:
        if not used:
            from workbench.operate import up
            from workbench.operate.known import quiet

            up.prepare(True, quiet)
        yield
    finally:
        if before is None:
            del os.environ["WORKBENCH_HOME"]
        else:
            os.environ["WORKBENCH_HOME"] = before


@contextmanager
def server() -> Iterator[str]:
    """The server in a process of its own; its address."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    code = f"from dashboards.app import serve; serve(port={port})"
    process = subprocess.Popen([sys.executable, "-c", code], cwd=settings.PROJECT)
    address = f"http://127.0.0.1:{port}"
    try:
        for _ in range(300):
            try:
                httpx.get(f"{address}/healthz")
                break
            except httpx.TransportError:
                time.sleep(0.2)
        yield address
    finally:
        process.terminate()
        try:
            process.wait(20)
        finally:
            process.kill()  # a server that stands still must not outlive its suite


def invite(number: int) -> tuple[str, str]:
    """A person who may sign in: name and password."""
    from workbench.operate import account, sessions, users

    name, password = f"person-{number}", f"Orange-grove-{number}-2026"
    first = users.add(name, "forecaster").password
    user = sessions.identify(sessions.open_session(name, "127.0.0.1"))
    assert user is not None
    account.change_password(user, first, password)
    return name, password


def new_hour() -> None:
    """The last hour of every station once more, an hour later."""
    lake = Lake()
    rows = lake.read("air_hourly").select(list(catalogue.load("air_hourly").columns)).collect()
    last = rows.filter(pl.col("time") == pl.col("time").max()).with_columns(pl.col("time").dt.offset_by("1h"))
    ingest_frame(lake, "air_hourly", last, "load", str(last["time"][0]), sample=lake.origin("air_hourly") == "sample")


async def crowd(
    address: str,
    people: list[tuple[str, str]],
    seconds: float,
    pause: tuple[float, float],
    halfway: Callable[[], None] | None = None,
) -> tuple[list[Answer], float]:
    """Everybody at once; their answers, and the moment when `halfway` was done."""
    answers: list[Answer] = []
    async with AsyncExitStack() as stack:
        clients = [await stack.enter_async_context(signed_in(address, *person)) for person in people]
        end = time.perf_counter() + seconds  # the clock starts when all are in
        dice = (random.Random(SEED + n) for n in range(len(clients)))
        acts = [act(client, die, end, pause, answers) for client, die in zip(clients, dice, strict=False)]

        async def news() -> float:
            await asyncio.sleep(seconds / 2)
            if halfway:
                await asyncio.to_thread(halfway)
            return time.perf_counter()

        *_, moment = await asyncio.gather(*acts, news())
    return answers, moment


@asynccontextmanager
async def signed_in(address: str, name: str, password: str) -> AsyncIterator[httpx.AsyncClient]:
    """A browser in which a person has signed in."""
    async with httpx.AsyncClient(base_url=address, timeout=60, headers={"accept-encoding": "identity"}) as client:
        signed = await client.post("/sign-in", data={"name": name, "password": password})
        assert signed.status_code == 303, signed.text
        client.headers["x-csrftoken"] = client.cookies["_csrf_token"]
        yield client


async def act(
    client: httpx.AsyncClient, dice: random.Random, end: float, pause: tuple[float, float], answers: list[Answer]
) -> None:
    """One person, acting until the end."""
    await asyncio.sleep(dice.uniform(*pause))
    while time.perf_counter() < end:
        for kind, method, path, body in dice.choices(ACTIONS, WEIGHTS)[0](dice):
            start = time.perf_counter()
            answer = await client.request(method, path, json=body)
            wrong = "" if answer.status_code == 200 else f"{kind} {path}: {answer.status_code}"
            answers.append(Answer(kind, start, (time.perf_counter() - start) * 1000, wrong))
        await asyncio.sleep(dice.uniform(*pause))


Asked = list[tuple[str, str, str, Any]]


@cache
def pages() -> list[str]:
    """The address of every page there is."""
    import dash

    from dashboards.app import create_app

    create_app()
    return [page["path"] for page in dash.page_registry.values()]


@cache
def questions() -> list[str]:
    """What the API is asked: everything that a reader may."""
    archive = Archive()
    own = [f"{what}/{task}" for task in archive.names() for what in ("forecasts", "scores")]
    return [
        "tasks",
        "tables",
        "tables/air_hourly/freshness",
        *own,
        *(n.replace("_", "/", 1) for n in archive.names("product")),
    ]


@cache
def stations() -> list[str]:
    """The stations to choose from."""
    return Lake().read("stations").collect()["station"].to_list()


def open_page(dice: random.Random) -> Asked:
    """A page as a browser opens it: the HTML, then the content."""
    path = dice.choice(pages())
    place = {"_pages_content": "children", "_pages_store": "data"}
    content = callback(place, {"_pages_location.pathname": path, "_pages_location.search": ""}, {})
    return [("page html", "GET", path, None), (f"page {path}", "POST", "/_dash-update-component", content)]


def redraw(dice: random.Random) -> Asked:
    """Another pollutant on the environment page: its fan chart is drawn anew."""
    pollutant = dice.choice(["pm2_5", "pm10", "so2", "no2", "co", "o3"])
    inputs = {"air-pollutant.value": pollutant, "air-scale.value": dice.choice(["hour", "day"])}
    shown = {"air-fan": "figure", "air-fan-title": "children"}
    body = callback(shown, inputs, {"air-station.data": dice.choice(stations())})
    return [("chart callback", "POST", "/_dash-update-component", body)]


def ask_api(dice: random.Random) -> Asked:
    """A program's or a colleague's question."""
    return [("api", "GET", f"/api/v1/{dice.choice(questions())}", None)]


def callback(outputs: dict[str, str], inputs: dict[str, str], state: dict[str, str]) -> dict[str, Any]:
    """What a browser sends for a callback: the first input is what changed."""

    def listed(values: dict[str, str]) -> list[dict[str, str]]:
        return [{"id": key.split(".")[0], "property": key.split(".")[1], "value": v} for key, v in values.items()]

    return {
        "output": f"..{'...'.join(f'{id}.{name}' for id, name in outputs.items())}..",
        "outputs": [{"id": id, "property": name} for id, name in outputs.items()],
        "inputs": listed(inputs),
        "state": listed(state),
        "changedPropIds": [next(iter(inputs))],
    }


ACTIONS = (open_page, redraw, ask_api)
WEIGHTS = (5, 3, 2)
