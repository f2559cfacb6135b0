"""Scenarios in play."""

from __future__ import annotations

import asyncio
import contextlib
import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rtnb.errors import ConfigError
from rtnb.server.brains import BrainError, BrainRequest, Call, Message, Piece, Say, ScriptBrain, Stop

SCENARIOS = Path(__file__).with_name("scenarios")


def user(text: str, **settings: Any) -> Message:
    return Message(role="user", text=text, **settings)


def assistant(text: str) -> Message:
    return Message(role="assistant", text=text)


def called(name: str, output: str) -> tuple[Message, Message]:
    call = Message(role="assistant", name=name, call_id="call_1", text="{}")
    return call, Message(role="tool", call_id="call_1", text=output)


def play(brain: ScriptBrain, *messages: Message) -> list[Piece]:
    async def pieces() -> list[Piece]:
        return [piece async for piece in brain.reply(BrainRequest(messages=messages))]

    return asyncio.run(pieces())


def say(brain: ScriptBrain, *messages: Message) -> str:
    return "".join(piece.text for piece in play(brain, *messages) if isinstance(piece, Say))


def of(*rules: dict[str, Any], **top: Any) -> ScriptBrain:
    return ScriptBrain.of({"rules": list(rules), **top})


@pytest.fixture(scope="module")
def booking() -> ScriptBrain:
    return ScriptBrain.load(SCENARIOS / "booking.yaml")


def test_a_whole_conversation(booking: ScriptBrain) -> None:
    told = [user("Hello?")]
    assert say(booking, *told) == "Welcome to Chez Ada. For how many?"
    told += [assistant("Welcome to Chez Ada. For how many?"), user("A table for two people.")]
    with pytest.raises(BrainError, match="busy") as failed:
        play(booking, *told)
    assert (failed.value.code, failed.value.type) == ("rate_limit_exceeded", "rate_limit_error")
    told += [user("A table for twenty one!")]
    (call,) = play(booking, *told)
    assert isinstance(call, Call)
    assert call.name == "book_table"
    assert json.loads(call.arguments) == {"guests": 21, "house": "Chez Ada", "notes": ["turn 3"]}
    told += called("book_table", '{"table": [7, 8]}')
    assert say(booking, *told) == "Your table for twenty one is booked, number 7. {Thanks}"
    assert say(booking, *told[:-1], Message(role="tool", call_id="call_1", text="all FULL.")) == (
        "I am sorry, we are full."
    )
    told += [assistant("..."), user("Swear!")]
    assert play(booking, *told) == [Say("I would rather "), Stop("content_filter")]
    told += [assistant("I would rather "), user("Bye!")]
    for expected in ("Goodbye.", "Goodbye again.", "Still here?", "Goodbye."):
        assert say(booking, *told) == expected
        told += [assistant(expected), user("bye")]
    told[-1] = user("xyz")
    assert say(booking, *told[:-1], user("Anything?")) == "That is your ninth turn."
    told = [user("Hello?"), assistant("Welcome."), Message(role="system", text="Hurry up.")]
    assert play(booking, *told) == [Say("We "), Say("are "), Say("closing "), Say("soon.")]


def test_json_scenarios_are_the_same() -> None:
    brain = ScriptBrain.load(SCENARIOS / "weather.json")
    asked = user("What is the Weather in Paris?", heard=True)
    assert play(brain, asked) == [Call("get_weather", '{"city": "Paris"}')]
    assert say(brain, asked, *called("get_weather", '{"temperature": 18.0}')) == "In Paris it is 18 degrees 😀."


def test_without_a_rule_the_response_fails() -> None:
    with pytest.raises(BrainError, match="No rule of scenario applies to 'No\\?'") as failed:
        play(of({"on": "yes", "say": "Yes."}), user("No?"))
    assert failed.value.code == "script_no_rule"
    with pytest.raises(BrainError):
        play(of({"on": "yes", "say": "Yes."}))


def test_an_empty_conversation_is_a_first_turn() -> None:
    assert say(of({"on": "first", "say": "Hello. {turn}"})) == "Hello. 0"


