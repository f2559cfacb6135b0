"""Refusals in the words of the beta shape: checks that only it has, and GA's answers with its names."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from rtnb.protocol.beta_data import Shape, beta_data
from rtnb.protocol.problems import Problem, join, listed, out_of_range, unknown, wrong_type, wrong_value
from rtnb.protocol.session_config import SessionKind

__all__ = ["check_beta_event", "check_beta_session", "param_to_beta", "problem_to_beta"]

_QUOTED_PATH = re.compile(r"'((?:session|response)\.[^']+)'")


def check_beta_event(event: object) -> Problem | None:
    """The first thing in a client event that GA would not refuse, or would refuse in other words; else None.

    What is left to find after it, GA's own validation finds in the translated event.

    Examples
    --------
    >>> print(check_beta_event({"type": "session.update", "session": {"type": "realtime", "voice": "sage"}}))
    unknown_parameter: Unknown parameter: 'session.type'.
    """
    if not isinstance(event, dict) or not isinstance(kind := event.get("type"), str):
        return None
    types = beta_data().client_event_types
    if kind not in types:
        return wrong_value("type", kind, types)
    match kind:
        case "session.update" | "transcription_session.update" if isinstance(event.get("session"), dict):
            return check_beta_session(
                event["session"], kind="realtime" if kind == "session.update" else "transcription"
            )
        case "response.create" if isinstance(event.get("response"), dict):
            return _object(event["response"], beta_data().shapes["response_create"], "response")
        case "conversation.item.create":
            return _item(event.get("item"), "item")
    return None


def check_beta_session(
    session: Mapping[str, Any], *, kind: SessionKind = "realtime", path: str = "session"
) -> Problem | None:
    """The same for a flat session on its own.

    Parameters
    ----------
    session : mapping
        Whole or partial.
    kind : {"realtime", "transcription"}
    path : str
        What comes before a member's name in the problem's `param`; ``""`` for a REST body.
    """
    return _object(session, beta_data().shapes[kind], path)


def param_to_beta(param: str) -> str:
    """The path of a member in the beta shape, given that of GA.

    Examples
    --------
    >>> param_to_beta("session.audio.input.turn_detection.threshold")
    'session.turn_detection.threshold'
    >>> param_to_beta("response.audio.output.format.type")
    'response.output_audio_format'
    """
    root, _, rest = param.partition(".")
    shape = {"session": "realtime", "response": "response_create"}.get(root)
    if shape is None:
        return param
    for field in beta_data().shapes[shape].fields:
        ga = ".".join(field.ga)
        if rest == ga or rest.startswith((f"{ga}.", f"{ga}[")):
            return f"{root}.{field.beta}" + ("" if field.kind == "format" else rest[len(ga) :])
    return param


def problem_to_beta(problem: Problem, *, flat: bool = False) -> Problem:
    """A GA refusal as the beta shape words it.

    Parameters
    ----------
    problem : Problem
    flat : bool
        Whether the session was the body of a request, whose paths do not begin with ``session.``.

    Examples
    --------
    >>> from rtnb.protocol.problems import missing
    >>> print(problem_to_beta(missing("session.audio.input.transcription.model"), flat=True))
    missing_required_parameter: Missing required parameter: 'input_audio_transcription.model'.
    """

    def named(path: str) -> str:
        found = param_to_beta(path)
        return found.removeprefix("session.") if flat else found

    message = _QUOTED_PATH.sub(lambda found: f"'{named(found[1])}'", problem.message)
    param = problem.param
    if param is not None:
        for ga, beta in _values(param).items():
            message = message.replace(f"'{ga}'", f"'{beta}'")
        param = named(param)
    return replace(problem, message=message, param=param)


def _values(param: str) -> Mapping[str, str]:
    """GA names of values to beta ones, where the member at `param` has such."""
    if ".format" in param:
        return {str(ga["type"]): beta for beta, ga in beta_data().formats.items()}
    if ".content[" in param:
        return {ga: beta for beta, ga in beta_data().assistant_content.items()}
    return {}


def _object(value: Mapping[str, Any], shape: Shape, path: str) -> Problem | None:
    for name in value:
        if name not in shape.beta_members:
            return unknown(join(path, name))
    kinds = {field.beta: field.kind for field in shape.fields}
    for name, inner in value.items():
        if inner is None:
            continue
        where = join(path, name)
        if name == "temperature":
            problem = _temperature(inner, where)
        elif name == "modalities":
            problem = _modalities(inner, where)
        else:
            problem = _value(inner, kinds.get(name, "same"), where)
        if problem is not None:
            return problem
    return None


def _value(value: Any, kind: str, path: str) -> Problem | None:
    match kind:
        case "format":
            formats = tuple(beta_data().formats)
            if not isinstance(value, str):
                names = listed([f"'{name}'" for name in formats], "or")
                return wrong_type(path, f"one of {names}", value)
            return None if value in formats else wrong_value(path, value, formats)
        case "transcription" | "noise_reduction" if isinstance(value, dict):
            known = beta_data().members[kind]
            return next((unknown(join(path, name)) for name in value if name not in known), None)
        case "input" if isinstance(value, list):
            problems = (_item(item, f"{path}[{index}]", "input") for index, item in enumerate(value))
            return next((problem for problem in problems if problem is not None), None)
        case "tools" if isinstance(value, list):
            problems = (_type(tool, f"{path}[{index}]", "tool") for index, tool in enumerate(value))
            return next((problem for problem in problems if problem is not None), None)
    return None


def _temperature(value: Any, path: str) -> Problem | None:
    if isinstance(value, bool) or not isinstance(value, int | float):
        return wrong_type(path, "a decimal", value)
    return out_of_range(value, beta_data().temperatures, "decimal", path)


def _modalities(value: Any, path: str) -> Problem | None:
    """Which combinations the live beta service took: not audio alone."""
    if not isinstance(value, list) or not all(isinstance(name, str) for name in value):
        return None
    allowed = beta_data().modalities
    if any(sorted(value) == sorted(names) for names in allowed):
        return None
    supported = listed([str(list(names)) for names in allowed])
    return Problem("invalid_value", f"Invalid modalities: {value}. Supported combinations are: {supported}.", path)


def _type(value: Any, path: str, kinds: str) -> Problem | None:
    """A type that came with GA."""
    kind = value.get("type") if isinstance(value, dict) else None
    known = beta_data().types[kinds]
    return wrong_value(join(path, "type"), kind, known) if isinstance(kind, str) and kind not in known else None


def _item(item: Any, path: str, kinds: str = "item") -> Problem | None:
    """GA's types of items, and its names of assistant parts."""
    if (problem := _type(item, path, kinds)) is not None:
        return problem
    if not isinstance(item, dict) or item.get("role") != "assistant" or not isinstance(item.get("content"), list):
        return None
    names = beta_data().assistant_content
    for index, part in enumerate(item["content"]):
        kind = part.get("type") if isinstance(part, dict) else None
        if isinstance(kind, str) and kind in names.values():
            # Only text may be put into an assistant's mouth.
            return wrong_value(f"{path}.content[{index}].type", kind, ("text",))
    return None
