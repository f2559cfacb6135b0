"""Ears and voices by name: rtnb's own, those of installed packages, and those of one's own files.

Packages announce theirs in the groups ``rtnb.recognizers`` and ``rtnb.synthesizers`` of entry points; what such an
engine is, :mod:`rtnb.speech.base` says. Nothing is imported before it is chosen.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
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
    "known_engines",
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


@dataclass(frozen=True, slots=True)
class _Kind:
    """What is the same for ears and for voices."""

    what: str
    short: str
    method: str
    group: str
    variable: str
    own: Callable[[], tuple[str, ...]]
    """The names of rtnb's own."""

    def names(self) -> tuple[str, ...]:
        return tuple(dict.fromkeys((*self.own(), *entry_names(self.group))))


_EAR = _Kind("recogniser", "ear", "transcribe", EARS, EAR, lambda: (AUTO, _NONE, *whisper_names()))
_TTS = _Kind("synthesiser", "voice", "synthesize", VOICES, TTS, lambda: (AUTO, _TONE, _HIBARI))

_imported: dict[str, tuple[tuple[str, str, int, int], Any]] = {}
"""What the last check of each kind has imported."""


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
    return _EAR.names()


def tts_names() -> tuple[str, ...]:
    """The names that :func:`load_tts` knows.

    Examples
    --------
    >>> tts_names()[:3]
    ('auto', 'tone', 'hibari-heart')
    """
    return _TTS.names()


def check_ear(name: str | None) -> None:
    """Return quietly if there is such an ear; one of somebody else's is imported, but not made.

    Raises
    ------
    ConfigError
        There is none, and the message lists those that there are; or it cannot be imported, or called.

    Examples
    --------
    >>> check_ear("whisper-base")
    >>> check_ear("elephant")  # doctest: +ELLIPSIS
    Traceback (most recent call last):
    rtnb.errors.ConfigError: 'elephant' is no ear that is here: auto, none, whisper-tiny.en, whisper-base, ...
    """
    _check(chosen(name, EAR), _EAR, not name)


def check_tts(name: str | None) -> None:
    """Return quietly if there is such a voice; one of somebody else's is imported, but not made.

    Raises
    ------
    ConfigError
        There is none, and the message lists those that there are; or it cannot be imported, or called.
    """
    _check(chosen(name, TTS), _TTS, not name)


def known_engines(ear: str | None, tts: str | None) -> None:
    """Return quietly if there are engines by these names, as far as one sees without importing anything.

    Raises
    ------
    ConfigError
        There is none; the message lists those that there are.
    """
    _known(chosen(ear, EAR), _EAR, not ear)
    _known(chosen(tts, TTS), _TTS, not tts)


def _known(name: str, kind: _Kind, from_environment: bool = False) -> None:
    if not is_path(name) and name not in (there := kind.names()):
        source = f" ({kind.variable})" if from_environment else ""
        raise ConfigError(
            f"{name!r:.200}{source} is no {kind.short} that is here: {', '.join(there)}, "
            "module:callable or file.py:callable."
        )


def _check(name: str, kind: _Kind, from_environment: bool) -> None:
    _known(name, kind, from_environment)
    if name in kind.own():
        return
    state = _state(name)
    if _imported.get(kind.what, (None,))[0] != state:
        _imported[kind.what] = state, _found(name, kind)


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
    _known(name, _EAR)
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

    return guarded_ear(_taken(name, _EAR), name)


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
    _known(name, _TTS)
    if name == _TONE:
        return ToneVoice()
    if name in (AUTO, _HIBARI):
        from rtnb.speech.hibari_voice import HibariVoice

        voice = HibariVoice()
        # Two sentences: the first call reads the lexicons, and plans the transforms of one length.
        voice.synthesize("Hello there. This is a first sentence, so that the next one is quick.")
        return voice
    from rtnb.speech.guarded import guarded_voice

    return guarded_voice(_taken(name, _TTS), name)


def _found(name: str, kind: _Kind) -> Any:
    from rtnb.speech.guarded import usable

    found = by_path(name, what=kind.what) if is_path(name) else from_entry_point(kind.group, name, what=kind.what)
    return usable(found, kind.method, what=kind.what, name=name)


def _taken(name: str, kind: _Kind) -> Any:
    """What a check has just imported, else imported now: a module that takes long is not to be run twice."""
    from rtnb.speech.calls import made

    state, found = _imported.pop(kind.what, (None, None))
    if state is not None and state == _state(name):
        return found
    return made(lambda: _found(name, kind), f"The {kind.what} {name!r}")


def _state(name: str) -> tuple[str, str, int, int]:
    """The name, and the file that it names: changed since, it is another."""
    where = Path(name.rpartition(":")[0])
    try:
        file = where.resolve()
        stat = file.stat()
    except OSError:
        return name, str(Path.cwd()), 0, 0
    return name, str(file), stat.st_mtime_ns, stat.st_size
