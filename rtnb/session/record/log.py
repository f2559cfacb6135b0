"""The event log of a session: everything sent and received, with times, audio kept once, secrets left out."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, overload

import orjson

from rtnb.protocol.audio_frames import AudioChunk, AudioFrames, Shape
from rtnb.protocol.envelope import DIRECT, AudioRef, AudioStore, Direction, Event, Path, decoded, detach
from rtnb.protocol.nesting import DEEPEST, nested_too_deeply
from rtnb.session.record.secrets import REDACTED, Secrets, without_secrets

__all__ = ["REDACTED", "EventLog", "without_secrets"]

_new = tuple.__new__
_PATHS: dict[str, Path] = {name: (name,) for name in DIRECT.values()}
_DELTA = _PATHS["delta"]
_PLAIN_TYPES = frozenset({str, int, bool, type(None)})
_SHAPES_KEPT = 256
_ARGUMENTS_KEPT = 64
"""Function calls whose arguments are kept as they came; they are called within a response or two."""
_TOO_DEEP = f"The event is nested more than {DEEPEST} levels deep, which no server reads."
_OUR_IDS = ("event_", "evt_")
"""How an ``event_id`` begins that is none that a user made up, and so no place for a secret."""


def _as_it_travels(event: Mapping[str, Any]) -> bytes:
    """The JSON of an event.

    Raises
    ------
    TypeError, ValueError
        It has none, or it is nested too deeply.
    """
    given = dict(event)
    try:
        return orjson.dumps(given)
    except TypeError:
        try:
            # What orjson refuses and JSON can hold, such as integers of more than 64 bits.
            return json.dumps(given).encode()
        except RecursionError:
            raise ValueError(_TOO_DEEP) from None


def _parsed(text: bytes) -> dict[str, Any]:
    try:
        found: dict[str, Any] = orjson.loads(text)
    except orjson.JSONDecodeError:
        found = json.loads(text)
    return found


class EventLog(Sequence[Event]):
    """Events in order. Written on the loop thread, readable from any.

    Examples
    --------
    >>> log = EventLog(start_s=0.0, start_wall_s=0.0)
    >>> event = log.record({"type": "input_audio_buffer.clear"}, "sent", now_s=0.5)
    >>> log[0].type, len(log)
    ('input_audio_buffer.clear', 1)
    >>> log.receive(b'{"type":"session.created","event_id":"event_1"}', now_s=0.6)
       0.600 ← session.created
    """

    def __init__(self, *, start_s: float, start_wall_s: float) -> None:
        self._start_s = start_s
        self.start_wall_s = start_wall_s
        self.stores: Mapping[str, AudioStore] = {
            "sent": AudioStore("input"),
            "received": AudioStore("output"),
            "items": AudioStore("items"),
        }
        """Audio appended to the input buffer, audio of responses, and audio inside of items."""
        self._events: list[Event] = []
        self._lock = threading.Lock()
        self._secrets = Secrets()
        self._frames = AudioFrames(self._secrets.clean)
        self._shapes: dict[tuple[object, ...], Shape] = {}
        self._arguments: dict[str, str] = {}

    def hide(self, *values: str) -> None:
        """Blank these values in every event from now on: the keys that the session itself uses."""
        self._secrets.hide(*values)

    def receive(self, frame: str | bytes, *, now_s: float) -> Event | None:
        """Add the event that a frame from the server holds; None where it holds no JSON object.

        Nor is a frame an event that is nested more than 200 levels deep: it could not even be saved.

        It does what :meth:`record` does with the parsed frame, and costs a third of that for a chunk of audio.
        """
        if isinstance(frame, str):
            try:
                frame = frame.encode()
            except UnicodeEncodeError:
                return None
        if (chunk := self._frames.take(frame)) is not None:
            return self._chunk(chunk, _DELTA, "received", now_s)
        try:
            event = orjson.loads(frame)
        except orjson.JSONDecodeError:
            return None
        if not isinstance(event, dict) or nested_too_deeply(event, frame):
            return None
        return self._whole(event, "received", now_s, secret=self._secrets.may_hold(frame))

    def record(self, event: Mapping[str, Any], direction: Direction, *, now_s: float) -> Event:
        """Add one event; `now_s` is the monotonic time.

        What rtnb notes itself is ``"local"``: it never was on the wire.

        Raises
        ------
        TypeError, ValueError
            It cannot be written as JSON, or is nested more than 200 levels deep.
        """
        kind = event.get("type")
        if isinstance(kind, str) and direction != "local" and (name := DIRECT.get(kind)) is not None:
            recorded = self._known_shape(event, kind, name, direction, now_s)
            if recorded is not None:
                return recorded
        if direction == "received":
            if nested_too_deeply(event):
                raise ValueError(_TOO_DEEP)
            return self._whole(dict(event), direction, now_s, secret=True)
        # A copy that its sender cannot change any more.
        text = _as_it_travels(event)
        parsed = _parsed(text)
        if nested_too_deeply(parsed, text):
            raise ValueError(_TOO_DEEP)
        return self._whole(parsed, direction, now_s, secret=self._secrets.may_hold(text))

    def _whole(self, raw: dict[str, Any], direction: Direction, now_s: float, *, secret: bool) -> Event:
        # Positions in the input store are positions in the session's input audio, so items have a store of their own.
        store = self.stores["items" if "item" in raw or direction == "local" else direction]
        cleaned = self._secrets.clean(raw) if secret else raw
        if cleaned is not raw and direction == "received":
            self._keep_arguments(raw)
        body, audio = detach(cleaned, store)
        kind = body.get("type")
        return self._add(direction, kind if isinstance(kind, str) else "", body, audio, now_s)

    def _keep_arguments(self, raw: Mapping[str, Any]) -> None:
        """What a function is called with, where the log shows it with a part blanked."""
        response, item = raw.get("response"), raw.get("item")
        output = response.get("output") if isinstance(response, dict) else None
        for call in (raw, item, *(output if isinstance(output, list) else ())):
            if not isinstance(call, dict):
                continue
            call_id, arguments = call.get("call_id"), call.get("arguments")
            # An item that has just begun has none yet.
            if isinstance(call_id, str) and isinstance(arguments, str) and arguments:
                self._arguments[call_id] = arguments
                if len(self._arguments) > _ARGUMENTS_KEPT:
                    del self._arguments[next(iter(self._arguments))]

    def arguments(self, call_id: str) -> str | None:
        """The arguments of a function call as the model wrote them, where the events have something in them blanked.

        They are kept in memory alone, for the function itself, and for a time.

        Examples
        --------
        >>> log = EventLog(start_s=0.0, start_wall_s=0.0)
        >>> call = {"type": "function_call", "call_id": "call_1", "arguments": '{"id": "sk-0123456789abcdef"}'}
        >>> event = log.record({"type": "response.output_item.done", "item": call}, "received", now_s=0.1)
        >>> event.body["item"]["arguments"], log.arguments("call_1")
        ('{"id": "[redacted]"}', '{"id": "sk-0123456789abcdef"}')
        """
        return self._arguments.get(call_id)

    def _known_shape(
        self, event: Mapping[str, Any], kind: str, name: str, direction: Direction, now_s: float
    ) -> Event | None:
        """A chunk of audio as it usually is: an ``event_id``, the audio, and members that the others have as well."""
        text, event_id = event.get(name), event.get("event_id")
        if type(text) is not str or type(event_id) is not str or "item" in event:
            return None
        rest = tuple([(k, v, type(v)) for k, v in event.items() if k != name and k != "event_id"])
        if not all(type(k) is str and t in _PLAIN_TYPES for k, _, t in rest):
            return None
        data = decoded(text) if text.isascii() else None
        if data is None:
            return None
        shape = self._shapes.get(rest)
        if shape is None:
            body = {k: v if k != "event_id" else "" for k, v in event.items() if k != name}
            if len(self._shapes) >= _SHAPES_KEPT:
                self._shapes.clear()
            shape = self._shapes[rest] = Shape(kind, self._secrets.clean(body))
        return self._chunk((shape, event_id, data), _PATHS[name], direction, now_s)

    def _chunk(self, chunk: AudioChunk, path: Path, direction: Direction, now_s: float) -> Event:
        (kind, body), event_id, data = chunk
        if not event_id.startswith(_OUR_IDS):
            event_id = self._secrets.text(event_id)
        store = self.stores[direction]
        t_s = now_s - self._start_s
        # By tuple.__new__, which is a call less than the classes' own.
        audio = (_new(AudioRef, (path, store, *store.append(data))),)
        events = self._events
        with self._lock:
            recorded = _new(Event, (len(events), t_s, self.start_wall_s + t_s, direction, kind, body, audio, event_id))
            events.append(recorded)
        return recorded

    def _add(
        self,
        direction: Direction,
        kind: str,
        body: Mapping[str, Any],
        audio: tuple[AudioRef, ...],
        now_s: float,
    ) -> Event:
        t_s = now_s - self._start_s
        with self._lock:
            events = self._events
            recorded = Event(len(events), t_s, self.start_wall_s + t_s, direction, kind, body, audio)
            events.append(recorded)
        return recorded

    def restore(self, event: Event) -> None:
        """Add an event of a recording."""
        with self._lock:
            self._events.append(event)

    @overload
    def __getitem__(self, index: int) -> Event: ...
    @overload
    def __getitem__(self, index: slice) -> list[Event]: ...
    def __getitem__(self, index: int | slice) -> Event | list[Event]:
        return self._events[index]

    def __len__(self) -> int:
        return len(self._events)

    def __iter__(self) -> Iterator[Event]:
        return iter(self._events[:])

    def of_type(self, prefix: str) -> list[Event]:
        """Events whose type is `prefix` or starts with ``prefix + "."``."""
        return [e for e in self if e.type == prefix or e.type.startswith(prefix + ".")]

    def __repr__(self) -> str:
        shown = self[:50]
        lines = [repr(event) for event in shown]
        if len(self) > len(shown):
            lines.append(f"… and {len(self) - len(shown)} more")
        return "\n".join(lines) or "(no events)"
