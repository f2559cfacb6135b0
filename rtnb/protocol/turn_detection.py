"""How the end of a turn is detected: ``server_vad``, ``semantic_vad``, or not at all.

A member that is None is *unset*: it stays off the wire, so that the server's own default holds. What that
default is, :meth:`ServerVad.resolved` says, from one data row that the embedded server and the local
detector share.

Examples
--------
>>> from rtnb.protocol.turn_detection import SemanticVad, ServerVad
>>> ServerVad(threshold=0.6).to_wire()
{'type': 'server_vad', 'threshold': 0.6}
>>> ServerVad(threshold=0.6).resolved().silence_duration_ms
200
>>> SemanticVad(eagerness="low").resolved().max_wait_s
8.0
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from numbers import Integral, Real
from typing import Any, ClassVar, Literal, TypeVar

from rtnb.errors import ConfigError
from rtnb.protocol.defaults import default, default_row
from rtnb.protocol.problems import listed
from rtnb.protocol.rules import client_rules
from rtnb.protocol.validation import check_value

__all__ = [
    "Eagerness",
    "ResolvedSemanticVad",
    "ResolvedServerVad",
    "SemanticVad",
    "ServerVad",
    "from_wire",
    "turn_detection_of",
]

Eagerness = Literal["low", "medium", "high", "auto"]

_UNION = "RealtimeAudioInputTurnDetectionParam"
_EAGERNESS: tuple[Eagerness, ...] = ("low", "medium", "high", "auto")

_Vad = TypeVar("_Vad", "ServerVad", "SemanticVad")


@dataclass(frozen=True, slots=True, kw_only=True)
class ResolvedServerVad:
    """``server_vad`` with every member filled.

    Parameters
    ----------
    threshold : float
        Speech probability from 0 to 1 at which speech begins.
    prefix_padding_ms : int
        Audio kept from before the onset.
    silence_duration_ms : int
        Silence after which the turn is over.
    idle_timeout_ms : int or None
        Silence after an answer at which the assistant speaks up by itself; None for never.
    create_response : bool
        Answer when a turn is over.
    interrupt_response : bool
        Cancel a running answer when the user starts to speak.

    Examples
    --------
    >>> import rtnb
    >>> rtnb.ServerVad(threshold=0.6).resolved().silence_duration_ms
    200
    """

    threshold: float
    prefix_padding_ms: int
    silence_duration_ms: int
    idle_timeout_ms: int | None
    create_response: bool
    interrupt_response: bool

    def to_wire(self) -> dict[str, Any]:
        """The object as an effective session carries it, all members there."""
        return {"type": ServerVad.type, **asdict(self)}


@dataclass(frozen=True, slots=True, kw_only=True)
class ResolvedSemanticVad:
    """``semantic_vad`` with every member filled.

    Parameters
    ----------
    eagerness : str
        ``"low"``, ``"medium"``, ``"high"`` or ``"auto"``, which means medium.
    create_response, interrupt_response : bool
        As for :class:`ResolvedServerVad`.
    max_wait_s : float
        Silence after which a turn is over however unfinished it sounds. Not a member of the protocol.

    Examples
    --------
    >>> import rtnb
    >>> rtnb.SemanticVad(eagerness="low").resolved().max_wait_s
    8.0
    """

    eagerness: Eagerness
    create_response: bool
    interrupt_response: bool
    max_wait_s: float

    def to_wire(self) -> dict[str, Any]:
        """The object as an effective session carries it, all members there."""
        wire = {"type": SemanticVad.type, **asdict(self)}
        del wire["max_wait_s"]
        return wire


@dataclass(frozen=True, slots=True, kw_only=True)
class ServerVad:
    """Turn detection by silence. Unset members are the server's to choose.

    Parameters
    ----------
    threshold : float, optional
        Speech probability from 0 to 1 at which speech begins; higher for noisy rooms.
    prefix_padding_ms : int, optional
        Audio kept from before the onset.
    silence_duration_ms : int, optional
        Silence after which the turn is over; shorter answers sooner and cuts people off more often.
    idle_timeout_ms : int, optional
        From 5000 to 30000: silence after an answer at which the assistant speaks up by itself.
    create_response : bool, optional
        Answer when a turn is over.
    interrupt_response : bool, optional
        Cancel a running answer when the user starts to speak.

    Raises
    ------
    rtnb.errors.ConfigError
        A value the API would refuse.

    Examples
    --------
    >>> from rtnb.protocol.turn_detection import ServerVad
    >>> ServerVad(silence_duration_ms=350).to_wire()
    {'type': 'server_vad', 'silence_duration_ms': 350}
    """

    type: ClassVar[str] = "server_vad"

    threshold: float | None = None
    prefix_padding_ms: int | None = None
    silence_duration_ms: int | None = None
    idle_timeout_ms: int | None = None
    create_response: bool | None = None
    interrupt_response: bool | None = None

    def __post_init__(self) -> None:
        _check(self, "threshold", float)
        for name in ("prefix_padding_ms", "silence_duration_ms", "idle_timeout_ms"):
            _check(self, name, int)
        for name in ("create_response", "interrupt_response"):
            _check(self, name, bool)

    def to_wire(self) -> dict[str, Any]:
        """The object for a ``session.update``, with only what was set."""
        return _to_wire(self)

    def resolved(self) -> ResolvedServerVad:
        """Every member filled: what was set, and the server's default for the rest."""
        return ResolvedServerVad(**(default_row("server_vad") | _set_members(self)))

    @classmethod
    def from_wire(cls, wire: Mapping[str, Any]) -> ServerVad:
        """From a protocol object; members this version does not know are passed over."""
        return _from_wire(cls, wire)


