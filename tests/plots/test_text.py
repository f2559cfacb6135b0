from __future__ import annotations

from dataclasses import replace
from typing import get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.bills import DAY, make_meter

from rtnb.plots.grid import text_columns
from rtnb.plots.text import cost_text, report_text, run_text, session_text, turn_text, turns_table
from rtnb.pricing import cost
from rtnb.pricing.bills.ledger import Ledger
from rtnb.session.views.pieces import BesideView, ErrorView, ToolCallView
from rtnb.session.views.shapes import RunView, SessionView, TurnStatus, TurnView, UsageReport
from rtnb.tokens import TokenUsage


def test_a_turn(spoken: TurnView) -> None:
    assert turn_text(spoken) == (
        "Turn 1, completed\n"
        "You        What is the weather in Paris?\n"
        "Assistant  I heard a question about the weather in Paris.\n"
        "0.93 s speech end → first audio · 19 audio + 116 text tokens in, 64 text cached · 104 audio + 27\n"
        "text out · $0.0081 is what gpt-realtime-2.1 would charge (list prices of 2026-11-21); the embedded\n"
        "server is free · embedded server"
    )


@pytest.mark.parametrize("status", get_args(TurnStatus))
def test_every_state_has_words(status: TurnStatus) -> None:
    text = turn_text(TurnView(0, status, "the reason", user_kind="text", user_text="Hi"))
    assert text.startswith(f"Turn 1, {status.replace('_', ' ')}\nYou        Hi\n")
    assert ("the reason" in text) == (status in ("cancelled", "incomplete", "failed", "no_response"))
    assert len(text.splitlines()) >= 3


@given(said=st.text(max_size=300))
def test_no_control_character_reaches_a_terminal(said: str) -> None:
    turn = TurnView(0, "failed", said, said, "text", assistant_text=said, endpoint=said, model=said)
    session = SessionView(said, said, said, "open", 1.0, (turn,), errors=(said,), notes=(said,))
    for text in (turn_text(turn), session_text(session), turns_table([turn], width=80)):
        assert not any((char < " " and char != "\n") or "\x7f" <= char <= "\x9f" for char in text)
        text.encode("utf-8")


@pytest.mark.parametrize("width", [60, 80, 107, 108, 120, 200])
def test_tables_keep_to_the_terminal(session: SessionView, width: int) -> None:
    table = turns_table(session.turns, width=width)
    assert max(text_columns(line) for line in table.splitlines()) <= width
    flat = " ".join(table.replace("│", " ").split())
    for part in ("What is", "0.93 s¹", "0.21 s²", "cached", "3 turns", "request → first text", "$0.0081"):
        assert part in flat


def test_numbers_stand_under_each_other(session: SessionView) -> None:
    for width in (80, 120):
        rows = [line.split("│") for line in turns_table(session.turns, width=width).splitlines() if "│" in line]
        assert len({len(row) for row in rows}) == 1
        counts = [row[4 if width == 80 else 6] for row in rows[1:]]
        ends = {len(cell) - len(cell.rstrip()) for cell in counts if cell.strip().isdigit()}
        assert len(ends) == 1


def test_a_table_of_nothing() -> None:
    assert turns_table((), width=80) == "no turns"
    assert "1 turn in total" in turns_table([TurnView(0, "waiting")], width=80)


def test_runs_and_sessions(run: RunView, session: SessionView) -> None:
    assert run_text(run).startswith("Run of dialogue_sample.flac: 30.0 s of audio, 6 turns\n")
    assert run_text(replace(run, turns=(), done=False)).endswith("0 turns, streaming …")
    text = session_text(replace(session, errors=("It broke.",)))
    assert text.startswith("Session: embedded server · gpt-realtime-2.1 · marin · server VAD · open as of ")
    assert "Error: It broke.\n" in text
    assert "Answers are spoken by a stand-in voice." in text


def test_bills(session: SessionView) -> None:
    assert session.cost is not None
    lines = cost_text(session.cost).splitlines()
    assert lines[0] == f"{session.cost} at gpt-realtime-2.1 prices, 2026-11-21"
    assert len(lines) == 1 + len(session.cost.lines)
    report = report_text(UsageReport.of(session))
    assert f"{session.cost} is what gpt-realtime-2.1 would charge" in report
    assert report.count("would charge") == 1
    assert report_text(UsageReport((), None, None, "", "")) == "Nothing was used yet."


