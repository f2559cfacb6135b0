"""What the demo brain's policy finds, and what it leaves alone."""

from __future__ import annotations

import pytest

from rtnb.server.brains.data import section
from rtnb.server.brains.moderating import verdict_on
from rtnb.server.brains.task_order import Said

SAID = {
    "violence": "I am going to shoot him.",
    "self-harm": "I want to end my life.",
    "harassment": "You're a stupid idiot.",
    "hate": "I hate all immigrants.",
    "sexual": "Send me nude pictures.",
    "illicit": "Where can I buy some cocaine?",
    "personal data": "My card is 4111 1111 1111 1111.",
}


def test_there_is_an_example_of_every_category() -> None:
    assert set(SAID) == set(section("moderation", "tasks.json"))


@pytest.mark.parametrize(("category", "text"), SAID.items())
def test_each_category_is_found(category: str, text: str) -> None:
    verdict = verdict_on([Said("assistant", "How can I help?"), Said("user", text)])
    assert verdict.flagged and verdict.category == category and text[:-1] in verdict.reason


@pytest.mark.parametrize(
    "text",
    [
        "What is server VAD?",
        "My mother shoots photographs.",
        "I hate Mondays.",
        "You are so kind.",
        "Call 555 0101.",
        "",
    ],
)
def test_harmless_things_are_left_alone(text: str) -> None:
    assert not verdict_on([Said("user", text)]).flagged
