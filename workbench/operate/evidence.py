"""The page of evidence: a section a suite, made from the kept JSON documents and nothing else."""

import json
import shutil
import subprocess
import tempfile
from pathlib import Path
from typing import Any

import plotly.graph_objects as go

BROWSERS = ("chromium", "chromium-browser", "google-chrome")
SIZE = (960, 560)  # of a picture, px
FIRST = ("all",)  # slices shown open; the others are folded

PREFACE = """# Evidence

Written by `workbench bench SUITE --data DIR --out docs/evidence` from the JSON files beside it; `workbench` is ours.
Each suite first proves its metrics on a published figure where there is one. The data sets are not part of the project;
the fingerprint says which release was used.
"""


def shown(value: Any) -> str:
    """A figure as people read it: four significant digits.

    >>> shown(12.34567), shown(3), shown("55"), shown(None)
    ('12.35', '3', '55', '–')
    """
    if value is None:
        return "–"
    return f"{value:.4g}" if isinstance(value, float) else str(value)


def tables(document: dict[str, Any]) -> dict[str, list[list[str]]]:
    """The results by slice as rows of text: a head of metrics with their units, then a row a contender."""
    found: dict[str, list[list[str]]] = {}
    for where in dict.fromkeys(row["slice"] for row in document["results"]):
        rows = [row for row in document["results"] if row["slice"] == where]
        units = {row["metric"]: row["unit"] for row in rows}
        value = {(row["contender"], row["metric"]): shown(row["value"]) for row in rows}
        head = ["", *(f"{metric} ({unit})" if unit else metric for metric, unit in units.items())]
        names = dict.fromkeys(row["contender"] for row in rows)
        found[where] = [head, *([name, *(value.get((name, metric), "") for metric in units)] for name in names)]
    return found


def goals(document: dict[str, Any]) -> list[list[str]]:
    """The goals as rows of text with a head."""
    head = ["", "who", "slice", "goal", "reached"]
    return [head] + [
        ["✓" if g["met"] else "✗", g["contender"], g["slice"], f"{g['metric']} {g['goal']}", shown(g["reached"])]
        for g in document["goals"]
    ]


def aligned(rows: list[list[str]]) -> str:
    """A table for a terminal."""
    widths = [max(len(row[i]) for row in rows) for i in range(len(rows[0]))]
    lines = [
        "  ".join(cell.rjust(w) if i else cell.ljust(w) for i, (cell, w) in enumerate(zip(row, widths, strict=True)))
        for row in rows
    ]
    return "\n".join(line.rstrip() for line in lines)


def barred(rows: list[list[str]]) -> str:
    """A table in Markdown."""
    lines = ["| " + " | ".join(cell.replace("|", "∣") for cell in row) + " |" for row in rows]
    rule = "|" + "|".join(["---"] + ["---:"] * (len(rows[0]) - 1)) + "|"
    return "\n".join([lines[0], rule, *lines[1:]])


def page(folder: Path) -> str:
    """The whole page from the JSON documents of a folder, in the order of their names; pictures where there are."""
    parts = [PREFACE]
    for file in sorted(folder.glob("*.json")):
        document = json.loads(file.read_text(encoding="utf-8"))
        parts += section(document, folder)
    return "\n".join(parts)


def section(document: dict[str, Any], folder: Path) -> list[str]:
    """One suite: goals, picture, results, protocol."""
    suite, data, machine = document["suite"], document["data"], document["machine"]
    met = sum(bool(g["met"]) for g in document["goals"])
    parts = [f"## {suite}\n", f"{met} of {len(document['goals'])} goals met.\n" if document["goals"] else ""]
    if document["goals"]:
        parts.append(barred(goals(document)) + "\n")
    if (folder / f"{suite}.png").is_file():
        parts.append(f"![{suite}]({folder.name}/{suite}.png)\n")
    elif (folder / f"{suite}.html").is_file():
        parts.append(f"Figure: [{suite}.html]({folder.name}/{suite}.html)\n")
    for where, rows in tables(document).items():
        name = "" if where in FIRST else f"<details><summary>{where}</summary>\n\n"
        parts.append(f"{name}{barred(rows)}\n" + ("\n</details>\n" if name else ""))
    parts.append(f"{document['protocol']}\n")
    computer = f"{machine['system']}, {machine['cores']} cores, {machine['memory_gib']} GiB, Python {machine['python']}"
    parts.append(f"Data: {data['name']}" + (f", SHA-256 `{data['sha256'][:16]}…`" if data["sha256"] else "") + ".")
    parts.append(f"Machine: {computer}.\n")
    return parts


def picture(figure: go.Figure, stem: Path) -> Path:
    """Keep a figure as PNG where there is a Chromium to draw it, else as a page of HTML; the file written."""
    browser = next((found for name in BROWSERS if (found := shutil.which(name))), None)
    html, png = stem.with_suffix(".html"), stem.with_suffix(".png")
    if browser is None:
        figure.write_html(html, include_plotlyjs="directory")
        return html
    plain = go.Figure(figure).update_layout(width=SIZE[0], height=SIZE[1], paper_bgcolor="#ffffff")
    with tempfile.TemporaryDirectory() as scratch:
        file = Path(scratch) / "figure.html"
        plain.write_html(file, include_plotlyjs=True, config={"displayModeBar": False}, default_width="100%")
        command = [browser, "--headless", "--no-sandbox", "--disable-gpu", "--hide-scrollbars", "--no-first-run"]
        command += [f"--user-data-dir={scratch}/profile", f"--window-size={SIZE[0] + 16},{SIZE[1] + 16}"]
        command += ["--virtual-time-budget=4000", f"--screenshot={png.resolve()}", file.as_uri()]
        subprocess.run(command, check=True, capture_output=True, timeout=120)
    return png
