"""Turn detection for one connection: PCM in, speech events out, on the clock of the session's audio."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from rtnb.audio.formats import PCM16
from rtnb.audio.pcm import float_of_int16, int16_of_bytes
from rtnb.audio.resampling import StreamResampler
from rtnb.protocol.turn_detection import ServerVad
from rtnb.vad import Detector, Engine, SpeechStarted, SpeechStopped

__all__ = ["Listener"]

RATE_HZ = PCM16.rate_hz


class Listener:
    """Feeds a VAD engine and a detector.

    Parameters
    ----------
    engine : Engine
        Gives speech probabilities.
    turn_detection : mapping
        The effective ``server_vad`` object.
    offset_ms : float
        Milliseconds of session audio written before this listener's first sample.
    """

    def __init__(self, engine: Engine, turn_detection: Mapping[str, Any], offset_ms: float) -> None:
        self._engine = engine
        self._stream = engine.stream()
        self._resampler = StreamResampler(RATE_HZ, engine.rate_hz)
        self._offset_ms = offset_ms
        self._odd = b""
        self._detector = Detector(
            ServerVad.from_wire(turn_detection).resolved(), hop_ms=1000 * engine.hop / engine.rate_hz
        )

    @property
    def speaking(self) -> bool:
        """Whether a speech span is open."""
        return self._detector.speaking

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
        """New parameters for what comes next; an open span stays open."""
        self._detector.reconfigure(ServerVad.from_wire(turn_detection).resolved())

    def push(self, data: bytes) -> list[SpeechStarted | SpeechStopped]:
        """The next PCM16 bytes; what they made the detector say, in session time. Blocking, CPU-bound."""
        data = self._odd + data
        whole = len(data) - len(data) % 2
        self._odd = data[whole:]
        samples = self._resampler.push(float_of_int16(int16_of_bytes(data[:whole])))
        found = []
        for p in self._stream.push(samples):
            found.extend(self._detector.push(float(p)))
        return [self._placed(event) for event in found]

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
