"""What a track can be made of, and reading it piece by piece."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from rtnb.audio.clip import Clip
from rtnb.audio.pcm import as_float_mono
from rtnb.errors import AudioError, AudioFileError, ConfigError

__all__ = ["BLOCK_S", "Reading", "Source", "is_single", "source_of", "sources_of"]

BLOCK_S = 32.768
"""Seconds of a file in memory at a time, 1024 frames of silero: 13 MB of stereo at 48 kHz. Own choice."""


@dataclass(frozen=True, slots=True)
class Source:
    """A recording.

    Attributes
    ----------
    name : str
        What it is called; empty for a clip, which has no name.
    audio : Path or Clip
    """

    name: str
    audio: Path | Clip

    def digest(self) -> str:
        """A sha256 of the file's bytes, or of the samples and their rate, in hexadecimal.

        Raises
        ------
        AudioFileError
            The file cannot be read.
        """
        if isinstance(self.audio, Clip):
            found = hashlib.sha256(f"clip {self.audio.rate_hz} ".encode())
            found.update(np.ascontiguousarray(self.audio.samples, dtype="<f4").data)
            return found.hexdigest()
        try:
            with self.audio.open("rb") as stream:
                return hashlib.file_digest(stream, "sha256").hexdigest()
        except OSError as error:
            raise _unreadable(self.audio, error) from None

    def state(self) -> tuple[int, int] | None:
        """Size and time of the file, to see whether it has changed meanwhile; None for a clip."""
        if isinstance(self.audio, Clip):
            return None
        try:
            stat = self.audio.stat()
        except OSError as error:
            raise _unreadable(self.audio, error) from None
        return stat.st_size, stat.st_mtime_ns

    @contextmanager
    def reading(self) -> Iterator[Reading]:
        """Its samples, piece by piece.

        Raises
        ------
        AudioFileError
            The file is missing or is not audio.
        AudioError
            It holds no samples, or some that are no numbers.
        """
        if isinstance(self.audio, Clip):
            yield Reading(self.audio.rate_hz, len(self.audio), _parts_of(self.audio))
            return
        import soundfile

        class Forward(soundfile.SoundFile):  # type: ignore[misc,unused-ignore]
            """After each piece soundfile seeks to where it is, upon which MP3 decodes a little else."""

            def seekable(self) -> bool:
                return False

        # A directory is told apart by libsndfile as "System error" only.
        if self.audio.is_dir():
            raise AudioFileError(f"'{self.audio}' is a directory; rtnb.vad.Corpus.load(...) reads labelled ones.")
        try:
            with Forward(self.audio) as file:
                yield Reading(file.samplerate, file.frames, _blocks_of(file, self.audio))
        # TypeError: a headerless .raw file, of which soundfile wants to be told the rate.
        except (soundfile.LibsndfileError, OSError, TypeError) as error:
            if isinstance(error, AudioFileError):
                raise
            raise _unreadable(self.audio, error) from None


@dataclass(frozen=True, slots=True)
class Reading:
    """An open recording.

    Attributes
    ----------
    rate_hz : int
    length : int
        Samples that there are to be; of some formats an estimate.
    blocks : iterator of ndarray of float32, shape (n,)
        In -1..1, mono.
    """

    rate_hz: int
    length: int
    blocks: Iterator[NDArray[np.float32]]


def _parts_of(clip: Clip) -> Iterator[NDArray[np.float32]]:
    size = max(1, round(BLOCK_S * clip.rate_hz))
    for at in range(0, len(clip), size):
        yield clip.samples[at : at + size]


def _blocks_of(file: Any, path: Path) -> Iterator[NDArray[np.float32]]:
    size, read = max(1, round(BLOCK_S * file.samplerate)), 0
    while (block := file.read(size, dtype="float32")).shape[0]:
        read += block.shape[0]
        try:
            yield as_float_mono(block)
        except AudioError as error:
            raise AudioError(f"'{path}' cannot be used: {error}") from None
    if not read:
        raise AudioError(f"'{path}' holds no samples.")


def _unreadable(path: Path, error: Exception) -> AudioFileError:
    if isinstance(error, FileNotFoundError) or not os.path.lexists(path):
        return AudioFileError(
            f"There is no file '{path}'.\nCheck the path; the working directory is what a relative path starts from."
        )
    reason = error.strerror if isinstance(error, OSError) and error.strerror else error
    return AudioFileError(
        f"'{path}' cannot be read as audio: {reason}\n"
        "WAV, FLAC, OGG, MP3 and AIFF work; convert others first, e.g. with 'ffmpeg -i in.m4a out.wav'."
    )


def is_single(value: object) -> bool:
    """Whether it is one recording, not several."""
    from rtnb.vad.corpus import Item

    return isinstance(value, Clip | str | Path | Item | Source)


def source_of(value: object) -> Source:
    """One recording.

    Raises
    ------
    ConfigError
        It is none.

    Examples
    --------
    >>> source_of("talks/monday.flac").name
    'monday'
    """
    from rtnb.vad.corpus import Item

    if isinstance(value, Source):
        return value
    if isinstance(value, Item):
        return Source(value.name, value.audio)
    if isinstance(value, Clip):
        return Source("", value)
    if isinstance(value, str | Path):
        return Source(Path(value).stem, Path(value).expanduser())
    raise ConfigError(
        f"A recording is an rtnb.Clip, the path of a file or an rtnb.vad.Item, not {type(value).__name__}."
    )


def sources_of(values: object) -> list[Source]:
    """One recording, or several: a corpus, or an iterable of clips, paths and items.

    Raises
    ------
    ConfigError
        It is none.
    """
    if is_single(values):
        return [source_of(values)]
    if not isinstance(values, Iterable) or isinstance(values, bytes | np.ndarray):
        raise ConfigError(
            "Recordings are an rtnb.Clip, the path of a file, an rtnb.vad.Corpus, or a list of these, "
            f"not {type(values).__name__}."
        )
    return [source_of(each) for each in values]
