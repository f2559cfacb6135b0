"""npm ``@copilotkit/aimock``: a Realtime server that nobody here wrote, as the peer of rtnb's own session."""

from __future__ import annotations

import json
import os
import shutil
import socket
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from support.interop import ENVIRONMENTS

import rtnb
from rtnb.errors import RtnbError

FIXTURES = [
    {
        "match": {"userMessage": "weather", "hasToolResult": False},
        "response": {"toolCalls": [{"name": "get_weather", "arguments": '{"city": "Paris"}'}]},
    },
    {"match": {"hasToolResult": True}, "response": {"content": "It is sunny in Paris."}},
    {"match": {"userMessage": "hello"}, "response": {"content": "Hello from elsewhere."}},
]


def program() -> list[str]:
    """What starts it; skips, or fails in CI, when its environment is not there."""
    folder = ENVIRONMENTS / "aimock"
    own = folder / "nodejs" / "bin" / "node"
    node = str(own) if own.exists() else shutil.which("node")
    if (folder / ".ready").exists() and node:
        return [node, str(folder / "node_modules" / "@copilotkit" / "aimock" / "dist" / "cli.js")]
    reason = folder / ".failed"
    what = reason.read_text().strip() if reason.exists() else "run 'make interop', which makes it"
    message = f"the environment of aimock is not there: {what}"
    if os.environ.get("RTNB_REQUIRE_ALL") == "1" and shutil.which("npm"):
        pytest.fail(f"{message} (and RTNB_REQUIRE_ALL=1 forbids skipping)")
    pytest.skip(message)


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@pytest.fixture(scope="module")
def url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    command = program()
    folder: Path = tmp_path_factory.mktemp("aimock")
    fixtures, printed = folder / "fixtures.json", folder / "printed.txt"
    fixtures.write_text(json.dumps({"fixtures": FIXTURES}))
    port = free_port()
    with printed.open("wb") as out:
        running = subprocess.Popen(
            [*command, "-p", str(port), "-f", str(fixtures)], stdin=subprocess.DEVNULL, stdout=out, stderr=out
        )
    try:
        end = time.monotonic() + 30
        while "listening" not in printed.read_text():
            assert running.poll() is None and time.monotonic() < end, printed.read_text()
            time.sleep(0.05)
        yield f"ws://127.0.0.1:{port}/v1/realtime"
    finally:
        running.terminate()
        running.wait(10)


def get_weather(city: str) -> str:
    """Say what the weather is in a city."""
    return f"sunny in {city}"


def test_a_talk_with_a_tool_its_recording_and_its_replay(url, tmp_path):
    with rtnb.connect(url, key="x", modalities=["text"], tools=[get_weather]) as s:
        assert s.ask("hello there", show=False, timeout=20).text == "Hello from elsewhere."
        turn = s.ask("How is the weather?", show=False, timeout=20)
        assert turn.text == "It is sunny in Paris."
        assert [call.output for call in turn.tool_calls] == ["sunny in Paris"]
        assert s.view().errors == ()
        events = [event.raw for event in s.events if event.direction != "local"]
        path = s.save(tmp_path / "talk.rtnb")
    again = rtnb.replay(path)
    assert [turn.assistant_text for turn in again.turns] == ["Hello from elsewhere.", "It is sunny in Paris."]
    replay = again.replay()
    replay.play("fast")
    assert replay.view() == again.view()
    assert replay.seek(0).turns == []
    # What any other program would have kept of it.
    log = tmp_path / "talk.jsonl"
    log.write_text("\n".join(map(json.dumps, events)))
    kept = rtnb.replay(log)
    assert [(t.user_text, t.assistant_text) for t in kept.turns] == [
        (t.user_text, t.assistant_text) for t in again.turns
    ]


def test_the_beta_shape_is_refused_as_live(url):
    with (
        pytest.raises(RtnbError, match=r"(?i)beta"),
        rtnb.connect(url, key="x", headers={"OpenAI-Beta": "realtime=v1"}),
    ):
        pass


def test_a_transcription_session_opens(url):
    with rtnb.transcription(url, key="x", turn_detection=None) as t:
        assert "session.created" in [event.type for event in t.events]
