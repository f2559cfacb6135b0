"""How an event is written: one line of JSON, with its audio in files beside it. Recordings and journals share it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import orjson

from rtnb.protocol.envelope import AudioRef, AudioStore, Event

__all__ = ["decoded", "encoded", "event_of", "line_of", "written"]

SHOWN_CHARS = 200
"""How much is kept of the type of an event that cannot be written."""


def line_of(event: Event, start_wall_s: float | None = None) -> dict[str, Any]:
    """An event as it is written; without its wall-clock time where that follows from `start_wall_s`.

    Examples
    --------
    >>> line_of(Event(0, 0.5, 10.5, "sent", "t", {"type": "t"}), 10.0)
    {'seq': 0, 't_s': 0.5, 'direction': 'sent', 'event': {'type': 't'}}
    """
    line: dict[str, Any] = {
        "seq": event.seq,
        "t_s": event.t_s,
        "wall_s": event.wall_s,
        "direction": event.direction,
        "event": event.body,
    }
    if start_wall_s is not None and event.wall_s == start_wall_s + event.t_s:
        del line["wall_s"]
    if event.audio:
        line["audio"] = [
            {"path": list(ref.path), "store": ref.store.name, "offset": ref.offset, "length": ref.length}
            for ref in event.audio
        ]
    return line


def encoded(line: Mapping[str, Any]) -> bytes:
    """A line as bytes, without its end.

    Raises
    ------
    TypeError, ValueError
        JSON cannot hold it.

    Examples
    --------
    >>> encoded({"big": 2**70})
    b'{"big": 1180591620717411303424}'
    """
    try:
        return orjson.dumps(line)
    except TypeError:
        # What orjson refuses and JSON can hold, such as integers of more than 64 bits.
        try:
            return json.dumps(line).encode()
        except RecursionError:
            raise ValueError("it is nested too deeply") from None


def written(event: Event, start_wall_s: float | None = None) -> bytes:
    """The line of an event, with its end. Where it cannot be written, that is said in its place: one event is lost,
    and none of the others.

    Examples
    --------
    >>> written(Event(0, 0.5, 10.5, "sent", "t", {"type": "t"}), 10.0)
    b'{"seq":0,"t_s":0.5,"direction":"sent","event":{"type":"t"}}\\n'
    >>> written(Event(0, 0.5, 10.5, "sent", "t", {"type": "t", "a": {1, 2}}), 10.0)[:58]
    b'{"seq":0,"t_s":0.5,"direction":"local","event":{"type":"rt'
    """
    try:
        return encoded(line_of(event, start_wall_s)) + b"\n"
    except (TypeError, ValueError) as error:
        # As the session notes a frame that is no event.
        lost = {
            "type": "rtnb.frame",
            "problem": f"an event that cannot be written ({type(error).__name__}), {event.direction}",
            "text": event.type[:SHOWN_CHARS].encode(errors="replace").decode(),
        }
        note = Event(event.seq, event.t_s, event.wall_s, "local", "rtnb.frame", lost)
        return encoded(line_of(note, start_wall_s)) + b"\n"


def decoded(line: bytes) -> Any:
    """What a line holds.

    Raises
    ------
    ValueError
        It is no JSON.
    """
    try:
        return orjson.loads(line)
    except orjson.JSONDecodeError:
        try:
            return json.loads(line)
        except RecursionError:
            raise ValueError("it is nested too deeply") from None


def event_of(line: Mapping[str, Any], stores: Mapping[str, AudioStore], start_wall_s: float) -> Event:
    """The event of a line; its audio is in `stores`, by name.

    Raises
    ------
    Exception
        The line was made by hand or damaged; it fails in whatever way it fails.
    """
    body, t_s = line["event"], float(line["t_s"])
    kind = body.get("type")
    return Event(
        int(line["seq"]),
        t_s,
        float(line.get("wall_s", start_wall_s + t_s)),
        line["direction"],
        kind if isinstance(kind, str) else "",
        body,
        tuple(
            AudioRef(tuple(ref["path"]), stores[ref["store"]], int(ref["offset"]), int(ref["length"]))
            for ref in line.get("audio", ())
        ),
    )
