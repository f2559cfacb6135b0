"""The picture that a waveform leaves behind."""

from __future__ import annotations

import math
from typing import Any, Final

from rtnb._display import Bundle
from rtnb.audio.clip import Clip
from rtnb.audio.pyramid import Pyramid
from rtnb.audio.sources import ArraySource, int16_of

__all__ = ["drawn", "reduced"]

LONG_S: Final = 120.0
"""Of longer sounds a picture is drawn from their outline: it has a thousand columns."""

PAIRS: Final = 8000


def reduced(source: ArraySource, pyramid: Pyramid) -> Clip:
    """A clip that looks the same in a picture: for each column its least and its greatest sample.

    Examples
    --------
    >>> import numpy as np
    >>> source = ArraySource(np.tile(np.array([0, 9000, -9000, 0], dtype=np.int16), 1_000_000), 8000)
    >>> reduced(source, Pyramid(source))
    Clip(500.000 s, 32 Hz, peak -11.2 dBFS)
    """
    duration_s = len(source) / source.rate_hz
    rate_hz = max(2, 2 * math.ceil(PAIRS / duration_s))
    columns = max(1, math.ceil(duration_s * rate_hz / 2))
    outline = pyramid.outline(0, columns * 2 / rate_hz * source.rate_hz, columns)
    outline[outline[:, 0] > outline[:, 1]] = 0
    return Clip(outline.ravel()[: max(1, round(duration_s * rate_hz))], rate_hz)


def drawn(of: Any, pyramid: Pyramid | None, **options: Any) -> Bundle:
    """HTML and PNG of what a waveform shows."""
    if isinstance(of, ArraySource):
        options["rate_hz"] = of.rate_hz
        long = pyramid is not None and len(of) / of.rate_hz > LONG_S and not options.get("spectrogram")
        of = reduced(of, pyramid) if long and pyramid is not None else Clip(int16_of(of.read(0, len(of))), of.rate_hz)
    from rtnb.plots.stills.waveform import waveform_bundle

    made: Bundle = dict(waveform_bundle(of, **options))
    return made
