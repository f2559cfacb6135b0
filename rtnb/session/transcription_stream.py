"""A recording on its way into a transcription session, and the words that arrive meanwhile."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Generator
from typing import Any, Final

from rtnb.session.verbs.transcribing import Take
from rtnb.session.verbs.transcript import Partial, Transcript

__all__ = ["AsyncTranscriptStream"]

_END: Final = object()


class AsyncTranscriptStream:
    """A recording on its way into a transcription session: iterate over what is heard, or await all of it.

    Each session has one at a time. What nobody iterates over is not lost: it is in the transcript.
    """

    def __init__(self, take: Take, on_text: Callable[[Partial], Any] | None) -> None:
        self._take, self._on_text = take, on_text
        self._told: asyncio.Queue[Any] = asyncio.Queue()
        self._task: asyncio.Task[None] | None = None

    def _add(self, partial: Partial) -> None:
        if self._on_text is not None:
            self._on_text(partial)
        self._told.put_nowait(partial)

    def _run(self, task: asyncio.Task[None]) -> None:
        self._task = task
        task.add_done_callback(lambda task: self._told.put_nowait(_END))

    @property
    def done(self) -> bool:
        """Whether nothing more will come."""
        return self._task is not None and self._task.done()

    def view(self) -> Transcript:
        """What was heard so far."""
        return self._take.view()

    async def stop(self) -> Transcript:
        """End it here; what was heard stays."""
        if self._task is not None:
            self._task.cancel()
            await asyncio.wait([self._task])
        return self.view()

    async def __aiter__(self) -> AsyncIterator[Partial]:
        while (partial := await self._told.get()) is not _END:
            yield partial
        # Whoever iterates again, or later, ends at once.
        self._told.put_nowait(_END)
        self._check()

    def __await__(self) -> Generator[Any, None, Transcript]:
        assert self._task is not None
        yield from asyncio.wait([self._task]).__await__()
        self._check()
        return self.view()

    def _check(self) -> None:
        task = self._task
        if task is not None and task.done() and not task.cancelled() and (error := task.exception()) is not None:
            raise error
