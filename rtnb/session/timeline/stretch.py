"""A stretch of a timeline as a timeline of its own: that of one run or one turn, on the session's clock."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable
from dataclasses import fields, is_dataclass, replace
from decimal import Decimal
from typing import TYPE_CHECKING, Any, TypeVar

import numpy as np

from rtnb.session.record.log import EventLog
from rtnb.session.timeline.columns import Columns
from rtnb.session.timeline.shapes import AudioPiece, Charge, Run

if TYPE_CHECKING:
    from rtnb.session.timeline.timeline import Timeline

__all__ = ["stretch_of", "turns_span"]

T = TypeVar("T")

_PLACES = ("seq", "stop_seq", "done_seq", "cause_seq", "answer_seq", "lost_seq")


def turns_span(timeline: Timeline, turns: Collection[int]) -> tuple[float, float] | None:
    """From the first to the last of some turns; None where nothing of them is there."""
    begins: list[float] = []
    ends: list[float] = []

    def take(start_s: float, end_s: float | None) -> None:
        begins.append(start_s)
        ends.append(timeline.duration_s if end_s is None else end_s)

    for span in timeline.speech:
        if span.turn in turns:
            take(span.start_s, span.stopped_s)
    for commit in timeline.commits:
        if commit.turn in turns:
            take(commit.t_s if commit.sent_s is None else commit.sent_s, commit.t_s)
    for response in timeline.responses:
        if response.turn in turns:
            asked_s = response.created_s if response.requested_s is None else response.requested_s
            take(asked_s, response.done_s)
    for heard in timeline.heard:
        if heard.turn in turns:
            take(heard.start_s, heard.would_end_s)
    for said in timeline.transcripts:
        if said.turn in turns:
            take(said.start_s, max(said.end_s, said.ready_s or said.end_s))
    return (min(begins), max(ends)) if begins else None


def stretch_of(
    timeline: Timeline, start_s: float, end_s: float, *, turns: Collection[int] | None = None, name: str = ""
) -> Timeline:
    """What happened between two moments, with the events of that time and no others.

    Times stay those of the session; places (`seq`) are those in the stretch's own log.

    Parameters
    ----------
    timeline : Timeline
    start_s, end_s : float
        On the session's clock.
    turns : collection of int, optional
        Of what belongs to a turn, these only.
    name : str
        What it goes by in headings; that of the timeline if empty.
    """
    columns = timeline.columns
    inside = np.flatnonzero((columns.t_s >= start_s - 1e-6) & (columns.t_s <= end_s + 1e-6))
    first, last = (int(inside[0]), int(inside[-1]) + 1) if len(inside) else (0, 0)
    runs, kept = _runs(timeline, first, last)
    numbers = np.full(len(timeline.runs) + 1, -1, np.int32)
    numbers[kept] = np.arange(len(kept))
    cut = slice(first, last)
    log = EventLog(start_s=0.0, start_wall_s=timeline.log.start_wall_s)
    log.stores = timeline.log.stores
    for event in timeline.log[cut]:
        log.restore(event)

    def chosen(things: Iterable[T], span: Callable[[Any], tuple[float, float | None]]) -> tuple[T, ...]:
        found = []
        for each in things:
            turn = getattr(each, "turn", None)
            if turns is not None and turn is not None and turn >= 0 and turn not in turns:
                continue
            low_s, high_s = span(each)
            if low_s <= end_s and (high_s is None or high_s >= start_s):
                found.append(_moved(each, first, last))
        return tuple(found)

    pieces = tuple(part for each in timeline.pieces for part in _cropped(each, start_s, end_s))
    return replace(
        timeline,
        name=name or timeline.name,
        begins_s=start_s,
        duration_s=min(end_s, timeline.duration_s) if timeline.live else end_s,
        live=timeline.live and end_s >= timeline.duration_s,
        columns=Columns(
            columns.t_s[cut], columns.direction[cut], columns.family[cut], columns.type[cut],
            columns.audio_bytes[cut], columns.bytes[cut], numbers[columns.run[cut]], columns.types,
        ),
        runs=runs,
        log=log,
        pieces=tuple(_moved(each, first, last) for each in pieces),
        speech=chosen(timeline.speech, lambda each: (each.start_s, each.end_s)),
        commits=chosen(timeline.commits, lambda each: (each.t_s, each.t_s)),
        responses=chosen(timeline.responses, lambda each: (each.created_s, each.done_s)),
        heard=chosen(timeline.heard, lambda each: (each.start_s, each.would_end_s)),
        calls=chosen(timeline.calls, lambda each: (each.asked_s, each.end_s)),
        transcripts=chosen(timeline.transcripts, lambda each: (each.start_s, each.end_s)),
        problems=chosen(timeline.problems, lambda each: (each.t_s, each.t_s)),
        limits=chosen(timeline.limits, lambda each: (each.t_s, each.t_s)),
        changes=chosen(timeline.changes, lambda each: (each.at_s, each.at_s)),
        links=chosen(timeline.links, lambda each: (each.start_s, each.start_s if each.lost_s is None else each.lost_s)),
        notes=chosen(timeline.notes, lambda each: (each.t_s, each.t_s)),
        charges=_summed(chosen(timeline.charges, lambda each: (each.t_s, each.t_s))),
        gaps=chosen(timeline.gaps, lambda each: (each.start_s, each.end_s)),
        brackets=chosen(timeline.brackets, lambda each: (each.start_s, max(each.start_s, each.end_s))),
    )  # fmt: skip


def _moved(thing: T, first: int, last: int) -> T:
    """With its places in the stretch's log; -1 for what lies outside."""
    assert is_dataclass(thing)
    names = {field.name for field in fields(thing)}
    places = {
        place: seq - first if first <= (seq := getattr(thing, place)) < last else -1
        for place in _PLACES if place in names
    }  # fmt: skip
    return replace(thing, **places)  # type: ignore[type-var]