@dataclass(frozen=True, slots=True, kw_only=True)
class SemanticVad:
    """Turn detection by meaning: waits longer when the sentence sounds unfinished.

    Parameters
    ----------
    eagerness : {"low", "medium", "high", "auto"}, optional
        How soon to answer: a turn is over after at most 8, 4 or 2 s of silence; ``"auto"`` is medium.
    create_response, interrupt_response : bool, optional
        As for :class:`ServerVad`.

    Raises
    ------
    rtnb.errors.ConfigError
        A value the API would refuse.

    Examples
    --------
    >>> from rtnb.protocol.turn_detection import SemanticVad
    >>> SemanticVad(eagerness="high").to_wire()
    {'type': 'semantic_vad', 'eagerness': 'high'}
    """

    type: ClassVar[str] = "semantic_vad"

    eagerness: Eagerness | None = None
    create_response: bool | None = None
    interrupt_response: bool | None = None

    def __post_init__(self) -> None:
        if self.eagerness is not None and self.eagerness not in _EAGERNESS:
            allowed = listed([f'"{name}"' for name in _EAGERNESS], "or")
            raise ConfigError(f"SemanticVad(eagerness={self.eagerness!r}): eagerness is {allowed}.")
        for name in ("create_response", "interrupt_response"):
            _check(self, name, bool)

    def to_wire(self) -> dict[str, Any]:
        """The object for a ``session.update``, with only what was set."""
        return _to_wire(self)

    def resolved(self) -> ResolvedSemanticVad:
        """Every member filled: what was set, and the server's default for the rest."""
        members = default_row("semantic_vad") | _set_members(self)
        waits = default("semantic_vad_max_wait_s")
        return ResolvedSemanticVad(**members, max_wait_s=waits[members["eagerness"]])

    @classmethod
    def from_wire(cls, wire: Mapping[str, Any]) -> SemanticVad:
        """From a protocol object; members this version does not know are passed over."""
        return _from_wire(cls, wire)


