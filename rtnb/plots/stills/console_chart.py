"""A conversation as a picture: what stays of a console where only pictures show."""

from __future__ import annotations

import bisect
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

from rtnb.plots.canvas import WIDTH, Canvas, Picture, drawable, note_picture, shortened
from rtnb.plots.layout import BIG, SMALL, Box, text_width
from rtnb.plots.palette import ERROR, LINE, MUTED, STORED, TEXT, TOOL, Ink
from rtnb.plots.states import PASSING
from rtnb.plots.stills.console_card import INKS, Status, pills, status_words
from rtnb.plots.stills.conversation import Said, rows_of
from rtnb.plots.stills.gauge import draw_gauge, gauge_ink
from rtnb.plots.words import clipped, cost_facts, counted, duration, usage_facts
from rtnb.session.views.shapes import SessionView

__all__ = ["console_picture"]

MARGIN, GUTTER = 14.0, 98.0
NAME = 12.0
"""Size of who answers, in pixels."""
LINE_HIGH, ROW_AIR = 18.0, 7.0
STATUS_HIGH = 30.0
MOST_LINES = 20
"""Of words: a picture of more is scrolled past rather than looked at, and too large for the cap in fine print."""
MOST_CHARS = 400
"""No line holds as many."""
ROW_LINES = 7
"""Of one row, so that a long answer leaves room for others."""


@dataclass(frozen=True, slots=True)
class _Piece:
    """Words of one look."""

    text: str
    ink: Ink
    gap: str = " "
    """What parts them from the words before."""


def console_picture(session: SessionView, status: Status, *, last: int | None = None) -> Picture:
    """The status line and the newest turns.

    Examples
    --------
    >>> from rtnb.session.views.shapes import TurnView
    >>> turn = TurnView(0, "completed", user_text="Hi", user_kind="text", assistant_text="Hello!")
    >>> console_picture(SessionView("embedded server", "rtnb-echo", "tone", "closed", 2.0, (turn,)), Status()).alt
    'Conversation with embedded server · rtnb-echo · tone: 1 turn in 2.00 s. You: Hi. Assistant: Hello!'
    """
    if not session.turns:
        return note_picture("nothing was said yet")
    shown, left_out = _newest(session, last)
    problems = [clipped(f"Error: {error}", 400) for error in session.errors[-3:]]
    lines = sum(len(block) for _, block in shown)
    foot = _foot(session, status)
    height = (
        STATUS_HIGH + 10 + (LINE_HIGH + ROW_AIR) * (len(problems) + bool(left_out))
        + lines * LINE_HIGH + len(shown) * ROW_AIR + 10 + 16 * len(foot)
    )  # fmt: skip
    canvas = Canvas(height)
    _status(canvas, height - STATUS_HIGH / 2 - 2, session, status)
    y = height - STATUS_HIGH - 6
    canvas.line([(MARGIN, y), (WIDTH - MARGIN, y)], LINE)
    y -= LINE_HIGH / 2 + 4
    for words in [*problems, *([f"… {counted(left_out, 'earlier turn')}"] if left_out else [])]:
        ink = MUTED if words.startswith("…") else ERROR
        canvas.text(GUTTER, y, shortened(words, WIDTH - MARGIN - GUTTER, SMALL), ink, size=SMALL)
        y -= LINE_HIGH + ROW_AIR
    for row, block in shown:
        canvas.text(MARGIN, y, row.who, INKS[row.who], size=BIG, bold=True)
        for line in block:
            x = GUTTER
            for piece in line:
                x = canvas.text(x + text_width(piece.gap, BIG), y, piece.text, piece.ink, size=BIG).x1
            y -= LINE_HIGH
        y -= ROW_AIR
    canvas.line([(MARGIN, 16 * len(foot) + 10), (WIDTH - MARGIN, 16 * len(foot) + 10)], LINE)
    for i, words in enumerate(reversed(foot)):
        canvas.text(MARGIN, 13 + 16 * i, words, MUTED, size=SMALL)
    return canvas.picture(_alt(session, [row for row, _ in shown], left_out))


def _newest(session: SessionView, last: int | None) -> tuple[list[tuple[Said, list[list[_Piece]]]], int]:
    """Rows with their lines, as many turns from the end as there is room for."""
    found: list[list[tuple[Said, list[list[_Piece]]]]] = []
    room = MOST_LINES
    for turn in reversed(session.turns if last is None else session.turns[-last:] if last else ()):
        rows = [(row, _lines(row)) for row in rows_of(turn)]
        room -= sum(len(block) for _, block in rows)
        if room < 0 and found:
            break
        found.append(rows)
    return [row for rows in reversed(found) for row in rows], len(session.turns) - len(found)


def _pieces(row: Said) -> Iterator[_Piece]:
    ink = {"Tool": TOOL, "Error": ERROR}.get(row.who, TEXT if row.own else MUTED)
    yield from (_Piece(word, ink) for word in drawable(row.text).split())
    yield from (_Piece(word, STORED) for word in drawable(row.unheard).split())
    if row.images:
        yield _Piece(f"[{counted(len(row.images), 'image')}]", MUTED)
    if row.remark:
        mark = "·" if row.who == "Tool" else "–"
        remark = drawable(row.remark) if not row.text else f"{mark} {drawable(row.remark)}"
        yield from (_Piece(word, ERROR if row.bad else MUTED) for word in remark.split())


