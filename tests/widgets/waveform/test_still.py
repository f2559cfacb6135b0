"""The picture that a waveform leaves."""

from __future__ import annotations

import base64

import numpy as np

import rtnb
from rtnb.audio.pyramid import Pyramid
from rtnb.audio.sources import ArraySource
from rtnb.widgets.waveform.still import drawn, reduced


def test_an_outline_looks_like_the_sound() -> None:
    samples = np.zeros(24000 * 300, dtype=np.int16)
    samples[24000 * 150] = 20000
    source = ArraySource(samples, 24000)
    clip = reduced(source, Pyramid(source))
    assert abs(clip.duration_s - 300) < 0.1 and len(clip) < 20_000
    assert abs(int(np.abs(clip.samples).argmax()) / clip.rate_hz - 150) < 0.2
    still = drawn(source, Pyramid(source), title="Long")
    assert "24 kHz" in still["text/html"] and len(base64.b64decode(still["image/png"])) < 100_000


def test_a_short_sound_with_its_selection() -> None:
    source = ArraySource.of(rtnb.Clip.load(rtnb.sample("weather_question")))
    still = drawn(source, Pyramid(source), selection_s=(0.5, 1.0), spectrogram=True)
    assert "selected" in still["text/plain"] and "image/png" in still
