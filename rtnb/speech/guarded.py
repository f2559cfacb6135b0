"""Engines of other people, watched: whatever they do, one transcription or one answer fails, with a clear message."""

from __future__ import annotations

import inspect
import math
import zlib
from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from rtnb.audio.pcm import checked_rate
from rtnb.errors import ConfigError
from rtnb.speech.base import RecognizerStream, Token, Transcription, accepted, checked_speed
from rtnb.speech.calls import MAKING_S, Calls, made, seconds_of, whole
from rtnb.speech.languages import hears, language_code
from rtnb.speech.voices import NATURAL

__all__ = ["GuardedEar", "GuardedStream", "GuardedVoice", "guarded_ear", "guarded_voice", "usable"]

LOUDEST = 1.5
"""Peak up to which sound is clipped to full scale; beyond it is no float sound in -1..1 but, say, 16-bit numbers."""

RATES_HZ = (4000, 384000)


def usable(found: Any, method: str, *, what: str, name: str) -> Any:
    """What was found, if it is an engine or can be called for one; nothing is made.

    Raises
    ------
    ConfigError
        It is neither.
    """
    if not callable(getattr(found, method, None)) and not callable(found):
        raise ConfigError(
            f"The {what} {name!r} is {type(found).__name__}: neither has it a method {method}, nor can one call it."
        )
    return found


def _made(found: Any, method: str, *, what: str, name: str) -> Any:
    """An engine: what was found, or what it gives when called."""
    usable(found, method, what=what, name=name)
    if inspect.isclass(found) or not callable(getattr(found, method, None)):
        found = found()
    if not callable(getattr(found, method, None)):
        raise ConfigError(f"The {what} {name!r} gives {type(found).__name__}, which has no method {method}.")
    return found


def _languages(engine: Any, told: str) -> tuple[str, ...] | None:
    announced = getattr(engine, "languages", None)
    if announced is None:
        return None
    if isinstance(announced, str) or not all(isinstance(each, str) for each in announced):
        raise ConfigError(f"{told} has languages = {announced!r:.80}; that is a list of codes, such as ('en', 'de').")
    return tuple(dict.fromkeys(map(language_code, announced)))


def guarded_ear(found: Any, name: str) -> GuardedEar:
    """A recogniser of somebody else's: an engine, or a callable that gives one.

    Raises
    ------
    ConfigError, ModelError
        It is none, or cannot be made, or not in time.
    """
    told = f"The recogniser {name!r}"
    within_s = seconds_of(found, "load_timeout_s", MAKING_S, told)
    return made(lambda: GuardedEar(_made(found, "transcribe", what="recogniser", name=name), name), told, within_s)


def guarded_voice(found: Any, name: str) -> GuardedVoice:
    """A synthesiser of somebody else's: an engine, or a callable that gives one.

    Raises
    ------
    ConfigError, ModelError
        It is none, or cannot be made, or not in time.
    """
    told = f"The synthesiser {name!r}"
    within_s = seconds_of(found, "load_timeout_s", MAKING_S, told)
    return made(lambda: GuardedVoice(_made(found, "synthesize", what="synthesiser", name=name), name), told, within_s)


