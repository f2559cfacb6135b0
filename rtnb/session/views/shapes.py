"""Immutable snapshots of a conversation, made on the loop thread and handed to whoever draws.

All times are seconds on the session's clock: 0 is the moment the connection opened.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from rtnb._display import Drawable
from rtnb.audio import Clip
from rtnb.pricing import Cost
from rtnb.session.views.pieces import BesideView, ErrorView, GivenView, ImageView, ToolCallView
from rtnb.session.views.timing import Timing
from rtnb.session.views.usage import LateTurns, UsageReport
from rtnb.tokens import TokenUsage

__all__ = [
    "LateTurns",
    "Latency",
    "RunView",
    "SessionStatus",
    "SessionView",
    "SpeechSpan",
    "TurnStatus",
    "TurnView",
    "UsageReport",
    "UserKind",
]

TurnStatus = Literal[
    "waiting", "listening", "in_progress", "completed", "cancelled", "incomplete", "failed", "no_response"
]

UserKind = Literal["text", "audio", "image", "mixed", "none"]
"""What a user's turn is made of; ``mixed`` for more than one of them."""

SessionStatus = Literal["new", "open", "reconnecting", "closed", "lost", "recording"]


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


SAID_LIMIT = 60
"""Characters of what was said that a repr shows."""


def _short(text: str) -> str:
    flat = " ".join(text.split())
    return flat if len(flat) <= SAID_LIMIT else f"{flat[: SAID_LIMIT - 1].rstrip()}…"


def _turns(count: int) -> str:
    return f"{count:,} turn{'' if count == 1 else 's'}"


@dataclass(frozen=True, slots=True, repr=False)
class TurnView(Drawable):
    """One turn: what the user gave, what came back, and what it took.

    Examples
    --------
    >>> TurnView(0, "completed", user_text="Hi", assistant_text="Hello!")
    TurnView(0, completed: 'Hi' → 'Hello!')
    """

    index: int
    status: TurnStatus
    status_reason: str = ""
    """Why it is not completed, in plain words; empty otherwise."""
    user_text: str = ""
    """What was typed, or what the transcription heard."""
    user_kind: UserKind = "none"
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
    user_images: tuple[ImageView, ...] = ()
    """Images that the user gave."""
    user_items: tuple[GivenView, ...] = ()
    """All that the user gave, item by item, in order."""
    tool_calls: tuple[ToolCallView, ...] = ()
    """Functions that the answer called, in order."""
    status_details: Mapping[str, Any] | None = field(default=None, hash=False)
    """Of the last response, as the server sent them; None where it sent none."""
    error: ErrorView | None = None
    """What ended it, where the server called that an error."""
    received_s: float | None = None
    """Seconds of the answer's audio that arrived; None where it has none."""
    unheard_s: float | None = None
    """Seconds of it that nobody heard, because it was interrupted; None when nothing cut it short."""
    unheard_cost: Cost | None = None
    """What these seconds cost: audio is billed when it is generated, not when it is heard."""
    timing: Timing = field(default_factory=Timing)
    """Everything that can be timed in it; see :mod:`rtnb.session.views.timing`."""

    settled: bool = field(default=False, compare=False, repr=False)
    """Whether it stays as it is: over, transcribed, and played to its end as far as the log tells. What still sounds
    may be interrupted yet."""

    @property
    def over(self) -> bool:
        """Whether nothing more will come."""
        return self.status not in ("waiting", "listening", "in_progress")

    @property
    def transcript(self) -> str:
        """What the user said or typed: `user_text`, as :class:`rtnb.Turn` calls it."""
        return self.user_text

    @property
    def text(self) -> str:
        """What was answered: `assistant_text`, as :class:`rtnb.Turn` calls it."""
        return self.assistant_text

    @property
    def audio(self) -> Clip | None:
        """The answer's audio: `assistant_audio`, as :class:`rtnb.Turn` calls it."""
        return self.assistant_audio

    def __repr__(self) -> str:
        said = _short(self.user_text) or f"[{self.user_kind}]"
        return f"TurnView({self.index}, {self.status}: {said!r} → {_short(self.assistant_text)!r})"


@dataclass(frozen=True, slots=True, repr=False)
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

    def __repr__(self) -> str:
        state = "done" if self.done else "streaming"
        return f"RunView({self.source!r}, {self.input.duration_s:.1f} s, {_turns(len(self.turns))}, {state})"


@dataclass(frozen=True, slots=True, repr=False)
class SessionView(Drawable):
    """The whole session so far.

    Examples
    --------
    >>> SessionView("embedded server", "rtnb-echo", "tone", "closed", 12.3, (TurnView(0, "completed"),))
    SessionView(embedded server · rtnb-echo, closed, 12.3 s, 1 turn)
    """

    endpoint: str
    model: str
    voice: str
    status: SessionStatus
    duration_s: float
    turns: tuple[TurnView, ...]
    usage: TokenUsage | None = None
    cost: Cost | None = None
    errors: tuple[str, ...] = ()
    turn_detection: str = ""
    """In words, such as ``"server VAD"``; empty when turns are manual."""
    notes: tuple[str, ...] = field(default=())
    """What the user should know, such as a voice that is missing because an extra is not installed."""
    quiet: tuple[str, ...] = ()
    """Errors that are nothing but races, such as the cancelling of an answer that was over a moment before."""
    beside: BesideView | None = None
    """What `usage` and `cost` have besides those of the turns; None where nothing was asked beside them."""

    def __repr__(self) -> str:
        who = " · ".join(part for part in (self.endpoint, self.model) if part)
        parts = [who, self.status, f"{self.duration_s:.1f} s", _turns(len(self.turns))]
        if self.errors:
            parts.append(f"{len(self.errors):,} error{'' if len(self.errors) == 1 else 's'}")
        if self.cost is not None:
            parts.append(str(self.cost))
        return f"SessionView({', '.join(parts)})"
