"""The input side under clients that do not behave."""

from __future__ import annotations

import base64
from collections.abc import Iterator

import pytest
from support.wire import Json, Wire, speech, types

from rtnb import Clip
from rtnb.server import EmbeddedServer

pytestmark = pytest.mark.local

CUT = 48 * 1200
"""In the middle of the question."""


@pytest.fixture
def wire(server: EmbeddedServer) -> Iterator[Wire]:
    with Wire(server.url, key=server.key) as connected:
        connected.until("session.created")
        yield connected


def commit(wire: Wire) -> Json:
    return wire.ask({"type": "input_audio_buffer.commit"}, "input_audio_buffer.committed", "error")


def test_a_whole_recording_in_one_append(wire: Wire) -> None:
    pause = Clip.silence(1.0).to_pcm16(24000)
    audio = base64.b64encode(speech() + pause + speech() + pause).decode()
    wire.send({"type": "input_audio_buffer.append", "audio": audio})
    first = wire.until("response.done")["response"]
    second = wire.until("response.done")["response"]
    # The second question interrupts the answer to the first one before a word of it is out.
    assert (first["status"], second["status"]) == ("cancelled", "completed")
    assert [e["type"] for e in wire.seen].count("input_audio_buffer.committed") == 2


def test_a_commit_in_mid_speech_takes_what_is_there_under_the_announced_id(wire: Wire) -> None:
    wire.append(speech()[:CUT], chunk_ms=20)
    item = wire.until("input_audio_buffer.speech_started")["item_id"]
    assert commit(wire)["item_id"] == item
    wire.append(speech()[CUT:] + Clip.silence(0.6).to_pcm16(24000), chunk_ms=20)
    again = wire.until("input_audio_buffer.speech_started")
    assert again["item_id"] != item and again["audio_start_ms"] >= 1200


def test_a_clear_in_mid_speech_forgets_it(wire: Wire) -> None:
    wire.append(speech()[:CUT], chunk_ms=20)
    wire.until("input_audio_buffer.speech_started")
    wire.ask({"type": "input_audio_buffer.clear"}, "input_audio_buffer.cleared")
    wire.append(Clip.silence(0.8).to_pcm16(24000), chunk_ms=20)
    wire.update()
    assert "input_audio_buffer.speech_stopped" not in types(wire.seen)


def test_turn_detection_off_and_on_in_mid_speech(wire: Wire) -> None:
    wire.append(speech()[:CUT], chunk_ms=20)
    wire.until("input_audio_buffer.speech_started")
    wire.update(audio={"input": {"turn_detection": None}})
    wire.append(speech()[CUT:], chunk_ms=20)
    assert commit(wire)["type"] == "input_audio_buffer.committed"
    wire.update(audio={"input": {"turn_detection": {"type": "server_vad"}}})
    wire.append(speech(seconds_behind=0.8), chunk_ms=20)
    started = wire.until("input_audio_buffer.speech_started")
    # Counted from the first audio of the session, turn detection or not.
    assert started["audio_start_ms"] == pytest.approx(1868 + 448 - 300, abs=64)
    wire.until("response.done")


def test_audio_may_come_before_the_greeting_is_read(server: EmbeddedServer) -> None:
    with Wire(server.url, key=server.key) as wire:
        wire.append(speech(seconds_behind=0.8), chunk_ms=20)
        assert wire.next()["type"] == "session.created"
        assert wire.until("response.done")["response"]["status"] == "completed"


def test_a_response_that_turn_detection_wants_while_one_is_active_is_an_error(wire: Wire) -> None:
    wire.update(audio={"input": {"turn_detection": {"type": "server_vad", "interrupt_response": False}}})
    wire.say("Tell me a long story.")
    wire.ask({"type": "response.create"}, "response.output_audio.delta")
    wire.append(speech(seconds_behind=0.8), chunk_ms=20)
    assert wire.until("error")["error"]["code"] == "conversation_already_has_active_response"
    assert "input_audio_buffer.committed" in types(wire.seen)
    wire.send({"type": "response.cancel"})
    assert wire.until("response.done")["response"]["status_details"]["reason"] == "client_cancelled"
