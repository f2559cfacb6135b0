"""Expectations on recorded sessions, for agents in any language: ``rtnb check FOLDER --expect FILE``."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from rtnb.errors import ConfigError
from rtnb.server.brains.scenario import Node, read_scenario
from rtnb.testing.hearing import TOLERANCE
from rtnb.testing.judging import called_problem, heard_problem, said_problem, sent_problem, told
from rtnb.testing.recorder import REFUSED
from rtnb.testing.session_log import SessionLog

__all__ = ["CheckReport", "check_folder", "check_sessions"]

_TOP: Final = ("about", "sessions", "heard", "said", "called", "sent", "errors", "closed", "tolerance")


@dataclass(frozen=True, slots=True)
class CheckReport:
    """What came of a check.

    Parameters
    ----------
    problems : tuple of str
        A sentence on each expectation that does not hold.
    checked : int
        How many expectations there were.
    sessions : tuple of SessionLog
        What was judged.
    """

    problems: tuple[str, ...]
    checked: int
    sessions: tuple[SessionLog, ...] = ()

    @property
    def passed(self) -> bool:
        """Whether all of them hold."""
        return not self.problems

    @property
    def text(self) -> str:
        """For people: what does not hold, and what happened instead."""
        count = f"{self.checked} expectation{'s' if self.checked != 1 else ''}"
        of = f"of {len(self.sessions)} session{'s' if len(self.sessions) != 1 else ''}"
        if self.passed:
            return f"passed: {count} {of}"
        lines = [f"FAILED: {len(self.problems)} of {count} {of}", *(f"- {problem}" for problem in self.problems)]
        return "\n".join([*lines, "", "What happened:", *(told(session) for session in self.sessions)])


def check_folder(folder: str | Path, expectations: str | Path) -> CheckReport:
    """Judge the sessions that ``rtnb serve --record FOLDER`` has written.

    Parameters
    ----------
    folder : path
        All its sessions are judged together, the oldest first.
    expectations : path
        A YAML or JSON file with some of ``sessions`` (their number), ``heard`` (words of the user, a list; a third
        of the words of each may be wrong, or ``tolerance`` says how many), ``said`` (words of the model), ``called``
        (tools: names, or ``{name: arguments}``), ``sent`` (types of client events, or ``{type: members}``),
        ``errors`` (``none``, or codes and words of errors that must have come) and ``closed`` (a close code, or
        ``client``).

    Raises
    ------
    ConfigError
        There is no such folder, no session in it, or a mistake in the file, which is told with its line.
    RecordingError
        A file in the folder cannot be read.
    """
    claims = _claims(read_scenario(Path(expectations)))
    folder = Path(folder)
    if not folder.is_dir():
        raise ConfigError(f"There is no folder '{folder}'; rtnb serve --record makes it.")
    files = sorted(path for path in folder.glob("*.jsonl") if path.name != REFUSED)
    sessions = [SessionLog.load(path) for path in files]
    return _judged(claims, sessions)


def check_sessions(sessions: Sequence[SessionLog], expectations: Mapping[str, Any]) -> CheckReport:
    """Judge sessions by expectations as plain values.

    Raises
    ------
    ConfigError
        There is a mistake in them.

    Examples
    --------
    >>> print(check_sessions([], {"sessions": 1}).text)
    FAILED: 1 of 1 expectation of 0 sessions
    - There were 0 sessions, not 1.
    <BLANKLINE>
    What happened:
    """
    return _judged(_claims(Node.of(expectations, file="expectations")), sessions)


Claim = Callable[[Sequence[SessionLog]], str | None]


def _judged(claims: Sequence[Claim], sessions: Sequence[SessionLog]) -> CheckReport:
    problems = tuple(problem for claim in claims if (problem := claim(sessions)) is not None)
    return CheckReport(problems, len(claims), tuple(sessions))


def _claims(root: Node) -> list[Claim]:
    top = root.members(_TOP, "an expectation")
    if not set(top) - {"about", "tolerance"}:
        root.fail(f"there is nothing expected: some of {', '.join(_TOP[1:])}.")
    tolerance = top["tolerance"].number("tolerance") if "tolerance" in top else TOLERANCE
    claims: list[Claim] = []
    if "sessions" in top:
        claims.append(_number(int(top["sessions"].number("sessions", whole=True))))
    for node in _each(top, "heard"):
        claims.append(_heard(node.text("heard"), tolerance))
    for node in _each(top, "said"):
        claims.append(_said(node.text("said")))
    for name, arguments in _named(top, "called"):
        claims.append(_called(name, arguments))
    for kind, members in _named(top, "sent"):
        claims.append(_sent(kind, members))
    if "errors" in top:
        claims += _errors(top["errors"])
    if "closed" in top:
        claims.append(_closed(top["closed"]))
    return claims


def _each(top: Mapping[str, Node], name: str) -> list[Node]:
    if name not in top:
        return []
    node = top[name]
    return node.items(name) if isinstance(node.value, list) else [node]


def _named(top: Mapping[str, Node], name: str) -> list[tuple[str, dict[str, Any]]]:
    """Names alone, or with what belongs to them."""
    found: list[tuple[str, dict[str, Any]]] = []
    for node in _each(top, name):
        if not isinstance(node.value, dict):
            found.append((node.text(name), {}))
            continue
        for key, inner in node.value.items():
            if inner.value is not None and not isinstance(inner.value, dict):
                inner.fail(f"{name} is a list of names, or of mappings such as {{{key}: {{...}}}}.")
            found.append((key, inner.plain() or {}))
    return found


def _number(wanted: int) -> Claim:
    def claim(sessions: Sequence[SessionLog]) -> str | None:
        return None if len(sessions) == wanted else f"There were {len(sessions)} sessions, not {wanted}."

    return claim


def _heard(words: str, tolerance: float) -> Claim:
    return lambda sessions: heard_problem(sessions, words, tolerance)


def _said(words: str) -> Claim:
    return lambda sessions: said_problem(sessions, words)


def _called(name: str, arguments: Mapping[str, Any]) -> Claim:
    return lambda sessions: called_problem(sessions, name, arguments)


def _sent(kind: str, members: Mapping[str, Any]) -> Claim:
    return lambda sessions: sent_problem(sessions, kind, members)


def _errors(node: Node) -> list[Claim]:
    def none(sessions: Sequence[SessionLog]) -> str | None:
        errors = [error for session in sessions for error in session.errors]
        return f"There were errors: {'; '.join(errors)}." if errors else None

    def some(text: str) -> Claim:
        def claim(sessions: Sequence[SessionLog]) -> str | None:
            errors = [error for session in sessions for error in session.errors]
            if any(text.casefold() in error.casefold() for error in errors):
                return None
            return (
                f"There was no error with {text!r}; there {'were' if errors else 'was'} {'; '.join(errors) or 'none'}."
            )

        return claim

    if node.value in (None, "none", False) or node.value == []:
        return [none]
    return [some(each.text("errors")) for each in (node.items("errors") if isinstance(node.value, list) else [node])]


def _closed(node: Node) -> Claim:
    if node.value != "client" and (not isinstance(node.value, int) or isinstance(node.value, bool)):
        node.fail("closed is a close code of the server, or client where that went first.")
    wanted = None if node.value == "client" else node.value

    def claim(sessions: Sequence[SessionLog]) -> str | None:
        ends = [session.closed_with for session in sessions]
        if any(end is not None and end.code == wanted for end in ends):
            return None
        shown = ", ".join("open" if end is None else str(end.code or "by the client") for end in ends)
        return (
            f"No session was closed {'by the client' if wanted is None else f'with {wanted}'}: {shown or 'none began'}."
        )

    return claim
