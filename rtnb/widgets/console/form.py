"""The settings of a session as a form, with ranges, units and choices; and what somebody filled in, as an update."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Mapping
from typing import Any, Final

from rtnb.errors import ConfigError
from rtnb.protocol.catalogue import catalogue
from rtnb.protocol.defaults import default, default_row
from rtnb.protocol.turn_detection import SemanticVad, ServerVad
from rtnb.protocol.url_secrets import BLANK
from rtnb.session.config.effective import Config
from rtnb.session.config.models import models

__all__ = ["KINDS", "Changes", "changes_of", "form"]

Field = dict[str, Any]

TEXT_MOST: Final = 100_000
"""Characters of instructions that a page may send; the service takes 16,384 tokens."""

NUMBERS: Final[Mapping[str, Mapping[str, Any]]] = {
    "threshold": {
        "label": "Threshold", "least": 0.0, "most": 1.0, "step": 0.01, "digits": 2,
        "help": "How sure the detector is that this is speech before it begins; higher for noisy rooms.",
    },
    "prefix_padding_ms": {
        "label": "Prefix padding", "unit": "ms", "least": 0, "most": 1000, "step": 10, "digits": 0,
        "help": "Sound kept from before the speech began.",
    },
    "silence_duration_ms": {
        "label": "Silence", "unit": "ms", "least": 0, "most": 2000, "step": 10, "digits": 0,
        "help": "After this much silence the turn is over: shorter answers sooner and cuts people off more often.",
    },
    "idle_timeout_ms": {
        "label": "Idle timeout", "unit": "ms", "least": 5000, "most": 30000, "step": 500, "digits": 0, "optional": True,
        "help": "When nobody speaks for so long after an answer, the assistant does.",
    },
}  # fmt: skip
"""Parameters of ``server_vad``: 0 to 1 for the threshold is the SDK's docstring, 5 to 30 s for the idle timeout
OpenAI's OpenAPI file; the upper ends of the other two are where sliders stop, the API goes further."""

SWITCHES: Final[Mapping[str, tuple[str, str]]] = {
    "create_response": ("Answer by itself", "When a turn is over the assistant answers without being asked."),
    "interrupt_response": ("Can be interrupted", "When you start to speak, an answer that sounds stops."),
}

KINDS: Final = ("server_vad", "semantic_vad", "none")


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Changes:
    """What somebody asked for in the form.

    Parameters
    ----------
    settings : mapping
        Keywords of :meth:`rtnb.Session.update`.
    model : str
        Another model; empty for none.
    tools : mapping
        Names of tools to whether they are on.
    """

    settings: Mapping[str, Any]
    model: str = ""
    tools: Mapping[str, bool] = dataclasses.field(default_factory=dict)

    def __bool__(self) -> bool:
        return bool(self.settings or self.model or self.tools)


def form(config: Config, *, tools: Iterable[Mapping[str, Any]] = ()) -> dict[str, Any]:
    """What a page shows: the settings in effect.

    Parameters
    ----------
    config : Config
    tools : iterable of mapping
        Each with name, kind, description and on.

    Examples
    --------
    >>> shown = form(Config({}, {"model": "gpt-realtime", "audio": {"input": {"turn_detection": None}}}))
    >>> [field["name"] for field in shown["fields"]][:3], shown["turn_detection"]["value"]
    (['instructions', 'voice', 'model'], 'none')
    >>> [field["name"] for field in shown["turn_detection"]["kinds"][0]["fields"]][:3]
    ['threshold', 'prefix_padding_ms', 'silence_duration_ms']
    """
    makers = (_instructions, _voice, _model, _modalities, _speed, _noise, _transcription, _most_tokens)
    return {
        "fields": [make(config) for make in makers],
        "turn_detection": _turn_detection(config),
        "tools": [dict(tool) for tool in tools],
    }


