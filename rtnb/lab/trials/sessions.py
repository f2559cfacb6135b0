"""One session of a trial: the clip is streamed to it, and what it tells of speech is written down."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from rtnb.audio.formats import PCM16
from rtnb.errors import RtnbError
from rtnb.lab.trials.heard import HeardEvent, heard_events
from rtnb.lab.trials.plans import Plan
from rtnb.session.aio import AsyncSession
from rtnb.session.conversation.formats import audio_format
from rtnb.session.verbs.run import Run
from rtnb.session.verbs.streaming import Pace
from rtnb.session.wire.place import Place

__all__ = ["CANCELLED", "NOT_STARTED", "Listened", "listen", "of_a_trial"]

CANCELLED = "cancelled"
NOT_STARTED = "not started"

SETTLE_S = 10.0
"""How long a server is waited for that still works on what it was sent. Own choice."""


@dataclass(slots=True)
class Listened:
    """What became of one session.

    Attributes
    ----------
    events : tuple of HeardEvent
    sent_ms : float
        Audio that was sent, the silence behind the clip included.
    problem : str
        Why it ended early; empty where it did not.
    error : RtnbError or None
        The same, to raise.
    applied : mapping
        The turn detection that the server says is in effect.
    recording : Path or None
    notes : list of str
        What the session had to tell.
    format : str
        In which audio was sent, such as ``"audio/pcm"``.
    noise_reduction : bool
        Whether the server filters audio before it listens.
    run : Run or None
        While it streams.
    """

    events: tuple[HeardEvent, ...] = ()
    sent_ms: float = 0.0
    problem: str = NOT_STARTED
    error: RtnbError | None = None
    applied: Mapping[str, Any] = field(default_factory=dict)
    recording: Path | None = None
    notes: list[str] = field(default_factory=list)
    run: Run | None = None
    opened: bool = False
    format: str = PCM16.type
    noise_reduction: bool = False

    @property
    def streamed_s(self) -> float:
        """Seconds of audio that were sent so far."""
        return self.sent_ms / 1000 if self.run is None else self.run.streamed_s


async def listen(
    into: Listened,
    place: Callable[[], Place],
    plan: Plan,
    sent: bytes,
    *,
    model: str,
    pace: Pace,
    session: Mapping[str, Any],
    recording: Path | None,
) -> None:
    """Stream the bytes of a clip to a new session and fill `into`; what goes wrong with the session is told there."""
    try:
        # A connection that drops would begin to count audio anew on another: that is no measurement any more.
        behaviour = {"journal": False, "reconnect": False, "handover": False, "transcription": None}
        opened = AsyncSession(place(), model=model, **{**behaviour, **session}, turn_detection=plan.vad)
        async with opened:
            into.opened, into.problem = True, CANCELLED
            told = opened.core.talk.input_settings()
            into.applied = dict(told.get("turn_detection") or {})
            into.noise_reduction = bool(told.get("noise_reduction"))
            into.format = audio_format(opened.core.talk.config, "input").type
            try:
                await _stream(into, opened, sent, pace)
                into.problem = ""
            finally:
                _write_down(into, opened, recording, live=pace == "real")
    except RtnbError as error:
        into.problem, into.error = of_a_trial(str(error)), error


def of_a_trial(text: str) -> str:
    """A session's message with the advice of a trial: there is nobody who could be told to call rtnb.connect.

    Examples
    --------
    >>> of_a_trial("It ended. What was recorded stays readable; rtnb.connect() opens a new session.")
    'It ended.'
    >>> of_a_trial("There is no key.\\nrtnb.connect() without an endpoint uses the embedded server.")
    'There is no key.\\nrtnb.lab.trial without an endpoint uses the embedded server.'
    """
    text = text.replace(" What was recorded stays readable; rtnb.connect() opens a new session.", "")
    return text.replace("rtnb.connect()", "rtnb.lab.trial").replace("rtnb.connect", "rtnb.lab.trial")


async def _stream(into: Listened, session: AsyncSession, sent: bytes, pace: Pace) -> None:
    into.run, work = await session.start_stream(sent, name="trial", pace=pace)
    await work
    # The server answers in order: when this is answered, everything before it has been listened to.
    with contextlib.suppress(RtnbError, TimeoutError):
        async with asyncio.timeout(SETTLE_S):
            await session.core.ask({"type": "input_audio_buffer.clear"}, "input_audio_buffer.cleared")


def _write_down(into: Listened, session: AsyncSession, recording: Path | None, *, live: bool) -> None:
    core = session.core
    rate = audio_format(core.talk.config, "input").bytes_per_ms
    into.events, untimed = heard_events(core.log, bytes_per_ms=rate, live=live)
    into.sent_ms = core.talk.clock.total_bytes / rate
    into.run = None
    into.notes += session.notices
    into.notes += [f"error: {error.message}" for error in core.talk.errors]
    if untimed:
        into.notes.append(f"{untimed} events of speech came without a time, and are left out.")
    if recording is not None:
        into.recording = session.save(recording, audio="flac")
