"""The recogniser of a machine without one: it hears nothing, and says so."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from rtnb.audio.pcm import checked_rate
from rtnb.speech.base import Transcription

__all__ = ["SilentEar"]


class SilentEar:
    """Takes any audio and gives an empty text; its ``available`` is False.

    Examples
    --------
    >>> import numpy as np
    >>> from rtnb.speech import SilentEar
    >>> SilentEar().transcribe(np.zeros(16000, dtype=np.float32))
    Transcription(text='', duration_s=1.0, avg_logprob=0.0, no_speech_prob=0.0, tokens=(), language=None)
    """

    name = "none"
    available = False

    def transcribe(
        self,
        samples: NDArray[np.float32],
        rate_hz: int = 16000,
        *,
        language: str | None = None,
        tokens: bool = False,
    ) -> Transcription:
        """An empty text. ``no_speech_prob`` is 0: it cannot tell, and does not claim silence."""
        return Transcription("", samples.size / checked_rate(rate_hz), 0.0, 0.0)
