"""Live cards: one notebook output a turn or run, updated while it goes on. Nothing happens outside IPython."""

from __future__ import annotations

import asyncio
import html
import importlib
import importlib.util
import logging
import sys
import threading
from collections.abc import Callable
from typing import Any, Literal

from rtnb import _display

__all__ = [
    "Card",
    "ProgressBar",
    "current_cell",
    "deciding",
    "notice",
    "presses_arrive",
    "show_buttons",
    "show_live",
    "show_once",
]

FRAME_S = 0.25
"""Least time between two updates of a card: text is readable and the front end is not flooded."""


_SHOWING = threading.Lock()


def _shell() -> Any:
    """The IPython shell of a kernel, or None in a terminal, a script or a test."""
    ipython = sys.modules.get("IPython")
    shell = ipython.get_ipython() if ipython is not None else None
    return shell if shell is not None and hasattr(shell, "kernel") else None


def current_cell() -> object:
    """What tells one executed cell from another; None outside a kernel."""
    shell = _shell()
    return None if shell is None else (id(shell), shell.execution_count)


def deciding(*, blocked: bool) -> Literal["buttons", "input", "none"]:
    """How the user can be asked to decide something: while a cell is `blocked`, or while none runs.

    ``"none"`` where nobody is there to ask: a script without a terminal, a notebook that is executed by a program.
    """
    shell = _shell()
    if shell is None:
        return "input" if sys.stdin is not None and sys.stdin.isatty() else "none"
    if not getattr(shell.kernel, "_allow_stdin", False):
        return "none"
    has_widgets = importlib.util.find_spec("ipywidgets") is not None
    return "buttons" if has_widgets and (not blocked or presses_arrive(shell.kernel)) else "input"


def presses_arrive(kernel: Any) -> bool:
    """Whether the press of a button surely reaches a kernel while a cell of it runs.

    A press is a comm message, which the shell that executes the cell handles after the cell only. A kernel with
    subshells (ipykernel 7) takes it meanwhile, if the front end sends it to one: JupyterLab does, and makes that
    subshell when the first widget shows; others never make one. See also :func:`pressed_anywhere`.

    Sources: ``_maybeStartSubshell`` in JupyterLab 4.4 (packages/services/src/kernel/comm.ts);
    ``Kernel.shell_channel_thread_main`` of ipykernel 7.2.0 and 7.4.0.
    """
    manager = getattr(getattr(kernel, "shell_channel_thread", None), "manager", None)
    if manager is None:
        return False
    try:
        return bool(manager.list_subshell())
    except Exception:
        # No public interface: what changed there is no reason to fail here, and a question always arrives.
        return False


def presses_may_arrive() -> bool:
    """Whether they might as soon as this front end shows a widget."""
    shell = _shell()
    kernel = getattr(shell, "kernel", None)
    has_stdin = bool(getattr(kernel, "_allow_stdin", False))
    has_widgets = importlib.util.find_spec("ipywidgets") is not None
    return has_stdin and has_widgets and getattr(kernel, "shell_channel_thread", None) is not None


def pressed_anywhere(comm: Any) -> None:
    """Let messages of a comm reach the subshell that the front end sends them to.

    ipykernel 7.4 sends them to the shell that used the comm last instead, for the sake of loops that a callback
    touches; that shell may be busy with the cell that waits for the press. Callbacks of rtnb run on any thread.
    Source: ``Kernel.shell_channel_thread_main`` and ``BaseComm._reply_subshell_for`` of ipykernel 7.4.0.
    """
    if getattr(comm, "_reply_subshell_for", None) is not None:
        comm._reply_subshell_for = None


def show_buttons(approval: object) -> Any:
    """Buttons for something to be decided, in the current cell; None outside a kernel with widgets.

    They are shown once, whoever asks for them first.

    Returns
    -------
    rtnb.widgets.approval.ApprovalCard or None
    """
    if _shell() is None or importlib.util.find_spec("ipywidgets") is None:
        return None
    with _SHOWING:
        members = vars(approval)
        if "_card" not in members:
            # By name: widgets stand above the session.
            members["_card"] = importlib.import_module("rtnb.widgets.approval").show(approval)
        return members["_card"]


