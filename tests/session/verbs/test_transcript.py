"""Transcripts as values."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from rtnb.session.verbs.transcript import LogProb, Segment, Transcript


def segment(text: str, start_s: float = 0.0, end_s: float = 1.0, **members: object) -> Segment:
    return Segment(text=text, start_s=start_s, end_s=end_s, **members)  # type: ignore[arg-type]


def test_text_errors_and_probabilities_are_those_of_the_segments() -> None:
    said = Transcript(
        segments=(
            segment(" Hello. ", logprobs=(LogProb("Hello", -0.1),)),
            segment("", error="too loud"),
            segment("Bye."),
        )
    )
    assert (said.text, said.errors, len(said.logprobs)) == ("Hello. Bye.", ("too loud",), 1)
    assert str(said) == said.text and "3 segments" in repr(said)


def test_subtitles_name_speakers_and_leave_silence_out() -> None:
    said = Transcript(segments=(segment("Hi.", 0.0, 1.5, speaker="A"), segment("  "), segment("Bye.", 3600.0, 3601.25)))
    assert said.to_srt() == ("1\n00:00:00,000 --> 00:00:01,500\nA: Hi.\n\n2\n01:00:00,000 --> 01:00:01,250\nBye.\n")


@given(st.floats(0, 90_000), st.floats(0, 90_000))
def test_any_time_can_be_written(start_s: float, end_s: float) -> None:
    times = Transcript(segments=(segment("x", start_s, end_s),)).to_srt().splitlines()[1]
    assert len(times.split(" --> ")) == 2 and "-" not in times.replace(" --> ", "")
