"""A timeline as one HTML file that stands alone: no script, no network, light or dark as the reader likes."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from rtnb.audio import Clip
from rtnb.plots.canvas import Picture
from rtnb.plots.cards import facts_html
from rtnb.plots.html import Html, css, tag
from rtnb.plots.page import document
from rtnb.plots.palette import MUTED
from rtnb.plots.sheet import Sheet
from rtnb.plots.stills.image import image_html
from rtnb.plots.stills.plain_table import plain_table
from rtnb.plots.stills.sound import Embedding
from rtnb.plots.style import CARD, NOTE, PADDING, ROW, ink_css
from rtnb.plots.timeline.bundle import timeline_facts
from rtnb.plots.timeline.chart import timeline_picture
from rtnb.plots.timeline.content import active_span
from rtnb.plots.timeline.sheets import changes_sheet, events_sheet, moment, problems_sheet, times_sheet, turns_sheet
from rtnb.plots.words import clipped, counted

if TYPE_CHECKING:
    from rtnb.session.timeline.timeline import Timeline

__all__ = ["timeline_page"]

STRIP_S = 40.0
"""Of a longer timeline, strips of so many seconds stand below the whole: there, words can be read."""
MOST_STRIPS = 24
"""Sixteen minutes in strips; what follows is counted, and seen in the whole."""
LEAST_PX = 820
"""No narrower, or its words cannot be read; on a smaller screen one scrolls."""
MOST_ROWS = 1_500
"""Lines of events; a page of more is slow to open."""


def timeline_page(
    timeline: Timeline,
    other: Timeline | None = None,
    *,
    title: str = "",
    embed_audio: bool = False,
    shift_s: float | None = None,
) -> str:
    """The timeline as a page: the whole, strips of it in which words can be read, and everything in tables.

    Parameters
    ----------
    timeline : Timeline
    other : Timeline, optional
        A second run, drawn below the first on the same clock.
    title : str
        Heading and title of the page; the recording's name if empty.
    embed_audio : bool
        Whether the first seconds of what either side said are in it, as FLAC: 8 s of each stretch, 600 kB in all.
    shift_s : float, optional
        What is added to the clock of the second run; that of ``timeline.against(other)`` if not given.

    Returns
    -------
    str
        A complete document, to be written as UTF-8. Nothing in it runs, and nothing is fetched.
    """
    name = clipped(title or timeline.name, 120) or "Timeline"
    who = " · ".join(part for part in (timeline.endpoint, timeline.model) if part)
    embedding, facts = Embedding.asked(embed_audio), facts_html(timeline_facts(timeline))
    parts: list[Html | None] = [
        tag("h1", name),
        tag("p", clipped(who, 300), style=css(ink_css(MUTED), margin="0 0 8px")) if who else None,
        tag(
            "section",
            tag("div", [(" ", tag("span", fact, style=NOTE)) for fact in facts], style=ROW),
            _image(timeline_picture(timeline, other, shift_s=shift_s)),
            aria_label="Timeline",
            style=CARD,
        ),
        *_strips(timeline, other, embedding, shift_s),
        _table("Errors", problems_sheet(timeline)),
        _table("Turns", turns_sheet(timeline, most=MOST_ROWS)),
        _table("Times", times_sheet(timeline, most=MOST_ROWS), folded="each with both its ends"),
        _table("Settings", changes_sheet(timeline, most=MOST_ROWS)),
        _table("Events", events_sheet(timeline, most=MOST_ROWS), folded=counted(len(timeline.columns), "event")),
    ]  # fmt: skip
    return document(name, [part for part in parts if part is not None])


def _image(picture: Picture) -> Html:
    return image_html(picture, background=False, least_px=LEAST_PX)


def _strips(timeline: Timeline, other: Timeline | None, embedding: Embedding, shift_s: float | None) -> list[Html]:
    """The same in pieces, where the whole is too long for words; with what either side said in each, if asked."""
    low, high = active_span(timeline)
    count = math.ceil((high - low) / STRIP_S)
    if count < 2 and not embedding.bytes_left:
        return []
    shown = min(count, MOST_STRIPS) if other is None else min(count, MOST_STRIPS // 2)
    found = [_heading("In strips")] if count > 1 else [_heading("Sound")]
    for i in range(shown):
        span_s = low + i * STRIP_S, min(low + (i + 1) * STRIP_S, max(high, low + 1.0))
        label = f"{moment(span_s[0])} to {moment(span_s[1])}"
        players = _players(timeline, span_s, embedding)
        image = _image(timeline_picture(timeline, other, span_s=span_s, shift_s=shift_s)) if count > 1 else None
        found.append(tag("section", image, tag("div", players, style=ROW) if players else None,
                         aria_label=label, style=CARD))  # fmt: skip
    if shown < count:
        found.append(_note(f"… {counted(count - shown, 'more strip')}, seen in the whole above"))
    return [*found, _note(embedding.note)] if embedding.note else found


def _players(timeline: Timeline, span_s: tuple[float, float], embedding: Embedding) -> list[Html]:
    """What was said within a strip, by whom."""
    if not embedding.bytes_left:
        return []
    found = []
    for each in timeline.transcripts:
        if not span_s[0] <= each.start_s < span_s[1]:
            continue
        clip: Clip = timeline.clip("input" if each.role == "user" else "output", each.start_s, each.end_s)
        who = "You" if each.role == "user" else "Assistant"
        if (player := embedding.player(clip, f"{who}, {moment(each.start_s)}")) is not None:
            words = tag("span", f"{who}: {clipped(each.text, 60)}", style=ink_css(MUTED))
            found.append(tag("span", words, " ", player, style=NOTE))
    return found


def _heading(words: str) -> Html:
    return tag("h2", words, style=ink_css(MUTED))


def _note(words: str) -> Html:
    return tag("p", words, style=css(ink_css(MUTED), padding=f"4px {PADDING}"))


def _table(title: str, sheet: Sheet, *, folded: str = "") -> Html | None:
    if not sheet.rows:
        return None
    table = plain_table(sheet, folded=folded)
    return tag("div", _heading(title), tag("section", table, aria_label=title, style=CARD))
