"""The event log of a session: everything sent and received, with times, audio kept once, secrets left out."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, overload

import orjson

from rtnb.protocol.envelope import AudioStore, Direction, Event, detach

__all__ = ["EventLog", "without_secrets"]

SECRET_TOOL_MEMBERS = ("authorization", "headers")
"""Members of MCP tools that carry credentials of third parties."""

REDACTED = "[redacted]"


def without_secrets(event: dict[str, Any]) -> dict[str, Any]:
    """The event with the credentials of MCP tools blanked, wherever a session or response carries tools."""
    for holder in ("session", "response"):
        inner = event.get(holder)
        tools = inner.get("tools") if isinstance(inner, dict) else None
        if not isinstance(tools, list) or not any(_secret(tool) for tool in tools):
            continue
        cleaned = [
            {key: REDACTED if key in SECRET_TOOL_MEMBERS and value else value for key, value in tool.items()}
            if isinstance(tool, dict)
            else tool
            for tool in tools
        ]
        event = {**event, holder: {**inner, "tools": cleaned}}  # type: ignore[dict-item]
    return event


def _secret(tool: object) -> bool:
    return isinstance(tool, Mapping) and any(tool.get(name) for name in SECRET_TOOL_MEMBERS)


def _plain(event: Mapping[str, Any]) -> dict[str, Any]:
    """The event in JSON's own types, as it travels: a copy that its sender cannot change any more."""
    given = dict(event)
    try:
        copied: dict[str, Any] = orjson.loads(orjson.dumps(given))
    except TypeError:
        # What orjson refuses and JSON can hold, such as integers of more than 64 bits.
        copied = json.loads(json.dumps(given))
    return copied


class EventLog(Sequence[Event]):
    """Events in order. Written on the loop thread, readable from any.

    Examples
    --------
    >>> log = EventLog(start_s=0.0, start_wall_s=0.0)
    >>> event = log.record({"type": "input_audio_buffer.clear"}, "sent", now_s=0.5)
    >>> log[0].type, len(log)
    ('input_audio_buffer.clear', 1)
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

    def record(self, event: Mapping[str, Any], direction: Direction, *, now_s: float) -> Event:
        """Add one event; `now_s` is the monotonic time."""
        t_s = now_s - self._start_s
        raw = _plain(event) if direction == "sent" else dict(event)
        # Positions in the input store are positions in the session's input audio, so items have a store of their own.
        body, audio = detach(without_secrets(raw), self.stores["items" if "item" in raw else direction])
        kind = body.get("type")
        with self._lock:
            recorded = Event(
                seq=len(self._events),
                t_s=t_s,
                wall_s=self.start_wall_s + t_s,
                direction=direction,
                type=kind if isinstance(kind, str) else "",
                body=body,
                audio=audio,
            )
            self._events.append(recorded)
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
