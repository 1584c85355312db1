"""The sections of the data page: all tables, one table's contract, its quality flags, its shifted columns."""

from datetime import timedelta
from typing import Any

import polars as pl
from dash import dcc, html

from dashboards import components as ui
from dashboards.memory import shared
from workbench.lake import catalogue, quality
from workbench.lake.catalogue import Column, Table
from workbench.lake.store import Lake
from workbench.present.words import Words, number, percent
from workbench.settings import now

LATE = 1.0
"""Hours beyond the due time from which a table counts as overdue."""


def late(summary: pl.DataFrame) -> pl.DataFrame:
    """The tables that hold rows and are overdue."""
    return summary.filter(pl.col("origin") != "empty", pl.col("overdue_hours") > LATE)


def lead(summary: pl.DataFrame, words: Words) -> str:
    """One sentence on all tables."""
    overdue, empty = late(summary).height, summary.filter(pl.col("rows") == 0).height
    return words(
        "data.lead_all", n=summary.height, fresh=summary.height - overdue - empty, late=overdue, empty=empty,
        quarantined=number(float(summary["quarantined"].sum())),
    )  # fmt: skip


def tables(summary: pl.DataFrame, chosen: str, words: Words) -> html.Div:
    """A line a table, overdue ones first."""
    order = summary.sort(pl.col("overdue_hours").fill_null(-1) > LATE, "table", descending=[True, False])
    body, ids = [], []
    for row in order.rows(named=True):
        over = row["overdue_hours"]
        name = dcc.Link(row[f"title_{words.language}"], href=f"/data?table={row['table']}#table", refresh=False)
        nature = ui.sample_badge(words) if row["origin"] == "sample" else words(f"data.origin_{row['origin']}")
        overdue = row["rows"] and over is not None and over > LATE
        body.append(
            [
                html.Strong(name) if row["table"] == chosen else name,
                html.Span(ui.bureau(row["bureau"], words), className="nowrap"),
                number(row["rows"]),
                moment(row["last"], words),
                html.Span(moment(row["last_known_at"], words), title=age(row["last_known_at"], words)),
                nature,
                html.Span(number(over), className="bad") if overdue else "—",
                number(row["flagged"]),
                number(row["quarantined"]),
            ]
        )
        ids.append(f"table-{row['table']}")
    heads = ("table", "bureau", "rows", "last", "known", "origin", "overdue", "flagged", "quarantined")
    return ui.rows([words(f"data.{head}") for head in heads], body, ids, numbers=(2, 6, 7, 8))


def moment(value: Any, words: Words) -> Any:
    """An instant, or a dash."""
    return (
        "—"
        if value is None or value.year < 2000
        else html.Span(f"{value.year} · {words.moment(value)}", className="nowrap")
    )


def age(value: Any, words: Words) -> str:
    """How long ago, or nothing."""
    return "" if value is None else words.age(now() - value)


def contract(table: Table, words: Words) -> list[Any]:
    """The catalogue entry: who owns it, how often it comes, and every column with unit, range and known headers."""
    facts: list[tuple[str, Any]] = [
        (words("data.code"), html.Code(table.name)),
        (words("data.bureau"), ui.bureau(table.bureau, words)),
        (words("data.field_source"), table.source),
        (words("data.licence"), table.licence),
        (words("data.sharing"), table.sharing),
        (words("data.cycle"), span_of(table.cycle, words)),
        (words("data.delay"), span_of(table.delay, words)),
        (words("data.key"), "、".join(table.key)),
    ]
    body = [
        [
            column.zh if words.zh else column.en,
            html.Code(column.name),
            words(f"data.type_{column.type}"),
            column.unit or "—",
            limits(column),
            html.Span("、".join(column.aliases) or "—", className="small"),
        ]
        for column in table.columns.values()
    ]
    heads = ("column", "code", "type", "unit", "range", "aliases")
    listed = html.Dl([part for name, value in facts for part in (html.Dt(name), html.Dd(value))], className="facts")
    return [listed, ui.rows([words(f"data.{head}") for head in heads], body)]


def limits(column: Column) -> str:
    """The range a value may have."""
    if column.min is None and column.max is None:
        return "—"
    low = "−∞" if column.min is None else f"{column.min:g}"
    return f"{low} – {'∞' if column.max is None else f'{column.max:g}'}"


def span_of(length: timedelta, words: Words) -> str:
    """A cycle or a delay."""
    return words.length(length) if length else "0"


def flags(lake: Lake, table: Table, words: Words) -> Any:
    """Values by column and reliability."""
    counts = _flags(lake.root, table.name, lake.digest(table.name))
    if counts.is_empty():
        return html.P(words("chart.nothing"), className="note")
    body = [
        [words.both(table.columns[name]), *(f"{number(n)} · {percent(n / max(total, 1))}" if n else "—" for n in parts)]
        for name, total, *parts in counts.iter_rows()
    ]
    heads = [words("data.column"), *(words(f"data.{kind}") for kind in KINDS)]
    return ui.rows(heads, body, numbers=range(1, len(heads)))


KINDS = (*quality.RELIABILITIES, "unchecked", *quality.ORIGINS[1:])
"""What is counted of a column's values: how reliable they are, and which did not come from the source."""


@shared(32)
def _flags(root: str, name: str, digest: str) -> pl.DataFrame:
    """column, values, then a count for each of `KINDS`."""
    table, rows = catalogue.load(name), Lake(root).read(name)
    made = []
    for column in table.measures if not table.reference else []:
        flag, there = pl.col(f"q_{column}").cast(pl.Int32), pl.col(column).is_not_null()
        kind = pl.when(flag > 0).then((flag - 1) % 3).otherwise(3)
        counts = [((kind == i) & (there | (flag > 0))).sum() for i in range(4)]
        counts += [((flag - 1) // 3 == i).sum() for i in (1, 2)]
        named = [count.alias(word) for count, word in zip(counts, KINDS, strict=True)]
        made.append(rows.select(pl.lit(column).alias("column"), there.sum().alias("values"), *named))
    return pl.concat(made).collect() if made else pl.DataFrame()


def shifted(lake: Lake, table: Table, words: Words) -> Any:
    """Pairs of columns that agree best at another lag than zero."""
    found = _shifted(lake.root, table.name, lake.digest(table.name))
    if found.is_empty():
        return html.P(words("data.shifted_none"), className="note")
    body = [
        [
            " / ".join(str(row[key]) for key in table.series),
            " ↔ ".join(words.both(table.columns[row[side]]) for side in ("left", "right")),
            f"{row['lag']:+d}",
            number(row["at_lag"], 2),
            number(row["at_zero"], 2),
        ]
        for row in found.head(40).rows(named=True)
    ]
    heads = ("station", "shifted_pair", "shifted_lag", "shifted_at", "shifted_zero")
    return ui.rows([words(f"data.{head}") for head in heads], body, numbers=(2, 3, 4))


@shared(16)
def _shifted(root: str, name: str, digest: str) -> pl.DataFrame:
    """The last year of a measured table; longer history adds time, not insight."""
    table, rows = catalogue.load(name), Lake(root).read(name)
    if table.reference or table.time is None or table.issued:
        return pl.DataFrame()
    last = rows.select(pl.col(table.time).max()).collect().item()
    if last is None:
        return pl.DataFrame()
    columns = [*table.series, table.time, *table.measures]
    return quality.shifted_columns(
        rows.filter(pl.col(table.time) > last - timedelta(days=365)).select(columns).collect(), table
    )
