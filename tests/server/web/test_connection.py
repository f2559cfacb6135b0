"""One socket: its shape, its limits, its end."""

from __future__ import annotations

import base64
import json
import logging
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import orjson
import pytest
from support.raw import RawSocket, frame
from support.wire import Wire, types
from websockets.exceptions import InvalidStatus

from rtnb.server.answer.delivery import Delivery
from rtnb.server.options import Limits
from rtnb.server.web import limits

BETA = {"OpenAI-Beta": "realtime=v1"}


def eventually(what: Callable[[], bool], timeout_s: float = 20.0) -> None:
    end = time.monotonic() + timeout_s
    while not what():
        assert time.monotonic() < end, "it never came to be"
        time.sleep(0.02)


# Shapes


def test_a_client_of_the_beta_is_served_in_its_shape(serve: Any) -> None:
    served = serve()
    with Wire(served.url, model="gpt-4o-realtime-preview", headers=BETA) as wire:
        created = wire.next()["session"]
        assert created["voice"] and "modalities" in created and "audio" not in created
        update = {"type": "session.update", "session": {"modalities": ["text"], "instructions": "Be brief."}}
        assert wire.ask(update, "session.updated", "error")["session"]["modalities"] == ["text"]
        item = {"type": "message", "role": "user", "content": [{"type": "input_text", "text": "What is 6 times 7?"}]}
        wire.ask({"type": "conversation.item.create", "item": item}, "conversation.item.created")
        wire.ask({"type": "response.create"}, "response.done")
        assert "response.text.delta" in types(wire.seen)
        wrong = {"type": "session.update", "event_id": "e1", "session": {"voice": 7}}
        error = wire.ask(wrong, "error")["error"]
        assert (error["param"], error["event_id"]) == ("session.voice", "e1")


@pytest.mark.parametrize("ways", [{"headers": BETA}, {"subprotocols": ["realtime", "openai-beta.realtime-v1"]}])
def test_a_client_of_the_beta_may_be_refused_as_the_live_service_does(serve: Any, ways: dict[str, Any]) -> None:
    with Wire(serve(beta="reject").url, **ways) as wire:
        error = wire.next()["error"]
        assert error["message"].startswith("The Realtime Beta API is no longer supported.")
        assert wire.closing() == (4000, "invalid_request_error.beta_api_shape_disabled")
        assert len(wire.seen) == 1


def test_or_answered_in_the_other_shape(serve: Any) -> None:
    with Wire(serve(beta="ignore").url, headers=BETA) as wire:
        assert wire.next()["session"]["type"] == "realtime"


def test_azures_paths(serve: Any) -> None:
    served = serve(api_key="sesame")
    root = served.url.removesuffix("/v1/realtime")
    with Wire(root + "/openai/v1/realtime?model=mine", model=None, headers={"api-key": "sesame"}) as wire:
        assert wire.next()["session"]["model"] == "mine"
    old = root + "/openai/realtime?api-version=2024-10-01-preview&deployment=mine"
    with Wire(old, model=None, headers={"api-key": "sesame"}) as wire:
        assert "modalities" in wire.next()["session"]
    with pytest.raises(InvalidStatus) as refused:
        Wire(root + "/openai/v1/realtime")
    assert refused.value.response.status_code == 401


@pytest.mark.parametrize(
    "path", ["/v1/realtime/translations?model=gpt-realtime-translate", "/v1/realtime?call_id=rtc_1"]
)
def test_calls_and_translations_are_told_and_closed(serve: Any, path: str) -> None:
    with Wire(serve().url.removesuffix("/v1/realtime") + path, model=None) as wire:
        assert wire.next()["error"]["code"] == "not_implemented"
        assert wire.closing() == (4000, "invalid_request_error.not_implemented")


def test_a_path_that_is_none(serve: Any) -> None:
    with pytest.raises(InvalidStatus) as refused:
        Wire(serve().url + "s")
    response = refused.value.response
    assert response.status_code == 404 and json.loads(response.body)["error"]["code"] == "unknown_url"


@pytest.mark.parametrize(("offered", "chosen"), [(["realtime", "x"], "realtime"), (["x", "y"], None), (None, None)])
def test_the_subprotocol(serve: Any, offered: list[str] | None, chosen: str | None) -> None:
    with Wire(serve().url, subprotocols=offered) as wire:
        assert wire.socket.subprotocol == chosen and wire.next()["type"] == "session.created"


# Ends


def test_at_its_longest_a_session_is_told_and_closed(serve: Any) -> None:
    with Wire(serve(limits=Limits(session_s=0.3)).url) as wire:
        created = wire.next()
        assert created["session"]["expires_at"] <= time.time() + 1
        error = wire.until("error")["error"]
        assert (error["type"], error["code"]) == ("invalid_request_error", "session_expired")
        assert error["message"] == "Your session hit the maximum duration of 0.005 minutes."
        assert wire.closing() == (1001, error["message"])


