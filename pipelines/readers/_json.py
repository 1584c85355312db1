"""JSON from a file: parsed within bounds, with errors that say where."""

import json
from typing import Any

from workbench.errors import UnreadableFile
from workbench.lake.files import SourceFile


def looks_like(file: SourceFile) -> bool:
    """True where the first sign of a text file opens a list or an object."""
    return file.kind == "text" and file.data[:256].lstrip(b"\xef\xbb\xbf\xff\xfe\x00 \r\n\t")[:1] in (b"[", b"{")


def load(file: SourceFile) -> Any:
    """The document. UnreadableFile where it is cut, damaged or nested too deeply."""
    try:
        return json.loads(file.text())
    except json.JSONDecodeError as error:
        raise UnreadableFile(
            f"{file.name}: JSON is cut or damaged at line {error.lineno}, column {error.colno} ({error.msg})",
            "fetch it again",
        ) from None
    except (RecursionError, ValueError) as error:
        raise UnreadableFile(
            f"{file.name}: JSON nested too deeply or with an endless number ({str(error)[:80]})", "this is no data file"
        ) from None
