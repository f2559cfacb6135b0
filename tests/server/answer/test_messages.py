from __future__ import annotations

import asyncio
from typing import Any

from support.pictures import data_uri

from rtnb.server.answer.messages import messages_of
from rtnb.server.brains.base import Message
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
