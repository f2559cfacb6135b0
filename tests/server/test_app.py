"""Who is let in."""

from __future__ import annotations

import json
import urllib.error
import urllib.request

import pytest
from support.wire import Wire
from websockets.exceptions import InvalidStatus

from rtnb.server import EmbeddedServer


def http(server: EmbeddedServer, path: str, **headers: str) -> tuple[int, str]:
    url = server.url.replace("ws://", "http://").replace("/v1/realtime", path)
    try:
        with urllib.request.urlopen(urllib.request.Request(url, headers=headers), timeout=10) as answer:
            return answer.status, answer.read().decode()
    except urllib.error.HTTPError as error:
        return error.code, error.read().decode()


def test_http_and_websocket_share_the_port(server: EmbeddedServer) -> None:
    status, body = http(server, "/healthz")
    assert status == 200 and json.loads(body) == {"status": "ok", "voices": "ready"}


def test_no_key_at_all_is_told_so_and_closed(server: EmbeddedServer) -> None:
    with Wire(server.url) as wire:
        error = wire.next()["error"]
        assert (error["code"], error["message"]) == (None, "Missing bearer or basic authentication in header")
        assert wire.closing() == (3000, "invalid_request_error")


def test_a_wrong_key_is_told_so_and_closed(server: EmbeddedServer) -> None:
    with Wire(server.url, key="sk-wrong") as wire:
        error = wire.next()["error"]
        assert error["code"] == "invalid_api_key"
        assert error["message"].startswith("Incorrect API key provided: ")
        assert "sk-wrong" not in error["message"]
        assert wire.closing() == (3000, "invalid_request_error.invalid_api_key")


def test_a_browser_hands_its_key_over_as_a_subprotocol(server: EmbeddedServer) -> None:
    protocols = ["realtime", f"openai-insecure-api-key.{server.key}"]
    with Wire(server.url, subprotocols=protocols) as wire:
        assert wire.next()["type"] == "session.created"
        assert wire.socket.subprotocol == "realtime"


def test_without_a_model_there_is_no_session(server: EmbeddedServer) -> None:
    with Wire(server.url, key=server.key, model=None) as wire:
        assert wire.next()["error"]["code"] == "missing_model"
        assert wire.closing() == (4000, "invalid_request_error.missing_model")


@pytest.mark.parametrize("headers", [{"Origin": "https://evil.example"}, {"Origin": "null"}, {"Host": "evil.example"}])
def test_foreign_pages_are_refused(server: EmbeddedServer, headers: dict[str, str]) -> None:
    assert http(server, "/healthz", **headers)[0] == 403
    if "Origin" in headers:
        with pytest.raises(InvalidStatus) as refused:
            Wire(server.url, key=server.key, headers=headers)
        assert refused.value.response.status_code == 403


@pytest.mark.parametrize("origin", ["http://localhost:8888", "http://127.0.0.1:8888", "https://[::1]"])
def test_pages_of_this_machine_are_let_in(server: EmbeddedServer, origin: str) -> None:
    with Wire(server.url, key=server.key, headers={"Origin": origin}) as wire:
        assert wire.next()["type"] == "session.created"
