"""A language model behind the embedded server."""

from __future__ import annotations

import asyncio
import base64
import time
from collections.abc import AsyncIterator, Iterator
from typing import Any

import pytest
from support.chat_endpoint import (
    ChatEndpoint,
    breaks_off,
    calls,
    chunk,
    fails,
    hangs,
    says,
    sends,
    whole,
)
from support.pictures import data_uri
from support.wire import Json, Wire, speech

import rtnb
from rtnb.errors import ConfigError
from rtnb.server import EmbeddedServer, Options
from rtnb.server.answer.delivery import Delivery
from rtnb.server.brains import BrainError, BrainRequest, Call, ChatBrain, ChatSettings, Image, Message, Piece, Say, Stop
from rtnb.server.brains.chat.brain import LARGE_BYTES, MOST_CHARS, MOST_THOUGHT_CHARS, PIECE_CHARS

HELLO = (Message(role="user", text="Hello!"),)
TOOL = {
    "type": "function",
    "name": "look_up",
    "description": "Looks an order up.",
    "parameters": {"type": "object", "properties": {"id": {"type": "integer"}}},
}


@pytest.fixture(scope="module")
def running() -> Iterator[ChatEndpoint]:
    with ChatEndpoint() as endpoint:
        yield endpoint


@pytest.fixture
def endpoint(running: ChatEndpoint) -> ChatEndpoint:
    running.asked.clear()
    return running


# By itself


def reply(endpoint: ChatEndpoint, *behaviours: Any, **request: Any) -> tuple[list[Piece], BrainError | None]:
    endpoint.then(*behaviours)
    settings = request.pop("settings", {})

    async def listen() -> tuple[list[Piece], BrainError | None]:
        brain = ChatBrain(url=endpoint.url, model="m", **{"stall_s": 5.0} | settings)
        pieces: list[Piece] = []
        try:
            async for piece in brain.reply(BrainRequest(**{"messages": HELLO} | request)):
                pieces.append(piece)
        except BrainError as error:
            return pieces, error
        finally:
            await brain.aclose()
        return pieces, None

    return asyncio.run(listen())


def test_pieces_are_passed_on_as_they_come(endpoint: ChatEndpoint) -> None:
    assert reply(endpoint, says(["It", " is", " **nine", ".**", " ", "Bye", "."])) == (
        [Say("It"), Say(" is"), Say(" nine"), Say("."), Say(" "), Say("Bye"), Say(".")],
        None,
    )


def test_thoughts_are_not_said(endpoint: ChatEndpoint) -> None:
    behaviour = sends(chunk(reasoning_content="Hm"), chunk("<think>so"), chunk("</think>\n\nYes."), "[DONE]")
    assert reply(endpoint, behaviour) == ([Say("Yes.")], None)


@pytest.mark.parametrize("modality", ["text", "audio"])
def test_thoughts_that_the_server_has_opened(endpoint: ChatEndpoint, modality: str) -> None:
    behaviour = says(["So. ", "Hm. ", "<think>", "</th", "ink>", "Yes."])
    assert reply(endpoint, behaviour, settings={"thinks": True}, modalities=(modality,)) == ([Say("Yes.")], None)
    _, error = reply(endpoint, says("Never ends."), settings={"thinks": True})
    assert error is not None and error.code == "chat_empty" and "after thinking" in str(error)


@pytest.mark.parametrize("member", ["content", "reasoning_content"])
def test_thoughts_have_an_end(endpoint: ChatEndpoint, member: str) -> None:
    async def thinks(exchange: Any) -> None:
        await exchange.start()
        await exchange.event(chunk("<think>"))
        while True:
            await exchange.event(chunk(**{member: "hm " * 30_000}))

    said, error = reply(endpoint, thinks)
    assert said == [] and error is not None and error.code == "chat_timeout"
    assert f"more than {MOST_THOUGHT_CHARS} characters" in str(error)
    assert endpoint.last.left.wait(10)


