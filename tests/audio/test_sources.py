"""Samples that are read a stretch at a time."""

from __future__ import annotations

import numpy as np
import pytest

from rtnb.audio import Clip
from rtnb.audio.sources import ArraySource, int16_of
from rtnb.errors import AudioError


def test_samples_are_not_copied() -> None:
    samples = np.arange(100, dtype=np.int16)
    source = ArraySource(samples, 8000)
    assert np.shares_memory(source.read(10, 20), samples) and source.read(90, 200).tolist() == list(range(90, 100))
    clip = Clip([0.5, -0.5], 16000)
    assert np.shares_memory(ArraySource.of(clip).read(0, 2), clip.samples) and ArraySource.of(clip).rate_hz == 16000


def test_both_kinds_become_int16() -> None:
    whole = np.array([1, -2], dtype=np.int16)
    assert int16_of(whole) is whole
    assert int16_of(np.array([0.5, -1.0, 1.0], dtype=np.float32)).tolist() == [16384, -32768, 32767]


@pytest.mark.parametrize("samples", [np.zeros((2, 2), dtype=np.int16), np.zeros(3, dtype=np.int32), np.zeros(3)])
def test_other_arrays_are_refused(samples: np.ndarray) -> None:
    with pytest.raises(AudioError, match="int16 or float32"):
        ArraySource(samples, 24000)


def test_a_rate_is_needed() -> None:
    with pytest.raises(AudioError, match="rate"):
        ArraySource(np.zeros(3, dtype=np.int16), 0)
