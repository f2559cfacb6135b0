"""The notebook about turns: each way of saying something comes out as the prose beside it says."""

from __future__ import annotations

import ast
import re

import nbformat
import pytest
from support.course import NOTEBOOKS, Cells, cell, data, execute, said, stored

NAME = "01_turns"


@pytest.fixture(scope="module")
def ran() -> Cells:
    return execute(NAME)[0]


@pytest.fixture(scope="module")
def solved() -> Cells:
    return execute(NAME)[1]


@pytest.mark.course
@pytest.mark.local
def test_a_turn_has_parts_with_units(ran: Cells) -> None:
    printed = said(ran, 'print("said:')
    assert "said:      What is server VAD?" in printed and "status:    completed" in printed
    assert re.search(r"sound: +Clip\(\d+\.\d+ s, 24000 Hz", printed)
    assert re.search(r"latency: +\d+\.\d+ s request → first audio", printed)
    assert re.search(r"cost: +\$0\.\d+", printed)


@pytest.mark.course
@pytest.mark.local
def test_a_file_at_telephone_rate_is_heard_right(ran: Cells) -> None:
    shown = data(ran, "telephone.wav")["text/plain"]
    assert "What is the weather in Paris?" in shown and "commit → first audio" in shown


@pytest.mark.course
@pytest.mark.local
def test_an_image_has_tokens_of_its_own_and_the_brain_says_that_it_cannot_see(ran: Cells) -> None:
    shown = data(ran, "rtnb.Image(picture")
    assert re.search(r"\d+ image\s+tokens\s+in", shown["text/plain"])
    assert "cannot look at it" in " ".join(shown["text/plain"].split())


@pytest.mark.course
@pytest.mark.local
def test_send_returns_at_once_and_await_waits(ran: Cells) -> None:
    assert said(ran, "s.send(").startswith("done: False")
    assert "completed" in data(ran, "await turn")["text/plain"]


@pytest.mark.course
@pytest.mark.local
def test_messages_made_by_hand_and_text_alone(ran: Cells) -> None:
    assert "Your name is Sam." in data(ran, 's.add("My name is Sam.")')["text/plain"]
    spelled = data(ran, "Spell cat.")
    assert "C, A, T." in spelled["text/plain"] and "<audio" not in spelled["text/html"]
    (items,) = [each for each in ran if each.source == "s.items"]
    assert "Item(assistant 'Pleased to meet you, Sam.'" in items.outputs[0]["data"]["text/plain"]


@pytest.mark.course
@pytest.mark.local
def test_an_aside_leaves_no_trace(ran: Cells) -> None:
    assert said(ran, "s.aside(").splitlines() == ["12 times 12 is 144.", "weather", "new items: 0"]


@pytest.mark.course
@pytest.mark.local
def test_by_hand_what_was_cleared_is_not_said(ran: Cells) -> None:
    by_hand = data(ran, "s.clear()")["text/plain"]
    assert by_hand.count("What is the weather in Paris?") == 1
    assert "0 ms" in said(ran, "except rtnb.errors.AudioError") and "100 ms" in said(ran, "rtnb.errors.AudioError")


@pytest.mark.course
@pytest.mark.local
def test_history_goes_into_another_session(ran: Cells) -> None:
    messages = ast.literal_eval(data(ran, "s.export_history()")["text/plain"])
    assert len(messages) == 8 and {"role": "assistant", "content": "Your name is Sam."} in messages
    assert said(ran, "load_history").splitlines() == ["8 items", "Your name is Sam."]


@pytest.mark.course
@pytest.mark.local
def test_the_solutions_give_the_right_answers(solved: Cells) -> None:
    echo = said(solved, "dearest.audio")
    heard = echo.split("was heard:")[1]
    assert "keeper" in echo.split("was heard:")[0] and "captain" in heard
    half = said(solved, "question[:0.8]")
    assert "->" in half and "Paris" not in half
    (spoken, _), (written, _) = re.findall(r"(\d+) audio \+ (\d+) text tokens out", said(solved, "for turn in (spoken"))
    assert int(spoken) > 0 and int(written) == 0
    assert said(solved, "made_up").strip() == "Your name is Kim."


def test_it_closes_what_it_opens_and_leads_on() -> None:
    code = [each.source for each in stored(NAME)]
    assert code[-1].startswith("s.close()")
    assert max(len([line for line in source.splitlines() if line.strip()]) for source in code) <= 7
    prose = [
        each.source
        for each in nbformat.read(NOTEBOOKS / f"{NAME}.ipynb", as_version=4).cells
        if each.cell_type == "markdown"
    ]
    assert "One idea: a turn is a value" in prose[0] and "minutes" in prose[0]
    assert "](02_timeline.ipynb)" in prose[-1]


def test_every_way_of_saying_something_is_in_it() -> None:
    text = "\n".join(each.source for each in stored(NAME))
    for verb in (
        "s.ask(", "s.send(", "await turn", "rtnb.Image(", ".resample(", "s.add(", "s.respond(", "s.aside(",
        "s.classify(", "s.append(", "s.clear(", "s.commit(", "s.export_history(", "load_history(", "s.turns",
    ):  # fmt: skip
        assert verb in text, verb
    assert cell(stored(NAME), "await turn").outputs