class GuardedEar:
    """A recogniser whose answers are checked; see :mod:`rtnb.speech.base` for what it may be.

    Parameters
    ----------
    engine : Recognizer
        With a method ``transcribe`` at least.
    name : str
        What it is called if it does not say itself.

    Raises
    ------
    ConfigError
        What it says about itself is of no use.
    """

    def __init__(self, engine: Any, name: str) -> None:
        self.name = whole(str(getattr(engine, "name", None) or name))
        self.available = bool(getattr(engine, "available", True))
        self._engine = engine
        self._calls = Calls(engine, "recogniser", self.name)
        self.languages = _languages(engine, self._calls.told)
        self._takes = accepted(engine.transcribe, "language", "languages", "tokens")
        self._streams = callable(getattr(engine, "stream", None))

    def transcribe(
        self,
        samples: NDArray[np.float32],
        rate_hz: int = 16000,
        *,
        language: str | None = None,
        languages: Sequence[str] = (),
        tokens: bool = False,
    ) -> Transcription:
        """What the engine heard.

        Raises
        ------
        ConfigError
            It does not know the language.
        ModelError
            It failed, did not come back, or returned what is no transcription.
        """
        duration_s = samples.size / checked_rate(rate_hz)
        asked = [language] if language else list(languages)
        if asked and not any(hears(self, each) for each in asked):
            known = ", ".join(sorted(self.languages or ())[:20])
            raise ConfigError(f"{self._calls.told} hears {known}, not {asked[0]!r:.80}.")
        if language is None and languages and "languages" not in self._takes:
            language = next(each for each in languages if hears(self, each))
        options = {"language": language, "languages": tuple(languages), "tokens": tokens}
        options = {key: value for key, value in options.items() if value and key in self._takes}
        found = self._calls(lambda: self._engine.transcribe(samples, rate_hz, **options))
        if isinstance(found, str):
            return Transcription(whole(found), duration_s, 0.0, 0.0, language=language)
        return self._checked(found, duration_s)

    def stream(self, rate_hz: int, *, language: str | None = None) -> GuardedStream | None:
        """The words of a turn while it is spoken; None where the engine gives none.

        Raises
        ------
        ConfigError, ModelError
            As :meth:`transcribe`.
        """
        if not self._streams:
            return None
        options = {"language": language} if language and accepted(self._engine.stream, "language") else {}
        found = self._calls(lambda: self._engine.stream(rate_hz, **options))
        if not callable(getattr(found, "push", None)):
            raise self._calls.nonsense(f"{type(found).__name__} for a stream; that has a method push.")
        return GuardedStream(found, self._calls)

    def _checked(self, found: Any, duration_s: float) -> Transcription:
        if not isinstance(found, Transcription):
            raise self._calls.nonsense(f"{type(found).__name__}, not text nor a Transcription.")
        if not isinstance(found.text, str):
            raise self._calls.nonsense(f"a Transcription whose text is {type(found.text).__name__}.")
        sure = _number(found.avg_logprob) and found.avg_logprob <= 0
        if not (sure and _number(found.no_speech_prob) and 0 <= found.no_speech_prob <= 1):
            raise self._calls.nonsense(
                f"avg_logprob {found.avg_logprob!r:.40} and no_speech_prob {found.no_speech_prob!r:.40}; "
                "the one is at most 0, the other between 0 and 1."
            )
        tokens = found.tokens
        if not isinstance(tokens, tuple | list) or not all(map(_is_token, tokens)):
            raise self._calls.nonsense("tokens that are, or of which some are, no Token of bytes and a number.")
        if found.language is not None and not isinstance(found.language, str):
            raise self._calls.nonsense(f"{found.language!r:.40} as the language, not a code.")
        spoken = None if found.language is None else whole(found.language)
        return replace(found, text=whole(found.text), duration_s=duration_s, tokens=tuple(tokens), language=spoken)


class GuardedStream:
    """A :class:`RecognizerStream` whose words are checked."""

    def __init__(self, stream: RecognizerStream, calls: Calls) -> None:
        self._stream = stream
        self._calls = calls

    def push(self, samples: NDArray[np.float32]) -> str:
        """The words of the turn so far.

        Raises
        ------
        ModelError
            The stream failed, did not come back, or returned no text.
        """
        found = self._calls(lambda: self._stream.push(samples))
        if not isinstance(found, str):
            raise self._calls.nonsense(f"{type(found).__name__} from a stream, not text.")
        return whole(found)


