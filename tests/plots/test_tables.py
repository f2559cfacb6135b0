from __future__ import annotations

from dataclasses import replace

from support.markup import assert_harmless, read

from rtnb.plots.tables import cost_table, turns_table, usage_table
from rtnb.pricing import cost
from rtnb.session.views import SessionView, TurnView
from rtnb.tokens import TokenUsage


def test_every_cell_has_its_header(session: SessionView) -> None:
    for markup in (turns_table(session.turns), turns_table(session.turns, by_modality=True)):
        table = assert_harmless(markup)
        headers = table.all("th")
        columns = sum(1 for header in headers if header.get("scope") == "col")
        rows = sum(1 for header in headers if header.get("scope") == "row")
        assert rows == len(session.turns) + 1
        assert len(table.all("td")) == rows * (columns - 1)
        groups = [int(header["colspan"]) for header in headers if "colspan" in header]
        assert sum(groups) == columns


def test_the_turns_and_their_total(session: SessionView) -> None:
    text = read(turns_table(session.turns)).text()
    assert "What is the weather in Paris?" in text
    assert "0.93 s¹" in text
    assert "¹ speech end → first audio, ² request → first text" in text
    assert "interrupted by speech: 1.55 s of 4.00 s heard" in text
    assert "3 turns" in text
    assert str(session.cost) in text


def test_modalities_that_were_used_have_columns(spoken: TurnView) -> None:
    usage = TokenUsage(input_text=5, input_image=765, output_text=3)
    text = read(turns_table([replace(spoken, usage=usage)], by_modality=True)).text()
    assert "image" in text
    assert "765" in text
    assert "image" not in read(turns_table([spoken], by_modality=True)).text()


def test_what_is_not_known_is_a_dash() -> None:
    assert read(turns_table([TurnView(0, "failed", "overloaded")])).words.count("–") >= 6


def test_long_transcripts_are_cut_in_cells(spoken: TurnView) -> None:
    assert len(read(turns_table([replace(spoken, assistant_text="word " * 500)])).text()) < 1000


def test_a_bill_adds_up_and_says_what_is_unpriced(session: SessionView) -> None:
    assert session.cost is not None
    text = assert_harmless(cost_table(session.cost)).text()
    for line in session.cost.lines:
        assert line.label in text
        assert line.price_text in text
    assert text.endswith(str(session.cost))
    assert "No price is known" in read(cost_table(cost(TokenUsage(output_text=5), "mine", "2026-01-31"))).text()


def test_tokens_by_modality() -> None:
    usage = TokenUsage(input_text=1116, input_audio=19, cached_text=64, output_text=27, output_audio=104)
    table = assert_harmless(usage_table(usage))
    assert table.text().endswith("text 1,116 64 27 audio 19 0 104 total 1,135 64 131".replace(" ", ""))


def test_a_table_says_whose_prices_it_shows(session: SessionView) -> None:
    free = "what gpt-realtime-2.1 would charge (list prices of 2026-11-21); the embedded server is free"
    assert free in read(turns_table(session.turns)).text()
    assert free not in read(turns_table(session.turns, priced=False)).text()
    paid = [replace(turn, endpoint="api.openai.com") for turn in session.turns]
    assert "at gpt-realtime-2.1 prices, 2026-11-21" in read(turns_table(paid)).text()


def test_columns_of_words_keep_a_width(session: SessionView) -> None:
    heads = read(turns_table(session.turns)).all("th")
    assert sum("min-width:9em" in str(head.get("style")) for head in heads) == 2
