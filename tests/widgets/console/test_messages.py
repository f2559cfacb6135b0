"""What a message says of itself, in every state that it can be in."""

from __future__ import annotations

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from rtnb.session.conversation.reducer import Conversation
from rtnb.session.conversation.state import ItemState, ResponseState, SpeechState
from rtnb.widgets.console.messages import TEXT_CHARS, heard_chars, message_row


def row_of(item: ItemState, response: ResponseState | None = None, talk: Conversation | None = None) -> dict[str, Any]:
    return message_row(item, response, talk or Conversation(), now_s=0.0)


@given(st.text(max_size=80), st.floats(0, 100), st.floats(0, 100))
def test_what_was_heard_is_a_part_of_what_was_said(text: str, heard_s: float, audio_s: float) -> None:
    count = heard_chars(text, heard_s, audio_s)
    assert 0 <= count <= len(text)
    assert heard_chars(text, heard_s / 2, audio_s) <= count or audio_s < heard_s


def test_speech_goes_from_listening_to_words() -> None:
    talk, item = Conversation(), ItemState("i", role="user")
    span = SpeechState("i", 0, 0.0)
    talk.spans_of["i"] = [span]
    row = row_of(item, talk=talk)
    assert (row["note"], row["streaming"], row["text"]) == ("listening…", True, "")
    span.stopped_s, span.audio_end_ms = 1.0, 1000
    item.committed_s, item.input_bytes, item.transcript_expected = 1.0, (0, 48000), True
    row = row_of(item, talk=talk)
    assert (row["note"], row["streaming"], row["audio_s"]) == ("writing down…", True, 1.0)
    item.partial = "Hel"
    assert row_of(item, talk=talk)["text"] == "Hel"
    item.transcript = "Hello."
    row = row_of(item, talk=talk)
    assert (row["text"], row["streaming"], row["note"], row["replayable"]) == ("Hello.", False, "", True)
    item.transcript = ""
    assert row_of(item, talk=talk)["note"] == "no words were understood"
    item.transcript, item.transcript_expected = None, False
    assert row_of(item, talk=talk)["note"] == "not transcribed"


def test_an_answer_says_why_it_is_not_whole() -> None:
    item = ItemState("i", role="assistant", pieces={0: ["Hello ", "there."]})
    for status, reason, error, words, tone in (
        ("completed", "", "", "", ""),
        ("incomplete", "max_output_tokens", "", "cut off at max_output_tokens", "warn"),
        ("cancelled", "client_cancelled", "", "stopped", "warn"),
        ("failed", "", "It broke.", "failed: It broke.", "bad"),
    ):
        row = row_of(item, ResponseState("r", 0.0, status, reason, error, done_s=1.0))
        assert (row["text"], row["note"], row["tone"], row["streaming"]) == ("Hello there.", words, tone, False)
    assert row_of(item, ResponseState("r", 0.0))["streaming"]


def test_a_text_that_is_enormous_is_cut_and_counted() -> None:
    row = row_of(ItemState("i", role="user", pieces={0: ["x" * (TEXT_CHARS + 7)]}))
    assert len(row["text"]) == TEXT_CHARS and row["cut"] == 7


def test_a_picture_is_described_and_never_carried() -> None:
    parts = [
        {"type": "input_image", "image_url": "data:image/png;base64,iVBORw0KGgo="},
        {"type": "input_image", "image_url": "https://example.org/x.png"},
        {"type": "input_image"},
    ]
    row = row_of(ItemState("i", role="user", wire={"content": parts}))
    assert [image["mime"] for image in row["images"]] == ["image/png", "", ""]
    assert "iVBOR" not in str(row) and "example.org" not in str(row)
