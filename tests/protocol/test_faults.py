"""How bad errors are."""

from __future__ import annotations

from typing import Any, get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rtnb.protocol import problems as wording
from rtnb.protocol.faults import Severity, classify, fault_rows, row_of, severities
from rtnb.protocol.rules import Range
from rtnb.server import problems


@pytest.mark.parametrize(
    ("message", "severity"),
    [
        # With null codes, as they were sent in 2024 and in places still are.
        ("Conversation already has an active response", "retry"),
        ("Conversation already has an active response in progress: resp_1. Wait until it ends.", "retry"),
        ("Cancellation failed: no active response found", "benign"),
        ("Error committing input audio buffer: the buffer is empty.", "benign"),
        ("Error committing input audio buffer: buffer too small. Expected at least 100ms of audio.", "benign"),
        ("Audio content of 9250ms is already shorter than 57340ms", "benign"),
        ("Only model output audio messages can be truncated", "benign"),
        ("Cannot update a conversation's voice if assistant audio is present.", "config"),
        ("Tool call ID 'call_1' not found in conversation.", "bug"),
        ("Your session hit the maximum duration of 15 minutes.", "retry"),
        ("The Realtime Beta API is no longer supported. Please use /v1/realtime for the GA API.", "fatal"),
        ("Incorrect API key provided: sk-1.", "fatal"),
        ("Rate limit reached for gpt-4o-mini-realtime in organization org-1 on requests per day (RPD)", "retry"),
        ("The server had an error while processing your request. Sorry about that!", "retry"),
        ("Missing bearer or basic authentication in header", "fatal"),
    ],
)  # fmt: skip
def test_messages_without_a_code(message: str, severity: str) -> None:
    assert classify({"code": None, "message": message}).severity == severity


@pytest.mark.parametrize(
    ("error", "severity"),
    [
        (problems.active_response("resp_1"), "retry"),
        (problems.no_active_response(), "benign"),
        (problems.buffer_too_small(0.0), "benign"),
        (problems.truncate_past_end(10, 20), "benign"),
        (problems.not_audio_item(), "benign"),
        (problems.unknown_item("truncate", "item_1"), "benign"),
        (problems.duplicate_item("item_1"), "benign"),
        (problems.unknown_previous_item("item_1"), "bug"),
        (problems.voice_locked(), "config"),
        (problems.speed_between_turns(), "config"),
        (problems.unknown_call("call_1"), "bug"),
        (problems.binary_frame(), "bug"),
        (problems.session_ending(), "retry"),
        (problems.server_failure("Oops."), "retry"),
        (problems.too_many_responses(3), "retry"),
        (wording.unknown("session.modalities"), "config"),
        (wording.unknown("item.foo"), "bug"),
        (wording.missing("session.type"), "config"),
        (wording.wrong_type("session.audio.input.format", "an object", "pcm16"), "config"),
        (wording.wrong_value("type", "foo", ("a", "b")), "bug"),
        (wording.wrong_value("session.type", "foo", ("a", "b")), "config"),
        (wording.out_of_range(3, Range(0, 1), "decimal", "session.audio.output.speed"), "config"),
    ],
)
def test_what_the_embedded_server_sends(error: Any, severity: str) -> None:
    assert classify(error.as_error()).severity == severity


def test_a_truncate_past_the_end_is_told_from_other_invalid_values() -> None:
    found = row_of(problems.truncate_past_end(10, 20).as_error())
    assert found is not None and found.name == "audio_already_shorter"
    found = row_of(problems.not_audio_part(1).as_error())
    assert found is not None and found.name == "invalid_value"


def test_rows_are_well_made() -> None:
    rows = fault_rows()
    assert len({row.name for row in rows}) == len(rows)
    assert set(severities()) == set(get_args(Severity)) == {row.severity for row in rows}
    for row in rows:
        assert row.code or row.message or row.type, row.name
        assert row.advice.endswith(".") and row.means.endswith("."), row.name


def test_each_row_is_found_by_what_it_shows() -> None:
    for row in fault_rows():
        if row.sample and row.message and row.code and row.param is None:
            assert row_of({"code": row.code, "message": row.sample, "param": None}) is row, row.name
            assert row_of({"code": None, "message": row.sample, "param": None}) is row, row.name


def test_an_unknown_error_is_a_bug_that_ends_nothing() -> None:
    assert classify({}).severity == "bug"
    assert classify({"code": "brand_new", "message": "What?"}).severity == "bug"


anything = st.none() | st.integers() | st.text() | st.lists(st.text()) | st.dictionaries(st.text(), st.text())


@given(st.dictionaries(st.sampled_from(["code", "type", "message", "param", "event_id", "x"]), anything))
def test_it_never_fails(error: dict[str, Any]) -> None:
    assert classify(error).severity in get_args(Severity)
