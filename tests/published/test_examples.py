"""Every code example of four published documents has an outcome, and it is this one."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from support.examples import FILE, TABLE, Example, errors, examples, play, table
from support.wire import Wire

from rtnb.server import EmbeddedServer
from rtnb.server.brains import BrainRequest, Call, Say
from rtnb.server.brains.base import Piece
from rtnb.server.options import Options

BETA = {"OpenAI-Beta": "realtime=v1"}

DATA = json.loads(FILE.read_text(encoding="utf-8"))


def of(*how: str) -> Any:
    chosen = [example for example in examples() if example.how in how]
    return pytest.mark.parametrize("example", chosen, ids=[example.name for example in chosen])


class Mind:
    """Calls the tool that it must, and says the same for everything else: what is tested is the protocol."""

    name = "mind"

    async def reply(self, request: BrainRequest) -> AsyncIterator[Piece]:
        if request.tools and request.tool_choice != "auto" and request.messages[-1].role != "tool":
            yield Call(name=request.tools[0]["name"], arguments=json.dumps({"location": "Paris", "orderId": "42"}))
        else:
            yield Say("That is no trouble at all. I will look into it, and then we shall see what can be done.")


@pytest.fixture(scope="module")
def serving(tmp_path_factory: pytest.TempPathFactory) -> Iterator[EmbeddedServer]:
    prompts: Path = tmp_path_factory.mktemp("prompts")
    (prompts / "pmpt_123@89.md").write_text("Talk about {{city}}.", encoding="utf-8")
    (prompts / "pmpt_123.md").write_text("Talk about {{city}}.", encoding="utf-8")
    with EmbeddedServer(Options(brain=Mind(), prompts=prompts)) as running:
        running.wait_warm(lambda done, total, label: None)
        yield running


@pytest.fixture
def web(serving: EmbeddedServer) -> Iterator[httpx.Client]:
    base = serving.url.replace("ws://", "http://").removesuffix("/v1/realtime")
    with httpx.Client(base_url=base, headers={"Authorization": f"Bearer {serving.key}"}, trust_env=False) as client:
        yield client


def connect(example: Example, serving: EmbeddedServer, web: httpx.Client) -> Wire:
    key = serving.key
    if example.key == "client secret":
        answer = web.post("/v1/realtime/sessions", json={"model": "gpt-4o-realtime-preview", "voice": "alloy"})
        key = answer.json()["client_secret"]["value"]
    return Wire(serving.url, key=key, model="gpt-realtime", headers=BETA if example.how == "beta" else {})


@of("ga", "beta")
def test_events(example: Example, serving: EmbeddedServer, web: httpx.Client) -> None:
    with connect(example, serving, web) as wire:
        wire.until("session.created")
        play(wire, example.given)
        assert errors(wire) == []
        play(wire, example.steps)
        if example.outcome == "refused":
            told = wire.until("error")["error"]
            assert {name: told[name] for name in example.error} == example.error
            wire.seen.clear()
            play(wire, example.repaired)
        met = {error["code"]: error["message"] for error in errors(wire)}
        assert met.keys() <= set(example.tolerates), met
        assert set(example.sees) <= {event["type"] for event in wire.seen}
        # The session is as good as new.
        assert wire.ask({"type": "input_audio_buffer.clear"}, "input_audio_buffer.cleared")


@of("rest")
def test_requests(example: Example, web: httpx.Client) -> None:
    asked = example.request
    if "json" in asked:
        answer = web.post(asked["path"], json=asked["json"])
    else:
        answer = web.post(asked["path"], content=asked["body"], headers={"Content-Type": asked["content_type"]})
    assert answer.status_code == example.answer["status"]
    for path in example.answer["has"]:
        found = answer.json()
        for name in path.split("."):
            found = found[name]
        assert found


def test_every_example_names_its_outcome() -> None:
    assert {example.outcome for example in examples()} == set(DATA["outcomes"])
    for example in examples():
        assert example.title in DATA["titles"]
        if example.outcome == "refused":
            assert example.error["code"] and example.remedy
        if example.outcome == "runs after repair":
            assert example.repairs and example.program
    assert max(Counter(example.name for example in examples()).values()) == 1


def test_every_document_is_there() -> None:
    assert {example.title for example in examples()} | set(DATA["without_examples"]) == set(DATA["titles"])


def test_the_table_is_current() -> None:
    assert TABLE.read_text(encoding="utf-8") == table()
