"""Expectations on recorded sessions, for agents in any language: ``rtnb check FOLDER --expect FILE``."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from rtnb.errors import ConfigError
from rtnb.protocol import Problem
from rtnb.server.brains.scenario import Node, read_scenario
from rtnb.testing.judging import (
    called_problem,
    heard_problem,
    not_called_problem,
    not_heard_problem,
    not_said_problem,
    not_sent_problem,
    said_problem,
    sent_problem,
    told,
)
from rtnb.testing.matching import TOLERANCE, words
from rtnb.testing.recorder import REFUSED, load_refusals
from rtnb.testing.session_log import SessionLog

__all__ = ["CheckReport", "check_folder", "check_sessions"]

_TOP: Final = (
    "about",
    "sessions",
    "heard",
    "said",
    "called",
    "sent",
    "not_heard",
    "not_said",
    "not_called",
    "not_sent",
    "errors",
    "closed",
    "tolerance",
)


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
    refusals : tuple of Problem
        Why connections were turned away, which is judged with the errors.

    Examples
    --------
    >>> CheckReport(problems=("Nobody said 'Friday'.",), checked=1).problems
    ("Nobody said 'Friday'.",)
    """

    problems: tuple[str, ...]
    checked: int
    sessions: tuple[SessionLog, ...] = ()
    refusals: tuple[Problem, ...] = ()

    @property
    def passed(self) -> bool:
        """Whether all of them hold."""
        return not self.problems

    @property
    def text(self) -> str:
        """For people: what does not hold, and what happened instead."""
        count = _count(self.checked, "expectation")
        of = f"of {_count(len(self.sessions), 'session')}"
        if self.refusals:
            of += f" and {_count(len(self.refusals), 'refused connection')}"
        if self.passed:
            return f"passed: {count} {of}"
        lines = [f"FAILED: {len(self.problems)} of {count} {of}", *(f"- {problem}" for problem in self.problems)]
        happened = [*(told(session) for session in self.sessions), *(f"refused: {each}" for each in self.refusals)]
        return "\n".join([*lines, "", "What happened:", *(happened or ["nothing"])])


def _count(number: int, what: str) -> str:
    return f"{number} {what}{'s' if number != 1 else ''}"


def check_folder(folder: str | Path, expectations: str | Path) -> CheckReport:
    """Judge the sessions that ``rtnb serve --record FOLDER`` has written.

    Parameters
    ----------
    folder : path
        All its sessions are judged together, the oldest first.
    expectations : path
        A YAML or JSON file with some of

        - ``sessions``: their number.
        - ``heard``: words of the user, or a list of such. A recogniser may have misheard a fifth of the words of
          each, or the share that ``tolerance`` says; see :func:`rtnb.testing.matching.word_errors`.
        - ``said``: words of the model.
        - ``called``: tools, by name or as ``{name: arguments}``; ``none`` for no tool at all.
        - ``sent``: client events, by type or as ``{type: members}``.
        - ``not_heard``, ``not_said``, ``not_called``, ``not_sent``: the same, none of which may have happened.
        - ``errors``: ``none``, or codes and words of errors that must have come. Connections that were refused are
          errors.
        - ``closed``: a close code, or ``client`` where the client went first.

    Raises
    ------
    ConfigError
        There is no such folder, no session in it (unless ``sessions: 0`` is expected, or ``errors`` where connections
        were refused), or a mistake in the file, which is told with its line.
    RecordingError
        A file in the folder cannot be read.

    Examples
    --------
    >>> import tempfile
    >>> from pathlib import Path
    >>> folder = Path(tempfile.mkdtemp())
    >>> _ = (folder / "expectations.yaml").write_text("sessions: 0")
    >>> check_folder(folder, folder / "expectations.yaml").problems
    ()
    """
    expected = _expected(read_scenario(Path(expectations), what="file of expectations"))
    folder = Path(folder)
    if not folder.is_dir():
        raise ConfigError(f"There is no folder '{folder}'; rtnb serve --record makes it.")
    files = sorted(path for path in folder.glob("*.jsonl") if path.name != REFUSED)
    sessions = [SessionLog.load(path) for path in files if path.stat().st_size]
    return _judged(expected, sessions, load_refusals(folder), f" in '{folder.name}'")


