"""Tables as files: CSV that Excel opens in Chinese, and XLSX; every row says what kind of data it is."""

import base64
import io
from collections.abc import Mapping
from typing import Any

import polars as pl

from workbench.present.words import Words


def labelled(frame: pl.DataFrame, issue: Mapping[str, Any], words: Words) -> pl.DataFrame:
    """The frame with its issue time, status, and 示意数据（非实测) where the data are made up."""
    nature = words("shell.sample") if issue.get("sample") else words("data.origin_real")
    stamps = (
        {"issued_at": words.local(issue["issued_at"]).isoformat(timespec="minutes")} if "issued_at" in issue else {}
    )
    status = {"status": words(f"state.{issue['status']}")} if "status" in issue else {}
    own = {**stamps, **status, words("export.label"): nature}
    return frame.with_columns(pl.lit(value).alias(name) for name, value in own.items())


def safe(frame: pl.DataFrame) -> pl.DataFrame:
    """Text that a spreadsheet would run as a formula gets an apostrophe in front; lists become text."""
    text = [name for name, kind in frame.schema.items() if kind == pl.String]
    lists = [name for name, kind in frame.schema.items() if isinstance(kind, pl.List)]
    return frame.with_columns(pl.col(name).list.join("、") for name in lists).with_columns(
        pl.when(pl.col(name).str.contains(r"^[=+\-@\t]")).then("'" + pl.col(name)).otherwise(pl.col(name)).alias(name)
        for name in text
    )


def download(frame: pl.DataFrame, issue: Mapping[str, Any], name: str, kind: str, words: Words) -> dict[str, Any]:
    """What a download component takes: `kind` is csv or xlsx."""
    out = safe(labelled(frame, issue, words))
    buffer = io.BytesIO()
    if kind == "csv":
        out.write_csv(buffer, include_bom=True)
    else:
        zoned = [c for c, t in out.schema.items() if isinstance(t, pl.Datetime) and t.time_zone]
        out = out.with_columns(pl.col(c).dt.convert_time_zone(words.zone).dt.replace_time_zone(None) for c in zoned)
        out.write_excel(buffer, autofit=True)
    content = base64.b64encode(buffer.getvalue()).decode()
    return {"filename": f"{name}.{kind}", "content": content, "base64": True}
