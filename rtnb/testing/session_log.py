"""What a server saw of one session: what was said and heard, called and answered. Live, or read from a file."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, Self

from rtnb.audio import Clip
from rtnb.audio.formats import PCM16, AudioFormat
from rtnb.errors import RecordingError
from rtnb.server.watching import Facts, Watch
from rtnb.testing.steps import Closed, Step, digest, end_lines, hidden, line_of
from rtnb.testing.turns import UserTurn, decoded, parts_of, user_turns

__all__ = ["Closed", "McpCall", "SessionLog", "Step", "ToolCall"]

Json = dict[str, Any]


@dataclass(frozen=True, slots=True)
class ToolCall:
    """A function that the model called.

    Parameters
    ----------
    name : str
    arguments : dict
        As JSON text says them; ``{"": text}`` where it is no object.
    call_id : str
    output : str or None
        What the client under test gave back; None if nothing.

    Examples
    --------
    >>> ToolCall("lookup_order", {"order_id": 17}, "call_1").arguments
    {'order_id': 17}
    """

    name: str
    arguments: Json
    call_id: str
    output: str | None = None


@dataclass(frozen=True, slots=True)
class McpCall:
    """A tool of an MCP server that the model called.

    Parameters
    ----------
    name : str
    arguments : dict
    server_label : str
        As the session names the server.
    output : str or None
    error : object
        What went wrong; None if nothing did.

    Examples
    --------
    >>> McpCall("order_status", {"number": 17}, "shop", output="shipped").output
    'shipped'
    """

    name: str
    arguments: Json
    server_label: str
    output: str | None = None
    error: Any = None


class SessionLog(Watch):
    """One session as the server sees it; may be read from any thread while it goes on.

    Parameters
    ----------
    facts : Facts
        What is known as it begins.
    changed : threading.Condition, optional
        Notified at each event.

    Examples
    --------
    >>> import rtnb
    >>> from rtnb.testing import RtnbServer
    >>> with RtnbServer() as server:
    ...     with rtnb.connect(server.url, key=server.key, modalities=["text"]) as s:
    ...         turn = s.ask("Hello!")
    ...     [session.model for session in server.sessions]
    ['gpt-realtime-2.1']
    """

    def __init__(
        self,
        facts: Facts,
        *,
        changed: threading.Condition | None = None,
    ) -> None:
        self.id = facts.session_id
        self.model = facts.opening.model
        self.closed_with: Closed | None = None
        """How it ended; None while it is open."""
        self.steps: list[Step] = []
        """All events in order."""
        self._changed = changed or threading.Condition()
        self._turns: dict[str, str] = {}
        self._ended_wall_s = 0.0

    def __repr__(self) -> str:
        state = "open" if self.closed_with is None else f"closed {self.closed_with.code}"
        return f"SessionLog({self.id}, {self.model}, {len(self.steps)} events, {state})"

    # As it goes on

    def received(self, event: object, size_bytes: int) -> None:
        """A client event has come."""
        self._note("client", event if isinstance(event, dict) else {})

    def sent(self, event: Mapping[str, Any]) -> None:
        """A server event is on its way."""
        self._note("server", event)

    def closed(self, code: int | None, reason: str) -> None:
        """The session is over."""
        with self._changed:
            self.closed_with, self._ended_wall_s = Closed(code, reason), time.time()
            self._changed.notify_all()

    def _note(self, way: Literal["client", "server"], event: Mapping[str, Any]) -> None:
        with self._changed:
            self.steps.append(Step(way, hidden(event), time.time()))
            self._changed.notify_all()

    # What happened

    def sent_by_client(self, *types: str) -> list[Json]:
        """The client's events, of these types or of all."""
        return self._of("client", types)

    def sent_by_server(self, *types: str) -> list[Json]:
        """The server's events, of these types or of all."""
        return self._of("server", types)

    def _of(self, way: str, types: Sequence[str]) -> list[Json]:
        return [step.event for step in list(self.steps) if step.way == way and (not types or step.type in types)]

    @property
    def config(self) -> Json:
        """The session's settings as they stand."""
        told = self.sent_by_server("session.created", "session.updated")
        return dict(told[-1]["session"]) if told else {}

    @property
    def items(self) -> list[Json]:
        """The items of the conversation as they were last told, in the order in which they came."""
        found: dict[str, Json] = {}
        kinds = ("conversation.item.added", "conversation.item.created", "conversation.item.done")
        for event in self.sent_by_server(*kinds, "conversation.item.deleted"):
            if event["type"] == "conversation.item.deleted":
                found.pop(event["item_id"], None)
            else:
                found[str(event["item"].get("id"))] = event["item"]
        return list(found.values())

    @property
    def said(self) -> list[str]:
        """What the model said or wrote, an entry an answer part; of an answer cut short what had been made of it."""
        done = self.sent_by_server("response.output_audio_transcript.done", "response.output_text.done")
        return [str(event.get("transcript", event.get("text", ""))) for event in done]

    @property
    def typed(self) -> list[str]:
        """What the user wrote."""
        items = [item for item in self._created() if item.get("role") == "user"]
        return [str(part.get("text", "")) for item in items for part in parts_of(item, "input_text")]

    @property
    def turns(self) -> list[UserTurn]:
        """What the user spoke, a turn each, with its audio."""
        return user_turns(((step.way, step.event) for step in list(self.steps)), self.input_format)

    @property
    def heard(self) -> list[str]:
        """What the user said, recognised from the audio that the client sent; takes a moment at the first look.

        Where the session transcribes, these are its transcripts.

        Raises
        ------
        MissingExtraError
            No recogniser is installed.
        """
        from rtnb.testing.hearing import recognised

        words = []
        for turn in self.turns:
            if turn.transcript is not None:
                words.append(turn.transcript)
                continue
            if turn.item_id not in self._turns:
                self._turns[turn.item_id] = recognised(turn.clip)
            words.append(self._turns[turn.item_id])
        return [text.strip() for text in words if text.strip()]

    @property
    def tool_calls(self) -> list[ToolCall]:
        """The functions that the model called."""
        outputs = dict(self._outputs())
        return [
            ToolCall(
                str(event.get("name", "")),
                _arguments(event.get("arguments")),
                str(event.get("call_id")),
                outputs.get(str(event.get("call_id"))),
            )
            for event in self.sent_by_server("response.function_call_arguments.done")
        ]

    @property
    def tool_outputs(self) -> list[str]:
        """What the client under test gave back."""
        return [output for _, output in self._outputs()]

    def _outputs(self) -> Iterator[tuple[str, str]]:
        for item in self._created():
            if item.get("type") == "function_call_output":
                yield str(item.get("call_id")), str(item.get("output"))

    def _created(self) -> list[Json]:
        """The items that the client has made; those that are none are refused, and not told of."""
        items = [event.get("item") for event in self.sent_by_client("conversation.item.create")]
        return [item for item in items if isinstance(item, dict)]

    @property
    def mcp_calls(self) -> list[McpCall]:
        """The tools of MCP servers that the model called, once each is over."""
        items = [event["item"] for event in self.sent_by_server("response.output_item.done", "conversation.item.done")]
        calls = {item["id"]: item for item in items if item.get("type") == "mcp_call"}
        return [
            McpCall(
                str(item.get("name", "")),
                _arguments(item.get("arguments")),
                str(item.get("server_label", "")),
                item.get("output"),
                item.get("error"),
            )
            for item in calls.values()
        ]

    @property
    def errors(self) -> list[str]:
        """Error events, failed responses, transcriptions and MCP calls, as code and message."""
        found = []
        for event in self.sent_by_server():
            match event.get("type"):
                case "error":
                    found.append(_problem(event["error"]))
                case "response.done" if event["response"].get("status") == "failed":
                    error = (event["response"].get("status_details") or {}).get("error")
                    found.append(f"response failed: {_problem(error or {})}")
                case "conversation.item.input_audio_transcription.failed":
                    found.append(f"transcription failed: {_problem(event.get('error') or {})}")
        return found + [f"MCP tool {call.name} failed: {_problem(call.error)}" for call in self.mcp_calls if call.error]

    @property
    def input_format(self) -> AudioFormat:
        """Of the user's audio."""
        return self._format("input")

    @property
    def output_format(self) -> AudioFormat:
        """Of the model's audio."""
        return self._format("output")

    def _format(self, side: str) -> AudioFormat:
        wire = ((self.config.get("audio") or {}).get(side) or {}).get("format")
        return AudioFormat.from_wire(wire) if wire else PCM16

    @property
    def audio_in(self) -> Clip:
        """All that the client appended to the input buffer."""
        return decoded((event.get("audio") for event in self._of("client", ["input_audio_buffer.append"])), PCM16)

    @property
    def audio_out(self) -> Clip:
        """All that the model said."""
        deltas = self._of("server", ["response.output_audio.delta"])
        return decoded((event.get("delta") for event in deltas), self.output_format)

    # On file

    def lines(self) -> Iterator[str]:
        """The events as JSON lines, as :func:`rtnb.replay` and :meth:`load` read them."""
        yield from map(line_of, list(self.steps))
        if self.closed_with is not None:
            yield from end_lines(self.id, self.model, self.closed_with, self._ended_wall_s)

    def save(self, folder: str | Path, name: str | None = None) -> Path:
        """Write ``NAME.jsonl``, and what was heard and said as WAV files beside it.

        Parameters
        ----------
        folder : path
            Made if need be.
        name : str, optional
            The session's id by default.
        """
        folder = Path(folder)
        folder.mkdir(parents=True, exist_ok=True)
        path = folder / f"{name or self.id}.jsonl"
        path.write_text("".join(f"{line}\n" for line in self.lines()), encoding="utf-8")
        self.save_audio(path)
        return path

    def save_audio(self, path: Path) -> None:
        """Write what was heard and said as ``.in.wav`` and ``.out.wav`` beside a file."""
        for what, clip in (("in", self.audio_in), ("out", self.audio_out)):
            if clip.duration_s:
                clip.save(path.with_name(f"{path.stem}.{what}.wav"))

    @classmethod
    def load(cls, path: str | Path) -> Self:
        """Read what :meth:`save` wrote.

        Raises
        ------
        RecordingError
            It cannot be read.
        """
        from rtnb.server.opening import Opening

        path = Path(path)
        log = cls(Facts(session_id=path.stem, opening=Opening()))
        try:
            lines = path.read_text(encoding="utf-8", errors="replace").splitlines()
            for number, line in enumerate(lines, 1):
                try:
                    value = json.loads(line)
                except ValueError:
                    if number == len(lines) > 1:
                        # A server that was killed has left half a line.
                        break
                    raise
                if value.get("source") == "local":
                    log._ended_wall_s = value["timestamp"]
                elif "event" in value:
                    log.steps.append(Step(value["source"], value["event"], value["timestamp"]))
                elif "closed" in value:
                    log.closed_with = Closed(value["closed"]["code"], value["closed"]["reason"])
        except (OSError, ValueError, KeyError, TypeError) as error:
            raise RecordingError(f"{path.name} is no record of a session: {error}") from None
        told = log.config
        log.id, log.model = str(told.get("id", log.id)), str(told.get("model") or "")
        return log

    def digest(self, last: int = 40) -> str:
        """The end of it, one line an event, runs of the same kind counted: for the report of a failure."""
        return digest(list(self.steps), self.closed_with, last)


def _arguments(text: object) -> Json:
    try:
        value = json.loads(str(text))
    except ValueError:
        value = None
    return value if isinstance(value, dict) else {"": text}


def _problem(error: Any) -> str:
    if not isinstance(error, Mapping):
        return str(error)
    code = error.get("code") or error.get("type")
    return f"{code}: {error.get('message', '')}" if code else str(error.get("message", ""))
