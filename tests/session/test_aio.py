"""The verbs against the embedded server and against servers that misbehave."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Awaitable, Callable
from typing import Any

import pytest
from support.words import words

import rtnb
from rtnb.errors import (
    AnswerTimeoutError,
    ApiError,
    AudioError,
    ConfigError,
    RefusedError,
    SessionClosedError,
    SessionError,
    TurnTimeoutError,
    UnreachableError,
)
from rtnb.testing import Close, ScriptedServer, greeting

QUESTION = rtnb.sample("weather_question")


def run(talk: Callable[[rtnb.AsyncSession], Awaitable[Any]], **settings: Any) -> Any:
    async def main() -> Any:
        async with rtnb.AsyncSession(**settings) as session:
            return await talk(session)

    return asyncio.run(main())


@pytest.mark.local
def test_ask_by_text() -> None:
    async def talk(s: rtnb.AsyncSession) -> rtnb.Turn:
        return await s.ask("What is 6 times 7?")

    turn = run(talk)
    assert turn.status == "completed" and turn.done
    assert turn.transcript == "What is 6 times 7?" and "42" in turn.text
    assert turn.audio is not None and turn.audio.duration_s > 0.5 and turn.user_audio is None
    assert turn.latency is not None and (turn.latency.start, turn.latency.end) == ("request", "first audio")
    assert turn.latency.seconds > 0
    assert turn.usage is not None and turn.usage.output_audio > 0 and turn.usage.input_audio == 0
    assert turn.cost is not None and turn.cost.total_usd > 0


@pytest.mark.local
def test_the_answer_sent_back_through_the_recogniser_is_the_answer() -> None:
    async def talk(s: rtnb.AsyncSession) -> tuple[rtnb.Turn, rtnb.Turn]:
        first = await s.ask("Repeat after me: the quick brown fox jumps over the lazy dog.")
        assert first.audio is not None
        return first, await s.ask(first.audio)

    first, second = run(talk)
    assert words(second.transcript) == words(first.text)


@pytest.mark.local
def test_ask_by_file_is_one_turn_with_turn_detection_set_aside_and_restored() -> None:
    async def talk(s: rtnb.AsyncSession) -> tuple[rtnb.Turn, dict[str, Any], list[str]]:
        turn = await s.ask(QUESTION)
        await s.update(instructions="x")
        return turn, dict(s.config), [e.type for e in s.events]

    turn, config, events = run(talk, turn_detection=rtnb.ServerVad(threshold=0.6))
    assert turn.transcript == "What is the weather in Paris?" and "Paris" in turn.text
    assert turn.user_audio is not None and turn.user_audio.duration_s == pytest.approx(1.868, abs=0.01)
    assert turn.usage is not None and turn.usage.input_audio == 19
    assert config["audio"]["input"]["turn_detection"]["threshold"] == 0.6
    assert "input_audio_buffer.speech_started" not in events
    assert events.count("response.created") == 1


@pytest.mark.local
def test_stream_runs_turn_detection_at_real_pace() -> None:
    async def talk(s: rtnb.AsyncSession) -> tuple[rtnb.Run, float]:
        begun = asyncio.get_running_loop().time()
        streamed = await s.stream(QUESTION)
        seconds = asyncio.get_running_loop().time() - begun
        # What is said afterwards is none of the recording's.
        await s.ask("What is 1 plus 1?")
        return streamed, seconds

    streamed, seconds = run(talk)
    assert seconds >= 1.868
    (turn,) = streamed.turns
    assert turn.transcript == "What is the weather in Paris?" and turn.status == "completed"
    assert turn.latency is not None and turn.latency.start == "speech end"
    view = streamed.view()
    assert view.done and view.source == "weather_question.flac"
    (span,) = view.speech
    assert span.end_s is not None and 1.0 < span.end_s - span.start_s < 3.0
    assert view.input.duration_s == pytest.approx(1.868, abs=0.001)


@pytest.mark.local
def test_a_run_behind_a_pause_is_drawn_where_it_was_streamed() -> None:
    async def talk(s: rtnb.AsyncSession) -> rtnb.Run:
        await s.ask(QUESTION)
        await asyncio.sleep(0.7)
        return await s.stream(QUESTION)

    view = run(talk).view()
    (span,) = view.speech
    # The first word is 448 ms into the recording.
    assert span.onset_s - view.input_start_s == pytest.approx(0.448, abs=0.1)


@pytest.mark.local
def test_speech_interrupts_and_what_was_heard_is_told_to_the_server() -> None:
    async def talk(s: rtnb.AsyncSession) -> tuple[rtnb.Turn, list[Any]]:
        story = await s.send("Tell me a long story.")
        while story.audio is None:
            await asyncio.sleep(0.05)
        # The floor is the story's, so the speech goes in by hand.
        clip = rtnb.Clip.load(QUESTION)
        pcm = rtnb.Clip.concat([clip, rtnb.Clip.silence(1.0)]).to_pcm16(24000)
        for start in range(0, len(pcm), 4800):
            await s.append(pcm[start : start + 4800])
            await asyncio.sleep(0.05)
        await story
        await s.core.until(lambda: bool(s.events.of_type("conversation.item.truncated")), 10)
        await s.core.until(lambda: s.core.talk.active_response() is None, 20)
        return story, s.events.of_type("conversation.item.truncated")

    story, truncated = run(talk)
    assert story.status == "cancelled" and story.status_reason == "interrupted by speech"
    assert story.heard_s is not None and story.audio is not None
    assert 0 < story.heard_s <= story.audio.duration_s
    assert truncated[0].body["audio_end_ms"] == int(story.heard_s * 1000)


@pytest.mark.local
def test_interrupt_cancels_and_the_session_goes_on() -> None:
    async def talk(s: rtnb.AsyncSession) -> tuple[rtnb.Turn, rtnb.Turn]:
        story = await s.send("Tell me a long story.")
        while story.audio is None:
            await asyncio.sleep(0.05)
        await s.interrupt()
        return await story, await s.ask("Spell cat.")

    story, after = run(talk)
    assert story.status == "cancelled" and story.heard_s is not None
    assert after.text == "C, A, T."


@pytest.mark.local
def test_interrupt_after_the_answer_is_complete_truncates_what_still_sounds() -> None:
    async def talk(s: rtnb.AsyncSession) -> tuple[rtnb.Turn, int, str]:
        await s.ask("Repeat after me: the quick brown fox jumps over the lazy dog and then some more.")
        await s.interrupt()
        done = await s.core.ask({"type": "input_audio_buffer.clear"}, "input_audio_buffer.cleared")
        (truncated,) = s.events.of_type("conversation.item.truncated")
        return s.turns[0], truncated.body["audio_end_ms"], done.type

    turn, audio_end_ms, _ = run(talk)
    assert turn.status == "completed" and turn.audio is not None and turn.heard_s is not None
    assert 0 < turn.heard_s < turn.audio.duration_s and audio_end_ms == int(turn.heard_s * 1000)


@pytest.mark.local
def test_turns_wait_for_each_other() -> None:
    async def talk(s: rtnb.AsyncSession) -> list[rtnb.Turn]:
        turns = [await s.send(f"What is {n} plus {n}?") for n in (2, 3, 4)]
        return [await turn for turn in turns]

    turns = run(talk, modalities=["text"])
    assert [re.findall(r"\d+", turn.text)[-1] for turn in turns] == ["4", "6", "8"]


@pytest.mark.local
def test_response_overrides_hold_for_one_turn() -> None:
    async def talk(s: rtnb.AsyncSession) -> tuple[rtnb.Turn, rtnb.Turn]:
        return await s.ask("Spell cat.", modalities=["text"]), await s.ask("Spell dog.")

    written, spoken = run(talk)
    assert written.audio is None and written.text == "C, A, T."
    assert spoken.audio is not None


@pytest.mark.local
def test_a_timeout_leaves_the_turn_running() -> None:
    async def talk(s: rtnb.AsyncSession) -> rtnb.Turn:
        with pytest.raises(TurnTimeoutError, match="goes on"):
            await s.ask("Tell me a long story.", timeout=0.05)
        await s.interrupt()
        return s.turns[0]

    assert run(talk).status == "cancelled"


def test_what_cannot_be_said_is_refused_before_anything_is_sent() -> None:
    async def talk(s: rtnb.AsyncSession) -> None:
        before = len(s.events)
        for wrong, error in [
            ("  ", ConfigError),
            (rtnb.Clip.silence(0.05), AudioError),
            (b"bytes", AudioError),
            (rtnb.Clip([], 24000), AudioError),
        ]:
            with pytest.raises(error):
                await s.ask(wrong)  # type: ignore[arg-type]
        with pytest.raises(ConfigError, match="Options of a response are"):
            await s.ask("hello", loudness=11)
        with pytest.raises(ConfigError, match="Settings are"):
            await s.update(temperature=0.8)
        assert len(s.events) == before

    run(talk)


def test_stream_needs_turn_detection() -> None:
    async def talk(s: rtnb.AsyncSession) -> None:
        with pytest.raises(ConfigError, match="turn detection"):
            await s.stream(QUESTION)

    run(talk, turn_detection=None)


def test_a_clip_is_not_mixed_with_a_stream() -> None:
    async def talk(s: rtnb.AsyncSession) -> None:
        _, work = await s.start_stream(QUESTION)
        with pytest.raises(SessionError, match="streamed"):
            await s.send(QUESTION)
        with pytest.raises(SessionError, match="streamed"):
            await s.start_stream(QUESTION)
        work.cancel()

    run(talk)


def test_a_refused_update_raises_and_changes_nothing() -> None:
    async def talk(s: rtnb.AsyncSession) -> None:
        with pytest.raises(ApiError) as refused:
            await s.update(session={"audio": {"output": {"speed": 9}}})
        assert refused.value.param == "session.audio.output.speed"
        assert s.config["audio"]["output"]["speed"] == 1.0

    run(talk)


def test_settings_that_the_server_refuses_end_connect() -> None:
    with pytest.raises(ApiError):
        run(lambda s: asyncio.sleep(0), session={"audio": {"output": {"speed": 9}}})


def test_nobody_there() -> None:
    with pytest.raises(UnreachableError, match="Nobody answers"):
        run(lambda s: asyncio.sleep(0), endpoint="ws://127.0.0.1:9/v1/realtime")


@pytest.mark.parametrize("status", [401, 403, 404, 500])
def test_a_server_that_refuses_the_handshake(status: int) -> None:
    with ScriptedServer(refuse=status) as server, pytest.raises(RefusedError) as refused:
        run(lambda s: asyncio.sleep(0), endpoint=server.url, key="sk-secret")
    assert refused.value.close_code == status
    assert "sk-secret" not in str(refused.value)


def test_a_server_that_refuses_with_an_event() -> None:
    error = {"type": "error", "error": {"code": "invalid_api_key", "message": "Incorrect API key provided: x"}}
    with (
        ScriptedServer(first=[error, Close(3000, "invalid_request_error.invalid_api_key")]) as server,
        pytest.raises(RefusedError, match="Incorrect API key") as refused,
    ):
        run(lambda s: asyncio.sleep(0), endpoint=server.url)
    assert refused.value.code == "invalid_api_key"


def _echo(event: dict[str, Any]) -> list[Any]:
    return [{"type": "session.updated", "session": event["session"]}] if event["type"] == "session.update" else []


def test_a_connection_that_ends_in_mid_turn() -> None:
    def script(event: dict[str, Any]) -> list[Any]:
        return [Close(1011, "gone")] if event["type"] == "response.create" else _echo(event)

    async def talk(s: rtnb.AsyncSession) -> str:
        with pytest.raises(SessionClosedError, match=r"code 1011.*gone"):
            await s.ask("hello")
        with pytest.raises(SessionClosedError):
            await s.ask("again")
        assert len(s.events) > 3
        return s.status

    with ScriptedServer(script, first=[greeting(model="m")]) as server:
        assert run(talk, endpoint=server.url, reconnect=False) == "lost"


def test_frames_that_are_no_events_are_noted_and_survived() -> None:
    def script(event: dict[str, Any]) -> list[Any]:
        return ["{", b"\x00", "[]", {"no": "type"}, {"type": "of.tomorrow", "x": 1}, *_echo(event)]

    async def talk(s: rtnb.AsyncSession) -> tuple[list[str], list[str]]:
        odd = [str(event.body["problem"]) for event in s.events.of_type("rtnb.frame")]
        return odd, [e.type for e in s.events if e.direction == "received"]

    with ScriptedServer(script, first=[greeting(model="m")]) as server:
        oddities, seen = run(talk, endpoint=server.url)
    assert len(oddities) == 3
    assert seen == ["session.created", "", "of.tomorrow", "session.updated"]


def test_an_error_that_answers_the_request_is_raised_by_it() -> None:
    def script(event: dict[str, Any]) -> list[Any]:
        if event["type"] == "response.create":
            error = {"type": "server_error", "code": "boom", "message": "No.", "event_id": event["event_id"]}
            return [{"type": "error", "error": error}]
        return _echo(event)

    async def talk(s: rtnb.AsyncSession) -> None:
        with pytest.raises(ApiError, match=r"No\."):
            await s.ask("hello")
        assert s.turns[0].status == "failed"

    with ScriptedServer(script, first=[greeting(model="m")]) as server:
        run(talk, endpoint=server.url)


def test_the_openai_endpoint_sends_url_headers_and_a_ga_session(monkeypatch: pytest.MonkeyPatch) -> None:
    with ScriptedServer(_echo, first=[greeting(model="gpt-realtime-2.1")]) as server:
        monkeypatch.setattr("rtnb.session.wire.endpoint.OPENAI_URL", server.url)
        monkeypatch.setenv("OPENAI_API_KEY", "sk-of-the-environment")

        async def talk(s: rtnb.AsyncSession) -> str:
            return repr(s) + repr(s.events) + repr(s.core.endpoint)

        shown = run(talk, endpoint="openai", voice="cedar", instructions="Be brief.")
    (handshake,) = server.handshakes
    assert handshake.path == "/v1/realtime?model=gpt-realtime-2.1"
    assert handshake.headers["Authorization"] == "Bearer sk-of-the-environment"
    assert "openai-beta" not in {name.lower() for name in handshake.headers}
    assert "sk-of-the-environment" not in shown
    assert server.received[0]["session"] == {
        "type": "realtime",
        "instructions": "Be brief.",
        "audio": {"output": {"voice": "cedar"}, "input": {"transcription": {"model": "gpt-transcribe"}}},
    }


def test_the_openai_endpoint_asks_for_a_key_that_is_nowhere(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("OPENAI_API_KEY", raising=False)
    monkeypatch.setattr("getpass.getpass", lambda prompt: "")
    with pytest.raises(ConfigError, match="OPENAI_API_KEY"):
        rtnb.AsyncSession("openai")


def test_a_session_says_where_else_openai_is(monkeypatch: pytest.MonkeyPatch) -> None:
    with ScriptedServer(_echo, first=[greeting(model="gpt-realtime-2.1")]) as server:
        monkeypatch.setenv("OPENAI_BASE_URL", server.url.removesuffix("/realtime"))

        async def talk(s: rtnb.AsyncSession) -> tuple[tuple[str, ...], list[str]]:
            return s.notices, [event.body["text"] for event in s.events.of_type("rtnb.notice")]

        told, recorded = run(talk, endpoint="openai", key="sk-of-mine")
    assert told == ('"openai" is 127.0.0.1 here, which OPENAI_BASE_URL names: the key goes there.',)
    assert recorded == list(told)


def test_the_endpoint_can_come_from_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    with ScriptedServer(_echo, first=[greeting(model="m")]) as server:
        monkeypatch.setenv("RTNB_ENDPOINT", server.url)
        run(lambda s: asyncio.sleep(0))
        assert len(server.handshakes) == 1


def test_closing_ends_a_turn_that_waits() -> None:
    async def main() -> rtnb.Turn:
        async with rtnb.AsyncSession() as session:
            return await session.send("Tell me a long story.")

    turn = asyncio.run(main())
    with pytest.raises(SessionClosedError, match="closed"):
        turn.wait(1)


@pytest.mark.local
def test_a_cancelled_ask_takes_its_answer_with_it() -> None:
    async def talk(s: rtnb.AsyncSession) -> tuple[rtnb.Turn, rtnb.Turn]:
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(s.ask("Tell me a long story."), 0.5)
        after = await s.ask("Spell cat.", timeout=10)
        return s.turns[0], after

    story, after = run(talk)
    assert story.status == "cancelled" and after.text == "C, A, T."


@pytest.mark.local
def test_a_cancelled_stream_leaves_nothing_in_the_buffer() -> None:
    async def talk(s: rtnb.AsyncSession) -> list[rtnb.Turn]:
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(s.stream(QUESTION), 1.2)
        await s.core.until(lambda: bool(s.events.of_type("input_audio_buffer.cleared")), 5)
        return (await s.stream(QUESTION)).turns

    (turn,) = run(talk)
    assert turn.transcript == "What is the weather in Paris?"


def test_a_server_that_acknowledges_nothing_is_one_clear_error(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("rtnb.session.core.ANSWER_TIMEOUT_S", 0.3)
    with (
        ScriptedServer(first=[greeting(model="m")]) as server,
        pytest.raises(AnswerTimeoutError, match=r"did not answer 'session\.update'"),
    ):
        run(lambda s: asyncio.sleep(0), endpoint=server.url)


def test_a_response_that_is_never_created_is_given_up_by_interrupt(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("rtnb.session.verbs.interruption.GRACE_S", 0.2)

    async def talk(s: rtnb.AsyncSession) -> None:
        first = await s.send("hello")
        await asyncio.sleep(0.1)
        await s.interrupt()
        with pytest.raises(ApiError, match="never created"):
            await first
        second = await s.send("again")
        await asyncio.sleep(0.1)
        assert s.turns[1].status == "waiting"
        await s.interrupt()
        with pytest.raises(ApiError):
            await second

    with ScriptedServer(_echo, first=[greeting(model="m")]) as server:
        run(talk, endpoint=server.url)


def test_another_loop_and_a_second_opening_are_refused() -> None:
    async def opened(s: rtnb.AsyncSession) -> None:
        with pytest.raises(SessionError, match="opened once"):
            await s.open()

        async def elsewhere() -> None:
            for verb in (s.ask("hello"), s.update(voice="cedar"), s.clear(), s.interrupt(), s.close()):
                with pytest.raises(SessionError, match="another one"):
                    await verb

        await asyncio.to_thread(lambda: asyncio.run(elsewhere()))

    async def main() -> None:
        async with rtnb.AsyncSession(modalities=["text"]) as session:
            await opened(session)
        with pytest.raises(SessionError, match="opened once"):
            await session.open()

    asyncio.run(main())


def test_a_session_that_is_not_open_shows_that() -> None:
    session = rtnb.AsyncSession()
    assert session.status == "closed" and "not open" in repr(session)
    assert "not open" in session._repr_mimebundle_()["text/plain"]


@pytest.mark.local
def test_speech_right_after_a_pause_begins_where_it_was_spoken() -> None:
    clip = rtnb.Clip.load(QUESTION)

    async def talk(s: rtnb.AsyncSession) -> rtnb.Run:
        await s.stream(clip)
        await asyncio.sleep(1.5)
        return await s.stream(clip[0.45:])

    view = run(talk).view()
    (span,) = view.speech
    assert span.onset_s == pytest.approx(view.input_start_s, abs=0.15)
    assert view.turns[0].user_start_s == pytest.approx(span.onset_s - 0.3, abs=0.05)


def test_the_key_is_in_no_debug_log(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level("DEBUG")
    with ScriptedServer(_echo, first=[greeting(model="m")]) as server:
        run(lambda s: s.update(voice="cedar"), endpoint=server.url, key="sk-very-secret")
    assert server.handshakes[0].headers["Authorization"] == "Bearer sk-very-secret"
    client_side = [r for r in caplog.records if r.name != "websockets.server"]
    assert not any("sk-very-secret" in r.getMessage() for r in client_side)
