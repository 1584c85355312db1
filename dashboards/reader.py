"""How the request in hand wants to be answered: language, light or dark."""

import time
from dataclasses import dataclass
from typing import Any

from dashboards.auth import current_language, current_scheme, current_user
from workbench.present.words import LANGUAGES, Words
from workbench.settings import county


@dataclass(frozen=True)
class Reader:
    """The reader of a page."""

    words: Words
    dark: bool = False

    @property
    def language(self) -> str:
        """zh or en."""
        return self.words.language


def reader(query: dict[str, Any] | None = None) -> Reader:
    """`?lang=` in the address wins over the cookie; Chinese and light where nothing is said."""
    said = (query or {}).get("lang")
    language, scheme = said if said in LANGUAGES else current_language(), current_scheme()
    if current_user().name:
        _seen[language, scheme] = time.monotonic()
    return Reader(Words(language, county()["zone"]), scheme == "dark")


_seen: dict[tuple[str, str], float] = {}
LATELY = 3600.0


def lately() -> list[tuple[str, str]]:
    """Language and light of the people who read in the last hour; Chinese and light always, and first."""
    since = time.monotonic() - LATELY
    usual = (LANGUAGES[0], "light")
    return [usual, *sorted(kind for kind, at in _seen.copy().items() if at > since and kind != usual)]
