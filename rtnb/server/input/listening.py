"""Turn detection for one connection: audio in, speech events out, on the clock of the session's audio."""

from __future__ import annotations

from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from rtnb.audio.formats import PCM16, AudioFormat
from rtnb.audio.resampling import StreamResampler
from rtnb.protocol.turn_detection import SemanticVad, ServerVad, from_wire
from rtnb.vad import Detector, DetectorTuning, Engine, SemanticDetector, SpeechStarted, SpeechStopped

__all__ = ["INLINE_MS", "Listener", "Pause"]

INLINE_MS: Final = 300
"""Audio that is listened to on the spot; more goes to a thread.

Measured with silero on a 2.5 GHz Xeon: 70 us of work for 20 ms of audio and 0.5 ms for 300 ms, against 100 us (35
when many sessions do it at once) to have it done by a thread, and the wait for a thread that recognises speech.
"""


@dataclass(frozen=True, slots=True)
class Pause:
    """The speaker has fallen silent, and whether they are done is to be judged.

    Attributes
    ----------
    end_ms : float
        Where the silence begins, in session time; it names the pause.
    at_ms : float
        How much audio had been listened to when this was known, in session time.
    """

    end_ms: float
    at_ms: float


class Listener:
    """Feeds a VAD engine and a detector, ``server_vad`` or ``semantic_vad`` as the session says.

    Parameters
    ----------
    engine : Engine
        Gives speech probabilities.
    turn_detection : mapping
        The effective turn detection object.
    offset_ms : float
        Milliseconds of session audio written before this listener's first sample.
    format : AudioFormat
        Of the audio to come.
    tuning : DetectorTuning, optional
        Hysteresis, minimum speech and lag, which the API does not document; those of ``tuning.json`` by default.

    Examples
    --------
    >>> from rtnb.vad import load_engine
    >>> listener = Listener(load_engine("energy"), {"type": "server_vad"}, 0.0)
    >>> listener.push(bytes(48_000)), listener.speaking
    ([], False)
    """

    def __init__(
        self,
        engine: Engine,
        turn_detection: Mapping[str, Any],
        offset_ms: float,
        *,
        format: AudioFormat = PCM16,
        tuning: DetectorTuning | None = None,
    ) -> None:
        self._engine = engine
        self._stream = engine.stream()
        self._offset_ms = offset_ms
        self._hop_ms = 1000 * engine.hop / engine.rate_hz
        self._format = format
        self._resampler = StreamResampler(format.rate_hz, engine.rate_hz)
        self._odd = b""
        self._frames: deque[float] = deque()
        self._found: deque[SpeechStarted | SpeechStopped] = deque()
        self._asked_ms: float | None = None
        config = from_wire(turn_detection)
        self._semantic: SemanticDetector | None = None
        if isinstance(config, SemanticVad):
            self._semantic = SemanticDetector(config.resolved(), hop_ms=self._hop_ms, tuning=tuning)
            self._detector = self._semantic.detector
        else:
            span = (config or ServerVad()).resolved()
            self._detector = Detector(span, hop_ms=self._hop_ms, tuning=tuning)

    @property
    def speaking(self) -> bool:
        """Whether a speech span is open."""
        return self._detector.speaking

    @property
    def semantic(self) -> bool:
        """Whether pauses are to be judged."""
        return self._semantic is not None

    @property
    def pending_silence_ms(self) -> float:
        """How long the open span has been silent; 0 while there is speech."""
        return self._detector.pending_silence_ms

    @property
    def pending_end_ms(self) -> float | None:
        """Where speech would have ended if the running silence lasts, in session time; None when none is running."""
        end_ms = self._detector.pending_end_ms
        return None if end_ms is None else end_ms + self._offset_ms

    def reconfigure(self, turn_detection: Mapping[str, Any]) -> None:
        """Other parameters, or the other kind, for what comes next; an open span stays open."""
        config = from_wire(turn_detection)
        if isinstance(config, SemanticVad):
            if self._semantic is None:
                self._semantic = SemanticDetector(config.resolved(), hop_ms=self._hop_ms, detector=self._detector)
            else:
                self._semantic.reconfigure(config.resolved())
        else:
            self._semantic = None
            self._detector.reconfigure((config or ServerVad()).resolved())

    def change_format(self, format: AudioFormat) -> None:
        """Another format of the audio to come; an open span stays open."""
        if format is self._format:
            return
        # What the old filter still holds belongs before the first new sample.
        self._take(self._resampler.push(np.zeros(0, dtype=np.float32), last=True))
        self._format, self._odd = format, b""
        self._resampler = StreamResampler(format.rate_hz, self._engine.rate_hz)

    def judge(self, completeness: float, pause: Pause) -> bool:
        """How finished the speech before a pause sounds, 0..1; False when that pause is over.

        Where the silence heard so far covers the wait that follows from it, :meth:`advance` gives the stop next.
        """
        if self._semantic is None or pause.end_ms != self.pending_end_ms or not self._semantic.judge(completeness):
            return False
        self._found.extend(self._semantic.due())
        return True

    def is_quick(self, size: int) -> bool:
        """Whether to listen to `size` bytes costs less than to hand them to a thread."""
        return size <= INLINE_MS * self._format.bytes_per_ms

    def hear(self, data: bytes | memoryview) -> None:
        """Listen to the next bytes; :meth:`advance` says what is in them. CPU-bound."""
        held = self._odd + bytes(data)
        whole = self._format.whole(held)
        self._odd = held[len(whole) :]
        self._take(self._resampler.push(self._format.decode(whole)))

    def advance(self) -> SpeechStarted | SpeechStopped | Pause | None:
        """The next thing in what was heard, in session time; None when there is no more. Cheap."""
        while not self._found:
            if (pause := self._pause()) is not None:
                return pause
            if not self._frames:
                return None
            self._found.extend((self._semantic or self._detector).push(self._frames.popleft()))
        return self._placed(self._found.popleft())

    def push(self, data: bytes) -> list[SpeechStarted | SpeechStopped]:
        """The next bytes and what they made the detector say, where nobody judges pauses. CPU-bound."""
        self.hear(data)
        events = []
        while (found := self.advance()) is not None:
            if not isinstance(found, Pause):
                events.append(found)
        return events

    def _take(self, samples: NDArray[np.float32]) -> None:
        if samples.size:
            self._frames.extend(self._stream.push(samples).tolist())

    def _pause(self) -> Pause | None:
        """The running pause if it is to be judged; once."""
        end_ms = self.pending_end_ms
        if self._semantic is None or not self._semantic.wants_judgement or end_ms == self._asked_ms or end_ms is None:
            return None
        self._asked_ms = end_ms
        return Pause(end_ms, self._detector.clock_ms + self._offset_ms)

    def _placed(self, event: SpeechStarted | SpeechStopped) -> SpeechStarted | SpeechStopped:
        shift = self._offset_ms
        if isinstance(event, SpeechStarted):
            return replace(
                event,
                audio_start_ms=event.audio_start_ms + round(shift),
                onset_ms=event.onset_ms + shift,
                at_ms=event.at_ms + shift,
            )
        return replace(
            event,
            audio_end_ms=event.audio_end_ms + round(shift),
            speech_end_ms=event.speech_end_ms + shift,
            at_ms=event.at_ms + shift,
        )
