"""The protocol as a bare client sees it. Every event is also validated strictly by the conftest."""

from __future__ import annotations

import asyncio
import base64
import gc
import threading
import weakref
from collections.abc import AsyncIterator, Iterator

import numpy as np
import pytest
from support.desk import Desk, Mind
from support.pictures import data_uri
from support.wire import Json, Wire, speech, types

from rtnb import Clip
from rtnb.server import EmbeddedServer
from rtnb.server.answer.metering import counted
from rtnb.server.brains.base import BrainRequest, Piece, Say
from rtnb.server.conversation import Item
from rtnb.server.options import Limits
from rtnb.server.session import LARGE_BYTES
from rtnb.tokens import Segment

pytestmark = pytest.mark.local

HEAD = [
    "response.created",
    "response.output_item.added",
    "conversation.item.added",
    "response.content_part.added",
]


@pytest.fixture
def wire(server: EmbeddedServer) -> Iterator[Wire]:
    with Wire(server.url, key=server.key) as connected:
        connected.until("session.created")
        yield connected


def error_of(event: Json) -> Json:
    assert event["type"] == "error", event
    error: Json = event["error"]
    return error


def test_session_created_carries_the_full_effective_session(server: EmbeddedServer) -> None:
    with Wire(server.url, key=server.key, model="gpt-realtime-2.1") as wire:
        session = wire.next()["session"]
    assert session["model"] == "gpt-realtime-2.1"
    assert session["object"] == "realtime.session"
    assert session["id"].startswith("sess_")
    assert session["output_modalities"] == ["audio"]
    assert session["tools"] == [] and session["tool_choice"] == "auto"
    assert session["audio"]["input"]["turn_detection"] == {
        "type": "server_vad",
        "threshold": 0.5,
        "prefix_padding_ms": 300,
        "silence_duration_ms": 200,
        "idle_timeout_ms": None,
        "create_response": True,
        "interrupt_response": True,
    }
    assert session["audio"]["input"]["transcription"] is None


def test_update_changes_only_what_is_present(wire: Wire) -> None:
    first = wire.update(instructions="Be brief.")["session"]
    second = wire.update(audio={"output": {"voice": "cedar"}})["session"]
    assert second["instructions"] == "Be brief." and second["audio"]["output"]["voice"] == "cedar"
    assert second["audio"]["input"] == first["audio"]["input"]


def test_a_refused_update_changes_nothing(wire: Wire) -> None:
    error = error_of(wire.update(instructions="New.", audio={"output": {"speed": 9}}))
    assert error["param"] == "session.audio.output.speed"
    assert wire.update()["session"]["instructions"] != "New."


def test_text_in_text_out(wire: Wire) -> None:
    wire.update(output_modalities=["text"])
    wire.say("What is 6 times 7?")
    wire.seen.clear()
    wire.send({"type": "response.create"})
    done = wire.until("response.done")["response"]
    assert types(wire.seen) == [
        *HEAD,
        "response.output_text.delta",
        "response.output_text.done",
        "response.content_part.done",
        "conversation.item.done",
        "response.output_item.done",
        "response.done",
    ]
    assert done["status"] == "completed" and done["status_details"] is None
    text = done["output"][0]["content"][0]["text"]
    assert "42" in text
    assert text == "".join(e["delta"] for e in wire.seen if e["type"] == "response.output_text.delta")
    usage = done["usage"]
    assert usage["output_token_details"]["audio_tokens"] == 0
    assert usage["total_tokens"] == usage["input_tokens"] + usage["output_tokens"]