def _lines(row: Said) -> list[list[_Piece]]:
    """The words of a row in lines that fit, words of one look joined."""
    room = WIDTH - MARGIN - GUTTER
    lines: list[list[_Piece]] = [[]]
    x = 0.0
    for piece in _pieces(row):
        for part in _broken(piece, room):
            wide = text_width(part.text, BIG)
            gap = text_width(" ", BIG) if lines[-1] else 0.0
            if lines[-1] and x + gap + wide > room:
                lines.append([])
                x, gap = 0.0, 0.0
            lines[-1].append(part)
            x += gap + wide
    if len(lines) > ROW_LINES:
        # The remark is at the end: what is left out is in the middle.
        lines = [*lines[: ROW_LINES - 2], [_Piece("…", MUTED)], lines[-1]]
    return [_joined(line) for line in lines]


def _broken(piece: _Piece, room: float) -> Iterator[_Piece]:
    """A word in parts that fit a line."""
    text = piece.text
    while len(text) > 1 and text_width(text[:MOST_CHARS], BIG) > room:
        # The longest beginning that fits, by halving.
        kept = bisect.bisect_right(range(1, MOST_CHARS), room, key=lambda n: text_width(text[:n], BIG))
        yield _Piece(text[: max(kept, 1)], piece.ink)
        text = text[max(kept, 1) :]
    yield _Piece(text, piece.ink)


def _joined(line: Sequence[_Piece]) -> list[_Piece]:
    """Neighbours of one ink as one text."""
    found: list[_Piece] = []
    for before, piece in pairwise([None, *line]):
        if piece is None:
            continue
        if before is not None and before.ink is piece.ink:
            found[-1] = _Piece(f"{found[-1].text} {piece.text}", piece.ink, found[-1].gap)
        else:
            found.append(_Piece(piece.text, piece.ink, " " if found else ""))
    return found


def _status(canvas: Canvas, y: float, session: SessionView, status: Status) -> None:
    """Who answers at the left; context and money at the right."""
    who, state = status_words(session, status.now)
    right = WIDTH - MARGIN
    for words in reversed(pills(session, status)):
        short = drawable(clipped(words, 60))
        box = canvas.text(right - 10, y, short, TEXT, size=SMALL, align="right")
        _outlined(canvas, Box(box.x0 - 9, y - 10, right, y + 10))
        right = box.x0 - 9 - 10
    if status.context is not None:
        box = canvas.text(right, y, status.context.text, TEXT, size=SMALL, align="right")
        right = box.x0 - 10
        if status.context.share is not None:
            ink = gauge_ink(status.context.share, near=status.context.near)
            draw_gauge(canvas, right - 80, y, 80, status.context.share, ink=ink)
            right -= 90
    # What does not stay is said with its moment, which has room at the foot.
    state = "" if session.status in PASSING else state
    ink = ERROR if session.status == "lost" else MUTED
    room = right - MARGIN - text_width(state, SMALL) - 22
    box = canvas.text(MARGIN, y, shortened(who, max(room, 60.0), NAME, bold=True), TEXT, size=NAME, bold=True)
    if state:
        canvas.text(box.x1 + 8, y, state, ink, size=SMALL)


def _outlined(canvas: Canvas, box: Box) -> None:
    corners = [(box.x0, box.y0), (box.x1, box.y0), (box.x1, box.y1), (box.x0, box.y1), (box.x0, box.y0)]
    canvas.line(corners, LINE)


def _foot(session: SessionView, status: Status) -> list[str]:
    """What it took, in lines that fit."""
    facts = [status_words(session, status.now)[1]] if session.status in PASSING else []
    facts += [f"{duration(session.duration_s)}, {counted(len(session.turns), 'turn')}"]
    facts += [str(fact) for fact in usage_facts(session.usage)] if session.usage is not None else []
    facts += [str(fact) for fact in cost_facts(session.cost, session.endpoint)] if session.cost is not None else []
    lines: list[str] = []
    room = WIDTH - 2 * MARGIN - 40
    for fact in (shortened(fact, room, SMALL) for fact in facts):
        joined = f"{lines[-1]} · {fact}" if lines else fact
        if lines and text_width(joined, SMALL) <= room:
            lines[-1] = joined
        else:
            lines.append(fact)
    return lines


def _alt(session: SessionView, rows: Sequence[Said], left_out: int) -> str:
    who, _ = status_words(session)
    said = " ".join(f"{row.who}: {clipped(row.text or row.remark, 120).rstrip('.')}." for row in rows[:12])
    head = f"Conversation with {who}: {counted(len(session.turns), 'turn')} in {duration(session.duration_s)}."
    more = f" {counted(left_out, 'earlier turn')} left out." if left_out else ""
    return clipped(f"{head}{more} {said}", 1800).replace("!.", "!").replace("?.", "?")
