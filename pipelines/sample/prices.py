"""The embedded sample county's market notices — 示意数据（非实测): invented, seeded, shaped like real ones.

Three seasons of two markets, October to June, quoted on most days. Names change from season to season as they do in
real notices, sizes are told by word, by grade or by calibre, one name is known to nobody, and now and then a notice is
sent again with another price. Prices wander in levels that shops and reports of the county name (4 to 9 yuan/kg).
"""

from datetime import date, datetime, timedelta
from typing import Any

import numpy as np
import polars as pl

SEED = 500237
SEASONS = 3
MARKETS = {"北京新发地农产品批发市场": 1.15, "重庆双福国际农贸城": 1.0}
SIZES = {"large": 1.3, "medium": 1.0, "small": 0.72}
NAMES = (
    {"large": ("奉节脐橙", "80-90mm", "未注明"), "medium": ("奉节脐橙", "70-80mm", "未注明"),
     "small": ("奉节脐橙", "60-70mm", "未注明")},
    {"large": ("奉节脐橙Ф80-Ф90", "普通", "未注明"), "medium": ("奉节脐橙Ф70-Ф80", "普通", "未注明"),
     "small": ("奉节脐橙Ф65-Ф70", "普通", "未注明")},
    {"large": ("重庆奉节脐橙（大果）", "普通", "未注明"), "medium": ("重庆奉节脐橙（中果）", "普通", "未注明"),
     "small": ("重庆奉节脐橙（小果）", "普通", "未注明")},
)  # fmt: skip
"""How each season writes the three sizes: name, specification, grade."""
STRANGE = "爱媛38号"
LEVEL, DEARER = 6.0, 0.25
"""CNY/kg at the start of a season, and how much dearer its end is."""


def tables(until: datetime) -> dict[str, pl.DataFrame]:
    """Rows in contract columns for the seasons up to the day before `until`; two calls agree on every day of both."""
    last = until.date() - timedelta(days=1)
    year = last.year if last.month >= 10 else last.year - 1
    rows = [row for back in range(SEASONS) for row in season(year - back, last)]
    names = ["market", "date", "name", "spec", "grade", "low", "mean", "high", "unit"]
    return {"price_notices": pl.DataFrame(rows, schema=names, orient="row").sort("date", maintain_order=True)}


def season(year: int, last: date) -> list[tuple[Any, ...]]:
    """All notices of the season that begins in that October, up to `last`; each season is drawn by itself."""
    rng = np.random.default_rng([SEED, year])
    first, end = date(year, 10, 8), date(year + 1, 6, 5)
    days = (end - first).days + 1
    shared = np.cumsum(rng.normal(0, 0.011, days)) + rng.normal(0, 0.08)
    own = {(market, size): np.cumsum(rng.normal(0, 0.006, days)) for market in MARKETS for size in SIZES}
    quoted = rng.random((days, len(MARKETS))) < 0.9
    odd = rng.random((days, len(MARKETS)))
    written = NAMES[year % len(NAMES)]
    rows: list[tuple[Any, ...]] = []
    for i in range(days):
        day = first + timedelta(days=i)
        if day > last:
            break
        for j, (market, dear) in enumerate(MARKETS.items()):
            if not quoted[i, j]:
                continue
            for size, factor in SIZES.items():
                log = shared[i] + own[market, size][i] + DEARER * i / days
                price = round(LEVEL * dear * factor * float(np.exp(log)), 1)
                notice = (market, day, *written[size])
                if odd[i, j] < 0.004:
                    rows.append((*notice, *around(price + 0.4), "公斤"))
                rows.append((*notice, *around(price), "公斤"))
            if odd[i, j] > 0.985:
                rows.append((market, day, STRANGE, "普通", "未注明", *around(8.0), "公斤"))
    return rows


def around(price: float) -> tuple[float, float, float]:
    """Lowest, mean and highest price of a day, CNY/kg."""
    return round(price * 0.92, 2), price, round(price * 1.08, 2)
