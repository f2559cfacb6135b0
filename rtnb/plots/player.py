"""A sound as an ``<audio>`` element that carries its data along."""

from __future__ import annotations

import base64
import os

from rtnb.audio import Clip
from rtnb.audio.files import encode
from rtnb.plots.html import Html, css, join, tag
from rtnb.plots.palette import MUTED
from rtnb.plots.style import ink_css
from rtnb.plots.words import duration

__all__ = ["CAP_S", "VARIABLE", "player", "wanted"]

CAP_S = 60.0
"""No more than this is embedded: a minute of MP3 is a third of a megabyte in the notebook."""

_MP3_RATES_HZ = frozenset({8000, 11025, 12000, 16000, 22050, 24000})
"""What MP3 knows, up to the rate of the API: more would only make the notebook larger."""


VARIABLE = "RTNB_PLAYERS"
"""``off`` leaves the players out of all cards and reports, so that no notebook carries a voice."""


def wanted() -> bool:
    """Whether cards carry sound: ``RTNB_PLAYERS`` is looked up each time, as a notebook may set it in a cell."""
    return os.environ.get(VARIABLE, "").strip().lower() not in {"off", "0", "no", "false"}


def player(clip: Clip | None, label: str, *, cap_s: float = CAP_S) -> Html | None:
    """An audio player with its sound inside, as MP3; None without sound, or where ``RTNB_PLAYERS=off``.

    Parameters
    ----------
    clip : Clip or None
    label : str
        What is played, for those who cannot see where the player stands.
    cap_s : float
        Longer sounds are cut to their first `cap_s` seconds, and it is said.
    """
    if clip is None or not len(clip) or not wanted():
        return None
    part = clip[0:cap_s] if clip.duration_s > cap_s else clip
    part = part if part.rate_hz in _MP3_RATES_HZ else part.resample(24000)
    data = base64.b64encode(encode(part.samples, part.rate_hz, "MP3")).decode("ascii")
    words = f"{label}, {duration(clip.duration_s)}"
    element = tag(
        "audio",
        controls=True,
        preload="metadata",
        src=f"data:audio/mpeg;base64,{data}",
        aria_label=words,
        title=words,
        style=css(width="270px", max_width="100%", height="32px", vertical_align="middle"),
    )
    if part.duration_s >= clip.duration_s:
        return element
    note = f"first {duration(cap_s)} of {duration(clip.duration_s)}"
    return join(element, " ", tag("small", note, style=ink_css(MUTED)))
