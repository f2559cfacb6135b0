"""Texts for parameters, by the kind of text that is wanted."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rtnb.server.brains import Message
from rtnb.server.brains.skill import Utterance
from rtnb.server.brains.tool_choice import Tool
from rtnb.server.brains.tool_strings import NOT_THERE, Several, Source, string_value

NONE = "(nothing)"


def value(
    name: str,
    text: str,
    *,
    tool: str = "use_gadget",
    needed: bool = True,
    before: tuple[Message, ...] = (),
    **more: Any,
) -> Any:
    schema = {"type": "string"}
    parameters = {"properties": {name: schema, **more.pop("beside", {})}, "required": [name] if needed else []}
    source = Source(Utterance(text), Tool(tool, "", parameters), before, **more)
    found = string_value(source, name, schema)
    return NONE if found is NOT_THERE else found.values if isinstance(found, Several) else found


@pytest.mark.parametrize(
    ("name", "text", "expected"),
    [
        ("expression", "What is twelve times seven?", "12 * 7"),
        ("expression", "What is the matter?", NONE),
        ("email", "Write to ada at example dot com.", "ada@example.com"),
        ("to", "Send it to bob@example.com, Ann.", "bob@example.com"),
        ("recipient", "Email Bob Smith about lunch.", "Bob Smith"),
        ("order_id", "Where is order AB-123?", "AB-123"),
        ("when", "A table tomorrow at 7 pm.", "tomorrow at 7 pm"),
        ("when", "A table soon.", NONE),
        ("date", "We come on the 3rd of May at noon.", "the 3rd of May"),
        ("time", "We come on the 3rd of May at noon.", "noon"),
        ("time", "Some time in the evening.", "evening"),
        ("duration", "Start it for ten minutes.", "ten minutes"),
        ("duration", "Start it.", NONE),
        ("city", "What is the weather in rio de janeiro?", "Rio De Janeiro"),
        ("city", "What is the weather in Paris and Rome?", ["Paris", "Rome"]),
        ("origin", "A flight from Oslo to Rome.", "Oslo"),
        ("destination", "A flight from Oslo to Rome.", "Rome"),
        ("destination", "A flight from Oslo.", NONE),
        ("message", "Text Bob that I am late.", "I am late"),
        ("message", 'Send "On my way" to Bob.', "On my way"),
        ("text", "Remind me to call Ann tomorrow at 5 pm.", "call Ann"),
        ("symbol", "How is AAPL doing?", "AAPL"),
        ("ticker", "What is the price of Tesla?", "Tesla"),
        ("subject", "Email Bob about the trip.", "the trip"),
        ("title", 'Add "My day", please.', "My day"),
        ("query", "Search the docs for turn detection.", "turn detection"),
        ("query", "Can you look up how cats sleep?", "how cats sleep"),
        ("room", "Turn on the light in the living room.", "living room"),
        ("room", "Turn on the light in the cellar.", NONE),
        ("color", "Make it dark blue, not green.", "blue"),
        ("target_language", "Translate hello from english to french.", "French"),
        ("to_currency", "Change ten dollars to euros.", "euros"),
        ("size", "An extra large pizza.", "extra large"),
        ("song", "Play Yesterday by The Beatles.", "Yesterday"),
        ("artist", "Play Yesterday by The Beatles.", "The Beatles"),
        ("artist", "Play Yesterday.", NONE),
        ("artist", 'Play "Help".', "Help"),
        ("from_language", "Translate hello from english to french.", "English"),
        ("from_currency", "Change ten dollars to euros.", "dollars"),
        ("to_currency", "Change a pound to yen.", "yen"),
        ("customer_name", "Please book it for Ann.", "Ann"),
        ("gadget", "Open the gadget called Robby now.", "Robby"),
        ("door", "Lock the front door.", "front door"),
    ],
)
def test_what_is_said(name: str, text: str, expected: Any) -> None:
    assert value(name, text) == expected


def test_what_is_not_required_is_not_guessed() -> None:
    assert value("gadget", "Open the front door.", needed=False) == NONE
    assert value("gadget", "Open the front door.") == "front door"


def test_words_of_the_tool_are_no_value() -> None:
    assert value("item", "Add the red pen to cart.", tool="add_pen") == "red"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("London weather", "London"),
        ("Weather Paris?", "Paris"),
        ("weather today", NONE),
        ("New York weather", "New York"),
        ("New weather", NONE),
        ("weather london", NONE),
    ],
)
def test_a_place_that_stands_alone(text: str, expected: str) -> None:
    assert value("city", text, tool="get_weather") == expected


@pytest.mark.parametrize(
    ("name", "reply", "expected"),
    [
        ("city", "It's Paris.", "Paris"),
        ("city", "um, in paris please.", "Paris"),
        ("gadget", "Well, the blue one, thanks.", "blue one"),
        ("email", "I have none.", NONE),
        ("time", "I do not know.", NONE),
        ("time", "At 7 pm", "7 pm"),
        ("gadget", ".", NONE),
    ],
)
def test_the_answer_to_a_question_may_be_the_value(name: str, reply: str, expected: str) -> None:
    assert value(name, reply, direct=True) == expected


def test_names_that_were_told() -> None:
    before = (Message(role="user", text="My name is Sam."),)
    assert value("customer_name", "Please book it.", before=before) == "Sam"
    assert value("customer_name", "My name is Ann.", before=before) == "Ann"
    assert value("customer_name", "Please book it for Eve.", before=before) == "Eve"
    assert value("contact", "Please call.", before=before) == NONE


def test_what_is_taken_is_not_taken_again() -> None:
    assert value("city", "Weather in Paris", taken={"paris"}) == NONE
    assert value("to_language", "from german to french", taken={"german"}) == "French"


def test_keys_and_values() -> None:
    beside = {"value": {"type": "string"}, "key": {"type": "string"}}
    assert value("key", "Remember that my favourite color is blue.", beside=beside) == "favourite_color"
    assert value("value", "Remember that my favourite color is blue.", beside=beside) == "blue"


NAMES = st.sampled_from(
    [
        *("city", "origin", "date", "time", "when", "duration", "order_id", "email", "to", "message", "subject"),
        *("query", "symbol", "room", "color", "target_language", "customer_name", "artist", "key", "gadget"),
    ]
)


@given(name=NAMES, text=st.text(max_size=80), needed=st.booleans(), direct=st.booleans())
def test_any_text_gives_text_or_nothing(name: str, text: str, needed: bool, direct: bool) -> None:
    found = value(name, text, needed=needed, direct=direct)
    for each in found if isinstance(found, list) else [found]:
        assert isinstance(each, str) and each
