"""The tone voice: one short tone a word, for machines without a synthesiser.

It says no words, but everything that has to do with time is real: audio arrives, plays, is interrupted and
is paid for. The pitch comes from the word, so that a text has its own melody, and the voice moves all of it up
or down (:mod:`rtnb.speech.voices`).
"""

from __future__ import annotations

import re
import zlib
from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from rtnb.speech.base import checked_speed
from rtnb.speech.voices import NATURAL, voice_profile

__all__ = ["ToneVoice"]

RATE_HZ = 24000
PEAK = 0.16
"""-16 dBFS: about as loud as speech."""
SCALE_HZ = (261.63, 293.66, 329.63, 392.00, 440.00, 523.25, 587.33, 659.26)
"""C major pentatonic from C4 to E5, equal temperament at A4 = 440 Hz: any order of its notes sounds well."""
FADE_S = 0.012
GAP_S = 0.06
PAUSE_S = 0.24


class ToneVoice:
    """One tone a word: deterministic, and safe to call from several threads.

    Examples
    --------
    >>> from rtnb.speech import ToneVoice
    >>> samples = ToneVoice().synthesize("Hello there.")
    >>> samples.dtype, float(abs(samples).max()) < 0.2
    (dtype('float32'), True)
    """

    name = "tone"
    available = False
    rate_hz = RATE_HZ

    def synthesize(self, text: str, *, voice: str = NATURAL, speed: float = 1.0) -> NDArray[np.float32]:
        """The whole text in tones, float32, shape ``(n,)``; each voice in a key of its own.

        Raises
        ------
        ConfigError
            The speed is outside of 0.25..2.
        """
        pieces = list(self.stream(text, voice=voice, speed=speed))
        return np.concatenate(pieces) if pieces else np.zeros(0, dtype=np.float32)

    def stream(self, text: str, *, voice: str = NATURAL, speed: float = 1.0) -> Iterator[NDArray[np.float32]]:
        """The same samples, a word at a time."""
        checked_speed(speed)
        profile = voice_profile(voice)
        pace, key = speed * profile.rate, profile.pitch
        return (_word(word, bool(mark), pace, key) for word, mark in re.findall(r"(\w[\w'’-]*)([.,;:!?…]*)", text))


def _word(word: str, pause: bool, speed: float, key: float) -> NDArray[np.float32]:
    """A tone, longer for longer words, and the gap after it."""
    count = round(RATE_HZ * (0.08 + 0.02 * min(len(word), 12)) / speed)
    t = np.arange(count) / RATE_HZ
    pitch_hz = key * SCALE_HZ[zlib.crc32(word.lower().encode()) % len(SCALE_HZ)]
    wave = np.sin(2 * np.pi * pitch_hz * t) + 0.25 * np.sin(4 * np.pi * pitch_hz * t)
    fade = np.minimum(1.0, np.minimum(t, t[::-1]) / FADE_S)
    tone = PEAK / 1.25 * wave * np.sin(np.pi / 2 * fade) ** 2
    gap = np.zeros(round(RATE_HZ * (PAUSE_S if pause else GAP_S) / speed))
    return np.concatenate([tone, gap]).astype(np.float32)
