"""The assistant's own voice, out of the loudspeaker into the microphone."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from rtnb.audio.clip import Clip
from rtnb.audio.conditions.base import Condition, Stretch, number, within_full_scale
from rtnb.audio.conditions.levels import NOMINAL_DB, speech_level_db
from rtnb.errors import ConfigError

__all__ = ["Echo"]


@dataclass(frozen=True, slots=True)
class Echo(Condition):
    """The assistant's voice below the user's.

    The speech of the assistant is mixed in at `level_db` relative to the speech of the user, both as
    :func:`rtnb.audio.conditions.speech_level_db` measures it (a silent clip counts as speech at -26 dB). Where the sum
    exceeds full scale, all of it is made softer.

    Parameters
    ----------
    clip : Clip
        What the assistant says.
    level_db : float
        From -100 to 40. Without echo cancellation, a laptop's own loudspeaker may well be as loud as its user (0 dB);
        a canceller takes 20 dB and more off.
    delay_ms : float
        When it begins; 0 or more.
    repeat : bool
        Say it again and again until the recording ends.
    label : str
        What it is called in tables.

    Raises
    ------
    ConfigError
        Levels or delays that cannot be, or a clip without speech.

    Examples
    --------
    >>> import rtnb
    >>> from rtnb.audio.conditions import Echo
    >>> clip = rtnb.Clip.load(rtnb.sample("weather_question"))
    >>> echo = Echo(clip, level_db=-20, delay_ms=500)
    >>> echo.name, echo(clip)[0.0:0.5] == clip[0.0:0.5]
    ('echo -20 dB', True)
    """

    clip: Clip
    level_db: float = -20.0
    delay_ms: float = 0.0
    repeat: bool = False
    label: str = ""

    def __post_init__(self) -> None:
        if not isinstance(self.clip, Clip) or not np.isfinite(speech_level_db(self.clip)):
            raise ConfigError("Echo: the first argument is a Clip of the assistant's voice, in which something sounds.")
        number(self.level_db, "Echo: level_db is from -100 to 40", least=-100, most=40)
        number(self.delay_ms, "Echo: delay_ms is 0 or more", least=0)

    @property
    def name(self) -> str:
        """Such as "echo -20 dB"."""
        return f"{self.label or 'echo'} {self.level_db:g} dB"

    def __call__(self, clip: Clip, speech: Sequence[Stretch] | None = None) -> Clip:
        delay = round(self.delay_ms / 1000 * clip.rate_hz)
        if len(clip) <= delay:
            return clip
        voice = self.clip.resample(clip.rate_hz)
        user_db = speech_level_db(clip, speech)
        gain_db = (user_db if np.isfinite(user_db) else NOMINAL_DB) + self.level_db - speech_level_db(voice)
        echo = voice.samples * 10 ** (gain_db / 20)
        room = len(clip) - delay
        mixed = clip.samples.astype(np.float64)
        if self.repeat:
            mixed[delay:] += np.resize(echo, room)
        else:
            mixed[delay : delay + echo.size] += echo[:room]
        return within_full_scale(mixed, clip.rate_hz)