def test_text_in_audio_out(wire: Wire) -> None:
    wire.say("What is 6 times 7?")
    wire.seen.clear()
    wire.send({"type": "response.create", "response": {"metadata": {"who": "me"}}})
    done = wire.until("response.done")["response"]
    order = types(wire.seen)
    assert order[:4] == HEAD
    assert order[-6:] == [
        "response.output_audio.done",
        "response.output_audio_transcript.done",
        "response.content_part.done",
        "conversation.item.done",
        "response.output_item.done",
        "response.done",
    ]
    assert done["metadata"] == {"who": "me"}
    part = done["output"][0]["content"][0]
    assert part["type"] == "output_audio" and "audio" not in part
    said = "".join(e["delta"] for e in wire.seen if e["type"] == "response.output_audio_transcript.delta")
    assert part["transcript"] == said
    pcm = b"".join(base64.b64decode(e["delta"]) for e in wire.seen if e["type"] == "response.output_audio.delta")
    clip = Clip.from_pcm16(pcm)
    assert 0.5 < clip.duration_s < 15 and clip.peak_dbfs > -20
    assert done["usage"]["output_token_details"]["audio_tokens"] == pytest.approx(clip.duration_s * 20, abs=1)


def test_audio_in_by_commit(wire: Wire) -> None:
    wire.update(audio={"input": {"turn_detection": None, "transcription": {"model": "whisper-1"}}})
    wire.seen.clear()
    wire.append(speech())
    wire.send({"type": "input_audio_buffer.commit"})
    wire.send({"type": "response.create"})
    completed = wire.until("conversation.item.input_audio_transcription.completed")
    wire.until("response.done")
    assert completed["transcript"] == "What is the weather in Paris?"
    assert completed["usage"] == {"type": "duration", "seconds": 2}
    assert types(wire.seen)[:3] == ["input_audio_buffer.committed", "conversation.item.added", "conversation.item.done"]
    added = next(e for e in wire.seen if e["type"] == "conversation.item.added")
    assert added["item"]["content"] == [{"type": "input_audio", "transcript": None}]
    assert "Paris" in wire.seen[-1]["response"]["output"][0]["content"][0]["transcript"]


def test_audio_that_brings_its_words_is_not_recognised_again(wire: Wire) -> None:
    wire.update(output_modalities=["text"], audio={"input": {"transcription": {"model": "whisper-1"}}})
    audio = base64.b64encode(speech()).decode()
    part = {"type": "input_audio", "audio": audio, "transcript": "What is the weather in Oslo?"}
    item = {"type": "message", "role": "user", "content": [part]}
    wire.seen.clear()
    wire.send({"type": "conversation.item.create", "item": item})
    wire.send({"type": "response.create"})
    done = wire.until("response.done")["response"]
    assert "Oslo" in done["output"][0]["content"][0]["text"]
    assert not [kind for kind in types(wire.seen) if "transcription" in kind]


def test_server_vad_turn(wire: Wire) -> None:
    wire.seen.clear()
    wire.append(Clip.silence(0.5).to_pcm16(24000) + speech(seconds_behind=0.8), chunk_ms=20)
    wire.until("response.done")
    order = types(wire.seen)
    assert order[:6] == [
        "input_audio_buffer.speech_started",
        "input_audio_buffer.speech_stopped",
        "input_audio_buffer.committed",
        "conversation.item.added",
        "conversation.item.done",
        "response.created",
    ]
    started, stopped, committed = wire.seen[:3]
    assert started["item_id"] == stopped["item_id"] == committed["item_id"]
    # Half a second of silence and the 448 ms before the clip's first word, less 300 ms of padding.
    assert started["audio_start_ms"] == pytest.approx(500 + 448 - 300, abs=2 * 32)
    assert started["audio_start_ms"] + 1500 < stopped["audio_end_ms"] <= 500 + 1868 + 800
    assert "Paris" in wire.seen[-1]["response"]["output"][0]["content"][0]["transcript"]


def test_no_response_when_none_is_wanted(wire: Wire) -> None:
    wire.update(audio={"input": {"turn_detection": {"type": "server_vad", "create_response": False}}})
    wire.append(speech(seconds_behind=0.8))
    wire.until("conversation.item.done")
    wire.update()
    assert not [e for e in wire.seen if e["type"].startswith("response.")]


