"""Noise behind the speech: white, pink, of voices, or of a recording."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from rtnb.audio.clip import Clip
from rtnb.audio.conditions.base import Condition, Stretch, generator, number, within_full_scale
from rtnb.audio.conditions.levels import NOMINAL_DB, SILENCE_DB, decibels, speech_level_db
from rtnb.errors import ConfigError

__all__ = ["COLOURS", "Noise"]

COLOURS: Final = ("white", "pink")

PINK_FROM_HZ: Final = 20.0
"""Pink noise has as much power below this as at it, or all of it would lie in the lowest octaves."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Noise(Condition):
    """Noise at a signal-to-noise ratio, which is the level of the speech over that of the noise.

    The level of speech is the mean power of the parts that are labelled as speech, or of the loud parts where nothing
    is labelled (see :func:`rtnb.audio.conditions.speech_level_db`); that of the noise is its mean power over the whole
    clip, in the whole band up to half the clip's rate. A silent clip gets the noise that speech at -26 dB would get.
    Where the sum exceeds full scale, all of it is made softer, and the ratio stays.

    Parameters
    ----------
    snr_db : float
        From -60 to 100.
    kind : {"white", "pink"}, Clip or sequence of Clip
        Gaussian noise with equal power in every hertz or in every octave (above 20 Hz); a recording of noise, repeated
        from a random place on; or clips of speech, all of which go on at once from random places: babble.
    seed : int
        Equal seeds make equal noise of equal clips; different clips have different noise.
    label : str
        What a recording of noise is called in tables; "noise" or "babble" by default.

    Raises
    ------
    ConfigError
        A ratio or a kind that cannot be, or a recording of noise that is silent.

    Examples
    --------
    >>> import rtnb
    >>> from rtnb.audio.conditions import Noise, speech_level_db
    >>> clip = rtnb.Clip.load(rtnb.sample("weather_question"))
    >>> noise = Noise(snr_db=10, kind="pink", seed=3)
    >>> noise.name, noise(clip) == noise(clip), noise(clip).duration_s == clip.duration_s
    ('pink noise 10 dB', True, True)
    """

    snr_db: float
    kind: str | Clip | Sequence[Clip] = "white"
    seed: int = 0
    label: str = ""

    def __post_init__(self) -> None:
        number(self.snr_db, "Noise: snr_db is from -60 to 100", least=-60, most=100)
        if isinstance(self.kind, str):
            if self.kind not in COLOURS:
                raise ConfigError(f'Noise: kind is "white", "pink", a Clip or several, not {self.kind!r:.80}.')
            return
        if not isinstance(self.kind, Clip):
            clips = tuple(self.kind) if isinstance(self.kind, Sequence) else ()
            if not clips or not all(isinstance(each, Clip) for each in clips):
                raise ConfigError(f'Noise: kind is "white", "pink", a Clip or several, not {self.kind!r:.80}.')
            object.__setattr__(self, "kind", clips)
        if any(_power(each.samples) <= 10 ** (SILENCE_DB / 10) for each in self._clips()):
            raise ConfigError("Noise: a recording of noise that is empty or silent cannot be made louder.")

    @property
    def name(self) -> str:
        """Such as "noise 10 dB", "pink noise 10 dB" or "babble 5 dB"."""
        if isinstance(self.kind, str):
            usual = "noise" if self.kind == "white" else f"{self.kind} noise"
        else:
            usual = "noise recording" if isinstance(self.kind, Clip) else "babble"
        return f"{self.label or usual} {self.snr_db:g} dB"

    def __call__(self, clip: Clip, speech: Sequence[Stretch] | None = None) -> Clip:
        if not len(clip):
            return clip
        noise = self._noise(clip, generator(self.seed, clip))
        level_db = speech_level_db(clip, speech)
        wanted_db = (level_db if np.isfinite(level_db) else NOMINAL_DB) - self.snr_db
        power = _power(noise)
        if power > 0:
            noise *= 10 ** ((wanted_db - decibels(power)) / 20)
        return within_full_scale(clip.samples + noise, clip.rate_hz)

    def _clips(self) -> tuple[Clip, ...]:
        return (self.kind,) if isinstance(self.kind, Clip) else tuple(each for each in self.kind if type(each) is Clip)

    def _noise(self, clip: Clip, random: np.random.Generator) -> NDArray[np.float64]:
        if isinstance(self.kind, str):
            white = random.standard_normal(len(clip))
            return white if self.kind == "white" else _pink(white, clip.rate_hz)
        noise = np.zeros(len(clip))
        for each in self._clips():
            # Voices of equal power, each from a place of its own.
            own = each.resample(clip.rate_hz).samples.astype(np.float64)
            noise += np.resize(np.roll(own, -int(random.integers(own.size))), len(clip)) / np.sqrt(_power(own))
        return noise


def _power(samples: NDArray[np.floating]) -> float:
    return float(np.square(samples, dtype=np.float64).mean()) if samples.size else 0.0


def _pink(white: NDArray[np.float64], rate_hz: int) -> NDArray[np.float64]:
    """White noise with its amplitudes divided by the square root of the frequency, so that power falls as 1/f."""
    spectrum = np.fft.rfft(white)
    frequency = np.fft.rfftfreq(white.size, 1 / rate_hz)
    return np.fft.irfft(spectrum / np.sqrt(np.maximum(frequency, PINK_FROM_HZ)), white.size)
