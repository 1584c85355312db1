"""The archive: never overwritten, twice is once, and a publishing status that only rises."""

import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import polars as pl
import pytest

from workbench.errors import InputError, MissingData, Refused, UnknownName
from workbench.forecast.frames import FORECAST, LEVELS, QUANTILES
from workbench.operate.archive import Archive

NOON = datetime(2026, 11, 20, 10, tzinfo=UTC)


def forecast(issued_at: datetime = NOON, base: float = 50.0, series: int = 2) -> pl.DataFrame:
    """A FORECAST of three days whose quantiles rise from `base`."""
    cutoff = issued_at.date() - timedelta(days=1)
    ids = [f"{number}/pm2_5" for number in range(series)]
    steps = [(name, cutoff + timedelta(days=lead)) for name in ids for lead in (1, 2, 3)]
    fixed = {"task": "toy", "issued_at": issued_at, "cutoff": cutoff, "model": "booster", "version": "3"}
    return (
        pl.DataFrame(steps, schema={"unique_id": pl.String, "ds": pl.Date}, orient="row")
        .with_columns(pl.lit(value).alias(name) for name, value in fixed.items())
        .with_columns(pl.col("issued_at").cast(pl.Datetime("us", "UTC")), mean=pl.lit(base))
        .with_columns(pl.lit(base + 10 * level).alias(name) for name, level in zip(QUANTILES, LEVELS, strict=True))
        .with_columns(level=pl.lit(0, pl.Int8), status=pl.lit("machine"))
        .select(FORECAST)
    )


def test_the_same_issue_twice_is_once(home: Path) -> None:
    """The key is task, cutoff, data digest and version; other data or another version is another issue."""
    archive = Archive()
    assert archive.write(forecast(), "d1", sample=False)
    assert not archive.write(forecast(NOON + timedelta(hours=1)), "d1", sample=False)
    assert archive.write(forecast(NOON + timedelta(hours=2)), "d2", sample=False)
    assert archive.write(forecast().with_columns(version=pl.lit("4")), "d1", sample=False)
    assert 18 == archive.read("toy").height


def test_what_was_written_comes_back_with_its_types(home: Path) -> None:
    """Dates stay dates, instants stay UTC."""
    Archive().write(forecast(), "d1", sample=True)
    back = Archive().latest("toy")
    assert back.select(FORECAST).sort("unique_id", "ds").equals(forecast())
    assert back.select(FORECAST).schema == forecast().schema
    assert [True] == back["sample"].unique().to_list()


def test_many_writers_of_one_issue_leave_one(home: Path) -> None:
    """Threads and processes wait for one another."""
    with ThreadPoolExecutor(6) as pool:
        wrote = list(pool.map(lambda _: Archive().write(forecast(), "d1", sample=False), range(12)))
    assert 1 == sum(wrote)
    assert 6 == Archive().read("toy").height


def test_the_latest_is_the_newest_issue_in_its_highest_status(home: Path) -> None:
    """A newer machine issue takes over from a signed older one; of one issue, signed beats revised beats machine."""
    archive = Archive()
    archive.write(forecast(), "d1", sample=False)
    edits = pl.DataFrame({"unique_id": ["0/pm2_5"], "ds": [date(2026, 11, 21)], "mean": [99.0]})
    archive.revise("toy", edits, "li", "fog expected")
    signed = archive.sign("toy", "wang")
    assert ["signed"] == archive.latest("toy")["status"].unique().to_list()
    assert 99.0 == signed.filter(pl.col("ds") == date(2026, 11, 21))["mean"][0]
    assert ["machine", "revised", "signed"] == archive.issues("toy")["status"].to_list()
    assert ["machine", "li", "wang"] == archive.issues("toy")["who"].to_list()
    assert ["", "fog expected", ""] == archive.issues("toy")["note"].to_list()
    machine = archive.read("toy").filter(pl.col("status") == "machine")
    assert machine.select(FORECAST).sort("unique_id", "ds").equals(forecast())
    archive.write(forecast(NOON + timedelta(days=1)), "d2", sample=False)
    assert ["machine"] == archive.latest("toy")["status"].unique().to_list()


