"""The picture of a view in its notebook: an output of its own, hidden by the view while that lives, kept up to date."""

from __future__ import annotations

import secrets
import threading
from collections.abc import Callable
from contextlib import suppress
from typing import Any, Final

from rtnb._display import Bundle

__all__ = ["GONE", "REST_S", "Picture"]

REST_S: Final = 1.5
"""How long nothing has to change before the picture is drawn anew: drawing takes longer than a step of a slider."""

FOLLOWED: Final = 4
"""So many outputs, the last ones, are kept up to date: a cell that is run again leaves one behind. At the end all."""

GONE: Final[Bundle] = {"text/plain": "A picture: run the cell again for a live view."}
"""What stands where the view was."""

_HIDES: Final = (
    # A view without its kernel is, in JupyterLab and Notebook 7, a line of text: that it is being loaded, then that it
    # cannot be. Pages that know nothing of this strip it.
    "<style>.jp-OutputArea-child:has(.{mark}) + .jp-OutputArea-child"
    ':has(> .jp-OutputArea-output:not([data-mime-type]), > [data-mime-type$="widget-view+json"])'
    ":not(:has(.rtnb-live)) {{ display: none; }}</style>"
)


class Picture:
    """A picture that is shown once or more, and follows what it is of.

    Parameters
    ----------
    draw : callable
        Gives it, as a mimebundle.
    """

    def __init__(self, draw: Callable[[], Bundle]) -> None:
        self.mark = f"rtnb-still-{secrets.token_hex(6)}"
        self._draw = draw
        self._lock = threading.Lock()
        self._handles: list[Any] = []
        self._timer: threading.Timer | None = None

    def show(self) -> None:
        """Put it into the cell that is running."""
        from IPython.display import display

        handle = display(self.marked(self._draw()), raw=True, display_id=True)
        if handle is not None:
            with self._lock:
                self._handles.append(handle)

    def changed(self) -> None:
        """Draw it again as soon as nothing changes any more."""
        with self._lock:
            if not self._handles:
                return
            if self._timer is not None:
                self._timer.cancel()
            self._timer = threading.Timer(REST_S, self._follow)
            self._timer.daemon = True
            self._timer.name = "rtnb-picture"
            self._timer.start()

    def leave(self, last: Bundle) -> None:
        """The last one stays."""
        with self._lock:
            handles, self._handles = self._handles, []
            if self._timer is not None:
                self._timer.cancel()
        for handle in handles:
            with suppress(Exception):
                handle.update(last, raw=True)

    def marked(self, bundle: Bundle) -> Bundle:
        """The same, so that its page can find it.

        Examples
        --------
        >>> picture = Picture(dict)
        >>> picture.mark in picture.marked({"text/html": "<b>view</b>"})["text/html"]
        True
        """
        html = bundle.get("text/html")
        if html is None:
            return bundle
        style = _HIDES.format(mark=self.mark)
        return {**bundle, "text/html": f'<div class="{self.mark}">{html}</div>{style}'}

    def _follow(self) -> None:
        drawn = self.marked(self._draw())
        with self._lock:
            handles = self._handles[-FOLLOWED:]
        for handle in handles:
            with suppress(Exception):
                handle.update(drawn, raw=True)
