"""The outline of a sound at every zoom."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from rtnb.audio.pyramid import BLOCK, FACTOR, NOTHING, Pyramid, int16_bounds
from rtnb.audio.sources import ArraySource
from rtnb.errors import AudioError


class Growing:
    """A source that has more each time."""

    rate_hz = 24000

    def __init__(self, samples: NDArray[np.int16]) -> None:
        self.samples, self.size = samples, 0

    def __len__(self) -> int:
        return self.size

    def read(self, start: int, stop: int) -> NDArray[np.int16]:
        assert 0 <= start <= stop <= self.size
        return self.samples[start:stop]


def noise(size: int, seed: int = 0) -> NDArray[np.int16]:
    return np.random.default_rng(seed).integers(-30000, 30000, size, dtype=np.int16)


@given(
    size=st.integers(1, 40_000),
    first=st.floats(-2000, 42_000),
    width=st.floats(0.5, 60_000),
    columns=st.integers(1, 40),
    seed=st.integers(0, 5),
)
def test_no_sample_is_left_out_and_none_is_made_up(
    size: int, first: float, width: float, columns: int, seed: int
) -> None:
    samples = noise(size, seed)
    pyramid = Pyramid(ArraySource(samples, 24000))
    found = pyramid.outline(first, first + width, columns)
    edges = first + width * np.arange(columns + 1) / columns
    slack = max(
        BLOCK * FACTOR**level for level in range(4) if BLOCK * FACTOR**level * 4 <= max(width / columns, BLOCK * 4)
    )
    if width / columns < 4 * BLOCK:
        slack = 1
    for (least, most), low, high in zip(found.tolist(), edges[:-1], edges[1:], strict=True):
        inside = samples[max(0, int(np.ceil(low))) : max(0, int(np.floor(high)))]
        if len(inside):
            assert least <= inside.min() and most >= inside.max()
        around = samples[max(0, int(low) - slack) : max(0, int(np.ceil(high)) + slack)]
        if (least, most) != NOTHING:
            assert least >= around.min() and most <= around.max()
        else:
            assert not len(inside)


@given(st.lists(st.integers(0, 9000), min_size=1, max_size=8))
def test_growing_gives_what_all_at_once_gives(steps: list[int]) -> None:
    samples = noise(sum(steps) + 1)
    source = Growing(samples)
    pyramid = Pyramid(source)
    for step in steps:
        source.size += step
        assert pyramid.grow() == (step > 0)
    whole = Pyramid(ArraySource(samples[: source.size], 24000))
    assert len(pyramid) == source.size and pyramid.peak == whole.peak
    for columns in (1, 7, 300):
        got = pyramid.outline(0, max(1, source.size), columns)
        assert np.array_equal(got, whole.outline(0, max(1, source.size), columns))


@pytest.mark.parametrize("at", [0, 1, 511, 512, 262_143, 262_144, 999_999])
def test_a_click_shows_at_every_zoom(at: int) -> None:
    samples = np.zeros(1_000_000, dtype=np.int16)
    samples[at] = -12345
    pyramid = Pyramid(ArraySource(samples, 24000))
    for columns in (1, 3, 100, 1280, 5000):
        found = pyramid.outline(0, len(samples), columns)
        assert found[:, 0].min() == -12345 and found[:, 1].max() == 0
        # Beside its own column only where a block lies on the edge.
        assert 1 <= (found[:, 0] < 0).sum() <= 2


def test_float_samples_are_rounded_outwards() -> None:
    samples = np.zeros(5000, dtype=np.float32)
    samples[1234], samples[4321] = 1e-6, -1e-6
    for columns in (1, 2500):
        found = Pyramid(ArraySource(samples, 24000)).outline(0, 5000, columns)
        assert found[:, 0].min() == -1 and found[:, 1].max() == 1
    loud = Pyramid(ArraySource(np.array([1.0, -1.0, np.nan], dtype=np.float32), 24000)).outline(0, 2, 2)
    assert loud.tolist() == [[32767, 32767], [-32768, -32768]]
    assert int16_bounds(np.array([[np.nan, np.nan]])).tolist() == [[0, 0]]


def test_a_full_scale_peak_fits() -> None:
    assert Pyramid(ArraySource(np.array([-32768, 5], dtype=np.int16), 8000)).peak == 32768
    assert Pyramid(ArraySource(np.array([3, 5], dtype=np.int16), 8000)).peak == 5


def test_an_empty_sound_has_nothing_to_outline() -> None:
    pyramid = Pyramid(ArraySource(np.zeros(0, dtype=np.int16), 24000))
    assert pyramid.outline(0, 100, 3).tolist() == [list(NOTHING)] * 3
    assert pyramid.peak == 0 and not pyramid.grow()


@pytest.mark.parametrize(("start", "stop", "columns"), [(0, 10, 0), (5, 4, 3), (0, float("nan"), 3)])
def test_what_is_no_stretch_is_refused(start: float, stop: float, columns: int) -> None:
    with pytest.raises(AudioError):
        Pyramid(ArraySource(noise(100), 24000)).outline(start, stop, columns)
