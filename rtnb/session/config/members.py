"""Each setting by its keyword: where it goes in the GA objects, and how a Python value becomes what goes there."""

from __future__ import annotations

import difflib
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from rtnb.audio.formats import PCM16, PCMA, PCMU, AudioFormat
from rtnb.errors import ConfigError
from rtnb.protocol.turn_detection import turn_detection_of
from rtnb.session.config.checking import checked, no_json, plain, shown, wrong
from rtnb.session.config.mcp_tool import Mcp
from rtnb.tokens.context import Truncation

__all__ = ["LOGPROBS", "MEMBERS", "Member", "Tool", "format_setting", "tools_setting"]

Tool = Callable[[Any], Mapping[str, Any]]
"""Makes the wire object of a tool that is neither a mapping nor an :class:`Mcp`, such as a Python function."""

LOGPROBS: Final = "item.input_audio_transcription.logprobs"
"""The one thing that ``include`` may hold (openai 3.52.0)."""

_SESSION: Final = "RealtimeSessionCreateRequestParam"
_INPUT: Final = "RealtimeAudioConfigInputParam"
_OUTPUT: Final = "RealtimeAudioConfigOutputParam"
_RESPONSE: Final = "RealtimeResponseCreateParamsWithReferencesParam"


@dataclass(frozen=True, slots=True)
class Member:
    """A member of a session or of a response.

    Attributes
    ----------
    path : tuple of str
        Where it goes.
    valid : str
        What it may be, for messages.
    model : str
        Model of the catalogue that has it under the last name of `path`.
    to_wire : callable
        Value and keyword to what the wire carries.
    checks : bool
        Whether the catalogue's rules are asked as well; otherwise `to_wire` judges alone.
    """

    path: tuple[str, ...]
    valid: str
    model: str = _SESSION
    to_wire: Callable[[Any, str], Any] = lambda value, keyword: plain(value)
    checks: bool = True

    def wire_of(self, value: Any, keyword: str) -> Any:
        """What `value` is on the wire; ConfigError where the service would refuse it."""
        wire = self.to_wire(value, keyword)
        odd = no_json(wire)
        if odd is not None:
            raise wrong(keyword, value, self.valid, f"{keyword}{odd[0]} is {shown(odd[1])}, which JSON cannot hold.")
        if not self.checks:
            return wire
        return checked(wire, keyword, self.valid, self.model, self.path[-1], given=value)


def format_setting(value: Any, keyword: str) -> dict[str, Any]:
    """The GA object of an audio format, which may be named in any of the ways in use.

    Examples
    --------
    >>> format_setting("pcm16", "input_format"), format_setting("pcmu", "input_format")
    ({'type': 'audio/pcm', 'rate': 24000}, {'type': 'audio/pcmu'})
    """
    if isinstance(value, AudioFormat):
        return value.to_wire()
    if isinstance(value, Mapping) and value.get("rate", PCM16.rate_hz) == PCM16.rate_hz:
        value = value.get("type")
    known = {name: form for form in (PCM16, PCMU, PCMA) for name in (form.type, form.beta, form.type[6:])}
    if isinstance(value, str) and value in known:
        return known[value].to_wire()
    raise wrong(keyword, value, _FORMATS)


def tools_setting(value: Any, keyword: str, tool: Tool | None = None) -> list[dict[str, Any]]:
    """A list of tools on the wire.

    Parameters
    ----------
    value : list
        Mappings, :class:`Mcp` objects, or whatever `tool` takes.
    keyword : str
        For messages.
    tool : callable, optional
        Makes wire objects of the rest, such as functions.
    """
    if isinstance(value, Mapping | Mcp) or callable(value):
        value = [value]
    if isinstance(value, str) or not isinstance(value, Iterable):
        raise wrong(keyword, value, _TOOLS)
    found = [_tool(one, keyword, tool) for one in value]
    names = [one["name"] for one in found if isinstance(one.get("name"), str)]
    labels = [one["server_label"] for one in found if one.get("type") == "mcp"]
    for kind, words in (("name", names), ("server_label", labels)):
        twice = {word for word in words if words.count(word) > 1}
        if twice:
            raise ConfigError(f"{keyword}: two tools have the {kind} {shown(min(twice))}; each needs its own.")
    return found


def _tool(value: Any, keyword: str, tool: Tool | None) -> dict[str, Any]:
    if isinstance(value, Mcp):
        return value.to_wire()
    if isinstance(value, Mapping):
        wire: dict[str, Any] = plain(value)
        inner = wire.get("function")
        # The nested shape of Chat Completions, which half of the tutorials have.
        if wire.get("type") == "function" and isinstance(inner, Mapping) and "name" not in wire:
            wire = {"type": "function", **{name: inner[name] for name in inner if name != "strict"}}
        return wire
    if tool is not None:
        return plain(tool(value))  # type: ignore[no-any-return]
    raise wrong(keyword, value, _TOOLS)


def _tool_choice(value: Any, keyword: str) -> Any:
    if isinstance(value, Mcp):
        return {"type": "mcp", "server_label": value.label}
    if callable(value):
        return {"type": "function", "name": getattr(value, "__name__", "")}
    wire = plain(value)
    if isinstance(wire, dict) and wire.get("type") == "function" and isinstance(wire.get("function"), dict):
        return {"type": "function", **wire["function"]}
    if isinstance(wire, str) and wire not in _CHOICES:
        near = difflib.get_close_matches(wire, _CHOICES, n=1)
        meant = f'If you mean the tool of that name, write {{"type": "function", "name": {wire!r}}}.'
        raise wrong(keyword, wire, _TOOL_CHOICE, f"{near[0]!r} is near." if near else meant)
    return wire


