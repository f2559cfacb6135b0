"""Frames that carry a chunk of audio, taken apart without parsing them: the hot path of a session.

A chunk of 100 ms is some 6,400 characters of base64 and 200 of everything else, and all chunks of an answer differ
in their base64 and their ``event_id`` alone. So both are cut out of the frame as bytes; what is left is looked up, and
parsed as JSON once for each answer. Whatever is not exactly as expected is left to the JSON parser.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

import orjson
import pybase64

from rtnb.protocol.envelope import DIRECT, decoded
from rtnb.protocol.nesting import nested_too_deeply

__all__ = ["AudioChunk", "AudioFrames", "Shape"]

_TYPE_END = b'audio.delta"'
_TYPE_WITHIN = 256
"""Where a frame's type is looked for: servers write it first."""
_DELTA = b'"delta":"'
_EVENT_ID = b'"event_id":"'
_SHAPES_KEPT = 256


class Shape(NamedTuple):
    """What the chunks of one answer have in common."""

    type: str
    body: Mapping[str, Any]
    """The event without its audio; its ``event_id`` is empty."""


AudioChunk = tuple[Shape, str, bytes]
"""Shape, ``event_id`` and the decoded audio."""


class AudioFrames:
    """Takes audio frames apart and remembers their shapes.

    Parameters
    ----------
    clean : callable
        What a new shape's body goes through before it is kept.

    Examples
    --------
    >>> frame = b'{"type":"response.output_audio.delta","event_id":"e1","item_id":"i","delta":"QUJD"}'
    >>> shape, event_id, audio = AudioFrames().take(frame)
    >>> shape.body, event_id, audio
    ({'type': 'response.output_audio.delta', 'event_id': '', 'item_id': 'i'}, 'e1', b'ABC')
    >>> AudioFrames().take(b'{"type":"response.done"}')
    """

    def __init__(self, clean: Callable[[dict[str, Any]], dict[str, Any]] = lambda body: body) -> None:
        self._clean = clean
        self._shapes: dict[bytes, Shape] = {}
        # What stood before, between and after the two in the last frame; most often it is the same again.
        self._last = (b"\0", 1, b"", 0, b"", -1, Shape("", {}))

    def take(self, frame: bytes) -> AudioChunk | None:
        """A chunk of audio; None where the frame is none, or is not written in the usual way."""
        before, begin, between, length, after, tail, shape = self._last
        if frame.startswith(before) and frame.endswith(after):
            end = frame.find(b'"', begin)
            if end >= begin and frame.startswith(between, end):
                # As in _chunk, with fewer calls: this is where nearly all frames go.
                try:
                    event_id = frame[begin:end].decode()
                    data = pybase64.b64decode(memoryview(frame)[end + length : tail], validate=True)
                except ValueError:
                    return None
                if data and len(data) % 3 == 0 and event_id.isidentifier():
                    return shape, event_id, data
        return self._look_up(frame) if frame.find(_TYPE_END, 0, _TYPE_WITHIN) >= 0 else None

    def _chunk(self, shape: Shape, frame: bytes, begin: int, end: int, start: int, stop: int) -> AudioChunk | None:
        """The chunk with its id from `begin` to `end`, and its audio from `start` to `stop`."""
        try:
            event_id = frame[begin:end].decode("ascii")
        except UnicodeDecodeError:
            return None
        # A backslash would begin an escape, and end the string elsewhere; control characters are no JSON.
        if "\\" in event_id or not event_id.isprintable():
            return None
        # Only what is base64 to the last character gets through, so that no quote can hide in it.
        data = decoded(memoryview(frame)[start:stop])
        return None if data is None else (shape, event_id, data)

    def _look_up(self, frame: bytes) -> AudioChunk | None:
        start, begin = frame.find(_DELTA) + len(_DELTA), frame.find(_EVENT_ID) + len(_EVENT_ID)
        if start < len(_DELTA) or begin < len(_EVENT_ID):
            return None
        stop, end = frame.find(b'"', start), frame.find(b'"', begin)
        if stop < 0 or end < 0 or start <= begin < stop or begin <= start < end:
            return None
        pieces = [(begin, end), (start, stop)] if begin < start else [(start, stop), (begin, end)]
        (first, first_end), (second, second_end) = pieces
        before, between, after = frame[:first], frame[first_end:second], frame[second_end:]
        key = before + between + after
        shape = self._shapes.get(key)
        if shape is None and (shape := self._learn(key)) is None:
            return None
        if begin < start:
            self._last = (before, begin, between, len(between), after, -len(after), shape)
        return self._chunk(shape, frame, begin, end, start, stop)

    def _learn(self, key: bytes) -> Shape | None:
        # Each member once, and no escapes: then what was cut out of the text are the members of these names.
        if b"\\" in key or key.count(b'"delta"') != 1 or key.count(b'"event_id"') != 1:
            return None
        try:
            event = orjson.loads(key)
        except orjson.JSONDecodeError:
            return None
        if (
            not isinstance(event, dict)
            or nested_too_deeply(event, key)
            or event.get("delta") != ""
            or event.get("event_id") != ""
        ):
            return None
        kind = event.get("type")
        if not isinstance(kind, str) or DIRECT.get(kind) != "delta" or "item" in event:
            return None
        del event["delta"]
        if len(self._shapes) >= _SHAPES_KEPT:
            self._shapes.clear()
        shape = self._shapes[key] = Shape(kind, self._clean(event))
        return shape
