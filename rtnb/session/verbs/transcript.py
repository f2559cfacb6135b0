"""What a transcription session heard: segments with their times, as immutable values."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from rtnb._display import Drawable
from rtnb.audio import Clip
from rtnb.pricing import Cost
from rtnb.session.verbs.word_errors import WordErrors, word_errors

__all__ = ["LogProb", "Partial", "Segment", "Transcript"]


@dataclass(frozen=True, slots=True)
class LogProb:
    """One token and the natural logarithm of its probability."""

    token: str
    logprob: float

    @property
    def probability(self) -> float:
        """From 0 to 1."""
        return math.exp(self.logprob)


@dataclass(frozen=True, slots=True, kw_only=True)
class Segment:
    """One utterance, or what was committed by hand.

    Examples
    --------
    >>> Segment(text="Yes.", start_s=1.0, end_s=1.5, logprobs=(LogProb("Yes", -0.5),)).confidence
    0.6065
    """

    text: str
    start_s: float
    """In the recording, with the padding that turn detection keeps in front."""
    end_s: float
    speaker: str = ""
    """Where the model tells speakers apart."""
    logprobs: tuple[LogProb, ...] = ()
    """With ``logprobs=True``, of models that give them."""
    languages: tuple[str, ...] = ()
    item_id: str = ""
    final: bool = True
    """Whether the server has said its last word on it."""
    error: str = ""
    """Why it could not be transcribed."""

    @property
    def confidence(self) -> float | None:
        """Geometric mean of the tokens' probabilities; None without them."""
        if not self.logprobs:
            return None
        return round(math.exp(sum(each.logprob for each in self.logprobs) / len(self.logprobs)), 4)


@dataclass(frozen=True, slots=True, kw_only=True)
class Partial:
    """What is known of one utterance at one moment of a stream."""

    item_id: str
    text: str
    """All of the utterance so far."""
    delta: str
    """What this moment added."""
    final: bool = False
    """Whether it is complete."""
    start_s: float | None = None
    """Where it begins in the recording; None as long as nobody said."""
    error: str = ""
    """Why it could not be transcribed."""

    def __str__(self) -> str:
        return self.text


@dataclass(frozen=True, slots=True, kw_only=True)
class Transcript(Drawable):
    """A recording in words.

    Examples
    --------
    >>> said = Transcript(segments=(Segment(text="Good morning.", start_s=0.2, end_s=1.1),
    ...                             Segment(text="Hello!", start_s=1.4, end_s=1.9)), duration_s=2.0)
    >>> said.text, said.against("Good morning. Hallo!").errors
    ('Good morning. Hello!', 1)
    """

    segments: tuple[Segment, ...] = ()
    audio: Clip | None = None
    """What was heard."""
    duration_s: float = 0.0
    cost: Cost | None = None
    """At the model's price on the day of the session."""
    seconds: float = 0.0
    """What the server billed by the second."""
    tokens: int = 0
    """What it billed by the token, in and out."""
    model: str = ""
    name: str = ""
    endpoint: str = ""
    done: bool = True
    """Whether nothing more will come."""

    @property
    def text(self) -> str:
        """All of it."""
        return " ".join(segment.text.strip() for segment in self.segments if segment.text.strip())

    @property
    def errors(self) -> tuple[str, ...]:
        """Why parts of it could not be transcribed."""
        return tuple(segment.error for segment in self.segments if segment.error)

    @property
    def failed(self) -> bool:
        """Whether nothing of it could be transcribed, unlike silence, in which there is nothing to transcribe."""
        return bool(self.errors) and not self.text

    @property
    def logprobs(self) -> tuple[LogProb, ...]:
        """Of all tokens."""
        return tuple(each for segment in self.segments for each in segment.logprobs)

    def against(self, reference: str) -> WordErrors:
        """How far it is from what was really said."""
        return word_errors(reference, self.text)

    def to_srt(self) -> str:
        """The segments as subtitles in the SubRip format.

        Examples
        --------
        >>> print(Transcript(segments=(Segment(text="Hello!", start_s=1.4, end_s=61.0),)).to_srt())
        1
        00:00:01,400 --> 00:01:01,000
        Hello!
        <BLANKLINE>
        """
        spoken = [segment for segment in self.segments if segment.text.strip()]
        return "\n".join(
            f"{number}\n{_clock(each.start_s)} --> {_clock(each.end_s)}\n{_named(each)}{each.text.strip()}\n"
            for number, each in enumerate(spoken, start=1)
        )

    def __str__(self) -> str:
        return self.text

    def __repr__(self) -> str:
        said = self.text if len(self.text) <= 60 else f"{self.text[:59].rstrip()}…"
        state = "" if self.done else ", running"
        cost = "" if self.cost is None else f", {self.cost}"
        errors = self.errors
        failed = f", {len(errors)} failed: {errors[0]:.120}" if errors else ""
        return f"Transcript({said!r}, {self.duration_s:.1f} s, {_counted(self.segments)}{failed}{cost}{state})"


def _counted(segments: Sequence[Segment]) -> str:
    return f"{len(segments)} segment{'' if len(segments) == 1 else 's'}"


def _named(segment: Segment) -> str:
    return f"{segment.speaker}: " if segment.speaker else ""


def _clock(seconds: float) -> str:
    whole = max(0, round(seconds * 1000))
    minutes, ms = divmod(whole, 60_000)
    return f"{minutes // 60:02d}:{minutes % 60:02d}:{ms // 1000:02d},{ms % 1000:03d}"