def check_sessions(
    sessions: Sequence[SessionLog], expectations: Mapping[str, Any], *, refusals: Sequence[Problem] = ()
) -> CheckReport:
    """Judge sessions by expectations as plain values.

    Raises
    ------
    ConfigError
        There is a mistake in them, or no session to judge.

    Examples
    --------
    >>> print(check_sessions([], {"sessions": 0}).text)
    passed: 1 expectation of 0 sessions
    """
    return _judged(_expected(Node.of(expectations, file="expectations")), sessions, refusals)


@dataclass(frozen=True, slots=True)
class _Recorded:
    sessions: tuple[SessionLog, ...]
    refusals: tuple[Problem, ...]

    @property
    def errors(self) -> list[str]:
        found = [error for session in self.sessions for error in session.errors]
        return found + [f"refused: {problem}" for problem in self.refusals]


Claim = Callable[[_Recorded], str | None]


@dataclass(frozen=True, slots=True)
class _Expected:
    claims: list[Claim]
    no_session: bool
    """Whether these are to hold without one."""
    refusal: bool
    """Whether these tell of connections that were refused."""


def _judged(
    expected: _Expected, sessions: Sequence[SessionLog], refusals: Sequence[Problem], where: str = ""
) -> CheckReport:
    recorded = _Recorded(tuple(sessions), tuple(refusals))
    if not sessions and not expected.no_session and not (refusals and expected.refusal):
        # What must not have happened has not, nor has anything else.
        raise ConfigError(_nothing(recorded.refusals, where))
    problems = tuple(problem for claim in expected.claims if (problem := claim(recorded)) is not None)
    return CheckReport(problems, len(expected.claims), recorded.sessions, recorded.refusals)


def _nothing(refusals: Sequence[Problem], where: str) -> str:
    text = f"No session is on record{where}, so there is nothing to judge. "
    if refusals:
        why = "; ".join(dict.fromkeys(map(str, refusals)))
        were = "connection was" if len(refusals) == 1 else "connections were"
        return f"{text}{len(refusals)} {were} refused: {why} (errors: is what tells of these.)"
    return (
        f"{text}Did the agent connect to this server, and was the server started with --record and this folder? "
        "Where none is to come, expect sessions: 0."
    )


def _expected(root: Node) -> _Expected:
    top = root.members(_TOP, "an expectation")
    if not set(top) - {"about", "tolerance"}:
        root.fail(f"there is nothing expected: some of {', '.join(_TOP[1:])}.")
    tolerance = _share(top["tolerance"]) if "tolerance" in top else TOLERANCE
    claims: list[Claim] = []
    wanted = int(top["sessions"].number("sessions", whole=True)) if "sessions" in top else None
    if wanted is not None:
        claims.append(_number(wanted))
    claims += [_claim(heard_problem, text, tolerance) for text in _texts(top, "heard")]
    claims += [_claim(not_heard_problem, text, tolerance) for text in _texts(top, "not_heard")]
    claims += [_claim(said_problem, text) for text in _texts(top, "said")]
    claims += [_claim(not_said_problem, text) for text in _texts(top, "not_said")]
    if "called" in top and top["called"].value == "none":
        claims.append(_claim(not_called_problem))
    else:
        claims += [_claim(called_problem, *thing) for thing in _things(top, "called")]
    claims += [_claim(not_called_problem, *thing) for thing in _things(top, "not_called")]
    claims += [_claim(sent_problem, *thing) for thing in _things(top, "sent")]
    claims += [_claim(not_sent_problem, *thing) for thing in _things(top, "not_sent")]
    codes = _codes(top["errors"]) if "errors" in top else []
    if "errors" in top:
        claims += map(_error, codes) if codes else [_no_errors]
    if "closed" in top:
        claims.append(_closed(top["closed"]))
    return _Expected(claims, wanted == 0, "errors" in top)


