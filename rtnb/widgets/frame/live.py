"""A view in a cell: live while its kernel is, a picture from then on."""

from __future__ import annotations

import html
import logging
import threading
import time
from collections.abc import Mapping
from contextlib import suppress
from typing import Any, Final

from rtnb._display import Bundle, untypeset
from rtnb.widgets.frame.leaving import remember
from rtnb.widgets.frame.page import Page, PageKind
from rtnb.widgets.frame.picture import GONE, Picture

__all__ = ["FROZEN", "LiveView"]

FROZEN: Final = "Frozen: the picture in the cell is what stays. Run the cell again for a live view."

_LOGGER = logging.getLogger("rtnb.widgets")


class LiveView:
    """The base of views: two outputs in a cell, the still and the live one, which hides the still while it lives.

    In JupyterLab an output whose widget has no kernel is a line that says so, whatever picture stands beside it: so the
    picture is an output of its own. A subclass gives :meth:`_draw` and :meth:`_hear`, and tells its pages with `_send`.

    Parameters
    ----------
    kind : PageKind
    settings : mapping
        What a page knows from the beginning: small, it is synchronised.
    """

    def __init__(self, kind: PageKind, settings: Mapping[str, Any]) -> None:
        self._freezing = threading.Lock()
        self._frozen: Bundle | None = None
        self._handles: list[Any] = []
        self._picture = Picture(self._still)
        self._page = Page(kind, {**settings, "closed": "", "still": self._picture.mark}, self._said)

    # For subclasses

    def _draw(self) -> Bundle:
        """The still of the present state, HTML and PNG; text is the repr. On any thread; it may take 0.1 s."""
        raise NotImplementedError

    def _hear(self, content: Mapping[str, Any], buffers: list[bytes]) -> None:
        """A message of a page, on any thread. ``{"type": "hello", "page": id}`` asks for the whole state."""
        raise NotImplementedError

    def _gone(self) -> None:
        """It was frozen: end what goes on for it."""

    def _send(self, content: Mapping[str, Any], buffers: list[bytes] | None = None) -> None:
        """Tell all pages; a page that cannot be told breaks nothing."""
        self._page.send(content, buffers)

    def _changed(self) -> None:
        """The still is to follow, soon."""
        self._picture.changed()

    # For users

    @property
    def frozen(self) -> bool:
        """Whether only the picture is left."""
        return self._frozen is not None

    def freeze(self, *, why: str = FROZEN) -> None:
        """Replace the live view by a picture of it, which stays readable in the saved notebook. Twice is fine."""
        with self._freezing:
            if self._frozen is not None:
                return
            self._frozen = self._still()
            handles, self._handles = self._handles, []
        with suppress(Exception):
            self._gone()
        self._picture.leave(self._frozen)
        # Not closed: a page that was loaded anew knows nothing of this output, and goes on showing the view.
        self._page.tell(closed=why)
        for handle in handles:
            with suppress(Exception):
                handle.update(GONE, raw=True)

    # Inside

    def _still(self) -> Bundle:
        try:
            drawn = self._draw()
        except Exception:
            # A picture that fails must not take the view with it.
            _LOGGER.debug("no still", exc_info=True)
            drawn = {"text/html": f"<div>{html.escape(repr(self))}</div>"}
        return untypeset({"text/plain": repr(self), **drawn})

    def _said(self, content: Mapping[str, Any], buffers: list[bytes]) -> None:
        if not isinstance(content, Mapping):
            return
        if content.get("type") == "ping":
            self._send({"type": "pong"})
            return
        try:
            self._hear(content, buffers)
        except Exception:
            # Whatever a page says, the kernel's cell is no place for a traceback of ours.
            _LOGGER.exception("a view failed on a message of its page")
            self._send(
                {"type": "say", "kind": "problem", "text": "That failed; the log of rtnb.widgets has the reason."}
            )

    def _repr_mimebundle_(self, include: object = None, exclude: object = None) -> Bundle:
        return self._frozen if self._frozen is not None else {**self._still(), **self._page.bundle()}

    def _ipython_display_(self) -> None:
        from IPython.display import display

        if self._frozen is not None:
            display(self._frozen, raw=True)
            return
        self._picture.show()
        # A page that was loaded later can tell: the outputs shown now are not its own.
        self._page.tell(shown=time.time())
        handle = display({"text/plain": repr(self), **self._page.bundle()}, raw=True, display_id=True)
        if handle is not None:
            self._handles.append(handle)
            remember(self)
