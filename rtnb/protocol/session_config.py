"""The effective session object: what it is at first, and what an update makes of it.

Both functions are pure. They take for granted that an update has passed
:func:`rtnb.protocol.validation.check_client_event`; what is left to refuse here depends on the session that
the update meets.

Examples
--------
>>> from rtnb.protocol.session_config import apply_update, default_session
>>> session = default_session(session_id="sess_1", model="gpt-realtime-2.1", expires_at=1767233035)
>>> louder = {"type": "server_vad", "threshold": 0.7}
>>> updated = apply_update(session, {"type": "realtime", "audio": {"input": {"turn_detection": louder}}})
>>> updated["audio"]["input"]["turn_detection"]["silence_duration_ms"]
200
"""

from __future__ import annotations

import copy
from collections.abc import Mapping
from typing import Any, Literal

from rtnb.errors import ConfigError
from rtnb.protocol.defaults import default, default_row
from rtnb.protocol.problems import Problem, missing, unknown
from rtnb.protocol.rules import client_rules
from rtnb.protocol.transcription import transcription_after
from rtnb.protocol.turn_detection import ServerVad

__all__ = ["SessionKind", "UpdateRefused", "apply_update", "default_session", "model_problem"]

SessionKind = Literal["realtime", "transcription"]

Json = dict[str, Any]


class UpdateRefused(ConfigError):
    """A well-formed update that this session cannot take.

    Attributes
    ----------
    problem : Problem
        What an ``error`` event says about it.

    Examples
    --------
    >>> session = default_session(session_id="sess_1", model="gpt-realtime-2.1", expires_at=1_790_000_000)
    >>> try:
    ...     apply_update(session, {"type": "transcription"})
    ... except UpdateRefused as refused:
    ...     print(refused.problem.message)
    Passing a transcription session update event to a realtime session is not allowed.
    """

    def __init__(self, problem: Problem) -> None:
        super().__init__(str(problem))
        self.problem = problem


def default_session(*, session_id: str, model: str | None, kind: SessionKind = "realtime", expires_at: int) -> Json:
    """The session as ``session.created`` carries it, every member there and unset ones null.

    Parameters
    ----------
    session_id : str
        Such as ``"sess_…"``.
    model : str or None
        Name of the realtime model; a transcription session has none and ignores it.
    kind : {"realtime", "transcription"}
        What the connection was opened for.
    expires_at : int
        Unix time in seconds at which the session ends.

    Examples
    --------
    >>> session = default_session(session_id="sess_1", model="gpt-realtime-2.1", expires_at=1_790_000_000)
    >>> session["audio"]["input"]["turn_detection"]["type"]
    'server_vad'
    """
    audio_input = {
        "format": default("format"),
        "transcription": None,
        "noise_reduction": None,
        "turn_detection": _turn_detection_row("server_vad", kind),
    }
    if kind == "transcription":
        return {
            "type": "transcription",
            "object": "realtime.transcription_session",
            "id": session_id,
            "expires_at": expires_at,
            "audio": {"input": audio_input},
            "include": None,
        }
    row = default_row("session")
    return {
        "type": "realtime",
        "object": "realtime.session",
        "id": session_id,
        "model": model,
        "output_modalities": row["output_modalities"],
        "instructions": row["instructions"],
        "tools": [],
        "tool_choice": row["tool_choice"],
        "max_output_tokens": row["max_output_tokens"],
        "tracing": None,
        "truncation": row["truncation"],
        "prompt": None,
        "expires_at": expires_at,
        "audio": {
            "input": audio_input,
            "output": {"format": default("format"), "voice": row["voice"], "speed": row["speed"]},
        },
        "include": None,
    }


