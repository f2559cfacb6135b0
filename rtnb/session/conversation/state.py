"""What the reducer knows: items, responses, speech and turns, mutable and owned by one thread."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from rtnb.protocol.envelope import AudioRef
from rtnb.session.config.content import BYTES_PER_MS

__all__ = [
    "CallState",
    "ConnectionState",
    "ErrorState",
    "InputClock",
    "ItemState",
    "ResponseState",
    "SpeechState",
    "TurnState",
    "heard_s",
]


@dataclass(slots=True, eq=False)
class SpeechState:
    """One span of ``speech_started`` … ``speech_stopped``."""

    item_id: str
    audio_start_ms: int
    started_s: float
    audio_end_ms: int | None = None
    stopped_s: float | None = None
    prefix_ms: int = 0
    silence_ms: int = 0


@dataclass(slots=True, eq=False)
class ItemState:
    """One conversation item."""

    id: str
    type: str = "message"
    role: str = ""
    pieces: dict[int, list[str]] = field(default_factory=dict)
    """What was typed, or what the assistant wrote or said, in pieces, by content index."""
    transcript: str | None = None
    """What transcription heard of a user's audio; None while it has not said."""
    transcript_expected: bool = False
    input_bytes: tuple[int, int] | None = None
    """Where a user's audio lies in the input store."""
    partial: str = ""
    """What transcription has heard so far, until it is complete."""
    input_format: str = ""
    """GA name of the format of a user's audio; empty for PCM."""
    audio: list[AudioRef] = field(default_factory=list)
    """An assistant's audio, in the order it came; deltas that follow each other in the store are one."""
    given: list[AudioRef] = field(default_factory=list)
    """Audio parts that the client made the item with, in order."""
    heard_s: float | None = None
    """Seconds of it that had sounded when it was cut short."""
    truncated_ms: int | None = None
    cut_s: float | None = None
    """When its playback stopped before its end."""
    truncation_sent: bool = False
    truncate_sent_s: float | None = None
    deleted: bool = False
    wire: dict[str, Any] = field(default_factory=dict)
    bytes_per_ms: int = BYTES_PER_MS
    """Of `audio`."""
    output_format: str = ""
    """GA name of the format of `audio`; empty for PCM."""
    truncated_s: float | None = None
    """When the server said that it had truncated the item."""
    transcribed_s: float | None = None
    """When the transcription was complete, or had failed."""
    committed_s: float | None = None
    """When the server said that the user's audio had become this item."""

    def add_audio(self, ref: AudioRef) -> None:
        """The next piece of an assistant's audio."""
        audio = self.audio
        if audio:
            path, store, offset, length = audio[-1]
            _, ref_store, ref_offset, ref_length = ref
            if store is ref_store and offset + length == ref_offset:
                # Ten times a second and answer: made as the tuple that it is, past the Python of its constructor.
                audio[-1] = tuple.__new__(AudioRef, (path, store, offset, length + ref_length))
                return
        audio.append(ref)

    @property
    def text(self) -> list[str]:
        """All pieces in order."""
        return [piece for index in sorted(self.pieces) for piece in self.pieces[index]]

    @property
    def audio_bytes(self) -> int:
        return sum(ref.length for ref in self.audio)

    @property
    def audio_ms(self) -> float:
        """How long `audio` is."""
        return self.audio_bytes / self.bytes_per_ms


@dataclass(slots=True, eq=False)
class ResponseState:
    """One response."""

    id: str
    created_s: float
    status: str = "in_progress"
    reason: str = ""
    error: str = ""
    usage: dict[str, Any] | None = None
    done_s: float | None = None
    first_audio_s: float | None = None
    first_audio_ms: float = 0.0
    """Length of the first audio delta."""
    last_audio_s: float | None = None
    first_text_s: float | None = None
    items: list[str] = field(default_factory=list)
    cut: bool = False
    """Whether it was cut short: audio that arrives after that is not played."""
    in_conversation: bool = True
    trigger: str = "client"
    """What asked for it: ``client``, ``turn detection``, ``idle timeout`` or ``tool``."""
    status_details: dict[str, Any] | None = None
    metadata: dict[str, Any] = field(default_factory=dict)
    calls: list[str] = field(default_factory=list)
    """Ids of the function calls in it."""
    output_format: str = ""
    """GA name of the format of its audio; empty for PCM."""
    model: str = ""
    """What the server said it ran when it created it: its tokens have that model's price."""
    held: bool = False
    """Whether its turn goes on after it: functions run, or somebody decides, and another response follows."""

    @property
    def over(self) -> bool:
        return self.done_s is not None


@dataclass(slots=True, eq=False)
class CallState:
    """One function call of the model, and what became of it."""

    call_id: str
    name: str = ""
    arguments: str = ""
    item_id: str = ""
    response_id: str = ""
    done: bool = False
    """Whether the arguments are complete."""
    done_s: float | None = None
    output: str | None = None
    """What the model was told; None while it was not."""
    output_s: float | None = None
    """When the output was sent."""
    started_s: float | None = None
    finished_s: float | None = None
    status: str = ""
    """Of the Python function: empty, ``running``, ``completed``, ``failed``, ``timed out`` or ``cancelled``."""
    error: str = ""
    background: bool = False


