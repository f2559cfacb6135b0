"""The page itself answers: where it stands, what it may do with sound, and how long a message takes there and back."""

from __future__ import annotations

import statistics
import threading
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Final, Literal

from rtnb.checkup.report import Finding

__all__ = ["GROUP", "PageFacts", "PageProbe", "judge_page", "reach", "silent_page"]

GROUP: Final = "page"
ROUNDS: Final = 5
SIZE: Final = 4800
"""Bytes of a message there and back: 100 ms of a session's audio."""

SLOW_MS: Final = 300
"""Round trips from there on are felt in a conversation: half of what an answer takes anyway. Own choice."""

CLICK: Final = "the first click in the page lets it sound"


@dataclass(frozen=True, slots=True)
class PageFacts:
    """What the page said."""

    host: str
    """The program that shows the notebook; empty where it does not say."""
    protocol: str
    local: bool
    secure: bool
    capture: bool
    inputs: int | None
    """Microphones; None where the browser does not tell."""
    permission: str
    """``"granted"``, ``"prompt"``, ``"denied"``, or empty where the browser does not tell."""
    context: bool
    worklet: bool
    rate_hz: float
    round_trips_ms: tuple[float, ...] = ()
    whole: bool = True
    """Whether every byte came back as it was sent."""


def _facts(said: Mapping[str, Any]) -> PageFacts:
    """Of what a page wrote; nothing in it is trusted to be of the right type."""
    inputs = said.get("inputs")
    rate = said.get("rate_hz")
    return PageFacts(
        host=str(said.get("host") or "")[:80],
        protocol=str(said.get("protocol") or "")[:20],
        permission=str(said.get("permission") or "")[:20],
        inputs=inputs if isinstance(inputs, int) else None,
        rate_hz=float(rate) if isinstance(rate, int | float) else 0.0,
        local=said.get("local") is True,
        secure=said.get("secure") is True,
        capture=said.get("capture") is True,
        context=said.get("context") is True,
        worklet=said.get("worklet") is True,
    )


