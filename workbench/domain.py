"""Where the parts meet by name. The only user of importlib.

Whatever exists is found by its file: a table is `data/catalogue/<table>.toml`, a panel a public function in
`pipelines/<domain>.py`, a task an entry of `TASKS` in `models/<domain>.py`, a reader `pipelines/readers/<format>.py`,
a source `pipelines/sources/<name>.py`, a sample `pipelines/sample/<domain>.py`, a suite `benchmarks/<suite>.py`.
Adding one adds a file and edits none.
"""

import importlib
import inspect
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from functools import cache
from types import ModuleType

import polars as pl

from workbench.errors import UnknownName
from workbench.forecast.model import Model
from workbench.forecast.task import Task
from workbench.lake import catalogue
from workbench.lake.store import Lake
from workbench.settings import PROJECT


@dataclass(frozen=True)
class Entry:
    """A task with the models that may answer it (the first is the baseline) and the domain that owns it."""

    domain: str
    task: Task
    models: dict[str, Model]


def each_day(day: date) -> date:
    """Due every day."""
    return day


@dataclass(frozen=True)
class Product:
    """What a domain makes from issued forecasts, and how it is held against what came.

    `make` and `references` take `known.Inputs`; references are rows like the product's with a `model` each, issued
    beside it. `truth` names the panel that answers ("" = never verified). `published` gives rows of the product the
    `unique_id` and `ds` of that panel and whatever the scores read. A score is an aggregation over such rows joined
    with the panel's columns; null = the day does not count, so that a mean over days is a rate. Issues are looked at
    again for `reach` days.

    A product that stands on no task names the measured tables of its `own`; it is issued once for each date that `due`
    gives for a day, and again when those tables have changed. `owner` is then its bureau.

    One that is `of` tasks is made anew when these are issued by the hour; the others wait for the day's issue.
    """

    make: Callable[..., pl.DataFrame]
    truth: str = ""
    published: Callable[[pl.DataFrame], pl.DataFrame] = pl.DataFrame.clone
    scores: Mapping[str, pl.Expr] = field(default_factory=dict)
    references: Callable[..., pl.DataFrame] | None = None
    reach: timedelta = timedelta(days=60)
    own: tuple[str, ...] = ()
    due: Callable[[date], date] = each_day
    owner: str = ""
    of: tuple[str, ...] = ()


def modules(package: str) -> dict[str, ModuleType]:
    """The modules of one folder of ours, by file name; names that start with `_` are private."""
    folder = PROJECT / package.replace(".", "/")
    names = sorted(file.stem for file in folder.glob("*.py") if not file.stem.startswith("_"))
    return {name: importlib.import_module(f"{package}.{name}") for name in names}


def public_functions(module: ModuleType) -> dict[str, Callable[..., object]]:
    """The public functions that a module defines itself, in file order."""
    return {
        name: function
        for name, function in vars(module).items()
        if inspect.isfunction(function) and function.__module__ == module.__name__ and not name.startswith("_")
    }


@cache
def panels() -> dict[str, Callable[..., pl.LazyFrame]]:
    """Every panel by name: the public functions of `pipelines/<domain>.py`."""
    found: dict[str, Callable[..., pl.LazyFrame]] = {}
    for module in modules("pipelines").values():
        found |= public_functions(module)  # type: ignore[arg-type]
    return found


@cache
def tasks() -> dict[str, Entry]:
    """Every task by name, with its models: the `TASKS` and `MODELS` of `models/<domain>.py`."""
    return {
        task.name: Entry(domain, task, module.MODELS[task.name])
        for domain, module in modules("models").items()
        for task in module.TASKS
    }


def readers() -> dict[str, ModuleType]:
    """Every file format that can be recognised, by name."""
    return modules("pipelines.readers")


def sources() -> dict[str, ModuleType]:
    """Every remote source with a client of its own, by name."""
    return modules("pipelines.sources")


def samples() -> dict[str, ModuleType]:
    """Every part of the embedded sample county, by domain."""
    return modules("pipelines.sample")


def suites() -> dict[str, ModuleType]:
    """Every suite of evidence, by name."""
    return modules("benchmarks")


def entry(task: str) -> Entry:
    """The task of that name with its models, or an error that names the nearest."""
    if task not in tasks():
        raise UnknownName("task", task, tasks())
    return tasks()[task]


def panel(name: str, lake: Lake, as_of: datetime | None = None) -> pl.DataFrame:
    """Build one panel from the lake, every table read as it was known at `as_of` (default: now).

    A panel's argument names are the tables it reads; `frames` reads them.
    """
    if name not in panels():
        raise UnknownName("panel", name, panels())
    function = panels()[name]
    return function(**frames(list(inspect.signature(function).parameters), lake, as_of)).collect()


def frames(wanted: list[str], lake: Lake, as_of: datetime | None = None) -> dict[str, pl.LazyFrame]:
    """Tables that are used together, by name, as they were known at `as_of` (default: now).

    Sample rows and real rows never meet: as soon as one of the tables holds real rows, those that hold only sample
    rows are read as empty. Use it wherever two tables come together.
    """
    known = catalogue.names()
    for table in wanted:
        if table not in known:
            raise UnknownName("table", table, known)
    origins = {table: lake.origin(table) for table in wanted if not catalogue.load(table).reference}
    retired = {table for table, origin in origins.items() if origin == "sample" and "real" in origins.values()}
    read = {table: lake.read(table, as_of) for table in wanted}
    return {table: rows.clear() if table in retired else rows for table, rows in read.items()}


def products() -> dict[str, Product]:
    """What domains make from issued forecasts: the `PRODUCTS` of `models/<domain>.py`, by name."""
    found: dict[str, Product] = {}
    for module in modules("models").values():
        found |= getattr(module, "PRODUCTS", {})
    return found


def server() -> ModuleType:
    """The module that serves the screens: `dashboards/app.py`."""
    return importlib.import_module("dashboards.app")
