"""The damage suite in small: a hundred files; and that its own judge can tell good from bad."""

import time
from datetime import UTC, datetime

import polars as pl
import pytest

from benchmarks import damage
from benchmarks._damage import case
from benchmarks._whole import FORMATS
from workbench import domain
from workbench.lake import catalogue
from workbench.lake.files import SourceFile
from workbench.lake.ingest import ingest
from workbench.lake.store import Lake


def test_a_hundred_damaged_files_do_no_harm() -> None:
    """No crash, no rule broken, no refusal without help; and something of each: kept, in part, refused."""
    outcome = damage.damaged(range(100))
    assert ([], [], []) == (outcome.crashes, outcome.broken, outcome.helpless)
    assert {"accepted", "quarantined in part", "refused"} == {what for _, what in outcome.kinds}
    assert 100 == sum(outcome.kinds.values())
    assert outcome.kept > 500


@pytest.mark.parametrize(
    ("form", "table"), [(form, table) for form, (_, tables) in FORMATS.items() for table in tables]
)
def test_the_files_are_good_before_they_are_damaged(home: object, form: str, table: str) -> None:
    """Otherwise the suite would show nothing: whole, each is taken without a word."""
    import random

    file = SourceFile.of("whole", FORMATS[form][0](random.Random(1)), datetime(2026, 3, 1, 2, tzinfo=UTC))
    done = ingest(Lake(), table, file, tuple(domain.readers().values()))
    assert done.accepted > 4
    assert {} == done.quarantined


def test_cases_are_the_same_each_time() -> None:
    """A number names a case for ever, also after the clock has moved on by more than a second."""
    first = [case(1, n) for n in range(64)]
    time.sleep(1.1)
    assert first == [case(1, n) for n in range(64)]


def test_the_judge_finds_each_broken_rule() -> None:
    """A row that breaks everything: missing key, infinite and excessive numbers, a formula, a time to come."""
    names = list(catalogue.load("air_hourly").columns)
    good = dict.fromkeys(names) | {
        "station": "a",
        "time": datetime(2026, 3, 1, tzinfo=UTC),
        "pm2_5": 3.0,
        "known_at": 1,
    }
    bad = good | {"station": "=1", "pm2_5": float("inf"), "so2": 1e9, "time": datetime(9999, 1, 1, tzinfo=UTC)}
    found = damage.faults(
        pl.DataFrame([good, bad, good | {"station": None}, good], infer_schema_length=None), "air_hourly"
    )
    assert ["station = '=1'", "pm2_5 = inf", "so2 = 1000000000.0"] == [
        f for f in found if " = " in f and "time" not in f
    ]
    assert 1 == sum("lies in the future" in fault for fault in found)
    assert 1 == sum("stands twice" in fault for fault in found)
    assert 1 == sum("missing in the key" in fault for fault in found)
