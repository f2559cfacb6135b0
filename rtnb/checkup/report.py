"""What was found: one line each, a verdict, and what to do."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from typing import Any, Final, Literal

from rtnb._display import Drawable, counted, register, untypeset

__all__ = ["VERDICTS", "Finding", "Report", "Verdict"]

Verdict = Literal["ok", "note", "problem", "skipped"]

VERDICTS: Final[tuple[Verdict, ...]] = ("ok", "note", "problem", "skipped")
"""``ok``; ``note``: it works, but something is worth knowing; ``problem``: something will fail; ``skipped``."""


@dataclass(frozen=True, slots=True)
class Finding:
    """One line of a report.

    Parameters
    ----------
    check : str
        What was looked at, in two or three words.
    verdict : {"ok", "note", "problem", "skipped"}
    found : str
        What was found, in a sentence or less.
    remedy : str
        What to do about it, one line; empty where nothing is to be done.

    Examples
    --------
    >>> Finding("ipykernel", "note", "6.31.0, without subshells", "pip install 'ipykernel>=7'")
    Finding(check='ipykernel', verdict='note', found='6.31.0, without subshells', remedy="pip install 'ipykernel>=7'")
    """

    check: str
    verdict: Verdict
    found: str
    remedy: str = ""


class Report(Drawable):
    """What the doctor found, group by group; it may still be growing while a notebook shows it.

    Parameters
    ----------
    groups : iterable of str
        The groups in their order.
    """

    def __init__(self, groups: Iterable[str] = ()) -> None:
        self._lock = threading.Lock()
        self._groups: dict[str, dict[str, tuple[Finding, ...]]] = {group: {} for group in groups}
        self.seconds = 0.0
        """How long it took."""
        self.done = False
        """Whether every check has ended."""
        self.shown_in: object = None

    def add(self, group: str, findings: Iterable[Finding], *, part: str = "") -> None:
        """Findings of a part of a group, in the place of those that it had; parts keep the order of their first."""
        with self._lock:
            self._groups.setdefault(group, {})[part] = tuple(findings)

    @property
    def groups(self) -> Mapping[str, tuple[Finding, ...]]:
        """Groups and their findings."""
        with self._lock:
            return {
                group: tuple(one for part in parts.values() for one in part) for group, parts in self._groups.items()
            }

    @property
    def findings(self) -> tuple[Finding, ...]:
        """All of them."""
        return tuple(finding for findings in self.groups.values() for finding in findings)

    @property
    def problems(self) -> tuple[Finding, ...]:
        """Those that will make something fail."""
        return tuple(finding for finding in self.findings if finding.verdict == "problem")

    @property
    def notes(self) -> tuple[Finding, ...]:
        """Those that are worth knowing."""
        return tuple(finding for finding in self.findings if finding.verdict == "note")

    @property
    def ok(self) -> bool:
        """Whether there is no problem."""
        return not self.problems

    @property
    def headline(self) -> str:
        """How it stands, in a line.

        Examples
        --------
        >>> report = Report(["kernel"])
        >>> report.add("kernel", [Finding("ipykernel", "ok", "7.4.0"), Finding("specs", "problem", "stale")])
        >>> report.headline
        '1 problem, 1 ok'
        """
        told = []
        for verdict, noun in (("problem", "problem"), ("note", "note"), ("ok", ""), ("skipped", "")):
            count = sum(finding.verdict == verdict for finding in self.findings)
            if count:
                told.append(counted(count, noun) if noun else f"{count} {verdict}")
        return ", ".join(told) or "nothing looked at yet"

    def records(self) -> list[dict[str, str]]:
        """The findings as flat mappings, for a table or a bug report."""
        return [{"group": group, **asdict(each)} for group, found in self.groups.items() for each in found]

    def as_dict(self) -> dict[str, Any]:
        """All of it as plain data."""
        return {"ok": self.ok, "seconds": round(self.seconds, 2), "findings": self.records()}

    def to_json(self) -> str:
        """As JSON."""
        return json.dumps(self.as_dict(), indent=2)

    def __repr__(self) -> str:
        from rtnb.checkup.text import report_text

        return report_text(self)

    def _ipython_display_(self) -> None:
        from rtnb.session.live import show_once

        show_once(self)


def _drawn(report: Report) -> Mapping[str, Any]:
    from rtnb.checkup.card import report_card

    return untypeset({"text/html": str(report_card(report))})


register(Report, _drawn)
