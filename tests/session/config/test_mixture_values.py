from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rtnb.session.config.mixture_values import (
    NORMALISERS,
    audio_format,
    max_output_tokens,
    noise_reduction,
    tool_choice,
    tools,
    tracing,
    transcription,
    turn_detection,
    voice,
)

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from(["type", "function", "name", "enabled", "role", "content", "rate"]), inner)
    ),
    max_leaves=8,
)


@pytest.mark.parametrize("normaliser", NORMALISERS, ids=lambda one: ".".join(one.path))
@given(JSON)
def test_any_value_is_read_and_a_second_time_stays(normaliser: Any, value: Any) -> None:
    found, notes = normaliser.apply(value)
    assert (found == value) or notes, "nothing changes without a word"
    again, said = normaliser.apply(found)
    assert again == found and not said


@pytest.mark.parametrize(
    ("read", "value", "expected"),
    [
        (audio_format, "ulaw", {"type": "audio/pcmu"}),
        (audio_format, {"type": "g711_alaw"}, {"type": "audio/pcma"}),
        (audio_format, {"type": "audio/pcmu", "rate": 8000}, {"type": "audio/pcmu"}),
        (audio_format, {"type": "audio/pcm", "rate": 16000}, {"type": "audio/pcm", "rate": 16000}),
        (audio_format, "mp3", "mp3"),
        (transcription, {"enabled": True, "model": "whisper-1"}, {"model": "whisper-1"}),
        (transcription, {"enabled": False, "model": "whisper-1"}, None),
        (noise_reduction, "far_field", {"type": "far_field"}),
        (noise_reduction, False, None),
        (turn_detection, "server_vad", {"type": "server_vad"}),
        (turn_detection, {"eagerness": "low"}, {"type": "semantic_vad", "eagerness": "low"}),
        (turn_detection, {}, {}),
        (tools, {"name": "now"}, [{"type": "function", "name": "now"}]),
        (tools, "now", "now"),
        (tool_choice, {"name": "now"}, {"type": "function", "name": "now"}),
        (
            tool_choice,
            {"type": "mcp", "server_label": "a", "name": "b"},
            {"type": "mcp", "server_label": "a", "name": "b"},
        ),
        (tracing, False, None),
        (voice, "voice_1", {"id": "voice_1"}),
        (max_output_tokens, None, "inf"),
        (max_output_tokens, float("inf"), "inf"),
    ],
)
def test_values(read: Any, value: Any, expected: Any) -> None:
    found, notes = read(value)
    assert found == expected and bool(notes) == (found != value)
