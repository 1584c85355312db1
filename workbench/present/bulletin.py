"""A printed bulletin (公报) as PDF: sentence, figures, pictures and tables of any domain on A4, set by typst.

The same bulletin gives the same bytes: nothing of the clock, the machine or its fonts gets in. Texts reach the template
as data and are never run.
"""

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, Literal

from workbench.present import fonts
from workbench.present.words import Words

TEMPLATE = Path(__file__).with_suffix(".typ")
FACE = "Noto Sans CJK TC"
"""The name of the installed face; the language makes its characters mainland ones."""


@dataclass(frozen=True)
class Heading:
    """The title of what follows."""

    text: str
    kind: Literal["heading"] = "heading"


@dataclass(frozen=True)
class Text:
    """A paragraph; `small` for remarks."""

    text: str
    kind: Literal["text", "small"] = "text"


@dataclass(frozen=True)
class Facts:
    """At most four figures side by side: name, figure, unit, what belongs to it."""

    rows: Sequence[tuple[str, str, str, str]]
    kind: Literal["facts"] = "facts"


@dataclass(frozen=True)
class Table:
    """A table of texts; `numbers` are the columns set flush right."""

    heads: Sequence[str]
    body: Sequence[Sequence[str]]
    numbers: Sequence[int] = ()
    kind: Literal["table"] = "table"


@dataclass(frozen=True)
class Picture:
    """An SVG, see `present.drawing`, with the sentence below it."""

    svg: str
    caption: str
    kind: Literal["picture"] = "picture"


Part = Heading | Text | Facts | Table | Picture


@dataclass(frozen=True)
class Bulletin:
    """What is printed. `issuer` is the bureau, `under` the line below the title, `said` the sentence, `foot` the passport
    repeated on every page, `badges` such as 示意数据（非实测)."""  # noqa: E501

    title: str
    issuer: str
    under: str
    said: str
    foot: str
    parts: Sequence[Part] = ()
    badges: Sequence[str] = field(default=())

    def pdf(self, words: Words) -> bytes:
        """The bulletin as a PDF in the reader's language; MissingData where the face is not installed."""
        return bytes(self._set(words, "pdf")[0])

    def pages(self, words: Words) -> list[bytes]:
        """The same pages as PNG pictures."""
        return self._set(words, "png")

    def _set(self, words: Words, form: Literal["pdf", "png"]) -> list[bytes]:
        import typst

        language = {"face": FACE, "lang": words.language, "region": "cn" if words.zh else "gb"}
        told: dict[str, Any] = {**asdict(self), **language}
        made: bytes | list[bytes] = typst.compile(  # type: ignore[misc]  # of bytes: the stub names no such input
            TEMPLATE.read_bytes(), format=form, font_paths=[fonts.source().parent], ignore_system_fonts=True,
            sys_inputs={"bulletin": json.dumps(told, ensure_ascii=False, default=list)}, timestamp=0,
        )  # fmt: skip
        return made if isinstance(made, list) else [made]