class PageProbe:
    """An invisible widget that asks its page; from any thread.

    Parameters
    ----------
    answered : callable
        Called once, with the facts, on whatever thread the kernel has for it.
    """

    def __init__(self, answered: Callable[[PageFacts], object]) -> None:
        from rtnb.widgets.frame.page import Page, PageKind

        kind = PageKind("The check of the page", _module, str)
        self._answered = answered
        self._lock = threading.Lock()
        self._facts: PageFacts | None = None
        self._sent_s = 0.0
        self._first: Any = None
        self._trips: list[float] = []
        self._bytes = bytes(range(256)) * (SIZE // 256)
        self._whole = True
        self._handle: Any = None
        self._page = Page(kind, {}, self._said)
        self._heard = False
        self.done = threading.Event()
        """Set when the page has answered, and `answered` has returned."""

    def show(self) -> None:
        """Put it into the cell that is running."""
        from IPython.display import display

        self._handle = display({"text/plain": "", **self._page.bundle()}, raw=True, display_id=True)

    def unless_heard(self, silent: Callable[[], object]) -> bool:
        """Call it if the page has not answered; an answer that comes meanwhile is told after it.

        Returns
        -------
        bool
            Whether the page has answered; it may still be being told.
        """
        with self._lock:
            if not self._heard:
                silent()
            return self._heard

    def remove(self) -> None:
        """Take it out of the notebook: what is saved holds no widget without a kernel."""
        handle, self._handle = self._handle, None
        if handle is not None:
            with suppress(Exception):
                handle.update({"text/plain": "", "text/html": ""}, raw=True)
        with suppress(Exception):
            self._page.close()

    def _said(self, content: Mapping[str, Any], buffers: list[bytes]) -> None:
        now_s = time.perf_counter()
        with self._lock:
            if self._heard or not isinstance(content, Mapping):
                return
            page = content.get("page")
            if content.get("type") == "here" and isinstance(content.get("facts"), Mapping) and self._facts is None:
                self._facts = _facts(content["facts"])
                self._first = page
            elif content.get("type") == "echo" and self._facts is not None and page == self._first:
                self._trips.append(1000 * (now_s - self._sent_s))
                self._whole = self._whole and b"".join(buffers) == self._bytes
            else:
                return
            if len(self._trips) < ROUNDS:
                self._sent_s = time.perf_counter()
                self._page.send({"type": "echo", "page": page, "round": len(self._trips)}, [self._bytes])
                return
            self._heard = True
        try:
            # The first one also waits for what the page still loads.
            self._answered(replace(self._facts, round_trips_ms=tuple(self._trips[1:]), whole=self._whole))
        finally:
            self.done.set()


def _module() -> str:
    return Path(__file__).with_name("page.js").read_text("utf-8")


Reach = Literal["now", "later", "nobody"]


def reach() -> Reach:
    """Whether a page can be heard while the cell runs, only after it, or whether a program runs the notebook.

    A kernel with subshells (ipykernel 7) hears its page meanwhile, if the front end makes one, as JupyterLab does.
    """
    from IPython import get_ipython

    kernel = getattr(get_ipython(), "kernel", None)
    if not getattr(kernel, "_allow_stdin", False):
        return "nobody"
    return "later" if getattr(kernel, "shell_channel_thread", None) is None else "now"


def silent_page(how: Reach, *, seconds: float) -> Finding:
    """What it means that no page has answered.

    Examples
    --------
    >>> silent_page("later", seconds=5).found
    'this kernel hears its page when the cell has ended; the answer then comes here by itself'
    """
    if how == "nobody":
        return Finding("live check", "skipped", "a program runs this notebook, and no page shows it")
    if how == "later":
        told = "this kernel hears its page when the cell has ended; the answer then comes here by itself"
        return Finding("live check", "skipped", told)
    told = f"no page answered within {seconds:g} s; one that answers when the cell has ended is told here"
    return Finding("live check", "note", told,
                   "Without one: look at 'Widget front end' above, reload the page, run the cell again.")  # fmt: skip


def judge_page(facts: PageFacts) -> list[Finding]:
    """What it means.

    Examples
    --------
    >>> lab = PageFacts("JupyterLab 4.6", "http:", True, True, True, 1, "prompt", True, True, 48000.0, (4.0, 5.0))
    >>> [finding.verdict for finding in judge_page(lab)]
    ['ok', 'ok', 'ok']
    """
    return [_trip(facts), _microphone(facts), _sound(facts)]


def _trip(facts: PageFacts) -> Finding:
    where = "localhost" if facts.local else {"https:": "https", "http:": "http"}.get(facts.protocol, "its own protocol")
    host = f"{facts.host or 'a page'} on {where}"
    if not facts.whole:
        return Finding("live check", "problem", f"{host}: bytes came back altered",
                       "Sound would, too. Update ipywidgets, anywidget and JupyterLab.")  # fmt: skip
    trip = statistics.median(facts.round_trips_ms) if facts.round_trips_ms else 0.0
    told = f"{host}; 100 ms of sound go there and back in {trip:.0f} ms"
    if trip > SLOW_MS:
        return Finding("live check", "note", told,
                       "Spoken answers come that much later; latencies of the microphone contain it.")  # fmt: skip
    return Finding("live check", "ok", told)


def _microphone(facts: PageFacts) -> Finding:
    files = 'Or send files: s.ask(rtnb.Clip.load("question.wav"))'
    if facts.protocol == "vscode-webview:" or facts.host == "VS Code":
        return Finding("microphone", "note", "VS Code gives its notebooks none", f"Open it in JupyterLab. {files}")
    if not facts.secure:
        remedy = f"Over ssh forward the port and open http://localhost:PORT; on a hub ask for https. {files}"
        return Finding("microphone", "problem", "this page is not secure, and browsers then offer none", remedy)
    if not facts.capture:
        return Finding("microphone", "note", "this browser offers none", f"Use a current Chromium or Firefox. {files}")
    if facts.permission == "denied":
        remedy = f"Allow it for this site: the symbol left of the address, then reload. {files}"
        return Finding("microphone", "problem", "it is blocked for this site", remedy)
    if facts.inputs == 0:
        return Finding("microphone", "note", "this computer has none, or hides it", f"Plug one in, and reload. {files}")
    told = {"granted": "allowed for this site", "prompt": "there; the browser asks when it is switched on"}
    return Finding("microphone", "ok", told.get(facts.permission, "there"))


def _sound(facts: PageFacts) -> Finding:
    if not facts.context:
        return Finding("sound", "problem", "this browser has no AudioContext", "Use a current Chromium or Firefox.")
    if not facts.worklet:
        told = "no AudioWorklet: neither the microphone nor streamed answers work"
        why = "It needs https or localhost" if not facts.secure else "A content security policy may forbid it"
        return Finding("sound", "problem", told, f"{why}; ask whoever runs the server.")
    return Finding("sound", "ok", f"AudioContext at {facts.rate_hz:,.0f} Hz with AudioWorklet; {CLICK}")
