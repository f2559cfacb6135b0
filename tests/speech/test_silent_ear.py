from __future__ import annotations

import numpy as np
import pytest

from rtnb.errors import AudioError
from rtnb.speech.base import Transcription
from rtnb.speech.silent_ear import SilentEar


def test_hears_nothing_and_says_so() -> None:
    ear = SilentEar()
    assert not ear.available
    heard = ear.transcribe(np.ones(12000, dtype=np.float32), 24000, language="de")
    assert heard == Transcription(text="", duration_s=0.5, avg_logprob=0.0, no_speech_prob=0.0)


def test_a_rate_is_a_rate() -> None:
    with pytest.raises(AudioError):
        SilentEar().transcribe(np.ones(10, dtype=np.float32), 0)
