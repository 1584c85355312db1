"""Answers are packed where that helps, and say the same as unpacked ones."""

import re
from collections.abc import Callable

import httpx

SignedIn = Callable[..., httpx.Client]


def test_scripts_are_packed_and_the_same_unpacked(signed_in: SignedIn) -> None:
    """The renderer arrives at less than half its size, and twice in a row the same."""
    client = signed_in("viewer")
    path = re.search(r'src="(/_dash-component-suites/[^"]*dash_renderer[^"]*)"', client.get("/").text)
    assert path is not None
    plain = client.get(path[1], headers={"accept-encoding": "identity"})
    for _ in range(2):
        packed = client.get(path[1], headers={"accept-encoding": "gzip"})
        assert "gzip" == packed.headers["content-encoding"]
        assert int(packed.headers["content-length"]) < len(plain.content) / 2
        assert plain.content == packed.content
        assert "Accept-Encoding" in packed.headers["vary"]


def test_small_answers_and_forms_are_left_alone(signed_in: SignedIn) -> None:
    """Nothing to gain on a few bytes; a form's secret is never packed beside a reader's words."""
    client = signed_in("viewer")
    for path in ("/api/v1/me", "/account"):
        assert "content-encoding" not in client.get(path).headers
