"""A fitted model is kept without pickle, and a folder cannot name other code."""

import json
from datetime import date
from pathlib import Path

import pytest

from workbench.errors import InputError, UnreadableFile
from workbench.forecast import keep
from workbench.forecast.algorithms.climatology import Climatology
from workbench.forecast.algorithms.persistence import Persistence
from workbench.forecast.algorithms.seasonal_naive import SeasonalNaive
from workbench.forecast.conformal import Calibrated

from .worlds import HOURLY, FittedSpread, at, hourly

SPLIT = at(HOURLY, hourly(60, places=1), date(2024, 2, 25))
NESTED = Calibrated(Calibrated(Persistence(), origins=4), origins=6, scale="log")


@pytest.mark.parametrize("model", [Persistence(), SeasonalNaive(), Climatology(weekend=True), NESTED])
def test_what_is_read_back_forecasts_the_same(model: Calibrated, tmp_path: Path) -> None:
    fitted = model.fit(HOURLY, SPLIT)
    keep.save(fitted, tmp_path / "kept")
    back = keep.load(tmp_path / "kept")
    assert type(back) is type(fitted)
    assert back.predict(SPLIT.past, SPLIT.future).equals(fitted.predict(SPLIT.past, SPLIT.future))
    assert {file.suffix for file in (tmp_path / "kept").rglob("*") if file.is_file()} == {".json", ".parquet"}


@pytest.mark.parametrize(
    ("module", "name"),
    [
        ("os", "system"),
        ("subprocess", "Popen"),
        ("workbench.forecast.keep", "Path"),  # imported there, not defined there
        ("workbench.forecast.algorithms.persistence", "Persistence"),  # a recipe, not a fitted one
        ("workbench.forecast.no_such", "Fitted"),
        ("workbench.forecastle.evil", "Fitted"),
        ("workbench.forecast.keep:os", "Fitted"),
        ("workbench.operate.issue", "Issued"),
    ],
)
def test_other_code_is_refused(module: str, name: str, tmp_path: Path) -> None:
    (tmp_path / keep.KIND).write_text(json.dumps({"module": module, "class": name}))
    with pytest.raises(UnreadableFile, match="is not a fitted model of"):
        keep.load(tmp_path)


def test_a_class_of_elsewhere_is_not_kept() -> None:
    with pytest.raises(UnreadableFile, match="is not a fitted model"):
        keep.save(FittedSpread(0.0, 0.0), Path("/nonexistent"))


def test_a_folder_in_use_is_not_overwritten(tmp_path: Path) -> None:
    (tmp_path / "something").write_text("")
    with pytest.raises(InputError, match="is not empty"):
        keep.save(Climatology().fit(HOURLY, SPLIT), tmp_path)


@pytest.mark.parametrize("damage", ["", "{", "[1"])
def test_a_damaged_folder_is_said(damage: str, tmp_path: Path) -> None:
    (tmp_path / keep.KIND).write_text(damage)
    with pytest.raises(UnreadableFile, match=r"kind\.json cannot be read"):
        keep.load(tmp_path)
    with pytest.raises(UnreadableFile, match=r"kind\.json cannot be read"):
        keep.load(tmp_path / "missing")
