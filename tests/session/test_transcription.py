"""Transcription sessions: real speech through real recognition, live and at once, and servers that misbehave."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import rtnb
from rtnb.errors import (
    ApiError,
    AudioError,
    ConfigError,
    SessionClosedError,
    SessionError,
    TranscriptionError,
    TurnTimeoutError,
)
from rtnb.session.verbs.transcript import Partial
from rtnb.testing import ScriptedServer, greeting

QUESTION, QUESTION_SAID = rtnb.sample("weather_question"), "What is the weather in Paris?"
TALK = rtnb.sample("dialogue_sample")
TALK_SAID = (
    "Hello? Hello? Oh hello, I didn't know you were there. Neither did I. Okay. I thought, you know, I heard a"
    " beep. This is Diane in New Jersey. And I'm Sheila in Texas, originally from Chicago. Oh, I'm originally "
    "from Chicago also. I'm in New Jersey now though. Well, there isn't that much difference. At least, you "
    "know, they all call me a Yankee down here, so what can I say. Oh, I don't hear that in New Jersey now."
)
"""As people hear it."""


def run(talk: Callable[[rtnb.AsyncTranscriptionSession], Awaitable[Any]], *args: Any, **settings: Any) -> Any:
    async def main() -> Any:
        async with rtnb.AsyncTranscriptionSession(*args, **settings) as session:
            return await talk(session)

    return asyncio.run(main())


@pytest.mark.local
@pytest.mark.parametrize("detection", [None, rtnb.ServerVad(silence_duration_ms=500)])
def test_speech_is_written_down(detection: Any) -> None:
    async def talk(t: rtnb.AsyncTranscriptionSession) -> None:
        short, long = await t.transcribe(QUESTION), await t.transcribe(TALK)
        assert short.against(QUESTION_SAID).errors == 0
        assert long.against(TALK_SAID).rate < 0.3
        assert [each.text for each in t.transcripts] == [short.text, long.text]
        assert (short.name, short.model) == ("weather_question.flac", "gpt-transcribe")
        assert short.audio is not None and short.audio.duration_s == pytest.approx(short.duration_s)
        for segment in long.segments:
            assert 0 <= segment.start_s < segment.end_s <= long.duration_s and segment.final
        if detection is not None:
            # Nobody speaks in the first seconds.
            assert long.segments[0].start_s > 4
        assert long.cost is not None and t.cost is not None and t.cost.total_usd >= long.cost.total_usd > 0
        assert t.transcript.text == f"{short.text} {long.text}"
        assert not any(event.type.startswith("response") for event in t.events)

    run(talk, turn_detection=detection)


@pytest.mark.local
@pytest.mark.parametrize("model", ["gpt-transcribe", "gpt-live-transcribe", "gpt-realtime-whisper", "whisper-1"])
def test_words_arrive_in_a_stream(model: str) -> None:
    heard: list[Partial] = []

    async def talk(t: rtnb.AsyncTranscriptionSession) -> None:
        stream = await t.stream(QUESTION, on_text=heard.append)
        with pytest.raises(SessionError, match="already"):
            await t.stream(QUESTION)
        partials = [partial async for partial in stream]
        assert partials == heard and [p.final for p in partials] == [False] * (len(partials) - 1) + [True]
        assert "".join(p.delta for p in partials).strip() == partials[-1].text == QUESTION_SAID
        said = await stream
        assert said.text == QUESTION_SAID and stream.done and [p async for p in stream] == []
        assert (await t.transcribe(QUESTION)).text == QUESTION_SAID

    run(talk, model=model)


@pytest.mark.local
def test_probabilities_languages_and_speakers_where_a_model_gives_them() -> None:
    async def talk(t: rtnb.AsyncTranscriptionSession) -> Any:
        return (await t.transcribe(QUESTION)).segments[0]

    probable = run(talk, model="gpt-4o-transcribe", logprobs=True)
    assert 0.5 < probable.confidence <= 1 and "".join(p.token for p in probable.logprobs).strip() == QUESTION_SAID
    assert run(talk, model="gpt-transcribe").languages == ("en",)
    assert run(talk, model="gpt-4o-transcribe-diarize").speaker == "A"


@pytest.mark.local
def test_every_kind_of_source() -> None:
    async def talk(t: rtnb.AsyncTranscriptionSession) -> None:
        clip = rtnb.Clip.load(QUESTION)
        array = np.asarray(clip.samples)
        assert (await t.transcribe(clip)).text == (await t.transcribe(str(QUESTION))).text == QUESTION_SAID
        assert (await t.transcribe(array, rate_hz=clip.rate_hz)).text == QUESTION_SAID
        pieces = (clip[start / 2 : start / 2 + 0.5] for start in range(4))
        stream = await t.stream(pieces, pace="source", name="pieces")
        assert (await stream).text == QUESTION_SAID
        await t.append(clip)
        await t.commit()
        await t.core.until(lambda: t.transcript.text.endswith(QUESTION_SAID))
        with pytest.raises(AudioError):
            await t.transcribe(array)
        with pytest.raises(AudioError):
            await t.transcribe("no-such-file.wav")
        with pytest.raises(ApiError, match="too small"):
            await t.commit()
        assert (await t.transcribe(clip)).text == QUESTION_SAID

    run(talk)


@pytest.mark.local
def test_silence_has_no_words() -> None:
    said = run(lambda t: t.transcribe(rtnb.Clip.silence(1.5)))
    assert said.text == "" and said.segments == () and said.cost is None and said.duration_s == 1.5


@pytest.mark.local
def test_g711() -> None:
    said = run(lambda t: t.transcribe(QUESTION), input_format="g711_alaw")
    assert said.against(QUESTION_SAID).rate < 0.2 and said.audio is not None and said.audio.rate_hz == 8000


@pytest.mark.local
def test_two_at_once_wait_for_each_other() -> None:
    async def talk(t: rtnb.AsyncTranscriptionSession) -> None:
        both = await asyncio.gather(t.transcribe(QUESTION), t.transcribe(QUESTION, name="second"))
        assert [each.text for each in both] == [QUESTION_SAID] * 2 and both[1].name == "second"

    run(talk)


@pytest.mark.local
def test_a_stopped_stream_keeps_what_was_heard() -> None:
    async def talk(t: rtnb.AsyncTranscriptionSession) -> None:
        stream = await t.stream(TALK)
        await t.core.until(lambda: len(t.events) > 30)
        said = await stream.stop()
        assert said.done and said.duration_s < 30 and stream.done
        assert (await t.transcribe(QUESTION)).text == QUESTION_SAID

    run(talk)


@pytest.mark.local
def test_a_recording_of_it_can_be_kept(tmp_path: Path) -> None:
    async def talk(t: rtnb.AsyncTranscriptionSession) -> Path:
        await t.transcribe(QUESTION)
        return t.save(tmp_path / "heard.rtnb")

    replayed = rtnb.replay(run(talk))
    assert any(event.body.get("transcript") == QUESTION_SAID for event in replayed.events)


def test_settings_that_cannot_be_used() -> None:
    for settings in ({"model": "gpt-live-transcribe", "turn_detection": rtnb.ServerVad()}, {"delay": "bogus"}):
        with pytest.raises(ConfigError):
            rtnb.AsyncTranscriptionSession(**settings)
    with pytest.raises(ConfigError, match="'langauge' is probably 'language'"):
        rtnb.AsyncTranscriptionSession(langauge="en")


def scripted(script: Callable[[dict[str, Any]], list[Any]] = lambda event: []) -> ScriptedServer:
    def answer(event: dict[str, Any]) -> list[Any]:
        if event["type"] == "session.update":
            return [{"type": "session.updated", "event_id": "u", "session": event["session"]}]
        if event["type"] == "input_audio_buffer.clear":
            return [{"type": "input_audio_buffer.cleared", "event_id": "c"}]
        return script(event)

    return ScriptedServer(answer, first=[greeting(type="transcription")])


def test_what_is_asked_of_the_server() -> None:
    with scripted() as server:
        run(lambda t: asyncio.sleep(0), server.url, language="en", keywords=["Ljubljana"], noise_reduction="far_field")
    (handshake,), (update,) = server.handshakes, server.received
    assert handshake.path.endswith("?intent=transcription")
    into = update["session"]["audio"]["input"]
    assert update["session"]["type"] == "transcription" and "output" not in update["session"]["audio"]
    assert into["transcription"] == {"model": "gpt-transcribe", "language": "en", "keywords": ["Ljubljana"]}
    assert into["turn_detection"] == {"type": "server_vad", "silence_duration_ms": 500}
    assert into["noise_reduction"] == {"type": "far_field"}


def test_a_server_that_never_writes_is_given_up() -> None:
    def commit(event: dict[str, Any]) -> list[Any]:
        if event["type"] != "input_audio_buffer.commit":
            return []
        return [{"type": "input_audio_buffer.committed", "event_id": "x", "item_id": "item_1"}]

    async def talk(t: rtnb.AsyncTranscriptionSession) -> None:
        with pytest.raises(TurnTimeoutError, match="not transcribed after"):
            await t.transcribe(rtnb.Clip.silence(0.5), timeout=0.1)
        assert len(t.transcripts) == 1

    with scripted(commit) as server:
        run(talk, server.url, turn_detection=None)


def failing(after: int = 0) -> Callable[[dict[str, Any]], list[Any]]:
    """Commits are transcribed `after` times, and fail from then on."""
    kind = "conversation.item.input_audio_transcription."
    error = {"type": "server_error", "code": "overloaded", "message": "Nobody has time."}
    count = 0

    def script(event: dict[str, Any]) -> list[Any]:
        nonlocal count
        if event["type"] != "input_audio_buffer.commit":
            return []
        count += 1
        item = {"event_id": f"t{count}", "item_id": f"item_{count}", "content_index": 0}
        good = {"type": f"{kind}completed", "transcript": "Yes.", "usage": {"type": "duration", "seconds": 1}}
        heard = good if count <= after else {"type": f"{kind}failed", "error": error}
        return [
            {"type": "input_audio_buffer.committed", "event_id": "x", "item_id": f"item_{count}"},
            {**item, **heard},
        ]

    return script


def test_what_failed_does_not_look_like_silence() -> None:
    async def talk(t: rtnb.AsyncTranscriptionSession) -> None:
        with pytest.raises(TranscriptionError, match=r"Nobody has time. \(overloaded\)") as caught:
            await t.transcribe(rtnb.Clip.silence(0.5), name="call")
        assert "'call'" in str(caught.value) and caught.value.errors == ("Nobody has time. (overloaded)",)
        assert "1 failed: Nobody has time." in repr(t.transcripts[0]) and t.transcripts[0].failed
        assert "1 failed: Nobody has time." in repr(t.transcript)
        assert t.notices == ["What was said could not be transcribed: Nobody has time. (overloaded)"]
        stream = await t.stream(rtnb.Clip.silence(0.2))
        with pytest.raises(TranscriptionError):
            await stream
        assert [partial.error for partial in [p async for p in aiter_quietly(stream)]] == [
            "Nobody has time. (overloaded)"
        ]

    with scripted(failing()) as server:
        run(talk, server.url, turn_detection=None)


async def aiter_quietly(stream: Any) -> Any:
    try:
        async for partial in stream:
            yield partial
    except TranscriptionError:
        pass


def test_parts_that_failed_are_told_and_the_rest_is_there() -> None:
    async def talk(t: rtnb.AsyncTranscriptionSession) -> None:
        assert (await t.transcribe(rtnb.Clip.silence(0.5))).text == "Yes." and not t.notices
        with pytest.raises(TranscriptionError):
            await t.transcribe(rtnb.Clip.silence(0.5))
        assert t.transcript.text == "Yes." and len(t.transcript.errors) == 1 and not t.transcript.failed

    with scripted(failing(after=1)) as server:
        run(talk, server.url, turn_detection=None)


def test_complaints_that_nobody_waits_for_are_told() -> None:
    def script(event: dict[str, Any]) -> list[Any]:
        if event["type"] != "input_audio_buffer.append":
            return []
        error = {"type": "invalid_request_error", "message": "No audio.", "event_id": event.get("event_id")}
        return [{"type": "error", "event_id": "x", "error": error}]

    async def talk(t: rtnb.AsyncTranscriptionSession) -> None:
        await t.append(rtnb.Clip.silence(0.1))
        await t.core.until(lambda: bool(t.notices), 5)
        assert t.notices[0] == "The server complains: No audio."

    with scripted(script) as server:
        run(talk, server.url)


def test_a_lost_connection_ends_the_stream() -> None:
    from rtnb.testing import Close

    def hang_up(event: dict[str, Any]) -> list[Any]:
        return [Close(1011, "oops")]

    async def talk(t: rtnb.AsyncTranscriptionSession) -> None:
        stream = await t.stream(rtnb.Clip.silence(1.0))
        with pytest.raises(SessionClosedError, match="oops"):
            async for _ in stream:
                pass
        assert t.status == "lost"

    with scripted(hang_up) as server:
        run(talk, server.url)
