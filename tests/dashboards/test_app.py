"""The server as a whole: pages found by file, callbacks in threads, faults with a number, no TLS no serving."""

import json
import re
import ssl
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import dash
import httpx
import pytest
import uvicorn

from dashboards import app
from workbench.errors import InputError, Refused
from workbench.settings import PROJECT

SignedIn = Callable[..., httpx.Client]


def open_page(client: httpx.Client, path: str) -> httpx.Response:
    """Ask for a page's content as the browser does."""
    body = {
        "output": ".._pages_content.children..._pages_store.data..",
        "outputs": [{"id": "_pages_content", "property": "children"}, {"id": "_pages_store", "property": "data"}],
        "inputs": [
            {"id": "_pages_location", "property": "pathname", "value": path},
            {"id": "_pages_location", "property": "search", "value": ""},
        ],
        "changedPropIds": ["_pages_location.pathname"],
        "state": [],
    }
    return client.post("/_dash-update-component", json=body)


def test_each_file_of_pages_is_a_page(address: str) -> None:
    """Nothing else lists them."""
    files = {
        file.stem
        for file in (PROJECT / "dashboards" / "pages").glob("*.py")
        if "register_page" in file.read_text(encoding="utf-8")
    }
    assert files == {name.split(".")[-1] for name in dash.page_registry}


def test_every_page_opens_in_an_empty_home(signed_in: SignedIn) -> None:
    """No page ends in a fault where there is nothing to show."""
    client = signed_in("viewer")
    for page in dash.page_registry.values():
        answer = open_page(client, page["path"])
        assert 200 == answer.status_code
        assert "编号" not in json.dumps(answer.json(), ensure_ascii=False), page["path"]


def test_callbacks_do_not_wait_for_one_another(signed_in: SignedIn, monkeypatch: pytest.MonkeyPatch) -> None:
    """Two slow pages at once take as long as one, and a third request is answered meanwhile."""
    client = signed_in("viewer")
    barrier = threading.Barrier(2, timeout=20)

    def slow() -> str:
        barrier.wait()  # passes only if two are in here at the same time
        return "done"

    monkeypatch.setitem(next(iter(dash.page_registry.values())), "layout", lambda **_: slow())
    path = next(iter(dash.page_registry.values()))["path"]
    with ThreadPoolExecutor(2) as pool:
        answers = [future.result() for future in [pool.submit(open_page, client, path) for _ in range(2)]]
    assert ["done", "done"] == [answer.json()["response"]["_pages_content"]["children"] for answer in answers]


def test_a_callback_knows_its_user(signed_in: SignedIn, monkeypatch: pytest.MonkeyPatch) -> None:
    """Who asks travels into the thread, and two at once are not mixed up."""
    from dashboards.auth import current_user

    page = next(iter(dash.page_registry.values()))
    monkeypatch.setitem(page, "layout", lambda **_: (time.sleep(0.05), current_user().name)[1])
    clients = [signed_in("viewer"), signed_in("analyst")]
    with ThreadPoolExecutor(4) as pool:
        answers = list(pool.map(lambda client: open_page(client, page["path"]).text, clients * 3))
    assert all(
        ("viewer-1" in text, "analyst-2" in text) == ((True, False), (False, True))[i % 2]
        for i, text in enumerate(answers)
    )


