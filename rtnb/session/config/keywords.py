"""Session settings as keywords, and the GA ``session.update`` they become."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, Final

from rtnb.errors import ConfigError
from rtnb.protocol.turn_detection import turn_detection_of

__all__ = ["DEFAULT_MODEL", "DEFAULT_TRANSCRIPTION", "SETTINGS", "session_patch"]

DEFAULT_MODEL: Final = "gpt-realtime-2.1"
"""The current speech-to-speech model without an announced shutdown date (2026-11-21)."""

DEFAULT_TRANSCRIPTION: Final = "gpt-transcribe"
"""Priced by the minute, and without an announced shutdown date (2026-11-21)."""

SETTINGS: Final = (
    "instructions",
    "voice",
    "modalities",
    "turn_detection",
    "transcription",
    "noise_reduction",
    "speed",
    "max_output_tokens",
    "tools",
    "tool_choice",
    "session",
)
"""Keywords that `connect` and `update` take; ``session`` is a GA session object merged over the rest."""


def session_patch(settings: Mapping[str, Any]) -> dict[str, Any]:
    """The ``session`` member of a ``session.update``, with only what was given.

    Raises
    ------
    ConfigError
        An unknown keyword, or a value that cannot be meant.

    Examples
    --------
    >>> session_patch({"voice": "cedar", "turn_detection": None})
    {'type': 'realtime', 'audio': {'input': {'turn_detection': None}, 'output': {'voice': 'cedar'}}}
    """
    unknown = sorted(set(settings) - set(SETTINGS))
    if unknown:
        raise ConfigError(f"Unknown setting {', '.join(map(repr, unknown))}. Settings are: {', '.join(SETTINGS)}.")
    top: dict[str, Any] = {}
    into: dict[str, Any] = {}
    out: dict[str, Any] = {}
    for name, value in settings.items():
        match name:
            case "instructions" | "tools" | "tool_choice" | "max_output_tokens":
                top[name] = value
            case "modalities":
                top["output_modalities"] = _modalities(value)
            case "voice" | "speed":
                out[name] = value
            case "turn_detection":
                into[name] = turn_detection_of(value)
            case "transcription":
                into[name] = {"model": value} if isinstance(value, str) else value
            case "noise_reduction":
                into[name] = {"type": value} if isinstance(value, str) else value
    whole = settings.get("session")
    if whole is not None and not isinstance(whole, Mapping):
        raise ConfigError(f"session is a mapping that is merged over the other settings, not {whole!r}.")
    patch: dict[str, Any] = {"type": "realtime", **top}
    audio = {side: members for side, members in (("input", into), ("output", out)) if members}
    if audio:
        patch["audio"] = audio
    return _merged(patch, whole or {})


def _modalities(value: object) -> list[str]:
    wanted = list(value) if isinstance(value, Iterable) and not isinstance(value, str) else [value]
    if wanted not in (["text"], ["audio"]):
        raise ConfigError(
            f'modalities are ["audio"] (speech with its transcript) or ["text"], not {value!r}; '
            "the GA protocol knows no mixture."
        )
    return wanted


def _merged(base: dict[str, Any], over: Mapping[str, Any]) -> dict[str, Any]:
    merged = dict(base)
    for name, value in over.items():
        mine = merged.get(name)
        merged[name] = _merged(mine, value) if isinstance(mine, dict) and isinstance(value, Mapping) else value
    return merged