@pytest.mark.parametrize("modality", ["text", "audio"])
@pytest.mark.timeout(60)
def test_an_answer_has_an_end(endpoint: ChatEndpoint, modality: str) -> None:
    async def talks(exchange: Any) -> None:
        await exchange.start()
        while True:
            await exchange.event(chunk("word " * 20_000))

    pieces, error = reply(endpoint, talks, modalities=(modality,))
    said = "".join(piece.text for piece in pieces if isinstance(piece, Say))
    assert error is None and pieces[-1] == Stop("max_output_tokens")
    assert MOST_CHARS < len(said) <= MOST_CHARS + 2 * PIECE_CHARS
    assert endpoint.last.left.wait(10)


def test_arguments_have_an_end(endpoint: ChatEndpoint) -> None:
    async def writes(exchange: Any) -> None:
        await exchange.start()
        head = {"index": 0, "id": "a", "function": {"name": "look_up", "arguments": '{"id":"'}}
        await exchange.event(chunk(tool_calls=[head]))
        while True:
            await exchange.event(chunk(tool_calls=[{"index": 0, "function": {"arguments": "x" * 100_000}}]))

    said, error = reply(endpoint, writes, tools=(TOOL,))
    assert said == [] and error is not None and error.code == "chat_bad_call" and "without an end" in str(error)
    assert endpoint.last.left.wait(10)


@pytest.mark.parametrize("modality", ["text", "audio"])
@pytest.mark.timeout(60)
def test_a_flood_comes_in_pieces(endpoint: ChatEndpoint, modality: str) -> None:
    flood = "Hi.\n" + " " * 200_000 + "." * 200_000 + "word " * 40_000
    pieces, error = reply(endpoint, sends(chunk(flood), chunk(finish="stop")), modalities=(modality,))
    said = "".join(piece.text for piece in pieces if isinstance(piece, Say))
    assert error is None and said.endswith("." * 200_000 + "word " * 40_000)
    assert max(len(piece.text) for piece in pieces if isinstance(piece, Say)) <= 2 * PIECE_CHARS


def test_what_is_read_may_have_marks(endpoint: ChatEndpoint) -> None:
    assert reply(endpoint, says(["**Yes**"]), modalities=("text",)) == ([Say("**Yes**")], None)


@pytest.mark.parametrize(
    ("finish", "stop"), [("length", Stop("max_output_tokens")), ("content_filter", Stop("content_filter"))]
)
def test_ends_before_the_end(endpoint: ChatEndpoint, finish: str, stop: Stop) -> None:
    assert reply(endpoint, says(["One"], finish=finish)) == ([Say("One"), stop], None)
    cut = sends(
        chunk(tool_calls=[{"index": 0, "function": {"name": "look_up", "arguments": '{"i'}}]), chunk(finish=finish)
    )
    assert reply(endpoint, cut, tools=(TOOL,)) == ([stop], None)


def test_calls(endpoint: ChatEndpoint) -> None:
    behaviour = calls(("look_up", '{"id": 7}'), ("look_up", ""), text="One moment.")
    assert reply(endpoint, behaviour, tools=(TOOL,)) == (
        [Say("One moment."), Call("look_up", '{"id": 7}'), Call("look_up", "{}")],
        None,
    )
    ollama = whole(content="", tool_calls=[{"function": {"name": "look_up", "arguments": {"id": 7}}}])
    assert reply(endpoint, ollama, tools=(TOOL,)) == ([Call("look_up", '{"id": 7}')], None)


