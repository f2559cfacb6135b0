"""What endpoints stream."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rtnb.server.brains.chat.chunks import CallDelta, Delta, StrangeError, UpstreamError, delta_of


def choice(**delta: Any) -> dict[str, Any]:
    return {"choices": [{"index": 0, "delta": delta}]}


def called(**call: Any) -> Delta:
    return delta_of(choice(tool_calls=[call]))


@pytest.mark.parametrize(
    ("chunk", "delta"),
    [
        (choice(content="Hi"), Delta("Hi")),
        (choice(role="assistant", content=None), Delta()),
        (choice(content=[{"type": "text", "text": "a"}, {"type": "thinking", "thinking": []}, "b"]), Delta("ab")),
        (choice(refusal="No."), Delta("No.")),
        (choice(content=None, reasoning_content="Hm"), Delta(thought=2)),
        (choice(reasoning="Hm", reasoning_details=[{"text": "Hm"}]), Delta(thought=3)),
        ({"choices": [{"delta": {}, "finish_reason": "length"}]}, Delta(finish="length")),
        ({"choices": [{"delta": None, "finish_reason": ""}]}, Delta()),
        (
            {"choices": [{"message": {"content": "Hi"}, "finish_reason": "stop"}]},
            Delta("Hi", finish="stop"),
        ),
        ({"choices": [{"index": 1, "delta": {"content": "other"}}]}, Delta()),
        ({"choices": [], "usage": {}}, Delta()),
        ({"usage": {}}, Delta()),
        ({"id": "x", "choices": None, "error": None}, Delta()),
    ],
)
def test_variants(chunk: dict[str, Any], delta: Delta) -> None:
    assert delta_of(chunk) == delta


def test_calls() -> None:
    assert called(index=1, id="a", function={"name": "f", "arguments": "{"}).calls == (CallDelta(1, "a", "f", "{"),)
    assert called(function={"name": "f", "arguments": {"x": "ä"}}).calls == (CallDelta(None, "", "f", '{"x": "ä"}'),)
    assert called(index=0, id=None, function={"name": None, "arguments": None}).calls == (CallDelta(0),)
    assert called(index=True, function=None).calls == (CallDelta(),)
    old = delta_of(choice(function_call={"name": "f", "arguments": "{}"}))
    assert old.calls == (CallDelta(0, "", "f", "{}"),)


@pytest.mark.parametrize(
    "chunk",
    [{"error": {"message": "x"}}, {"error": "x"}, {"object": "error", "message": "x"}, {"error": "x", "choices": []}],
)
def test_failures_inside_of_an_answer(chunk: dict[str, Any]) -> None:
    with pytest.raises(UpstreamError):
        delta_of(chunk)


@pytest.mark.parametrize(
    ("chunk", "message"),
    [
        ([], "no object but a list"),
        ("x", "no object but a string"),
        (None, "no object but null"),
        ({}, "without choices"),
        ({"models": []}, "without choices"),
        ({"choices": {"a": 1}}, "choices that are an object"),
        ({"choices": ["x"]}, "a choice that is a string"),
        ({"choices": [{"delta": "x"}]}, "a delta that is a string"),
        ({"choices": [{"delta": {}, "finish_reason": 7}]}, "a finish_reason that is a number"),
        (choice(content=7), "content that is a number"),
        (choice(tool_calls={"a": 1}), "tool_calls that are an object"),
        (choice(tool_calls=["x"]), "a tool call that is a string"),
        (choice(tool_calls=[{"function": {"name": 7}}]), "whose name is a number"),
        (choice(tool_calls=[{"function": {"arguments": True}}]), "whose arguments is a boolean"),
    ],
)
def test_nonsense_is_named(chunk: Any, message: str) -> None:
    with pytest.raises(StrangeError, match=message):
        delta_of(chunk)


NAMES = st.sampled_from(
    ["choices", "delta", "message", "content", "tool_calls", "function", "index", "id", "name", "arguments", "error"]
)
ANY = st.recursive(
    st.none() | st.booleans() | st.integers(-1, 2) | st.floats() | st.text(max_size=3),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(NAMES, inner, max_size=4),
    max_leaves=12,
)


@given(ANY | st.builds(lambda delta: {"choices": [{"delta": delta}]}, ANY))
def test_any_json_is_read_or_refused(chunk: Any) -> None:
    try:
        delta = delta_of(chunk)
    except (StrangeError, UpstreamError):
        return
    assert isinstance(delta.text, str)