@pytest.mark.parametrize("how", ["expired", "stopped"])
def test_an_answer_that_runs_comes_to_its_end_before_the_connection_does(serve: Any, how: str) -> None:
    # The answer lasts much longer than the session.
    length_s = 1.0 if how == "expired" else 60.0
    served = serve(limits=Limits(session_s=length_s), delivery=Delivery(lead_s=0.1, factor=0.05))
    with Wire(served.url) as wire:
        wire.next()
        wire.say("What is 6 times 7?")
        wire.send({"type": "response.create"})
        wire.until("response.output_audio.delta")
        if how == "stopped":
            served.server.stop()
        done = wire.until("response.done")["response"]
        assert done["status"] == "cancelled" and done["output"][0]["status"] == "incomplete"
        seen = types(wire.seen)
        for closing in ("response.output_audio.done", "response.content_part.done", "response.output_item.done"):
            assert closing in seen
        if how == "expired":
            assert wire.until("error")["error"]["code"] == "session_expired"
        code, reason = wire.closing()
        assert code == 1001
        assert reason == (wire.seen[-1]["error"]["message"] if how == "expired" else "The server is shutting down.")


def test_a_secret_whose_settings_have_become_impossible_opens_no_session(serve: Any, tmp_path: Path) -> None:
    (tmp_path / "pmpt_1.md").write_text("Rhyme.")
    served = serve(prompts=tmp_path)
    body = {"session": {"type": "realtime", "prompt": {"id": "pmpt_1"}}}
    made = served.http("POST", "/v1/realtime/client_secrets", json=body).json()
    assert made["session"]["instructions"] == "Rhyme."
    with Wire(served.url, key=made["value"], model=None) as wire:
        assert wire.next()["session"]["instructions"] == "Rhyme."
    (tmp_path / "pmpt_1.md").unlink()
    with Wire(served.url, key=made["value"], model=None) as wire:
        error = wire.next()["error"]
        assert error["param"] and error["param"].startswith("session.prompt")
        assert wire.closing()[0] == 4000
        assert types(wire.seen) == ["error"]


def test_who_sends_nothing_is_closed_and_who_sends_is_not(serve: Any) -> None:
    served = serve(limits=Limits(idle_s=0.6))
    with Wire(served.url) as silent, Wire(served.url) as lively:
        lively.next()
        for _ in range(8):
            lively.ask({"type": "input_audio_buffer.clear"}, "input_audio_buffer.cleared")
            time.sleep(0.15)
        assert silent.next()["type"] == "session.created"
        assert silent.next()["error"]["code"] == "session_idle"
        assert silent.closing() == (1001, "Your session was idle for 0.01 minutes.")
        lively.ask({"type": "input_audio_buffer.clear"}, "input_audio_buffer.cleared")


def test_an_answer_that_runs_is_not_idleness(serve: Any) -> None:
    served = serve(limits=Limits(idle_s=0.4), delivery=Delivery(lead_s=0.1, factor=1.0))
    with Wire(served.url) as wire:
        wire.next()
        wire.say("What is 6 times 7?")
        wire.send({"type": "response.create"})
        assert wire.until("response.done")["response"]["status"] == "completed"
        assert wire.until("error")["error"]["code"] == "session_idle"


def test_more_sessions_than_allowed_are_refused_until_one_ends(serve: Any) -> None:
    served = serve(limits=Limits(sessions=1))
    with Wire(served.url) as first:
        first.next()
        with Wire(served.url) as second:
            error = second.next()["error"]
            assert (error["type"], error["code"]) == ("rate_limit_error", "session_limit_exceeded")
            assert second.closing() == (4000, "rate_limit_error.session_limit_exceeded")
        first.ask({"type": "input_audio_buffer.clear"}, "input_audio_buffer.cleared")

    def again() -> bool:
        with Wire(served.url) as third:
            return bool(third.next()["type"] == "session.created")

    eventually(again)


def test_the_last_words_reach_the_client_whatever_the_latency(serve: Any) -> None:
    with Wire(serve(latency_ms=150, api_key="sesame").url, key="no") as wire:
        assert wire.next()["error"]["code"] == "invalid_api_key"
        assert wire.closing() == (3000, "invalid_request_error.invalid_api_key")


# What is sent


def test_events_beyond_the_rate_are_refused_one_by_one(serve: Any) -> None:
    with Wire(serve(limits=Limits(events_a_second=2)).url) as wire:
        for number in range(25):
            wire.send({"type": "input_audio_buffer.clear", "event_id": f"e{number}"})
        error = wire.until("error")["error"]
        assert (error["type"], error["code"]) == ("rate_limit_error", "rate_limit_exceeded")
        assert types(wire.seen)[1] == "input_audio_buffer.cleared"
        assert error["event_id"] == f"e{sum(event['type'] == 'input_audio_buffer.cleared' for event in wire.seen)}"


