"""What a picture of a timeline shows, chosen from it: the stretch, the lanes, one latency a turn."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Literal

import numpy as np
from numpy.typing import NDArray

from rtnb.plots.palette import ASSISTANT, ERROR, MUTED, USER, VAD_MARK
from rtnb.plots.timeline.drawing import Levels, time_scale
from rtnb.plots.timeline.lanes import CallLane, DetectionLane, ResponseLane, SoundLane
from rtnb.plots.timeline.word_lanes import BracketLane, CostLane, GapLane, Moment, MomentLane, TranscriptLane
from rtnb.plots.vad.lanes import Lane
from rtnb.plots.words import clipped
from rtnb.session.timeline.shapes import Bracket, Heard, Problem
from rtnb.session.timeline.typical import ends_of, waits_of

if TYPE_CHECKING:
    from rtnb.session.timeline.timeline import Timeline

__all__ = [
    "active_span", "barge_in_words", "lanes_of", "latencies", "latency_captions", "latency_marks", "moments_of",
]  # fmt: skip

MARKS = "¹²³⁴⁵⁶⁷⁸⁹"
TEXT_LIMIT = 120


def active_span(timeline: Timeline) -> tuple[float, float]:
    """From a little before the first thing in any lane to a little after the last: idle time shows nothing."""
    moments = sorted(_moments(timeline))
    if not moments:
        return 0.0, max(timeline.duration_s, 1.0)
    start_s, end_s = moments[0], max(moments[-1], moments[0] + 0.5)
    air_s = (end_s - start_s) * 0.012
    return start_s - air_s, end_s + air_s


def _moments(timeline: Timeline) -> Iterator[float]:
    for piece in timeline.pieces:
        yield from (piece.start_s, piece.end_s)
    for span in timeline.speech:
        yield from (span.start_s, span.start_s if span.end_s is None else span.end_s)
    for response in timeline.responses:
        yield from (response.created_s, response.created_s if response.done_s is None else response.done_s)
    for heard in timeline.heard:
        yield from (heard.start_s, heard.would_end_s)
    for call in timeline.calls:
        yield from (call.asked_s, call.asked_s if call.end_s is None else call.end_s)
    yield from (each.start_s for each in timeline.transcripts)
    yield from (each.t_s for each in timeline.problems)


def latencies(timeline: Timeline) -> list[Bracket]:
    """One latency a turn: the time that a listener waited."""
    return waits_of(timeline.brackets)


def latency_marks(brackets: Sequence[Bracket]) -> dict[str, str]:
    """A mark for each pair of ends where there are several, by :func:`ends_of`; empty marks where there is one."""
    ends = list(dict.fromkeys(map(ends_of, brackets)))
    return {pair: "" if len(ends) == 1 else MARKS[min(i, len(MARKS) - 1)] for i, pair in enumerate(ends)}


def latency_captions(brackets: Sequence[Bracket]) -> list[str]:
    """Which ends the brackets have: a sentence for each pair.

    Examples
    --------
    >>> from rtnb.session.timeline.brackets import bracket_of
    >>> from rtnb.session.views.timing import Interval
    >>> spoken = bracket_of(Interval.of("response_latency", 1.0, 1.5, reckoned=True), 0)
    >>> typed = bracket_of(Interval.of("ttfa_manual", 2.0, 2.5), 1)
    >>> latency_captions([typed])
    ['latency: response.create sent → first output_audio.delta received']
    >>> latency_captions([spoken, typed])[0]
    '¹ speech end → first audible sample played (reckoned)'
    """
    marks = latency_marks(brackets)
    return [f"{mark} {pair}" if mark else f"latency: {pair}" for pair, mark in marks.items()]


def barge_in_words(heard: Heard) -> str:
    """What the listener had heard when an answer was cut."""
    return heard.words


def _problem_words(problem: Problem) -> str:
    code = f"{problem.code}: " if problem.code else ""
    return clipped(f"{code}{problem.message}", TEXT_LIMIT)


def moments_of(timeline: Timeline) -> list[Moment]:
    """Errors, settings, lost connections and notes, as marks with words; where all went well, few."""
    found = []
    for problem in timeline.problems:
        benign = problem.severity == "benign"
        found.append(Moment(problem.t_s, _problem_words(problem), MUTED if benign else ERROR, not benign))
    for change in timeline.changes:
        if change.refused:
            found.append(Moment(change.at_s, clipped(f"refused: {change.refused}", TEXT_LIMIT), ERROR, True))
        elif change.sent_s is not None:
            well = change.state == "as asked"
            words = change.label or "session.update"
            words = words if well else change.words
            found.append(Moment(change.at_s, clipped(words, TEXT_LIMIT), MUTED if well else VAD_MARK))
    for link in timeline.links:
        if link.lost_s is not None:
            reason = f": {link.reason}" if link.reason else ""
            found.append(Moment(link.lost_s, clipped(f"connection lost{reason}", TEXT_LIMIT), ERROR, True))
    found += [Moment(note.t_s, clipped(note.text, TEXT_LIMIT)) for note in timeline.notes]
    return sorted(found, key=lambda each: each.at_s)


def _levels(timeline: Timeline, side: Literal["input", "output"]) -> Levels:
    def of(start_s: float, end_s: float, columns: int) -> NDArray[np.float32]:
        return timeline.levels(side, start_s, end_s, columns)

    return of


def lanes_of(timeline: Timeline, start_s: float, end_s: float) -> list[Lane]:
    """The lanes that have anything to show between two moments, from the user's sound to the network."""

    def meets(low_s: float, high_s: float | None) -> bool:
        return low_s <= end_s and (high_s is None or high_s >= start_s)

    speech = [each for each in timeline.speech if meets(each.start_s, each.end_s)]
    commits = [each for each in timeline.commits if meets(each.t_s, each.t_s)]
    responses = [each for each in timeline.responses if meets(each.created_s, each.done_s)]
    calls = [each for each in timeline.calls if meets(each.asked_s, each.end_s)]
    charges = [each for each in timeline.charges if meets(each.t_s, each.t_s)]
    gaps = [each for each in timeline.gaps if meets(each.start_s, each.end_s)]
    brackets = [each for each in latencies(timeline) if meets(each.start_s, each.end_s)]
    moments = [each for each in moments_of(timeline) if meets(each.at_s, each.at_s)]
    heard = [each for each in timeline.heard if meets(each.start_s, each.would_end_s)]
    sides = {piece.side for piece in timeline.pieces if meets(piece.start_s, piece.end_s)}
    lanes: list[Lane] = []
    if "input" in sides:
        lanes.append(SoundLane("You", _levels(timeline, "input"), USER))
    if speech or commits:
        lanes.append(DetectionLane(speech, commits))
    if brackets:
        lanes.append(BracketLane(brackets, latency_marks(brackets)))
    lanes.append(ResponseLane(responses))
    if "output" in sides or heard:
        lanes.append(SoundLane("Assistant", _levels(timeline, "output"), ASSISTANT, heard))
    if calls:
        lanes.append(CallLane(calls))
    transcripts = TranscriptLane([each for each in timeline.transcripts if meets(each.start_s, each.end_s)])
    if transcripts.fits(time_scale(start_s, end_s)):
        lanes.append(transcripts)
    if moments:
        lanes.append(MomentLane("Session", moments))
    if charges:
        lanes.append(CostLane(charges))
    if [gap for gap in gaps if gap.kind != "wait"]:
        lanes.append(GapLane(gaps))
    return lanes
