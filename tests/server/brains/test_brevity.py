"""Who asks for brevity, and who does not."""

from __future__ import annotations

import pytest

from rtnb.server.brains import brevity
from rtnb.server.brains.base import BrainRequest, Message
from rtnb.server.brains.brevity import wants_brevity


@pytest.mark.parametrize(
    "text",
    [
        "You are brief.",
        "Be brief!",
        "Answer in one sentence.",
        "Reply concisely and kindly.",
        "Keep your answers short.",
        "Give short answers.",
        "Use as few words as you can.",
        "Always be concise; never ramble.",
    ],
)
def test_instructions_that_ask_for_it(text: str) -> None:
    assert wants_brevity(BrainRequest(messages=(), instructions=text))
    assert wants_brevity(BrainRequest(messages=(Message(role="system", text=text),)))


@pytest.mark.parametrize(
    "text",
    [
        "",
        "You are helpful.",
        "Do not be brief.",
        "Don't be brief.",
        "Never be too brief.",
        "Talk quickly.",
        "In short, be nice.",
    ],
)
def test_instructions_that_do_not(text: str) -> None:
    assert not wants_brevity(BrainRequest(messages=(), instructions=text))


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("Please be brief.", True),
        ("Keep it short, please.", True),
        ("What does it mean to be brief?", False),
        ("I had one sentence to say.", False),
    ],
)
def test_the_user_may_ask_too(text: str, wanted: bool) -> None:
    assert wants_brevity(BrainRequest(messages=(Message(role="user", text=text),))) is wanted


def test_a_turn_looks_at_no_more_of_a_long_conversation_than_of_a_shorter_one(monkeypatch: pytest.MonkeyPatch) -> None:
    looked: list[str] = []
    monkeypatch.setattr(brevity, "_asks_for_brevity", lambda text: looked.append(text))
    for count in (1000, 20_000):
        wants_brevity(BrainRequest(messages=(Message(role="user", text="Hello."),) * count))
    assert len(looked) == 2 * brevity._REACH
