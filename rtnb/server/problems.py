"""The refusals of the embedded server, with the codes and wording of the live service.

The texts follow what public captures of the live service show; see each function for the condition.
"""

from __future__ import annotations

from rtnb.protocol import Problem

__all__ = [
    "Refused",
    "active_response",
    "audio_too_large",
    "bad_base64",
    "bad_image",
    "binary_frame",
    "buffer_too_small",
    "context_full",
    "conversation_full",
    "duplicate_item",
    "image_too_large",
    "instructions_too_long",
    "invalid_json",
    "no_active_response",
    "no_responses_here",
    "no_tools",
    "not_an_image",
    "not_audio_item",
    "not_audio_part",
    "only_for_translation",
    "reserved_item_id",
    "server_failure",
    "session_ending",
    "speed_between_turns",
    "text_too_long",
    "too_many_responses",
    "truncate_past_end",
    "unknown_call",
    "unknown_item",
    "unknown_previous_item",
    "unknown_reference",
    "unknown_tool",
    "voice_locked",
]


class Refused(Exception):
    """A client event that cannot be carried out; the session answers with its problem."""

    def __init__(self, problem: Problem) -> None:
        super().__init__(problem.message)
        self.problem = problem


def invalid_json() -> Problem:
    """The frame is not JSON."""
    return Problem("invalid_json", "Invalid event: failed to parse JSON value. ", None)


def binary_frame() -> Problem:
    """A binary frame arrived."""
    return Problem("invalid_event", "Expected a text WebSocket message; binary frames are not supported.", None)


def bad_base64(param: str) -> Problem:
    """Audio that is not base64."""
    return Problem(
        "invalid_value",
        f"Invalid '{param}'. Expected base64-encoded audio bytes, but could not decode them.",
        param,
    )


def audio_too_large(limit_bytes: int) -> Problem:
    """One append holds more than the API's limit of 15 MiB."""
    return Problem("invalid_value", f"Invalid 'audio'. An append may hold at most {limit_bytes} bytes.", "audio")


def buffer_too_small(duration_ms: float) -> Problem:
    """A commit with less than 100 ms in the buffer."""
    return Problem(
        "input_audio_buffer_commit_empty",
        "Error committing input audio buffer: buffer too small. Expected at least 100ms of audio, "
        f"but buffer only has {duration_ms:.2f}ms of audio.",
        None,
    )


def active_response(response_id: str) -> Problem:
    """A second response in the default conversation."""
    return Problem(
        "conversation_already_has_active_response",
        f"Conversation already has an active response in progress: {response_id}. "
        "Wait until the response is finished before creating a new one.",
        None,
    )


def no_active_response() -> Problem:
    """A cancel with nothing to cancel."""
    return Problem("response_cancel_not_active", "Cancellation failed: no active response found", None)


def unknown_item(verb: str, item_id: str) -> Problem:
    """`verb` is ``delete``, ``retrieve`` or ``truncate``."""
    gerund = {"delete": "deleting", "retrieve": "retrieving", "truncate": "truncating"}[verb]
    return Problem(
        f"item_{verb}_invalid_item_id",
        f"Error {gerund} item: the item with id '{item_id}' does not exist.",
        "item_id",
    )


def unknown_previous_item(item_id: str) -> Problem:
    """Placement after an item that is not there."""
    return Problem(
        "item_create_invalid_previous_item_id",
        f"Error creating item: the previous item with id '{item_id}' does not exist.",
        "previous_item_id",
    )


def duplicate_item(item_id: str) -> Problem:
    """The client's id is taken."""
    return Problem(
        "item_create_duplicate_item_id",
        f"Error creating item: an item with id '{item_id}' already exists.",
        "item.id",
    )


def not_audio_item() -> Problem:
    """Truncation of anything but assistant audio."""
    return Problem(None, "Only model output audio messages can be truncated", None)


def not_audio_part(index: int) -> Problem:
    """Truncation of a content part that is no audio."""
    return Problem("invalid_value", f"Invalid 'content_index': content part {index} is not audio.", "content_index")


def reserved_item_id(item_id: str) -> Problem:
    """An id that stands for a place, the front of the conversation, in ``previous_item_id``."""
    return Problem("invalid_value", f"Invalid 'item.id': '{item_id}' is reserved.", "item.id")


def conversation_full(limit_bytes: int) -> Problem:
    """No room for another item; nothing is published, the live service has its own bounds."""
    return Problem(
        "conversation_too_large",
        f"The items of a session may hold at most {limit_bytes} bytes together. Delete items to make room.",
        None,
    )


