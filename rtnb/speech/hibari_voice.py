"""The local voice: hibari, a small neural synthesiser whose one bundled voice is female American English.

The API's voice names are that voice at other pitches: see :mod:`rtnb.speech.voices`.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from rtnb.errors import MissingExtraError
from rtnb.speech import weights
from rtnb.speech.base import checked_speed
from rtnb.speech.hibari_parts import made_of
from rtnb.speech.speakable import speakable
from rtnb.speech.voices import NATURAL, VoiceProfile, repitched, voice_profile

__all__ = ["HibariVoice", "louder", "trimmed"]

MODEL = "hibari-heart"
RATE_HZ = 24000
GAIN = 2.0
"""+6 dB: the model peaks at about -9 dBFS, well below recorded speech."""
KNEE = 0.8
SEED = 0
FLOOR_DB = -45.0
"""Relative to a sentence's peak, below which it is silent. The model's quietest first sounds (f, h) cross it
within 20 ms of those of -55 dB, its last ones fade from it within 50 ms: less than what stays around them."""
LEAD_MS = 30
"""Left before the first sound: room for a soft onset. The model itself puts about 290 ms there."""
TAIL_MS = 200
"""Left after the last sound at speed 1: the pause between two sentences. The model itself puts about 440 ms there."""
LONGEST = 250
"""Phonemes the network is given at once, about 15 s: its time and memory grow with the square."""


def louder(samples: NDArray[np.float32]) -> NDArray[np.float32]:
    """+6 dB without clipping.

    Doubled samples up to 0.8 (-1.9 dBFS) are left as they are; what would exceed it is bent by
    ``0.8 + 0.2 tanh((x - 0.8) / 0.2)``, smooth at the knee and never beyond full scale. It works sample by
    sample, so pieces of a stream join without a seam.

    Examples
    --------
    >>> import numpy as np
    >>> from rtnb.speech.hibari_voice import louder
    >>> louder(np.array([0.1, -0.3, 0.9], dtype=np.float32)).round(3).tolist()
    [0.20000000298023224, -0.6000000238418579, 1.0]
    """
    doubled = samples * np.float32(GAIN)
    size = np.abs(doubled)
    room = np.float32(1.0 - KNEE)
    bent = np.float32(KNEE) + room * np.tanh((size - np.float32(KNEE)) / room)
    return np.where(size <= KNEE, doubled, np.copysign(bent, doubled)).astype(np.float32)


def trimmed(samples: NDArray[np.float32], speed: float = 1.0) -> NDArray[np.float32]:
    """A sentence with only ``LEAD_MS`` before its first sound and the gap of ``TAIL_MS`` after its last.

    Sound is what exceeds ``FLOOR_DB`` below the sentence's peak. Silence is only taken away, never added, and
    the gap is shorter the faster the voice speaks.

    Examples
    --------
    >>> import numpy as np
    >>> from rtnb.speech.hibari_voice import trimmed
    >>> second = np.zeros(24000, dtype=np.float32)
    >>> trimmed(np.concatenate([second, np.ones(2400, dtype=np.float32), second])).size / 24
    330.0
    """
    size = np.abs(samples)
    sounding = np.flatnonzero(size > size.max(initial=0.0) * 10 ** (FLOOR_DB / 20))
    if not sounding.size:
        return samples
    start = int(sounding[0]) - LEAD_MS * RATE_HZ // 1000
    stop = int(sounding[-1]) + 1 + round(TAIL_MS * RATE_HZ / 1000 / speed)
    return samples[max(0, start) : stop]


def _breaths(phonemes: str) -> Iterator[str]:
    """The phrase in pieces of at most ``LONGEST``, parted after a comma or the like, else between words."""
    while len(phonemes) > LONGEST:
        head = phonemes[:LONGEST]
        marks = [head.rfind(mark) + 1 for mark in (", ", "; ", ": ", "— ")]
        at = max(marks) if max(marks) > LONGEST // 2 else head.rfind(" ") + 1
        at = at or LONGEST
        yield phonemes[:at].strip()
        phonemes = phonemes[at:]
    yield phonemes


class HibariVoice:
    """English speech from text at 24 kHz, many times faster than real time on one core.

    The same text, voice and speed give the same samples, bit for bit. Safe to call from several threads: the
    text side is locked, the network is not.

    Raises
    ------
    MissingExtraError
        The voice stack is not installed.
    WeightsError
        The model's files are not the ones that rtnb was tested with.

    Examples
    --------
    >>> from rtnb.speech import HibariVoice
    >>> samples = HibariVoice().synthesize("Hello there.")
    >>> 0.5 < samples.size / 24000 < 1.5
    True
    """

    name = MODEL
    available = True
    rate_hz = RATE_HZ

    def __init__(self) -> None:
        home = weights.verify(MODEL)
        try:
            import onnxruntime  # noqa: F401  hibari imports it late, and its absence has one message here.
        except ImportError:
            raise MissingExtraError(
                "Speech synthesis needs ONNX Runtime, which is not installed.\n"
                f"Install the voice stack: {weights.INSTALL}"
            ) from None
        self._hibari = made_of(home / "assets")
        self._lock = threading.Lock()

    def synthesize(self, text: str, *, voice: str = NATURAL, speed: float = 1.0) -> NDArray[np.float32]:
        """The whole text spoken, float32 in -1..1, shape ``(n,)``.

        Parameters
        ----------
        text : str
            Plain text; numbers, addresses and Markdown are put into words.
        voice : str
            A voice name of the API, or the id of a custom voice; each has a pitch of its own.
        speed : float
            1 is the natural pace, 2 twice as fast.

        Raises
        ------
        ConfigError
            The speed is outside of 0.25..2.
        """
        pieces = list(self.stream(text, voice=voice, speed=speed))
        return np.concatenate(pieces) if pieces else np.zeros(0, dtype=np.float32)

    def stream(self, text: str, *, voice: str = NATURAL, speed: float = 1.0) -> Iterator[NDArray[np.float32]]:
        """The same samples, a sentence at a time, or less of a very long one."""
        return self._sentences(text, voice_profile(voice), checked_speed(speed))

    def _sentences(self, text: str, profile: VoiceProfile, speed: float) -> Iterator[NDArray[np.float32]]:
        noise = np.random.default_rng(SEED)
        with self._lock:
            phrases = self._hibari.phonemize(speakable(text))
        for breath in (breath for phrase in phrases for breath in _breaths(phrase)):
            if any(char.isalpha() for char in breath):
                made = self._hibari.from_ids(self._hibari.ids(breath), profile.synthesis_speed(speed), noise)
                # Before trimming, so that the pauses between sentences are as long in every voice.
                yield louder(trimmed(repitched(made, RATE_HZ, profile.pitch), speed))
