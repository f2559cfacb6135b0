"""Which tools are called for what is said, with which arguments, and what is said of their outputs."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rtnb.server.brains import BrainRequest, DemoBrain, Message
from rtnb.server.brains.skill import Answer

HERE = Path(__file__).parent
DECLARED: list[dict[str, Any]] = json.loads((HERE / "tools_declared.json").read_text("utf-8"))
TOOLS = {tool["name"]: tool for tool in DECLARED}


def table() -> list[tuple[str, str]]:
    rows = (HERE / "tool_utterances.txt").read_text("utf-8").splitlines()[1:]
    return [(expected.strip(), text.strip()) for expected, text in (row.split("|", 1) for row in rows)]


def user(text: str, *, heard: bool = False) -> Message:
    return Message(role="user", text=text, heard=heard)


def answer(*messages: Message, tools: Any = tuple(DECLARED), **settings: Any) -> Answer:
    return DemoBrain().answer(BrainRequest(messages=messages, tools=tuple(tools), **settings))


def shown(found: Answer) -> str:
    if found.intent.startswith("tool-ask:"):
        return found.intent.replace("tool-", "", 1)
    calls = [f"{c.name} {json.dumps(json.loads(c.arguments), separators=(',', ':'))}" for c in found.calls]
    return "; ".join(calls) or "-"


@pytest.mark.parametrize(("expected", "text"), table())
def test_utterances(expected: str, text: str) -> None:
    for heard in (True, False):
        assert shown(answer(user(text, heard=heard))) == expected


def more() -> list[tuple[str, str, str]]:
    rows = (HERE / "tool_more.txt").read_text("utf-8").splitlines()[1:]
    return [(a.strip(), b.strip(), c.strip()) for a, b, c in (row.split("|", 2) for row in rows)]


@pytest.mark.parametrize(("tools", "expected", "text"), more())
def test_tools_of_other_kinds(tools: str, expected: str, text: str) -> None:
    declared = json.loads((HERE / "tools_more.json").read_text("utf-8"))[tools]
    assert shown(answer(user(text), tools=declared)) == expected


@pytest.mark.parametrize(("expected", "text"), [row for row in table() if row[0][0] != "-" and ";" not in row[0]])
def test_a_tool_alone_is_chosen_too(expected: str, text: str) -> None:
    name = expected.removeprefix("ask:").split()[0]
    assert shown(answer(user(text), tools=[TOOLS[name]])) == expected


@pytest.mark.parametrize(("expected", "text"), [row for row in table() if row[0][0] != "-"])
def test_without_tools_or_with_none_nothing_is_called(expected: str, text: str) -> None:
    assert answer(user(text), tools=()).calls == ()
    assert answer(user(text), tool_choice="none") == answer(user(text), tools=())


def told(name: str, arguments: str, output: str, call_id: str = "call_1") -> tuple[Message, Message]:
    call = Message(role="assistant", name=name, call_id=call_id, text=arguments)
    return call, Message(role="tool", call_id=call_id, text=output)


def test_the_next_response_says_what_the_tool_found() -> None:
    asked = user("What is the weather in Paris?")
    first = answer(asked)
    call = first.calls[0]
    spoken = answer(asked, *told(call.name, call.arguments, '{"temperature_c": 18, "condition": "sunny"}'))
    assert spoken.sentences == ("In Paris, the temperature is 18 degrees Celsius and the condition is sunny.",)
    assert spoken.calls == ()


def test_several_outputs_are_said_together() -> None:
    found = answer(
        user("What is the weather in Paris and London?"),
        Message(role="assistant", name="get_weather", call_id="a", text='{"city": "Paris"}'),
        Message(role="assistant", name="get_weather", call_id="b", text='{"city": "London"}'),
        Message(role="tool", call_id="a", text='{"temperature": 18}'),
        Message(role="tool", call_id="b", text='{"temperature": 12}'),
    )
    assert found.sentences == ("In Paris, the temperature is 18.", "In London, the temperature is 12.")


def test_without_parallel_calls_one_follows_the_other() -> None:
    asked = user("What is the weather in Paris and London?")
    first = answer(asked, parallel_tool_calls=False)
    assert shown(first) == 'get_weather {"city":"Paris"}'
    done = told("get_weather", '{"city":"Paris"}', '{"temperature": 18}', "a")
    second = answer(asked, *done, parallel_tool_calls=False)
    assert shown(second) == 'get_weather {"city":"London"}'
    more = told("get_weather", '{"city": "London"}', '{"temperature": 12}', "b")
    third = answer(asked, *done, *more, parallel_tool_calls=False)
    assert third.calls == ()
    assert third.sentences == ("In Paris, the temperature is 18.", "In London, the temperature is 12.")


def test_what_is_missing_is_asked_for_and_then_called_with() -> None:
    asked = user("What is the weather?")
    question = answer(asked)
    assert question.sentences == ("Could you tell me the city?",)
    replied = (asked, Message(role="assistant", text=question.sentences[0]))
    for reply in ("Paris", "In Paris, please.", "paris", "It's Paris."):
        assert answer(*replied, user(reply)).calls[0].arguments.lower() == '{"city": "paris"}'
    assert answer(*replied, user("Never mind.")).calls == ()
    assert shown(answer(*replied, user("Set a timer for two minutes."))) == 'set_timer {"minutes":2}'


def test_several_missing_things_are_asked_for_at_once() -> None:
    asked = user("Book a table for two.")
    question = answer(asked)
    assert question.sentences == ("Could you tell me the date and the time?",)
    said = (asked, Message(role="assistant", text=question.sentences[0]))
    assert shown(answer(*said, user("Tomorrow at 7 pm."))) == (
        'book_table {"date":"tomorrow","time":"7 pm","party_size":2}'.replace("tomorrow", "Tomorrow")
    )
    rest = answer(*said, user("On Friday."))
    assert rest.sentences == ("Could you tell me the time?",)
    more = (*said, user("On Friday."), Message(role="assistant", text=rest.sentences[0]))
    assert shown(answer(*more, user("At eight."))) == 'book_table {"date":"Friday","time":"eight","party_size":2}'


@pytest.mark.parametrize("choice", ["required", {"type": "function", "name": "set_timer"}])
def test_a_call_that_must_be_made_is_made(choice: Any) -> None:
    found = answer(user("Hello!"), tools=[TOOLS["set_timer"]], tool_choice=choice)
    assert found.calls[0].name == "set_timer"
    assert json.loads(found.calls[0].arguments)["minutes"] == 1
    done = answer(user("Hello!"), *told("set_timer", "{}", '"Timer set."'), tool_choice=choice)
    assert (done.calls, done.sentences) == ((), ("Timer set.",))


def test_the_named_tool_is_called_even_if_another_fits_better() -> None:
    choice = {"type": "function", "name": "search_docs"}
    found = answer(user("What is the weather in Paris?"), tool_choice=choice)
    assert shown(found) == 'search_docs {"query":"What is the weather in Paris"}'


def test_what_a_system_message_asks_is_called_for_too() -> None:
    message = Message(role="system", text="What is the weather in Paris?")
    assert (
        shown(answer(user("Hi"), Message(role="assistant", text="Hello!"), message)) == 'get_weather {"city":"Paris"}'
    )


WORDS = st.sampled_from(
    [
        "what",
        "is",
        "the",
        "weather",
        "in",
        "Paris",
        "order",
        "12345",
        "turn",
        "on",
        "off",
        "light",
        "set",
        "a",
        "timer",
        "for",
        "ten",
        "minutes",
        "book",
        "table",
        "email",
        "to",
        "Bob",
        "saying",
        '"',
        "'",
        ".",
        ",",
        "?",
        "and",
        "not",
        "do",
        "please",
        "tomorrow",
        "at",
        "7",
        "pm",
        "play",
        "send",
        "my",
        "I",
        "number",
        "#",
        "-",
        "+",
    ]
)
ANY = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=8,
)
SCHEMAS = st.dictionaries(
    st.sampled_from(["type", "properties", "required", "enum", "items", "anyOf", "$ref", "description", "minimum"]), ANY
)


@given(words=st.lists(WORDS, max_size=15), choice=st.sampled_from(["auto", "required"]))
def test_arguments_are_always_valid_json_with_what_is_required(words: list[str], choice: str) -> None:
    for call in answer(user(" ".join(words)), tool_choice=choice).calls:
        arguments = json.loads(call.arguments)
        parameters = TOOLS[call.name]["parameters"]
        assert set(parameters.get("required", ())) <= set(arguments) <= set(parameters["properties"])


@given(parameters=SCHEMAS, name=st.text(max_size=12), text=st.lists(WORDS, max_size=8))
def test_no_declaration_breaks_it(parameters: dict[str, Any], name: str, text: list[str]) -> None:
    tool = {"type": "function", "name": name, "description": "Turn it.", "parameters": parameters}
    for choice in ("auto", "required"):
        found = answer(user(" ".join(text)), tools=[tool], tool_choice=choice)
        assert found.calls or found.sentences
