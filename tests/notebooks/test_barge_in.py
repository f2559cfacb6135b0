"""The notebook about barge-in: its numbers belong together, and each of its answers to an interruption is one."""

from __future__ import annotations

import re

import pytest
from support.course import Cells, cell, data, execute, said, stored

NAME = "04_barge_in"

AHEAD = 3.0
"""Seconds of sound that the embedded server sends in a second, after the first second of an answer."""


@pytest.fixture(scope="module", params=["stored", pytest.param("run", marks=[pytest.mark.course, pytest.mark.local])])
def cells(request: pytest.FixtureRequest) -> Cells:
    """As it is stored, and as it comes out now: what arrives when differs, what it means does not."""
    return stored(NAME) if request.param == "stored" else execute(NAME)[0]


def numbers(text: str) -> list[float]:
    return [float(found.replace(",", "")) for found in re.findall(r"\d[\d,]*(?:\.\d+)?", text)]


def heard_and_received(cells: Cells) -> tuple[float, float, float]:
    received, heard, unheard = numbers(said(cells, "cut = run.turns[0]"))
    return received, heard, unheard


def test_the_caller_cuts_an_answer_of_which_part_was_heard(cells: Cells) -> None:
    shown = data(cells, "a caller who interrupts")
    assert shown["image/png"] and "2 turns" in shown["text/plain"] and "interrupted" in shown["text/plain"]
    received, heard, unheard = heard_and_received(cells)
    assert received == pytest.approx(heard + unheard, abs=0.011)
    # The pause is 5 s, and the answer begins in its second second.
    assert 2 < heard < 6 and unheard > heard


def test_the_server_is_told_what_was_heard(cells: Cells) -> None:
    _, heard, _ = heard_and_received(cells)
    (told_ms,) = numbers(said(cells, "(truncate,)"))
    assert told_ms / 1000 == pytest.approx(heard, abs=0.006)


def test_the_tokens_of_the_next_turn_are_what_was_heard(cells: Cells) -> None:
    spoken, heard, added, billed = numbers(said(cells, "billed as audio input"))
    (told_ms,) = numbers(said(cells, "(truncate,)"))
    assert heard == pytest.approx(told_ms / 50, abs=1) and added == pytest.approx(spoken + heard, abs=1)
    assert 0 <= billed - added <= 4


def test_all_that_was_made_is_paid(cells: Cells) -> None:
    received, _, unheard = heard_and_received(cells)
    text = said(cells, "unheard_cost")
    made, whole_usd, unheard_s, unheard_usd = numbers(text)
    assert made == pytest.approx(received * 20, abs=1) and unheard_s == pytest.approx(unheard, abs=0.051)
    # gpt-realtime-2.1 charges 64 USD for a million audio tokens that it makes.
    assert unheard_usd == pytest.approx(unheard * 20 * 64e-6, abs=1e-4) and unheard_usd < whole_usd


def test_the_timeline_shows_it(cells: Cells) -> None:
    received, heard, _ = heard_and_received(cells)
    shown = data(cells, "run.timeline")
    assert shown["image/png"] and f"{heard:.2f} s of {received:.2f} s heard" in shown["text/plain"]


def test_a_button_does_the_same_and_the_model_goes_on_where_it_was_heard(cells: Cells) -> None:
    card = data(cells, "s.interrupt()")
    assert card["image/png"] and "in progress" not in card["text/plain"] and "interrupted" in card["text/plain"]
    cut, goes_on = said(cells, '"Continue."').splitlines()[:2]
    assert numbers(cut)[0] == pytest.approx(6.8, abs=0.5)
    assert goes_on.startswith("goes on:") and "Once there was" not in goes_on


def test_the_echo_is_taken_for_the_user_unless_half_duplex(cells: Cells) -> None:
    alone, half = (said(cells, f'name="with an echo{more}"') for more in ("", ", half duplex"))
    assert len(re.findall(r"real-time API", alone)) == 2 and "interface" in alone
    assert len(re.findall(r"real-time API", half)) == 1 and "interface" not in half
    heard, received = map(float, re.findall(r"([\d.]+) s of ([\d.]+) s were heard", alone)[0])
    assert 0 < heard < received


def test_with_interrupt_response_off_nothing_is_cut_and_all_is_answered(cells: Cells) -> None:
    first, second = said(cells, "interrupt_response=False").splitlines()
    assert first.startswith("completed, interrupted: False, answer: The Realtime API")
    assert second.startswith("completed, interrupted: False, answer: Barge-in means")
    shown = data(cells, "interrupt_response=False")["text/plain"]
    assert "2 turns" in shown and "failed" not in shown and "heard: Can I interrupt you?" in shown


def test_a_higher_threshold_and_a_softer_television_alarm_later(cells: Cells) -> None:
    rows = [numbers(line) for line in said(cells, "television = ").splitlines()[1:] if line]
    assert [row[0] for row in rows] == [0.2, 0.5, 0.8, 0.95]
    table = [row[1:] for row in rows]
    assert all(row == sorted(row) for row in table)
    assert all(list(column) == sorted(column) for column in zip(*table, strict=True))
    assert table[0][0] < 10 < 25 < table[-1][-1]


@pytest.mark.course
@pytest.mark.local
def test_the_solutions_show_what_their_words_say() -> None:
    ran, solved = execute(NAME)
    _, _, later = heard_and_received(ran)
    heard, sooner, _ = numbers(said(solved, "sooner ="))
    assert sooner < later and sooner == pytest.approx(1 + (AHEAD - 1) * heard, abs=1)
    text = said(solved, "realtime_factor=0")
    received, heard, usd = numbers(text)
    assert text.startswith("completed") and received > 2 * heard and usd > 0
    first, second = said(solved, "(0.5, 0.95)").splitlines()
    assert first.count(" to ") == second.count(" to ") == 2
    assert cell(solved, "sooner =").outputs