def test_a_fault_in_a_page_shows_a_number_and_keeps_the_trace_in_the_log(
    signed_in: SignedIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The reader can quote it; the log has the rest."""
    from workbench.operate import log

    def broken(**_: object) -> str:
        raise ZeroDivisionError("a secret detail")

    kept: list[tuple[str, BaseException]] = []
    real = log.fault
    monkeypatch.setattr(log, "fault", lambda error: (kept.append((real(error), error)), kept[-1][0])[1])
    page = next(iter(dash.page_registry.values()))
    monkeypatch.setitem(page, "layout", broken)
    answer = open_page(signed_in("viewer"), page["path"])
    assert 200 == answer.status_code
    assert "secret" not in answer.text
    assert "Traceback" not in answer.text
    assert kept[0][0] in answer.text
    assert isinstance(kept[0][1], ZeroDivisionError)


def test_an_error_of_ours_in_a_page_is_said_in_words(signed_in: SignedIn, monkeypatch: pytest.MonkeyPatch) -> None:
    """Message and hint, no number."""

    def refused(**_: object) -> str:
        raise Refused("not for you", "ask somebody")

    page = next(iter(dash.page_registry.values()))
    monkeypatch.setitem(page, "layout", refused)
    text = open_page(signed_in("viewer"), page["path"]).text
    assert "not for you" in text
    assert "ask somebody" in text


def test_nothing_is_fetched_from_elsewhere(signed_in: SignedIn) -> None:
    """Every script and style is served by this server, fonts included."""
    client = signed_in("viewer")
    for url in re.findall(r'(?:src|href)="([^"]+\.(?:js|css|mjs)[^"]*)"', client.get("/").text):
        answer = client.get(url)
        assert 200 == answer.status_code, url
        if ".css" in url:
            assert [] == re.findall(r"(?:@import|url\()\s*[\"']?(?:https?:)?//", answer.text), url


@pytest.mark.parametrize("host", ["0.0.0.0", "192.168.1.10", "::", "county.example"])
def test_serving_others_without_tls_is_refused(home: Path, host: str) -> None:
    """Passwords do not travel in the clear unless told to."""
    with pytest.raises(Refused, match="without TLS would send passwords in the clear"):
        app.serve(host)


def test_a_certificate_needs_its_key_and_both_their_files(home: Path) -> None:
    """Said before anything is started."""
    with pytest.raises(InputError, match="both a certificate and a key"):
        app.serve(certfile="a.pem")
    with pytest.raises(InputError, match=r"no file a\.pem"):
        app.serve(certfile="a.pem", keyfile="b.pem")


def test_under_tls_cookies_are_secure_and_browsers_are_told_to_stay(home: Path, tmp_path: Path) -> None:
    """A certificate by file: the session never travels in the clear again."""
    from workbench.operate import users

    certificate(tmp_path)
    with running(ssl_certfile=str(tmp_path / "cert.pem"), ssl_keyfile=str(tmp_path / "key.pem")) as port:
        trust = ssl.create_default_context(cafile=str(tmp_path / "cert.pem"))
        form = {"name": "li", "password": users.add("li").password}
        answer = httpx.post(f"https://localhost:{port}/sign-in", data=form, verify=trust)
    assert all("Secure" in cookie for cookie in answer.headers.get_list("set-cookie"))
    assert answer.headers["strict-transport-security"].startswith("max-age=")


def test_behind_a_proxy_the_readers_address_and_scheme_count(home: Path) -> None:
    """`X-Forwarded-*` of the proxy on this machine is believed when the setting says so, else not."""
    from workbench.operate import audit

    forwarded = {"x-forwarded-for": "10.1.2.3", "x-forwarded-proto": "https"}
    for believed, address in ((True, "10.1.2.3"), (False, "127.0.0.1")):
        with running(proxy_headers=believed) as port:
            httpx.post(f"http://127.0.0.1:{port}/sign-in", data={"name": "x"}, headers=forwarded)
        assert address == audit.entries(event="sign-in")["address"][0]


@contextmanager
def running(**options: Any) -> Iterator[int]:
    """The server with other options than usual; its port."""
    server = uvicorn.Server(uvicorn.Config(app.create_app(), port=0, log_level="error", **options))
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    while not server.started:
        time.sleep(0.02)
    try:
        yield server.servers[0].sockets[0].getsockname()[1]
    finally:
        server.should_exit = True
        thread.join(10)


def certificate(folder: Path) -> None:
    """A self-signed certificate for localhost: `cert.pem` and `key.pem`."""
    from cryptography import x509
    from cryptography.hazmat.primitives import hashes, serialization
    from cryptography.hazmat.primitives.asymmetric import ec

    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "localhost")])
    start = datetime.now(UTC) - timedelta(days=1)
    made = (
        x509.CertificateBuilder(
            name, name, key.public_key(), x509.random_serial_number(), start, start + timedelta(days=9)
        )
        .add_extension(x509.SubjectAlternativeName([x509.DNSName("localhost")]), critical=False)
        .sign(key, hashes.SHA256())
    )
    plain = (serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    (folder / "key.pem").write_bytes(key.private_bytes(*plain))
    (folder / "cert.pem").write_bytes(made.public_bytes(serialization.Encoding.PEM))
