"""Labelled speech as strips: speaker by speaker, recording by recording, beside what was detected."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from matplotlib.figure import Figure

from rtnb._display import counted
from rtnb.plots.canvas import WIDTH, Canvas, Picture, note_picture
from rtnb.plots.palette import PALE_USER, USER, VAD_MARK
from rtnb.plots.sheet import Head, Sheet
from rtnb.plots.vad.board import Board, Table
from rtnb.plots.vad.lanes import Clock, Lane, Strip, clock_scale, draw_lanes, height_of
from rtnb.plots.vad.words import share
from rtnb.plots.words import Fact, clipped, duration
from rtnb.vad.corpus import Corpus
from rtnb.vad.labels.segments import Labels
from rtnb.vad.turns import DetectedTurn

__all__ = ["corpus_board", "corpus_picture", "labels_board", "labels_figure", "labels_picture"]

MOST = 12
"""Strips of a picture."""


def labels_figure(labels: Labels, detected: Sequence[DetectedTurn] = (), *, duration_s: float | None = None) -> Figure:
    """Who speaks when, and what was detected, as a matplotlib Figure.

    Examples
    --------
    >>> from rtnb.vad import Segment
    >>> figure = labels_figure(Labels((Segment(0.5, 1.5, "Ann"), Segment(1.2, 2.0, "Bob"))))
    >>> {"Ann", "Bob"} <= {text.get_text() for text in figure.axes[0].texts}
    True
    """
    return labels_picture(labels, detected, duration_s=duration_s).figure


def labels_picture(
    labels: Labels, detected: Sequence[DetectedTurn] = (), *, duration_s: float | None = None
) -> Picture:
    """A strip a speaker; detected speech hollow below."""
    if not labels.segments and not detected:
        return note_picture("no labelled speech")
    speakers = list(dict.fromkeys(segment.speaker for segment in labels.segments))
    lanes: list[Lane] = []
    for speaker in speakers[:MOST]:
        spans = [(s.start_s, s.end_s) for s in labels.segments if s.speaker == speaker]
        lanes.append(Strip(speaker or "speech", spans, PALE_USER))
    if len(speakers) > MOST:
        rest = [(s.start_s, s.end_s) for s in labels.segments if s.speaker in speakers[MOST:]]
        lanes.append(Strip(f"{len(speakers) - MOST} others", rest, PALE_USER))
    if len(speakers) > 1:
        lanes.append(Strip("anybody", [(s.start_s, s.end_s) for s in labels.speech], USER))
    if detected:
        lanes.append(Strip("detected", [(t.onset_s, t.end_s) for t in detected], VAD_MARK, hollow=True))
    lanes.append(Clock())
    ends = [segment.end_s for segment in labels.segments] + [turn.end_s for turn in detected]
    canvas = Canvas(height_of(lanes) + 8)
    draw_lanes(canvas, clock_scale(0.0, duration_s or max(ends), WIDTH), canvas.height - 6, lanes)
    found = f"; {counted(len(detected), 'detected turn')}" if detected else ""
    return canvas.picture(f"{_said(labels)}{found}.")


def _spoken_s(labels: Labels) -> float:
    return sum(span.end_s - span.start_s for span in labels.speech)


def _said(labels: Labels) -> str:
    speakers = {segment.speaker for segment in labels.segments if segment.speaker}
    said = f"{counted(len(labels.segments), 'labelled segment')}, {duration(_spoken_s(labels))} of speech"
    return f"{said}, {counted(len(speakers), 'speaker')}" if speakers else said


def labels_board(labels: Labels) -> Board:
    """The labels of a recording, and every segment behind a click."""
    rows = tuple(
        (str(i + 1), f"{s.start_s:.2f} s", f"{s.end_s:.2f} s", duration(s.end_s - s.start_s), s.speaker)
        for i, s in enumerate(labels.segments)
    )
    heads = (Head("no."), Head("start"), Head("end"), Head("length"), Head("speaker", words=True))
    return Board(
        clipped(labels.name, 80) or "Labels",
        facts=(Fact((f"{_said(labels)}",)),) if rows else (),
        pictures=(labels_picture(labels),),
        tables=(Table(Sheet(heads, rows), folded=f"every segment ({len(rows):,})"),) if rows else (),
    )


def corpus_picture(corpus: Corpus) -> Picture:
    """The speech of every recording, on one scale."""
    items = [item for item in corpus.items if item.labels is not None]
    if not items:
        return note_picture("no labelled recordings")
    lanes: list[Lane] = [
        Strip(item.name, [(s.start_s, s.end_s) for s in item.labels.speech], PALE_USER, empty="nobody speaks")
        for item in items[:MOST]
        if item.labels is not None
    ]
    lanes.append(Clock())
    end_s = max(item.duration_s for item in items[:MOST])
    canvas = Canvas(height_of(lanes) + 8)
    draw_lanes(canvas, clock_scale(0.0, end_s, WIDTH), canvas.height - 6, lanes)
    more = f", the first {MOST} shown" if len(items) > MOST else ""
    return canvas.picture(f"Labelled speech of {counted(len(items), 'recording')}{more}.")


def corpus_board(corpus: Corpus) -> Board:
    """What there is to score, and what was left out."""
    rows: list[tuple[str, ...]] = []
    spoken = total = 0.0
    for item in corpus.items:
        labels, length = item.labels, item.duration_s
        speech = _spoken_s(labels) if labels is not None else 0.0
        spoken, total = spoken + speech, total + length
        said = ("", "", "no labels") if labels is None else (
            duration(speech), share(speech / length if length else float("nan")), f"{len(labels.segments):,}"
        )  # fmt: skip
        source = Path(item.audio).name if isinstance(item.audio, str | Path) else "in memory"
        rows.append((item.name, duration(length), *said, "" if Path(source).stem == item.name else source))
    heads = (
        Head("recording", words=True), Head("length"), Head("speech"), Head("share"), Head("segments"),
        Head("file", words=True),
    )  # fmt: skip
    used = len(heads) if any(row[-1] for row in rows) else len(heads) - 1
    facts = (
        Fact(("", counted(len(corpus.items), "recording"))), Fact(("", duration(total), " of sound")),
        Fact(("", duration(spoken), " of labelled speech")),
    )  # fmt: skip
    left_out = tuple(f"left out: {problem}" for problem in corpus.problems)
    return Board("Corpus", facts=facts, pictures=(corpus_picture(corpus),),
                 tables=(Table(Sheet(heads[:used], tuple(row[:used] for row in rows))),), foot=left_out)  # fmt: skip
