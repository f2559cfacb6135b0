"""The effective session: its first shape, and what updates make of it."""

from __future__ import annotations

import copy
from typing import Any, get_args

import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st
from support.strategies import session_patches
from support.strict import strict_server_event

from rtnb.protocol.catalogue import catalogue
from rtnb.protocol.problems import Problem
from rtnb.protocol.rules import client_rules
from rtnb.protocol.session_config import SessionKind, UpdateRefused, apply_update, default_session
from rtnb.protocol.turn_detection import ServerVad
from rtnb.protocol.validation import check_client_event

SLOW = settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])

KINDS: tuple[SessionKind, ...] = get_args(SessionKind)


def realtime(model: str = "gpt-realtime") -> dict[str, Any]:
    return default_session(session_id="sess_1", model=model, expires_at=1767233035)


def transcription() -> dict[str, Any]:
    return default_session(session_id="sess_1", model=None, kind="transcription", expires_at=1767233035)


def updated(session: dict[str, Any], **patch: Any) -> dict[str, Any]:
    return apply_update(session, {"type": session["type"], **patch})


def heard(session: dict[str, Any], **members: Any) -> dict[str, Any]:
    found: dict[str, Any] = updated(session, audio={"input": members})["audio"]["input"]
    return found


def announced(session: dict[str, Any]) -> list[str]:
    return strict_server_event({"type": "session.updated", "event_id": "event_1", "session": session})


def test_the_realtime_session_at_first() -> None:
    session = realtime()
    assert session.pop("instructions").startswith(
        "Your knowledge cutoff is 2023-10. You are a helpful, witty, and friendly AI. "
    )
    assert session == {
        "type": "realtime",
        "object": "realtime.session",
        "id": "sess_1",
        "model": "gpt-realtime",
        "output_modalities": ["audio"],
        "tools": [],
        "tool_choice": "auto",
        "max_output_tokens": "inf",
        "tracing": None,
        "truncation": "auto",
        "prompt": None,
        "expires_at": 1767233035,
        "audio": {
            "input": {
                "format": {"type": "audio/pcm", "rate": 24000},
                "transcription": None,
                "noise_reduction": None,
                "turn_detection": {
                    "type": "server_vad",
                    "threshold": 0.5,
                    "prefix_padding_ms": 300,
                    "silence_duration_ms": 200,
                    "idle_timeout_ms": None,
                    "create_response": True,
                    "interrupt_response": True,
                },
            },
            "output": {"format": {"type": "audio/pcm", "rate": 24000}, "voice": "alloy", "speed": 1.0},
        },
        "include": None,
    }


def test_the_transcription_session_at_first() -> None:
    assert transcription() == {
        "type": "transcription",
        "object": "realtime.transcription_session",
        "id": "sess_1",
        "expires_at": 1767233035,
        "audio": {
            "input": {
                "format": {"type": "audio/pcm", "rate": 24000},
                "transcription": None,
                "noise_reduction": None,
                "turn_detection": {
                    "type": "server_vad",
                    "threshold": 0.5,
                    "prefix_padding_ms": 300,
                    "silence_duration_ms": 200,
                },
            }
        },
        "include": None,
    }


@pytest.mark.parametrize("kind", KINDS)
def test_the_first_session_is_a_valid_event(kind: SessionKind) -> None:
    session = default_session(session_id="sess_1", model="m", kind=kind, expires_at=1)
    assert strict_server_event({"type": "session.created", "event_id": "event_1", "session": session}) == []


def test_the_detector_and_the_session_share_one_row() -> None:
    assert realtime()["audio"]["input"]["turn_detection"] == ServerVad().resolved().to_wire()


def test_only_members_that_are_present_change() -> None:
    before = realtime()
    after = updated(before, audio={"output": {"voice": "cedar"}})
    before["audio"]["output"]["voice"] = "cedar"
    assert after == before


def test_nulls_and_empty_values_clear() -> None:
    session = updated(
        realtime(),
        instructions="Be brief.",
        tools=[{"type": "function", "name": "f"}],
        include=["item.input_audio_transcription.logprobs"],
        prompt={"id": "pmpt_1"},
        audio={
            "input": {"noise_reduction": {"type": "near_field"}, "transcription": {"model": "whisper-1"}},
        },
    )
    assert session["instructions"] == "Be brief."
    assert session["tools"] == [{"type": "function", "name": "f"}]
    cleared = updated(
        session,
        instructions="",
        tools=[],
        tracing=None,
        include=None,
        prompt=None,
        audio={"input": {"noise_reduction": None, "transcription": None, "turn_detection": None}},
    )
    assert (cleared["instructions"], cleared["tools"]) == ("", [])
    assert cleared["tracing"] is cleared["include"] is cleared["prompt"] is None
    assert cleared["audio"]["input"] == {
        "format": {"type": "audio/pcm", "rate": 24000},
        "noise_reduction": None,
        "transcription": None,
        "turn_detection": None,
    }