def changes_of(config: Config, settings: object, turn_detection: object, tools: object) -> Changes:
    """What a page filled in, as an update; values are checked by the update itself.

    Parameters
    ----------
    config : Config
        What is in effect.
    settings, turn_detection, tools : mapping or None
        As the page has them; None is nothing of it.

    Raises
    ------
    ConfigError
        A name that the form does not have, or a value of another type.

    Examples
    --------
    >>> config = Config({}, {"audio": {"input": {"turn_detection": {"type": "server_vad", "threshold": 0.5}}}})
    >>> changes_of(config, {"modalities": "text"}, {"type": "none"}, None).settings
    {'modalities': ['text'], 'turn_detection': None}
    >>> changes_of(config, None, {"type": "server_vad", "threshold": 0.7}, None).settings["turn_detection"]["threshold"]
    0.7
    """
    given = _mapping(settings, "settings")
    found: dict[str, Any] = {}
    model = ""
    for name, value in given.items():
        match name:
            case "model":
                model = _word(value, "model")
            case "instructions":
                if not isinstance(value, str | None):
                    raise ConfigError("The instructions are a text.")
                if value is not None and len(value) > TEXT_MOST:
                    raise ConfigError(f"The instructions have {len(value):,} characters; a form takes {TEXT_MOST:,}.")
                if BLANK in (value or ""):
                    raise ConfigError(
                        f"The instructions have '{BLANK}' in them, where something is hidden: write them whole."
                    )
                found[name] = default("session", "instructions") if value is None else value
            case "modalities":
                found[name] = [value] if isinstance(value, str) else value
            case "voice":
                found[name] = _word(value, "voice")
            case "speed":
                found[name] = 1.0 if value is None else value
            case "noise_reduction" | "transcription":
                found[name] = value or None
            case "max_output_tokens":
                whole = int(value) if isinstance(value, float) and value.is_integer() else value
                found[name] = "inf" if whole is None else whole
            case _:
                raise ConfigError(f"The form has no setting {name!r:.60}.")
    if turn_detection is not None:
        found["turn_detection"] = _detection_of(config, _mapping(turn_detection, "turn_detection"))
    switched = {str(name): bool(on) for name, on in _mapping(tools, "tools").items()}
    return Changes(settings=found, model="" if model == config.model else model, tools=switched)


# What is shown --------------------------------------------------------------------------------------------------------


def _field(name: str, label: str, kind: str, value: object, **more: Any) -> Field:
    return {"name": name, "label": label, "kind": kind, "value": value, **more}


def _choice(value: str, label: str = "", note: str = "") -> dict[str, str]:
    return {"value": value, "label": label or value, "note": note}


def _instructions(config: Config) -> Field:
    words, usual = "What the model is told about its task.", default("session", "instructions")
    if BLANK not in (config.instructions or ""):
        return _field("instructions", "Instructions", "text", config.instructions, help=words, default=usual)
    words += " Those in effect have what looks like a key in them, so they are not shown: what you write replaces them."
    return _field("instructions", "Instructions", "text", "", help=words, default=usual, hidden=True)


def _voice(config: Config) -> Field:
    voice = config.voice
    now = voice if isinstance(voice, str) else getattr(voice, "id", "") or ""
    names = list(dict.fromkeys([*catalogue().voices, *([now] if now else [])]))
    locked = config.locked.get("voice")
    return _field(
        "voice", "Voice", "choice", now, choices=[_choice(name) for name in names], free=True,
        default=default("session", "voice"),
        reconnects="The assistant has spoken with its voice: another one begins on a new connection, to which the "
        "conversation is taken along as text." if locked else "",
    )  # fmt: skip


def _model(config: Config) -> Field:
    known = [model for model in models() if model.kind == "realtime"]
    choices = [
        _choice(model.name, note=f"until {model.shutdown}" if model.shutdown else model.price) for model in known
    ]
    if config.model and config.model not in {model.name for model in known}:
        choices.insert(0, _choice(config.model))
    return _field(
        "model", "Model", "choice", config.model, choices=choices, free=True,
        reconnects="A session keeps its model: another one begins on a new connection, to which the conversation is "
        "taken along as text.",
    )  # fmt: skip


def _modalities(config: Config) -> Field:
    now = (config.modalities or ["audio"])[0]
    choices = [_choice("audio", "Speech with transcript"), _choice("text", "Text only")]
    return _field("modalities", "Answers as", "choice", now, choices=choices, default="audio")


def _speed(config: Config) -> Field:
    return _field(
        "speed", "Speaking speed", "number", config.speed, unit="×", least=0.25, most=1.5, step=0.05, digits=2,
        default=default("session", "speed"),
    )  # fmt: skip


