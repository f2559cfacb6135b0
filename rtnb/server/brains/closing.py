"""The end of a brain: what it holds open is let go."""

from __future__ import annotations

import logging

from rtnb.server.brains.base import Brain

__all__ = ["close_brain"]

log = logging.getLogger(__name__)


async def close_brain(brain: Brain) -> None:
    """Close what `brain` holds open on the running event loop, if it has an ``aclose``; it goes on working.

    Examples
    --------
    >>> import asyncio
    >>> from rtnb.server.brains import DemoBrain
    >>> asyncio.run(close_brain(DemoBrain()))
    """
    close = getattr(brain, "aclose", None)
    if close is None:
        return
    try:
        await close()
    except Exception as error:
        # The server ends either way.
        log.warning("the brain %r could not be closed: %s", brain.name, type(error).__name__)
