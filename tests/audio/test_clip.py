from __future__ import annotations

import copy
import pickle
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

import rtnb
from rtnb.audio import Clip
from rtnb.errors import AudioError

SAMPLES = hnp.arrays(np.float32, st.integers(0, 200), elements=st.floats(-1, 1, width=32))
CLIPS = st.builds(Clip, SAMPLES, st.sampled_from([8000, 16000, 24000]))


def tone(seconds: float = 1.0, rate_hz: int = 24000, hz: float = 440.0) -> Clip:
    return Clip(0.5 * np.sin(2 * np.pi * hz * np.arange(round(seconds * rate_hz)) / rate_hz), rate_hz)


def test_samples_cannot_be_changed() -> None:
    mine = np.array([0.1, 0.2], dtype=np.float32)
    clip = Clip(mine, 8000)
    with pytest.raises(ValueError, match="read-only"):
        clip.samples[0] = 0
    mine[0] = 0.9
    assert clip.samples[0] == np.float32(0.1)


@given(CLIPS)
def test_is_a_value(clip: Clip) -> None:
    for twin in (Clip(clip.samples, clip.rate_hz), copy.deepcopy(clip), pickle.loads(pickle.dumps(clip))):
        assert twin == clip
        assert hash(twin) == hash(clip)
        assert not twin.samples.flags.writeable
    assert clip != Clip(clip.samples, clip.rate_hz + 1)
    assert clip != Clip(np.append(clip.samples, np.float32(0)), clip.rate_hz)
    assert clip != clip.samples.tolist()


def test_equal_clips_hash_equally_even_with_negative_zeros() -> None:
    one, other = Clip([0.0, 0.5], 8000), Clip([-0.0, 0.5], 8000)
    assert one == other
    assert hash(one) == hash(other)


@given(hnp.arrays(np.int16, st.integers(0, 100)))
def test_pcm16_survives_a_clip(samples: np.ndarray) -> None:
    data = samples.astype("<i2").tobytes()
    clip = Clip.from_pcm16(data)
    assert clip.rate_hz == 24000
    assert len(clip) == len(samples)
    assert clip.to_pcm16() == data
    np.testing.assert_array_equal(clip.int16(), samples)


@given(CLIPS, st.floats(-1, 1))
def test_cutting_anywhere_loses_nothing(clip: Clip, at_s: float) -> None:
    assert clip[:at_s] + clip[at_s:] == clip


@given(CLIPS, st.floats(-1, 1), st.floats(-1, 1))
def test_slices_are_by_seconds_and_never_raise(clip: Clip, start_s: float, stop_s: float) -> None:
    part = clip[start_s:stop_s]
    assert part.rate_hz == clip.rate_hz
    start = start_s if start_s >= 0 else start_s + clip.duration_s
    stop = stop_s if stop_s >= 0 else stop_s + clip.duration_s
    wanted = min(max(stop, 0), clip.duration_s) - min(max(start, 0), clip.duration_s)
    assert part.duration_s == pytest.approx(max(0, wanted), abs=1.01 / clip.rate_hz)


def test_the_middle_of_a_clip_is_its_middle() -> None:
    clip = Clip(np.arange(1000, dtype=np.float32) / 1000, 1000)
    np.testing.assert_array_equal(clip[0.25:0.5].samples, clip.samples[250:500])
    np.testing.assert_array_equal(clip[-0.1:].samples, clip.samples[900:])
    np.testing.assert_array_equal(clip[:-0.9].samples, clip.samples[:100])
    assert len(clip[2.0:]) == len(clip[0.5:0.25]) == 0
    assert clip[:] == clip


def test_is_a_sequence_of_samples() -> None:
    clip = Clip([0.5, 0.25, -1.0], 8000)
    assert list(clip) == [0.5, 0.25, -1.0]
    assert (clip[0], clip[-1]) == (0.5, -1.0)
    assert 0.25 in clip
    assert clip.index(-1.0) == 2
    with pytest.raises(IndexError):
        clip[3]


@pytest.mark.parametrize("index", [0.5, "0.5", None, (1, 2)])
def test_a_second_is_no_index(index: object) -> None:
    with pytest.raises(AudioError, match="sliced by seconds"):
        tone()[index]  # type: ignore[call-overload]


def test_slices_take_no_step() -> None:
    with pytest.raises(AudioError, match="without a step"):
        tone()[0:1:2]


