"""Figures for print as SVG: a narrowing range, bars with their range, columns in parts. The same data, the same bytes.

Screens use plotly (`present.chart`); a printed page needs no browser and no tool tips. Sizes are in px at 640 across.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from html import escape

import polars as pl

from workbench.present.fan import BANDS
from workbench.present.palette import ACCENT, GRID, INK, MUTED, SERIES
from workbench.present.words import Words, number

WIDE = 640.0
FACE = "Noto Sans CJK TC, Noto Sans SC, sans-serif"
ROW = 20.0


@dataclass
class Sheet:
    """A sheet to draw on, of so many px in height."""

    height: float
    parts: list[str] = field(default_factory=list)

    def text(self, x: float, y: float, said: str, at: str = "start", colour: str = MUTED, size: float = 11) -> None:
        """A text with its baseline at y; `at` is start, middle or end."""
        how = f'text-anchor="{at}" fill="{colour}" font-size="{size:g}"'
        self.parts.append(f'<text x="{x:.1f}" y="{y:.1f}" {how}>{escape(said)}</text>')

    def line(self, x0: float, y0: float, x1: float, y1: float, colour: str = GRID, width: float = 1) -> None:
        """A straight line."""
        ends = f'x1="{x0:.1f}" y1="{y0:.1f}" x2="{x1:.1f}" y2="{y1:.1f}"'
        self.parts.append(f'<line {ends} stroke="{colour}" stroke-width="{width:g}"/>')

    def area(self, points: Sequence[tuple[float, float]], colour: str, share: float = 1) -> None:
        """A filled outline."""
        said = " ".join(f"{x:.1f},{y:.1f}" for x, y in points)
        self.parts.append(f'<polygon points="{said}" fill="{colour}" fill-opacity="{share:g}"/>')

    def path(self, points: Sequence[tuple[float, float]], colour: str, width: float = 2) -> None:
        """A line through points."""
        said = " ".join(f"{x:.1f},{y:.1f}" for x, y in points)
        self.parts.append(f'<polyline points="{said}" fill="none" stroke="{colour}" stroke-width="{width:g}"/>')

    def dot(self, x: float, y: float, colour: str = ACCENT, radius: float = 3) -> None:
        """A filled circle."""
        self.parts.append(f'<circle cx="{x:.1f}" cy="{y:.1f}" r="{radius:g}" fill="{colour}"/>')

    def svg(self) -> str:
        """The picture."""
        head = f'<svg xmlns="http://www.w3.org/2000/svg" xml:lang="zh-CN" viewBox="0 0 {WIDE:g} {self.height:g}"'
        return f'{head} font-family="{FACE}">{"".join(self.parts)}</svg>'


def steps(top: float, most: int = 5) -> list[float]:
    """Round marks of an axis from 0 to at least `top`, at most `most` intervals of 1, 2 or 5 times a power of ten.

    >>> steps(43), steps(0.9)
    ([0.0, 10.0, 20.0, 30.0, 40.0, 50.0], [0.0, 0.2, 0.4, 0.6, 0.8, 1.0])
    """
    if not (top > 0 and math.isfinite(top)):
        return [0.0, 1.0]
    power = 10.0 ** math.floor(math.log10(top / most))
    step = next(power * nice for nice in (1, 2, 5, 10) if power * nice * most >= top * (1 - 1e-9))
    count = math.ceil(top / step - 1e-9)
    return [round(i * step, 10) for i in range(count + 1)]


def digits(marks: Sequence[float]) -> int:
    """Digits after the point that tell the marks apart."""
    return max(0, -math.floor(math.log10(marks[1])))


def nothing(words: Words) -> str:
    """The picture of nothing."""
    sheet = Sheet(60)
    sheet.text(WIDE / 2, 34, words("chart.nothing"), "middle")
    return sheet.svg()


def fan(issues: pl.DataFrame, words: Words, unit: str, level: tuple[float, str] | None = None) -> str:
    """A figure's ranges by day of issue: `ds` (dates), the fifteen quantiles (null = not supported), q50.

    `level` is a value to compare with and its name. The value axis begins at zero.
    """
    rows = issues.sort("ds")
    if rows.is_empty():
        return nothing(words)
    sheet, left, right, low, high = Sheet(220.0), 52.0, WIDE - 12, 190.0, 26.0
    ends = [rows[name].max() for name in ("q50", "q90", "q975")]
    marks = steps(max([float(end) for end in ends if end is not None] + ([level[0]] if level else [])))  # type: ignore[arg-type]
    first, last = rows["ds"][0], rows["ds"][-1]
    days = max((last - first).days, 1)
    x = [left + (right - left) * (day - first).days / days for day in rows["ds"]]

    def y(value: float) -> float:
        return low - (low - high) * value / marks[-1]

    sheet.text(left, 12, unit)
    for mark in marks:
        sheet.line(left, y(mark), right, y(mark))
        sheet.text(left - 6, y(mark) + 4, number(mark, digits(marks)), "end")
    for i in sorted({round(k * (len(x) - 1) / 6) for k in range(7)}):
        sheet.text(
            x[i], low + 16, words.short(rows["ds"][i]), "middle" if 0 < i < len(x) - 1 else "start" if i == 0 else "end"
        )
    for _, under, over, share in BANDS:
        both = rows.with_columns(pl.Series("x", x)).drop_nulls([under, over])
        bottom = [(a, y(b)) for a, b in both.select("x", under).iter_rows()]
        top = [(a, y(b)) for a, b in both.select("x", over).iter_rows()]
        if both.height == 1:
            sheet.line(*bottom[0], *top[0], colour=ACCENT, width=2)
        elif both.height:
            sheet.area([*bottom, *reversed(top)], ACCENT, share)
    middle = [(a, y(b)) for a, b in zip(x, rows["q50"], strict=True)]
    sheet.path(middle, ACCENT)
    for point in middle if len(middle) <= 40 else middle[-1:]:
        sheet.dot(*point)
    if level:
        sheet.line(left, y(level[0]), right, y(level[0]), MUTED)
        sheet.text(right, y(level[0]) - 5, f"{level[1]} {number(level[0], 1)}", "end")
    return sheet.svg()


def bars(rows: pl.DataFrame, words: Words, unit: str, decimals: int = 1) -> str:
    """Values with their ranges, in the order given: `name, value`, optionally `low, high`."""
    if rows.is_empty():
        return nothing(words)
    ranged = "low" in rows.columns
    sheet, left, right = Sheet(rows.height * ROW + 30), 96.0, WIDE - 64
    tops = [rows["value"].max(), rows["high"].max() if ranged else None]
    marks = steps(max(float(top) for top in tops if top is not None))  # type: ignore[arg-type]

    def x(value: float) -> float:
        return left + (right - left) * value / marks[-1]

    for mark in marks:
        sheet.line(x(mark), 16, x(mark), 16 + rows.height * ROW)
        sheet.text(x(mark), 12, number(mark, digits(marks)) + (f" {unit}" if mark == marks[-1] else ""), "middle")
    for i, row in enumerate(rows.rows(named=True)):
        y = 16 + i * ROW + ROW / 2
        sheet.text(left - 6, y + 4, row["name"], "end", INK)
        sheet.area([(left, y - 6), (x(row["value"]), y - 6), (x(row["value"]), y + 6), (left, y + 6)], ACCENT, 0.75)
        end = row["value"]
        if ranged and row["low"] is not None:
            sheet.line(x(row["low"]), y, x(row["high"]), y, INK, 1.4)
            end = row["high"]
        sheet.text(x(end) + 5, y + 4, number(row["value"], decimals))
    return sheet.svg()


def columns(names: Sequence[str], parts: Mapping[str, Sequence[float]], words: Words, unit: str) -> str:
    """Columns made of parts, such as months of varieties; each part has a value a column, the legend names them."""
    totals = [sum(values) for values in zip(*parts.values(), strict=True)]
    if not totals or max(totals) <= 0:
        return nothing(words)
    sheet, left, right, low, high = Sheet(210.0), 52.0, WIDE - 12, 168.0, 26.0
    marks, width = steps(max(totals)), (right - left) / len(names)

    def y(value: float) -> float:
        return low - (low - high) * value / marks[-1]

    sheet.text(left, 12, unit)
    for mark in marks:
        sheet.line(left, y(mark), right, y(mark))
        sheet.text(left - 6, y(mark) + 4, number(mark, digits(marks)), "end")
    for i, name in enumerate(names):
        x0, x1, below = left + (i + 0.18) * width, left + (i + 0.82) * width, 0.0
        for colour, values in zip(_colours(len(parts)), parts.values(), strict=True):
            above = below + values[i]
            sheet.area([(x0, y(below)), (x1, y(below)), (x1, y(above)), (x0, y(above))], colour, 0.85)
            below = above
        sheet.text((x0 + x1) / 2, low + 16, name, "middle")
    for i, (name, colour) in enumerate(zip(parts, _colours(len(parts)), strict=True)):
        at = left + i * (right - left) / max(len(parts), 1)
        sheet.area([(at, 192), (at + 10, 192), (at + 10, 202), (at, 202)], colour, 0.85)
        sheet.text(at + 14, 201, name)
    return sheet.svg()


def _colours(count: int) -> list[str]:
    return [SERIES[i % len(SERIES)] for i in range(count)]
