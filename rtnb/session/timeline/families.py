"""Families of events: what a reader switches on and off together."""

from __future__ import annotations

from typing import Final, Literal, TypeAlias, get_args

__all__ = ["APPEND", "AUDIO_DELTAS", "COLLAPSING", "FAMILIES", "FAMILY_LABELS", "Family", "family_of"]

Family: TypeAlias = Literal["audio in", "turn detection", "items", "responses", "audio out", "text", "tools",
                            "transcription", "session", "errors", "local"]  # fmt: skip
"""What an event is about."""

FAMILIES: Final[tuple[Family, ...]] = get_args(Family)
"""In the order of chips."""

FAMILY_LABELS: Final[dict[Family, str]] = {
    "audio in": "Audio in",
    "turn detection": "Turn detection",
    "items": "Items",
    "responses": "Responses",
    "audio out": "Audio out",
    "text": "Text",
    "tools": "Tools",
    "transcription": "Transcription",
    "session": "Session and limits",
    "errors": "Errors",
    "local": "Notes of rtnb",
}
"""What chips say."""

_EXACT: Final[dict[str, Family]] = {
    "error": "errors",
    "rtnb.frame": "errors",
    "rtnb.connection.lost": "errors",
    "input_audio_buffer.append": "audio in",
    "input_audio_buffer.commit": "audio in",
    "input_audio_buffer.committed": "audio in",
    "input_audio_buffer.clear": "audio in",
    "input_audio_buffer.cleared": "audio in",
    "input_audio_buffer.speech_started": "turn detection",
    "input_audio_buffer.speech_stopped": "turn detection",
    "input_audio_buffer.timeout_triggered": "turn detection",
    "input_audio_buffer.dtmf_event_received": "audio in",
    "conversation.created": "session",
    "rate_limits.updated": "session",
    "rtnb.player": "audio out",
    "rtnb.playback": "audio out",
}

_BEGINNINGS: Final[tuple[tuple[str, Family], ...]] = (
    ("conversation.item.input_audio_transcription.", "transcription"),
    ("transcription_session.", "session"),
    ("session.", "session"),
    ("conversation.", "items"),
    ("input_audio_buffer.", "audio in"),
    ("output_audio_buffer.", "audio out"),
    ("response.function_call", "tools"),
    ("response.mcp", "tools"),
    ("mcp_list_tools.", "tools"),
    ("rtnb.tool.", "tools"),
    ("response.output_audio_transcript.", "text"),
    ("response.audio_transcript.", "text"),
    ("response.output_audio.", "audio out"),
    ("response.audio.", "audio out"),
    ("response.output_text.", "text"),
    ("response.text.", "text"),
    ("response.", "responses"),
    ("rtnb." + "connection.", "session"),
    ("rtnb.", "local"),
)

APPEND: Final = "input_audio_buffer.append"

AUDIO_DELTAS: Final = frozenset({"response.output_audio.delta", "response.audio.delta"})

COLLAPSING: Final = frozenset({APPEND, "rtnb.playback"})
"""Types that come many times a second, besides those that end in ``.delta``."""


def family_of(kind: str) -> Family:
    """The family of an event by its type, in the GA or the beta shape; an unknown one is of the session.

    Examples
    --------
    >>> family_of("response.output_audio.delta"), family_of("response.audio.delta"), family_of("response.done")
    ('audio out', 'audio out', 'responses')
    >>> family_of("conversation.item.input_audio_transcription.completed"), family_of("conversation.item.added")
    ('transcription', 'items')
    >>> family_of("something.new")
    'session'
    """
    exact = _EXACT.get(kind)
    if exact is not None:
        return exact
    return next((family for beginning, family in _BEGINNINGS if kind.startswith(beginning)), "session")
