"""What happened beside the talk itself: errors, limits, changes of settings, connections, money, gaps and latencies.

As in :mod:`rtnb.session.timeline.shapes`, times are seconds on the session's clock and `seq` is a place in the log.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from decimal import Decimal
from typing import Literal

from rtnb.session.config.diff import DiffRow
from rtnb.session.views.timing import Unit
from rtnb.tokens import TokenUsage

__all__ = ["Bracket", "Change", "Charge", "Gap", "Link", "Note", "Problem", "RateLimits"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Problem:
    """An ``error`` event.

    Parameters
    ----------
    message, code, advice : str
        What the server said, and what to do.
    severity : {"benign", "retry", "config", "bug", "fatal"}
    cause : str
        Type of the client event that it is about; empty where that is not known.
    """

    t_s: float
    message: str
    code: str
    severity: str
    advice: str = ""
    cause: str = ""
    cause_id: str = ""
    cause_seq: int = -1
    seq: int = -1


@dataclass(frozen=True, slots=True, kw_only=True)
class RateLimits:
    """What the account may still use. `rows` are name, limit, remaining and seconds to the reset; None where unsaid."""

    t_s: float
    rows: tuple[tuple[str, float | None, float | None, float | None], ...]
    seq: int = -1

    @property
    def lowest(self) -> float | None:
        """The least share that remains, 0 to 1."""
        shares = [left / limit for _, limit, left, _ in self.rows if limit and left is not None]
        return min(shares) if shares else None


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """A ``session.update`` and what came of it.

    Parameters
    ----------
    sent_s : float or None
        None for settings that the server told unasked: those of ``session.created``.
    t_s : float or None
        When they were in effect, or refused; None while neither was said.
    rows : tuple of DiffRow
        What was asked for against what is in effect.
    refused : str
        The error; empty where there was none.
    """

    t_s: float | None
    sent_s: float | None
    rows: tuple[DiffRow, ...] = ()
    refused: str = ""
    label: str = ""
    seq: int = -1
    answer_seq: int = -1

    @property
    def at_s(self) -> float:
        """Where it is drawn."""
        return self.sent_s if self.sent_s is not None else (self.t_s or 0.0)

    @property
    def differences(self) -> tuple[DiffRow, ...]:
        """Where something else is in effect than was asked for."""
        return tuple(row for row in self.rows if row.kind in ("changed by the server", "ignored"))

    @property
    def state(self) -> Literal["told", "refused", "not answered", "differs", "as asked"]:
        """What came of it."""
        if self.refused:
            return "refused"
        if self.sent_s is None:
            return "told"
        if self.t_s is None:
            return "not answered"
        return "differs" if self.differences else "as asked"

    @property
    def words(self) -> str:
        """What a mark says of it.

        Examples
        --------
        >>> Change(t_s=None, sent_s=1.0, label="voice").words, Change(t_s=1.1, sent_s=1.0, label="voice").words
        ('voice: not answered', 'voice changed')
        """
        if self.state == "refused":
            return f"{self.label} refused: {self.refused}"
        if self.state == "not answered":
            return f"{self.label}: not answered"
        if self.state == "differs":
            return f"{self.label}: {', '.join(f'{_last(row.path)} {row.kind}' for row in self.differences)}"
        return self.label if self.state == "told" else f"{self.label} changed"

    @property
    def text(self) -> str:
        """The same."""
        return self.words


def _last(path: str) -> str:
    return path.rpartition(".")[2]


@dataclass(frozen=True, slots=True, kw_only=True)
class Link:
    """One connection; `lost_s` is None where it was not lost."""

    start_s: float
    lost_s: float | None
    session_id: str
    code: int | None = None
    reason: str = ""
    seq: int = -1
    lost_seq: int = -1


@dataclass(frozen=True, slots=True, kw_only=True)
class Note:
    """Something that rtnb told the user."""

    t_s: float
    text: str
    seq: int = -1


@dataclass(frozen=True, slots=True, kw_only=True)
class Charge:
    """What one response, or one transcription, cost.

    Parameters
    ----------
    kind : {"response", "transcription"}
    fresh_usd, cached_usd, output_usd : Decimal
        The parts of it; a transcription is all `fresh_usd`.
    total_usd : Decimal or None
        None where it has no price.
    running_usd : Decimal
        Everything up to and with it.
    cache_share : float or None
        Cached tokens of all input tokens, 0 to 1; None where there was no input.
    """

    t_s: float
    kind: Literal["response", "transcription"]
    fresh_usd: Decimal
    cached_usd: Decimal
    output_usd: Decimal
    total_usd: Decimal | None
    running_usd: Decimal
    cache_share: float | None = None
    usage: TokenUsage | None = field(default=None, hash=False)
    model: str = ""
    response_id: str = ""
    item_id: str = ""
    turn: int = -1
    seq: int = -1

    def with_running(self, running_usd: Decimal) -> Charge:
        """The same with another running total."""
        return replace(self, running_usd=running_usd)


@dataclass(frozen=True, slots=True, kw_only=True)
class Gap:
    """Nothing came for a while, although something should have.

    Parameters
    ----------
    kind : {"wait", "stall", "upload", "connection"}
        Between a response's creation and its first delta; within its deltas; between two appends of speech; between
        the loss of a connection and the next one.
    """

    kind: Literal["wait", "stall", "upload", "connection"]
    start_s: float
    end_s: float
    seq: int = -1

    @property
    def seconds(self) -> float:
        """How long it was."""
        return self.end_s - self.start_s


@dataclass(frozen=True, slots=True, kw_only=True)
class Bracket:
    """One measured latency, with both its ends, as :mod:`rtnb.session.views.timing` defines it.

    Parameters
    ----------
    text : str
        The value with its unit.
    reckoned : bool
        Whether an end of it is a moment of playback that no player reported: rtnb reckons it at the pace of speech.
    """

    name: str
    label: str
    start_event: str
    end_event: str
    start_s: float
    end_s: float
    value: float
    unit: Unit
    text: str
    turn: int
    reckoned: bool = False

    @property
    def words(self) -> str:
        """The value, and whether it is reckoned."""
        return f"{self.text} reckoned" if self.reckoned else self.text

    @property
    def ends(self) -> str:
        """Both its ends."""
        return f"{self.start_event} → {self.end_event}"
