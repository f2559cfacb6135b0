"""Why a connection or a request is refused, or a session ended: one function a sentence.

Codes and texts of the live service where they are published, otherwise our own, marked as such. Refusals of
client events are in :mod:`rtnb.server.problems`.
"""

from __future__ import annotations

from rtnb.protocol import Problem

__all__ = [
    "bad_key",
    "beta_disabled",
    "body_not_json",
    "body_too_large",
    "body_too_slow",
    "event_too_large",
    "forbidden",
    "idle",
    "masked",
    "missing_key",
    "missing_model",
    "model_for_transcription",
    "no_metrics",
    "not_served",
    "secret_may_not",
    "secret_too_large",
    "session_expired",
    "too_many_bytes",
    "too_many_events",
    "too_many_sessions",
    "too_many_values",
    "unknown_model",
    "unsupported_model",
    "wrong_method",
    "wrong_path",
]

SHOWN_FROM = 16
"""Keys of fewer characters are masked whole: their ends would be most of them."""


MOST_STARS = 100
"""A client secret has thousands of characters, and an error is to be read. Own choice."""


def masked(key: str) -> str:
    """A key as the live service repeats it: its first eight and last four characters.

    Examples
    --------
    >>> masked("sk-0123456789abcdefgh")
    'sk-01234*********efgh'
    >>> masked("secret")
    '******'
    """
    if len(key) < SHOWN_FROM:
        return "*" * len(key)
    return f"{key[:8]}{'*' * min(len(key) - 12, MOST_STARS)}{key[-4:]}"


def bad_key(key: str) -> Problem:
    """The key is not the one this server wants, or a client secret that is unknown or has expired."""
    hint = (
        "This client secret is unknown to this server or has expired."
        if key.startswith("ek_")
        else "This server takes the key that it was started with."
    )
    return Problem("invalid_api_key", f"Incorrect API key provided: {masked(key)}. {hint}", None)


def missing_key() -> Problem:
    """No key was presented at all."""
    return Problem(None, "Missing bearer or basic authentication in header", None)


def secret_may_not() -> Problem:
    """A client secret opens sessions, and nothing else. (Our own sentence.)"""
    return Problem("invalid_api_key", "A client secret (ek_...) opens sessions only; this needs the API key.", None)


def beta_disabled() -> Problem:
    """What the live service has answered to the beta shape since 2026-05-12."""
    return Problem(
        "beta_api_shape_disabled",
        "The Realtime Beta API is no longer supported. Please use /v1/realtime for the GA API.",
        None,
    )


def missing_model() -> Problem:
    """The URL names no model."""
    return Problem(
        "missing_model",
        "You must provide a model parameter, for example wss://api.openai.com/v1/realtime?model=gpt-realtime-1.5",
        None,
    )


def unsupported_model(model: str) -> Problem:
    """The name is that of a model for something else, or of none that is known."""
    return Problem(
        "invalid_model",
        f'Model "{model[:100]}" is not supported in realtime mode. Use a realtime model, such as gpt-realtime-2.1.',
        None,
    )


def model_for_transcription() -> Problem:
    """A transcription session names its model in ``session.update``; from openai/openai-python#2652."""
    return Problem("invalid_model", "You must not provide a model parameter for transcription sessions.", None)


def not_served(what: str, instead: str) -> Problem:
    """Part of the API, and not of this server. (Our own sentence.)"""
    return Problem("not_implemented", f"The embedded server does not serve {what}. {instead}", None)


def session_expired(session_s: float) -> Problem:
    """A session at its longest.

    Examples
    --------
    >>> session_expired(3600).message
    'Your session hit the maximum duration of 60 minutes.'
    """
    minutes = session_s / 60
    unit = "minute" if minutes == 1 else "minutes"
    return Problem("session_expired", f"Your session hit the maximum duration of {minutes:g} {unit}.", None)


def idle(idle_s: float) -> Problem:
    """Nothing came for too long. (Our own sentence; the live service's is not published.)"""
    minutes = idle_s / 60
    unit = "minute" if minutes == 1 else "minutes"
    return Problem("session_idle", f"Your session was idle for {minutes:g} {unit}.", None)


def too_many_sessions(limit: int) -> Problem:
    """One session more than the tier allows. (Our own sentence.)"""
    return Problem(
        "session_limit_exceeded",
        f"Too many concurrent sessions: {limit} are open, and no more are allowed. Close one and connect again.",
        None,
        type="rate_limit_error",
    )


def too_many_events(a_second: float) -> Problem:
    """Events came faster than they may; this one was not carried out. (Our own sentence.)"""
    return Problem(
        "rate_limit_exceeded",
        f"Rate limit reached for client events: {a_second:g} a second over ten seconds. This event was ignored.",
        None,
        type="rate_limit_error",
    )


def too_many_bytes(a_second: float) -> Problem:
    """Bytes came faster than they may; the event was not carried out. (Our own sentence.)"""
    return Problem(
        "rate_limit_exceeded",
        f"Rate limit reached for client events: {a_second / 2**20:g} MiB a second. This event was ignored.",
        None,
        type="rate_limit_error",
    )


def too_many_values(limit: int) -> Problem:
    """An event of more JSON values than a session looks through. (Our own sentence.)"""
    return Problem("too_many_values", f"The event has too many JSON values: at most {limit} are taken.", None)


def event_too_large(limit_bytes: int) -> Problem:
    """An event larger than its type needs. (Our own sentence.)"""
    return Problem("event_too_large", f"The event is larger than {limit_bytes} bytes.", None)


def secret_too_large(limit: int) -> Problem:
    """A client secret holds its session, and has to fit into a header. (Our own sentence.)"""
    return Problem(
        "request_too_large",
        f"The session is too large for a client secret, which holds it: packed it has more than {limit} characters, "
        "the most that fit into a header. Set a part of it with session.update, or with a prompt.",
        None,
    )


def no_metrics(instead: str) -> Problem:
    """Nothing is counted here. (Our own sentence.)"""
    return Problem("not_implemented", f"This server tells no metrics. {instead}", None)


def forbidden(reason: str) -> Problem:
    """A foreign page, or a name that is not this server's. (Our own sentence.)"""
    return Problem("forbidden", reason, None)


def body_not_json() -> Problem:
    """A request body that cannot be parsed."""
    return Problem(
        None,
        "We could not parse the JSON body of your request. The body must be a JSON object, and its content type "
        "application/json.",
        None,
    )


def body_too_large(limit_bytes: int) -> Problem:
    """A request body beyond the limit. (Our own sentence.)"""
    return Problem("request_too_large", f"The request body is larger than {limit_bytes} bytes.", None)


def body_too_slow(limit_s: float) -> Problem:
    """A request body that does not arrive. (Our own sentence.)"""
    return Problem("request_timeout", f"The request body did not arrive within {limit_s:g} seconds.", None)


def unknown_model(model: str) -> Problem:
    """No model of this name is listed."""
    return Problem("model_not_found", f"The model '{model[:100]}' does not exist", "model")


def wrong_path(method: str, path: str) -> Problem:
    """Nothing is there."""
    return Problem("unknown_url", f"Invalid URL ({method} {path[:200]})", None)


def wrong_method(method: str, path: str) -> Problem:
    """Something is there, and takes other methods."""
    return Problem("method_not_supported", f"Not allowed to {method} on {path[:200]}.", None)
