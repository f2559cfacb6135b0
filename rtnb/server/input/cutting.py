"""Long audio in pieces, cut where nobody speaks, and what was heard in them as one."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from rtnb.audio.formats import AudioFormat
from rtnb.speech import Token, Transcription

__all__ = ["LONGEST_S", "joined", "piece_end", "quiet_ms"]

LONGEST_S = 28.0
"""Longest piece: Whisper hears 30 s at once, of which its padding takes one."""

QUIET_MS = 200
"""How long a quiet place is: a gap between words. Own choice."""

Audio = bytes | bytearray | memoryview


def quiet_ms(data: Audio, format: AudioFormat, start_s: float, stop_s: float) -> int:
    """The middle of the quietest ``QUIET_MS`` between two places of some audio, in milliseconds from its start.

    Parameters
    ----------
    data : bytes, bytearray or memoryview
        Whole samples.
    format : AudioFormat
        Of `data`.
    start_s, stop_s : float
        Where to look.

    Examples
    --------
    >>> from rtnb.audio.formats import PCMU
    >>> loud, quiet = bytes(8000), b"\\xff" * 4000
    >>> 1000 < quiet_ms(loud + quiet + loud, PCMU, 0.5, 2.0) < 1500
    True
    """
    first_ms, last_ms = round(1000 * start_s), round(1000 * stop_s)
    samples = format.decode(data[first_ms * format.bytes_per_ms : last_ms * format.bytes_per_ms])
    width = QUIET_MS * format.rate_hz // 1000
    energy = np.concatenate([[0.0], np.cumsum(np.square(samples, dtype=np.float64))])
    # The first of equally quiet ones: Whisper may miss what follows a long silence within a piece.
    at = int(np.argmin(energy[width:] - energy[:-width])) + width // 2
    return first_ms + at * 1000 // format.rate_hz


def piece_end(data: Audio, format: AudioFormat, start: int) -> int:
    """Where the piece of at most ``LONGEST_S`` ends that begins at `start`: the quietest place of its second half.

    Parameters
    ----------
    data : bytes, bytearray or memoryview
        Whole samples.
    format : AudioFormat
        Of `data`.
    start : int
        Bytes before the piece.

    Examples
    --------
    >>> from rtnb.audio.formats import PCMU
    >>> minute = bytes(8000 * 60)
    >>> 8000 * 14 <= piece_end(minute, PCMU, 0) <= 8000 * 28, piece_end(minute, PCMU, 8000 * 40) == len(minute)
    (True, True)
    """
    longest = int(LONGEST_S * 1000) * format.bytes_per_ms
    if len(data) - start <= longest:
        return len(data)
    piece = memoryview(data)[start : start + longest]
    return start + quiet_ms(piece, format, LONGEST_S / 2, LONGEST_S) * format.bytes_per_ms


def joined(heard: Sequence[Transcription]) -> Transcription:
    """What was heard in the pieces of one recording, at least one.

    Examples
    --------
    >>> joined([Transcription("Hello", 2.0, -0.2, 0.1), Transcription("there.", 1.0, -0.5, 0.0)])
    Transcription(text='Hello there.', duration_s=3.0, avg_logprob=-0.3, no_speech_prob=0.0, tokens=(), language=None)
    """
    if len(heard) == 1:
        return heard[0]
    tokens: list[Token] = []
    for one in heard:
        for at, token in enumerate(one.tokens):
            tokens.append(Token(b" " + token.data, token.logprob) if at == 0 and tokens else token)
    duration_s = sum(one.duration_s for one in heard)
    return Transcription(
        text=" ".join(one.text for one in heard if one.text),
        duration_s=duration_s,
        avg_logprob=round(sum(one.avg_logprob * one.duration_s for one in heard) / max(duration_s, 1e-9), 6),
        no_speech_prob=min(one.no_speech_prob for one in heard),
        tokens=tuple(tokens),
        language=next((one.language for one in heard if one.text), None),
    )
