"""Two notebooks of the public cookbook as rtnb notebooks: short, and as good as what they are the ports of."""

from __future__ import annotations

import itertools
import json
import re

import pytest
from support.course import Cells, data, execute, said, stored

SUMMARIES = "ports/context_summarization"
OUT_OF_BAND = "ports/out_of_band_transcription"

MOST_LINES = 15
"""Of code, beyond prompts; the notebooks they are the ports of have 425 and 640."""


@pytest.fixture(scope="module")
def long() -> Cells:
    return execute(SUMMARIES)[0]


@pytest.fixture(scope="module")
def out_of_band() -> Cells:
    return execute(OUT_OF_BAND)[0]


@pytest.mark.parametrize("name", [SUMMARIES, OUT_OF_BAND])
def test_it_is_short(name: str) -> None:
    lines = [
        line
        for each in stored(name)
        for line in each.source.splitlines()
        if line.strip() and not line.lstrip().startswith("#")
    ]
    assert 5 < len(lines) <= MOST_LINES, lines


@pytest.mark.course
@pytest.mark.local
def test_the_tokens_grow_until_a_summary_takes_the_place_of_old_turns(long: Cells) -> None:
    tokens = json.loads(data(long, "turn.usage.input_tokens")["text/plain"])
    assert len(tokens) >= 8 and tokens[0] < tokens[2] < tokens[4]
    assert any(after < before for before, after in itertools.pairwise(tokens))
    notices = said(long, "s.notices")
    assert notices.count("A summary took the place of") >= 1
    before, after = re.search(r"from about ([\d,]+) to ([\d,]+) tokens", notices).groups()  # type: ignore[union-attr]
    assert int(after.replace(",", "")) < int(before.replace(",", ""))


@pytest.mark.course
@pytest.mark.local
def test_the_model_has_a_summary_of_both_sides_and_the_latest_turns(long: Cells) -> None:
    items = said(long, "print(*s.items").splitlines()
    assert items[1].startswith("Item(system 'Summary of") or items[1].startswith('Item(system "Summary of')
    assert 3 <= len(items) - 1 <= 12 and "Item(user" in items[-2] and "Item(assistant" in items[-1]
    summary = said(long, "next(iter(s.items)).text")
    assert "The user " in summary and "The assistant answered" in summary
    assert summary.count("Summary of the conversation") == 1
    recap = data(long, "What did we talk about?")["text/html"]
    assert "You asked" in recap or "You said" in recap


@pytest.mark.course
@pytest.mark.local
def test_the_conversation_and_its_bill_are_pictured(long: Cells) -> None:
    for source in ("s.stream", "s.ask(rtnb.Clip", "s.usage"):
        assert "image/png" in data(long, source)
    assert "took the place of" in said(long, "s.summarise")


@pytest.mark.course
@pytest.mark.local
def test_a_turn_is_written_down_twice_with_both_costs(out_of_band: Cells) -> None:
    text = data(out_of_band, "s.transcribe(turn)")["text/plain"]
    assert text.count("What is the weather in Paris?") == 2
    assert "out of band" in text and "gpt-transcribe, built in" in text
    built_in, alone, context = (float(x) for x in re.findall(r"\$([\d.]+)", said(out_of_band, "alone, context")))
    assert 0 < built_in < alone < context


@pytest.mark.course
@pytest.mark.local
def test_nothing_of_it_is_in_the_conversation(out_of_band: Cells) -> None:
    assert data(out_of_band, "s.classify")["text/plain"] == "'weather'"
    assert "against the policy" in data(out_of_band, "s.moderate")["text/plain"]
    assert "outside of the conversation" in data(out_of_band, "s.aside(")["text/plain"]
    turns, items = map(int, re.findall(r"\d+", said(out_of_band, "len(s.turns)")))
    assert turns >= 2 and items <= 2 * turns + 1


@pytest.mark.course
@pytest.mark.local
def test_the_transcription_session_gives_times(out_of_band: Cells) -> None:
    shown = data(out_of_band, "rtnb.transcription")
    assert "image/png" in shown and "Diane" in shown["text/plain"]
    assert re.search(r"0:\d\d\.\d – 0:\d\d\.\d", shown["text/plain"])
