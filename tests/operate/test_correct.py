"""The verb `correct`: the lake and the audit log both know, and bad input says what to do."""

import json
from datetime import date
from pathlib import Path

import polars as pl
import pytest
from typer.testing import CliRunner

from workbench.cli import app
from workbench.lake.ingest import ingest_frame
from workbench.lake.store import Lake
from workbench.operate import audit

WHERE = ["correct", "air_daily", "--key", "station=5001", "--key", "date=2026-11-20", "--column", "pm2_5"]


@pytest.fixture
def measured(home: Path) -> None:
    """One real day."""
    rows = {"station": ["5001"], "date": [date(2026, 11, 20)], "pm2_5": [310.0]}
    ingest_frame(Lake(), "air_daily", pl.DataFrame(rows), "test", "digest-a")


def call(*words: str) -> tuple[int, str]:
    answer = CliRunner().invoke(app, list(words))
    return answer.exit_code, answer.output


def test_correct_look_back_and_undo(measured: None) -> None:
    """Each is one line; the history says who and why; the audit log has both acts."""
    done, said = call(*WHERE, "--value", "31", "--reason", "小数点丢失", "--who", "li")
    assert (0, True) == (done, "pm2_5 310.0 → 31.0" in said)
    assert 0 == call(*WHERE, "--undo", "--reason", "原值无误", "--who", "wang")[0]
    versions = json.loads(call(*WHERE, "--json")[1])["versions"]
    assert [(310.0, 1, None), (31.0, 7, "li"), (310.0, 1, "wang")] == [
        (v["value"], v["flag"], v["who"]) for v in versions
    ]
    lines = call(*WHERE)[1].splitlines()
    assert "corrected good" in lines[1]
    assert "li: 小数点丢失" in lines[1]
    kept = audit.entries(limit=2)
    assert ["correction undone", "correct"] == kept["event"].to_list()
    assert ["wang", "li"] == kept["user"].to_list()
    assert "5001 2026-11-20: pm2_5 310.0 → 31.0" in kept["object"][1]


def test_twice_is_once(measured: None) -> None:
    """The second correction finds the value there already."""
    words = (*WHERE, "--value", "31", "--reason", "小数点丢失")
    assert 0 == call(*words)[0]
    again, said = call(*words)
    assert (2, True) == (again, "is 31.0 already" in said)


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--value", "31"], "needs a reason"),
        (["--value", "31", "--reason", "-"], "needs a reason"),
        (["--value", "many", "--reason", "because"], "is no number"),
        (["--value", "-3", "--reason", "because"], "below 0"),
        (["--value", "31", "--undo", "--reason", "because"], "exclude one another"),
        (["--undo", "--reason", "because"], "no correction of pm2_5 is left"),
        (["--value", "31", "--reason", "because", "--key", "station"], "is no NAME=VALUE"),
        (["--value", "31", "--reason", "because", "--key", "city=5001"], "city"),
        (["--value", "31", "--reason", "because", "--key", "date=2026-11-21"], "has no row with"),
        (["--value", "31", "--reason", "because", "--key", "date=yesterday"], "has no row with"),
        (["--value", "31", "--reason", "because", "--column", "pm25"], "did you mean 'pm2_5'"),
        (["--value", "x", "--reason", "because", "--column", "station"], "cannot be corrected by hand"),
    ],
)
def test_bad_input_says_what_is_wrong_and_changes_nothing(measured: None, words: list[str], said: str) -> None:
    code, told = call(*WHERE, *words)
    assert 2 == code
    assert said in told
    assert "Traceback" not in told
    assert [310.0] == Lake().cell("air_daily", {"station": "5001", "date": "2026-11-20"}, "pm2_5")["value"].to_list()


def test_a_key_that_lacks_a_part_is_named(measured: None) -> None:
    code, told = call("correct", "air_daily", "--key", "station=5001", "--column", "pm2_5")
    assert (2, True) == (code, "the key lacks date" in told)
