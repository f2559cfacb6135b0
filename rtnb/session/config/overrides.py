"""What one response does otherwise than the session: the ``response`` of a ``response.create``."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from rtnb.audio.formats import PCM16, AudioFormat
from rtnb.errors import ConfigError
from rtnb.session.config.checking import checked, plain, shown
from rtnb.session.config.elsewhere import no_such_keyword
from rtnb.session.config.keywords import merged, placed
from rtnb.session.config.members import Tool
from rtnb.session.config.mixtures import Change, translate_response
from rtnb.session.config.parts import message, parts_of
from rtnb.session.config.spelled import refuse_unset

__all__ = ["OVERRIDES", "response_of", "response_with_changes"]

OVERRIDES: Final = (
    "instructions",
    "modalities",
    "voice",
    "output_format",
    "max_output_tokens",
    "tools",
    "tool_choice",
    "parallel_tool_calls",
    "reasoning",
    "prompt",
    "metadata",
    "input",
    "conversation",
    "response",
)
"""Keywords of one response; ``response`` is a ``response`` object of any shape, merged over the rest."""

_RESPONSE: Final = "RealtimeResponseCreateParamsWithReferencesParam"
_INPUT: Final = (
    "a list of items: texts, clips and images (each a message of the user), mappings of the protocol, and "
    '{"type": "item_reference", "id": ...}; [] for no context at all'
)
_ABOUT: Final = {
    "turn_detection": "The session has turn detection, for all of its responses: update(turn_detection=...).",
    "speed": "Speed belongs to the session, and changes between turns: update(speed=...).",
    "transcription": "Transcription belongs to the session: update(transcription=...).",
}


def response_of(
    overrides: Mapping[str, Any], tool: Tool | None = None, audio_format: AudioFormat = PCM16
) -> dict[str, Any]:
    """The ``response`` member of a ``response.create``, with only what was given.

    Parameters
    ----------
    overrides : mapping
        Keywords and their values; see :data:`OVERRIDES`.
    tool : callable, optional
        As for :func:`rtnb.session.config.keywords.session_patch`.
    audio_format : AudioFormat
        Of the session's input, for clips in ``input``.

    Raises
    ------
    ConfigError
        An unknown keyword, or a value that the service would refuse.

    Examples
    --------
    >>> response_of({"modalities": ["text"], "conversation": "none", "input": ["Say yes."]})["input"][0]["role"]
    'user'
    >>> response_of({"voice": "cedar", "max_output_tokens": 100})
    {'max_output_tokens': 100, 'audio': {'output': {'voice': 'cedar'}}}
    """
    return response_with_changes(overrides, tool, audio_format)[0]


def response_with_changes(
    overrides: Mapping[str, Any], tool: Tool | None = None, audio_format: AudioFormat = PCM16
) -> tuple[dict[str, Any], tuple[Change, ...]]:
    """As :func:`response_of`, with what the ``response`` keyword was translated by."""
    unknown = set(overrides) - set(OVERRIDES)
    if unknown:
        raise no_such_keyword(
            unknown, OVERRIDES, what="option", whole="Options of a response are", raw="response", about=_ABOUT
        )
    refuse_unset(overrides)
    response = placed({name: overrides[name] for name in OVERRIDES if name in overrides}, tool)
    if "input" in overrides:
        response["input"] = _input(overrides["input"], audio_format)
    if "audio" in response:
        response["audio"] = response.pop("audio")
    whole = overrides.get("response")
    if whole is None:
        return response, ()
    if not isinstance(whole, Mapping):
        raise ConfigError(f"response is a mapping that is merged over the other options, not {shown(whole)}.")
    translated = translate_response(whole)
    return merged(response, translated.session), translated.changes


def _input(value: Any, audio_format: AudioFormat) -> list[dict[str, Any]]:
    given = value if isinstance(value, list | tuple) else [value]
    items = [_item(one, audio_format) for one in given]
    found: list[dict[str, Any]] = checked(items, "input", _INPUT, _RESPONSE, "input")
    return found


def _item(value: Any, audio_format: AudioFormat) -> dict[str, Any]:
    if isinstance(value, Mapping) and not str(value.get("type", "")).startswith("input_"):
        wire = plain(value)
        translated: dict[str, Any] = translate_response({"input": [wire]}).session["input"][0]
        return translated
    return message(parts_of(value, audio_format).parts)
