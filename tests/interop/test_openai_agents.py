"""``openai-agents`` for Python, which checks every event with pydantic and reports what does not fit."""

from __future__ import annotations

from support.interop import Client

CLIENT = Client(environment="openai-agents", program="openai_agents.py")


def test_text_turn(run):
    talk = run("text")
    assert talk["errors"] == []
    user, assistant = talk["history"]
    assert user == ["user", "What is six times seven?"]
    assert assistant[0] == "assistant"
    assert "42" in assistant[1]
    assert len(talk.line.down("session.updated")) == len(talk.line.up("session.update")) == 2


def test_spoken_turn_with_manual_turns(run):
    talk = run("audio")
    assert talk["errors"] == []
    user, assistant = talk["history"]
    assert "capital of france" in user[1].lower()
    assert "Paris" in assistant[1]
    assert talk["audio_bytes"] > 24000


def test_spoken_turn_as_the_package_sets_it(run):
    talk = run("vad")
    assert talk["errors"] == []
    user, assistant = talk["history"][:2]
    assert "capital of france" in user[1].lower()
    assert "Paris" in assistant[1]
    updated = talk.line.down("session.updated")[-1]["session"]
    assert updated["audio"]["input"]["turn_detection"]["type"] == "semantic_vad"
    assert updated["tracing"] == "auto"


def test_tool_round_trip(run):
    talk = run("tool")
    assert talk["errors"] == []
    assert talk["called"] == ["Paris"]
    roles = [role for role, _ in talk["history"]]
    assert roles == ["user", "get_weather", "assistant"]
    assert "23" in talk["history"][-1][1]


def test_handoff(run):
    talk = run("handoff")
    assert talk["errors"] == []
    assert talk["called"] == ["Paris"]
    said = [words for role, words in talk["history"] if role == "assistant"]
    assert said[0] == "The manager speaking."
    assert "23" in said[1]
    last = talk.line.down("session.updated")[-1]["session"]
    assert last["instructions"] == "You are the manager."
    assert [tool["name"] for tool in last["tools"]] == ["get_weather"]


def test_interruption_truncates_then_cancels(run):
    talk = run("interrupt")
    assert talk["errors"] == []
    sent = [event["type"] for event in talk.line.up()]
    assert sent.index("conversation.item.truncate") < sent.index("response.cancel")
    first, second = talk.line.down("response.done")
    assert first["response"]["status"] == "cancelled"
    assert second["response"]["status"] == "completed"
    (truncated,) = talk.line.down("conversation.item.truncated")
    assert 0 < truncated["audio_end_ms"] < talk["came_ms"]
    assert "42" in talk["history"][-1][1]


def test_barge_in(run):
    talk = run("barge_in")
    assert talk["errors"] == []
    first, second = talk.line.down("response.done")[:2]
    assert first["response"]["status"] == "cancelled"
    assert first["response"]["status_details"]["reason"] == "turn_detected"
    assert second["response"]["status"] == "completed"
    assert talk.line.down("conversation.item.truncated")
    assert "Paris" in talk["history"][-1][1]


def test_out_of_band_response_stays_out_of_the_history(run):
    talk = run("out_of_band")
    assert talk["errors"] == []
    beside, _ = talk.line.down("response.done")
    assert beside["response"]["conversation_id"] is None
    assert beside["response"]["metadata"] == {"a": "b"}
    assert "42" in talk["history"][-1][1]
