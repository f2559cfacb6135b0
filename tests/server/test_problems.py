from __future__ import annotations

import inspect
from collections.abc import Callable

import pytest
from support.strict import strict_server_event

from rtnb.protocol import Problem
from rtnb.server import problems

ARGUMENTS: dict[str, tuple[object, ...]] = {
    "active_response": ("resp_1",),
    "audio_too_large": (15,),
    "bad_base64": ("audio",),
    "bad_image": ("item.content[0].image_url",),
    "buffer_too_small": (12.5,),
    "context_full": (30_000, 28_224, "The conversation"),
    "conversation_full": (1000,),
    "duplicate_item": ("item_1",),
    "image_too_large": ("item.content[0].image_url", 100),
    "instructions_too_long": ("session.instructions", 20_000, 16_384),
    "no_responses_here": ("response.create",),
    "no_tools": (["docs"],),
    "not_audio_part": (1,),
    "not_an_image": ("item.content[0].image_url", "image/gif"),
    "only_for_translation": ("session.close",),
    "reserved_item_id": ("root",),
    "server_failure": ("It broke.",),
    "text_too_long": ("item.output", 20, 10),
    "too_many_responses": (32,),
    "truncate_past_end": (100, 200),
    "unknown_call": ("call_1",),
    "unknown_item": ("delete", "item_1"),
    "unknown_previous_item": ("item_1",),
    "unknown_reference": ("item_1", "response.input[0].id"),
    "unknown_tool": ("look_up", "response.tool_choice"),
}

LIVE = [
    (problems.invalid_json(), "invalid_json", "Invalid event: failed to parse JSON value. "),
    (
        problems.binary_frame(),
        "invalid_event",
        "Expected a text WebSocket message; binary frames are not supported.",
    ),
    (
        problems.buffer_too_small(0),
        "input_audio_buffer_commit_empty",
        "Error committing input audio buffer: buffer too small. "
        "Expected at least 100ms of audio, but buffer only has 0.00ms of audio.",
    ),
    (
        problems.active_response("resp_X"),
        "conversation_already_has_active_response",
        "Conversation already has an active response in progress: resp_X. "
        "Wait until the response is finished before creating a new one.",
    ),
    (
        problems.no_active_response(),
        "response_cancel_not_active",
        "Cancellation failed: no active response found",
    ),
    (
        problems.unknown_item("delete", "X"),
        "item_delete_invalid_item_id",
        "Error deleting item: the item with id 'X' does not exist.",
    ),
    (problems.not_audio_item(), None, "Only model output audio messages can be truncated"),
    (problems.truncate_past_end(100, 200), "invalid_value", "Audio content of 100ms is already shorter than 200ms"),
    (
        problems.voice_locked(),
        "cannot_update_voice",
        "Cannot update a conversation's voice if assistant audio is present.",
    ),
    (problems.unknown_call("call_1"), "invalid_tool_call_id", "Tool call ID 'call_1' not found in conversation."),
]
"""Wording that public captures of the live service show, and that clients match on."""


NAMES = [name for name in problems.__all__ if name != "Refused"]

OTHER_TYPES = {
    "server_failure": "server_error",
    "too_many_responses": "rate_limit_error",
}


def every_problem() -> list[tuple[str, Problem]]:
    makers: dict[str, Callable[..., Problem]] = {name: getattr(problems, name) for name in NAMES}
    return [(name, maker(*ARGUMENTS.get(name, ()))) for name, maker in makers.items()]


def test_all_of_them_are_tested() -> None:
    public = {name for name, value in vars(problems).items() if inspect.isfunction(value)}
    assert public == set(NAMES)
    assert problems.__all__ == sorted(problems.__all__)
    assert set(ARGUMENTS) <= public


@pytest.mark.parametrize(("name", "problem"), every_problem())
def test_every_problem_makes_a_strict_error_event(name: str, problem: Problem) -> None:
    event = {"type": "error", "event_id": "event_1", "error": problem.as_error("event_client")}
    assert strict_server_event(event) == []
    assert problem.message
    assert problem.type == OTHER_TYPES.get(name, "invalid_request_error")


@pytest.mark.parametrize(("problem", "code", "message"), LIVE)
def test_the_words_of_the_live_service(problem: Problem, code: str | None, message: str) -> None:
    assert problem.message == message
    assert problem.code == code


@pytest.mark.parametrize(
    ("verb", "word"), [("delete", "deleting"), ("retrieve", "retrieving"), ("truncate", "truncating")]
)
def test_unknown_items_by_verb(verb: str, word: str) -> None:
    problem = problems.unknown_item(verb, "item_9")
    assert problem.code == f"item_{verb}_invalid_item_id"
    assert problem.message == f"Error {word} item: the item with id 'item_9' does not exist."
    assert problem.param == "item_id"


@pytest.mark.parametrize("shown", ["0.02", "99.98", "12.50"])
def test_how_much_there_was_is_said_to_the_hundredth(shown: str) -> None:
    assert f"only has {shown}ms of audio" in problems.buffer_too_small(float(shown)).message


def test_an_image_is_refused_for_its_kind_or_for_not_being_a_data_uri() -> None:
    assert "'image/gif'" in problems.not_an_image("p", "image/gif").message
    assert "unsupported URL" in problems.not_an_image("p", None).message
    assert len(problems.not_an_image("p", "x" * 10_000).message) < 300


def test_a_refusal_carries_its_problem() -> None:
    problem = problems.no_active_response()
    assert problems.Refused(problem).problem is problem and str(problems.Refused(problem)) == problem.message
