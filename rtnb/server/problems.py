"""The refusals of the embedded server, with the codes and wording of the live service.

The texts follow what public captures of the live service show; see each function for the condition.
"""

from __future__ import annotations

from rtnb.protocol import Problem

__all__ = [
    "active_response",
    "audio_too_large",
    "bad_base64",
    "bad_key",
    "binary_frame",
    "buffer_too_small",
    "duplicate_item",
    "invalid_json",
    "missing_key",
    "missing_model",
    "no_active_response",
    "not_audio_item",
    "server_failure",
    "truncate_past_end",
    "unknown_item",
    "unknown_previous_item",
    "unsupported",
    "voice_locked",
]


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


def truncate_past_end(has_ms: int, asked_ms: int) -> Problem:
    """Truncation after the end of the audio."""
    return Problem("invalid_value", f"Audio content of {has_ms}ms is already shorter than {asked_ms}ms", "audio_end_ms")


def voice_locked() -> Problem:
    """Another voice after the assistant has spoken."""
    return Problem(
        "cannot_update_voice",
        "Cannot update a conversation's voice if assistant audio is present.",
        "session.audio.output.voice",
    )


def unsupported(param: str, what: str) -> Problem:
    """Valid in the API, not in this embedded server."""
    return Problem("invalid_value", f"The embedded server does not support {what} yet.", param)


def bad_key() -> Problem:
    """The key is not the one this server wants."""
    return Problem("invalid_api_key", "Incorrect API key provided: the server expects another key.", None)


def missing_key() -> Problem:
    """No key was presented at all."""
    return Problem(None, "Missing bearer or basic authentication in header", None)


def missing_model() -> Problem:
    """The URL names no model."""
    return Problem(
        "missing_model",
        "You must provide a model parameter, for example wss://api.openai.com/v1/realtime?model=gpt-realtime-1.5",
        None,
    )


def server_failure(message: str) -> Problem:
    """Something of the server's own went wrong."""
    return Problem(None, message, None, type="server_error")
