"""A timeline as rows of numbers and texts, in the order of time: what its page draws."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from typing import Final

import numpy as np

from rtnb.session.timeline.placing import rows_for, turn_starts
from rtnb.session.timeline.statuses import FAILED_SIGN, status_of
from rtnb.session.timeline.timeline import Timeline
from rtnb.session.views.timing import in_words
from rtnb.widgets.timeline.ends import short_end
from rtnb.widgets.timeline.outlines import Strip, strip_of

__all__ = ["LANES", "NO_SEQ", "TABLES", "TONES", "Row", "clock_of", "rows_of", "strips_of"]

LANES: Final = (
    "you", "detection", "latency", "response", "assistant", "tools", "transcripts", "notices", "cost", "network",
    "events",
)  # fmt: skip
"""By their numbers, as ``timeline_view.mjs`` has them."""

TONES: Final = ("user", "asst", "vad", "mark", "tool", "err", "muted", "stored")
"""Colours by their numbers, as ``timeline_view.mjs`` has them."""

TABLES: Final[dict[str, tuple[int, int]]] = {
    "bars": (4, 6),
    "marks": (1, 4),
    "brackets": (2, 2),
    "costs": (7, 1),
    "waves": (3, 3),
    "turns": (1, 1),
}
"""How many numbers and how many integers a row of each has; ``timeline_view.mjs`` names them."""

ENDS: Final = ("", "cancelled", "incomplete", "failed")
"""How a bar ended, by its number: each has a shape of its own at the end of the bar, as colours do not do for all."""

NO_SEQ: Final = 0xFFFFFFFF
"""For what the log does not hold."""

INPUT: Final = 1
OUTPUT: Final = 2
"""Of a bar: whose sound a click on it plays."""

LEAST_LIMIT: Final = 0.2
"""Rate limits are worth a mark where less than this share is left: each answer tells them."""

TEXT_CHARS: Final = 160
"""More of a text than a lane has room for is in the details."""

WAITED: Final = ("response_latency", "ttfa_vad", "ttfa_manual", "ttft_manual", "ttfa_response", "ttft_text")
"""What a listener or a reader waits for, the best measure first: a turn shows the first that it has, and a spoken one
those of turn detection too."""

MAIN: Final = frozenset(
    {"response_latency", "endpointing", "ttfa_vad", "ttfa_manual", "bargein_detect", "bargein_stop", "tool_gap"}
)
"""Latencies that are shown from the beginning; a turn has up to twenty."""

MOST_ROWS: Final = 3
"""Responses and calls at the same time get rows of their own, up to so many; the stills have the same."""

LEAST_S: Final = 0.001

NAN: Final = math.nan
"""One object: tuples with it in them compare equal only by identity."""

Row = tuple[tuple[float, ...], tuple[int, ...], str]
"""Numbers, integers, a text."""


def rows_of(timeline: Timeline, shift_s: float = 0.0) -> dict[str, list[Row]]:
    """All tables but the outlines of sound; each is in the order of its first number.

    Parameters
    ----------
    timeline : Timeline
    shift_s : float
        How much later the page is to show it, to lie under another one.

    Examples
    --------
    >>> import rtnb
    >>> with rtnb.connect(modalities=["text"], journal=False) as s:
    ...     turn = s.ask("Spell cat.", show=False)
    ...     rows = rows_of(s.timeline)
    >>> [text for _, (_, lane, *_), text in rows["bars"] if LANES[lane] == "response"]
    ['completed']
    """
    return {
        "bars": sorted(_bars(timeline, shift_s), key=_start),
        "marks": sorted(_marks(timeline, shift_s), key=_start),
        "brackets": sorted(_brackets(timeline, shift_s), key=_start),
        "costs": sorted(_costs(timeline, shift_s), key=_start),
        "turns": [((at_s + shift_s,), (turn + 1,), "") for turn, at_s in sorted(_turns(timeline), key=_at)],
    }


def _start(row: Row) -> float:
    return row[0][0]


def _turns(timeline: Timeline) -> Iterator[tuple[int, float]]:
    return iter(turn_starts(timeline).items())


def _at(turn: tuple[int, float]) -> float:
    return turn[1]


def _short(text: str) -> str:
    flat = " ".join(text.split())
    return flat if len(flat) <= TEXT_CHARS else f"{flat[: TEXT_CHARS - 1]}…"


def _texts(*choices: str) -> str:
    """A line for each way to say it, the longest first: a page takes the first that fits."""
    return "\n".join(dict.fromkeys(_short(each) for each in choices if each))


def _seq(seq: int) -> int:
    return seq if seq >= 0 else NO_SEQ


def _bar(
    lane: str, tone: str, start_s: float, end_s: float, text: str, seq: int, *, mid: float | None = None,
    last: float | None = None, plays: int = 0, row: int = 0, ends: str = "",
) -> Row:  # fmt: skip
    numbers = (start_s, max(start_s, end_s), NAN if mid is None else mid, NAN if last is None else last)
    ended = ENDS.index(ends)
    return numbers, (_seq(seq), LANES.index(lane), TONES.index(tone), plays, row, ended), text


def _rows(spans: Sequence[tuple[float, float]]) -> list[int]:
    """In the order of the spans, which need not ascend."""
    order = sorted(range(len(spans)), key=lambda i: spans[i][0])
    found = [0] * len(spans)
    for i, row in zip(order, rows_for([spans[i] for i in order], most=MOST_ROWS), strict=True):
        found[i] = row
    return found


def _bars(timeline: Timeline, shift: float) -> Iterator[Row]:
    now = timeline.duration_s
    for each in timeline.speech:
        end = now if each.end_s is None else each.end_s
        last = None if each.speech_end_s is None else each.speech_end_s + shift
        yield _bar("detection", "vad", each.start_s + shift, end + shift, _texts(each.words, each.short), each.seq,
                   mid=each.onset_s + shift, last=last, plays=INPUT)  # fmt: skip
    yield from _responses(timeline, shift, now)
    yield from _calls(timeline, shift, now)
    for said_ in timeline.transcripts:
        user = said_.role == "user"
        words = f"“{said_.text}”" if said_.text else ("transcription failed" if said_.status == "failed" else "…")
        yield _bar("transcripts", "user" if user else "asst", said_.start_s + shift, said_.end_s + shift,
                   _short(words), said_.seq, plays=INPUT if user else OUTPUT, row=0 if user else 1)  # fmt: skip
    for gap in timeline.gaps:
        tone = {"wait": "muted", "upload": "mark"}.get(gap.kind, "err")
        words = f"{gap.kind} {in_words(gap.seconds, 's')}"
        yield _bar("network", tone, gap.start_s + shift, gap.end_s + shift, _texts(words, gap.kind), gap.seq)


def _responses(timeline: Timeline, shift: float, now: float) -> Iterator[Row]:
    spans = [(each.created_s, now if each.done_s is None else each.done_s) for each in timeline.responses]
    for response, (_, end), row in zip(timeline.responses, spans, _rows(spans), strict=True):
        status = status_of(response.status)
        mid = end if response.first_s is None else response.first_s
        ends = response.status if response.status in ENDS else ""
        words = _texts(response.words, status.words, status.sign)
        yield _bar("response", "err" if status.tone == "err" else "asst", response.created_s + shift, end + shift,
                   words, response.seq, mid=mid + shift, row=row, ends=ends)  # fmt: skip


def _calls(timeline: Timeline, shift: float, now: float) -> Iterator[Row]:
    spans = [(each.asked_s, now if each.end_s is None else each.end_s) for each in timeline.calls]
    for call, (asked, end), row in zip(timeline.calls, spans, _rows(spans), strict=True):
        sign = f"{FAILED_SIGN} " if call.failed else ""
        took = f"{sign}{call.name} {in_words(end - asked, 's')}"
        words = _texts(f"{took} · {call.error}" if call.error else took, took, f"{sign}{call.name}", sign)
        written = None if call.done_s is None else call.done_s + shift
        yield _bar("tools", "err" if call.failed else "tool", asked + shift, end + shift, words, call.seq, mid=written,
                   row=row, ends="failed" if call.failed else "")  # fmt: skip


def _mark(lane: str, tone: str, t_s: float, text: str, seq: int, *, tall: bool = False) -> Row:
    return (t_s,), (_seq(seq), LANES.index(lane), TONES.index(tone), int(tall)), _short(text)


def _marks(timeline: Timeline, shift: float) -> Iterator[Row]:
    for commit in timeline.commits:
        long = (commit.audio_end_ms - commit.audio_start_ms) / 1000
        yield _mark("you", "mark", commit.t_s + shift, f"committed {long:.2f} s, by {commit.by}", commit.seq)
    for heard in timeline.heard:
        if heard.cut:
            yield _mark("assistant", "mark", heard.end_s + shift, heard.words, heard.seq, tall=True)
    for problem in timeline.problems:
        tone = "muted" if problem.severity == "benign" else "err"
        text = f"{problem.code}: {problem.message}" if problem.code else problem.message
        yield _mark("notices", tone, problem.t_s + shift, text, problem.seq)
    for limits in timeline.limits:
        if limits.lowest is not None and limits.lowest < LEAST_LIMIT:
            text = f"{100 * limits.lowest:.0f} % of the rate limit left"
            yield _mark("notices", "err", limits.t_s + shift, text, limits.seq)
    for change in timeline.changes:
        tone = {"refused": "err", "not answered": "err", "differs": "mark"}.get(change.state, "user")
        yield _mark("notices", tone, change.at_s + shift, change.words, change.seq)
    for number, link in enumerate(timeline.links, 1):
        if number > 1:
            yield _mark("notices", "user", link.start_s + shift, f"connection {number}", link.seq, tall=True)
        if link.lost_s is not None:
            text = f"connection lost: {link.reason}" if link.reason else "connection lost"
            yield _mark("notices", "err", link.lost_s + shift, text, link.seq, tall=True)
    for note in timeline.notes:
        yield _mark("notices", "muted", note.t_s + shift, note.text, note.seq)


def _brackets(timeline: Timeline, shift: float) -> Iterator[Row]:
    times = timeline.columns.t_s
    ends = np.array([each.end_s for each in timeline.brackets])
    # The event at the end of each, where its end is one.
    places = np.minimum(np.searchsorted(times, ends - 1e-6), max(0, len(times) - 1))
    there = np.abs(times[places] - ends) < 1e-5 if len(times) else np.zeros(len(ends), bool)
    waits: dict[int, str] = {}
    for each in timeline.brackets:
        if each.name in WAITED:
            waits[each.turn] = min(each.name, waits.get(each.turn, each.name), key=WAITED.index)
    for each, place, found in zip(timeline.brackets, places.tolist(), there.tolist(), strict=True):
        first, last = (each.start_s, each.end_s) if each.start_s <= each.end_s else (each.end_s, each.start_s)
        main = int((each.name in MAIN and last - first >= LEAST_S) or waits.get(each.turn) == each.name)
        short = f"{short_end(each.start_event)} → {short_end(each.end_event)}"
        text = f"{each.words} · {each.ends}\n{each.label}\n{each.words} {short}"
        yield (first + shift, last + shift), (place if found else NO_SEQ, main), text


def _costs(timeline: Timeline, shift: float) -> Iterator[Row]:
    for each in timeline.charges:
        total = NAN if each.total_usd is None else float(each.total_usd)
        parts = (float(each.fresh_usd), float(each.cached_usd), float(each.output_usd))
        yield (each.t_s + shift, *parts, total, float(each.running_usd), each.cache_share or 0.0), (_seq(each.seq),), ""


def strips_of(timeline: Timeline, shift_s: float = 0.0) -> list[tuple[Row, Strip]]:
    """The stretches of sound, in strips."""
    made: list[tuple[Row, Strip]] = []
    cuts = {each.item_id: each.end_s for each in timeline.heard if each.cut}
    for piece in timeline.pieces:
        heard = cuts.get(piece.item_id) if piece.side == "output" else None
        lane = LANES.index("you" if piece.side == "input" else "assistant")
        for strip in strip_of(piece):
            numbers = (strip[4] + shift_s, strip[5] + shift_s, NAN if heard is None else heard + shift_s)
            made.append(((numbers, (_seq(piece.seq), lane), ""), strip))
    made.sort(key=lambda each: _start(each[0]))
    return made


def clock_of(timeline: Timeline, shift_s: float = 0.0) -> list[float]:
    """Session time and audio time of input, in pairs that ascend: seconds, then milliseconds of all input audio."""
    made: list[float] = []
    for piece in timeline.pieces:
        lasts_s = piece.end_s - piece.start_s
        if piece.side != "input" or lasts_s <= 0:
            continue
        begin_ms = 1000 * piece.offset * lasts_s / piece.length
        made += [piece.start_s + shift_s, begin_ms, piece.end_s + shift_s, begin_ms + 1000 * lasts_s]
    return made
