"""How a refusal reads: the codes and sentences of the live service, one function a sentence."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from rtnb.protocol.rules import MapLimits, Range

__all__ = [
    "Problem",
    "join",
    "json_kind",
    "listed",
    "missing",
    "out_of_range",
    "too_long",
    "too_many",
    "too_much",
    "unknown",
    "wrong_type",
    "wrong_value",
]

_LONGEST_SHOWN = 64
"""Longer strings are shown by their ends, so that an answer stays readable."""


@dataclass(frozen=True, slots=True)
class Problem:
    """Why an event is refused, as an ``error`` event says it.

    Parameters
    ----------
    code : str or None
        Such as ``"unknown_parameter"``.
    message : str
        For people.
    param : str or None
        Path of the member, such as ``"session.tools[0].name"``.
    type : str
        Kind of error.

    Examples
    --------
    >>> from rtnb.protocol import check_client_event
    >>> check_client_event({"type": "response.creat"}).code
    'invalid_value'
    """

    code: str | None
    message: str
    param: str | None
    type: str = "invalid_request_error"

    def as_error(self, event_id: str | None = None) -> dict[str, Any]:
        """The ``error`` member of an ``error`` event; `event_id` is that of the client's event."""
        return {
            "type": self.type,
            "code": self.code,
            "message": self.message,
            "param": self.param,
            "event_id": event_id,
        }

    def __str__(self) -> str:
        return f"{self.code}: {self.message}" if self.code else self.message


def join(path: str, name: str) -> str:
    """The path of a member of what is at `path`."""
    return f"{path}.{name}" if path else name


def missing(path: str) -> Problem:
    """A required member is not there."""
    return Problem("missing_required_parameter", f"Missing required parameter: '{path}'.", path)


def unknown(path: str) -> Problem:
    """A member that nobody knows."""
    return Problem("unknown_parameter", f"Unknown parameter: '{path}'.", path)


def wrong_type(path: str, expected: str, value: Any) -> Problem:
    """Another JSON kind than the `expected` one."""
    message = f"Invalid type for '{path}': expected {expected}, but got {json_kind(value)} instead."
    return Problem("invalid_type", message, path)


def wrong_value(path: str, value: str, allowed: Sequence[str | int]) -> Problem:
    """A string that is not among those allowed."""
    names = [f"'{name}'" for name in allowed]
    hint = f"Value must be {names[0]}." if len(names) == 1 else f"Supported values are: {listed(names)}."
    return Problem("invalid_value", f"Invalid value: '{_shown(value)}'. {hint}", path)


def out_of_range(value: float, bounds: Range, number: str, path: str) -> Problem | None:
    """A number beyond its bounds; `number` is ``integer`` or ``decimal``."""
    if bounds.minimum is not None and not value >= bounds.minimum:
        side, word, sign, bound = "below_min", "below minimum", ">=", bounds.minimum
    elif bounds.maximum is not None and not value <= bounds.maximum:
        side, word, sign, bound = "above_max", "above maximum", "<=", bounds.maximum
    else:
        return None
    message = f"Invalid '{path}': {number} {word} value. Expected a value {sign} {bound}, but got {value} instead."
    return Problem(f"{number}_{side}_value", message, path)


def too_long(value: str, maximum: int, path: str) -> Problem | None:
    """A string of more than `maximum` characters."""
    if len(value) <= maximum:
        return None
    message = (
        f"Invalid '{path}': string too long. Expected a string with maximum length {maximum}, "
        f"but got a string with length {len(value)} instead."
    )
    return Problem("string_above_max_length", message, path)


def too_many(value: Sequence[object], maximum: int, path: str) -> Problem | None:
    """An array of more than `maximum` elements; wording of the REST API."""
    if len(value) <= maximum:
        return None
    message = (
        f"Invalid '{path}': array too long. Expected an array with maximum length {maximum}, "
        f"but got an array with length {len(value)} instead."
    )
    return Problem("array_above_max_length", message, path)


def too_much(value: Mapping[str, str], limits: MapLimits, path: str) -> Problem | None:
    """A map with too many members, or too long ones."""
    if len(value) > limits.members:
        message = (
            f"Invalid '{path}': too many properties. Expected an object with at most {limits.members} "
            f"properties, but got an object with {len(value)} properties instead."
        )
        return Problem("object_above_max_properties", message, path)
    for name, text in value.items():
        if len(name) > limits.name_length:
            message = (
                f"Invalid property name in '{path}': '{_shown(name)}' is too long. Expected a string with "
                f"maximum length {limits.name_length}, but got a string with length {len(name)} instead."
            )
            return Problem("property_name_above_max_length", message, join(path, name))
        problem = too_long(text, limits.value_length, join(path, name))
        if problem is not None:
            return problem
    return None


def json_kind(value: Any) -> str:
    """What a JSON value is, with its article."""
    match value:
        case None:
            return "null"
        case bool():
            return "a boolean"
        case int():
            return "an integer"
        case float():
            return "a decimal number"
        case str():
            return "a string"
        case list():
            return "an array"
        case dict():
            return "an object"
        case _:
            return f"a Python {type(value).__name__}"


def listed(names: Sequence[str], word: str = "and") -> str:
    """``a``, ``a and b``, ``a, b, and c``."""
    if len(names) < 3:
        return f" {word} ".join(names)
    return f"{', '.join(names[:-1])}, {word} {names[-1]}"


def _shown(text: str) -> str:
    return text if len(text) <= _LONGEST_SHOWN else f"{text[:3]}...{text[-3:]}"
