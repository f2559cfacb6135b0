"""The events that a server would send of a recording."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from rtnb.vad.detecting import detect, settings_of
from rtnb.vad.idle import Playback, Timeout, timeouts
from rtnb.vad.track import Track
from rtnb.vad.tuning import DetectorTuning

__all__ = ["PredictedEvent", "events"]

STARTED = "input_audio_buffer.speech_started"
STOPPED = "input_audio_buffer.speech_stopped"
TIMED_OUT = "input_audio_buffer.timeout_triggered"


@dataclass(frozen=True, slots=True)
class PredictedEvent:
    """An event of the input side.

    Attributes
    ----------
    type : str
        As on the wire.
    at_ms : float
        How much audio had been sent when it was known; without network and computation.
    audio_start_ms, audio_end_ms : int or None
        What it would say; None where it has no such member.
    turn : int or None
        The turn it belongs to, counted from 0; None for an idle timeout.
    prediction : str
        What it is called: by the name of the tuning or, of ``semantic_vad``, as the estimate that it is. It is on
        no wire, and takes no part in comparisons.

    Examples
    --------
    >>> import rtnb
    >>> track = rtnb.vad.probabilities(rtnb.sample("weather_question"), engine="energy")
    >>> [event.type for event in rtnb.vad.events(track, rtnb.ServerVad())][:2]
    ['input_audio_buffer.speech_started', 'input_audio_buffer.speech_stopped']
    """

    type: str
    at_ms: float
    audio_start_ms: int | None = None
    audio_end_ms: int | None = None
    turn: int | None = None
    prediction: str = field(default="", compare=False)

    def to_wire(self) -> dict[str, Any]:
        """The members that stand for something, without the ids that only a server gives."""
        told = {"audio_start_ms": self.audio_start_ms, "audio_end_ms": self.audio_end_ms}
        return {"type": self.type, **{name: value for name, value in told.items() if value is not None}}


def events(
    track: Track, vad: object, *, playback: Playback | None = None, tuning: DetectorTuning | None = None
) -> tuple[PredictedEvent, ...]:
    """The events about speech that a server would send if the recording were streamed to it, in their order.

    Parameters
    ----------
    track : Track
        Of :func:`rtnb.vad.probabilities`; of ``as_sent=True`` for what a server hears.
    vad : ServerVad, SemanticVad, Setting or mapping
        How turns are detected. Of ``semantic_vad`` the events are those of an estimate, and called so: its judge is
        not published, and :func:`rtnb.vad.semantic_turns` has the bounds that are.
    playback : Playback, optional
        When answers are heard. Without it no ``idle_timeout_ms`` is predicted, which depends on that.
    tuning : DetectorTuning, optional
        What the API does not document; every event is called by its name in ``prediction``.

    Raises
    ------
    ConfigError
        `vad` is no turn detection.

    Notes
    -----
    Speech that is still open at the end of the recording is closed by silence after it: its stop is later than the
    recording is long. Idle timeouts end with the recording.

    Examples
    --------
    >>> import numpy as np
    >>> import rtnb
    >>> from rtnb.vad import Track
    >>> from rtnb.vad.idle import Playback
    >>> from rtnb.vad.predicted import events
    >>> track = Track(np.repeat([0.1, 0.9, 0.1], [10, 20, 400]).astype("float32"), 0.032, "silero")
    >>> vad = rtnb.ServerVad(silence_duration_ms=200, idle_timeout_ms=6000)
    >>> for event in events(track, vad, playback=Playback(delay_s=0.5, answer_s=2.0)):
    ...     print(round(event.at_ms), event.to_wire())
    352 {'type': 'input_audio_buffer.speech_started', 'audio_start_ms': 20}
    1216 {'type': 'input_audio_buffer.speech_stopped', 'audio_end_ms': 1160}
    9716 {'type': 'input_audio_buffer.timeout_triggered', 'audio_start_ms': 3716, 'audio_end_ms': 9716}
    """
    settings = settings_of(vad)
    turns = detect(track, settings, tuning=tuning)
    idle_ms = getattr(settings, "idle_timeout_ms", None)
    silences: tuple[Timeout, ...] = ()
    if playback is not None and idle_ms is not None:
        silences = timeouts(
            turns,
            playback,
            idle_ms,
            until_ms=1000 * track.duration_s,
            create_response=getattr(settings, "create_response", True),
            interrupt_response=getattr(settings, "interrupt_response", True),
        )
    # Timeouts come of answers, and answers of turns: without a turn there is nothing to name.
    name = turns[0].prediction if turns else ""
    found = [
        PredictedEvent(TIMED_OUT, one.at_ms, one.audio_start_ms, one.audio_end_ms, prediction=name) for one in silences
    ]
    taken_ms = [(one.at_ms, one.audio_end_ms) for one in silences]
    for number, turn in enumerate(turns):
        at_ms = 1000 * turn.started_at_s
        # What a timeout has committed is gone, as is the turn before.
        start_ms = max([turn.audio_start_ms, *(end_ms for known_ms, end_ms in taken_ms if known_ms < at_ms)])
        end_ms = max(turn.audio_end_ms, start_ms)
        found.append(PredictedEvent(STARTED, at_ms, audio_start_ms=start_ms, turn=number, prediction=name))
        stopped_ms = 1000 * turn.stopped_at_s
        found.append(PredictedEvent(STOPPED, stopped_ms, audio_end_ms=end_ms, turn=number, prediction=name))
    return tuple(sorted(found, key=lambda event: event.at_ms))
