"""What a scenario says: rules that tell when they apply and what is then done."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any, Final, Literal, cast, get_args

from rtnb.server.brains.base import Message
from rtnb.server.brains.scenario import Node
from rtnb.server.brains.templates import slots

__all__ = ["BUILT_IN", "Condition", "Moment", "Rule", "Scenario", "Step", "scenario_of"]

BUILT_IN: Final = ("text", "output", "turn", "name")
"""Slots that every rule has: what was said, the last tool output (as JSON where it is JSON), the number of the
user's turn, and the name of the tool whose output it is."""

_TOP: Final = ("name", "about", "variables", "slow_ms_per_word", "rules", "fallback", "faults")
_ON: Final = (
    *("text", "exact", "regex", "role", "tool", "output", "output_regex"),
    *("turn", "first", "any", "empty", "heard", "image"),
)
_STEPS: Final = ("say", "call", "wait_ms", "fail", "stop", "choose", "slow_ms_per_word")
_RULE: Final = ("on", "times", "do", *_STEPS)
_REASONS: Final = ("content_filter", "max_output_tokens")

Verb = Literal["say", "call", "wait_ms", "fail", "stop", "choose", "slow_ms_per_word"]


@dataclass(frozen=True, slots=True)
class Moment:
    """What a rule looks at: the last message, and where the conversation stands."""

    message: Message | None
    turn: int
    answered: bool
    tool: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Condition:
    """When a rule applies: all that is stated must hold; see :class:`rtnb.server.brains.ScriptBrain`."""

    text: tuple[str, ...] = ()
    exact: tuple[str, ...] = ()
    regex: re.Pattern[str] | None = None
    role: str | None = None
    tool: str | None = None
    output: tuple[str, ...] = ()
    output_regex: re.Pattern[str] | None = None
    turns: frozenset[int] = frozenset()
    first: bool | None = None
    empty: bool | None = None
    heard: bool | None = None
    image: bool | None = None

    def captures(self, moment: Moment) -> dict[str, str] | None:
        """The named groups if it holds, else None."""
        message = moment.message or Message(role="user")
        is_tool = message.role == "tool"
        about_output = self.tool is not None or bool(self.output) or self.output_regex is not None
        if is_tool != about_output and not (is_tool and self._anything):
            return None
        words = _words(message.text)
        facts = (
            (self.role, message.role),
            (self.first, not moment.answered),
            (self.empty, not words),
            (self.heard, message.heard),
            (self.image, bool(message.images)),
            (None if self.tool == "any" else self.tool, moment.tool),
        )
        if any(wanted is not None and wanted != fact for wanted, fact in facts):
            return None
        if self.turns and moment.turn not in self.turns:
            return None
        inside = self.text or self.output
        if inside and not any(f" {each} " in f" {words} " for each in map(_words, inside)):
            return None
        if self.exact and words not in map(_words, self.exact):
            return None
        pattern = self.regex or self.output_regex
        if pattern is None:
            return {}
        found = pattern.search(message.text)
        return None if found is None else {k: v for k, v in found.groupdict().items() if v is not None}

    @property
    def _anything(self) -> bool:
        return self == Condition() or self.role == "tool"


def _words(text: str) -> str:
    """Lower case words and signs that are said, for comparing."""
    return " ".join(re.sub(r"[^\w%€$£+]+", " ", text.replace("’", "").replace("'", "").casefold()).split())


