"""The still of a console: the conversation as HTML, as a picture and as text."""

from __future__ import annotations

from datetime import datetime

from rtnb._display import Bundle
from rtnb.plots.grid import safe, wrap
from rtnb.plots.render import png_base64
from rtnb.plots.stills.console_card import Status, console_card, pills, status_words
from rtnb.plots.stills.console_chart import console_picture
from rtnb.plots.stills.context import Context
from rtnb.plots.stills.conversation import Said, rows_of
from rtnb.plots.words import clipped, cost_facts, counted, duration, usage_facts
from rtnb.session.views.budget import BudgetView
from rtnb.session.views.shapes import SessionView

__all__ = ["console_bundle", "console_text"]

COLUMNS = 100
MOST_TEXT_TURNS = 30
"""Turns that plain text keeps; older ones are counted."""


def console_bundle(
    session: SessionView,
    *,
    budget: BudgetView | None = None,
    context: Context | None = None,
    now: datetime | None = None,
    last: int | None = None,
    embed_audio: bool = False,
) -> Bundle:
    """What stays of a console in a saved notebook.

    Parameters
    ----------
    session : SessionView
    budget : BudgetView, optional
        Its limits stand in the status line, in place of the cost alone.
    context : Context, optional
        What is taken of the model's window.
    now : datetime, optional
        The moment, UTC, that it shows; the present where it is not given. A picture outlives what is open.
    last : int, optional
        How many turns to show at most. Without it as many as the still has room for: about 120,000 characters of
        HTML, 20 lines of the picture and 30 turns of text, the newest; how many are left out is said.
    embed_audio : bool
        Whether the HTML brings the first seconds of each sound along, 600 kB in all.

    Examples
    --------
    >>> from rtnb.session.views.shapes import TurnView
    >>> turn = TurnView(0, "completed", user_text="<b>Hi</b>", user_kind="text", assistant_text="Hello!")
    >>> still = console_bundle(SessionView("embedded server", "rtnb-echo", "tone", "closed", 2.0, (turn,)))
    >>> sorted(still), "&lt;b&gt;Hi" in still["text/html"]
    (['image/png', 'text/html', 'text/plain'], True)
    """
    status = Status(budget, context, now)
    bundle: Bundle = {
        "text/html": str(console_card(session, status, last=last, embed_audio=embed_audio)),
        "text/plain": console_text(session, status, last=last),
    }
    picture = console_picture(session, status, last=last)
    if not picture.empty:
        bundle["image/png"] = png_base64(picture.figure)
    return bundle


def console_text(session: SessionView, status: Status | None = None, *, last: int | None = None) -> str:
    """The conversation for a terminal, a log or a screen reader.

    Examples
    --------
    >>> from rtnb.session.views.shapes import TurnView
    >>> turn = TurnView(0, "completed", user_text="Hi", user_kind="text", assistant_text="Hello!")
    >>> print(console_text(SessionView("embedded server", "rtnb-echo", "tone", "closed", 2.0, (turn,))))
    Console: embedded server · rtnb-echo · tone · closed · 2.00 s, 1 turn
    You        Hi
    Assistant  Hello!
    """
    status = status or Status()
    who, state = status_words(session, status.now)
    parts = [who, state, f"{duration(session.duration_s)}, {counted(len(session.turns), 'turn')}"]
    parts += [status.context.text] if status.context is not None else []
    parts += pills(session, status)
    lines = wrap(safe(clipped(f"Console: {' · '.join(parts)}", 600)), COLUMNS)
    lines += [safe(clipped(f"Error: {error}", 400)) for error in session.errors]
    lines += [safe(clipped(note, 400)) for note in session.notes]
    kept = min(len(session.turns), MOST_TEXT_TURNS if last is None else last)
    left_out = len(session.turns) - kept
    if left_out:
        lines.append(f"… {counted(left_out, 'earlier turn')}")
    for turn in session.turns[left_out:]:
        for row in rows_of(turn):
            lines += _said(row)
    if not session.turns:
        lines.append("nothing was said yet")
    facts = usage_facts(session.usage) if session.usage is not None else []
    facts += cost_facts(session.cost, session.endpoint) if session.cost is not None else []
    lines += wrap(safe(" · ".join(map(str, facts))), COLUMNS) if facts else []
    return "\n".join(line.rstrip() for line in lines)


def _said(row: Said) -> list[str]:
    words = row.text if row.own else f"({row.text})" if row.text else ""
    parts = [words, f"[not heard: {row.unheard}]" if row.unheard else "", f"[{row.remark}]" if row.remark else ""]
    parts.insert(1, f"[{counted(len(row.images), 'image')}]" if row.images else "")
    lines = wrap(safe(" ".join(part for part in parts if part)), COLUMNS - 11)
    return [f"{row.who if i == 0 else '':<11}{line}" for i, line in enumerate(lines)]
