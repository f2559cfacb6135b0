"""Servers that do what none should: the session says so, keeps its record, and goes on or ends with one clear error."""

from __future__ import annotations

import base64
import json
import socket
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import pytest
from support.logs import answer, committed, pcm

import rtnb
from rtnb.errors import ApiError, RtnbError, SessionClosedError, SessionError
from rtnb.testing import Close, ScriptedServer, greeting

LIMIT_S = 10.0
"""Nothing here may take longer: a wait that lasts is one that hangs."""

Json = dict[str, Any]
FIRST = greeting(model="gpt-realtime-2.1")


class Peer:
    """A server that answers everything as it should, but for what a test does to its `n`-th frame."""

    def __init__(self, n: int = -1, spoil: Callable[[Json], list[Any]] | None = None, *, spoken: bool = False) -> None:
        self.n, self.spoken = n, spoken
        self.spoil = spoil or (lambda event: [event])
        self.count = self.answers = self.items = 0

    def first(self) -> list[Any]:
        return list(self._out([FIRST]))

    def __call__(self, event: Json) -> Iterator[Any]:
        yield from self._out(self._replies(event))

    def _out(self, replies: list[Json]) -> Iterator[Any]:
        for reply in replies:
            # Counted first: a close ends the script that would count after it.
            self.count += 1
            yield from self.spoil(reply) if self.count == self.n + 1 else [reply]

    def _replies(self, event: Json) -> list[Json]:
        match event["type"]:
            case "session.update":
                return [
                    {"type": "session.updated", "event_id": "e", "session": {**FIRST["session"], **event["session"]}}
                ]
            case "conversation.item.create":
                item = {"status": "completed", **event["item"]}
                kinds = ("conversation.item.added", "conversation.item.done")
                return [{"type": k, "event_id": "e", "item": item, "previous_item_id": None} for k in kinds]
            case "input_audio_buffer.commit":
                self.items += 1
                return [step for _, step in committed(f"item_u{self.items}")]
            case "response.create":
                self.answers += 1
                key = event["response"]["metadata"]["rtnb_turn"]
                chunks = [pcm(40, seed=n) for n in range(3)] if self.spoken else ()
                return [step for _, step in answer(self.answers, ["So ", "it ", "is."], chunks, key=key)]
        return []


def frames(*, spoken: bool) -> int:
    """How many frames a whole turn is."""
    peer = Peer(spoken=spoken)
    with ScriptedServer(peer, first=peer.first()) as server:
        ask(server, spoken=spoken)
    return peer.count


def ask(server: ScriptedServer, *, spoken: bool = False, **settings: Any) -> rtnb.Session:
    """One turn, then the closed session."""
    settings = {"reconnect": False, "transcription": None, **settings}
    kind = {"turn_detection": None} if spoken else {"modalities": ["text"]}
    with rtnb.connect(server.url, **kind, **settings) as s:
        s.ask(rtnb.sample("weather_question") if spoken else "Is it?", show=False, timeout=LIMIT_S)
    return s


def types(s: rtnb.Session) -> list[str]:
    return [event.type for event in s.events]


# It closes at any moment


@pytest.mark.parametrize("code", [1000, 1011])
@pytest.mark.parametrize("spoken", [False, True], ids=["text", "audio"])
def test_a_server_that_closes_at_any_moment(spoken: bool, code: int) -> None:
    total = frames(spoken=spoken)
    assert total > 12
    for n in range(total):
        peer = Peer(n, lambda event: [Close(code, "enough")], spoken=spoken)
        started = time.monotonic()
        s = None
        with ScriptedServer(peer, first=peer.first()) as server:
            kind = {"turn_detection": None} if spoken else {"modalities": ["text"]}
            with pytest.raises(SessionError) as caught:
                s = rtnb.connect(server.url, reconnect=False, transcription=None, **kind)
                s.ask(rtnb.sample("weather_question") if spoken else "Is it?", show=False, timeout=LIMIT_S)
        assert time.monotonic() - started < LIMIT_S, n
        said = str(caught.value)
        assert "enough" in said or str(code) in said, (n, said)
        if s is None:
            assert n < 2
            continue
        assert isinstance(caught.value, SessionClosedError), n
        assert s.status == "lost", (n, s.status)
        received = [event for event in s.events if event.direction == "received"]
        assert len(received) == n, "all that came is on record"
        assert types(s)[-1] in ("rtnb.connection.lost", "rtnb.notice"), types(s)[-3:]
        repr(s.view()), repr(s.usage), repr(s.ledger)
        s.close()
        assert s.turns[0].status in ("failed", "cancelled", "incomplete"), (n, s.turns[0].status)


