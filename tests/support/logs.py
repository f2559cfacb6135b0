"""Hand-written sessions: events as a real server sends them, without a server."""

from __future__ import annotations

import base64
from collections.abc import Iterable, Sequence
from typing import Any

from rtnb.protocol.envelope import Direction, Event
from rtnb.session.conversation.reducer import TURN_KEY, Conversation
from rtnb.session.record.log import EventLog
from rtnb.session.views.shapes import SessionView, TurnView
from rtnb.session.views.snapshots import Observer

__all__ = [
    "MS",
    "START_WALL_S",
    "USAGE",
    "Script",
    "Step",
    "answer",
    "append",
    "b64",
    "committed",
    "got",
    "pcm",
    "request",
    "sent",
    "session",
    "speech_started",
    "speech_stopped",
    "user_item",
]

Json = dict[str, Any]
Step = tuple[Direction, Json]

MS = 48
"""Bytes of a millisecond of PCM16 at 24 kHz."""

START_WALL_S = 1_795_000_000.0
"""2026-11-18, a day all prices are known of."""

USAGE = {
    "total_tokens": 253,
    "input_tokens": 132,
    "output_tokens": 121,
    "input_token_details": {
        "text_tokens": 119,
        "audio_tokens": 13,
        "image_tokens": 0,
        "cached_tokens": 64,
        "cached_tokens_details": {"text_tokens": 64, "audio_tokens": 0, "image_tokens": 0},
    },
    "output_token_details": {"text_tokens": 30, "audio_tokens": 91},
}

VAD = {
    "type": "server_vad",
    "threshold": 0.5,
    "prefix_padding_ms": 300,
    "silence_duration_ms": 200,
    "create_response": True,
    "interrupt_response": True,
}


def pcm(ms: float, seed: int = 1) -> bytes:
    """So many milliseconds of audio that tells where it comes from."""
    count = int(ms * MS) // 2
    return b"".join(((seed * 31 + n) % 30000).to_bytes(2, "little") for n in range(count))


def b64(data: bytes) -> str:
    return base64.b64encode(data).decode("ascii")


def sent(type: str, **members: Any) -> Step:
    return "sent", {"type": type, **members}


def got(type: str, **members: Any) -> Step:
    return "received", {"type": type, "event_id": "event_s", **members}


def session(*, kind: str = "session.created", detection: Json | None = None, vad: bool = True, **members: Any) -> Step:
    """The effective session; `detection` changes members of the usual server VAD."""
    found = {**VAD, **(detection or {})} if vad else None
    audio = {
        "input": {"turn_detection": found, "transcription": {"model": "gpt-transcribe"}},
        "output": {"voice": "marin"},
    }
    return got(kind, session={"type": "realtime", "model": "gpt-realtime-2.1", "audio": audio, **members})


def append(data: bytes) -> Step:
    return sent("input_audio_buffer.append", audio=b64(data))


def user_item(item_id: str | None, text: str, event_id: str = "event_item") -> Step:
    item = {"type": "message", "role": "user", "content": [{"type": "input_text", "text": text}]}
    return sent(
        "conversation.item.create", event_id=event_id, item=item if item_id is None else {"id": item_id, **item}
    )


def request(key: str | None, event_id: str = "event_request", **response: Any) -> Step:
    metadata = {} if key is None else {"metadata": {TURN_KEY: key}}
    return sent("response.create", event_id=event_id, response={**metadata, **response})


def committed(item_id: str) -> list[Step]:
    """A user item of audio, as the server announces it."""
    item = {
        "id": item_id,
        "type": "message",
        "role": "user",
        "status": "completed",
        "content": [{"type": "input_audio", "transcript": None}],
    }
    return [
        got("input_audio_buffer.committed", item_id=item_id, previous_item_id=None),
        got("conversation.item.added", item=item, previous_item_id=None),
        got("conversation.item.done", item=item, previous_item_id=None),
    ]


