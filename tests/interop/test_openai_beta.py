"""The official ``openai`` package, beta shape."""

from __future__ import annotations

from support.interop import Client

CLIENT = Client(environment="", program="openai_beta.py")


def test_text_turn(run):
    talk = run("text")
    assert talk.line.beta
    assert [sorted(modalities) for modalities in talk["modalities"]] == [["audio", "text"], ["text"]]
    assert talk["temperature"] == 0.7
    assert talk["item"] == "What is six times seven?"
    assert "42" in talk["answer"]["text"]
    assert talk["answer"]["usage"] > 0


def test_spoken_turn(run):
    answer = run("audio")["answer"]
    assert "capital of france" in answer["heard"].lower()
    assert "Paris" in answer["transcript"]
    assert answer["audio_bytes"] > 24000


def test_tool_round_trip(run):
    talk = run("tool")
    assert talk["call"] == {"name": "get_weather", "arguments": {"city": "Paris"}}
    assert "23" in talk["answer"]["text"]


def test_interruption(run):
    talk = run("interrupt")
    assert talk["status"] == ["cancelled", "client_cancelled"]
    assert talk["truncated_ms"] == 700
    assert "42" in talk["answer"]["transcript"]


def test_out_of_band_response(run):
    talk = run("out_of_band")
    assert talk["conversation"] is None
    assert talk["metadata"] == {"topic": "sum"}
    assert "5" in talk["text"]


def test_azure_address(run):
    talk = run("azure")
    assert talk.line.path.startswith("/openai/realtime?")
    assert "deployment=gpt-4o-realtime-preview" in talk.line.path
    assert "42" in talk["answer"]["text"]


def test_session_made_over_rest(run):
    talk = run("secret")
    assert talk["value"] == "ek_"
    assert talk["instructions"] == "Be brief."
    assert talk["modalities"] == ["text"]
