"""History within a model's window."""

from __future__ import annotations

import pytest

from rtnb.server.brains import BrainRequest, Image, Message
from rtnb.server.brains.chat.messages import Turn, turns_of
from rtnb.server.brains.chat.window import ANSWER_TOKENS, MESSAGE_TOKENS, fitting, tokens_of
from rtnb.tokens import IMAGE_TOKENS, count_text


def turn(word: str, count: int = 50) -> Turn:
    return ({"role": "user", "content": f"{word} " * count},)


TURNS = [turn("one"), turn("two"), turn("three"), turn("four")]
EACH = tokens_of(TURNS[0])


def kept(context_tokens: int, *, prompt: str = "", tools: object = None, answer_tokens: int = 1) -> list[str]:
    found = fitting(TURNS, prompt=prompt, tools=tools, context_tokens=context_tokens, answer_tokens=answer_tokens)
    return [each[0]["content"].split()[0] for each in found]


def test_the_oldest_are_left_out_whole() -> None:
    most = 4 * EACH + MESSAGE_TOKENS + 1
    assert kept(most) == ["one", "two", "three", "four"]
    assert kept(most - 1) == ["two", "three", "four"]
    assert kept(2 * EACH + MESSAGE_TOKENS + 1) == ["three", "four"]


def test_the_last_always_stays() -> None:
    assert kept(1) == ["four"]
    assert fitting([], prompt="", tools=None, context_tokens=5) == []


def test_prompt_tools_and_answer_have_their_place() -> None:
    room = 4 * EACH + MESSAGE_TOKENS + 1
    assert len(kept(room, prompt="a")) == 3
    assert len(kept(room, tools=[{"type": "function"}])) == 3
    assert len(kept(room, answer_tokens=2)) == 3
    # A long answer takes no more than its share of a small window.
    assert len(kept(room * 2, answer_tokens=10**6)) == 4
    whole = [turn("word", 100)] * 100
    assert sum(map(tokens_of, fitting(whole, prompt="", tools=None, context_tokens=8000))) <= 8000 - ANSWER_TOKENS


def test_a_call_and_its_output_stay_or_go_together() -> None:
    messages = (
        Message(role="assistant", name="f", call_id="a", text="{}"),
        Message(role="tool", call_id="a", text="word " * 200),
        Message(role="user", text="So?"),
    )
    turns = turns_of(BrainRequest(messages=messages))
    assert len(turns) == 2
    for context_tokens in range(10, 400, 10):
        found = fitting(turns, prompt="", tools=None, context_tokens=context_tokens)
        assert found in (turns, turns[1:])


@pytest.mark.parametrize("text", ["", "What is it?"])
def test_images_count(text: str) -> None:
    image = Image(kind="image/png", width=4, height=3, data=b"x" * 10_000)
    (turn,) = turns_of(BrainRequest(messages=(Message(role="user", text=text, images=(image, image)),)))
    assert tokens_of(turn) == MESSAGE_TOKENS + 2 * IMAGE_TOKENS + count_text(text)


def test_the_users_last_words_stay_and_nobody_else_begins() -> None:
    def call(name: str) -> tuple[Message, Message]:
        output = Message(role="tool", call_id=name, text="result " * 60)
        return Message(role="assistant", name=name, call_id=name, text='{"a": 1}'), output

    old = Message(role="user", text="old words " * 100)
    answer = Message(role="assistant", text="answer " * 20)
    ask = Message(role="user", text="Now look it up " * 10)
    turns = turns_of(BrainRequest(messages=(old, answer, ask, *call("f"), *call("g"))))
    _, _, asked, first, second = turns
    seen = [fitting(turns, prompt="", tools=None, context_tokens=tokens) for tokens in range(1, 1500, 7)]
    assert all(each in ([asked, second], [asked, first, second], turns) for each in seen)
    assert [asked, first, second] in seen and seen[-1] == turns
    turns = turns_of(BrainRequest(messages=(old, Message(role="system", text="Be brief."), answer, ask)))
    seen = [fitting(turns, prompt="", tools=None, context_tokens=tokens) for tokens in range(1, 1500, 7)]
    assert all(each in ([turns[3]], [turns[1], turns[3]], turns) for each in seen)
    assert [turns[1], turns[3]] in seen and seen[-1] == turns


def test_a_greeting_stays_that_fits() -> None:
    turns = turns_of(BrainRequest(messages=(Message(role="assistant", text="Hello."), Message(role="user", text="?"))))
    assert fitting(turns, prompt="", tools=None, context_tokens=1000) == turns
    assert fitting(turns, prompt="", tools=None, context_tokens=5) == turns[1:]
