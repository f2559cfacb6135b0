"""What a recogniser and a synthesiser are: small protocols, so that another engine can take the place.

An engine of your own needs one method. It comes in by its place, ``--ear my_ears:load`` or ``--ear ears.py:load``
(``--tts`` for a voice), where ``load`` is a class, a function that gives an engine, or an engine; or by a name that
a package announces::

    [project.entry-points."rtnb.recognizers"]
    my-ear = "my_ears:load"

    [project.entry-points."rtnb.synthesizers"]
    my-voice = "my_voices:load"

``rtnb serve`` imports it before it starts, and does not start if that fails; it is made beside the start, and what
needs it fails if that fails. What it gives is checked (see :mod:`rtnb.speech.guarded`): an engine that raises, hangs,
wants to end the process or returns what is no text or no sound fails that one transcription or answer, with its name
in the message. A recogniser may return plain text in place of a :class:`Transcription`. What is optional:

- ``name``: for people; that of the plugin otherwise. ``available``: True otherwise.
- ``languages``: codes of the languages that it knows. Sessions that ask for another one are told; without it every
  language is passed on as ``language=``.
- ``thread_safe = False``: calls come one at a time.
- ``timeout_s``: how long a call may take; 60 seconds otherwise. ``load_timeout_s``, of what is called for the engine:
  how long that may take; 300 seconds otherwise.
- Parameters that a method does not have are not passed: ``language``, ``languages`` and ``tokens`` of a recogniser,
  ``voice``, ``speed`` and ``language`` of a synthesiser.
- ``stream(rate_hz, *, language=None)`` of a recogniser gives a :class:`RecognizerStream`, one a turn: the words that
  a session sends while somebody speaks are then its own.
- A synthesiser may return no samples for a text without a letter or digit, and for no other.
- ``voices`` of a synthesiser: names of its voices. A name of the API that is none of them gets one of them, always
  the same one; ``{"id": "name"}`` asks for one by name.

Examples
--------
An ear that tells how long it listened, and a voice that hums, as ``file.py`` would have them:

>>> import numpy as np
>>> class Stopwatch:
...     def transcribe(self, samples, rate_hz):
...         return f"{samples.size / rate_hz:.1f} seconds of sound."
>>> class Hum:
...     rate_hz = 16000
...     def synthesize(self, text):
...         t = np.arange(self.rate_hz * len(text) // 20) / self.rate_hz
...         return (0.2 * np.sin(2 * np.pi * 140 * t)).astype(np.float32)
>>> from rtnb.speech.guarded import GuardedEar, GuardedVoice
>>> samples = GuardedVoice(Hum(), "hum").synthesize("How do you do?")
>>> GuardedEar(Stopwatch(), "stopwatch").transcribe(samples, 16000).text
'0.7 seconds of sound.'
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from rtnb.errors import ConfigError

__all__ = [
    "SPEED_RANGE",
    "Recognizer",
    "RecognizerStream",
    "Synthesizer",
    "Token",
    "Transcription",
    "accepted",
    "checked_speed",
]

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
    language : str or None
        What was spoken, as an ISO-639-1 code; None when nobody knows.
    """

    text: str
    duration_s: float
    avg_logprob: float
    no_speech_prob: float
    tokens: tuple[Token, ...] = ()
    language: str | None = None


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


class RecognizerStream(Protocol):
    """The words of one turn while it is spoken; used by one thread at a time, and then dropped."""

    def push(self, samples: NDArray[np.float32]) -> str:
        """The words of the turn so far that are certain, or likely; empty when there are none.

        What a session has sent of them it does not take back: words that change later stay as they were sent.

        Parameters
        ----------
        samples : ndarray of float32, shape (n,)
            What was said since the last call, in -1..1.
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


def accepted(method: Callable[..., Any], *names: str) -> frozenset[str]:
    """Which of these keyword parameters a method takes; all of them where nobody can tell.

    Examples
    --------
    >>> sorted(accepted(lambda samples, rate_hz, *, language=None: "", "language", "tokens"))
    ['language']
    """
    try:
        parameters = inspect.signature(method).parameters.values()
    except (TypeError, ValueError):
        return frozenset(names)
    if any(each.kind is each.VAR_KEYWORD for each in parameters):
        return frozenset(names)
    return frozenset(each.name for each in parameters if each.kind is not each.POSITIONAL_ONLY) & frozenset(names)
