"""Keep a Fitted in a folder and read it back, nested ones in subfolders; no pickle.

`kind.json` names the class; only classes of `workbench.forecast` and `workbench.control` that save and load themselves
are accepted, so that a folder cannot name other code.
"""

import json
import pkgutil
import re
from pathlib import Path
from typing import Any

from workbench.errors import InputError, UnreadableFile
from workbench.forecast.model import Fitted

KIND = "kind.json"
_MODULE = re.compile(r"workbench\.(forecast|control)(\.[a-z_][a-z0-9_]*)+")
_CLASS = re.compile(r"[A-Z][A-Za-z0-9]*")


def save(fitted: Fitted, folder: Path) -> None:
    """Write a Fitted into `folder`, which is made and must be empty."""
    kind = type(fitted)
    find(kind.__module__, kind.__qualname__)
    folder.mkdir(parents=True, exist_ok=True)
    if any(folder.iterdir()):
        raise InputError(f"{folder} is not empty", "keep each fitted model in a folder of its own")
    write_json(folder / KIND, {"module": kind.__module__, "class": kind.__qualname__})
    fitted.save(folder)


def load(folder: Path) -> Fitted:
    """Read back what `save` wrote; raises UnreadableFile where a part is missing, damaged or not of the engine."""
    kind = read_json(folder / KIND)
    loaded: Fitted = find(str(kind.get("module")), str(kind.get("class"))).load(folder)
    return loaded


def find(module: str, name: str) -> type[Fitted]:
    """The class of that name, which must be defined in `module` below workbench.forecast and be a Fitted."""
    found: object = None
    if _MODULE.fullmatch(module) and _CLASS.fullmatch(name):
        try:
            found = pkgutil.resolve_name(f"{module}:{name}")
        except (ImportError, AttributeError):
            found = None
    own = isinstance(found, type) and found.__module__ == module
    if not own or not all(callable(getattr(found, verb, None)) for verb in ("predict", "save", "load")):
        raise UnreadableFile(f"'{module}:{name}' is not a fitted model of workbench.forecast", "train again")
    return found  # type: ignore[return-value]


def write_json(file: Path, content: dict[str, Any]) -> None:
    """Write parameters as JSON."""
    file.write_text(json.dumps(content, ensure_ascii=False, indent=1, sort_keys=True), encoding="utf-8")


def read_json(file: Path) -> dict[str, Any]:
    """Read parameters back; UnreadableFile where the file is missing or damaged."""
    try:
        content: dict[str, Any] = json.loads(file.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise UnreadableFile(f"{file} cannot be read: {error}", "train again") from error
    return content
