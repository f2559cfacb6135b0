"""Plain text: what a terminal, a log or a screen reader gets of turns, runs, sessions and bills."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from rtnb.audio import Clip
from rtnb.plots.grid import LEAST, Block, Column, grid, safe, text_columns, wrap
from rtnb.plots.money.words import meter_facts
from rtnb.plots.states import state_words
from rtnb.plots.words import (
    answered,
    bill_lines,
    clipped,
    cost_facts,
    counted,
    duration,
    error_words,
    heard,
    latency_cell,
    latency_marks,
    latency_note,
    number,
    prices_note,
    status_note,
    tool_words,
    total_cost,
    total_usage,
    turn_facts,
    usage_facts,
)
from rtnb.pricing import Cost
from rtnb.session.views.pieces import BesideView
from rtnb.session.views.shapes import RunView, SessionView, TurnView, UsageReport
from rtnb.tokens import TokenUsage

__all__ = ["cost_text", "report_text", "run_text", "session_text", "turn_text", "turns_table"]

WIDTH = 100
WIDE = 108
"""From this width on, what was heard and what was answered stand side by side."""
LEAST_WIDTH = 60
CELL_LIMIT = 200
"""Characters of a transcript that a table shows."""
MANY = 10
"""A bill of more turns than these gives each turn one line."""
SHOWN = 20
"""Turns of a bill that are shown when there are more; the first and the last half of them."""

_SIDES = (("in", "input"), ("cached", "cached"), ("out", "output"))
_KINDS = ("text", "audio", "image", "other")


def turn_text(turn: TurnView) -> str:
    """A turn in a few lines.

    Examples
    --------
    >>> print(turn_text(TurnView(0, "completed", user_text="Hi", user_kind="text", assistant_text="Hello!")))
    Turn 1, completed
    You        Hi
    Assistant  Hello!
    """
    note = status_note(turn)
    lines = [f"Turn {number(turn)}, {turn.status.replace('_', ' ')}"]
    if turn.user_kind != "none" or turn.user_text or turn.user_audio is not None:
        lines += _said("You", *heard(turn))
    for call in turn.tool_calls:
        told = tool_words(call)
        lines += _said("Tool", f"{told.signature} → {told.result}{f' · {told.note}' if told.note else ''}", True)
    words, own = answered(turn)
    if own or not note:
        lines += _said("Assistant", words, own)
    if note:
        lines += [f"{'':11}{line}" for line in wrap(f"[{safe(note)}]", WIDTH - 11)]
    if turn.over and turn.error is not None and any(error_words(turn.error)):
        lines += _said("Error", ": ".join(part for part in error_words(turn.error) if part), True)
    facts = [safe(str(fact)) for fact in turn_facts(turn)]
    return "\n".join([*lines, *wrap(" · ".join(facts), WIDTH)] if facts else lines)


def _said(who: str, words: str, own: bool) -> list[str]:
    lines = wrap(safe(words) if own else f"({safe(words)})", WIDTH - 11)
    return [f"{who if i == 0 else '':<11}{line}" for i, line in enumerate(lines)]


def run_text(run: RunView) -> str:
    """A run: what was streamed, and its turns in a table."""
    state = "" if run.done else ", streaming …"
    count = counted(len(run.turns), "turn")
    head = f"Run of {safe(run.source)}: {duration(run.input.duration_s)} of audio, {count}{state}"
    return head if not run.turns else f"{head}\n{turns_table(run.turns, width=WIDTH)}"


def session_text(session: SessionView) -> str:
    """A session: who answers, its turns in a table, errors and notes."""
    parts = [session.endpoint, session.model, session.voice, session.turn_detection, state_words(session.status)]
    head = " · ".join(safe(part) for part in parts if part)
    lines = [f"Session: {head} · {duration(session.duration_s)}, {counted(len(session.turns), 'turn')}"]
    lines += [f"Error: {safe(error)}" for error in session.errors]
    lines += [safe(note) for note in session.notes]
    if session.quiet:
        lines.append(f"{counted(len(session.quiet), 'race')} without consequence")
    if session.turns or session.beside is not None:
        lines.append(turns_table(session.turns, width=WIDTH, beside=session.beside))
    return "\n".join(lines)


def cost_text(cost: Cost, *, endpoint: str = "") -> str:
    """A bill line by line, for what `endpoint` answered."""
    head = "; ".join(safe(str(fact)) for fact in cost_facts(cost, endpoint))
    return "\n".join([head, *(f"  {safe(line)}" for line in bill_lines(cost))])


def report_text(report: UsageReport) -> str:
    """Tokens and cost of a session, by turn and by line of the bill; one line a turn where there are many."""
    if report.usage is None and report.cost is None:
        return "Nothing was used yet."
    parts = []
    if report.usage is not None:
        parts.append(", ".join(safe(str(fact)) for fact in usage_facts(report.usage)))
    if report.ledger.exchanges and (facts := meter_facts(report.meter)):
        parts += wrap(" · ".join(safe(str(fact)) for fact in facts), WIDTH)
    if report.cost is not None:
        parts.append(cost_text(report.cost, endpoint=report.endpoint))
    if len(report.turns) > MANY:
        parts.append(_short_table(report.turns, report.beside))
    elif report.turns or report.beside is not None:
        parts.append(turns_table(report.turns, width=WIDTH, priced=report.cost is None, beside=report.beside))
    return "\n".join(parts)


def _short_table(turns: Sequence[TurnView], beside: BesideView | None) -> str:
    """A line a turn; those in the middle are left out where there are very many."""
    left_out = max(0, len(turns) - SHOWN)
    head, tail = (turns[: SHOWN // 2], turns[-SHOWN // 2 :]) if left_out else (turns, ())
    rows = [_short_row(turn) for turn in head]
    if left_out:
        rows.append(["…", f"… {counted(left_out, 'more turn')}", "", "", "", "", ""])
        rows += [_short_row(turn) for turn in tail]
    ruled = [0, len(rows)]
    if beside is not None:
        rows.append(["", beside.text, "", *_sums(beside.usage), "" if beside.cost is None else str(beside.cost)])
        ruled.append(len(rows))
    cost = total_cost(turns, beside)
    total = f"{counted(len(turns), 'turn')} in total" if beside is None else "in total"
    rows.append(["", total, "", *_sums(total_usage(turns, beside)), "" if cost is None else str(cost)])
    names = ("#", "heard", "answered", "in", "cached", "out", "cost")
    columns = [Column(name, right=name not in ("heard", "answered")) for name in names]
    # What the numbers leave is for the words, on one line.
    left = WIDTH - 2 - 3 * (len(names) - 1)
    left -= sum(max(text_columns(row[i]) for row in [names, *rows]) for i in range(len(names)) if i not in (1, 2))
    sizes = {1: max(LEAST, left * 2 // 5), 2: max(LEAST, left * 3 // 5)}
    blocks = [[[_fitted(cell, sizes[i]) if i in sizes else cell] for i, cell in enumerate(row)] for row in rows]
    if beside is not None:
        blocks[-2][1] = wrap(beside.text, sizes[1])
    return grid(columns, blocks, width=WIDTH, ruled=ruled)


def _short_row(turn: TurnView) -> list[str]:
    (place,), (question,), (answer,), *_ = _turn_block(turn, (), {})
    return [place, question, answer, *_sums(turn.usage), "" if turn.cost is None else str(turn.cost)]


def _sums(usage: TokenUsage | None) -> tuple[str, str, str]:
    if usage is None:
        return "", "", ""
    return f"{usage.input_tokens:,}", f"{usage.cached_tokens:,}", f"{usage.output_tokens:,}"


def _fitted(words: str, width: int) -> str:
    """As much of `words` as one line holds."""
    return words if text_columns(words) <= width else f"{wrap(words, width - 1)[0]}…"


def turns_table(turns: Sequence[TurnView], *, width: int, priced: bool = True, beside: BesideView | None = None) -> str:
    """What was heard and answered, how fast, how long, in how many tokens and at what cost, with a total.

    Parameters
    ----------
    turns : sequence of TurnView
    width : int
        Columns of the terminal. Below `WIDE`, question and answer stand in one column, and so do times and
        cost. Below `LEAST_WIDTH` the table is that wide all the same.
    priced : bool
        Whether to say below the table whose prices the costs are.
    beside : BesideView, optional
        What the total has besides the turns.

    Examples
    --------
    >>> from rtnb.tokens import TokenUsage
    >>> turn = TurnView(0, "completed", user_text="Hi", user_kind="text", assistant_text="Hello!",
    ...                 usage=TokenUsage(input_text=9, output_text=4))
    >>> print(turns_table([turn], width=60))
     # │ heard, answered                │ time, │ tokens │ text
       │                                │  cost │        │
    ───┼────────────────────────────────┼───────┼────────┼──────
     1 │ heard: Hi                      │       │ in     │    9
       │ answered: Hello!               │       │ cached │    0
       │                                │       │ out    │    4
    ───┼────────────────────────────────┼───────┼────────┼──────
       │ 1 turn in total                │       │ in     │    9
       │                                │       │ cached │    0
       │                                │       │ out    │    4
    """
    if not turns and beside is None:
        return "no turns"
    usages = [each.usage for each in (*turns, beside) if each is not None and each.usage is not None]
    kinds = [
        kind for kind in _KINDS if any(getattr(usage, f"{side}_{kind}", 0) for usage in usages for _, side in _SIDES)
    ] or ["text"]
    marks = latency_marks(turns)
    columns = [
        Column("#", right=True), Column("heard", stretch=2), Column("answered", stretch=3), Column("latency"),
        Column("audio"), Column("tokens"), *(Column(kind, right=True) for kind in kinds), Column("cost", right=True),
    ]  # fmt: skip
    rows = [_turn_block(turn, kinds, marks) for turn in turns]
    if beside is not None:
        sums = [*_token_blocks(beside.usage, kinds), [str(beside.cost) if beside.cost is not None else ""]]
        rows.append([[""], [beside.text], [""], [""], [], *sums])
    total = _total_block(turns, kinds, beside)
    if width < WIDE:
        columns = [
            columns[0], Column("heard, answered", stretch=1), Column("time, cost", right=True), *columns[5:-1]
        ]  # fmt: skip
        labels = [("heard: ", "answered: ")] * len(turns) + [("", "")] * (beside is not None)
        rows = [_stacked(row, labels=said) for row, said in zip(rows, labels, strict=True)]
        total = _stacked(total, labels=("", ""))
    table = grid(columns, [*rows, total], width=max(width, LEAST_WIDTH))
    notes = [safe(note) for note in (latency_note(turns), prices_note(turns) if priced else "") if note]
    return "\n".join([table, *(line for note in notes for line in wrap(note, max(width, LEAST_WIDTH)))])


def _stacked(row: Sequence[Block], *, labels: tuple[str, str]) -> list[Block]:
    """Question above answer, and latency above audio above cost."""
    place, question, answer, latency, audio, *tokens, cost = row
    said = [f"{label}{line}" for label, cell in zip(labels, (question, answer), strict=True) for line in cell if line]
    return [place, said, [line for line in (*latency, *audio, *cost) if line], *tokens]


def _turn_block(turn: TurnView, kinds: Sequence[str], marks: Mapping[str, str]) -> list[Block]:
    words, own = answered(turn)
    note = status_note(turn)
    said = [clipped(words, CELL_LIMIT)] if own or not note else []
    answer = " ".join([*said, *([f"[{note}]"] if note else [])])
    return [
        [number(turn)],
        [safe(clipped(heard(turn)[0], CELL_LIMIT))],
        [safe(answer)],
        [latency_cell(turn, marks)],
        _audio([turn.user_audio], [turn.assistant_audio]),
        *_token_blocks(turn.usage, kinds),
        [str(turn.cost) if turn.cost is not None else ""],
    ]


def _total_block(turns: Sequence[TurnView], kinds: Sequence[str], beside: BesideView | None) -> list[Block]:
    cost = total_cost(turns, beside)
    return [
        [""],
        [f"{counted(len(turns), 'turn')} in total" if beside is None else "in total"],
        [""],
        [""],
        _audio([turn.user_audio for turn in turns], [turn.assistant_audio for turn in turns]),
        *_token_blocks(total_usage(turns, beside), kinds),
        [str(cost) if cost is not None else ""],
    ]


def _audio(given: Sequence[Clip | None], made: Sequence[Clip | None]) -> Block:
    lines = []
    for name, clips in (("in", given), ("out", made)):
        total_s = sum(clip.duration_s for clip in clips if clip is not None)
        if total_s:
            lines.append(f"{name:<3} {total_s:6.2f} s")
    return lines


def _token_blocks(usage: TokenUsage | None, kinds: Sequence[str]) -> list[Block]:
    if usage is None:
        return [[""] for _ in range(len(kinds) + 1)]
    counts = [[f"{getattr(usage, f'{side}_{kind}', 0):,}" for _, side in _SIDES] for kind in kinds]
    return [[name for name, _ in _SIDES], *counts]
