"""Immutable snapshots of a conversation, made on the loop thread and handed to whoever draws.

All times are seconds on the session's clock: 0 is the moment the connection opened.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import TYPE_CHECKING, Any, Literal, overload

from rtnb._display import Drawable
from rtnb.audio import Clip
from rtnb.pricing import Cost
from rtnb.pricing.bills.ledger import Ledger
from rtnb.tokens import TokenUsage

if TYPE_CHECKING:
    from rtnb.pricing.ahead.budget import NextResponse
    from rtnb.pricing.ahead.whatif import Policy, WhatIf
    from rtnb.pricing.bills.meter import Meter
    from rtnb.tokens.context import Summarise, Truncation

__all__ = ["LateTurns", "Latency", "RunView", "SessionView", "SpeechSpan", "TurnStatus", "TurnView", "UsageReport"]

TurnStatus = Literal[
    "waiting", "listening", "in_progress", "completed", "cancelled", "incomplete", "failed", "no_response"
]


@dataclass(frozen=True, slots=True)
class SpeechSpan:
    """What the server's turn detection called speech.

    Parameters
    ----------
    start_s, end_s : float
        Where the audio given to the model begins and ends: prefix padding and trailing silence included,
        as ``audio_start_ms`` and ``audio_end_ms`` do. `end_s` is None while the speech goes on.
    prefix_s, silence_s : float
        How much of the span is padding before the onset and silence after the last speech.
    """

    start_s: float
    end_s: float | None
    prefix_s: float = 0.0
    silence_s: float = 0.0

    @property
    def onset_s(self) -> float:
        """Where speech itself begins."""
        return self.start_s + self.prefix_s

    @property
    def speech_end_s(self) -> float | None:
        """Where speech itself ends."""
        return None if self.end_s is None else self.end_s - self.silence_s


@dataclass(frozen=True, slots=True)
class Latency:
    """One latency that names both its ends.

    Parameters
    ----------
    start, end : str
        What happened at either end, such as ``"speech end"`` and ``"first audio"``. With semantic VAD it begins at
        the ``"turn end"``, since the wait after the speech is not on the wire.
    start_s, end_s : float
        When, on the session's clock.
    """

    start: str
    end: str
    start_s: float
    end_s: float

    @property
    def seconds(self) -> float:
        """How long it took."""
        return self.end_s - self.start_s

    def __str__(self) -> str:
        return f"{self.seconds:.2f} s {self.start} → {self.end}"


@dataclass(frozen=True, slots=True)
class TurnView(Drawable):
    """One turn: what the user gave, what came back, and what it took."""

    index: int
    status: TurnStatus
    status_reason: str = ""
    """Why it is not completed, in plain words; empty otherwise."""
    user_text: str = ""
    """What was typed, or what the transcription heard."""
    user_kind: Literal["text", "audio", "mixed", "none"] = "none"
    user_audio: Clip | None = None
    user_start_s: float = 0.0
    """When the first sample of `user_audio` was captured."""
    speech: tuple[SpeechSpan, ...] = ()
    assistant_text: str = ""
    assistant_audio: Clip | None = None
    assistant_start_s: float | None = None
    """When playback of the answer began."""
    heard_s: float | None = None
    """Seconds of the answer that were heard when it was interrupted; None when nothing cut it short."""
    latency: Latency | None = None
    usage: TokenUsage | None = None
    cost: Cost | None = None
    model: str = ""
    endpoint: str = ""
    """What answered, in words: ``"embedded server"``, ``"api.openai.com"``."""

    @property
    def over(self) -> bool:
        """Whether nothing more will come."""
        return self.status not in ("waiting", "listening", "in_progress")


@dataclass(frozen=True, slots=True)
class RunView(Drawable):
    """A recording streamed into the session, and the turns that turn detection made of it."""

    source: str
    """Name of the file, or a description."""
    input: Clip
    """What was streamed so far."""
    input_start_s: float
    turns: tuple[TurnView, ...]
    speech: tuple[SpeechSpan, ...] = ()
    done: bool = False
    model: str = ""
    endpoint: str = ""


@dataclass(frozen=True, slots=True)
class SessionView(Drawable):
    """The whole session so far."""

    endpoint: str
    model: str
    voice: str
    status: Literal["open", "closed", "lost", "recording"]
    duration_s: float
    turns: tuple[TurnView, ...]
    usage: TokenUsage | None = None
    cost: Cost | None = None
    errors: tuple[str, ...] = ()
    turn_detection: str = ""
    """In words, such as ``"server VAD"``; empty when turns are manual."""
    notes: tuple[str, ...] = field(default=())
    """What the user should know, such as a voice that is missing because an extra is not installed."""


class LateTurns(Sequence[TurnView]):
    """Turns of something that is over, made when they are first looked at; otherwise like a tuple of them.

    Parameters
    ----------
    count : int
        How many they are.
    make : callable
        Gives them.

    Examples
    --------
    >>> turns = LateTurns(1, lambda: [TurnView(0, "completed")])
    >>> len(turns), turns[0].status, turns == (TurnView(0, "completed"),)
    (1, 'completed', True)
    """

    __slots__ = ("_count", "_made", "_make")

    def __init__(self, count: int, make: Callable[[], Iterable[TurnView]]) -> None:
        self._count, self._make = count, make
        self._made: tuple[TurnView, ...] | None = None

    def _all(self) -> tuple[TurnView, ...]:
        if self._made is None:
            self._made = tuple(self._make())
        return self._made

    def __len__(self) -> int:
        return self._count

    @overload
    def __getitem__(self, place: int) -> TurnView: ...

    @overload
    def __getitem__(self, place: slice) -> tuple[TurnView, ...]: ...

    def __getitem__(self, place: int | slice) -> TurnView | tuple[TurnView, ...]:
        return self._all()[place]

    def __eq__(self, other: object) -> bool:
        return self._all() == tuple(other) if isinstance(other, tuple | LateTurns) else NotImplemented

    def __hash__(self) -> int:
        return hash(self._all())

    def __repr__(self) -> str:
        return repr(self._all())


@dataclass(frozen=True, slots=True, repr=False)
class UsageReport(Drawable):
    """Tokens and cost of a session, by turn and by line of the bill.

    Examples
    --------
    >>> UsageReport((), TokenUsage(input_text=1669, cached_text=640, output_text=750), None, "model", "endpoint")
    UsageReport(0 turns, 1,669 in (640 cached), 750 out)
    """

    turns: Sequence[TurnView]
    """All turns; those of a recording are made when they are first looked at, since their audio must be unpacked."""
    usage: TokenUsage | None
    cost: Cost | None
    model: str
    endpoint: str
    ledger: Ledger = field(default_factory=Ledger, compare=False)
    """Response by response, for everything that counts money."""

    @classmethod
    def of(cls, session: SessionView, ledger: Ledger | None = None) -> UsageReport:
        """The report of a session so far."""
        given = (session.turns, session.usage, session.cost, session.model, session.endpoint)
        return cls(*given) if ledger is None else cls(*given, ledger)

    @property
    def meter(self) -> Meter:
        """Where the money went, response by response; see :func:`rtnb.pricing.meter`."""
        from rtnb.pricing.bills.meter import meter

        return meter(self)

    def reprice(
        self,
        model: str | None = None,
        *,
        on: date | str | None = None,
        policy: Policy | Truncation | Summarise | None = None,
    ) -> WhatIf:
        """What the same talk would have cost; see :func:`rtnb.pricing.reprice`."""
        from rtnb.pricing.ahead.whatif import reprice

        return reprice(self, model=model, on=on, policy=policy)

    def next_response(self, **options: Any) -> NextResponse:
        """What the next response will cost at least, and at most; see :func:`rtnb.pricing.next_response`."""
        from rtnb.pricing.ahead.budget import next_response

        return next_response(self, **options)

    @property
    def total_usd(self) -> float | None:
        """What the session cost so far; None when nothing was used yet, or nothing of it has a price."""
        if self.cost is None or (self.cost.lines and len(self.cost.unpriced) == len(self.cost.lines)):
            return None
        return self.cost.total_usd

    def __repr__(self) -> str:
        parts = [f"{len(self.turns):,} turn{'' if len(self.turns) == 1 else 's'}"]
        if self.usage is not None:
            cached = f" ({self.usage.cached_tokens:,} cached)" if self.usage.cached_tokens else ""
            parts += [f"{self.usage.input_tokens:,} in{cached}", f"{self.usage.output_tokens:,} out"]
        if self.cost is not None:
            parts.append(str(self.cost))
        return f"UsageReport({', '.join(parts)})"
