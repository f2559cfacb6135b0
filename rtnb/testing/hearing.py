"""Ears and a voice for tests: what was said, and something to say."""

from __future__ import annotations

from functools import lru_cache

from rtnb.audio import Clip
from rtnb.errors import MissingExtraError
from rtnb.speech import VoiceStack, shared_loader
from rtnb.speech.weights import INSTALL
from rtnb.testing.matching import TOLERANCE, matches

__all__ = ["TOLERANCE", "matches", "recognised", "spoken"]


def recognised(clip: Clip, language: str | None = None) -> str:
    """What is said in a clip, by the recogniser of the embedded server.

    Parameters
    ----------
    clip : Clip
    language : str, optional
        Code of the language that is spoken, such as ``"de"``; otherwise the recogniser finds out, if it can.

    Raises
    ------
    MissingExtraError
        There is none.
    """
    stack = _stack("To check what was heard, speech has to be recognised.")
    if not stack.recognizer.available:
        raise MissingExtraError(f"To check what was heard, speech has to be recognised. Install it: {INSTALL}")
    return stack.recognizer.transcribe(clip.resample(16000).samples, language=language).text.strip()


@lru_cache(64)
def spoken(text: str, voice: str = "cedar", speed: float = 1.0) -> Clip:
    """A text as a user would speak it, with the voice of the embedded server.

    Raises
    ------
    MissingExtraError
        No voice is installed.
    """
    stack = _stack("To speak, a voice is needed.")
    if not stack.synthesizer.available:
        raise MissingExtraError(f"To speak, a voice is needed. Install it: {INSTALL}")
    return Clip(stack.synthesizer.synthesize(text, voice=voice, speed=speed), stack.synthesizer.rate_hz)


def _stack(why: str) -> VoiceStack:
    return shared_loader().result(60)
