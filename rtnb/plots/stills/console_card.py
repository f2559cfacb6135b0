"""A conversation as a card: what stays of a console where HTML is shown."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from rtnb.plots.cards import facts_html, session_notices
from rtnb.plots.html import Child, Html, css, tag
from rtnb.plots.palette import ASSISTANT, ERROR, MUTED, TOOL, USER, Ink
from rtnb.plots.states import state_words
from rtnb.plots.stills.context import Context
from rtnb.plots.stills.conversation import Said, Who, rows_of
from rtnb.plots.stills.gauge import gauge_html
from rtnb.plots.stills.sound import Embedding
from rtnb.plots.style import BREAK, CARD, CHIPS, NAME, NOTE, PADDING, PILL, ROW, WORDS, ink_css
from rtnb.plots.turn_rows import images
from rtnb.plots.words import cost_facts, counted, duration, usage_facts
from rtnb.session.views.budget import BudgetView
from rtnb.session.views.shapes import SessionView

__all__ = ["INKS", "Status", "console_card", "status_words"]

HTML_LIMIT = 120_000
"""Characters of rows that a still keeps, sounds and small images apart; older turns are counted."""
MOST_IMAGES = 6
OPEN_TURNS = 12
"""The newest turns, which stand open; those before wait behind a click."""

INKS: dict[Who, Ink] = {"You": USER, "Tool": TOOL, "Assistant": ASSISTANT, "Error": ERROR}


@dataclass(frozen=True, slots=True)
class Status:
    """What the status line of a console says besides who answers.

    Parameters
    ----------
    budget : BudgetView or None
    context : Context or None
    now : datetime or None
        The moment, UTC, that it shows; None for the present.
    """

    budget: BudgetView | None = None
    context: Context | None = None
    now: datetime | None = None


def status_words(session: SessionView, now: datetime | None = None) -> tuple[str, str]:
    """Who answers and how, and the state of the connection.

    Examples
    --------
    >>> status_words(SessionView("embedded server", "rtnb-echo", "tone", "closed", 2.0, ()))
    ('embedded server · rtnb-echo · tone', 'closed')
    """
    parts = [session.endpoint, session.model, session.voice, session.turn_detection]
    return " · ".join(part for part in parts if part), state_words(session.status, now)


def pills(session: SessionView, status: Status) -> list[str]:
    """What was spent of what."""
    if status.budget is not None and status.budget.limits:
        return [limit.text for limit in status.budget.limits]
    return [str(session.cost)] if session.cost is not None and session.cost.lines else []


def console_card(session: SessionView, status: Status, *, last: int | None = None, embed_audio: bool = False) -> Html:
    """Who answers, what was said by whom, what it took.

    Parameters
    ----------
    session : SessionView
    status : Status
    last : int, optional
        How many turns to show at most.
    embed_audio : bool
        Whether each row brings the first seconds of its sound.
    """
    embedding = Embedding.asked(embed_audio)
    shown, left_out = _turns(session, last, embedding)
    facts = usage_facts(session.usage) if session.usage is not None else []
    facts += cost_facts(session.cost, session.endpoint) if session.cost is not None else []
    return tag(
        "section",
        _status(session, status),
        *session_notices(session),
        _muted_row(f"… {counted(left_out, 'earlier turn')} left out") if left_out else None,
        _folded(shown[:-OPEN_TURNS]) if len(shown) > OPEN_TURNS else None,
        shown[-OPEN_TURNS:] or _muted_row("nothing was said yet"),
        _muted_row(embedding.note) if embedding.note else None,
        _chips(facts_html(facts)),
        aria_label="Console",
        style=CARD,
    )


def _turns(session: SessionView, last: int | None, embedding: Embedding) -> tuple[list[list[Html]], int]:
    """The rows of the newest turns that there is room for, in order, and how many are left out."""
    found: list[list[Html]] = []
    room, pictured = HTML_LIMIT, 0
    turns = session.turns if last is None else session.turns[len(session.turns) - min(last, len(session.turns)) :]
    for turn in reversed(turns):
        rows = rows_of(turn)
        seen = sum(len(row.images) for row in rows)
        htmls = [_row(row, f"Turn {turn.index + 1}", embedding, pictured + seen <= MOST_IMAGES) for row in rows]
        pictured += seen
        room -= sum(len(row.text) + len(row.unheard) for row in rows) + 900 * len(rows)
        if room < 0 and found:
            break
        found.append(htmls)
    return found[::-1], len(session.turns) - len(found)


def _folded(turns: Sequence[Child]) -> Html:
    summary = tag("summary", counted(len(turns), "earlier turn"), style=css(ink_css(MUTED), padding=f"4px {PADDING}"))
    return tag("details", summary, turns)


def _row(row: Said, turn: str, embedding: Embedding, pictured: bool) -> Html:
    ink = INKS[row.who]
    style = ink_css(ink) if row.who in ("Tool", "Error") else None if row.own else ink_css(MUTED)
    words: list[Child] = [tag("span", row.text, dir="auto", style=style)]
    if row.unheard:
        # Where styles are stripped it is struck through; where they are not it is faded.
        faded = css(ink_css(MUTED), opacity="0.75", text_decoration="none")
        words += [" ", tag("del", row.unheard, dir="auto", title="not heard", style=faded)]
    if row.remark:
        words += [" " if row.text else None, _note(row)]
    shown = images(row.images) if pictured else _images_said(row)
    sound = embedding.player(row.clip, f"{turn}, {row.who.lower()}")
    name = tag("b", row.who, style=css(ink_css(ink), NAME))
    rest = [(" ", part) for part in (tag("span", words, style=WORDS), shown, sound) if part is not None]
    return tag("div", name, rest, style=ROW)


def _images_said(row: Said) -> Html | None:
    return tag("span", counted(len(row.images), "image"), style=css(ink_css(MUTED), NOTE)) if row.images else None


def _note(row: Said) -> Html:
    ink = ERROR if row.bad else MUTED
    if row.who == "Tool":
        return tag("span", f"· {row.remark}", style=ink_css(ink))
    return tag("span", row.remark, style=css(PILL, ink_css(ink)))


def _status(session: SessionView, status: Status) -> Html:
    who, state = status_words(session, status.now)
    ink = ERROR if session.status == "lost" else MUTED
    parts: list[Child] = [
        tag("b", who, style=BREAK),
        tag("span", state, style=css(PILL, ink_css(ink))),
        tag("span", f"{duration(session.duration_s)}, {counted(len(session.turns), 'turn')}", style=ink_css(MUTED)),
    ]
    if status.context is not None:
        parts.append(gauge_html(status.context))
    parts += [tag("span", words, style=css(PILL, ink_css(MUTED))) for words in pills(session, status)]
    return tag("div", [(" ", tag("span", part, style=NOTE)) for part in parts], style=ROW)


def _muted_row(words: str) -> Html:
    return tag("div", words, style=css(ink_css(MUTED), BREAK, padding=f"4px {PADDING}"))


def _chips(facts: Sequence[Html]) -> Html | None:
    style = css(margin="0", padding="0", display="block")
    return tag("ul", *(tag("li", fact, style=style) for fact in facts), style=CHIPS) if facts else None