def _noise(config: Config) -> Field:
    now = config.noise_reduction.type if config.noise_reduction is not None else ""
    choices = [_choice("", "Off"), _choice("near_field", "Headset"), _choice("far_field", "Room")]
    return _field("noise_reduction", "Noise reduction", "choice", now or "", choices=choices, default="")


def _transcription(config: Config) -> Field:
    now = (config.transcription.model or "") if config.transcription is not None else ""
    names = dict.fromkeys(
        [*(model.name for model in models() if model.kind == "transcription"), *([now] if now else [])]
    )
    return _field(
        "transcription", "Transcription of you", "choice", now, free=True, default="",
        choices=[_choice("", "Off"), *(_choice(name) for name in names)],
        help="Only for reading: the model itself hears the sound. Its price is apart.",
    )  # fmt: skip


def _most_tokens(config: Config) -> Field:
    now = config.max_output_tokens
    return _field(
        "max_output_tokens", "Longest answer", "number", now if isinstance(now, int) else None, unit="tokens", least=1,
        most=4096, step=1, digits=0, optional=True, default=None, help="Off: as long as the model likes.",
    )  # fmt: skip


def _turn_detection(config: Config) -> dict[str, Any]:
    found = config.turn_detection
    server = found if isinstance(found, ServerVad) else ServerVad()
    semantic = found if isinstance(found, SemanticVad) else SemanticVad()
    return {
        "value": "none" if found is None else found.type,
        "kinds": [
            {
                "value": "server_vad",
                "label": "By silence",
                "help": "Server VAD: a turn is over after some silence.",
                "fields": _members("server_vad", server),
            },
            {
                "value": "semantic_vad",
                "label": "By meaning",
                "help": "Semantic VAD: waits longer when the sentence sounds unfinished.",
                "fields": _members("semantic_vad", semantic),
            },
            {
                "value": "none",
                "label": "By hand",
                "help": "No turn detection: hold to talk, or commit and ask for the response yourself.",
                "fields": [],
            },
        ],
    }


def _members(kind: str, vad: ServerVad | SemanticVad) -> list[Field]:
    usual, now = default_row(kind), dataclasses.asdict(vad.resolved())
    fields: list[Field] = []
    for name, value in usual.items():
        if name in SWITCHES:
            label, words = SWITCHES[name]
            fields.append(_field(name, label, "bool", now[name], default=value, help=words))
        elif name == "eagerness":
            waits = default("semantic_vad_max_wait_s")
            choices = [
                _choice(each, note=f"waits {waits[each]:g} s at most") for each in ("low", "medium", "high", "auto")
            ]
            words = "How soon it answers when the sentence sounds unfinished."
            fields.append(_field(name, "Eagerness", "choice", now[name], choices=choices, default=value, help=words))
        else:
            spec = dict(NUMBERS[name])
            fields.append(_field(name, spec.pop("label"), "number", now[name], **{"default": value, **spec}))
    return fields


# What was filled in ---------------------------------------------------------------------------------------------------


def _detection_of(config: Config, given: Mapping[str, Any]) -> dict[str, Any] | None:
    kind = given.get("type", "none")
    if kind == "none":
        return None
    if kind not in KINDS:
        raise ConfigError(f"Turn detection is one of {', '.join(KINDS)}, not {kind!r:.60}.")
    now = config.turn_detection
    usual = default_row(kind)
    if unknown := [name for name in given if name != "type" and name not in usual]:
        raise ConfigError(f"{kind} has no parameter {unknown[0]!r:.60}; it has {', '.join(usual)}.")
    base = now.resolved().to_wire() if now is not None and now.type == kind else {"type": kind, **usual}
    for name, value in given.items():
        if name != "type":
            # Of what need not be set null means that it is off; of the rest, that it is as ever.
            base[name] = usual[name] if value is None else value
    for name in ("prefix_padding_ms", "silence_duration_ms", "idle_timeout_ms"):
        if isinstance(value := base.get(name), float) and value.is_integer():
            base[name] = int(value)
    return base


def _mapping(value: object, name: str) -> Mapping[str, Any]:
    if value is None:
        return {}
    if not isinstance(value, Mapping):
        raise ConfigError(f"{name} is a mapping of names and values.")
    return value


def _word(value: object, name: str) -> str:
    if not isinstance(value, str) or not value.strip():
        raise ConfigError(f"The {name} is a name, not {value!r:.60}.")
    return value.strip()