def test_turn_detection_of_the_same_type_is_merged() -> None:
    session = updated(realtime(), audio={"input": {"turn_detection": {"type": "server_vad", "threshold": 0.7}}})
    found = heard(session, turn_detection={"type": "server_vad", "silence_duration_ms": 600})["turn_detection"]
    assert found == ServerVad(threshold=0.7, silence_duration_ms=600).resolved().to_wire()


def test_turn_detection_of_another_type_starts_from_its_defaults() -> None:
    session = updated(realtime(), audio={"input": {"turn_detection": {"type": "server_vad", "threshold": 0.7}}})
    session = updated(session, audio={"input": {"turn_detection": {"type": "semantic_vad"}}})
    assert session["audio"]["input"]["turn_detection"] == {
        "type": "semantic_vad",
        "eagerness": "auto",
        "create_response": True,
        "interrupt_response": True,
    }
    found = heard(session, turn_detection={"type": "server_vad", "create_response": False})["turn_detection"]
    assert found == ServerVad(create_response=False).resolved().to_wire()


def test_turn_detection_can_be_turned_off_and_on() -> None:
    session = updated(realtime(), audio={"input": {"turn_detection": None}})
    assert session["audio"]["input"]["turn_detection"] is None
    found = heard(session, turn_detection={"type": "server_vad"})["turn_detection"]
    assert found == ServerVad().resolved().to_wire()


def test_turn_detection_of_a_transcription_session_has_fewer_members() -> None:
    session = updated(transcription(), audio={"input": {"turn_detection": None}})
    assert heard(session, turn_detection={"type": "server_vad", "threshold": 0.25})["turn_detection"] == {
        "type": "server_vad",
        "threshold": 0.25,
        "prefix_padding_ms": 300,
        "silence_duration_ms": 200,
    }


def test_transcription_is_echoed_with_its_nulls() -> None:
    session = updated(realtime(), audio={"input": {"transcription": {"model": "whisper-1", "language": "fr"}}})
    assert session["audio"]["input"]["transcription"] == {
        "model": "whisper-1",
        "language": "fr",
        "prompt": None,
    }
    later = heard(session, transcription={"model": "gpt-transcribe", "language": "fr", "keywords": ["rtnb"]})
    assert later["transcription"] == {
        "model": "gpt-transcribe",
        "language": "fr",
        "prompt": None,
        "keywords": ["rtnb"],
    }
    other = heard(session, transcription={"model": "gpt-4o-transcribe"})
    assert other["transcription"] == {"model": "gpt-4o-transcribe", "language": None, "prompt": None}


def test_noise_reduction_keeps_its_strength() -> None:
    session = updated(realtime(), audio={"input": {"noise_reduction": {"type": "near_field"}}})
    assert session["audio"]["input"]["noise_reduction"] == {"type": "near_field", "strength": 1.0}
    session = updated(session, audio={"input": {"noise_reduction": {"strength": 0.5}}})
    assert session["audio"]["input"]["noise_reduction"] == {"type": "near_field", "strength": 0.5}
    found = heard(session, noise_reduction={"type": "far_field"})["noise_reduction"]
    assert found == {"type": "far_field", "strength": 0.5}


def test_noise_reduction_that_is_off_cannot_be_tuned() -> None:
    with pytest.raises(UpdateRefused) as caught:
        heard(realtime(), noise_reduction={"strength": 0.5})
    where = "session.audio.input.noise_reduction.type"
    assert caught.value.problem == Problem(
        "missing_required_parameter", f"Missing required parameter: '{where}'.", where
    )


def test_a_format_is_replaced() -> None:
    session = updated(realtime(), audio={"output": {"format": {"type": "audio/pcmu"}}})
    assert session["audio"]["output"] == {"format": {"type": "audio/pcmu"}, "voice": "alloy", "speed": 1.0}
    assert session["audio"]["input"]["format"] == {"type": "audio/pcm", "rate": 24000}


def test_the_model_stays() -> None:
    assert updated(realtime(), model="gpt-realtime-2.1") == realtime()


@pytest.mark.parametrize("session", [realtime(), transcription()])
def test_the_session_sent_back_changes_nothing(session: dict[str, Any]) -> None:
    assert apply_update(session, session) == session


@pytest.mark.parametrize(("name", "value"), [("id", "sess_2"), ("object", "x"), ("expires_at", 2), ("id", None)])
def test_the_servers_own_members_cannot_be_changed(name: str, value: object) -> None:
    with pytest.raises(UpdateRefused) as caught:
        updated(realtime(), **{name: value})
    where = f"session.{name}"
    assert caught.value.problem == Problem("unknown_parameter", f"Unknown parameter: '{where}'.", where)


