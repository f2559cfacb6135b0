"""The events of a timeline as a table that teaches: when, which way, what it is called, what it means, what it says."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from rtnb.plots.grid import safe, wrap
from rtnb.plots.html import Child, Html, css, tag
from rtnb.plots.palette import MUTED
from rtnb.plots.style import CARD, NOTE, PADDING, ROW, ink_css
from rtnb.plots.tables import Column, table_html
from rtnb.plots.timeline.sheets import moment
from rtnb.plots.words import clipped, counted
from rtnb.protocol.envelope import ARROWS

if TYPE_CHECKING:
    from rtnb.session.timeline.explained import ExplainedEvent, ExplainedEvents

__all__ = ["explained_bundle"]

MOST = 200
"""Lines of a table in a notebook; the rest is counted."""
TEXT_LIMIT = 300
WIDTH, INDENT = 100, 12
_WAYS = {"sent": "→ sent by the client", "received": "← received from the server", "local": "· noted by rtnb"}
_CODE = css("font-family:monospace", "font-family:var(--jp-code-font-family,monospace)", font_size="0.95em")


def explained_bundle(found: ExplainedEvents) -> dict[str, Any]:
    """What Jupyter gets."""
    shown, rest = found.events[:MOST], len(found) - MOST
    ways = [words for way, words in _WAYS.items() if any(each.direction == way for each in shown)]
    caption = ", ".join([*([f"… {rest:,} more lines"] if rest > 0 else []), *ways])
    head = (tag("b", "Event by event"), tag("span", _count(found), style=ink_css(MUTED)))
    heading = tag("div", [(" ", tag("span", child, style=NOTE)) for child in head], style=ROW)
    nothing = tag("div", tag("span", "nothing happened", style=ink_css(MUTED)), style=css(padding=f"4px {PADDING}"))
    card = tag("section", heading, _table(shown, caption) if shown else nothing, aria_label="Events", style=CARD)
    return {"text/html": str(card), "text/plain": _text(shown, caption, _count(found))}


def _count(found: Sequence[ExplainedEvent]) -> str:
    events = sum(each.count for each in found)
    return counted(events, "event") if events == len(found) else f"{events:,} events in {counted(len(found), 'line')}"


def _table(events: Sequence[ExplainedEvent], caption: str) -> Html:
    columns = (
        Column("at"), Column("event", words=True, width="33%", least="13em"),
        Column("what it means", words=True, width="40%", least="13em"),
        Column("what this one says", words=True, least="8em"),
    )  # fmt: skip
    rows: list[list[Child]] = [
        [_when(each), _name(each), clipped(each.means, TEXT_LIMIT) or "–", clipped(each.says, TEXT_LIMIT)]
        for each in events
    ]
    return table_html(columns, rows, caption=caption, full=True)


def _when(each: ExplainedEvent) -> Child:
    if each.count == 1:
        return moment(each.t_s)
    return (moment(each.t_s), tag("br"), tag("small", f"to {moment(each.last_s)}", style=ink_css(MUTED)))


def _name(each: ExplainedEvent) -> Child:
    many = tag("b", f" ×{each.count:,}") if each.count > 1 else None
    beta = (tag("br"), tag("small", "in beta: ", tag("span", _breakable(each.beta), style=_CODE), style=ink_css(MUTED)))
    name = tag("span", _breakable(clipped(each.type, TEXT_LIMIT) or "(no type)"), style=_CODE)
    return (ARROWS.get(each.direction, "?"), "\u00a0", name, many, beta if each.beta else None)


def _breakable(name: str) -> list[Child]:
    """A long name that is broken behind its dots and underscores, where that is needed."""
    return [child for part in re.findall(r"[^._]*[._]?", name) if part for child in (part, tag("wbr"))][:-1]


def _text(events: Sequence[ExplainedEvent], caption: str, count: str) -> str:
    """An event on a line of its own, its meaning below it: names of events are too long for a column."""
    if not events:
        return "Event by event: nothing happened"
    lines = [f"Event by event, {count}"]
    for each in events:
        beta = f" (in beta: {each.beta})" if each.beta else ""
        says = f" · {clipped(each.says, TEXT_LIMIT)}" if each.says else ""
        lines += wrap(safe(f"{moment(each.t_s):>9} {each!s}{beta}{says}"), WIDTH)
        lines += [f"{' ' * INDENT}{line}" for line in wrap(safe(clipped(each.means, TEXT_LIMIT)), WIDTH - INDENT)]
    return "\n".join([*lines, *wrap(caption, WIDTH)])