@pytest.mark.parametrize(
    ("behaviour", "said", "code", "words"),
    [
        (calls(("ring", "{}"), text="Well,"), [Say("Well,")], "chat_bad_call", "called 'ring', which is none"),
        (calls(("look_up", "{x")), [], "chat_bad_call", "no JSON: {x"),
        (says(""), [], "chat_empty", "answered with nothing at all."),
        (says(" \n"), [], "chat_empty", "answered with nothing at all."),
        (sends(chunk(reasoning_content="Hm"), "[DONE]"), [], "chat_empty", "nothing at all after thinking"),
        (says("<think>Hm"), [], "chat_empty", "nothing at all after thinking"),
        (says("Well,", finish="error"), [Say("Well"), Say(",")], "chat_broken", "broke off"),
    ],
)
def test_answers_that_are_none(
    endpoint: ChatEndpoint, behaviour: Any, said: list[Piece], code: str, words: str
) -> None:
    pieces, error = reply(endpoint, behaviour, tools=(TOOL,))
    assert pieces == said
    assert error is not None and error.code == code and words in str(error)


def test_large_images_go_too(endpoint: ChatEndpoint) -> None:
    image = Image(kind="image/png", width=4, height=3, data=b"x" * LARGE_BYTES)
    reply(endpoint, "Yes.", messages=(Message(role="user", images=(image,)),))
    (part,) = endpoint.messages[-1]["content"]
    assert base64.b64decode(part["image_url"]["url"].partition(",")[2]) == image.data


def test_settings_or_members(endpoint: ChatEndpoint, monkeypatch: pytest.MonkeyPatch) -> None:
    settings = ChatSettings(url=endpoint.url, model="m", key="abc-123-secret")
    assert ChatBrain(settings).settings is settings
    assert "secret" not in repr(ChatBrain(settings)) and "secret" not in repr(vars(ChatBrain(settings))["_settings"])
    with pytest.raises(ConfigError, match="not both"):
        ChatBrain(settings, model="m")
    with pytest.raises(ConfigError, match="no setting 'modell'"):
        ChatBrain(url=endpoint.url, modell="m")
    for name in ("RTNB_CHAT_URL", "RTNB_CHAT_MODEL"):
        monkeypatch.delenv(name, raising=False)
    with pytest.raises(ConfigError, match="RTNB_CHAT_URL"):
        ChatBrain()


def test_the_template_can_be_read_changed_and_used(endpoint: ChatEndpoint) -> None:
    template = ChatBrain.default_template().replace("by voice", "over the telephone")
    endpoint.then("Yes.")

    async def ask() -> None:
        brain = ChatBrain(url=endpoint.url, model="m", template=template)
        async for _ in brain.reply(BrainRequest(messages=HELLO)):
            pass
        await brain.aclose()

    asyncio.run(ask())
    assert "over the telephone" in endpoint.messages[0]["content"]


# Behind the server


def test_a_notebook_talks_to_it(endpoint: ChatEndpoint) -> None:
    endpoint.then("It is **sunny**.")
    with rtnb.connect("local", brain=rtnb.ChatBrain(url=endpoint.url, model="m"), instructions="Be kind.") as session:
        turn = session.ask("What is the weather?")
    assert turn.text == "It is sunny."
    assert endpoint.messages[0]["content"].endswith("Be kind.")


class Switch:
    """The brain that a test puts in."""

    name = "switch"

    def __init__(self, url: str) -> None:
        self._url = url
        self._made: list[ChatBrain] = []
        self.set()

    def set(self, **members: Any) -> None:
        self._made.append(ChatBrain(url=self._url, model="m", key="abc-123-secret", **members))

    def reply(self, request: BrainRequest) -> AsyncIterator[Piece]:
        return self._made[-1].reply(request)

    async def aclose(self) -> None:
        for brain in self._made:
            await brain.aclose()


@pytest.fixture(scope="module")
def switch(running: ChatEndpoint) -> Switch:
    return Switch(running.url)


@pytest.fixture(scope="module")
def served(switch: Switch) -> Iterator[EmbeddedServer]:
    with EmbeddedServer(Options(brain=switch, delivery=Delivery(factor=0))) as server:
        server.wait_warm(lambda done, total, label: None)
        yield server


@pytest.fixture
def wire(served: EmbeddedServer) -> Iterator[Wire]:
    with Wire(served.url, key=served.key) as wire:
        wire.until("session.created")
        yield wire