def test_an_update_for_the_other_kind_is_refused() -> None:
    with pytest.raises(UpdateRefused) as caught:
        apply_update(realtime(), {"type": "transcription"})
    assert caught.value.problem.message == (
        "Passing a transcription session update event to a realtime session is not allowed."
    )
    assert caught.value.problem.code == "invalid_parameter"
    with pytest.raises(UpdateRefused, match="a realtime session update event to a transcription session"):
        apply_update(transcription(), {"type": "realtime"})


@pytest.mark.parametrize("model", sorted(client_rules().no_turn_detection))
def test_some_transcription_models_know_no_turns(model: str) -> None:
    session = updated(transcription(), audio={"input": {"transcription": {"model": model}}})
    assert session["audio"]["input"]["turn_detection"] is None
    assert heard(session, transcription={"model": model})["turn_detection"] is None
    for before, more in (
        (session, {"turn_detection": {"type": "server_vad"}}),
        (transcription(), {"turn_detection": {"type": "server_vad"}}),
    ):
        with pytest.raises(UpdateRefused, match="set it to null") as caught:
            heard(before, transcription={"model": model}, **more)
        assert caught.value.problem.param == "session.audio.input.turn_detection"
    assert heard(realtime(), transcription={"model": model})["turn_detection"] is not None


def test_reasoning_needs_a_model_that_reasons() -> None:
    assert "reasoning" not in realtime("gpt-realtime-2.1")
    for model in ("gpt-realtime-2", "gpt-realtime-2.1", "gpt-realtime-2.1-mini", "a model of tomorrow"):
        assert updated(realtime(model), reasoning={"effort": "low"})["reasoning"] == {"effort": "low"}
    with pytest.raises(UpdateRefused) as caught:
        updated(realtime("gpt-realtime-2025-08-28"), reasoning={"effort": "low"})
    assert caught.value.problem.param == "session.reasoning"


def test_parallel_calls_need_a_model_that_reasons() -> None:
    assert updated(realtime("gpt-realtime-2"), parallel_tool_calls=False)["parallel_tool_calls"] is False
    with pytest.raises(UpdateRefused) as caught:
        updated(realtime("gpt-realtime"), parallel_tool_calls=True)
    assert caught.value.problem.param == "session.parallel_tool_calls"


def test_tracing_cannot_change_once_it_is_on() -> None:
    off = updated(realtime(), tracing=None)
    assert off["tracing"] is None
    on = updated(off, tracing="auto")
    assert updated(on, tracing="auto", instructions="x")["tracing"] == "auto"
    for other in (None, {"workflow_name": "w"}):
        with pytest.raises(UpdateRefused) as caught:
            updated(on, tracing=other)
        assert caught.value.problem.param == "session.tracing"


def test_known_models_either_reason_or_do_not() -> None:
    reasoning = set(catalogue().realtime_models) - client_rules().no_reasoning
    assert reasoning == {"gpt-realtime-2", "gpt-realtime-2.1", "gpt-realtime-2.1-mini"}


def test_a_refused_update_changes_nothing() -> None:
    session = realtime()
    with pytest.raises(UpdateRefused):
        updated(session, instructions="new", audio={"output": {"voice": "cedar"}}, id="sess_2")
    assert session == realtime()


def test_the_result_shares_nothing_with_what_it_was_made_of() -> None:
    session = realtime()
    patch = {
        "type": "realtime",
        "tools": [{"type": "function", "name": "f"}],
        "audio": {"output": {"voice": {"id": "v"}}, "input": {"transcription": {"model": "m", "keywords": ["k"]}}},
    }
    before = copy.deepcopy(patch)
    result = apply_update(session, patch)
    result["audio"]["input"]["format"]["rate"] = 1
    result["audio"]["input"]["transcription"]["keywords"].append("l")
    result["audio"]["output"]["voice"]["id"] = "w"
    result["tools"][0]["name"] = "g"
    assert session == realtime()
    assert patch == before


def _applied(session: dict[str, Any], patch: dict[str, Any]) -> dict[str, Any]:
    try:
        return apply_update(session, patch)
    except UpdateRefused:
        assume(False)
        raise


@pytest.mark.parametrize("kind", KINDS)
@SLOW
@given(data=st.data())
def test_properties_of_updates(kind: SessionKind, data: st.DataObject) -> None:
    session = default_session(session_id="sess_1", model="gpt-realtime-2.1", kind=kind, expires_at=1)
    patches = data.draw(st.lists(session_patches(kind), min_size=1, max_size=3))
    for patch in patches:
        assert check_client_event({"type": "session.update", "session": patch}) is None
        session_before, patch_before = copy.deepcopy(session), copy.deepcopy(patch)
        result = _applied(session, patch)
        assert (session, patch) == (session_before, patch_before)
        assert apply_update(result, patch) == result
        assert announced(result) == []
        assert apply_update(result, result) == result
        assert check_client_event({"type": "session.update", "session": result}) is None
        assert list(result)[: len(session)] == list(session)
        session = result
