"""What a recogniser and a synthesiser are: small protocols, so that another engine can take the place."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from rtnb.errors import ConfigError

__all__ = ["SPEED_RANGE", "Recognizer", "Synthesizer", "Token", "Transcription", "checked_speed"]

SPEED_RANGE = (0.25, 2.0)
"""Slowest and fastest pace: wider than the API's 0.25..1.5, and intelligible throughout."""


@dataclass(frozen=True, slots=True)
class Token:
    """One token of what was heard.

    Attributes
    ----------
    data : bytes
        Its part of the text in UTF-8; a character may be split between two tokens.
    logprob : float
        Natural logarithm of the probability that the model gave it, at most 0.

    Examples
    --------
    >>> Token(b" Paris", -0.02).to_wire()
    {'token': ' Paris', 'logprob': -0.02, 'bytes': [32, 80, 97, 114, 105, 115]}
    """

    data: bytes
    logprob: float

    def to_wire(self) -> dict[str, Any]:
        """The token as the ``logprobs`` of a transcription event carry it."""
        return {"token": self.data.decode("utf-8", "replace"), "logprob": self.logprob, "bytes": list(self.data)}


@dataclass(frozen=True, slots=True)
class Transcription:
    """What a recogniser heard.

    Attributes
    ----------
    text : str
        The words; empty when no speech was heard.
    duration_s : float
        Length of the audio.
    avg_logprob : float
        Mean natural logarithm of the probability of a token; 0 when nothing was decoded.
    no_speech_prob : float
        The model's probability that there is no speech, 0..1.
    tokens : tuple of Token
        The text in tokens, when they were asked for; their data joined is the text.
    """

    text: str
    duration_s: float
    avg_logprob: float
    no_speech_prob: float
    tokens: tuple[Token, ...] = ()


class Recognizer(Protocol):
    """Audio to text. `transcribe` may be called from several threads."""

    @property
    def name(self) -> str:
        """What it is, for people."""
        ...

    @property
    def available(self) -> bool:
        """False when it cannot hear at all, and every text is empty for that reason."""
        ...

    def transcribe(
        self,
        samples: NDArray[np.float32],
        rate_hz: int = 16000,
        *,
        language: str | None = None,
        tokens: bool = False,
    ) -> Transcription:
        """What was said.

        Parameters
        ----------
        samples : ndarray of float32, shape (n,)
            In -1..1, of any length.
        rate_hz : int
            Samples per second.
        language : str, optional
            What is spoken, as an ISO-639-1 code.
        tokens : bool
            Whether to give the tokens and their probabilities, if it can.

        Raises
        ------
        ConfigError
            It does not know that language.
        """
        ...


class Synthesizer(Protocol):
    """Text to audio. Its methods may be called from several threads; the same call gives the same samples."""

    @property
    def name(self) -> str:
        """What it is, for people."""
        ...

    @property
    def available(self) -> bool:
        """False when it makes sound but no words."""
        ...

    @property
    def rate_hz(self) -> int:
        """Samples per second of what it returns."""
        ...

    def synthesize(self, text: str, *, voice: str = "marin", speed: float = 1.0) -> NDArray[np.float32]:
        """The whole text spoken: float32 in -1..1, shape ``(n,)``; empty when there is nothing to say.

        Parameters
        ----------
        text : str
            Plain text; numbers, addresses and Markdown are put into words.
        voice : str
            A voice name of the API, or the id of a custom voice.
        speed : float
            1 is the natural pace, 2 twice as fast.

        Raises
        ------
        ConfigError
            The speed is outside of 0.25..2.
        """
        ...

    def stream(self, text: str, *, voice: str = "marin", speed: float = 1.0) -> Iterator[NDArray[np.float32]]:
        """The same samples in pieces, each as soon as it is ready; the first comes after one sentence."""
        ...


def checked_speed(speed: float) -> float:
    """`speed` if a synthesiser can keep it.

    Raises
    ------
    ConfigError
        It is outside of ``SPEED_RANGE``, or not a number.
    """
    slowest, fastest = SPEED_RANGE
    if not slowest <= speed <= fastest:
        raise ConfigError(f"A speaking speed is between {slowest} and {fastest}, not {speed!r}.")
    return speed
