from __future__ import annotations

import io
from pathlib import Path

import numpy as np
import pytest
import soundfile
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from rtnb.audio.files import encode, read, write
from rtnb.errors import AudioError, AudioFileError

QUIET = (0.5 * np.sin(np.arange(24000) / 9)).astype(np.float32)
KEPT = ["aiff", "au", "caf", "flac", "rf64", "w64", "wav", "WAV", "wavex"]


@pytest.mark.parametrize("suffix", KEPT)
def test_lossless_formats_keep_every_sample(tmp_path: Path, suffix: str) -> None:
    place = write(tmp_path / f"sound.{suffix}", QUIET, 16000)
    samples, rate_hz = read(place)
    assert rate_hz == 16000
    np.testing.assert_allclose(samples, QUIET, atol=0.51 / 32768)


@pytest.mark.parametrize("suffix", ["mp3", "ogg"])
def test_lossy_formats_keep_length_and_rate(tmp_path: Path, suffix: str) -> None:
    samples, rate_hz = read(str(write(str(tmp_path / f"sound.{suffix}"), QUIET, 24000)))
    assert rate_hz == 24000
    assert len(samples) == len(QUIET)
    assert np.corrcoef(samples, QUIET)[0, 1] > 0.99


def test_channels_stay_apart(tmp_path: Path) -> None:
    soundfile.write(tmp_path / "stereo.wav", np.stack([QUIET, -QUIET], axis=1), 8000)
    samples, _ = read(tmp_path / "stereo.wav")
    assert samples.shape == (24000, 2)
    assert samples.dtype == np.float32


@pytest.mark.parametrize("suffix", sorted(soundfile.available_formats()))
def test_what_is_written_has_the_rate_that_was_asked_for(tmp_path: Path, suffix: str) -> None:
    try:
        place = write(tmp_path / f"sound.{suffix}", QUIET, 24000)
    except AudioFileError:
        return
    assert read(place)[1] == 24000


@pytest.mark.parametrize("name", ["sound", "sound.", ".wav", "sound.txt", "sound.m4a", "sound.raw", "sound.wve"])
def test_other_suffixes_are_refused(tmp_path: Path, name: str) -> None:
    with pytest.raises(AudioFileError, match=r"names no audio format; use .wav"):
        write(tmp_path / name, QUIET, 24000)


@pytest.mark.parametrize(("rate_hz", "suffix"), [(7000, "mp3"), (2**31, "wav")])
def test_a_rate_the_format_cannot_have_is_refused(tmp_path: Path, rate_hz: int, suffix: str) -> None:
    with pytest.raises(AudioFileError, match="cannot be written"):
        write(tmp_path / f"sound.{suffix}", QUIET, rate_hz)


def test_a_place_that_is_not_there_is_refused(tmp_path: Path) -> None:
    with pytest.raises(AudioFileError, match="cannot be written"):
        write(tmp_path / "no" / "sound.wav", QUIET, 24000)


def test_missing_files_are_named(tmp_path: Path) -> None:
    with pytest.raises(AudioFileError, match=r"There is no file '.*gone\.wav'"):
        read(tmp_path / "gone.wav")
    with pytest.raises(AudioFileError, match="directory"):
        read(tmp_path)


def test_a_path_that_the_system_refuses_is_an_audio_file_error() -> None:
    with pytest.raises(AudioFileError):
        read("x" * 5000)
    with pytest.raises(AudioFileError):
        read("nul\0byte.wav")


@pytest.mark.parametrize("name", ["text.wav", "text", "text.mp3", "headerless.raw"])
def test_what_is_no_audio_is_refused_with_advice(tmp_path: Path, name: str) -> None:
    (tmp_path / name).write_bytes(b"It was a dark and stormy night.")
    with pytest.raises(AudioFileError, match=r"(?s)cannot be read as audio.*ffmpeg"):
        read(tmp_path / name)


def test_a_file_without_samples_is_refused(tmp_path: Path) -> None:
    soundfile.write(tmp_path / "empty.wav", np.zeros(0), 8000)
    with pytest.raises(AudioError, match="no samples") as caught:
        read(tmp_path / "empty.wav")
    assert not isinstance(caught.value, AudioFileError)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None, max_examples=60)
@given(cut=st.integers(0, 400), at=st.integers(0, 400), byte=st.integers(0, 255))
def test_a_damaged_file_is_read_or_refused(tmp_path: Path, cut: int, at: int, byte: int) -> None:
    data = bytearray(encode(QUIET[:200], 8000, "WAV"))
    data[at % len(data)] = byte
    (tmp_path / "damaged.wav").write_bytes(data[: len(data) - cut])
    try:
        samples, rate_hz = read(tmp_path / "damaged.wav")
    except AudioError:
        return
    assert samples.size
    assert rate_hz >= 0


@pytest.mark.parametrize("kind", ["WAV", "FLAC", "MP3", "OGG"])
def test_encodes_in_memory(kind: str) -> None:
    data = encode(QUIET, 24000, kind)
    info = soundfile.info(io.BytesIO(data))
    assert info.format == kind
    assert (info.samplerate, info.channels) == (24000, 1)
    assert info.frames == len(QUIET)
