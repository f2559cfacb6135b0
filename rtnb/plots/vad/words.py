"""How turn detection is put into words: kinds of mistakes, settings, latencies, and what predictions rest on."""

from __future__ import annotations

import math
from collections.abc import Iterable

from rtnb._display import counted
from rtnb.vad.tuning import LOCAL_EMULATION

__all__ = [
    "CAPTION",
    "MISTAKES",
    "count",
    "kinds_said",
    "latency",
    "milliseconds",
    "mistake_name",
    "moment",
    "prediction_words",
    "share",
]

MISTAKES = {
    "false_start": "false start",
    "missed": "missed turn",
    "clipped": "clipped onset",
    "cut_off": "false cut-off",
    "merged": "merged",
    "late": "late end",
}
"""What each kind of mistake is called."""

CAPTION = "A setting is written threshold / prefix padding / silence, in ms."


def mistake_name(kind: str) -> str:
    """What a kind of mistake is called.

    Examples
    --------
    >>> mistake_name("cut_off")
    'false cut-off'
    """
    return MISTAKES.get(kind, kind.replace("_", " "))


def prediction_words(prediction: str) -> str:
    """What predictions rest on.

    Examples
    --------
    >>> prediction_words("local emulation")
    'local emulation, not calibrated to a server'
    >>> prediction_words("my server, 2026-11-21")
    'predicted with the calibration my server, 2026-11-21'
    >>> prediction_words("calibrated to my server, 2026-11-21")
    'predictions calibrated to my server, 2026-11-21'
    """
    if prediction == LOCAL_EMULATION:
        return "local emulation, not calibrated to a server"
    if prediction.startswith("calibrated "):
        return f"predictions {prediction}"
    return f"predicted with the calibration {prediction}"


def milliseconds(value: float, *, signed: bool = False) -> str:
    """A number of milliseconds; nothing where there is none.

    Examples
    --------
    >>> milliseconds(435.6), milliseconds(12, signed=True), milliseconds(-0.2, signed=True), milliseconds(float("nan"))
    ('436 ms', '+12 ms', '0 ms', '')
    """
    if not math.isfinite(value):
        return ""
    whole = round(value)
    sign = "+" if signed and whole > 0 else "\u2212" if whole < 0 else ""
    return f"{sign}{abs(whole):,} ms"


def latency(value: float) -> str:
    """A latency in milliseconds, or that none was measured.

    Examples
    --------
    >>> latency(float("nan"))
    'none'
    """
    return milliseconds(value) or "none"


def share(value: float, *, digits: int = 0) -> str:
    """A part of a whole in per cent; nothing where there is none.

    Examples
    --------
    >>> share(0.054), share(0.054, digits=1), share(float("nan"))
    ('5 %', '5.4 %', '')
    """
    return f"{100 * value:.{digits}f} %" if math.isfinite(value) else ""


def count(value: float) -> str:
    """A count, or a mean of counts with one digit more.

    Examples
    --------
    >>> count(1234), count(1.25)
    ('1,234', '1.25')
    """
    if not math.isfinite(value):
        return ""
    return f"{round(value):,}" if value == round(value) else f"{value:.2f}"


def moment(seconds: float) -> str:
    """A place in a recording.

    Examples
    --------
    >>> moment(4.03), moment(65.5)
    ('4.03 s', '1:05.50')
    """
    if seconds < 60:
        return f"{seconds:.2f} s"
    whole = round(seconds * 100)
    return f"{whole // 6000}:{whole % 6000 / 100:05.2f}"


def kinds_said(kinds: Iterable[str]) -> str:
    """Kinds of mistakes with their numbers, in the order in which tables have them.

    Examples
    --------
    >>> kinds_said(["cut_off", "missed", "cut_off"])
    '1 missed turn, 2 false cut-offs'
    """
    found = list(kinds)
    order = [*MISTAKES, *sorted(set(found) - set(MISTAKES))]
    said = {"merged": "merged turn"}
    return ", ".join(counted(found.count(kind), said.get(kind, mistake_name(kind))) for kind in order if kind in found)
