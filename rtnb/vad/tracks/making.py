"""One track: out of the cache, or computed and put there."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from rtnb.errors import RtnbError
from rtnb.vad.engines import Engine
from rtnb.vad.track import Track
from rtnb.vad.tracks.cache import cache
from rtnb.vad.tracks.hearing import format_of, heard
from rtnb.vad.tracks.sources import Source

__all__ = ["FORMAT", "Broken", "Job", "key_of", "made", "tried"]

FORMAT = 1
"""Rises when the way from a file to an engine's samples changes: tracks that are kept are then computed anew."""


@dataclass(frozen=True, slots=True)
class Job:
    """What one track is made of; travels to other processes.

    Attributes
    ----------
    source : Source
    engine : Engine
    sent : str
        The name of the format in which the audio is sent, or nothing.
    cached : bool
    """

    source: Source
    engine: Engine
    sent: str
    cached: bool


@dataclass(frozen=True, slots=True)
class Broken:
    """A recording of which no track could be made.

    Attributes
    ----------
    name : str
        Of the recording.
    error : Exception

    Examples
    --------
    >>> from rtnb.errors import AudioFileError
    >>> Broken("call.wav", AudioFileError("There is no file 'call.wav'.")).name
    'call.wav'
    """

    name: str
    error: Exception

    def __str__(self) -> str:
        return f"{self.name}: {' '.join(str(self.error).split())}"


def key_of(job: Job, digest: str) -> str | None:
    """By what the cache knows a track; None where the engine has no ``version``, so that nobody knows when it changes.

    Parameters
    ----------
    digest : str
        Of the audio.
    """
    engine = job.engine
    version = getattr(engine, "version", None)
    if version is None:
        return None
    told = [FORMAT, digest, engine.name, version, engine.rate_hz, engine.hop, job.sent]
    return hashlib.sha256(json.dumps(told).encode()).hexdigest()


def made(job: Job, tick: Callable[[float], None] | None = None) -> Track:
    """The track.

    Parameters
    ----------
    tick : callable, optional
        Takes which part of the recording is done, in 0..1, after each block.

    Raises
    ------
    AudioError, AudioFileError
        The recording cannot be used.
    ModelError
        The engine failed.
    """
    source, engine = job.source, job.engine
    key, state = None, None
    if job.cached and cache.place is not None and getattr(engine, "version", None) is not None:
        state = source.state()
        key = key_of(job, source.digest())
    p = cache.get(key) if key else None
    if p is None:
        p = _computed(job, tick)
        # A file that was written to meanwhile is no longer what was hashed.
        if key and source.state() == state:
            cache.put(key, p)
    p.flags.writeable = False
    return Track(p, engine.hop / engine.rate_hz, engine.name, source.name, as_sent=job.sent)


def _computed(job: Job, tick: Callable[[float], None] | None) -> np.ndarray[tuple[int], np.dtype[np.float32]]:
    engine, frames = job.engine, 0
    stream = engine.stream()
    parts = [np.zeros(0, dtype=np.float32)]
    with job.source.reading() as reading:
        whole = max(1.0, reading.length / reading.rate_hz * engine.rate_hz / engine.hop)
        sent = format_of(job.sent)
        for samples in heard(reading.blocks, reading.rate_hz, sent, engine_hz=engine.rate_hz, hop=engine.hop):
            parts.append(stream.push(samples))
            frames += parts[-1].size
            if tick is not None:
                tick(min(1.0, frames / whole))
    return np.concatenate(parts)


def tried(job: Job, tick: Callable[[float], None] | None = None) -> Track | Broken:
    """The track, or what is wrong with the recording."""
    try:
        return made(job, tick)
    except RtnbError as error:
        return Broken(job.source.name, error)
