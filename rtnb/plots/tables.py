"""Tables of turns, tokens and money as HTML that keeps its meaning without any style."""

from __future__ import annotations

import itertools
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from rtnb.audio import Clip
from rtnb.plots.html import Child, Html, css, tag
from rtnb.plots.palette import ERROR, MUTED, TOOL
from rtnb.plots.style import BREAK, CELL, PADDING, SCROLL, TABLE, ink_css
from rtnb.plots.words import (
    answered,
    clipped,
    counted,
    heard,
    latency_cell,
    latency_marks,
    latency_note,
    models_of,
    number,
    prices_note,
    status_note,
    total_cost,
    total_usage,
    unpriced_reasons,
)
from rtnb.pricing import Cost, CostLine, format_usd
from rtnb.session.views.pieces import BesideView, ToolCallView
from rtnb.session.views.shapes import TurnView
from rtnb.tokens import TokenUsage

__all__ = ["Column", "Wide", "cost_table", "table_html", "turns_table", "usage_table"]

WORDS_LEAST = "9em"
"""How narrow a column of what was said may become; the table scrolls from there on."""
TEXT_LIMIT = 160
"""Characters of a transcript that a cell shows; the cards have all of it."""
SHORT_LEAST, SHORT_LIMIT = "6.5em", 60
"""The same where tokens are told apart by modality, so that a table of two fits a notebook 800 pixels wide."""

_KINDS = ("text", "audio", "image", "other")


@dataclass(frozen=True, slots=True)
class Column:
    """A column: its header, the header above it that it shares with its neighbours, and how it is set."""

    title: str
    group: str = ""
    words: bool = False
    width: str = ""
    least: str | None = None


@dataclass(frozen=True, slots=True)
class Wide:
    """What takes the cells of several columns."""

    child: Child
    span: int


def table_html(
    columns: Sequence[Column],
    rows: Sequence[Sequence[Child | Wide]],
    *,
    caption: str,
    total: Sequence[Child] = (),
    full: bool = False,
) -> Html:
    titles = [
        tag("th", c.title, scope="col", style=_cell(c.words, _MUTED, css(width=c.width or None, min_width=c.least)))
        for c in columns
    ]
    head = [*_groups(columns), tag("tr", *titles, style=_PLAIN)]
    body = [tag("tr", *_cells(columns, row), style=_PLAIN) for row in rows]
    foot = tag("tfoot", tag("tr", *_cells(columns, total, "font-weight:600"), style=_PLAIN)) if total else None
    table = tag(
        "table",
        tag("thead", *head),
        tag("tbody", *body),
        foot,
        style=css(TABLE, width="100%" if full else "auto"),
    )
    scrolled = tag("div", table, style=css(SCROLL, padding=f"4px {PADDING} 0"))
    # Not a caption: that would be as wide as the table and scroll out of sight with it.
    return tag("div", scrolled, tag("div", caption, style=_NOTE) if caption else None)


def _groups(columns: Sequence[Column]) -> list[Html]:
    """The row of headers that several columns share, where there are any."""
    if not any(column.group for column in columns):
        return []
    cells = []
    for group, members in itertools.groupby(columns, key=lambda column: column.group):
        style = _cell(False, "border-bottom:0", centre=bool(group))
        count = len(list(members))
        for span in [count] if group else [1] * count:
            cells.append(tag("th", group, colspan=span, scope="colgroup" if group else None, style=style))
    return [tag("tr", *cells, style=_PLAIN)]


_PLAIN = "background:none"
_MUTED = css(ink_css(MUTED), font_weight="500")
_NOTE = css(ink_css(MUTED), BREAK, margin=f"0 {PADDING}", padding="4px 8px")


def _cell(words: bool, *more: str, centre: bool = False) -> str:
    align = "center" if centre else "left" if words else "right"
    wrap = BREAK if words else css(white_space="nowrap")
    return css(CELL, *more, f"text-align:{align}", wrap)


def _cells(columns: Sequence[Column], row: Sequence[Child | Wide], *more: str) -> list[Html]:
    cells: list[Html] = []
    at = 0
    for value in row:
        child, span = (value.child, value.span) if isinstance(value, Wide) else (value, 1)
        if at == 0:
            style = _cell(columns[at].words, "font-weight:inherit", *more)
            cells.append(tag("th", child, scope="row", style=style))
        else:
            wide = span if span > 1 else None
            cells.append(tag("td", child, colspan=wide, style=_cell(columns[at].words, *more)))
        at += span
    if at != len(columns):
        raise ValueError(f"a row of {at} cells in a table of {len(columns)} columns")
    return cells


def _said(words: str, own: bool, limit: int = TEXT_LIMIT) -> Html:
    style = None if own else ink_css(MUTED)
    return tag("span", clipped(words, limit), dir="auto", style=style)


def _present(usages: Sequence[TokenUsage], side: str) -> list[str]:
    kinds = [kind for kind in _KINDS if any(getattr(usage, f"{side}_{kind}", 0) for usage in usages)]
    return kinds or ["text"]


