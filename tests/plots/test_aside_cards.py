"""Cards of asides and transcripts: what they say, in HTML, in text, and with pictures."""

from __future__ import annotations

import pytest

import rtnb
from rtnb import _display
from rtnb.plots.aside_cards import aside_card, both_card, transcript_card
from rtnb.pricing import cost, transcription_cost
from rtnb.session.verbs.aside_result import AsideResult, ModelTranscript
from rtnb.session.verbs.transcript import LogProb, Segment, Transcript
from rtnb.tokens import TokenUsage

WIRE = {
    "total_tokens": 30,
    "input_tokens": 20,
    "output_tokens": 10,
    "input_token_details": {"text_tokens": 20, "audio_tokens": 0, "cached_tokens": 0},
    "output_token_details": {"text_tokens": 10, "audio_tokens": 0},
}
SOUND = rtnb.Clip([0.0, 0.5, -0.5] * 8000, 24000)


def answer(**members: object) -> AsideResult:
    return AsideResult(  # type: ignore[arg-type]
        **{
            "text": "<b>billing</b>",
            "usage": TokenUsage.from_wire(WIRE),
            "cost": cost(WIRE, "gpt-realtime-2.1", "2026-11-21"),
            "elapsed_s": 0.5,
            "model": "gpt-realtime-2.1",
            "endpoint": "embedded server",
            **members,
        }
    )


def test_an_aside_says_what_it_took_and_escapes_what_was_said() -> None:
    html = str(aside_card(answer()))
    assert "&lt;b&gt;billing" in html and "outside of the conversation" in html and "0.50 s" in html and "$" in html
    bundle = _display.bundle(answer())
    assert set(bundle) == {"text/plain", "text/html"} and bundle["text/plain"].startswith("Aside: <b>billing</b>")


def test_why_it_was_not_completed_and_what_it_called() -> None:
    call = {"name": "look_up", "arguments": '{"id": 1}', "call_id": "c"}
    bundle = _display.bundle(answer(status="failed", status_details={"error": {"message": "No quota."}}, calls=(call,)))
    for shown in (bundle["text/plain"], bundle["text/html"]):
        assert "failed: No quota." in shown and "look_up(" in shown


def test_sound_is_drawn_and_played() -> None:
    bundle = _display.bundle(answer(audio=SOUND))
    assert "image/png" in bundle and "<audio" in bundle["text/html"]
    assert "image/png" not in _display.bundle(answer(audio=rtnb.Clip.silence(0.0)))


def test_two_transcripts_with_the_cost_of_each() -> None:
    built_in = transcription_cost({"type": "duration", "seconds": 2}, "gpt-transcribe", "2026-11-21")
    both = ModelTranscript(
        text="An auto accident.", built_in="An otto accident.", built_in_cost=built_in, result=answer()
    )
    html, text = str(both_card(both)), _display.bundle(both)["text/plain"]
    for shown in (html, text):
        assert "An otto accident." in shown and "gpt-transcribe, built in" in shown and "$0.00015" in shown
        assert "33.3% (1 of 3 words)" in shown
    alone = ModelTranscript(text="", result=answer())
    assert "(no speech)" in str(both_card(alone)) and "(none)" in str(both_card(alone))


def test_a_transcript_has_times_speakers_and_confidence_where_they_are_known() -> None:
    plain = Segment(text="Hello.", start_s=0.2, end_s=0.9)
    sure = Segment(text="Yes.", start_s=65.0, end_s=66.0, speaker="A", logprobs=(LogProb("Yes", -0.5),))
    said = Transcript(segments=(plain, sure), audio=SOUND, duration_s=1.0, name="call.wav", model="m", seconds=1)
    html = str(transcript_card(said))
    assert "0:00.2 – 0:00.9" in html and "1:05.0 – 1:06.0" in html and "0.61" in html and "speaker" in html
    bundle = _display.bundle(said)
    assert "image/png" in bundle and "1:05.0 – 1:06.0 Yes." in bundle["text/plain"]
    assert "confidence" not in str(transcript_card(Transcript(segments=(plain,))))


@pytest.mark.parametrize("done", [True, False])
def test_one_that_is_empty_or_grows(done: bool) -> None:
    growing = Segment(text="Hel", start_s=0, end_s=0, final=False)
    for segments in ((), (growing,)):
        bundle = _display.bundle(Transcript(segments=segments, done=done))
        assert ("listening" in bundle["text/plain"]) is not done and "image/png" not in bundle
    failed = Segment(text="", start_s=0, end_s=1, error="too loud")
    assert "(too loud)" in _display.bundle(Transcript(segments=(failed,)))["text/html"]