@given(st.lists(CLIPS, min_size=1, max_size=4))
def test_joining_takes_the_rate_of_the_first(clips: list[Clip]) -> None:
    joined = Clip.concat(clips)
    assert joined.rate_hz == clips[0].rate_hz
    assert joined.duration_s == pytest.approx(sum(c.duration_s for c in clips), abs=2 * len(clips) / joined.rate_hz)


def test_gaps_lie_only_between() -> None:
    joined = Clip.concat([Clip([0.5], 1000), Clip([], 1000), Clip([0.25], 1000)], gap_s=0.002)
    assert joined.samples.tolist() == [0.5, 0, 0, 0, 0, 0.25]
    assert Clip.concat([Clip([0.5], 1000)], gap_s=1).samples.tolist() == [0.5]


def test_a_gap_is_never_negative() -> None:
    assert Clip.concat([Clip([0.5], 1000), Clip([0.25], 1000)], gap_s=-1).samples.tolist() == [0.5, 0.25]


def test_nothing_cannot_be_joined() -> None:
    with pytest.raises(AudioError, match="at least one"):
        Clip.concat([])


def test_only_clips_can_be_added() -> None:
    with pytest.raises(TypeError):
        tone() + 0.5  # type: ignore[operator]


@pytest.mark.parametrize("rate_hz", [8000, 16000, 44100, 48000])
def test_resampling_keeps_length_and_pitch(rate_hz: int) -> None:
    clip = tone(hz=1000).resample(rate_hz)
    assert clip.rate_hz == rate_hz
    assert clip.duration_s == pytest.approx(1.0, abs=2 / rate_hz)
    spectrum = np.abs(np.fft.rfft(clip.samples))
    assert np.argmax(spectrum) * rate_hz / len(clip) == pytest.approx(1000, abs=2)


def test_resampling_to_the_same_rate_is_the_clip_itself() -> None:
    clip = tone()
    assert clip.resample(24000) is clip
    with pytest.raises(AudioError, match="sample rate"):
        clip.resample(0)


def test_pcm_is_resampled_on_request() -> None:
    assert len(tone(rate_hz=8000).to_pcm16(24000)) == pytest.approx(48000, abs=8)


def test_gain_is_in_decibels_and_clips() -> None:
    clip = Clip([0.25, -0.5], 8000)
    np.testing.assert_allclose(clip.gain(-20).samples, [0.025, -0.05], rtol=1e-6)
    assert clip.gain(40).samples.tolist() == [1.0, -1.0]
    assert clip.gain(0) == clip


def test_levels() -> None:
    assert Clip([0.5, -1.0], 8000).peak == 1.0
    assert Clip([0.5, -1.0], 8000).peak_dbfs == 0.0
    assert Clip([0.1], 8000).peak_dbfs == pytest.approx(-20, abs=1e-4)
    silent, empty = Clip.silence(0.5), Clip([], 8000)
    assert silent.peak == empty.peak == 0.0
    assert silent.peak_dbfs == empty.peak_dbfs == float("-inf")
    assert silent.duration_s == 0.5
    assert empty.duration_s == 0.0
    assert Clip.silence(-1).duration_s == 0.0


@pytest.mark.parametrize(
    ("clip", "text"),
    [
        (Clip([0.5] * 24000, 24000), "Clip(1.000 s, 24000 Hz, peak -6.0 dBFS)"),
        (Clip.silence(0.25, 8000), "Clip(0.250 s, 8000 Hz, silent)"),
        (Clip([], 8000), "Clip(0.000 s, 8000 Hz, silent)"),
    ],
)
def test_says_what_it_is(clip: Clip, text: str) -> None:
    assert repr(clip) == text


@pytest.mark.parametrize("rate", [0, -1, 2.5, "8000", None])
def test_an_impossible_rate_is_refused(rate: object) -> None:
    with pytest.raises(AudioError, match="sample rate"):
        Clip([0.0], rate)  # type: ignore[arg-type]


def test_half_a_sample_is_refused() -> None:
    with pytest.raises(AudioError, match="two bytes a sample"):
        Clip.from_pcm16(b"\0\0\0")


def test_loads_and_saves(tmp_path: Path) -> None:
    clip = Clip.load(rtnb.sample("weather_question"))
    assert Clip.load(clip.save(tmp_path / "again.wav")) == clip
    assert Clip.load(str(clip.save(str(tmp_path / "again.flac")))) == clip
