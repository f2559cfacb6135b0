"""Whoever does the work: threads, processes, or a Dask cluster."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from concurrent.futures import Executor
from typing import Any

from rtnb.errors import ConfigError, MissingExtraError

__all__ = ["borrowed"]

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


def _is_dask(value: object) -> bool:
    # Dask is not imported to find out that something is not of it.
    return any(each.__module__.partition(".")[0] in ("distributed", "dask_jobqueue") for each in type(value).__mro__)


def _of_client(client: Any) -> Executor:
    if getattr(client, "asynchronous", False):
        raise ConfigError("An asynchronous Dask client cannot be waited for here: make one with asynchronous=False.")
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
