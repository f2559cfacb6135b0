"""What took how long in one session: its events in, latencies out. Does nothing of its own; the clock is given."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final, Literal

from rtnb.audio.formats import PCM16, AudioFormat

__all__ = ["Answer", "Moment", "Recognition", "Timeline", "ToolCall", "Trigger", "seconds_a_character"]

Trigger = Literal["vad", "client", "idle", "server"]
"""What a response came of: the end of speech, ``response.create``, the idle timeout, or something else that the server
had reason for."""

MOST: Final = 200
"""Turns and calls of one session that are waited for; older ones are forgotten. Own choice: their ends never come
where a session transcribes nothing, or a client leaves a call unanswered."""

OUTPUTS: Final = frozenset({
    "response.output_text.delta",
    "response.output_audio_transcript.delta",
    "response.output_audio.delta",
    "response.function_call_arguments.delta",
    "response.function_call_arguments.done",
    "response.mcp_call_arguments.delta",
    "response.mcp_call_arguments.done",
})  # fmt: skip
"""Events that carry what the model made."""

AUDIO: Final = "response.output_audio.delta"

TRANSCRIBED: Final = "conversation.item.input_audio_transcription"

Json = Mapping[str, Any]


@dataclass(slots=True, kw_only=True)
class Answer:
    """One response; the latencies are None where there was no such thing.

    Parameters
    ----------
    id : str
        Of the response.
    trigger : str
        What it came of.
    turn_s : float, optional
        When the turn before it ended: ``speech_stopped``, the idle timeout or ``response.create``.
    created_s : float
        When ``response.created`` was sent.
    seconds_a_character : float
        Of the base64 of its audio.
    """

    id: str
    trigger: Trigger
    turn_s: float | None
    created_s: float
    seconds_a_character: float
    first_output_at_s: float | None = None
    first_audio_at_s: float | None = None
    done_s: float = 0.0
    audio_s: float = 0.0
    """Seconds of audio that were sent."""
    status: str = ""
    reason: str = ""
    """Of what was not completed: the reason of the API, or the code of the error."""
    interrupted_s: float | None = None
    """From ``speech_started`` to the end, where that cut it short."""
    usage: Json | None = None

    @property
    def start_s(self) -> float | None:
        """From the end of the turn to ``response.created``."""
        return None if self.turn_s is None else self.created_s - self.turn_s

    @property
    def first_output_s(self) -> float | None:
        """From ``response.created`` to the first text, audio or arguments of a call."""
        return None if self.first_output_at_s is None else self.first_output_at_s - self.created_s

    @property
    def first_audio_s(self) -> float | None:
        """From ``response.created`` to the first audio."""
        return None if self.first_audio_at_s is None else self.first_audio_at_s - self.created_s

    @property
    def turn_first_audio_s(self) -> float | None:
        """From the end of the turn to the first audio: what the user waits for, without the way there and back."""
        return None if self.turn_s is None or self.first_audio_at_s is None else self.first_audio_at_s - self.turn_s

    @property
    def duration_s(self) -> float:
        """From ``response.created`` to ``response.done``."""
        return self.done_s - self.created_s


@dataclass(frozen=True, slots=True)
class Recognition:
    """A turn of the user was transcribed, or could not be; `took_s` from ``committed``, None where that was none."""

    outcome: Literal["completed", "failed"]
    took_s: float | None
    usage: Json | None = None


@dataclass(frozen=True, slots=True)
class ToolCall:
    """A tool was called: by a function of the client (`requested`, later `answered`), or on an MCP server."""

    kind: Literal["function", "mcp", "mcp_list"]
    name: str
    outcome: Literal["requested", "incomplete", "answered", "completed", "failed"]
    took_s: float | None = None


Moment = Answer | Recognition | ToolCall


def seconds_a_character(format: Json | None) -> float:
    """Seconds of audio in one character of base64.

    Examples
    --------
    >>> 32 * seconds_a_character({"type": "audio/pcmu"})
    0.003
    """
    try:
        bytes_a_ms = AudioFormat.from_wire(format).bytes_per_ms if format else PCM16.bytes_per_ms
    except (KeyError, TypeError, ValueError):
        bytes_a_ms = PCM16.bytes_per_ms
    return 0.75 / bytes_a_ms / 1000


class Timeline:
    """The reducer of one session: give it all events in order, GA shape.

    Latencies are those that a server can see: sent and received here, without the network.

    Parameters
    ----------
    clock : callable
        Gives seconds, from any origin; asked only where a time matters, since most events are deltas.

    Examples
    --------
    >>> timeline = Timeline(iter([10.0, 10.25, 11.0]).__next__)
    >>> timeline.received({"type": "response.create"})
    >>> timeline.sent({"type": "response.created", "response": {"id": "r"}})
    >>> answer = timeline.sent({"type": "response.done", "response": {"id": "r", "status": "completed"}})
    >>> answer.trigger, answer.start_s, answer.duration_s
    ('client', 0.25, 0.75)
    """

    def __init__(self, clock: Callable[[], float] = time.perf_counter) -> None:
        self._clock = clock
        self._answers: dict[str, Answer] = {}
        self._asked_s: float | None = None
        self._ended: tuple[Trigger, float] | None = None
        self._started_s: float | None = None
        self._committed_s: dict[str, float] = {}
        self._called: dict[str, tuple[str, float]] = {}
        self._mcp_names: dict[str, str] = {}
        self._mcp_begun_s: dict[str, float] = {}
        self.input_seconds_a_character = seconds_a_character(None)
        """Of appended audio, as the session is set."""
        self._output_seconds_a_character = seconds_a_character(None)
        self._handlers: dict[str, Callable[[Json], Moment | None]] = {
            "session.created": self._settings,
            "session.updated": self._settings,
            "input_audio_buffer.speech_started": self._speech_started,
            "input_audio_buffer.speech_stopped": self._speech_stopped,
            "input_audio_buffer.timeout_triggered": self._timeout,
            "input_audio_buffer.committed": self._committed,
            f"{TRANSCRIBED}.completed": self._transcribed,
            f"{TRANSCRIBED}.failed": self._transcribed,
            "conversation.item.added": self._item_added,
            "response.created": self._created,
            "response.output_item.added": self._item_begun,
            "response.output_item.done": self._item_done,
            "response.mcp_call.in_progress": self._mcp_begun,
            "response.mcp_call.completed": self._mcp_ended,
            "response.mcp_call.failed": self._mcp_ended,
            "mcp_list_tools.in_progress": self._mcp_begun,
            "mcp_list_tools.completed": self._mcp_ended,
            "mcp_list_tools.failed": self._mcp_ended,
            "response.done": self._done,
            "error": self._error,
            **dict.fromkeys(OUTPUTS, self._output),
            AUDIO: self._audio,
        }

    def received(self, event: Json) -> None:
        """A client event other than an append."""
        if event.get("type") == "response.create":
            self._asked_s = self._clock()

    def sent(self, event: Json) -> Moment | None:
        """A server event; what has come to its end by it."""
        handler = self._handlers.get(event["type"])
        return None if handler is None else handler(event)

    def _settings(self, event: Json) -> None:
        audio = event["session"].get("audio") or {}
        self.input_seconds_a_character = seconds_a_character((audio.get("input") or {}).get("format"))
        self._output_seconds_a_character = seconds_a_character((audio.get("output") or {}).get("format"))

    # Turns

    def _speech_started(self, event: Json) -> None:
        self._started_s, self._ended = self._clock(), None

    def _speech_stopped(self, event: Json) -> None:
        self._ended = ("vad", self._clock())

    def _timeout(self, event: Json) -> None:
        self._ended = ("idle", self._clock())

    def _committed(self, event: Json) -> None:
        _keep(self._committed_s, event["item_id"], self._clock())

    def _transcribed(self, event: Json) -> Recognition:
        begun_s = self._committed_s.pop(event["item_id"], None)
        took_s = None if begun_s is None else self._clock() - begun_s
        failed = event["type"].endswith("failed")
        return Recognition("failed" if failed else "completed", took_s, event.get("usage"))

    # Responses

    def _created(self, event: Json) -> None:
        response = event["response"]
        trigger: Trigger
        if self._asked_s is not None:
            trigger, turn_s = "client", self._asked_s
        elif self._ended is not None:
            trigger, turn_s = self._ended
        else:
            trigger, turn_s = "server", None
        self._asked_s = self._ended = None
        format = ((response.get("audio") or {}).get("output") or {}).get("format")
        _keep(self._answers, response["id"], Answer(
            id=response["id"],
            trigger=trigger,
            turn_s=turn_s,
            created_s=self._clock(),
            seconds_a_character=seconds_a_character(format) if format else self._output_seconds_a_character,
        ))  # fmt: skip

    def _output(self, event: Json) -> None:
        answer = self._answers.get(event["response_id"])
        if answer is not None and answer.first_output_at_s is None:
            answer.first_output_at_s = self._clock()

    def _audio(self, event: Json) -> None:
        answer = self._answers.get(event["response_id"])
        if answer is None:
            return
        answer.audio_s += len(event["delta"]) * answer.seconds_a_character
        if answer.first_audio_at_s is None:
            answer.first_audio_at_s = now_s = self._clock()
            if answer.first_output_at_s is None:
                answer.first_output_at_s = now_s

    def _done(self, event: Json) -> Answer | None:
        response = event["response"]
        answer = self._answers.pop(response["id"], None)
        if answer is None:
            return None
        now_s = self._clock()
        details = response.get("status_details") or {}
        answer.done_s, answer.status, answer.usage = now_s, response["status"], response.get("usage")
        answer.reason = details.get("reason") or (details.get("error") or {}).get("code") or ""
        if answer.reason == "turn_detected" and self._started_s is not None:
            answer.interrupted_s = now_s - self._started_s
        return answer

    def _error(self, event: Json) -> None:
        # Client events are carried out one after another: it was this one that was refused.
        self._asked_s = None

    # Tools

    def _item_begun(self, event: Json) -> None:
        item = event["item"]
        if item.get("type") == "mcp_call":
            _keep(self._mcp_names, item["id"], item.get("name") or "")

    def _item_done(self, event: Json) -> ToolCall | None:
        item = event["item"]
        if item.get("type") != "function_call":
            return None
        name = item.get("name") or ""
        if item.get("status") == "incomplete":
            return ToolCall("function", name, "incomplete")
        _keep(self._called, item.get("call_id") or "", (name, self._clock()))
        return ToolCall("function", name, "requested")

    def _item_added(self, event: Json) -> ToolCall | None:
        item = event["item"]
        kind = item.get("type")
        if kind == "mcp_list_tools":
            _keep(self._mcp_names, item["id"], item.get("server_label") or "")
        if kind != "function_call_output":
            return None
        now_s = self._clock()
        name, called_s = self._called.pop(item.get("call_id") or "", ("", None))
        return ToolCall("function", name, "answered", None if called_s is None else now_s - called_s)

    def _mcp_begun(self, event: Json) -> None:
        _keep(self._mcp_begun_s, event["item_id"], self._clock())

    def _mcp_ended(self, event: Json) -> ToolCall:
        begun_s = self._mcp_begun_s.pop(event["item_id"], None)
        took_s = None if begun_s is None else self._clock() - begun_s
        name = self._mcp_names.pop(event["item_id"], "")
        failed = event["type"].endswith("failed")
        kind: Literal["mcp", "mcp_list"] = "mcp_list" if event["type"].startswith("mcp_list") else "mcp"
        return ToolCall(kind, name, "failed" if failed else "completed", took_s)


def _keep(table: dict[str, Any], key: str, value: Any) -> None:
    table[key] = value
    if len(table) > MOST:
        del table[next(iter(table))]
