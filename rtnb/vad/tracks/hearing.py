"""A recording's samples as an engine gets them: read directly, or through a session."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import numpy as np
from numpy.typing import NDArray

from rtnb.audio.formats import PCM16, AudioFormat
from rtnb.audio.resampling import StreamResampler
from rtnb.errors import ConfigError

__all__ = ["format_of", "heard"]


def format_of(as_sent: bool | str) -> AudioFormat | None:
    """The format in which a session sends the audio; None where it is read directly.

    Raises
    ------
    ConfigError
        There is no such format.

    Examples
    --------
    >>> format_of(False), format_of(True).type, format_of("audio/pcmu").rate_hz
    (None, 'audio/pcm', 8000)
    """
    if isinstance(as_sent, str):
        return AudioFormat.from_wire(as_sent) if as_sent else None
    if not isinstance(as_sent, bool):
        raise ConfigError(f"as_sent is True, False or a format such as 'audio/pcmu', not {as_sent!r:.80}.")
    return PCM16 if as_sent else None


def heard(
    blocks: Iterable[NDArray[np.float32]], rate_hz: int, sent: AudioFormat | None, *, engine_hz: int, hop: int
) -> Iterator[NDArray[np.float32]]:
    """Samples at the engine's rate; together whole frames, the last one filled with silence.

    Parameters
    ----------
    blocks : iterable of ndarray of float32, shape (n,)
        The recording at `rate_hz`.
    sent : AudioFormat or None
        None resamples in high quality. Otherwise the recording is first encoded in this format, as a client does, and
        then resampled with the least delay, as the embedded server does; what follows the recording is silence.
    engine_hz, hop : int
        Of the engine.
    """
    into = StreamResampler(rate_hz, engine_hz if sent is None else sent.rate_hz, "HQ")
    if sent is None:
        yield from _filled(_resampled(blocks, into), hop)
        return
    out = StreamResampler(sent.rate_hz, engine_hz)
    coming = going = 0
    for block in _resampled(blocks, into):
        coming += block.size
        found = out.push(sent.decode(sent.encode(block, sent.rate_hz)))
        going += found.size
        yield found
    # As many frames as the recording fills or begins.
    wanted = -(-coming * engine_hz // (sent.rate_hz * hop)) * hop
    # mu-law and A-law have a code for silence that is not quite 0.
    silence = sent.decode(sent.encode(np.zeros(sent.rate_hz // 10, dtype=np.float32), sent.rate_hz))
    while going < wanted:
        found = out.push(silence)[: wanted - going]
        going += found.size
        yield found


def _resampled(blocks: Iterable[NDArray[np.float32]], resampler: StreamResampler) -> Iterator[NDArray[np.float32]]:
    """As :meth:`rtnb.Clip.resample`, to the last bit: soxr gives the same however its input is cut."""
    for block in blocks:
        yield np.clip(resampler.push(block), -1.0, 1.0, dtype=np.float32)
    yield np.clip(resampler.push(np.zeros(0, dtype=np.float32), last=True), -1.0, 1.0, dtype=np.float32)


def _filled(blocks: Iterable[NDArray[np.float32]], hop: int) -> Iterator[NDArray[np.float32]]:
    total = 0
    for block in blocks:
        total += block.size
        yield block
    if missing := -total % hop:
        yield np.zeros(missing, dtype=np.float32)
