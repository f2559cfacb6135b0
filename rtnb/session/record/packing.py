"""How the audio of a recording is kept: as it is, packed without loss, packed small, or left out.

Events refer to stretches of a store by offset and length in bytes, so whatever comes back has the length of
what went in, to the byte.
"""

from __future__ import annotations

import io
from collections.abc import Sequence
from typing import Literal, get_args

import numpy as np

from rtnb.errors import ConfigError

__all__ = [
    "CODECS",
    "Codec",
    "Spans",
    "checked_codec",
    "checked_packed",
    "gathered",
    "packed",
    "scattered",
    "sounding",
    "unpacked",
]

Codec = Literal["pcm", "flac", "opus", "none"]
"""``pcm``: as it came. ``flac``: the same bytes in a half to a third of the room. ``opus``: speech at about
24 kbit/s, a sixteenth, which sounds the same and has other samples. ``none``: silence of the same length."""

CODECS: tuple[Codec, ...] = get_args(Codec)

Spans = Sequence[Sequence[int]]
"""Stretches of a store: offset and length in bytes."""

_RATE_HZ = 24000
_OPUS_LEVEL = (256.0 - 24.0) / 250.0
"""libsndfile maps 0..1 to 256..6 kbit/s a channel (its ogg_opus.c); this is 24."""
_PAUSE_BYTES = _RATE_HZ  # half a second of PCM16
"""Digital silence of at least this length is not packed: what a client streams between two clips, or mutes."""
_BLOCK = _RATE_HZ
"""Samples written at a time: libsndfile's Ogg writers keep what they are given on the stack."""


def checked_codec(audio: str | None) -> Codec:
    """The codec of that name; None is ``none``.

    Raises
    ------
    ConfigError
        There is no such codec.

    Examples
    --------
    >>> checked_codec("opus"), checked_codec(None)
    ('opus', 'none')
    """
    name = "none" if audio is None else audio
    for codec in CODECS:
        if name == codec:
            return codec
    raise ConfigError(f"audio={audio!r} is no way to keep audio; there are {', '.join(map(repr, CODECS))}.")


def packed(data: bytes, codec: Codec) -> bytes:
    """A store of PCM16 at 24 kHz, as it stands in the file.

    Examples
    --------
    >>> len(packed(bytes(48000), "pcm")), len(packed(bytes(48000), "none"))
    (48000, 0)
    """
    if codec == "pcm":
        return data
    if codec == "none" or not data:
        return b""
    import soundfile

    # An odd last byte is half a sample; it is made whole here and cut off again by the length that is kept.
    samples = np.frombuffer(data + bytes(len(data) % 2), dtype="<i2")
    place = io.BytesIO()
    kind = {"format": "FLAC"} if codec == "flac" else {"format": "OGG", "subtype": "OPUS"}
    level = 0.5 if codec == "flac" else _OPUS_LEVEL
    with soundfile.SoundFile(place, "w", _RATE_HZ, 1, **kind, compression_level=level) as file:
        for start in range(0, samples.size, _BLOCK):
            file.write(samples[start : start + _BLOCK])
    return place.getvalue()


def checked_packed(data: bytes, codec: Codec) -> None:
    """Whether packed data begins as such, without unpacking it.

    Raises
    ------
    soundfile.LibsndfileError
        It does not.
    """
    if codec in ("flac", "opus") and data:
        import soundfile

        soundfile.SoundFile(io.BytesIO(data)).close()


def unpacked(data: bytes, codec: Codec, length: int) -> bytes:
    """What :func:`packed` was given: `length` bytes, whatever the codec made of them.

    Examples
    --------
    >>> unpacked(packed(b"\\x01\\x02\\x03", "flac"), "flac", 3)
    b'\\x01\\x02\\x03'
    >>> unpacked(b"", "none", 4)
    b'\\x00\\x00\\x00\\x00'
    """
    if codec in ("flac", "opus") and data:
        import soundfile

        samples, _ = soundfile.read(io.BytesIO(data), dtype="int16")
        data = samples.astype("<i2").tobytes()
    return data[:length].ljust(length, b"\0")


def sounding(data: bytes) -> list[tuple[int, int]]:
    """Where `data` is more than a long digital silence, on whole samples.

    Opus spends more on speech between long silences than on the same speech without them, and a silence that is
    left out comes back exactly.

    Examples
    --------
    >>> sounding(bytes(48000) + b"\\x01\\x02" * 50 + bytes(48000))
    [(48000, 100)]
    >>> sounding(bytes(10))
    []
    """
    samples = np.frombuffer(data + bytes(len(data) % 2), dtype="<i2")
    loud = np.flatnonzero(samples)
    if not loud.size:
        return []
    breaks = np.flatnonzero(np.diff(loud) * 2 > _PAUSE_BYTES)
    starts, stops = loud[np.r_[0, breaks + 1]], loud[np.r_[breaks, loud.size - 1]] + 1
    return [(2 * int(start), 2 * int(stop - start)) for start, stop in zip(starts, stops, strict=True)]


def gathered(data: bytes, spans: Spans) -> bytes:
    """The stretches of `data`, one after another; each as long as its span, even where it runs over the end."""
    return b"".join(data[start : start + length].ljust(length, b"\0") for start, length in spans)


def scattered(data: bytes, spans: Spans, length: int) -> bytes:
    """What :func:`gathered` was given: the stretches where they were, in silence.

    Examples
    --------
    >>> data = bytes(50000) + b"\\x01\\x02\\x03"
    >>> scattered(gathered(data, sounding(data)), sounding(data), len(data)) == data
    True
    """
    whole, at = bytearray(length), 0
    for start, size in spans:
        if start < 0 or size < 0:
            raise ValueError(f"a stretch of {size} bytes at {start}")
        kept = max(0, min(size, length - start))
        whole[start : start + kept] = data[at : at + kept].ljust(kept, b"\0")
        at += size
    return bytes(whole)