def _modalities(value: Any, keyword: str) -> list[str]:
    wanted = list(value) if isinstance(value, Iterable) and not isinstance(value, str) else [value]
    if wanted not in (["text"], ["audio"]):
        raise ConfigError(
            f'{keyword}={shown(value)} cannot be used: modalities are ["audio"] (speech with its transcript) or '
            '["text"]; the GA protocol knows no mixture. For both write modalities=["audio"].'
        )
    return wanted


def _voice(value: Any, keyword: str) -> Any:
    wire = plain(value)
    if isinstance(wire, str) and wire.startswith("voice_"):
        return {"id": wire}
    if not wire:
        raise wrong(keyword, value, _VOICE)
    return wire


def _truncation(value: Any, keyword: str) -> Any:
    if isinstance(value, Truncation):
        return value.to_wire()
    try:
        return Truncation.from_wire(plain(value)).to_wire() if value is not None else None
    except ConfigError as error:
        raise ConfigError(f"{keyword}: {error}") from None


def _turn_detection(value: Any, keyword: str) -> Any:
    try:
        return turn_detection_of(value)
    except ConfigError as error:
        # Said by the value's own class, which knows its members.
        message = str(error)
        if message.startswith(("turn_detection", "Server", "Semantic")):
            raise
        raise ConfigError(f"{keyword}={shown(value)} cannot be used: {message}") from None


def _or_object(name: str) -> Callable[[Any, str], Any]:
    """A single word stands for an object with only that member."""

    def to_wire(value: Any, keyword: str) -> Any:
        return {name: value} if isinstance(value, str) else plain(value)

    return to_wire


def _tracing(value: Any, keyword: str) -> Any:
    return {True: "auto", False: None}[value] if isinstance(value, bool) else plain(value)


def _max_output_tokens(value: Any, keyword: str) -> Any:
    """A number of any size: the documented 4,096 is less than what newer models answer with, and the server judges."""
    wire = plain(value)
    if wire == "inf" or (isinstance(wire, int) and not isinstance(wire, bool) and wire >= 1):
        return wire
    raise wrong(keyword, value, _MOST_TOKENS)


def _list(value: Any, keyword: str) -> Any:
    return [value] if isinstance(value, str) else plain(value)


_CHOICES = ("none", "auto", "required")
_FORMATS = '"pcm16" (24 kHz), "pcmu" or "pcma" (G.711, 8 kHz), or an object such as {"type": "audio/pcmu"}'
_TOOLS = "a list of functions, rtnb.Mcp(...) objects, and mappings with type, name, description and parameters"
_TOOL_CHOICE = '"auto", "none", "required", a function, {"type": "function", "name": ...} or {"type": "mcp", ...}'
_VOICE = 'the name of a voice, such as "marin", or rtnb.Voice(id="voice_...")'
_MOST_TOKENS = 'a whole number from 1 (rtnb.models() tells how long a model\'s answers can be), or "inf"'
_EFFORTS = '"minimal", "low", "medium", "high", "xhigh", or rtnb.Reasoning(effort=...)'

MEMBERS: Final[Mapping[str, Member]] = {
    "instructions": Member(("instructions",), 'a text; "" clears it'),
    "voice": Member(("audio", "output", "voice"), _VOICE, _OUTPUT, _voice),
    "modalities": Member(("output_modalities",), '["audio"] or ["text"]', to_wire=_modalities),
    "turn_detection": Member(
        ("audio", "input", "turn_detection"),
        "rtnb.ServerVad(...), rtnb.SemanticVad(...), or None for manual turns",
        _INPUT,
        _turn_detection,
    ),
    "transcription": Member(
        ("audio", "input", "transcription"),
        "the name of a model, rtnb.Transcription(...), or None for off",
        _INPUT,
        _or_object("model"),
    ),
    "noise_reduction": Member(
        ("audio", "input", "noise_reduction"),
        '"near_field", "far_field", rtnb.NoiseReduction(...), or None for off',
        _INPUT,
        _or_object("type"),
    ),
    "speed": Member(("audio", "output", "speed"), "a number from 0.25 to 1.5", _OUTPUT),
    "input_format": Member(("audio", "input", "format"), _FORMATS, _INPUT, format_setting),
    "output_format": Member(("audio", "output", "format"), _FORMATS, _OUTPUT, format_setting),
    "max_output_tokens": Member(("max_output_tokens",), _MOST_TOKENS, to_wire=_max_output_tokens, checks=False),
    "tools": Member(("tools",), _TOOLS, to_wire=tools_setting),
    "tool_choice": Member(("tool_choice",), _TOOL_CHOICE, to_wire=_tool_choice),
    "parallel_tool_calls": Member(("parallel_tool_calls",), "True or False (reasoning models only)"),
    "reasoning": Member(("reasoning",), _EFFORTS, to_wire=_or_object("effort")),
    "tracing": Member(("tracing",), '"auto", rtnb.Tracing(...), or None for off', to_wire=_tracing),
    "truncation": Member(
        ("truncation",), '"auto", "disabled" or a retention ratio, see rtnb.tokens.Truncation', to_wire=_truncation
    ),
    "prompt": Member(
        ("prompt",), 'the id of a stored prompt ("pmpt_..."), rtnb.Prompt(...), or None', to_wire=_or_object("id")
    ),
    "include": Member(("include",), f'["{LOGPROBS}"] or None', to_wire=_list),
    "metadata": Member(("metadata",), "at most 16 pairs of strings (names up to 64, values 512)", _RESPONSE),
    "conversation": Member(("conversation",), '"auto", or "none" for out of band', _RESPONSE),
}
"""Every keyword that is one member on the wire; ``metadata`` and ``conversation`` belong to responses alone."""