def _runs(timeline: Timeline, first: int, last: int) -> tuple[tuple[Run, ...], list[int]]:
    """The runs of the events from one place to another, and their places among all."""
    columns, found, kept = timeline.columns, [], []
    for number in np.unique(columns.run[first:last]).tolist():
        if number < 0:
            continue
        run = timeline.runs[number]
        if run.first_seq < first or run.last_seq >= last:
            rows = first + np.flatnonzero(columns.run[first:last] == number)
            rate = timeline.input_bytes_per_ms if run.direction == "sent" else timeline.output_bytes_per_ms
            run = replace(
                run,
                first_seq=int(rows[0]),
                last_seq=int(rows[-1]),
                count=len(rows),
                start_s=float(columns.t_s[rows[0]]),
                end_s=float(columns.t_s[rows[-1]]),
                audio_s=float(columns.audio_bytes[rows].sum()) / rate / 1000,
                bytes=int(columns.bytes[rows].sum()),
            )
        found.append(replace(run, first_seq=run.first_seq - first, last_seq=run.last_seq - first))
        kept.append(number)
    order = sorted(range(len(found)), key=lambda place: found[place].first_seq)
    return tuple(found[place] for place in order), [kept[place] for place in order]


def _cropped(piece: AudioPiece, start_s: float, end_s: float) -> Iterable[AudioPiece]:
    """The part of a stretch of sound between two moments, to the millisecond."""
    lasts_s = piece.end_s - piece.start_s
    if piece.start_s >= start_s and piece.end_s <= end_s:
        yield piece
        return
    low_s, high_s = max(piece.start_s, start_s), min(piece.end_s, end_s)
    if lasts_s <= 0 or high_s <= low_s:
        return
    share = piece.length / lasts_s
    skipped, stop = (int((moment - piece.start_s) * share) // 2 * 2 for moment in (low_s, high_s))
    if stop > skipped:
        yield replace(
            piece,
            start_s=piece.start_s + skipped / share,
            end_s=piece.start_s + stop / share,
            offset=piece.offset + skipped,
            length=stop - skipped,
        )


def _summed(charges: tuple[Charge, ...]) -> tuple[Charge, ...]:
    """With running totals of their own."""
    total, found = Decimal(0), []
    for charge in charges:
        total += charge.total_usd or 0
        found.append(charge.with_running(total))
    return tuple(found)
