"""The still of a usage meter: gauges, cost over time, tokens by modality, what other models would have cost."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from rtnb._display import Bundle
from rtnb.plots.budget import TITLES as LIMITS
from rtnb.plots.canvas import WIDTH, Canvas, Picture, shortened
from rtnb.plots.cards import facts_html
from rtnb.plots.grid import safe, wrap
from rtnb.plots.html import Child, Html, css, tag
from rtnb.plots.layout import SMALL
from rtnb.plots.money.meter_chart import meter_picture
from rtnb.plots.money.sheets import misses_sheet, responses_sheet, whatif_sheet
from rtnb.plots.money.words import meter_facts, percent
from rtnb.plots.palette import ERROR, MUTED, STORED, TEXT, Ink
from rtnb.plots.render import png_base64
from rtnb.plots.sheet import sheet_html, sheet_text
from rtnb.plots.stills.context import Context
from rtnb.plots.stills.gauge import bar_html, draw_gauge, gauge_ink
from rtnb.plots.stills.image import image_html
from rtnb.plots.style import BREAK, CARD, CHIPS, NOTE, PADDING, ROW, ink_css
from rtnb.plots.tables import cost_table, turns_table, usage_table
from rtnb.plots.text import report_text
from rtnb.plots.words import Fact, clipped, cost_facts, usage_facts
from rtnb.session.views.budget import BudgetView
from rtnb.session.views.shapes import UsageReport

if TYPE_CHECKING:
    from rtnb.pricing.ahead.whatif import WhatIf
    from rtnb.pricing.bills.meter import Meter

__all__ = ["Gauge", "gauges_of", "usage_bundle"]

MOST_TURNS = 15
"""Turns whose tokens stand in a table, and responses; of more, the newest: each row weighs 3 kB with its styles."""
MOST_VARIANTS = 12


@dataclass(frozen=True, slots=True)
class Gauge:
    """A bar that fills.

    Parameters
    ----------
    name, text : str
        What it is of, and how much of how much.
    share : float
        0 to 1, and beyond where a limit is exceeded.
    ink : Ink
    """

    name: str
    text: str
    share: float
    ink: Ink


@dataclass(frozen=True, slots=True)
class _Gauges:
    """Gauges above the picture of the meter."""

    gauges: Sequence[Gauge]

    @property
    def height(self) -> float:
        """A row each."""
        return 20.0 * len(self.gauges) + (10 if self.gauges else 0)

    @property
    def alt(self) -> str:
        """Each in words."""
        return " ".join(f"{gauge.name}: {gauge.text}." for gauge in self.gauges)

    def draw(self, canvas: Canvas, top: float) -> None:
        """Name, bar, words."""
        for i, gauge in enumerate(self.gauges):
            y = top - 18 - 20 * i
            canvas.text(14, y, gauge.name, MUTED, size=SMALL)
            draw_gauge(canvas, 76, y, 260, gauge.share, ink=gauge.ink, high=8.0)
            words = shortened(gauge.text, WIDTH - 348 - 14, SMALL)
            canvas.text(348, y, words, ERROR if gauge.ink is ERROR else TEXT, size=SMALL)


def gauges_of(report: UsageReport, budget: BudgetView | None = None, context: Context | None = None) -> list[Gauge]:
    """Context, cache and limits as gauges.

    Examples
    --------
    >>> report = UsageReport((), None, None, "gpt-realtime", "embedded server")
    >>> [(gauge.name, gauge.text) for gauge in gauges_of(report, context=Context(3_840, 32_000))]
    [('context', '12 % of 32k context')]
    """
    found = []
    if context is not None and context.share is not None:
        found.append(Gauge("context", context.text, context.share, gauge_ink(context.share, near=context.near)))
    usage = report.usage
    if usage is not None and usage.input_tokens:
        share = usage.cached_tokens / usage.input_tokens
        hit = report.meter.hit_rate if report.ledger.exchanges else None
        words = f"{percent(share)} of the input" + ("" if hit is None else f", {percent(hit)} of the possible")
        found.append(Gauge("cache", words, share, STORED))
    for limit in budget.limits if budget is not None else ():
        ink = ERROR if limit.exceeded else gauge_ink(limit.share, near=limit.near)
        found.append(Gauge(LIMITS[limit.name], limit.text, limit.share, ink))
    return found


def usage_bundle(
    report: UsageReport,
    *,
    budget: BudgetView | None = None,
    context: Context | None = None,
    what_if: WhatIf | None = None,
    notes: Sequence[str] = (),
) -> Bundle:
    """What stays of a usage meter in a saved notebook.

    Parameters
    ----------
    report : UsageReport
    budget : BudgetView, optional
    context : Context, optional
    what_if : WhatIf, optional
        What the same talk would have cost otherwise, as ``report.reprice(...)`` gives it.
    notes : sequence of str
        What else is to be said.

    Examples
    --------
    >>> still = usage_bundle(UsageReport((), None, None, "gpt-realtime", "embedded server"))
    >>> still["text/plain"]
    'Nothing was used yet.'
    """
    gauges = gauges_of(report, budget, context)
    picture = meter_picture(report.meter, above=_Gauges(gauges)) if report.ledger.exchanges else None
    lines = [line for gauge in gauges for line in wrap(safe(f"{gauge.name}: {gauge.text}"), 100)]
    lines.append(report_text(report))
    if what_if is not None and what_if.variants:
        lines += ["What if", sheet_text(whatif_sheet(what_if))]
    lines += [line for note in notes for line in wrap(safe(clipped(note, 400)), 100)]
    bundle: Bundle = {
        "text/html": str(_card(report, gauges, picture, budget, what_if, notes)),
        "text/plain": "\n".join(lines),
    }
    if picture is not None and not picture.empty:
        bundle["image/png"] = png_base64(picture.figure)
    return bundle


def _card(
    report: UsageReport, gauges: Sequence[Gauge], picture: Picture | None, budget: BudgetView | None,
    what_if: WhatIf | None, notes: Sequence[str],
) -> Html:  # fmt: skip
    drawn = picture is not None and not picture.empty
    facts = usage_facts(report.usage) if report.usage is not None else []
    bill: list[Fact] = cost_facts(report.cost, report.endpoint) if report.cost is not None else []
    said = [*([_SILENCED] if budget is not None and budget.silenced else []), *notes]
    said += list(budget.notes) if budget is not None else []
    meter = report.meter if report.ledger.exchanges else None
    return tag(
        "section",
        _row([tag("b", "Usage"), *facts_html(bill)]),
        # In the picture they are already.
        None if drawn else [_gauge_row(gauge) for gauge in gauges],
        _row([_muted("nothing was used yet")]) if report.usage is None and report.cost is None else None,
        image_html(picture) if picture is not None and drawn else None,
        _row(facts_html(facts)) if facts else None,
        _chips(facts_html(meter_facts(meter))) if meter is not None else None,
        _folded("tokens by modality", usage_table(report.usage)) if report.usage is not None else None,
        _folded("the bill, line by line", cost_table(report.cost))
        if report.cost is not None and report.cost.lines else None,
        _turns(report),
        _responses(meter) if meter is not None else None,
        sheet_html(misses_sheet(meter)) if meter is not None and misses_sheet(meter).rows else None,
        _what_if(what_if),
        [tag("div", clipped(note, 400), style=css(ink_css(MUTED), BREAK, padding=f"3px {PADDING}")) for note in said],
        aria_label="Usage",
        style=CARD,
    )  # fmt: skip


_SILENCED = "Turn detection answers no more until a limit is raised."


def _turns(report: UsageReport) -> Html | None:
    """Tokens of each turn by modality and cache: the newest where there are many."""
    if not report.turns:
        return None
    shown = report.turns[max(0, len(report.turns) - MOST_TURNS) :]
    left_out = len(report.turns) - len(shown)
    name = f"tokens of each turn ({len(report.turns):,})"
    more = _row([_muted(f"… {left_out:,} earlier turns")]) if left_out else None
    beside = report.beside if not left_out else None
    return _folded(name, more, turns_table(shown, by_modality=True, priced=False, beside=beside))


def _responses(meter: Meter) -> Html:
    """What each response cost and why: the newest where there are many, and the sum of all."""
    sheet = responses_sheet(meter)
    left_out = max(0, len(sheet.rows) - MOST_TURNS)
    shown = replace(sheet, rows=sheet.rows[left_out:])
    more = _row([_muted(f"… {left_out:,} earlier responses")]) if left_out else None
    return _folded(f"every response ({len(sheet.rows):,})", more, sheet_html(shown, full=True))


def _what_if(what_if: WhatIf | None) -> Html | None:
    if what_if is None or not what_if.variants:
        return None
    title = tag("div", tag("b", "What if"), style=css(padding=f"8px {PADDING} 2px"))
    return tag("div", title, sheet_html(whatif_sheet(what_if), full=True))


def _gauge_row(gauge: Gauge) -> Html:
    name = tag("span", gauge.name, style=css(ink_css(MUTED), flex="0 0 8.7%", min_width="72px"))
    words = tag("span", gauge.text, style=ink_css(ERROR) if gauge.ink is ERROR else None)
    return tag("div", name, " ", bar_html(gauge.share, gauge.ink, wide="220px"), " ", words, style=ROW)


def _folded(summary: str, *children: Child) -> Html:
    return tag("details", tag("summary", summary, style=css(padding=f"4px {PADDING}")), *children)


def _muted(words: str) -> Html:
    return tag("span", words, style=ink_css(MUTED))


def _row(children: Sequence[Html]) -> Html:
    return tag("div", [(" ", tag("span", child, style=NOTE)) for child in children], style=ROW)


def _chips(facts: Sequence[Html]) -> Html | None:
    style = css(margin="0", padding="0", display="block")
    return tag("ul", *(tag("li", fact, style=style) for fact in facts), style=CHIPS) if facts else None
