"""Audio that the server has heard and made no item of yet: it is lost with the connection, and with nothing else."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from rtnb.protocol.envelope import Event

if TYPE_CHECKING:
    from rtnb.session.conversation.reducer import Conversation

__all__ = ["CREATED", "Unsettled"]

CREATED: Final = ("session.created", "transcription_session.created")
"""A connection begins, with an empty input buffer."""

_SETTLING: Final = frozenset(
    {
        ("sent", "input_audio_buffer.commit"),
        ("sent", "input_audio_buffer.clear"),
        ("received", "input_audio_buffer.committed"),
        ("received", "input_audio_buffer.cleared"),
        *(("received", created) for created in CREATED),
    }
)
"""After these nothing in the input buffer waits to become an item."""


class Unsettled:
    """How much of the input waits to become an item; told of each event after the conversation was."""

    def __init__(self) -> None:
        self._settled = 0

    def on_event(self, event: Event, talk: Conversation) -> None:
        """Take an event in."""
        if (event.direction, event.type) in _SETTLING:
            self._settled = talk.clock.total_bytes

    def manual(self, talk: Conversation) -> str:
        """Audio of a manual turn that is not committed, in words; empty where there is none."""
        waiting = talk.clock.total_bytes - self._settled
        if not waiting or talk.input_settings().get("turn_detection") is not None:
            return ""
        return f"{waiting / talk.clock.bytes_per_ms / 1000:.1f} s of audio that was not committed"

    def dropped(self, talk: Conversation) -> str:
        """What the connection that just dropped took along, in words; empty where that is nothing."""
        lost_s = talk.connections[-1].lost_s if talk.connections else None
        # The drop ended the span of speech that was open.
        spoke = bool(talk.speech) and lost_s is not None and talk.speech[-1].stopped_s == lost_s
        if spoke and talk.clock.total_bytes > self._settled:
            return "What was being said"
        return self.manual(talk)