def test_barge_in_closes_the_response(wire: Wire) -> None:
    wire.say("Tell me a long story.")
    wire.send({"type": "response.create"})
    wire.until("response.output_audio.delta")
    wire.append(speech(), chunk_ms=20)
    wire.until("input_audio_buffer.speech_started")
    mark = len(wire.seen)
    done = wire.until("response.done")["response"]
    assert done["status"] == "cancelled"
    assert done["status_details"] == {"type": "cancelled", "reason": "turn_detected"}
    assert done["output"][0]["status"] == "incomplete"
    assert types(wire.seen[mark:]) == [
        "response.output_audio.done",
        "response.output_audio_transcript.done",
        "response.content_part.done",
        "conversation.item.done",
        "response.output_item.done",
        "response.done",
    ]
    said = "".join(e["delta"] for e in wire.seen if e["type"] == "response.output_audio_transcript.delta")
    assert done["output"][0]["content"][0]["transcript"] == said


def test_cancel(wire: Wire) -> None:
    wire.say("Tell me a long story.")
    wire.send({"type": "response.create"})
    wire.until("response.output_audio.delta")
    wire.send({"type": "response.cancel"})
    done = wire.until("response.done")["response"]
    assert done["status_details"] == {"type": "cancelled", "reason": "client_cancelled"}
    assert error_of(wire.ask({"type": "response.cancel"}, "error"))["code"] == "response_cancel_not_active"


def test_cancel_before_anything_was_said(wire: Wire) -> None:
    wire.say("Tell me a long story.")
    wire.send({"type": "response.create"})
    wire.send({"type": "response.cancel"})
    done = wire.until("response.done")["response"]
    assert done["status"] == "cancelled" and done["output"] == []


def test_a_second_active_response_is_refused(wire: Wire) -> None:
    wire.say("Tell me a long story.")
    created = wire.ask({"type": "response.create"}, "response.created")["response"]
    error = error_of(wire.ask({"type": "response.create", "event_id": "mine"}, "error"))
    assert error["code"] == "conversation_already_has_active_response"
    assert created["id"] in error["message"] and error["event_id"] == "mine"
    wire.send({"type": "response.cancel"})
    wire.until("response.done")


def test_max_output_tokens_makes_it_incomplete(wire: Wire) -> None:
    wire.update(output_modalities=["text"])
    wire.say("Tell me a long story.")
    wire.send({"type": "response.create", "response": {"max_output_tokens": 12}})
    done = wire.until("response.done")["response"]
    assert done["status"] == "incomplete"
    assert done["status_details"] == {"type": "incomplete", "reason": "max_output_tokens"}
    assert 0 < done["usage"]["output_tokens"] <= 12


def test_out_of_band_response_leaves_the_conversation_alone(wire: Wire) -> None:
    wire.update(output_modalities=["text"])
    wire.seen.clear()
    item = {"type": "message", "role": "user", "content": [{"type": "input_text", "text": "What is 2 plus 3?"}]}
    wire.send({"type": "response.create", "response": {"conversation": "none", "input": [item]}})
    done = wire.until("response.done")["response"]
    assert done["conversation_id"] is None
    assert "5" in done["output"][0]["content"][0]["text"]
    assert "conversation.item.added" not in types(wire.seen)


def test_cached_tokens_come_in_64s_on_the_second_response(wire: Wire) -> None:
    wire.update(output_modalities=["text"], instructions="word " * 200)
    cached = []
    for _ in range(2):
        wire.say("Spell cat.")
        wire.send({"type": "response.create"})
        usage = wire.until("response.done")["response"]["usage"]
        cached.append(usage["input_token_details"]["cached_tokens"])
    assert cached[0] == 0
    assert cached[1] >= 64 and cached[1] % 64 == 0