def test_what_stood_at_an_instant_knows_nothing_of_later_revisions(
    home: Path, clock: Callable[[datetime], None]
) -> None:
    """Written at noon, revised at one, signed at two; a replay written days later counts as issued then."""
    archive, day = Archive(), date(2026, 11, 21)
    clock(NOON)
    archive.write(forecast(), "d1", sample=False)
    clock(NOON + timedelta(hours=1))
    archive.revise("toy", pl.DataFrame({"unique_id": ["0/pm2_5"], "ds": [day], "mean": [9.0]}), "li", "fog")
    archive.revise("toy", pl.DataFrame({"unique_id": ["0/pm2_5"], "ds": [day], "mean": [8.0]}), "li", "more fog")
    clock(NOON + timedelta(hours=2))
    archive.sign("toy", "wang")
    for minutes, status in ((0, "machine"), (59, "machine"), (61, "revised"), (120, "signed")):
        rows = archive.latest("toy", at=NOON + timedelta(minutes=minutes))
        assert [status] == rows["status"].unique().to_list()
        assert 6 == rows.height
    assert 8.0 == archive.latest("toy").filter(pl.col("ds") == day, pl.col("unique_id") == "0/pm2_5")["mean"][0]
    clock(NOON + timedelta(days=5))
    archive.write(forecast(NOON - timedelta(days=1)), "d0", sample=False)
    assert NOON - timedelta(days=1) == archive.latest("toy", at=NOON - timedelta(hours=1))["issued_at"][0]


def test_signing_twice_is_once_and_a_signed_issue_is_not_revised(home: Path) -> None:
    """After the signature only a new issue changes anything."""
    archive = Archive()
    archive.write(forecast(), "d1", sample=False)
    archive.sign("toy", "wang")
    archive.sign("toy", "zhao")
    assert 12 == archive.read("toy").height
    edits = pl.DataFrame({"unique_id": ["0/pm2_5"], "ds": [date(2026, 11, 21)], "mean": [1.0]})
    with pytest.raises(Refused, match="is signed by wang"):
        archive.revise("toy", edits, "li", "too late")


@pytest.mark.parametrize(
    ("columns", "reason", "error", "text"),
    [
        ({"meen": [1.0]}, "why", UnknownName, "did you mean 'mean'"),
        ({"mean": [1.0]}, " ", InputError, "needs key columns and a reason"),
        ({"mean": [1.0], "ds": [date(2020, 1, 1)]}, "why", InputError, "1 of 1 edits match no row"),
        ({"q50": [500.0]}, "why", InputError, "quantiles of 1 row would cross"),
        ({"status": ["signed"]}, "why", InputError, "'status' is not a forecast value"),
    ],
)
def test_a_revision_that_makes_no_sense_is_refused(
    home: Path, columns: dict[str, list[object]], reason: str, error: type[Exception], text: str
) -> None:
    """Wrong column, no reason, no such row, crossing quantiles, a stamp: nothing is written."""
    Archive().write(forecast(), "d1", sample=False)
    edits = pl.DataFrame({"unique_id": ["0/pm2_5"], "ds": [date(2026, 11, 21)]} | columns)
    with pytest.raises(error, match=text):
        Archive().revise("toy", edits, "li", reason)
    assert 6 == Archive().read("toy").height


def test_products_are_revised_by_their_own_keys(home: Path) -> None:
    """An outlook has station and date for a key."""
    outlook = pl.DataFrame(
        {"station": ["A", "B"], "date": [date(2026, 11, 21)] * 2, "aqi": [80, 90], "primary": [["pm2_5"], ["o3_8h"]]}
    ).with_columns(issued_at=pl.lit(NOON, pl.Datetime("us", "UTC")))
    archive = Archive()
    assert archive.write_product("outlook", outlook, "k1", sample=False)
    assert not archive.write_product("outlook", outlook, "k1", sample=False)
    edits = pl.DataFrame({"station": ["B"], "date": [date(2026, 11, 21)], "aqi": [120], "primary": [["pm10"]]})
    archive.revise("outlook", edits, "li", "dust", kind="product")
    rows = archive.product("outlook").sort("station")
    assert [80, 120] == rows["aqi"].to_list()
    assert [["pm2_5"], ["pm10"]] == rows["primary"].to_list()


