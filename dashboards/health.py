"""`/healthz` for a watchdog, `/metrics` for Prometheus."""

from typing import Any

from fastapi import APIRouter, Depends
from starlette.responses import PlainTextResponse

from dashboards import auth
from dashboards.metrics import METER
from workbench import domain
from workbench.errors import MissingData
from workbench.lake.store import Lake
from workbench.operate import sessions
from workbench.operate.archive import Archive
from workbench.settings import now

router = APIRouter(include_in_schema=False)


@router.get("/healthz", dependencies=[Depends(auth.anyone)])
def healthz() -> dict[str, str]:
    """The process answers; whether its data are fresh is what `/metrics` and `workbench doctor` say."""
    return {"status": "ok"}


@router.get("/metrics", dependencies=[auth.right("jobs")])
def metrics() -> PlainTextResponse:
    """Counters of the server, open sessions, the age and degradation of each forecast, how overdue each table is."""
    ages, levels = {}, {}
    for name in domain.tasks():
        try:
            newest = Archive().latest(name)
        except MissingData:
            continue
        label = f'task="{name}"'
        ages[label] = (now() - newest["issued_at"][0]).total_seconds()
        levels[label] = float(newest["level"].max() or 0)  # type: ignore[arg-type]
    summary = Lake().summary().drop_nulls("overdue_hours")
    overdue: dict[str, Any] = {f'table="{r["table"]}"': r["overdue_hours"] for r in summary.to_dicts()}
    gauges = {
        "workbench_sessions": ("Open sessions.", {"": float(sessions.active())}),
        "workbench_forecast_age_seconds": ("Age of the newest forecast.", ages),
        "workbench_forecast_level": ("How degraded it is, 0 to 4.", levels),
        "workbench_table_overdue_hours": ("Hours past the time when new rows were due.", overdue),
    }
    return PlainTextResponse(METER.text(gauges), media_type="text/plain; version=0.0.4")
