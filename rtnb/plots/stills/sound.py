"""Sound inside a still: only where it was asked for, and no more than some seconds of it."""

from __future__ import annotations

import base64
from dataclasses import dataclass

from rtnb.audio import Clip
from rtnb.audio.files import encode
from rtnb.plots.html import Html, css, join, tag
from rtnb.plots.palette import MUTED
from rtnb.plots.style import ink_css
from rtnb.plots.words import duration

__all__ = ["EMBED_BYTES", "EMBED_S", "Embedding"]

EMBED_S = 8.0
"""Of one sound; the rest of it is left out, and it is said."""
EMBED_BYTES = 600_000
"""Of all sounds of a still, as text: a notebook with more is slow to load and cannot be reviewed."""


@dataclass(slots=True)
class Embedding:
    """What a still may still embed; counts down.

    Parameters
    ----------
    bytes_left : int
        0 for none at all.

    Examples
    --------
    >>> embedding = Embedding(EMBED_BYTES)
    >>> "data:audio/flac;base64," in str(embedding.player(Clip.silence(0.1), "You"))
    True
    >>> Embedding(0).player(Clip.silence(0.1), "You") is None
    True
    """

    bytes_left: int = 0
    left_out: int = 0
    """Sounds that found no room."""

    @classmethod
    def asked(cls, embed_audio: bool) -> Embedding:
        """With room where audio was asked for."""
        return cls(EMBED_BYTES if embed_audio else 0)

    def player(self, clip: Clip | None, label: str) -> Html | None:
        """The first seconds of a sound as an ``<audio>`` element with FLAC inside; None where there is no room."""
        if clip is None or not len(clip) or (not self.bytes_left and not self.left_out):
            return None
        part = clip[0:EMBED_S] if clip.duration_s > EMBED_S else clip
        part = part if part.rate_hz <= 24_000 else part.resample(24_000)
        data = base64.b64encode(encode(part.samples, part.rate_hz, "FLAC")).decode("ascii")
        if len(data) > self.bytes_left:
            self.left_out += 1
            return None
        self.bytes_left -= len(data)
        words = f"{label}, {duration(clip.duration_s)}"
        element = tag(
            "audio", controls=True, preload="metadata", src=f"data:audio/flac;base64,{data}", aria_label=words,
            title=words, style=css(width="270px", max_width="100%", height="32px", vertical_align="middle"),
        )  # fmt: skip
        if part.duration_s >= clip.duration_s - 1e-3:
            return element
        note = f"first {duration(EMBED_S)} of {duration(clip.duration_s)}"
        return join(element, " ", tag("small", note, style=ink_css(MUTED)))

    @property
    def note(self) -> str:
        """What is missing, in words; empty where nothing is."""
        count = self.left_out
        return f"{count:,} more sound{'' if count == 1 else 's'}, left out to keep the notebook small" if count else ""
