"""A track drawn into axes that somebody else made, in their units: seconds and probability."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
from matplotlib.figure import Figure, SubFigure

from rtnb.audio import Clip
from rtnb.audio.envelope import envelope
from rtnb.plots.palette import PALE_USER, TEXT, USER, VAD, VAD_MARK
from rtnb.plots.strokes import QUIET_PEAK
from rtnb.plots.vad.lanes import PREFIX, SILENCE, SPEECH
from rtnb.vad.labels.segments import Labels
from rtnb.vad.track import Track
from rtnb.vad.turns import DetectedTurn

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = ["draw_track"]

COLUMNS = 2000


def draw_track(
    ax: Axes, track: Track, *, clip: Clip | None = None, turns: Sequence[DetectedTurn] = (),
    labels: Labels | None = None, held: tuple[float, float] | None = None,
) -> Figure:  # fmt: skip
    """Draw and return the figure of the axes."""
    if clip is not None and len(clip):
        columns = max(1, min(COLUMNS, len(clip)))
        bounds = envelope(clip.samples, columns) * (0.48 / max(clip.peak, QUIET_PEAK)) + 0.5
        at_s = (np.arange(columns) + 0.5) * clip.duration_s / columns
        ax.fill_between(at_s, bounds[:, 0], bounds[:, 1], color=USER.light, alpha=0.3, linewidth=0, zorder=1)
    for turn in turns:
        edges = (turn.audio_start_ms / 1000, turn.onset_s, turn.end_s, turn.audio_end_ms / 1000)
        for start_s, end_s, alpha in zip(edges, edges[1:], (PREFIX, SPEECH, SILENCE), strict=False):
            if end_s > start_s:
                ax.axvspan(start_s, end_s, color=VAD.light, alpha=alpha, linewidth=0, zorder=0.5)
    if labels is not None and labels.speech:
        bars = [(span.start_s, span.end_s - span.start_s) for span in labels.speech]
        ax.broken_barh(bars, (-0.08, 0.05), facecolors=PALE_USER.light, zorder=1.5)
    frames_s = (np.arange(track.p.size) + 0.5) * track.hop_s
    ax.plot(frames_s, np.clip(track.p, 0.0, 1.0), color=VAD_MARK.light, linewidth=1.2, zorder=2)
    for value, style in zip(held or (), ("--", ":"), strict=False):
        ax.axhline(value, color=TEXT.light, linewidth=1.0, linestyle=style, zorder=2.5)
    ax.set_ylim(-0.1 if labels is not None else -0.02, 1.02)
    ax.set_xlim(0.0, max(track.duration_s, clip.duration_s if clip is not None else 0.0, track.hop_s))
    ax.set_xlabel("time in s")
    ax.set_ylabel("speech probability")
    figure = ax.get_figure()
    while isinstance(figure, SubFigure):
        figure = figure.figure
    assert isinstance(figure, Figure)
    return figure