def test_paths_of_an_issue_come_back(home: Path) -> None:
    """Default the newest; twice is once."""
    archive = Archive()
    days = pl.Series("ds", [date(2026, 11, 21), date(2026, 11, 22)])
    for hour in (0, 1):
        moment = NOON + timedelta(hours=hour)
        drawn = pl.DataFrame({"ds": days, "path": [0, 1], "y": [1.5 + hour, 2.5]}).with_columns(
            task=pl.lit("toy"), unique_id=pl.lit("A/pm2_5"), issued_at=pl.lit(moment, pl.Datetime("us", "UTC"))
        )
        assert archive.write_paths(drawn, f"k{hour}", sample=False)
        assert not archive.write_paths(drawn, f"k{hour}", sample=False)
    assert [2.5, 2.5] == archive.paths("toy")["y"].to_list()
    assert [1.5, 2.5] == archive.paths("toy", NOON)["y"].to_list()


def test_old_paths_are_tidied_away_and_forecasts_stay(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Paths can be drawn again; forecasts cannot."""
    archive = Archive()
    archive.write(forecast(), "d1", sample=False)
    for days in (0, 70):
        moment = NOON + timedelta(days=days)
        drawn = pl.DataFrame({"ds": [moment.date()], "path": [0], "y": [1.0]}).with_columns(
            task=pl.lit("toy"), unique_id=pl.lit("A/pm2_5"), issued_at=pl.lit(moment, pl.Datetime("us", "UTC"))
        )
        archive.write_paths(drawn, f"k{days}", sample=False)
    monkeypatch.setenv("WORKBENCH_NOW", (NOON + timedelta(days=71)).isoformat())
    archive.tidy()
    assert 1 == archive.paths("toy").height
    assert 0 == archive.paths("toy", NOON).height
    assert 6 == archive.read("toy").height


def test_an_archive_without_issues_says_so(home: Path) -> None:
    """The hint names the command."""
    with pytest.raises(MissingData, match="no forecast of 'toy' was issued yet\n→ run `workbench forecast`"):
        Archive().latest("toy")
    assert [] == Archive().names()


def test_reading_the_latest_again_takes_milliseconds(home: Path) -> None:
    """Pages read at every request: an answer is kept until the next write."""
    archive = Archive()
    for day in range(30):
        archive.write(forecast(NOON + timedelta(days=day), series=20), f"d{day}", sample=False)
    archive.latest("toy")
    start = time.perf_counter()
    for _ in range(20):
        Archive().latest("toy")
    assert 0.02 > (time.perf_counter() - start) / 20


def test_a_sum_follows_its_revised_parts_and_is_not_revised_itself(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Two places and their sum: what is archived adds up after a consultation as before."""
    from workbench.forecast.hierarchy import Hierarchy
    from workbench.operate import archive as module

    structure = Hierarchy(("place", "measure"), (("measure",),)), (0.0, None)
    monkeypatch.setattr(module, "structure", lambda task: structure)
    own = forecast()
    total = own.filter(unique_id="0/pm2_5").with_columns(unique_id=pl.lit("*/pm2_5"), mean=pl.lit(100.0))
    archive, day = Archive(), NOON.date()
    archive.write(pl.concat([own, total]), "d1", sample=False)
    edits = pl.DataFrame({"unique_id": ["0/pm2_5"], "ds": [day], "mean": [53.0]})
    revised = archive.revise("toy", edits, "li", "a festival")
    means = revised.pivot("unique_id", index="ds", values="mean")
    assert means["*/pm2_5"].to_list() == (means["0/pm2_5"] + means["1/pm2_5"]).to_list()
    assert [103.0] == means.filter(ds=day)["*/pm2_5"].to_list()
    with pytest.raises(InputError, match="a sum cannot be revised by itself"):
        archive.revise("toy", edits.with_columns(unique_id=pl.lit("*/pm2_5")), "li", "more")
