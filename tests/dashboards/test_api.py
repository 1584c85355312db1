"""The API gives what the archive and the lake hold, in three forms, and takes what a forecaster and a station send."""

import io
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import httpx
import polars as pl
import pytest

from workbench import domain
from workbench.forecast.frames import FORECAST, QUANTILES
from workbench.lake.ingest import ingest_frame
from workbench.lake.store import Lake
from workbench.operate import audit
from workbench.operate.archive import Archive

SignedIn = Callable[..., httpx.Client]

ISSUED = datetime(2026, 11, 23, 10, tzinfo=UTC)
DAYS = [date(2026, 11, 23) + timedelta(days=n) for n in range(8)]
API = "/api/v1"


@pytest.fixture
def forecast(home: Path, monkeypatch: pytest.MonkeyPatch) -> pl.DataFrame:
    """An issued daily forecast of two stations from sample data, two hours old."""
    rows = [
        ("air_daily", f"{station}/pm2_5", ISSUED, datetime(2026, 11, 22, 16, tzinfo=UTC), day, 40.0 + n,
         *(30.0 + n + i for i in range(len(QUANTILES))), "booster", "3", 0, "machine")
        for station in ("5001", "5002") for n, day in enumerate(DAYS)
    ]  # fmt: skip
    frame = pl.DataFrame(rows, schema=list(FORECAST), orient="row").with_columns(
        pl.col("issued_at", "cutoff").cast(pl.Datetime("us", "UTC"))
    )
    monkeypatch.setenv("WORKBENCH_NOW", ISSUED.isoformat())
    Archive().write(frame, "digest-1", sample=True)
    monkeypatch.setenv("WORKBENCH_NOW", (ISSUED + timedelta(hours=2)).isoformat())
    return frame


@pytest.fixture
def measured(home: Path) -> None:
    """Three real days of one station in the lake."""
    rows = {"station": ["5001"] * 3, "date": [date(2026, 11, day) for day in (18, 19, 20)], "pm2_5": [31.0, 32.0, 33.0]}
    ingest_frame(Lake(), "air_daily", pl.DataFrame(rows), "test", "digest-a")


def test_a_forecast_comes_with_its_passport(signed_in: SignedIn, forecast: pl.DataFrame) -> None:
    """Every row of the archive; issue, age, model, version, degradation, status, and the badge of sample data."""
    answer = signed_in("viewer").get(f"{API}/forecasts/air_daily").json()
    meta, rows = answer["meta"], answer["rows"]
    assert forecast["q50"].to_list() == [
        row["q50"] for row in sorted(rows, key=lambda row: (row["unique_id"], row["ds"]))
    ]
    assert (16, "booster", "3", 0, "machine", 2.0) == tuple(
        meta[name] for name in ("rows", "model", "version", "level", "status", "age_hours")
    )
    assert "示意数据（非实测）" == meta["badge"]
    assert "2026-11-23T10:00:00+00:00" == meta["issued_at"]


def test_one_series_can_be_asked_for(signed_in: SignedIn, forecast: pl.DataFrame) -> None:
    """By the beginning of its name."""
    rows = signed_in("viewer").get(f"{API}/forecasts/air_daily", params={"series": "5002"}).json()["rows"]
    assert {"5002/pm2_5"} == {row["unique_id"] for row in rows}


def test_the_three_forms_hold_the_same_numbers(signed_in: SignedIn, forecast: pl.DataFrame) -> None:
    """JSON, CSV and Parquet; files are attachments whose rows carry the badge."""
    client = signed_in("viewer")
    base = pl.DataFrame(client.get(f"{API}/forecasts/air_daily").json()["rows"])
    for form, read in (("csv", pl.read_csv), ("parquet", pl.read_parquet)):
        answer = client.get(f"{API}/forecasts/air_daily", params={"format": form})
        assert f'filename="air_daily.{form}"' in answer.headers["content-disposition"]
        frame = read(io.BytesIO(answer.content))
        assert base["q975"].to_list() == frame["q975"].to_list()
        assert ["示意数据（非实测）"] == frame["badge"].unique().to_list()


