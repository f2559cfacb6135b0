"""A bar for what takes long: in a notebook it leaves nothing, in a terminal too, and elsewhere there is none."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from typing import Any

from rtnb._display import untypeset

__all__ = ["AFTER_S", "Progress", "Report"]

AFTER_S = 1.0
"""Work that is done sooner has no bar. Own choice."""
EVERY_S = 0.2

Report = Callable[[float, float], object]
"""Takes how many recordings are done, parts of them included, and how many there are."""


class Progress:
    """Tells how far work has come.

    Parameters
    ----------
    asked : bool, callable or None
        None shows a bar when the work takes longer than a second, True one at once, False none; a callable is called
        instead, with what is done and the total.
    total : float
        When it is done.
    title : str
        What is done.

    Examples
    --------
    >>> told = []
    >>> with Progress(lambda done, total: told.append((done, total)), 2, "listening") as progress:
    ...     progress(1.5)
    >>> told
    [(1.5, 2), (2, 2)]
    """

    def __init__(self, asked: bool | Report | None, total: float, title: str) -> None:
        self._report = asked if callable(asked) else None
        self._off = asked is False or total <= 0
        self._total, self._title = total, title
        self._next_s = time.monotonic() + (0.0 if asked else AFTER_S)
        self._handle: Any = None
        self._bar: Any = None

    def __call__(self, done: float) -> None:
        """So much is done; cheap enough to be called often."""
        if self._off:
            return
        if self._report is not None:
            self._report(done, self._total)
        elif (now_s := time.monotonic()) >= self._next_s:
            self._next_s = now_s + EVERY_S
            self._show(done)

    def __enter__(self) -> Progress:
        return self

    def __exit__(self, kind: object, error: object, trace: object) -> None:
        """Take the bar away; a callable hears of the end, if it was reached."""
        if kind is None and self._report is not None and not self._off:
            self._report(self._total, self._total)
        if self._bar is not None:
            self._bar.close()
        if self._handle is not None:
            self._handle.update({"text/plain": "", "text/html": ""}, raw=True)

    def _show(self, done: float) -> None:
        if _in_notebook():
            text = f"{self._title}: {done:.1f} of {self._total:g}"
            page = f'<progress max="{self._total:g}" value="{done:.3f}"></progress> {text}'
            data = untypeset({"text/plain": text, "text/html": page})
            if self._handle is None:
                from IPython.display import display

                self._handle = display(data, raw=True, display_id=True)
            else:
                self._handle.update(data, raw=True)
            return
        if self._bar is None:
            from tqdm import tqdm

            class Bar(tqdm):  # type: ignore[type-arg,misc,unused-ignore]
                monitor_interval = 0  # its monitor is a thread that would stay

            # disable=None: silent where nobody watches.
            layout = "{desc} {bar} {percentage:3.0f}% {elapsed}<{remaining}"
            self._bar = Bar(total=self._total, desc=self._title, disable=None, leave=False, bar_format=layout)
        self._bar.n = done
        self._bar.refresh()


def _in_notebook() -> bool:
    """Whether cells show what is displayed; IPython in a terminal has tqdm's bar."""
    if "IPython" not in sys.modules:
        return False
    from IPython.core.getipython import get_ipython

    shell = get_ipython()
    return shell is not None and getattr(shell, "kernel", None) is not None
