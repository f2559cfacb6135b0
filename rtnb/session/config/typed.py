"""The objects inside of a session's settings, as Python values that are right or do not come to be.

A member that is None is *unset*: it stays off the wire, so that the server's own default holds. Turn detection is
in :mod:`rtnb.protocol.turn_detection`, truncation in :mod:`rtnb.tokens.context`.

Examples
--------
>>> Transcription(model="gpt-4o-transcribe", language="de").to_wire()
{'model': 'gpt-4o-transcribe', 'language': 'de'}
>>> NoiseReduction(type="far_field").to_wire()
{'type': 'far_field'}
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, fields
from typing import Any, ClassVar, Final, Literal, Self

from rtnb.errors import ConfigError
from rtnb.protocol.transcription import transcription_options
from rtnb.session.config.checking import checked, plain, shown, wrong

__all__ = [
    "DEFAULT_TRANSCRIPTION",
    "Delay",
    "Effort",
    "NoiseReduction",
    "Prompt",
    "Reasoning",
    "Tracing",
    "Transcription",
    "Voice",
]

DEFAULT_TRANSCRIPTION: Final = "gpt-transcribe"
"""Priced by the minute, and without an announced shutdown date (2026-11-21)."""

Effort = Literal["minimal", "low", "medium", "high", "xhigh"]
Delay = Literal["minimal", "low", "medium", "high", "xhigh"]


class _Typed:
    """What the objects share: a member that is None is unset, and unknown members of the wire are passed over."""

    __slots__ = ()

    def to_wire(self) -> dict[str, Any]:
        """The object for a ``session.update``, with only what was set."""
        values = ((member.name, getattr(self, member.name)) for member in fields(self))  # type: ignore[arg-type]
        return {name: plain(value) for name, value in values if value is not None}

    @classmethod
    def from_wire(cls, wire: Mapping[str, Any]) -> Self:
        """From a protocol object; members this version does not know are passed over.

        Raises
        ------
        ConfigError
            `wire` is no object, or a member has a value that the API would refuse.
        """
        if not isinstance(wire, Mapping):
            raise ConfigError(f"{cls.__name__} comes from an object of the protocol, not from {shown(wire)}.")
        known = {member.name for member in fields(cls)}  # type: ignore[arg-type]
        return cls(**{name: value for name, value in wire.items() if name in known})

    def _check(self, model: str, valid: Mapping[str, str]) -> None:
        """Each member that is set is one that the service would take."""
        for name, value in self.to_wire().items():
            checked(value, f"{type(self).__name__}({name}", valid[name], model, name)


def _frozen(value: Any, keyword: str) -> Any:
    """A list of words as a tuple; a single word is meant as a list of one."""
    if value is None or isinstance(value, tuple):
        return value
    if isinstance(value, str):
        return (value,)
    if isinstance(value, Sequence):
        return tuple(value)
    raise wrong(keyword, value, "a list of strings")


@dataclass(frozen=True, slots=True, kw_only=True)
class Transcription(_Typed):
    """How what the user says is written down, beside and independent of what the model hears.

    Parameters
    ----------
    model : str, optional
        Such as ``"gpt-transcribe"``, ``"gpt-4o-transcribe"`` or ``"whisper-1"``; :func:`rtnb.models` lists them.
    language : str, optional
        ISO-639-1, such as ``"en"``.
    languages : sequence of str, optional
        Languages that may occur; ``gpt-transcribe`` and ``gpt-live-transcribe``.
    prompt : str, optional
        Free text about what is said; for ``whisper-1`` a list of words. At most 1,024 characters.
    keywords : sequence of str, optional
        Words that are to be spelled so; ``gpt-transcribe`` and ``gpt-live-transcribe``.
    delay : {"minimal", "low", "medium", "high", "xhigh"}, optional
        How long to wait for certainty; ``gpt-realtime-whisper`` and ``gpt-live-transcribe``. The live service does
        not echo it.

    Raises
    ------
    ConfigError
        A value the API would refuse, or an option that the model does not have.

    Examples
    --------
    >>> Transcription(language="en", keywords=["Ljubljana"]).to_wire()
    {'model': 'gpt-transcribe', 'language': 'en', 'keywords': ['Ljubljana']}
    >>> Transcription(model="whisper-1", delay="low")
    Traceback (most recent call last):
    rtnb.errors.ConfigError: Transcription(delay='low') cannot be used: 'whisper-1' takes language and prompt.
    """

    model: str = DEFAULT_TRANSCRIPTION
    language: str | None = None
    languages: Sequence[str] | None = None
    prompt: str | None = None
    keywords: Sequence[str] | None = None
    delay: Delay | None = None

    _VALID: ClassVar[Mapping[str, str]] = {
        "model": "the name of a transcription model",
        "language": 'a language as "en"',
        "languages": 'a list of languages as "en"',
        "prompt": "a text of at most 1,024 characters",
        "keywords": "a list of words",
        "delay": '"minimal", "low", "medium", "high" or "xhigh"',
    }

    def __post_init__(self) -> None:
        for name in ("languages", "keywords"):
            object.__setattr__(self, name, _frozen(getattr(self, name), f"Transcription({name}"))
        self._check("AudioTranscriptionParam", self._VALID)
        known = transcription_options(self.model)
        for name, value in self.to_wire().items():
            if known is not None and name != "model" and name not in known and value not in ("", []):
                takes = " and ".join(sorted(known)) if len(known) < 3 else ", ".join(sorted(known))
                given = f"Transcription({name}={shown(value)})"
                raise ConfigError(f"{given} cannot be used: {self.model!r} takes {takes or 'no options'}.")


@dataclass(frozen=True, slots=True, kw_only=True)
class NoiseReduction(_Typed):
    """Cleaning of the input before turn detection and the model hear it.

    Parameters
    ----------
    type : {"near_field", "far_field"}
        ``near_field`` for headsets, ``far_field`` for the microphones of laptops and rooms.
    strength : float, optional
        1 where it is first enabled; unset in an update, it stays.

    Examples
    --------
    >>> NoiseReduction(type="near_field", strength=0.5).to_wire()
    {'type': 'near_field', 'strength': 0.5}
    """

    type: Literal["near_field", "far_field"] | None = None
    strength: float | None = None

    def __post_init__(self) -> None:
        valid = {"type": '"near_field" (headsets) or "far_field" (laptops and rooms)', "strength": "a number"}
        self._check("RealtimeAudioConfigInputParam.NoiseReduction", valid)


@dataclass(frozen=True, slots=True, kw_only=True)
class Reasoning(_Typed):
    """How much a reasoning model thinks before it speaks.

    Parameters
    ----------
    effort : {"minimal", "low", "medium", "high", "xhigh"}, optional

    Examples
    --------
    >>> Reasoning(effort="low").to_wire()
    {'effort': 'low'}
    """

    effort: Effort | None = None

    def __post_init__(self) -> None:
        self._check("RealtimeReasoningParam", {"effort": '"minimal", "low", "medium", "high" or "xhigh"'})


@dataclass(frozen=True, slots=True, kw_only=True)
class Prompt(_Typed):
    """A prompt that is stored with the service: its id, and what is put into it.

    Parameters
    ----------
    id : str
        Such as ``"pmpt_..."``.
    version : str, optional
        The published version where it is unset.
    variables : mapping, optional
        Values by name: strings, or content parts such as ``{"type": "input_text", "text": "..."}``.

    Examples
    --------
    >>> Prompt(id="pmpt_123", variables={"city": "Kyoto"}).to_wire()
    {'id': 'pmpt_123', 'variables': {'city': 'Kyoto'}}
    """

    id: str
    version: str | None = None
    variables: Mapping[str, Any] | None = field(default=None, hash=False)

    def __post_init__(self) -> None:
        valid = {
            "id": 'the id of a stored prompt, such as "pmpt_..."',
            "version": 'a string such as "2"',
            "variables": "a mapping of names to strings or content parts",
        }
        self._check("ResponsePromptParam", valid)
        if not self.id:
            raise wrong("Prompt(id", self.id, valid["id"])


@dataclass(frozen=True, slots=True, kw_only=True)
class Tracing(_Typed):
    """Where the service's own trace of the session is filed.

    Parameters
    ----------
    workflow_name, group_id : str, optional
    metadata : mapping, optional

    Examples
    --------
    >>> Tracing(workflow_name="hotline").to_wire()
    {'workflow_name': 'hotline'}
    """

    workflow_name: str | None = None
    group_id: str | None = None
    metadata: Mapping[str, Any] | None = field(default=None, hash=False)

    def __post_init__(self) -> None:
        valid = {"workflow_name": "a string", "group_id": "a string", "metadata": "a mapping"}
        self._check("RealtimeTracingConfigParam.TracingConfiguration", valid)


@dataclass(frozen=True, slots=True, kw_only=True)
class Voice(_Typed):
    """A voice of your own by its id; the built-in ones are plain names, such as ``"marin"``.

    Examples
    --------
    >>> Voice(id="voice_123").to_wire()
    {'id': 'voice_123'}
    """

    id: str

    def __post_init__(self) -> None:
        self._check("RealtimeAudioConfigOutputParam.VoiceID", {"id": 'the id of a voice, such as "voice_..."'})
