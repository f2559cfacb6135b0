from __future__ import annotations

import asyncio
from typing import Any

from support.pictures import data_uri

from rtnb.server.answer.messages import messages_of
from rtnb.server.brains.base import BrainRequest, Message
from rtnb.server.brains.chat.messages import chat_messages, turns_of
from rtnb.server.conversation import Item
from rtnb.server.intake import take_in


def read(*items: Item) -> tuple[Message, ...]:
    return asyncio.run(messages_of(items))


def test_a_transcript_on_the_item_is_not_heard_a_second_time() -> None:
    async def hear() -> str:
        return "What is 2 plus 3?"

    async def run() -> list[str]:
        part = {"type": "input_audio", "transcript": "What is 2 plus 3?"}
        wire: dict[str, Any] = {"id": "item_1", "type": "message", "role": "user", "content": [part]}
        heard: Any = asyncio.ensure_future(hear())
        return [m.text for m in await messages_of([Item(wire, bytearray(4800), heard), Item(wire, bytearray(4800))])]

    assert asyncio.run(run()) == ["What is 2 plus 3?"] * 2


def test_words_are_waited_for_once() -> None:
    async def run() -> int:
        waited = 0

        class Heard:
            def __await__(self) -> Any:
                nonlocal waited
                waited += 1
                return asyncio.sleep(0, "hello").__await__()

        wire = {"id": "a", "type": "message", "role": "user", "content": [{"type": "input_audio", "transcript": None}]}
        item = Item(wire, bytearray(4800), Heard())  # type: ignore[arg-type]
        for _ in range(3):
            (message,) = await messages_of([item])
            assert message == Message(role="user", text="hello", heard=True)
        return waited

    assert asyncio.run(run()) == 1


def test_calls_and_their_outputs() -> None:
    call = take_in({"type": "function_call", "call_id": "c", "name": "f", "arguments": "{}"})
    output = take_in({"type": "function_call_output", "call_id": "c", "output": "7"})
    assert read(call, output) == (
        Message(role="assistant", name="f", call_id="c", text="{}"),
        Message(role="tool", call_id="c", text="7"),
    )


def test_items_of_mcp() -> None:
    wire = {"id": "a", "type": "mcp_call", "arguments": "{}", "name": "f", "server_label": "docs", "output": "7"}
    assert [m.role for m in read(take_in(wire))] == ["assistant", "tool"]
    assert read(take_in({"type": "mcp_list_tools", "server_label": "docs", "tools": []})) == ()


def test_images_come_with_their_words() -> None:
    parts = [{"type": "input_image", "image_url": data_uri(30, 20)}, {"type": "input_text", "text": "What is it?"}]
    (message,) = read(take_in({"type": "message", "role": "user", "content": parts}))
    assert message.text == "What is it?" and [(i.kind, i.width) for i in message.images] == [("image/png", 30)]


def test_of_a_truncated_answer_the_brain_reads_what_was_heard() -> None:
    content = [{"type": "output_audio", "transcript": "one two three four"}]
    item = Item({"id": "a", "type": "message", "role": "assistant", "content": content}, bytearray(48 * 400))
    assert read(item)[0].text == "one two three four"
    item.truncate(200)
    assert read(item)[0].text == "one two"
    assert item.wire["content"] == [{"type": "output_audio"}]


def test_calls_of_one_response_stand_together_before_their_outputs() -> None:
    def mcp(name: str, response_id: str) -> Item:
        wire = {"id": name, "type": "mcp_call", "name": name, "server_label": "x", "arguments": "{}", "output": "7"}
        return Item(wire, response_id=response_id)

    def function(name: str, response_id: str) -> Item:
        wire = {"id": name, "type": "function_call", "name": name, "call_id": name, "arguments": "{}"}
        return Item(wire, response_id=response_id)

    def short(*items: Item) -> list[str]:
        return [message.name or f"{message.call_id}!" for message in read(*items)]

    output = take_in({"type": "function_call_output", "call_id": "f", "output": "8"})
    assert short(mcp("a", "r"), function("f", "r"), mcp("b", "r"), output) == ["a", "f", "b", "a!", "b!", "f!"]
    # Rounds one after the other.
    assert short(mcp("a", "r"), mcp("b", "s")) == ["a", "a!", "b", "b!"]
    assert short(mcp("a", ""), mcp("b", "")) == ["a", "a!", "b", "b!"]
    both = [mcp("a", "r"), function("f", "r"), output]
    (asked, *outputs) = chat_messages("", turns_of(BrainRequest(messages=read(*both))))
    assert [call["function"]["name"] for call in asked["tool_calls"]] == ["a", "f"]
    assert [(each["tool_call_id"], each["content"]) for each in outputs] == [("a", "7"), ("f", "8")]
