from __future__ import annotations

import base64
import copy
from typing import Any

import pytest
from support.strict import strict_server_event

from rtnb.server.answer.output import FunctionCallOutput, MessageOutput
from rtnb.server.conversation import Conversation, Item

Json = dict[str, Any]


class Sent:
    """Takes events as a connection would: as they are at that moment."""

    def __init__(self) -> None:
        self.events: list[Json] = []

    def __call__(self, type: str, **members: Any) -> None:
        event = {"type": type, "event_id": f"event_{len(self.events)}", **copy.deepcopy(members)}
        assert strict_server_event(event) == []
        self.events.append(event)

    @property
    def types(self) -> list[str]:
        return [event["type"] for event in self.events]

    def of(self, kind: str) -> list[Json]:
        return [event for event in self.events if event["type"] == kind]


def message(sent: Sent, *, spoken: bool = True, conversation: Conversation | None = None) -> MessageOutput:
    return MessageOutput(sent, "item_1", spoken=spoken, response_id="resp_1", index=0, conversation=conversation)


def test_a_spoken_message_in_the_order_of_the_live_service() -> None:
    sent, conversation = Sent(), Conversation()
    conversation.append(Item({"id": "item_user", "type": "message", "role": "user", "content": []}))
    output = message(sent, conversation=conversation)
    output.say("Hello ")
    output.play(b"\1\0" * 48)
    output.say("there.")
    output.play(b"\2\0" * 24)
    output.close("completed")
    assert sent.types == [
        "response.output_item.added",
        "conversation.item.added",
        "response.content_part.added",
        "response.output_audio_transcript.delta",
        "response.output_audio.delta",
        "response.output_audio_transcript.delta",
        "response.output_audio.delta",
        "response.output_audio.done",
        "response.output_audio_transcript.done",
        "response.content_part.done",
        "conversation.item.done",
        "response.output_item.done",
    ]
    assert output.text == "Hello there."
    assert output.audio_bytes == 144
    pcm = b"".join(base64.b64decode(event["delta"]) for event in sent.of("response.output_audio.delta"))
    assert pcm == bytes(output.item.audio) == b"\1\0" * 48 + b"\2\0" * 24
    assert sent.of("response.output_audio_transcript.done")[0]["transcript"] == "Hello there."
    assert sent.of("response.content_part.done")[0]["part"] == {"type": "audio", "transcript": "Hello there."}
    item = sent.events[-1]["item"]
    assert item["content"] == [{"type": "output_audio", "transcript": "Hello there."}]
    assert item["status"] == "completed"
    assert [event["previous_item_id"] for event in sent.events if "previous_item_id" in event] == ["item_user"] * 2
    assert conversation.find("item_1") is output.item


def test_a_written_message_has_no_audio_at_all() -> None:
    sent = Sent()
    output = message(sent, spoken=False, conversation=Conversation())
    output.say("Hi.")
    output.close("completed")
    assert sent.types == [
        "response.output_item.added",
        "conversation.item.added",
        "response.content_part.added",
        "response.output_text.delta",
        "response.output_text.done",
        "response.content_part.done",
        "conversation.item.done",
        "response.output_item.done",
    ]
    assert sent.of("response.content_part.added")[0]["part"] == {"type": "text", "text": ""}
    assert sent.events[-1]["item"]["content"] == [{"type": "output_text", "text": "Hi."}]


def test_the_head_shows_an_item_in_progress_and_empty() -> None:
    sent = Sent()
    output = message(sent, conversation=Conversation())
    output.say("Hello")
    output.close("completed")
    for event in (*sent.of("response.output_item.added"), *sent.of("conversation.item.added")):
        assert (event["item"]["status"], event["item"]["content"]) == ("in_progress", [])


@pytest.mark.parametrize("spoken", [True, False])
def test_out_of_band_items_stay_out_of_the_conversation(spoken: bool) -> None:
    sent = Sent()
    output = message(sent, spoken=spoken)
    output.say("Psst.")
    output.close("completed")
    assert not [kind for kind in sent.types if kind.startswith("conversation.")]
    assert sent.types[0] == "response.output_item.added" and sent.types[-1] == "response.output_item.done"


