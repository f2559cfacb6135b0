"""Items: what they hold, when they join and leave, and what transcription heard of them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from rtnb.protocol.envelope import Event
from rtnb.session.conversation import calls, remote_calls
from rtnb.session.conversation.formats import transcription_model
from rtnb.session.conversation.order import ROOT
from rtnb.session.conversation.reading import parts, string, whole

if TYPE_CHECKING:
    from rtnb.session.conversation.reducer import Conversation

__all__ = ["HANDLERS", "take_in"]


def sent_item(talk: Conversation, event: Event) -> None:
    """The client makes an item."""
    item, event_id = event.body.get("item"), string(event.body.get("event_id"))
    talk.sent_types[event_id] = event.type
    if not isinstance(item, Mapping):
        return
    calls.sent_output(talk, item, event.t_s)
    if event.body.get("previous_item_id") == ROOT and isinstance(item.get("id"), str):
        talk.sent_to_root.add(item["id"])
    if item.get("role") != "user":
        return
    known = string(item.get("id")) in talk.items
    if isinstance(item.get("id"), str):
        take_in(talk, item)
        talk.items[item["id"]].given = list(event.audio)
        # One that was there before is being rebuilt on a new connection: it belongs to its turn already.
        if not known:
            talk.pending.add(item["id"], event_id)
    else:
        talk.pending.add_nameless(event_id)


def sent_truncate(talk: Conversation, event: Event) -> None:
    """The client says how much was heard."""
    talk.sent_types[string(event.body.get("event_id"))] = event.type
    item = talk.item(string(event.body.get("item_id")))
    item.truncation_sent, item.truncate_sent_s = True, event.t_s
    if talk.player.playing(now_s=event.t_s) == item.id:
        talk.player.stop(now_s=event.t_s)
        item.heard_s, item.cut_s = whole(event.body.get("audio_end_ms")) / 1000, event.t_s


def sent_other(talk: Conversation, event: Event) -> None:
    """Only what it was is remembered, for the error it may cause."""
    talk.sent_types[string(event.body.get("event_id"))] = event.type


def added(talk: Conversation, event: Event) -> None:
    """An item is in the conversation."""
    item = event.body.get("item")
    if not isinstance(item, Mapping) or not isinstance(item.get("id"), str):
        return
    new = item["id"] not in talk.items
    take_in(talk, item)
    remote_calls.item(talk, item, None, event)
    previous = event.body.get("previous_item_id")
    if not talk.items[item["id"]].deleted:
        # The first item of a conversation has none before it, and the server does not say "root".
        first = ROOT if item["id"] in talk.sent_to_root else None
        talk.order.add(item["id"], previous if isinstance(previous, str) else first)
    if new and item.get("role") == "user":
        # Made without an id by this client, or by another one: then it is of whoever asks next.
        sent = talk.pending.next_nameless()
        talk.give(item["id"], None if sent is None else sent.turn)


def deleted(talk: Conversation, event: Event) -> None:
    """An item left."""
    item_id = string(event.body.get("item_id"))
    talk.order.remove(item_id)
    if (item := talk.items.get(item_id)) is not None:
        item.deleted = True


def truncated(talk: Conversation, event: Event) -> None:
    """An answer ends where it was interrupted."""
    if (item := talk.items.get(string(event.body.get("item_id")))) is not None:
        item.truncated_ms = whole(event.body.get("audio_end_ms"))
        item.truncated_s = event.t_s


def transcript_delta(talk: Conversation, event: Event) -> None:
    """Transcription heard a little more."""
    item = talk.item(string(event.body.get("item_id")))
    item.partial += string(event.body.get("delta"))


def transcribed(talk: Conversation, event: Event) -> None:
    """Transcription is complete."""
    item = talk.item(string(event.body.get("item_id")))
    item.transcript = str(event.body.get("transcript") or "")
    item.transcribed_s = event.t_s
    usage = event.body.get("usage")
    # Without usage it was made all the same, and is not free.
    if isinstance(usage, Mapping) or item.id not in talk.transcription_usage:
        model = transcription_model(talk.config)
        talk.transcription_usage[item.id] = (model, dict(usage) if isinstance(usage, Mapping) else {})


def transcription_failed(talk: Conversation, event: Event) -> None:
    """Transcription will not come."""
    item = talk.item(string(event.body.get("item_id")))
    item.transcript = item.transcript or ""
    item.transcribed_s = event.t_s


def take_in(talk: Conversation, wire: Mapping[str, Any]) -> None:
    """An item as an event holds it."""
    item = talk.item(wire["id"])
    item.wire = _with_pictures(wire, item.wire)
    item.type = str(wire.get("type") or item.type)
    item.role = str(wire.get("role") or item.role)
    if item.role == "user":
        texts = [string(part.get("text")) for part in parts(wire)]
    elif not item.pieces:
        texts = [string(part.get("text") or part.get("transcript")) for part in parts(wire)]
    else:
        return
    item.pieces = {index: [text] for index, text in enumerate(texts) if text}


def _with_pictures(wire: Mapping[str, Any], before: Mapping[str, Any]) -> dict[str, Any]:
    """The item with the pictures it was made with, which a server need not repeat."""
    known = [part.get("image_url") for part in parts(before)]
    content = wire.get("content")
    if not any(known) or not isinstance(content, list):
        return dict(wire)
    kept = [
        {**part, "image_url": known[index]}
        if isinstance(part, Mapping) and index < len(known) and known[index] and not part.get("image_url")
        else part
        for index, part in enumerate(content)
    ]
    return {**wire, "content": kept}


HANDLERS = {
    ("sent", "conversation.item.create"): sent_item,
    ("sent", "conversation.item.truncate"): sent_truncate,
    ("sent", "conversation.item.delete"): sent_other,
    ("sent", "conversation.item.retrieve"): sent_other,
    ("sent", "session.update"): sent_other,
    ("received", "conversation.item.added"): added,
    ("received", "conversation.item.created"): added,
    ("received", "conversation.item.done"): added,
    ("received", "conversation.item.deleted"): deleted,
    ("received", "conversation.item.truncated"): truncated,
    ("received", "conversation.item.input_audio_transcription.delta"): transcript_delta,
    ("received", "conversation.item.input_audio_transcription.completed"): transcribed,
    ("received", "conversation.item.input_audio_transcription.failed"): transcription_failed,
}
