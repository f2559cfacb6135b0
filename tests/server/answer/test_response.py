"""Responses of brains that do what brains may do."""

from __future__ import annotations

import asyncio
import base64
import threading
from collections.abc import AsyncIterator, Awaitable, Callable

import pytest
from support.wire import Json, Wire, types

from rtnb.server import EmbeddedServer, Options
from rtnb.server.answer.delivery import Delivery
from rtnb.server.answer.metering import Meter
from rtnb.server.answer.response import FRAME_MS, Response, Surroundings
from rtnb.server.answer.settings import ResponseSettings
from rtnb.server.brains import BrainRequest, Call, Say
from rtnb.server.conversation import Conversation
from rtnb.server.workers import Workers
from rtnb.speech import SilentEar, ToneVoice, VoiceStack
from rtnb.vad import load_engine

pytestmark = pytest.mark.local


class Mind:
    """A brain made of a function."""

    name = "mind"

    def __init__(self, think: Callable[[BrainRequest], AsyncIterator[Say | Call]]) -> None:
        self._think = think

    def reply(self, request: BrainRequest) -> AsyncIterator[Say | Call]:
        return self._think(request)


def answer(think: Callable[[BrainRequest], AsyncIterator[Say | Call]], **response: object) -> tuple[Json, list[Json]]:
    options = Options(brain=Mind(think), delivery=Delivery(factor=0))
    with EmbeddedServer(options) as server, Wire(server.url, key=server.key) as wire:
        wire.until("session.created")
        wire.say("hello")
        wire.seen.clear()
        wire.send({"type": "response.create", "response": response})
        return wire.until("response.done")["response"], wire.seen


def test_a_brain_that_raises_fails_the_response_and_not_the_session() -> None:
    async def think(request: BrainRequest) -> AsyncIterator[Say | Call]:
        yield Say("I was about to ")
        raise RuntimeError("lost the thread")

    for modalities in (["text"], ["audio"]):
        done, _ = answer(think, output_modalities=modalities)
        assert done["status"] == "failed"
        assert done["status_details"]["error"]["message"] == "lost the thread"


def test_a_message_may_precede_a_call() -> None:
    async def think(request: BrainRequest) -> AsyncIterator[Say | Call]:
        yield Say("One moment.")
        yield Call("look_up", '{"id": 7}')

    done, seen = answer(think, output_modalities=["text"])
    message, call = done["output"]
    assert message["content"][0]["text"] == "One moment."
    assert (call["type"], call["name"], call["arguments"]) == ("function_call", "look_up", '{"id": 7}')
    assert call["call_id"].startswith("call_")
    arguments = [e for e in seen if e["type"] == "response.function_call_arguments.done"]
    assert arguments[0]["name"] == "look_up" and arguments[0]["output_index"] == 1


def test_pieces_of_words_are_put_together() -> None:
    async def think(request: BrainRequest) -> AsyncIterator[Say | Call]:
        for piece in ("The an", "swer is for", "ty two. ", "Or so", "."):
            yield Say(piece)

    done, seen = answer(think)
    assert done["output"][0]["content"][0]["transcript"] == "The answer is forty two. Or so."
    assert types(seen).count("response.content_part.added") == 1


def test_a_brain_that_says_nothing_ends_with_no_output() -> None:
    async def think(request: BrainRequest) -> AsyncIterator[Say | Call]:
        return
        yield

    done, _ = answer(think)
    assert (done["status"], done["output"]) == ("completed", [])


def test_a_brain_that_thinks_for_ever_is_closed_by_a_cancel() -> None:
    closed = threading.Event()

    async def think(request: BrainRequest) -> AsyncIterator[Say | Call]:
        try:
            yield Say("Let me think. ")
            await asyncio.sleep(3600)
        finally:
            closed.set()

    with EmbeddedServer(Options(brain=Mind(think))) as server, Wire(server.url, key=server.key) as wire:
        wire.until("session.created")
        wire.say("hello")
        wire.ask({"type": "response.create"}, "response.output_audio.delta")
        done = wire.ask({"type": "response.cancel"}, "response.done")["response"]
        assert done["status"] == "cancelled" and closed.wait(5)


