"""Keywords by name and type, for type checkers and for the Tab key: what ``**settings`` and ``**overrides`` take.

Who reads a signature sees two stars; who types a keyword in a cell wants it completed. The types say what is usual;
what a value may be in full, and what is wrong about it, is said where it is checked.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, TypedDict, TypeVar

from rtnb.errors import ConfigError

if TYPE_CHECKING:
    from rtnb.audio.formats import AudioFormat
    from rtnb.protocol.turn_detection import SemanticVad, ServerVad
    from rtnb.session.config.typed import NoiseReduction, Prompt, Reasoning, Tracing, Transcription, Voice
    from rtnb.tokens.context import KeepLast, Summarise, Truncation

__all__ = ["UNSET", "ConnectOptions", "Overrides", "Settings", "TranscriptionOptions", "refuse_unset", "spelled"]

F = TypeVar("F", bound=Callable[..., Any])

_Json = Mapping[str, Any]


class Answering(TypedDict, total=False):
    """How the model answers: of a session, or of one response."""

    instructions: str
    modalities: Sequence[str] | str
    voice: str | Voice | _Json
    output_format: str | AudioFormat | _Json
    max_output_tokens: int | str | None
    tools: Any
    tool_choice: Any
    parallel_tool_calls: bool
    reasoning: str | Reasoning | _Json | None
    prompt: str | Prompt | _Json | None


class Hearing(TypedDict, total=False):
    """What is made of the user's audio, in sessions of both kinds."""

    turn_detection: ServerVad | SemanticVad | _Json | str | None
    noise_reduction: str | NoiseReduction | _Json | None
    input_format: str | AudioFormat | _Json
    logprobs: bool


class Settings(Answering, Hearing, total=False):
    """What :meth:`rtnb.Session.update` takes."""

    transcription: str | Transcription | _Json | None
    speed: float
    tracing: str | bool | Tracing | _Json | None
    truncation: str | float | Truncation | _Json | None
    include: Sequence[str] | str | None
    session: _Json | None


class ConnectOptions(Settings, total=False):
    """What :func:`rtnb.connect` takes besides: the client's side of a session."""

    journal: bool | str | Path
    budget_usd: float | None
    budget_tokens: int | None
    max_minutes: float | None
    handover: bool
    reconnect: bool
    half_duplex: bool
    policy: KeepLast | Summarise | None
    tracebacks: bool
    on_approval: Callable[..., Any] | None
    max_tool_rounds: int


class TranscriptionOptions(Hearing, total=False):
    """What :func:`rtnb.transcription` takes."""

    model: str
    language: str | None
    languages: Sequence[str] | None
    prompt: str | None
    keywords: Sequence[str] | None
    delay: str | None
    journal: bool | str | Path


class Overrides(Answering, total=False):
    """What one response does otherwise than the session."""

    metadata: Mapping[str, str] | None
    input: Any
    conversation: str
    response: _Json | None


class _Unset:
    """The default, as signatures show it, of what is left to the server or to the session; nothing to be passed on."""

    def __repr__(self) -> str:
        return "unset"


UNSET: Final = _Unset()


def refuse_unset(given: Mapping[str, Any]) -> None:
    """Refuse what was taken from a signature and passed on, as wrappers do.

    Raises
    ------
    ConfigError
        It is among the values.

    Examples
    --------
    >>> refuse_unset({"voice": "marin", "speed": UNSET})
    Traceback (most recent call last):
    rtnb.errors.ConfigError: speed is what a signature shows for a setting that is left out: leave it out.
    """
    for name, value in given.items():
        if value is UNSET:
            raise ConfigError(f"{name} is what a signature shows for a setting that is left out: leave it out.")


def spelled(keywords: type) -> Callable[[F], F]:
    """Let the signature of a function with ``**settings`` name them, as shells and editors read it.

    Parameters
    ----------
    keywords : type
        The TypedDict with the keywords.

    Examples
    --------
    >>> class Options(TypedDict, total=False):
    ...     voice: str
    >>> @spelled(Options)
    ... def speak(text: str, **options: Any) -> None: ...
    >>> str(inspect.signature(speak))
    "(text: 'str', *, voice: 'str' = unset) -> 'None'"
    """

    def told(function: F) -> F:
        signature = inspect.signature(function)
        kept = [each for each in signature.parameters.values() if each.kind is not each.VAR_KEYWORD]
        names = {each.name for each in kept}
        more = [
            inspect.Parameter(name, inspect.Parameter.KEYWORD_ONLY, default=UNSET, annotation=_words(annotation))
            for name, annotation in keywords.__annotations__.items()
            if name not in names
        ]
        function.__signature__ = signature.replace(parameters=[*kept, *more])  # type: ignore[attr-defined]
        return function

    return told


def _words(annotation: Any) -> str:
    """As it is written: nothing of it is imported for a signature."""
    written = getattr(annotation, "__forward_arg__", None) or getattr(annotation, "__name__", str(annotation))
    return str(written).replace("_Json", "Mapping[str, Any]")
