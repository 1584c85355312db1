"""Why a forecast is what it is, in words and as bars, from the rows of its explanation.

Rows are those of one forecast: `part, value, driver, usual` (see `forecast.explain`, `operate.explaining`); `base` and
the other parts add up to the median. Every clause is true of the row that it names: it stands there only where the part
weighs `LEAST` of all that moves the forecast, says up or down by the sign of `value`, and high or low by `driver`.
"""

from collections.abc import Sequence
from datetime import date

import plotly.graph_objects as go
import polars as pl

from workbench.present.chart import base, nothing
from workbench.present.palette import MUTED, SERIES
from workbench.present.sentences import Clause
from workbench.present.words import Words, number

LEAST = 0.12
"""The share of all that moves a forecast from which a part is worth a clause."""
MOST = 3
"""Clauses at most."""
SMALL = 0.03
"""Parts below this share are drawn together."""
UNSAID = ("base", "correction", "whole", "lead", "place")
"""Parts that are no reason a person would give."""
APART = {
    "humidity": (10.0, 10.0), "temperature": (4.0, 4.0), "dew_point": (4.0, 4.0), "pressure": (5.0, 5.0),
    "level": (0.1, 0.0), "network": (0.1, 0.0), "others": (0.1, 0.0), "change": (0.1, 0.0),
}  # fmt: skip
"""How far from the usual a driver is said to be low or high: in its unit, or (second number 0) as a share of it."""
SHARE = 0.25
"""That share for every other driver."""
DRY, WET = 0.1, 1.0
"""Millimetres of rain a day below and from which a day is called dry or wet."""


def state(part: str, driver: float | None, usual: float | None) -> str:
    """`low`, `high` or nothing: how the value behind a part stands to what is usual.

    >>> state("ahead.wind_speed", 0.9, 1.5), state("ahead.humidity", 80.0, 78.0), state("ahead.precipitation", 3.0, 1.0)
    ('low', '', 'high')
    """
    name = part.removeprefix("ahead.")
    if driver is not None and name == "precipitation":
        return "high" if driver >= WET else "low" if driver < DRY <= (usual or 0.0) else ""
    if driver is None or usual is None:
        return ""
    step, fixed = APART.get(name, (SHARE, 0.0))
    reach = step if fixed else step * abs(usual)
    return "high" if driver > usual + reach else "low" if driver < usual - reach else ""


def phrase(part: str, driver: float | None, usual: float | None, words: Words) -> str:
    """A part as a person would name it, with its state: 风速小 · light wind."""
    name, how = part.removeprefix("ahead."), state(part, driver, usual)
    return words(f"reason.{name}_{how}" if how else f"reason.{name}")


def row_id(part: str) -> str:
    """The id of a part's row on the page."""
    return f"why-{part.removeprefix('ahead.')}"


def weighed(rows: pl.DataFrame) -> pl.DataFrame:
    """The parts that move a forecast with `share`, what each is of all movement (0–1), the heaviest first."""
    moved = rows.filter(pl.col("part") != "base")
    share = pl.col("value").abs() / pl.col("value").abs().sum()
    return moved.with_columns(share=share.fill_nan(0.0)).sort(-pl.col("share"), "part")


def reasons(rows: pl.DataFrame) -> pl.DataFrame:
    """The parts worth a clause, the heaviest first."""
    return weighed(rows).filter(pl.col("share") >= LEAST, ~pl.col("part").is_in(UNSAID)).head(MOST)


def clauses(rows: pl.DataFrame, head: str, words: Words) -> tuple[Clause, ...]:
    """`head`, then the reasons: those that go the way of the heaviest, then those against it. Empty without any."""
    found = reasons(rows)
    if found.is_empty():
        return ()
    first = found["value"][0] > 0
    said = [Clause(head, "why")]
    for i, way in enumerate((first, not first)):
        same = found.filter((pl.col("value") > 0) == way).rows(named=True)
        texts = [phrase(row["part"], row["driver"], row["usual"], words) for row in same]
        for j, (row, text) in enumerate(zip(same, texts, strict=True)):
            before = words("reason.against") if i and not j else ""
            after = words("reason.raising" if way else "reason.lowering") if j == len(same) - 1 else words("reason.and")
            said.append(Clause(before + text + after, row_id(row["part"])))
    return tuple(said)


