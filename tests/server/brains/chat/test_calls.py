"""Tool calls out of their pieces."""

from __future__ import annotations

import pytest

from rtnb.server.brains import Call
from rtnb.server.brains.chat.calls import MOST_CALLS, MOST_CHARS, BadCallError, Calls
from rtnb.server.brains.chat.chunks import CallDelta

TOOLS = {"f", "g"}


def made(*deltas: CallDelta) -> list[Call]:
    calls = Calls()
    for delta in deltas:
        calls.push(delta)
    return calls.finish(TOOLS)


TWO = [Call("f", '{"x": 1}'), Call("g", "{}")]


@pytest.mark.parametrize(
    "deltas",
    [
        # as the format says
        [
            CallDelta(0, "a", "f", ""),
            CallDelta(0, arguments='{"x"'),
            CallDelta(0, arguments=": 1}"),
            CallDelta(1, "b", "g", "{}"),
        ],
        # interleaved
        [
            CallDelta(0, "a", "f", '{"x"'),
            CallDelta(1, "b", "g", "{"),
            CallDelta(0, "", "", ": 1}"),
            CallDelta(1, "", "", "}"),
        ],
        # whole, with one index for all
        [CallDelta(0, "a", "f", '{"x": 1}'), CallDelta(0, "b", "g", "{}")],
        # without an index
        [CallDelta(None, "a", "f", '{"x": 1}'), CallDelta(None, "b", "g", "{}")],
        # without an id
        [CallDelta(0, "", "f", '{"x": 1}'), CallDelta(1, "", "g", "{}")],
        # with neither
        [CallDelta(None, "", "f", '{"x"'), CallDelta(arguments=": 1}"), CallDelta(None, "", "g", "{}")],
        # id and name repeated in each piece
        [
            CallDelta(0, "a", "f", '{"x"'),
            CallDelta(0, "a", "f", ": 1}"),
            CallDelta(1, "b", "g"),
            CallDelta(1, "b", "g", "{}"),
        ],
        # the id only in a later piece
        [CallDelta(0, "", "f", '{"x"'), CallDelta(0, "a", "", ": 1}"), CallDelta(1, "b", "g", "")],
    ],
)
def test_the_ways_in_which_calls_are_streamed(deltas: list[CallDelta]) -> None:
    assert made(*deltas) == TWO


@pytest.mark.parametrize("arguments", ["", "  ", "null", "{}"])
def test_no_arguments(arguments: str) -> None:
    assert made(CallDelta(0, "a", "f", arguments)) == [Call("f", "{}")]


@pytest.mark.parametrize(
    ("delta", "message"),
    [
        (CallDelta(0, "a", "", "{}"), "without saying which"),
        (CallDelta(0, "a", "h", "{}"), "'h', which is none of the tools"),
        (CallDelta(0, "a", "f", '{"x": '), "'f' with arguments that are no JSON: "),
        (CallDelta(0, "a", "f", "[" * 100_000), "no JSON"),
        (CallDelta(0, "a", "f", "[1]"), "no JSON object"),
        (CallDelta(0, "a", "f", '{"x": NaN}'), "no JSON: "),
        (CallDelta(0, "a", "f", '{"x": [-Infinity]}'), "no JSON: "),
    ],
)
def test_calls_that_cannot_be_made(delta: CallDelta, message: str) -> None:
    with pytest.raises(BadCallError, match=message) as caught:
        made(delta)
    assert len(str(caught.value)) < 300


def test_none() -> None:
    assert not Calls() and made() == []


def test_arguments_have_an_end() -> None:
    calls = Calls()
    calls.push(CallDelta(0, "a", "f", "x" * (MOST_CHARS - 10)))
    with pytest.raises(BadCallError, match="without an end"):
        for _ in range(20):
            calls.push(CallDelta(0, arguments="x"))


def test_calls_have_an_end_too() -> None:
    calls = Calls()
    for index in range(MOST_CALLS):
        calls.push(CallDelta(index, "", "f", ""))
    with pytest.raises(BadCallError, match=f"more than {MOST_CALLS} tools"):
        calls.push(CallDelta(MOST_CALLS, "", "f", ""))


@pytest.mark.timeout(60)
def test_many_small_pieces() -> None:
    calls = Calls()
    calls.push(CallDelta(0, "a", "f", '{"x": "'))
    for _ in range(300_000):
        calls.push(CallDelta(0, arguments="abc"))
    calls.push(CallDelta(0, arguments='"}'))
    (call,) = calls.finish(TOOLS)
    assert len(call.arguments) == 900_009


def test_what_is_quoted_is_cleaned_before_it_is_cut() -> None:
    calls = Calls()
    calls.push(CallDelta(0, "a", "f", "x" * 95 + "secret"))
    with pytest.raises(BadCallError) as caught:
        calls.finish(TOOLS, lambda text, most: text.replace("secret", "[key]")[:most])
    assert "se" not in str(caught.value).partition("JSON")[2]
