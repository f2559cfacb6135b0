"""The seam: values that cannot change, and brains of any making that fit it."""

from __future__ import annotations

import asyncio
import dataclasses
from collections.abc import AsyncIterator

import pytest

from rtnb.server.brains import Brain, BrainRequest, Call, DemoBrain, Message, Say


class Looker:
    """A brain of somebody else, which calls a tool and notes that it was closed."""

    name = "looker"

    def __init__(self) -> None:
        self.closed = False

    async def reply(self, request: BrainRequest) -> AsyncIterator[Say | Call]:
        try:
            yield Say("I look it up.")
            yield Call(request.tools[0]["name"], '{"id": 1}')
        finally:
            self.closed = True


def test_requests_are_frozen_and_have_sensible_defaults() -> None:
    request = BrainRequest(messages=())
    with pytest.raises(dataclasses.FrozenInstanceError):
        request.instructions = "x"  # type: ignore[misc]
    assert (request.tool_choice, request.modalities, request.missing) == ("auto", ("audio",), ())
    assert request.can_hear
    assert request.can_speak


def test_messages_take_keywords_only() -> None:
    with pytest.raises(TypeError):
        Message("user", "hello")  # type: ignore[call-arg]


def test_a_brain_is_anything_with_a_name_and_a_reply() -> None:
    brains: list[Brain] = [Looker(), DemoBrain()]
    assert [brain.name for brain in brains] == ["looker", "demo"]


def test_a_brain_may_call_tools() -> None:
    async def pieces() -> list[Say | Call]:
        request = BrainRequest(messages=(), tools=({"name": "lookup"},))
        return [piece async for piece in Looker().reply(request)]

    assert asyncio.run(pieces()) == [Say("I look it up."), Call("lookup", '{"id": 1}', None)]


def test_closing_the_iterator_cancels_a_brain() -> None:
    brain = Looker()

    async def first_piece_only() -> None:
        stream = brain.reply(BrainRequest(messages=(), tools=({"name": "lookup"},)))
        await anext(stream)
        await stream.aclose()  # type: ignore[attr-defined]

    asyncio.run(first_piece_only())
    assert brain.closed