def turns_table(
    turns: Sequence[TurnView], *, by_modality: bool = False, priced: bool = True, beside: BesideView | None = None
) -> Html:
    """What was heard and answered, how fast, how long, in how many tokens and at what cost, with a total.

    Parameters
    ----------
    turns : sequence of TurnView
    by_modality : bool
        Whether tokens are told apart by modality, without latency and lengths, or only by input, cache and output.
    priced : bool
        Whether to say below the table whose prices the costs are.
    beside : BesideView, optional
        What the total has besides the turns.
    """
    marks = latency_marks(turns)
    usages = [each.usage for each in (*turns, beside) if each is not None and each.usage is not None]
    split = [(side, kind) for side in ("input", "cached", "output") for kind in _present(usages, side)]
    tokens = split if by_modality else [(side, "tokens") for side in ("input", "cached", "output")]
    columns = [
        Column("#"),
        Column("heard", words=True, width="24%", least=SHORT_LEAST if by_modality else WORDS_LEAST),
        Column("answered", words=True, width="30%", least=SHORT_LEAST if by_modality else WORDS_LEAST),
        *([] if by_modality else [Column("latency"), Column("in", "audio"), Column("out", "audio")]),
        *(Column(kind, _SIDES[side]) if by_modality else Column(_SHORT[side], "tokens") for side, kind in tokens),
        Column("cost"),
    ]
    rows = [_turn_row(turn, tokens, None if by_modality else marks) for turn in turns]
    if beside is not None:
        rows.append(_beside_row(beside, tokens, timed=not by_modality))
    total = _turns_total(turns, tokens, beside, timed=not by_modality) if rows else ()
    notes = ("" if by_modality else latency_note(turns), prices_note(turns) if priced else "")
    caption = " · ".join(note for note in notes if note)
    return table_html(columns, rows, caption=caption, total=total, full=True)


_SIDES = {"input": "tokens in", "cached": "cached", "output": "tokens out"}
_SHORT = {"input": "in", "cached": "cached", "output": "out"}


def _seconds(clips: Sequence[Clip | None]) -> str:
    lengths = [clip.duration_s for clip in clips if clip is not None]
    return f"{sum(lengths):.2f} s" if lengths else "–"


def _turn_row(turn: TurnView, tokens: Sequence[tuple[str, str]], marks: Mapping[str, str] | None) -> list[Child]:
    """A turn; without its times where there are no `marks` for them."""
    note = status_note(turn)
    limit = TEXT_LIMIT if marks is not None else SHORT_LIMIT
    answer: Child = _said(*answered(turn), limit)
    if note:
        ink = ink_css(ERROR if turn.status in ("failed", "incomplete") else MUTED)
        short = clipped(note, TEXT_LIMIT)
        answer = (answer, " ", tag("small", short, style=ink)) if turn.assistant_text else tag("span", short, style=ink)
    if turn.tool_calls:
        answer = (answer, " ", _called(turn.tool_calls))
    return [
        number(turn),
        _said(*heard(turn), limit),
        answer,
        *([] if marks is None else [latency_cell(turn, marks) or "–", *_lengths([turn])]),
        *(_count(turn.usage, side, kind) for side, kind in tokens),
        str(turn.cost) if turn.cost is not None else "–",
    ]


def _lengths(turns: Sequence[TurnView]) -> list[str]:
    """How much sound was given, and answered."""
    return [_seconds([turn.user_audio for turn in turns]), _seconds([turn.assistant_audio for turn in turns])]


def _beside_row(beside: BesideView, tokens: Sequence[tuple[str, str]], *, timed: bool) -> list[Child]:
    return [
        "",
        _said(beside.text, own=False),
        "",
        *(["", "–", "–"] if timed else []),
        *(_count(beside.usage, side, kind) for side, kind in tokens),
        str(beside.cost) if beside.cost is not None else "–",
    ]


def _called(calls: Sequence[ToolCallView]) -> Html | None:
    """Which functions were called, for a cell of a table."""
    if not calls:
        return None
    names = ", ".join(dict.fromkeys(call.name or "a function" for call in calls))
    return tag("small", f"called {names}", style=css(ink_css(TOOL), BREAK))


def _turns_total(
    turns: Sequence[TurnView], tokens: Sequence[tuple[str, str]], beside: BesideView | None, *, timed: bool
) -> list[Child]:
    usage, cost = total_usage(turns, beside), total_cost(turns, beside)
    return [
        "",
        counted(len(turns), "turn") if beside is None else "",
        "total",
        *(["", *_lengths(turns)] if timed else []),
        *(_count(usage, side, kind) for side, kind in tokens),
        str(cost) if cost is not None else "–",
    ]


def _count(usage: TokenUsage | None, side: str, kind: str) -> str:
    return "–" if usage is None else f"{getattr(usage, f'{side}_{kind}'):,}"


def usage_table(usage: TokenUsage) -> Html:
    """Tokens by modality: given, of these cached, made."""
    kinds = [k for k in _KINDS if any(getattr(usage, f"{side}_{k}", 0) for side in _SIDES)] or ["text"]
    columns = [Column("tokens", words=True), *(Column(side) for side in ("in", "of it cached", "out"))]
    rows = [[kind, *(f"{getattr(usage, f'{side}_{kind}', 0):,}" for side in _SIDES)] for kind in kinds]
    total = ["total", *(f"{getattr(usage, f'{side}_tokens'):,}" for side in _SIDES)]
    return table_html(columns, rows, caption="; ".join(usage.problems), total=total if len(rows) > 1 else ())


def cost_table(cost: Cost) -> Html:
    """A bill, line by line, with the model of each line where there are several."""
    several = len(models_of(cost)) > 1
    columns = [
        Column("line", words=True),
        *([Column("model", words=True)] if several else []),
        Column("quantity"),
        Column("price"),
        Column("cost"),
    ]
    rows = [
        [line.label, *([clipped(line.model, 80) or "–"] if several else []), line.quantity_text,
         line.price_text or "–", _amount(line)]
        for line in cost.lines
    ]  # fmt: skip
    caption = " ".join((*unpriced_reasons(cost), *(f"{problem.rstrip('.')}." for problem in cost.problems)))
    total = ["total", *([""] if several else []), "", "", str(cost)]
    return table_html(columns, rows, caption=caption, total=total)


def _amount(line: CostLine) -> str:
    return "–" if line.exact_usd is None else format_usd(line.exact_usd)
