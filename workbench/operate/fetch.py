"""Fetching from remote sources with patience and manners: time limits, back-off with jitter, a rate, a size bound.

What may pass by itself is tried again — no connection, a time-out, an answer cut short, 429 and 5xx; what will not —
any other refusal — is told at once. `Retry-After` is obeyed up to `Patience.longest`.
"""

import random
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING

from workbench.errors import SourceFailed
from workbench.settings import now

if TYPE_CHECKING:
    import httpx

PASSING = (408, 425, 429, 500, 502, 503, 504)


@dataclass(frozen=True)
class Patience:
    """How long and how often to try. Seconds, bytes, and requests a minute."""

    tries: int = 5
    pause: float = 1.0  # before the second try; doubled each time, give or take half
    longest: float = 120.0  # wait between two tries
    timeout: float = 30.0
    largest: int = 64 << 20
    per_minute: float = 60.0


class Fetcher:
    """One source's client: keeps its rate between calls. Use as a context manager."""

    def __init__(self, source: str, patience: Patience) -> None:
        import httpx

        self.source, self.patience = source, patience
        self._last = float("-inf")
        self._client = httpx.Client(
            timeout=patience.timeout, follow_redirects=True, headers={"User-Agent": "county-workbench"}
        )

    def __enter__(self) -> "Fetcher":
        return self

    def __exit__(self, *_: object) -> None:
        self._client.close()

    def get(
        self,
        url: str,
        params: Mapping[str, str] | None = None,
        headers: Mapping[str, str] | None = None,
        check: Callable[[bytes], None] | None = None,
    ) -> bytes:
        """The answer's body. `check` raises ValueError for one that was cut. SourceFailed after the last try."""
        import httpx

        trouble = ""
        for attempt in range(self.patience.tries):
            self._keep_rate()
            wait: float | None = None
            try:
                with self._client.stream("GET", url, params=params or None, headers=headers) as answer:
                    if answer.status_code in PASSING:
                        trouble = f"answered {answer.status_code}"
                        wait = _asked_to_wait(answer.headers.get("retry-after", ""))
                    elif answer.is_success:
                        body = self._read(answer)
                        if check:
                            check(body)
                        return body
                    else:
                        answer.read()
                        raise SourceFailed(
                            f"{self.source}: {_host(url)} refused ({answer.status_code}): {answer.text[:200].strip()}",
                            "mend the request: its address, its parameters or its key",
                        )
            except httpx.TimeoutException:
                trouble = f"no answer within {self.patience.timeout:g} s"
            except httpx.InvalidURL as error:
                raise SourceFailed(f"{self.source}: no valid address ({error})", "mend it in the catalogue") from None
            except httpx.HTTPError as error:
                trouble = f"connection failed ({str(error) or type(error).__name__})"
            except ValueError as error:
                trouble = f"the answer was cut short or damaged ({error})"
            self._pause(attempt, wait, trouble)
        raise SourceFailed(
            f"{self.source}: {_host(url)} failed {self.patience.tries} times; at last: {trouble}",
            "check the network; a file fetched elsewhere can be brought in with `workbench ingest`",
        )

    def _read(self, answer: "httpx.Response") -> bytes:
        body = bytearray()
        for chunk in answer.iter_bytes():
            body += chunk
            if len(body) > self.patience.largest:
                raise SourceFailed(
                    f"{self.source}: the answer is larger than {self.patience.largest >> 20} MiB",
                    "ask for a shorter time",
                )
        return bytes(body)

    def _keep_rate(self) -> None:
        free = self._last + 60 / self.patience.per_minute
        if (left := free - time.monotonic()) > 0:
            time.sleep(left)
        self._last = time.monotonic()

    def _pause(self, attempt: int, wait: float | None, trouble: str) -> None:
        if attempt == self.patience.tries - 1:
            return
        if wait is not None and wait > self.patience.longest:
            raise SourceFailed(
                f"{self.source}: {trouble} and asks to wait {wait:,.0f} s",
                "pull again later, or ask for less at a time",
            )
        backoff = self.patience.pause * 2**attempt * random.uniform(0.5, 1.5)  # noqa: S311  jitter
        time.sleep(min(self.patience.longest, max(backoff, wait or 0.0)))


def _asked_to_wait(text: str) -> float | None:
    """Seconds of a Retry-After header, given as seconds or as a date; None where it says neither.

    >>> _asked_to_wait("12"), _asked_to_wait("soon")
    (12.0, None)
    """
    try:
        return max(0.0, float(text))
    except ValueError:
        pass
    try:
        return max(0.0, (parsedate_to_datetime(text) - now()).total_seconds())
    except (ValueError, TypeError):
        return None


def _host(url: str) -> str:
    return url.split("?")[0]