@pytest.mark.parametrize("spoken", [False, True], ids=["text", "audio"])
def test_a_server_that_drops_once_at_any_moment_and_takes_us_back(spoken: bool) -> None:
    """With `reconnect` the session goes on; what was asked is answered, or says that it is not."""
    total = frames(spoken=spoken)
    for n in range(2, total, 3):
        peer = Peer(n, lambda event: [Close(1012, "restart")], spoken=spoken)
        kind = {"turn_detection": None} if spoken else {"modalities": ["text"]}
        started = time.monotonic()
        with (
            ScriptedServer(peer, first=[FIRST]) as server,
            rtnb.connect(server.url, transcription=None, **kind) as s,
        ):
            peer.count += 1
            try:
                s.ask(rtnb.sample("weather_question") if spoken else "Is it?", show=False, timeout=LIMIT_S)
            except RtnbError as error:
                assert str(error), n
            again = s.ask("And now?", show=False, timeout=LIMIT_S)
            assert again.status == "completed" and again.text == "So it is.", n
        assert time.monotonic() - started < 2 * LIMIT_S, n
        assert types(s).count("rtnb.connection.opened") == types(s).count("rtnb.connection.lost") + 1


RUDE: dict[str, bytes] = {
    "no goodbye": b"",
    "half a frame": b"\x81\x7e\xff\xff" + b'{"type": "response.output',
    "half a header": b"\x81",
    "an opcode that is none": b"\x83\x02hi",
    "a masked frame": b"\x81\x82\x00\x00\x00\x00{}",
    "no WebSocket at all": b"HTTP/1.1 500 Oops\r\n\r\n",
    "text that is no UTF-8": b"\x81\x03\xff\xfe\xfd",
    "a length of petabytes": b"\x81\x7f\x00\xff\xff\xff\xff\xff\xff\xff{",
    "a close of one byte": b"\x88\x01\x03",
}


class RudeServer(ScriptedServer):
    """Its scripts may say a :class:`Bytes`: they go out below the WebSocket, and the socket is closed."""

    @staticmethod
    def _send(connection: Any, replies: Any) -> bool:
        for reply in replies:
            if isinstance(reply, Bytes):
                connection.socket.sendall(reply.data)
                connection.socket.shutdown(socket.SHUT_RDWR)
                return False
            connection.send(json.dumps(reply))
        return True


@dataclass(frozen=True)
class Bytes:
    data: bytes


@pytest.mark.parametrize("how", list(RUDE))
def test_a_server_that_breaks_off_below_the_protocol(how: str) -> None:
    total = frames(spoken=False)
    for n in (0, 1, 2, 4, total - 3):
        peer = Peer(n, lambda event: [Bytes(RUDE[how])])
        started = time.monotonic()
        with RudeServer(peer, first=peer.first()) as server, pytest.raises(SessionError) as caught:
            ask(server)
        assert time.monotonic() - started < LIMIT_S, (how, n)
        assert len(str(caught.value)) > 40, (how, n, str(caught.value))


# It says what nobody understands


def odd(*frames: Any) -> Callable[[Json], list[Any]]:
    return lambda event: [*frames, event]


