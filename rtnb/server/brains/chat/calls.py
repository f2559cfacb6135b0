"""Tool calls put together from their pieces."""

from __future__ import annotations

import json
from collections.abc import Callable, Container
from dataclasses import dataclass, field
from typing import Final, Never

from rtnb.server.brains.base import Call
from rtnb.server.brains.chat.chunks import CallDelta

__all__ = ["MOST_CALLS", "MOST_CHARS", "BadCallError", "Calls"]

MOST_CHARS: Final = 2**20
"""Names and arguments of one answer's calls together (own choice: what a session may send in a few events)."""
MOST_CALLS: Final = 128
"""Calls of one answer (own choice)."""


class BadCallError(ValueError):
    """A call that cannot be made; the message says why, to be read after the model's name."""


@dataclass(slots=True)
class _Growing:
    index: int | None
    id: str
    name: str
    arguments: list[str] = field(default_factory=list)
    """In pieces: there may be hundreds of thousands."""


def _cut(text: str, most_chars: int) -> str:
    return text[:most_chars]


class Calls:
    """Collects the calls of one answer.

    Examples
    --------
    >>> calls = Calls()
    >>> calls.push(CallDelta(0, "a", "look_up", '{"id"'))
    >>> calls.push(CallDelta(0, arguments=": 7}"))
    >>> calls.finish({"look_up"})
    [Call(name='look_up', arguments='{"id": 7}', call_id=None)]
    """

    def __init__(self) -> None:
        self._found: list[_Growing] = []
        self._chars = 0

    def __bool__(self) -> bool:
        return bool(self._found)

    def push(self, delta: CallDelta) -> None:
        """One more piece.

        Raises
        ------
        BadCallError
            The calls have no end.
        """
        self._chars += len(delta.id) + len(delta.name) + len(delta.arguments)
        if self._chars > MOST_CHARS:
            raise BadCallError(f"writes arguments without an end: more than {MOST_CHARS} characters")
        growing = self._growing(delta)
        if growing is None:
            if len(self._found) == MOST_CALLS:
                raise BadCallError(f"called more than {MOST_CALLS} tools in one answer")
            self._found.append(_Growing(delta.index, delta.id, delta.name, [delta.arguments]))
            return
        growing.id = growing.id or delta.id
        # Some repeat the name in each piece.
        growing.name = growing.name or delta.name
        growing.arguments.append(delta.arguments)

    def _growing(self, delta: CallDelta) -> _Growing | None:
        """The call that a piece belongs to; None for a new one."""
        if delta.id:
            same = [each for each in self._found if each.id == delta.id and each.index == delta.index]
            # Calls that are told apart by nothing but their ids have the same index (Ollama's are all 0), or none.
            other = [each for each in self._found if each.index == delta.index and not each.id]
            found = same or (other if delta.index is not None else [])
            return found[-1] if found else None
        if delta.index is not None:
            same = [each for each in self._found if each.index == delta.index]
            return same[-1] if same else None
        # Neither: a name begins a call, anything else goes on with the last.
        return self._found[-1] if self._found and not delta.name else None

    def finish(self, tools: Container[str], shown: Callable[[str, int], str] = _cut) -> list[Call]:
        """The calls, whole.

        They get ids of the server's own: endpoints use the same ones in each answer.

        Parameters
        ----------
        tools : container of str
            The names that may be called.
        shown : callable
            What errors quote of a text, with the most characters of it.

        Raises
        ------
        BadCallError
            One is of no tool in `tools`, or its arguments are no JSON object.
        """
        return [_checked(each, tools, shown) for each in self._found]


def _checked(call: _Growing, tools: Container[str], shown: Callable[[str, int], str]) -> Call:
    if not call.name:
        raise BadCallError("called a tool without saying which")
    name = shown(call.name, 80)
    if call.name not in tools:
        raise BadCallError(f"called {name!r}, which is none of the tools it has")
    arguments = "".join(call.arguments).strip() or "{}"
    try:
        value = json.loads(arguments, parse_constant=_refuse)
    except (ValueError, RecursionError):
        raise BadCallError(f"called {name!r} with arguments that are no JSON: {shown(arguments, 100)}") from None
    if value is None:
        arguments, value = "{}", {}
    if not isinstance(value, dict):
        raise BadCallError(f"called {name!r} with arguments that are no JSON object: {shown(arguments, 100)}")
    return Call(call.name, arguments)


def _refuse(constant: str) -> Never:
    """NaN and the infinities, which Python reads and JSON (RFC 8259, section 6) does not know."""
    raise ValueError(constant)
