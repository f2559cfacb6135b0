"""Checks are run: side by side where that is safe, each with a time limit, and none can end the others."""

from __future__ import annotations

import queue
import threading
import traceback
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, Generic, TypeVar

from rtnb.checkup.report import Finding, Report, Verdict
from rtnb.errors import RtnbError

__all__ = ["LIGHT", "REPORT_IT", "Check", "Lane", "driven", "examined", "harmless"]

T = TypeVar("T")

Findings = Sequence[Finding]

REPORT_IT: Final = "This is a defect of rtnb or of what it looked at: please report it, with the output of rtnb doctor."


def harmless(error: BaseException) -> str:
    """An exception in words that may be shown to anybody: its type, and where it came up.

    Its message only where that is rtnb's own or the system's: those of others may hold what they were given, such as
    a proxy's address with its password.

    Examples
    --------
    >>> harmless(ValueError("Port could not be cast to integer value as 'hunter2'"))
    'ValueError'
    >>> harmless(PermissionError(13, "Permission denied"))
    'PermissionError: [Errno 13] Permission denied'
    """
    kind = type(error).__name__
    said = str(error) if isinstance(error, OSError | RtnbError) else ""
    frames = traceback.extract_tb(error.__traceback__)
    where = f" ({Path(frames[-1].filename).name}, line {frames[-1].lineno})" if frames and not said else ""
    return f"{kind}: {said}" if said else f"{kind}{where}"


@dataclass(frozen=True, slots=True)
class Lane:
    """Checks that run one after another, beside those of other lanes.

    Parameters
    ----------
    name : str
    after : Lane, optional
        It begins when that one has ended, so that the two do not share the machine.
    strict : bool
        When a check did not end in time, the rest of the lane is left out: that check still runs, and what would be
        measured beside it would be of its making.
    """

    name: str
    after: Lane | None = None
    strict: bool = False


LIGHT: Final = Lane("light")


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
    lane : Lane
        With which others it takes turns.
    skipped : str
        Why it is not run; empty where it is.
    late : str
        What it means that it did not end in time.
    late_is : {"note", "problem"}
        How bad that is; a cold disk alone makes a light check slow, and nothing fails by it.
    """

    group: str
    name: str
    probe: Callable[[], T]
    judge: Callable[[T], Findings]
    limit_s: float = 20.0
    lane: Lane = LIGHT
    skipped: str = ""
    late: str = ""
    late_is: Verdict = "note"

    def run(self) -> Findings:
        """Look and judge, within the limit; an exception is a finding, too."""
        return self._run()[0]

    def _run(self) -> tuple[Findings, bool]:
        """The findings, and whether it ended."""
        if self.skipped:
            return [Finding(self.name, "skipped", self.skipped)], True
        found: queue.SimpleQueue[Findings] = queue.SimpleQueue()
        # A thread of its own: one that hangs is left behind, and being a daemon it holds nobody up at the end.
        threading.Thread(
            target=lambda: found.put(self._looked()), name=f"rtnb-doctor-{self.group}", daemon=True
        ).start()
        try:
            return found.get(timeout=self.limit_s), True
        except queue.Empty:
            why = self.late or "Something is slow or hangs: run rtnb doctor again, and look at what else is running."
            return [Finding(self.name, self.late_is, f"no result within {self.limit_s:g} s", why)], False

    def _looked(self) -> Findings:
        try:
            return self.judge(self.probe())
        except BaseException as error:  # a check that wants to end the process is one that failed
            return [Finding(self.name, "problem", f"the check itself failed: {harmless(error)}", REPORT_IT)]


def examined(checks: Iterable[Check[Any]]) -> Iterator[tuple[Check[Any], Findings]]:
    """Start the checks now; the iterator gives each with its findings as soon as those are there.

    Examples
    --------
    >>> sum_ok = Check("arithmetic", "sum", lambda: 1 + 1, lambda sum: [Finding("sum", "ok", str(sum))])
    >>> broken = Check("arithmetic", "quotient", lambda: 1 / 0, lambda quotient: [])
    >>> for check, (finding,) in sorted(examined([sum_ok, broken]), key=lambda pair: pair[0].name):
    ...     print(check.name, finding.verdict, finding.found.partition(" (")[0])
    quotient problem the check itself failed: ZeroDivisionError
    sum ok 2
    """
    lanes: dict[Lane, list[Check[Any]]] = {}
    for check in checks:
        lanes.setdefault(check.lane, []).append(check)
    ended = {lane: threading.Event() for lane in lanes}
    done: queue.SimpleQueue[tuple[Check[Any], Findings]] = queue.SimpleQueue()

    def walk(lane: Lane) -> None:
        if lane.after is not None and lane.after in ended:
            ended[lane.after].wait()
        late = ""
        for check in lanes[lane]:
            if late and not check.skipped:
                told = f"left out, as '{late}' did not end in time and would disturb it"
                done.put((check, [Finding(check.name, "skipped", told)]))
                continue
            findings, in_time = check._run()
            done.put((check, findings))
            if lane.strict and not in_time:
                late = check.name
        ended[lane].set()

    for lane in lanes:
        threading.Thread(target=walk, args=(lane,), name=f"rtnb-doctor-{lane.name}", daemon=True).start()
    return (done.get() for _ in range(sum(map(len, lanes.values()))))


def driven(
    checks: Sequence[Check[Any]],
    report: Report,
    *,
    started: Callable[[], object] = lambda: None,
    came: Callable[[str], object] = lambda group: None,
) -> None:
    """Run checks into a report.

    Parameters
    ----------
    checks : sequence of Check
    report : Report
        What is found goes there, in the order of the checks; ``seconds`` and ``done`` are the caller's to set.
    started : callable
        Called when the checks run, and have their places in the report.
    came : callable
        Called with the group of each check that has ended.

    Examples
    --------
    >>> report = Report(["arithmetic"])
    >>> driven([Check("arithmetic", "sum", lambda: 1 + 1, lambda sum: [Finding("sum", "ok", str(sum))])], report)
    >>> report.headline
    '1 ok'
    """
    results = examined(checks)
    for check in checks:
        report.add(check.group, (), part=check.name)
    started()
    for check, findings in results:
        report.add(check.group, findings, part=check.name)
        came(check.group)
