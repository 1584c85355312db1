"""The suite of Australian tourism on a country made up here: its panel, its error, and that it refuses other data."""

from datetime import date

import numpy as np
import polars as pl
import pytest

from benchmarks import tourism_hierarchy as suite
from workbench.errors import WorkbenchError
from workbench.forecast.hierarchy import Tree


@pytest.fixture(scope="module")
def panel(tmp_path_factory: pytest.TempPathFactory) -> pl.DataFrame:
    """Two states, three regions, two purposes, forty quarters."""
    random = np.random.default_rng(1)
    places = [("N", "a"), ("N", "b"), ("S", "c")]
    rows = [
        (date(2008 + i // 4, 1 + 3 * (i % 4), 1), region, state, purpose, float(random.integers(1, 90)))
        for state, region in places
        for purpose in ("Holiday", "Business")
        for i in range(40)
    ]
    schema = ["ds", "Region", "State", "Purpose", "Trips"]
    file = tmp_path_factory.mktemp("tourism") / "trips.parquet"
    pl.DataFrame(rows, schema=schema, orient="row").write_parquet(file)
    return suite.build(file)


def test_the_panel_holds_every_level(panel: pl.DataFrame) -> None:
    """1 country, 2 states, 2 purposes, 3 regions, 4 states × purposes, 6 at the bottom."""
    assert panel["unique_id"].n_unique() == 1 + 2 + 2 + 3 + 4 + 6
    split = suite.at(panel, suite.TEST)
    assert split.past["ds"].max() == date(2015, 10, 1)
    assert (split.future["ds"].min(), split.future["ds"].max()) == (date(2016, 1, 1), date(2017, 10, 1))


def test_the_error_is_that_of_a_slow_loop(panel: pl.DataFrame) -> None:
    forecast = suite.at(panel, suite.TEST).future.with_columns(mean=pl.lit(40.0))
    found = dict(suite.mase(forecast, panel, suite.TEST).rows())
    for name, own in panel.group_by("unique_id"):
        y = own.sort("ds")["y"].to_list()
        naive = [abs(y[i] - y[i - 4]) for i in range(4, 32)]
        error = [abs(value - 40) for value in y[32:]]
        assert found[name[0]] == pytest.approx(sum(error) / 8 / (sum(naive) / len(naive)))


def test_figures_say_how_far_sums_are_off(panel: pl.DataFrame) -> None:
    """A forecast of 40 everywhere: the country of six is off by 200 in 241."""
    forecast = suite.at(panel, suite.TEST).future.with_columns(mean=pl.lit(40.0))
    rows = suite.figures("it", forecast, panel, suite.TEST)
    assert [row["value"] for row in rows if row["metric"] == "gap of the sums"] == [pytest.approx(200 / 241)]
    assert {row["slice"] for row in rows} >= {"country", "state", "purpose", "state × purpose", "state × region"}
    tree = Tree.of(suite.TASK.hierarchy, forecast["unique_id"])  # type: ignore[arg-type]
    steps = forecast["ds"].unique().sort()
    again = suite.framed(tree, tree.table(forecast, "mean"), steps)
    assert again.sort("unique_id", "ds").equals(forecast.sort("unique_id", "ds"))


def test_other_data_are_refused(panel: pl.DataFrame) -> None:
    with pytest.raises(WorkbenchError, match=r"instead of 1\.167"):
        suite.check(panel)