def show_live(subject: Any) -> None:
    """Display `subject` as a live view where there is one for it, in a kernel with widgets; else as it draws itself."""
    from IPython.display import display

    view = None
    if _shell() is not None and importlib.util.find_spec("anywidget") is not None:
        # By name: widgets stand above the session.
        view = importlib.import_module("rtnb.widgets.showing").view_of(subject)
    if view is None:
        display(subject._repr_mimebundle_(), raw=True)
    else:
        display(view)


class Card:
    """One output that is replaced as its subject changes.

    Parameters
    ----------
    snapshot : callable
        Gives the view to draw; called on the loop thread's behalf, so it must be cheap.
    """

    def __init__(self, snapshot: Callable[[], object]) -> None:
        from IPython.display import display

        self._snapshot = snapshot
        self._lock = threading.Lock()
        self._finished = False
        self._handle = display(_display.bundle(snapshot()), raw=True, display_id=True)

    @classmethod
    def show(cls, snapshot: Callable[[], object]) -> Card | None:
        """A card in the current cell; None outside a kernel."""
        return None if _shell() is None else cls(snapshot)

    def draw(self) -> None:
        """Draw the present state. May take a tenth of a second; not for the loop thread."""
        # The snapshot is taken under the lock: no older state is ever drawn over a newer one.
        with self._lock:
            if not self._finished:
                self._handle.update(_display.bundle(self._snapshot()), raw=True)

    def finish(self) -> None:
        """Draw the last state, once."""
        self.draw()
        self._finished = True

    async def follow(self, done: Callable[[], bool]) -> None:
        """Redraw from a worker thread until `done`, and once more then."""
        while not done():
            await asyncio.sleep(FRAME_S)
            await asyncio.to_thread(self.finish if done() else self.draw)
        await asyncio.to_thread(self.finish)


def show_once(subject: Any) -> None:
    """Display `subject`, unless the cell that asks shows it already: a turn is one card, not two."""
    if subject.shown_in is not None and subject.shown_in == current_cell():
        subject.shown_in = None
        return
    from IPython.display import display

    display(subject._repr_mimebundle_(), raw=True)


def notice(text: str, *, scripts: bool = True) -> None:
    """A line in the notebook; elsewhere a warning of the logger ``rtnb``, if `scripts` says so: it goes to stderr."""
    if _shell() is None:
        if scripts:
            logging.getLogger("rtnb").warning(text)
        return
    from IPython.display import display

    safe = html.escape(text).replace("\n", "<br>")
    style = "color: var(--jp-ui-font-color2, #5b636d)"
    display(_display.untypeset({"text/plain": text, "text/html": f'<div style="{style}">{safe}</div>'}), raw=True)


class ProgressBar:
    """Progress of something slow: a bar in the notebook that leaves one quiet line, tqdm in a terminal.

    tqdm's own notebook bar leaves a dead widget in a saved notebook, this one leaves text.
    """

    def __init__(self, title: str) -> None:
        self._title = title
        self._handle: Any = None
        self._tqdm: Any = None

    def __call__(self, done: int, total: int, label: str) -> None:
        if _shell() is not None:
            self._in_notebook(done, total, label)
        else:
            self._in_terminal(done, total, label)

    def _in_notebook(self, done: int, total: int, label: str) -> None:
        from IPython.display import display

        text = f"{self._title}: {label} ({done}/{total})"
        page = f'<progress max="{total}" value="{done}"></progress> {html.escape(text)}'
        bundle = _display.untypeset({"text/plain": text, "text/html": page})
        if self._handle is None:
            self._handle = display(bundle, raw=True, display_id=True)
        else:
            self._handle.update(bundle, raw=True)

    def _in_terminal(self, done: int, total: int, label: str) -> None:
        if self._tqdm is None:
            from tqdm import tqdm

            class Bar(tqdm):  # type: ignore[type-arg,misc,unused-ignore]
                monitor_interval = 0  # its monitor is a thread that would stay

            # disable=None: silent where nobody watches.
            self._tqdm = Bar(total=total, disable=None, leave=False, bar_format="{desc} {bar} {n_fmt}/{total_fmt}")
        self._tqdm.set_description_str(f"{self._title}: {label}", refresh=False)
        self._tqdm.n = done
        self._tqdm.refresh()

    def close(self, left: str) -> None:
        """End it; a notebook keeps the line `left`."""
        if self._tqdm is not None:
            self._tqdm.close()
        if self._handle is not None:
            self._handle.update(_display.untypeset({"text/plain": left, "text/html": html.escape(left)}), raw=True)
