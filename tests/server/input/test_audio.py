"""The input side under clients that do not behave."""

from __future__ import annotations

import base64
from collections.abc import Callable, Iterator

import pytest
from support.wire import Json, Wire, speech, types

from rtnb import Clip
from rtnb.audio.formats import PCM16, PCMU, AudioFormat
from rtnb.server import EmbeddedServer
from rtnb.server.input import hearing
from rtnb.server.input.hearing import transcribe
from rtnb.server.input.idle import IdleTimer
from rtnb.speech import Transcription, VoiceStack

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


def test_a_turn_that_cannot_be_answered_does_not_lose_the_next_one(wire: Wire) -> None:
    wire.update(audio={"input": {"turn_detection": {"type": "server_vad", "interrupt_response": False}}})
    wire.say("Tell me a long story.")
    wire.ask({"type": "response.create"}, "response.output_audio.delta")
    wire.seen.clear()
    pause = Clip.silence(1.0).to_pcm16(24000)
    audio = base64.b64encode(speech() + pause + speech() + pause).decode()
    wire.send({"type": "input_audio_buffer.append", "event_id": "mine", "audio": audio})
    errors = [wire.until("error")["error"], wire.until("error")["error"]]
    assert [error["code"] for error in errors] == ["conversation_already_has_active_response"] * 2
    # Nothing is wrong with the append.
    assert [error["event_id"] for error in errors] == [None, None]
    assert [e["type"] for e in wire.seen].count("input_audio_buffer.committed") == 2
    wire.ask({"type": "response.cancel"}, "response.done")


def test_a_turn_begins_behind_the_one_before_it(wire: Wire) -> None:
    turns = {"type": "server_vad", "prefix_padding_ms": 3000, "create_response": False}
    wire.update(audio={"input": {"turn_detection": turns}})
    wire.append(speech(seconds_behind=0.5) + speech(seconds_behind=0.8), chunk_ms=20)
    wire.until("input_audio_buffer.committed")
    second = wire.until("input_audio_buffer.committed")["item_id"]
    starts = [e["audio_start_ms"] for e in wire.seen if e["type"] == "input_audio_buffer.speech_started"]
    stops = [e["audio_end_ms"] for e in wire.seen if e["type"] == "input_audio_buffer.speech_stopped"]
    assert starts == [0, stops[0]]
    item = wire.ask({"type": "conversation.item.retrieve", "item_id": second}, "conversation.item.retrieved")["item"]
    assert len(base64.b64decode(item["content"][0]["audio"])) == (stops[1] - starts[1]) * 48


def test_an_append_holds_15_mib_and_not_a_sample_more(wire: Wire) -> None:
    wire.update(audio={"input": {"turn_detection": None}})
    limit = 15 * 1024 * 1024
    for size in (limit + 2, limit + 4096):
        audio = base64.b64encode(bytes(size)).decode()
        error = wire.ask({"type": "input_audio_buffer.append", "audio": audio}, "error")["error"]
        assert (error["code"], error["param"]) == ("invalid_value", "audio") and str(limit) in error["message"]
    too_little = {"type": "input_audio_buffer.commit"}
    assert wire.ask(too_little, "error")["error"]["code"] == "input_audio_buffer_commit_empty"
    wire.send({"type": "input_audio_buffer.append", "audio": base64.b64encode(bytes(limit)).decode()})
    wire.seen.clear()
    wire.ask({"type": "input_audio_buffer.clear"}, "input_audio_buffer.cleared")
    assert types(wire.seen) == ["input_audio_buffer.cleared"]


