"""What an ``input_audio_buffer.append`` may carry."""

from __future__ import annotations

from typing import Final

import pybase64

from rtnb.protocol import Problem
from rtnb.server import problems
from rtnb.server.input.buffer import InputBuffer
from rtnb.server.problems import Refused

__all__ = ["MAX_APPEND_BYTES", "MAX_HELD_MS", "decoded"]

MAX_APPEND_BYTES: Final = 15 * 1024 * 1024
"""Most audio one ``input_audio_buffer.append`` may carry, as the API documents."""

MAX_HELD_MS: Final = 3_600_000
"""Most audio that waits for a commit: what a session of the API's longest duration can send in real time."""


def decoded(text: str, buffer: InputBuffer) -> bytes:
    """The audio of an append, if the buffer can take it.

    Parameters
    ----------
    text : str
        Audio in base64.
    buffer : InputBuffer
        Where it is to go.

    Raises
    ------
    Refused
        It is no base64, or too much at once, or too much altogether.

    Examples
    --------
    >>> decoded("AAECAw==", InputBuffer())
    b'\\x00\\x01\\x02\\x03'
    """
    # Before decoding, so that what is far too long costs nothing; the exact check is on the bytes.
    if len(text) > MAX_APPEND_BYTES * 4 // 3 + 4:
        raise Refused(problems.audio_too_large(MAX_APPEND_BYTES))
    try:
        data = pybase64.b64decode(text, validate=True)
    except ValueError:
        raise Refused(problems.bad_base64("audio")) from None
    if len(data) > MAX_APPEND_BYTES:
        raise Refused(problems.audio_too_large(MAX_APPEND_BYTES))
    if buffer.duration_ms + len(data) / buffer.format.bytes_per_ms > MAX_HELD_MS:
        message = f"The input audio buffer holds at most {MAX_HELD_MS // 1000} s of audio; commit or clear it first."
        raise Refused(Problem("invalid_value", message, "audio"))
    return data
