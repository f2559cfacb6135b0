"""The settings a session runs on, beside those that were asked for."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime
from typing import Any, TypeVar

from rtnb._display import Drawable
from rtnb.audio.formats import PCM16, AudioFormat
from rtnb.errors import ConfigError
from rtnb.protocol.turn_detection import SemanticVad, ServerVad
from rtnb.protocol.turn_detection import from_wire as vad_from_wire
from rtnb.session.config.checking import without_secrets
from rtnb.session.config.diff import ConfigDiff, diff, ga_session
from rtnb.session.config.mixture_values import audio_format
from rtnb.session.config.typed import NoiseReduction, Prompt, Reasoning, Tracing, Transcription, Voice
from rtnb.tokens.context import Truncation

__all__ = ["Config"]

_T = TypeVar("_T")


class Config(Drawable, Mapping[str, Any]):
    """The effective settings of a session: a mapping as the server shows them, and typed members.

    Parameters
    ----------
    requested : mapping
        Everything that was asked for so far, as GA has it.
    effective : mapping
        The session of the last ``session.created`` or ``session.updated``.
    assistant_audio : bool
        Whether the assistant has spoken in this session, which fixes its voice.

    Examples
    --------
    >>> config = Config({"audio": {"output": {"voice": "marin"}}}, {"audio": {"output": {"voice": "marin"}}})
    >>> config["audio"]["output"]["voice"], config.voice, config.diff().differences
    ('marin', 'marin', ())
    >>> Config({}, config, assistant_audio=True).locked["voice"]
    "The assistant has spoken, and a conversation keeps its voice ('marin'). A new session can have another one."
    """

    __slots__ = ("_assistant_audio", "_effective", "_ga", "_requested")

    def __init__(
        self, requested: Mapping[str, Any], effective: Mapping[str, Any], *, assistant_audio: bool = False
    ) -> None:
        self._requested, self._effective = dict(requested), dict(effective)
        self._ga = ga_session(self._effective)
        self._assistant_audio = assistant_audio

    def __getitem__(self, name: str) -> Any:
        return self._effective[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._effective)

    def __len__(self) -> int:
        return len(self._effective)

    @property
    def requested(self) -> dict[str, Any]:
        """Everything that was asked for so far, as GA has it."""
        return dict(self._requested)

    @property
    def effective(self) -> dict[str, Any]:
        """What the session runs on, as the server showed it last."""
        return dict(self._effective)

    def diff(self, *, all: bool = False) -> ConfigDiff:
        """Requested against effective.

        Parameters
        ----------
        all : bool
            Whether to list also what nobody asked for.
        """
        return diff(self._requested, self._effective, all=all)

    @property
    def locked(self) -> dict[str, str]:
        """Settings that an update can no longer change, and why."""
        found = {"model": "A session keeps its model; connect with another one."}
        if self._assistant_audio:
            found["voice"] = (
                f"The assistant has spoken, and a conversation keeps its voice ({_name(self.voice)!r}). "
                "A new session can have another one."
            )
        if self._ga.get("tracing") is not None:
            found["tracing"] = "Tracing is on, and stays as it is until the session ends."
        return found

    @property
    def id(self) -> str:
        """The server's name for the session."""
        return str(self._ga.get("id") or "")

    @property
    def kind(self) -> str:
        """``"realtime"`` or ``"transcription"``."""
        return str(self._ga.get("type") or "realtime")

    @property
    def expires_at(self) -> datetime | None:
        """When the server ends the session."""
        at = self._ga.get("expires_at")
        whole = isinstance(at, int | float) and not isinstance(at, bool) and 0 < at < 1e11
        return datetime.fromtimestamp(at, UTC) if whole else None  # type: ignore[arg-type]

    @property
    def model(self) -> str:
        """The model; empty in a transcription session, which has only that of :attr:`transcription`."""
        return str(self._ga.get("model") or "")

    @property
    def instructions(self) -> str:
        """What the model was told."""
        return str(self._ga.get("instructions") or "")

    @property
    def modalities(self) -> list[str]:
        """``["audio"]`` or ``["text"]``."""
        found = self._ga.get("output_modalities")
        return [str(one) for one in found] if isinstance(found, list) else []

    @property
    def voice(self) -> str | Voice | None:
        """The name of a voice, or a voice of one's own."""
        voice = self._side("output").get("voice")
        if isinstance(voice, Mapping):
            return _read(lambda: Voice.from_wire(voice))
        return str(voice) if voice else None

    @property
    def speed(self) -> float | None:
        """How fast it speaks; 1 is as ever."""
        speed = self._side("output").get("speed")
        return float(speed) if isinstance(speed, int | float) else None

    @property
    def turn_detection(self) -> ServerVad | SemanticVad | None:
        """How the end of a turn is detected; None for manual turns."""
        found = self._side("input").get("turn_detection")
        return _read(lambda: vad_from_wire(found)) if isinstance(found, Mapping) else None

    @property
    def transcription(self) -> Transcription | None:
        """How the user is transcribed; None for not at all."""
        found = self._side("input").get("transcription")
        return _read(lambda: Transcription.from_wire(found)) if isinstance(found, Mapping) else None

    @property
    def noise_reduction(self) -> NoiseReduction | None:
        """How the input is cleaned; None for not at all."""
        found = self._side("input").get("noise_reduction")
        return _read(lambda: NoiseReduction.from_wire(found)) if isinstance(found, Mapping) else None

    @property
    def input_format(self) -> AudioFormat:
        """Of what is sent."""
        return self._format("input")

    @property
    def output_format(self) -> AudioFormat:
        """Of what comes."""
        return self._format("output")

    @property
    def max_output_tokens(self) -> int | str:
        """Of one response; ``"inf"`` for no bound."""
        found = self._ga.get("max_output_tokens")
        return found if isinstance(found, int) else "inf"

    @property
    def tools(self) -> list[dict[str, Any]]:
        """Tools as the server shows them."""
        found = self._ga.get("tools")
        return [dict(tool) for tool in found if isinstance(tool, Mapping)] if isinstance(found, list) else []

    @property
    def tool_choice(self) -> Any:
        """``"auto"``, ``"none"``, ``"required"``, or which tool."""
        return self._ga.get("tool_choice")

    @property
    def parallel_tool_calls(self) -> bool | None:
        """Whether one response may call several tools; None where the server does not say."""
        found = self._ga.get("parallel_tool_calls")
        return found if isinstance(found, bool) else None

    @property
    def reasoning(self) -> Reasoning | None:
        """How much the model thinks; None where the server does not say."""
        found = self._ga.get("reasoning")
        return _read(lambda: Reasoning.from_wire(found)) if isinstance(found, Mapping) else None

    @property
    def truncation(self) -> Truncation | None:
        """What happens when the conversation no longer fits; None where that is unknown."""
        return _read(lambda: Truncation.from_wire(self._ga.get("truncation")))

    @property
    def tracing(self) -> str | Tracing | None:
        """``"auto"``, where traces are filed, or None for off."""
        found = self._ga.get("tracing")
        if isinstance(found, Mapping):
            return _read(lambda: Tracing.from_wire(found))
        return str(found) if found else None

    @property
    def prompt(self) -> Prompt | None:
        """The stored prompt; None for none."""
        found = self._ga.get("prompt")
        return _read(lambda: Prompt.from_wire(found)) if isinstance(found, Mapping) else None

    @property
    def include(self) -> list[str]:
        """What events carry on demand."""
        found = self._ga.get("include")
        return [str(one) for one in found] if isinstance(found, list) else []

    def facts(self) -> list[tuple[str, str]]:
        """The settings in short, name and value, in the order in which one asks for them."""
        talks = self.kind != "transcription"
        pairs: list[tuple[str, Any]] = [
            ("model", self.model or None),
            ("voice", _name(self.voice)),
            ("modalities", ", ".join(self.modalities) or None),
            ("turn detection", _vad(self.turn_detection)),
            ("transcription", self.transcription.model if self.transcription else "off"),
            ("noise reduction", self.noise_reduction.type if self.noise_reduction else None),
            ("input", self.input_format.beta if self.input_format != PCM16 else None),
            ("output", self.output_format.beta if self.output_format != PCM16 else None),
            ("speed", None if self.speed in (None, 1.0) else f"{self.speed:g}"),
            ("longest answer", None if self.max_output_tokens == "inf" else f"{self.max_output_tokens:,} tokens"),
            ("tools", ", ".join(str(t.get("name") or t.get("server_label")) for t in self.tools) or None),
            ("reasoning", self.reasoning.effort if self.reasoning else None),
            ("truncation", None if self.truncation in (None, Truncation()) or not talks else str(self.truncation)),
            ("prompt", self.prompt.id if self.prompt else None),
            ("instructions", self.instructions or None),
        ]
        return [(name, str(value)) for name, value in pairs if value is not None]

    def __eq__(self, other: object) -> bool:
        if isinstance(other, Config):
            return (self._requested, self._effective) == (other._requested, other._effective)
        return self._effective == other if isinstance(other, Mapping) else NotImplemented

    __hash__ = None  # type: ignore[assignment]

    def __repr__(self) -> str:
        return f"Config({without_secrets(self._effective)!r})"

    def _side(self, side: str) -> Mapping[str, Any]:
        audio = self._ga.get("audio")
        found = audio.get(side) if isinstance(audio, Mapping) else None
        return found if isinstance(found, Mapping) else {}

    def _format(self, side: str) -> AudioFormat:
        wire = audio_format(self._side(side).get("format"))[0]
        return _read(lambda: AudioFormat.from_wire(wire)) or PCM16


def _read(make: Callable[[], _T]) -> _T | None:
    """A typed value; None where a server shows one that nobody knows, which is then only in the mapping."""
    try:
        return make()
    except (ConfigError, TypeError, AttributeError):
        return None


def _name(voice: str | Voice | None) -> str | None:
    return voice.id if isinstance(voice, Voice) else voice


def _vad(found: ServerVad | SemanticVad | None) -> str:
    if found is None:
        return "manual turns"
    if isinstance(found, SemanticVad):
        return f"semantic VAD{f', {found.eagerness}' if found.eagerness else ''}"
    return f"server VAD{f', {found.silence_duration_ms} ms' if found.silence_duration_ms is not None else ''}"
