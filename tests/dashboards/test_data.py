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


def bring(client: httpx.Client, value: int, modified: datetime | None) -> None:
    """Drop a file on the page, look at it and confirm."""
    csv = f"监测点编码,日期,PM2.5(μg/m³)\n5001,2026-11-18,{value}\n".encode()
    prop = lambda name, value: {"id": "data-upload", "property": name, "value": value}  # noqa: E731
    contents = prop("contents", "data:text/csv;base64," + base64.b64encode(csv).decode())
    named = [prop("filename", "a.csv"), prop("last_modified", modified and modified.timestamp())]
    into = {"id": "data-into", "property": "value", "value": "air_daily"}
    calls = [
        (("data-preview.children", "data-actions.hidden"), [contents, into], named, "data-upload.contents"),
        (("data-said.children", "data-upload.contents"), [
            {"id": "data-confirm", "property": "n_clicks", "value": 1},
            {"id": "data-cancel", "property": "n_clicks", "value": None},
        ], [contents, *named, into], "data-confirm.n_clicks"),
    ]  # fmt: skip
    for outputs, inputs, state, changed in calls:
        body = {
            "output": f"..{'...'.join(outputs)}..",
            "outputs": [dict(zip(("id", "property"), one.split("."), strict=True)) for one in outputs],
            "inputs": inputs,
            "changedPropIds": [changed],
            "state": state,
        }
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
