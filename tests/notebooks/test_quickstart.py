"""The quickstart: what a newcomer sees first, run as a user runs it, and as it is stored."""

from __future__ import annotations

import re

import nbformat
import pytest
from support.course import NOTEBOOKS, cell, data, execute, said, stored

NAME = "00_quickstart"


@pytest.mark.course
@pytest.mark.local
def test_one_card_a_turn_even_when_ask_is_the_last_expression() -> None:
    ran, _ = execute(NAME)
    for source in ("What is server VAD?", "turn = s.ask(question)"):
        shown = [o["data"] for o in cell(ran, source).outputs if "image/png" in o.get("data", {})]
        assert len(shown) == 1
        assert set(shown[0]) == {"text/plain", "text/html", "image/png"}


@pytest.mark.course
@pytest.mark.local
def test_the_spoken_question_is_heard_right() -> None:
    ran, _ = execute(NAME)
    card = data(ran, "turn = s.ask(question)")
    assert "What is the weather in Paris?" in card["text/html"]
    assert "<audio" in card["text/html"] and "<script" not in card["text/html"]
    printed = said(ran, 'print("heard')
    assert "heard:    What is the weather in Paris?" in printed
    assert re.search(r"latency:\s+\d+\.\d\d s commit → first audio", printed)
    assert re.search(r"cost:\s+\$0\.0\d+", printed)


@pytest.mark.course
@pytest.mark.local
def test_the_caller_talks_over_the_story_and_is_answered() -> None:
    ran, _ = execute(NAME)
    streamed = data(ran, "run = s.stream(")["text/plain"]
    assert "a caller who interrupts" in streamed and "2 turns" in streamed
    for words in ("Tell me a long story.", "What is the weather in Paris?"):
        assert f"heard: {words}" in streamed
    assert len(re.findall(r"[\d.]+ s of [\d.]+ s heard", streamed)) == 1
    assert "heard" in data(ran, "run.turns[0]")["text/plain"].split("Assistant")[1]
    # The question before it was heard to its end.
    assert "1 interrupted" in data(ran, "s.timeline")["text/plain"]


@pytest.mark.course
@pytest.mark.local
def test_usage_is_a_table_and_the_replay_shows_the_session() -> None:
    ran, _ = execute(NAME)
    (usage,) = [each for each in ran if each.source == "s.usage"]
    assert "<table" in usage.outputs[0]["data"]["text/html"]
    assert "gpt-realtime-2.1" in usage.outputs[0]["data"]["text/html"]
    assert "image/png" in data(ran, "rtnb.replay")


@pytest.mark.course
@pytest.mark.local
def test_the_solutions_give_the_right_answers() -> None:
    _, solved = execute(NAME)
    text, audio = map(int, re.findall(r"(\d+) (?:text|audio) tokens", said(solved, "turn.usage.output_text")))
    assert 0 < text < audio
    over, whole = said(solved, "turn.unheard_s").splitlines()
    ((played, received),) = re.findall(r"turn 3: ([\d.]+) s of ([\d.]+) s heard", over)
    assert 0 < float(played) < float(received)
    assert whole == "turn 4: completed, nothing lost"
    before, now = (
        float(value) / (1000 if unit == "ms" else 1)
        for value, unit in re.findall(r"([\d.]+) (m?s) until", said(solved, "patient = s.stream"))
    )
    assert now > before + 0.4


def test_it_is_short_and_the_first_thing_is_the_console() -> None:
    code = [each.source.strip() for each in stored(NAME)]
    assert len(code) <= 12
    assert "connect(" in code[0] and code[1] == "s"
    assert sum(len(source.splitlines()) for source in code) <= 32


def test_its_own_words_come_before_they_are_used() -> None:
    cells = nbformat.read(NOTEBOOKS / f"{NAME}.ipynb", as_version=4).cells
    text = [each.source for each in cells]
    for term, used in (("**tokens**", "s"), ("**VAD**", 's.ask("What is server VAD?")')):
        explained = next(index for index, source in enumerate(text) if term in source)
        assert explained < text.index(used)


def test_it_leads_to_the_next_ones() -> None:
    kept = nbformat.read(NOTEBOOKS / f"{NAME}.ipynb", as_version=4)
    assert "minutes" in kept.cells[0].source
    last = kept.cells[-1].source
    assert "](01_turns.ipynb)" in last
    linked = re.findall(r"\]\((\d\d)_\w+\.ipynb\)", last)
    assert linked == [f"{number:02}" for number in range(1, 11)]
