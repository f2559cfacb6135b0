"""The body of a request."""

from __future__ import annotations

from typing import Any

import pytest

from rtnb.server.brains import BrainRequest, Message
from rtnb.server.brains.chat.body import body_of
from rtnb.server.brains.chat.settings import ChatSettings
from rtnb.server.brains.chat.template import Template

HELLO = (Message(role="user", text="Hello!"),)
TOOL = {"type": "function", "name": "look_up", "description": "Looks up.", "parameters": {"type": "object"}}
BARE = {"type": "function", "name": "ring", "description": None}


def body(settings: dict[str, Any] | None = None, template: str = "", **request: Any) -> dict[str, Any]:
    made = ChatSettings(url="http://localhost", model="m", **settings or {})
    return body_of(BrainRequest(**{"messages": HELLO} | request), made, Template(template))


def test_only_what_is_needed_is_sent() -> None:
    assert body() == {"model": "m", "stream": True, "messages": [{"role": "user", "content": "Hello!"}]}


def test_options() -> None:
    made = body({"temperature": 0.0, "extra": {"seed": 7, "temperature": 1}})
    assert (made["temperature"], made["seed"], made["stream"]) == (0.0, 7, True)


@pytest.mark.parametrize(("asked", "own", "sent"), [(None, 90, 90), (50, 90, 50), (90, 50, 50), (50, None, 50)])
def test_the_longest_answer(asked: int | None, own: int | None, sent: int) -> None:
    assert body({"max_tokens": own}, max_output_tokens=asked)["max_tokens"] == sent
    other = body({"max_tokens": own, "max_tokens_member": "max_completion_tokens"}, max_output_tokens=asked)
    assert other["max_completion_tokens"] == sent and "max_tokens" not in other


def test_tools() -> None:
    made = body(tools=(TOOL, BARE), parallel_tool_calls=False)
    function = {"name": "look_up", "description": "Looks up.", "parameters": {"type": "object"}}
    assert made["tools"] == [
        {"type": "function", "function": function},
        {"type": "function", "function": {"name": "ring", "parameters": {"type": "object", "properties": {}}}},
    ]
    assert (made["tool_choice"], made["parallel_tool_calls"]) == ("auto", False)


@pytest.mark.parametrize(
    ("choice", "sent"),
    [
        ("required", "required"),
        ({"type": "function", "name": "ring"}, {"type": "function", "function": {"name": "ring"}}),
        ({"type": "mcp", "server_label": "x"}, "required"),
    ],
)
def test_tool_choice(choice: Any, sent: Any) -> None:
    made = body(tools=(TOOL, BARE), tool_choice=choice)
    assert made["tool_choice"] == sent and "parallel_tool_calls" not in made


def test_where_no_tool_may_be_called_none_is_named_unless_the_history_has_calls() -> None:
    assert "tools" not in body(tools=(TOOL,), tool_choice="none", template="{{tools}}")
    called = (Message(role="assistant", name="look_up", call_id="a", text="{}"),)
    made = body(messages=called, tools=(TOOL,), tool_choice="none", template="[{{tools}}]")
    assert made["tool_choice"] == "none" and made["tools"]
    assert made["messages"][0]["content"] == "[]"


def test_the_prompt() -> None:
    template = "{{modality}} {{tools}} {{instructions}}"
    made = body(template=template, tools=(TOOL, BARE), instructions="Be kind.", modalities=("text",))
    assert made["messages"][0] == {"role": "system", "content": "text look_up, ring Be kind."}


def test_the_window() -> None:
    messages = tuple(Message(role="user" if n % 2 else "assistant", text=f"{n} " * 50) for n in range(20))
    assert len(body(messages=messages)["messages"]) == 20
    cut = body({"context_tokens": 500}, messages=messages, template="Speak.")["messages"]
    assert cut[0]["role"] == "system" and 2 < len(cut) < 10
    assert cut[-1]["content"] == messages[-1].text
