from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from rtnb.audio.formats import PCM16, PCMA, PCMU, AudioFormat
from rtnb.errors import AudioError, ConfigError

FORMATS = [PCM16, PCMU, PCMA]
every = pytest.mark.parametrize("format", FORMATS, ids=lambda format: format.beta)


@every
def test_both_names_lead_to_it(format: AudioFormat) -> None:
    assert AudioFormat.from_wire(format.to_wire()) is format
    assert AudioFormat.from_wire(format.type) is format
    assert AudioFormat.from_wire(format.beta) is format


def test_none_is_pcm() -> None:
    assert AudioFormat.from_wire(None) is PCM16


@pytest.mark.parametrize("wire", ["mp3", {"type": "audio/opus"}, {}, "", {"type": None}])
def test_anything_else_is_refused(wire: Any) -> None:
    with pytest.raises(ConfigError, match="audio/pcma"):
        AudioFormat.from_wire(wire)


@every
def test_a_second_is_a_second(format: AudioFormat) -> None:
    second = format.encode(np.zeros(16000, dtype=np.float32), 16000)
    assert len(second) == 1000 * format.bytes_per_ms == format.rate_hz * format.sample_bytes
    assert format.decode(second).shape == (format.rate_hz,)


@given(st.sampled_from(FORMATS), st.binary(max_size=600))
def test_samples_survive_as_they_are(format: AudioFormat, data: bytes) -> None:
    whole = format.whole(data)
    assert len(data) - len(whole) < format.sample_bytes and data.startswith(whole)
    samples = format.decode(whole)
    assert samples.dtype == np.float32 and (np.abs(samples) <= 1).all()
    again = format.encode(samples, format.rate_hz)
    assert format.int16(again).tolist() == format.int16(whole).tolist()


def test_half_a_sample_is_no_audio() -> None:
    with pytest.raises(AudioError):
        PCM16.decode(b"123")


@every
def test_a_tone_keeps_its_pitch_and_loudness(format: AudioFormat) -> None:
    tone = (0.5 * np.sin(2 * np.pi * 440 * np.arange(24000) / 24000)).astype(np.float32)
    samples = format.decode(format.encode(tone, 24000))
    spectrum = np.abs(np.fft.rfft(samples))
    assert np.argmax(spectrum) * format.rate_hz / samples.size == pytest.approx(440, abs=1.5)
    assert samples[1000:-1000].std() == pytest.approx(0.5 / np.sqrt(2), rel=0.02)