def respond(wire: Wire, **response: Any) -> Json:
    done: Json = wire.ask({"type": "response.create", "response": response}, "response.done", "error")["response"]
    return done


def written(done: Json) -> str:
    text: str = done["output"][0]["content"][0]["text"]
    return text


def test_a_conversation(wire: Wire, endpoint: ChatEndpoint) -> None:
    endpoint.then("Hello, I am Ada.", "You said hello.")
    wire.update(instructions="You are Ada.", output_modalities=["text"])
    wire.say("Hello!")
    assert written(respond(wire)) == "Hello, I am Ada."
    wire.say("What did I say?")
    assert written(respond(wire, max_output_tokens=50)) == "You said hello."
    system, *rest = endpoint.messages
    assert system["role"] == "system" and system["content"].endswith("You are Ada.")
    assert [(each["role"], each["content"]) for each in rest] == [
        ("user", "Hello!"),
        ("assistant", "Hello, I am Ada."),
        ("user", "What did I say?"),
    ]
    assert endpoint.last.body["max_tokens"] == 50


@pytest.mark.local
def test_it_hears_and_is_heard(wire: Wire, endpoint: ChatEndpoint) -> None:
    from rtnb.audio.formats import PCM16
    from rtnb.speech import shared_loader

    endpoint.then(says("The weather in Paris is **sunny** today. Enjoy it!", 200))
    wire.update(audio={"input": {"turn_detection": None}})
    wire.append(speech(0.3))
    wire.send({"type": "input_audio_buffer.commit"})
    done = respond(wire)
    assert "weather" in endpoint.messages[-1]["content"].lower()
    assert done["status"] == "completed"
    assert done["output"][0]["content"][0]["transcript"] == "The weather in Paris is sunny today. Enjoy it!"
    pcm = b"".join(base64.b64decode(e["delta"]) for e in wire.seen if e["type"] == "response.output_audio.delta")
    ear = shared_loader().result().recognizer
    heard = ear.transcribe(PCM16.decode(pcm), PCM16.rate_hz)
    text = (heard if isinstance(heard, str) else heard.text).lower()
    assert "weather in paris" in text and "sunny" in text


def test_tools_there_and_back(wire: Wire, endpoint: ChatEndpoint) -> None:
    endpoint.then(calls(("look_up", '{"id": 7}'), ("look_up", '{"id": 8}')), "Both are on their way.")
    wire.update(tools=[TOOL], output_modalities=["text"])
    wire.say("Where are orders seven and eight?")
    first, second = respond(wire)["output"]
    assert (first["type"], first["name"], first["arguments"]) == ("function_call", "look_up", '{"id": 7}')
    assert endpoint.last.body["tools"][0]["function"]["name"] == "look_up"
    for call, output in ((second, "eight"), (first, "seven")):
        item = {"type": "function_call_output", "call_id": call["call_id"], "output": output}
        wire.ask({"type": "conversation.item.create", "item": item}, "conversation.item.done", "error")
    assert written(respond(wire)) == "Both are on their way."
    _, _, asked, *outputs = endpoint.messages
    assert [call["id"] for call in asked["tool_calls"]] == [first["call_id"], second["call_id"]]
    assert [(each["tool_call_id"], each["content"]) for each in outputs] == [
        (first["call_id"], "seven"),
        (second["call_id"], "eight"),
    ]


def test_an_image(wire: Wire, endpoint: ChatEndpoint) -> None:
    endpoint.then("It is orange.")
    url = data_uri(40, 30)
    content = [{"type": "input_text", "text": "Which colour?"}, {"type": "input_image", "image_url": url}]
    item = {"type": "message", "role": "user", "content": content}
    wire.ask({"type": "conversation.item.create", "item": item}, "conversation.item.done", "error")
    assert written(respond(wire, output_modalities=["text"])) == "It is orange."
    text, image = endpoint.messages[-1]["content"]
    assert text == {"type": "text", "text": "Which colour?"}
    assert image["image_url"]["url"] == url


