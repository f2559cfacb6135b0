"""The model's side of a timeline: responses, and what of their sound was really heard."""

from __future__ import annotations

from collections.abc import Iterable

from rtnb.session.conversation.reducer import Conversation
from rtnb.session.conversation.state import ItemState, ResponseState
from rtnb.session.timeline.shapes import AudioPiece, Heard, Response
from rtnb.session.views.snapshots import REASONS

__all__ = ["heard_of", "pieces_of", "responses_of"]

SHOWN_CHARS = 120
"""How much of an answer is kept beside its response; the transcript has the whole."""


def _sounding(talk: Conversation, response: ResponseState) -> list[ItemState]:
    return [item for item_id in response.items if (item := talk.items.get(item_id)) is not None and item.audio]


def responses_of(talk: Conversation, states: Iterable[ResponseState], turn: int) -> Iterable[Response]:
    """The responses of a turn, in order."""
    for state in states:
        items = [item for item_id in state.items if (item := talk.items.get(item_id)) is not None]
        text = " ".join("".join(item.text).strip() for item in items if item.pieces)
        yield Response(
            id=state.id,
            created_s=state.created_s,
            status=state.status,
            trigger=state.trigger,
            reason=state.error or REASONS.get(state.reason, state.reason),
            first_audio_s=state.first_audio_s,
            last_audio_s=state.last_audio_s,
            done_s=state.done_s,
            received_s=sum(item.audio_ms for item in items if item.audio) / 1000,
            text=text if len(text) <= SHOWN_CHARS else f"{text[: SHOWN_CHARS - 1]}…",
            in_conversation=state.in_conversation,
            turn=turn,
            items=tuple(state.items),
        )


def heard_of(
    talk: Conversation,
    states: Iterable[ResponseState],
    turn: int,
    *,
    pad_s: float,
    now_s: float,
    sounding: str | None,
    live: bool,
) -> Iterable[Heard]:
    """The playback of each answer of a turn.

    Parameters
    ----------
    pad_s : float
        The silence before the first of them.
    now_s : float
        The moment on the session's clock.
    sounding : str or None
        The item that sounds at this moment.
    live : bool
        Whether the session goes on; what waits is not heard yet then.
    """
    first = True
    for response in states:
        for item in _sounding(talk, response):
            received_s = item.audio_ms / 1000
            start_s = talk.player.start_s(item.id)
            cut = item.heard_s is not None
            if item.heard_s is not None:
                played_s = item.heard_s
            elif live and start_s is None:
                played_s = 0.0  # it waits for its turn
            elif item.id == sounding:
                played_s = talk.player.position_s(item.id, now_s=now_s)
            else:
                played_s = received_s
            if not response.in_conversation and start_s is None:
                continue  # nobody plays what is beside the conversation
            arrived_s = response.created_s if response.first_audio_s is None else response.first_audio_s
            begins_s = arrived_s if start_s is None else start_s
            end_s = begins_s + played_s
            if cut and item.cut_s is not None:
                end_s = max(begins_s, item.cut_s)
            yield Heard(
                item_id=item.id,
                response_id=response.id,
                start_s=begins_s,
                end_s=end_s,
                arrived_s=arrived_s,
                last_s=arrived_s if response.last_audio_s is None else response.last_audio_s,
                received_s=received_s,
                played_s=min(played_s, received_s),
                pad_s=pad_s if first else 0.0,
                cut=cut,
                truncated_ms=item.truncated_ms,
                turn=turn,
            )
            first = False


def pieces_of(talk: Conversation, heard: Iterable[Heard]) -> Iterable[AudioPiece]:
    """Where the sound of answers lies, on the clock and in the log."""
    for each in heard:
        item = talk.items[each.item_id]
        at_s = each.start_s
        for ref in item.audio:
            length_s = ref.length / item.bytes_per_ms / 1000
            yield AudioPiece(
                side="output",
                start_s=at_s,
                end_s=at_s + length_s,
                offset=ref.offset,
                length=ref.length,
                item_id=each.item_id,
                format=item.output_format,
            )
            at_s += length_s
