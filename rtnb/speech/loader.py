"""Loads the voice stack once, in the background, so that a notebook can go on meanwhile."""

from __future__ import annotations

import asyncio
import functools
import threading
from collections.abc import Callable
from concurrent.futures import Future
from typing import Self

from rtnb._cores import step_back
from rtnb._memory import give_back
from rtnb._plugins import told_of
from rtnb.errors import ModelError
from rtnb.speech.engines import EAR, TTS, check_ear, check_tts, chosen
from rtnb.speech.stack import Progress, VoiceStack, load_voice_stack

__all__ = ["VoiceLoader", "shared_loader"]


class VoiceLoader:
    """Loads a voice stack in a daemon thread that ends when the stack is loaded.

    All methods may be called from any thread.

    Parameters
    ----------
    load : callable, optional
        Takes a progress callable and returns the stack; :func:`load_voice_stack` by default.

    Attributes
    ----------
    ready : threading.Event
        Set when loading is over, well or badly.

    Examples
    --------
    >>> from rtnb.speech import VoiceLoader, VoiceStack, SilentEar, ToneVoice
    >>> from rtnb.vad import load_engine
    >>> loader = VoiceLoader(lambda progress: VoiceStack(SilentEar(), ToneVoice(), load_engine("energy")))
    >>> loader.start().result().synthesizer.name
    'tone'
    >>> loader.ready.is_set()
    True
    """

    def __init__(self, load: Callable[[Progress], VoiceStack] = load_voice_stack) -> None:
        self._load = load
        self._lock = threading.Lock()
        self._thread: threading.Thread | None = None
        self._progress = (0, 0, "")
        self._future: Future[VoiceStack] = Future()
        self.ready = threading.Event()
        # The first callback, so that whoever is called back finds it set.
        self._future.add_done_callback(lambda _: self.ready.set())

    def start(self) -> Self:
        """Begin loading, unless that was done before; returns at once."""
        with self._lock:
            if self._thread is None:
                # From here on nobody who waits for it can cancel it for all.
                self._future.set_running_or_notify_cancel()
                self._thread = threading.Thread(target=self._run, name="rtnb-voice-loader", daemon=True)
                self._thread.start()
        return self

    @property
    def progress(self) -> tuple[int, int, str]:
        """Parts done, parts in all, and the part last heard of; ``(0, 0, "")`` before anything is known."""
        return self._progress

    @property
    def failed(self) -> bool:
        """True when loading is over and :meth:`result` would raise."""
        return self._future.done() and self._future.exception() is not None

    def result(self, timeout: float | None = None) -> VoiceStack:
        """The stack; starts loading if need be, and waits.

        Parameters
        ----------
        timeout : float, optional
            Seconds to wait; for ever by default.

        Raises
        ------
        ModelError
            It is not loaded in time; loading goes on.
        WeightsError, ConfigError
            As :func:`load_voice_stack` raised it.
        """
        self.start()
        try:
            return self._future.result(timeout)
        except TimeoutError:
            if self._future.done():
                raise
        done, total, _ = self._progress
        raise ModelError(
            f"The voice models are still loading after {timeout:g} s ({done} of {total} parts are ready).\n"
            "Loading goes on in the background: ask again, or allow a longer timeout."
        )

    async def stack(self) -> VoiceStack:
        """As :meth:`result`, for an event loop: no thread waits."""
        self.start()
        return await asyncio.wrap_future(self._future)

    def add_done_callback(self, callback: Callable[[VoiceLoader], object]) -> None:
        """Call ``callback(loader)`` once loading is over: on the loading thread, or at once if it is over."""
        self._future.add_done_callback(lambda _: callback(self))

    def _run(self) -> None:
        # The models' own threads are started by this one.
        step_back()
        try:
            stack = self._load(self._note)
        except Exception as error:
            self._future.set_exception(error)
        except BaseException as error:
            # Raised in an event loop, it would end the server.
            self._future.set_exception(ModelError(f"The voice models could not be loaded: {told_of(error)}"))
        else:
            self._future.set_result(stack)
        # After whoever waits has been let go.
        give_back()

    def _note(self, done: int, total: int, label: str) -> None:
        self._progress = (done, total, label)


_shared_lock = threading.Lock()
_shared: dict[tuple[str, str], VoiceLoader] = {}


def shared_loader(ear: str | None = None, tts: str | None = None) -> VoiceLoader:
    """The loader of the process, not started by this call: models load once, however many sessions there are.

    After a failure the next call gives a fresh one, so that a mended installation can be tried.

    Parameters
    ----------
    ear, tts : str, optional
        The recogniser and the synthesiser by name, as :func:`load_voice_stack` takes them; each pair has a loader of
        its own.

    Raises
    ------
    ConfigError
        There is no engine by that name.

    Examples
    --------
    >>> from rtnb.speech import shared_loader
    >>> shared_loader() is shared_loader()
    True
    """
    if ear is not None:
        check_ear(ear)
    if tts is not None:
        check_tts(tts)
    pair = chosen(ear, EAR), chosen(tts, TTS)
    with _shared_lock:
        found = _shared.get(pair)
        if found is None or found.failed:
            found = _shared[pair] = VoiceLoader(functools.partial(load_voice_stack, ear=ear, tts=tts))
        return found
