from __future__ import annotations

from pathlib import Path

import numpy as np

import rtnb.vad
from rtnb.audio.clip import Clip
from rtnb.vad.engines.energy import load

QUESTION = Path(rtnb.vad.__file__).parent.parent / "samples" / "weather_question.flac"


def speech() -> np.ndarray:
    return Clip.load(QUESTION).resample(16000).samples


def test_silence_is_improbable() -> None:
    assert load().stream().push(np.zeros(48000, dtype=np.float32)).max() < 0.05


def test_a_constant_offset_is_silence() -> None:
    assert load().stream().push(np.full(48000, 0.4, dtype=np.float32)).max() < 0.05


def test_speech_after_silence_is_heard_at_once() -> None:
    p = load().stream().push(np.concatenate([np.zeros(16384, dtype=np.float32), speech()[8000:]]))
    assert p[:32].max() < 0.1
    assert p[32:36].max() > 0.9


def test_steady_noise_is_learnt_and_speech_still_stands_out() -> None:
    noise = (np.random.default_rng(0).standard_normal(64000) * 0.01).astype(np.float32)
    stream = load().stream()
    p = stream.push(noise)
    assert p[0] > 0.5
    assert p[70:].max() < 0.5
    assert stream.push(speech() + noise[: speech().size]).max() > 0.9


def test_agrees_with_the_words_of_the_question() -> None:
    p = load().stream().push(speech())
    voiced = np.abs(speech()[: p.size * 512].reshape(-1, 512)).max(axis=1) > 0.05
    assert ((p >= 0.5) == voiced).mean() > 0.8