def test_tasks_name_their_question_and_their_newest_issue(signed_in: SignedIn, forecast: pl.DataFrame) -> None:
    """What was never issued says null."""
    tasks = {task["name"]: task for task in signed_in("viewer").get(f"{API}/tasks").json()}
    assert set(domain.tasks()) == set(tasks)
    assert 2.0 == tasks["air_daily"]["newest"]["age_hours"]
    assert tasks["air_hourly"]["newest"] is None


def test_a_forecaster_revises_and_signs_and_the_machine_s_values_stay(
    signed_in: SignedIn, forecast: pl.DataFrame
) -> None:
    """Who and why are in the answer, in the archive and in the audit log; a signed issue is closed."""
    client = signed_in("forecaster", "environment")
    edit = {"unique_id": "5001/pm2_5", "ds": "2026-11-24", "mean": 55.5}
    act = {"name": "air_daily", "action": "revise", "edits": [edit], "reason": "会商：静稳"}
    answer = client.post(f"{API}/status", json=act).json()
    assert ("revised", "forecaster-1", "会商：静稳") == (answer["status"], answer["who"], answer["note"])
    signed = client.post(f"{API}/status", json={"name": "air_daily", "action": "sign"}).json()
    assert "signed" == signed["status"]
    latest = Archive().latest("air_daily")
    assert 55.5 == latest.filter(unique_id="5001/pm2_5", ds=date(2026, 11, 24))["mean"].item()
    assert {"machine", "revised", "signed"} == set(Archive().read("air_daily")["status"])
    assert ["sign", "revise"] == audit.entries(user="forecaster-1")["event"].head(2).to_list()
    assert 403 == client.post(f"{API}/status", json=act).status_code


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"edits": []}, "needs edits"),
        ({"reason": " "}, "reason"),
        ({"edits": [{"unique_id": "9999/pm2_5", "ds": "2026-11-24", "mean": 1}]}, "match no row"),
        ({"edits": [{"unique_id": "5001/pm2_5", "ds": "tomorrow", "mean": 1}]}, "not every value is Date"),
        ({"edits": [{"unique_id": "5001/pm2_5", "ds": "2026-11-24", "maen": 1}]}, "did you mean 'mean'"),
        ({"edits": [{"unique_id": "5001/pm2_5", "ds": "2026-11-24", "mean": "high"}]}, "column mean"),
        ({"name": "air_dayly"}, "did you mean 'air_daily'"),
        ({"action": "erase"}, "faults"),
    ],
)
def test_a_wrong_revision_says_what_is_wrong(
    signed_in: SignedIn, forecast: pl.DataFrame, change: dict[str, object], said: str
) -> None:
    """And changes nothing."""
    edit = {"unique_id": "5001/pm2_5", "ds": "2026-11-24", "mean": 55.5}
    act = {"name": "air_daily", "action": "revise", "edits": [edit], "reason": "x"} | change
    answer = signed_in("forecaster").post(f"{API}/status", json=act)
    assert answer.status_code in (404, 422)
    assert said in answer.text
    assert {"machine"} == set(Archive().read("air_daily")["status"])


def test_another_bureau_may_neither_revise_nor_ingest(signed_in: SignedIn, forecast: pl.DataFrame) -> None:
    """The right alone is not enough: the bureau must own it."""
    client = signed_in("forecaster", "agriculture")
    assert 403 == client.post(f"{API}/status", json={"name": "air_daily", "action": "sign"}).status_code
    assert 403 == client.post(f"{API}/tables/air_daily/ingest", files={"file": b"x"}).status_code