def test_items_are_placed_retrieved_truncated_and_deleted(wire: Wire) -> None:
    wire.say("Tell me a long story.")
    item = {"id": "mine", "type": "message", "role": "system", "content": [{"type": "input_text", "text": "x"}]}
    added = wire.ask(
        {"type": "conversation.item.create", "item": item, "previous_item_id": "root"}, "conversation.item.added"
    )
    assert added["previous_item_id"] is None
    again = error_of(wire.ask({"type": "conversation.item.create", "item": item}, "error"))
    assert again["code"] == "item_create_duplicate_item_id"
    wire.send({"type": "response.create"})
    answer = wire.until("response.output_item.added")["item"]["id"]
    for _ in range(8):
        wire.until("response.output_audio.delta")
    truncate = {"type": "conversation.item.truncate", "item_id": answer, "content_index": 0}
    # While it still streams, before the cancel: the order of a common client.
    wire.ask({**truncate, "audio_end_ms": 500}, "conversation.item.truncated")
    wire.send({"type": "response.cancel"})
    wire.until("response.done")
    late = error_of(wire.ask({**truncate, "audio_end_ms": 600_000}, "error"))
    assert "already shorter than 600000ms" in late["message"]
    wire.ask({**truncate, "audio_end_ms": 400}, "conversation.item.truncated")
    retrieved = wire.ask({"type": "conversation.item.retrieve", "item_id": answer}, "conversation.item.retrieved")
    assert len(base64.b64decode(retrieved["item"]["content"][0]["audio"])) == 400 * 48
    wire.ask({"type": "conversation.item.delete", "item_id": "mine"}, "conversation.item.deleted")
    gone = error_of(wire.ask({"type": "conversation.item.delete", "item_id": "mine"}, "error"))
    assert gone["code"] == "item_delete_invalid_item_id"


def test_voice_is_locked_once_the_assistant_has_spoken(wire: Wire) -> None:
    wire.say("Spell cat.")
    wire.ask({"type": "response.create"}, "response.done")
    error = error_of(wire.update(audio={"output": {"voice": "cedar"}}))
    assert error["code"] == "cannot_update_voice"


@pytest.mark.parametrize(
    ("frame", "code", "param"),
    [
        ("{", "invalid_json", None),
        ("[1]", "invalid_event", None),
        ("{}", "invalid_event", None),
        (b"\x00", "invalid_event", None),
        ('{"type": "response.make"}', "invalid_value", "type"),
        ('{"type": "session.update", "session": {"type": "realtime", "foo": 1}}', "unknown_parameter", "session.foo"),
        ('{"type": "session.update", "session": {}}', "missing_required_parameter", "session.type"),
        ('{"type": "input_audio_buffer.append", "audio": "???"}', "invalid_value", "audio"),
        ('{"type": "input_audio_buffer.append"}', "missing_required_parameter", "audio"),
        ('{"type": "input_audio_buffer.commit"}', "input_audio_buffer_commit_empty", None),
    ],
)
def test_what_is_wrong_is_an_error_event_and_the_session_goes_on(
    wire: Wire, frame: str | bytes, code: str, param: str | None
) -> None:
    wire.send(frame)
    error = error_of(wire.next())
    assert (error["code"], error["param"], error["event_id"]) == (code, param, None)
    assert wire.update()["type"] == "session.updated"


def test_commit_says_how_much_there_was(wire: Wire) -> None:
    wire.update(audio={"input": {"turn_detection": None}})
    wire.append(bytes(48 * 50))
    error = error_of(wire.ask({"type": "input_audio_buffer.commit", "event_id": "c1"}, "error"))
    assert "Expected at least 100ms of audio, but buffer only has 50.00ms of audio." in error["message"]
    assert error["event_id"] == "c1"


def test_clear_empties_the_buffer(wire: Wire) -> None:
    wire.update(audio={"input": {"turn_detection": None}})
    wire.append(speech())
    wire.ask({"type": "input_audio_buffer.clear"}, "input_audio_buffer.cleared")
    assert (
        error_of(wire.ask({"type": "input_audio_buffer.commit"}, "error"))["code"] == "input_audio_buffer_commit_empty"
    )


def test_odd_chunks_are_whole_again(wire: Wire) -> None:
    wire.update(audio={"input": {"turn_detection": None, "transcription": {"model": "gpt-4o-mini-transcribe"}}})
    pcm = speech()
    for start in range(0, len(pcm), 4801):
        audio = base64.b64encode(pcm[start : start + 4801]).decode()
        wire.send({"type": "input_audio_buffer.append", "audio": audio})
    wire.send({"type": "input_audio_buffer.commit"})
    completed = wire.until("conversation.item.input_audio_transcription.completed")
    assert completed["transcript"] == "What is the weather in Paris?"
    assert completed["usage"]["input_token_details"] == {"text_tokens": 0, "audio_tokens": 19}


