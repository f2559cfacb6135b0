"""What lies in the lanes of a timeline: one immutable value for each thing that happened.

All times are seconds on the session's clock (0 is the moment the connection opened). `seq` is the place of an event
in the log, for :meth:`Timeline.detail`; -1 where the log does not hold it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from rtnb.session.timeline.families import Family
from rtnb.session.timeline.incidents import Bracket, Change, Charge, Gap, Link, Note, Problem, RateLimits
from rtnb.session.timeline.statuses import status_of
from rtnb.session.views.timing import in_words

__all__ = [
    "AudioPiece",
    "Bracket",
    "Call",
    "Change",
    "Charge",
    "Commit",
    "Gap",
    "Heard",
    "Link",
    "Note",
    "Problem",
    "RateLimits",
    "Response",
    "Run",
    "Speech",
    "Transcript",
]


@dataclass(frozen=True, slots=True, kw_only=True)
class AudioPiece:
    """A stretch of sound that runs through without a pause.

    Parameters
    ----------
    side : {"input", "output"}
        The user's, by when it was captured; or an answer's, by when it sounded.
    start_s, end_s : float
        Where it lies on the session's clock.
    offset, length : int
        Where it lies in the store of the log of that side, in bytes.
    seq : int
        The first event of it.
    item_id : str
        The item it belongs to; empty for input.
    format : str
        GA name of its format; empty for PCM.
    """

    side: Literal["input", "output"]
    start_s: float
    end_s: float
    offset: int
    length: int
    seq: int = -1
    item_id: str = ""
    format: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Speech:
    """What turn detection called speech; see :class:`rtnb.session.views.shapes.SpeechSpan`.

    Parameters
    ----------
    start_s, end_s : float
        Where the audio given to the model begins and ends, on the session's clock; `end_s` is None while it goes on.
    prefix_s, silence_s : float
        How much of that is padding before the onset, and silence after the last speech.
    started_s, stopped_s : float
        When the server said so; `stopped_s` is None while it has not.
    audio_start_ms, audio_end_ms : int
        The same in audio time: milliseconds of all input audio sent.
    turn : int
        Index of the turn; -1 for none.
    seq, stop_seq : int
        Of ``speech_started`` and ``speech_stopped``.
    """

    start_s: float
    end_s: float | None
    prefix_s: float
    silence_s: float
    started_s: float
    stopped_s: float | None
    audio_start_ms: int
    audio_end_ms: int | None
    item_id: str
    turn: int = -1
    seq: int = -1
    stop_seq: int = -1

    @property
    def onset_s(self) -> float:
        """Where speech itself begins."""
        return self.start_s + self.prefix_s

    @property
    def speech_end_s(self) -> float | None:
        """Where speech itself ends."""
        return None if self.end_s is None else self.end_s - self.silence_s

    @property
    def spoken_s(self) -> float | None:
        """How long the speech itself was; None while it goes on."""
        return None if self.speech_end_s is None else max(0.0, self.speech_end_s - self.onset_s)

    @property
    def short(self) -> str:
        """How long the speech itself was, in words."""
        return "…" if self.spoken_s is None else in_words(self.spoken_s, "s")

    @property
    def words(self) -> str:
        """The same, and how long it is with what was added at both ends: that is what the model is given.

        Examples
        --------
        >>> span = Speech(start_s=1.0, end_s=2.91, prefix_s=0.3, silence_s=0.2, started_s=1.4, stopped_s=2.95,
        ...               audio_start_ms=0, audio_end_ms=1910, item_id="item_1")
        >>> span.words, span.short
        ('speech 1.41 s (1.91 s with padding)', '1.41 s')
        """
        if self.spoken_s is None or self.end_s is None or self.end_s - self.start_s - self.spoken_s < 0.0005:
            return f"speech {self.short}"
        return f"speech {self.short} ({in_words(self.end_s - self.start_s, 's')} with padding)"


@dataclass(frozen=True, slots=True, kw_only=True)
class Commit:
    """Input audio that became an item.

    Parameters
    ----------
    sent_s : float or None
        When the client committed; None where turn detection did.
    t_s : float
        When the server said that it had.
    audio_start_ms, audio_end_ms : int
        What was committed, in audio time.
    """

    t_s: float
    sent_s: float | None
    item_id: str
    audio_start_ms: int
    audio_end_ms: int
    turn: int = -1
    seq: int = -1

    @property
    def by(self) -> Literal["the client", "turn detection"]:
        """Who committed."""
        return "turn detection" if self.sent_s is None else "the client"


@dataclass(frozen=True, slots=True, kw_only=True)
class Response:
    """One response, from ``created`` over its first delta to ``done``.

    Parameters
    ----------
    status : str
        ``in_progress``, ``completed``, ``cancelled``, ``incomplete`` or ``failed``.
    reason : str
        Why it is not completed, in plain words; empty otherwise.
    trigger : str
        ``client``, ``turn detection``, ``idle timeout`` or ``tool``.
    requested_s : float or None
        When a client asked for it.
    first_s : float or None
        The first delta with anything in it: sound, text or arguments of a function.
    received_s : float
        Seconds of sound that arrived.
    in_conversation : bool
        False for one beside the conversation.
    """

    id: str
    created_s: float
    status: str
    trigger: str
    reason: str = ""
    requested_s: float | None = None
    first_s: float | None = None
    first_audio_s: float | None = None
    last_audio_s: float | None = None
    done_s: float | None = None
    received_s: float = 0.0
    text: str = ""
    in_conversation: bool = True
    items: tuple[str, ...] = ()
    turn: int = -1
    seq: int = -1
    done_seq: int = -1

    @property
    def words(self) -> str:
        """How it ended and why, with a sign that needs no colour.

        Examples
        --------
        >>> Response(id="r", created_s=0.0, status="cancelled", trigger="client", reason="interrupted by speech").words
        '■ cancelled · interrupted by speech'
        """
        said = status_of(self.status).words
        return f"{said} · {self.reason}" if self.reason and self.status != "completed" else said


@dataclass(frozen=True, slots=True, kw_only=True)
class Heard:
    """The playback of one answer: what arrived of it, and what the listener really heard.

    Parameters
    ----------
    start_s : float
        When its first sample sounded.
    end_s : float
        When it stopped: at its end, where it was cut, or now.
    arrived_s, last_s : float
        When its first and its last audio arrived.
    received_s, played_s : float
        Seconds of audio that arrived, and that were heard.
    pad_s : float
        Silence at its beginning, before anything can be heard.
    cut : bool
        Whether something cut it short.
    truncated_ms : int or None
        Where the server was told to cut it; None where it was not.
    reported : bool
        Whether a real player said so; otherwise a virtual one that runs at real time.
    until_s : float or None
        When the next answer began to sound, where that was before this one's unheard rest would have ended.
    """

    item_id: str
    response_id: str
    start_s: float
    end_s: float
    arrived_s: float
    last_s: float
    received_s: float
    played_s: float
    pad_s: float = 0.0
    cut: bool = False
    truncated_ms: int | None = None
    reported: bool = False
    turn: int = -1
    seq: int = -1
    until_s: float | None = None

    @property
    def unheard_s(self) -> float:
        """Seconds that arrived and that nobody heard."""
        return max(0.0, self.received_s - self.played_s) if self.cut else 0.0

    @property
    def words(self) -> str:
        """What a mark says of the cut.

        Examples
        --------
        >>> Heard(item_id="i", response_id="r", start_s=1.0, end_s=2.55, arrived_s=1.0, last_s=1.5, received_s=3.0,
        ...       played_s=1.55, cut=True).words
        'barge-in: 1.55 s of 3.00 s heard, reckoned'
        """
        reckoned = "" if self.reported else ", reckoned"
        return f"barge-in: {self.played_s:.2f} s of {self.received_s:.2f} s heard{reckoned}"

    @property
    def would_end_s(self) -> float:
        """When it would have ended, had it been played to its end or until the next one began."""
        ends_s = self.end_s + self.unheard_s
        return ends_s if self.until_s is None else min(ends_s, self.until_s)


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """One function call of the model.

    Parameters
    ----------
    asked_s : float
        When the model began to write it, or else when its arguments were complete.
    done_s, output_s : float or None
        When its arguments were complete, and when its result was sent.
    started_s, finished_s : float or None
        When the Python function ran.
    status : str
        As :class:`rtnb.session.views.pieces.ToolCallView` has it.
    """

    call_id: str
    name: str
    signature: str
    status: str
    asked_s: float
    done_s: float | None = None
    started_s: float | None = None
    finished_s: float | None = None
    output_s: float | None = None
    output: str = ""
    error: str = ""
    background: bool = False
    response_id: str = ""
    item_id: str = ""
    turn: int = -1
    seq: int = -1

    @property
    def failed(self) -> bool:
        """Whether nothing useful came of it."""
        return bool(self.error) or self.status in ("failed", "timed out", "refused", "cancelled")

    @property
    def end_s(self) -> float | None:
        """When nothing more came of it."""
        ends = [moment for moment in (self.output_s, self.finished_s) if moment is not None]
        return max(ends) if ends else None


@dataclass(frozen=True, slots=True, kw_only=True)
class Transcript:
    """What was said, where it was said.

    Parameters
    ----------
    role : {"user", "assistant"}
    start_s, end_s : float
        When it was spoken.
    ready_s : float or None
        When the text was complete; None while it is not.
    lag_s : float or None
        How long after the commit that was, for a user.
    status : str
        ``completed``, ``in_progress`` or ``failed``.
    """

    role: Literal["user", "assistant"]
    text: str
    start_s: float
    end_s: float
    ready_s: float | None = None
    committed_s: float | None = None
    lag_s: float | None = None
    status: str = "completed"
    item_id: str = ""
    turn: int = -1
    seq: int = -1


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """Events of one kind that follow each other, such as the deltas of one answer: shown as one line with a count.

    Parameters
    ----------
    type : str
    first_seq, last_seq : int
        Events of other kinds may lie between them.
    count : int
    start_s, end_s : float
    audio_s : float
        Seconds of audio in them.
    bytes : int
        About what they weighed on the wire.
    """

    type: str
    family: Family
    direction: str
    first_seq: int
    last_seq: int
    count: int
    start_s: float
    end_s: float
    audio_s: float = 0.0
    bytes: int = 0
    item_id: str = ""
    text: str = ""
