"""Tool calls put together from their pieces."""

from __future__ import annotations

import json
from collections.abc import Container
from dataclasses import dataclass

from rtnb.server.brains.base import Call
from rtnb.server.brains.chat.chunks import CallDelta

__all__ = ["BadCallError", "Calls"]


class BadCallError(ValueError):
    """A call that cannot be made; the message says why, to be read after the model's name."""


@dataclass(slots=True)
class _Growing:
    index: int | None
    id: str
    name: str
    arguments: str


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

    def __bool__(self) -> bool:
        return bool(self._found)

    def push(self, delta: CallDelta) -> None:
        """One more piece."""
        growing = self._growing(delta)
        if growing is None:
            self._found.append(_Growing(delta.index, delta.id, delta.name, delta.arguments))
            return
        growing.id = growing.id or delta.id
        # Some repeat the name in each piece.
        growing.name = growing.name or delta.name
        growing.arguments += delta.arguments

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

    def finish(self, tools: Container[str]) -> list[Call]:
        """The calls, whole.

        They get ids of the server's own: endpoints use the same ones in each answer.

        Raises
        ------
        BadCallError
            One is of no tool in `tools`, or its arguments are no JSON object.
        """
        return [self._checked(each, tools) for each in self._found]

    def _checked(self, call: _Growing, tools: Container[str]) -> Call:
        if not call.name:
            raise BadCallError("called a tool without saying which")
        if call.name not in tools:
            raise BadCallError(f"called {call.name!r:.80}, which is none of the tools it has")
        arguments = call.arguments.strip() or "{}"
        try:
            value = json.loads(arguments)
        except (ValueError, RecursionError):
            raise BadCallError(f"called {call.name!r:.80} with arguments that are no JSON: {arguments:.100}") from None
        if value is None:
            arguments, value = "{}", {}
        if not isinstance(value, dict):
            raise BadCallError(f"called {call.name!r:.80} with arguments that are no JSON object: {arguments:.100}")
        return Call(call.name, arguments)
