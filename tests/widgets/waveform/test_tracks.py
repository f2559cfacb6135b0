"""Sound on one clock."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from rtnb.audio import Clip
from rtnb.audio.pyramid import NOTHING
from rtnb.audio.sources import ArraySource
from rtnb.widgets.waveform.tracks import Sheet, Sound, Track, mixed


def sound(start_s: float, values: list[int] | np.ndarray, rate_hz: int = 1000, **members: float) -> Sound:
    return Sound(start_s, ArraySource(np.asarray(values, dtype=np.int16), rate_hz), **members)


def test_sounds_lie_where_they_are_and_gaps_are_no_sound() -> None:
    track = Track("You", "user", "above", (sound(1.0, [5] * 1000), sound(3.0, [-7] * 1000)))
    found = track.outline(0.0, 5.0, 5).tolist()
    assert found == [list(NOTHING), [5, 5], list(NOTHING), [-7, -7], list(NOTHING)]
    assert track.count(1.5, 3.25) == 750
    assert [(run.start_s, len(run.samples)) for run in track.runs(1.5, 1.51)] == [(1.499, 12)]


def test_what_overlaps_is_outlined_together() -> None:
    track = Track("You", "user", "above", (sound(0.0, [5] * 2000), sound(1.0, [-7] * 1000)))
    assert track.outline(0.0, 2.0, 2).tolist() == [[5, 5], [-7, 5]]


def test_nothing_is_shown_behind_until() -> None:
    cut = sound(0.0, [9] * 1000, until_s=0.4)
    assert cut.end_s == 0.4
    assert Track("x", "assistant", "below", (cut,)).outline(0.0, 1.0, 5)[:, 1].tolist() == [
        9,
        9,
        -32768,
        -32768,
        -32768,
    ]
    assert mixed([cut], 0.0, 1.0, 1000).nonzero()[0].max() == 399


def test_what_nobody_heard_is_a_stretch() -> None:
    assert sound(2.0, [1] * 1000, heard_s=0.25).faded == (2.25, 3.0)
    assert sound(2.0, [1] * 1000, heard_s=1.0).faded is None
    assert sound(2.0, [1] * 1000).faded is None


@given(
    start=st.floats(-1, 3),
    length=st.floats(0.01, 2),
    at=st.floats(0, 2),
    size=st.integers(1, 2000),
)
def test_a_mix_has_the_length_that_was_asked_for(start: float, length: float, at: float, size: int) -> None:
    samples = np.arange(1, size + 1, dtype=np.int16)
    found = mixed([sound(at, samples)], start, start + length, 1000)
    assert len(found) == round(length * 1000)
    assert set(found.tolist()) <= {0, *samples.tolist()}
    inside = found[found > 0]
    assert (np.diff(inside) == 1).all()


def test_a_mix_is_clipped_and_resampled() -> None:
    assert mixed([sound(0, [30000] * 4), sound(0, [30000] * 4)], 0, 0.004, 1000).tolist() == [32767] * 4
    at = np.arange(48000) / 48000
    fast = sound(0, 10000 * np.sin(2 * np.pi * 440 * at), 48000)
    found = mixed([fast], 0.25, 0.75, 24000).astype(float)
    wanted = 10000 * np.sin(2 * np.pi * 440 * (0.25 + np.arange(12000) / 24000))
    # Right up to its edges: what lies beyond them was heard by the resampler, too.
    assert np.abs(found - wanted).max() < 60


def test_a_stretch_of_one_sound_is_its_own_samples() -> None:
    clip = Clip(np.linspace(-1, 1, 44100, dtype=np.float32), 44100)
    sheet = Sheet((Track("Sound", "user", "both", (Sound(0.0, ArraySource.of(clip)),)),))
    assert sheet.clip(0.25, 0.5) == clip[0.25:0.5]
    assert sheet.clip(0.0, 1.0) == clip and sheet.rate_hz == 44100
    assert sheet.clip(0.0, 1.0, tracks=[]).peak == 0.0


def test_a_sheet_reaches_from_its_first_moment_to_its_last() -> None:
    sheet = Sheet((Track("You", "user", "above", (sound(-1.0, [0] * 500),)),), ({"key": 0, "span": [2.0, 4.5]},))
    assert (sheet.start_s, sheet.end_s, sheet.duration_s, sheet.empty) == (-1.0, 4.5, 5.5, False)
    nothing = Sheet((Track("Sound", "user", "both"),))
    assert (nothing.start_s, nothing.end_s, nothing.empty) == (0.0, 0.0, True)


@pytest.mark.parametrize(("values", "silent"), [([0] * 50, True), ([3] * 50, True), ([0, 90], False)])
def test_silence_is_called_so(values: list[int], silent: bool) -> None:
    assert Track("x", "user", "both", (sound(0, values),)).silent is silent
    assert Track("x", "user", "both").silent is False
