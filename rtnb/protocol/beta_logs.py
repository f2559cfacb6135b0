"""Recorded events of the beta shape, of GA, or of both, as one GA log: what made them need not be known.

A live translator knows which shape its peer speaks. A log found somewhere says so nowhere, may hold events of both
names, and was written by servers that mix them; so every event is looked at for itself.

Examples
--------
>>> from rtnb.protocol.beta_logs import server_event_from_beta
>>> server_event_from_beta({"type": "response.text.delta", "delta": "Hi"})
[{'type': 'response.output_text.delta', 'delta': 'Hi'}]
>>> [event["type"] for event in server_event_from_beta({"type": "conversation.item.created", "item": {"id": "i"}})]
['conversation.item.added', 'conversation.item.done']
"""

from __future__ import annotations

import copy
import functools
from collections.abc import Mapping
from typing import Any

from rtnb.protocol.beta_data import beta_data
from rtnb.protocol.beta_events import event_from_beta
from rtnb.protocol.beta_objects import item_from_beta, response_from_beta, session_from_beta

__all__ = ["BetaLog", "is_beta", "server_event_from_beta"]

Json = dict[str, Any]

CREATED = "conversation.item.created"


def is_beta(event: Mapping[str, Any]) -> bool:
    """Whether an event has a name or a shape that only the beta had.

    Examples
    --------
    >>> is_beta({"type": "response.audio.delta"}), is_beta({"type": "response.done", "response": {"id": "r"}})
    (True, False)
    """
    kind, session, response = event.get("type"), event.get("session"), event.get("response")
    named = isinstance(kind, str) and kind in _renamed()
    shaped = isinstance(session, Mapping) and not _flat("realtime").isdisjoint(session)
    answered = isinstance(response, Mapping) and not _flat("response").isdisjoint(response)
    return named or shaped or answered


def server_event_from_beta(event: Mapping[str, Any]) -> list[Json]:
    """A recorded server event as GA has it; one that is GA's already comes back as it is.

    Parameters
    ----------
    event : mapping
        Of any shape; what is not understood passes unchanged.

    Returns
    -------
    list of dict
        One event, or two: the beta's only word on an item that is complete is GA's ``added`` and ``done``.
    """
    kind = event.get("type")
    if not isinstance(kind, str):
        return [dict(event)]
    found: Json = {**event, "type": _renamed().get(kind, kind)}
    if isinstance(session := event.get("session"), dict):
        found["session"] = _session(session, transcription=kind.startswith("transcription_session."))
    if isinstance(item := event.get("item"), dict):
        found["item"] = _item(item)
    if isinstance(response := event.get("response"), dict):
        found["response"] = _response(response)
    if kind != CREATED or not isinstance(item, dict) or item.get("status") in ("in_progress", "incomplete"):
        return [found]
    done = {**found, "type": "conversation.item.done"}
    if isinstance(event_id := event.get("event_id"), str):
        done["event_id"] = f"{event_id}_done"
    return [found, done]


class BetaLog:
    """Translates a log event by event; of an event that was sent under both names, the second is left out.

    Attributes
    ----------
    beta : bool
        Whether anything in it was of the beta shape.

    Examples
    --------
    >>> log = BetaLog()
    >>> both = {"item_id": "i", "content_index": 0, "delta": "Hi"}
    >>> len(log.server({"type": "response.output_text.delta", **both}))
    1
    >>> log.server({"type": "response.text.delta", **both}), log.beta
    ([], True)
    """

    def __init__(self) -> None:
        self.beta = False
        self._names: dict[tuple[str, object, object], str] = {}

    def server(self, event: Mapping[str, Any]) -> list[Json]:
        """A server event as GA has it: none, one or two."""
        self.beta = self.beta or is_beta(event)
        kind = event.get("type")
        if isinstance(kind, str) and self._second_name(kind, event):
            return []
        return server_event_from_beta(event)

    def client(self, event: Mapping[str, Any]) -> list[Json]:
        """A client event as GA has it."""
        self.beta = self.beta or is_beta(event)
        if not isinstance(event.get("type"), str):
            return [dict(event)]
        if (session := event.get("session")) is not None and not isinstance(session, Mapping):
            return [dict(event)]
        whole = event if event["type"] == "input_audio_buffer.append" else copy.deepcopy(dict(event))
        return [event_from_beta(whole)]

    def _second_name(self, kind: str, event: Mapping[str, Any]) -> bool:
        """Whether the same thing is told under its other name already: some servers serve clients of both."""
        ga = _renamed().get(kind, kind)
        if ga not in beta_data().renamed_events:
            return False
        item = event.get("item")
        item_id = item.get("id") if isinstance(item, Mapping) else event.get("item_id")
        part = event.get("content_index")
        if not isinstance(item_id, str) or not isinstance(part, int | None):
            return False
        return self._names.setdefault((ga, item_id, part), kind) != kind


def _item(item: Json) -> Json:
    """An item with GA's names of its parts; GA's items may be called ``realtime.item``, too."""
    kept = {"object": item["object"]} if "object" in item else {}
    return {**item_from_beta(item), **kept}


def _response(response: Json) -> Json:
    found = response_from_beta(copy.deepcopy(response))
    if isinstance(output := response.get("output"), list):
        found["output"] = [_item(item) if isinstance(item, dict) else item for item in output]
    return found


def _session(session: Json, *, transcription: bool) -> Json:
    """A session of a server: flat, nested, or nested with flat members left in it."""
    kind = "transcription" if transcription or session.get("type") == "transcription" else "realtime"
    if not transcription and _flat(kind).isdisjoint(session):
        return session
    return session_from_beta(copy.deepcopy(session), kind="transcription" if kind == "transcription" else "realtime")


@functools.cache
def _renamed() -> Mapping[str, str]:
    """Beta names of server events to GA ones."""
    data = beta_data()
    both = [*data.renamed_events.items(), *data.transcription_events.items()]
    return {beta: ga for ga, beta in both}


@functools.cache
def _flat(shape: str) -> frozenset[str]:
    """Members of a beta object that GA has elsewhere or not at all."""
    found = beta_data().shapes[shape]
    return found.beta_only | {field.beta for field in found.fields if field.ga != (field.beta,)}
