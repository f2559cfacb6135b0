from __future__ import annotations

import itertools
import re

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from rtnb.protocol.catalogue import catalogue
from rtnb.speech.hibari_voice import HibariVoice
from rtnb.speech.tone import ToneVoice
from rtnb.speech.voices import NATURAL, VoiceProfile, repitched, voice_names, voice_profile
from rtnb.speech.whisper import Whisper

RATE_HZ = 24000
SENTENCES = (
    "Please turn off the kitchen lights and close the window.",
    "She found an old map under the floor of the kitchen.",
    "What would you like to talk about today?",
)
MARGIN = 1.025
"""Least ratio of the pitches of two voices, measured on the same sentences; by design it is 1.05."""


def pitch_hz(samples: np.ndarray, rate_hz: int = RATE_HZ) -> float:
    """Median fundamental frequency of the voiced parts: the peak of the autocorrelation of 60 ms frames."""
    size, found = rate_hz * 60 // 1000, []
    shortest, longest = rate_hz // 400, rate_hz // 90
    for start in range(0, samples.size - size, size // 3):
        frame = samples[start : start + size].astype(np.float64)
        if np.sqrt(np.mean(frame**2)) < 0.03:
            continue
        frame -= frame.mean()
        alike = np.correlate(frame, frame, "full")[size - 1 : size + longest] / np.arange(size, size - longest - 1, -1)
        lag = shortest + int(np.argmax(alike[shortest:]))
        if alike[lag] > 0.5 * alike[0]:
            found.append(rate_hz / lag)
    return float(np.median(found))


def words(text: str) -> list[str]:
    return re.findall(r"[a-z0-9']+", text.lower())


def test_every_name_of_the_api_has_a_row() -> None:
    assert set(voice_names()) == set(catalogue().voices) and len(voice_names()) == 10
    profiles = [voice_profile(name) for name in voice_names()]
    assert [p.pitch for p in profiles] == sorted(p.pitch for p in profiles)
    assert all(0.75 <= p.pitch <= 1.25 and 0.9 <= p.rate <= 1.1 for p in profiles)
    assert voice_profile(NATURAL) == VoiceProfile(pitch=1.0, rate=1.0)


def test_custom_voices_stand_between_the_named_ones() -> None:
    named = [voice_profile(name).pitch for name in voice_names()]
    custom = {voice_profile(f"voice_{n}").pitch for n in range(200)}
    assert len(custom) == 9 and len({voice_profile(f"voice_{n}") for n in range(200)}) == 27
    assert all(max(a / b, b / a) > 1.02 for a in named for b in custom)


@given(st.text(), st.floats(0.25, 2.0))
def test_any_name_is_a_voice(name: str, speed: float) -> None:
    profile = voice_profile(name)
    assert profile == voice_profile(name)
    assert 0.7 * speed < profile.synthesis_speed(speed) < 1.4 * speed


@given(st.floats(0.75, 1.25), st.integers(100, 300))
def test_pitch_and_length_change_together(pitch: float, tone_hz: int) -> None:
    wave = (0.5 * np.sin(2 * np.pi * tone_hz * np.arange(12000) / RATE_HZ)).astype(np.float32)
    got = repitched(wave, RATE_HZ, pitch)
    assert got.size == pytest.approx(12000 / pitch, abs=2)
    middle = got[1000:-1000]
    crossings = np.count_nonzero(np.diff(np.signbit(middle)))
    assert crossings / 2 / (middle.size / RATE_HZ) == pytest.approx(tone_hz * pitch, abs=3)


def test_the_natural_pitch_is_untouched() -> None:
    wave = np.ones(10, dtype=np.float32)
    assert repitched(wave, RATE_HZ, 1.0) is wave


@pytest.fixture(scope="module")
def spoken(voice: HibariVoice) -> dict[str, list[np.ndarray]]:
    return {name: [voice.synthesize(text, voice=name) for text in SENTENCES] for name in voice_names()}


@pytest.mark.local
def test_voices_are_told_apart_by_their_pitch(spoken: dict[str, list[np.ndarray]]) -> None:
    pitches = [pitch_hz(np.concatenate(spoken[name])) for name in voice_names()]
    for low, high in itertools.pairwise(pitches):
        assert high / low > MARGIN
    natural = pitches[voice_names().index(NATURAL)]
    for name, found in zip(voice_names(), pitches, strict=True):
        assert found / natural == pytest.approx(voice_profile(name).pitch, rel=0.05)


@pytest.mark.local
def test_nobody_hurries(spoken: dict[str, list[np.ndarray]]) -> None:
    lengths = {name: sum(piece.size for piece in pieces) for name, pieces in spoken.items()}
    for length in lengths.values():
        assert length == pytest.approx(lengths[NATURAL], rel=0.12)


@pytest.mark.local
def test_every_voice_is_understood(spoken: dict[str, list[np.ndarray]], ear: Whisper) -> None:
    wrong, said = 0, 0
    for pieces in spoken.values():
        for text, samples in zip(SENTENCES, pieces, strict=True):
            got, want = words(ear.transcribe(samples, RATE_HZ).text), words(text)
            wrong += sum(a != b for a, b in itertools.zip_longest(got, want))
            said += len(want)
    assert wrong / said < 0.02


@pytest.mark.local
@pytest.mark.parametrize("name", ["cedar", "shimmer", "voice_68d0c8e7"])
@pytest.mark.parametrize("speed", [0.25, 0.5, 1.5])
def test_every_voice_keeps_the_speed_and_its_bits(voice: HibariVoice, name: str, speed: float) -> None:
    natural, samples = (voice.synthesize(SENTENCES[2], voice=name, speed=s) for s in (1.0, speed))
    assert samples.size == pytest.approx(natural.size / speed, rel=0.3)
    assert np.abs(samples).max() <= 1
    assert np.array_equal(samples, np.concatenate(list(voice.stream(SENTENCES[2], voice=name, speed=speed))))


def test_tones_are_told_apart_too() -> None:
    tone = ToneVoice()
    spectra = [np.abs(np.fft.rfft(tone.synthesize("hello", voice=name), 1 << 16)) for name in voice_names()]
    pitches = [int(np.argmax(spectrum)) for spectrum in spectra]
    assert all(high / low > MARGIN for low, high in itertools.pairwise(pitches))
