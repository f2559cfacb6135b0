"""One server for all clients, spoken questions, and what must hold for every talk."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from support.interop import Client, Line, Recorder, Served
from support.require import require_module

import rtnb

Json = dict[str, Any]

SCENARIO = Path(__file__).parent / "scenario.yaml"


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    here = Path(__file__).parent
    for item in items:
        if here in item.path.parents:
            item.add_marker(pytest.mark.interop)


@pytest.fixture(scope="session")
def serving(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[[str], str]]:
    """Addresses of ``rtnb serve`` by brain; RTNB_INTEROP_URL names a server to be used for all instead."""
    require_module("ctranslate2")
    running: dict[str, Served] = {}

    def serving(brain: str) -> str:
        if url := os.environ.get("RTNB_INTEROP_URL"):
            return url
        if brain not in running:
            running[brain] = Served(tmp_path_factory.mktemp("serve"), "--brain", brain)
        return running[brain].url

    yield serving
    for server in running.values():
        status = server.close()
        assert "Traceback" not in server.printed, server.printed[-4000:]
        assert status == 0, f"rtnb serve ended with {status}:\n{server.printed[-2000:]}"


@pytest.fixture
def served(request: pytest.FixtureRequest, serving: Callable[[str], str]) -> str:
    """The server of the module's ``BRAIN``; the scenario of these tests if it names none."""
    return serving(getattr(request.module, "BRAIN", f"script:{SCENARIO}"))


@pytest.fixture(scope="session")
def spoken(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder of questions as PCM16 at 24 kHz: one spoken by a person, one by rtnb's own voice (in G.711, too)."""
    from rtnb.audio.formats import PCM16, PCMU
    from rtnb.speech import load_voice_stack

    folder = tmp_path_factory.mktemp("spoken")
    weather = rtnb.Clip.load(rtnb.sample("weather_question")).to_pcm16(24000)
    (folder / "weather.pcm").write_bytes(weather)
    voice = load_voice_stack(lambda done, total, label: None).synthesizer
    samples = voice.synthesize("What is the capital of France?")
    (folder / "capital.pcm").write_bytes(PCM16.encode(samples, 24000))
    (folder / "capital-telephone.pcm").write_bytes(PCMU.encode(samples, 24000))
    return folder


@pytest.fixture
def recorder(served: str) -> Iterator[Recorder]:
    with Recorder(served) as running:
        yield running


class Talk:
    """Facts that a client told, and the recorded lines."""

    def __init__(self, facts: Json, lines: list[Line]):
        self.facts = facts
        self.lines = lines

    def __getitem__(self, name: str) -> Any:
        return self.facts[name]

    @property
    def line(self) -> Line:
        (line,) = self.lines
        return line


Run = Callable[..., Talk]


@pytest.fixture
def run(request: pytest.FixtureRequest, recorder: Recorder, served: str, spoken: Path) -> Iterator[Run]:
    """Runs a scenario of the module's ``CLIENT``; every event seen must be strictly valid, and none an error."""
    client: Client = request.module.CLIENT
    expected = 0
    root = served.replace("ws://", "http://").removesuffix("/realtime")

    def run(scenario: str, *, errors: int = 0, client: Client = client) -> Talk:
        nonlocal expected
        expected += errors
        try:
            facts = client.run(scenario, url=recorder.url, root=root, audio=spoken)
        except AssertionError as failure:
            digests = "\n\n".join(line.digest() for line in recorder.lines)
            raise AssertionError(f"{failure}\n\nOn the line:\n{digests}") from None
        return Talk(facts, recorder.lines)

    yield run
    assert not [problem for line in recorder.lines for problem in line.problems]
    errors = [error for line in recorder.lines for error in line.errors]
    assert len(errors) == expected, errors
