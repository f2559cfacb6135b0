"""Claims about sessions, and what to say when one does not hold."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from rtnb.testing.matching import TOLERANCE, matches
from rtnb.testing.session_log import McpCall, SessionLog, ToolCall

__all__ = [
    "agrees",
    "called_problem",
    "heard_problem",
    "not_called_problem",
    "not_heard_problem",
    "not_said_problem",
    "not_sent_problem",
    "said_problem",
    "sent_problem",
    "told",
]


def told(session: SessionLog) -> str:
    """The session in a few lines, for the report of a failure."""
    lines = [f"session {session.id} ({session.model or 'no model'})"]
    lines += [
        f"  {name}: {_list(values)}" for name, values in (("said", session.said), ("typed", session.typed)) if values
    ]
    try:
        lines.append(f"  heard: {_list(session.heard)}")
    except Exception as error:
        # Where nothing can hear, there is much else to tell.
        lines.append(f"  heard: unknown ({error})")
    called = [_shown(call) for call in _calls([session])]
    if called:
        lines.append(f"  called: {', '.join(called)}")
    if session.errors:
        lines.append(f"  errors: {'; '.join(session.errors)}")
    if (closed := session.closed_with) is not None:
        lines.append(
            f"  closed: {closed.code} {closed.reason}".rstrip()
            if closed.code is not None
            else f"  closed: {closed.reason or 'by the client'}"
        )
    return "\n".join(lines)


def heard_problem(sessions: Sequence[SessionLog], words: str, tolerance: float = TOLERANCE) -> str | None:
    """Why no session heard these words from the client; None if one did."""
    heard = [text for session in sessions for text in session.heard]
    if any(matches(words, text, tolerance) for text in (*heard, " ".join(heard))):
        return None
    if not heard:
        seconds = sum(session.audio_in.duration_s for session in sessions)
        audio = f"{seconds:.1f} s of audio came, of which no turn was made" if seconds else "no audio came"
        return f"{words!r} was not heard: {audio}."
    return f"{words!r} was not heard; what was heard: {_list(heard)}."


def said_problem(sessions: Sequence[SessionLog], words: str, tolerance: float = 0.0) -> str | None:
    """Why no session's model said these words; None if one did."""
    said = [text for session in sessions for text in session.said]
    if any(matches(words, text, tolerance) for text in (*said, " ".join(said))):
        return None
    return f"{words!r} was not said; what was said: {_list(said)}."


def called_problem(sessions: Sequence[SessionLog], name: str, arguments: Mapping[str, Any]) -> str | None:
    """Why no session called this tool, a function or one of an MCP server, with these arguments; None if one did."""
    calls = _calls(sessions)
    named = [call for call in calls if call.name == name]
    if any(agrees(arguments, call.arguments) for call in named):
        return None
    asked = f"{name}({_arguments(arguments)})"
    if not named:
        others = ", ".join(sorted({call.name for call in calls}))
        return f"{asked} was not called{f'; what was called: {others}' if others else ', nor any other tool'}."
    return f"{asked} was not called; the calls were {'; '.join(map(_shown, named))}."


def not_heard_problem(sessions: Sequence[SessionLog], words: str, tolerance: float = TOLERANCE) -> str | None:
    """Which session heard these words from the client; None if none did."""
    if heard_problem(sessions, words, tolerance) is not None:
        return None
    return f"{words!r} was heard: {_list(text for session in sessions for text in session.heard)}."


def not_said_problem(sessions: Sequence[SessionLog], words: str) -> str | None:
    """Where a model said these words; None if none did."""
    if said_problem(sessions, words) is not None:
        return None
    return f"{words!r} was said: {_list(text for session in sessions for text in session.said)}."


def not_called_problem(
    sessions: Sequence[SessionLog], name: str | None = None, arguments: Mapping[str, Any] | None = None
) -> str | None:
    """Which calls of this tool with these arguments there were, or of any tool; None if there were none."""
    calls = [call for call in _calls(sessions) if name is None or call.name == name]
    found = "; ".join(_shown(call) for call in calls if agrees(arguments or {}, call.arguments))
    if not found:
        return None
    if name is None:
        return f"There were calls: {found}."
    return f"{name}{f'({_arguments(arguments)})' if arguments else ''} was called: {found}."


def not_sent_problem(sessions: Sequence[SessionLog], kind: str, members: Mapping[str, Any]) -> str | None:
    """How often the client sent an event of this type with these members; None if it did not."""
    events = [event for session in sessions for event in session.sent_by_client(kind)]
    count = sum(agrees(members, event) for event in events)
    return f"The client sent {count} {kind}{' with these members' if members else ''}." if count else None


def sent_problem(sessions: Sequence[SessionLog], kind: str, members: Mapping[str, Any]) -> str | None:
    """Why the client sent no event of this type with these members; None if it did."""
    events = [event for session in sessions for event in session.sent_by_client()]
    same = [event for event in events if event.get("type") == kind]
    if any(agrees(members, event) for event in same):
        return None
    if not same:
        kinds = list(dict.fromkeys(str(event.get("type")) for event in events))
        return f"The client sent no {kind}; it sent {', '.join(kinds) or 'nothing'}."
    return f"The client sent {len(same)} {kind}, none as expected; in the last one {_difference(members, same[-1])}."


def agrees(wanted: Any, found: Any) -> bool:
    """Whether all that is wanted is there; mappings may hold more.

    Examples
    --------
    >>> agrees({"a": {"b": 1}}, {"a": {"b": 1, "c": 2}, "d": 3}), agrees({"a": 1}, {"a": 2})
    (True, False)
    """
    if isinstance(wanted, Mapping):
        return isinstance(found, Mapping) and all(
            key in found and agrees(each, found[key]) for key, each in wanted.items()
        )
    if isinstance(wanted, list):
        return isinstance(found, list) and len(found) == len(wanted) and all(map(agrees, wanted, found))
    return bool(wanted == found)


def _difference(wanted: Mapping[str, Any], found: Mapping[str, Any], path: str = "") -> str:
    for key, each in wanted.items():
        place = f"{path}.{key}" if path else str(key)
        if key not in found:
            return f"there is no {place}"
        if isinstance(each, Mapping) and isinstance(found[key], Mapping) and not agrees(each, found[key]):
            return _difference(each, found[key], place)
        if not agrees(each, found[key]):
            return f"{place} is {found[key]!r:.120}, not {each!r:.120}"
    return "nothing differs"


def _calls(sessions: Sequence[SessionLog]) -> list[ToolCall | McpCall]:
    found: list[ToolCall | McpCall] = []
    for session in sessions:
        found += session.tool_calls
        found += session.mcp_calls
    return found


def _shown(call: ToolCall | McpCall) -> str:
    return f"{call.name}({_arguments(call.arguments)})"


def _arguments(arguments: Mapping[str, Any]) -> str:
    return ", ".join(f"{name}={value!r}" for name, value in arguments.items())


def _list(texts: Iterable[str]) -> str:
    return ", ".join(repr(text) for text in texts) or "nothing"
