"""The form of a bureau's page: faults by cell, units, reasons, taking back; and who may."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from dashboards import auth, entry_form
from dashboards.memory import plain
from dashboards.reader import Reader
from workbench.lake import catalogue
from workbench.lake.store import Lake
from workbench.operate import audit
from workbench.operate.users import RIGHTS, User
from workbench.present.words import LANGUAGES, Words

TABLE = catalogue.load("orange_output")
NAMES = ("orange_output", "orange_area")
ROW = {"town": "安坪镇", "variety": "凤园", "season": "2025", "release": "final", "output": "1500000"}
ZH = Words("zh")


@pytest.fixture
def clerk(home: Path) -> Iterator[None]:
    """A forecaster of the bureau."""
    token = auth._user.set(User("zhang", "forecaster", "agriculture", RIGHTS["forecaster"]))
    yield
    auth._user.reset(token)


def said(part: Any) -> str:
    return json.dumps(plain(part), ensure_ascii=False)


def test_a_record_is_kept_corrected_and_taken_back(clerk: None) -> None:
    told, last, nothing = entry_form.kept(TABLE, ROW, "", ZH)
    assert "已入库" in said(told)
    assert "产量" in said(told)
    assert nothing is False
    told, *_ = entry_form.kept(TABLE, ROW | {"output": "1400000"}, "错", ZH)
    assert "须写原因" in said(told)
    told, mended, _ = entry_form.kept(TABLE, ROW | {"output": "1400000"}, "过磅单核对", ZH)
    assert "已更正" in said(told)
    told, none = entry_form.taken_back(json.loads(json.dumps(mended)), "", ZH)
    assert "已撤销" in said(told)
    assert none is None
    assert Lake().read("orange_output").collect()["output"].item() == 1_500_000
    entry_form.taken_back(json.loads(json.dumps(last)), "填错乡镇", ZH)
    assert Lake().read("orange_output").collect()["output"].item() is None
    assert "zhang" in audit.entries(limit=5)["user"].to_list()


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_faulty_cell_is_named_in_the_readers_language(clerk: None, language: str) -> None:
    words = Words(language)
    bad = ROW | {"output": "-5", "season": "soon", "town": ""}
    told = said(entry_form.kept(TABLE, bad, "", words)[0])
    for name in ("output", "season", "town"):
        assert words.both(TABLE.columns[name]) in told
    assert words("entry.refused", n=3) in told
    assert Lake().origin("orange_output") == "empty"


def test_who_may_not_enter_gets_the_template_only(home: Path) -> None:
    token = auth._user.set(User("v", "viewer", "", RIGHTS["viewer"]))
    try:
        shown = said(entry_form.panel(NAMES, Reader(ZH), {}, "/harvest"))
        assert "entry-template" in shown
        assert "entry-save" not in shown
        assert "权限" in said(entry_form.kept(TABLE, ROW, "", ZH)[0])
    finally:
        auth._user.reset(token)
    assert Lake().origin("orange_output") == "empty"


def test_another_bureau_may_not_enter(home: Path) -> None:
    token = auth._user.set(User("w", "forecaster", "environment", RIGHTS["forecaster"]))
    try:
        assert "entry-save" not in said(entry_form.panel(NAMES, Reader(ZH), {}, "/harvest"))
        assert "权限" in said(entry_form.kept(TABLE, ROW, "", ZH)[0])
    finally:
        auth._user.reset(token)


def test_the_table_in_the_address_is_the_one_to_fill_in(clerk: None) -> None:
    assert "planted_area" in said(entry_form.panel(NAMES, Reader(ZH), {}, "/harvest"))
    area = said(entry_form.panel(NAMES, Reader(ZH), {"entry": "orange_area"}, "/harvest"))
    assert '"name": "planted"' in area
    assert '"open": true' in area
    assert '"data": "orange_output"' in said(entry_form.panel(NAMES, Reader(ZH), {"entry": "air_daily"}, "/harvest"))


def test_a_template_is_handed_out_to_those_who_may_read_its_table(clerk: None) -> None:
    from workbench.errors import Refused

    assert entry_form.handed("orange_output", ZH)["filename"] == "orange_output.xlsx"
    with pytest.raises(Refused):
        entry_form.handed("air_daily", ZH)
