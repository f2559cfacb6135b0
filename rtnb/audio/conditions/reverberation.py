"""Rooms: what the walls add to a voice."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from rtnb.audio.clip import Clip
from rtnb.audio.conditions.base import Condition, Stretch, number, within_full_scale
from rtnb.audio.conditions.filtering import convolved
from rtnb.audio.pcm import checked_rate
from rtnb.errors import ConfigError

__all__ = ["Reverb", "impulse_response"]

GAP_S: Final = 0.0025
"""Between the direct sound and the first reflection: a way that is 0.86 m longer at 343 m/s. Own choice."""

LENGTH: Final = 1.2
"""Reverberation times that a made impulse response lasts: it ends at -72 dB."""


def impulse_response(rt60_s: float, drr_db: float = 0.0, *, rate_hz: int = 24000, seed: int = 0) -> Clip:
    """The impulse response of a room that never was: one click, and noise that dies away exponentially.

    ``h(t) = a * (delta(t) + g * n(t) * 10 ** (-3 * t / rt60))``, with Gaussian noise ``n`` from 2.5 ms on, `g` from the
    ratio of direct to reverberant energy, and `a` such that nothing exceeds full scale: the statistical model of
    reverberation (J.-D. Polack, La transmission de l'energie sonore dans les salles, 1988; J. A. Moorer, About this
    reverberation business, Computer Music Journal 3(2), 1979). It has no distinct early reflections, and all
    frequencies die away alike.

    Parameters
    ----------
    rt60_s : float
        The time in which the reverberation falls by 60 dB, up to 10 s; 0 for none. Living rooms have 0.3 to 0.6 s,
        meeting rooms up to 1 s, halls 2 s and more.
    drr_db : float
        The ratio of direct to reverberant energy, from -40 to 60 dB: positive close to the microphone.
    rate_hz : int
    seed : int
        Equal seeds make equal rooms.

    Raises
    ------
    ConfigError
        Times or ratios that no room has.

    Examples
    --------
    >>> import numpy as np
    >>> from rtnb.audio.conditions import impulse_response
    >>> h = impulse_response(0.5, 3.0, rate_hz=16000).samples.astype(float)
    >>> round(float(10 * np.log10(h[0] ** 2 / np.sum(h[1:] ** 2))), 2)
    3.0
    """
    number(rt60_s, "The reverberation time rt60_s is from 0 to 10 seconds", least=0, most=10)
    number(drr_db, "The direct-to-reverberant ratio drr_db is from -40 to 60 dB", least=-40, most=60)
    rate = checked_rate(rate_hz)
    gap = max(1, round(GAP_S * rate))
    count = round(LENGTH * rt60_s * rate)
    if count <= gap:
        return Clip(np.ones(1, dtype=np.float32), rate)
    response = np.zeros(count)
    time = np.arange(gap, count) / rate
    tail = np.random.default_rng(seed).standard_normal(count - gap) * 10 ** (-3 * time / rt60_s)
    response[gap:] = tail * np.sqrt(10 ** (-drr_db / 10) / np.square(tail).sum())
    response[0] = 1.0
    return Clip(response / np.abs(response).max(), rate)


@dataclass(frozen=True, slots=True, kw_only=True)
class Reverb(Condition):
    """A room around the speaker.

    The direct sound keeps its time and its level, so that labels stay true; what dies away behind the clip's end is
    left out. Where the sum exceeds full scale, all of it is made softer.

    Parameters
    ----------
    rt60_s, drr_db, seed
        Of a made room: see :func:`rtnb.audio.conditions.impulse_response`.
    response : Clip, optional
        A measured impulse response instead; its largest sample is the direct sound.
    label : str
        What a measured room is called in tables.

    Raises
    ------
    ConfigError
        Neither or both, or a response that is silent.

    Examples
    --------
    >>> import rtnb
    >>> from rtnb.audio.conditions import Reverb
    >>> clip = rtnb.Clip.load(rtnb.sample("weather_question"))
    >>> Reverb(rt60_s=0.5).name, Reverb(rt60_s=0.5, drr_db=-6).name, Reverb(rt60_s=0)(clip) == clip
    ('reverb 0.5 s', 'reverb 0.5 s -6 dB', True)
    """

    rt60_s: float | None = None
    drr_db: float = 0.0
    seed: int = 0
    response: Clip | None = None
    label: str = ""

    def __post_init__(self) -> None:
        if (self.rt60_s is None) == (self.response is None):
            raise ConfigError("Reverb: give either rt60_s=0.5, or a measured response=clip.")
        if self.response is not None and not (isinstance(self.response, Clip) and self.response.peak):
            raise ConfigError("Reverb: the response is a Clip in which something sounds.")
        if self.rt60_s is not None:
            impulse_response(self.rt60_s, self.drr_db, rate_hz=1000)

    @property
    def name(self) -> str:
        """Such as "reverb 0.5 s"."""
        if self.rt60_s is None:
            return self.label or "room"
        return self.label or f"reverb {self.rt60_s:g} s" + (f" {self.drr_db:g} dB" if self.drr_db else "")

    def __call__(self, clip: Clip, speech: Sequence[Stretch] | None = None) -> Clip:
        if not len(clip):
            return clip
        if self.rt60_s is not None:
            room = impulse_response(self.rt60_s, self.drr_db, rate_hz=clip.rate_hz, seed=self.seed)
        else:
            assert self.response is not None
            room = self.response.resample(clip.rate_hz)
        if len(room) == 1:
            return clip
        h = room.samples.astype(np.float64)
        direct = int(np.abs(h).argmax()) if self.rt60_s is None else 0
        wet = convolved(clip.samples, h / h[direct])[direct : direct + len(clip)]
        return within_full_scale(wet, clip.rate_hz)
