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


@pytest.mark.parametrize(("expected", "text"), [row for row in table() if row[0][0] != "-" and ";" not in row[0]])
def test_a_tool_alone_is_chosen_too(expected: str, text: str) -> None:
    name = expected.removeprefix("ask:").split()[0]
    assert shown(answer(user(text), tools=[TOOLS[name]])) == expected


@pytest.mark.parametrize(("expected", "text"), [row for row in table() if row[0][0] != "-"])
def test_without_tools_or_with_none_nothing_is_called(expected: str, text: str) -> None:
    assert answer(user(text), tools=()).calls == ()
    assert answer(user(text), tool_choice="none") == answer(user(text), tools=())
