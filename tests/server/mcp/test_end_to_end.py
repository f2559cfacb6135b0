"""The real thing on both sides: rtnb's own client, the embedded server on its socket, a real MCP server."""

from __future__ import annotations

import json
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from support.mcp_server import PATIENT, RealMcp, mcp_server

import rtnb
from rtnb.server.embedded import EmbeddedServer
from rtnb.server.options import Options

SENTINEL = "tok-SENTINEL-9"
QUESTION = "What is the weather in Paris?"


@pytest.fixture(scope="module")
def server() -> Iterator[EmbeddedServer]:
    server = EmbeddedServer(Options(mcp=PATIENT))
    server.start()
    yield server
    server.stop()


@pytest.fixture(scope="module")
def real() -> Iterator[RealMcp]:
    with mcp_server(token=SENTINEL) as found:
        yield found


def weather(real: RealMcp, **members: Any) -> rtnb.Mcp:
    return rtnb.Mcp("weather", url=real.url, authorization=SENTINEL, **members)


def test_a_question_is_answered_with_what_the_tool_gave_back(
    server: EmbeddedServer, real: RealMcp, tmp_path: Path
) -> None:
    tools = [weather(real, require_approval="never", headers={"X-Other": f"{SENTINEL}-too"})]
    with rtnb.connect(server.url, key=server.key, tools=tools, modalities="text", journal=tmp_path) as session:
        assert session.ask(QUESTION, show=False).text == "18 degrees and sunny in Paris."
        told = repr([event.body for event in session.events]) + repr(session) + repr(session.config)
        assert SENTINEL not in told and "mcp_call" in told
    written = [file.read_bytes() for file in tmp_path.rglob("*") if file.is_file()]
    assert any(b"mcp_call" in each for each in written) and not any(SENTINEL.encode() in each for each in written)
    assert real.headers[-1]["authorization"] == f"Bearer {SENTINEL}"


@pytest.mark.parametrize(("verdict", "answer"), [(True, "18 degrees"), ((False, "Not today."), "did not approve")])
def test_what_wants_approval_is_decided_by_the_users_function(
    server: EmbeddedServer, real: RealMcp, verdict: Any, answer: str
) -> None:
    asked = []

    def decide(approval: Any) -> Any:
        asked.append((approval.server, approval.tool, dict(approval.arguments)))
        return verdict

    with rtnb.connect(
        server.url, key=server.key, tools=[weather(real)], modalities="text", on_approval=decide
    ) as session:
        assert answer in session.ask(QUESTION, show=False).text
    assert asked == [("weather", "get_weather", {"city": "Paris"})]


def test_it_is_spoken(server: EmbeddedServer, real: RealMcp) -> None:
    with rtnb.connect(server.url, key=server.key, tools=[weather(real, require_approval="never")]) as session:
        turn = session.ask(QUESTION, show=False)
        assert "18 degrees" in turn.text.lower() or "eighteen" in turn.text.lower()


def test_a_client_secret_carries_what_opens_a_server_and_shows_it_to_nobody(
    server: EmbeddedServer, real: RealMcp
) -> None:
    tool = weather(real, require_approval="never").to_wire()
    body = json.dumps({"session": {"type": "realtime", "model": "gpt-realtime", "tools": [tool]}}).encode()
    address = server.url.replace("ws://", "http://").split("/v1")[0] + "/v1/realtime/client_secrets"
    request = urllib.request.Request(
        address, data=body, headers={"Content-Type": "application/json", "Authorization": f"Bearer {server.key}"}
    )
    with urllib.request.urlopen(request) as response:
        text = response.read().decode()
    assert SENTINEL not in text
    with rtnb.connect(server.url, key=json.loads(text)["value"], modalities="text") as session:
        assert session.ask(QUESTION, show=False).text == "18 degrees and sunny in Paris."
