"""The report as HTML, in the house's style; verdicts are words, colour only helps."""

from __future__ import annotations

import re
from typing import Final

from rtnb.checkup.plan import GROUPS
from rtnb.checkup.report import Finding, Report, Verdict
from rtnb.plots.html import Html, css, tag
from rtnb.plots.palette import ASSISTANT, ERROR, LINE, MUTED, VAD_MARK, Ink
from rtnb.plots.style import BREAK, CARD, CELL, NOTE, PADDING, ROW, SCROLL, TABLE, ink_css
from rtnb.plots.words import clipped

__all__ = ["report_card"]

LIMIT: Final = 600
"""Characters of a cell that are shown."""

INKS: Final[dict[Verdict, Ink]] = {"ok": ASSISTANT, "note": VAD_MARK, "problem": ERROR, "skipped": MUTED}

_COMMAND = re.compile(r"(pip|python|jupyter) [^:]*\Z")

_CODE = css("font-family:monospace", "font-family:var(--jp-code-font-family,monospace)", font_size="0.95em")


def report_card(report: Report) -> Html:
    """All findings under their headings, and what to do.

    Examples
    --------
    >>> report = Report(["kernel"])
    >>> report.add("kernel", [Finding("kernelspecs", "problem", "one is stale", "jupyter kernelspec remove old")])
    >>> "jupyter kernelspec remove old" in str(report_card(report))
    True
    """
    state = f"in {report.seconds:.1f} s" if report.done else "looking …"
    head = tag(
        "div",
        tag("span", tag("b", "Doctor"), style=NOTE), " ",
        tag("span", report.headline, style=css(NOTE, ink_css(MUTED if report.ok else ERROR))), " ",
        tag("span", state, style=css(NOTE, ink_css(MUTED))),
        style=ROW,
    )  # fmt: skip
    rows = []
    for group, findings in report.groups.items():
        if findings:
            rows.append(_heading(GROUPS.get(group, group)))
            rows += map(_row, findings)
    body = tag("table", tag("tbody", rows), style=css(TABLE, width="100%")) if rows else None
    scrolled = tag("div", body, style=css(SCROLL, padding=f"2px {PADDING} 0"))
    return tag("section", head, scrolled, aria_label="Doctor", style=CARD)


def _heading(title: str) -> Html:
    style = css(CELL, ink_css(MUTED), text_align="left", font_weight=500, padding="9px 8px 2px")
    return tag("tr", tag("th", title, colspan=3, scope="colgroup", style=style), style="background:none")


def _remedy(remedy: str) -> Html:
    """A command is set as code, a sentence is not."""
    return tag("span", clipped(remedy, LIMIT), style=_CODE if _COMMAND.match(remedy) else None)


def _row(finding: Finding) -> Html:
    loud = finding.verdict in ("note", "problem")
    verdict = tag("b" if loud else "span", finding.verdict, style=ink_css(INKS[finding.verdict]))
    plain = css(CELL, ink_css(LINE, "border-bottom-color"), text_align="left")
    told = clipped(finding.found, LIMIT)
    shown = tag("span", told, style=ink_css(MUTED)) if finding.verdict == "skipped" else told
    what = [tag("div", shown)]
    if finding.remedy:
        what.append(tag("div", tag("b", "Do: "), _remedy(finding.remedy)))
    return tag(
        "tr",
        tag("td", verdict, style=css(plain, white_space="nowrap", width="4.5em")),
        tag("th", finding.check, scope="row", style=css(plain, font_weight=500, white_space="nowrap", width="9em")),
        tag("td", what, style=css(plain, BREAK)),
        style="background:none",
    )
