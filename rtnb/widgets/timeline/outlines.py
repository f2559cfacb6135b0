"""How loud the strips of a timeline's sound are, a byte a column, worked out as long as there is time."""

from __future__ import annotations

import math
import time
from collections.abc import Sequence
from typing import Final

import numpy as np

from rtnb.protocol.envelope import AudioStore
from rtnb.session.timeline.shapes import AudioPiece
from rtnb.session.timeline.timeline import Timeline
from rtnb.session.views.sound import clip_of

__all__ = ["COLUMN_S", "Outlines", "Strip", "outline", "strip_of"]

COLUMN_S: Final = 0.02
COLUMNS: Final = 300_000
"""Outlines are in columns of 20 ms, or wider ones where those were too many."""

STRIP_S: Final = 10.0
"""Sound is outlined in strips of this length, so that what is still going on is sent again only from its last one."""

Strip = tuple[str, str, int, int, float, float]
"""Side, format, first byte and the one behind the last in the store, start and end in seconds of the session."""


def strip_of(piece: AudioPiece) -> list[Strip]:
    """A piece of sound in strips, in order."""
    lasts_s = piece.end_s - piece.start_s
    if lasts_s <= 0 or piece.length <= 0:
        return []
    step = int(STRIP_S * piece.length / lasts_s) // 2 * 2 or piece.length
    made: list[Strip] = []
    for first in range(0, piece.length, step):
        last = min(piece.length, first + step)
        start_s, end_s = (piece.start_s + lasts_s * at / piece.length for at in (first, last))
        made.append((piece.side, piece.format, piece.offset + first, piece.offset + last, start_s, end_s))
    return made


def outline(data: bytes, format: str, columns: int) -> bytes:
    """Peaks of a stretch of sound, 0 to 255.

    Parameters
    ----------
    data : bytes
    format : str
        As the session names it; empty for PCM16.
    columns : int

    Examples
    --------
    >>> list(outline(np.array([0, 16384, 0, -32768], "<i2").tobytes(), "", 2))
    [128, 255]
    """
    if format not in ("", "audio/pcm", "pcm16"):
        samples = (clip_of(data, format).samples * 32767).astype(np.int16)
    else:
        samples = np.frombuffer(data, "<i2", len(data) // 2)
    if not len(samples) or columns < 1:
        return b""
    per = max(1, math.ceil(len(samples) / columns))
    whole = len(samples) // per * per
    rows = samples[:whole].reshape(-1, per)
    peaks = np.maximum(rows.max(1).astype(np.int32), -rows.min(1).astype(np.int32))
    if whole < len(samples):
        rest = samples[whole:].astype(np.int32)
        peaks = np.append(peaks, np.abs(rest).max())
    found: bytes = np.ceil(peaks / 32768 * 255).clip(0, 255).astype(np.uint8).tobytes()
    return found


class Outlines:
    """Outlines that were worked out, by their strips; those for which there was no time come later.

    Examples
    --------
    >>> import rtnb
    >>> with rtnb.connect(journal=False) as s:
    ...     turn = s.ask("Hi", show=False)
    ...     timeline = s.timeline
    >>> strips = [strip for piece in timeline.pieces for strip in strip_of(piece)]
    >>> outlines = Outlines()
    >>> outlines.work(timeline, strips, seconds=10.0)
    True
    >>> len(outlines.of(strips[0])) > 0
    True
    """

    def __init__(self) -> None:
        self._known: dict[Strip, bytes] = {}

    def of(self, strip: Strip) -> bytes:
        """Of one strip; empty where it was not worked out yet."""
        return self._known.get(strip, b"")

    def work(self, timeline: Timeline, strips: Sequence[Strip], *, seconds: float) -> bool:
        """Work out what is missing for so long; whether nothing is missing any more."""
        column_s = max(COLUMN_S, sum(strip[5] - strip[4] for strip in strips) / COLUMNS)
        until = time.monotonic() + seconds
        for strip in strips:
            if strip in self._known:
                continue
            if time.monotonic() > until:
                return False
            side, format, first, last, start_s, end_s = strip
            store: AudioStore = timeline.log.stores["sent" if side == "input" else "received"]
            count = max(1, math.ceil((end_s - start_s) / column_s))
            self._known[strip] = outline(store.read(first, last - first), format, count)
        if len(self._known) > 2 * len(strips) + 100:
            wanted = set(strips)
            self._known = {strip: data for strip, data in self._known.items() if strip in wanted}
        return True