def test_silence_is_not_heard_as_words(wire: Wire) -> None:
    wire.update(audio={"input": {"turn_detection": None, "transcription": {"model": "whisper-1"}}})
    noise = np.random.default_rng(0).normal(0, 0.02, 48000)
    for clip in (Clip.silence(2.0), Clip(noise, 24000)):
        wire.append(clip.to_pcm16(24000))
        wire.send({"type": "input_audio_buffer.commit"})
        assert wire.until("conversation.item.input_audio_transcription.completed")["transcript"] == ""


def test_unset_settings_and_another_model_are_no_reason_to_refuse(wire: Wire) -> None:
    unset = {"turn_detection": {"type": "server_vad", "idle_timeout_ms": None}}
    event = wire.update(include=[], audio={"input": unset}, model="gpt-realtime")
    assert event["type"] == "session.updated"
    assert event["session"]["model"] == "gpt-realtime-2.1"


def test_a_voice_is_a_known_name_or_an_id(wire: Wire) -> None:
    error = error_of(wire.update(audio={"output": {"voice": "Marin"}}))
    assert (error["code"], error["param"]) == ("invalid_value", "session.audio.output.voice")
    assert error["message"].startswith("Invalid value: 'Marin'. Supported values are: 'alloy', ")
    create = {"type": "response.create", "response": {"audio": {"output": {"voice": "nobody"}}}}
    assert error_of(wire.ask(create, "error"))["param"] == "response.audio.output.voice"
    for voice in ("marin", {"id": "voice_1"}):
        assert wire.update(audio={"output": {"voice": voice}})["session"]["audio"]["output"]["voice"] == voice


def test_a_language_that_nobody_here_knows_is_a_failed_transcription_and_the_turn_goes_on(wire: Wire) -> None:
    # Not one of the hundred that Whisper base knows.
    transcription = {"model": "whisper-1", "language": "ga"}
    wire.update(audio={"input": {"turn_detection": None, "transcription": transcription}})
    wire.append(speech())
    wire.send({"type": "input_audio_buffer.commit"})
    failed = wire.until("conversation.item.input_audio_transcription.failed")
    assert "ga" in failed["error"]["message"]
    done = wire.ask({"type": "response.create"}, "response.done")["response"]
    assert "Paris" in done["output"][0]["content"][0]["transcript"]


