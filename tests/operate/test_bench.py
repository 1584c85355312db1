"""Evidence: suites run by name, shown as tables, kept as JSON and as one page with figures."""

import json
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import plotly.graph_objects as go
import pytest

from workbench.errors import MissingData, UnknownName
from workbench.operate import bench, evidence
from workbench.operate.known import quiet


def document(suite: str = "toys") -> dict[str, Any]:
    """Two contenders, two slices, one goal met and one missed."""
    rows = [("workbench", "all", "mase", 1.23456, "scaled"), ("workbench", "all", "cpu", 2.0, "s")]
    rows += [("rival", "all", "mase", 1.5, "scaled"), ("rival", "x|y", "mase", None, "scaled")]
    keys = ("contender", "slice", "metric", "value", "unit")
    return {
        "suite": suite,
        "data": {"name": "toys/a.parquet", "sha256": "0123456789abcdef0123"},
        "machine": {"system": "Linux", "python": "3.11", "cores": 2, "memory_gib": 8.0},
        "protocol": "as agreed",
        "results": [dict(zip(keys, row, strict=True)) | {"direction": "lower"} for row in rows],
        "goals": [
            {
                "contender": "workbench",
                "slice": "all",
                "metric": "mase",
                "goal": "<= 1.3",
                "reached": 1.23,
                "met": True,
            },
            {"contender": "workbench", "slice": "all", "metric": "cpu", "goal": "<= 1", "reached": 2.0, "met": False},
        ],
    }


def suites() -> dict[str, Any]:
    """One that draws, and one that needs no data and draws nothing."""
    figure = go.Figure(go.Scatter(x=[1], y=[2]))
    return {
        "toys": SimpleNamespace(run=lambda data: document(), picture=lambda found: figure),
        "free": SimpleNamespace(run=lambda data: document("free"), NEEDS_DATA=False),
    }


def test_results_stand_in_a_table_a_slice_with_a_row_a_contender() -> None:
    """Units in the head, gaps empty, nothing left out; every goal below with what was reached."""
    tables = evidence.tables(document())
    assert [["", "mase (scaled)", "cpu (s)"], ["workbench", "1.235", "2"], ["rival", "1.5", ""]] == tables["all"]
    assert [["", "mase (scaled)"], ["rival", "–"]] == tables["x|y"]
    said = bench.Evidence(document()).sentence()
    assert "✓ workbench · all · mase: 1.23 (goal <= 1.3)" in said
    assert "✗ workbench · all · cpu: 2 (goal <= 1)" in said
    assert "workbench          1.235        2" in said


def test_suites_are_run_by_name_and_say_what_they_need(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A suite without its data is an error when asked for, and left out of a run of all."""
    monkeypatch.delenv("WORKBENCH_BENCH_DATA", raising=False)
    with pytest.raises(UnknownName, match="no suite 'toy'"):
        bench.run(["toy"], None, suites(), quiet)
    with pytest.raises(MissingData, match="suite toys needs the development data"):
        bench.run(["toys"], None, suites(), quiet)
    assert ["free"] == [one.document["suite"] for one in bench.run([], None, suites(), quiet)]
    monkeypatch.setenv("WORKBENCH_BENCH_DATA", str(tmp_path))
    assert ["toys", "free"] == [one.document["suite"] for one in bench.run([], tmp_path, suites(), quiet)]


def test_what_is_kept_makes_the_page(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """JSON a suite, the figure beside it, and one page of all that lie in the folder, run now or before."""
    monkeypatch.setattr(evidence, "BROWSERS", ())
    monkeypatch.setenv("WORKBENCH_BENCH_DATA", str(tmp_path))
    kept = tmp_path / "evidence"
    kept.mkdir()
    (kept / "older.json").write_text(json.dumps(document("older")), encoding="utf-8")
    bench.write(bench.run(["toys"], tmp_path, suites(), quiet), kept)
    assert document() == json.loads((kept / "toys.json").read_text("utf-8"))
    assert (kept / "toys.html").is_file()
    page = (tmp_path / "evidence.md").read_text("utf-8")
    assert page.index("## older") < page.index("## toys")
    assert "1 of 2 goals met." in page
    assert "| ✓ | workbench | all | mase <= 1.3 | 1.23 |" in page
    assert "| workbench | 1.235 | 2 |" in page
    assert "[toys.html](evidence/toys.html)" in page
    assert "SHA-256 `0123456789abcdef…`" in page
    assert "Linux, 2 cores, 8.0 GiB" in page


@pytest.mark.browser
def test_a_figure_is_kept_as_a_picture_where_there_is_a_browser(tmp_path: Path) -> None:
    """A PNG that is not empty."""
    file = evidence.picture(go.Figure(go.Scatter(x=[1, 2], y=[2, 1])), tmp_path / "toys")
    assert file.name == "toys.png"
    assert b"\x89PNG" == file.read_bytes()[:4]
    assert file.stat().st_size > 3000
