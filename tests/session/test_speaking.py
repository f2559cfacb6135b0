"""The verbs of an exchange, against the embedded server with real detection, recognition and synthesis."""

from __future__ import annotations

import asyncio
import struct
import zlib
from collections.abc import AsyncIterator, Iterator
from typing import Any

import pytest

import rtnb
from rtnb.errors import AudioError, ConfigError, SessionError
from rtnb.session.speaking import checked_timeout

QUESTION = rtnb.Clip.load(rtnb.sample("weather_question"))


def png(width: int = 8, height: int = 8) -> bytes:
    """A red picture."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    rows = b"".join(b"\x00" + b"\xff\x00\x00" * width for _ in range(height))
    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(rows)) + chunk(b"IEND", b"")


def run(server: Any, talk: Any, **settings: Any) -> Any:
    async def main() -> Any:
        async with rtnb.AsyncSession(server.url, key=server.key, **settings) as s:
            return await talk(s)

    return asyncio.run(main())


@pytest.mark.local
@pytest.mark.parametrize("name", ["pcmu", "pcma"])
def test_a_g711_session_is_spoken_and_heard_like_any_other(server: Any, name: str) -> None:
    async def talk(s: rtnb.AsyncSession) -> tuple[rtnb.Turn, rtnb.Run]:
        turn = await s.ask(rtnb.sample("weather_question"))
        return turn, await s.stream(rtnb.sample("weather_question"))

    turn, streamed = run(server, talk, input_format=name, output_format=name)
    assert turn.transcript == "What is the weather in Paris?"
    assert turn.user_audio is not None and turn.user_audio.rate_hz == 8000
    assert abs(turn.user_audio.duration_s - QUESTION.duration_s) < 0.05
    assert turn.audio is not None and turn.audio.rate_hz == 8000 and 0.5 < turn.audio.duration_s < 15
    assert streamed.turns[0].transcript == "What is the weather in Paris?"
    with rtnb.transcription(turn_detection=None) as t:
        assert "Paris" in t.transcribe(turn.audio).text


@pytest.mark.local
def test_what_a_generator_yields_is_a_stream(server: Any) -> None:
    clip = QUESTION

    def pieces() -> Iterator[rtnb.Clip]:
        for start in range(int(clip.duration_s * 10)):
            yield clip[start / 10 : (start + 1) / 10]

    async def flowing() -> AsyncIterator[bytes]:
        yield clip.to_pcm16(24_000)

    async def talk(s: rtnb.AsyncSession) -> list[str]:
        runs = [await s.stream(pieces(), name="cut"), await s.stream(flowing(), pace="source")]
        return [r.turns[0].transcript for r in runs]

    assert run(server, talk) == ["What is the weather in Paris?"] * 2


@pytest.mark.local
def test_text_picture_and_speech_are_one_message(server: Any) -> None:
    async def talk(s: rtnb.AsyncSession) -> rtnb.Turn:
        return await s.ask(["Look at this.", rtnb.Image(png()), rtnb.sample("weather_question")])

    turn = run(server, talk, modalities=["text"])
    view = turn.view()
    assert (turn.status, view.user_kind) == ("completed", "mixed")
    assert len(view.user_images) == 1 and view.user_audio is not None
    assert "Look at this." in view.user_text


def test_half_duplex_sends_silence_while_an_answer_sounds(server: Any) -> None:
    loud = b"\x11\x22" * 2400

    async def talk(s: rtnb.AsyncSession) -> list[bytes]:
        await s.ask("Spell cat.")
        assert s.player.sounding() is not None
        await s.append(loud)
        await s.interrupt()
        await s.append(loud)
        await s.clear()
        sent = [e for e in s.events.of_type("input_audio_buffer.append") if e.direction == "sent"]
        return [e.audio[0].bytes() for e in sent]

    assert run(server, talk, half_duplex=True, turn_detection=None) == [bytes(4800), loud]
    assert run(server, talk, turn_detection=None) == [loud, loud]


def test_items_and_responses_apart(server: Any) -> None:
    async def talk(s: rtnb.AsyncSession) -> tuple[rtnb.Turn, rtnb.Turn, int]:
        await s.add("Answer in one word.", role="system")
        await s.add("Spell dog.")
        first = await s.respond()
        second = await s.respond(instructions="Spell cat.", modalities=["text"], metadata={"why": "test"})
        return first, second, len(s.items)

    first, second, count = run(server, talk, modalities=["text"])
    assert first.text == "D, O, G." and first.transcript == "Spell dog."
    assert second.status == "completed" and second.transcript == ""
    assert count == 4


def test_a_buffer_that_is_too_short_is_refused_before_it_is_sent(server: Any) -> None:
    async def talk(s: rtnb.AsyncSession) -> list[str]:
        await s.append(bytes(960))
        with pytest.raises(AudioError, match="holds 20 ms"):
            await s.commit()
        await s.append(bytes(4800))
        await s.commit()
        with pytest.raises(AudioError, match="holds 0 ms"):
            await s.commit()
        return [e.code or "" for e in s.core.talk.errors]

    assert run(server, talk, turn_detection=None) == []


def test_a_commit_that_turn_detection_was_faster_with_is_a_quiet_error(server: Any) -> None:
    async def talk(s: rtnb.AsyncSession) -> Any:
        await s.commit()
        await s.core.until(lambda: bool(s.core.talk.errors), 5)
        return s.view(), s.core.talk.errors[0]

    view, error = run(server, talk)
    assert (error.severity, error.cause) == ("benign", "input_audio_buffer.commit")
    assert view.errors == () and len(view.quiet) == 1


@pytest.mark.parametrize("timeout", ["x", 0, -1, True, [1]])
def test_a_time_out_that_is_none_is_refused_before_anything_is_said(server: Any, timeout: Any) -> None:
    async def talk(s: rtnb.AsyncSession) -> int:
        with pytest.raises(ConfigError, match="timeout"):
            await s.ask("hello", timeout=timeout)
        return len(s.events.of_type("conversation.item.create"))

    assert run(server, talk, modalities=["text"]) == 0
    with pytest.raises(ConfigError):
        checked_timeout(timeout)


def test_what_cannot_be_said_is_one_clear_error(server: Any) -> None:
    async def talk(s: rtnb.AsyncSession) -> None:
        for content in (None, "", "  ", 7, [], [""], b"bytes"):
            with pytest.raises((ConfigError, AudioError)):
                await s.send(content)  # type: ignore[arg-type]
        with pytest.raises(ConfigError, match="aside"):
            await s.ask("hello", conversation="none")
        with pytest.raises(ConfigError, match="turn detection"):
            await s.stream(rtnb.sample("weather_question"))
        with pytest.raises(ConfigError, match="pace"):
            await s.stream(rtnb.sample("weather_question"), pace="fast")  # type: ignore[arg-type]
        assert not s.turns

    run(server, talk, modalities=["text"], turn_detection=None)


def test_two_streams_at_once_are_refused(server: Any) -> None:
    async def talk(s: rtnb.AsyncSession) -> None:
        _, streaming = await s.start_stream(rtnb.Clip.silence(0.4))
        with pytest.raises(SessionError, match="streamed already"):
            await s.stream(rtnb.Clip.silence(0.4))
        with pytest.raises(SessionError, match="being streamed"):
            await s.send(rtnb.Clip.silence(0.4))
        await streaming

    run(server, talk, modalities=["text"])


def test_giving_one_turn_up_leaves_the_others(server: Any) -> None:
    async def talk(s: rtnb.AsyncSession) -> tuple[str, str, int]:
        first = await s.send("Tell me a story.")
        second = await s.send("Spell dog.")
        third = asyncio.create_task(s.ask("Spell cat."))
        await s.core.until(lambda: s.core.talk.active_response() is not None, 10)
        third.cancel()
        await asyncio.gather(third, return_exceptions=True)
        await s.abandon(first)
        await first
        await second
        said = [e.body["item"]["content"][0]["text"] for e in s.events.of_type("conversation.item.create")]
        return first.status, second.text, said.count("Spell cat.")

    assert run(server, talk) == ("cancelled", "D, O, G.", 0)


def test_an_interrupt_right_behind_a_send_withdraws_it(server: Any) -> None:
    async def talk(s: rtnb.AsyncSession) -> tuple[int, str]:
        turn = await s.send("Tell me a story.")
        await s.interrupt()
        with pytest.raises(SessionError, match="given up"):
            await turn
        again = await s.ask("Spell cat.")
        return len(s.events.of_type("response.create")), again.text

    assert run(server, talk, modalities=["text"]) == (1, "C, A, T.")


@pytest.mark.local
def test_a_clip_that_is_given_up_leaves_turn_detection_as_it_was(server: Any) -> None:
    async def talk(s: rtnb.AsyncSession) -> list[Any]:
        seen = []
        for ticks in range(0, 12, 2):
            asking = asyncio.create_task(s.ask(QUESTION))
            for _ in range(ticks):
                await asyncio.sleep(0.001)
            asking.cancel()
            await asyncio.gather(asking, return_exceptions=True)
            await s.update(speed=1.0)
            # Where the clip was given up in mid-flight, its own two settings may still be on their way.
            async with asyncio.timeout(10):
                while s.config.turn_detection is None:
                    await asyncio.sleep(0.02)
            seen.append(s.config.turn_detection)
        return seen

    assert all(detection is not None for detection in run(server, talk))


@pytest.mark.local
def test_settings_that_are_asked_for_beside_a_clip_hold(server: Any) -> None:
    async def talk(s: rtnb.AsyncSession) -> Any:
        asking = asyncio.create_task(s.ask(QUESTION))
        await asyncio.sleep(0.002)
        await s.update(turn_detection=rtnb.SemanticVad(eagerness="low"))
        await asking
        await s.update(speed=1.0)
        return s.config.turn_detection

    assert isinstance(run(server, talk), rtnb.SemanticVad)


@pytest.mark.local
def test_a_response_in_a_format_of_its_own_is_heard_in_it(server: Any) -> None:
    async def talk(s: rtnb.AsyncSession) -> list[rtnb.Clip | None]:
        plain = await s.ask("Spell cat.")
        return [plain.audio, (await s.ask("Spell cat.", output_format="pcmu")).audio]

    plain, telephone = run(server, talk)
    assert (plain.rate_hz, telephone.rate_hz) == (24_000, 8_000)
    assert abs(plain.duration_s - telephone.duration_s) < 0.05


def test_looking_at_an_open_turn_again_and_again_costs_one_waiter(server: Any) -> None:
    async def talk(s: rtnb.AsyncSession) -> int:
        turn = await s.send("Tell me a story.")
        await s.core.until(lambda: bool(s.core.talk.turns), 10)
        before = len(s.core._tasks)
        for _ in range(100):
            assert len(s.turns) == 1
        return len(s.core._tasks) - before if not turn.done else 1

    assert run(server, talk, modalities=["text"]) <= 1


@pytest.mark.local
def test_a_source_that_fails_leaves_nothing_for_the_next_turn(server: Any) -> None:
    def failing() -> Iterator[bytes]:
        yield QUESTION.to_pcm16(24_000)[:48_000]
        raise RuntimeError("the microphone is unplugged")

    async def talk(s: rtnb.AsyncSession) -> list[str]:
        with pytest.raises(RuntimeError, match="unplugged"):
            await s.stream(failing())
        return [turn.transcript for turn in (await s.stream(QUESTION)).turns]

    assert run(server, talk) == ["What is the weather in Paris?"]


def test_an_event_of_the_users_own_that_is_refused_is_told(server: Any) -> None:
    async def talk(s: rtnb.AsyncSession) -> tuple[str, ...]:
        await s.send_event({"type": "response.creat"})
        await s.send_event({"type": "response.cancel"})
        await s.core.until(lambda: len(s.core.talk.errors) == 2, 5)
        return s.notices

    (told,) = run(server, talk)
    assert "send_event()" in told and "response.creat" in told


def test_a_setting_of_the_clients_side_is_told_where_it_belongs(server: Any) -> None:
    async def talk(s: rtnb.AsyncSession) -> None:
        with pytest.raises(ConfigError, match="raise_budget"):
            await s.update(budget_usd=2)

    run(server, talk)
    with pytest.raises(ConfigError, match="'budget_usd'"):
        rtnb.AsyncSession(server.url, buget_usd=1)


@pytest.mark.local
def test_a_barge_in_that_nobody_may_have_meant_is_told_once(server: Any) -> None:
    async def talk(s: rtnb.AsyncSession) -> list[str]:
        for _ in range(2):
            await s.ask("Tell me a story.", max_output_tokens=400)
            await s.stream(QUESTION)
        return [text for text in s.notices if "still sounding" in text]

    assert len(run(server, talk)) == 1