class TestWithoutASocket:
    """What is easier to see from within."""

    def test_an_item_can_be_deleted_while_it_streams(self) -> None:
        async def use() -> None:
            async with Desk(Mind(chatty)) as desk:
                await desk.send("response.create")
                item_id = (await desk.until("response.output_audio.delta"))["item_id"]
                assert types(await desk.send("conversation.item.delete", item_id=item_id)) == [
                    "conversation.item.deleted"
                ]
                mark = len(desk.events)
                done = (await desk.until("response.done"))["response"]
                assert done["status"] == "completed" and done["output"][0]["id"] == item_id
                rest = types(desk.events[mark:])
                assert "conversation.item.done" not in rest and "response.output_item.done" in rest
                await desk.send("conversation.item.retrieve", item_id=item_id)
                assert desk.error()["code"] == "item_retrieve_invalid_item_id"

        asyncio.run(use())

    def test_an_item_can_be_truncated_while_it_streams_and_the_response_goes_on(self) -> None:
        async def use() -> None:
            async with Desk(Mind(chatty)) as desk:
                await desk.send("response.create")
                item_id = (await desk.until("response.output_audio.delta"))["item_id"]
                cut = {"item_id": item_id, "content_index": 0}
                await desk.send("conversation.item.truncate", audio_end_ms=60_000, **cut)
                assert "already shorter than 60000ms" in desk.error()["message"]
                (told,) = await desk.send("conversation.item.truncate", audio_end_ms=50, **cut)
                assert told["type"] == "conversation.item.truncated"
                (shown,) = await desk.send("conversation.item.retrieve", item_id=item_id)
                assert shown["item"]["status"] == "in_progress"
                (part,) = shown["item"]["content"]
                assert len(base64.b64decode(part["audio"])) == 50 * 48 and "transcript" not in part
                done = (await desk.until("response.done"))["response"]
                assert done["status"] == "completed" and done["output"][0]["content"] == [{"type": "output_audio"}]
                said = desk.of("response.output_audio_transcript.done")[0]["transcript"]
                assert said == "One sentence. Another sentence. A third one."
                (shown,) = await desk.send("conversation.item.retrieve", item_id=item_id)
                assert len(base64.b64decode(shown["item"]["content"][0]["audio"])) == 50 * 48

        asyncio.run(use())

    def test_text_can_not_be_truncated_even_while_it_streams(self) -> None:
        async def use() -> None:
            async with Desk(Mind(chatty)) as desk:
                await desk.send("response.create", response={"output_modalities": ["text"]})
                item_id = (await desk.until("response.output_text.delta"))["item_id"]
                await desk.send("conversation.item.truncate", item_id=item_id, content_index=0, audio_end_ms=0)
                assert desk.error()["message"] == "Only model output audio messages can be truncated"

        asyncio.run(use())

    @pytest.mark.parametrize(
        ("content", "param"),
        [
            ([{"type": "output_audio", "transcript": "x"}], "item.content[0].type"),
            ([{"type": "input_text", "text": "x"}], "item.content[0].type"),
        ],
    )
    def test_assistant_items_are_text(self, content: list[Json], param: str) -> None:
        async def use() -> None:
            async with Desk() as desk:
                item = {"type": "message", "role": "assistant", "content": content}
                await desk.send("conversation.item.create", item=item)
                assert (desk.error()["code"], desk.error()["param"]) == ("invalid_value", param)
                text = {**item, "content": [{"type": "output_text", "text": "x"}]}
                assert types(await desk.send("conversation.item.create", item=text))[-1] == "conversation.item.done"

        asyncio.run(use())

    def test_images_are_shown_with_the_item_only_when_it_is_retrieved(self) -> None:
        async def use() -> None:
            mind = Mind(chatty)
            async with Desk(mind) as desk:
                part = {"type": "input_image", "image_url": data_uri(64, 48)}
                wire = {"id": "pic", "type": "message", "role": "user", "content": [part]}
                added, done = await desk.send("conversation.item.create", item=wire)
                assert added["item"]["content"] == done["item"]["content"] == [{"type": "input_image"}]
                (shown,) = await desk.send("conversation.item.retrieve", item_id="pic")
                assert shown["item"]["content"] == [part]
                usage = (await desk.respond(output_modalities=["text"]))["usage"]
                assert usage["input_token_details"]["image_tokens"] > 0
                (image,) = mind.asked[0].messages[0].images
                assert (image.kind, image.width, image.height) == ("image/png", 64, 48)

        asyncio.run(use())

    def test_events_of_translation_sessions_are_refused(self) -> None:
        async def use() -> None:
            async with Desk() as desk:
                await desk.send("session.close")
                assert desk.error()["message"] == "'session.close' is only for translation sessions."

        asyncio.run(use())

    def test_a_defect_is_an_error_event_and_the_session_goes_on(self, monkeypatch: pytest.MonkeyPatch) -> None:
        async def use() -> None:
            async with Desk() as desk:
                monkeypatch.setattr(desk.session._conversation, "get", lambda *_, **__: 1 / 0)
                await desk.send("conversation.item.retrieve", item_id="x", event_id="mine")
                error = desk.error()
                assert (error["type"], error["event_id"]) == ("server_error", "mine")
                assert "ZeroDivisionError" in error["message"]
                assert (await desk.update())["type"] == "session.updated"

        asyncio.run(use())

    def test_a_closed_session_says_nothing_more(self) -> None:
        async def use() -> None:
            async with Desk(Mind(chatty)) as desk:
                await desk.send("response.create")
                await desk.until("response.output_audio.delta")
            mark = len(desk.events)
            await asyncio.sleep(0.06)
            assert len(desk.events) == mark and not desk.session.busy

        asyncio.run(use())

    def test_many_turns_leave_nothing_but_the_conversation(self) -> None:
        async def use() -> None:
            async with Desk(Mind(brief)) as desk:
                await desk.update(output_modalities=["text"], instructions="")
                sizes = []
                for _ in range(3):
                    for _ in range(40):
                        await desk.say("word " * 400)
                        await desk.respond()
                        desk.events.clear()
                    responses = desk.session._responses
                    meter = responses._around.meter
                    sizes.append(len(responses._running) + len(meter._prompts) + len(meter._settings))
                    assert len(responses._tasks) <= 1
                assert sizes[0] == sizes[2]
                assert len(desk.session._conversation) == 240

        asyncio.run(use())