NONSENSE: dict[str, Any] = {
    "half a text": '{"type": "response.output_text.delta", "delta": "He',
    "no JSON": "hello",
    "empty": "",
    "an array": "[]",
    "a number": "17",
    "null": "null",
    "deep": "[" * 20_000,
    "binary": b"\x00\x01\xff",
    "binary JSON": b'{"type": "session.updated"}',
    "no type": {"event_id": "e"},
    "type is a number": {"type": 5},
    "type is null": {"type": None},
    "an unknown event": {"type": "response.brand_new.delta", "delta": {"a": []}},
    "an unknown member": {"type": "rate_limits.updated", "rate_limits": [], "new": {"x": 1}},
    "duplicate names": '{"type": "rate_limits.updated", "type": "error"}',
    "lone surrogate": '{"type": "rate_limits.updated", "x": "\\ud800"}',
    "NaN": '{"type": "rate_limits.updated", "x": NaN}',
    "huge number": '{"type": "rate_limits.updated", "x": ' + "9" * 400 + "}",
    "error without members": {"type": "error"},
    "error of a wrong type": {"type": "error", "error": "no"},
    "error with odd members": {"type": "error", "error": {"code": 5, "message": [], "event_id": {}, "param": 1}},
    "a session that is none": {"type": "session.updated", "session": 5},
    "a response that is none": {"type": "response.created", "response": "resp_1"},
    "done of nothing": {"type": "response.done"},
    "an item without id": {"type": "conversation.item.added", "item": {"type": "message"}},
    "an item that is none": {"type": "conversation.item.done", "item": []},
    "audio that is no base64": {"type": "response.output_audio.delta", "item_id": "item_r1", "delta": "%%%"},
    "audio that is a number": {"type": "response.output_audio.delta", "item_id": "item_r1", "delta": 7},
    "half a sample": {"type": "response.output_audio.delta", "item_id": "item_r1", "delta": "AA=="},
    "an event of the client's": {"type": "response.create"},
    "a note of rtnb's": {"type": "rtnb.connection.lost", "code": 1006},
    "arguments of no call": {"type": "response.function_call_arguments.done", "call_id": None, "arguments": 5},
    "a transcript of nothing": {"type": "conversation.item.input_audio_transcription.completed", "transcript": {}},
    "speech of nowhere": {"type": "input_audio_buffer.speech_started", "audio_start_ms": "soon", "item_id": 5},
}


MAY_BE_ANYONES = frozenset(
    {"error without members", "error of a wrong type", "error with odd members", "duplicate names"}
)
"""Errors that name no event, and so are about the only one that waits for an answer."""


@pytest.mark.parametrize("what", list(NONSENSE))
def test_nonsense_in_the_middle_of_a_turn(what: str) -> None:
    """The turn goes on as if it had not been said, and the record has it."""
    total = frames(spoken=False)
    for n in (total - 6, total - 1, *(() if what in MAY_BE_ANYONES else (2, 4))):
        peer = Peer(n, odd(NONSENSE[what]))
        with ScriptedServer(peer, first=peer.first()) as server:
            s = ask(server)
        (turn,) = [turn for turn in s.turns if turn.text]
        assert turn.text == "So it is.", (what, n)
        assert turn.status == "completed", (what, n, turn.status)
        wire = [event for event in s.events if event.direction == "received" or event.type == "rtnb.frame"]
        assert len(wire) == total + 1, (what, n)
        repr(s.view()), repr(s.ledger)


@pytest.mark.parametrize("what", sorted(MAY_BE_ANYONES))
def test_an_error_that_names_nothing_is_about_the_request_that_waits(what: str) -> None:
    peer = Peer(4, odd(NONSENSE[what]))
    with ScriptedServer(peer, first=peer.first()) as server, pytest.raises(ApiError, match="without a message"):
        ask(server)


def test_a_frame_that_is_no_event_is_told() -> None:
    peer = Peer(4, odd("hello"))
    with ScriptedServer(peer, first=peer.first()) as server:
        s = ask(server)
    (note,) = s.events.of_type("rtnb.frame")
    assert note.body["text"] == "hello" and note.body["problem"]


