"""npm ``openai-realtime-api``: OpenAI's first reference client in TypeScript, which throws at events out of order."""

from __future__ import annotations

from support.interop import Client

PROGRAM = "openai_realtime_api.mjs"
CLIENT = Client(environment="node", program=PROGRAM, flags=("--no-experimental-websocket",))
BROWSER = Client(environment="node", program=PROGRAM, flags=("--experimental-websocket",))
"""With a WebSocket of its own, as in browsers and newer Node, the client sends subprotocols in place of headers."""


def test_text_turn(run):
    talk = run("text")
    assert talk["errors"] == talk["uncaught"] == []
    assert talk.line.beta
    assert talk["first"] == "user"
    assert not talk["created"], "the client's own tests count events, and live does not send conversation.created"
    user, assistant = talk["history"]
    assert user == ["user", "What is six times seven?"]
    assert "42" in assistant[1]


def test_text_turn_as_in_a_browser(run):
    talk = run("text", client=BROWSER)
    assert talk["errors"] == talk["uncaught"] == []
    assert talk.line.beta
    assert "42" in talk["history"][1][1]


def test_spoken_turn(run):
    talk = run("audio")
    assert talk["errors"] == talk["uncaught"] == []
    user, assistant = talk["history"]
    assert "capital of france" in user[1].lower()
    assert "Paris" in assistant[1]
    assert talk["samples"] > 12000


def test_server_vad(run):
    talk = run("vad")
    assert talk["errors"] == talk["uncaught"] == []
    assert talk["interrupted"] == 1, "the client tells of each speech_started"
    user, assistant = talk["history"]
    assert "capital of france" in user[1].lower()
    assert "Paris" in assistant[1]


def test_tool_round_trip(run):
    talk = run("tool")
    assert talk["errors"] == talk["uncaught"] == []
    assert talk["called"] == ["Paris"]
    assert [kind for kind, _ in talk["history"]] == ["user", "function_call", "function_call_output", "assistant"]
    assert "23" in talk["history"][-1][1]


def test_interruption(run):
    talk = run("interrupt")
    assert talk["errors"] == talk["uncaught"] == []
    assert talk["kept"] == 16800
    first, second = talk.line.down("response.done")
    assert first["response"]["status"] == "cancelled"
    assert second["response"]["status"] == "completed"
    assert "42" in talk["history"][-1][1]
