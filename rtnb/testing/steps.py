"""The events of a session in order, and how they are told in a few lines."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, Literal

from rtnb.protocol.url_secrets import urls_without_secrets
from rtnb.server.watch.redaction import is_secret, server_address

__all__ = ["Closed", "Step", "digest", "end_lines", "hidden", "line_of"]

Json = dict[str, Any]


HIDDEN: Final = "[hidden]"

SCHEMAS: Final = frozenset({"parameters", "input_schema"})
"""Members whose own members are named by a tool: its parameter ``token`` is no token."""

DEEPEST: Final = 100
"""How deep events are looked through; what is deeper is left out."""


@dataclass(frozen=True, slots=True)
class Step:
    """One event.

    Parameters
    ----------
    way : {"client", "server"}
        Who sent it.
    event : dict
        In the GA shape.
    wall_s : float
        Unix time.
    """

    way: Literal["client", "server"]
    event: Json
    wall_s: float

    @property
    def type(self) -> str:
        """Of the event; empty for what was none."""
        kind = self.event.get("type")
        return kind if isinstance(kind, str) else ""


@dataclass(frozen=True, slots=True)
class Closed:
    """How a session ended; `code` is None where the client was gone, or the connection cut, without a close."""

    code: int | None
    reason: str = ""

    @property
    def lost(self) -> bool:
        """Whether the client did not end it: it vanished, or the connection was cut, or closed by the server."""
        return self.code not in (None, 1000) or (self.code is None and bool(self.reason))


def line_of(step: Step) -> str:
    """An event as a line of JSON.

    Examples
    --------
    >>> line_of(Step("client", {"type": "response.create"}, 5.0))
    '{"timestamp": 5.0, "source": "client", "event": {"type": "response.create"}}'
    """
    return json.dumps({"timestamp": step.wall_s, "source": step.way, "event": step.event})


def end_lines(session: str, model: str, closed: Closed, wall_s: float) -> Iterator[str]:
    """The end of a session as lines of JSON; one that was lost has a note of it, as rtnb's own recordings do.

    Examples
    --------
    >>> len(list(end_lines("sess_1", "gpt-realtime", Closed(None), 5.0)))
    1
    >>> json.loads(next(end_lines("sess_1", "gpt-realtime", Closed(1012, "restart"), 5.0)))["source"]
    'local'
    """
    if closed.lost:
        event = {"type": "rtnb.connection.lost", "code": closed.code, "reason": closed.reason}
        yield json.dumps({"timestamp": wall_s, "source": "local", "event": event})
    yield json.dumps({"session": session, "model": model, "closed": {"code": closed.code, "reason": closed.reason}})


def hidden(event: Mapping[str, Any]) -> Json:
    """A copy of the event without credentials, those in addresses included.

    Examples
    --------
    >>> hidden({"tools": [{"type": "mcp", "server_url": "https://x.example/?k=abc", "Authorization": "abc"}]})
    {'tools': [{'type': 'mcp', 'server_url': 'https://x.example/?[redacted]', 'Authorization': '[hidden]'}]}
    """
    shown: Json = _shown(event, 0, named=False)
    return shown


def _shown(value: Any, depth: int, *, named: bool) -> Any:
    if isinstance(value, str):
        return urls_without_secrets(value)
    if not isinstance(value, Mapping | list | tuple):
        return value
    if depth == DEEPEST:
        return HIDDEN
    if isinstance(value, Mapping):
        return {name: _member(value, name, each, depth, named=named) for name, each in value.items()}
    return [_shown(each, depth + 1, named=named) for each in value]


def _member(owner: Mapping[str, Any], name: str, value: Any, depth: int, *, named: bool) -> Any:
    if value and not named and is_secret(name, owner):
        return HIDDEN
    if name == "server_url" and isinstance(value, str):
        return server_address(value)
    return _shown(value, depth + 1, named=named or name in SCHEMAS)


def digest(steps: Sequence[Step], closed: Closed | None = None, last: int = 40) -> str:
    """The end of a session, one line an event, runs of pieces counted: for the report of a failure.

    Examples
    --------
    >>> print(digest([Step("client", {"type": "input_audio_buffer.append", "audio": ""}, 0.0)] * 3))
    → input_audio_buffer.append x 3
    """
    lines: list[str] = []
    run: dict[str, list[int]] = {}
    """Place and number of each kind of piece since the last event that is none."""
    for step in steps:
        head = f"{'→' if step.way == 'client' else '←'} {step.type or '(no event)'}"
        if not step.type.endswith((".append", ".delta")):
            run = {}
        elif head in run:
            run[head][1] += 1
            lines[run[head][0]] = f"{head} x {run[head][1]}"
            continue
        else:
            run[head] = [len(lines), 1]
        lines.append(f"{head}  {_brief(step.event)}".rstrip())
    left_out = [f"... {len(lines) - last} lines before"] if len(lines) > last else []
    end = "" if closed is None else f"closed: {closed.code} {closed.reason}".rstrip()
    return "\n".join([*left_out, *lines[-last:], *([end] if end else [])])


def _brief(event: Mapping[str, Any], limit: int = 110) -> str:
    rest = {key: value for key, value in event.items() if key not in ("type", "event_id", "audio", "delta")}
    text = json.dumps(rest, ensure_ascii=False, default=str) if rest else ""
    return text if len(text) <= limit else f"{text[: limit - 3]}..."