class GuardedVoice:
    """A synthesiser whose sound is checked; see :mod:`rtnb.speech.base` for what it may be.

    Parameters
    ----------
    engine : Synthesizer
        With ``rate_hz`` and a method ``synthesize`` at least.
    name : str
        What it is called if it does not say itself.

    Raises
    ------
    ConfigError
        What it says about itself is of no use.
    """

    def __init__(self, engine: Any, name: str) -> None:
        self.name = whole(str(getattr(engine, "name", None) or name))
        self.available = bool(getattr(engine, "available", True))
        self._engine = engine
        self._calls = Calls(engine, "synthesiser", self.name)
        rate_hz = getattr(engine, "rate_hz", None)
        if not isinstance(rate_hz, int) or isinstance(rate_hz, bool) or not RATES_HZ[0] <= rate_hz <= RATES_HZ[1]:
            raise ConfigError(
                f"{self._calls.told} has rate_hz = {rate_hz!r:.80}; that is a whole number of samples per second, "
                f"{RATES_HZ[0]} to {RATES_HZ[1]}."
            )
        self.rate_hz = rate_hz
        self.languages = _languages(engine, self._calls.told)
        voices = getattr(engine, "voices", ())
        if isinstance(voices, str) or not all(isinstance(each, str) and each for each in voices):
            raise ConfigError(f"{self._calls.told} has voices = {voices!r:.80}; that is a list of names.")
        self.voices: tuple[str, ...] = tuple(voices)
        self._takes = accepted(engine.synthesize, "voice", "speed", "language")

    def voice(self, asked: str) -> str:
        """The engine's voice for a voice of the API: the one of that name, else always the same one."""
        if asked in self.voices or not self.voices:
            return asked
        if asked == NATURAL:
            return self.voices[0]
        return self.voices[zlib.crc32(asked.encode("utf-8", "replace")) % len(self.voices)]

    def synthesize(
        self, text: str, *, voice: str = NATURAL, speed: float = 1.0, language: str | None = None
    ) -> NDArray[np.float32]:
        """The whole text spoken.

        Raises
        ------
        ConfigError
            The speed is outside of 0.25..2.
        ModelError
            The engine failed, did not come back, or returned what is no sound, or none where there is something to say.
        """
        if self.languages is not None and language is not None and language_code(language) not in self.languages:
            language = None
        given = {"voice": self.voice(voice), "speed": checked_speed(speed), "language": language}
        options = {key: value for key, value in given.items() if value is not None and key in self._takes}
        samples = self._checked(self._calls(lambda: self._engine.synthesize(text, **options)))
        if not samples.size and any(each.isalnum() for each in text):
            raise self._calls.nonsense(f"no sound for a text with something to say ({len(text)} characters).")
        return samples

    def stream(
        self, text: str, *, voice: str = NATURAL, speed: float = 1.0, language: str | None = None
    ) -> Iterator[NDArray[np.float32]]:
        """The same samples, in one piece."""
        samples = self.synthesize(text, voice=voice, speed=speed, language=language)
        return iter([samples] if samples.size else [])

    def _checked(self, found: Any) -> NDArray[np.float32]:
        if not isinstance(found, np.ndarray):
            raise self._calls.nonsense(f"{type(found).__name__}, not an array of samples.")
        if not np.issubdtype(found.dtype, np.floating):
            raise self._calls.nonsense(f"samples of {found.dtype}, not float32 in -1..1.")
        if found.ndim != 1:
            raise self._calls.nonsense(f"samples in the shape {found.shape}, not (n,).")
        if not np.isfinite(found).all():
            raise self._calls.nonsense("samples of which some are no number.")
        peak = float(np.abs(found).max(initial=0.0))
        if peak > LOUDEST:
            raise self._calls.nonsense(f"samples up to {peak:.4g}, not in -1..1.")
        return np.clip(found, -1.0, 1.0).astype(np.float32)


def _is_token(value: Any) -> bool:
    return isinstance(value, Token) and isinstance(value.data, bytes) and _number(value.logprob)


def _number(value: Any) -> bool:
    return isinstance(value, int | float | np.floating) and math.isfinite(value)
