"""Competition data as panels, and their scores against slow loops."""

from datetime import UTC, date, datetime
from pathlib import Path

import numpy as np
import polars as pl
import pytest

from benchmarks import _competition, _scores
from benchmarks._competition import Competition, load
from workbench.errors import WorkbenchError
from workbench.forecast.frames import LEVELS, QUANTILES


def monthly(folder: Path) -> Competition:
    """Two series in the tourism file's own form; one ends early, has a gap and a missing value."""
    random = np.random.default_rng(1)
    long = pl.date_range(date(2001, 3, 1), date(2007, 9, 1), "1mo", eager=True)
    short = pl.date_range(date(1998, 1, 1), date(2000, 12, 1), "1mo", eager=True).filter(np.arange(36) != 4)
    parts = []
    for name, days in (("m1", long), ("m2", short)):
        y = np.round(random.uniform(10, 20, len(days)), 2)
        y[1] = np.nan
        split = ["train"] * (len(days) - 24) + ["test"] * 24
        parts.append(pl.DataFrame({"unique_id": name, "ds": days, "y": y, "split": split}))
    file = folder / _competition.KINDS["tourism_monthly"].file
    file.parent.mkdir(parents=True, exist_ok=True)
    pl.concat(parts).write_parquet(file)
    return load("tourism_monthly", folder)


def hourly(folder: Path) -> Competition:
    """Three numbered series of different length in the M4 file's own form."""
    random = np.random.default_rng(2)
    parts = []
    for name, length in (("H1", 90), ("H2", 60), ("H3", 20)):
        count = length + 48
        y = 50 + 20 * np.sin(np.arange(count) * np.pi / 12) + random.normal(size=count)
        split = ["train"] * length + ["test"] * 48
        parts.append(pl.DataFrame({"unique_id": name, "ds": range(1, count + 1), "y": y, "split": split}))
    file = folder / _competition.KINDS["m4_hourly"].file
    file.parent.mkdir(parents=True, exist_ok=True)
    pl.concat(parts).with_columns(pl.col("ds").cast(pl.Int32)).write_parquet(file)
    return load("m4_hourly", folder)


def test_series_end_together_and_keep_gaps_and_missing_values(tmp_path: Path) -> None:
    """The early one moves by whole months; the month left out of the file stays left out, the missing value null."""
    found = monthly(tmp_path)
    last = found.panel.group_by("unique_id").agg(pl.col("ds").max()).get_column("ds").to_list()
    assert [date(2005, 9, 1)] * 2 == last
    own = found.panel.filter(unique_id="m2/value").sort("ds")
    assert 11 == own.height
    assert [date(2004, 10, 1), date(2004, 11, 1), date(2004, 12, 1), date(2005, 1, 1), date(2005, 3, 1)] == own[
        "ds"
    ].to_list()[:5]
    assert [1] == own.with_row_index().filter(pl.col("y").is_null())["index"].to_list()
    assert date(2005, 10, 1) == found.truth.get_column("ds").min()
    assert {24} == set(found.truth.group_by("unique_id").len()["len"])


def test_a_value_is_known_when_its_step_is_over_and_nothing_of_the_test_is_in_the_panel(tmp_path: Path) -> None:
    """Known at the next step's start; the one origin is when the last training step is over."""
    months, hours = monthly(tmp_path), hourly(tmp_path)
    assert datetime(2005, 10, 1, tzinfo=UTC) == months.as_of
    assert datetime(2005, 9, 1, tzinfo=UTC) == months.panel.filter(ds=date(2005, 8, 1))["known_at"][0]
    assert hours.panel.filter(pl.col("known_at") != pl.col("ds")).is_empty()
    for found in (months, hours):
        assert found.panel.join(found.truth, on=["unique_id", "ds"]).is_empty()
        assert found.panel.filter(pl.col("known_at") > found.as_of).is_empty()


def test_numbered_series_get_dates_by_frequency(tmp_path: Path) -> None:
    """The hour named by its end; the test follows at once."""
    found = hourly(tmp_path)
    assert datetime(2000, 1, 1, tzinfo=UTC) == found.panel.get_column("ds").max()
    assert datetime(2000, 1, 1, 1, tzinfo=UTC) == found.truth.get_column("ds").min()
    assert pl.Datetime("us", "UTC") == found.panel.schema["ds"]


