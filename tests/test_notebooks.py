"""Every notebook runs from top to bottom in an empty home, and is kept without outputs."""

import json
import os
from pathlib import Path

import pytest

NOTEBOOKS = sorted((Path(__file__).resolve().parent.parent / "notebooks").glob("*.ipynb"))


@pytest.mark.filterwarnings("default")
@pytest.mark.parametrize("file", NOTEBOOKS, ids=lambda file: file.stem)
def test_a_notebook_runs(file: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A real kernel executes each cell; an error in one fails the test with its text."""
    import nbformat
    from nbclient import NotebookClient

    monkeypatch.setenv("WORKBENCH_HOME", str(tmp_path))
    monkeypatch.setenv("JUPYTER_PLATFORM_DIRS", "1")
    notebook = nbformat.read(file, as_version=4)
    NotebookClient(notebook, timeout=240, resources={"metadata": {"path": str(file.parent)}}).execute(
        env=dict(os.environ)
    )


@pytest.mark.parametrize("file", NOTEBOOKS, ids=lambda file: file.stem)
def test_a_notebook_is_kept_without_outputs(file: Path) -> None:
    """Outputs make differences nobody can read."""
    cells = json.loads(file.read_text(encoding="utf-8"))["cells"]
    assert [] == [i for i, cell in enumerate(cells) if cell.get("outputs") or cell.get("execution_count")]
