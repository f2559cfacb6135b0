"""Ears and voices by name: rtnb's own, those of installed packages, and those of one's own files.

Packages announce theirs in the groups ``rtnb.recognizers`` and ``rtnb.synthesizers`` of entry points; what such an
engine is, :mod:`rtnb.speech.base` says. Nothing is imported before it is chosen.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from typing import Any

import numpy as np

from rtnb._plugins import by_path, entry_names, from_entry_point, is_path
from rtnb.errors import ConfigError
from rtnb.speech.base import Recognizer, Synthesizer
from rtnb.speech.silent_ear import SilentEar
from rtnb.speech.tone import ToneVoice
from rtnb.speech.whisper import whisper_names

__all__ = [
    "AUTO",
    "EAR",
    "EARS",
    "TTS",
    "VOICES",
    "check_ear",
    "check_tts",
    "chosen",
    "ear_names",
    "load_ear",
    "load_tts",
    "tts_names",
]

EARS, VOICES = "rtnb.recognizers", "rtnb.synthesizers"
"""The groups of entry points."""

EAR, TTS = "RTNB_EAR", "RTNB_TTS"
"""The environment variables that choose where nothing else does."""

AUTO = "auto"
_NONE, _TONE, _HIBARI = "none", "tone", "hibari-heart"


def chosen(name: str | None, variable: str) -> str:
    """The name that is asked for: this one, that of the environment, or ``"auto"``."""
    return (name or os.environ.get(variable, "")).strip() or AUTO


def ear_names() -> tuple[str, ...]:
    """The names that :func:`load_ear` knows.

    Examples
    --------
    >>> ear_names()[:4]
    ('auto', 'none', 'whisper-tiny.en', 'whisper-base')
    """
    return tuple(dict.fromkeys((AUTO, _NONE, *whisper_names(), *entry_names(EARS))))


def tts_names() -> tuple[str, ...]:
    """The names that :func:`load_tts` knows.

    Examples
    --------
    >>> tts_names()[:3]
    ('auto', 'tone', 'hibari-heart')
    """
    return tuple(dict.fromkeys((AUTO, _TONE, _HIBARI, *entry_names(VOICES))))


def check_ear(name: str | None) -> None:
    """Return quietly if there is such an ear, as far as one sees without importing it.

    Raises
    ------
    ConfigError
        There is none; the message lists those that there are.

    Examples
    --------
    >>> check_ear("whisper-base")
    >>> check_ear("elephant")  # doctest: +ELLIPSIS
    Traceback (most recent call last):
    rtnb.errors.ConfigError: 'elephant' is no ear that is here: auto, none, whisper-tiny.en, whisper-base, ...
    """
    _check(name, EAR, ear_names, "ear")


def check_tts(name: str | None) -> None:
    """Return quietly if there is such a voice, as far as one sees without importing it.

    Raises
    ------
    ConfigError
        There is none; the message lists those that there are.
    """
    _check(name, TTS, tts_names, "voice")


def _check(name: str | None, variable: str, names: Callable[[], tuple[str, ...]], what: str) -> None:
    wanted = chosen(name, variable)
    if not is_path(wanted) and wanted not in (there := names()):
        source = "" if name else f" ({variable})"
        raise ConfigError(
            f"{wanted!r:.200}{source} is no {what} that is here: {', '.join(there)}, "
            "module:callable or file.py:callable."
        )


def load_ear(name: str) -> Recognizer:
    """Load a recogniser and warm it.

    Parameters
    ----------
    name : str
        One of :func:`ear_names`, ``"module:callable"`` or ``"file.py:callable"``.

    Raises
    ------
    ConfigError
        There is none by that name, it cannot be imported, or it is no recogniser.
    MissingExtraError, ModelError, WeightsError
        It cannot be loaded.

    Examples
    --------
    >>> load_ear("none").available
    False
    """
    check_ear(name)
    if name == _NONE:
        return SilentEar()
    ear: Recognizer
    if name == AUTO or name in whisper_names():
        from rtnb.speech.local_ear import LocalEar
        from rtnb.speech.whisper import Whisper

        ear = LocalEar(Whisper()) if name == AUTO else Whisper(name)
        # Not silence: that is answered without the model.
        ear.transcribe((np.random.default_rng(0).standard_normal(32000) * 0.05).astype(np.float32))
        return ear
    from rtnb.speech.guarded import guarded_ear

    return guarded_ear(_found(name, EARS, "recogniser"), name)


def load_tts(name: str) -> Synthesizer:
    """Load a synthesiser and warm it.

    Parameters
    ----------
    name : str
        One of :func:`tts_names`, ``"module:callable"`` or ``"file.py:callable"``.

    Raises
    ------
    ConfigError
        There is none by that name, it cannot be imported, or it is no synthesiser.
    MissingExtraError, ModelError, WeightsError
        It cannot be loaded.

    Examples
    --------
    >>> load_tts("tone").name
    'tone'
    """
    check_tts(name)
    if name == _TONE:
        return ToneVoice()
    if name in (AUTO, _HIBARI):
        from rtnb.speech.hibari_voice import HibariVoice

        voice = HibariVoice()
        # Two sentences: the first call reads the lexicons, and plans the transforms of one length.
        voice.synthesize("Hello there. This is a first sentence, so that the next one is quick.")
        return voice
    from rtnb.speech.guarded import guarded_voice

    return guarded_voice(_found(name, VOICES, "synthesiser"), name)


def _found(name: str, group: str, what: str) -> Any:
    return by_path(name, what=what) if is_path(name) else from_entry_point(group, name, what=what)
