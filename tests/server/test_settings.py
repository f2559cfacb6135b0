"""What a session takes as its settings, depending on what has happened in it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest
from support.desk import Desk, Mind

from rtnb.protocol.session_config import UpdateRefused
from rtnb.server.brains.base import BrainRequest, Piece, Say
from rtnb.server.opening import Opening
from rtnb.server.options import Limits, Options
from rtnb.server.problems import Refused
from rtnb.server.settings import opened

Json = dict[str, Any]


def run(use: Callable[[], Awaitable[None]]) -> None:
    asyncio.run(asyncio.wait_for(use(), 30))  # type: ignore[arg-type]


async def hello(request: BrainRequest) -> AsyncIterator[Piece]:
    yield Say("Hello there.")


async def stuck(request: BrainRequest) -> AsyncIterator[Piece]:
    await asyncio.sleep(3600)
    yield Say("never")


@pytest.fixture
def prompts(tmp_path: Path) -> Path:
    (tmp_path / "guide.md").write_text("Guide through {{city}}.")
    return tmp_path


def test_all_or_nothing() -> None:
    async def use() -> None:
        async with Desk() as desk:
            before = (await desk.update())["session"]
            for wrong in (
                {"audio": {"output": {"voice": "nobody"}}},
                {
                    "truncation": {
                        "type": "retention_ratio",
                        "retention_ratio": 0.5,
                        "token_limits": {"post_instructions": 10**6},
                    }
                },
                {"tools": [{"type": "function", "name": "f", "description": "word " * 17_000}]},
                {"prompt": {"id": "guide"}},
            ):
                assert (await desk.update(**{"instructions": "new", **wrong}))["type"] == "error", wrong
            assert (await desk.update())["session"] == before

    run(use)


def test_the_voice_is_locked_while_there_is_assistant_audio() -> None:
    async def use() -> None:
        async with Desk(Mind(hello)) as desk:
            assert (await desk.update(audio={"output": {"voice": "cedar"}}))["type"] == "session.updated"
            await desk.respond(conversation="none")
            assert (await desk.update(audio={"output": {"voice": "marin"}}))["type"] == "session.updated"
            done = await desk.respond()
            await desk.update(audio={"output": {"voice": "ash"}})
            assert (desk.error()["code"], desk.error()["param"]) == (
                "cannot_update_voice",
                "session.audio.output.voice",
            )
            await desk.send("response.create", response={"audio": {"output": {"voice": "ash"}}})
            assert (desk.error()["code"], desk.error()["param"]) == (
                "cannot_update_voice",
                "response.audio.output.voice",
            )
            assert (await desk.update(audio={"output": {"voice": "marin"}}))["type"] == "session.updated"
            await desk.send("conversation.item.delete", item_id=done["output"][0]["id"])
            assert (await desk.update(audio={"output": {"voice": "ash"}}))["type"] == "session.updated"

    run(use)


def test_a_voice_of_ones_own_is_named_by_its_id() -> None:
    async def use() -> None:
        async with Desk(Mind(hello)) as desk:
            await desk.update(audio={"output": {"voice": {"id": "voice_1"}}})
            done = await desk.respond()
            assert done["status"] == "completed" and done["audio"]["output"]["voice"] == "voice_1"

    run(use)


def test_speed_changes_between_turns() -> None:
    async def use() -> None:
        async with Desk(Mind(stuck)) as desk:
            await desk.send("response.create")
            assert (await desk.update(audio={"output": {"speed": 1.0}}))["type"] == "session.updated"
            await desk.update(audio={"output": {"speed": 1.5}})
            assert desk.error()["param"] == "session.audio.output.speed"
            await desk.send("response.cancel")
            assert (await desk.update(audio={"output": {"speed": 1.5}}))["session"]["audio"]["output"]["speed"] == 1.5

    run(use)


def test_speed_is_heard() -> None:
    async def use() -> None:
        async with Desk(Mind(hello)) as desk:
            slow = (await desk.respond(conversation="none"))["usage"]["output_token_details"]["audio_tokens"]
            await desk.update(audio={"output": {"speed": 1.5}})
            fast = (await desk.respond(conversation="none"))["usage"]["output_token_details"]["audio_tokens"]
            assert fast < slow

    run(use)


def test_tracing_stays_as_it_was_switched_on() -> None:
    async def use() -> None:
        async with Desk() as desk:
            assert (await desk.update(tracing=None))["session"]["tracing"] is None
            assert (await desk.update(tracing="auto"))["session"]["tracing"] == "auto"
            await desk.update(tracing=None)
            assert desk.error()["param"] == "session.tracing"

    run(use)


def test_a_model_has_what_it_has() -> None:
    async def use() -> None:
        async with Desk(Mind(hello), opening=Opening(model="gpt-realtime")) as desk:
            for name, value in (("reasoning", {"effort": "low"}), ("parallel_tool_calls", False)):
                await desk.update(**{name: value})
                assert desk.error()["param"] == f"session.{name}"
                await desk.send("response.create", response={name: value})
                assert desk.error()["param"] == f"response.{name}"
                await desk.respond(**{name: None})
            tokens = {"token_limits": {"post_instructions": 28_224}}
            fits = {"truncation": {"type": "retention_ratio", "retention_ratio": 0.8, **tokens}}
            assert (await desk.update(**fits))["type"] == "session.updated"
            tokens["token_limits"]["post_instructions"] += 1
            await desk.update(**fits)
            assert desk.error()["param"] == "session.truncation.token_limits.post_instructions"
        async with Desk(opening=Opening(model="gpt-of-tomorrow")) as desk:
            assert (await desk.update(reasoning={"effort": "low"}))["type"] == "session.updated"

    run(use)


def test_a_null_in_a_response_leaves_it_to_the_session() -> None:
    async def use() -> None:
        mind = Mind(hello)
        names = (
            "instructions",
            "tools",
            "tool_choice",
            "audio",
            "max_output_tokens",
            "input",
            "conversation",
            "prompt",
        )
        async with Desk(mind) as desk:
            await desk.update(instructions="Session.")
            done = await desk.respond(output_modalities=None, metadata={"a": "b"}, **dict.fromkeys(names))
            assert done["metadata"] == {"a": "b"} and done["output_modalities"] == ["audio"]
            assert mind.asked[0].instructions == "Session."

    run(use)


def test_a_prompt_becomes_the_instructions(prompts: Path) -> None:
    async def use() -> None:
        mind = Mind(hello)
        async with Desk(mind, prompts=prompts) as desk:
            prompt: Json = {"id": "guide", "variables": {"city": "Rome"}}
            session = (await desk.update(prompt=prompt))["session"]
            assert (session["prompt"], session["instructions"]) == (prompt, "Guide through Rome.")
            assert (await desk.update(prompt=prompt, instructions="Own."))["session"]["instructions"] == "Own."
            cleared = (await desk.update(prompt=None))["session"]
            assert (cleared["prompt"], cleared["instructions"]) == (None, "Own.")
            await desk.respond(prompt={**prompt, "variables": {"city": "Oslo"}}, output_modalities=["text"])
            await desk.respond(prompt=prompt, instructions="Mine.", output_modalities=["text"])
            assert [request.instructions for request in mind.asked] == ["Guide through Oslo.", "Mine."]
            await desk.send("response.create", response={"prompt": {"id": "nobody"}})
            assert desk.error()["param"] == "response.prompt.id"
            await desk.update(prompt={"id": "guide"})
            assert desk.error()["param"] == "session.prompt.variables.city"

    run(use)


def test_instructions_and_tools_have_a_limit_together() -> None:
    async def use() -> None:
        long = " ".join(["word"] * 12_000)
        async with Desk(Mind(hello)) as desk:
            assert (await desk.update(instructions=long))["type"] == "session.updated"
            await desk.update(tools=[{"type": "function", "name": "f", "description": long}])
            assert desk.error()["param"] == "session.tools" and "16384" in desk.error()["message"]
            await desk.send("response.create", response={"instructions": long + long})
            assert desk.error()["param"] == "response.instructions"
            assert not desk.of("response.created")

    run(use)


def test_what_a_client_secret_carries_is_there_from_the_first_event_on(prompts: Path) -> None:
    config = {
        "instructions": "Be brief.",
        "audio": {"input": {"format": {"type": "audio/pcmu"}, "turn_detection": None}, "output": {"voice": "cedar"}},
    }

    async def use() -> None:
        async with Desk(opening=Opening(model="gpt-realtime", config=config), limits=Limits(session_s=60)) as desk:
            session = desk.events[0]["session"]
            assert session["instructions"] == "Be brief." and session["audio"]["output"]["voice"] == "cedar"
            assert session["audio"]["input"]["format"] == {"type": "audio/pcmu"}
            assert session["model"] == "gpt-realtime" and len(desk.events) == 1
        async with Desk(opening=Opening(model="m", config={"prompt": {"id": "gone"}}), prompts=prompts) as desk:
            assert [event["type"] for event in desk.events] == ["session.created", "error"]
            assert desk.events[0]["session"]["prompt"] is None

    run(use)


def test_a_transcription_session_has_settings_of_its_own() -> None:
    async def use() -> None:
        transcription = {"model": "gpt-live-transcribe", "delay": "low"}
        config = {"audio": {"input": {"transcription": transcription, "turn_detection": None}}}
        async with Desk(opening=Opening(kind="transcription", config=config)) as desk:
            session = desk.events[0]["session"]
            assert session["object"] == "realtime.transcription_session" and "output" not in session["audio"]
            assert "delay" not in session["audio"]["input"]["transcription"]
            assert desk.session._settings.input["transcription"]["delay"] == "low"
            await desk.update()
            assert "not allowed" in desk.error()["message"]
            for wrong in ({"instructions": "x"}, {"tools": []}, {"audio": {"output": {"voice": "ash"}}}):
                await desk.send("session.update", session={"type": "transcription", **wrong})
                assert desk.error()["code"] == "unknown_parameter"
            await desk.send("response.create")
            assert "response.create" in desk.error()["message"]
            await desk.send("response.cancel")
            assert desk.error()["code"] == "response_cancel_not_active"
            updated = await desk.send(
                "session.update",
                session={"type": "transcription", "audio": {"input": {"transcription": None}}},
            )
            assert updated[0]["type"] == "session.updated"
            assert desk.session._settings.input["transcription"] is None

    run(use)


def test_the_voice_of_the_first_audio_holds_for_updates_and_responses() -> None:
    async def use() -> None:
        async with Desk(Mind(hello)) as desk:
            done = await desk.respond(audio={"output": {"voice": "echo"}})
            item_id = done["output"][0]["id"]
            await desk.send("conversation.item.truncate", item_id=item_id, content_index=0, audio_end_ms=0)
            await desk.update(audio={"output": {"voice": "ash"}})
            assert desk.error()["code"] == "cannot_update_voice"
            await desk.send("response.create", response={"audio": {"output": {"voice": "alloy"}}})
            assert desk.error()["param"] == "response.audio.output.voice"
            # The session's own, which was overridden then, is no reason to refuse everything from now on.
            assert (await desk.update(instructions="Be brief."))["type"] == "session.updated"
            assert (await desk.respond())["audio"]["output"]["voice"] == "echo"
            assert (await desk.update(audio={"output": {"voice": "echo"}}))["type"] == "session.updated"

    run(use)


def test_the_end_of_a_prompt_brings_back_what_stood_before(prompts: Path) -> None:
    async def use() -> None:
        prompt = {"id": "guide", "variables": {"city": "Paris"}}
        async with Desk(Mind(hello), prompts=prompts) as desk:
            await desk.update(instructions="Be brief.")
            for city in ("Paris", "Rome"):
                updated = await desk.update(prompt={"id": "guide", "variables": {"city": city}})
                assert updated["session"]["instructions"] == f"Guide through {city}."
            assert (await desk.update(prompt=None))["session"]["instructions"] == "Be brief."
            await desk.update(prompt=prompt)
            await desk.update(instructions="My own.")
            assert (await desk.update(prompt=None))["session"]["instructions"] == "My own."

    run(use)


def test_an_option_goes_with_its_transcription_model() -> None:
    async def use() -> None:
        async with Desk(Mind(hello)) as desk:

            def of(**transcription: Any) -> Json:
                return {"input": {"transcription": transcription}}

            await desk.update(audio=of(model="gpt-live-transcribe", delay="low", keywords=["rtnb"]))
            assert desk.session._settings.input["transcription"]["delay"] == "low"
            await desk.update(audio=of(model="whisper-1", delay="low"))
            assert desk.error()["param"] == "session.audio.input.transcription.delay"
            updated = await desk.update(audio=of(model="whisper-1", language="en"))
            assert updated["session"]["audio"]["input"]["transcription"] == {
                "model": "whisper-1",
                "language": "en",
                "prompt": None,
            }
            assert "delay" not in desk.session._settings.input["transcription"]
            unknown = await desk.update(audio=of(model="my-whisper", delay="low", languages=["en"]))
            assert unknown["type"] == "session.updated"

    run(use)


def test_a_transcription_model_that_nobody_has_is_refused() -> None:
    path = "session.audio.input.transcription.model"

    def named(name: str, **how: Any) -> Json:
        config = {"audio": {"input": {"transcription": {"model": name}}}}
        options = Options(strict_models=bool(how.pop("strict", False)))
        return opened(options, Opening(model="gpt-realtime", config=config, **how)).config["audio"]["input"]

    for name, how in (
        ("gpt-banana", {}),
        ("gpt-realtime", {}),
        ("gpt-6-transcribe", {"strict": True}),
        ("gpt-banana", {"beta": True}),
    ):
        with pytest.raises(Refused) as caught:
            named(name, **how)
        problem = caught.value.problem
        assert (problem.code, problem.param) == ("invalid_value", path)
        assert problem.message.startswith(f"Invalid value: '{name}'. Supported values are: 'whisper-1', ")
        assert "'gpt-4o-mini-transcribe'" in problem.message
    for name, how in (
        ("gpt-6-transcribe", {}),
        ("gpt-4o-transcribe-latest", {}),
        ("whisper-1", {"strict": True}),
        ("my-ears", {"deployments": True}),
    ):
        assert named(name, **how)["transcription"]["model"] == name


def test_a_refused_transcription_model_changes_nothing() -> None:
    async def use() -> None:
        async with Desk(Mind(hello)) as desk:
            before = desk.session._settings.config
            for event in ({"instructions": "x"}, {}):
                await desk.update(audio={"input": {"transcription": {"model": "gpt-banana"}}}, **event)
                assert desk.error()["code"] == "invalid_value"
            assert desk.session._settings.config == before

    run(use)


def test_settings_are_checked_without_a_session(prompts: Path) -> None:
    opening = Opening(model="gpt-realtime", config={"prompt": {"id": "guide", "variables": {"city": "Paris"}}})
    assert opened(Options(prompts=prompts), opening).config["instructions"] == "Guide through Paris."
    for config, param in (
        ({"instructions": "word " * 20_000}, "session.instructions"),
        ({"prompt": {"id": "nobody"}}, "session.prompt.id"),
        ({"audio": {"output": {"voice": "nobody"}}}, "session.audio.output.voice"),
    ):
        with pytest.raises((Refused, UpdateRefused)) as caught:
            opened(Options(prompts=prompts), Opening(model="gpt-realtime", config=config))
        assert caught.value.problem.param == param


def test_what_is_far_too_long_is_not_even_counted(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*args: object) -> None:
        raise AssertionError("counted")

    monkeypatch.setattr("rtnb.server.answer.metering.settings_tokens", refuse)
    with pytest.raises(Refused, match="but have more than 16384"):
        opened(Options(), Opening(model="gpt-realtime", config={"instructions": "x" * 300_000}))