@pytest.mark.parametrize("what", ["an array", "half a text", "an unknown event", "binary", "error without members"])
def test_nonsense_before_the_first_word(what: str) -> None:
    """Either the greeting is waited for, or the connection is refused; never a hang."""
    started = time.monotonic()
    with ScriptedServer(peer := Peer(), first=[NONSENSE[what], FIRST]) as server:
        peer.count += 1
        try:
            s = ask(server)
            assert s.turns[0].text == "So it is."
        except RtnbError as error:
            assert what.startswith("error") and str(error)
    assert time.monotonic() - started < LIMIT_S


# It says too much


def test_a_frame_of_20_MB() -> None:
    audio = base64.b64encode(bytes(15_000_000)).decode("ascii")
    item = {"id": "item_big", "type": "message", "role": "user", "content": [{"type": "input_audio", "audio": audio}]}
    big = {"type": "conversation.item.retrieved", "event_id": "e", "item": item}
    assert len(json.dumps(big)) > 20_000_000
    peer = Peer(4, odd(big))
    with ScriptedServer(peer, first=peer.first()) as server:
        s = ask(server)
    assert s.turns[0].text == "So it is."
    (event,) = s.events.of_type("conversation.item.retrieved")
    assert event.audio[0].length == 15_000_000


def test_20_MB_that_are_no_event_do_not_fill_the_record() -> None:
    peer = Peer(4, odd("x" * 20_000_000))
    with ScriptedServer(peer, first=peer.first()) as server:
        s = ask(server)
    (note,) = s.events.of_type("rtnb.frame")
    assert s.turns[0].text == "So it is." and len(note.body["text"]) < 10_000


# It leaves things out


@pytest.mark.parametrize("spoken", [False, True], ids=["text", "audio"])
def test_any_one_frame_may_be_missing(spoken: bool) -> None:
    """All but those without which nothing can be known: the greeting, and the end of the response."""
    total = frames(spoken=spoken)
    for n in range(2, total - 1):
        peer = Peer(n, lambda event: [], spoken=spoken)
        with ScriptedServer(peer, first=peer.first()) as server:
            s = ask(server, spoken=spoken)
        (turn,) = s.turns
        assert turn.status == "completed", (n, turn.status)
        assert turn.text in ("So it is.", "it is.", "So is.", "So it "), (n, turn.text)


@pytest.mark.parametrize("spoken", [False, True], ids=["text", "audio"])
def test_any_one_frame_may_come_twice(spoken: bool) -> None:
    total = frames(spoken=spoken)
    for n in range(total):
        peer = Peer(n, lambda event: [event, event], spoken=spoken)
        with ScriptedServer(peer, first=peer.first()) as server:
            s = ask(server, spoken=spoken)
        assert [turn.status for turn in s.turns] == ["completed"], n


def test_a_server_that_never_ends_its_answer_can_be_left() -> None:
    total = frames(spoken=False)
    peer = Peer(total - 1, lambda event: [])
    started = time.monotonic()
    with (
        ScriptedServer(peer, first=peer.first()) as server,
        rtnb.connect(server.url, modalities=["text"], transcription=None, reconnect=False) as s,
    ):
        with pytest.raises(TimeoutError):
            s.ask("Is it?", show=False, timeout=0.3)
        assert s.turns[0].text == "So it is."
    assert time.monotonic() - started < LIMIT_S and s.status == "closed"


@pytest.mark.parametrize("code", [None, "invalid_value", "server_error"])
def test_a_request_that_is_refused_raises_what_the_server_said(code: str | None) -> None:
    class Refusing(Peer):
        def _replies(self, event: Json) -> list[Json]:
            if event["type"] != "response.create":
                return super()._replies(event)
            error = {
                "type": "invalid_request_error",
                "code": code,
                "message": "I will not.",
                "event_id": event["event_id"],
            }
            return [{"type": "error", "event_id": "e", "error": error}]

    peer = Refusing()
    with ScriptedServer(peer, first=peer.first()) as server, pytest.raises(ApiError, match="I will not"):
        ask(server)
