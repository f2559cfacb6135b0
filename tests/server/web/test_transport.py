"""Sockets that never become requests, too many of them, and the end of the server."""

from __future__ import annotations

import logging
import random
import time
from contextlib import ExitStack
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from support.raw import RawSocket, frame
from support.wire import Wire

from rtnb.server.options import Limits
from rtnb.server.web import running
from rtnb.server.web.transport import QuietLog

QUICK = settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


@pytest.mark.parametrize("start", [b"", b"GET /v1/realtime HTTP/1.1\r\nHost: 127.0.0.1\r\n", b"\x16\x03\x01"])
def test_half_a_handshake_is_not_waited_for(serve: Any, start: bytes) -> None:
    served = serve(limits=Limits(handshake_s=0.3))
    with RawSocket(served.port) as raw:
        raw.send(start)
        raw.rest()
    # What made a request in time is not cut off.
    with Wire(served.url) as wire:
        wire.next()
        time.sleep(0.5)
        wire.ask({"type": "input_audio_buffer.clear"}, "input_audio_buffer.cleared")


def test_nor_is_half_of_another_request(serve: Any) -> None:
    served = serve(limits=Limits(handshake_s=0.3))
    with RawSocket(served.port) as raw:
        raw.send(f"GET /healthz HTTP/1.1\r\nHost: 127.0.0.1:{served.port}\r\n\r\n".encode())
        assert raw.socket.recv(65536).startswith(b"HTTP/1.1 200 ")
        raw.send(b"GET /healthz HTTP/1.1\r\n")
        raw.rest()


def test_too_many_connections_are_refused_and_those_that_are_open_go_on(serve: Any) -> None:
    served = serve(limits=Limits(connections=4))
    with ExitStack() as stack:
        wires = [stack.enter_context(Wire(served.url)) for _ in range(4)]
        for wire in wires:
            wire.next()
        with RawSocket(served.port) as raw:
            assert b" 503 " in raw.handshake()
        assert served.http("GET", "/healthz").status_code == 503
        idle = [stack.enter_context(RawSocket(served.port)) for _ in range(10)]
        assert idle[-1].rest() == b""
        for wire in wires:
            wire.ask({"type": "input_audio_buffer.clear"}, "input_audio_buffer.cleared")


