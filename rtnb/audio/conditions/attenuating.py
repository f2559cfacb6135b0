"""A talker who is far away, or a microphone that is turned down."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from rtnb.audio.clip import Clip
from rtnb.audio.conditions.base import Condition, Stretch, number

__all__ = ["Attenuate"]


@dataclass(frozen=True, slots=True)
class Attenuate(Condition):
    """Everything softer: ``y = x * 10 ** (-db / 20)``, rounded to 16 bits as a microphone's converter would.

    The direct sound of a talker falls by 6 dB with each doubling of the distance.

    Parameters
    ----------
    db : float
        By how many decibels, 0 to 120.

    Raises
    ------
    ConfigError
        `db` is no such number.

    Examples
    --------
    >>> import rtnb
    >>> from rtnb.audio.conditions import Attenuate
    >>> clip = rtnb.Clip.load(rtnb.sample("weather_question"))
    >>> round(clip.peak_dbfs - Attenuate(db=20)(clip).peak_dbfs, 2)
    20.0
    """

    db: float

    def __post_init__(self) -> None:
        number(self.db, "Attenuate: db is from 0 to 120", least=0, most=120)

    @property
    def name(self) -> str:
        """Such as "attenuated 20 dB"."""
        return f"attenuated {self.db:g} dB"

    def __call__(self, clip: Clip, speech: Sequence[Stretch] | None = None) -> Clip:
        return Clip(clip.gain(-self.db).int16(), clip.rate_hz) if self.db else clip
