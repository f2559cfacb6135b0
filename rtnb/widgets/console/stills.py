"""The picture of a conversation: drawn once, however many consoles of a session leave it in their cells."""

from __future__ import annotations

import threading
import weakref
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from rtnb._display import Bundle
from rtnb.session.aio import AsyncSession
from rtnb.session.core import Core

__all__ = ["still_of"]

Look = Callable[[Callable[[], Any]], Any]


@dataclass(slots=True, weakref_slot=True)
class _Drawn:
    """The last picture of a session, and what it is of."""

    key: Any = None
    bundle: Bundle | None = None
    lock: threading.Lock = field(default_factory=threading.Lock)


_DRAWN: Final[weakref.WeakKeyDictionary[Core, _Drawn]] = weakref.WeakKeyDictionary()


def still_of(session: AsyncSession, context: Callable[[], Mapping[str, Any]], look: Look) -> Bundle:
    """The present picture of a session's conversation, on any thread.

    Parameters
    ----------
    session : AsyncSession
    context : callable
        Gives the tokens of the context: used, window. Called where the session's state lives.
    look : callable
        Calls a function where the session's state lives, and gives what it gives.
    """
    from rtnb.plots.stills.console import console_bundle
    from rtnb.plots.stills.context import Context

    core = session.core
    drawn = _DRAWN.setdefault(core, _Drawn())

    def found() -> tuple[Any, Any]:
        budget = session.budget
        key = (len(core.log), session.status, budget)
        if drawn.key == key:
            return key, None
        used = context()
        tokens = Context(used["used"], used["window"]) if used.get("used") else None
        return key, (session.view(), {"budget": budget, "context": tokens})

    key, seen = look(found)
    # Not around the look: the session's loop may be what draws meanwhile.
    with drawn.lock:
        if seen is not None and drawn.key != key:
            drawn.key, drawn.bundle = key, dict(console_bundle(seen[0], **seen[1]))
        assert drawn.bundle is not None
        return drawn.bundle
