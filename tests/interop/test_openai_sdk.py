"""The official ``openai`` package, GA shape, against the brain that users get when they name none."""

from __future__ import annotations

from support.interop import Client

BRAIN = "demo"
CLIENT = Client(environment="", program="openai_sdk.py")


def test_text_turn(run):
    talk = run("text")
    assert talk["session"] is True
    assert talk["vad"] == ["server_vad", None]
    assert "42" in talk["answer"]["text"]
    assert talk["answer"]["audio_bytes"] == 0
    assert all(count > 0 for count in talk["answer"]["tokens"])


def test_spoken_turn_is_heard_and_answered(run):
    answer = run("audio")["answer"]
    assert "capital of france" in answer["heard"].lower()
    assert "Paris" in answer["transcript"]
    assert answer["audio_bytes"] > 24000
    assert answer["audio_bytes"] % 2 == 0


def test_the_server_ends_the_turn_of_a_speaker(run):
    talk = run("vad")
    start, stop = talk["spoke_ms"]
    assert 0 <= start < 700
    assert 1500 < stop < 3500
    assert talk["answer"]["transcript"]
    (created,) = talk.line.down("response.created")
    assert not talk.line.up("response.create")
    assert created["response"]["conversation_id"]


def test_tool_round_trip(run):
    talk = run("tool")
    assert talk["call"] == {"name": "get_weather", "arguments": {"city": "Paris"}}
    assert "23" in talk["answer"]["text"]


def test_picture_is_known_by_kind_and_size(run):
    answer = run("image")["answer"]["text"]
    assert "PNG" in answer
    assert "64" in answer
    assert "48" in answer


def test_interruption(run):
    talk = run("interrupt")
    assert talk["status"] == ["cancelled", "client_cancelled"]
    assert talk["truncated"] == "conversation.item.truncated"
    assert talk["kept_ms"] == 700
    assert not talk["kept_transcript"]
    assert "42" in talk["answer"]["transcript"]


def test_out_of_band_responses(run):
    talk = run("out_of_band")
    assert "5" in talk["beside"]["sum"]
    assert "20" in talk["beside"]["product"]
    assert talk["conversation"] is None
    assert "42" in talk["answer"]["text"]
    added = talk.line.down("conversation.item.added")
    assert [event["item"]["role"] for event in added] == ["user", "assistant"], (
        "only the one turn is in the conversation"
    )


def test_client_secret_and_models(run):
    talk = run("secret")
    assert talk["value"] == "ek_"
    assert talk["instructions"] == "Be brief."
    assert talk["modalities"] == ["text"]
    assert "gpt-realtime-2.1" in talk["models"]


def test_transcription_session(run):
    talk = run("transcription")
    assert talk["kind"] == "transcription"
    assert "weather" in talk["heard"].lower()
    assert talk["deltas"].strip() == talk["heard"].strip()


def test_error_names_the_event(run):
    talk = run("mistake", errors=1)
    assert talk["code"] == "unknown_parameter"
    assert talk["param"] == "session.foo"
    assert talk["event"] == "mine"
    assert talk["modalities"] == ["text"]