def _claim(problem: Callable[..., str | None], *arguments: Any) -> Claim:
    return lambda recorded: problem(recorded.sessions, *arguments)


def _share(node: Node) -> float:
    value = node.number("tolerance")
    if value > 1:
        node.fail(f"tolerance is a share of the words, from 0 to 1, not {value:g}.")
    return value


def _each(top: Mapping[str, Node], name: str) -> list[Node]:
    if name not in top:
        return []
    node = top[name]
    if node.value == []:
        none = ": called: none says that no tool is" if name == "called" else ""
        node.fail(f"{name} is an empty list{none}. Leave it out where nothing is expected.")
    return node.items(name) if isinstance(node.value, list) else [node]


def _texts(top: Mapping[str, Node], name: str) -> list[str]:
    texts = []
    for node in _each(top, name):
        text = node.text(name)
        if not words(text):
            node.fail(f"There is no word in {text!r:.60} that could be looked for.")
        texts.append(text)
    return texts


def _things(top: Mapping[str, Node], name: str) -> list[tuple[str, dict[str, Any]]]:
    """Names alone, or with what belongs to them."""
    found: list[tuple[str, dict[str, Any]]] = []
    for node in _each(top, name):
        if not isinstance(node.value, dict):
            if not (text := node.text(name).strip()):
                node.fail(f"{name} is a name, not an empty text.")
            found.append((text, {}))
            continue
        if not node.value:
            node.fail(f"{name} is empty: it is a name, or {{name: {{...}}}}.")
        for key, inner in node.value.items():
            if inner.value is not None and not isinstance(inner.value, dict):
                inner.fail(f"{name} is a list of names, or of mappings such as {{{key}: {{...}}}}.")
            found.append((key, inner.plain() or {}))
    return found


def _number(wanted: int) -> Claim:
    def claim(seen: _Recorded) -> str | None:
        there = len(seen.sessions)
        were = "was" if there == 1 else "were"
        return None if there == wanted else f"There {were} {_count(there, 'session')}, not {wanted}."

    return claim


def _codes(node: Node) -> list[str]:
    """The errors that are expected; none at all where that is what is."""
    if node.value in (None, "none", False, []):
        return []
    codes = []
    for each in node.items("errors") if isinstance(node.value, list) else [node]:
        if not (text := each.text("errors").strip()):
            each.fail("an error is a code or words of it, or errors: none.")
        codes.append(text)
    return codes


def _no_errors(seen: _Recorded) -> str | None:
    return f"There were errors: {'; '.join(seen.errors).removesuffix('.')}." if seen.errors else None


def _error(text: str) -> Claim:
    def claim(seen: _Recorded) -> str | None:
        errors = seen.errors
        if any(text.casefold() in error.casefold() for error in errors):
            return None
        others = "; ".join(errors).removesuffix(".")
        return f"There was no error with {text!r}; there {f'were {others}' if others else 'was none'}."

    return claim


def _closed(node: Node) -> Claim:
    if node.value != "client" and (not isinstance(node.value, int) or isinstance(node.value, bool)):
        node.fail("closed is a close code of the server, or client where that went first.")
    wanted = None if node.value == "client" else node.value

    def claim(seen: _Recorded) -> str | None:
        ends = [session.closed_with for session in seen.sessions]
        if any(end is not None and end.code == wanted for end in ends):
            return None
        shown = ", ".join("open" if end is None else str(end.code or "by the client") for end in ends)
        return (
            f"No session was closed {'by the client' if wanted is None else f'with {wanted}'}: {shown or 'none began'}."
        )

    return claim