def gathered(rows: pl.DataFrame, small: float = SMALL) -> pl.DataFrame:
    """part, value, driver, usual, share: parts that weigh less than `small` together as `rest`, the heaviest first."""
    parts, columns = weighed(rows), ("part", "value", "driver", "usual", "share")
    minor = pl.col("share") < small
    rest = parts.filter(minor).select(pl.lit("rest").alias("part"), pl.col("value", "share").sum())
    large = parts.filter(~minor).select(columns)
    return pl.concat([large, rest], how="diagonal").select(columns) if large.height < parts.height else large


def median(rows: pl.DataFrame) -> float:
    """What the rows add up to: of a whole explanation the forecast median."""
    return float(rows["value"].sum())


def bars(rows: pl.DataFrame, unit: str, words: Words) -> go.Figure:
    """What raises and what lowers a forecast: a bar a part, its amount beside it; axis in `unit`, zero is the usual."""
    parts = gathered(rows) if rows.height else rows
    if parts.is_empty() or set(parts["part"]) <= {"whole", "rest"}:
        return nothing(words, "reason.none")
    names = [phrase(part, driver, usual, words) for part, _, driver, usual, _ in parts.iter_rows()]
    values = parts["value"].to_list()
    digits = fine(values)
    figure = base(80 + 32 * len(names))
    figure.add_bar(
        y=names, x=values, orientation="h",
        marker={"color": [SERIES[1] if value > 0 else SERIES[0] for value in values]},
        text=[signed(value, digits) for value in values], textposition="outside", cliponaxis=False,
        hovertemplate="%{y} %{text} " + unit + "<extra></extra>",
    )  # fmt: skip
    room = 0.2 * max(abs(value) for value in values)
    reach = [min(0.0, *values) - room, max(0.0, *values) + room]
    figure.add_vline(x=0, line={"color": MUTED, "width": 1})
    figure.update_xaxes(title_text=words("reason.axis", unit=unit), range=reach)
    figure.update_yaxes(autorange="reversed", showgrid=False)
    figure.update_layout(bargap=0.35)
    return figure


def fine(values: Sequence[float]) -> int:
    """Decimals that tell the values apart: none from 10 on, one from 1 on, else two."""
    most = max((abs(value) for value in values), default=0.0)
    return 0 if most >= 10 else 1 if most >= 1 else 2


def signed(value: float, digits: int) -> str:
    """A contribution with its sign and a real minus.

    >>> signed(5.83, 0), signed(-0.51, 1), signed(-0.01, 1)
    ('+6', '−0.5', '±0.0')
    """
    text = number(abs(value), digits)
    return f"±{text}" if not float(text.replace(",", "")) else f"+{text}" if value > 0 else f"−{text}"


def moved(now: pl.DataFrame, before: pl.DataFrame) -> pl.DataFrame:
    """part, value, change: what each part was made to contribute anew since an earlier issue, the largest change first.

    Changes add up to the change of the median, because the parts of both do.
    """
    both = now.select("part", "value").join(before.select("part", was="value"), on="part", how="full", coalesce=True)
    both = both.with_columns(pl.col("value", "was").fill_null(0.0))
    return both.select("part", "value", change=pl.col("value") - pl.col("was")).sort(-pl.col("change").abs(), "part")


def of(product: pl.DataFrame, station: str, day: date, pollutant: str) -> pl.DataFrame:
    """The rows of one forecast."""
    mine = (pl.col("station") == station) & (pl.col("date") == day) & (pl.col("pollutant") == pollutant)
    return product.filter(mine).select("task", "part", "value", "driver", "usual") if product.width else product