@pytest.mark.parametrize("modality", ["text", "audio"])
@pytest.mark.parametrize("text", ["", "One. Two. Three "])
def test_an_interruption_ends_the_request(wire: Wire, endpoint: ChatEndpoint, modality: str, text: str) -> None:
    endpoint.then(hangs(text), "Yes.")
    wire.say("Count!")
    wire.send({"type": "response.create", "response": {"output_modalities": [modality]}})
    asked = endpoint.wait_asked(1)
    if text:
        wire.until("response.output_text.delta", "response.output_audio.delta")
    done = wire.ask({"type": "response.cancel"}, "response.done")["response"]
    assert done["status"] == "cancelled"
    assert asked.left.wait(10)
    assert respond(wire, output_modalities=["text"])["status"] == "completed"


def test_a_client_that_goes_ends_the_request(served: EmbeddedServer, endpoint: ChatEndpoint) -> None:
    endpoint.then(hangs("One."))
    with Wire(served.url, key=served.key) as wire:
        wire.until("session.created")
        wire.send({"type": "response.create"})
        endpoint.wait_asked(1)
    assert endpoint.last.left.wait(10)


@pytest.mark.parametrize(
    ("behaviour", "code", "said"),
    [
        (fails(429, "slow down abc-123-secret"), "rate_limit_exceeded", ""),
        (fails(401), "chat_unauthorized", ""),
        (hangs("One. Two. Three"), "chat_stalled", "One. Two. Three"),
        (breaks_off("One. Two. Three"), "chat_broken", "One. Two. Three"),
        (sends(b"<html>"), "chat_nonsense", ""),
    ],
)
@pytest.mark.parametrize("modality", ["text", "audio"])
def test_failures_fail_the_response_and_not_the_session(
    wire: Wire, switch: Switch, endpoint: ChatEndpoint, modality: str, behaviour: Any, code: str, said: str
) -> None:
    endpoint.then(behaviour, "Yes.")
    switch.set(stall_s=0.5)
    done = respond(wire, output_modalities=[modality])
    error = done["status_details"]["error"]
    assert (done["status"], error["code"]) == ("failed", code)
    assert error["message"] and "secret" not in str(wire.seen)
    parts = [part for item in done["output"] for part in item["content"]]
    assert "".join(part.get("text") or part.get("transcript") or "" for part in parts) == said
    switch.set()
    assert respond(wire, output_modalities=["text"])["status"] == "completed"


def test_an_endpoint_that_does_not_begin(wire: Wire, switch: Switch, endpoint: ChatEndpoint) -> None:
    endpoint.then(hangs())
    switch.set(timeout_s=0.3)
    done = respond(wire)
    switch.set()
    assert (done["status"], done["status_details"]["error"]["code"]) == ("failed", "chat_timeout")
    assert endpoint.last.left.wait(10)


def test_what_is_too_long_is_incomplete(wire: Wire, endpoint: ChatEndpoint) -> None:
    endpoint.then(says("One two", finish="length"))
    done = respond(wire, output_modalities=["text"])
    assert (done["status"], done["status_details"]["reason"]) == ("incomplete", "max_output_tokens")
    assert written(done) == "One two"


@pytest.mark.local
def test_speech_starts_with_the_first_sentence(wire: Wire, endpoint: ChatEndpoint) -> None:
    async def waits(exchange: Any) -> None:
        await exchange.start()
        for token in ("It", " is", " nine", ".", " And"):
            await exchange.event(chunk(token))
        while not heard:
            await asyncio.sleep(0.01)
        await exchange.event(chunk(" ten.", "stop"))
        await exchange.finish()

    heard: list[float] = []
    endpoint.then(waits)
    wire.send({"type": "response.create"})
    wire.until("response.output_audio.delta")
    heard.append(time.monotonic())
    done = wire.until("response.done")["response"]
    assert done["output"][0]["content"][0]["transcript"] == "It is nine. And ten."
