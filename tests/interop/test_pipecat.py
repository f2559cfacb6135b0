"""``pipecat-ai``, whose receive loop ends for good at any error that it does not know."""

from __future__ import annotations

from support.interop import Client

CLIENT = Client(environment="pipecat", program="pipecat_service.py")


def test_two_text_turns(run):
    talk = run("text")
    assert talk["errors"] == []
    assert "42" in talk["first"]
    assert "20" in talk["text"]
    appended = talk.line.up("conversation.item.create")[-1]
    assert appended["item"]["role"] == "system", "the package appends as system, so the server must answer system text"


def test_spoken_turn_decided_by_the_pipeline(run):
    talk = run("audio")
    assert talk["errors"] == []
    assert "capital of france" in " ".join(talk["heard"]).lower()
    assert "Paris" in talk["text"]
    assert talk["audio_bytes"] > 24000
    assert talk.line.up("input_audio_buffer.commit")


def test_barge_in_decided_by_the_server(run):
    talk = run("vad")
    assert talk["errors"] == []
    assert "capital of france" in " ".join(talk["heard"]).lower()
    assert talk["interruptions"]
    done = talk.line.down("response.done")
    assert [event["response"]["status"] for event in done] == ["cancelled", "completed"]
    assert talk.line.down("conversation.item.truncated")


def test_tool_round_trip(run):
    talk = run("tool")
    assert talk["errors"] == []
    assert talk["called"] == [{"city": "Paris"}]
    assert "23" in talk["text"]
    assert [role for role, _ in talk["history"]] == ["user", "assistant", "tool", "assistant"]


def test_interruption_decided_by_the_pipeline(run):
    talk = run("interrupt")
    assert talk["errors"] == []
    sent = [event["type"] for event in talk.line.up()]
    last = len(sent) - sent[::-1].index("input_audio_buffer.clear") - 1
    assert sent[last + 1 : last + 4] == ["input_audio_buffer.append", "response.cancel", "conversation.item.truncate"]
    first, second = talk.line.down("response.done")
    assert first["response"]["status"] == "cancelled"
    assert second["response"]["status"] == "completed"
    (truncated,) = talk.line.down("conversation.item.truncated")
    assert 0 < truncated["audio_end_ms"] <= talk["came_ms"] + 1000
    assert "42" in talk["text"]


def test_items_are_retrieved(run):
    talk = run("retrieve", errors=1)
    assert talk["errors"] == []
    assert talk["item"]["content"][0]["text"] == "What is six times seven?"
    assert talk["missing"]
    (error,) = talk.line.down("error")
    assert error["error"]["code"] == "item_retrieve_invalid_item_id"
    assert error["error"]["event_id"].startswith("rci_")