def test_who_answers_no_ping_is_gone(serve: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(running, "PING_S", 0.1)
    monkeypatch.setattr(running, "PONG_S", 0.2)
    served = serve()
    with RawSocket(served.port) as raw, Wire(served.url) as wire:
        raw.handshake()
        rest = raw.rest()
        assert b"\x89\x04" in rest and (1011).to_bytes(2, "big") in rest
        # A client that answers stays.
        wire.next()
        wire.ask({"type": "input_audio_buffer.clear"}, "input_audio_buffer.cleared")


def test_a_flood_of_refusals_leaves_no_line_in_the_log(serve: Any, caplog: pytest.LogCaptureFixture) -> None:
    served = serve(api_key="sesame", limits=Limits(connections=40))
    log = logging.getLogger("uvicorn.error")
    log.addHandler(caplog.handler)
    before = log.level
    log.setLevel(logging.WARNING)
    try:
        for _ in range(10):
            for path, headers in (
                ("/v1/nowhere", {}),
                ("/openai/v1/realtime?model=m", {}),
                ("/v1/realtime?model=foo-bar", {}),
                ("/v1/realtime?model=m", {"Origin": "https://evil.example"}),
                ("/v1/realtime?model=m", {"Sec-WebSocket-Version": "8"}),
                ("/v1/realtime?model=m", {"Upgrade": "h2c"}),
            ):
                with RawSocket(served.port) as raw:
                    assert raw.handshake(path, **headers).startswith(b"HTTP/1.1 ")
            with RawSocket(served.port) as raw:
                raw.send(b"nonsense\r\n\r\n")
                assert b" 400 " in raw.rest()
    finally:
        log.removeHandler(caplog.handler)
        served.server.stop()
        log.setLevel(before)
    assert [record.getMessage() for record in caplog.records if record.name.startswith(("uvicorn", "rtnb"))] == []


def test_when_the_server_stops_it_says_so(serve: Any) -> None:
    served = serve()
    with Wire(served.url) as wire:
        wire.next()
        served.server.stop()
        assert wire.closing() == (1001, "The server is shutting down.")


def test_it_stops_although_a_client_never_reads(serve: Any) -> None:
    served = serve()
    with RawSocket(served.port, receive_bytes=4096) as raw:
        raw.handshake()
        audio = "A" * 2_000_000
        content = [{"type": "input_audio", "audio": audio}]
        item = f'{{"id":"mine","type":"message","role":"user","content":{content}}}'.replace("'", '"')
        raw.send(frame(f'{{"type":"conversation.item.create","item":{item}}}'.encode()))
        raw.send(frame(b'{"type":"conversation.item.retrieve","item_id":"mine"}') * 5)
        begun = time.monotonic()
        served.server.stop()
        assert time.monotonic() - begun < 20


@QUICK
@given(st.binary(max_size=300), st.booleans())
def test_whatever_bytes_come_others_are_served(shared: Any, data: bytes, upgraded: bool) -> None:
    with RawSocket(shared.port) as raw:
        if upgraded:
            raw.handshake()
        raw.send(data)
    with Wire(shared.url) as wire:
        assert wire.next()["type"] == "session.created"


@QUICK
@given(st.lists(st.tuples(st.binary(max_size=40), st.integers(0, 15), st.booleans(), st.booleans()), max_size=6))
def test_whatever_frames_come_others_are_served(shared: Any, frames: list[tuple[bytes, int, bool, bool]]) -> None:
    with RawSocket(shared.port) as raw:
        raw.handshake()
        raw.send(b"".join(frame(data, opcode, last=last, masked=masked) for data, opcode, last, masked in frames))
    with Wire(shared.url) as wire:
        assert wire.next()["type"] == "session.created"


@pytest.fixture
def shared(serve: Any) -> Any:
    return serve()


def test_the_log_says_nothing_of_what_clients_send() -> None:
    quiet = QuietLog()

    def record(level: int, error: BaseException | None = None) -> logging.LogRecord:
        info = (type(error), error, None) if error is not None else None
        return logging.LogRecord("uvicorn.error", level, __file__, 1, "told", (), info)

    assert not quiet.filter(record(logging.DEBUG)) and not quiet.filter(record(logging.INFO))
    assert not quiet.filter(record(logging.ERROR, UnicodeDecodeError("utf-8", b"", 0, 1, "bad")))
    assert not quiet.filter(logging.makeLogRecord({"levelno": logging.WARNING, "msg": "Exceeded concurrency limit."}))
    assert quiet.filter(record(logging.ERROR)) and quiet.filter(record(logging.ERROR, ValueError("ours")))


def test_a_long_secret_comes_through_in_a_header_and_in_a_subprotocol(serve: Any) -> None:
    served = serve()
    numbers = random.Random(1)
    words = " ".join(str(numbers.randrange(10**6)) for _ in range(3500))
    answer = served.http(
        "POST", "/v1/realtime/client_secrets", json={"session": {"type": "realtime", "instructions": words}}
    )
    value = answer.json()["value"]
    # More than websockets takes in a line.
    assert len(value) > 9000
    with Wire(served.url, key=value, model=None) as wire:
        assert wire.next()["session"]["instructions"] == words
    offered = ["realtime", f"openai-insecure-api-key.{value}"]
    with Wire(served.url, model=None, subprotocols=offered) as wire:
        assert wire.next()["session"]["instructions"] == words
        assert wire.socket.subprotocol == "realtime"


def test_a_head_that_is_too_long_is_refused(serve: Any) -> None:
    served = serve()
    assert served.http("GET", "/v1/models", headers={"x-long": "x" * 40_000}).status_code == 200
    with RawSocket(served.port) as raw:
        raw.send(b"GET /v1/models HTTP/1.1\r\nX-Long: " + b"x" * 100_000)
        assert raw.rest().startswith(b"HTTP/1.1 400 ")