@dataclass(slots=True, eq=False)
class ConnectionState:
    """One connection of a session, which may have had several."""

    opened_s: float
    session_id: str = ""
    expires_at: float | None = None
    """Unix time at which the server ends it."""
    event_id: str = ""
    """Of its ``session.created``."""
    base_bytes: int = 0
    """Input audio that had been sent on the connections before."""
    lost_s: float | None = None
    code: int | None = None
    reason: str = ""


@dataclass(slots=True, eq=False)
class TurnState:
    """What the user gave and what came back."""

    index: int
    key: str = ""
    """Names the turn in the metadata of requests."""
    named: bool = False
    """Whether a client's request brought the name; otherwise it is the reducer's own."""
    opened_s: float = 0.0
    user_items: list[str] = field(default_factory=list)
    responses: list[str] = field(default_factory=list)
    speech: list[SpeechState] = field(default_factory=list)
    requested_s: float | None = None
    """When ``response.create`` was sent."""
    committed_s: float | None = None
    """When a manual commit was sent."""
    answer_expected: bool = True
    failure: dict[str, Any] | None = None
    """The ``error`` event that ended it."""
    blocked: bool = False
    """Whether the server would not answer yet because of another response; the client asks again."""
    unanswered: str = ""
    """Why no response is its own, in words; empty where none was asked for."""


@dataclass(frozen=True, slots=True)
class ErrorState:
    """An ``error`` event."""

    t_s: float
    code: str | None
    message: str
    event_id: str | None
    cause: str = ""
    """Type of the client event that it is about; empty where that is not known."""
    severity: str = "bug"
    """How bad it is, as :func:`rtnb.protocol.faults.classify` says."""
    type: str | None = None
    param: str | None = None


@dataclass(slots=True)
class InputClock:
    """Which wall-clock moment each byte of input audio was captured at.

    A chunk that is sent at `t` was captured up to `t`; within a chunk time runs with the samples.
    """

    bytes_per_ms: int = 48
    _marks: list[tuple[float, int]] = field(default_factory=list)

    def sent(self, t_s: float, total_bytes: int) -> None:
        """After a chunk was sent at `t_s`, `total_bytes` had been sent in all."""
        self._marks.append((t_s, total_bytes))

    @property
    def total_bytes(self) -> int:
        """All input audio sent so far."""
        return self._marks[-1][1] if self._marks else 0

    def t_s(self, position_bytes: float, *, begins: bool = False) -> float:
        """When the sample before `position_bytes` was captured: the time at which audio up to there ends.

        Where one chunk ends and another one begins the two may be far apart in time, because nothing was sent
        in between; `begins` asks for the time at which audio from that position on starts.
        """
        if not self._marks:
            return 0.0
        find = bisect_right if begins else bisect_left
        index = min(find(self._marks, position_bytes, key=lambda mark: mark[1]), len(self._marks) - 1)
        return self._t_s(index, position_bytes)

    def onset_s(self, position_bytes: float) -> float:
        """When speech began that turn detection heard from `position_bytes` on.

        A detector knows it to a frame only. Where nothing was sent for a while and speech begins right behind that,
        the frame may reach back over the gap; the speech does not.

        Examples
        --------
        >>> clock = InputClock()
        >>> clock.sent(1.0, 4800)       # 100 ms, then nothing for four seconds
        >>> clock.sent(5.1, 9600)
        >>> clock.t_s(4800 - 480, begins=True), clock.onset_s(4800 - 480)
        (0.99, 5.0)
        """
        if not self._marks:
            return 0.0
        frame_s = FRAME_MS / 1000
        index = bisect_right(self._marks, position_bytes, key=lambda mark: mark[1])
        index = min(index, len(self._marks) - 1)
        begin_s = self._t_s(index, position_bytes)
        reach = position_bytes + FRAME_MS * self.bytes_per_ms
        while index + 1 < len(self._marks) and self._marks[index][1] <= reach:
            ended_s, boundary = self._marks[index]
            next_s = self._t_s(index + 1, boundary)
            if next_s - ended_s > frame_s:
                return next_s
            index += 1
        return begin_s

    def _t_s(self, index: int, position_bytes: float) -> float:
        t_s, total = self._marks[index]
        return t_s - max(0.0, total - position_bytes) / self.bytes_per_ms / 1000


FRAME_MS = 64
"""Two frames of Silero VAD (32 ms each), the coarsest of the detectors in use."""


def heard_s(answers: Sequence[ItemState]) -> float | None:
    """Seconds heard of some answers together; None when none of them was cut."""
    if all(item.heard_s is None for item in answers):
        return None
    return sum(item.audio_ms / 1000 if item.heard_s is None else item.heard_s for item in answers)
