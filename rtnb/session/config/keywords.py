"""Session settings as keywords, and the GA ``session.update`` they become."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from rtnb.errors import ConfigError
from rtnb.protocol.session_config import SessionKind
from rtnb.session.config.checking import shown, wrong
from rtnb.session.config.elsewhere import no_such_keyword
from rtnb.session.config.members import LOGPROBS, MEMBERS, Tool, tools_setting
from rtnb.session.config.mixtures import Change, translate
from rtnb.session.config.spelled import refuse_unset
from rtnb.session.config.typed import DEFAULT_TRANSCRIPTION

__all__ = [
    "DEFAULT_MODEL",
    "DEFAULT_TRANSCRIPTION",
    "SETTINGS",
    "TRANSCRIPTION_SETTINGS",
    "Patched",
    "merged",
    "patched",
    "placed",
    "session_patch",
]

DEFAULT_MODEL: Final = "gpt-realtime-2.1"
"""The current speech-to-speech model without an announced shutdown date (2026-11-21)."""

SETTINGS: Final = (
    "instructions",
    "voice",
    "modalities",
    "turn_detection",
    "transcription",
    "noise_reduction",
    "speed",
    "input_format",
    "output_format",
    "max_output_tokens",
    "tools",
    "tool_choice",
    "parallel_tool_calls",
    "reasoning",
    "tracing",
    "truncation",
    "prompt",
    "include",
    "logprobs",
    "session",
)
"""Keywords that `connect` and `update` take; ``session`` is a session object of any shape, merged over the rest."""

TRANSCRIPTION_SETTINGS: Final = (
    "turn_detection",
    "transcription",
    "noise_reduction",
    "input_format",
    "include",
    "logprobs",
    "session",
)
"""Those of them that a transcription session has: it says nothing."""


@dataclass(frozen=True, slots=True)
class Patched:
    """A patch, and what the ``session`` keyword was translated by.

    Attributes
    ----------
    session : dict
        The ``session`` member of a ``session.update``.
    changes : tuple of Change
        What was said in another shape than GA's.
    """

    session: dict[str, Any]
    changes: tuple[Change, ...]


def session_patch(
    settings: Mapping[str, Any], tool: Tool | None = None, *, kind: SessionKind = "realtime"
) -> dict[str, Any]:
    """The ``session`` member of a ``session.update``, with only what was given.

    Parameters
    ----------
    settings : mapping
        Keywords and their values; see :data:`SETTINGS`.
    tool : callable, optional
        Makes the wire object of a tool that is neither a mapping nor an :class:`rtnb.Mcp`, such as a function.
    kind : {"realtime", "transcription"}
        What the session is for.

    Raises
    ------
    ConfigError
        An unknown keyword, or a value that cannot be meant.

    Examples
    --------
    >>> session_patch({"voice": "cedar", "turn_detection": None})
    {'type': 'realtime', 'audio': {'input': {'turn_detection': None}, 'output': {'voice': 'cedar'}}}
    >>> session_patch({"transcription": "gpt-live-transcribe"}, kind="transcription")
    {'type': 'transcription', 'audio': {'input': {'transcription': {'model': 'gpt-live-transcribe'}}}}
    """
    return patched(settings, tool, kind=kind).session


def patched(settings: Mapping[str, Any], tool: Tool | None = None, *, kind: SessionKind = "realtime") -> Patched:
    """As :func:`session_patch`, with what was translated on the way.

    Examples
    --------
    >>> print(patched({"session": {"modalities": ["text", "audio"]}}).changes[0])
    modalities → output_modalities: renamed in GA; "audio" alone brings the transcript along
    """
    known = SETTINGS if kind == "realtime" else TRANSCRIPTION_SETTINGS
    unknown = set(settings) - set(known)
    if unknown:
        what = "setting" if kind == "realtime" else "setting of a transcription session"
        raise no_such_keyword(unknown, known, what=what, whole="Settings are", raw="session")
    refuse_unset(settings)
    patch: dict[str, Any] = {"type": kind, **placed(settings, tool)}
    whole = settings.get("session")
    if whole is None:
        return Patched(patch, ())
    if not isinstance(whole, Mapping):
        raise ConfigError(f"session is a mapping that is merged over the other settings, not {shown(whole)}.")
    if isinstance(whole.get("tools"), list | tuple):
        stray = next((one for one in whole["tools"] if callable(one) and tool is None), None)
        if stray is not None:
            raise ConfigError(
                f"session={{'tools': ...}} is the protocol's own object, and {shown(stray)} is none of its tools. "
                "Python functions go in tools=[...]: rtnb describes them to the model and runs them."
            )
        # Mappings are for the translation, which says what it does to them.
        ready = [one if isinstance(one, Mapping) else tools_setting([one], "tools", tool)[0] for one in whole["tools"]]
        whole = {**whole, "tools": ready}
    translated = translate(whole, kind=kind)
    if translated.session["type"] != kind:
        raise ConfigError(f"session is of type {shown(translated.session['type'])}, and this session of type {kind!r}.")
    # A type that is left to the keyword's own session is no mistake.
    told = tuple(change for change in translated.changes if (change.kind, change.path_after) != ("added", "type"))
    return Patched(merged(patch, translated.session), told)


def placed(settings: Mapping[str, Any], tool: Tool | None = None) -> dict[str, Any]:
    """Keywords at their places in a GA object; input before output, whatever the order they came in."""
    wire: dict[str, Any] = {}
    for name, value in settings.items():
        if name in ("tools", "logprobs") or name not in MEMBERS:
            continue
        _put(wire, MEMBERS[name].path, MEMBERS[name].wire_of(value, name))
    if "tools" in settings:
        # A null is no list; it is refused with the rest that is none.
        listed = tools_setting(settings["tools"], "tools", tool)
        _put(wire, ("tools",), _checked_tools(listed))
    if "logprobs" in settings:
        wire["include"] = _included(settings["logprobs"], wire.get("include"))
    audio = wire.get("audio")
    if isinstance(audio, dict):
        wire["audio"] = {side: audio[side] for side in ("input", "output") if side in audio}
        wire["audio"] = wire.pop("audio")
    return wire


def _checked_tools(listed: list[dict[str, Any]]) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = MEMBERS["tools"].wire_of(listed, "tools")
    return found


def _included(logprobs: object, include: list[str] | None) -> list[str] | None:
    if not isinstance(logprobs, bool):
        raise wrong("logprobs", logprobs, "True or False")
    rest = [name for name in include or () if name != LOGPROBS]
    return [*rest, LOGPROBS] if logprobs else rest or None


def _put(wire: dict[str, Any], path: tuple[str, ...], value: Any) -> None:
    for name in path[:-1]:
        wire = wire.setdefault(name, {})
    wire[path[-1]] = value


def merged(base: Mapping[str, Any], over: Mapping[str, Any]) -> dict[str, Any]:
    """`base` with the members of `over`, object by object."""
    found = dict(base)
    for name, value in over.items():
        mine = found.get(name)
        found[name] = value
        if isinstance(mine, dict) and isinstance(value, Mapping):
            # Members of one kind of turn detection are none of the other's.
            alike = mine.get("type", value.get("type")) == value.get("type", mine.get("type"))
            found[name] = merged(mine, value) if alike else value
    return found