def test_bytes_beyond_the_rate_are_refused_in_the_same_way(serve: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "BURST_BYTES", 2_200_000)
    large = {"type": "input_audio_buffer.append", "event_id": "large", "audio": "?" * 1_000_000}
    with Wire(serve(limits=Limits(bytes_a_second=1e6)).url) as wire:
        wire.next()
        for _ in range(3):
            wire.send(large)
        errors = [wire.until("error")["error"] for _ in range(3)]
        assert [error["event_id"] for error in errors] == ["large"] * 3
        assert all(error["code"] != "rate_limit_exceeded" for error in errors[:2])
        assert (errors[2]["type"], errors[2]["code"]) == ("rate_limit_error", "rate_limit_exceeded")
        wire.ask({"type": "input_audio_buffer.clear"}, "input_audio_buffer.cleared")


def test_the_largest_append_is_taken_at_once(serve: Any) -> None:
    with Wire(serve().url) as wire:
        wire.update(audio={"input": {"turn_detection": None}})
        wire.send({"type": "input_audio_buffer.append", "audio": base64.b64encode(bytes(15 * 2**20)).decode()})
        wire.ask({"type": "input_audio_buffer.commit"}, "input_audio_buffer.committed")
        assert "error" not in types(wire.seen)


def test_nought_turns_the_rate_limit_off(serve: Any) -> None:
    with Wire(serve(limits=Limits(events_a_second=0)).url) as wire:
        for _ in range(3000):
            wire.send({"type": "input_audio_buffer.clear"})
        for _ in range(3000):
            wire.until("input_audio_buffer.cleared")
        assert "error" not in types(wire.seen)


@pytest.mark.parametrize(
    ("text", "code"),
    [
        (b"\x00\x01binary", "invalid_event"),
        ("{", "invalid_json"),
        ("", "invalid_json"),
        ("[" * 100_000, "invalid_json"),
        ('{"type":' * 20 + "1" + "}" * 20, "invalid_type"),
        ("x" * 10_000_000, "invalid_json"),
        ('{"type":"session.update","session":' + "[" * 5000 + "]" * 5000 + "}", "invalid_json"),
        ("null", "invalid_event"),
        ('"\\ud800"', "invalid_json"),
        ('{"type":"session.update","session":[' + "[]," * 5_000_000 + "[]]}", "too_many_values"),
        ('{"type":"session.update","session":"' + "x" * 2**20 + '"}', "event_too_large"),
    ],
)
def test_nonsense_is_answered_once_and_the_session_goes_on(serve: Any, text: Any, code: str) -> None:
    with Wire(serve().url) as wire:
        wire.next()
        wire.send(text)
        assert wire.next()["error"]["code"] == code
        wire.ask({"type": "input_audio_buffer.clear"}, "input_audio_buffer.cleared")
        assert types(wire.seen) == ["session.created", "error", "input_audio_buffer.cleared"]