def speech_started(item_id: str, ms: int) -> Step:
    return got("input_audio_buffer.speech_started", item_id=item_id, audio_start_ms=ms)


def speech_stopped(item_id: str, ms: int) -> Step:
    return got("input_audio_buffer.speech_stopped", item_id=item_id, audio_end_ms=ms)


def answer(
    number: int,
    words: Sequence[str] = ("Hello ", "there."),
    chunks: Sequence[bytes] = (),
    *,
    key: str | None = None,
    conversation_id: str | None = "conv_1",
    status: str = "completed",
    reason: str | None = None,
    usage: Json | None = USAGE,
) -> list[Step]:
    """A whole response: spoken where there is audio, written otherwise. Item ``item_r<n>`` of ``resp_<n>``."""
    response_id, item_id = f"resp_{number}", f"item_r{number}"
    kind = "output_audio_transcript" if chunks else "output_text"
    at = {"response_id": response_id, "item_id": item_id, "output_index": 0, "content_index": 0}
    place = {"response_id": response_id, "output_index": 0}
    said = "".join(words)
    member = "transcript" if chunks else "text"
    begun = {"id": item_id, "type": "message", "role": "assistant", "status": "in_progress", "content": []}
    content = [{"type": "output_audio" if chunks else "output_text", member: said}]
    final = "completed" if status == "completed" else "incomplete"
    done = {**begun, "status": final, "content": content}
    head = {
        "object": "realtime.response",
        "id": response_id,
        "conversation_id": conversation_id,
        "metadata": None if key is None else {TURN_KEY: key},
    }
    details = None if status == "completed" else {"type": status, "reason": reason}
    inside = conversation_id is not None
    steps = [
        got("response.created", response={**head, "status": "in_progress", "output": [], "usage": None}),
        got("response.output_item.added", item=begun, **place),
    ]
    if inside:
        steps.append(got("conversation.item.added", item=begun, previous_item_id=None))
    steps.append(got("response.content_part.added", part={"type": "audio" if chunks else "text"}, **at))
    for index in range(max(len(words), len(chunks))):
        steps += [got(f"response.{kind}.delta", delta=word, **at) for word in words[index : index + 1]]
        steps += [got("response.output_audio.delta", delta=b64(c), **at) for c in chunks[index : index + 1]]
    if chunks:
        steps.append(got("response.output_audio.done", **at))
    steps.append(got(f"response.{kind}.done", **{member: said}, **at))
    steps.append(got("response.content_part.done", part={"type": "audio" if chunks else "text", member: said}, **at))
    if inside:
        steps.append(got("conversation.item.done", item=done, previous_item_id=None))
    steps.append(got("response.output_item.done", item=done, **place))
    end = {**head, "status": status, "status_details": details, "output": [done], "usage": usage}
    steps.append(got("response.done", response=end))
    return steps


class Script:
    """A log and the conversation it makes, step by step; each step takes 10 ms unless told."""

    def __init__(self, *steps: Step | Iterable[Step]) -> None:
        self.log = EventLog(start_s=0.0, start_wall_s=START_WALL_S)
        self.talk = Conversation()
        self.now_s = 0.0
        self.play(*steps)

    def play(self, *steps: Step | Iterable[Step], at_s: float | None = None, step_s: float = 0.01) -> Script:
        """Apply steps, or lists of them; the first at `at_s`."""
        if at_s is not None:
            self.now_s = at_s - step_s
        for given in steps:
            for direction, event in [given] if isinstance(given, tuple) else given:  # type: ignore[list-item]
                self.now_s += step_s
                self.talk.apply(self.record(direction, event))
        return self

    def record(self, direction: Direction, event: Json) -> Event:
        return self.log.record(event, direction, now_s=self.now_s)

    @property
    def observer(self) -> Observer:
        return Observer(self.talk, self.log, "a script")

    def turns(self) -> list[TurnView]:
        return [self.observer.turn(state) for state in self.talk.turns]

    def view(self) -> SessionView:
        return self.observer.session("recording")
