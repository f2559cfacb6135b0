"""How loud the speech in a recording is, whatever pauses there are between."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from rtnb.audio.clip import Clip
from rtnb.audio.conditions.base import Stretch

__all__ = ["NOMINAL_DB", "SILENCE_DB", "active", "decibels", "speech_level_db"]

FRAME_S = 0.02
"""Frames of which each is speech or not. Own choice, about a pitch period or two."""

LOUDEST = 95
"""The percentile of the frames' levels that counts as loud speech: clicks are rarer. Own choice."""

RANGE_DB = 20.0
"""Frames that are softer than loud speech by more than this are pauses. Own choice.

ITU-T Recommendation P.56 (12/2011), method B, has a margin of 15.9 dB between the active level and the threshold;
loud speech lies some decibels above the active level.
"""

SILENCE_DB = -90.0
"""Below this nothing can be heard: half a step of 16-bit samples is -96 dB."""

NOMINAL_DB = -26.0
"""The speech level that a silent recording is taken to have.

The nominal level of speech material in ITU-T's tests, in dBov (Recommendations P.830 and G.191, tool sv56).
"""


def decibels(power: float) -> float:
    """A mean square in decibels relative to full scale; minus infinity for none."""
    return 10 * float(np.log10(power)) if power > 0 else float("-inf")


def active(clip: Clip, speech: Sequence[Stretch] | None = None) -> NDArray[np.bool_]:
    """Which samples belong to speech, shape ``(n,)``.

    Where speech is labelled, the labels say it. Otherwise frames of 20 ms are speech that are at most 20 dB softer
    than the 95th percentile of all frames that are not silent.
    """
    mask = np.zeros(len(clip), dtype=bool)
    if speech is not None:
        for span in speech:
            mask[max(0, round(span.start_s * clip.rate_hz)) : max(0, round(span.end_s * clip.rate_hz))] = True
        return mask
    hop = max(1, round(FRAME_S * clip.rate_hz))
    frames = -(-len(clip) // hop)
    if not frames:
        return mask
    squares = np.zeros(frames * hop)
    squares[: len(clip)] = np.square(clip.samples, dtype=np.float64)
    power = squares.reshape(frames, hop).mean(axis=1)
    heard = power[power > 10 ** (SILENCE_DB / 10)]
    if not heard.size:
        return mask
    loud = power >= np.percentile(heard, LOUDEST) * 10 ** (-RANGE_DB / 10)
    return np.asarray(np.repeat(loud, hop)[: len(clip)])


def speech_level_db(clip: Clip, speech: Sequence[Stretch] | None = None) -> float:
    """The mean level of the speech in a clip, pauses left out, in decibels relative to full scale.

    Parameters
    ----------
    clip : Clip
    speech : sequence of spans, optional
        Where speech is labelled; by energy otherwise, as :func:`active` says.

    Returns
    -------
    float
        Minus infinity where there is none. A full-scale square wave has 0 dB.

    Examples
    --------
    >>> import rtnb
    >>> from rtnb.audio.conditions import speech_level_db
    >>> clip = rtnb.Clip.load(rtnb.sample("weather_question"))
    >>> level = speech_level_db(clip)
    >>> round(level - speech_level_db(clip.gain(-6)), 2)
    6.0
    >>> abs(level - speech_level_db(clip + rtnb.Clip.silence(10))) < 0.2
    True
    """
    mask = active(clip, speech)
    if not mask.any():
        return float("-inf")
    level = decibels(float(np.square(clip.samples[mask], dtype=np.float64).mean()))
    return level if level > SILENCE_DB else float("-inf")
