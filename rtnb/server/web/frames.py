"""A client's frame as an event: what one may hold, looked at before anything walks through it."""

from __future__ import annotations

from typing import Any

import orjson

from rtnb.protocol import Problem
from rtnb.server import problems
from rtnb.server.web import refusals

__all__ = ["ITEM_BYTES", "MOST_VALUES", "OTHER_BYTES", "event_of", "has_too_many_values"]

MOST_VALUES = 100_000
"""JSON values in one event. Own choice, because a hundred tools with large schemas are some ten thousand, and a
hundred thousand are parsed and checked in about 0.05 s, while the loop serves nobody else. Commas and brackets
within texts are counted too: a text with so many is longer than any model's window."""

ITEM_BYTES = 28 * 1024 * 1024
"""An event that brings items: an image of 20 MiB in base64 and the JSON around it fit, and more of audio than of
the 15 MiB that one append may hold. Own choice, because the live service's limit is not published."""

OTHER_BYTES = 1024 * 1024
"""Any other event: a session has at most 16,384 tokens of instructions and tools, of which a megabyte is several
times the size. Own choice. Appends of audio are bounded by the frame, and by their own limit."""

BRINGS_ITEMS = frozenset({"conversation.item.create", "response.create"})
APPEND = "input_audio_buffer.append"


def has_too_many_values(text: str) -> bool:
    """Whether a JSON text may hold more than :data:`MOST_VALUES` values; by counting, without parsing it.

    Examples
    --------
    >>> has_too_many_values("[" + "[]," * 100_000 + "[]]"), has_too_many_values('{"audio": "AAAA"}')
    (True, False)
    """
    if len(text) <= MOST_VALUES:
        return False
    return sum(map(text.count, ",[{")) > MOST_VALUES


def event_of(message: Any) -> tuple[object, Problem | None]:
    """A client's frame as decoded JSON, and what is wrong with it.

    Parameters
    ----------
    message : mapping
        An ASGI ``websocket.receive``.

    Returns
    -------
    event : object
        Whatever JSON came; None where it was not decoded.
    problem : Problem or None
        Why it is not to be carried out.

    Examples
    --------
    >>> event_of({"type": "websocket.receive", "text": '{"type": "response.cancel"}'})
    ({'type': 'response.cancel'}, None)
    >>> event_of({"type": "websocket.receive", "text": "{"})[1].code
    'invalid_json'
    """
    text = message.get("text")
    if text is None:
        return None, problems.binary_frame()
    if has_too_many_values(text):
        return None, refusals.too_many_values(MOST_VALUES)
    try:
        event = orjson.loads(text)
    except (orjson.JSONDecodeError, UnicodeEncodeError):
        return None, problems.invalid_json()
    # Characters rather than bytes, which would have to be counted: base64 has one of each.
    if len(text) > OTHER_BYTES and isinstance(event, dict) and (kind := event.get("type")) != APPEND:
        most = ITEM_BYTES if isinstance(kind, str) and kind in BRINGS_ITEMS else OTHER_BYTES
        if len(text) > most:
            return event, refusals.event_too_large(most)
    return event, None
