"""The beta shape of the protocol, spoken to old clients by a server whose sessions speak GA.

:class:`BetaTranslator` stands between one connection and its session. The rest is pure:
:func:`event_to_beta` and :func:`event_from_beta` for events on their own, :func:`session_to_beta` and
:func:`session_from_beta` for sessions, :func:`check_beta_session` and :func:`problem_to_beta` for what is wrong
with one. ``beta.json`` holds the differences with their sources.
"""

from __future__ import annotations

import re
from collections import deque
from dataclasses import dataclass
from typing import Any

from rtnb.protocol.beta_data import beta_data
from rtnb.protocol.beta_events import event_from_beta, event_to_beta
from rtnb.protocol.beta_objects import session_from_beta, session_to_beta
from rtnb.protocol.beta_problems import check_beta_event, check_beta_session, problem_to_beta
from rtnb.protocol.problems import Problem

__all__ = [
    "BetaTranslator",
    "check_beta_session",
    "event_from_beta",
    "event_to_beta",
    "problem_to_beta",
    "session_from_beta",
    "session_to_beta",
]

Json = dict[str, Any]

MARK = "\ue000"
"""Private use: begins what the translator makes up, so that it knows its own again and no client writes it."""

REFUSED = re.compile(rf"{MARK}(\d+)")

BUSY = frozenset({"session", "response", "error"})
"""Members of server events that need more than :func:`event_to_beta`."""


UPDATES = frozenset({"session.update", "transcription_session.update"})


@dataclass(frozen=True, slots=True)
class _Asked:
    """A client event that the session has yet to answer, and the temperature it asks for."""

    answer: str
    event_id: str
    temperature: float | None


class BetaTranslator:
    """Between one beta client and one GA session.

    Each client event given to :meth:`incoming` must reach the session, in order; each server event given to
    :meth:`outgoing` is answered with those to send instead.

    Parameters
    ----------
    temperature : float, optional
        What the session starts with. GA has none, so it is kept here and only shown.

    Examples
    --------
    >>> from rtnb.protocol.beta import BetaTranslator
    >>> beta = BetaTranslator()
    >>> beta.incoming({"type": "response.create", "event_id": "one", "response": {"modalities": ["text"]}})
    {'type': 'response.create', 'event_id': 'one', 'response': {'output_modalities': ['text']}}
    >>> place = {"event_id": "event_1", "response_id": "resp_1", "item_id": "i", "output_index": 0, "content_index": 0}
    >>> (told,) = beta.outgoing({"type": "response.output_audio.delta", "delta": "AAA=", **place})
    >>> told["type"]
    'response.audio.delta'
    """

    def __init__(self, *, temperature: float | None = None) -> None:
        self._temperature = beta_data().temperature if temperature is None else temperature
        self._asked: deque[_Asked] = deque()
        self._responses: dict[str, float] = {}
        self._refused: dict[int, Problem] = {}
        self._count = 0

    @property
    def temperature(self) -> float:
        """What the session is said to have."""
        return self._temperature

    def incoming(self, event: object) -> object:
        """The GA client event for a beta one.

        What is wrong in the beta shape only becomes an event of an unknown type, which the session refuses;
        :meth:`outgoing` puts the right words into its answer.

        Parameters
        ----------
        event : object
            Decoded JSON, whatever it is.
        """
        if (problem := check_beta_event(event)) is not None:
            assert isinstance(event, dict)
            refused: Json = {"type": f"{MARK}{self._next()}"}
            self._refused[self._count] = problem
            return refused | ({"event_id": event["event_id"]} if "event_id" in event else {})
        if not isinstance(event, dict) or not isinstance(kind := event.get("type"), str):
            return event
        found = event_from_beta(event)
        if kind in UPDATES:
            self._remember(found, "session.updated", event.get("session"))
        elif kind == "response.create":
            self._remember(found, "response.created", event.get("response"))
        return found

    def outgoing(self, event: Json) -> list[Json]:
        """The beta events for a GA server event: one, or none when the beta shape lacks it."""
        found = event_to_beta(event)
        if not found or BUSY.isdisjoint(event):
            return found
        (told,) = found
        match event["type"]:
            case "session.created":
                self._show(told)
            case "session.updated":
                asked = self._answered("session.updated")
                self._temperature = self._temperature if asked is None else asked
                self._show(told)
            case "response.created":
                response = told["response"]
                asked = self._answered("response.created")
                response["temperature"] = self._temperature if asked is None else asked
                self._responses[response.get("id", "")] = response["temperature"]
            case "response.done":
                response = told["response"]
                response["temperature"] = self._responses.pop(response.get("id", ""), self._temperature)
            case "error":
                self._refusal(told["error"])
        return found

    def _next(self) -> int:
        self._count += 1
        return self._count

    # Temperature

    def _remember(self, event: Json, answer: str, settings: object) -> None:
        """Keep what an event asks for until the session has taken or refused it."""
        event_id = event.get("event_id")
        if event_id is None:
            event_id = event["event_id"] = f"{MARK}{self._next()}"
        if isinstance(event_id, str):
            temperature = settings.get("temperature") if isinstance(settings, dict) else None
            self._asked.append(_Asked(answer, event_id, temperature))

    def _answered(self, answer: str) -> float | None:
        """What the oldest event with this answer asked for; answers come in the order of the events."""
        asked = next((asked for asked in self._asked if asked.answer == answer), None)
        if asked is None:
            # A response that turn detection wanted.
            return None
        self._asked.remove(asked)
        return asked.temperature

    def _show(self, told: Json) -> None:
        if told["type"].startswith("session."):
            told["session"]["temperature"] = self._temperature

    # Refusals

    def _refusal(self, error: Json) -> None:
        event_id = error.get("event_id")
        if error.get("param") == "type" and (mark := REFUSED.search(error["message"])) is not None:
            problem = self._refused.pop(int(mark[1]), None)
            if problem is not None:
                error.update(problem.as_error(event_id))
                return
        asked = next((asked for asked in self._asked if asked.event_id == event_id), None)
        if asked is not None:
            self._asked.remove(asked)
        if isinstance(event_id, str) and event_id.startswith(MARK):
            error["event_id"] = None
