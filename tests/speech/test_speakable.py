from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rtnb.speech.speakable import speakable


@pytest.mark.parametrize(
    ("written", "spoken"),
    [
        ("2 + 2 = 4.", "2 + 2 = 4."),
        ("10 - 3 = 7.", "10 minus 3 = 7."),
        ("12 − 4", "12 minus 4"),
        ("5-3=2", "5 minus 3=2"),
        ("7 * 8 = 56 and 7×8", "7 times 8 = 56 and 7 times 8"),
        ("100 / 4", "100 divided by 4"),
        ("10/2 = 5", "10 divided by 2 = 5"),
        ("2**10", "2 to the power of 10"),
        ("pages 3-5 and 1/2", "pages 3-5 and 1/2"),
        ("It is -5 or −5.", "It is -5 or -5."),
        ("It costs $4.50, not $4.", "It costs $4.50, not $4."),
        ("$0.0123", "0.0123 dollars"),
        ("-$4.50", "minus $4.50"),
        ("$32 per 1M tokens, 128k context", "$32 per 1 million tokens, 128 thousand context"),
        ("gpt-realtime-2.1", "gpt realtime 2.1"),
        ("gpt-realtime-2.1-mini or gpt-4o.", "gpt realtime 2.1 mini or gpt 4o."),
        ("state-of-the-art", "state-of-the-art"),
        ("at 14:30 on 2026-11-21", "at 14:30 on 2026-11-21"),
        ("https://platform.openai.com/docs now", "platform dot openai dot com, slash docs now"),
        ("See https://example.com.", "See example dot com."),
        ("(www.example.com)", "(example dot com)"),
        (
            "ws://127.0.0.1:8765/v1/realtime.",
            "127 dot 0 dot 0 dot 1, port 8765, slash v1 slash realtime.",
        ),
        ("sam@example.com", "sam@example.com"),
        ("session.update", "session dot update"),
        ("input_audio_buffer.append", "input audio buffer dot append"),
        ("silence_duration_ms", "silence duration milliseconds"),
        ("`rtnb.connect()` first", "rtnb dot connect first"),
        ("e.g. this, i.e. that", "for example this, that is that"),
        ("U.S. at 5 p.m.", "U.S. at 5 p.m."),
        ("P-A-R-I-S", "P, A, R, I, S"),
        ("Call 555-0199.", "Call 5, 5, 5, 0, 1, 9, 9."),
        ("1" * 17, ", ".join("1" * 17)),
        ("1,000,000,000,000", "1,000,000,000,000"),
        ("v1.2.3", "v1.2.3"),
        ("1.2.3", "1 point 2 point 3"),
        ("# Title\n- **one**\n- [two](https://x.y)", "Title\none\ntwo"),
        ("-16 dBFS and 6 dB", "-16 decibels full scale and 6 decibels"),
        ("", ""),
        ("...", ""),
        ("😀!", ""),
        ("你好", "你好"),
    ],
)
def test_what_is_written_is_said_so(written: str, spoken: str) -> None:
    assert speakable(written) == spoken


@given(st.text(max_size=200))
def test_any_text_is_taken(text: str) -> None:
    said = speakable(text)
    assert said == said.strip()
    assert not said or any(char.isalnum() for char in said)


@given(st.lists(st.sampled_from(["Hello", "there", "how", "are", "you,", "fine.", "Paris?", "42"]), max_size=12))
def test_plain_sentences_stay_as_they_are(words: list[str]) -> None:
    text = " ".join(words)
    assert speakable(text) == text


def test_no_pattern_runs_away() -> None:
    # A pattern that takes quadratic time would hold up the run for minutes here.
    for text in (
        "a." * 20000,
        "1-" * 20000,
        "x_" * 20000,
        "https://" + "a." * 20000,
        "[" * 20000,
        "*" * 20000,
        "-" * 20000,
        " \n" * 20000,
        "a-" * 20000 + "1",
        "**a" * 10000,
        "a" * 200000,
        "\n" * 200000,
    ):
        assert isinstance(speakable(text), str)
