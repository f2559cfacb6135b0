from __future__ import annotations

import pytest

from rtnb.protocol.explain import explainable_names
from rtnb.session.timeline.families import FAMILIES, FAMILY_LABELS, family_of


@pytest.mark.parametrize(
    ("kind", "family"),
    [
        ("input_audio_buffer.append", "audio in"),
        ("input_audio_buffer.speech_stopped", "turn detection"),
        ("conversation.item.truncated", "items"),
        ("conversation.item.input_audio_transcription.failed", "transcription"),
        ("response.output_audio_transcript.delta", "text"),
        ("response.audio_transcript.delta", "text"),
        ("response.text.delta", "text"),
        ("response.function_call_arguments.done", "tools"),
        ("response.mcp_call.failed", "tools"),
        ("response.content_part.added", "responses"),
        ("output_audio_buffer.started", "audio out"),
        ("rate_limits.updated", "session"),
        ("transcription_session.updated", "session"),
        ("error", "errors"),
        ("rtnb.connection.opened", "session"),
        ("rtnb.connection.lost", "errors"),
        ("rtnb.notice", "local"),
        ("", "session"),
    ],
)
def test_families(kind: str, family: str) -> None:
    assert family_of(kind) == family


def test_every_family_has_a_chip() -> None:
    assert tuple(FAMILY_LABELS) == FAMILIES
    met = {family_of(name) for name in explainable_names() if "." in name or name == "error"}
    assert met == set(FAMILIES)
