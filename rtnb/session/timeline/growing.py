"""A timeline that grows with its log: each look takes in only what came since the last one."""

from __future__ import annotations

import math
import threading
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace
from typing import TypeVar

import numpy as np

from rtnb.session.record.log import EventLog
from rtnb.session.timeline.columns import Columns, Kinds, columns_of
from rtnb.session.timeline.facts import Facts
from rtnb.session.timeline.following import one_after_another
from rtnb.session.timeline.gaps import gaps_of
from rtnb.session.timeline.runs import Runs
from rtnb.session.timeline.seen import Seen
from rtnb.session.timeline.shapes import Commit, Heard, Response
from rtnb.session.timeline.sounds import input_pieces
from rtnb.session.timeline.timeline import Timeline

__all__ = ["Growing"]

_APPEND = "input_audio_buffer.append"


T = TypeVar("T")


class _Kept:
    """Values with their places in the log, made once for as long as the values they were made of are the same."""

    def __init__(self, before: dict[int, tuple[object, object]]) -> None:
        self._before = before
        self.found: dict[int, tuple[object, object]] = {}

    def all(self, values: Iterable[T], place: Callable[[T], T]) -> tuple[T, ...]:
        made = []
        for value in values:
            key = id(value)
            before = self._before.get(key)
            entry = before if before is not None and before[0] is value else (value, place(value))
            self.found[key] = entry
            made.append(entry[1])
        return tuple(made)  # type: ignore[arg-type]


