"""The browser's microphone and loudspeaker for a session, in a cell."""

from __future__ import annotations

import asyncio
import html
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from typing import Any, Final

from rtnb._display import Bundle
from rtnb.audio.formats import PCM16
from rtnb.errors import ConfigError, SessionClosedError
from rtnb.session.aio import AsyncSession
from rtnb.session.facade import Session
from rtnb.widgets.assets import MICROPHONE
from rtnb.widgets.frame.live import LiveView
from rtnb.widgets.frame.loops import begun_here, ended
from rtnb.widgets.frame.options import checked_flags, checked_options
from rtnb.widgets.line import Line

__all__ = ["Microphone", "MicrophoneStats"]

OPTIONS: Final = ("auto_gain", "echo_cancellation", "noise_suppression", "play")

CLOSE_S: Final = 3.0

CARD: Final = (
    '<div style="display: inline-block; padding: 8px 14px; border: 1px solid #8a919a; border-radius: 8px">'
    "<b>Microphone</b><br>{}</div>"
)
"""Its grey is seen on light and on dark."""


@dataclass(frozen=True, slots=True, kw_only=True)
class MicrophoneStats:
    """What a microphone did so far.

    Parameters
    ----------
    heard_s : float
        Seconds of sound that reached the session.
    played_ms : dict of str to float
        Milliseconds of each answer that were really played, by its item.
    lost, late : int
        Frames of 60 ms that never came from the page, and that came too late.
    dropped : int
        Frames that the page gave up because the kernel was busy for too long.
    waiting_ms : float
        What waited in the page when it last said so.
    underruns : int
        How often the page had nothing to play in the middle of an answer.
    """

    heard_s: float
    played_ms: Mapping[str, float]
    lost: int
    late: int
    dropped: int
    waiting_ms: float
    underruns: int


class Microphone(LiveView):
    """Speak to a session through the browser, and hear its answers there.

    Shown at the end of a cell it is a button, a level meter and a line of text. Turn detection of the session decides
    when an answer is due. The sound comes from the machine of the browser, wherever the kernel runs.

    Parameters
    ----------
    session : Session or AsyncSession
        An open session; an AsyncSession must be given on its own event loop.
    play : bool
        Whether the page plays the answers. Then samples that were really played are the session's playback clock.
    echo_cancellation, noise_suppression, auto_gain : bool
        What the browser is asked for; it may not have it.

    Raises
    ------
    TypeError
        There is no such option; the message lists those that there are.
    ConfigError
        It is no session, or an option is neither True nor False.
    SessionClosedError
        The session is over.
    MissingExtraError
        ipywidgets or anywidget is not installed.

    Examples
    --------
    >>> import rtnb
    >>> from rtnb.widgets import Microphone
    >>> with rtnb.connect() as s:
    ...     mic = Microphone(s)      # at the end of a cell: a button
    ...     print(mic)
    ...     mic.close()
    Microphone: off.
    """

    def __init__(
        self,
        session: Session | AsyncSession,
        *,
        play: bool = True,
        echo_cancellation: bool = True,
        noise_suppression: bool = True,
        auto_gain: bool = True,
        **options: Any,
    ) -> None:
        checked_options("Microphone", options, OPTIONS)
        chosen = {
            "play": play,
            "echo_cancellation": echo_cancellation,
            "noise_suppression": noise_suppression,
            "auto_gain": auto_gain,
        }
        checked_flags("Microphone", **chosen)
        inner = session._async if isinstance(session, Session) else session
        if not isinstance(inner, AsyncSession):
            raise ConfigError(f"A microphone needs a session, as rtnb.connect() gives one, not {session!r:.60}.")
        if inner.status in ("closed", "lost"):
            raise SessionClosedError("The session is over; rtnb.connect() opens a new one for a microphone.")
        super().__init__(MICROPHONE, {**chosen, "half_duplex": inner.core.behaviour.half_duplex})

        def begin() -> None:
            self._loop = asyncio.get_running_loop()
            self._line = Line(inner, self._send, play=play, changed=self._changed)
            inner.core.on_close(self._session_over)

        if isinstance(session, Session):
            # What is asked while somebody speaks appears below the microphone.
            session._buttons.here()
        try:
            if isinstance(session, Session):
                session._call(begin)
            else:
                begun_here(inner, begin, what="A microphone")
        except BaseException:
            self._page.close()
            raise

    # What it is doing

    @property
    def on(self) -> bool:
        """Whether a page listens."""
        return bool(self._line.page) and not self._line.gone

    @property
    def device(self) -> str:
        """The microphone's name, as the browser says it."""
        return self._line.device

    @property
    def problem(self) -> str:
        """Why there is no sound, in words; empty when all is well."""
        if self._line.gone:
            return "The page with the microphone has not been heard of for some seconds."
        return self._line.problem

    @property
    def stats(self) -> MicrophoneStats:
        """Counts of what was heard, played and lost."""
        line = self._line
        return MicrophoneStats(
            heard_s=line.ear.bytes / PCM16.bytes_per_ms / 1000,
            played_ms=dict(line.speaker.played_ms) if line.speaker is not None else {},
            lost=line.ear.lost,
            late=line.ear.late,
            dropped=line.dropped,
            waiting_ms=line.waiting_ms,
            underruns=line.speaker.underruns if line.speaker is not None else 0,
        )

    def stop(self) -> None:
        """Switch it off, as the button does. Only the button switches it on: browsers ask for a click."""
        self._send({"type": "stop", "page": self._line.page})

    def close(self) -> None:
        """Switch it off for good; a card with what it did stays in the notebook. Closing twice is fine."""
        self.freeze()

    def freeze(self, *, why: str = "") -> None:
        """As :meth:`close`; `why` is what pages say that cannot be changed any more, instead of the summary."""
        if self.frozen:
            return
        # The last counts come first.
        self._gone()
        super().freeze(why=why or self._words())

    # How it shows itself

    def _did(self) -> str:
        """What it did so far, as a sentence that stays true."""
        stats = self.stats
        if stats.heard_s == 0:
            return self._line.problem or "off."
        parts = [f"{stats.heard_s:.1f} s heard"]
        if stats.played_ms:
            parts.append(f"{sum(stats.played_ms.values()) / 1000:.1f} s of answers played")
        if (gone := stats.lost + stats.late + stats.dropped) > 0:
            parts.append(f"{gone} frames of 60 ms lost")
        return f"{', '.join(parts)}."

    def _words(self) -> str:
        return f"Microphone: {self._did()}"

    def __repr__(self) -> str:
        if self.frozen:
            return self._words()
        if self.stats.heard_s == 0:
            return f"Microphone: {self.problem or 'off.'}"
        return f"Microphone ({'on' if self.on else 'off'}): {self._did()}"

    # For the base

    def _draw(self) -> Bundle:
        did = self._did()
        card = CARD.format(html.escape(did[:1].upper() + did[1:]))
        return {"text/plain": self._words(), "text/html": card}

    def _hear(self, content: Mapping[str, Any], buffers: list[bytes]) -> None:
        # On any thread. The loop may be gone.
        with suppress(RuntimeError):
            self._loop.call_soon_threadsafe(self._line.hear, content, buffers)

    def _gone(self) -> None:
        ended(self._loop, self._line.close, self._line.close_now, wait_s=CLOSE_S)

    # Inside

    async def _session_over(self) -> None:
        await self._line.close()
        await asyncio.to_thread(self.freeze)
