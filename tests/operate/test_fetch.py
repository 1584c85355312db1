"""Fetching with patience, against a server on this machine that misbehaves on purpose."""

from collections.abc import Callable
from datetime import timedelta
from email.utils import format_datetime
from typing import Any

import pytest

from workbench.errors import SourceFailed
from workbench.operate.fetch import Fetcher, Patience
from workbench.settings import now

QUICK = Patience(tries=4, pause=0.01, timeout=0.3, per_minute=600_000)


def fetch(remote: Any, patience: Patience = QUICK, check: Callable[[bytes], None] | None = None) -> bytes:
    with Fetcher("test", patience) as fetcher:
        return fetcher.get(f"{remote.url}/data", {"a": "1"}, {"X-Key": "k"}, check)


def test_an_answer_is_handed_over_with_parameters_and_headers_sent(remote: Any) -> None:
    """The plain case."""
    remote.say(b"hello")
    assert b"hello" == fetch(remote)
    path, headers, _ = remote.asked[0]
    assert ("/data?a=1", "k") == (path, headers["X-Key"])


@pytest.mark.parametrize("trouble", [{"status": 500}, {"status": 503}, {"status": 429}, {"cut": True}, {"slow": 0.6}])
def test_what_may_pass_is_tried_again(remote: Any, trouble: dict[str, Any]) -> None:
    """A server's fault, too many requests, a connection cut short, a time-out: the third try succeeds."""
    remote.say(b"x" * 100, **trouble)
    remote.say(b"x" * 100, **trouble)
    remote.say(b"hello")
    assert b"hello" == fetch(remote)
    assert 3 == len(remote.asked)


def test_after_the_last_try_the_last_trouble_is_told(remote: Any) -> None:
    """Where, how often, what; and what can be done without the network."""
    remote.say(b"", status=502)
    with pytest.raises(SourceFailed, match=r"test: http://127.* failed 4 times; at last: answered 502") as failed:
        fetch(remote)
    assert 4 == len(remote.asked)
    assert "workbench ingest" in failed.value.hint


def test_a_time_out_and_a_dead_host_are_told_apart(remote: Any) -> None:
    """Seconds for the one, the connection for the other."""
    remote.say(b"", slow=0.5)
    with pytest.raises(SourceFailed, match=r"no answer within 0\.1 s"):
        fetch(remote, Patience(tries=1, timeout=0.1, per_minute=600_000))
    with Fetcher("test", QUICK) as fetcher, pytest.raises(SourceFailed, match="connection failed"):
        fetcher.get("http://127.0.0.1:9/")


def test_a_plain_refusal_is_not_asked_again(remote: Any) -> None:
    """400 with its reason, once."""
    remote.say(b'{"error":true,"reason":"no such variable"}', status=400)
    with pytest.raises(SourceFailed, match=r'refused \(400\): \{"error":true,"reason":"no such variable"\}'):
        fetch(remote)
    assert 1 == len(remote.asked)


@pytest.mark.parametrize("as_date", [False, True])
def test_retry_after_is_obeyed(remote: Any, as_date: bool) -> None:
    """As seconds and as a date; longer than the back-off would have been."""
    text = format_datetime(now() + timedelta(seconds=2)) if as_date else "0.4"
    remote.say(b"", status=429, headers={"Retry-After": text})
    remote.say(b"hello")
    assert b"hello" == fetch(remote)
    assert remote.asked[1][2] - remote.asked[0][2] >= 0.35


def test_a_wait_beyond_patience_is_told_instead_of_sat_out(remote: Any) -> None:
    """An hour is the schedule's business."""
    remote.say(b"", status=429, headers={"Retry-After": "3600"})
    with pytest.raises(SourceFailed, match="answered 429 and asks to wait 3,600 s"):
        fetch(remote)


def test_back_off_grows(remote: Any) -> None:
    """Give or take half, the third pause is four times the first."""
    remote.say(b"", status=500)
    with pytest.raises(SourceFailed):
        fetch(remote, Patience(tries=4, pause=0.05, per_minute=600_000))
    at = [when for *_, when in remote.asked]
    assert at[1] - at[0] < 0.15
    assert at[3] - at[2] >= 0.1


def test_the_rate_is_kept(remote: Any) -> None:
    """Five requests at 600 a minute take at least four tenths of a second."""
    remote.say(b"hello")
    with Fetcher("test", Patience(per_minute=600)) as fetcher:
        for _ in range(5):
            fetcher.get(remote.url)
    assert remote.asked[-1][2] - remote.asked[0][2] >= 0.38


def test_an_answer_without_end_is_stopped(remote: Any) -> None:
    """A bound on bytes."""
    remote.say(b"x" * 300_000)
    with pytest.raises(SourceFailed, match="larger than"):
        fetch(remote, Patience(largest=1 << 17))


def test_a_body_that_fails_its_check_is_fetched_again(remote: Any) -> None:
    """JSON cut by a proxy arrives with a true length: only parsing tells."""
    import json

    remote.say(b'{"a": [1, 2')
    remote.say(b'{"a": [1, 2]}')
    assert b'{"a": [1, 2]}' == fetch(remote, check=lambda body: json.loads(body) and None)
    remote.answers.clear()
    remote.say(b'{"a": [1, 2')
    with pytest.raises(SourceFailed, match="the answer was cut short or damaged"):
        fetch(remote, check=lambda body: json.loads(body) and None)
