"""Calls into code of somebody else's: bounded in time, and whatever they raise is one clear error."""

from __future__ import annotations

import math
import threading
from collections.abc import Callable
from concurrent.futures import Future
from contextlib import nullcontext
from typing import Any, TypeVar

from rtnb._plugins import told_of
from rtnb.errors import ConfigError, ModelError, RtnbError

__all__ = ["MAKING_S", "MOST_STUCK", "TIMEOUT_S", "Calls", "made", "seconds_of", "whole"]

T = TypeVar("T")

TIMEOUT_S = 60.0
"""How long a call may take, unless the engine says otherwise in ``timeout_s``. Own choice: far beyond real time."""

MAKING_S = 300.0
"""How long an engine may take to be imported or made, unless ``load_timeout_s`` of what is called for it says
otherwise. Own choice: it may fetch a model first."""

MOST_STUCK = 4
"""Calls that may hang at once; each holds a thread, and the next one is refused. Own choice."""


def whole(text: str) -> str:
    """The text as it can be sent: half a surrogate pair cannot.

    Examples
    --------
    >>> whole("a\\ud83d!")
    'a?!'
    """
    return text if text.isascii() else text.encode("utf-8", "replace").decode()


def made(work: Callable[[], T], told: str, within_s: float = MAKING_S) -> T:
    """What `work` returns.

    Parameters
    ----------
    work : callable
        Imports or makes an engine.
    told : str
        What that is, at the start of a message.
    within_s : float
        Seconds that it may take; a thread that takes longer is left behind.

    Raises
    ------
    RtnbError
        As it was raised.
    ModelError
        It raised something else, SystemExit included, or was not done in time.

    Examples
    --------
    >>> made(lambda: exit(2), "The ear 'mine'")
    Traceback (most recent call last):
    rtnb.errors.ModelError: The ear 'mine' cannot be made: SystemExit: 2
    """
    future = _begun(work)
    try:
        return future.result(within_s)
    except TimeoutError as error:
        if future.done():
            raise _not_made(told, error) from error
        raise ModelError(
            f"{told} is not made after {within_s:g} s. Give what is called for it a longer load_timeout_s, in seconds."
        ) from None
    except RtnbError:
        raise
    except Exception as error:
        raise _not_made(told, error) from error


def _not_made(told: str, error: Exception) -> ModelError:
    return ModelError(f"{told} cannot be made: {_line(error)}")


def _line(error: Exception) -> str:
    return whole(str(error) if isinstance(error, _Left) else told_of(error))[:400]


class _Left(RuntimeError):
    """Somebody else's code wanted to end the thread, or the process."""


def _begun(work: Callable[[], T]) -> Future[T]:
    """`work` in a thread of its own, since nothing else can be left behind."""
    future: Future[T] = Future()

    def run() -> None:
        try:
            found = work()
        except Exception as error:
            future.set_exception(error)
        except BaseException as error:
            # Raised in an event loop, it would end the server.
            future.set_exception(_Left(told_of(error)))
        else:
            future.set_result(found)

    threading.Thread(target=run, name="rtnb-plugin", daemon=True).start()
    return future


class Calls:
    """Calls into one engine: bounded in time, one at a time if it wants that, its exceptions told in one line.

    Parameters
    ----------
    engine : object
        Its ``timeout_s`` and ``thread_safe`` are heeded.
    what, name : str
        What it is, and is called, in messages.

    Raises
    ------
    ConfigError
        Its ``timeout_s`` is none.
    """

    def __init__(self, engine: Any, what: str, name: str) -> None:
        self.told = f"The {what} {name!r}"
        self._seconds = seconds_of(engine, "timeout_s", TIMEOUT_S, self.told)
        self._lock = nullcontext() if getattr(engine, "thread_safe", True) else threading.Lock()
        self._stuck = threading.Semaphore(MOST_STUCK)

    def __call__(self, work: Callable[[], Any]) -> Any:
        """What `work` returns.

        Raises
        ------
        ConfigError
            As the engine raised it.
        ModelError
            The engine raised something else, or is not done in time.
        """
        if not self._stuck.acquire(timeout=self._seconds):
            raise ModelError(f"{self.told} hangs: {MOST_STUCK} calls have not come back.")

        def held() -> Any:
            try:
                with self._lock:
                    return work()
            finally:
                # Before it is told, so that whoever is told finds a free place.
                self._stuck.release()

        future = _begun(held)
        try:
            return future.result(self._seconds)
        except TimeoutError as error:
            if future.done():
                raise self._failed(error) from error
            raise ModelError(f"{self.told} did not come back within {self._seconds:g} s.") from None
        except ConfigError:
            raise
        except Exception as error:
            raise self._failed(error) from error

    def _failed(self, error: Exception) -> ModelError:
        return ModelError(f"{self.told} failed: {_line(error)}")

    def nonsense(self, what: str) -> ModelError:
        """The error for a result that is of no use."""
        return ModelError(f"{self.told} returned {whole(what)}")


def seconds_of(owner: Any, name: str, default: float, told: str) -> float:
    """A member that is a number of seconds.

    Raises
    ------
    ConfigError
        It is something else.
    """
    seconds = getattr(owner, name, default)
    if isinstance(seconds, bool) or not (isinstance(seconds, int | float) and 0 < seconds < math.inf):
        raise ConfigError(f"{told} has {name} = {seconds!r:.80}; that is a positive number of seconds.")
    return float(seconds)
