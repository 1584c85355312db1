"""House rules as tests: who may import whom, who opens files, what size a file may have, and that names tell."""

import ast
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
OURS = ("workbench", "pipelines", "models", "dashboards", "benchmarks")
MAY = {
    "workbench": {"workbench"},
    "pipelines": {"workbench", "pipelines"},
    "models": {"workbench", "models"},
    "dashboards": {"workbench", "dashboards"},
    "benchmarks": set(OURS),
}
LAYERS = (
    "errors",
    "settings",
    "science",
    "lake",
    "forecast",
    "control",
    "domain",
    "present",
    "operate",
    "cli_keep",
    "cli",
)
ONLY = {
    "mlflow": "workbench/operate/tracking.py",
    "importlib": "workbench/domain.py",  # importlib.metadata and importlib.util may be asked by anyone
    "importlib.import_module": "workbench/domain.py",
}


def sources() -> list[Path]:
    return sorted(file for package in OURS for file in (ROOT / package).rglob("*.py"))


def imports(tree: ast.AST) -> set[str]:
    """Every module named by an import statement, wherever it stands in the file."""
    found = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module and node.level == 0:
            found |= {f"{node.module}.{alias.name}" for alias in node.names}
    return found


def breaches(file: str, text: str) -> list[str]:
    """What one source file breaks of the import rules."""
    package, *rest = Path(file).parts
    layer = Path(rest[0]).stem if package == "workbench" and rest else ""
    found = []
    for name in imports(ast.parse(text)):
        top, *below = name.split(".")
        if top in OURS and top not in MAY[package]:
            found.append(f"{file}: {package} may not import {name}")
        if top == "pipelines" and package == "pipelines" and rest[0] not in ("readers", "sources", "sample"):
            found.append(f"{file}: a pipeline stands alone and may not import {name}")
        ordered = top == "workbench" and layer in LAYERS and bool(below) and below[0] in LAYERS
        if ordered and LAYERS.index(below[0]) > LAYERS.index(layer):
            found.append(f"{file}: {layer} may not import upward: {name}")
        owner = ONLY.get(name) or (ONLY.get(top) if top == "mlflow" else None)
        if owner not in (None, file):
            found.append(f"{file}: only {owner} imports {name}")
    return found


@pytest.mark.parametrize("file", sources(), ids=lambda file: str(file.relative_to(ROOT)))
def test_imports_keep_the_lines_of_the_house(file: Path) -> None:
    """Arrows point one way only."""
    assert [] == breaches(str(file.relative_to(ROOT)), file.read_text(encoding="utf-8"))


@pytest.mark.parametrize(
    ("file", "text"),
    [
        ("pipelines/air.py", "import models.air"),
        ("workbench/lake/store.py", "from workbench.forecast.task import Task"),
        ("workbench/science/air.py", "def f():\n    from dashboards import app"),
        ("workbench/forecast/backtest.py", "import mlflow"),
        ("models/air.py", "from importlib import import_module"),
    ],
)
def test_a_forbidden_import_is_found(file: str, text: str) -> None:
    """The rule bites: each of these lines breaks it once."""
    assert 1 <= len(breaches(file, text))


@pytest.mark.parametrize("file", sources(), ids=lambda file: str(file.relative_to(ROOT)))
def test_a_person_can_hold_the_file(file: Path) -> None:
    """No source file is longer than 300 lines; about 250 is meant."""
    assert len(file.read_text(encoding="utf-8").splitlines()) <= 300


def test_no_function_takes_more_than_eight_arguments() -> None:
    """Options threaded through everything are refused; commands, whose options are their interface, are let be."""
    wide = []
    for file in sources():
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                names = [a.arg for a in node.args.posonlyargs + node.args.args + node.args.kwonlyargs]
                if len([name for name in names if name not in ("self", "cls")]) > 8:
                    wide.append(f"{file.relative_to(ROOT)}:{node.lineno} {node.name}")
    assert [] == wide


def test_data_holds_no_code() -> None:
    """`data/` is read by the workbench and never imported."""
    assert [] == list((ROOT / "data").rglob("*.py"))
