"""Mistakes to look at and to listen to: an overview, then each with its surroundings and a player."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from matplotlib.figure import Figure

from rtnb._display import counted
from rtnb.audio import Clip
from rtnb.errors import RtnbError
from rtnb.plots.canvas import WIDTH, Canvas, Picture, note_picture
from rtnb.plots.html import Child, Html, css, tag
from rtnb.plots.layout import SMALL
from rtnb.plots.palette import MUTED, PALE_USER
from rtnb.plots.player import player, wanted
from rtnb.plots.sheet import Head, Sheet
from rtnb.plots.style import BREAK, NOTE, PADDING, ROW, ink_css
from rtnb.plots.vad.board import Board, Table, image_html
from rtnb.plots.vad.lab_chart import thresholds
from rtnb.plots.vad.lanes import (
    KEY,
    MARGIN,
    Clock,
    Lane,
    Numbers,
    Probability,
    Sound,
    Strip,
    clock_scale,
    draw_lanes,
    height_of,
)  # fmt: skip
from rtnb.plots.vad.mistake_lane import mistake_lane
from rtnb.plots.vad.words import MISTAKES, kinds_said, mistake_name, moment, prediction_words
from rtnb.plots.words import clipped
from rtnb.vad.scores.mistakes import Mistake, Mistakes

__all__ = ["mistake_figure", "mistake_picture", "mistakes_board", "mistakes_picture", "surroundings"]

MOST_HEARD = 20
"""Mistakes with a player: each is some 30 kB in the notebook."""
BEFORE_S, AFTER_S, MOST_S = 1.2, 1.0, 5.0
"""Context of a mistake, and how much of it is played at most."""
MOST_STRIPS = 12


def surroundings(mistake: Mistake, length_s: float) -> tuple[float, float]:
    """The stretch that is shown and played of a recording of `length_s` seconds.

    A long mistake is shown from its beginning.

    Examples
    --------
    >>> surroundings(Mistake("cut_off", "a", 4.0, 4.5, ""), 30.0)
    (2.8, 5.5)
    """
    start_s = max(0.0, mistake.start_s - BEFORE_S)
    end_s = min(length_s, max(mistake.end_s, mistake.start_s) + AFTER_S, start_s + MOST_S)
    # What lies behind the end of the sound is shown with the last seconds of it.
    return round(max(0.0, min(start_s, end_s - BEFORE_S)), 6), round(max(end_s, 0.1), 6)


def mistake_figure(mistakes: Mistakes, which: int) -> Figure:
    """One mistake with its surroundings as a matplotlib Figure; `which` counts from 0."""
    mistake = mistakes.mistakes[which]
    return mistake_picture(mistakes, mistake, mistakes.items[mistakes.place(mistake.recording)].clip()).figure


def mistake_picture(mistakes: Mistakes, mistake: Mistake, clip: Clip) -> Picture:
    """The sound around a mistake: labelled and detected turns, probability where it is known, the mistake marked."""
    place = mistakes.place(mistake.recording)
    turns = mistakes.turns[place] if place < len(mistakes.turns) else ()
    spans = [(span.start_s, span.end_s) for span in mistakes.labelled[place]] if place < len(mistakes.labelled) else []
    start_s, end_s = surroundings(mistake, max(clip.duration_s, mistake.end_s))
    x = clock_scale(start_s, end_s, WIDTH)
    strip = Strip("labelled turns", spans, PALE_USER)
    lanes: list[Lane] = [Numbers(turns), Sound(clip, turns, high=50.0, below=strip.height + 2, own=True), strip]
    if place < len(mistakes.tracks):
        enter, leave = thresholds(mistakes.setting) or (None, None)
        lanes.append(Probability(mistakes.tracks[place], enter, leave, high=34.0))
    lanes += [mistake_lane([mistake], x), Clock()]
    canvas = Canvas(height_of(lanes) + 4)
    draw_lanes(canvas, x, canvas.height - 2, lanes)
    return canvas.picture(
        f"{_said(mistake)}; {moment(start_s)} to {moment(end_s)} of {clipped(mistake.recording, 60)}."
    )


def mistakes_picture(mistakes: Mistakes) -> Picture:
    """All of them on the labelled turns of their recordings."""
    if not mistakes.mistakes:
        return note_picture("no mistakes")
    wrong = dict.fromkeys(mistake.recording for mistake in mistakes.mistakes)
    lanes: list[Lane] = []
    end_s = 0.1
    for name in list(wrong)[:MOST_STRIPS]:
        place = mistakes.place(name)
        spans = mistakes.labelled[place] if place < len(mistakes.labelled) else ()
        # A cut-off is a moment: the rest of its turn is not wrong.
        marks = [
            (m.start_s, m.start_s if m.kind == "cut_off" else m.end_s) for m in mistakes.mistakes if m.recording == name
        ]
        lanes.append(Strip(name, [(s.start_s, s.end_s) for s in spans], PALE_USER, empty="", marks=marks, height=18.0))
        end_s = max([end_s, *(span.end_s for span in spans), *(end for _, end in marks)])
    lanes.append(Clock())
    canvas = Canvas(height_of(lanes) + 6 + KEY)
    draw_lanes(canvas, clock_scale(0.0, end_s, WIDTH), canvas.height - 4, lanes)
    more = f"the first {MOST_STRIPS} of {len(wrong)} recordings with mistakes · " if len(wrong) > MOST_STRIPS else ""
    canvas.text(MARGIN, 10, f"{more}bars: labelled turns; ticks and lines: mistakes", MUTED, size=SMALL)
    said = kinds_said(mistake.kind for mistake in mistakes.mistakes)
    return canvas.picture(f"{said} in {counted(len(wrong), 'recording')}; {prediction_words(mistakes.prediction)}.")


def mistakes_board(mistakes: Mistakes) -> Board:
    """The card: counts, overview, every mistake in words, some with a player."""
    found = mistakes.mistakes
    foot = (prediction_words(mistakes.prediction), _scoring(mistakes))
    if not found:
        turns = sum(map(len, mistakes.labelled))
        said = f"in {counted(len(mistakes.items), 'recording')}" + (f" with {counted(turns, 'turn')}" if turns else "")
        return Board(f"No mistakes of {mistakes.setting}", (said,), foot=foot)
    rows = tuple(
        (str(i + 1), mistake_name(m.kind), m.recording, moment(m.start_s), _detail(mistakes, m))
        for i, m in enumerate(found)
    )
    heads = (
        Head("no."), Head("mistake", words=True), Head("recording", words=True), Head("at"), Head("what", words=True),
    )  # fmt: skip
    chosen = _chosen(found)
    left = len(found) - len(chosen)
    shown = "with a player" if wanted() else "drawn"
    note = f"{len(chosen)} {shown}, of every kind in turn; the table has all" if left else ""
    return Board(
        f"{counted(len(found), 'mistake')} of {mistakes.setting}",
        (kinds_said(m.kind for m in found),),
        pictures=(mistakes_picture(mistakes),),
        extra=tuple(_groups(mistakes, chosen)),
        tables=(Table(Sheet(heads, rows), folded=f"every mistake ({len(rows):,})"),),
        foot=(*foot, note),
    )


def _said(mistake: Mistake) -> str:
    detail = f": {mistake.detail}" if mistake.detail else ""
    return f"{mistake_name(mistake.kind)} at {moment(mistake.start_s)}{detail}"


def _scoring(mistakes: Mistakes) -> str:
    scoring = mistakes.scoring
    return f"turn gap {scoring.turn_gap_s:g} s, collar {1000 * scoring.collar_s:g} ms" if scoring is not None else ""


def _chosen(found: Sequence[Mistake]) -> list[Mistake]:
    """Those that are heard: one of each kind in turn, so that a frequent kind does not take all the room."""
    queues = [[m for m in found if m.kind == kind] for kind in _kinds(found)]
    chosen: list[Mistake] = []
    while any(queues) and len(chosen) < MOST_HEARD:
        for queue in queues:
            if queue and len(chosen) < MOST_HEARD:
                chosen.append(queue.pop(0))
    return chosen


def _kinds(found: Iterable[Mistake]) -> list[str]:
    present = dict.fromkeys(mistake.kind for mistake in found)
    return [kind for kind in (*MISTAKES, *sorted(set(present) - set(MISTAKES))) if kind in present]


def _groups(mistakes: Mistakes, chosen: Sequence[Mistake]) -> Iterable[Html]:
    """Kind by kind: the first in full, the others behind a click."""
    clips: dict[str, Clip | None] = {}
    for kind in _kinds(mistakes.mistakes):
        every = sum(m.kind == kind for m in mistakes.mistakes)
        shown = [m for m in chosen if m.kind == kind]
        title = tag("b", kinds_said([kind] * every))
        yield tag("div", title, style=css(ROW, padding=f"10px {PADDING} 0"))
        parts = [_one(mistakes, m, clips) for m in shown]
        yield tag("div", *parts[:1])
        if parts[1:]:
            more = f"{len(parts) - 1} more" + (" to listen to" if wanted() else "")
            summary = tag("summary", more, style=css(padding=f"4px {PADDING}"))
            yield tag("details", summary, *parts[1:])


def _one(mistakes: Mistakes, mistake: Mistake, clips: dict[str, Clip | None]) -> Html:
    name = mistake.recording
    if name not in clips:
        clips[name] = _clip(mistakes, name)
    clip = clips[name]
    where = tag("span", f"{moment(mistake.start_s)} in {clipped(name, 80)}", style=BREAK)
    said: list[Child] = [where, tag("span", _detail(mistakes, mistake), style=css(ink_css(MUTED), BREAK))]
    if clip is None:
        said.append(tag("span", "its sound cannot be read any more", style=ink_css(MUTED)))
        return tag("div", [(" ", tag("span", part, style=NOTE)) for part in said], style=ROW)
    start_s, end_s = surroundings(mistake, max(clip.duration_s, mistake.end_s))
    sound = player(
        clip[start_s : min(end_s, clip.duration_s)], f"{mistake_name(mistake.kind)} at {moment(mistake.start_s)}"
    )
    row = tag("div", [(" ", tag("span", part, style=NOTE)) for part in said], style=ROW)
    # On a line of its own: beside words it would stand elsewhere with each mistake.
    heard = tag("div", sound, style=css(padding=f"0 {PADDING} 4px")) if sound is not None else None
    return tag("div", row, heard, image_html(mistake_picture(mistakes, mistake, clip)))


def _detail(mistakes: Mistakes, mistake: Mistake) -> str:
    """What is wrong; of a turn that was missed also whose it was, where the labels name anybody."""
    labels = mistakes.items[mistakes.place(mistake.recording)].labels
    if mistake.kind != "missed" or labels is None:
        return mistake.detail
    spoken = (each for each in labels.segments if each.start_s < mistake.end_s and each.end_s > mistake.start_s)
    who = ", ".join(clipped(name, 40) for name in dict.fromkeys(each.speaker for each in spoken) if name)
    return "; ".join(part for part in (mistake.detail, f"speaker {who}" if who else "") if part)


def _clip(mistakes: Mistakes, name: str) -> Clip | None:
    try:
        clip = mistakes.items[mistakes.place(name)].clip()
    except RtnbError:
        return None
    # Speech needs no more, and the notebook gets smaller.
    return clip if clip.rate_hz <= 16000 else clip.resample(16000)
