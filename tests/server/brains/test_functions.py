"""Callables as brains."""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import AsyncIterator, Callable, Iterator
from typing import Any

import pytest

from rtnb.errors import ConfigError
from rtnb.server.brains import BrainError, BrainRequest, Call, CallableBrain, Message, Piece, Say, Stop

REQUEST = BrainRequest(messages=(Message(role="user", text="Hi"),))


def play(function: Callable[..., Any], request: BrainRequest = REQUEST) -> list[Piece]:
    async def pieces() -> list[Piece]:
        return [piece async for piece in CallableBrain(function).reply(request)]

    return asyncio.run(pieces())


def plain(request: BrainRequest) -> str:
    return request.messages[-1].text + threading.current_thread().name[:5]


async def coroutine(request: BrainRequest) -> str:
    return request.messages[-1].text + "!"


def generator(words: str) -> Iterator[Any]:
    yield words
    yield Say("!")
    yield Stop("content_filter")


async def async_generator(r: str) -> AsyncIterator[Any]:
    yield r
    yield Call("f", "{}")


class Callable_:
    async def __call__(self, request: BrainRequest) -> str:
        return "object"


@pytest.mark.parametrize(
    ("function", "pieces"),
    [
        (plain, [Say("Hibrain")]),
        (coroutine, [Say("Hi!")]),
        (generator, [Say("Hi"), Say("!"), Stop("content_filter")]),
        (async_generator, [Say("Hi"), Call("f", "{}")]),
        (Callable_(), [Say("object")]),
        (lambda: "nothing taken", [Say("nothing taken")]),
        (lambda request: coroutine(request), [Say("Hi!")]),
        (lambda text: async_generator(text), [Say("Hi"), Call("f", "{}")]),
        (lambda _: None, []),
        (lambda _: ["a", Call("f", "{}")], [Say("a"), Call("f", "{}")]),
        (lambda *everything: "any", [Say("any")]),
        (str.upper, [Say("HI")]),
    ],
)
def test_every_kind_of_callable(function: Callable[..., Any], pieces: list[Piece]) -> None:
    found = play(function) if function is not str.upper else play(lambda text: str.upper(text))
    assert found == pieces


def test_an_empty_conversation_is_an_empty_text() -> None:
    assert play(lambda text: f"<{text}>", BrainRequest(messages=())) == [Say("<>")]


@pytest.mark.parametrize("value", [3, b"bytes", {"a": 1}, [None]])
def test_other_values_are_defects(value: object) -> None:
    with pytest.raises(TypeError, match="A brain gives text"):
        play(lambda text: value)


def test_what_it_raises_comes_through() -> None:
    def fails(text: str) -> str:
        raise BrainError("Later.", code="rate_limit_exceeded")

    with pytest.raises(BrainError, match="Later"):
        play(fails)


def test_more_arguments_are_refused_at_once() -> None:
    def needs(request: BrainRequest, model: str, *, key: str, other: int = 1) -> str:
        return ""

    with pytest.raises(ConfigError, match="needs also needs model, key"):
        CallableBrain(needs)


def test_a_slow_function_does_not_hold_up_the_loop() -> None:
    release = threading.Event()

    def slow(text: str) -> str:
        assert release.wait(10)
        return "late"

    async def run() -> list[Piece]:
        async def pieces() -> list[Piece]:
            return [piece async for piece in CallableBrain(slow).reply(REQUEST)]

        task = asyncio.create_task(pieces())
        await asyncio.sleep(0)
        assert not task.done()
        release.set()
        return await task

    assert asyncio.run(run()) == [Say("late")]


def test_closing_the_answer_closes_the_generator() -> None:
    closed = threading.Event()

    def endless(text: str) -> Iterator[str]:
        try:
            while True:
                yield "on and "
        finally:
            closed.set()

    async def run() -> None:
        stream: Any = CallableBrain(endless).reply(REQUEST)
        assert await anext(stream) == Say("on and ")
        await stream.aclose()

    asyncio.run(run())
    assert closed.wait(10)


def test_cancelling_while_a_step_runs_closes_it_afterwards() -> None:
    entered, closed = threading.Event(), threading.Event()

    def sleepy(text: str) -> Iterator[str]:
        try:
            entered.set()
            time.sleep(0.05)
            yield "late"
        finally:
            closed.set()

    async def run() -> None:
        async def pieces() -> list[Piece]:
            return [piece async for piece in CallableBrain(sleepy).reply(REQUEST)]

        task = asyncio.create_task(pieces())
        await asyncio.to_thread(entered.wait, 10)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task

    asyncio.run(run())
    assert closed.wait(10)
