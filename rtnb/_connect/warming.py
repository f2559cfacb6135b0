"""What the first answer needs, loaded before anybody asks."""

from __future__ import annotations

import os
import threading
from concurrent.futures import Future

from rtnb._connect.places import named_endpoint

__all__ = ["warm"]

_lock = threading.Lock()
_loading: Future[None] | None = None


def warm(*, wait: bool = False) -> None:
    """Load in the background what the embedded server's first answer needs.

    A session does so by itself when it is opened, and its first answer waits until it is done: about two seconds. At
    the start of a program or a kernel, this has them over by then; called again, it waits for the same.
    Nothing happens where ``RTNB_ENDPOINT`` names another server.

    Parameters
    ----------
    wait : bool
        Return only when everything is loaded.

    Raises
    ------
    ModelError, WeightsError, ConfigError, ImportError
        While waiting: the voices, or what they need, cannot be loaded. Otherwise the first session says so.

    Examples
    --------
    >>> import rtnb
    >>> rtnb.warm()
    """
    if named_endpoint(None) != "local":
        return
    loading = _begun()
    if wait:
        from rtnb.speech import shared_loader

        loading.result()
        shared_loader().result()


def _begun() -> Future[None]:
    """The modules on their way: once, unless that failed, so that a mended installation can be tried."""
    global _loading
    with _lock:
        if _loading is None or (_loading.done() and _loading.exception() is not None):
            _loading = Future()
            # With the modules, which take as long as the models.
            threading.Thread(target=_load, args=(_loading,), name="rtnb-warm", daemon=True).start()
        return _loading


def _load(told: Future[None]) -> None:
    try:
        from rtnb.server.web.running import warm_up
        from rtnb.speech import shared_loader

        warm_up(shared_loader())
        # A session and its views, while the models load on threads of their own.
        import rtnb._connect
        import rtnb.plots.cards
        import rtnb.server.local  # noqa: F401
    except BaseException as error:
        told.set_exception(error)
    else:
        told.set_result(None)


def _after_fork() -> None:
    global _lock, _loading
    _lock, _loading = threading.Lock(), None


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_after_fork)
