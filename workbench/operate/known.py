"""What is known of a task at one instant: its panel, the covariates known ahead, and where all that came from."""

import hashlib
import inspect
from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property

import polars as pl

from workbench import domain, settings
from workbench.domain import Entry, Product
from workbench.errors import MissingData
from workbench.forecast.task import Split, Task
from workbench.lake import catalogue
from workbench.lake.store import Lake


@dataclass(frozen=True)
class Known:
    """A task with the data known at `as_of`. `digest` changes when a table that it reads changes."""

    entry: Entry
    as_of: datetime
    panel: pl.DataFrame
    vintages: pl.DataFrame | None
    digest: str
    sample: bool  # made from the embedded sample county

    @property
    def task(self) -> Task:
        """The question."""
        return self.entry.task

    @cached_property
    def split(self) -> Split:
        """Past and future at `as_of`."""
        return self.task.split(self.panel, self.vintages, self.as_of)


@dataclass(frozen=True)
class Inputs:
    """What a domain's product is made from: frames by task name, the lake, and the instant of issue."""

    forecasts: dict[str, pl.DataFrame]
    paths: dict[str, pl.DataFrame]
    panels: dict[str, pl.DataFrame]
    lake: Lake
    as_of: datetime
    reasons: dict[str, pl.DataFrame] = field(default_factory=dict)
    """Explanations by task name, see `operate.explaining`."""

    @property
    def zone(self) -> str:
        """The county's time zone."""
        return str(settings.county()["zone"])


def tables(panel: str) -> list[str]:
    """The tables that a panel reads: its argument names."""
    return list(inspect.signature(domain.panels()[panel]).parameters)


def known(task: str, lake: Lake | None = None, as_of: datetime | None = None) -> Known:
    """Read a task's panel and known-ahead covariates as they were known at `as_of` (default now).

    A real panel never meets sample covariates, nor the other way about. Raises MissingData for an empty panel.
    """
    entry = domain.entry(task)
    lake, as_of = lake or Lake(), as_of or settings.now()
    panel = domain.panel(entry.task.panel, lake, as_of)
    if panel.is_empty():
        raise MissingData(
            f"{task}: no row of {', '.join(tables(entry.task.panel))} was known at {as_of:%Y-%m-%d %H:%M} UTC",
            "bring data in with `workbench ingest TABLE FILE…`",
        )
    sample = is_sample(entry.task.panel, lake)
    vintages = None
    used = set(tables(entry.task.panel))
    if entry.task.vintages:
        used |= set(tables(entry.task.vintages))
        vintages = domain.panel(entry.task.vintages, lake, as_of)
        if is_sample(entry.task.vintages, lake) != sample:
            vintages = vintages.clear()
    parts = "|".join(f"{name}:{lake.digest(name)}" for name in sorted(used))
    digest = hashlib.sha256(parts.encode()).hexdigest()[:16]
    return Known(entry, as_of, panel, vintages, digest, sample)


def measured(panel: str) -> list[str]:
    """The tables of a panel that hold measured rows: rules are no rows."""
    return [name for name in tables(panel) if not catalogue.load(name).reference]


def is_sample(panel: str, lake: Lake) -> bool:
    """Whether a panel is made of sample rows now: some table is, and none holds real rows."""
    origins = {lake.origin(name) for name in measured(panel)}
    return "sample" in origins and "real" not in origins


def standing(product: Product, lake: Lake, as_of: datetime) -> tuple[str, bool] | None:
    """Key of a product of its own tables, by date and what they hold, and whether that is sample; None = nothing."""
    origins = {lake.origin(table) for table in product.own}
    if origins <= {"empty"}:
        return None
    day = product.due(as_of.astimezone(settings.county_zone()).date())
    return "|".join([day.isoformat(), *(lake.digest(table) for table in product.own)]), "real" not in origins


def quiet(done: int, total: int, text: str) -> None:
    """A progress callback that shows nothing."""
