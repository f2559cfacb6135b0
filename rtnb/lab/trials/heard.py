"""What a server told of speech while a clip was streamed to it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from rtnb.protocol.envelope import Event

__all__ = ["HeardEvent", "HeardTurn", "heard_events", "heard_turns"]

STARTED = "input_audio_buffer.speech_started"
STOPPED = "input_audio_buffer.speech_stopped"

_MEMBERS = {STARTED: "audio_start_ms", STOPPED: "audio_end_ms"}


@dataclass(frozen=True, slots=True)
class HeardEvent:
    """A start or a stop of speech, as the server told it.

    Attributes
    ----------
    type : str
        ``"speech_started"`` or ``"speech_stopped"``.
    audio_ms : int
        What it says: ``audio_start_ms`` or ``audio_end_ms``.
    at_s : float
        Seconds since streaming began when it arrived.
    sent_ms : float
        How much audio had been sent by then.
    item_id : str

    Examples
    --------
    >>> HeardEvent("speech_started", audio_ms=300, at_s=0.72, sent_ms=700.0).audio_ms
    300
    """

    type: str
    audio_ms: int
    at_s: float
    sent_ms: float
    item_id: str = ""


@dataclass(frozen=True, slots=True)
class HeardTurn:
    """A turn that a server found; members are named as in :class:`rtnb.vad.DetectedTurn`.

    Attributes
    ----------
    audio_start_ms : int
    audio_end_ms : int or None
        None where no stop was told.
    onset_s, end_s : float
        Where speech begins and ends, reckoned from the events: the prefix padding later, the silence earlier. Where
        no stop was told, `end_s` is the end of what was sent.
    started_at_s, stopped_at_s : float
        How much audio had been sent when start and stop arrived: the way to the server and back is in it.
    closed : bool
        Whether a stop was told.
    item_id : str

    Examples
    --------
    >>> turn = HeardTurn(0, 1900, onset_s=0.25, end_s=1.4, started_at_s=0.3, stopped_at_s=1.92)
    >>> turn.closed
    True
    """

    audio_start_ms: int
    audio_end_ms: int | None
    onset_s: float
    end_s: float
    started_at_s: float
    stopped_at_s: float
    closed: bool = True
    item_id: str = ""


def heard_events(
    events: Iterable[Event], *, bytes_per_ms: float, live: bool = True
) -> tuple[tuple[HeardEvent, ...], int]:
    """Starts and stops of speech in a session's log, and how many had no time in them.

    Where audio was not sent at the pace of speech (`live` is False), how much had been sent tells nothing of when
    something was known, and the time in the event stands for it.

    Examples
    --------
    >>> log = [
    ...     Event(0, 1.0, 0.0, "sent", "input_audio_buffer.append", {}),
    ...     Event(1, 1.5, 0.0, "received", STARTED, {"audio_start_ms": 120, "item_id": "item_1"}),
    ... ]
    >>> heard_events(log, bytes_per_ms=48)[0]
    (HeardEvent(type='speech_started', audio_ms=120, at_s=0.5, sent_ms=0.0, item_id='item_1'),)
    """
    sent, begun_s, broken = 0, None, 0
    found: list[HeardEvent] = []
    for event in events:
        if event.direction == "sent" and event.type == "input_audio_buffer.append":
            begun_s = event.t_s if begun_s is None else begun_s
            sent += sum(ref.length for ref in event.audio)
        elif event.direction == "received" and event.type in _MEMBERS:
            told = event.body.get(_MEMBERS[event.type])
            if isinstance(told, bool) or not isinstance(told, int | float):
                broken += 1
                continue
            at_s = 0.0 if begun_s is None else event.t_s - begun_s
            item_id = event.body.get("item_id")
            found.append(
                HeardEvent(
                    event.type.rpartition(".")[2],
                    round(told),
                    at_s,
                    sent / bytes_per_ms if live else float(told),
                    item_id if isinstance(item_id, str) else "",
                )
            )
    return tuple(found), broken


def heard_turns(
    events: Iterable[HeardEvent], *, prefix_ms: float = 0.0, silence_ms: float = 0.0, sent_ms: float
) -> tuple[HeardTurn, ...]:
    """Turns of events; `prefix_ms` and `silence_ms` are what the server adds, `sent_ms` all that was sent.

    A start without its stop is a turn that is not closed; a stop without a start is passed over.

    Examples
    --------
    >>> events = [HeardEvent("speech_started", 200, 0.6, 600.0), HeardEvent("speech_stopped", 1500, 1.6, 1600.0)]
    >>> heard_turns(events, prefix_ms=300, silence_ms=500, sent_ms=3000)[0].onset_s
    0.5
    """
    turns: list[HeardTurn] = []
    start: HeardEvent | None = None

    def end(start: HeardEvent, stop: HeardEvent | None) -> HeardTurn:
        end_ms = sent_ms if stop is None else max(float(start.audio_ms), stop.audio_ms - silence_ms)
        # The padding is not reached into the turn before, nor before the clip: then speech began earlier than it says.
        onset_ms = min(start.audio_ms + prefix_ms, end_ms)
        return HeardTurn(
            audio_start_ms=start.audio_ms,
            audio_end_ms=None if stop is None else stop.audio_ms,
            onset_s=onset_ms / 1000,
            end_s=end_ms / 1000,
            started_at_s=start.sent_ms / 1000,
            stopped_at_s=(sent_ms if stop is None else stop.sent_ms) / 1000,
            closed=stop is not None,
            item_id=start.item_id,
        )

    for event in events:
        if event.type == "speech_started":
            if start is not None:
                turns.append(end(start, None))
            start = event
        elif start is not None:
            turns.append(end(start, event))
            start = None
    if start is not None:
        turns.append(end(start, None))
    return tuple(turns)
