"""The way to the API, on this machine alone."""

from __future__ import annotations

import socket
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from rtnb.checkup import network
from rtnb.checkup.network import Route, Target, judge_route, route, target_of

API = Target("api.openai.com", 443, True, False)


@contextmanager
def answering(answer: bytes) -> Iterator[tuple[int, list[bytes]]]:
    """A server that answers everything alike, once."""
    heard: list[bytes] = []

    def serve() -> None:
        connection, _ = server.accept()
        with connection:
            heard.append(connection.recv(4096))
            connection.sendall(answer)

    with socket.create_server(("127.0.0.1", 0)) as server:
        threading.Thread(target=serve, daemon=True).start()
        yield server.getsockname()[1], heard


@pytest.fixture(autouse=True)
def no_proxy(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "http_proxy", "https_proxy", "all_proxy"):
        monkeypatch.delenv(name, raising=False)


def test_endpoints() -> None:
    assert target_of({"RTNB_ENDPOINT": "openai"}) == Target("api.openai.com", 443, True, True)
    assert target_of({"RTNB_ENDPOINT": "local"}) == API
    assert target_of({"RTNB_ENDPOINT": "wss://user:secret@host/v1"}) == Target("host", 443, True, True)
    assert target_of({"RTNB_ENDPOINT": "http://host"}) is None
    assert judge_route(route({"RTNB_ENDPOINT": "htp:/"}))[0].verdict == "problem"


def test_a_server_that_is_there_and_one_that_is_not() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        (finding,) = judge_route(route({"RTNB_ENDPOINT": f"ws://127.0.0.1:{port}/v1/realtime"}))
        assert finding.verdict == "ok"
    (finding,) = judge_route(route({"RTNB_ENDPOINT": f"ws://127.0.0.1:{port}/v1/realtime"}))
    assert finding.verdict == "problem" and finding.remedy.endswith(f"--port {port}")


def test_a_server_without_tls() -> None:
    with answering(b"HTTP/1.1 400 Bad Request\r\n\r\n") as (port, _):
        found = route({"RTNB_ENDPOINT": f"wss://localhost:{port}/"})
    assert found.failed == "tls" and "wss:// should be ws://" in judge_route(found)[0].remedy


def test_a_name_that_nobody_has() -> None:
    found = route({"RTNB_ENDPOINT": "wss://nobody.invalid/v1/realtime"})
    assert found.failed == "name"
    (finding,) = judge_route(found)
    assert finding.verdict == "problem" and "nobody.invalid" in finding.found


def test_a_certificate_that_is_not_trusted(monkeypatch: pytest.MonkeyPatch) -> None:
    def refused(self: ssl.SSLContext, *rest: object, **members: object) -> None:
        error = ssl.SSLCertVerificationError()
        error.verify_message = "self-signed certificate"
        raise error

    monkeypatch.setattr(ssl.SSLContext, "wrap_socket", refused)
    with socket.create_server(("127.0.0.1", 0)) as server:
        found = route({"RTNB_ENDPOINT": f"wss://localhost:{server.getsockname()[1]}/"})
    assert found.failed == "certificate" and "SSL_CERT_FILE" in judge_route(found)[0].remedy


def test_a_proxy_is_asked_for_a_tunnel_and_its_password_not_told(monkeypatch: pytest.MonkeyPatch) -> None:
    with answering(b"HTTP/1.1 407 Proxy Authentication Required\r\n\r\n") as (port, heard):
        monkeypatch.setenv("HTTPS_PROXY", f"http://user:secret@127.0.0.1:{port}")
        found = route({})
    assert heard[0].startswith(b"CONNECT api.openai.com:443 HTTP/1.1\r\n") and b"Proxy-Authorization" in heard[0]
    (finding,) = judge_route(found)
    assert finding.verdict == "note" and "407" in finding.found
    assert "secret" not in repr((found, finding))


@pytest.mark.parametrize("failed", ["name", "connection", "proxy", "certificate", "tls"])
def test_only_who_names_the_api_has_a_problem(failed: str) -> None:
    for named, verdict in ((False, "note"), (True, "problem")):
        target = Target("api.openai.com", 443, True, named)
        (finding,) = judge_route(Route(target, failed, "said"))  # type: ignore[arg-type]
        assert finding.verdict == verdict and finding.remedy


def test_no_key_is_sent(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", "sk-proj-Ab3dE6gH9jK2mN5pQ8rS1tU4vW7xY0zA")
    with answering(b"") as (port, heard):
        route({"RTNB_ENDPOINT": f"wss://localhost:{port}/v1/realtime"})
    assert b"sk-proj" not in b"".join(heard)
    assert network.TIMEOUT_S <= 3
