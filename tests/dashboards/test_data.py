"""The data page shows a reader the tables that they may read, and takes a file with the time it was written."""

import base64
import json
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, date, datetime
from typing import Any

import httpx
import polars as pl
import pytest

from workbench.lake import catalogue
from workbench.lake.ingest import ingest_frame
from workbench.lake.store import Lake
from workbench.operate import audit

SignedIn = Callable[..., httpx.Client]


@pytest.fixture
def measured(home: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """Two real days of one station in the lake, one value impossible, in a table of the environment bureau."""
    monkeypatch.setenv("WORKBENCH_NOW", "2026-11-23T18:00:00+08:00")
    rows = {"station": ["5001"] * 2, "date": [date(2026, 11, 18), date(2026, 11, 19)], "pm2_5": [31.0, -987.0]}
    ingest_frame(Lake(), "air_daily", pl.DataFrame(rows), "test", "digest-a")
    load = catalogue.load
    closed = lambda name: replace(load(name), sharing="有条件共享") if name.startswith("air_") else load(name)  # noqa: E731
    monkeypatch.setattr(catalogue, "load", closed)


def page(client: httpx.Client, search: str) -> str:
    """What the browser is sent for the data page."""
    body = {
        "output": ".._pages_content.children..._pages_store.data..",
        "outputs": [{"id": "_pages_content", "property": "children"}, {"id": "_pages_store", "property": "data"}],
        "inputs": [
            {"id": "_pages_location", "property": "pathname", "value": "/data"},
            {"id": "_pages_location", "property": "search", "value": search},
        ],
        "changedPropIds": ["_pages_location.pathname"],
        "state": [],
    }
    answer = client.post("/_dash-update-component", json=body)
    assert 200 == answer.status_code
    return json.dumps(answer.json(), ensure_ascii=False)


@pytest.mark.parametrize(("bureau", "may"), [("environment", True), ("", True), ("agriculture", False)])
def test_a_table_shared_on_conditions_is_shown_to_its_bureau_only(
    signed_in: SignedIn, measured: None, bureau: str, may: bool
) -> None:
    """Its line, its quality and its refused cells; asking for it by address is refused and audited."""
    client = signed_in("viewer", bureau)
    listed, asked = page(client, ""), page(client, "?table=air_daily")
    assert may == ("table-air_daily" in listed)
    assert "table-stations" in listed
    assert may == ("-987" in asked)
    assert may == ("may not read for environment" not in asked)
    assert may == audit.entries(event="refused").is_empty()


def outputs(client: httpx.Client, first: str) -> dict[str, Any]:
    """The outputs of the callback whose first one is that, as the browser names them."""
    graph = client.get("/_dash-dependencies").json()
    output = next(one["output"] for one in graph if one["output"].startswith(f"..{first}..."))
    named = [dict(zip(("id", "property"), one.split("."), strict=True)) for one in output[2:-2].split("...")]
    return {"output": output, "outputs": named}


def bring(client: httpx.Client, value: int, modified: datetime | None) -> None:
    """Drop a file on the page, look at it and confirm."""
    csv = f"监测点编码,日期,PM2.5(μg/m³)\n5001,2026-11-18,{value}\n".encode()
    prop = lambda name, value: {"id": "data-upload", "property": name, "value": value}  # noqa: E731
    contents = prop("contents", "data:text/csv;base64," + base64.b64encode(csv).decode())
    named = [prop("filename", "a.csv"), prop("last_modified", modified and modified.timestamp())]
    into = {"id": "data-into", "property": "value", "value": "air_daily"}
    calls = [
        ("data-preview.children", [contents, into], named, "data-upload.contents"),
        ("data-said.children", [
            {"id": "data-confirm", "property": "n_clicks", "value": 1},
            {"id": "data-cancel", "property": "n_clicks", "value": None},
        ], [contents, *named, into], "data-confirm.n_clicks"),
    ]  # fmt: skip
    for first, inputs, state, changed in calls:
        body = outputs(client, first) | {"inputs": inputs, "changedPropIds": [changed], "state": state}
        answer = client.post("/_dash-update-component", json=body)
        assert 200 == answer.status_code, answer.text
        assert "alert" not in answer.text


def test_a_file_from_the_browser_keeps_the_time_it_was_written(signed_in: SignedIn, measured: None) -> None:
    """An old file that is brought late is kept as history and does not undo what is known since."""
    client = signed_in("analyst", "environment")

    def known() -> float:
        return float(Lake().read("air_daily").filter(date=date(2026, 11, 18)).collect()["pm2_5"].item())

    bring(client, 40, None)
    assert 40.0 == known()
    bring(client, 35, datetime(2026, 11, 19, tzinfo=UTC))
    assert 40.0 == known()
    assert {31.0, 35.0, 40.0} == set(Lake().history("air_daily").collect()["pm2_5"].drop_nulls())


def act(client: httpx.Client, button: str, value: str, reason: str, **state: Any) -> str:
    """What the browser is sent after a press of `confirm` or `undo`."""
    where = {"table": "air_daily", "key": {"station": "5001", "date": "2026-11-18"}, "column": "pm2_5", "versions": 1}

    def part(id: str, name: str, given: Any) -> dict[str, Any]:
        return {"id": id, "property": name, "value": given}

    inputs = [part(f"cell-{name}", "n_clicks", 1 if name == button else None) for name in ("confirm", "undo")]
    states = [part("cell-value", "value", value), part("cell-reason", "value", reason)]
    states += [part("cell-state", "data", where | state), part("_pages_location", "search", "?table=air_daily")]
    body = {"inputs": inputs, "state": states, "changedPropIds": [f"cell-{button}.n_clicks"]}
    body |= outputs(client, "cell-said.children")
    answer = client.post("/_dash-update-component", json=body)
    assert 200 == answer.status_code, answer.text
    return json.dumps(answer.json(), ensure_ascii=False)


def held(day: int = 18) -> list[tuple[object, ...]]:
    found = Lake().cell("air_daily", {"station": "5001", "date": f"2026-11-{day}"}, "pm2_5")
    return found.select("value", "flag", "who", "why").rows()


CELL = "?table=air_daily&at=5001&day=2026-11-18&row=5001%7C2026-11-{}&cell=pm2_5"


def test_a_cell_is_found_corrected_and_taken_back(signed_in: SignedIn, measured: None) -> None:
    """Rows and cell stand in the address; each act is in the lake, on the page and in the audit log."""
    client = signed_in("forecaster", "environment")
    listed = page(client, "?table=air_daily&day=2026-11-01")
    assert "row=5001%7C2026-11-18&cell=pm2_5#cell" in listed
    assert "&done=" in act(client, "confirm", "13", "数字颠倒")
    assert [(31.0, 1, None, None), (13.0, 7, "forecaster-1", "数字颠倒")] == held()
    opened = page(client, CELL.format(18))
    assert all(said in opened for said in ("数字颠倒", "forecaster-1", "更正 可靠", "原始 可靠"))
    assert "&done=" in act(client, "undo", "", "原值无误", versions=2)
    assert (31.0, 1, "forecaster-1", "原值无误") == held()[-1]
    assert ["correction undone", "correct"] == audit.entries(user="forecaster-1")["event"].head(2).to_list()


def test_an_empty_cell_is_filled_in_and_a_refused_one_corrected(signed_in: SignedIn, measured: None) -> None:
    client = signed_in("analyst")
    key = {"station": "5001", "date": "2026-11-18"}
    act(client, "confirm", "55", "邻站推算", column="pm10", key=key)
    act(client, "confirm", "98", "原表看错", key=key | {"date": "2026-11-19"})
    assert 4 == Lake().cell("air_daily", key, "pm10")["flag"][-1]
    assert (98.0, 7, "analyst-1", "原表看错") == held(19)[-1]
    assert "补缺" in page(client, "?table=air_daily&day=2026-11-01")


@pytest.mark.parametrize(
    ("button", "value", "reason", "state", "said"),
    [
        ("confirm", "13", "", {}, "请写明原因"),
        ("confirm", "13", " - ", {}, "请写明原因"),
        ("undo", "", "  ", {}, "请写明原因"),
        ("confirm", "31", "没有改动", {}, "数值没有变化"),
        ("confirm", "很高", "写错的值", {}, "应为数值，允许范围 0 –"),
        ("confirm", "-5", "写错的值", {}, "允许范围"),
        ("confirm", "=1+1", "写错的值", {}, "允许范围"),
        ("confirm", "13", "数字颠倒", {"versions": 3}, "刚刚又变了"),
        ("undo", "", "没有更正", {}, "没有可以撤回的更正"),
        ("confirm", "13", "数字颠倒", {"key": {"station": "9", "date": "2026-11-18"}}, "has no row with"),
        ("confirm", "13", "数字颠倒", {"column": "pm25"}, "did you mean 'pm2_5'"),
    ],
)
def test_what_cannot_be_corrected_is_said_and_changes_nothing(
    signed_in: SignedIn, measured: None, button: str, value: str, reason: str, state: dict[str, Any], said: str
) -> None:
    assert said in act(signed_in("forecaster"), button, value, reason, **state)
    assert [(31.0, 1, None, None)] == held()


@pytest.mark.parametrize(("role", "bureau"), [("viewer", "environment"), ("system", ""), ("forecaster", "agriculture")])
def test_who_may_not_correct_cannot(signed_in: SignedIn, measured: None, role: str, bureau: str) -> None:
    """The form is not shown, and the callback refuses all the same."""
    client = signed_in(role, bureau)
    assert "cell-confirm" not in page(client, CELL.format(18))
    assert "may not" in act(client, "confirm", "13", "数字颠倒")
    assert [(31.0, 1, None, None)] == held()


@pytest.mark.parametrize(
    ("search", "said"),
    [
        ("?table=air_daily&day=yesterday", "“yesterday”不是日期"),
        ("?table=air_daily&at=9999&day=2026-11-18", "这里没有数据"),
        (CELL.format(30), "has no row with"),
        (CELL.format(18).replace("pm2_5", "pm25"), "did you mean 'pm2_5'"),
        ("?table=air_daily&day=2026-11-18&row=x&cell=pm2_5", "has no row with"),
    ],
)
def test_a_wrong_address_is_said_on_the_page(signed_in: SignedIn, measured: None, search: str, said: str) -> None:
    """The rest of the page stands."""
    sent = page(signed_in("viewer", "environment"), search)
    assert said in sent
    assert "table-stations" in sent


def test_a_file_that_nobody_reads_is_said_in_the_readers_language(signed_in: SignedIn, measured: None) -> None:
    """Which kinds are known and what a table needs; the reader's own words stand small below."""
    client = signed_in("analyst")
    given = {"id": "data-upload", "property": "contents", "value": "data:;base64,AAEC"}
    into = {"id": "data-into", "property": "value", "value": "air_daily"}
    state = [{"id": "data-upload", "property": name, "value": None} for name in ("filename", "last_modified")]
    body = {"inputs": [given, into], "state": state, "changedPropIds": ["data-upload.contents"]}
    answer = client.post("/_dash-update-component", json=body | outputs(client, "data-preview.children"))
    said = json.dumps(answer.json(), ensure_ascii=False)
    assert "可识别：" in said
    assert "表头须有：监测点、日期" in said
