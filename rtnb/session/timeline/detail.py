"""One event in full, as a reader wants it: what it means, and without the base64."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, Final

import numpy as np

from rtnb.errors import ConfigError
from rtnb.protocol.envelope import AudioRef, Event
from rtnb.protocol.explain import Explanation, explain
from rtnb.session.record.log import EventLog
from rtnb.session.timeline.columns import Columns
from rtnb.session.timeline.families import Family, family_of
from rtnb.session.timeline.shapes import Run

__all__ = ["Detail", "body_of", "checked_seq", "detail_of", "elided"]

LONGEST: Final = 256
"""Text without a space that is longer than this is no text that anybody reads."""

DEEPEST: Final = 100
_CODED: Final = re.compile(r"[A-Za-z0-9+/=_-]+")
_DATA_URI: Final = re.compile(r"data:([\w.+-]+/[\w.+-]+)?(?:;[\w=.+-]+)*,")


@dataclass(frozen=True, slots=True)
class Detail:
    """One event in full.

    Parameters
    ----------
    seq : int
        Its place in the log.
    t_s, wall_s : float
        Seconds on the session's clock, and Unix time.
    direction : {"sent", "received", "local"}
    type : str
    family : str
    body : dict
        The event; in the place of base64 it says how much there was.
    audio_s : float
        Seconds of audio in it.
    bytes : int
        About how long it was on the wire.
    explanation : Explanation or None
        What it means; None for an event that nobody has described.
    run : Run or None
        What it is collapsed into.
    """

    seq: int
    t_s: float
    wall_s: float
    direction: str
    type: str
    family: Family
    body: Mapping[str, Any] = field(hash=False)
    audio_s: float = 0.0
    bytes: int = 0
    explanation: Explanation | None = field(default=None, hash=False)
    run: Run | None = None

    @property
    def wall(self) -> str:
        """When that was, with its zone: *2026-11-18 11:06:40.010 UTC*."""
        return f"{datetime.fromtimestamp(self.wall_s, UTC):%Y-%m-%d %H:%M:%S.%f}"[:-3] + " UTC"

    @property
    def json(self) -> str:
        """The body as indented JSON."""
        return json.dumps(self.body, indent=2, ensure_ascii=False, default=str)

    @property
    def meaning(self) -> str:
        """What it means in a sentence or two, and what to do; empty where that is not known."""
        if self.explanation is None:
            return ""
        return " ".join(part for part in (self.explanation.means, self.explanation.do) if part)


def checked_seq(seq: object, count: int) -> int:
    """The place of an event among so many.

    Raises
    ------
    ConfigError
        There is none.

    Examples
    --------
    >>> checked_seq(3, 5)
    3
    """
    if isinstance(seq, bool) or not isinstance(seq, int | np.integer) or not 0 <= seq < count:
        raise ConfigError(f"There is no event {seq!r}: the timeline has {count:,}, numbered from 0.")
    return int(seq)


def detail_of(log: EventLog, seq: int, columns: Columns, run: Run | None, *, bytes_per_ms: float) -> Detail:
    """One event of a log."""
    event = log[seq]
    return Detail(
        seq,
        event.t_s,
        event.wall_s,
        event.direction,
        event.type,
        family_of(event.type),
        body_of(event, bytes_per_ms),
        sum(ref.length for ref in event.audio) / bytes_per_ms / 1000,
        int(columns.bytes[seq]),
        _explained(event),
        run,
    )


def _explained(event: Event) -> Explanation | None:
    try:
        return explain(event)
    except ConfigError:
        return None


def body_of(event: Event, bytes_per_ms: float) -> dict[str, Any]:
    """An event without base64, which is named in its place."""
    body: dict[str, Any] = elided(event.body)
    for ref in event.audio:
        _put(body, ref, f"<audio: {ref.length:,} bytes, {ref.length / bytes_per_ms / 1000:.2f} s>")
    return body


def _put(body: Any, ref: AudioRef, text: str) -> None:
    """Say at the place of a member what it held; a place that is not there is left alone."""
    holder = body
    for name in ref.path[:-1]:
        try:
            holder = holder[name]
        except (KeyError, IndexError, TypeError):
            return
    if isinstance(holder, dict):
        holder[str(ref.path[-1])] = text


def elided(value: Any, depth: int = 0) -> Any:
    """A copy in which base64, data URIs and the like are named and not shown.

    Examples
    --------
    >>> elided({"delta": "A" * 1000, "text": "It is sunny."})
    {'delta': '<1,000 characters of base64>', 'text': 'It is sunny.'}
    >>> elided(["data:image/png;base64," + "A" * 400])
    ['<image/png, 400 characters>']
    """
    if isinstance(value, str):
        return value if len(value) <= LONGEST else _short(value)
    if depth >= DEEPEST:
        return "…"
    if isinstance(value, Mapping):
        return {str(name): elided(member, depth + 1) for name, member in value.items()}
    if isinstance(value, list | tuple):
        return [elided(member, depth + 1) for member in value]
    return value


def _short(text: str) -> str:
    uri = _DATA_URI.match(text)
    if uri is not None:
        return f"<{uri[1] or 'data'}, {len(text) - uri.end():,} characters>"
    return f"<{len(text):,} characters of base64>" if _CODED.fullmatch(text) else text
