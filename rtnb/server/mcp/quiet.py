"""The ``mcp`` package logs what it sends and gets; of what this server does with it only the server itself tells."""

from __future__ import annotations

import contextlib
import logging
from collections.abc import Iterator
from contextvars import ContextVar

__all__ = ["quiet"]

LOGGERS = (
    "mcp.client.streamable_http", "mcp.client.sse", "mcp.client.session", "mcp.client.client",
    "mcp.shared.jsonrpc_dispatcher", "httpx2", "httpcore2", "httpcore",
)  # fmt: skip
"""Those of ``mcp`` 2.3 and of what it sends with that name addresses, headers or bodies."""

_OURS: ContextVar[bool] = ContextVar("rtnb_mcp", default=False)


class _Filter(logging.Filter):
    def filter(self, record: logging.LogRecord) -> bool:
        # A body may repeat the token that it was sent with, and a failure is reported by the session.
        return not _OURS.get()


_FILTER = _Filter()


@contextlib.contextmanager
def quiet() -> Iterator[None]:
    """Whatever runs in here, and the tasks that it begins, is not logged by the package; others' use of it is.

    Examples
    --------
    >>> with quiet():
    ...     logging.getLogger("httpx2").error("never seen")
    """
    for name in LOGGERS:
        logger = logging.getLogger(name)
        if _FILTER not in logger.filters:
            logger.addFilter(_FILTER)
    token = _OURS.set(True)
    try:
        yield
    finally:
        _OURS.reset(token)
