"""What a condition is, and one after another."""

from __future__ import annotations

import zlib
from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from rtnb.audio.clip import Clip
from rtnb.errors import ConfigError

__all__ = ["Chain", "Condition", "Stretch", "generator", "number", "within_full_scale"]


class Stretch(Protocol):
    """A stretch of time, such as :class:`rtnb.vad.Span`."""

    @property
    def start_s(self) -> float:
        """Where it begins."""
        ...

    @property
    def end_s(self) -> float:
        """Where it ends."""
        ...


class Condition(ABC):
    """Makes of a clip what it would be elsewhere: of the same length and rate, and nothing in it moves."""

    __slots__ = ()

    @property
    @abstractmethod
    def name(self) -> str:
        """What it is called in tables."""

    @abstractmethod
    def __call__(self, clip: Clip, speech: Sequence[Stretch] | None = None) -> Clip:
        """The clip under this condition.

        Parameters
        ----------
        clip : Clip
        speech : sequence of spans, optional
            Where speech is labelled. What is told in decibels relative to speech goes by it; without it, by the parts
            of the clip that are about as loud as its loudest.
        """


@dataclass(frozen=True, slots=True, init=False)
class Chain(Condition):
    """Conditions one after another.

    Parameters
    ----------
    *conditions : Condition
        The first is the nearest to the speaker.

    Raises
    ------
    ConfigError
        Something is no condition.

    Examples
    --------
    >>> from rtnb.audio.conditions import Attenuate, Chain, Telephone
    >>> Chain(Attenuate(db=20), Telephone()).name
    'attenuated 20 dB + telephone pcmu'
    """

    conditions: tuple[Condition, ...]

    def __init__(self, *conditions: Condition) -> None:
        for each in conditions:
            if not isinstance(each, Condition):
                raise ConfigError(f"A chain is of conditions such as Noise(snr_db=10), not {each!r:.80}.")
        object.__setattr__(self, "conditions", conditions)

    @property
    def name(self) -> str:
        """The names of its parts; "clean" without any."""
        return " + ".join(each.name for each in self.conditions) or "clean"

    def __call__(self, clip: Clip, speech: Sequence[Stretch] | None = None) -> Clip:
        for each in self.conditions:
            clip = each(clip, speech)
        return clip

    def __reduce__(self) -> tuple[type[Chain], tuple[Condition, ...]]:
        return (Chain, self.conditions)

    def __repr__(self) -> str:
        return f"Chain({', '.join(map(repr, self.conditions))})"


def generator(seed: int, clip: Clip) -> np.random.Generator:
    """Random numbers that are the same for the same seed and clip; recordings of a corpus do not share one noise."""
    return np.random.default_rng([seed, zlib.crc32(clip.samples.tobytes()), len(clip)])


def within_full_scale(samples: NDArray[np.float64], rate_hz: int) -> Clip:
    """A clip of these samples; where they exceed full scale, all of them are made softer until none does."""
    peak = float(np.abs(samples).max(initial=0.0))
    return Clip(samples / peak if peak > 1.0 else samples, rate_hz)


def number(value: object, what: str, *, least: float = -np.inf, most: float = np.inf) -> float:
    """`value` as a float within its bounds.

    Raises
    ------
    ConfigError
        It is none; `what` says what it should be.
    """
    if isinstance(value, bool) or not isinstance(value, int | float | np.integer | np.floating):
        raise ConfigError(f"{what}, not {value!r:.80}.")
    found = float(value)
    if not (np.isfinite(found) and least <= found <= most):
        raise ConfigError(f"{what}, not {value!r:.80}.")
    return found
