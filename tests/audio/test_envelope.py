from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import rtnb.errors
from rtnb.audio import Clip
from rtnb.audio.envelope import envelope
from rtnb.errors import AudioError

SAMPLES = Path(rtnb.errors.__file__).parent / "samples"


def by_hand(samples: np.ndarray, columns: int, start: float, stop: float) -> np.ndarray:
    edges = np.floor(np.linspace(start, stop, columns + 1)).astype(int)
    rows = []
    for i in range(columns):
        first, last = edges[i], max(edges[i + 1], edges[i] + 1)
        part = samples[max(first, 0) : max(last, 0)]
        rows.append((part.min(), part.max()) if part.size else (np.nan, np.nan))
    return np.array(rows, dtype=np.float32)


@given(
    samples=st.lists(st.floats(-1, 1, width=32), max_size=60),
    columns=st.integers(1, 80),
    start=st.floats(-40, 80),
    length=st.floats(0, 120),
)
def test_agrees_with_a_loop_over_columns(samples: list[float], columns: int, start: float, length: float) -> None:
    array = np.array(samples, dtype=np.float32)
    got = envelope(array, columns, start=start, stop=start + length)
    np.testing.assert_array_equal(got, by_hand(array, columns, start, start + length))


@given(samples=st.lists(st.floats(-1, 1, width=32), min_size=1, max_size=200), columns=st.integers(1, 50))
def test_no_extreme_is_lost(samples: list[float], columns: int) -> None:
    array = np.array(samples, dtype=np.float32)
    got = envelope(array, columns)
    assert got.shape == (columns, 2)
    if columns <= array.size:
        assert got[:, 0].min() == array.min()
        assert got[:, 1].max() == array.max()


def test_a_click_of_one_sample_stays_visible_in_a_minute() -> None:
    samples = np.zeros(60 * 24000, dtype=np.float32)
    samples[777_777] = 0.9
    samples[-1] = -0.4
    got = envelope(samples, 400)
    assert got[:, 1].max() == np.float32(0.9)
    assert got[-1, 0] == np.float32(-0.4)
    assert np.count_nonzero(got) == 2


def test_sounds_share_a_grid_when_the_stretch_reaches_beyond_them() -> None:
    got = envelope(np.ones(10, dtype=np.float32), 4, start=-10, stop=30)
    assert np.isnan(got[[0, 2, 3]]).all()
    assert (got[1] == 1).all()


def test_outlines_real_speech() -> None:
    clip = Clip.load(SAMPLES / "weather_question.flac")
    got = envelope(clip.samples, 100)
    assert np.isclose(np.abs(got).max(), clip.peak)
    assert (got[:, 0] <= got[:, 1]).all()


def test_nothing_has_no_outline() -> None:
    assert np.isnan(envelope(np.zeros(0, dtype=np.float32), 5)).all()


def test_impossible_stretches_are_refused() -> None:
    with pytest.raises(AudioError, match="at least one column"):
        envelope(np.zeros(4, dtype=np.float32), 0)
    with pytest.raises(AudioError, match="before start"):
        envelope(np.zeros(4, dtype=np.float32), 2, start=3, stop=1)
