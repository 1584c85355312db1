"""The harvest as files: a workbook of several sheets whose sums are formulas, and the printed bulletin."""

import io
from collections.abc import Sequence
from typing import Any

import polars as pl

from dashboards.answers import PASSPORT
from dashboards.export import labelled, safe
from dashboards.harvest_view import CROP, Scene
from workbench.forecast.season_flow import season_name
from workbench.operate import harvest_read as facts
from workbench.operate import harvest_said as said
from workbench.operate.harvest_bulletin import bulletin
from workbench.operate.template import MADE
from workbench.present.words import Words
from workbench.science.harvest import ALL, MONTHS

KINDS = ("book", "bulletin")
STAMPS = (*PASSPORT, "digest", "written_at")


def made(scene: Scene, kind: str) -> tuple[str, bytes]:
    """A file's name and content; `kind` is one of KINDS."""
    stem = f"{CROP}_{scene.issue['season']}_{scene.issue['due']:%Y%m%d}"
    if kind == "bulletin":
        return f"{stem}.pdf", bulletin(scene.harvest, scene.words, CROP).pdf(scene.words)
    return f"{stem}.xlsx", book(scene)


def book(scene: Scene) -> bytes:
    """The workbook: towns by variety and months by variety with live sums, then every product as it was issued."""
    import xlsxwriter

    words, found, out = scene.words, scene.harvest, io.BytesIO()
    with xlsxwriter.Workbook(out, {"in_memory": True, "default_date_format": "yyyy-mm-dd"}) as file:
        file.set_properties({"created": MADE, "title": words("harvest.title", crop=scene.crop)})
        bold = file.add_format({"bold": True, "bg_color": "#eef2f5", "border": 1, "text_wrap": True})
        kilograms = file.add_format({"num_format": "#,##0"})
        summed = file.add_format({"num_format": "#,##0", "bold": True, "top": 1})
        formats = (bold, kilograms, summed)
        about(file.add_worksheet(words("harvest.book_about")), scene)
        cells = found.outlook.filter(pl.col("town") != ALL, pl.col("variety") != ALL)
        towns, names = facts.towns(found)["town"].to_list(), facts.varieties(found)["variety"].to_list()
        at = {(r["town"], r["variety"]): r["mean"] for r in cells.rows(named=True)}
        matrix(file.add_worksheet(words("harvest.book_towns")), (towns, names), at, words, formats)
        flow = facts.monthly(found).filter(pl.col("variety") != ALL)
        at = {(v, said.month(m, words)): kg for v, m, kg in flow.iter_rows()}
        months = [said.month(m, words) for m in MONTHS]
        matrix(file.add_worksheet(words("harvest.book_flow")), (names, months), at, words, formats)
        listed = (
            ("ranges", facts.towns(found)), ("funnel", facts.funnel(found)), ("causes", found.causes),
            ("hazards", found.hazards), ("similar", found.similar),
            ("record", facts.errors(found.record, facts.begins(found))),
        )  # fmt: skip
        for name, frame in listed:
            table(file.add_worksheet(words(f"harvest.book_{name}")), frame, scene, bold)
    return out.getvalue()


def about(sheet: Any, scene: Scene) -> None:
    """What the file is, its issue, and whether it is sample data."""
    words, issue = scene.words, scene.issue
    sheet.set_column(0, 0, 90)
    nature = words("shell.sample") if issue["sample"] else words("data.origin_real")
    sentence = "".join(clause.text for clause in said.clauses(scene.harvest, words, scene.crop))
    lines = (
        words("harvest.title", crop=scene.crop), words("harvest.season", season=season_name(issue["season"])),
        words("harvest.due", day=words.day(issue["due"], year=True)), nature, sentence,
        words("passport.model_is", model=issue["model"], version=issue["version"]),
        words(f"state.{issue['status']}"), words("harvest.book_kg"), words("harvest.method"),
    )  # fmt: skip
    for i, line in enumerate(lines):
        sheet.write_string(i, 0, line)


def matrix(
    sheet: Any, names: tuple[Sequence[str], Sequence[str]], at: dict[tuple[str, str], int], words: Words, formats: Any
) -> None:
    """Kilograms by row and column; the sums below and beside are formulas, with their value stored for viewers."""
    from xlsxwriter.utility import xl_rowcol_to_cell as cell

    (lines, columns), (bold, plain, summed) = names, formats
    sheet.freeze_panes(1, 1)
    sheet.set_column(0, len(columns) + 1, 14)
    total = words("harvest.sum")
    for j, name in enumerate(("kg", *columns, total)):
        sheet.write_string(0, j, name, bold)
    last, wide = len(lines), len(columns)
    for i, line in enumerate(lines, 1):
        sheet.write_string(i, 0, line)
        values = [at.get((line, column), 0) for column in columns]
        for j, value in enumerate(values, 1):
            sheet.write_number(i, j, value, plain)
        sheet.write_formula(i, wide + 1, f"=SUM({cell(i, 1)}:{cell(i, wide)})", summed, sum(values))
    sheet.write_string(last + 1, 0, total, bold)
    for j, column in enumerate(columns, 1):
        value = sum(at.get((line, column), 0) for line in lines)
        sheet.write_formula(last + 1, j, f"=SUM({cell(1, j)}:{cell(last, j)})", summed, value)
    whole = sum(at.get((line, column), 0) for line in lines for column in columns)
    span = f"{cell(1, wide + 1)}:{cell(last, wide + 1)}"
    sheet.write_formula(last + 1, wide + 1, f"=SUM({span})", summed, whole)


def table(sheet: Any, frame: pl.DataFrame, scene: Scene, bold: Any) -> None:
    """A frame as it is, every row with the nature of its data; nothing where there is nothing."""
    if frame.is_empty():
        return
    issue = {"sample": scene.issue["sample"], "issued_at": scene.issue["issued_at"], "status": scene.issue["status"]}
    rows = safe(labelled(frame.drop(STAMPS, strict=False), issue, scene.words))
    sheet.freeze_panes(1, 0)
    sheet.set_column(0, max(len(rows.columns) - 1, 0), 13)
    for j, name in enumerate(rows.columns):
        sheet.write_string(0, j, name, bold)
    for i, row in enumerate(rows.iter_rows(), 1):
        for j, value in enumerate(row):
            if value is not None:
                sheet.write(i, j, value)