def apply_update(session: Mapping[str, Any], patch: Mapping[str, Any]) -> Json:
    """The session after an update; neither argument is changed, and a refused update changes nothing.

    Only members that are present change. Members of ``audio.input`` and ``audio.output`` change one by one,
    and so do those of turn detection (while its type stays), transcription and noise reduction; a format,
    tools and everything else are replaced. A null clears, an empty string clears instructions, ``[]`` tools.

    ``model`` is ignored: it cannot change, and every client sends it. ``id``, ``object`` and ``expires_at``
    are ignored while they are the session's own, because clients send the session object back.

    Parameters
    ----------
    session : mapping
        The effective session.
    patch : mapping
        The ``session`` member of a valid ``session.update``.

    Raises
    ------
    UpdateRefused
        The update is for the other kind of session, for another session, asks for what the model lacks, or
        changes tracing, which cannot change once it is on.

    Examples
    --------
    >>> session = default_session(session_id="sess_1", model="gpt-realtime-2.1", expires_at=1_790_000_000)
    >>> apply_update(session, {"type": "realtime", "instructions": "You are brief."})["instructions"]
    'You are brief.'
    """
    kind = session["type"]
    wanted = patch.get("type", kind)
    if wanted != kind:
        message = f"Passing a {wanted} session update event to a {kind} session is not allowed."
        raise UpdateRefused(Problem("invalid_parameter", message, None))
    result = copy.deepcopy(dict(session))
    server_members = client_rules().server_members["RealtimeSessionCreateRequestParam"]
    for name, value in patch.items():
        if name in server_members:
            if value != session.get(name):
                raise UpdateRefused(unknown(f"session.{name}"))
        elif name == "audio":
            _update_audio(result["audio"], value, kind)
        elif (problem := model_problem(name, session.get("model"), "session")) is not None:
            raise UpdateRefused(problem)
        elif name == "tracing" and session["tracing"] is not None and value != session["tracing"]:
            message = "Cannot update a session's tracing once it is enabled."
            raise UpdateRefused(Problem("invalid_value", message, "session.tracing"))
        elif name not in ("type", "model"):
            result[name] = copy.deepcopy(value)
    return result


def model_problem(member: str, model: str | None, path: str) -> Problem | None:
    """What is wrong with setting `member` for `model`, or None.

    Examples
    --------
    >>> print(model_problem("reasoning", "gpt-realtime-1.5", "response"))
    invalid_value: Unsupported option for this model: 'response.reasoning'.
    >>> model_problem("reasoning", "gpt-realtime-2.1", "response") is None
    True
    """
    rules = client_rules()
    if member not in rules.reasoning_options or model not in rules.no_reasoning:
        return None
    return Problem("invalid_value", f"Unsupported option for this model: '{path}.{member}'.", f"{path}.{member}")


def _update_audio(audio: Json, patch: Mapping[str, Any], kind: SessionKind) -> None:
    for name, value in patch.get("output", {}).items():
        audio["output"][name] = copy.deepcopy(value)
    given: Mapping[str, Any] = patch.get("input", {})
    into: Json = audio["input"]
    for name, value in given.items():
        match name:
            case "turn_detection" if value is not None:
                into[name] = _turn_detection(into[name], value, kind)
            case "transcription" if value is not None:
                into[name] = _transcription(into[name], value)
            case "noise_reduction" if value is not None:
                into[name] = _noise_reduction(into[name], value)
            case _:
                into[name] = copy.deepcopy(value)
    model = (into["transcription"] or {}).get("model")
    if kind == "transcription" and model in client_rules().no_turn_detection:
        # Clients leave it out for these models (livekit-plugins-openai 1.8.9) and go on to commit: it is off then.
        if given.get("turn_detection") is not None:
            message = f"Turn detection is not supported for the transcription model '{model}': set it to null."
            raise UpdateRefused(Problem("invalid_value", message, "session.audio.input.turn_detection"))
        into["turn_detection"] = None


def _turn_detection(current: Json | None, patch: Mapping[str, Any], kind: SessionKind) -> Json:
    wanted = patch.get("type") or (current or {}).get("type") or ServerVad.type
    stays = current is not None and current["type"] == wanted
    base = current if stays and current is not None else _turn_detection_row(wanted, kind)
    return {**base, **patch}


def _turn_detection_row(wanted: str, kind: SessionKind) -> Json:
    row = default_row(wanted)
    if kind == "transcription" and wanted == ServerVad.type:
        shown = default("transcription_session_turn_detection")
        row = {name: value for name, value in row.items() if name in shown}
    return {"type": wanted, **row}


def _transcription(current: Json | None, patch: Mapping[str, Any]) -> Json:
    found = transcription_after(current, patch)
    if isinstance(found, Problem):
        raise UpdateRefused(found)
    return found


def _noise_reduction(current: Json | None, patch: Mapping[str, Any]) -> Json:
    if current is not None:
        return {**current, **patch}
    if "type" not in patch:
        raise UpdateRefused(missing("session.audio.input.noise_reduction.type"))
    return {"type": patch["type"], **default_row("noise_reduction"), **patch}
