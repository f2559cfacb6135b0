"""A plan at work: what is armed, what has happened, and which connection is which."""

from __future__ import annotations

import itertools
import threading
import weakref
from collections import deque
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from rtnb.server.faults.actions import CONNECT, Refuse
from rtnb.server.faults.plan import Fault, Faults

if TYPE_CHECKING:
    from rtnb.server.faults.gate import Gate

__all__ = ["Armed", "Fired", "Injector"]

MOST_FIRED: Final = 1000
"""What has happened is kept one by one so often; before that it is only counted."""

MOST_LINES: Final = 20
"""Of the account of it."""


class Armed:
    """A failure of the plan, and how often it may yet happen."""

    __slots__ = ("fault", "left", "number")

    def __init__(self, fault: Fault, number: int) -> None:
        self.fault = fault
        self.number = number
        self.left = fault.times


@dataclass(frozen=True, slots=True)
class Fired:
    """A failure that has happened.

    Parameters
    ----------
    fault : Fault
        Which.
    session : int
        Number of the connection, from 1.
    event : str
        Type of the event that it befell, ``"connect"``, or ``"after_s"``.
    """

    fault: Fault
    session: int
    event: str


@dataclass(slots=True)
class _Tally:
    """How often one failure has happened."""

    first: Fired
    last: Fired
    times: int = 1

    @property
    def text(self) -> str:
        first = f"session {self.first.session}, {self.first.event}"
        if self.times == 1:
            return f"{self.first.fault.text} ({first})"
        return (
            f"{self.first.fault.text} ({self.times} times, from {first} to session {self.last.session}, "
            f"{self.last.event})"
        )


class Injector:
    """The failures of a running server; may be used from any thread.

    Parameters
    ----------
    plan : Faults
        What is armed to begin with.

    Examples
    --------
    >>> faults = Injector(Faults.of([{"refuse": 503, "times": 1}]))
    >>> number, refused = faults.connecting()
    >>> number, refused.status, faults.connecting()
    (1, 503, (2, None))
    >>> faults.add(fail="The model is gone.")
    >>> faults.clear()
    >>> faults.armed
    ()
    """

    def __init__(self, plan: Faults | None = None) -> None:
        self._lock = threading.Lock()
        self._numbers = itertools.count()
        self._sessions = 0
        self._gates: weakref.WeakSet[Gate] = weakref.WeakSet()
        self.armed: tuple[Armed, ...] = ()
        """What may yet happen."""
        self.seed = 0
        self._fired: deque[Fired] = deque(maxlen=MOST_FIRED)
        self._tallies: dict[int, _Tally] = {}
        if plan is not None:
            self.put(plan)

    @classmethod
    def of(cls, faults: Faults | Injector | None) -> Injector:
        """Itself, or a new one with the plan."""
        return faults if isinstance(faults, Injector) else cls(faults)

    def add(self, fault: Mapping[str, Any] | Iterable[Mapping[str, Any]] | None = None, /, **members: Any) -> None:
        """Arm more failures, for sessions that are open too.

        Parameters
        ----------
        fault : mapping or iterable of mapping, optional
            As in a plan; or its members by name: ``add(drop="abort", on="response.created", times=1)``.

        Raises
        ------
        ConfigError
            There is a mistake in it.
        """
        given: list[Mapping[str, Any]] = [members] if members else []
        if fault is not None:
            given = [*([fault] if isinstance(fault, Mapping) else fault), *given]
        self.put(Faults.of(given))

    def put(self, plan: Faults, *, instead_of: Iterable[Armed] = ()) -> tuple[Armed, ...]:
        """Arm the failures of a plan, too, or in place of some that this has given."""
        with self._lock:
            self.seed = plan.seed or self.seed
            armed = tuple(Armed(fault, next(self._numbers)) for fault in plan.faults)
            gone = set(instead_of)
            self.armed = (*(each for each in self.armed if each not in gone), *armed)
            gates = list(self._gates)
        for gate in gates:
            gate.rearm()
        return armed

    def clear(self) -> None:
        """Nothing fails any more; what has happened stays on record."""
        with self._lock:
            self.armed = ()

    def connecting(self) -> tuple[int, Refuse | None]:
        """Count a connection; its number, and how it is to be refused, if at all."""
        with self._lock:
            self._sessions += 1
            number = self._sessions
        for armed in self.armed:
            fault, action = armed.fault, armed.fault.action
            if not isinstance(action, Refuse) or (fault.sessions and number not in fault.sessions):
                continue
            if fault.nth and number not in fault.nth:
                continue
            if fault.probability < 1 and _chance(self.seed, armed.number, number) >= fault.probability:
                continue
            if self.take(armed, number, CONNECT):
                return number, action
        return number, None

    def take(self, armed: Armed, session: int, event: str) -> bool:
        """Note that a failure happens now; False if it has happened as often as it may, or is not armed any more."""
        with self._lock:
            if armed not in self.armed:
                return False
            if armed.left is not None:
                if armed.left <= 0:
                    return False
                armed.left -= 1
            fired = Fired(armed.fault, session, event)
            self._fired.append(fired)
            if (tally := self._tallies.get(armed.number)) is not None:
                tally.times += 1
                tally.last = fired
            else:
                self._tallies[armed.number] = _Tally(fired, fired)
            return True

    @property
    def fired(self) -> list[Fired]:
        """What has happened, in order: the latest thousand."""
        with self._lock:
            return list(self._fired)

    def account(self) -> list[str]:
        """What has happened, a line for each failure that did, with how often."""
        with self._lock:
            told = [tally.text for tally in self._tallies.values()]
        more = [f"and {len(told) - MOST_LINES} more failures"] if len(told) > MOST_LINES else []
        return told[:MOST_LINES] + more

    def enter(self, gate: Gate) -> None:
        """A session begins."""
        with self._lock:
            self._gates.add(gate)


def _chance(seed: int, fault: int, session: int) -> float:
    import random

    return random.Random(f"{seed}/{fault}/{session}").random()
