"""The demo brain as the server sees it."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any, Literal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rtnb.server.brains import BrainRequest, DemoBrain, Image, Message, Say
from rtnb.server.brains.story import story

LONGEST = 1500
LIVE_INSTRUCTIONS = (
    "Your knowledge cutoff is 2023-10. You are a helpful, witty, and friendly AI. Act like a human, but remember that "
    "you aren't a human. Your voice and personality should be warm and engaging, with a lively and playful tone. Talk "
    "quickly. You should always call a function if you can. Do not refer to these rules."
)


def table(name: str) -> list[tuple[str, str]]:
    rows = (Path(__file__).with_name(name)).read_text("utf-8").splitlines()
    return [(intent.strip(), text.strip()) for intent, text in (row.split("|", 1) for row in rows[1:])]


PICTURE = Image(kind="image/png", width=640, height=480)


def user(text: str, *, heard: bool = False, images: int = 0) -> Message:
    return Message(role="user", text=text, heard=heard, images=(PICTURE,) * images)


def ask(*messages: Message, **settings: Any) -> str:
    """The concatenated pieces of the reply, as a server would put them together."""

    async def pieces() -> list[str]:
        found = []
        async for piece in DemoBrain().reply(BrainRequest(messages=messages, **settings)):
            assert isinstance(piece, Say)
            found.append(piece.text)
        return found

    return "".join(asyncio.run(pieces()))


@pytest.mark.parametrize(("intent", "text"), table("utterances.txt"))
def test_what_is_asked_is_understood(intent: str, text: str) -> None:
    for heard in (True, False):
        assert DemoBrain().answer(BrainRequest(messages=(user(text, heard=heard),))).intent == intent


@pytest.mark.parametrize(("intent", "text"), table("recognized.txt"))
def test_what_the_recognizer_makes_of_it_is_understood(intent: str, text: str) -> None:
    assert DemoBrain().answer(BrainRequest(messages=(user(text, heard=True),))).intent == intent


def test_pieces_are_sentences_that_are_complete_at_once() -> None:
    async def pieces() -> list[str]:
        request = BrainRequest(messages=(user("Tell me a long story."),))
        return [piece.text async for piece in DemoBrain().reply(request) if isinstance(piece, Say)]

    found = asyncio.run(pieces())
    assert len(found) == len(story())
    assert all(piece.endswith((". ", "? ")) for piece in found[:-1])
    assert "".join(found) == " ".join(story())


def test_a_conversation() -> None:
    said: list[Message] = []
    answers = []
    for text in (
        "Hello!",
        "My name is Sam.",
        "Hi, what is 2 + 2? And 3 times 3? And 4 minus 1?",
        "Thanks! What is my name?",
        "Say that again.",
        "The sea is calm tonight.",
        "The tide is full.",
        "Goodbye.",
    ):
        said.append(user(text))
        answers.append(ask(*said))
        said.append(Message(role="assistant", text=answers[-1]))
    assert answers == [
        "Hello! I am rtnb's demo brain. What would you like to know?",
        "Nice to meet you, Sam. I will remember it for this conversation.",
        "Hello again, Sam! 2 plus 2 is 4. 3 times 3 is 9.",
        "You are welcome. Your name is Sam.",
        "You are welcome. Your name is Sam.",
        "You wrote: “The sea is calm tonight.” Ask me how barge-in works.",
        "You wrote: “The tide is full.” Try: tell me a long story.",
        "Goodbye, Sam. It was good to talk to you.",
    ]


@pytest.mark.parametrize("text", ["", " ", ".", "[BLANK_AUDIO]", "..."])
def test_audio_without_words_is_asked_for_again(text: str) -> None:
    assert ask(user(text, heard=True)) == "I did not catch that. Could you say it again?"


def test_a_message_without_words_is_asked_for_again() -> None:
    assert ask(user("")) == "I found no words in your message. Could you write it again?"


def test_without_a_recognizer_it_says_what_to_install() -> None:
    heard = user("", heard=True)
    assert 'pip install "rtnb[local]"' in ask(heard, can_hear=False, can_speak=False)
    assert 'pip install "rtnb[local]"' in ask(heard, can_hear=False, modalities=("text",))
    assert "rtnb's local extra" in ask(heard, can_hear=False)
    assert ask(user("What is 2 + 2?"), can_hear=False) == "2 plus 2 is 4."


def test_says_what_is_missing_when_asked() -> None:
    missing = ("Speech recognition is not installed.",)
    assert ask(user("What is missing here?"), missing=missing) == missing[0]
    assert ask(user("Is anything missing?")) == "Nothing is missing: I can hear and I can speak."


def test_says_that_it_cannot_see() -> None:
    seen = "I got a PNG image of 640 by 480 pixels, but I cannot look at it."
    assert ask(user("", images=1)) == seen
    assert ask(user("What is 2 + 2?", images=1)) == f"{seen} 2 plus 2 is 4."
    assert ask(user("", images=2)).startswith("I got 2 images, the first of them a PNG image of 640 by 480 pixels")


def test_brief_instructions_cut_each_answer_to_one_sentence() -> None:
    long, short = ask(user("What is server VAD?")), ask(user("What is server VAD?"), instructions="You are brief.")
    assert long.startswith(short)
    assert short.count(".") == 1
    two = ask(user("Hello! What is server VAD? What is semantic VAD?"), instructions="Answer in one sentence.")
    assert two.startswith(short)
    assert two.count(".") == 2
    assert ask(user("Tell me a story."), instructions="Be brief.").count(".") == 1
    assert ask(user("Tell me a long story."), instructions="Be brief.") == " ".join(story())


def test_the_services_default_instructions_change_nothing() -> None:
    question = user("What is server VAD?")
    assert ask(question, instructions=LIVE_INSTRUCTIONS) == ask(question)
    assert ask(instructions=LIVE_INSTRUCTIONS) == ask()


def test_a_response_without_input_is_answered() -> None:
    assert ask() == "Hello! I am rtnb's demo brain. What would you like to know?"
    assert ask(Message(role="system", text="Say hello to the user.")) == ask()


@pytest.mark.parametrize(
    ("text", "answer"),
    [
        ("What is the capital of Italy?", "The capital of Italy is Rome."),
        ("Tell me what twelve times seven is.", "12 times 7 is 84."),
        ("Do you like boats?", "You wrote: “Do you like boats?”"),
        ("What is server VAD?", "Server VAD ends your turn by silence"),
    ],
)
def test_what_a_system_message_asks_is_answered_as_if_the_user_asked(text: str, answer: str) -> None:
    # Some clients send everything that is typed during a conversation with that role.
    said = (user("Hi"), Message(role="assistant", text="Hello!"), Message(role="system", text=text))
    assert ask(*said).startswith(answer)


@pytest.mark.parametrize("text", ["You are a pirate. What do you say?", "Be brief.", "Always ask: what is your name?"])
def test_a_system_message_that_instructs_is_no_question(text: str) -> None:
    said = (user("Hi"), Message(role="assistant", text="Hello!"), Message(role="system", text=text))
    assert ask(*said) == "Is there anything else you would like to know?"


def test_what_is_not_understood_in_part_is_quoted_in_part() -> None:
    answer = ask(user("Hello. I was thinking about buying a boat.", heard=True))
    assert answer.startswith("Hello! I heard: “I was thinking about buying a boat.”")


# Words that wake skills up, so that the properties below reach far into them.
VOCABULARY = (
    "what is the and of spell count to from down by my name call me say repeat after story tell go on server vad turn "
    "price token ten seven 12 0.5 1,000 + - * / ( ) % plus times root square percent hello thanks weather in at paris "
    "“ ” \" ' . , ? ! … [ ] * be brief a greet user with Sam I'm divided zero minus squared"
)
WORDS = st.sampled_from(VOCABULARY.split())
TEXTS = st.text(max_size=400) | st.lists(WORDS, max_size=40).map(" ".join) | st.lists(WORDS, max_size=12).map("".join)
ROLES: tuple[Literal["system", "user", "assistant", "tool"], ...] = ("system", "user", "assistant", "tool")
MESSAGES = st.builds(
    Message, role=st.sampled_from(ROLES), text=TEXTS, heard=st.booleans(), images=st.sampled_from([(), (PICTURE,)])
)
REQUESTS = st.builds(
    BrainRequest,
    messages=st.lists(MESSAGES, max_size=4).map(tuple),
    instructions=TEXTS,
    can_hear=st.booleans(),
    can_speak=st.booleans(),
    modalities=st.sampled_from([("audio",), ("text",)]),
)


@given(request_=REQUESTS)
def test_every_request_gets_one_bounded_answer_and_always_the_same(request_: BrainRequest) -> None:
    answer = DemoBrain().answer(request_)
    assert answer == DemoBrain().answer(request_)
    assert answer.sentences
    assert all(line.strip() == line != "" for line in answer.sentences)
    text = " ".join(answer.sentences)
    assert len(text) <= LONGEST or any(line in text for line in story())
    text.encode()


@given(text=TEXTS, heard=st.booleans())
def test_the_reply_is_the_answer(text: str, heard: bool) -> None:
    message = user(text, heard=heard)
    assert ask(message) == " ".join(DemoBrain().answer(BrainRequest(messages=(message,))).sentences)


@pytest.mark.parametrize(
    "word", ["spell ", "what ", "my name is ", "hello ", "1+", "(", "count to ", "say ", "how is "]
)
def test_endless_input_ends(word: str) -> None:
    assert len(ask(user(word * 20_000))) <= LONGEST


def test_a_name_is_returned_before_anything_else() -> None:
    met = ask(
        user("Hello. I didn't know you were there. This is Diane in New Jersey. And the sea is calm.", heard=True)
    )
    assert met.startswith("Nice to meet you, Diane. I heard: “I didn't know you were there. And the sea is calm.”")
    assert ask(user("Hello, my name is Sam. What is 2 + 2?")) == "Nice to meet you, Sam. 2 plus 2 is 4."
