"""Clip: mono sound with a rate, the one audio value that every verb of rtnb takes and gives."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any, Self, overload

import numpy as np
from numpy.typing import ArrayLike, NDArray

from rtnb._display import Drawable
from rtnb.audio import files, pcm
from rtnb.audio.resampling import resample
from rtnb.errors import AudioError

__all__ = ["Clip"]


class Clip(Drawable, Sequence[float]):
    """Mono audio samples and their rate. Immutable.

    Parameters
    ----------
    samples : array_like
        float samples in -1..1 (clipped to that range) or int16 PCM, shape ``(n,)``, or ``(n, channels)``, which
        is mixed down to mono by the mean.
    rate_hz : int
        Samples per second.

    Raises
    ------
    AudioError
        Not numbers, not finite, another integer type than int16, more than two dimensions, or a rate that
        is not positive.

    Examples
    --------
    >>> import numpy as np, rtnb
    >>> tone = rtnb.Clip(0.2 * np.sin(2 * np.pi * 440 * np.arange(24000) / 24000), 24000)
    >>> tone
    Clip(1.000 s, 24000 Hz, peak -14.0 dBFS)
    >>> tone[0.25:0.5].duration_s
    0.25
    >>> tone.resample(16000).samples.shape
    (16000,)
    """

    __slots__ = ("_rate_hz", "_samples")

    def __init__(self, samples: ArrayLike, rate_hz: int) -> None:
        self._samples: NDArray[np.float32] = pcm.as_float_mono(samples)
        self._samples.flags.writeable = False
        self._rate_hz = pcm.checked_rate(rate_hz)

    @classmethod
    def load(cls, path: str | Path) -> Self:
        """Read any file that libsndfile reads (WAV, FLAC, MP3, OGG, AIFF, ...), mixed down to mono.

        Raises
        ------
        AudioFileError
            The file is missing or is not audio.
        AudioError
            The file holds no samples.

        Examples
        --------
        >>> import rtnb
        >>> rtnb.Clip.load(rtnb.sample("weather_question")).rate_hz > 0
        True
        """
        samples, rate_hz = files.read(path)
        return cls(samples, rate_hz)

    @classmethod
    def from_pcm16(cls, data: bytes | bytearray | memoryview, rate_hz: int = 24000) -> Self:
        """Of little-endian 16-bit PCM bytes, the Realtime API's ``audio/pcm`` (24 kHz there).

        Raises
        ------
        AudioError
            An odd number of bytes.

        Examples
        --------
        >>> Clip.from_pcm16(bytes(48000)).duration_s
        1.0
        """
        return cls(pcm.int16_of_bytes(data), rate_hz)

    @classmethod
    def silence(cls, duration_s: float, rate_hz: int = 24000) -> Self:
        """Digital silence of `duration_s` seconds.

        Examples
        --------
        >>> Clip.silence(0.5).duration_s
        0.5
        """
        return cls(np.zeros(max(0, round(duration_s * rate_hz)), dtype=np.float32), rate_hz)

    @classmethod
    def concat(cls, clips: Iterable[Clip], *, gap_s: float = 0.0) -> Self:
        """One clip after another, at the rate of the first, with `gap_s` seconds of silence between.

        Raises
        ------
        AudioError
            No clip was given.

        Examples
        --------
        >>> Clip.concat([Clip.silence(0.5), Clip.silence(0.25)], gap_s=0.25).duration_s
        1.0
        """
        parts = list(clips)
        if not parts:
            raise AudioError("Clip.concat needs at least one clip.")
        rate_hz = parts[0].rate_hz
        gap = np.zeros(max(0, round(gap_s * rate_hz)), dtype=np.float32)
        arrays: list[NDArray[np.float32]] = []
        for part in parts:
            if arrays and gap.size:
                arrays.append(gap)
            arrays.append(part.resample(rate_hz).samples)
        return cls(np.concatenate(arrays), rate_hz)

    @property
    def samples(self) -> NDArray[np.float32]:
        """The samples, float32 in -1..1, shape ``(n,)``, read-only."""
        return self._samples

    @property
    def rate_hz(self) -> int:
        """Samples per second."""
        return self._rate_hz

    @property
    def duration_s(self) -> float:
        """Length in seconds."""
        return self._samples.size / self._rate_hz

    @property
    def peak(self) -> float:
        """The largest magnitude, 0..1; 0 for an empty clip."""
        return float(np.abs(self._samples).max(initial=0.0))

    @property
    def peak_dbfs(self) -> float:
        """The peak in decibels relative to full scale; ``-inf`` for silence."""
        return float(20 * np.log10(self.peak)) if self.peak else float("-inf")

    def int16(self) -> NDArray[np.int16]:
        """The samples as int16, shape ``(n,)``.

        Examples
        --------
        >>> Clip(np.array([0.0, 0.5], dtype=np.float32), 24000).int16().dtype
        dtype('int16')
        """
        return pcm.int16_of_float(self._samples)

    def to_pcm16(self, rate_hz: int | None = None) -> bytes:
        """Little-endian 16-bit PCM bytes, resampled to `rate_hz` if given.

        Examples
        --------
        >>> len(Clip.silence(1.0, rate_hz=16000).to_pcm16(rate_hz=24000))
        48000
        """
        clip = self if rate_hz is None else self.resample(rate_hz)
        return clip.int16().astype("<i2", copy=False).tobytes()

    def resample(self, rate_hz: int) -> Clip:
        """At another rate, through soxr's high quality; the clip itself when the rate is the same already.

        Examples
        --------
        >>> len(Clip.silence(1.0, rate_hz=24000).resample(8000).samples)
        8000
        """
        if pcm.checked_rate(rate_hz) == self._rate_hz:
            return self
        return Clip(resample(self._samples, self._rate_hz, rate_hz), rate_hz)

    def gain(self, db: float) -> Clip:
        """Louder or softer by `db` decibels; what exceeds full scale is clipped.

        Examples
        --------
        >>> clip = Clip(np.array([0.0, 0.5], dtype=np.float32), 24000)
        >>> round(float(clip.gain(-6.02).samples[1]), 3)
        0.25
        """
        return Clip(self._samples * np.float32(10 ** (db / 20)), self._rate_hz)

    def save(self, path: str | Path) -> Path:
        """Write as 16-bit audio in the format of the suffix (``.wav``, ``.flac``, ``.ogg``, ``.mp3``).

        Raises
        ------
        AudioFileError
            The suffix names no format, or the place cannot be written.

        Examples
        --------
        >>> import tempfile
        >>> from pathlib import Path
        >>> path = Clip.silence(0.5).save(Path(tempfile.mkdtemp()) / "quiet.flac")
        >>> Clip.load(path).duration_s
        0.5
        """
        return files.write(path, self._samples, self._rate_hz)

    def _bounds(self, part: slice) -> tuple[int, int]:
        if part.step is not None:
            raise AudioError("A clip is sliced by seconds, as in clip[0.5:2.0], without a step.")
        total = self.duration_s

        def at(value: float | None, default: float) -> int:
            seconds = default if value is None else float(value)
            seconds = seconds + total if seconds < 0 else seconds
            return round(min(max(seconds, 0.0), total) * self._rate_hz)

        return at(part.start, 0.0), at(part.stop, total)

    @overload
    def __getitem__(self, part: int) -> float: ...
    @overload
    def __getitem__(self, part: slice) -> Clip: ...
    def __getitem__(self, part: int | slice) -> float | Clip:
        """``clip[0.5:2.0]`` is the part between those seconds; negative values count from the end."""
        if isinstance(part, slice):
            start, stop = self._bounds(part)
            return Clip(self._samples[start : max(start, stop)], self._rate_hz)
        if isinstance(part, int):
            return float(self._samples[part])
        raise AudioError("A clip is sliced by seconds, as in clip[0.5:2.0].")

    def __len__(self) -> int:
        """The number of samples."""
        return int(self._samples.size)

    def __add__(self, other: object) -> Clip:
        if not isinstance(other, Clip):
            return NotImplemented
        return Clip.concat([self, other])

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Clip):
            return NotImplemented
        return self._rate_hz == other._rate_hz and np.array_equal(self._samples, other._samples)

    def __hash__(self) -> int:
        # Adding zero makes -0.0 the 0.0 that it equals.
        return hash((self._rate_hz, (self._samples + 0).tobytes()))

    def __repr__(self) -> str:
        level = f"peak {self.peak_dbfs:.1f} dBFS" if self.peak else "silent"
        return f"Clip({self.duration_s:.3f} s, {self._rate_hz} Hz, {level})"

    def __reduce__(self) -> tuple[Any, ...]:
        return (type(self), (np.asarray(self._samples), self._rate_hz))