def text_too_long(param: str, length: int, limit: int) -> Problem:
    """Text that no model's window takes; wording of the live service for strings."""
    return Problem(
        "string_above_max_length",
        f"Invalid '{param}': string too long. Expected a string with maximum length {limit}, but got a string with "
        f"length {length} instead.",
        param,
    )


def session_ending() -> Problem:
    """A response was asked for while the session ends."""
    return Problem("session_expired", "The session is ending: it begins no more responses.", None)


def truncate_past_end(has_ms: int, asked_ms: int) -> Problem:
    """Truncation after the end of the audio."""
    return Problem("invalid_value", f"Audio content of {has_ms}ms is already shorter than {asked_ms}ms", "audio_end_ms")


def voice_locked(param: str = "session.audio.output.voice") -> Problem:
    """Another voice after the assistant has spoken."""
    return Problem("cannot_update_voice", "Cannot update a conversation's voice if assistant audio is present.", param)


def speed_between_turns() -> Problem:
    """Another speed while a response runs; the rule is documented, the sentence is not."""
    return Problem(
        "invalid_value",
        "Cannot update the speed of speech while a response is in progress.",
        "session.audio.output.speed",
    )


def unknown_call(call_id: str, param: str | None = None) -> Problem:
    """The output of a tool call that is not in the conversation."""
    return Problem("invalid_tool_call_id", f"Tool call ID '{call_id}' not found in conversation.", param)


def unknown_reference(item_id: str, param: str) -> Problem:
    """An item reference among the input of a response that leads nowhere."""
    return Problem("invalid_value", f"Item '{item_id}' does not exist in the conversation.", param)


def unknown_tool(name: str, param: str) -> Problem:
    """A response that must call a tool which it has not got; wording of the REST API."""
    return Problem("invalid_value", f"Tool choice '{name}' not found in 'tools' parameter.", param)


def no_tools(labels: list[str]) -> Problem:
    """A call is required, and no MCP server has listed a tool that is allowed; the sentence is not published."""
    return Problem(
        "invalid_value",
        f"A tool call is required, but no tool is available: {', '.join(map(repr, labels))} listed none that is "
        "allowed. Wait for mcp_list_tools.completed first.",
        "tool_choice",
    )


def not_an_image(param: str, kind: str | None) -> Problem:
    """An image that is no data URI of a PNG or a JPEG; wording of the REST API."""
    got = "got an unsupported URL" if kind is None else f"got unsupported MIME type '{kind[:64]}'"
    return Problem(
        "invalid_value",
        f"Invalid '{param}'. Expected a base64-encoded data URL with an image MIME type (image/png or image/jpeg), "
        f"but {got}.",
        param,
    )


def bad_image(param: str) -> Problem:
    """A data URI whose bytes are not the image that it says they are."""
    return Problem(
        "invalid_value", f"Invalid '{param}'. The data could not be read as the image it claims to be.", param
    )


def image_too_large(param: str, limit_bytes: int) -> Problem:
    """An image of more bytes than the server takes in."""
    return Problem("invalid_value", f"Invalid '{param}'. An image may hold at most {limit_bytes} bytes.", param)


def instructions_too_long(param: str, tokens: int | None, limit_tokens: int) -> Problem:
    """Instructions and tools beyond the documented limit; the sentence is not published. None: not even counted."""
    return Problem(
        "invalid_value",
        f"Invalid '{param}'. Instructions and tools may have at most {limit_tokens} tokens together, "
        f"but have {f'more than {limit_tokens}' if tokens is None else tokens}.",
        param,
    )


def context_full(tokens: int, limit_tokens: int, what: str) -> Problem:
    """More conversation than the model takes; code and sentence of the REST API. `what` tells what does not fit."""
    return Problem(
        "context_length_exceeded",
        "Your input exceeds the context window of this model. Please adjust your input and try again. "
        f"({what}: {tokens} tokens, and the limit is {limit_tokens}.)",
        None,
    )


def too_many_responses(limit: int) -> Problem:
    """More responses outside of the conversation at once than one session may have."""
    return Problem(
        "rate_limit_exceeded",
        f"A session may have at most {limit} responses in progress. Wait until one of them is finished.",
        None,
        type="rate_limit_error",
    )


def no_responses_here(event_type: str) -> Problem:
    """A transcription session was asked for an answer; the sentence follows that of a session.update of its kind."""
    return Problem(
        "invalid_parameter", f"Passing a {event_type} event to a transcription session is not allowed.", "type"
    )


def only_for_translation(event_type: str) -> Problem:
    """An event that the service's type check lets through, but that only translation sessions have."""
    return Problem("invalid_value", f"'{event_type}' is only for translation sessions.", "type")


def server_failure(message: str) -> Problem:
    """Something of the server's own went wrong."""
    return Problem(None, message, None, type="server_error")
