"""What is read from a real issue of the sample county: everything adds up, and the bulletin prints it."""

from pathlib import Path

import polars as pl
import pytest
from pdf_text import text
from typer.testing import CliRunner

from workbench.cli import app
from workbench.operate import harvest_read as facts
from workbench.operate.harvests import Harvest, harvest
from workbench.present.harvest import amount
from workbench.present.words import Words
from workbench.science.harvest import ALL


@pytest.fixture
def found(demo_home: Path) -> Harvest:
    return harvest("orange")


def test_towns_varieties_months_and_causes_add_up_to_the_last_kilogram(found: Harvest) -> None:
    whole = facts.row(found)["mean"]
    assert facts.towns(found)["mean"].sum() == facts.varieties(found)["mean"].sum() == whole
    months = facts.monthly(found)
    assert months.filter(pl.col("variety") == ALL)["kg"].sum() == whole
    assert months.filter(pl.col("variety") != ALL)["kg"].sum() == whole
    assert facts.causes(found)["kg"].sum() == whole
    for town in facts.towns(found)["town"]:
        assert sum(facts.split(found, town).values()) == facts.row(found, town)["mean"], town
    issues = facts.funnel(found)["mean"]
    assert issues[-1] == whole
    assert facts.moved(found)["kg"].sum() == issues[-1] - issues[-2]


def test_the_record_is_in_order_and_its_verdict_is_one_of_three(found: Harvest) -> None:
    rows = facts.errors(found.record, facts.begins(found))
    assert rows.height > 1
    verdict = facts.skill(found.record, facts.begins(found))
    assert verdict["skilled"] in (True, False, None)
    assert (verdict["due_month"], verdict["due_day"]) == rows.select("due_month", "due_day").row(-1)


def test_the_command_prints_the_bulletin_and_names_what_is_missing(found: Harvest, tmp_path: Path) -> None:
    file = tmp_path / "公报.pdf"
    assert 0 == CliRunner().invoke(app, ["bulletin", "orange", str(file)]).exit_code
    said = text(file.read_bytes())
    assert amount(facts.row(found)["mean"], Words("zh"), unit=False) in said
    assert all(town in said for town in facts.towns(found)["town"])
    assert "示意数据（非实测）" in said
    assert 1 == CliRunner().invoke(app, ["bulletin", "pear", str(file)]).exit_code
    assert 2 == CliRunner().invoke(app, ["bulletin", "orange", str(tmp_path / "no" / "x.pdf")]).exit_code
