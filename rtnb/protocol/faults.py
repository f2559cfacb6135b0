"""How bad an error of the server is, and what to do about it.

``explained/errors.json`` knows the codes of the live service, those of released clients and those of the embedded
server, each with its source; where an error has no code, as in 2024 and in a few places still, its message tells.

Examples
--------
>>> from rtnb.protocol.faults import classify
>>> classify({"code": "response_cancel_not_active"}).severity
'benign'
>>> classify({"code": None, "message": "Audio content of 9250ms is already shorter than 57340ms"}).severity
'benign'
"""

from __future__ import annotations

import functools
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, TypeAlias

__all__ = ["Fault", "FaultRow", "Severity", "classify", "fault_rows", "row_of", "severities"]

Severity: TypeAlias = Literal["benign", "retry", "config", "bug", "fatal"]
"""``benign``: a race, nothing to do; ``retry``: the same again helps; ``config``: a setting is refused; ``bug``: the
program sent what does not fit; ``fatal``: the connection cannot be used."""


@dataclass(frozen=True, slots=True)
class Fault:
    """What an error amounts to.

    Parameters
    ----------
    severity : {"benign", "retry", "config", "bug", "fatal"}
    advice : str
        One sentence: what to do.
    """

    severity: Severity
    advice: str


@dataclass(frozen=True, slots=True, kw_only=True)
class FaultRow:
    """One error that is known, and how it is told from others.

    Attributes
    ----------
    name : str
        Its code where it has one of its own, else a name of ours.
    code, type : str or None
        As the server sends them.
    message, param : re.Pattern or None
        What they must hold; a row with a code fits by `message` too where the error has no code.
    needs_message : bool
        Whether the code is that of several rows, and the message tells which it is.
    severity, means, advice, sample, source : str
        `sample` is a message as the server words it, empty where none is published.
    see : tuple of str
        What else ``explain`` knows about it.
    """

    name: str
    code: str | None
    type: str | None
    message: re.Pattern[str] | None
    param: re.Pattern[str] | None
    needs_message: bool
    severity: Severity
    means: str
    advice: str
    sample: str
    source: str
    see: tuple[str, ...]

    def fits_code(self, error: Mapping[str, Any]) -> bool:
        """Whether this row is about the code of `error`, and all else it asks for holds."""
        if self.code is None or error.get("code") != self.code or not _holds(self.param, error.get("param")):
            return False
        return not self.needs_message or _holds(self.message, error.get("message"))

    def fits_message(self, error: Mapping[str, Any]) -> bool:
        """Whether the words of `error` are those of this row."""
        return self.message is not None and _holds(self.message, error.get("message")) and self._place(error)

    def fits_type(self, error: Mapping[str, Any]) -> bool:
        """Whether this row is about the type of `error`."""
        return self.code is None and self.type is not None and self.type == error.get("type") and self._place(error)

    def _place(self, error: Mapping[str, Any]) -> bool:
        return _holds(self.param, error.get("param"))


def _holds(pattern: re.Pattern[str] | None, text: object) -> bool:
    return pattern is None or (isinstance(text, str) and pattern.search(text) is not None)


@functools.cache
def _data() -> dict[str, Any]:
    path = Path(__file__).parent / "explained" / "errors.json"
    data: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    return data


@functools.cache
def fault_rows() -> tuple[FaultRow, ...]:
    """Every error that is known, in the order in which they are tried."""
    return tuple(_row(row) for row in _data()["errors"])


def severities() -> Mapping[str, str]:
    """Each severity with what it means."""
    found: dict[str, str] = _data()["severities"]
    return found


def _row(row: Mapping[str, Any]) -> FaultRow:
    return FaultRow(
        name=row["name"],
        code=row["code"],
        type=row.get("type"),
        message=_pattern(row.get("message")),
        param=_pattern(row.get("param")),
        needs_message=row.get("needs_message", False),
        severity=row["severity"],
        means=row["means"],
        advice=row["advice"],
        sample=row["sample"],
        source=row["source"],
        see=tuple(row["see"]),
    )


def _pattern(text: str | None) -> re.Pattern[str] | None:
    return None if text is None else re.compile(text, re.IGNORECASE)


def row_of(error: Mapping[str, Any]) -> FaultRow | None:
    """The row about `error`; None for one that nobody has described.

    By its code; where that is unknown or null by its words; at last by its type.

    Examples
    --------
    >>> row_of({"code": None, "message": "Only model output audio messages can be truncated"}).name
    'only_model_audio_can_be_truncated'
    """
    for fits in (FaultRow.fits_code, FaultRow.fits_message, FaultRow.fits_type):
        for row in fault_rows():
            if fits(row, error):
                return row
    return None


def classify(error: Mapping[str, Any]) -> Fault:
    """How bad an error is, and what to do.

    Parameters
    ----------
    error : mapping
        The ``error`` member of an ``error`` event, of a failed response's ``status_details`` or of a failed
        transcription. Members may be missing or of the wrong type: never raises.

    Returns
    -------
    Fault
        An error that nobody has described counts as ``"bug"``: the session goes on, and the error is shown.

    Examples
    --------
    >>> fault = classify({"code": "cannot_update_voice", "message": "", "param": None})
    >>> fault.severity
    'config'
    >>> classify({"type": "server_error", "code": None, "message": "Oops."}).severity
    'retry'
    """
    row = row_of(error)
    if row is None:
        return Fault("bug", "This error is not one that rtnb knows: look at the events before it in session.events.")
    return Fault(row.severity, row.advice)