@dataclass(slots=True, eq=False)
class Growing:
    """Makes timelines of one log, again and again. Any thread may ask.

    It does not hold the log, so that it can be kept for as long as that is there.
    """

    _kinds: Kinds = field(default_factory=Kinds)
    _runs: Runs = field(default_factory=Runs)
    _facts: Facts = field(default_factory=Facts)
    _columns: Columns | None = None
    _kept: _Kept = field(default_factory=lambda: _Kept({}))
    _requested: dict[str, float | None] = field(default_factory=dict)
    _created_s: float = -math.inf
    """When the last response of the conversation was created."""
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def take(self, log: EventLog, seen: Seen) -> Timeline:
        """The timeline at the moment of `seen`; always of the same log."""
        with self._lock:
            self._runs.rate = {"sent": float(seen.input_rate), "received": float(seen.output_rate)}
            return self._made(log, seen, self._grow(log, seen.events))

    def _grow(self, log: EventLog, events: int) -> Columns:
        before = self._columns
        first = 0 if before is None else len(before)
        if before is not None and events <= first:
            return before
        fresh = log[first:events]
        added = columns_of(fresh, self._kinds)
        added.run[:] = self._runs.take(fresh, added, self._kinds, first)
        for row in np.flatnonzero(~np.array(self._kinds.bulk or [False])[added.type]).tolist():
            self._facts.take(first + row, fresh[row])
        self._columns = added if before is None else _joined(before, added)
        return self._columns

    def _made(self, log: EventLog, seen: Seen, columns: Columns) -> Timeline:
        facts, runs = self._facts, self._runs
        kept = self._kept = _Kept(self._kept.found)
        # A log of another program need not be in the order of its times; what is searched must be.
        t_s = columns.t_s if np.all(np.diff(columns.t_s) >= 0) else np.maximum.accumulate(columns.t_s)
        received = np.flatnonzero(columns.direction == 1)
        append = self._kinds.numbers.get(_APPEND, -1)
        appended = np.flatnonzero(columns.type == append) if append >= 0 else np.zeros(0, np.int64)
        responses = kept.all(seen.responses, self._response)
        speech = kept.all(
            seen.speech,
            lambda each: replace(
                each,
                seq=facts.seq("input_audio_buffer.speech_started", each.started_s),
                stop_seq=facts.seq("input_audio_buffer.speech_stopped", each.stopped_s),
            ),
        )
        links = tuple(
            replace(
                each,
                seq=facts.seq("session.created", each.start_s),
                lost_seq=facts.seq("rtnb.connection.lost", each.lost_s),
            )
            for each in seen.links
        )
        heard, answered = one_after_another(kept.all(seen.heard, self._heard), seen.pieces)
        pieces = input_pieces(
            t_s[appended],
            columns.audio_bytes[appended].astype(np.int64),
            appended,
            bytes_per_ms=seen.input_rate,
            format=seen.input_format,
        )
        return Timeline(
            name=seen.name,
            endpoint=seen.endpoint,
            model=seen.model,
            start_wall_s=log.start_wall_s,
            duration_s=max([seen.now_s, *(each.would_end_s for each in heard[-3:] if not seen.live)]),
            live=seen.live,
            columns=columns,
            runs=runs.all(seen.now_s),
            pieces=(*pieces, *answered),
            speech=speech,
            commits=kept.all(seen.commits, self._commit),
            responses=responses,
            heard=heard,
            calls=kept.all(
                seen.calls,
                lambda each: replace(
                    each,
                    asked_s=min(each.asked_s, runs.first_s.get(each.item_id, each.asked_s)),
                    seq=facts.seq("response.function_call_arguments.done", each.done_s),
                ),
            ),
            transcripts=kept.all(
                seen.transcripts,
                lambda each: replace(
                    each,
                    seq=facts.seq(
                        "conversation.item.input_audio_transcription.completed"
                        if each.role == "user"
                        else "response.done",
                        each.ready_s,
                    ),
                ),
            ),
            problems=tuple(
                replace(each, seq=facts.seq("error", each.t_s), cause_seq=facts.sent_seq(each.cause_id))
                for each in seen.problems
            ),
            limits=tuple(facts.limits),
            changes=tuple(sorted([*facts.changes, *facts.open_changes()], key=lambda each: each.at_s)),
            links=links,
            notes=tuple(facts.notes),
            charges=kept.all(
                seen.charges,
                lambda each: replace(
                    each,
                    seq=facts.seq(
                        "response.done"
                        if each.kind == "response"
                        else "conversation.item.input_audio_transcription.completed",
                        each.t_s,
                    ),
                ),
            ),
            gaps=gaps_of(
                received_s=t_s[received],
                received_seqs=received,
                appended_s=t_s[appended],
                appended_seqs=appended,
                responses=responses,
                speech=speech,
                links=links,
                now_s=seen.now_s,
            ),
            brackets=seen.brackets,
            log=log,
            input_bytes_per_ms=float(seen.input_rate),
            output_bytes_per_ms=float(seen.output_rate),
        )

    def _response(self, each: Response) -> Response:
        first_s = self._runs.first_s
        moments = [first_s[item_id] for item_id in each.items if item_id in first_s]
        if each.in_conversation and each.id not in self._requested:
            # They come in order: what was asked for before the last one is no request for this one.
            asked = each.trigger in ("client", "tool")
            self._requested[each.id] = self._facts.requested_s(each.created_s, self._created_s) if asked else None
            self._created_s = each.created_s
        return replace(
            each,
            requested_s=self._requested.get(each.id),
            first_s=min(moments) if moments else each.first_audio_s,
            seq=self._facts.seq("response.created", each.created_s),
            done_seq=self._facts.seq("response.done", each.done_s),
        )

    def _heard(self, each: Heard) -> Heard:
        return replace(
            each, reported=each.item_id in self._runs.reported, seq=self._runs.first_sound.get(each.item_id, -1)
        )

    def _commit(self, each: Commit) -> Commit:
        return replace(
            each,
            sent_s=self._facts.commits.get(each.item_id),
            seq=self._facts.seq("input_audio_buffer.committed", each.t_s),
        )


def _joined(before: Columns, added: Columns) -> Columns:
    return Columns(
        np.concatenate([before.t_s, added.t_s]),
        np.concatenate([before.direction, added.direction]),
        np.concatenate([before.family, added.family]),
        np.concatenate([before.type, added.type]),
        np.concatenate([before.audio_bytes, added.audio_bytes]),
        np.concatenate([before.bytes, added.bytes]),
        np.concatenate([before.run, added.run]),
        added.types,
    )
