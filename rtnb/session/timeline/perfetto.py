"""A timeline as a trace that ui.perfetto.dev and chrome://tracing open.

The JSON object form of the Trace Event Format: complete events (``X``), instants (``i``), counters (``C``) and metadata
(``M``), with times in microseconds. Slices of one track must nest and never overlap in part (Perfetto's FAQ, "Why are
overlapping events in JSON traces not displayed correctly?"), so what overlaps is put on tracks of its own. Sources:
"Trace Event Format" of the catapult project; perfetto.dev/docs/faq.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import numpy as np

from rtnb.session.timeline.columns import DIRECTIONS
from rtnb.session.timeline.traffic import traffic_of

if TYPE_CHECKING:
    from rtnb.session.timeline.lanes import Bar
    from rtnb.session.timeline.timeline import Timeline

__all__ = ["trace_of"]

PID = 1
TRAFFIC_STEPS = 2000
"""Steps of the counters of bytes, at most; none is shorter than 50 ms."""
SHORTEST_STEP_S = 0.05

Json = dict[str, Any]


@dataclass(slots=True)
class _Tracks:
    """Numbers tracks, and opens another one of a name where a slice would overlap with the one before it."""

    origin_s: float
    ends: dict[str, list[int]] = field(default_factory=dict)
    numbers: dict[tuple[str, int], int] = field(default_factory=dict)

    def us(self, t_s: float) -> int:
        return round((t_s - self.origin_s) * 1e6)

    def track(self, name: str, row: int = 0) -> int:
        return self.numbers.setdefault((name, row), len(self.numbers) + 1)

    def slice(self, name: str, label: str, start_s: float, end_s: float, category: str, args: Json) -> Json:
        start, end = self.us(start_s), max(self.us(start_s), self.us(end_s))
        ends = self.ends.setdefault(name, [])
        row = next((number for number, before in enumerate(ends) if before <= start), len(ends))
        ends[row : row + 1] = [end]
        return {"name": label, "cat": category, "ph": "X", "ts": start, "dur": end - start, "pid": PID,
                "tid": self.track(name, row), "args": args}  # fmt: skip

    def instant(self, name: str, label: str, t_s: float, category: str, args: Json) -> Json:
        return {"name": label, "cat": category, "ph": "i", "s": "t", "ts": self.us(t_s), "pid": PID,
                "tid": self.track(name), "args": args}  # fmt: skip

    def counter(self, name: str, t_s: float, values: Json) -> Json:
        return {"name": name, "cat": "counter", "ph": "C", "ts": self.us(t_s), "pid": PID, "args": values}

    def metadata(self, process: str) -> Iterator[Json]:
        yield {"name": "process_name", "ph": "M", "pid": PID, "tid": 0, "args": {"name": process}}
        for (name, row), number in self.numbers.items():
            of: Json = {"ph": "M", "pid": PID, "tid": number}
            yield {"name": "thread_name", **of, "args": {"name": name if not row else f"{name} ({row + 1})"}}
            yield {"name": "thread_sort_index", **of, "args": {"sort_index": number}}


_TRACKS = {
    "audio": "User: audio", "prefix": "User: speech", "speech": "User: speech", "silence": "User: speech",
    "received": "Assistant: received", "pad": "Assistant: playback", "played": "Assistant: playback",
    "unheard": "Assistant: unheard", "lag": "Transcripts: lag", "user": "Transcripts: user",
    "assistant": "Transcripts: assistant", "writing": "Tools: arguments", "wait": "Network: waits",
}  # fmt: skip
"""Tracks of bars that are not simply that of their lane, by kind."""


def trace_of(timeline: Timeline) -> Json:
    """The whole trace as an object that JSON can hold.

    Parameters
    ----------
    timeline : Timeline

    Returns
    -------
    dict
        ``traceEvents``, ``displayTimeUnit`` and ``otherData``. The trace begins at 0 where the timeline begins.
    """
    tracks = _Tracks(timeline.start_s)
    events: list[Json] = []
    for lane in timeline.lanes:
        # Numbered even where it is empty, so that all traces have the same order.
        for bar in sorted(lane.bars, key=lambda bar: (bar.start_s, bar.end_s)):
            name = _TRACKS.get(bar.kind, lane.label)
            events.append(tracks.slice(name, _said(bar), bar.start_s, bar.end_s, lane.name, _args(bar.seq, bar.turn)))
        for mark in lane.marks:
            label = mark.label or mark.kind
            events.append(
                tracks.instant(
                    lane.label, label, mark.t_s, lane.name, {"kind": mark.kind, **_args(mark.seq, mark.turn)}
                )
            )
    for bracket in timeline.brackets:
        args = {"from": bracket.start_event, "to": bracket.end_event, "value": bracket.text, "turn": bracket.turn}
        start_s, end_s = sorted((bracket.start_s, bracket.end_s))
        events.append(
            tracks.slice(
                f"Latency: {bracket.label}", f"{bracket.label} {bracket.text}", start_s, end_s, "latency", args
            )
        )
    events += _wire(timeline, tracks)
    events += _counters(timeline, tracks)
    process = " · ".join(part for part in (timeline.name, timeline.endpoint, timeline.model) if part) or "session"
    return {
        "traceEvents": [*tracks.metadata(process), *events],
        "displayTimeUnit": "ms",
        "otherData": {
            "started": datetime.fromtimestamp(timeline.start_wall_s, UTC).isoformat(),
            "clock": f"0 is {-timeline.start_s:.6f} s before the connection opened" if timeline.start_s else
                     "0 is the moment the connection opened",
            "endpoint": timeline.endpoint,
            "model": timeline.model,
        },
    }  # fmt: skip


def _said(bar: Bar) -> str:
    return f"{bar.kind}: {bar.label}" if bar.label and bar.label != bar.kind else bar.kind


def _args(seq: int, turn: int) -> Json:
    return {name: value for name, value in (("seq", seq), ("turn", turn)) if value >= 0}


def _wire(timeline: Timeline, tracks: _Tracks) -> Iterable[Json]:
    """Every event: deltas and appends as slices with their count, the others as instants."""
    for run in timeline.runs:
        args = {"count": run.count, "audio_s": round(run.audio_s, 3), "bytes": run.bytes, "first_seq": run.first_seq,
                "last_seq": run.last_seq}  # fmt: skip
        name = f"Events {run.direction}: collapsed"
        yield tracks.slice(name, f"{run.type} ×{run.count:,}", run.start_s, run.end_s, run.family, args)
    columns = timeline.columns
    for seq in np.flatnonzero(columns.run < 0).tolist():
        direction = DIRECTIONS[columns.direction[seq]]
        kind = columns.types[columns.type[seq]]
        yield tracks.instant(f"Events {direction}", kind or "(no type)", float(columns.t_s[seq]), "event", {"seq": seq})


def _counters(timeline: Timeline, tracks: _Tracks) -> Iterable[Json]:
    for charge in timeline.charges:
        yield tracks.counter("Cost so far (USD)", charge.t_s, {"usd": float(charge.running_usd)})
        if charge.cache_share is not None:
            yield tracks.counter("Input cached (%)", charge.t_s, {"percent": round(100 * charge.cache_share, 2)})
    length_s = timeline.duration_s - timeline.start_s
    steps = max(1, min(TRAFFIC_STEPS, int(length_s / SHORTEST_STEP_S)))
    traffic = traffic_of(timeline.columns, timeline.start_s, timeline.duration_s, steps)
    before = None
    for step, (sent, received) in enumerate(zip(traffic.sent.tolist(), traffic.received.tolist(), strict=True)):
        values = {"sent": round(sent / traffic.step_s), "received": round(received / traffic.step_s)}
        if values != before:
            yield tracks.counter("Bytes a second", traffic.start_s + step * traffic.step_s, values)
            before = values
