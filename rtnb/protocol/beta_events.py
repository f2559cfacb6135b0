"""Events between the beta shape and GA, one by one and without memory: for recorded logs and for the translator.

Examples
--------
>>> from rtnb.protocol.beta_events import event_from_beta, event_to_beta
>>> event_to_beta({"type": "response.output_text.delta", "event_id": "event_1", "delta": "Hi"})
[{'type': 'response.text.delta', 'event_id': 'event_1', 'delta': 'Hi'}]
>>> event_to_beta({"type": "conversation.item.done", "event_id": "event_2", "item": {}})
[]
>>> event_from_beta({"type": "session.update", "session": {"voice": "sage", "temperature": 0.7}})
{'type': 'session.update', 'session': {'type': 'realtime', 'audio': {'output': {'voice': 'sage'}}}}
"""

from __future__ import annotations

import functools
from collections.abc import Mapping
from typing import Any

from rtnb.protocol.beta_data import beta_data
from rtnb.protocol.beta_objects import (
    item_from_beta,
    item_to_beta,
    response_create_from_beta,
    response_create_to_beta,
    response_from_beta,
    response_to_beta,
    session_from_beta,
    session_to_beta,
)
from rtnb.protocol.beta_problems import problem_to_beta
from rtnb.protocol.problems import Problem

__all__ = ["event_from_beta", "event_to_beta"]

Json = dict[str, Any]


def event_to_beta(event: Mapping[str, Any], *, temperature: float | None = None) -> list[Json]:
    """A GA event, of a client or of a server, as the beta shape has it.

    What GA alone has is lost: ``conversation.item.done``, the name in ``response.function_call_arguments.done``,
    details of usage (``dropped_events`` and ``members`` of ``beta.json``).

    Parameters
    ----------
    event : mapping
        A valid GA event.
    temperature : float, optional
        What sessions and responses are said to have; left out when None.

    Returns
    -------
    list of dict
        One event, or none.
    """
    data = beta_data()
    kind = event["type"]
    if kind in data.dropped_events:
        return []
    found: Json = {**event, "type": data.renamed_events.get(kind, kind)}
    for name in data.dropped_members.get(kind, ()):
        found.pop(name, None)
    if isinstance(session := event.get("session"), dict):
        found["session"] = session_to_beta(session, temperature=temperature)
        if session.get("type") == "transcription":
            found["type"] = data.transcription_events.get(kind, kind)
    if isinstance(item := event.get("item"), dict):
        found["item"] = item_to_beta(item)
    if isinstance(response := event.get("response"), dict):
        if kind == "response.create":
            found["response"] = response_create_to_beta(response)
        else:
            found["response"] = response_to_beta(response, temperature=temperature)
    if kind == "error" and isinstance(error := event.get("error"), dict):
        found["error"] = _error(error)
    return [found]


def event_from_beta(event: Mapping[str, Any]) -> Json:
    """A beta event, of a client or of a server, as GA has it.

    What is not understood passes unchanged, so that validation refuses it.

    Parameters
    ----------
    event : mapping
        With a ``type`` that is a string.
    """
    kind = event["type"]
    ga = _ga_types().get(kind, kind)
    found: Json = {**event, "type": ga}
    if isinstance(session := event.get("session"), dict):
        found["session"] = session_from_beta(session, kind="realtime" if ga == kind else "transcription")
    if isinstance(item := event.get("item"), dict):
        found["item"] = item_from_beta(item)
    if isinstance(response := event.get("response"), dict):
        found["response"] = (response_create_from_beta if kind == "response.create" else response_from_beta)(response)
    return found


@functools.cache
def _ga_types() -> Mapping[str, str]:
    data = beta_data()
    return {beta: ga for ga, beta in [*data.renamed_events.items(), *data.transcription_events.items()]}


def _error(error: Json) -> Json:
    param = error.get("param")
    problem = Problem(error.get("code"), str(error.get("message", "")), param if isinstance(param, str) else None)
    told = problem_to_beta(problem)
    changed = {"message": told.message, "param": told.param}
    return {name: changed.get(name, value) for name, value in error.items()}
