"""Tasks of out-of-band responses, as the demo brain does them."""

from __future__ import annotations

import json
from typing import Any

import pytest

from rtnb.server.brains import BrainRequest, DemoBrain, Message
from rtnb.server.brains.skill import Utterance
from rtnb.server.brains.tasks import INAUDIBLE, answer_recap, answer_task
from rtnb.tokens import count_text


def user(text: str, *, heard: bool = True) -> Message:
    return Message(role="user", text=text, heard=heard)


def assistant(text: str) -> Message:
    return Message(role="assistant", text=text)


def system(text: str) -> Message:
    return Message(role="system", text=text)


TALK = (
    user("Hi, my name is Sam."),
    assistant("Nice to meet you, Sam."),
    user("What is server VAD?"),
    assistant("Server VAD ends your turn after a fixed silence."),
    user("My invoice of 40 dollars is wrong."),
    assistant("I am sorry to hear that."),
)


def beside(order: str, *messages: Message, **settings: Any) -> str:
    request = BrainRequest(messages=messages, instructions=order, in_conversation=False, **settings)
    return " ".join(DemoBrain().answer(request).sentences)


def test_the_last_spoken_turn_is_transcribed_word_for_word() -> None:
    order = "Transcribe the user's latest turn verbatim. Do not summarise, do not answer."
    assert beside(order, *TALK) == "My invoice of 40 dollars is wrong."
    assert beside(order, *TALK, user("And typed this", heard=False)) == "My invoice of 40 dollars is wrong."
    assert beside(order, user("")) == INAUDIBLE
    assert beside("Transcribe the whole conversation.", *TALK).splitlines()[1] == "What is server VAD?"
    assert json.loads(beside('Transcribe. JSON: {"transcript": "..."}', *TALK)) == {
        "transcript": "My invoice of 40 dollars is wrong."
    }


def test_a_summary_has_both_sides_and_keeps_its_limit() -> None:
    text = beside("Summarize the conversation so far.", *TALK)
    assert text.startswith("The user's name is Sam.")
    assert "The user asked: “What is server VAD?”" in text and "The assistant answered: “Server VAD" in text
    for most in (20, 45, 80):
        written = beside("Please summarise.", *TALK, max_output_tokens=most, modalities=("text",))
        assert 5 < count_text(written) <= most


def test_an_order_at_the_end_counts_before_the_session_s_own_instructions() -> None:
    text = beside("You moderate debates.", *TALK, system("Summarise the conversation above in one sentence."))
    assert text.startswith("The user ") and text.count("“") == 1


def test_a_summary_of_a_summary_quotes_nobody_twice() -> None:
    first = beside("Summarise the conversation.", *TALK)
    again = beside("Summarise the conversation.", system(f"Summary of the conversation so far:\n{first}"), user("Bye!"))
    assert "Summary of" not in again and again.startswith("The user's name is Sam.")
    assert "The user asked: “What is server VAD?”" in again


def test_labels_and_verdicts_come_as_json_where_the_order_shows_it() -> None:
    labels = 'Classify as one of: weather, billing. JSON: {"category": "...", "why": "..."}'
    assert json.loads(beside(labels, *TALK))["category"] == "billing"
    verdict = 'Moderate what was said. Reply as JSON: {"flagged": true, "category": null, "reason": ""}'
    assert json.loads(beside(verdict, *TALK))["flagged"] is False
    assert json.loads(beside(verdict, user("You are a total idiot!"))) == {
        "flagged": True,
        "category": "harassment",
        "reason": "it insults somebody: “You are a total idiot!”",
    }
    assert beside("Moderate. Answer yes or no.", user("I will kill you.")).startswith("yes: ")


@pytest.mark.parametrize("order", ["Be brief.", "Say hello to the user.", "", "Answer in rhymes."])
def test_other_orders_are_answered_as_ever(order: str) -> None:
    assert answer_task(BrainRequest(messages=TALK, instructions=order, in_conversation=False)) is None


def test_nothing_of_it_happens_in_a_conversation() -> None:
    instructions = "You summarise documents. Transcribe, classify and moderate on demand."
    request = BrainRequest(messages=(user("What is server VAD?"),), instructions=instructions)
    assert answer_task(request) is None
    assert DemoBrain().answer(request).intent == "faq:server-vad"


def test_the_shape_that_instructions_ask_of_answers_is_not_that_of_a_task() -> None:
    order = 'Classify as "sales" or "support". Reply with exactly one word.'
    assert beside(order, user("My router is broken, can you help?")) == "support"


def test_a_user_may_ask_for_a_recap_in_the_conversation() -> None:
    before = (system("You are brief."), *TALK)
    recap = answer_recap(Utterance("Can you summarise our conversation?"), before)
    assert recap is not None and recap.sentences[0] == "Your name is Sam."
    assert any(line.startswith("You asked: ") for line in recap.sentences)
    assert answer_recap(Utterance("What is a summary item?"), before) is None
