"""How the request in hand wants to be answered: language, light or dark."""

from dataclasses import dataclass
from typing import Any

import dash

from dashboards.auth import current_language
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
    language = said if said in LANGUAGES else current_language()
    return Reader(Words(language, county()["zone"]), _scheme() == "dark")


def _scheme() -> str:
    """The `scheme` cookie that `assets/prelude.js` keeps; light outside of a request."""
    try:
        cookies = dash.get_app().backend.request_adapter().cookies
    except Exception:  # dash says "no app" and "no request" with the plainest of exceptions
        return "light"
    return str(cookies.get("scheme", "light"))
