"""Contract 1 of DESIGN §4 for products of their own tables, found by name: nothing known later moves them."""

from datetime import UTC, datetime
from pathlib import Path

import polars as pl
import pytest
from polars.testing import assert_frame_equal

from workbench import domain
from workbench.domain import Product
from workbench.errors import WorkbenchError
from workbench.lake.store import Lake
from workbench.operate.known import Inputs

MOMENT = datetime(2020, 5, 5, 4, tzinfo=UTC)
OWN = {name: product for name, product in domain.products().items() if product.own}


class Poisoned(Lake):
    """The same lake, in which every number that became known after `MOMENT` is absurd."""

    def read(self, table: str, as_of: datetime | None = None) -> pl.LazyFrame:
        rows = super().read(table, None)
        schema = rows.collect_schema()
        numbers = [name for name, dtype in schema.items() if dtype.is_numeric()]
        late = pl.col("known_at") > MOMENT
        bent = [
            pl.when(late).then(pl.col(name) * 3 + 1).otherwise(pl.col(name)).cast(schema[name]).alias(name)
            for name in numbers
            if not name.startswith("q_")
        ]
        rows = rows.with_columns(bent)
        return rows if as_of is None else rows.filter(pl.col("known_at") <= as_of)


class Careless(Lake):
    """A lake that tells what became known later, too."""

    def read(self, table: str, as_of: datetime | None = None) -> pl.LazyFrame:
        del as_of
        return Poisoned(self.root).read(table)


def made(product: Product, lake: Lake) -> pl.DataFrame:
    return product.make(Inputs({}, {}, {}, lake, MOMENT))


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A home of its own: nothing was issued before."""
    monkeypatch.setenv("WORKBENCH_HOME", str(tmp_path / "home"))


def test_there_are_such_products() -> None:
    assert OWN


def test_nothing_that_became_known_later_moves_a_product(sample_lake: Path) -> None:
    honest, poisoned = Lake(sample_lake), Poisoned(sample_lake)
    for product in OWN.values():
        assert_frame_equal(made(product, honest), made(product, poisoned))


def test_a_product_that_reads_without_its_instant_is_caught(sample_lake: Path) -> None:
    verified = next(product for product in OWN.values() if product.truth)
    with pytest.raises((AssertionError, WorkbenchError)):  # what is absurd may be refused as well
        assert_frame_equal(made(verified, Lake(sample_lake)), made(verified, Careless(sample_lake)))
