"""The translator between one beta client and one GA session."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from openai.types.beta.realtime import RealtimeClientEvent as BetaClientEvent
from support.beta import events_of
from support.strict import strict_beta_server_event

from rtnb.protocol.beta import MARK, BetaTranslator
from rtnb.protocol.problems import Problem
from rtnb.protocol.session_config import UpdateRefused, apply_update, default_session
from rtnb.protocol.validation import check_client_event

Json = dict[str, Any]


class Session:
    """As much of a GA session as the translator sees: updates taken or refused, whole responses."""

    def __init__(self, translator: BetaTranslator, kind: Any = "realtime") -> None:
        self.beta = translator
        self.config = default_session(session_id="sess_1", model="gpt-realtime", kind=kind, expires_at=7)

    def opened(self) -> Json:
        return self.told({"type": "session.created", "event_id": "event_1", "session": self.config})

    def told(self, event: Json) -> Json:
        (told,) = self.beta.outgoing(event)
        return told

    def refuse(self, problem: Problem, event: Any) -> Json:
        given = event.get("event_id") if isinstance(event, dict) else None
        error = problem.as_error(given if isinstance(given, str) else None)
        return self.told({"type": "error", "event_id": "event_1", "error": error})

    def ask(self, event: object) -> Json:
        ga = self.beta.incoming(event)
        if (problem := check_client_event(ga)) is not None:
            return self.refuse(problem, ga)
        assert isinstance(ga, dict)
        if ga["type"] == "session.update":
            try:
                self.config = apply_update(self.config, ga["session"])
            except UpdateRefused as refused:
                return self.refuse(refused.problem, ga)
            return self.told({"type": "session.updated", "event_id": "event_1", "session": self.config})
        response = {"id": "resp_1", "object": "realtime.response", "metadata": None, **(ga.get("response") or {})}
        return self.told({"type": "response.created", "event_id": "event_1", "response": response})

    def update(self, event_id: str | None = None, /, **session: Any) -> Json:
        named = {"event_id": event_id} if event_id else {}
        return self.ask({"type": "session.update", "session": session, **named})


@pytest.fixture
def session() -> Session:
    return Session(BetaTranslator())


def test_a_session_opens_flat(session: Session) -> None:
    opened = session.opened()
    assert opened["session"]["modalities"] == ["audio", "text"]
    assert opened["session"]["temperature"] == 0.8
    assert strict_beta_server_event(opened) == []


def test_a_transcription_session_has_its_own_events() -> None:
    session = Session(BetaTranslator(), "transcription")
    opened = session.opened()
    assert opened["type"] == "transcription_session.created"
    assert "temperature" not in opened["session"]
    asked = {"input_audio_transcription": {"model": "whisper-1"}, "turn_detection": None, "modalities": ["text"]}
    updated = session.ask({"type": "transcription_session.update", "session": asked})
    assert updated["type"] == "transcription_session.updated"
    assert updated["session"]["input_audio_transcription"]["model"] == "whisper-1"
    assert updated["session"]["turn_detection"] is None
    assert strict_beta_server_event(updated) == []
    refused = session.update(voice="sage")
    assert refused["error"]["message"] == (
        "Passing a realtime session update event to a transcription session is not allowed."
    )


def test_a_session_keeps_its_temperature(session: Session) -> None:
    assert session.update(temperature=0.6)["session"]["temperature"] == 0.6
    assert session.update(voice="sage")["session"]["temperature"] == 0.6
    assert session.update(temperature=None)["session"]["temperature"] == 0.6
    assert session.ask({"type": "response.create"})["response"]["temperature"] == 0.6


@pytest.mark.parametrize("event_id", [None, "mine"])
def test_a_refused_update_leaves_the_temperature(session: Session, event_id: str | None) -> None:
    refused = session.update(event_id, temperature=0.6, turn_detection={"type": "server_vad", "threshold": 7})
    assert refused["error"]["param"] == "session.turn_detection.threshold"
    assert refused["error"]["event_id"] == event_id
    assert session.update()["session"]["temperature"] == 0.8
    assert session.update(event_id, temperature=1.2, foo=1)["error"]["code"] == "unknown_parameter"
    assert session.update()["session"]["temperature"] == 0.8
    assert session.update(temperature=1)["session"]["temperature"] == 1


def test_updates_are_answered_in_their_order(session: Session) -> None:
    """A client that does not wait: one update refused between two that are taken."""
    beta = session.beta
    first, second, third = (
        beta.incoming({"type": "session.update", "session": {"temperature": temperature}})
        for temperature in (0.7, 0.9, 1.1)
    )
    updated = {"type": "session.updated", "event_id": "event_1", "session": session.config}
    assert isinstance(first, dict) and isinstance(second, dict) and isinstance(third, dict)
    assert session.told(updated)["session"]["temperature"] == 0.7
    assert session.refuse(Problem("x", "y", None), second)["error"]["event_id"] is None
    assert session.told(updated)["session"]["temperature"] == 1.1


def test_a_response_runs_with_the_temperature_it_asked_for(session: Session) -> None:
    asked = {"type": "response.create", "response": {"temperature": 0.6, "metadata": {"a": "b"}}}
    created = session.ask(asked)["response"]
    assert created["temperature"] == 0.6
    assert created["metadata"] == {"a": "b"}
    bare = session.ask({"type": "response.create", "response": {"temperature": 1}})["response"]
    assert bare["temperature"] == 1
    assert bare["metadata"] is None
    assert session.ask({"type": "response.create", "response": {}})["response"]["temperature"] == 0.8


def test_a_response_ends_with_the_temperature_it_began_with(session: Session) -> None:
    session.ask({"type": "response.create", "response": {"temperature": 0.6}})
    session.update(temperature=1.1)
    done = {"type": "response.done", "event_id": "event_1", "response": {"id": "resp_1"}}
    assert session.told(done)["response"]["temperature"] == 0.6
    assert session.told(done)["response"]["temperature"] == 1.1


def test_a_refused_response_leaves_nothing_behind(session: Session) -> None:
    asked = session.beta.incoming({"type": "response.create", "response": {"temperature": 0.6}})
    assert session.refuse(Problem("conversation_already_has_active_response", "", None), asked)
    by_turn_detection = {"type": "response.created", "event_id": "event_1", "response": {"id": "resp_1"}}
    assert session.told(by_turn_detection)["response"]["temperature"] == 0.8


def test_a_beta_refusal_takes_the_place_of_the_sessions(session: Session) -> None:
    refused = session.update("mine", audio={"output": {"voice": "sage"}})
    assert refused["error"] == {
        "type": "invalid_request_error",
        "code": "unknown_parameter",
        "message": "Unknown parameter: 'session.audio'.",
        "param": "session.audio",
        "event_id": "mine",
    }
    assert strict_beta_server_event(refused) == []
    unknown = session.ask({"type": "ping"})["error"]
    assert unknown["message"].startswith("Invalid value: 'ping'. ")
    assert unknown["event_id"] is None


def test_two_refusals_are_told_apart(session: Session) -> None:
    one, two = (session.beta.incoming({"type": kind}) for kind in ("one", "two"))
    for event, word in [(two, "two"), (one, "one")]:
        problem = check_client_event(event)
        assert problem is not None
        assert f"'{word}'" in session.refuse(problem, event)["error"]["message"]


def test_what_the_beta_shape_lacks_is_not_sent() -> None:
    beta = BetaTranslator()
    assert beta.outgoing({"type": "conversation.item.done", "item": {}}) == []
    assert beta.outgoing({"type": "input_audio_buffer.timeout_triggered"}) == []


JSON = st.recursive(
    st.none() | st.booleans() | st.floats(allow_nan=False) | st.text(max_size=4),
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.text(max_size=4), inner, max_size=2),
    max_leaves=6,
)
SESSION = ("modalities", "audio", "input_audio_format", "input_audio_transcription", "turn_detection", "temperature")
ELSEWHERE = ("tool_choice", "input", "item", "content", "type", "role", "metadata", "voice")
NAMES = st.sampled_from(SESSION + ELSEWHERE)
BAGS = st.dictionaries(NAMES, JSON | st.dictionaries(NAMES, JSON, max_size=3), max_size=4)
GARBAGE = st.fixed_dictionaries(
    {
        "type": st.sampled_from(
            ["session.update", "transcription_session.update", "response.create", "conversation.item.create"]
        )
        | JSON
    },
    optional={"session": BAGS | JSON, "response": BAGS | JSON, "item": BAGS | JSON, "event_id": JSON},
)


@given(st.lists(JSON | GARBAGE | events_of(BetaClientEvent), max_size=4))
@settings(max_examples=300)
def test_whatever_comes_is_understood_or_refused_in_plain_words(events: list[Any]) -> None:
    session = Session(BetaTranslator())
    for event in events:
        ga = session.beta.incoming(event)
        problem = check_client_event(ga)
        if problem is not None:
            answer = session.refuse(problem, ga)
            assert MARK not in json.dumps(answer, ensure_ascii=False)
            assert answer["error"]["message"]
