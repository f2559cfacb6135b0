"""Levels by frequency and time."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from rtnb.audio.sources import ArraySource
from rtnb.audio.spectrogram import FLOOR_DB, spectrogram
from rtnb.errors import AudioError


def tone(hz: float, *, seconds: float = 1.0, peak: float = 1.0, rate: int = 24000) -> ArraySource:
    at = np.arange(round(seconds * rate)) / rate
    samples: NDArray[np.float32] = (peak * np.sin(2 * np.pi * hz * at)).astype(np.float32)
    return ArraySource(samples, rate)


@pytest.mark.parametrize("hz", [500.0, 3000.0, 11000.0])
@pytest.mark.parametrize("peak", [1.0, 0.1])
def test_a_sine_is_where_and_as_loud_as_it_is(hz: float, peak: float) -> None:
    found = spectrogram(tone(hz, peak=peak), 24000, columns=20, rows=48)
    middle = found.db[:, 10]
    assert middle.argmax() == int(hz // 250)
    # A Hann window between two bins loses 1.42 dB at most; zeros behind it make that less.
    assert middle.max() == pytest.approx(20 * np.log10(peak), abs=0.5)
    assert np.delete(middle, range(middle.argmax() - 1, min(48, middle.argmax() + 2))).max() < middle.max() - 30


def test_int16_and_float_read_alike() -> None:
    source = tone(1000, peak=0.5)
    whole = ArraySource((source.read(0, 24000) * 32768).astype(np.int16), 24000)
    one, other = (spectrogram(each, 24000, columns=10, rows=12).db for each in (source, whole))
    assert np.abs(one - other)[one > -60].max() < 0.1


def test_silence_is_the_floor_and_nothing_is_no_number() -> None:
    silent = ArraySource(np.zeros(2400, dtype=np.int16), 24000)
    found = spectrogram(silent, 24000, start=-2400, stop=4800, columns=6, rows=4)
    assert np.isnan(found.db[:, [0, 1, 4, 5]]).all()
    assert np.allclose(found.db[:, 2:4], FLOOR_DB)
    cells = np.frombuffer(found.bytes(), dtype=np.uint8).reshape(4, 6)
    assert cells[0].tolist() == [0, 0, 1, 1, 0, 0]


def test_an_hour_is_looked_at_here_and_there() -> None:
    class Counting(ArraySource):
        read_in_all = 0

        def read(self, start: int, stop: int) -> NDArray[np.int16]:
            Counting.read_in_all += stop - start
            return np.zeros(stop - start, dtype=np.int16)

    source = Counting(np.broadcast_to(np.zeros(1, dtype=np.int16), 86_400_000), 24000)
    spectrogram(source, 24000, columns=300, rows=32)
    assert Counting.read_in_all <= 300 * 6 * 600


def test_a_bin_with_no_number_in_it_is_silence() -> None:
    broken = ArraySource(np.full(2400, np.nan, dtype=np.float32), 24000)
    assert np.allclose(spectrogram(broken, 24000, columns=2, rows=2).db, FLOOR_DB)


@pytest.mark.parametrize("options", [{"columns": 0}, {"rows": 0}, {"start": 5, "stop": 1}])
def test_what_is_no_picture_is_refused(options: dict[str, int]) -> None:
    with pytest.raises(AudioError):
        spectrogram(tone(100), 24000, **options)
