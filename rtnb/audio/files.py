"""Audio files through libsndfile."""

from __future__ import annotations

import io
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from rtnb.audio.pcm import int16_of_float
from rtnb.errors import AudioError, AudioFileError

__all__ = ["encode", "read", "write"]

_WRITABLE = frozenset({"AIFF", "AU", "CAF", "FLAC", "MP3", "OGG", "RF64", "W64", "WAV", "WAVEX"})
"""Formats that keep rate and samples; some of libsndfile's others change them without a word."""


def read(path: str | Path) -> tuple[NDArray[np.float32], int]:
    """Samples (float32, shape ``(n,)`` or ``(n, channels)``) and rate in Hz of an audio file."""
    import soundfile

    place = Path(path)
    try:
        if not place.exists():
            raise AudioFileError(
                f"There is no file '{path}'.\n"
                "Check the path; the working directory is what a relative path starts from."
            )
        if place.is_dir():
            raise AudioFileError(f"'{path}' is a directory, not an audio file.")
        samples, rate_hz = soundfile.read(place, dtype="float32")
    except AudioFileError:
        raise
    # TypeError: a headerless .raw file, of which soundfile wants to be told the rate.
    except (soundfile.LibsndfileError, RuntimeError, OSError, TypeError) as error:
        raise AudioFileError(
            f"'{path}' cannot be read as audio: {error}\n"
            "WAV, FLAC, OGG, MP3 and AIFF work; convert others first, e.g. with 'ffmpeg -i in.m4a out.wav'."
        ) from None
    if samples.size == 0:
        raise AudioError(f"'{path}' holds no samples: there is nothing to send.")
    return samples, int(rate_hz)


def write(path: str | Path, samples: NDArray[np.float32], rate_hz: int) -> Path:
    """Write mono float32 samples in the format of the suffix; returns the path."""
    import soundfile

    place = Path(path)
    name = place.suffix.lstrip(".").upper()
    if name not in _WRITABLE:
        raise AudioFileError(f"'{place.name}' names no audio format; use .wav, .flac, .ogg or .mp3.")
    try:
        soundfile.write(place, int16_of_float(samples), rate_hz, format=name)
    except (soundfile.LibsndfileError, RuntimeError, OSError, ValueError, OverflowError) as error:
        raise AudioFileError(f"'{path}' cannot be written: {error}") from None
    return place


def encode(samples: NDArray[np.float32], rate_hz: int, kind: str) -> bytes:
    """An audio file in memory: `kind` is a libsndfile format such as ``"MP3"`` or ``"FLAC"``."""
    import soundfile

    buffer = io.BytesIO()
    # 0.8 is about 40 kbit/s for a voice: clear speech, and a third less than the default in every saved notebook.
    options = {"compression_level": 0.8, "bitrate_mode": "VARIABLE"} if kind == "MP3" else {}
    soundfile.write(buffer, int16_of_float(samples), rate_hz, format=kind, **options)
    return buffer.getvalue()
