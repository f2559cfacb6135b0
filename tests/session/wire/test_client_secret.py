"""Client secrets: asked for from a real server, used to open a session, and shown to nobody."""

from __future__ import annotations

import asyncio
import copy
import json
import logging
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest

import rtnb
from rtnb.errors import ConfigError, RefusedError, UnreachableError
from rtnb.session.wire.client_secret import ClientSecret, client_secret, client_secret_async, rest_url
from rtnb.session.wire.endpoint import Endpoint

KEY = "sk-very-secret-0123456789"


@pytest.fixture
def endpoint(server) -> Endpoint:
    return Endpoint(url=server.url, label="embedded server", key=server.key)


@contextmanager
def answering(status: int, body: bytes) -> Iterator[tuple[Endpoint, list[dict[str, object]]]]:
    """A server that answers everything alike and keeps what it was asked."""
    asked: list[dict[str, object]] = []

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            length = int(self.headers["Content-Length"])
            asked.append({"path": self.path, "body": json.loads(self.rfile.read(length)), **dict(self.headers)})
            self.send_response(status)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *arguments: object) -> None:
            pass

    running = HTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=running.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        url = f"ws://127.0.0.1:{running.server_port}/v1/realtime"
        yield Endpoint(url=url, label="it", key=KEY), asked
    finally:
        running.shutdown()
        thread.join()
        running.server_close()


def test_a_minted_secret_opens_a_session_with_its_settings(endpoint):
    def get_weather(city: str) -> str:
        """Say the weather."""
        return city

    secret = client_secret(
        endpoint,
        model="gpt-realtime-2.1",
        expires_s=60,
        settings={"instructions": "Be brief.", "voice": "cedar", "modalities": ["text"], "tools": [get_weather]},
    )
    assert secret.value.startswith("ek_")
    assert 0 < secret.expires_in_s <= 60
    assert secret.session["audio"]["output"]["voice"] == "cedar"
    with rtnb.connect(endpoint.url, model="gpt-realtime-2.1", key=secret.value) as s:
        assert s.config["instructions"] == "Be brief."
        assert s.config["tools"][0]["name"] == "get_weather"
        assert "42" in s.ask("What is 6 times 7?", show=False).text
        assert secret.value not in repr(list(s.events)) + repr(s)


def test_one_for_transcription(endpoint):
    settings = {"session": {"type": "transcription"}, "turn_detection": None}
    secret = client_secret(endpoint, model="gpt-4o-transcribe", settings=settings)
    assert secret.session["type"] == "transcription"
    assert secret.session["audio"]["input"]["transcription"]["model"] == "gpt-4o-transcribe"
    assert secret.url.endswith("?intent=transcription")


def test_on_the_running_loop(endpoint):
    secret = asyncio.run(client_secret_async(endpoint, settings={"instructions": "Hi."}))
    assert secret.session["instructions"] == "Hi."
    assert secret.url == f"{endpoint.address}?model=gpt-realtime-2.1"


def test_what_is_asked_for():
    answer = json.dumps({"value": "ek_1", "expires_at": 5, "session": {"type": "realtime"}}).encode()
    with answering(200, answer) as (endpoint, asked):
        secret = client_secret(endpoint, model="m", expires_s=10, settings={"voice": "cedar"})
    assert asked[0]["path"] == "/v1/realtime/client_secrets"
    assert asked[0]["Authorization"] == f"Bearer {KEY}"
    assert asked[0]["body"] == {
        "expires_after": {"anchor": "created_at", "seconds": 10},
        "session": {"type": "realtime", "audio": {"output": {"voice": "cedar"}}, "model": "m"},
    }
    assert secret.headers() == {"Authorization": "Bearer ek_1"}
    assert secret.expires_in_s == 0


@pytest.mark.parametrize("asking", [client_secret, lambda e, **o: asyncio.run(client_secret_async(e, **o))])
def test_a_refused_key(endpoint, asking):
    wrong = Endpoint(url=endpoint.url, label="it", key=KEY)
    with pytest.raises(RefusedError, match="pass key=") as refused:
        asking(wrong)
    assert refused.value.close_code == 401
    assert KEY not in str(refused.value)


def test_settings_that_the_server_refuses(endpoint):
    with pytest.raises(ConfigError, match="refuses the settings"):
        client_secret(endpoint, settings={"session": {"audio": {"output": {"voice": "nobody"}}}})


@pytest.mark.parametrize("expires_s", [9, 7201, 60.5, True, "60"])
def test_lifetimes_that_are_none(endpoint, expires_s):
    with pytest.raises(ConfigError, match="10 to 7200"):
        client_secret(endpoint, expires_s=expires_s)


def test_an_unknown_setting(endpoint):
    with pytest.raises(ConfigError, match="colour"):
        client_secret(endpoint, settings={"colour": "red"})


@pytest.mark.parametrize(
    ("status", "body", "error", "told"),
    [
        (404, b"<html>", RefusedError, "/v1/realtime"),
        (429, b"{}", RefusedError, "wait"),
        (503, b"", RefusedError, "try again"),
        (403, json.dumps({"error": {"message": f"{KEY} may not"}}).encode(), RefusedError, "rights"),
        (400, json.dumps({"error": {"message": f"Bad: Bearer {KEY}"}}).encode(), ConfigError, "refuses"),
        (200, b"[]", RefusedError, "not with a client secret"),
        (200, b'{"value": 5}', RefusedError, "not with a client secret"),
        (200, b"\xff\xfe", RefusedError, "not with a client secret"),
        (302, b"", RefusedError, "gives no client secret"),
        *(
            (200, b'{"value": "ek_1234", "expires_at": %s}' % time, RefusedError, "no Unix time")
            for time in (b"1e400", b"-1e400", b"NaN", b"1e300", b"-5", b"9" * 400)
        ),
    ],
)
def test_answers_that_are_none(status, body, error, told):
    with answering(status, body) as (endpoint, _), pytest.raises(error, match=told) as raised:
        client_secret(endpoint)
    assert KEY not in str(raised.value)


