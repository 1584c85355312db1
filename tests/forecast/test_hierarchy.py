"""Series that add up: names, trees, sums of panels."""

from datetime import UTC, date, datetime, timedelta

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from workbench.errors import InputError
from workbench.forecast.hierarchy import Hierarchy, Tree, aggregate

STATES = Hierarchy(("state", "region", "purpose"), ((), ("state",), ("purpose",), ("state", "purpose")))


def bottom(names: list[str], days: int = 3, start: date = date(2024, 1, 1)) -> pl.DataFrame:
    """PANEL of whole numbers, each day known at its end, the last series an hour later."""
    rows = [
        (name, start + timedelta(days=i), datetime(2024, 1, 2 + i, j == len(names) - 1, tzinfo=UTC), float(10 * j + i))
        for j, name in enumerate(names)
        for i in range(days)
    ]
    schema = {"unique_id": pl.String, "ds": pl.Date, "known_at": pl.Datetime("us", "UTC"), "y": pl.Float64}
    return pl.DataFrame(rows, schema=schema, orient="row")


NAMES = ["N/a/x", "N/a/z", "N/b/x", "S/c/x"]


def test_a_sum_keeps_its_parts_and_nothing_else() -> None:
    assert STATES.sums("N/a/x") == ("*/*/*", "N/*/*", "*/*/x", "N/*/x")
    assert STATES.level("N/*/x") == ("state", "purpose")
    assert STATES.level("N/a/x") == STATES.parts


@pytest.mark.parametrize(
    "levels",
    [(("country",),), (("state", "region", "purpose"),), ((), ()), (("state", "purpose"), ("purpose", "state"))],
)
def test_a_level_that_is_none_is_refused(levels: tuple[tuple[str, ...], ...]) -> None:
    with pytest.raises(InputError, match="is not a level"):
        Hierarchy(("state", "region", "purpose"), levels)


def test_a_name_with_too_few_parts_is_named() -> None:
    with pytest.raises(InputError, match="'N/a' has 2 parts"):
        Tree.of(STATES, pl.Series(["N/a"]))


def test_a_sum_without_bottom_series_is_named() -> None:
    with pytest.raises(InputError, match=r"first 'W/\*/\*'"):
        Tree.of(STATES, pl.Series([*NAMES, "W/*/*"]))


def test_summing_is_that_of_the_names() -> None:
    """By hand: who is in whom."""
    tree = Tree.of(STATES, pl.Series(NAMES))
    assert tree.ids == ("*/*/*", "N/*/*", "S/*/*", "*/*/x", "*/*/z", "N/*/x", "N/*/z", "S/*/x", *NAMES)
    above = [
        [1, 1, 1, 1],
        [1, 1, 1, 0],
        [0, 0, 0, 1],
        [1, 0, 1, 1],
        [0, 1, 0, 0],
        [1, 0, 1, 0],
        [0, 1, 0, 0],
        [0, 0, 0, 1],
    ]
    assert tree.summing.toarray().tolist() == [*above, *np.eye(4).tolist()]


@settings(deadline=None, max_examples=30)
@given(st.sets(st.tuples(*[st.sampled_from("abc")] * 3), min_size=1, max_size=12), st.randoms(use_true_random=False))
def test_sums_of_a_panel_are_those_of_a_slow_loop(names: set[tuple[str, ...]], random: object) -> None:
    series = sorted("/".join(name) for name in names)
    panel = bottom(series)
    found = aggregate(panel.sample(fraction=1, shuffle=True, seed=1), STATES)
    assert found.equals(aggregate(panel, STATES))
    values = {(name, day): y for name, day, y in found.select("unique_id", "ds", "y").iter_rows()}
    for name in found.get_column("unique_id").unique():
        inside = [
            one for one in series if all(p in ("*", o) for p, o in zip(name.split("/"), one.split("/"), strict=True))
        ]
        for day in panel.get_column("ds").unique():
            slow = sum(panel.filter(unique_id=one, ds=day)["y"].item() for one in inside)
            assert values[name, day] == slow


def test_a_sum_is_known_when_its_last_part_is() -> None:
    found = aggregate(bottom(NAMES), STATES)
    known = found.filter(ds=date(2024, 1, 1)).select("unique_id", pl.col("known_at").dt.hour()).rows()
    assert dict(known) == {n: int(n in ("*/*/*", "S/*/*", "*/*/x", "S/*/x", "S/c/x")) for n, _ in known}


def test_a_gap_leaves_no_sum_and_a_late_beginning_does() -> None:
    panel = bottom(NAMES, 3)
    second, first = date(2024, 1, 2), date(2024, 1, 1)
    late = panel.filter(~((pl.col("unique_id") == "N/a/x") & (pl.col("ds") == first)))
    total = aggregate(late, STATES).filter(unique_id="*/*/*")
    assert total["ds"].to_list() == sorted(panel["ds"].unique())
    gap = panel.with_columns(y=pl.when(unique_id="N/a/x", ds=second).then(None).otherwise("y"))
    found = aggregate(gap, STATES)
    assert second not in found.filter(unique_id="N/*/x")["ds"].to_list()
    assert second in found.filter(unique_id="S/*/*")["ds"].to_list()


def test_what_is_known_by_a_day_gives_the_sums_known_by_that_day() -> None:
    panel, moment = bottom(NAMES, 4), datetime(2024, 1, 4, 0, 30, tzinfo=UTC)
    early = aggregate(panel.filter(pl.col("known_at") <= moment), STATES)
    assert early.equals(aggregate(panel, STATES).filter(pl.col("known_at") <= moment))
