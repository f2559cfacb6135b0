"""Checks are run: side by side where that is safe, each with a time limit, and none can end the others."""

from __future__ import annotations

import queue
import threading
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Final, Generic, TypeVar

from rtnb._plugins import told_of
from rtnb.checkup.report import Finding

__all__ = ["Check", "examined"]

T = TypeVar("T")

Findings = Sequence[Finding]

REPORT_IT: Final = "This is a defect of rtnb or of what it looked at: please report it, with the output of rtnb doctor."


@dataclass(frozen=True, slots=True)
class Check(Generic[T]):
    """Something to look at.

    Parameters
    ----------
    group : str
        Under which heading its findings stand.
    name : str
        What it looks at, for the line that stands where it failed.
    probe : callable
        Looks, and returns plain facts.
    judge : callable
        Pure: says what the facts mean.
    limit_s : float
        So long it may take.
    lane : str
        Checks of one lane run one after another, lanes beside each other: what loads the machine has one of its own, so
        that what it measures is not of the others' making.
    skipped : str
        Why it is not run; empty where it is.
    late : str
        What it means that it did not end in time.
    """

    group: str
    name: str
    probe: Callable[[], T]
    judge: Callable[[T], Findings]
    limit_s: float = 5.0
    lane: str = "light"
    skipped: str = ""
    late: str = ""

    def run(self) -> Findings:
        """Look and judge, within the limit; an exception is a finding, too."""
        if self.skipped:
            return [Finding(self.name, "skipped", self.skipped)]
        found: queue.SimpleQueue[Findings] = queue.SimpleQueue()
        # A thread of its own: one that hangs is left behind, and being a daemon it holds nobody up at the end.
        threading.Thread(
            target=lambda: found.put(self._looked()), name=f"rtnb-doctor-{self.group}", daemon=True
        ).start()
        try:
            return found.get(timeout=self.limit_s)
        except queue.Empty:
            why = self.late or "Something hangs; run rtnb doctor again, and look at what else the machine is doing."
            return [Finding(self.name, "problem", f"no result within {self.limit_s:g} s", why)]

    def _looked(self) -> Findings:
        try:
            return self.judge(self.probe())
        except BaseException as error:  # a check that wants to end the process is one that failed
            return [Finding(self.name, "problem", f"the check itself failed: {told_of(error)}", REPORT_IT)]


def examined(checks: Iterable[Check[Any]]) -> Iterator[tuple[Check[Any], Findings]]:
    """Start the checks now; the iterator gives each with its findings as soon as those are there.

    Examples
    --------
    >>> sum_ok = Check("arithmetic", "sum", lambda: 1 + 1, lambda sum: [Finding("sum", "ok", str(sum))])
    >>> broken = Check("arithmetic", "quotient", lambda: 1 / 0, lambda quotient: [])
    >>> for check, (finding,) in sorted(examined([sum_ok, broken]), key=lambda pair: pair[0].name):
    ...     print(check.name, finding.verdict, finding.found)
    quotient problem the check itself failed: ZeroDivisionError: division by zero
    sum ok 2
    """
    lanes: dict[str, list[Check[Any]]] = {}
    for check in checks:
        lanes.setdefault(check.lane, []).append(check)
    done: queue.SimpleQueue[tuple[Check[Any], Findings]] = queue.SimpleQueue()

    def walk(lane: list[Check[Any]]) -> None:
        for check in lane:
            done.put((check, check.run()))

    for name, lane in lanes.items():
        threading.Thread(target=walk, args=(lane,), name=f"rtnb-doctor-{name}", daemon=True).start()
    return (done.get() for _ in range(sum(map(len, lanes.values()))))