def test_a_table_shared_on_conditions_is_read_by_its_bureau_only(
    signed_in: SignedIn, measured: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Listed and opened by the owner and the whole county, by others not."""
    from dataclasses import replace

    from workbench.lake import catalogue

    load = catalogue.load
    closed = lambda name: replace(load(name), sharing="有条件共享") if name == "air_daily" else load(name)  # noqa: E731
    monkeypatch.setattr(catalogue, "load", closed)
    for bureau, may in (("environment", True), ("", True), ("agriculture", False)):
        client = signed_in("viewer", bureau)
        listed = {row["table"] for row in client.get(f"{API}/tables").json()["rows"]}
        assert may == ("air_daily" in listed)
        for path in ("tables/air_daily/rows", "tables/air_daily/freshness", "quarantine/air_daily"):
            assert (200 if may else 403) == client.get(f"{API}/{path}").status_code


def test_rows_are_those_known_at_an_instant(signed_in: SignedIn, measured: None) -> None:
    """`as_of` before anything was known gives nothing; `since` and `limit` cut."""
    client = signed_in("viewer")

    def values(**query: object) -> list[float]:
        return [row["pm2_5"] for row in client.get(f"{API}/tables/air_daily/rows", params=query).json()["rows"]]

    assert [31.0, 32.0, 33.0] == values()
    assert [] == values(as_of="2020-01-01T00:00:00+00:00")
    assert [33.0] == values(limit=1)
    assert [32.0, 33.0] == values(since="2026-11-19T00:00:00+00:00")


def test_freshness_says_how_late_a_table_is(
    signed_in: SignedIn, measured: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Overdue counts from when the next row was due; an empty table is neither fresh nor stale."""
    monkeypatch.setenv("WORKBENCH_NOW", "2026-12-24T00:00:00+08:00")
    client = signed_in("viewer")
    daily = client.get(f"{API}/tables/air_daily/freshness").json()
    assert daily["fresh"] is False
    assert 24 * 20 < daily["overdue_hours"]
    assert client.get(f"{API}/tables/air_hourly/freshness").json()["fresh"] is None


def test_a_file_is_previewed_then_ingested_once(signed_in: SignedIn, home: Path) -> None:
    """The preview writes nothing, the second upload changes nothing; who sent it is audited."""
    client = signed_in("analyst", "environment")
    csv = "监测点编码,日期,PM2.5(μg/m³)\n5001,2026-11-20,35\n5001,2026-11-21,-9\n".encode()
    send = lambda **query: client.post(f"{API}/tables/air_daily/ingest", files={"file": ("a.csv", csv)}, params=query)  # noqa: E731
    seen = send(preview=True)
    assert 200 == seen.status_code, seen.text
    assert "empty" == Lake().origin("air_daily")
    first, second = send().json(), send().json()
    assert (2, False) == (first["accepted"], first["repeated"])
    assert second["repeated"] is True
    assert 2 == Lake().read("air_daily").collect().height
    assert "ingest" == audit.entries(user="analyst-1")["event"][0]
    assert "-9" in client.get(f"{API}/quarantine/air_daily").text


def test_a_file_says_when_it_was_written(signed_in: SignedIn, measured: None) -> None:
    """An old file that comes late is kept as history and does not undo what is known since."""
    client, csv = signed_in("analyst"), "监测点编码,日期,PM2.5(μg/m³)\n5001,2026-11-18,{}\n"

    def send(value: int, **when: str) -> float:
        file = {"file": ("a.csv", csv.format(value).encode())}
        client.post(f"{API}/tables/air_daily/ingest", files=file, params=when).raise_for_status()
        return float(Lake().read("air_daily").filter(date=date(2026, 11, 18)).collect()["pm2_5"].item())

    assert 40.0 == send(40)
    assert 40.0 == send(35, modified="2026-11-19T08:00:00+08:00")
    assert 40.0 == send(36, known_at="2026-11-19T08:00:00+08:00")
    assert 45.0 == send(45)


def test_a_file_that_nobody_can_read_is_a_problem_not_a_fault(signed_in: SignedIn, home: Path) -> None:
    """422 with what is wrong and what to do."""
    answer = signed_in("analyst").post(f"{API}/tables/air_daily/ingest", files={"file": ("a.bin", b"\x00\x01\x02")})
    assert 422 == answer.status_code
    assert {"title", "status", "detail", "hint"} <= set(answer.json())


@pytest.mark.parametrize(
    ("path", "status", "said"),
    [
        ("forecasts/air_dayly", 404, "did you mean 'air_daily'"),
        ("tables/air_dayly/freshness", 404, "did you mean 'air_daily'"),
        ("forecasts/air_daily", 404, "no forecast of 'air_daily' was issued yet"),
        ("forecasts/air_daily?format=xml", 422, "format"),
        ("forecasts/air_daily?at=yesterday", 422, "at"),
        ("nothing/here/at/all", 404, "no address"),
        ("air/outlok", 404, "no address"),
    ],
)
def test_errors_are_problem_documents(signed_in: SignedIn, path: str, status: int, said: str) -> None:
    """Where, what, and the nearest name; never a page, never a trace."""
    answer = signed_in("viewer").get(f"{API}/{path}")
    assert status == answer.status_code
    assert "application/problem+json" == answer.headers["content-type"]
    assert said in answer.text


def test_an_unforeseen_fault_has_a_number_and_no_trace(signed_in: SignedIn, monkeypatch: pytest.MonkeyPatch) -> None:
    """The number leads to the trace in the log."""
    monkeypatch.setattr(Lake, "summary", lambda self: 1 / 0)
    answer = signed_in("viewer").get(f"{API}/tables")
    assert 500 == answer.status_code
    assert answer.json()["number"] in answer.json()["hint"]
    assert "Zero" not in answer.text


def test_products_are_found_by_domain_and_name(
    signed_in: SignedIn, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """`air_outlook` of the domain `air` is at `/air/outlook`."""
    monkeypatch.setattr(domain, "products", lambda: {"air_outlook": None})
    frame = pl.DataFrame({"issued_at": [ISSUED], "station": ["5001"], "date": [DAYS[1]], "aqi_q50": [68]})
    Archive().write_product("air_outlook", frame, "key-1", sample=False)
    answer = signed_in("viewer").get(f"{API}/air/outlook").json()
    assert ("5001", 68, "") == (answer["rows"][0]["station"], answer["rows"][0]["aqi_q50"], answer["meta"]["badge"])


def test_a_spreadsheet_export_holds_no_formula(signed_in: SignedIn, home: Path) -> None:
    """What a sender wrote into a cell is text in the quarantine's CSV too."""
    csv = "监测点编码,日期,PM2.5(μg/m³)\n5001,2026-11-20,=1+1\n".encode()
    client = signed_in("analyst")
    client.post(f"{API}/tables/air_daily/ingest", files={"file": ("a.csv", csv)})
    text = client.get(f"{API}/quarantine/air_daily", params={"format": "csv"}).text
    assert "'=1+1" in text
    assert ",=1+1" not in text


def test_metrics_speak_prometheus(signed_in: SignedIn, forecast: pl.DataFrame) -> None:
    """Requests, sessions, the age of each forecast, one sample a line."""
    text = signed_in("system").get("/metrics").text
    assert 'workbench_forecast_age_seconds{task="air_daily"} 7200' in text
    assert "workbench_sessions 1" in text
    lines = [line for line in text.splitlines() if not line.startswith("#")]
    assert all(len(line.rsplit(" ", 1)) == 2 and float(line.rsplit(" ", 1)[1]) >= 0 for line in lines)


def test_the_description_lists_every_route_once(signed_in: SignedIn) -> None:
    """`/docs` is made from the OpenAPI document and needs nothing from elsewhere."""
    client = signed_in("viewer")
    described = client.get(f"{API}/openapi.json").json()["paths"]
    assert {"/api/v1/tasks", "/api/v1/forecasts/{task}", "/api/v1/status"} <= set(described)
    page = client.get("/docs").text
    assert all(path in page for path in described)
    assert "<script" not in page