def test_a_competition_can_be_made_small(tmp_path: Path) -> None:
    """Whole series, of the truth too."""
    few = hourly(tmp_path).few(1)
    assert 1 == few.panel["unique_id"].n_unique() == few.truth["unique_id"].n_unique()


def test_the_seasonal_naive_repeats_the_last_season(tmp_path: Path) -> None:
    """Two days ahead: the last day twice; a series shorter than a day is given by its own last values."""
    found = hourly(tmp_path)
    last = found.panel.filter(unique_id="H1/value").sort("ds")["y"].to_list()[-24:]
    answer = _scores.seasonal_naive(found).filter(unique_id="H1/value").sort("ds")["q50"].to_list()
    assert last + last == answer
    few = found.panel.filter(unique_id="H3/value").sort("ds")["y"].to_list()
    answer = _scores.seasonal_naive(found).filter(unique_id="H3/value").sort("ds")["q50"].to_list()
    assert (few * 3)[:48] == answer


def spread(found: Competition) -> pl.DataFrame:
    """A forecast with all quantiles: 50 ± 30."""
    columns = {name: pl.lit(50 + 60 * (level - 0.5)) for name, level in zip(QUANTILES, LEVELS, strict=True)}
    return found.truth.select("unique_id", "ds", pl.lit(50.0).alias("mean"), **columns)


def test_scores_are_those_of_a_slow_loop(tmp_path: Path) -> None:
    """MASE, MAPE, sMAPE, MSIS, coverage and OWA, series by series and step by step."""
    found = hourly(tmp_path)
    reached = _scores.scored(found, spread(found))
    sums: dict[str, list[float]] = {name: [] for name in ("mase", "mape", "smape", "msis", "coverage_80")}
    for (name,), part in found.truth.group_by("unique_id"):
        train = found.panel.filter(unique_id=name).sort("ds")["y"].to_list()
        lag = 24 if len(train) > 24 else 1
        scale = np.mean([abs(train[i] - train[i - lag]) for i in range(lag, len(train))])
        low, high = 50 - 60 * 0.475, 50 + 60 * 0.475
        one: dict[str, list[float]] = {metric: [] for metric in sums}
        for y in part["y"]:
            one["mase"].append(abs(y - 50) / scale)
            one["mape"].append(100 * abs(y - 50) / y)
            one["smape"].append(200 * abs(y - 50) / (y + 50))
            outside = max(low - y, 0) + max(y - high, 0)
            one["msis"].append((high - low + 40 * outside) / scale)
            one["coverage_80"].append(float(50 - 24 <= y <= 50 + 24))
        for metric, values in one.items():
            sums[metric].append(float(np.mean(values)))
    for metric, values in sums.items():
        assert np.isclose(np.mean(values), reached[metric])
    assert np.isclose((reached["smape"] / 18.383 + reached["mase"] / 2.395) / 2, reached["owa"])


def test_points_alone_have_no_range_to_score(tmp_path: Path) -> None:
    """No coverage, no MSIS, no CRPS is made up for a contender that gives none."""
    found = hourly(tmp_path)
    assert {"mase", "mape", "smape", "owa"} == set(_scores.scored(found, _scores.seasonal_naive(found)))


def test_a_missing_point_is_refused(tmp_path: Path) -> None:
    """No contender is scored on the series that it liked."""
    found = hourly(tmp_path)
    with pytest.raises(WorkbenchError, match="rival gave 48 of 144 points not"):
        _scores.scored(found, spread(found).filter(pl.col("unique_id") != "H2/value"), "rival")


def test_no_evidence_where_the_published_figure_is_not_met(tmp_path: Path) -> None:
    """Other data, or a bent metric: refused, with both numbers."""
    with pytest.raises(WorkbenchError, match=r"m4_hourly: mase of the seasonal naive is .* instead of the published"):
        _scores.prove(hourly(tmp_path))
