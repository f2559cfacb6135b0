"""TranscriptionSession: the verbs of a transcription session for notebook cells and scripts."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine, Iterator
from pathlib import Path
from types import TracebackType
from typing import Any, Self, TypeVar

from rtnb import _display
from rtnb.audio import Clip
from rtnb.errors import SessionClosedError
from rtnb.pricing import Cost
from rtnb.session.core import CLOSED
from rtnb.session.live import Card, ProgressBar, current_cell, notice, show_once
from rtnb.session.record import recording
from rtnb.session.record.log import EventLog
from rtnb.session.registry import listed, unlisted
from rtnb.session.statuses import SessionStatus
from rtnb.session.transcription import AsyncTranscriptionSession, AsyncTranscriptStream
from rtnb.session.verbs.sources import Streamable
from rtnb.session.verbs.streaming import Pace
from rtnb.session.verbs.transcript import Partial, Transcript
from rtnb.session.wire.loop import LoopThread, shared_loop
from rtnb.session.wire.place import Place

__all__ = ["TranscriptStream", "TranscriptionSession"]

T = TypeVar("T")


class TranscriptStream:
    """A recording on its way into a transcription session.

    Iterate over it to see the words arrive, or `wait` for all of them; meanwhile a card in the notebook shows them.

    Examples
    --------
    >>> import rtnb
    >>> with rtnb.transcription() as t:
    ...     for partial in t.stream(rtnb.sample("weather_question")):
    ...         last = partial
    >>> print(last.text, last.final)
    What is the weather in Paris? True
    """

    def __init__(self, inner: AsyncTranscriptStream, loop: LoopThread, over: Callable[[], None] = lambda: None) -> None:
        self._inner, self._loop = inner, loop
        self._over = over
        self._card: Card | None = None
        self._final: Transcript | None = None
        self.shown_in: object = None
        """The cell that shows it already, if any."""

    def _show(self) -> None:
        self._card = Card.show(self.view)
        if self._card is not None:
            self.shown_in = current_cell()
            self._loop.submit(self._card.follow(lambda: self._inner.done))

    @property
    def done(self) -> bool:
        """Whether nothing more will come."""
        return self._inner.done

    def view(self) -> Transcript:
        """What was heard so far."""
        if self._final is None:
            over = self._inner.done
            view = self._loop.call(self._inner.view) if self._loop.running else self._inner.view()
            if not over:
                return view
            self._final = view
        return self._final

    @property
    def transcript(self) -> Transcript:
        """What was heard so far, as a value."""
        return self.view()

    @property
    def text(self) -> str:
        """What was heard so far, in words."""
        return self.view().text

    def __iter__(self) -> Iterator[Partial]:
        arriving = aiter(self._inner)

        async def step() -> Partial | None:
            return await anext(arriving, None)

        try:
            while (partial := self._loop.run(step())) is not None:
                yield partial
        except KeyboardInterrupt:
            self.stop()
            raise
        finally:
            self._drawn()

    def wait(self, timeout: float | None = None) -> TranscriptStream:
        """Block until the recording is over and all of it transcribed, at most `timeout` seconds; returns the stream.

        Raises
        ------
        TimeoutError
            It takes longer, and goes on.
        TranscriptionError
            All of it failed.
        ApiError, TurnTimeoutError, SessionClosedError
        """

        async def over() -> None:
            async with asyncio.timeout(timeout):
                await self._inner

        try:
            self._loop.run(over())
        except KeyboardInterrupt:
            self.stop()
            raise
        finally:
            self._drawn()
        return self

    def stop(self) -> Transcript:
        """End it here; what was heard stays."""
        return self._loop.run(self._inner.stop())

    def _drawn(self) -> None:
        # Drawn by the cell itself, so that the words are there when the cell is done.
        if self._card is not None and self._inner.done:
            self._card.finish()
            self._card = None
        self._over()

    def __repr__(self) -> str:
        return repr(self.view()).replace("Transcript", "TranscriptStream", 1)

    def _ipython_display_(self) -> None:
        show_once(self)

    def _repr_mimebundle_(self, include: object = None, exclude: object = None) -> _display.Bundle:
        return _display.bundle(self.view())


class TranscriptionSession:
    """A session that writes down what it hears and never answers; made by :func:`rtnb.transcription`.

    Examples
    --------
    >>> import rtnb
    >>> with rtnb.transcription() as t:
    ...     said = t.transcribe(rtnb.sample("weather_question"))
    >>> print(said.text, said.against("What is the weather in Paris?").errors)
    What is the weather in Paris? 0
    """

    def __init__(self, place: Place, **settings: Any) -> None:
        self._loop = shared_loop()
        self._async = AsyncTranscriptionSession(place, **settings)
        self._closed = self._warmed = False
        self._told = 0
        try:
            self._loop.acquire(self)
            self._loop.run(self._async.open())
            listed(self)
        except BaseException:
            self.close()
            raise

    def close(self) -> None:
        """Close the connection; what was heard stays readable. Closing twice is fine.

        Examples
        --------
        >>> import rtnb
        >>> s = rtnb.transcription()
        >>> s.close()
        """
        if self._closed:
            return
        self._closed = True
        unlisted(self)
        try:
            if self._loop.running:
                self._loop.run(self._async.close())
                self._show_notices()
        finally:
            self._loop.release(self)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    # Verbs

    def transcribe(
        self, content: Streamable, *, name: str = "", rate_hz: int | None = None, timeout: float | None = None
    ) -> Transcript:
        """Have a recording written down, as fast as it goes.

        Parameters
        ----------
        content : Clip, Path, str or samples
            A clip, the path of an audio file, or samples with `rate_hz`.
        name : str, optional
            What to call it; the file's name by default.
        rate_hz : int, optional
        timeout : float, optional
            Seconds; by default a minute more than the recording lasts.

        Returns
        -------
        Transcript
            ``text``, ``segments`` with their times, ``cost``; where turn detection is on an utterance is a segment.

        Raises
        ------
        AudioError
            It is no audio.
        TurnTimeoutError
            It took longer. What was heard is in `transcripts`.
        TranscriptionError
            All of it failed. Where only parts did, they are in :attr:`Transcript.errors` and in `notices`.
        ApiError, SessionClosedError

        Examples
        --------
        >>> import rtnb
        >>> with rtnb.transcription() as s:
        ...     s.transcribe(rtnb.sample("weather_question")).text
        'What is the weather in Paris?'
        """
        self._warm()
        return self._run(self._async.transcribe(content, name=name, rate_hz=rate_hz, timeout=timeout))

    def stream(
        self,
        content: Streamable,
        *,
        name: str = "",
        rate_hz: int | None = None,
        pace: Pace = "real",
        on_text: Callable[[Partial], Any] | None = None,
        show: bool = True,
    ) -> TranscriptStream:
        """Play a recording in at the pace it was spoken, and see what is understood meanwhile; returns at once.

        Parameters
        ----------
        content : Clip, Path, str, samples, or an iterable of them
        name, rate_hz
            As for :meth:`transcribe`.
        pace : {"real", "source"}
            Whether it is played at real pace, or as it comes, such as from a microphone.
        on_text : callable, optional
            Called with each :class:`Partial`, on rtnb's loop thread: it must be quick, and use no blocking verb.
        show : bool
            Whether the cell shows a card that fills.

        Examples
        --------
        >>> import rtnb
        >>> with rtnb.transcription() as s:
        ...     s.stream(rtnb.sample("weather_question"), show=False).wait().text
        'What is the weather in Paris?'
        """
        self._warm()
        inner = self._run(self._async.stream(content, name=name, rate_hz=rate_hz, pace=pace, on_text=on_text))
        stream = TranscriptStream(inner, self._loop, self._show_notices)
        if show:
            stream._show()
        return stream

    def append(self, audio: bytes | Clip) -> None:
        """Append a clip, or bytes in the session's input format, to the input buffer.

        Examples
        --------
        >>> import rtnb
        >>> with rtnb.transcription(turn_detection=None) as s:
        ...     s.append(rtnb.Clip.load(rtnb.sample("weather_question")))
        ...     s.commit()
        """
        self._run(self._async.append(audio))

    def commit(self) -> None:
        """Have what is in the buffer transcribed as one piece.

        Raises
        ------
        ApiError
            It holds less than 100 ms.

        Examples
        --------
        >>> import rtnb
        >>> with rtnb.transcription(turn_detection=None) as s:
        ...     s.append(rtnb.Clip.load(rtnb.sample("weather_question")))
        ...     s.commit()
        """
        self._run(self._async.commit())

    def clear(self) -> None:
        """Empty the input buffer.

        Examples
        --------
        >>> import rtnb
        >>> with rtnb.transcription(turn_detection=None) as s:
        ...     s.append(rtnb.Clip.silence(0.5))
        ...     s.clear()
        """
        self._run(self._async.clear())

    # What it knows

    @property
    def transcripts(self) -> list[Transcript]:
        """One for each recording, in order."""
        return self._call(lambda: self._async.transcripts)

    @property
    def transcript(self) -> Transcript:
        """All of the session as one, what was appended by hand included."""
        return self._call(lambda: self._async.transcript)

    @property
    def notices(self) -> list[str]:
        """What you should know, in order: what could not be transcribed, what the server complained about."""
        return self._async.notices

    @property
    def cost(self) -> Cost | None:
        """What the session cost so far; None where nothing was heard."""
        return self.transcript.cost

    @property
    def events(self) -> EventLog:
        """Everything sent and received so far."""
        return self._async.events

    @property
    def status(self) -> SessionStatus:
        """``open``, ``closed`` by this side, or ``lost``."""
        return self._async.status

    def save(self, path: str | Path, *, audio: str | None = "pcm") -> Path:
        """Write the recording: every event and all audio, in one ``.rtnb`` file that :func:`rtnb.replay` reads.

        Examples
        --------
        >>> import tempfile
        >>> from pathlib import Path
        >>> import rtnb
        >>> with rtnb.transcription() as s:
        ...     heard = s.transcribe(rtnb.sample("weather_question"))
        ...     path = s.save(Path(tempfile.mkdtemp()) / "heard.rtnb")
        >>> rtnb.replay(path).transcript.text
        'What is the weather in Paris?'
        """
        core = self._async.core
        # On the caller's thread: packing minutes of audio would stall the loop. The log only grows.
        return recording.save(path, core.log, endpoint=core.endpoint.label, audio=audio)

    def __repr__(self) -> str:
        return repr(self._async).replace("AsyncTranscriptionSession", "TranscriptionSession", 1)

    def _repr_mimebundle_(self, include: object = None, exclude: object = None) -> _display.Bundle:
        return _display.bundle(self.transcript)

    # Inside

    def _run(self, work: Coroutine[Any, Any, T]) -> T:
        if self._closed:
            work.close()
            raise SessionClosedError(CLOSED)
        try:
            return self._loop.run(work)
        finally:
            self._show_notices()

    def _show_notices(self) -> None:
        """What the session had to tell since the last time, on the caller's thread."""
        told = self._async.notices
        for text in told[self._told :]:
            notice(text)
        self._told = len(told)

    def _call(self, look: Callable[[], T]) -> T:
        """Look at the reducer's state where it lives; after the end nothing changes it any more."""
        return look() if self._closed else self._loop.call(look)

    def _warm(self) -> None:
        """Wait, with a bar, until the endpoint can hear without delay; only the first time."""
        if self._warmed or self._closed:
            return
        bar = ProgressBar("Loading the local voices")
        shown = False

        def progress(done: int, total: int, label: str) -> None:
            nonlocal shown
            shown = True
            bar(done, total, label)

        self._async.place.warm(progress)
        if shown:
            bar.close("Local voices ready.")
        self._warmed = True
        for note in self._async.place.notes():
            notice(note)
