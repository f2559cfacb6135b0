"""A detector without a model: loudness above an adaptive noise floor.

For machines where nothing else is installed. It tells sound from quiet, not speech from other sound.

Per frame of 32 ms the level is the mean power in decibels relative to full scale, after the mean (a constant
offset) is taken away. The noise floor is the lowest smoothed level of the last two seconds, bounded to
``FLOOR_DB``: speech dips between syllables at least that often, steady noise never does. The excess of the
level over the floor maps to a probability by a logistic curve whose middle, 0.5, is at ``MIDDLE_DB`` and
whose slope is 0.25 over ``SLOPE_DB``. Before two seconds have passed the missing past counts as ``START_DB``.
The constants are those that agreed best with labelled meetings and dialogue.
"""

from __future__ import annotations

import math
from collections import deque

import numpy as np
from numpy.typing import NDArray

from rtnb.vad.engines.framing import Framer

__all__ = ["EnergyEngine", "EnergyStream", "load"]

RATE_HZ = 16000
HOP = 512
WINDOW_FRAMES = 62
"""Two seconds: longer than a syllable is held, shorter than noise takes to annoy."""
START_DB = -50.0
FLOOR_DB = (-60.0, -25.0)
MIDDLE_DB = 8.0
SLOPE_DB = 3.0
SMOOTHING = 0.8
SILENCE_DB = -100.0


class EnergyEngine:
    """Loudness over noise: 512 samples (32 ms) a frame at 16 kHz, no dependency.

    Examples
    --------
    >>> import numpy as np
    >>> from rtnb.vad.engines.energy import EnergyEngine
    >>> stream = EnergyEngine().stream()
    >>> float(stream.push(np.zeros(512, dtype=np.float32))[0]) < 0.05
    True
    """

    name = "energy"
    rate_hz = RATE_HZ
    hop = HOP
    version = "1"
    """Rises when the constants of this module change."""

    def stream(self) -> EnergyStream:
        """A new stream, which supposes a quiet room."""
        return EnergyStream()


class EnergyStream:
    """One stream through :class:`EnergyEngine`."""

    __slots__ = ("_framer", "_recent", "_smooth_db")

    def __init__(self) -> None:
        self._framer = Framer(HOP)
        self._smooth_db = START_DB
        self._recent: deque[float] = deque([START_DB] * WINDOW_FRAMES, maxlen=WINDOW_FRAMES)

    def push(self, samples: NDArray[np.float32]) -> NDArray[np.float32]:
        """The probabilities of the frames that these samples complete, float32, shape ``(k,)``."""
        power = self._framer.push(samples).astype(np.float64).var(axis=1)
        levels_db = 10 * np.log10(np.maximum(power, 10 ** (SILENCE_DB / 10)))
        return np.asarray([self._probability(level) for level in levels_db.tolist()], dtype=np.float32)

    def _probability(self, level_db: float) -> float:
        self._smooth_db += SMOOTHING * (level_db - self._smooth_db)
        self._recent.append(self._smooth_db)
        low, high = FLOOR_DB
        floor_db = min(max(min(self._recent), low), high)
        return 1 / (1 + math.exp((MIDDLE_DB - (level_db - floor_db)) / SLOPE_DB))


def load() -> EnergyEngine:
    """A new engine; there is nothing to share."""
    return EnergyEngine()