def test_a_missing_value_fails_the_response_with_the_place() -> None:
    brain = of({"on": {"regex": "a(?P<x>b)?"}, "say": "{x}"})
    assert say(brain, user("ab")) == "b"
    with pytest.raises(BrainError, match=r"rules\[0\].say.*\{x\} has no value") as failed:
        play(brain, user("a"))
    assert failed.value.code == "script_unset"


def test_arguments_may_be_text_that_is_no_json() -> None:
    assert play(of({"on": "any", "call": {"name": "f", "arguments": "{{broken", "call_id": "c"}})) == [
        Call("f", "{broken", "c")
    ]


def test_the_fallback_takes_turns() -> None:
    brain = of({"on": "x", "say": "x"}, fallback=[{"choose": ["one", "two"]}])
    assert say(brain, user("a")) == "one"
    assert say(brain, user("a"), assistant("one"), user("a")) == "two"


ROLES = st.sampled_from(["user", "assistant", "tool", "system"])
TALK = st.lists(st.builds(Message, role=ROLES, text=st.sampled_from(["table for two", "bye", "", "hello", "{}"])))


@given(talk=TALK)
def test_the_same_conversation_gets_the_same_answer(talk: list[Message]) -> None:
    brain = ScriptBrain.load(SCENARIOS / "booking.yaml")

    def answer() -> object:
        try:
            return play(brain, *talk)
        except BrainError as error:
            return str(error), error.code

    assert answer() == answer()


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("rules:\n  - on: a\n    sing: b\n", r"s.yaml, line 3 \(rules\[0\].sing\): a rule has no 'sing'; there are on"),
        ("rules: []\nfoo: 1\n", r"s.yaml, line 2 \(foo\): a scenario has no 'foo'; there are name, about, variables"),
        ("", "a scenario is a mapping"),
        ("rules:\n- on: {regex: '('}\n  say: c", r"line 2 \(rules\[0\].on.regex\): this is no regular expression"),
        ("rules:\n- on: b\n  say: '{city}'", r"line 3 .*nothing sets \{city\}; there are text, output, turn, name"),
        ("rules:\n- on: b\n  say: c\n  say: d", "line 4 .*'say' is there twice"),
        ("rules:\n- on: [\n", "s.yaml, line 3, column 1: no YAML"),
        ("a: &a [*a]", "no YAML|nested|has rules|no 'a'"),
        ("? [1]\n: 2", "a key is a word"),
    ],
)
def test_mistakes_are_pointed_at_by_their_lines(tmp_path: Path, text: str, problem: str) -> None:
    file = tmp_path / "s.yaml"
    file.write_text(text)
    with pytest.raises(ConfigError, match=problem):
        ScriptBrain.load(file)


def test_mistakes_in_json_are_pointed_at(tmp_path: Path) -> None:
    file = tmp_path / "s.json"
    file.write_text('{"rules": [\n\t{"on": "a",\n\t "sing": "b"}]}')
    with pytest.raises(ConfigError, match=r"s.json, line 3 \(rules\[0\].sing\)"):
        ScriptBrain.load(file)
    file.write_text('{"rules": [\n]')
    with pytest.raises(ConfigError, match=r"s\.json, line 2: no JSON"):
        ScriptBrain.load(file)


def test_files_that_cannot_be_read(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="cannot be read: No such file"):
        ScriptBrain.load(tmp_path / "none.yaml")
    (tmp_path / "bytes.yaml").write_bytes(b"\xff\xfe\x00")
    with pytest.raises(ConfigError, match="cannot be read"):
        ScriptBrain.load(tmp_path / "bytes.yaml")


@given(text=st.text(alphabet="rules: on say-[]{}'\"\n#&*!|>0.x", max_size=80))
def test_whatever_is_in_a_file_is_a_scenario_or_a_config_error(tmp_path_factory: Any, text: str) -> None:
    file = tmp_path_factory.getbasetemp() / "any.yaml"
    file.write_text("rules:\n- on: x\n  say: " + text)
    with contextlib.suppress(ConfigError):
        ScriptBrain.load(file)
