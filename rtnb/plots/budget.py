"""The budget as a card and in words: a bar for each limit."""

from __future__ import annotations

from rtnb.plots.grid import safe
from rtnb.plots.html import Html, css, tag
from rtnb.plots.palette import ASSISTANT, ERROR, LINE, MUTED, VAD_MARK
from rtnb.plots.style import BREAK, CARD, NOTE, PADDING, ROW, ink_css
from rtnb.session.views.budget import BudgetView, LimitView

__all__ = ["TITLES", "budget_card", "budget_text"]

TITLES = {"budget_usd": "money", "budget_tokens": "tokens", "max_minutes": "time"}
"""What each limit is of, as gauges are called."""
_SILENCED = "Turn detection answers no more until a limit is raised."


def budget_card(view: BudgetView) -> Html:
    """What is spent of each limit."""
    rows = [_row(limit) for limit in view.limits]
    notes = [*([_SILENCED] if view.silenced else []), *view.notes]
    return tag(
        "section",
        tag("div", tag("b", "Budget", style=NOTE), style=ROW),
        rows or tag("div", tag("span", "no limit is set", style=ink_css(MUTED)), style=ROW),
        [tag("div", note, style=css(ink_css(MUTED), BREAK, padding=f"4px {PADDING}")) for note in notes],
        aria_label="Budget",
        style=CARD,
    )


def _row(limit: LimitView) -> Html:
    ink = ERROR if limit.exceeded else VAD_MARK if limit.near else ASSISTANT
    filled = tag("span", style=css(ink_css(ink, "background"), display="block", height="100%",
                                   width=f"{min(1.0, limit.share):.1%}"))  # fmt: skip
    bar = tag(
        "span",
        filled,
        aria_label=f"{limit.share:.0%} spent",
        style=css(ink_css(LINE, "background"), flex="1 1 160px", max_width="320px", height="8px", border_radius="4px",
                  overflow="hidden", align_self="center"),
    )  # fmt: skip
    words = limit.text
    if limit.next_at_least:
        words += f", the next response takes {limit.amount(limit.next_at_least)} at least"
    name = tag("span", TITLES[limit.name], style=css(ink_css(MUTED), flex="0 0 8.7%", min_width="72px"))
    said = tag("span", words, style=ink_css(ERROR) if limit.exceeded else None)
    return tag("div", name, " ", bar, " ", said, style=css(ROW, "align-items:center"))


def budget_text(view: BudgetView) -> str:
    """What is spent of each limit, for a terminal."""
    if not view.limits:
        return "Budget: no limit is set"
    lines = [f"Budget: {view.text}", *([_SILENCED] if view.silenced else []), *(safe(note) for note in view.notes)]
    return "\n".join(lines)
