"""The events of a timeline in order, each with what it means: for whoever meets the protocol for the first time."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, overload

import numpy as np
from numpy.typing import NDArray

from rtnb._display import Drawable, counted
from rtnb.errors import ConfigError
from rtnb.protocol.envelope import ARROWS, Direction
from rtnb.protocol.explain import Explanation, explain
from rtnb.session.timeline.columns import is_bulk
from rtnb.session.views.timing import in_words

if TYPE_CHECKING:
    from rtnb.session.timeline.timeline import Timeline

__all__ = ["ExplainedEvent", "ExplainedEvents", "explained_of"]

Json = Mapping[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class ExplainedEvent:
    """One event, or all those of a kind that come many times a second for one item, such as deltas of an answer.

    Parameters
    ----------
    seq : int
        The place of the first in the timeline's log.
    t_s, last_s : float
        When the first and the last of them came, in seconds on the session's clock.
    count : int
        How many.
    direction : {"sent", "received", "local"}
        Seen from the client.
    type : str
    says : str
        What stands in this one: a transcript, a position, a status; empty where there is nothing short to quote.
    explanation : Explanation or None
        What :func:`rtnb.explain` says of it; None of a type that nobody has described.
    """

    seq: int
    t_s: float
    last_s: float
    count: int
    direction: Direction
    type: str
    says: str = ""
    explanation: Explanation | None = field(default=None, repr=False, hash=False)

    @property
    def means(self) -> str:
        """What it means, in a sentence or two; empty where nobody knows."""
        return "" if self.explanation is None else self.explanation.means

    @property
    def beta(self) -> str:
        """Its name in the beta shape of the protocol, where that was another."""
        return "" if self.explanation is None else self.explanation.beta

    def __str__(self) -> str:
        """Which way it went, what it is called, how many."""
        many = f" ×{self.count:,}" if self.count > 1 else ""
        return f"{ARROWS.get(self.direction, '?')} {self.type or '(no type)'}{many}"


@dataclass(frozen=True, slots=True, repr=False)
class ExplainedEvents(Sequence[ExplainedEvent], Drawable):
    """The events of a timeline in the order in which their first came; draws itself as a table.

    Examples
    --------
    >>> import rtnb
    >>> with rtnb.connect(modalities=["text"]) as s:
    ...     _ = s.ask("Spell cat.", show=False)
    ...     story = s.timeline.explained()
    >>> [each.type for each in story.of_type("response.output_text")]
    ['response.output_text.delta', 'response.output_text.done']
    >>> print(story.of_type("response.output_text.done")[0].says)
    “C, A, T.”
    """

    events: tuple[ExplainedEvent, ...]

    def of_type(self, *prefixes: str) -> ExplainedEvents:
        """Those whose type is one of these, or begins with one of them and a dot."""
        return ExplainedEvents(
            tuple(
                each
                for each in self.events
                if any(each.type == prefix or each.type.startswith(f"{prefix}.") for prefix in prefixes)
            )
        )

    @property
    def types(self) -> tuple[str, ...]:
        """Every type once, in the order in which they came first."""
        return tuple(dict.fromkeys(each.type for each in self.events))

    @overload
    def __getitem__(self, index: int) -> ExplainedEvent: ...
    @overload
    def __getitem__(self, index: slice) -> ExplainedEvents: ...
    def __getitem__(self, index: int | slice) -> ExplainedEvent | ExplainedEvents:
        found = self.events[index]
        return ExplainedEvents(found) if isinstance(found, tuple) else found

    def __len__(self) -> int:
        return len(self.events)

    def __iter__(self) -> Iterator[ExplainedEvent]:
        return iter(self.events)

    def __repr__(self) -> str:
        return f"ExplainedEvents({counted(sum(each.count for each in self), 'event')}, {counted(len(self), 'line')})"


def explained_of(timeline: Timeline) -> ExplainedEvents:
    """Every event of a timeline; those that come many times a second are one line an item, at the first of them."""
    columns, log = timeline.columns, timeline.log
    places: dict[tuple[str, str], list[int]] = {}
    for seq in range(len(columns)):
        event = log[seq]
        # Only a bulk event shares its line with others.
        key = (event.type, str(event.shared.get("item_id", "")) if is_bulk(event.type) else f"#{seq}")
        places.setdefault(key, []).append(seq)
    found = [_line(timeline, np.array(seqs)) for seqs in places.values()]
    return ExplainedEvents(tuple(sorted(found, key=lambda each: each.seq)))


def _line(timeline: Timeline, seqs: NDArray[np.int64]) -> ExplainedEvent:
    event, columns = timeline.log[int(seqs[0])], timeline.columns
    audio = int(columns.audio_bytes[seqs].sum(dtype=np.int64))
    if audio and is_bulk(event.type):
        rate = timeline.input_bytes_per_ms if event.direction == "sent" else timeline.output_bytes_per_ms
        says = f"{in_words(audio / rate / 1000, 's')} of audio"
    elif is_bulk(event.type):
        says = _quoted("".join(_text(timeline.log[int(seq)].shared) for seq in seqs))
    else:
        says = what_it_says(event.body)
    return ExplainedEvent(
        seq=int(seqs[0]),
        t_s=event.t_s,
        last_s=float(columns.t_s[seqs[-1]]),
        count=len(seqs),
        direction=event.direction,
        type=event.type,
        says=says,
        explanation=_explained(event.type),
    )


def _explained(kind: str) -> Explanation | None:
    try:
        return explain(kind)
    except ConfigError:
        return None


# What stands in an event ---------------------------------------------------------------------------------------------


def what_it_says(body: Json) -> str:
    """The one thing of an event that a reader looks for, in few words.

    Examples
    --------
    >>> what_it_says({"type": "input_audio_buffer.speech_started", "audio_start_ms": 300})
    'audio_start_ms 300'
    >>> what_it_says({"type": "conversation.item.added", "item": {"type": "message", "role": "user"}})
    'message of the user'
    >>> what_it_says({"type": "response.done", "response": {"status": "completed",
    ...               "usage": {"input_tokens": 103, "output_tokens": 88}}})
    'completed, 103 tokens in, 88 out'
    """
    for look in (_session, _position, _quote, _item, _response, _part, _limits, _error):
        if words := look(body):
            return words
    return ""


def _session(body: Json) -> str:
    """The model where the server tells the whole session, else what a client wants to change."""
    session = body.get("session")
    if not isinstance(session, Mapping):
        return ""
    return str(session.get("model") or ", ".join(name for name in session if name != "type"))


def _position(body: Json) -> str:
    named = ((name, body.get(name)) for name in ("audio_start_ms", "audio_end_ms"))
    return ", ".join(f"{name} {value:,}" for name, value in named if isinstance(value, int))


def _quote(body: Json) -> str:
    return _quoted(next((body[name] for name in ("transcript", "text") if isinstance(body.get(name), str)), ""))


def _item(body: Json) -> str:
    item = body.get("item")
    if not isinstance(item, Mapping):
        return ""
    kind, role = (str(item.get(name) or "") for name in ("type", "role"))
    whose = f"{kind} of the {role}" if role else kind
    return f"{whose}, {item['status']}" if isinstance(item.get("status"), str) and role == "assistant" else whose


def _response(body: Json) -> str:
    response = body.get("response")
    if not isinstance(response, Mapping):
        return ""
    usage = response.get("usage")
    counts: Json = usage if isinstance(usage, Mapping) else {}
    tokens = [(counts.get(f"{side}_tokens"), words) for side, words in (("input", "tokens in"), ("output", "out"))]
    parts = [str(response.get("status") or ""), *(f"{n:,} {words}" for n, words in tokens if isinstance(n, int))]
    return ", ".join(filter(None, parts))


def _part(body: Json) -> str:
    part = body.get("part")
    if not isinstance(part, Mapping):
        return ""
    return ", ".join(filter(None, (str(part.get("type") or ""), _quote(part))))


def _limits(body: Json) -> str:
    limits = body.get("rate_limits")
    try:
        left = [f"{one['name']}: {one['remaining']:,} of {one['limit']:,} left" for one in limits or ()]
        return "; ".join(left)
    except (KeyError, TypeError, ValueError):
        return ""


def _error(body: Json) -> str:
    error = body.get("error")
    return str(error.get("message") or "") if isinstance(error, Mapping) else ""


def _text(body: Json) -> str:
    delta = body.get("delta")
    return delta if isinstance(delta, str) else ""


def _quoted(text: str) -> str:
    return f"“{text}”" if text else ""