def test_the_brain_is_told_what_was_said_and_what_holds() -> None:
    requests: list[BrainRequest] = []

    async def think(request: BrainRequest) -> AsyncIterator[Say | Call]:
        requests.append(request)
        yield Say("Yes.")

    answer(think, instructions="Whisper.", output_modalities=["text"])
    (request,) = requests
    assert [(m.role, m.text, m.heard) for m in request.messages] == [("user", "hello", False)]
    assert request.instructions == "Whisper." and request.modalities == ("text",)
    assert request.can_hear and request.can_speak


def test_an_answer_is_as_fast_as_delivery_lets_it_be() -> None:
    async def think(request: BrainRequest) -> AsyncIterator[Say | Call]:
        yield Say("One two three four five six seven eight nine ten. " * 3)

    done, seen = answer(think)
    text = done["output"][0]["content"][0]["transcript"]
    assert text.split() == ("One two three four five six seven eight nine ten. " * 3).split()
    # The transcript runs with the audio, not all before it.
    order = types([e for e in seen if e["type"].endswith(".delta")])
    assert len(order) > 6


LONG = "one two three four five six seven eight nine ten " * 10
"""One sentence; more than ten seconds as tones."""


class Alone:
    """A response without a session: tones, and events in a list."""

    def __init__(self, workers: Workers, drained: Callable[[], Awaitable[None]], modality: str, delivery: Delivery):
        self.events: list[Json] = []

        async def think(request: BrainRequest) -> AsyncIterator[Say | Call]:
            for _ in range(3):
                yield Say(LONG)

        async def voices() -> VoiceStack:
            return VoiceStack(SilentEar(), ToneVoice(), load_engine("energy"))

        def emit(type: str, **members: object) -> None:
            self.events.append({"type": type, **members})

        around = Surroundings(
            emit=emit,
            brain=Mind(think),
            conversation=Conversation(),
            meter=Meter(),
            workers=workers,
            delivery=delivery,
            voices=voices,
            drained=drained,
        )
        self.response = Response(around, ResponseSettings(modalities=(modality,), voice="marin"), ())
        self.task = self.response.start()

    def deltas(self, kind: str) -> list[str]:
        return [e["delta"] for e in self.events if e["type"] == f"response.{kind}.delta"]

    @property
    def audio_s(self) -> float:
        return sum(len(base64.b64decode(delta)) for delta in self.deltas("output_audio")) / 48000


async def as_far_as_it_comes() -> None:
    for _ in range(500):
        await asyncio.sleep(0)


@pytest.mark.parametrize(("modality", "kind", "most"), [("text", "output_text", 1), ("audio", "output_audio", 0)])
def test_an_answer_waits_for_a_slow_reader(modality: str, kind: str, most: int) -> None:
    async def run() -> None:
        workers, waits, read = Workers(), asyncio.Event(), asyncio.Event()

        async def drained() -> None:
            waits.set()
            await read.wait()

        alone = Alone(workers, drained, modality, Delivery(factor=0))
        waiting = asyncio.create_task(waits.wait())
        await asyncio.wait({alone.task, waiting}, return_when=asyncio.FIRST_COMPLETED)
        assert waits.is_set(), "it never asked whether the client keeps up"
        await as_far_as_it_comes()
        assert len(alone.deltas(kind)) <= most and not alone.response.ended
        read.set()
        await alone.task
        assert alone.events[-1]["response"]["status"] == "completed" and len(alone.deltas(kind)) >= 3
        workers.close()

    asyncio.run(run())


def test_no_more_audio_leaves_than_its_delivery_lets_out() -> None:
    async def run() -> None:
        workers = Workers()
        half = asyncio.Event()

        async def drained() -> None:
            if alone.audio_s >= 1.0:
                half.set()

        # A thousandth of real time: behind the head start the next chunk is minutes away.
        alone = Alone(workers, drained, "audio", Delivery(lead_s=2.0, factor=0.001))
        await half.wait()
        await as_far_as_it_comes()
        assert 2.0 <= alone.audio_s <= 2.0 + 2 * FRAME_MS / 1000 and not alone.response.ended
        alone.response.cancel("client_cancelled")
        assert alone.events[-1]["response"]["status"] == "cancelled"
        workers.close()

    asyncio.run(run())