@pytest.mark.parametrize("language", [None, "en", "en-US", "tlh"])
def test_only_another_language_is_heard_apart(
    wire: Wire, language: str | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    heard: list[tuple[str, ...]] = []

    def counted(
        stack: VoiceStack, data: bytes, format: AudioFormat, languages: tuple[str, ...], tokens: bool
    ) -> Transcription:
        heard.append(languages)
        return transcribe(stack, data, format, languages, tokens)

    monkeypatch.setattr(hearing, "transcribe", counted)
    transcription = {"model": "whisper-1", **({"language": language} if language else {})}
    wire.update(audio={"input": {"turn_detection": None, "transcription": transcription}})
    wire.append(speech())
    commit(wire)
    kind = "conversation.item.input_audio_transcription."
    ended = wire.until(kind + "completed", kind + "failed")
    if language == "tlh":
        # What the brain hears is heard beside it, in a language that the recogniser knows.
        assert ended["type"] == kind + "failed" and set(heard) <= {(), ("tlh",)} and ("tlh",) in heard
    else:
        assert ended["transcript"] == "What is the weather in Paris?"
        assert heard == [("en",) if language else ()]


def test_what_was_transcribed_is_retrieved_but_not_added_nor_said_twice(wire: Wire) -> None:
    wire.update(
        output_modalities=["text"], audio={"input": {"turn_detection": None, "transcription": {"model": "whisper-1"}}}
    )
    wire.append(speech())
    item_id = commit(wire)["item_id"]
    words = wire.until("conversation.item.input_audio_transcription.completed")["transcript"]
    shown = [e["item"] for e in wire.seen if e["type"] in ("conversation.item.added", "conversation.item.done")]
    assert [item["content"] for item in shown] == [[{"type": "input_audio", "transcript": None}]] * 2
    item = wire.ask({"type": "conversation.item.retrieve", "item_id": item_id}, "conversation.item.retrieved")["item"]
    assert item["content"][0]["transcript"] == words == "What is the weather in Paris?"


@pytest.mark.parametrize("rest_ms", [100, 4000])
def test_a_pause_within_a_turn_costs_no_words_whatever_the_chunks(wire: Wire, rest_ms: int) -> None:
    # Recognition gets a head start in the pause. With one long append the speaker goes on and ends before anybody
    # looks again, and what was heard up to the pause must not be taken for all of it.
    vad = {"type": "server_vad", "silence_duration_ms": 600}
    wire.update(audio={"input": {"turn_detection": vad, "transcription": {"model": "whisper-1"}}})
    wire.append(speech() + Clip.silence(0.3).to_pcm16(24000), chunk_ms=20)
    wire.append(speech()[48 * 440 :] + Clip.silence(1.4).to_pcm16(24000), chunk_ms=rest_ms)
    heard = wire.until("conversation.item.input_audio_transcription.completed")["transcript"]
    assert heard.lower().count("paris") == 2


def test_a_semantic_turn_over_the_telephone(wire: Wire) -> None:
    wire.update(
        audio={
            "input": {
                "format": {"type": "audio/pcmu"},
                "turn_detection": {"type": "semantic_vad", "eagerness": "high"},
                "transcription": {"model": "whisper-1"},
            }
        }
    )
    data = PCMU.encode(PCM16.decode(speech(seconds_behind=2.5)), 24_000)
    for start in range(0, len(data), 160):
        audio = base64.b64encode(data[start : start + 160]).decode()
        wire.send({"type": "input_audio_buffer.append", "audio": audio})
    assert wire.until("response.done")["response"]["status"] == "completed"
    heard = [e["transcript"] for e in wire.seen if e["type"].endswith("input_audio_transcription.completed")]
    assert heard == ["What is the weather in Paris?"]
    turn = ("speech_started", "speech_stopped", "committed")
    assert [e["type"].split(".")[1] for e in wire.seen if e["type"].startswith("input_audio_buffer.")] == [*turn]


def test_an_assistant_that_hears_nothing_speaks_up(wire: Wire, monkeypatch: pytest.MonkeyPatch) -> None:
    waited: list[float] = []
    wait = IdleTimer._wait

    def shorter(self: IdleTimer, delay_ms: float, then: Callable[[], None]) -> None:
        waited.append(delay_ms)
        wait(self, delay_ms / 100, then)

    monkeypatch.setattr(IdleTimer, "_wait", shorter)
    wire.update(audio={"input": {"turn_detection": {"type": "server_vad", "idle_timeout_ms": 6000}}})
    wire.append(speech(seconds_behind=0.8))
    item = wire.until("input_audio_buffer.timeout_triggered")["item_id"]
    assert wire.until("input_audio_buffer.committed")["item_id"] == item
    assert wire.until("response.done")["response"]["status"] == "completed"
    # Delivery is faster than playback: some of the answer is still to be heard when it is done.
    assert waited[0] > 0 and waited[1] == 6000