@dataclass(frozen=True, slots=True)
class Step:
    """One thing to do; `value` is checked and in the step's own form, `node` says where it stands."""

    verb: Verb
    value: Any
    node: Node = field(repr=False, compare=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """One rule."""

    on: Condition
    steps: tuple[Step, ...]
    times: int | None
    node: Node = field(repr=False, compare=False)

    @property
    def silent(self) -> bool:
        """Whether its response leaves nothing in the conversation."""
        return all(step.verb not in ("say", "call", "choose") for step in self.steps)


@dataclass(frozen=True, slots=True, kw_only=True)
class Scenario:
    """A whole scenario."""

    name: str
    rules: tuple[Rule, ...]
    fallback: tuple[Step, ...]
    variables: dict[str, Any]
    slow_ms_per_word: float


def scenario_of(root: Node) -> Scenario:
    """Check a scenario.

    Raises
    ------
    ConfigError
        Naming file, line and place, and what there could be.

    Examples
    --------
    >>> found = scenario_of(Node.of({"rules": [{"on": "hello", "say": "Hi!"}]}))
    >>> found.rules[0].on.text, found.rules[0].steps[0].value
    (('hello',), 'Hi!')
    """
    _check_quotes(root)
    top = root.members(_TOP, "a scenario")
    if "rules" not in top:
        root.fail("a scenario has rules: a list of {on: ..., say: ...}.")
    rules = tuple(_rule(node) for node in top["rules"].items("rules"))
    fallback = top.get("fallback")
    variables = top["variables"].plain() if "variables" in top else {}
    if not isinstance(variables, dict):
        top["variables"].fail("variables is a mapping of names to values.")
    patterns = [p for rule in rules for p in (rule.on.regex, rule.on.output_regex) if p is not None]
    known = [*BUILT_IN, *variables, *(name for pattern in patterns for name in pattern.groupindex)]
    _check_slots([*(node for node in (top["rules"], fallback) if node is not None)], known)
    return Scenario(
        name=top["name"].text("name") if "name" in top else root.file,
        rules=rules,
        fallback=_do(fallback) if fallback is not None else (),
        variables=variables,
        slow_ms_per_word=top["slow_ms_per_word"].number("slow_ms_per_word") if "slow_ms_per_word" in top else 0.0,
    )


def _rule(node: Node) -> Rule:
    members = node.members(_RULE, "a rule")
    if "on" not in members:
        node.fail('a rule says when it applies: "on". For every time, write on: {any: true}.')
    times = members.get("times")
    if "do" in members:
        if beside := [key for key in members if key in _STEPS]:
            members[beside[0]].fail(f"a rule with do has its steps in it, so {beside[0]} belongs there.")
        steps = _do(members["do"])
    else:
        steps = tuple(_step(key, value) for key, value in members.items() if key in _STEPS)
    if not steps:
        node.fail(f"a rule does something: {', '.join(_STEPS)}, or a list of them under do.")
    return Rule(
        on=_condition(members["on"]),
        steps=steps,
        times=int(times.number("times", least=1, whole=True)) if times is not None else None,
        node=node,
    )


def _do(node: Node) -> tuple[Step, ...]:
    """Steps: a text, a mapping, or a list of either."""
    if isinstance(node.value, list):
        return tuple(step for each in node.value for step in _do(each))
    if not isinstance(node.value, dict):
        return (_step("say", node),)
    return tuple(_step(key, value) for key, value in node.members(_STEPS, "a step").items())


def _condition(node: Node) -> Condition:
    if not isinstance(node.value, dict):
        if node.value in ("any", "first"):
            return Condition(first=True) if node.value == "first" else Condition()
        return Condition(text=_texts(node, "on"))
    members = node.members(_ON, "on")
    given: dict[str, Any] = {}
    for key, value in members.items():
        match key:
            case "text" | "exact" | "output":
                given[key] = _texts(value, key)
            case "regex" | "output_regex":
                given[key] = _pattern(value)
            case "role":
                given[key] = value.text("role")
                if given[key] not in ("user", "system", "assistant", "tool"):
                    value.fail("role is user, system, assistant or tool.")
            case "tool":
                given[key] = "any" if value.value is True else value.text("tool")
            case "turn":
                nodes = value.value if isinstance(value.value, list) else [value]
                given["turns"] = frozenset(int(n.number("turn", least=0, whole=True)) for n in nodes)
            case "any":
                if not value.flag("any") or len(members) > 1:
                    value.fail("any: true stands alone; a rule without it applies when all that it names holds.")
            case _:
                given[key] = value.flag(key)
    if (node.value.keys() & {"text", "exact", "regex"}) and (node.value.keys() & {"tool", "output", "output_regex"}):
        node.fail("a message is either said or a tool's output: text, exact and regex do not go with tool and output.")
    return Condition(**given)


def _texts(node: Node, what: str) -> tuple[str, ...]:
    nodes = node.value if isinstance(node.value, list) else [node]
    found = tuple(each.text(what) for each in nodes)
    if not found or not all(map(_words, found)):
        node.fail(f"{what} is some words, or a list of such.")
    return found


def _pattern(node: Node) -> re.Pattern[str]:
    try:
        return re.compile(node.text("regex"), re.IGNORECASE)
    except re.error as error:
        node.fail(f"this is no regular expression: {error}.")


def _step(verb: str, node: Node) -> Step:
    value: Any
    match verb:
        case "say":
            nodes = node.value if isinstance(node.value, list) else [node]
            value = " ".join(each.text("say") for each in nodes)
        case "call":
            value = _calls(node)
        case "wait_ms" | "slow_ms_per_word":
            value = node.number(verb)
        case "fail":
            value = _failure(node)
        case "stop":
            value = node.text("stop")
            if value not in _REASONS:
                node.fail(f"stop is {' or '.join(_REASONS)}.")
        case _:
            value = tuple(_do(each) for each in node.items("choose"))
            if not value:
                node.fail("choose is a list of at least one.")
    return Step(cast(Verb, verb), value, node)


def _calls(node: Node) -> tuple[dict[str, Any], ...]:
    found = []
    for each in node.value if isinstance(node.value, list) else [node]:
        if isinstance(each.value, str):
            found.append({"name": each.value, "arguments": {}})
            continue
        members = each.members(("name", "arguments", "call_id"), "call")
        if "name" not in members:
            each.fail("a call has the name of a tool.")
        arguments = members["arguments"].plain() if "arguments" in members else {}
        if not isinstance(arguments, dict | str):
            members["arguments"].fail("arguments is a mapping, or JSON text to be sent as it is.")
        call: dict[str, Any] = {"name": members["name"].text("name"), "arguments": arguments}
        if "call_id" in members:
            call["call_id"] = members["call_id"].text("call_id")
        found.append(call)
    return tuple(found)


def _failure(node: Node) -> dict[str, str | None]:
    if isinstance(node.value, str):
        return {"message": node.value, "code": None, "type": "server_error"}
    members = node.members(("message", "code", "type"), "fail")
    found: dict[str, str | None] = {
        "message": "The scenario fails this response.",
        "code": None,
        "type": "server_error",
    }
    return found | {key: value.text(key) for key, value in members.items()}


def _check_quotes(root: Node) -> None:
    for node in root.walk():
        # on: {first} is a condition cut short.
        if node.slot and not re.fullmatch(r"rules\[\d+\]\.on", node.path):
            node.fail(f"write '{node.slot}' in quotes: without them YAML reads a mapping.")


def _check_slots(nodes: Iterable[Node], known: list[str]) -> None:
    for node in (each for root in nodes for each in root.walk()):
        # Patterns have braces of their own.
        if isinstance(node.value, str) and not re.search(r"\.(?:regex|output_regex)$", node.path):
            for name in slots(node.value):
                if name not in known:
                    node.fail(f"nothing sets {{{name}}}; there are {', '.join(dict.fromkeys(known))}.")


assert set(get_args(Verb)) == set(_STEPS)