def turn_detection_of(value: ServerVad | SemanticVad | Mapping[str, Any] | None) -> dict[str, Any] | None:
    """What a user gave as turn detection, as the ``turn_detection`` member of a ``session.update``.

    Parameters
    ----------
    value : ServerVad, SemanticVad, mapping or None
        None turns detection off. A mapping is a protocol object and must hold its ``type``.

    Raises
    ------
    rtnb.errors.ConfigError
        Anything the API would refuse, said in its words.

    Examples
    --------
    >>> from rtnb.protocol.turn_detection import SemanticVad, turn_detection_of
    >>> turn_detection_of(SemanticVad())
    {'type': 'semantic_vad'}
    >>> turn_detection_of({"type": "server_vad", "treshold": 0.4})
    Traceback (most recent call last):
    rtnb.errors.ConfigError: Unknown parameter: 'turn_detection.treshold'. server_vad takes threshold, \
prefix_padding_ms, silence_duration_ms, idle_timeout_ms, create_response, and interrupt_response.
    """
    if value is None:
        return None
    # What the VAD lab recommends carries one.
    value = getattr(value, "vad", value)
    if isinstance(value, ServerVad | SemanticVad):
        return value.to_wire()
    if not isinstance(value, Mapping):
        raise ConfigError(
            f"turn_detection is rtnb.ServerVad(...), rtnb.SemanticVad(...), a mapping with a type, or None "
            f"for manual turns; not {value!r}."
        )
    wire = dict(value)
    problem = check_value(wire, "RealtimeAudioConfigInputParam", "turn_detection", "turn_detection")
    if problem is None:
        return wire
    hint = ""
    for cls in (ServerVad, SemanticVad):
        if wire.get("type") == cls.type and problem.code == "unknown_parameter":
            hint = f" {cls.type} takes {listed([member.name for member in fields(cls)])}."
    raise ConfigError(problem.message + hint)


def from_wire(value: Mapping[str, Any] | None) -> ServerVad | SemanticVad | None:
    """The object of a session as :class:`ServerVad` or :class:`SemanticVad`; None for manual turns.

    Raises
    ------
    rtnb.errors.ConfigError
        A type this version does not know.

    Examples
    --------
    >>> from rtnb.protocol.turn_detection import from_wire
    >>> from_wire({"type": "semantic_vad", "eagerness": "low"})
    SemanticVad(eagerness='low', create_response=None, interrupt_response=None)
    """
    if value is None:
        return None
    match value.get("type"):
        case ServerVad.type:
            return ServerVad.from_wire(value)
        case SemanticVad.type:
            return SemanticVad.from_wire(value)
        case other:
            raise ConfigError(f'Turn detection of type {other!r} is unknown; "server_vad" and "semantic_vad" are.')


def _set_members(vad: ServerVad | SemanticVad) -> dict[str, Any]:
    values = ((member.name, getattr(vad, member.name)) for member in fields(vad))
    return {name: value for name, value in values if value is not None}


def _to_wire(vad: ServerVad | SemanticVad) -> dict[str, Any]:
    return {"type": vad.type, **_set_members(vad)}


def _from_wire(cls: type[_Vad], wire: Mapping[str, Any]) -> _Vad:
    if wire.get("type", cls.type) != cls.type:
        raise ConfigError(f"This is turn detection of type {wire.get('type')!r}, not {cls.type!r}.")
    known = {member.name for member in fields(cls)}
    return cls(**{name: value for name, value in wire.items() if name in known})


def _check(vad: ServerVad | SemanticVad, name: str, kind: type) -> None:
    """Refuse a value of the wrong kind or beyond its bounds; turn numpy's numbers into Python's."""
    value = getattr(vad, name)
    if value is None:
        return
    is_bool = isinstance(value, bool)
    good = {
        bool: is_bool,
        int: isinstance(value, Integral) and not is_bool,
        float: isinstance(value, Real) and not is_bool,
    }[kind]
    word = {bool: "True or False", int: "a whole number", float: "a number"}[kind]
    bounds = client_rules().ranges.get((f"{_UNION}.{type(vad).__name__}", name))
    if bounds is not None:
        low, high = bounds.minimum, bounds.maximum
        word += f" from {low} to {high}" if high is not None else f" of at least {low}"
        good = good and (low is None or value >= low) and (high is None or value <= high)
    if not good:
        raise ConfigError(f"{type(vad).__name__}({name}={value!r}): {name} is {word}.")
    if type(value) not in (bool, int, float):
        object.__setattr__(vad, name, kind(value))
