"""Input audio: what was sent of it, where turn detection heard speech, and what was committed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from rtnb.protocol.envelope import Event
from rtnb.session.conversation.formats import format_of
from rtnb.session.conversation.reading import string, whole
from rtnb.session.conversation.state import SpeechState, TurnState

if TYPE_CHECKING:
    from rtnb.session.conversation.reducer import Conversation

__all__ = ["HANDLERS", "end", "unanswered"]


def sent_append(talk: Conversation, event: Event) -> None:
    """Input audio left."""
    if event.audio:
        ref = event.audio[0]
        talk.clock.sent(event.t_s, ref.offset + ref.length)


def sent_commit(talk: Conversation, event: Event) -> None:
    """A commit left."""
    event_id = string(event.body.get("event_id"))
    talk.sent_types[event_id] = event.type
    talk.pending.add_commit(event_id, talk.clock.total_bytes)


def sent_clear(talk: Conversation, event: Event) -> None:
    """What was appended is gone."""
    talk.boundary = talk.clock.total_bytes


def started(talk: Conversation, event: Event) -> None:
    """Turn detection hears speech."""
    item_id = string(event.body.get("item_id"))
    detection = talk.input_settings().get("turn_detection")
    detection = detection if isinstance(detection, Mapping) else {}
    span = SpeechState(
        item_id,
        whole(event.body.get("audio_start_ms")) + _base_ms(talk),
        event.t_s,
        prefix_ms=whole(detection.get("prefix_padding_ms")),
        silence_ms=whole(detection.get("silence_duration_ms")),
    )
    # The padding of speech at the very beginning is cut short, so its onset is not prefix_ms after it.
    if span.audio_start_ms <= _base_ms(talk):
        span.prefix_ms = 0
    talk.speech.append(span)
    talk.open_speech.append(span)
    talk.spans_of.setdefault(item_id, []).append(span)
    if detection.get("interrupt_response", True):
        talk.cut(event.t_s)
    turn = talk.turn_of.get(item_id) if item_id else None
    if turn is None:
        turn = talk.new_turn(event.t_s)
        talk.give(item_id, turn)
    turn.answer_expected = bool(detection.get("create_response", True)) and talk.config.get("type") != "transcription"
    turn.speech.append(span)
    talk.spoken[turn.index] = turn


def stopped(talk: Conversation, event: Event) -> None:
    """Turn detection hears no more."""
    item_id = event.body.get("item_id")
    for span in reversed(talk.open_speech):
        if span.item_id == item_id and span.audio_end_ms is None:
            span.audio_end_ms = whole(event.body.get("audio_end_ms")) + _base_ms(talk)
            span.stopped_s = event.t_s
            talk.open_speech.remove(span)
            return


def committed(talk: Conversation, event: Event) -> None:
    """Input audio became an item."""
    item = talk.item(string(event.body.get("item_id")))
    item.role = "user"
    item.committed_s = event.t_s
    item.input_format = format_of(talk.config, "input")
    item.transcript_expected = talk.input_settings().get("transcription") is not None
    rate = talk.clock.bytes_per_ms
    spans = talk.spans_of.get(item.id, [])
    commit = None
    if spans and spans[-1].audio_end_ms is not None:
        start = max(talk.boundary, spans[0].audio_start_ms * rate)
        talk.boundary = max(start, spans[-1].audio_end_ms * rate)
    else:
        commit = talk.pending.next_commit()
        start, talk.boundary = talk.boundary, talk.clock.total_bytes if commit is None else commit.end_bytes
        end(talk, spans, event.t_s, answered=commit is None)
    item.input_bytes = (start, max(start, talk.boundary))
    if item.id not in talk.turn_of:
        talk.give(item.id, None if commit is None else commit.turn)


def cleared(talk: Conversation, event: Event) -> None:
    """The input buffer is empty: speech that was being heard is never answered."""
    end(talk, talk.open_speech, event.t_s, answered=False)


def timed_out(talk: Conversation, event: Event) -> None:
    """Nobody spoke for so long that the server answers the silence."""
    talk.idle_timeout = True


def end(talk: Conversation, spans: Sequence[SpeechState], now_s: float, *, answered: bool) -> None:
    """Spans that are still open end here, without a word of turn detection."""
    for span in list(spans):
        if span.stopped_s is None:
            if span in talk.open_speech:
                talk.open_speech.remove(span)
            span.stopped_s = now_s
            span.audio_end_ms = talk.clock.total_bytes // talk.clock.bytes_per_ms
            if (turn := talk.turn_of.get(span.item_id)) is not None and not answered:
                turn.answer_expected = False


def unanswered(talk: Conversation) -> list[TurnState]:
    """Turns of speech that is over and waits for an answer."""
    found, settled = [], []
    for turn in talk.spoken.values():
        over = all(span.stopped_s is not None for span in turn.speech)
        if turn.responses or turn.failure or (over and not turn.answer_expected):
            settled.append(turn.index)
        elif over:
            found.append(turn)
    for index in settled:
        del talk.spoken[index]
    return found


def _base_ms(talk: Conversation) -> int:
    """Where on the session's input clock the present connection's begins."""
    return talk.connections[-1].base_bytes // talk.clock.bytes_per_ms if talk.connections else 0


HANDLERS = {
    ("sent", "input_audio_buffer.append"): sent_append,
    ("sent", "input_audio_buffer.commit"): sent_commit,
    ("sent", "input_audio_buffer.clear"): sent_clear,
    ("received", "input_audio_buffer.speech_started"): started,
    ("received", "input_audio_buffer.speech_stopped"): stopped,
    ("received", "input_audio_buffer.committed"): committed,
    ("received", "input_audio_buffer.cleared"): cleared,
    ("received", "input_audio_buffer.timeout_triggered"): timed_out,
}