@pytest.mark.parametrize(
    "said", [b"SSH-2.0-OpenSSH_9.6\r\n", b"", b"HTTP/1.1 abc\r\n\r\n", b"HTTP/1.1 200 OK\r\nContent"]
)
def test_an_answer_that_is_no_http(said):
    with socket.create_server(("127.0.0.1", 0)) as listening:

        def answer() -> None:
            peer, _ = listening.accept()
            with peer:
                peer.recv(100_000)
                peer.sendall(said)
                peer.shutdown(socket.SHUT_WR)
                while peer.recv(100_000):
                    pass

        thread = threading.Thread(target=answer)
        thread.start()
        endpoint = Endpoint(url=f"ws://127.0.0.1:{listening.getsockname()[1]}/v1/realtime", label="it", key=KEY)
        with pytest.raises(RefusedError, match="POST /v1/realtime/client_secrets") as raised:
            client_secret(endpoint)
        thread.join()
    assert "Nobody" not in str(raised.value) and KEY not in str(raised.value)


def test_a_server_without_tls_is_told_apart():
    with answering(200, b"{}") as (plain, _):
        endpoint = Endpoint(url=plain.url.replace("ws:", "wss:"), label="it", key=KEY)
        with pytest.raises(UnreachableError, match="certificate"):
            client_secret(endpoint)


def test_two_models_cannot_both_be_meant(endpoint):
    with pytest.raises(ConfigError, match="leave one of them out"):
        client_secret(endpoint, model="gpt-realtime-mini", settings={"session": {"model": "gpt-realtime"}})
    heard = {"type": "transcription", "audio": {"input": {"transcription": {"model": "whisper-1"}}}}
    with pytest.raises(ConfigError, match="leave one of them out"):
        client_secret(endpoint, model="gpt-4o-transcribe", settings={"session": heard})
    same = client_secret(endpoint, model="gpt-realtime", settings={"session": {"model": "gpt-realtime"}})
    assert same.url.endswith("?model=gpt-realtime")


def test_a_model_is_quoted_in_the_address():
    body = b'{"value": "ek_1234", "expires_at": 1795000000.0}'
    with answering(200, body) as (endpoint, _):
        secret = client_secret(endpoint, model="a b&c=d#e/f")
    assert secret.url == f"{endpoint.url}?model=a%20b%26c%3Dd%23e%2Ff"
    assert secret.expires_at == 1795000000


def test_one_function_is_a_tool_as_in_connect(endpoint):
    def look_up(name: str) -> str:
        """Look up a name."""
        return name

    for tools in (look_up, [look_up]):
        (tool,) = client_secret(endpoint, settings={"tools": tools}).session["tools"]
        assert tool["name"] == "look_up" and "name" in tool["parameters"]["properties"]
    with pytest.raises(ConfigError, match="tools"):
        client_secret(endpoint, settings={"tools": 5})


def test_what_mcp_tools_log_in_with_is_sent_and_not_shown():
    mcp = {
        "type": "mcp",
        "server_label": "a",
        "server_url": "https://u:PASSW0RT@h.example/?token=T0KEN",
        "authorization": "L0GIN",
    }
    body = json.dumps({"value": "ek_1234", "expires_at": 1795000000, "session": {"tools": [mcp], "note": KEY}}).encode()
    with answering(200, body) as (endpoint, asked):
        secret = client_secret(endpoint, settings={"tools": [mcp]})
    assert asked[0]["body"]["session"]["tools"] == [mcp]
    shown = str(secret.session)
    assert not any(each in shown for each in ("PASSW0RT", "T0KEN", "L0GIN", KEY))
    assert secret.session["tools"][0]["server_label"] == "a"


def test_nobody_answers():
    with answering(200, b"{}") as (gone, _):
        pass
    with pytest.raises(UnreachableError, match="Nobody answers"):
        client_secret(gone)


@pytest.mark.parametrize("key", ["sk-a\nb-0123456789", "sk-ключ-0123456789"])
def test_a_key_that_http_cannot_carry_is_not_shown(key):
    with answering(200, b"{}") as (other, _):
        endpoint = Endpoint(url=other.url, label="it", key=key)
        with pytest.raises(ConfigError) as raised:
            client_secret(endpoint)
    assert "0123456789" not in str(raised.value)


def test_nothing_is_shown_or_logged(endpoint, caplog):
    with caplog.at_level(logging.DEBUG):
        secret = client_secret(endpoint)
    shown = f"{secret} {secret!r} {[secret]} {copy.copy(secret)}"
    assert secret.value not in shown + caplog.text
    assert endpoint.key not in shown + caplog.text
    assert "[hidden]" in shown


def test_a_time_that_no_clock_shows():
    assert "until 99999999999999999999" in repr(
        ClientSecret(value="ek_1", expires_at=99999999999999999999, session={}, url="ws://a/v1/realtime")
    )


def test_addresses():
    assert rest_url("wss://user:pass@h/openai/v1/realtime?api-version=1&model=m") == (
        "https://user:pass@h/openai/v1/realtime/client_secrets?api-version=1"
    )
