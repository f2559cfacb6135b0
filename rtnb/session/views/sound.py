"""The sound of items, whatever format a session speaks: bytes of the log become clips."""

from __future__ import annotations

from collections.abc import Sequence

from rtnb.audio import Clip
from rtnb.audio.formats import PCM16, AudioFormat
from rtnb.errors import ConfigError
from rtnb.protocol.envelope import AudioStore
from rtnb.session.conversation.state import ItemState

__all__ = ["answered", "clip_of", "given"]


def clip_of(data: bytes, name: str) -> Clip:
    """Bytes in a format by its name, as a clip at the format's own rate; a sample that is not whole is left out.

    A format that nobody knows is taken for PCM: a log is shown as far as it can be.

    Examples
    --------
    >>> clip_of(b"\\0\\0\\0", "audio/pcm").rate_hz, clip_of(b"\\xff" * 8, "audio/pcmu").duration_s
    (24000, 0.001)
    """
    try:
        found = AudioFormat.from_wire(name or None)
    except ConfigError:
        found = PCM16
    return Clip(found.int16(found.whole(data)), found.rate_hz)


def given(users: Sequence[ItemState], store: AudioStore) -> Clip | None:
    """What a user said, in one or several items, committed or made by the client; None where there is no sound."""
    clips = []
    for item in users:
        if item.input_bytes is not None:
            start, end = item.input_bytes
            clips.append(clip_of(store.read(start, end - start), item.input_format))
        clips += [clip_of(ref.bytes(), item.input_format) for ref in item.given]
    return _joined(clips)


def answered(answers: Sequence[ItemState]) -> Clip | None:
    """What an assistant said, in one or several items; None where there is no sound."""
    # An item's deltas may split a sample: only the whole of them is decoded.
    return _joined([clip_of(b"".join(ref.bytes() for ref in item.audio), item.output_format) for item in answers])


def _joined(clips: Sequence[Clip]) -> Clip | None:
    sounding = [clip for clip in clips if len(clip)]
    if len(sounding) < 2:
        return sounding[0] if sounding else None
    return Clip.concat(sounding)
