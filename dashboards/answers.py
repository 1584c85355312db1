"""How the API hands out a frame: JSON with its passport, CSV or Parquet; sample data say so in every form."""

import io
import json
from datetime import datetime
from typing import Any, Literal

import polars as pl
from starlette.responses import Response

from workbench.settings import now

Format = Literal["json", "csv", "parquet"]
BADGE = "示意数据（非实测）"
PASSPORT = ("issued_at", "cutoff", "model", "version", "level", "reason", "status", "who", "note", "sample")
MEDIA = {"csv": "text/csv; charset=utf-8", "parquet": "application/vnd.apache.parquet"}
FORMULA = r"^[=+\-@\t\r]"


def passport(frame: pl.DataFrame) -> dict[str, Any]:
    """What a number needs beside it: when issued and how old, by which model, how degraded, who stands for it.

    Where rows differ (two models in one issue), the most frequent is named. `badge` is set for sample data.
    """
    if frame.is_empty():
        return {"rows": 0}
    facts: dict[str, Any] = {"rows": frame.height}
    for name in PASSPORT:
        if name in frame.columns:
            facts[name] = frame[name].mode().sort()[0]
    if isinstance(facts.get("issued_at"), datetime):
        facts["age_hours"] = round((now() - facts["issued_at"]).total_seconds() / 3600, 2)
    facts["badge"] = BADGE if facts.get("sample") else ""
    return facts


def send(frame: pl.DataFrame, format: Format, name: str, **meta: Any) -> Response:
    """The frame in the form asked for; a file's name and rows carry the badge where the data are made up."""
    frame = frame.clone()  # is written out by its own handle, see `memory.handle`
    about = passport(frame) | meta
    if format == "json":
        head = json.dumps(about, ensure_ascii=False, default=text)
        return Response(f'{{"meta": {head}, "rows": {frame.write_json()}}}', media_type="application/json")
    if about.get("badge"):
        frame = frame.with_columns(badge=pl.lit(BADGE))
    body = parquet(frame) if format == "parquet" else "\ufeff" + flat(frame).write_csv()
    headers = {"content-disposition": f'attachment; filename="{name}.{format}"'}
    return Response(body, media_type=MEDIA[format], headers=headers)


def text(value: Any) -> str:
    """A value that JSON has no form for."""
    return value.isoformat() if hasattr(value, "isoformat") else str(value)


def parquet(frame: pl.DataFrame) -> bytes:
    """The frame as a Parquet file."""
    out = io.BytesIO()
    frame.write_parquet(out)
    return out.getvalue()


def flat(frame: pl.DataFrame) -> pl.DataFrame:
    """The frame with lists joined by `;`, and no text that a spreadsheet would run as a formula.

    >>> flat(pl.DataFrame({"a": ["=1+1", "x"], "b": [["p", "q"], []]})).rows()
    [("'=1+1", 'p;q'), ('x', '')]
    """
    lists = [n for n, kind in frame.schema.items() if isinstance(kind, pl.List)]
    frame = frame.with_columns(pl.col(n).cast(pl.List(pl.String)).list.join(";") for n in lists)
    texts = pl.col(pl.String)
    return frame.with_columns(pl.when(texts.str.contains(FORMULA)).then("'" + texts).otherwise(texts).name.keep())
