"""What the reducer does not keep of a log: where an event is, what was asked of the settings, rate limits."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from rtnb.protocol.envelope import Event
from rtnb.session.config.diff import diff
from rtnb.session.conversation.reading import at, number, string
from rtnb.session.timeline.shapes import Change, Note, RateLimits

__all__ = ["Facts"]

_CREATED = ("session.created", "transcription_session.created")
_UPDATED = ("session.updated", "transcription_session.updated")
_UPDATE = ("session.update", "transcription_session.update")


@dataclass(slots=True, eq=False)
class Facts:
    """A fold over all events that are not deltas."""

    limits: list[RateLimits] = field(default_factory=list)
    notes: list[Note] = field(default_factory=list)
    changes: list[Change] = field(default_factory=list)
    requests: list[float] = field(default_factory=list)
    """When responses of the conversation were asked for."""
    commits: dict[str, float] = field(default_factory=dict)
    """When a client committed what became an item, by its id."""
    _places: dict[tuple[str, float], int] = field(default_factory=dict)
    _sent: dict[str, int] = field(default_factory=dict)
    """Where a client event is, by its id."""
    _waiting: list[tuple[str, int, float, Mapping[str, Any]]] = field(default_factory=list)
    """Updates without an answer: event id, place, when, and what was asked."""
    _commits: list[float] = field(default_factory=list)
    _ended: set[str] = field(default_factory=set)
    _config: Mapping[str, Any] | None = None

    def take(self, seq: int, event: Event) -> None:
        """The next event, at its place in the log."""
        kind, t_s = event[4], event[1]
        self._places.setdefault((kind, t_s), seq)
        if event[3] == "sent":
            self._take_sent(seq, event, kind, t_s)
            return
        if kind == "input_audio_buffer.speech_stopped":
            self._ended.add(string(event[5].get("item_id")))
        elif kind == "input_audio_buffer.committed":
            item_id = string(event[5].get("item_id"))
            if item_id not in self._ended and self._commits:
                self.commits[item_id] = self._commits.pop(0)
        elif kind == "rate_limits.updated":
            self.limits.append(RateLimits(t_s=t_s, rows=_rows(event.body.get("rate_limits")), seq=seq))
        elif kind in _CREATED or kind in _UPDATED:
            self._settled(seq, event, created=kind in _CREATED)
        elif kind == "error":
            self._refused(seq, event)
        elif kind == "rtnb.notice":
            self.notes.append(Note(t_s=t_s, text=string(event.body.get("text")), seq=seq))

    def _take_sent(self, seq: int, event: Event, kind: str, t_s: float) -> None:
        body = event.body
        if event_id := string(body.get("event_id")):
            self._sent[event_id] = seq
        if kind == "response.create":
            if at(body, "response", "conversation") != "none":
                self.requests.append(t_s)
        elif kind == "input_audio_buffer.commit":
            self._commits.append(t_s)
        elif kind in _UPDATE:
            session = body.get("session")
            self._waiting.append((event_id, seq, t_s, session if isinstance(session, Mapping) else {}))

    def _settled(self, seq: int, event: Event, *, created: bool) -> None:
        session = event.body.get("session")
        effective: Mapping[str, Any] = session if isinstance(session, Mapping) else {}
        before, self._config = self._config, effective
        if created:
            label = f"session opened: {string(effective.get('model')) or 'no model named'}"
            self.changes.append(Change(t_s=event.t_s, sent_s=None, label=label, seq=seq, answer_seq=seq))
            return
        if not self._waiting:
            self.changes.append(Change(t_s=event.t_s, sent_s=None, label="settings told", seq=seq, answer_seq=seq))
            return
        _, sent_seq, sent_s, patch = self._waiting.pop(0)
        rows = diff(patch, effective, before=before).rows
        self.changes.append(
            Change(t_s=event.t_s, sent_s=sent_s, rows=rows, label=_named(patch), seq=sent_seq, answer_seq=seq)
        )

    def _refused(self, seq: int, event: Event) -> None:
        event_id = string(at(event.body, "error", "event_id"))
        for place, (sent_id, sent_seq, sent_s, patch) in enumerate(self._waiting):
            if event_id and sent_id == event_id:
                del self._waiting[place]
                refused = string(at(event.body, "error", "message")) or "refused"
                self.changes.append(
                    Change(t_s=event.t_s, sent_s=sent_s, refused=refused, label=_named(patch), seq=sent_seq,
                           answer_seq=seq)
                )  # fmt: skip
                return

    def open_changes(self) -> list[Change]:
        """Updates that nothing was said about yet."""
        return [
            Change(t_s=None, sent_s=sent_s, label=_named(patch), seq=seq) for _, seq, sent_s, patch in self._waiting
        ]

    def seq(self, kind: str, t_s: float | None) -> int:
        """Where the first event of a type at a moment is; -1 where there is none."""
        return -1 if t_s is None else self._places.get((kind, t_s), -1)

    def sent_seq(self, event_id: str | None) -> int:
        """Where a client event is."""
        return self._sent.get(event_id or "", -1)

    def requested_s(self, created_s: float, after_s: float) -> float | None:
        """When a response that was created at a moment was asked for, after another one was created."""
        place = bisect_right(self.requests, created_s)
        if not place or self.requests[place - 1] < after_s:
            return None
        return self.requests[place - 1]


def _named(patch: Mapping[str, Any]) -> str:
    """The settings of an update, by their last names."""
    names = [path.rpartition(".")[2] for path in _paths(patch) if path != "type"]
    return ", ".join(dict.fromkeys(names)) or "nothing"


def _paths(patch: Mapping[str, Any], before: str = "") -> list[str]:
    found = []
    for name, value in patch.items():
        deeper = name in ("audio", "input", "output") and isinstance(value, Mapping) and value
        found += _paths(value, f"{before}{name}.") if deeper else [f"{before}{name}"]
    return found


def _rows(limits: object) -> tuple[tuple[str, float | None, float | None, float | None], ...]:
    rows = [row for row in limits if isinstance(row, Mapping)] if isinstance(limits, list) else []
    return tuple(
        (
            string(row.get("name")),
            number(row.get("limit")),
            number(row.get("remaining")),
            number(row.get("reset_seconds")),
        )
        for row in rows
    )
