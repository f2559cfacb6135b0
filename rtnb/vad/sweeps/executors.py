"""Whoever does the work: threads, processes, or a Dask cluster."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import FIRST_EXCEPTION, BrokenExecutor, CancelledError, Executor, Future, wait
from pickle import PicklingError
from typing import Any, TypeVar

from rtnb._display import counted
from rtnb.errors import ConfigError, MissingExtraError, ModelError

__all__ = ["borrowed", "worked"]

T = TypeVar("T")

_LOOK_S = 0.2
_MOST_NAMED = 8

_FORMS = (
    "An executor is one of concurrent.futures (ThreadPoolExecutor, ProcessPoolExecutor), a Dask client or cluster, "
    'or the address of a Dask scheduler such as "tcp://127.0.0.1:8786"'
)


@contextlib.contextmanager
def borrowed(executor: object) -> Iterator[Executor]:
    """An executor from what a user calls one; what was made for it is closed afterwards, and nothing else.

    Parameters
    ----------
    executor : Executor, Dask client or cluster, or str
        A text is the address of a Dask scheduler.

    Raises
    ------
    ConfigError
        It is none of these, or nobody answers at the address.
    MissingExtraError
        An address, and Dask is not installed.
    """
    if isinstance(executor, Executor):
        yield executor
    elif isinstance(executor, str):
        with _connected(executor) as client:
            yield _of_client(client)
    elif _is_dask(executor) and hasattr(executor, "get_executor"):
        yield _of_client(executor)
    elif _is_dask(executor) and hasattr(executor, "get_client"):
        with executor.get_client() as client:
            yield _of_client(client)
    else:
        raise ConfigError(f"{_FORMS}; not {executor!r:.80}.")


def worked(
    workers: Executor,
    work: Callable[..., T],
    jobs: Sequence[tuple[Any, ...]],
    names: Sequence[str],
    progress: Callable[[int], object],
) -> list[T]:
    """``work(*job)`` of every job, in order; when one fails, the others are called off.

    Parameters
    ----------
    workers : Executor
        Of :func:`borrowed`.
    work : callable
        A function that other processes can import.
    jobs : sequence of tuple
    names : sequence of str
        What the jobs are called in an error.
    progress : callable
        Called with the number of jobs that are done.

    Raises
    ------
    ConfigError
        A job cannot be sent to where it is to be done, or the executor was shut down.
    ModelError
        A process ended in the middle of it; the message names what was under way.
    """
    futures: list[Future[T]] = []

    def unfinished() -> list[str]:
        done = {place for place, future in enumerate(futures) if _is_good(future)}
        return [name for place, name in enumerate(names) if place not in done]

    try:
        with _told(unfinished):
            futures.extend(workers.submit(work, *job) for job in jobs)
            # In small pieces: a notebook's stop button is heard between them.
            while (state := wait(futures, _LOOK_S, FIRST_EXCEPTION)).not_done:
                progress(len(state.done))
                # One that is called off by its executor's end never counts as done.
                for future in futures:
                    if future.done():
                        future.result()
            return [future.result() for future in futures]
    finally:
        for future in futures:
            future.cancel()


@contextlib.contextmanager
def _told(names: Callable[[], list[str]]) -> Iterator[None]:
    """The errors of executors as one clear error; those of the work itself are left alone."""
    try:
        yield
    except BrokenExecutor as error:
        raise _died(names(), error) from error
    except CancelledError as error:
        raise ConfigError(
            "The executor called the work off: it was shut down, or the Dask client was closed, while it was under way."
        ) from error
    except RuntimeError as error:
        if "shutdown" not in str(error) and "shut down" not in str(error):
            raise
        raise ConfigError(f"The executor is shut down and takes no work ({error}): make a new one.") from error
    except (PicklingError, AttributeError, TypeError) as error:
        if not any(word in str(error).lower() for word in ("pickle", "serialize")):
            raise
        raise ConfigError(
            f"What is to be done cannot be sent to the executor's processes: {_reason(error)}. An "
            "engine travels by its name (module:callable or file.py:callable), a condition as a function of a module "
            "that can be imported; a ThreadPoolExecutor takes anything."
        ) from error
    except Exception as error:
        # Dask's own, which is not imported to be told apart.
        if type(error).__name__ != "KilledWorker":
            raise
        raise _died(names(), error) from error


def _died(names: list[str], error: BaseException) -> ModelError:
    more = f" and {len(names) - _MOST_NAMED} more" if len(names) > _MOST_NAMED else ""
    return ModelError(
        f"A worker of the executor died ({type(error).__name__}) before {counted(len(names), 'recording')} "
        f"{'was' if len(names) == 1 else 'were'} done: {', '.join(names[:_MOST_NAMED])}{more}. Memory ran out, or the "
        "engine ended its process: try them one by one, and without the executor."
    )


def _reason(error: BaseException) -> str:
    """What cannot be pickled: Dask first says by what name it sends it."""
    told, before = error, error.__cause__ or error.__context__
    while before is not None and "pickle" not in str(told).lower():
        told, before = before, before.__cause__ or before.__context__
    error = told if "pickle" in str(told).lower() else error
    return f"{' '.join(str(error).split()):.300}"


def _is_good(future: Future[Any]) -> bool:
    return future.done() and not future.cancelled() and future.exception() is None


def _is_dask(value: object) -> bool:
    # Dask is not imported to find out that something is not of it.
    return any(each.__module__.partition(".")[0] in ("distributed", "dask_jobqueue") for each in type(value).__mro__)


def _of_client(client: Any) -> Executor:
    if getattr(client, "asynchronous", False):
        raise ConfigError("An asynchronous Dask client cannot be waited for here: make one with asynchronous=False.")
    if getattr(client, "status", "running") == "closed":
        raise ConfigError("The Dask client is closed: make a new one.")
    # Not pure: two sweeps in a row may find other files under the same names.
    executor: Executor = client.get_executor(pure=False)
    return executor


@contextlib.contextmanager
def _connected(address: str) -> Iterator[Any]:
    try:
        from distributed import Client
    except ImportError:
        raise MissingExtraError(
            f"A sweep on the Dask scheduler {address!r:.200} needs Dask: pip install 'rtnb[dask]'"
        ) from None
    try:
        client = Client(address, timeout=10, set_as_default=False)  # type: ignore[no-untyped-call]
    except (OSError, ValueError, TypeError) as error:
        reason = " ".join(str(error).split())[:300]
        raise ConfigError(f"There is no Dask scheduler at {address!r:.200}: {reason}. {_FORMS}.") from None
    with client:
        yield client
