from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rtnb.audio.resampling import StreamResampler, resample

RATES = st.sampled_from([8000, 16000, 24000, 44100, 48000])


def noise(n: int) -> np.ndarray:
    return np.random.default_rng(7).uniform(-0.5, 0.5, n).astype(np.float32)


@given(n=st.integers(0, 5000), rate_in=RATES, rate_out=RATES)
def test_length_follows_the_rates(n: int, rate_in: int, rate_out: int) -> None:
    got = resample(noise(n), rate_in, rate_out)
    assert got.dtype == np.float32
    assert len(got) == pytest.approx(n * rate_out / rate_in, abs=1)


def test_equal_rates_change_nothing() -> None:
    samples = noise(100)
    assert resample(samples, 24000, 24000) is samples
    stream = StreamResampler(24000, 24000)
    assert stream.push(samples) is samples
    assert stream.push(samples[:0], last=True).size == 0


def test_what_both_rates_can_carry_is_kept() -> None:
    t = np.arange(24000) / 24000
    samples = (0.5 * np.sin(2 * np.pi * 1000 * t)).astype(np.float32)
    got = resample(samples, 24000, 16000)
    expected = 0.5 * np.sin(2 * np.pi * 1000 * np.arange(16000) / 16000)
    np.testing.assert_allclose(got[200:-200], expected[200:-200], atol=1e-3)


def test_what_the_new_rate_cannot_carry_is_gone() -> None:
    t = np.arange(48000) / 48000
    samples = (0.5 * np.sin(2 * np.pi * 10000 * t)).astype(np.float32)
    assert np.abs(resample(samples, 48000, 16000)[200:-200]).max() < 1e-3


@settings(deadline=None, max_examples=40)
@given(cuts=st.lists(st.integers(0, 6000), max_size=8), quality=st.sampled_from(["QQ", "HQ"]))
def test_chunks_of_any_length_give_the_same_stream(cuts: list[int], quality: str) -> None:
    samples = noise(6000)
    whole = StreamResampler(24000, 16000, quality).push(samples, last=True)
    stream = StreamResampler(24000, 16000, quality)
    edges = [0, *sorted(cuts), len(samples)]
    parts = [stream.push(samples[a:b]) for a, b in pairwise(edges)]
    parts.append(stream.push(samples[:0], last=True))
    got = np.concatenate(parts)
    np.testing.assert_allclose(got, whole, atol=1e-6)
    assert len(got) == pytest.approx(4000, abs=1)


def test_a_stream_hands_out_samples_before_it_ends() -> None:
    stream = StreamResampler(24000, 16000)
    got = sum(len(stream.push(noise(480))) for _ in range(10))
    assert 10 * 320 - 64 <= got <= 10 * 320
