"""The recorder lets everything through unchanged and keeps it."""

from __future__ import annotations

import pytest
from support.interop import Client, Frame, Line, Recorder, outcome
from support.wire import Wire

from rtnb.server import EmbeddedServer, Options


@pytest.fixture
def recorder(server: EmbeddedServer):
    with Recorder(server.url) as running:
        yield running


def test_frames_pass_both_ways_and_are_kept(server: EmbeddedServer, recorder: Recorder):
    with Wire(recorder.url, key=server.key) as wire:
        wire.next()
        wire.update(instructions="Be brief.")
    (line,) = recorder.lines
    assert line.path == "/v1/realtime?model=gpt-realtime-2.1"
    assert [event["type"] for event in line.down()] == ["session.created", "session.updated"]
    assert line.up("session.update")[0]["session"]["instructions"] == "Be brief."
    assert line.down() == wire.seen
    assert line.problems == line.errors == []


def test_the_server_chooses_the_subprotocol(recorder: Recorder):
    with Wire(recorder.url, subprotocols=["realtime", "openai-insecure-api-key.x"]) as wire:
        assert wire.socket.subprotocol == "realtime"
    assert not recorder.lines[0].beta


def test_beta_is_seen_and_judged_as_beta(server: EmbeddedServer, recorder: Recorder):
    with Wire(recorder.url, key=server.key, headers={"OpenAI-Beta": "realtime=v1"}) as wire:
        assert "modalities" in wire.next()["session"]
    (line,) = recorder.lines
    assert line.beta
    assert line.problems == []


def test_refusals_and_close_codes_reach_the_client():
    with EmbeddedServer(Options(api_key="right")) as server, Recorder(server.url) as recorder:
        with Wire(recorder.url, key="wrong") as wire:
            assert wire.closing()[0] == 3000
        (line,) = recorder.lines
        assert line.close is not None
        assert line.close[0] == 3000
        assert line.errors[0].startswith("invalid_api_key: ")


def test_what_a_strict_client_objects_to_is_found():
    line = Line("/", beta=False, frames=[Frame("down", {"type": "response.cancelled", "event_id": "event_1"})])
    assert line.problems == ["response.cancelled: type: 'response.cancelled' is not a server event"]


def test_a_digest_counts_runs_of_audio_once():
    append = Frame("up", {"type": "input_audio_buffer.append", "audio": "AAAA"})
    line = Line("/", beta=False, frames=[append, append, Frame("down", {"type": "error"})])
    assert line.digest().splitlines() == ["→ input_audio_buffer.append ...", "← error {}"]


def test_facts_are_told_among_other_lines():
    told = ['{"fact": true, "facts": {"a": 1}}', "a warning", '{"fact": true, "facts": {"b": 2}}']
    assert outcome(told) == {"a": 1, "b": 2}


def test_a_missing_environment_fails_where_nothing_may_be_skipped(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("RTNB_REQUIRE_ALL", "1")
    with pytest.raises(pytest.fail.Exception, match="make interop"):
        Client(environment="no-such-client", program="telling.py").command()
    monkeypatch.delenv("RTNB_REQUIRE_ALL")
    with pytest.raises(pytest.skip.Exception, match="make interop"):
        Client(environment="no-such-client", program="telling.py").command()
