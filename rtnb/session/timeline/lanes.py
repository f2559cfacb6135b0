"""Lanes as painters want them: bars from one moment to another, and marks at one moment, whatever they mean."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Literal, TypeAlias, get_args

from rtnb.pricing.bills.money import format_usd

if TYPE_CHECKING:
    from rtnb.session.timeline.timeline import Timeline

__all__ = ["LANES", "Bar", "Lane", "LaneName", "Mark", "lanes_of"]

LaneName: TypeAlias = Literal[
    "user", "assistant", "responses", "tools", "transcripts", "session", "cost", "network"
]  # fmt: skip

LANES: tuple[LaneName, ...] = get_args(LaneName)
"""From the top to the bottom."""

LABELS: dict[LaneName, str] = {
    "user": "User",
    "assistant": "Assistant",
    "responses": "Responses",
    "tools": "Tools",
    "transcripts": "Transcripts",
    "session": "Session",
    "cost": "Cost",
    "network": "Network",
}

LEAST_S = 0.02
"""Bars are at least this far apart in a row."""


@dataclass(frozen=True, slots=True)
class Bar:
    """Something that lasts.

    Parameters
    ----------
    start_s, end_s : float
        One that goes on (`open`) ends where the timeline does.
    kind : str
        What it is, for its colour: see :func:`lanes_of`.
    label : str
        What stands in it.
    row : int
        In its lane, from the top; bars that overlap are in rows of their own.
    seq, turn : int
        Event for the details, and index of the turn; -1 for none.
    """

    start_s: float
    end_s: float
    kind: str
    label: str = ""
    row: int = 0
    seq: int = -1
    turn: int = -1
    open: bool = False


@dataclass(frozen=True, slots=True)
class Mark:
    """Something that happens at one moment."""

    t_s: float
    kind: str
    label: str = ""
    row: int = 0
    seq: int = -1
    turn: int = -1


@dataclass(frozen=True, slots=True)
class Lane:
    """One lane; `rows` is how many of them its bars need."""

    name: LaneName
    label: str
    rows: int
    bars: tuple[Bar, ...] = ()
    marks: tuple[Mark, ...] = ()


def lanes_of(timeline: Timeline) -> tuple[Lane, ...]:
    """The lanes of a timeline, in order; a lane in which nothing happened is there all the same.

    Kinds of bars: user ``audio``, ``speech``, ``prefix``, ``silence``; assistant ``received``, ``pad``, ``played``,
    ``unheard``; responses by their status, and ``thinking``; tools ``writing``, ``running``, ``waiting``, ``failed``;
    transcripts ``user``, ``assistant``, ``lag``; network by the kind of gap. Kinds of marks: user ``commit``; assistant
    ``cut``; responses ``client``, ``turn detection``, ``idle timeout``, ``tool`` (who asked); session ``error``,
    ``benign``, ``refused``, ``unanswered``, ``change``, ``differs``, ``told``, ``limits``, ``link``, ``lost``,
    ``note``; cost ``response``, ``transcription``.
    """
    made: dict[LaneName, tuple[Iterable[Bar], Iterable[Mark]]] = {
        "user": (_user_bars(timeline), _commits(timeline)),
        "assistant": (_assistant(timeline), _cuts(timeline)),
        "responses": (_responses(timeline), _triggers(timeline)),
        "tools": (_tools(timeline), ()),
        "transcripts": (_transcripts(timeline), ()),
        "session": ((), _session(timeline)),
        "cost": ((), _charges(timeline)),
        "network": (_gaps(timeline), ()),
    }
    return tuple(_lane(name, *made[name]) for name in LANES)


def _lane(name: LaneName, bars: Iterable[Bar], marks: Iterable[Mark]) -> Lane:
    # In a log that is out of order, an end may come before its beginning.
    found = tuple(bar if bar.end_s >= bar.start_s else replace(bar, end_s=bar.start_s) for bar in bars)
    in_order = tuple(sorted(marks, key=lambda mark: mark.t_s))
    rows = 1 + max((bar.row for bar in found), default=0)
    return Lane(name, LABELS[name], rows, found, in_order)


def _stacked(groups: Iterable[Sequence[Bar]]) -> Iterable[Bar]:
    """Groups of bars in the first row that is free for the whole group."""
    ends: list[float] = []
    for group in sorted(groups, key=lambda bars: bars[0].start_s):
        start_s, end_s = min(bar.start_s for bar in group), max(bar.end_s for bar in group)
        row = next((number for number, end in enumerate(ends) if end <= start_s), len(ends))
        ends[row : row + 1] = [max(end_s, start_s + LEAST_S)]
        yield from group if not row else (replace(bar, row=row) for bar in group)


def _user_bars(timeline: Timeline) -> Iterable[Bar]:
    for piece in timeline.pieces:
        if piece.side == "input":
            yield Bar(piece.start_s, piece.end_s, "audio", seq=piece.seq)
    for span in timeline.speech:
        end_s = timeline.duration_s if span.end_s is None else span.end_s
        spoken_s = end_s if span.speech_end_s is None else span.speech_end_s
        if span.prefix_s:
            yield Bar(span.start_s, span.onset_s, "prefix", "prefix padding", seq=span.seq, turn=span.turn)
        yield Bar(span.onset_s, max(span.onset_s, spoken_s), "speech", span.words, seq=span.seq, turn=span.turn,
                  open=span.end_s is None)  # fmt: skip
        if span.silence_s and span.end_s is not None:
            yield Bar(spoken_s, end_s, "silence", "silence awaited", seq=span.stop_seq, turn=span.turn)


def _commits(timeline: Timeline) -> Iterable[Mark]:
    for commit in timeline.commits:
        length_s = (commit.audio_end_ms - commit.audio_start_ms) / 1000
        yield Mark(commit.t_s, "commit", f"{length_s:.1f} s committed by {commit.by}", seq=commit.seq, turn=commit.turn)


def _assistant(timeline: Timeline) -> Iterable[Bar]:
    for each in timeline.heard:
        of: dict[str, Any] = {"seq": each.seq, "turn": each.turn}
        yield Bar(each.arrived_s, max(each.arrived_s, each.last_s), "received", f"{each.received_s:.1f} s received", 1,
                  **of)  # fmt: skip
        pad_s = min(each.pad_s, each.played_s)
        if pad_s > 0:
            yield Bar(each.start_s, each.start_s + pad_s, "pad", "silence", **of)
        if each.played_s > pad_s:
            yield Bar(each.start_s + pad_s, each.end_s, "played", f"{each.played_s:.1f} s heard", **of)
        if each.unheard_s > 0:
            yield Bar(each.end_s, each.would_end_s, "unheard", f"{each.unheard_s:.1f} s unheard", **of)


def _cuts(timeline: Timeline) -> Iterable[Mark]:
    for each in timeline.heard:
        if each.cut:
            told = "" if each.truncated_ms is None else f", truncated at {each.truncated_ms / 1000:.2f} s"
            label = f"{each.words}{told}"
            yield Mark(each.end_s, "cut", label, seq=each.seq, turn=each.turn)


def _responses(timeline: Timeline) -> Iterable[Bar]:
    groups = []
    for each in timeline.responses:
        end_s = timeline.duration_s if each.done_s is None else each.done_s
        first_s = end_s if each.first_s is None else min(each.first_s, end_s)
        said = each.words
        going = each.done_s is None
        bars = [Bar(each.created_s, first_s, "thinking", said, seq=each.seq, turn=each.turn,
                    open=going and each.first_s is None)]  # fmt: skip
        if each.first_s is not None or each.status != "in_progress":
            bars.append(Bar(first_s, end_s, each.status, said, seq=each.seq, turn=each.turn, open=going))
        groups.append(bars)
    return _stacked(groups)


def _triggers(timeline: Timeline) -> Iterable[Mark]:
    for each in timeline.responses:
        at_s = each.created_s if each.requested_s is None else each.requested_s
        beside = "" if each.in_conversation else ", beside the conversation"
        yield Mark(at_s, each.trigger, f"asked for by {each.trigger}{beside}", seq=each.seq, turn=each.turn)


def _tools(timeline: Timeline) -> Iterable[Bar]:
    groups = []
    for call in timeline.calls:
        of: dict[str, Any] = {"seq": call.seq, "turn": call.turn}
        ready_s = call.done_s if call.done_s is not None else call.asked_s
        bars = [Bar(call.asked_s, ready_s, "writing", call.signature, **of)]
        end_s = timeline.duration_s if call.end_s is None else call.end_s
        kind = "failed" if call.failed else "running"
        if call.started_s is not None:
            ran_s = timeline.duration_s if call.finished_s is None else call.finished_s
            bars.append(Bar(call.started_s, ran_s, kind, call.signature, open=call.finished_s is None, **of))
        elif end_s > ready_s:
            bars.append(Bar(ready_s, end_s, "waiting", call.signature, open=call.end_s is None, **of))
        groups.append(bars)
    return _stacked(groups)


def _transcripts(timeline: Timeline) -> Iterable[Bar]:
    for each in timeline.transcripts:
        row = 0 if each.role == "user" else 1
        yield Bar(each.start_s, each.end_s, each.role, each.text, row, each.seq, each.turn,
                  open=each.status == "in_progress")  # fmt: skip
        if each.role == "user" and each.lag_s is not None and each.committed_s is not None and each.lag_s > 0:
            lag = f"transcribed {each.lag_s:.2f} s after the commit"
            yield Bar(each.committed_s, each.committed_s + each.lag_s, "lag", lag, row, each.seq, each.turn)


_CHANGES = {
    "told": "told", "refused": "refused", "not answered": "unanswered", "differs": "differs", "as asked": "change",
}  # fmt: skip


def _session(timeline: Timeline) -> Iterable[Mark]:
    for problem in timeline.problems:
        kind = "benign" if problem.severity == "benign" else "error"
        yield Mark(problem.t_s, kind, problem.message, seq=problem.seq)
    for change in timeline.changes:
        kind = _CHANGES[change.state]
        yield Mark(change.at_s, kind, change.text, seq=change.seq)
    for limits in timeline.limits:
        lowest = limits.lowest
        yield Mark(
            limits.t_s, "limits", "" if lowest is None else f"{lowest:.0%} of the rate limit left", seq=limits.seq
        )
    for number, link in enumerate(timeline.links, 1):
        yield Mark(link.start_s, "link", f"connection {number}", seq=link.seq)
        if link.lost_s is not None:
            told = " ".join(part for part in (str(link.code or ""), link.reason) if part)
            yield Mark(link.lost_s, "lost", f"connection lost{f': {told}' if told else ''}", seq=link.lost_seq)
    for note in timeline.notes:
        yield Mark(note.t_s, "note", note.text, seq=note.seq)


def _charges(timeline: Timeline) -> Iterable[Mark]:
    for charge in timeline.charges:
        if charge.total_usd is None:
            said = "no price known"
        else:
            cached = "" if charge.cache_share is None else f", {charge.cache_share:.0%} of the input cached"
            said = f"{format_usd(charge.total_usd)}{cached}; {format_usd(charge.running_usd)} so far"
        yield Mark(charge.t_s, charge.kind, said, seq=charge.seq, turn=charge.turn)


def _gaps(timeline: Timeline) -> Iterable[Bar]:
    words = {"wait": "before the first delta", "stall": "between deltas", "upload": "between appends of speech",
             "connection": "without a connection"}  # fmt: skip
    for gap in timeline.gaps:
        yield Bar(gap.start_s, gap.end_s, gap.kind, f"{gap.seconds:.2f} s {words[gap.kind]}", seq=gap.seq)
