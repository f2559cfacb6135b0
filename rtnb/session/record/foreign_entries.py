"""What one object of somebody else's log says: the event inside, which way it went, and when.

Shapes seen in the wild: bare events, ``{time, source: "client" | "server", event}`` (OpenAI's console for the Realtime
API), ``{timestamp, event_type, event_data}``, ``{type: "send" | "receive", time, data: "..."}`` (browsers), events of
the Agents SDK (``{type: "raw_model_event", data: {type: "raw_server_event", data: {...}}}``), and lines of text logs.
"""

from __future__ import annotations

import functools
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

import orjson

from rtnb.protocol.beta_data import beta_data
from rtnb.protocol.catalogue import catalogue
from rtnb.session.record.foreign_lines import Text

__all__ = ["Entry", "Way", "entry_of", "way_of_type"]

Json = dict[str, Any]
Way = Literal["sent", "received", "local"]

PAYLOADS = (
    "event", "data", "payload", "message", "event_data", "eventData", "body", "msg", "raw", "content", "frame",
    "text",
)  # fmt: skip
WAYS = (
    "direction", "source", "dir", "from", "origin", "sender", "way", "role", "side", "type", "kind", "event_type",
    "eventType", "op", "name",
)  # fmt: skip
TIMES = (
    "wall_s", "t_s", "timestamp", "time", "ts", "t", "created_at", "createdAt", "date", "datetime", "@timestamp",
    "received_at", "sent_at", "timestamp_ms", "time_ms", "ts_ms", "t_ms", "elapsed_ms", "offset_ms", "elapsed_s",
    "elapsed",
)  # fmt: skip

_EVENT = re.compile(
    r"(session|transcription_session|conversation|response|input_audio_buffer|output_audio_buffer|rate_limits"
    r"|mcp_list_tools|rtnb)(\.[a-z_]+)+|error"
)
_SENT = """
    sent send sending client user out outgoing outbound up upstream request tx c2s client_to_server to_server to_openai
    publish raw_client_event client_event -> --> → > >> >>> ⬆ ↑"""
_RECEIVED = """
    received receive receiving recv got server assistant in incoming inbound down downstream response rx s2c
    server_to_client from_server from_openai openai model raw_server_event server_event <- <-- ← < << <<< ⬇ ↓"""
_WORDS: Mapping[str, Way] = {
    **dict.fromkeys(_SENT.split(), "sent"),
    **dict.fromkeys(_RECEIVED.split(), "received"),
    "local": "local",
}
_IN_TEXT = re.compile(r"[A-Za-z_]+|-+>+|<+-+|>{1,3}|<{1,3}|[→←⬆⬇↑↓]")
_TIME_IN_TEXT = re.compile(
    r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d(?:[.,]\d+)?(?:Z|[+-]\d\d:?\d\d)?|\d{1,2}:\d\d:\d\d(?:[.,]\d+)?(?: ?[AaPp][Mm])?"
)
_DEEPEST = 4


@dataclass(frozen=True, slots=True)
class Entry:
    """One event of somebody else's log.

    Attributes
    ----------
    line : int
    event : dict
    way : {"sent", "received", "local"} or None
        What its type says; None where its type is none that is known.
    word : str
        What the log itself calls the way it went; empty where it does not say.
    time : object
        When, as the log says it; None where it does not say.
    time_key : str
        What the log calls that.
    count : int
        How many events like it the log says there were.
    """

    line: int
    event: Json
    way: Way | None
    word: str = ""
    time: object = None
    time_key: str = ""
    count: int = 1


def entry_of(text: Text, value: Mapping[str, Any]) -> Entry | None:
    """The event in an object; None where there is none.

    Examples
    --------
    >>> entry = entry_of(Text(1), {"time": 5, "source": "client", "event": {"type": "response.cancel"}})
    >>> entry.event, entry.way, entry.word, entry.time
    ({'type': 'response.cancel'}, 'sent', 'client', 5)
    >>> entry_of(Text(1), {"level": "info", "message": "Server started"}) is None
    True
    """
    word, time, key, count = "", None, "", 1
    event: Mapping[str, Any] | None = value
    for _ in range(_DEEPEST):
        if event is None:
            return None
        inner = _payload(event)
        if time is None:
            time, key = _time(event, bare=inner is None)
        if inner is None:
            break
        word = _word(event) or word
        if isinstance(event.get("count"), int) and not isinstance(event["count"], bool):
            count = max(1, event["count"])
        event = inner
    if event is None or not _is_event(event):
        return None
    if not word:
        word = next((w.lower() for w in _IN_TEXT.findall(text.before) if w.lower() in _WORDS), "")
    if time is None and (found := _TIME_IN_TEXT.search(text.before)):
        time, key = found[0].replace(",", "."), "text"
    return Entry(text.line, dict(event), way_of_type(event["type"]), word, time, key, count)


def way_of_type(kind: str) -> Way | None:
    """Which way events of a type go, as the protocol says.

    Examples
    --------
    >>> way_of_type("session.update"), way_of_type("session.updated"), way_of_type("session.invented")
    ('sent', 'received', None)
    """
    if kind.startswith("rtnb."):
        return "local"
    return _ways().get(kind)


def way_of_word(word: str) -> Way | None:
    """Which way a word means, seen from the client."""
    return _WORDS.get(word)


@functools.cache
def _ways() -> Mapping[str, Way]:
    known, beta = catalogue(), beta_data()
    clients = {*known.client_events, *beta.client_event_types}
    servers = {*known.server_events, *beta.renamed_events.values(), "conversation.created"}
    servers |= set(beta.transcription_events.values()) - clients
    found: dict[str, Way] = {}
    found.update(dict.fromkeys(servers, "received"))
    found.update(dict.fromkeys(clients, "sent"))
    return found


def _is_event(value: Mapping[str, Any]) -> bool:
    kind = value.get("type")
    if not isinstance(kind, str) or not _EVENT.fullmatch(kind):
        return False
    return kind != "error" or isinstance(value.get("error"), dict)


def _payload(value: Mapping[str, Any]) -> Mapping[str, Any] | None:
    """What an object is wrapped around; None where it is no wrapping."""
    for name in PAYLOADS:
        inner = value.get(name)
        if isinstance(inner, str) and inner.lstrip()[:1] == "{":
            try:
                inner = orjson.loads(inner)
            except ValueError:
                continue
        if isinstance(inner, dict) and (_is_event(inner) or _payload(inner) is not None):
            return inner
    return None


def _word(value: Mapping[str, Any]) -> str:
    for name in WAYS:
        said = value.get(name)
        if isinstance(said, str) and said.lower() in _WORDS:
            return said.lower()
    return ""


def _time(value: Mapping[str, Any], *, bare: bool) -> tuple[object, str]:
    for name in TIMES:
        if bare and name in ("t", "date"):
            continue
        said = value.get(name)
        if isinstance(said, str | int | float) and not isinstance(said, bool) and said != "":
            return said, name
    return None, ""
