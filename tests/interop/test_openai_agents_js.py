"""npm ``@openai/agents-realtime``, which silently ignores events that do not fit its schemas: so effects count."""

from __future__ import annotations

from support.interop import Client

CLIENT = Client(environment="node", program="openai_agents.mjs")


def test_text_turn(run):
    talk = run("text")
    assert talk["errors"] == []
    user, assistant = talk["history"]
    assert user == ["user", "What is six times seven?"]
    assert assistant[0] == "assistant"
    assert "42" in assistant[1]
    assert talk["tokens"] > 0


def test_spoken_turn_with_manual_turns(run):
    talk = run("audio")
    assert talk["errors"] == []
    user, assistant = talk["history"]
    assert "capital of france" in user[1].lower()
    assert "Paris" in assistant[1]
    assert talk["audioBytes"] > 24000
    assert talk.line.down("conversation.item.retrieved")


def test_spoken_turn_as_the_package_sets_it(run):
    talk = run("vad")
    assert talk["errors"] == []
    user, assistant = talk["history"][:2]
    assert "capital of france" in user[1].lower()
    assert "Paris" in assistant[1]


def test_tool_round_trip(run):
    talk = run("tool")
    assert talk["errors"] == []
    assert talk["called"] == ["Paris"]
    assert [role for role, _ in talk["history"]] == ["user", "get_weather", "assistant"]
    assert "23" in talk["history"][1][1]
    assert "23" in talk["history"][2][1]


def test_interruption_cancels_then_truncates(run):
    talk = run("interrupt")
    assert talk["errors"] == []
    sent = [event["type"] for event in talk.line.up()]
    assert sent.index("response.cancel") < sent.index("conversation.item.truncate")
    first, second = talk.line.down("response.done")
    assert first["response"]["status"] == "cancelled"
    assert second["response"]["status"] == "completed"
    (truncated,) = talk.line.down("conversation.item.truncated")
    assert 0 < truncated["audio_end_ms"] <= talk["came"]
    assert "42" in talk["history"][-1][1]


def test_out_of_band_response(run):
    talk = run("out_of_band")
    assert talk["errors"] == []
    beside, _ = talk.line.down("response.done")
    assert beside["response"]["conversation_id"] is None
    assert beside["response"]["metadata"] == {"a": "b"}
    assert "42" in talk["history"][-1][1]
