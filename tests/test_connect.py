"""Which endpoint a word means, and how the embedded server is set up."""

from __future__ import annotations

import asyncio
import threading
from dataclasses import fields
from pathlib import Path
from typing import Any

import pytest
from support.chat_endpoint import ChatEndpoint, says
from support.wire import Wire

import rtnb
from rtnb._connect.places import SERVER_SETTINGS
from rtnb.errors import ConfigError
from rtnb.server.brains import BrainRequest, Say
from rtnb.server.local import LocalServer, shared_servers


def answer(text: str) -> str:
    return "Forty-two."


class Parrot:
    """A brain that knows how often it was asked."""

    name = "parrot"

    def __init__(self) -> None:
        self.asked = 0

    async def reply(self, request: BrainRequest) -> Any:
        self.asked += 1
        yield Say(f"Pieces of eight, {self.asked}!")


def servers_running() -> int:
    return sum(thread.name == "rtnb-server" for thread in threading.enumerate())


def ask(**settings: Any) -> str:
    with rtnb.connect("local", modalities=["text"], **settings) as s:
        return str(s.ask("What is the answer?", show=False).text)


@pytest.mark.parametrize("endpoint", ["", "azure", "http://127.0.0.1/", "ws://", "ws://exa mple/", "wss://[::1"])
def test_what_is_no_endpoint_is_refused_with_a_list_of_those_that_are(endpoint: str) -> None:
    with pytest.raises(ConfigError, match="embedded server"):
        rtnb.connect(endpoint)


def test_the_embedded_server_takes_no_key() -> None:
    with pytest.raises(ConfigError, match="no key"):
        rtnb.connect("local", key="sk-x")


def test_an_unknown_setting_lists_the_settings() -> None:
    with pytest.raises(ConfigError, match=r"'temperature'.*instructions, voice"):
        rtnb.connect(temperature=0.8)


def test_replay_needs_a_recording() -> None:
    with pytest.raises(rtnb.errors.RecordingError, match="no recording"):
        rtnb.replay("no-such.rtnb")


# The embedded server's own settings


def test_a_function_a_brain_and_a_name_answer(tmp_path: Path) -> None:
    (tmp_path / "scenario.yaml").write_text("rules:\n  - on: {any: true}\n    say: As it is written.\n")
    assert ask(brain=answer) == "Forty-two."
    assert ask(brain=Parrot()) == "Pieces of eight, 1!"
    assert ask(brain=f"script:{tmp_path / 'scenario.yaml'}") == "As it is written."
    assert ask(server=rtnb.LocalServer(brain=answer)) == "Forty-two."


def test_a_language_model_answers(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RTNB_CHAT_KEY", "sk-chat")
    with ChatEndpoint(says("It is sunny.")) as endpoint:
        assert ask(brain=rtnb.ChatBrain(url=endpoint.url, model="llama3.2")) == "It is sunny."
        monkeypatch.setenv("RTNB_CHAT_URL", endpoint.url)
        monkeypatch.setenv("RTNB_CHAT_MODEL", "qwen3")
        assert ask(brain="chat", instructions="Be brief.") == "It is sunny."
        assert [asked.body["model"] for asked in endpoint.asked] == ["llama3.2", "qwen3"]
        assert endpoint.asked[1].headers["authorization"] == "Bearer sk-chat"


def test_failures_on_purpose_are_those_of_the_plan(tmp_path: Path) -> None:
    (tmp_path / "faults.yaml").write_text("faults:\n  - {fail: server_error, on: response.created, times: 1}\n")
    with rtnb.connect(server=rtnb.LocalServer(brain=answer, faults=tmp_path / "faults.yaml"), modalities=["text"]) as s:
        failed, fine = s.ask("One?", show=False), s.ask("Two?", show=False)
    assert (failed.status, fine.status, fine.text) == ("failed", "completed", "Forty-two.")


def test_sessions_that_are_set_up_alike_share_a_server_and_others_do_not() -> None:
    parrot, before = Parrot(), servers_running()
    with (
        rtnb.connect(brain=parrot, modalities=["text"]) as one,
        rtnb.connect(server=rtnb.LocalServer(brain=parrot), modalities=["text"]) as two,
    ):
        assert servers_running() == before + 1
        with rtnb.connect(modalities=["text"]) as usual:
            assert servers_running() == before + 2
            assert usual.ask("What is 6 times 7?", show=False).text == "6 times 7 is 42."
        assert servers_running() == before + 1
        texts = [s.ask("Hello!", show=False).text for s in (one, two)]
    assert texts == ["Pieces of eight, 1!", "Pieces of eight, 2!"] and servers_running() == before


def test_async_sessions_and_transcriptions_take_them_too() -> None:
    async def asked() -> str:
        async with rtnb.AsyncSession(brain=answer, modalities=["text"]) as s:
            return str((await s.ask("What is the answer?")).text)

    assert asyncio.run(asked()) == "Forty-two."
    with rtnb.transcription(server=rtnb.LocalServer(detector="lag_ms=120")) as t:
        assert t is not None
    with pytest.raises(ConfigError, match="'brain'"):
        rtnb.transcription(brain=answer)


def test_a_secret_is_good_at_the_server_that_it_was_made_for() -> None:
    with rtnb.connect(brain=answer, modalities=["text"]):
        secret = rtnb.client_secret(brain=answer, instructions="Be brief.")
        server = next(each.server for each in _running() if each.settings == LocalServer(brain=answer))
        with Wire(server.url, key=secret.value, model=None) as wire:
            assert wire.next()["session"]["instructions"] == "Be brief."


def _running() -> list[Any]:
    return list(shared_servers()._running)


@pytest.mark.parametrize("endpoint", ["openai", "ws://user:secret@127.0.0.1:9/v1/realtime"])
@pytest.mark.parametrize("settings", [{"brain": answer}, {"server": LocalServer()}])
def test_elsewhere_they_set_up_nothing(endpoint: str, settings: dict[str, Any]) -> None:
    with pytest.raises(ConfigError, match="sets up the embedded server") as raised:
        rtnb.connect(endpoint, key="sk-x", **settings)
    assert "secret" not in str(raised.value)


def test_where_the_environment_names_another_endpoint_it_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RTNB_ENDPOINT", "openai")
    with pytest.raises(ConfigError, match="'openai', which RTNB_ENDPOINT names, is another one"):
        rtnb.connect(brain=answer)


@pytest.mark.parametrize(
    ("settings", "told"),
    [
        ({"brain": answer, "server": LocalServer()}, "Give the brain once"),
        ({"server": "fast"}, r"rtnb\.LocalServer, not str"),
        ({"brain": 7}, "brain is a name such as 'chat'"),
        ({"brain": "demon"}, "'demon' is no brain"),
        ({"detector": "lag_ms=3"}, r"connect\(server=rtnb\.LocalServer\(detector=\.\.\.\)\)"),
        ({"realtime_factor": 0}, "realtime_factor is a setting of the embedded server"),
    ],
)
def test_what_cannot_be_is_one_clear_error_and_leaves_nothing(settings: dict[str, Any], told: str) -> None:
    before = servers_running()
    with pytest.raises(ConfigError, match=told):
        rtnb.connect("local", **settings)
    assert servers_running() == before


def test_the_names_that_point_to_the_server_are_those_that_it_takes() -> None:
    assert {each.name for each in fields(LocalServer)} - {"brain"} == SERVER_SETTINGS
