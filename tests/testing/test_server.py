"""The server for a test: what it tells of those who talk to it, and what it says when it waits in vain."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from support.wire import Wire

import rtnb
from rtnb.testing import RtnbServer

SCENARIO = {
    "rules": [
        {"on": "table", "call": {"name": "book_table", "arguments": {"people": 2}}},
        {"on": {"tool": "book_table"}, "say": "You have table {output}."},
        {"on": {"any": True}, "say": "Good evening."},
    ]
}


@pytest.fixture
def server() -> Iterator[RtnbServer]:
    with RtnbServer(SCENARIO, voice="tone") as running:
        yield running


def test_where_it_is(server: RtnbServer, monkeypatch: pytest.MonkeyPatch) -> None:
    import os

    import httpx

    server.use(monkeypatch)
    assert os.environ["REALTIME_URL"] == server.url
    assert server.key not in repr(server)
    models = httpx.get(
        f"{os.environ['OPENAI_BASE_URL']}/models", headers={"Authorization": f"Bearer {server.key}"}, trust_env=False
    )
    assert models.status_code == 200


def test_calls_are_told_with_what_came_of_them(server: RtnbServer) -> None:
    def book_table(people: int) -> int:
        """Book."""
        return 12

    with rtnb.connect(server.url, key=server.key, modalities=["text"], tools=[book_table], instructions="Hi.") as s:
        s.ask("A table, please.")
    server.wait_closed()
    server.assert_called("book_table", people=2)
    server.assert_said("you have table 12")
    server.assert_sent("conversation.item.create", item={"type": "function_call_output", "output": "12"})
    assert server.tool_calls[0].output == "12"
    assert server.session.config["instructions"] == "Hi."
    assert server.session.model == "gpt-realtime-2.1"
    assert [item["type"] for item in server.session.items] == [
        "message",
        "function_call",
        "function_call_output",
        "message",
    ]
    with pytest.raises(
        AssertionError, match=r"book_table\(people=3\) was not called; the calls were book_table\(people=2\)"
    ):
        server.assert_called("book_table", people=3)
    with pytest.raises(AssertionError, match=r"no input_audio_buffer\.append; it sent session.update"):
        server.assert_sent("input_audio_buffer.append")


def test_waiting_in_vain_tells_what_came(server: RtnbServer) -> None:
    with pytest.raises(
        AssertionError, match=r"(?s)After 0.01 s there was no 1 x response.done.*No client has connected"
    ):
        server.wait_for("response.done", timeout_s=0.01)
    with pytest.raises(AssertionError, match="No session has begun"):
        _ = server.session
    with Wire(server.url, key=server.key) as wire:
        wire.update(output_modalities=["text"])
        wire.ask({"type": "response.create"}, "rate_limits.updated")
        assert server.wait_for("response.done")["response"]["status"] == "completed"
        with pytest.raises(AssertionError, match=r"(?s)no 2 x response.done.*→ response.create.*← response.done"):
            server.wait_for("response.done", count=2, timeout_s=0.05)
        server.wait_until(lambda server: len(server.received("response.create")) == 1)


def test_the_openai_package_finds_it_by_its_variables(server: RtnbServer, monkeypatch: pytest.MonkeyPatch) -> None:
    import asyncio

    import openai

    async def talk() -> str:
        async with openai.AsyncOpenAI().realtime.connect(model="gpt-realtime") as connection:
            return (await connection.recv()).type

    monkeypatch.setenv("OPENAI_BASE_URL", "https://api.example.com/v1")
    server.use(monkeypatch)
    assert asyncio.run(talk()) == "session.created"
    assert openai.OpenAI().models.list().data
    assert len(server.sessions) == 1


def asked(server: RtnbServer) -> str:
    with rtnb.connect(server.url, key=server.key, modalities=["text"]) as s:
        return s.ask("Hello!").status


def test_another_scenario_brings_its_own_faults_only() -> None:
    first = {**SCENARIO, "faults": [{"fail": "First.", "times": 2}]}
    with RtnbServer(first, faults=[{"delay": 0, "on": "response.done"}], voice="tone") as server:
        server.play(first)
        assert [each.fault.text for each in server.faults.armed] == [
            "delay: 0, on: response.done",
            "fail: First., times: 2",
        ]
        assert asked(server) == "failed"
        server.faults.add(delay=0, on="response.created")
        server.play(SCENARIO)
        assert asked(server) == "completed"
        assert {each.fault.text for each in server.faults.armed} == {
            "delay: 0, on: response.done",
            "delay: 0, on: response.created",
        }
        with pytest.raises(rtnb.errors.ConfigError):
            server.play({"rules": [], "faults": [{"drop": "abort"}]})
        assert asked(server) == "completed"
        assert "failures on purpose: " in server.report()


def test_errors_are_held_against_it(server: RtnbServer) -> None:
    server.assert_no_errors()
    with Wire(server.url, key=server.key) as wire:
        wire.ask({"type": "response.cancel"}, "error")
    with pytest.raises(AssertionError, match="There were errors: response_cancel_not_active"):
        server.assert_no_errors()


@pytest.mark.local
def test_speech_is_heard_where_the_session_does_not_transcribe() -> None:
    with RtnbServer(SCENARIO) as server:
        with Wire(server.url, key=server.key) as wire:
            wire.next()
            wire.update(audio={"input": {"turn_detection": None, "transcription": None}}, output_modalities=["text"])
            wire.append(server.speak("I would like a table for two, please.").to_pcm16())
            wire.ask({"type": "input_audio_buffer.commit"}, "input_audio_buffer.committed")
            server.assert_heard("a table for two")
            with pytest.raises(AssertionError, match="'soup of the day' was not heard; what was heard: 'I would like"):
                server.assert_heard("soup of the day")
        assert "table" in server.hear(server.session.audio_in)
