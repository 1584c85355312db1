"""Records typed into a form, and templates that come back: checked by the contract, kept once, taken back in full."""

import io
from datetime import date
from pathlib import Path

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st
from typer.testing import CliRunner

from workbench import domain
from workbench.cli import app
from workbench.errors import BrokenContract, InputError
from workbench.lake import catalogue, headers
from workbench.lake.files import SourceFile
from workbench.lake.ingest import preview
from workbench.lake.store import Lake
from workbench.operate import audit, entry, template
from workbench.present.words import LANGUAGES, Words

TABLE = "orange_output"
BY = ("li", "127.0.0.1")
KEY = {"town": "安坪镇", "variety": "凤园", "season": "2025", "release": "final"}
ROW = {**KEY, "closed": "2026-06-30", "bearing_area": "12000", "output": "15000000"}


def held() -> pl.DataFrame:
    return Lake().read(TABLE).collect()


def test_a_new_record_is_kept_corrected_with_a_reason_and_taken_back(home: Path) -> None:
    done = entry.enter(TABLE, ROW, "", BY)
    assert ("new", ("closed", "bearing_area", "output")) == (done.kind, done.columns)
    assert (15e6, 12e3) == held().select("output", "bearing_area").row(0)
    with pytest.raises(InputError, match="same values"):
        entry.enter(TABLE, ROW, "", BY)
    with pytest.raises(InputError, match="needs a reason"):
        entry.enter(TABLE, ROW | {"output": "14000000"}, "", BY)
    assert held()["output"].item() == 15e6
    mended = entry.enter(TABLE, ROW | {"output": "14000000"}, "过磅单核对", BY)
    assert ("corrected", ("output",)) == (mended.kind, mended.columns)
    versions = Lake().cell(TABLE, mended.key, "output")
    assert versions["value"].to_list() == [15e6, 14e6]
    assert versions["why"][-1] == "过磅单核对"
    entry.undo(mended, "核对有误，撤销", BY)
    assert held()["output"].item() == 15e6
    entry.undo(done, "填错乡镇，撤销", BY)
    assert held().select("closed", "bearing_area", "output").row(0) == (None, None, None)
    assert {"enter", "correct", "correction undone"} <= set(audit.entries(limit=20)["event"])


def test_every_faulty_cell_is_named_and_nothing_is_kept(home: Path) -> None:
    bad = ROW | {"output": "-5", "bearing_area": "many", "season": "20"}
    assert set(entry.faults(TABLE, bad)["column"]) == {"output", "bearing_area", "season"}
    with pytest.raises(BrokenContract, match="3 cells refused"):
        entry.enter(TABLE, bad, "", BY)
    with pytest.raises(BrokenContract, match="town"):
        entry.enter(TABLE, ROW | {"town": ""}, "", BY)
    with pytest.raises(InputError, match="beside the key"):
        entry.enter(TABLE, KEY, "", BY)
    assert held().is_empty()


@given(st.floats(0.01, 1e6), st.sampled_from(["亩", "公顷", "万亩", "km²"]))
def test_units_of_the_form_agree_with_those_of_the_files(value: float, unit: str) -> None:
    column = catalogue.load(TABLE).columns["bearing_area"]
    scale = {"亩": 1, "公顷": 15, "万亩": 10_000, "km²": 1500}[unit]
    assert float(entry.convert(f"{value}", unit, column)) == pytest.approx(value * scale, rel=1e-9)


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("name", [n for n in catalogue.names() if not catalogue.load(n).reference])
def test_the_template_of_every_table_is_understood_when_it_comes_back(name: str, language: str) -> None:
    table, words = catalogue.load(name), Words(language)
    names = [template.header(column, words) for column in table.columns.values()]
    found = headers.understand(names, table)
    assert {m.column.name: i for i, m in found.meanings.items()} == {n: i for i, n in enumerate(table.columns)}


def test_a_filled_template_comes_back_whole(home: Path) -> None:
    rows = pl.DataFrame(
        [
            {"town": "安坪镇", "variety": variety, "season": 2025, "closed": date(2026, 6, 30), "release": "first",
             "planted_area": 100.5, "bearing_area": 90.0, "output": 120_000.0, "imputed": False, "reason": None}
            for variety in ("凤园", "伦晚")
        ],
        schema_overrides={"reason": pl.String},
    )  # fmt: skip
    table = catalogue.load(TABLE)
    picks = {"town": ["安坪镇", "永乐镇"], "variety": ["凤园", "伦晚"], "release": ["first", "final"]}
    made = template.workbook(table, Words("zh"), picks, rows)
    assert made == template.workbook(table, Words("zh"), picks, rows)
    found = preview(Lake(), TABLE, SourceFile.of("模板.xlsx", made), tuple(domain.readers().values()))
    assert (2, 0) == (found.accepted, found.errors.height)
    kept = found.head.sort("variety").select("town", "season", "output").rows()
    assert kept == [("安坪镇", 2025, 120_000.0)] * 2
    edited = pl.read_excel(io.BytesIO(made), sheet_id=2, has_header=False)
    assert "投产面积" in edited.to_series(0).to_list()


def test_the_command_writes_a_template_and_refuses_a_rule(home: Path, tmp_path: Path) -> None:
    answer = CliRunner().invoke(app, ["template", TABLE, str(tmp_path / "t.xlsx")])
    assert (0, True) == (answer.exit_code, (tmp_path / "t.xlsx").stat().st_size > 4000)
    assert 2 == CliRunner().invoke(app, ["template", "orange_rules", str(tmp_path / "r.xlsx")]).exit_code
    assert 2 == CliRunner().invoke(app, ["template", TABLE, str(tmp_path / "no" / "t.xlsx")]).exit_code
