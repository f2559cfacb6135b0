from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from rtnb.audio import Clip
from rtnb.samples import sample
from rtnb.session.views.audible import AUDIBLE_DBFS, audible_end_s, audible_start_s


def tone(duration_s: float, dbfs: float, rate_hz: int = 24000) -> Clip:
    """RMS of a sine, which is 3 dB below its peak."""
    t = np.arange(round(duration_s * rate_hz)) / rate_hz
    return Clip(10 ** (dbfs / 20) * np.sqrt(2) * np.sin(2 * np.pi * 400 * t), rate_hz)


@pytest.mark.parametrize("rate_hz", [8000, 16000, 24000])
@pytest.mark.parametrize("silence_s", [0.0, 0.05, 0.4, 3.15])
def test_the_first_audible_window_is_found(rate_hz: int, silence_s: float) -> None:
    clip = Clip.concat([Clip.silence(silence_s, rate_hz), tone(0.5, -20, rate_hz), Clip.silence(4.0, rate_hz)])
    assert audible_start_s(clip) == pytest.approx(silence_s)
    assert audible_end_s(clip) == pytest.approx(silence_s + 0.5, abs=0.051)


@pytest.mark.parametrize(("dbfs", "heard"), [(AUDIBLE_DBFS + 0.5, True), (AUDIBLE_DBFS - 0.5, False)])
def test_the_threshold_is_where_it_is_said_to_be(dbfs: float, heard: bool) -> None:
    assert (audible_start_s(tone(0.2, dbfs)) is not None) is heard
    assert (audible_end_s(tone(0.2, dbfs)) is not None) is heard


@pytest.mark.parametrize("clip", [Clip.silence(0.0), Clip.silence(3.0), tone(2.0, -50)])
def test_nothing_audible_has_no_place(clip: Clip) -> None:
    assert audible_start_s(clip) is None and audible_end_s(clip) is None


def test_real_speech() -> None:
    clip = Clip.load(sample("weather_question"))
    start, end = audible_start_s(clip), audible_end_s(clip)
    assert start is not None and end is not None
    assert 0.3 < start < 0.6 and 1.3 < end <= clip.duration_s


@given(st.lists(st.sampled_from([0.0, 0.001, 0.05, 0.5, -0.9]), max_size=300), st.sampled_from([100, 8000]))
def test_both_ends_lie_in_order_within_the_sound(values: list[float], rate_hz: int) -> None:
    clip = Clip(np.repeat(np.array(values, dtype=np.float32), 7), rate_hz)
    start, end = audible_start_s(clip), audible_end_s(clip)
    assert (start is None) is (end is None)
    if start is not None and end is not None:
        assert 0 <= start < end <= clip.duration_s
