"""The door to MLflow: nothing is made by looking, files are found wherever the home was moved, names are said."""

import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from workbench.errors import UnknownName
from workbench.forecast import keep
from workbench.operate import tracking


def test_looking_into_an_empty_home_makes_nothing_and_imports_nothing(home: Path) -> None:
    """Pages and commands ask before anything was trained: no database, no MLflow, no waiting."""
    asked = "from workbench.operate import tracking; print(tracking.champion('toy'), tracking.versions('toy'))"
    loaded = "import sys; print('mlflow' in sys.modules)"
    said = subprocess.run([sys.executable, "-c", f"{asked}; {loaded}"], capture_output=True, text=True, check=True)
    assert ["None []", "False"] == said.stdout.split("\n")[:2]
    assert not (home / "mlflow.db").exists()


def test_a_home_that_was_moved_still_finds_its_files(trained: Any, tmp_path: Path, monkeypatch: Any) -> None:
    """Restored on another machine, under another path."""
    champion = tracking.champion("toy")
    assert champion is not None
    shutil.move(champion.folder.parents[3], tmp_path / "moved")
    monkeypatch.setenv("WORKBENCH_HOME", str(tmp_path / "moved"))
    again = tracking.champion("toy")
    assert again is not None
    assert again.folder.is_relative_to(tmp_path / "moved")
    assert hasattr(keep.load(again.folder / "fitted"), "predict")


def test_an_unknown_version_names_those_that_exist(trained: Any) -> None:
    """So does a task without any."""
    with pytest.raises(UnknownName, match="no version of toy '9'; there are: 1, 2, 3"):
        tracking.version("toy", "9")
    with pytest.raises(UnknownName, match="there are: none yet"):
        tracking.version("other", "1")


def test_another_store_may_be_named(monkeypatch: pytest.MonkeyPatch) -> None:
    """Scaling out changes settings, not code."""
    monkeypatch.setenv("MLFLOW_TRACKING_URI", "http://tracking:5000")
    assert "http://tracking:5000" == tracking.uri()
    assert not tracking.empty()
