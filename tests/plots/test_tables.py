from __future__ import annotations

from dataclasses import replace

import pytest
from support.markup import assert_harmless, read

from rtnb.plots.palette import ERROR
from rtnb.plots.style import ink_css
from rtnb.plots.tables import Column, Wide, cost_table, table_html, turns_table, usage_table
from rtnb.pricing import cost
from rtnb.session.views.pieces import BesideView, ToolCallView
from rtnb.session.views.shapes import SessionView, TurnView
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


def test_what_does_not_add_up_stands_below_the_bill() -> None:
    wire = {"input_tokens": 10, "output_tokens": 0, "input_token_details": {"text_tokens": 5, "audio_tokens": 5}}
    wire["input_token_details"] |= {"cached_tokens": 6}  # type: ignore[operator]
    assert "upper bound" in read(cost_table(cost(wire, "gpt-realtime", "2026-01-31"))).text()
    assert "0 tokens" not in read(cost_table(cost({}, "gpt-realtime", "2026-01-31"))).text()


def test_a_bill_of_several_models_names_each_and_every_reason_once() -> None:
    usage = TokenUsage(input_text=1000, output_text=5, output_audio=2)
    bill = cost(usage, "gpt-realtime", "2026-01-31") + cost(usage, "mine", "2026-01-31")
    text = read(cost_table(bill)).text()
    assert text.count("gpt-realtime") == 3
    assert text.count("No price is known for the model 'mine'") == 1
    assert "text input, text output and audio output (1,007 tokens): No price" in text
    assert ".;" not in text
    assert "model" not in read(cost_table(cost(usage, "gpt-realtime", "2026-01-31"))).text()


def test_a_cell_may_take_several_columns() -> None:
    columns = [Column("a", words=True), Column("b"), Column("c")]
    html = str(table_html(columns, [["x", Wide("y", 2)], ["x", "y", "z"]], caption=""))
    assert html.count('colspan="2"') == 1
    with pytest.raises(ValueError, match="2 cells in a table of 3"):
        table_html(columns, [["x", "y"]], caption="")


def test_functions_that_were_called_stand_with_the_answer_each_once(typed: TurnView) -> None:
    calls = (ToolCallView("weather"), ToolCallView("weather"), ToolCallView("book"))
    words = assert_harmless(turns_table([replace(typed, tool_calls=calls)])).text()
    assert "Turn detection by silence. called weather, book" in words


def test_a_failure_is_set_in_the_colour_of_errors(typed: TurnView) -> None:
    failed = replace(typed, status="failed", status_reason="Overloaded.", assistant_text="")
    colour = ink_css(ERROR)
    assert colour in str(turns_table([failed])) and colour not in str(turns_table([typed]))
    assert "failed: Overloaded." in assert_harmless(turns_table([failed])).text()


@pytest.mark.parametrize("by_modality", [False, True])
def test_the_total_has_what_was_asked_beside_the_conversation(session: SessionView, by_modality: bool) -> None:
    usage = TokenUsage(input_text=5000, output_text=300)
    beside = BesideView(1, usage, cost(usage, "gpt-realtime-2.1", "2026-11-21"))
    text = assert_harmless(turns_table(session.turns, by_modality=by_modality, beside=beside)).text()
    assert session.cost is not None and beside.cost is not None
    assert text.index("beside the conversation: 1 response") < text.rindex("total")
    assert str(session.cost + beside.cost) in text[text.rindex("total") :]
    assert "1 response" in read(turns_table((), beside=beside)).text()


def test_a_note_is_set_in_where_a_page_is_not_trusted(session: SessionView) -> None:
    """JupyterLab drops computed lengths from the HTML of a notebook that was run elsewhere."""
    for markup in (turns_table(session.turns), cost_table(session.cost), usage_table(session.usage)):
        assert "calc(" not in str(markup)
