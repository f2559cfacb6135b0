"""The VAD lab as a card: the recording with everything that is known of it, and the scores beneath."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from rtnb._display import counted
from rtnb.audio import Clip
from rtnb.plots.html import Html, css, tag
from rtnb.plots.player import player, wanted
from rtnb.plots.sheet import Head, Sheet
from rtnb.plots.style import ROW
from rtnb.plots.vad.board import Board, Table, board_bundle
from rtnb.plots.vad.lab_chart import lab_picture, track_picture
from rtnb.plots.vad.score_sheets import interval_words, scores_sheet, scoring_words
from rtnb.plots.vad.words import mistake_name, moment, prediction_words
from rtnb.plots.words import Fact, clipped, duration
from rtnb.vad.labels.segments import Labels
from rtnb.vad.scores.mistakes import Mistake
from rtnb.vad.scores.score import Score
from rtnb.vad.setting import Setting
from rtnb.vad.track import Track
from rtnb.vad.tuning import DetectorTuning, default_tuning
from rtnb.vad.turns import DetectedTurn

__all__ = ["lab_board", "lab_bundle", "track_board", "turns_sheet"]


def lab_bundle(
    clip: Clip, track: Track, turns: Sequence[DetectedTurn] = (), *, labels: Labels | None = None,
    setting: object = None, mistakes: Sequence[Mistake] = (), tuning: DetectorTuning | None = None,
    prediction: str | None = None, scores: Sequence[tuple[str, Score]] = (), strong: int | None = None,
    title: str = "VAD lab", sound: bool = False,
) -> dict[str, Any]:  # fmt: skip
    """What Jupyter gets of :func:`lab_board`."""
    return board_bundle(
        lab_board(
            clip, track, turns, labels=labels, setting=setting, mistakes=mistakes, tuning=tuning,
            prediction=prediction, scores=scores, strong=strong, title=title, sound=sound,
        )
    )  # fmt: skip


def lab_board(
    clip: Clip, track: Track, turns: Sequence[DetectedTurn] = (), *, labels: Labels | None = None,
    setting: object = None, mistakes: Sequence[Mistake] = (), tuning: DetectorTuning | None = None,
    prediction: str | None = None, scores: Sequence[tuple[str, Score]] = (), strong: int | None = None,
    title: str = "VAD lab", sound: bool = False,
) -> Board:  # fmt: skip
    """A recording under a setting.

    Parameters
    ----------
    clip, track, turns, labels, setting, mistakes, tuning, prediction
        As of :func:`rtnb.plots.vad.lab_chart.lab_picture`.
    scores : sequence of (str, Score)
        Rows of the table beneath, each with its name: ``("default", ...)``, ``("this", ...)``.
    strong : int, optional
        The row that stands out.
    title : str
    sound : bool
        Whether to carry a player along.
    """
    name = prediction or (default_tuning() if tuning is None else tuning).name
    facts = [Fact(("", duration(clip.duration_s))), Fact(("", counted(len(turns), "detected turn")))]
    if setting is not None:
        facts.append(Fact(("threshold / prefix / silence ", str(Setting.of(setting)))))
    tables = []
    if scores:
        tables.append(Table(scores_sheet(scores, strong=strong)))
    if mistakes:
        rows = tuple((mistake_name(m.kind), moment(m.start_s), m.detail) for m in mistakes)
        heads = (Head("mistake", words=True), Head("at"), Head("what", words=True))
        tables.append(Table(Sheet(heads, rows), folded=f"every mistake ({len(rows):,})"))
    if turns:
        tables.append(Table(turns_sheet(turns), folded=f"every detected turn ({len(turns):,})"))
    foot = [prediction_words(name)]
    shown = scores[strong][1] if scores and strong is not None else scores[0][1] if scores else None
    if shown is not None:
        foot += [counted(shown.turns, "labelled turn"), scoring_words(shown)]
        interval = interval_words(shown, "cut_offs")
        foot += [f"95 % interval on false cut-offs {interval}"] if interval else []
    extra = [_player(clip, title)] if sound and len(clip) and wanted() else []
    return Board(
        clipped(title, 120),
        facts=tuple(facts),
        pictures=(
            lab_picture(
                clip, track, turns, labels=labels, setting=setting, mistakes=mistakes, tuning=tuning, prediction=name
            ),
        ),
        extra=tuple(extra),
        tables=tuple(tables),
        foot=tuple(foot),
    )


def turns_sheet(turns: Sequence[DetectedTurn]) -> Sheet:
    """Detected turns with what the events say."""
    heads = (
        Head("turn"), Head("speech from"), Head("to"), Head("audio_start_ms"), Head("audio_end_ms"),
        Head("", words=True),
    )  # fmt: skip
    rows = tuple(
        (
            str(i + 1), moment(turn.onset_s), moment(turn.end_s), f"{turn.audio_start_ms:,}", f"{turn.audio_end_ms:,}",
            " " if turn.closed else "closed by the silence after the recording",
        )
        for i, turn in enumerate(turns)
    )  # fmt: skip
    return Sheet(heads, rows)


def track_board(track: Track) -> Board:
    """A track alone."""
    facts = (
        Fact(("", duration(track.duration_s))),
        Fact(("", f"{track.p.size:,}", f" frames of {1000 * track.hop_s:g} ms")),
        Fact(("engine ", track.engine)),
        *([Fact(("as sent in ", track.as_sent))] if track.as_sent else []),
    )  # fmt: skip
    return Board(clipped(track.name, 120) or "Speech probability", facts=facts, pictures=(track_picture(track),))


def _player(clip: Clip, title: str) -> Html:
    return tag("div", player(clip, title), style=css(ROW))
