"""A recording in the VAD lab: sound, labels, detected turns, probability and thresholds, mistakes, on one clock."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from matplotlib.figure import Figure

from rtnb._display import counted
from rtnb.audio import Clip
from rtnb.plots.canvas import WIDTH, Canvas, Picture, note_picture
from rtnb.plots.layout import SMALL
from rtnb.plots.palette import MUTED, PALE_USER
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
    draw_key,
    draw_lanes,
    height_of,
)  # fmt: skip
from rtnb.plots.vad.mistake_lane import mistake_lane
from rtnb.plots.vad.words import kinds_said, prediction_words
from rtnb.plots.words import clipped, duration
from rtnb.vad.labels.segments import Labels
from rtnb.vad.scores.mistakes import Mistake
from rtnb.vad.setting import Setting
from rtnb.vad.track import Track
from rtnb.vad.tuning import DetectorTuning, default_tuning
from rtnb.vad.turns import DetectedTurn

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = ["lab_figure", "lab_picture", "thresholds", "track_figure", "track_picture"]

ROW_S = 45.0
"""A row shows about so many seconds; longer recordings get more rows."""
MOST_ROWS = 4
EXIT_LEAST = 0.01
"""The exit threshold of the detector never falls below."""


def thresholds(setting: object, tuning: DetectorTuning | None = None) -> tuple[float, float] | None:
    """Where speech begins and where silence begins, as the detector holds them; None without a setting.

    Examples
    --------
    >>> thresholds({"threshold": 0.4})
    (0.4, 0.25)
    """
    if setting is None:
        return None
    asked = Setting.of(setting)
    held = asked.tuning(tuning)
    enter = held.effective_threshold(asked.threshold)
    return enter, round(max(enter - held.hysteresis, EXIT_LEAST), 6)


def lab_figure(
    clip: Clip | None, track: Track, turns: Sequence[DetectedTurn] = (), *, labels: Labels | None = None,
    setting: object = None, mistakes: Sequence[Mistake] = (), tuning: DetectorTuning | None = None,
    prediction: str | None = None,
) -> Figure:  # fmt: skip
    """The picture of :func:`lab_picture` as a matplotlib Figure.

    Examples
    --------
    >>> import numpy as np
    >>> track = Track(np.repeat([0.1, 0.9, 0.1], [10, 20, 10]).astype("float32"), 0.032, "silero")
    >>> figure = lab_figure(Clip.silence(1.28), track, setting={"threshold": 0.5})
    >>> "silent" in [text.get_text() for text in figure.axes[0].texts]
    True
    """
    return lab_picture(
        clip, track, turns, labels=labels, setting=setting, mistakes=mistakes, tuning=tuning, prediction=prediction
    ).figure


def lab_picture(
    clip: Clip | None, track: Track, turns: Sequence[DetectedTurn] = (), *, labels: Labels | None = None,
    setting: object = None, mistakes: Sequence[Mistake] = (), tuning: DetectorTuning | None = None,
    prediction: str | None = None, window_s: tuple[float, float] | None = None,
) -> Picture:  # fmt: skip
    """A recording with everything that is known of it, long ones in several rows.

    Parameters
    ----------
    clip : Clip or None
        None where only its track is at hand.
    track : Track
    turns : sequence of DetectedTurn
        Shaded and numbered.
    labels : Labels, optional
        A strip below the sound.
    setting : Setting, ServerVad or mapping, optional
        Draws the thresholds.
    mistakes : sequence of Mistake
        Of this recording; marked and named.
    tuning : DetectorTuning, optional
        What the API does not document; the usual one if None.
    prediction : str, optional
        What the turns rest on; the name of the tuning if None.
    window_s : (float, float), optional
        What to show; all of it if None.
    """
    length_s = max(clip.duration_s if clip is not None else 0.0, track.duration_s)
    if not length_s and not turns:
        return note_picture("empty: 0 s of sound")
    # Silence after the clip closes its last turn: that far the picture goes, too.
    end_s = max([length_s, *(min(turn.audio_end_ms / 1000, length_s + 2.0) for turn in turns)])
    start_s, end_s = window_s or (0.0, end_s)
    rows = 1 if window_s else min(MOST_ROWS, max(1, math.ceil((end_s - start_s) / ROW_S - 0.2)))
    step = (end_s - start_s) / rows
    held = thresholds(setting, tuning)
    name = prediction or (default_tuning() if tuning is None else tuning).name
    parts: list[tuple[Any, list[Lane]]] = []
    for row in range(rows):
        x = clock_scale(start_s + row * step, start_s + (row + 1) * step, WIDTH)
        spans = [(span.start_s, span.end_s) for span in labels.speech] if labels is not None else []
        strip = Strip("labels", spans, PALE_USER, empty="nobody speaks")
        lanes: list[Lane] = [Numbers(turns)] if turns else []
        if clip is not None:
            lanes.append(Sound(clip, turns, below=strip.height + 2 if labels is not None else 0.0))
        if labels is not None:
            lanes.append(strip)
        enter, leave = held or (None, None)
        lanes.append(Probability(track, enter, leave, () if clip is not None else turns))
        lanes += [mistake_lane(mistakes, x), Clock()]
        parts.append((x, lanes))
    gap = 10.0
    foot = KEY if turns or held else 2.0
    height = 4 + sum(height_of(lanes) for _, lanes in parts) + gap * (rows - 1) + foot
    canvas = Canvas(height)
    top = height - 4
    for x, lanes in parts:
        top = draw_lanes(canvas, x, top, lanes) - gap
    if turns:
        draw_key(canvas, 10)
    if turns or held:
        canvas.text(MARGIN, 10, clipped(prediction_words(name), 70), MUTED, size=SMALL)
    return canvas.picture(_alt(length_s, track, turns, labels, held, mistakes, name))


def track_figure(
    track: Track, *, clip: Clip | None = None, turns: Sequence[DetectedTurn] = (), labels: Labels | None = None,
    setting: object = None, tuning: DetectorTuning | None = None, ax: Axes | None = None,
) -> Figure:  # fmt: skip
    """Probability against time with the threshold lines, and the sound above it when a clip is given.

    Parameters
    ----------
    track : Track
    clip : Clip, optional
    turns : sequence of DetectedTurn
    labels : Labels, optional
    setting : Setting, ServerVad or mapping, optional
    tuning : DetectorTuning, optional
    ax : matplotlib.axes.Axes, optional
        Draw into these axes instead, in seconds along x and probability along y, the sound faint behind it.

    Returns
    -------
    matplotlib.figure.Figure
        A new one, or that of `ax`.

    Examples
    --------
    >>> import numpy as np
    >>> track = Track(np.repeat([0.1, 0.9, 0.1], [10, 20, 10]).astype("float32"), 0.032, "silero")
    >>> figure = track_figure(track, setting={"threshold": 0.5})
    >>> "0.50" in [text.get_text() for text in figure.axes[0].texts]
    True
    """
    if ax is not None:
        from rtnb.plots.vad.axes import draw_track

        return draw_track(ax, track, clip=clip, turns=turns, labels=labels, held=thresholds(setting, tuning))
    return lab_picture(clip, track, turns, labels=labels, setting=setting, tuning=tuning).figure


def track_picture(track: Track) -> Picture:
    """A track alone."""
    return lab_picture(None, track)


def _alt(
    length_s: float, track: Track, turns: Sequence[DetectedTurn], labels: Labels | None,
    held: tuple[float, float] | None, mistakes: Sequence[Mistake], name: str,
) -> str:  # fmt: skip
    said = [f"{duration(length_s)} of sound with the speech probability of {track.engine}"]
    if held:
        said.append(f"speech begins at {held[0]:.2f} and ends below {held[1]:.2f}")
    if turns or held:
        said.append(f"{counted(len(turns), 'detected turn')} ({prediction_words(name)})")
    if labels is not None:
        said.append(f"{counted(len(labels.speech), 'labelled stretch')[:]} of speech".replace("stretchs", "stretches"))
    if mistakes:
        said.append(kinds_said(mistake.kind for mistake in mistakes))
    return "; ".join(said) + "."
