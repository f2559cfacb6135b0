"""No words for what is no speech, and no speech without words."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

import rtnb.speech
from rtnb.audio.clip import Clip
from rtnb.audio.resampling import resample
from rtnb.speech import Transcription
from rtnb.speech.gate import EVIDENCE, is_speech, voice_evidence
from rtnb.speech.hibari_voice import HibariVoice
from rtnb.speech.tone import ToneVoice
from rtnb.speech.whisper import Whisper
from rtnb.vad import Engine, load_engine

RATE_HZ = 16000
SAMPLES = Path(rtnb.speech.__file__).parent.parent / "samples"


def coloured(seconds: float, slope: float, seed: int) -> np.ndarray:
    """Noise whose amplitude falls with the frequency to the power of `slope`, peak 1."""
    count = int(seconds * RATE_HZ)
    spectrum = np.fft.rfft(np.random.default_rng(seed).standard_normal(count))
    noise = np.fft.irfft(spectrum / np.maximum(1, np.arange(spectrum.size)) ** slope, count)
    return noise / np.abs(noise).max()


def noises(seconds: float) -> dict[str, np.ndarray]:
    t = np.arange(int(seconds * RATE_HZ)) / RATE_HZ
    clicks = (np.arange(t.size) % 3700 < 2).astype(float)
    chord = sum((t * tone_hz) % 1 * 2 - 1 for tone_hz in (196.0, 247.0, 294.0)) / 3
    melody = np.array([262, 294, 330, 392, 440, 523])[(t * 3.5).astype(int) % 6]
    breath = coloured(seconds, 0.4, 11) * np.maximum(0, np.sin(2 * np.pi * 0.4 * t)) ** 2
    return {
        "white": coloured(seconds, 0, 7),
        "pink": coloured(seconds, 0.5, 8),
        "brown": coloured(seconds, 1, 9),
        "wind": coloured(seconds, 0.7, 10) * (0.5 + 0.5 * coloured(seconds, 1, 12)),
        "breath": breath / np.abs(breath).max(),
        "hum": sum(np.sin(2 * np.pi * 50 * k * t) / k for k in (1, 2, 3, 5)) / 2,
        "clicks": clicks,
        "chord": chord * (0.7 + 0.3 * np.sin(2 * np.pi * 4 * t)),
        "melody": np.sin(2 * np.pi * melody * t) * np.exp(-((t * 3.5) % 1) * 3),
        "sweep": np.sin(2 * np.pi * (200 * t + 600 / seconds * t * t)),
        "beeps": np.sin(2 * np.pi * 1000 * t) * ((t * 2) % 1 < 0.3),
        "dialling": (np.sin(2 * np.pi * 852 * t) + np.sin(2 * np.pi * 1336 * t)) / 2 * ((t * 4) % 1 < 0.5),
    }


@pytest.fixture(scope="module")
def engine() -> Engine:
    pytest.importorskip("onnxruntime")
    return load_engine("silero")


def words(ear: Whisper, engine: Engine, samples: np.ndarray) -> str:
    samples = samples.astype(np.float32)
    heard = ear.transcribe(samples, RATE_HZ)
    return heard.text if is_speech(heard, samples, RATE_HZ, engine) else ""


@pytest.mark.local
@pytest.mark.parametrize("seconds", [0.4, 1.0, 3.0])
def test_noise_has_no_words(ear: Whisper, engine: Engine, seconds: float) -> None:
    found = {
        (name, gain): words(ear, engine, noise * gain)
        for name, noise in noises(seconds).items()
        for gain in (0.5, 0.02)
    }
    assert {key: text for key, text in found.items() if text} == {}


@pytest.mark.local
def test_tones_have_no_words(ear: Whisper, engine: Engine) -> None:
    tones = resample(ToneVoice().synthesize("What is the weather in Paris today?"), 24000, RATE_HZ)
    assert words(ear, engine, tones) == ""


@pytest.mark.local
@pytest.mark.parametrize("gain", [1.0, 0.1, 0.01])
def test_quiet_speech_keeps_its_words(ear: Whisper, engine: Engine, voice: HibariVoice, gain: float) -> None:
    for text in ("Yes.", "No.", "Stop.", "Thank you.", "Tell me a story."):
        spoken = resample(voice.synthesize(text), 24000, RATE_HZ)
        assert words(ear, engine, spoken * gain).lower().rstrip(".") == text.lower().rstrip(".")
    question = Clip.load(SAMPLES / "weather_question.flac").resample(RATE_HZ).samples
    assert words(ear, engine, question * gain) == "What is the weather in Paris?"


@pytest.mark.local
def test_speech_gives_evidence_and_noise_none(engine: Engine) -> None:
    question = Clip.load(SAMPLES / "weather_question.flac")
    assert voice_evidence(question.samples, question.rate_hz, engine) > 0.9
    for noise in noises(1.0).values():
        assert voice_evidence(noise.astype(np.float32) * np.float32(0.3), RATE_HZ, engine) < EVIDENCE["silero"]


def test_only_what_is_unsure_is_doubted() -> None:
    energy = load_engine("energy")
    nothing = np.zeros(0, dtype=np.float32)

    def believed(text: str, logprob: float, no_speech: float) -> bool:
        return is_speech(Transcription(text, 0.0, logprob, no_speech), nothing, RATE_HZ, energy)

    assert [believed("You", logprob, 0.1) for logprob in (0.0, -1.0, -1.7, -1.9)] == [True, True, True, False]
    assert [believed("You", -0.1, no_speech) for no_speech in (0.1, 0.6, 0.7)] == [True, True, False]
    assert not believed("", 0.0, 0.0)
