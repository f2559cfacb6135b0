"""Rules of scenarios: when they hold, what they do, and which are refused."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rtnb.errors import ConfigError
from rtnb.server.brains import Image, Message
from rtnb.server.brains.rules import Condition, Moment, Scenario, scenario_of
from rtnb.server.brains.scenario import Node, read_scenario


def scenario(*rules: dict[str, Any], **top: Any) -> Scenario:
    return scenario_of(Node.of({"rules": list(rules), **top}, file="s"))


def condition(on: Any) -> Condition:
    return scenario({"on": on, "say": "x"}).rules[0].on


def steps(**does: Any) -> list[tuple[str, Any]]:
    return [(step.verb, step.value) for step in scenario({"on": "any", **does}).rules[0].steps]


def said(text: str, **settings: Any) -> Message:
    return Message(**{"role": "user", "text": text, **settings})


def output(text: str) -> Message:
    return Message(role="tool", text=text, call_id="call_1")


def moment(message: Message | None, **settings: Any) -> Moment:
    return Moment(**{"message": message, "turn": 1, "answered": False, **settings})


@pytest.mark.parametrize(
    ("on", "message", "holds"),
    [
        ("hello there", said("Oh, HELLO — there!"), True),
        ("hello there", said("Hello you there"), False),
        ("hello", said("Othello"), False),
        ("50%", said("Make it 50%!"), True),
        ("50%", said("Make it 50"), False),
        ("straße", said("Die STRASSE?"), True),
        (["yes", "no"], said("No."), True),
        (["yes", "no"], said("Maybe."), False),
        (7, said("number 7 it is"), True),
        ({"exact": "Hello"}, said("hello!"), True),
        ({"exact": "Hello"}, said("hello you"), False),
        ({"exact": ["Hi", "Hello"]}, said("hello"), True),
        ({"text": "dont"}, said("I don’t know"), True),
        ({"text": "don't"}, said("I dont know"), True),
        ({"regex": "^ab+$"}, said("ABB"), True),
        ({"regex": "^ab+$"}, said("xabb"), False),
        ({"text": "table", "regex": r"\d"}, said("a table for 2"), True),
        ({"text": "table", "regex": r"\d"}, said("a table for two"), False),
        ({"heard": True}, said("a", heard=True), True),
        ({"heard": True}, said("a"), False),
        ({"heard": False}, said("a", heard=True), False),
        ({"empty": True}, said("..."), True),
        ({"empty": True}, said("a"), False),
        ({"empty": False}, said("..."), False),
        ({"image": True}, said("", images=(Image(kind="image/png", width=1, height=1),)), True),
        ({"image": True}, said("a"), False),
        ({"turn": [1, 3]}, said("a"), True),
        ({"turn": 2}, said("a"), False),
        ({"first": True}, said("a"), True),
        ({"first": False}, said("a"), False),
        ("first", said("a"), True),
        ({"role": "user"}, said("hi", role="system"), False),
        ({"role": "system"}, said("hi", role="system"), True),
        ({"role": "tool"}, output("hi"), True),
        ({"role": "user"}, output("hi"), False),
        ({"text": "hi"}, said("hi", role="system"), True),
        ({"text": "hi"}, output("hi"), False),
        ({"turn": 1}, output("hi"), False),
        ({"output_regex": "h."}, output("hi"), True),
        ({"output_regex": "x"}, output("hi"), False),
        ({"output": "hi"}, output("oh, hi!"), True),
        ({"output": ["no", "full"]}, output("all FULL."), True),
        ({"output": "hi"}, said("hi"), False),
        ({"output_regex": "hi"}, said("hi"), False),
        ({"tool": True}, output("hi"), True),
        ({"tool": True}, said("hi"), False),
        ({"tool": "book"}, output("hi"), True),
        ({"tool": "other"}, output("hi"), False),
        ({"tool": "book", "output": "x"}, output("hi"), False),
        ("any", output("hi"), True),
        ("any", None, True),
        ({"any": True}, said("hi"), True),
        ({"text": "hi"}, None, False),
    ],
)
def test_conditions(on: Any, message: Message | None, holds: bool) -> None:
    now = moment(message, tool="book" if message is not None and message.role == "tool" else None)
    assert (condition(on).captures(now) is not None) is holds


def test_first_is_before_any_answer() -> None:
    assert condition("first").captures(moment(said("a"), answered=True)) is None
    assert condition({"first": False}).captures(moment(said("a"), answered=True)) == {}


def test_named_groups_are_captured_where_they_matched() -> None:
    found = condition({"regex": r"for (?P<guests>\w+)(?: at (?P<hour>\d+))?"})
    assert found.captures(moment(said("A table FOR two"))) == {"guests": "two"}
    assert found.captures(moment(said("for two at 7"))) == {"guests": "two", "hour": "7"}
    by_output = condition({"output_regex": r"(?P<free>\d+) free"})
    assert by_output.captures(moment(output("3 free"), tool="any")) == {"free": "3"}


@pytest.mark.parametrize(
    ("does", "expected"),
    [
        ({"say": "Hi!"}, [("say", "Hi!")]),
        ({"say": ["Hi", "there", 7]}, [("say", "Hi there 7")]),
        ({"call": "f"}, [("call", ({"name": "f", "arguments": {}},))]),
        (
            {"call": ["f", {"name": "g", "arguments": {"a": [1, "{text}"]}, "call_id": "c"}]},
            [
                (
                    "call",
                    (
                        {"name": "f", "arguments": {}},
                        {"name": "g", "arguments": {"a": [1, "{text}"]}, "call_id": "c"},
                    ),
                )
            ],
        ),
        ({"wait_ms": 20.5, "say": "x"}, [("wait_ms", 20.5), ("say", "x")]),
        ({"fail": "busy"}, [("fail", {"message": "busy", "code": None, "type": "server_error"})]),
        (
            {"fail": {"code": "rate_limit_exceeded", "type": "rate"}},
            [("fail", {"message": "The scenario fails this response.", "code": "rate_limit_exceeded", "type": "rate"})],
        ),
        ({"say": "x", "stop": "content_filter"}, [("say", "x"), ("stop", "content_filter")]),
        ({"do": ["a", [{"wait_ms": 1}, "b"]]}, [("say", "a"), ("wait_ms", 1), ("say", "b")]),
        ({"do": {"slow_ms_per_word": 5, "say": "x"}}, [("slow_ms_per_word", 5), ("say", "x")]),
    ],
)
def test_steps_stand_in_their_order(does: dict[str, Any], expected: list[tuple[str, Any]]) -> None:
    assert steps(**does) == expected


def test_choices_are_steps_themselves() -> None:
    ((verb, value),) = steps(choose=["a", [{"wait_ms": 1}, "b"]])
    assert (verb, [[step.value for step in choice] for choice in value]) == ("choose", [["a"], [1, "b"]])


@pytest.mark.parametrize(
    ("does", "silent"),
    [
        ({"say": "x"}, False),
        ({"call": "f", "wait_ms": 1}, False),
        ({"choose": ["a"]}, False),
        ({"fail": "busy"}, True),
        ({"wait_ms": 1, "stop": "content_filter"}, True),
    ],
)
def test_a_rule_without_output_is_silent(does: dict[str, Any], silent: bool) -> None:
    assert scenario({"on": "any", **does}).rules[0].silent is silent


def test_a_whole_scenario() -> None:
    found = scenario(
        {"on": "a", "times": 2, "say": "{house}"},
        name="n",
        variables={"house": {"of": ["Ada"]}},
        slow_ms_per_word=3,
        fallback=["x", {"wait_ms": 1}],
    )
    assert (found.name, found.slow_ms_per_word, found.variables) == ("n", 3, {"house": {"of": ["Ada"]}})
    assert [step.verb for step in found.fallback] == ["say", "wait_ms"]
    assert found.rules[0].times == 2
    bare = scenario()
    assert bare == Scenario(name="s", rules=(), fallback=(), variables={}, slow_ms_per_word=0.0)
    assert scenario({"on": "a", "say": "x"}).rules[0].times is None


def test_slots_may_be_built_in_variables_or_captured_anywhere() -> None:
    scenario({"on": "a", "say": "{text} {output} {turn} {name} {house}"}, variables={"house": "x"})
    scenario(
        {"on": {"regex": "(?P<city>.)"}, "say": "x"}, {"on": "a", "call": {"name": "f", "arguments": ["{city}"][0]}}
    )
    scenario({"on": {"regex": r"a{2}(?P<x>b)"}, "say": "{{braces}} {x}"})
    with pytest.raises(ConfigError, match=r"\(fallback\): nothing sets \{city\}"):
        scenario(fallback="{city}")


@pytest.mark.parametrize(
    ("rule", "problem"),
    [
        ({"on": "a", "sing": "b"}, r"s \(rules\[0\]\.sing\): a rule has no 'sing'; there are on, times, do, say"),
        ({"say": "b"}, r"\(rules\[0\]\): a rule says when it applies"),
        ({"on": "b"}, "a rule does something: say, call"),
        ({"on": "b", "do": []}, "a rule does something"),
        ("hello", "a rule is a mapping .* not 'hello'|a rule is a mapping"),
        ({"on": {"txt": "b"}, "say": "c"}, "on has no 'txt'; there are text, exact, regex"),
        ({"on": {"regex": "("}, "say": "c"}, r"\(rules\[0\].on.regex\): this is no regular expression"),
        ({"on": {"any": True, "text": "b"}, "say": "c"}, "any: true stands alone"),
        ({"on": {"any": False}, "say": "c"}, "any: true stands alone"),
        ({"on": {"tool": "f", "text": "b"}, "say": "c"}, "either said or a tool's output"),
        ({"on": {"exact": "f", "output_regex": "b"}, "say": "c"}, "either said or a tool's output"),
        ({"on": {"role": "robot"}, "say": "c"}, "role is user, system, assistant or tool"),
        ({"on": {"turn": -1}, "say": "c"}, "turn is a whole number from 0 up, not -1"),
        ({"on": {"turn": [1, 1.5]}, "say": "c"}, "turn is a whole number"),
        ({"on": {"heard": "yes"}, "say": "c"}, "heard is true or false"),
        ({"on": "", "say": "c"}, "some words"),
        ({"on": [], "say": "c"}, "some words"),
        ({"on": ["a", "?!"], "say": "c"}, "some words"),
        (
            {"on": "b", "say": "{city}"},
            r"\(rules\[0\].say\): nothing sets \{city\}; there are text, output, turn, name",
        ),
        ({"on": "{city}", "say": "b"}, r"\(rules\[0\].on\): nothing sets \{city\}"),
        ({"on": "b", "wait_ms": -1}, "wait_ms is a number from 0 up, not -1"),
        ({"on": "b", "wait_ms": "soon"}, "wait_ms is a number from 0 up, not 'soon'"),
        ({"on": "b", "stop": "now"}, "stop is content_filter or max_output_tokens"),
        ({"on": "b", "times": 0, "say": "c"}, "times is a whole number from 1 up"),
        ({"on": "b", "call": {"arguments": {}}}, "a call has the name of a tool"),
        ({"on": "b", "call": {"name": "f", "arguments": [1]}}, "arguments is a mapping"),
        ({"on": "b", "call": {"name": "f", "argument": {}}}, "call has no 'argument'"),
        ({"on": "b", "do": [{"say": "c"}], "say": "d"}, "a rule with do has its steps in it, so say belongs there"),
        ({"on": "b", "do": [{"do": "c"}]}, "a step has no 'do'"),
        ({"on": "b", "say": {"c": "d"}}, "say is text, not a mapping"),
        ({"on": "b", "fail": {"reason": "x"}}, "fail has no 'reason'"),
        ({"on": "b", "choose": []}, "at least one"),
        ({"on": "b", "choose": "c"}, "choose is a list"),
    ],
)
def test_mistakes_are_pointed_at(rule: Any, problem: str) -> None:
    with pytest.raises(ConfigError, match=problem):
        scenario(rule)


@pytest.mark.parametrize(
    ("top", "problem"),
    [
        ({"foo": 1}, r"\(foo\): a scenario has no 'foo'; there are name, about, variables"),
        ({"rules": 3}, "rules is a list, not a number"),
        ({"variables": ["a"]}, r"\(variables\): variables is a mapping"),
        ({"name": []}, "name is text"),
        ({"slow_ms_per_word": "x"}, "slow_ms_per_word is a number"),
        ({"fallback": [{"sing": "a"}]}, r"\(fallback\[0\].sing\): a step has no 'sing'"),
    ],
)
def test_mistakes_on_top(top: dict[str, Any], problem: str) -> None:
    with pytest.raises(ConfigError, match=problem):
        scenario(**top) if "rules" not in top else scenario_of(Node.of(top, file="s"))
    with pytest.raises(ConfigError, match="a scenario has rules"):
        scenario_of(Node.of({"name": "x"}))
    with pytest.raises(ConfigError, match="a scenario is a mapping"):
        scenario_of(Node.of(None))


@pytest.mark.parametrize(
    ("does", "place", "slot"),
    [
        ("say: {text}", "line 3 (rules[0].say)", "{text}"),
        ("say: [Hello, { text }]", "line 3 (rules[0].say[1])", "{text}"),
        ("call: { name: f, arguments: { n: {n:number}, m: 1 } }", "line 3 (rules[0].call.arguments.n)", "{n:number}"),
        ("call: { name: f, arguments: { m: 1, n: {n} } }", "line 3 (rules[0].call.arguments.n)", "{n}"),
        ("do: [{ say: {text} }]", "line 3 (rules[0].do[0].say)", "{text}"),
    ],
)
def test_slots_without_quotes_are_pointed_at(tmp_path: Path, does: str, place: str, slot: str) -> None:
    file = tmp_path / "s.yaml"
    file.write_text(f"rules:\n  - on: {{ regex: '(?P<n>.)' }}\n    {does}\n")
    with pytest.raises(ConfigError) as raised:
        scenario_of(read_scenario(file))
    assert str(raised.value).startswith(f"s.yaml, {place}: write '{slot}' in quotes")
    file.write_text(file.read_text().replace(slot, f"'{slot}'").replace("{ text }", "'{text}'"))
    scenario_of(read_scenario(file))


def test_a_condition_cut_short_is_no_slot(tmp_path: Path) -> None:
    file = tmp_path / "s.yaml"
    file.write_text("rules: [{ on: {first}, say: a }]\n")
    with pytest.raises(ConfigError, match="first is true or false"):
        scenario_of(read_scenario(file))


KEYS = st.sampled_from(
    [
        *("on", "times", "do", "say", "call", "wait_ms", "fail", "stop", "choose", "text", "exact", "regex", "role"),
        *("tool", "output", "turn", "first", "any", "empty", "name", "arguments", "message", "code"),
    ]
)
VALUES = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-2, 9)
    | st.floats()
    | st.sampled_from(["any", "first", "user", "tool", "a b", "{text}", "{x", "(?P<x>a)", "content_filter", "", "."]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(KEYS, inner, max_size=3),
    max_leaves=8,
)
MESSAGES = st.none() | st.builds(
    Message, role=st.sampled_from(["user", "system", "tool"]), text=st.sampled_from(["", "a b", "A", "?"])
)


@given(
    rules=VALUES
    | st.lists(st.fixed_dictionaries({"on": VALUES, "say": VALUES}, optional={"do": VALUES, "call": VALUES})),
    message=MESSAGES,
)
def test_anything_is_a_scenario_or_a_config_error(rules: Any, message: Message | None) -> None:
    try:
        found = scenario_of(Node.of({"rules": rules}))
    except ConfigError as error:
        assert str(error).startswith("scenario")
        return
    for rule in found.rules:
        assert rule.steps
        captured = rule.on.captures(moment(message, tool="f"))
        assert captured is None or all(isinstance(value, str) for value in captured.values())
