"""Cells and their shrunk statistics against slow rules."""

from datetime import date

import polars as pl
import pytest

from workbench.forecast.cells import Cells, shrunk

CUTS = pl.DataFrame({"measure": ["x"], "cut0": [10.0], "cut1": [20.0]})


def test_a_forecast_falls_into_the_cell_of_its_lead_level_and_season() -> None:
    frame = pl.DataFrame(
        {
            "unique_id": ["a/x", "a/x", "a/x", "a/y"],
            "ds": [date(2024, 3, 31), date(2024, 4, 1), date(2024, 9, 30), date(2024, 10, 1)],
            "cutoff": [date(2024, 3, 30), date(2024, 3, 29), date(2024, 9, 26), date(2024, 9, 30)],
            "q50": [9.0, 10.0, 25.0, 25.0],
        }
    )
    found = Cells("1d", 4, 3, cuts=CUTS).place(frame)
    assert found.select("measure", "bucket", "state", "half").rows() == [
        ("x", 0, 0, 0),
        ("x", 2, 1, 1),
        ("x", 2, 2, 1),
        ("y", 0, 0, 0),
    ]


def test_without_a_cutoff_the_first_step_asked_is_lead_one() -> None:
    frame = pl.DataFrame({"unique_id": ["a/x"] * 3, "ds": [date(2024, 1, d) for d in (3, 1, 2)], "q50": [1.0] * 3})
    assert Cells("1d", 3, 3).place(frame).get_column("bucket").to_list() == [2, 0, 1]


def test_shrinking_counts_origins_and_not_rows() -> None:
    """Two origins in bucket 0 with mean 10, eight in bucket 1 with mean 0; all together 2."""
    rows = [("x", 0, d, 10.0) for d in (1, 2) for _ in range(4)] + [
        ("x", 1, d, 0.0) for d in range(1, 9) for _ in range(4)
    ]
    placed = pl.DataFrame(rows, schema=["measure", "bucket", "day", "v"], orient="row").with_columns(
        pl.col("bucket").cast(pl.Int8),
        cutoff=pl.date(2024, 1, "day"),
        state=pl.lit(0, pl.Int8),
        half=pl.lit(0, pl.Int8),
    )
    cells = Cells("1d", 2, 2, halves=False)
    found = shrunk(placed, cells, {"v": pl.col("v").mean()}, 2.0)
    first = 0.5 * 10 + 0.5 * 2  # 2 origins against 2
    second = 0.8 * 0 + 0.2 * 2
    for _ in range(2):  # the state and the half-year add nothing new, and lean once more on what is there
        first, second = 0.5 * 10 + 0.5 * first, 0.8 * 0 + 0.2 * second
    assert found.get_column("v").to_list() == pytest.approx([first, second])


def test_every_cell_there_can_be_has_a_value() -> None:
    placed = Cells("1d", 2, 2, cuts=CUTS).place(
        pl.DataFrame({"unique_id": ["a/x"], "ds": [date(2024, 1, 2)], "cutoff": [date(2024, 1, 1)], "q50": [1.0]})
    )
    found = shrunk(placed, Cells("1d", 2, 2, cuts=CUTS), {"v": pl.lit(3.0)}, 5.0)
    assert found.height == 2 * 3 * 2
    assert found.get_column("v").unique().to_list() == [3.0]


@pytest.mark.parametrize(("every", "horizon", "buckets"), [("1h", 96, 8), ("1d", 8, 8), ("1h", 1, 8), ("1d", 5, 1)])
def test_buckets_share_every_lead_and_fade_into_their_neighbours(every: str, horizon: int, buckets: int) -> None:
    cells = Cells(every, horizon, buckets)
    leads = cells.leads()
    whole = leads.group_by("lead").agg(pl.col("share").sum(), pl.len(), pl.col("bucket").max() - pl.col("bucket").min())
    assert whole.get_column("lead").sort().to_list() == list(range(1, horizon + 1))
    assert whole.get_column("share").to_list() == pytest.approx([1.0] * horizon)
    assert whole.get_column("len").max() <= 2  # type: ignore[operator]
    assert whole.get_column("bucket").max() <= 1  # type: ignore[operator]


def test_what_a_table_says_runs_straight_from_centre_to_centre() -> None:
    cells = Cells("1h", 72, 8)
    values = [5.0, -3.0, 8.0, 8.0, 40.0, 1.0, 0.0, 30.0]
    table = pl.DataFrame({"measure": "x", "bucket": range(8), "v": values}, schema_overrides={"bucket": pl.Int8})
    found = cells.faded(table, ["v"]).sort("lead").get_column("v").to_numpy()
    lows = [0, *cells.ends[:-1]]
    centres = [(low + 1 + end) / 2 for low, end in zip(lows, cells.ends, strict=True)]
    slow = []
    for lead in range(1, 73):
        after = next((i for i, centre in enumerate(centres) if centre >= lead), len(centres))
        if after in (0, len(centres)):
            slow.append(values[min(after, len(values) - 1)])
            continue
        way = (lead - centres[after - 1]) / (centres[after] - centres[after - 1])
        slow.append(values[after - 1] + way * (values[after] - values[after - 1]))
    assert found == pytest.approx(slow)