async def chatty(request: BrainRequest) -> AsyncIterator[Piece]:
    for text in ("One sentence. ", "Another sentence. ", "A third one."):
        yield Say(text)


async def brief(request: BrainRequest) -> AsyncIterator[Piece]:
    yield Say("Yes.")


def test_winding_down_ends_answers_with_their_closing_events_and_begins_no_more() -> None:
    async def slow(request: BrainRequest) -> AsyncIterator[Piece]:
        yield Say("One ")
        await asyncio.sleep(3600)

    async def use() -> None:
        async with Desk(Mind(slow)) as desk:
            await desk.send("response.create", response={"output_modalities": ["text"]})
            await desk.until("response.output_text.delta")
            await desk.session.wind_down()
            assert types(desk.events)[-4:-1] == [
                "response.content_part.done",
                "conversation.item.done",
                "response.output_item.done",
            ]
            assert desk.events[-1]["response"]["status"] == "cancelled"
            await desk.send("response.create")
            assert desk.error()["code"] == "session_expired"
            desk.session._answer_turn()
            assert len(desk.of("error")) == 1 and len(desk.of("response.created")) == 1

    asyncio.run(use())


def test_counting_a_long_text_keeps_nobody_waiting(monkeypatch: pytest.MonkeyPatch) -> None:
    async def use() -> None:
        threads = set[str]()

        def count(item: Item) -> Segment:
            threads.add(threading.current_thread().name)
            return counted(item)

        monkeypatch.setattr("rtnb.server.context.counted", count)
        async with Desk(Mind(yes)) as desk:
            await desk.say("word " * 10_000)
            assert threads and threading.current_thread().name not in threads
            threads.clear()
            assert (await desk.respond(output_modalities=["text"]))["usage"]["input_tokens"] > 10_000
            assert not threads

    asyncio.run(use())


def test_a_large_item_is_written_out_in_a_thread(monkeypatch: pytest.MonkeyPatch) -> None:
    async def use() -> None:
        threads = set[bool]()
        written = Item.with_audio

        def with_audio(item: Item) -> Json:
            threads.add(threading.current_thread() is threading.main_thread())
            return written(item)

        monkeypatch.setattr(Item, "with_audio", with_audio)
        async with Desk(Mind(yes)) as desk:
            audio = base64.b64encode(bytes(LARGE_BYTES + 2)).decode()
            part = {"type": "input_audio", "audio": audio}
            item = {"id": "long", "type": "message", "role": "user", "content": [part]}
            await desk.send("conversation.item.create", item=item)
            (found,) = await desk.send("conversation.item.retrieve", item_id="long")
            assert found["item"]["content"][0]["audio"] == audio
            assert threads == {False}

    asyncio.run(use())


def test_what_a_session_holds_is_bounded() -> None:
    async def use() -> None:
        async with Desk(Mind(yes), limits=Limits(held_bytes=10_000)) as desk:
            await desk.say("x" * 8_000, id="first")
            await desk.say("x" * 8_000)
            assert desk.error()["code"] == "conversation_too_large"
            await desk.send("conversation.item.delete", item_id="first")
            assert (await desk.say("x" * 8_000))[0]["type"] == "conversation.item.added"

    asyncio.run(use())


def test_a_closed_session_is_freed_at_once() -> None:
    async def use() -> None:
        gc.disable()
        try:
            desk = Desk(Mind(yes))
            async with desk:
                await desk.respond()
            gone = weakref.ref(desk.session)
            await desk.session.handle({"type": "response.create"})
            assert not desk.session.busy
            del desk.session
            await asyncio.sleep(0.1)
            assert gone() is None
        finally:
            gc.enable()

    asyncio.run(use())


async def yes(request: BrainRequest) -> AsyncIterator[Piece]:
    yield Say("Yes.")
