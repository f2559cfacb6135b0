"""Responses: who asked for them, the turn each belongs to, what they bring, and how they end."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from rtnb.protocol.envelope import Event
from rtnb.session.conversation import calls, items, remote_calls, speech
from rtnb.session.conversation.formats import format_of, named
from rtnb.session.conversation.reading import at, string, whole
from rtnb.session.conversation.requests import ASIDE_KEY, TURN_KEY, Request
from rtnb.session.conversation.state import ResponseState, TurnState

if TYPE_CHECKING:
    from rtnb.session.conversation.reducer import Conversation

__all__ = ["HANDLERS"]


def sent_create(talk: Conversation, event: Event) -> None:
    """The client asks for a response."""
    params = event.body.get("response")
    params = params if isinstance(params, Mapping) else {}
    event_id = string(event.body.get("event_id"))
    talk.sent_types[event_id] = event.type
    if params.get("conversation") == "none":
        talk.requests.append(Request(event_id, event.t_s, None))
        return
    key = at(params, "metadata", TURN_KEY)
    turn = talk.turn_with_key(key) if isinstance(key, str) else None
    # An answer that is owed to speech, which did not interrupt, follows on the one that was under way.
    owed = turn is not None and turn in talk.owed
    follows = turn is not None and bool(turn.responses)
    if not follows and not owed and not talk.player.attached:
        # Whoever asks the next thing has heard enough. A real player tells what it plays; and the answer behind a
        # tool goes on where the one before it still sounds.
        talk.player.skip(now_s=event.t_s)
    if turn is None:
        turn = talk.new_turn(event.t_s, key=key if isinstance(key, str) else "")
    turn.blocked = False
    if not follows and not owed:
        turn.requested_s = event.t_s
    trigger = "tool" if follows else "turn detection" if owed else "client"
    talk.requests.append(Request(event_id, event.t_s, turn, trigger, format_of(params, "output")))
    talk.claim(turn, event_id)
    if talk.pending.commits_for(turn):
        turn.committed_s = event.t_s


def sent_cancel(talk: Conversation, event: Event) -> None:
    """The client stops a response."""
    talk.sent_types[string(event.body.get("event_id"))] = event.type
    meant = talk.responses.get(string(event.body.get("response_id")))
    if meant is None or meant.in_conversation:
        talk.cut(event.t_s)


def created(talk: Conversation, event: Event) -> None:
    """The server begins one."""
    response = event.body.get("response")
    if not isinstance(response, Mapping) or not isinstance(response.get("id"), str):
        return
    if response["id"] not in talk.responses:
        _begin(talk, response, event.t_s)


def _begin(talk: Conversation, response: Mapping[str, Any], now_s: float) -> ResponseState:
    state = ResponseState(response["id"], now_s)
    metadata = response.get("metadata")
    state.metadata = dict(metadata) if isinstance(metadata, Mapping) else {}
    key = state.metadata.get(TURN_KEY)
    talk.echoes = talk.echoes or isinstance(key, str)
    ours = isinstance(key, str) and talk.turn_with_key(key) is not None
    state.in_conversation = ours or (
        ASIDE_KEY not in state.metadata and response.get("conversation_id", "") is not None
    )
    state.output_format = format_of(response, "output") or talk.output_format
    state.model = talk.model
    talk.responses[state.id] = talk.open_responses[state.id] = state
    talk.chunk_of = None
    if not state.in_conversation:
        outside = next((request for request in talk.requests if request.turn is None), None)
        if outside is not None:
            talk.requests.remove(outside)
        return state
    turn = _turn_for(talk, state, now_s)
    request = next((each for each in talk.requests if each.turn is turn), None)
    if request is not None:
        talk.requests.remove(request)
        state.trigger = request.trigger
        state.output_format = request.output_format or state.output_format
    elif talk.idle_timeout:
        state.trigger = "idle timeout"
    elif turn.speech:
        state.trigger = "turn detection"
    talk.idle_timeout = False
    talk.settle(turn)
    turn.responses.append(state.id)
    return state


def _turn_for(talk: Conversation, state: ResponseState, now_s: float) -> TurnState:
    key = state.metadata.get(TURN_KEY)
    if isinstance(key, str) and (turn := talk.turn_with_key(key)) is not None:
        return turn
    if spoken := speech.unanswered(talk):
        # Turn detection answers the latest utterance; the ones before were merged into its context.
        return spoken[-1]
    # A server that repeats names does not answer a request without its name.
    if requested := [turn for turn in talk.waiting() if not (talk.echoes and turn.named)]:
        return requested[0]
    turn = talk.new_turn(now_s)
    talk.claim(turn)
    return turn


def output_item(talk: Conversation, event: Event) -> None:
    """An item of a response begins or ends."""
    item, response = event.body.get("item"), talk.responses.get(string(event.body.get("response_id")))
    if not isinstance(item, Mapping) or not isinstance(item.get("id"), str):
        return
    items.take_in(talk, item)
    if response is not None and item["id"] not in response.items:
        response.items.append(item["id"])
    calls.item(talk, item, response, event)
    remote_calls.item(talk, item, response, event)


def text_delta(talk: Conversation, event: Event) -> None:
    """A piece of text, or of what is being said."""
    body = event.body
    response = talk.responses.get(string(body.get("response_id")))
    if response is not None and response.first_text_s is None:
        response.first_text_s = event.t_s
    pieces = talk.item(string(body.get("item_id"))).pieces
    pieces.setdefault(whole(body.get("content_index")), []).append(str(body.get("delta") or ""))


def text_done(talk: Conversation, event: Event) -> None:
    """The whole text."""
    final = event.body.get("text", event.body.get("transcript"))
    if isinstance(final, str):
        pieces = talk.item(string(event.body.get("item_id"))).pieces
        pieces[whole(event.body.get("content_index"))] = [final]


def audio_delta(talk: Conversation, event: Event) -> None:
    """A piece of audio. The hot path: whom the chunks of one answer are for is looked up once."""
    _, t_s, _, _, _, shared, refs, event_id = event
    if shared is talk.chunk_of:
        response, item = talk.chunk_for
    else:
        response = talk.responses.get(string(shared.get("response_id")))
        item = talk.item(string(shared.get("item_id"))) if refs else None
        # Only chunks whose body is shared are known by it; another event's is its own.
        talk.chunk_of = shared if event_id is not None and item is not None else None
        talk.chunk_for = (response, item)
    if response is not None:
        response.last_audio_s = t_s
        if response.first_audio_s is None:
            response.first_audio_s = t_s
            rate = named(response.output_format).bytes_per_ms
            response.first_audio_ms = refs[0].length / rate if refs else 0.0
    if not refs or item is None:
        return
    ref = refs[0]
    if not item.audio:
        item.output_format = talk.output_format if response is None else response.output_format
        item.bytes_per_ms = named(item.output_format).bytes_per_ms
    item.add_audio(ref)
    if response is not None and response.cut:
        if item.heard_s is None:
            item.heard_s = talk.player.position_s(item.id, now_s=t_s)
            talk.cut_items[item.id] = None
    elif response is None or response.in_conversation:
        talk.player.feed(item.id, ref.length / item.bytes_per_ms / 1000, now_s=t_s)


def done(talk: Conversation, event: Event) -> None:
    """A response is over."""
    response = event.body.get("response")
    if not isinstance(response, Mapping) or not isinstance(response.get("id"), str):
        return
    # A log may begin in the middle of a response, which is billed all the same.
    state = talk.responses.get(response["id"]) or _begin(talk, response, event.t_s)
    if state.over:
        return
    state.done_s = event.t_s
    talk.open_responses.pop(state.id, None)
    state.status = str(response.get("status") or "completed")
    details = response.get("status_details")
    state.status_details = dict(details) if isinstance(details, Mapping) else None
    state.reason = string(at(response, "status_details", "reason"))
    state.error = string(at(response, "status_details", "error", "message"))
    usage = response.get("usage")
    state.usage = dict(usage) if isinstance(usage, Mapping) else None
    output = response.get("output")
    for item in output if isinstance(output, list) else ():
        if isinstance(item, Mapping) and isinstance(item.get("id"), str):
            items.take_in(talk, item)
            if item["id"] not in state.items:
                state.items.append(item["id"])
            calls.item(talk, item, state, event)
            remote_calls.item(talk, item, state, event)


HANDLERS = {
    ("sent", "response.create"): sent_create,
    ("sent", "response.cancel"): sent_cancel,
    ("received", "response.created"): created,
    ("received", "response.output_item.added"): output_item,
    ("received", "response.output_item.done"): output_item,
    ("received", "response.output_text.delta"): text_delta,
    ("received", "response.output_audio_transcript.delta"): text_delta,
    ("received", "response.output_text.done"): text_done,
    ("received", "response.output_audio_transcript.done"): text_done,
    ("received", "response.output_audio.delta"): audio_delta,
    ("received", "response.done"): done,
}
