"""Where streamed audio comes from: a clip, a file, bytes, or anything that yields them."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterable, AsyncIterator, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from rtnb.audio import Clip
from rtnb.audio.formats import AudioFormat
from rtnb.audio.resampling import StreamResampler
from rtnb.errors import AudioError
from rtnb.session.config.content import said_of

__all__ = ["Source", "Streamable", "source_of"]

Streamable = Clip | Path | str | np.ndarray | Iterable[Any] | AsyncIterable[Any]
"""A clip, the path of a file, samples, or an iterable (async or not) of bytes, clips or samples."""


@dataclass(frozen=True, slots=True)
class Source:
    """Audio on its way in, in the session's input format.

    Parameters
    ----------
    name : str
        What to call it.
    duration_s : float or None
        How long it is; None where nobody knows.
    pieces : async iterator of bytes
    """

    name: str
    duration_s: float | None
    pieces: AsyncIterator[bytes]


async def source_of(
    content: Streamable, audio_format: AudioFormat, *, name: str = "", rate_hz: int | None = None
) -> Source:
    """A source of anything that can be streamed.

    Parameters
    ----------
    content : Streamable
    audio_format : AudioFormat
        The session's input format; bytes are taken to be in it.
    name : str
    rate_hz : int, optional
        Of bare samples: float32 in -1..1 or int16, shape ``(n,)``.

    Raises
    ------
    AudioError
        It is nothing that can be streamed, or samples came without a rate.

    Examples
    --------
    >>> import asyncio, rtnb
    >>> from rtnb.audio.formats import PCM16
    >>> asyncio.run(source_of(rtnb.Clip([0.0] * 24_000, 24_000), PCM16)).duration_s
    1.0
    """
    if isinstance(content, np.ndarray):
        content = _clip(content, rate_hz)
    if isinstance(content, str | Path | Clip):
        path = None if isinstance(content, Clip) else Path(content)
        said = await asyncio.to_thread(said_of, path or content, audio_format)
        if not isinstance(said, bytes):
            raise AudioError(f"'{path}' is a picture; a stream is audio.")
        named = name or (path.name if path else "clip")
        return Source(named, len(said) / audio_format.bytes_per_ms / 1000, _once(said))
    if isinstance(content, bytes | bytearray | memoryview):
        data = bytes(content)
        return Source(name or "bytes", len(data) / audio_format.bytes_per_ms / 1000, _once(data))
    if isinstance(content, AsyncIterable):
        return Source(name or "stream", None, _encoded(aiter(content), audio_format, rate_hz))
    if isinstance(content, Iterable):
        return Source(name or "stream", None, _encoded(_threaded(content), audio_format, rate_hz))
    raise AudioError(
        f"A stream is a Clip, a path, an array with rate_hz=, or something that yields them, not "
        f"{type(content).__name__}."
    )


async def _once(data: bytes) -> AsyncIterator[bytes]:
    yield data


async def _threaded(content: Iterable[Any]) -> AsyncIterator[Any]:
    """Pulled in a thread: a generator may take its time, as one that reads a device does."""
    iterator, end = iter(content), object()
    while (piece := await asyncio.to_thread(next, iterator, end)) is not end:
        yield piece


async def _encoded(pieces: AsyncIterator[Any], audio_format: AudioFormat, rate_hz: int | None) -> AsyncIterator[bytes]:
    resampler: StreamResampler | None = None
    async for piece in pieces:
        if isinstance(piece, bytes | bytearray | memoryview):
            yield bytes(piece)
            continue
        clip = piece if isinstance(piece, Clip) else _clip(piece, rate_hz)
        # One resampler for the whole stream: clips cut from it must join without a click.
        resampler = resampler or StreamResampler(clip.rate_hz, audio_format.rate_hz, "HQ")
        yield audio_format.encode(resampler.push(clip.samples), audio_format.rate_hz)
    if resampler is not None:
        rest = resampler.push(np.zeros(0, np.float32), last=True)
        if rest.size:
            yield audio_format.encode(rest, audio_format.rate_hz)


def _clip(samples: object, rate_hz: int | None) -> Clip:
    if not isinstance(samples, np.ndarray):
        raise AudioError(f"A stream yields bytes, clips or arrays of samples, not {type(samples).__name__}.")
    if rate_hz is None:
        raise AudioError("Samples have no rate of their own: pass rate_hz=, or make a Clip(samples, rate_hz) of them.")
    return Clip(samples, rate_hz)
