"""``livekit-plugins-openai``, which names items itself and waits for the server to take each of them."""

from __future__ import annotations

from support.interop import Client

CLIENT = Client(environment="livekit", program="livekit_agents.py")


def test_text_turn(run):
    talk = run("text")
    assert talk["errors"] == []
    assert "42" in talk["answer"]
    assert talk["audio_ms"] == 0
    assert [role for role, _ in talk["history"]] == ["user", "assistant"]
    (created,) = talk.line.down("response.created")
    assert created["response"]["metadata"]["client_event_id"]


def test_spoken_turn(run):
    talk = run("audio")
    assert talk["errors"] == []
    assert "capital of france" in talk["heard"][0].lower()
    assert "Paris" in talk["answer"]
    assert talk["audio_ms"] > 500


def test_spoken_turn_as_the_package_sets_it(run):
    talk = run("vad")
    assert talk["errors"] == []
    assert "capital of france" in talk["heard"][0].lower()
    assert "Paris" in talk["answer"]
    assert talk["audio_ms"] > 500


def test_tool_round_trip(run):
    talk = run("tool")
    assert talk["errors"] == []
    assert talk["name"] == "get_weather"
    assert talk["called"] == ["Paris"]
    assert "23" in talk["answer"]
    assert [role for role, _ in talk["history"]] == ["user", "function_call", "function_call_output", "assistant"]


def test_interruption_cancels_then_truncates(run):
    talk = run("interrupt")
    assert talk["errors"] == []
    sent = [event["type"] for event in talk.line.up()]
    assert sent.index("response.cancel") < sent.index("conversation.item.truncate")
    first, second = talk.line.down("response.done")
    assert first["response"]["status"] == "cancelled"
    assert second["response"]["status"] == "completed"
    (truncated,) = talk.line.down("conversation.item.truncated")
    assert truncated["audio_end_ms"] == 700
    assert talk["first_ms"] > 700
    assert "42" in talk["answer"]


def test_barge_in(run):
    talk = run("barge_in")
    assert talk["errors"] == []
    first, second = talk.line.down("response.done")[:2]
    assert first["response"]["status_details"]["reason"] == "turn_detected"
    assert second["response"]["status"] == "completed"
    assert "Paris" in talk["answer"]


def test_agent_session_runs_the_tools_of_its_agent(run):
    talk = run("agent_session")
    assert talk["events"] == ["function_call", "function_call_output", "message"]
    assert talk["called"] == ["Paris"]
    weather, product = talk["said"]
    assert "23" in weather
    assert "42" in product


def test_azure_address(run):
    talk = run("azure")
    assert talk["errors"] == []
    assert talk.line.path.startswith("/openai/realtime?")
    assert "42" in talk["answer"]


def test_conversation_is_carried_into_a_new_session(run):
    talk = run("reconnect")
    assert talk["errors"] == []
    assert "42" in talk["answer"]
    carried = [event["item"]["type"] for event in talk.lines[-1].down("conversation.item.added")]
    assert carried[:4] == ["message", "function_call", "function_call_output", "message"]


def test_conversation_edited(run):
    talk = run("edit")
    assert talk["errors"] == []
    assert [words for _, words in talk["history"]] == ["One.", "Between.", "Three."]
    assert len(talk.line.down("conversation.item.deleted")) == 1
