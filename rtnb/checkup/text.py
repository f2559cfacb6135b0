"""The report for terminals."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from rtnb.checkup.plan import GROUPS
from rtnb.checkup.report import Finding, Report

__all__ = ["finding_lines", "group_text", "report_text", "summary"]

INDENT: Final = 2
MARK: Final = 8
NAME: Final = 20


def finding_lines(finding: Finding, *, width: int) -> list[str]:
    """A finding, and below it what to do.

    Examples
    --------
    >>> finding = Finding("kernelspecs", "problem", "'Old' starts ~/gone/bin/python", "jupyter kernelspec remove old")
    >>> print("\\n".join(finding_lines(finding, width=80)))
      problem kernelspecs         'Old' starts ~/gone/bin/python
                                  > jupyter kernelspec remove old
    """
    from rtnb.plots.grid import safe, wrap

    head = f"{' ' * INDENT}{finding.verdict:<{MARK}}{finding.check:<{NAME}}"
    room = max(24, width - len(head))
    lines = [
        f"{head}{line}" if i == 0 else " " * len(head) + line for i, line in enumerate(wrap(safe(finding.found), room))
    ]
    if finding.remedy:
        told = wrap(safe(finding.remedy), room - 2)
        lines += [f"{' ' * len(head)}{'> ' if i == 0 else '  '}{line}" for i, line in enumerate(told)]
    return [line.rstrip() for line in lines]


def group_text(group: str, findings: Iterable[Finding], *, width: int) -> str:
    """A heading and its findings."""
    return "\n".join([GROUPS.get(group, group), *(x for each in findings for x in finding_lines(each, width=width))])


def summary(report: Report) -> str:
    """The last line."""
    took = f", in {report.seconds:.1f} s" if report.seconds else ""
    return f"{report.headline[:1].upper()}{report.headline[1:]}{took}."


def report_text(report: Report, *, width: int = 100) -> str:
    """All of it."""
    parts = [group_text(group, found, width=width) for group, found in report.groups.items() if found]
    return "\n".join([*parts, summary(report)])
