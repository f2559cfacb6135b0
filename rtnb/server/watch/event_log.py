"""Writes what happens on a server to its log: sessions, responses, errors and calls; at debug level, each event.

Above debug level no record holds a word of a user, of a model, or of the messages that clients are sent.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Mapping
from typing import Any

from rtnb.protocol import Problem
from rtnb.server.watch.redaction import loggable
from rtnb.server.watch.timeline import Answer, Moment, Recognition, Timeline
from rtnb.server.watching import Facts, Watch, Watcher

__all__ = ["EventLog"]

log = logging.getLogger(__name__)

APPEND = "input_audio_buffer.append"


class EventLog(Watcher):
    """Writes to the log of this module, as far as its level lets it.

    Examples
    --------
    >>> from rtnb.server import Options
    >>> Options(watchers=(EventLog(),)).watchers[0]
    EventLog()
    """

    def __repr__(self) -> str:
        return "EventLog()"

    def opened(self, facts: Facts) -> Watch | None:
        """A session begins; nothing looks at it where nothing would be written."""
        return _Writing(facts) if log.isEnabledFor(logging.INFO) else None

    def refused(self, problem: Problem, *, status: int | None = None) -> None:
        """A connection or request was turned away."""
        _tell("refused", "", code=problem.code or problem.type, status=status)


class _Writing(Watch):
    """Writes about one session, and its sums at the end."""

    def __init__(self, facts: Facts) -> None:
        self._id = facts.session_id
        self._timeline = Timeline()
        self._begun_s = time.perf_counter()
        self._verbose = log.isEnabledFor(logging.DEBUG)
        self._events = {"in": 0, "out": 0}
        self._audio_s = {"in": 0.0, "out": 0.0}
        self._tokens = {"input": 0, "output": 0}
        self._responses = self._errors = self._calls = 0
        opening = facts.opening
        shape = "beta" if opening.beta else "ga"
        _tell("session opened", self._id, kind=opening.kind, model=opening.model, shape=shape, peer=facts.peer)

    def received(self, event: object, size_bytes: int) -> None:
        self._events["in"] += 1
        if self._verbose:
            log.debug("received", extra=_extra(self._id, {"size_bytes": size_bytes, "event": loggable(event)}))
        if not isinstance(event, dict):
            return
        if event.get("type") == APPEND:
            audio = event.get("audio")
            if isinstance(audio, str):
                self._audio_s["in"] += len(audio) * self._timeline.input_seconds_a_character
            return
        self._timeline.received(event)

    def sent(self, event: Mapping[str, Any]) -> None:
        self._events["out"] += 1
        if self._verbose:
            log.debug("sent", extra=_extra(self._id, {"event": loggable(event)}))
        moment = self._timeline.sent(event)
        if moment is not None:
            self._told(moment)
        elif event["type"] == "error":
            self._errors += 1
            error = event["error"]
            _tell("error sent", self._id, code=error.get("code") or error.get("type"), param=error.get("param"))

    def closed(self, code: int | None, reason: str) -> None:
        _tell(
            "session closed",
            self._id,
            code=code,
            duration_s=round(time.perf_counter() - self._begun_s, 3),
            events_in=self._events["in"],
            events_out=self._events["out"],
            audio_in_s=round(self._audio_s["in"], 3),
            audio_out_s=round(self._audio_s["out"], 3),
            responses=self._responses,
            tool_calls=self._calls,
            errors=self._errors,
            input_tokens=self._tokens["input"],
            output_tokens=self._tokens["output"],
        )

    def _told(self, moment: Moment) -> None:
        if isinstance(moment, Answer):
            self._answered(moment)
        elif isinstance(moment, Recognition):
            _tell("audio recognised", self._id, outcome=moment.outcome, took_ms=_ms(moment.took_s))
        else:
            self._calls += moment.outcome != "answered"
            tool = {"kind": moment.kind, "name": moment.name, "outcome": moment.outcome}
            _tell("tool call", self._id, **tool, took_ms=_ms(moment.took_s))

    def _answered(self, answer: Answer) -> None:
        self._responses += 1
        self._audio_s["out"] += answer.audio_s
        usage = answer.usage or {}
        for direction in self._tokens:
            self._tokens[direction] += usage.get(f"{direction}_tokens") or 0
        _tell(
            "response done",
            self._id,
            response=answer.id,
            status=answer.status,
            reason=answer.reason or None,
            trigger=answer.trigger,
            start_ms=_ms(answer.start_s),
            first_output_ms=_ms(answer.first_output_s),
            first_audio_ms=_ms(answer.first_audio_s),
            turn_first_audio_ms=_ms(answer.turn_first_audio_s),
            duration_ms=_ms(answer.duration_s),
            audio_s=round(answer.audio_s, 3),
            input_tokens=usage.get("input_tokens"),
            output_tokens=usage.get("output_tokens"),
            cached_tokens=(usage.get("input_token_details") or {}).get("cached_tokens"),
        )


def _tell(message: str, session_id: str, **fields: Any) -> None:
    """An info record; fields without a value are left out."""
    if log.isEnabledFor(logging.INFO):
        log.info(message, extra=_extra(session_id, {name: each for name, each in fields.items() if each is not None}))


def _extra(session_id: str, fields: dict[str, Any]) -> dict[str, Any]:
    return {"session": session_id, "fields": fields}


def _ms(seconds: float | None) -> float | None:
    return None if seconds is None else round(1000 * seconds, 1)
