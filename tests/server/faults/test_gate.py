"""Failures on a real socket: what is on the wire."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from typing import Any

import pytest
from support.wire import Wire, types
from websockets.exceptions import ConnectionClosed, InvalidStatus

from rtnb.testing import RtnbServer

SCENARIO = {"rules": [{"on": {"any": True}, "say": "One two three four five six seven eight nine ten."}]}


@pytest.fixture
def served() -> Iterator[Callable[..., tuple[RtnbServer, Callable[..., Wire]]]]:
    with ExitStack() as stack:

        def start(*faults: dict[str, Any], seed: int = 0, **options: Any) -> tuple[RtnbServer, Callable[..., Wire]]:
            plan = {"faults": list(faults), "seed": seed}
            server = stack.enter_context(RtnbServer(SCENARIO, faults=plan, voice="tone", **options))

            def connect(**more: Any) -> Wire:
                return stack.enter_context(Wire(server.url, key=server.key, **more))

            return server, connect

        yield start


def ask(wire: Wire, *until: str) -> dict[str, Any]:
    wire.update(output_modalities=["text"])
    wire.say("Well?")
    return wire.ask({"type": "response.create", "event_id": "mine"}, *(until or ("response.done", "error")))


def test_a_connection_is_cut_in_the_middle(served: Any) -> None:
    server, connect = served({"drop": "abort", "on": "response.output_text.delta", "nth": 3, "session": 1})
    wire = connect()
    with pytest.raises(ConnectionClosed) as closed:
        ask(wire, "response.done")
    assert closed.value.rcvd is None
    assert [event["type"] for event in wire.seen].count("response.output_text.delta") == 2
    server.wait_closed()
    assert server.session.closed_with.lost and server.session.closed_with.reason == "the server cut it off"
    assert ask(connect())["response"]["status"] == "completed"
    assert [(each.session, each.event) for each in server.faults.fired] == [(1, "response.output_text.delta")]


def test_or_closed_with_a_code(served: Any) -> None:
    server, connect = served({"drop": {"code": 1012, "reason": "Restart."}, "on": "response.create"})
    wire = connect()
    wire.send({"type": "response.create"})
    assert wire.closing() == (1012, "Restart.")
    server.wait_closed()
    assert server.session.closed_with.code == 1012


def test_the_session_expires(served: Any) -> None:
    _, connect = served({"expire": True, "after_s": 0.05})
    wire = connect()
    assert wire.closing() == (1001, "Your session hit the maximum duration of 60 minutes.")
    assert wire.seen[-1]["error"]["code"] == "session_expired"


def test_an_error_in_place_of_an_answer(served: Any) -> None:
    _, connect = served({"error": {"message": "No.", "code": "nope", "type": "server_error"}, "times": 1})
    wire = connect()
    error = ask(wire)["error"]
    assert (error["code"], error["message"], error["type"], error["event_id"]) == (
        "nope",
        "No.",
        "server_error",
        "mine",
    )
    assert wire.ask({"type": "response.create"}, "response.done")["response"]["status"] == "completed"
    assert types(wire.seen).count("response.created") == 1


def test_and_beside_one(served: Any) -> None:
    _, connect = served({"error": {"message": "Mind.", "beside": True}})
    wire = connect()
    ask(wire, "response.done")
    assert "error" in types(wire.seen)


@pytest.mark.parametrize(
    ("fault", "code"),
    [
        ({"fail": {"message": "Gone.", "code": "server_gone"}}, "server_gone"),
        ({"rate_limit": "response", "on": "response.output_text.delta", "nth": 4}, "rate_limit_exceeded"),
        ({"fail": {"message": "Gone.", "code": "server_gone"}, "on": "response.create"}, "server_gone"),
    ],
)
def test_a_response_fails_and_the_next_one_does_not(served: Any, fault: dict[str, Any], code: str) -> None:
    _, connect = served({**fault, "times": 1})
    wire = connect()
    response = ask(wire)["response"]
    assert (response["status"], response["status_details"]["error"]["code"]) == ("failed", code)
    assert wire.ask({"type": "response.create"}, "response.done")["response"]["status"] == "completed"


def test_a_failure_waits_for_a_response(served: Any) -> None:
    server, connect = served({"fail": {"message": "Gone.", "code": "server_gone"}, "after_s": 0.0, "session": 1})
    wire = connect()
    # Its time has come long before anything is asked.
    wire.update(output_modalities=["text"])
    assert server.faults.fired == []
    assert ask(wire)["response"]["status_details"]["error"]["code"] == "server_gone"
    assert wire.ask({"type": "response.create"}, "response.done")["response"]["status"] == "completed"
    assert [each.event for each in server.faults.fired] == ["after_s"]


def test_one_that_comes_too_late_is_not_counted(served: Any) -> None:
    # It goes out in one stroke with response.done.
    server, connect = served({"fail": "Gone.", "on": "response.output_item.done", "times": 1})
    wire = connect()
    status = ask(wire)["response"]["status"]
    assert (status, len(server.faults.fired)) in (("completed", 0), ("failed", 1))


def test_low_numbers(served: Any) -> None:
    _, connect = served({"rate_limit": {"as": "numbers", "remaining": 3, "retry_after_s": 9}})
    (limit,) = ask(connect(), "rate_limits.updated")["rate_limits"]
    assert (limit["remaining"], limit["reset_seconds"]) == (3, 9)


@pytest.mark.parametrize(("refuse", "status"), [(401, 401), (503, 503), ({"status": 429, "retry_after_s": 1.5}, 429)])
def test_a_handshake_is_refused(served: Any, refuse: Any, status: int) -> None:
    server, connect = served({"refuse": refuse, "times": 1})
    with pytest.raises(InvalidStatus) as refused:
        connect()
    response = refused.value.response
    assert response.status_code == status
    assert json.loads(response.body)["error"]["message"]
    if status == 429:
        assert (response.headers["retry-after"], response.headers["retry-after-ms"]) == ("2", "1500")
    assert connect().next()["type"] == "session.created"
    assert len(server.refusals) == 1


def test_or_with_an_error_and_a_close(served: Any) -> None:
    _, connect = served({"refuse": "secret_expired"})
    wire = connect()
    assert wire.next()["error"]["code"] == "invalid_api_key"
    assert wire.closing() == (3000, "invalid_request_error.invalid_api_key")


def test_nothing_comes_any_more_but_the_server_can_be_stopped(served: Any) -> None:
    server, connect = served({"stall": True, "on": "response.output_text.delta", "nth": 2})
    wire = connect()
    with pytest.raises(TimeoutError):
        wire.update(output_modalities=["text"])
        wire.send({"type": "response.create"})
        wire.until("response.done", timeout=0.3)
    server.wait_for("response.done")
    server.stop()
    with pytest.raises(ConnectionClosed):
        wire.until("never")


def test_a_client_leaves_while_its_event_is_held_back(served: Any) -> None:
    server, connect = served({"stall": True, "on": "response.create"})
    wire = connect()
    wire.send({"type": "response.create"})
    server.wait_for("response.create")
    wire.socket.close()
    server.wait_closed()


def test_late_events_keep_their_order(served: Any) -> None:
    server, connect = served({"delay": {"ms": 2, "jitter_ms": 2}}, {"delay": 1, "direction": "received"})
    wire = connect()
    ask(wire, "rate_limits.updated")
    assert [event["event_id"] for event in wire.seen] == [event["event_id"] for event in server.sent()]
    assert len(server.faults.fired) == len(server.sent()) + len(server.received())


@pytest.mark.parametrize(
    "kind", ["half_json", "binary", "not_an_object", "unknown_event", "huge", "duplicate", "swapped"]
)
def test_garbage(served: Any, kind: str) -> None:
    _, connect = served({"garbage": kind, "on": "response.content_part.added"})
    wire = connect()
    wire.update(output_modalities=["text"])
    wire.send({"type": "response.create"})
    frames: list[Any] = []
    while not frames or b"response.done" not in frames[-1]:
        frame = wire.socket.recv(20)
        frames.append(frame if isinstance(frame, bytes) else frame.encode())
        if isinstance(frame, bytes):
            kinds_binary = True
    parsed = []
    for frame in frames:
        try:
            parsed.append(json.loads(frame))
        except ValueError:
            parsed.append("broken")
    kinds = [event if not isinstance(event, dict) else event["type"] for event in parsed]
    first_delta = kinds.index("response.output_text.delta")
    added = "response.content_part.added"
    match kind:
        case "half_json":
            assert "broken" in kinds and added not in kinds
        case "binary":
            assert kinds_binary and kinds.count(added) == 1
        case "not_an_object":
            assert kinds[kinds.index(added) - 1] == [None]
        case "unknown_event":
            assert kinds[kinds.index(added) - 1] == "rtnb_fault.unknown"
        case "huge":
            assert max(map(len, frames)) > 2 * 2**20
        case "duplicate":
            assert kinds.count(added) == 2
        case "swapped":
            assert kinds.index(added) == first_delta + 1


def test_more_while_a_session_is_open(served: Any) -> None:
    server, connect = served()
    wire = connect()
    assert ask(wire)["response"]["status"] == "completed"
    server.faults.add(fail="Not now.")
    assert wire.ask({"type": "response.create"}, "response.done")["response"]["status"] == "failed"
    server.faults.clear()
    assert wire.ask({"type": "response.create"}, "response.done")["response"]["status"] == "completed"
    server.faults.add(expire=True, after_s=0.0)
    assert wire.closing()[0] == 1001


def test_more_once_the_server_has_stopped(served: Any) -> None:
    server, connect = served()
    connect().next()
    server.stop()
    server.faults.add(expire=True, after_s=1)
    assert len(server.faults.armed) == 1


def test_after_so_much_audio(served: Any) -> None:
    _, connect = served({"drop": 1011, "after_audio_ms": 500})
    wire = connect()
    wire.send({"type": "response.create"})
    assert wire.closing()[0] == 1011
    ms = sum(len(event["delta"]) * 0.75 / 48 for event in wire.seen if event["type"] == "response.output_audio.delta")
    assert 300 <= ms <= 500
