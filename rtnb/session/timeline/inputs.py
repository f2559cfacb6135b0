"""The user's side of a timeline: speech that turn detection heard, and what was committed."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from rtnb.session.conversation.reducer import Conversation
from rtnb.session.conversation.state import ItemState, SpeechState
from rtnb.session.timeline.shapes import Commit, Speech
from rtnb.session.views.snapshots import Observer

__all__ = ["commits_of", "speech_of"]


def speech_of(observer: Observer, spans: Sequence[SpeechState], turn: int) -> Iterable[Speech]:
    """The spans of a turn: audio time as the server said it, put on the session's clock."""
    for span in spans:
        placed = observer.span(span)
        yield Speech(
            start_s=placed.start_s,
            end_s=placed.end_s,
            prefix_s=placed.prefix_s,
            silence_s=placed.silence_s,
            started_s=span.started_s,
            stopped_s=span.stopped_s,
            audio_start_ms=span.audio_start_ms,
            audio_end_ms=span.audio_end_ms,
            item_id=span.item_id,
            turn=turn,
        )


def commits_of(talk: Conversation, items: Iterable[ItemState], turn: int) -> Iterable[Commit]:
    """The input audio that became items."""
    rate = talk.clock.bytes_per_ms
    for item in items:
        if item.committed_s is None or item.input_bytes is None:
            continue
        start, end = item.input_bytes
        yield Commit(
            t_s=item.committed_s,
            sent_s=None,
            item_id=item.id,
            audio_start_ms=start // rate,
            audio_end_ms=end // rate,
            turn=turn,
        )
