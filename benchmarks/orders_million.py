"""A million-line export of one platform: read, stripped of people, weighed, hashed and committed, nothing lost.

The file is made here in the shape of a Pinduoduo order export, with lines that are wrong on purpose: an order given
twice in the same words, one given twice with another amount, a word where a number belongs, a line cut short.
"""

import json
import os
import subprocess
import sys
import tempfile
import time
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl

from benchmarks._common import goal, report, result

LINES = 1_000_000
TWICE, TORN, WORDS, OTHER = 40, 30, 20, 10
PROTOCOL = (
    f"{LINES:,} lines as Pinduoduo writes them (CSV, UTF-8, made here), among them {TWICE} given twice alike, {OTHER} "
    f"given twice with another amount, {WORDS} with a word for the amount, {TORN} cut short; ingested once into a new "
    "lake in a process of its own: wall clock and its greatest resident memory"
)


def run(data: Path) -> dict[str, Any]:
    """The evidence of this suite; `data` is not needed."""
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch)
        file = folder / "orders_million.csv"
        written = write(file)
        size = file.stat().st_size / 2**20
        seconds, memory, told = ingested(file, folder / "home")
    cells = sum(count for rule, count in told["quarantined"].items() if rule.startswith("value"))
    refused = sum(told["quarantined"].values()) - cells
    met = told["accepted"] + told["duplicate"] + refused
    results = [
        result("workbench", "all", "file", size, "MiB", "report"),
        result("workbench", "all", "seconds", seconds, "s", "lower"),
        result("workbench", "all", "memory", memory, "GiB", "lower"),
        result("workbench", "all", "accepted", told["accepted"], "lines", "report"),
        result("workbench", "all", "given twice", told["duplicate"], "lines", "report"),
        result("workbench", "all", "refused, each with its reason", refused, "lines", "report"),
        result("workbench", "all", "amounts refused of lines accepted", cells, "cells", "report"),
    ]
    goals = [
        goal("workbench", "all", "lines accounted for", f"{written}", met, met == written),
        goal("workbench", "all", "wrong amounts named", f"{WORDS}", cells, cells == WORDS),
        goal("workbench", "all", "seconds", "< 60", seconds, seconds < 60),
        goal("workbench", "all", "memory", "< 4 GiB", memory, memory < 4),
    ]
    return report("orders_million", [], PROTOCOL, results, goals)


def write(file: Path) -> int:
    """The export; how many lines it has beside the header."""
    random, n = np.random.default_rng(0), LINES - TWICE - OTHER
    start = datetime(2026, 11, 1)  # noqa: DTZ001 - the platform's own clock
    paid = [start + timedelta(seconds=int(s)) for s in random.integers(0, 28 * 86_400, n)]
    boxes = random.integers(0, 3, n)
    spec = pl.Series(["净重5斤 中果", "净重9-10斤 大果", "净重20斤 大果"])[boxes]
    price = np.array([39.9, 68.8, 126.0])[boxes]
    numbers = pl.int_range(10**14, 10**14 + n, eager=True)
    frame = pl.DataFrame(
        {
            "商品": pl.Series(["奉节脐橙凤园72-1 当季水果"] * n),
            "订单号": pl.format("{}-{}", pl.lit("261101"), pl.int_range(10**14, 10**14 + n))
            .pipe(pl.select)
            .to_series(),
            "订单状态": pl.Series(["已收货"] * n),
            "商品总价(元)": price,
            "店铺优惠折扣(元)": np.zeros(n),
            "用户实付金额(元)": price - 5,
            "商家实收金额(元)": price,
            "商品数量(件)": np.ones(n, dtype=np.int64),
            "支付时间": pl.Series(paid).dt.strftime("%Y-%m-%d %H:%M:%S"),
            "发货时间": pl.Series(paid).dt.offset_by("1d").dt.strftime("%Y-%m-%d %H:%M:%S"),
            "商品id": random.integers(10**8, 10**9, n),
            "商品规格": spec,
            "商家备注": pl.Series(["张三 13800000000 请放门口"] * n),
            "售后状态": pl.Series(["无售后或售后取消"] * n),
            "快递单号": "YT" + numbers.cast(pl.String),
            "省": pl.Series(["上海市", "广东省", "重庆市"])[random.integers(0, 3, n)],
            "市": pl.Series(["****"] * n),
        }
    )
    lines = frame.write_csv().splitlines()
    body = lines[1:]
    for at in range(WORDS):
        cells = body[1000 + at].split(",")
        cells[6] = "待核"
        body[1000 + at] = ",".join(cells)
    for at in range(TORN):
        body[5000 + at] = body[5000 + at].rsplit(",", 3)[0]
    again = body[9000 : 9000 + TWICE] + [
        ",".join([*one.split(",")[:6], "1.00", *one.split(",")[7:]]) for one in body[20_000 : 20_000 + OTHER]
    ]
    file.write_text("\n".join([lines[0], *body, *again]) + "\n", encoding="utf-8")
    return len(body) + len(again)


def ingested(file: Path, home: Path) -> tuple[float, float, dict[str, Any]]:
    """Wall seconds, GiB at most, and the report of the process that brought the file in."""
    code = (
        "import json, resource, sys; from pathlib import Path; from workbench import domain; "
        "from workbench.lake.files import SourceFile; from workbench.lake.ingest import ingest; "
        "from workbench.lake.store import Lake; from workbench.operate.home import prepare; prepare(); "
        "told = ingest(Lake(), 'orders', SourceFile.open(Path(sys.argv[1])), tuple(domain.readers().values())); "
        "most = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20; "
        "print(json.dumps({'accepted': told.accepted, 'duplicate': told.duplicate, 'quarantined': told.quarantined, "
        "'memory': most}))"
    )
    began = time.perf_counter()
    done = subprocess.run(
        [sys.executable, "-c", code, str(file)],
        env={**os.environ, "WORKBENCH_HOME": str(home)}, capture_output=True, text=True, check=True,
    )  # fmt: skip
    told: dict[str, Any] = json.loads(done.stdout.strip().splitlines()[-1])
    return time.perf_counter() - began, told.pop("memory"), told
