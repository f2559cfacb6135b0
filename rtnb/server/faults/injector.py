"""A plan at work: what is armed, what has happened, and which connection is which."""

from __future__ import annotations

import itertools
import threading
import weakref
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from rtnb.server.faults.actions import CONNECT, Refuse
from rtnb.server.faults.plan import Fault, Faults

if TYPE_CHECKING:
    from rtnb.server.faults.gate import Gate

__all__ = ["Armed", "Fired", "Injector"]


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
        self.fired: list[Fired] = []
        """What has happened, in order."""
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

    def put(self, plan: Faults) -> None:
        """Arm the failures of a plan, too."""
        with self._lock:
            self.seed = plan.seed or self.seed
            self.armed = (*self.armed, *(Armed(fault, next(self._numbers)) for fault in plan.faults))
            gates = list(self._gates)
        for gate in gates:
            gate.rearm()

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
        """Note that a failure happens now; False if it has happened as often as it may."""
        with self._lock:
            if armed.left is not None:
                if armed.left <= 0:
                    return False
                armed.left -= 1
            self.fired.append(Fired(armed.fault, session, event))
            return True

    def enter(self, gate: Gate) -> None:
        """A session begins."""
        with self._lock:
            self._gates.add(gate)


def _chance(seed: int, fault: int, session: int) -> float:
    import random

    return random.Random(f"{seed}/{fault}/{session}").random()
