"""One wrong value, one message: the keyword, the value without its secrets, and what is valid."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final

import numpy as np

from rtnb.errors import ConfigError
from rtnb.protocol.nesting import nested_too_deeply
from rtnb.protocol.url_secrets import url_without_secrets
from rtnb.protocol.validation import check_value

__all__ = ["SECRET_MEMBERS", "checked", "no_json", "plain", "shown", "unknown_names", "without_secrets", "wrong"]

SECRET_MEMBERS: Final = frozenset({"authorization", "headers", "api_key", "client_secret", "ephemeral_key", "token"})
"""Members of settings whose values are never shown."""

_SECRET_STARTS = ("sk-", "ek_", "Bearer ")
_LONGEST = 80


def plain(value: Any) -> Any:
    """`value` as JSON knows it: typed objects by their ``to_wire``, tuples as lists, numpy's numbers as Python's.

    Examples
    --------
    >>> from rtnb.protocol.turn_detection import ServerVad
    >>> plain({"turn_detection": ServerVad(), "include": ()})
    {'turn_detection': {'type': 'server_vad'}, 'include': []}
    """
    if nested_too_deeply(value):
        raise ConfigError("A setting is nested too deeply to be sent: no API takes what has more than 200 levels.")
    return _plain(value)


def _plain(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {name: _plain(inner) for name, inner in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(inner) for inner in value]
    if isinstance(value, np.generic):
        return value.item()
    to_wire = getattr(value, "to_wire", None)
    return _plain(to_wire()) if callable(to_wire) and not isinstance(value, type) else value


def shown(value: object) -> str:
    """A value in a message: shortened, and without secrets.

    Examples
    --------
    >>> shown({"server_label": "files", "authorization": "sk-live-1", "headers": {"X-Key": "1"}})
    "{'server_label': 'files', 'authorization': '…', 'headers': '…'}"
    >>> shown("x" * 200)[-3:]
    "x…'"
    """
    if nested_too_deeply(value):
        return f"a {type(value).__name__} nested without end"
    text = repr(without_secrets(value))
    return text if len(text) <= _LONGEST else f"{text[: _LONGEST - 2]}…{text[-1]}"


def without_secrets(value: object) -> object:
    """A copy of settings in which no secret stands."""
    if isinstance(value, Mapping):
        return {
            name: "…" if str(name).lower() in SECRET_MEMBERS and inner is not None else _shown_member(name, inner)
            for name, inner in value.items()
        }
    if isinstance(value, list):
        return [without_secrets(inner) for inner in value]
    if isinstance(value, tuple):
        return tuple(without_secrets(inner) for inner in value)
    return "…" if isinstance(value, str) and value.startswith(_SECRET_STARTS) else value


def _shown_member(name: object, value: object) -> object:
    """A member in a message; an address of an MCP server without what is secret in it."""
    return url_without_secrets(value) if name == "server_url" and isinstance(value, str) else without_secrets(value)


def wrong(keyword: str, value: object, valid: str, detail: str = "") -> ConfigError:
    """The error of a value that cannot be used.

    Examples
    --------
    >>> str(wrong("speed", 9, "a number from 0.25 to 1.5"))
    'speed=9 cannot be used: speed is a number from 0.25 to 1.5.'
    """
    more = f" {detail}" if detail else ""
    closed = ")" if "(" in keyword else ""
    return ConfigError(f"{keyword}={shown(value)}{closed} cannot be used: {_name(keyword)} is {valid}.{more}")


def _name(keyword: str) -> str:
    """The member itself where the keyword is as in ``Reasoning(effort``."""
    return keyword.rpartition("(")[2]


def checked(value: Any, keyword: str, valid: str, model: str, member: str, *, given: Any = None) -> Any:
    """A wire value that the service would take as `member` of the catalogue's `model`; `given` is what the user wrote.

    Raises
    ------
    ConfigError
        It would not; the message says why in the service's words where the problem is inside of the value.
    """
    problem = check_value(value, model, member, _name(keyword))
    if problem is None:
        return value
    inside = problem.param not in (None, _name(keyword))
    detail = f"{problem.param}: {problem.message}" if inside and f"'{problem.param}'" not in problem.message else ""
    raise wrong(keyword, value if given is None else given, valid, detail or (problem.message if inside else ""))


def unknown_names(
    unknown: Iterable[str], known: Sequence[str], what: str, whole: str, *, told: Mapping[str, str] | None = None
) -> ConfigError:
    """The error of keywords that do not exist, with those that may be meant and all that there are.

    `told` has sentences about some of them, which stand for the guess.
    """
    told, names = told or {}, sorted(map(str, unknown))
    guessed = (name for name in names if name not in told)
    meant = {name: difflib.get_close_matches(name, known, n=1, cutoff=0.6) for name in guessed}
    hints = [f"{name!r} is probably {near[0]!r}" for name, near in meant.items() if near]
    said = [
        *((f"{'; '.join(hints)}.",) if hints else ()),
        *dict.fromkeys(told.values()),
        f"{whole}: {', '.join(known)}.",
    ]
    return ConfigError(f"Unknown {what} {', '.join(map(repr, names))}. {' '.join(said)}")


def no_json(value: object, path: str = "") -> tuple[str, object] | None:
    """The first thing in `value` that JSON cannot hold, and where it is.

    Examples
    --------
    >>> no_json({"tools": [{"name": "now"}, len]})
    ('tools[1]', <built-in function len>)
    """
    if isinstance(value, Mapping):
        for name, inner in value.items():
            if not isinstance(name, str):
                return path, name
            found = no_json(inner, f"{path}.{name}" if path else name)
            if found is not None:
                return found
        return None
    if isinstance(value, list):
        return next((found for at, inner in enumerate(value) if (found := no_json(inner, f"{path}[{at}]"))), None)
    return None if value is None or isinstance(value, str | bool | int | float) else (path, value)