def test_a_failure_of_the_servers_own_is_one_error_and_no_key_is_logged(
    serve: Any, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    from rtnb.server.session import ServerSession

    async def fail(self: ServerSession, event: object) -> None:
        raise ValueError("broken")

    monkeypatch.setattr(ServerSession, "handle", fail)
    with caplog.at_level(logging.INFO), Wire(serve(api_key="sk-very-secret-key").url, key="sk-very-secret-key") as wire:
        wire.next()
        error = wire.ask({"type": "input_audio_buffer.clear", "event_id": "mine"}, "error")["error"]
        assert (error["type"], error["event_id"]) == ("server_error", "mine") and "broken" in error["message"]
    assert "client event failed" in caplog.text and "very-secret" not in caplog.text


def test_a_session_that_cannot_be_is_told_and_closed(serve: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    from rtnb.server.session import ServerSession

    def fail(self: ServerSession) -> None:
        raise ValueError("broken")

    served = serve()
    with monkeypatch.context() as patched:
        patched.setattr(ServerSession, "open", fail)
        with Wire(served.url) as wire:
            assert wire.next()["error"]["type"] == "server_error"
            assert wire.closing() == (1011, "server_error")
    with Wire(served.url) as wire:
        assert wire.next()["type"] == "session.created"


def test_no_key_is_logged_however_it_comes(serve: Any, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.DEBUG):
        for name in ("uvicorn", "uvicorn.error", "uvicorn.access", "websockets", "starlette"):
            caplog.set_level(logging.DEBUG, name)
        logging.getLogger("uvicorn.error").addHandler(caplog.handler)
        try:
            served = serve(api_key="sk-very-secret-key")
            client = logging.getLogger("websockets.client")
            client.setLevel(logging.ERROR)
            made = served.http("POST", "/v1/realtime/client_secrets", key="sk-very-secret-key", json={}).json()["value"]
            for ways in (
                {"key": "sk-very-secret-key"},
                {"key": "sk-very-secret-kez"},
                {"key": made},
                {"subprotocols": ["realtime", "openai-insecure-api-key.sk-very-secret-key"]},
            ):
                with Wire(served.url, **ways) as wire:
                    wire.next()
            azure = served.url.removesuffix("/v1/realtime") + "/openai/v1/realtime?api-key=sk-very-secret-key&model=m"
            with Wire(azure, model=None) as wire:
                assert wire.next()["type"] == "session.created"
        finally:
            logging.getLogger("uvicorn.error").removeHandler(caplog.handler)
    told = "\n".join(
        record.getMessage() for record in caplog.records if not record.name.startswith(("httpx", "httpcore"))
    )
    assert "very-secret" not in told and made not in told


# Harm


def test_one_sends_garbage_and_another_converses(serve: Any) -> None:
    served = serve()
    garbage = [
        frame(b"\xff\xfe\xfd"),
        frame(b"{}", opcode=3),
        frame(b"{}", masked=False),
        frame(b"x" * 200, opcode=9),
        frame(b"{}", opcode=0),
        b"\x00" * 70_000,
        b"GET / HTTP/1.1\r\n\r\n",
        frame(b"[" * 200_000),
        frame(b"", opcode=8)[:1],
    ]
    with Wire(served.url) as wire:
        wire.next()
        for number, data in enumerate(garbage):
            with RawSocket(served.port) as raw:
                assert b" 101 " in raw.handshake()
                raw.send(data)
                if number % 2:
                    wire.say(f"What is {number} times 7?")
                    wire.ask({"type": "response.create", "response": {"output_modalities": ["text"]}}, "response.done")
                    assert wire.seen[-1]["type"] == "response.done"
        assert wire.seen[-1]["response"]["status"] == "completed"


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (frame(b"\xff\xfe\xfd"), 1007),
        (frame(b"{}", masked=False), 1002),
        (frame(b"{}", opcode=3), 1002),
        (b"\x81\xff" + (40 * 2**20).to_bytes(8, "big") + bytes(4), 1009),
    ],
)
def test_what_is_no_websocket_is_closed_with_its_code(serve: Any, data: bytes, code: int) -> None:
    with RawSocket(serve().port) as raw:
        raw.handshake()
        raw.send(data)
        assert b"\x88" in (rest := raw.rest()) and code.to_bytes(2, "big") in rest


def test_a_message_in_fragments_is_one_event(serve: Any) -> None:
    text = orjson.dumps({"type": "input_audio_buffer.clear"})
    with RawSocket(serve().port) as raw:
        raw.handshake()
        raw.send(frame(text[:5], last=False) + frame(b"ping", opcode=9))
        raw.send(frame(text[5:9], opcode=0, last=False) + frame(text[9:], opcode=0))
        seen = b""
        while b"input_audio_buffer.cleared" not in seen:
            seen += raw.socket.recv(65536)
    assert b'"type":"error"' not in seen


@pytest.mark.parametrize("goodbye", [False, True])
def test_who_never_reads_is_cut_off_and_its_session_ends(serve: Any, goodbye: bool) -> None:
    served = serve(limits=Limits(stall_s=60 if goodbye else 0.5, sessions=1))
    audio = base64.b64encode(bytes(10 * 48000)).decode()
    item = {"id": "mine", "type": "message", "role": "user", "content": [{"type": "input_audio", "audio": audio}]}
    with RawSocket(served.port, receive_bytes=4096) as raw:
        raw.handshake()
        raw.send(frame(orjson.dumps({"type": "conversation.item.create", "item": item})))
        raw.send(frame(orjson.dumps({"type": "conversation.item.retrieve", "item_id": "mine"})) * 30)
        if goodbye:
            raw.send(frame(b"\x03\xe8", opcode=8))

        def free() -> bool:
            with Wire(served.url) as wire:
                return bool(wire.next()["type"] == "session.created")

        eventually(free)


def test_many_at_once_each_get_their_own_answer(serve: Any) -> None:
    served = serve()
    wires = [Wire(served.url) for _ in range(30)]
    try:
        for number, wire in enumerate(wires):
            wire.say(f"What is {number} plus 1000?")
            wire.send({"type": "response.create", "response": {"output_modalities": ["text"]}})
        for number, wire in enumerate(wires):
            done = wire.until("response.done")["response"]
            assert f"{1000 + number}" in json.dumps(done["output"]).replace(",", "")
    finally:
        for wire in wires:
            wire.__exit__(None, None, None)
