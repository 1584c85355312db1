"""The audit administrator's page: the newest entries, the proof that the log is unbroken, and an export."""

import csv
import io

from fastapi import APIRouter
from starlette.responses import HTMLResponse, Response

from dashboards import auth
from dashboards.accounts.html import notice, page, say, select, table, tag
from workbench.errors import WorkbenchError
from workbench.operate import audit

router = APIRouter(include_in_schema=False, prefix="/audit", dependencies=[auth.right("audit")])


@router.get("")
def log_page(user: str = "", event: str = "") -> HTMLResponse:
    """The newest 500 entries, of one user or one kind where asked."""
    try:
        proof, good = say("审计日志完整 ", "") + audit.verify().sentence(), True
    except WorkbenchError as error:
        proof, good = str(error), False
    entries = audit.entries(user, event, limit=500)
    words = (
        ("序号", "No."), ("时间 (UTC)", "Time (UTC)"), ("用户", "User"), ("地址", "Address"), ("事件", "Event"),
        ("对象", "Object"), ("结果", "Result"), ("摘要", "Digest"),
    )  # fmt: skip
    rows = [[*row[:7], tag("code", row[8][:12])] for row in entries.iter_rows()]
    filters = tag(
        "form",
        tag("label", tag("span", say("用户", "User")), tag("input", name="user", value=user)),
        select(say("事件", "Event"), "event", {"": say("全部", "all")} | {one: one for one in audit.events()}, event),
        tag("button", say("筛选", "Filter")),
        method="get",
        action="/audit",
        cls="inline",
    )
    export = tag("p", tag("a", say("导出 CSV", "Export CSV"), href="/audit/export"))
    table_ = table([say(*w) for w in words], rows)
    return page("/audit", say("审计日志", "Audit log"), notice(proof, good), filters, export, table_)


@router.get("/export")
def export() -> Response:
    """The whole log as CSV, with digests, so that it can be proved elsewhere."""
    entries = audit.entries(limit=10_000_000)
    out = io.StringIO()
    writer = csv.writer(out)
    writer.writerow(entries.columns)
    writer.writerows(entries.iter_rows())
    auth.note("export", "audit log")
    headers = {"content-disposition": "attachment; filename=audit.csv"}
    return Response("\ufeff" + out.getvalue(), media_type="text/csv; charset=utf-8", headers=headers)