@pytest.mark.parametrize("width", [80, 120])
def test_a_table_says_whose_prices_it_shows(session: SessionView, width: int) -> None:
    flat = " ".join(turns_table(session.turns, width=width).split())
    assert flat.endswith(
        "cost: what gpt-realtime-2.1 would charge (list prices of 2026-11-21); the embedded server is free"
    )
    paid = [replace(turn, endpoint="api.openai.com") for turn in session.turns]
    flat = " ".join(turns_table(paid, width=width).split())
    assert flat.endswith("cost: at gpt-realtime-2.1 prices, 2026-11-21")
    assert "would charge" not in turns_table(session.turns, width=width, priced=False)


@pytest.mark.parametrize(("count", "rows"), [(10, 0), (11, 11), (20, 20), (21, 20), (44, 20)])
def test_a_bill_of_many_turns_has_a_line_each(session: SessionView, count: int, rows: int) -> None:
    turns = tuple(replace(session.turns[i % 3], index=i, assistant_text="多" * 90) for i in range(count))
    text = report_text(UsageReport.of(replace(session, turns=turns)))
    assert max(text_columns(line) for line in text.splitlines() if "│" in line) <= 100
    lines = [line.split("│") for line in text.splitlines() if line.count("│") == 6]
    if not rows:
        assert not any(line[0].strip() == "1" and len(line) == 7 and "…" in line[2] for line in lines)
        return
    numbers = [int(line[0]) for line in lines if line[0].strip().isdigit()]
    assert len(numbers) == rows and (numbers[0], numbers[-1]) == (1, count)
    assert ("… 24 more turns" in text) == (count == 44) and ("… 1 more turn " in text) == (count == 21)
    usages = [turn.usage for turn in turns if turn.usage is not None]
    assert lines[-1][1].strip() == f"{count} turns in total"
    assert lines[-1][3].strip() == f"{sum(usage.input_tokens for usage in usages):,}"


def test_a_bill_says_first_what_the_cache_did(session: SessionView) -> None:
    exchanges = tuple(entry.exchange for entry in make_meter(5).entries)
    lines = report_text(UsageReport.of(session, Ledger(exchanges=exchanges, on=DAY))).splitlines()
    assert "of the input came from the cache" in " ".join(lines[:3])
    assert "of the input came" not in report_text(UsageReport.of(session))


def test_function_calls_and_errors_are_told_on_a_terminal(typed: TurnView) -> None:
    call = ToolCallView("get_weather", '{"city": "Paris"}', "sunny", duration_s=0.61)
    error = ErrorView("Rate limit reached.", "rate_limit_exceeded", advice="Wait\x1b[31m a little.")
    failed = replace(typed, status="failed", status_reason="Rate limit reached.", tool_calls=(call,), error=error)
    lines = turn_text(failed).splitlines()
    assert 'Tool       get_weather(city="Paris") → sunny · 0.61 s' in lines
    (told,) = [line for line in lines if line.startswith("Error")]
    assert told.startswith("Error      rate_limit_exceeded: Wait") and "\x1b" not in told
    assert "Error" not in turn_text(replace(failed, status="in_progress"))


def test_races_are_counted_and_not_told(session: SessionView) -> None:
    text = session_text(replace(session, quiet=("Cancellation failed", "Too short")))
    assert "2 races without consequence" in text.splitlines() and "Cancellation failed" not in text


def test_what_was_asked_beside_the_conversation_stands_before_the_total(session: SessionView) -> None:
    usage = TokenUsage(input_text=5000, output_text=300)
    beside = BesideView(2, usage, cost(usage, "gpt-realtime-2.1", DAY))
    assert session.usage is not None and session.cost is not None
    everything = session.cost + beside.cost
    view = replace(session, usage=session.usage + usage, cost=everything, beside=beside)
    text = session_text(view)
    assert "beside the conversation: 2 responses" in text and str(beside.cost) in text
    assert text.index("beside the conversation") < text.index("in total") < text.rindex(str(everything))
    alone = session_text(replace(view, turns=()))
    assert "beside the conversation: 2 responses" in alone and "heard:" not in alone
    assert "beside" not in session_text(session)


@pytest.mark.parametrize("count", [3, 30])
def test_a_bill_with_asides_adds_up(session: SessionView, count: int) -> None:
    exchanges = tuple(replace(entry.exchange, in_conversation=False, turn=-1) for entry in make_meter(2).entries)
    turns = tuple(replace(session.turns[i % 3], index=i) for i in range(count))
    report = UsageReport.of(replace(session, turns=turns), Ledger(exchanges=exchanges, on=DAY))
    beside = report.beside
    assert beside is not None and beside.count == 2 and beside.cost is not None
    text = report_text(report)
    words = " ".join(line.split("│")[1].strip() for line in text.splitlines() if line.count("│") > 1)
    assert "beside the conversation: 2 responses" in words
    turned = [turn.cost for turn in turns if turn.cost is not None]
    assert str(sum(turned[1:], turned[0]) + beside.cost) in text[text.rindex("in total") :]