@pytest.mark.parametrize("spoken", [True, False])
def test_cut_short_it_closes_with_exactly_what_was_streamed(spoken: bool) -> None:
    sent = Sent()
    output = message(sent, spoken=spoken, conversation=Conversation())
    output.say("Hel")
    output.close("incomplete")
    done = sent.events[-1]["item"]
    assert done["status"] == "incomplete"
    assert next(iter(done["content"][0].values())).startswith("output_")
    assert "Hel" in done["content"][0].values()


@pytest.mark.parametrize("spoken", [True, False])
def test_a_message_that_never_said_anything_closes_too(spoken: bool) -> None:
    sent = Sent()
    message(sent, spoken=spoken).close("incomplete")
    assert not [kind for kind in sent.types if kind.endswith(".delta")]
    assert sent.types[-1] == "response.output_item.done"


def test_saying_nothing_sends_nothing() -> None:
    sent = Sent()
    output = message(sent)
    before = len(sent.events)
    output.say("")
    assert len(sent.events) == before


def test_what_comes_after_a_truncation_was_not_heard_but_is_billed() -> None:
    sent, conversation = Sent(), Conversation()
    output = message(sent, conversation=conversation)
    output.say("Hello there, ")
    output.play(bytes(4800))
    conversation.truncate("item_1", 50)
    output.say("dear listener.")
    output.play(bytes(4800))
    output.close("incomplete")
    assert output.item.audio_ms == 50
    assert output.item.wire["content"] == [{"type": "output_audio"}]
    assert output.audio_bytes == 9600
    assert sent.of("response.output_audio_transcript.done")[0]["transcript"] == "Hello there, dear listener."


@pytest.mark.parametrize("pieces", [['{"city": ', '"Paris"}'], [""], ["{}"]])
def test_a_function_call_in_the_order_of_the_live_service(pieces: list[str]) -> None:
    sent, conversation, arguments = Sent(), Conversation(), "".join(pieces)
    output = FunctionCallOutput(
        sent, "item_f", name="look_up", call_id="call_1", response_id="resp_1", index=1, conversation=conversation
    )
    for piece in pieces:
        output.write(piece)
    output.close("completed")
    assert sent.types == [
        "response.output_item.added",
        "conversation.item.added",
        *["response.function_call_arguments.delta" for piece in pieces if piece],
        "response.function_call_arguments.done",
        "conversation.item.done",
        "response.output_item.done",
    ]
    assert sent.events[0]["item"]["arguments"] == ""
    assert sent.events[0]["item"]["status"] == "in_progress"
    (done,) = sent.of("response.function_call_arguments.done")
    assert (done["arguments"], done["name"], done["call_id"]) == (arguments, "look_up", "call_1")
    assert sent.events[-1]["item"]["arguments"] == arguments
    assert sent.events[-1]["item"]["status"] == "completed"
    assert all(event["output_index"] == 1 for event in sent.events if "output_index" in event)
    assert conversation.find("item_f") is output.item


def test_a_deleted_item_is_no_longer_told_of_as_one_of_the_conversation() -> None:
    sent, conversation = Sent(), Conversation()
    output = message(sent, conversation=conversation)
    output.say("Hello")
    conversation.delete("item_1")
    output.say(" there.")
    output.close("completed")
    assert "conversation.item.done" not in sent.types
    assert sent.events[-1]["item"]["content"] == [{"type": "output_audio", "transcript": "Hello there."}]
    assert len(conversation) == 0


def test_while_it_streams_an_item_can_be_looked_at() -> None:
    sent, conversation = Sent(), Conversation()
    output = message(sent, conversation=conversation)
    output.say("Hel")
    output.play(b"\1\0" * 4)
    shown = output.item.with_audio()
    assert shown["status"] == "in_progress"
    assert shown["content"] == [
        {"type": "output_audio", "transcript": "Hel", "audio": base64.b64encode(b"\1\0" * 4).decode()}
    ]
    output.close("completed")
    assert not output.item.in_progress


def test_an_item_knows_the_response_that_made_it() -> None:
    assert message(Sent()).item.response_id == "resp_1"
