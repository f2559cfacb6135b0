"""Which failures a server is to have, and when: a plan, read from a mapping or a file, and checked whole."""

from __future__ import annotations

import difflib
import fnmatch
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any, Final, Literal, Self

from rtnb.protocol.catalogue import catalogue
from rtnb.server.brains.scenario import Node, read_scenario
from rtnb.server.faults.actions import (
    ACTIONS,
    CONNECT,
    Action,
    Delay,
    Error,
    Fail,
    Garbage,
    Numbers,
    Refuse,
)

__all__ = ["Direction", "Fault", "Faults", "planned"]

Direction = Literal["sent", "received"]
"""As the server sees it: it has sent server events, and received client events."""

_WHEN: Final = ("on", "direction", "nth", "session", "after_s", "after_audio_ms", "probability", "times")
_TOP: Final = ("seed", "faults")
_AUDIO: Final = frozenset({"response.output_audio.delta"})
_DEFAULT_ON: Final[tuple[tuple[type[Action], frozenset[str]], ...]] = (
    (Refuse, frozenset({CONNECT})),
    (Fail, frozenset({"response.created"})),
    (Error, frozenset({"response.create"})),
    (Numbers, frozenset({"rate_limits.updated"})),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """One failure: what happens, and when.

    Parameters
    ----------
    action : Action
        What happens.
    on : frozenset of str
        The types of events that it is about; empty for one that a clock sets off.
    direction : {"sent", "received"} or None
        None for either.
    nth : frozenset of int
        Only the first, second ... of these events in a session; empty for all of them.
    sessions : frozenset of int
        Only these connections, counted from 1; empty for all of them.
    after_s : float
        Not before the session is so old.
    after_audio_ms : float
        Not before so much audio has gone by in the direction.
    probability : float
        From 0 to 1.
    times : int or None
        How often in all; None for no limit.
    text : str
        How it reads, for reports.
    """

    action: Action
    on: frozenset[str] = frozenset()
    direction: Direction | None = None
    nth: frozenset[int] = frozenset()
    sessions: frozenset[int] = frozenset()
    after_s: float = 0.0
    after_audio_ms: float = 0.0
    probability: float = 1.0
    times: int | None = None
    text: str = field(default="", compare=False)


@dataclass(frozen=True, slots=True)
class Faults:
    """A plan of failures, made by :meth:`of` or :meth:`load`.

    Each has one of ``drop`` (``abort``, a close code, or ``{code, reason}``), ``delay`` (milliseconds, or
    ``{ms, jitter_ms}``), ``stall``, ``error``, ``fail`` (a message, or ``{message, code, type}``), ``rate_limit``
    (``response``, ``error``, ``handshake`` or ``numbers``), ``expire``, ``refuse`` (an HTTP status, a close code,
    ``secret_expired``) and ``garbage`` (``half_json``, ``not_an_object``, ``unknown_event``, ``huge``, ``duplicate``,
    ``swapped``, ``binary``); and says when with ``on`` (a type of event, also with ``*``, or a list), ``direction``,
    ``nth``, ``session``, ``after_s``, ``after_audio_ms``, ``probability`` and ``times``. A ``fail`` waits for a
    response that is in progress, and is counted where one has failed.

    Parameters
    ----------
    faults : tuple of Fault
        In order; several can befall one event.
    seed : int
        Of what is left to chance, so that it is the same every time.

    Examples
    --------
    >>> plan = Faults.of([{"drop": "abort", "on": "response.output_audio.delta", "nth": 3, "times": 1}])
    >>> plan.faults[0].direction, plan.faults[0].nth
    ('sent', frozenset({3}))
    >>> Faults.of([{"drop": "abort", "on": "response.audio.delta"}])
    Traceback (most recent call last):
    rtnb.errors.ConfigError: faults (faults[0].on): there is no event 'response.audio.delta'; did you \
mean response.output_audio.delta?
    """

    faults: tuple[Fault, ...] = ()
    seed: int = 0

    @classmethod
    def of(cls, plan: Iterable[Mapping[str, Any]] | Mapping[str, Any]) -> Self:
        """Of plain values: a list of failures, or ``{seed, faults}``.

        Raises
        ------
        ConfigError
            There is a mistake in it.
        """
        plain = plan if isinstance(plan, Mapping) else {"faults": list(plan)}
        return cls.of_node(Node.of(plain, file="faults"))

    @classmethod
    def load(cls, path: str | Path) -> Self:
        """Of a YAML or JSON file: such a plan, or a scenario with a section ``faults``.

        Raises
        ------
        ConfigError
            There is a mistake in it; the message names file, line and place.
        """
        root = read_scenario(Path(path), what="plan of failures")
        return cls.of_scenario(root) if isinstance(root.value, dict) and "rules" in root.value else cls.of_node(root)

    @classmethod
    def of_scenario(cls, root: Node) -> Self:
        """The section ``faults`` of a scenario; without one an empty plan."""
        section = root.value.get("faults") if isinstance(root.value, dict) else None
        return cls() if section is None else cls.of_node(section)

    @classmethod
    def of_node(cls, root: Node) -> Self:
        """Of values that know where they stand."""
        if not isinstance(root.value, dict):
            return cls(tuple(_fault(node) for node in root.items("a plan of failures")))
        top = root.members(_TOP, "a plan of failures")
        if "faults" not in top:
            root.fail("a plan has faults: a list such as [{on: response.created, drop: abort}].")
        seed = int(top["seed"].number("seed", whole=True)) if "seed" in top else 0
        return cls(tuple(_fault(node) for node in top["faults"].items("faults")), seed)

    def __add__(self, other: Faults) -> Faults:
        return Faults((*self.faults, *other.faults), self.seed or other.seed)

    def __bool__(self) -> bool:
        return bool(self.faults)


def planned(brain: str, file: str | Path | None = None) -> Faults | None:
    """The failures that ``rtnb serve`` is told of: in its scenario and in a file of their own.

    Parameters
    ----------
    brain : str
        As ``--brain`` takes it; ``"script:FILE"`` may have a section ``faults``.
    file : path, optional
        As ``--faults`` takes it.

    Raises
    ------
    ConfigError
        There is a mistake in one of them.

    Examples
    --------
    >>> planned("demo") is None
    True
    """
    plan = Faults()
    if brain.startswith("script:"):
        plan += Faults.of_scenario(read_scenario(Path(brain.removeprefix("script:"))))
    if file is not None:
        plan += Faults.load(file)
    return plan or None


def _fault(node: Node) -> Fault:
    members = node.members((*_WHEN, *ACTIONS), "a failure")
    kinds = [name for name in members if name in ACTIONS]
    if len(kinds) != 1:
        both = f", not {' and '.join(kinds)}" if kinds else ""
        node.fail(f"a failure is one of {', '.join(ACTIONS)}{both}.")
    (kind,) = kinds
    action: Action = ACTIONS[kind](members[kind])
    on, direction = _events(node, members, action, kind)
    after_s = members["after_s"].number("after_s") if "after_s" in members else 0.0
    after_audio_ms = members["after_audio_ms"].number("after_audio_ms") if "after_audio_ms" in members else 0.0
    nth = _numbers(members, "nth")
    if after_audio_ms and "on" not in members and not nth:
        nth = frozenset({1})
    chance = members["probability"].number("probability") if "probability" in members else 1.0
    if chance > 1:
        members["probability"].fail("probability is from 0 to 1.")
    return Fault(
        action=action,
        on=on,
        direction=direction,
        nth=nth,
        sessions=_numbers(members, "session"),
        after_s=after_s,
        after_audio_ms=after_audio_ms,
        probability=chance,
        times=int(members["times"].number("times", least=1, whole=True)) if "times" in members else None,
        text=", ".join(f"{name}: {_shown(member.plain())}" for name, member in members.items()),
    )


def _events(
    node: Node, members: Mapping[str, Node], action: Action, kind: str
) -> tuple[frozenset[str], Direction | None]:
    """What a failure is about, and whether it is checked as it comes or as it goes."""
    way: Direction | None = None
    if "direction" in members:
        given = members["direction"].value
        if given not in ("sent", "received"):
            members["direction"].fail("direction is sent (by the server) or received (from the client).")
        way = given
    if "on" in members and isinstance(action, Fail):
        on = _in_progress(members["on"], way, kind)
    elif "on" in members:
        on = _matching(members["on"], way)
    elif "after_audio_ms" in members:
        on = frozenset({"input_audio_buffer.append"}) if way == "received" else _AUDIO
    elif default := next((types for of, types in _DEFAULT_ON if isinstance(action, of)), None):
        # A clock sets off what need not answer an event.
        on = frozenset() if "after_s" in members and not isinstance(action, Refuse | Numbers) else default
    elif "after_s" in members:
        on = frozenset()
    elif kind == "delay":
        on = frozenset(_server_events() if way != "received" else _client_events())
    else:
        node.fail(f'{kind} says when: "on" with a type of event, after_s or after_audio_ms.')
    place = members.get("on", node)
    if (CONNECT in on) != isinstance(action, Refuse):
        place.fail("refuse is on connect, and nothing else is: who is refused has no session.")
    if isinstance(action, Garbage | Numbers) and (not on or not on <= _server_events()):
        place.fail(f"{kind} is about events that the server sends.")
    if not on and "nth" in members:
        members["nth"].fail('nth counts events, and without "on" there are none.')
    if isinstance(action, Delay) and not on and "after_s" in members:
        on = frozenset(_server_events() if way != "received" else _client_events())
    if way is None and on and not (on <= _server_events() and on & _client_events()):
        way = "sent" if on <= _server_events() else "received" if on <= _client_events() else None
    return on, way


def _matching(node: Node, way: Direction | None) -> frozenset[str]:
    """The known types that a text, or each of a list, stands for."""
    if isinstance(node.value, list):
        if not node.value:
            node.fail("this names no event.")
        return frozenset(name for each in node.items("on") for name in _matching(each, way))
    pattern = node.text("the type of an event")
    if pattern == CONNECT:
        return frozenset({CONNECT})
    known = {"sent": _server_events(), "received": _client_events()}.get(way or "", _server_events() | _client_events())
    found = frozenset(fnmatch.filter(known, pattern) if "*" in pattern else known & {pattern})
    if not found:
        close = difflib.get_close_matches(pattern, sorted(known), 1, 0.5)
        which = f" that the server has {way}" if way else ""
        meant = f"; did you mean {close[0]}?" if close else "."
        node.fail(f"there is no event {pattern!r:.80}{which}{meant}")
    return found


def _in_progress(node: Node, way: Direction | None, kind: str) -> frozenset[str]:
    """Those of the types that a text, or each of a list, stands for at which there is a response that can fail."""
    if isinstance(node.value, list) and node.value:
        return frozenset(name for each in node.items("on") for name in _in_progress(each, way, kind))
    # Not "response.done": with it a response is over.
    good = {name for name in _server_events() if name.startswith("response.")} - {"response.done"}
    good |= {"response.create"}
    found = _matching(node, way) & good
    if not found:
        node.fail(
            f"{kind} is about a response that is asked for or in progress, and at {node.plain()!r:.80} there is none; "
            f"there is at {', '.join(sorted(good))}."
        )
    return found


def _numbers(members: Mapping[str, Node], name: str) -> frozenset[int]:
    if name not in members:
        return frozenset()
    node = members[name]
    each = node.items(name) if isinstance(node.value, list) else [node]
    return frozenset(int(one.number(name, least=1, whole=True)) for one in each)


def _shown(value: object) -> str:
    return str(value) if not isinstance(value, bool) else str(value).lower()


@cache
def _server_events() -> frozenset[str]:
    return frozenset(catalogue().server_events)


@cache
def _client_events() -> frozenset[str]:
    return frozenset(catalogue().client_events)
