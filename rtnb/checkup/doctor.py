"""``rtnb.doctor()``: all checks, and in a notebook the page that shows it."""

from __future__ import annotations

import threading
import time
from typing import Any, Final

from rtnb.checkup.checking import REPORT_IT, driven, harmless
from rtnb.checkup.page import GROUP, PageFacts, PageProbe, judge_page, reach, silent_page
from rtnb.checkup.plan import GROUPS, plan
from rtnb.checkup.report import Finding, Report
from rtnb.session.live import Card, current_cell

__all__ = ["doctor"]

PAGE_S: Final = 5.0
"""So long a page has to answer, counted from when it was asked; mostly while the other checks run."""
KEPT_S: Final = 30.0
"""So long an answer is still taken that comes after the cell."""


def doctor(*, quick: bool = False, offline: bool = False) -> Report:
    """Check the environment, and say what to do where something is wrong.

    Looks at Python and packages, the kernel and its widget front end, audio, the models (a sentence is spoken and
    recognised), the embedded server (a typed and a spoken turn), the key (never shown, not in part), the way to the
    API (nothing is sent that costs), room, memory, pace and clock. In a notebook also at the page: microphone, sound,
    and how long a message takes there and back. On a shell: ``rtnb doctor``.

    Parameters
    ----------
    quick : bool
        Leave out what loads models.
    offline : bool
        Leave out the network.

    Returns
    -------
    Report
        ``ok``, ``problems``, ``notes``, ``findings``, ``records()``, ``to_json()``.

    Examples
    --------
    >>> import rtnb
    >>> report = rtnb.doctor(quick=True, offline=True)
    >>> report.findings[0].check, report.findings[0].verdict in ("ok", "note")
    ('Python', True)
    """
    begun_s = time.monotonic()
    report = Report(GROUPS)
    card: Card | None = None
    asked: _Asked | None = None

    def started() -> None:
        nonlocal card, asked
        card = Card.show(lambda: report)
        asked = _Asked(report, card) if card is not None else None

    def came(group: str) -> None:
        if card is not None:
            card.draw()

    driven(plan(quick=quick, offline=offline), report, started=started, came=came)
    if asked is not None:
        asked.wait()
    report.seconds = time.monotonic() - begun_s
    report.done = True
    if card is not None:
        card.draw()
        report.shown_in = current_cell()
    return report


class _Asked:
    """The page that shows a report, asked about itself."""

    def __init__(self, report: Report, card: Card) -> None:
        self._report = report
        self._card = card
        self._begun_s = time.monotonic()
        self._probe: PageProbe | None = None
        try:
            self._probe = PageProbe(self._answered)
            self._probe.show()
        except ImportError:
            # Without ipywidgets or anywidget there is nothing to ask with, which another check says.
            report.add(GROUP, [Finding("live check", "skipped", "widgets are not installed here")])
        except Exception as error:
            # Views are made in the same way, and will fail likewise.
            report.add(GROUP, [Finding("live check", "problem", f"it failed: {harmless(error)}", REPORT_IT)])

    def wait(self) -> None:
        if self._probe is None:
            return
        how = reach()
        left_s = self._begun_s + PAGE_S - time.monotonic() if how == "now" else 0.0
        if self._probe.done.wait(max(0.0, left_s)):
            self._probe.remove()
            return
        if self._probe.unless_heard(lambda: self._report.add(GROUP, [silent_page(how, seconds=PAGE_S)])):
            self._probe.done.wait(PAGE_S)
            self._probe.remove()
            return
        timer = threading.Timer(KEPT_S, self._probe.remove)
        timer.daemon = True
        timer.start()

    def _answered(self, facts: PageFacts) -> Any:
        self._report.add(GROUP, judge_page(facts))
        self._card.draw()
        if self._report.done and self._probe is not None:
            self._probe.remove()
