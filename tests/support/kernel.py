"""A Jupyter kernel of any Python environment, driven message by message as a front end does."""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from queue import Empty
from typing import Any, Self

from jupyter_client.blocking import BlockingKernelClient
from jupyter_client.kernelspec import KernelSpecManager
from jupyter_client.manager import KernelManager

__all__ = ["Cell", "Kernel"]

Json = dict[str, Any]

PROGRAM = Path(__file__).parents[1] / "interop" / "clients" / "kernel.py"
TESTS = Path(__file__).parents[1]


@dataclass
class Cell:
    """What one cell left."""

    id: str
    outputs: list[Json] = field(default_factory=list)
    """The data of each ``display_data`` below it."""
    displays: list[str] = field(default_factory=list)
    """The display ids of these."""
    updates: list[Json] = field(default_factory=list)
    """The data of each update that arrived while it ran."""
    printed: str = ""
    error: str = ""
    said: str = ""
    """The text of the error."""
    result: str = ""
    status: str = ""
    """Of its reply."""
    asked: list[str] = field(default_factory=list)
    """The prompts of ``input()``."""

    @property
    def words(self) -> str:
        """The plain text of all outputs."""
        return "\n".join(output.get("text/plain", "") for output in self.outputs)


class Kernel:
    """A running kernel and a client of it.

    Parameters
    ----------
    python : Path
        The interpreter of the environment that has the ipykernel; everything else comes from this test's own.
    folder : Path
        For its kernel spec.
    """

    def __init__(self, folder: Path, python: Path | None = None) -> None:
        site = next(path for path in map(Path, sys.path) if path.name == "site-packages")
        command = [str(python or sys.executable), str(PROGRAM), str(site), "-f", "{connection_file}"]
        spec = folder / "kernels" / "tested"
        spec.mkdir(parents=True)
        (spec / "kernel.json").write_text(json.dumps({"argv": command, "display_name": "tested", "language": "python"}))
        specs = KernelSpecManager(kernel_dirs=[str(folder / "kernels")])
        self.manager = KernelManager(kernel_name="tested", kernel_spec_manager=specs)
        self.latest: dict[str, Json] = {}
        """What each display shows now, by its id."""
        self.strays: list[Json] = []
        """Printed or raised by nobody's cell."""
        self.comms: dict[str, Json] = {}
        """The state of each widget when it was opened, by its comm id."""
        self.told: list[tuple[str, Json]] = []
        """What widgets told their pages, by their comm id."""
        self.left_in_s = 0.0
        """How long the latest restart took to end the old process."""

    def __enter__(self) -> Self:
        self.manager.start_kernel()
        self._connect()
        return self

    def __exit__(self, *exc: object) -> None:
        self.client.stop_channels()
        if self.manager.has_kernel:
            self.manager.shutdown_kernel(now=True)

    def _connect(self) -> None:
        self.client: BlockingKernelClient = self.manager.client()
        self.client.start_channels()
        self.client.wait_for_ready(timeout=60)
        self._cells: dict[str, Cell] = {}
        self._over: set[str] = set()
        self.run(f"import sys; sys.path.append({str(TESTS)!r}); import asyncio, os, threading, time, rtnb")

    def restart(self) -> None:
        """As the button of a notebook."""
        self.client.stop_channels()
        self.manager.interrupt_kernel()
        self.manager.request_shutdown(restart=True)
        # A manager waits half of its five seconds, then it sends SIGTERM.
        end = time.monotonic() + 10
        while self.manager.is_alive() and time.monotonic() < end:
            time.sleep(0.05)
        self.left_in_s = 10 - (end - time.monotonic())
        self.manager.restart_kernel(now=True)
        self._connect()

    @property
    def version(self) -> tuple[int, ...]:
        """Of its ipykernel."""
        said = self.run("import ipykernel; print(ipykernel.__version__)").printed
        return tuple(int(part) for part in said.strip().split(".")[:3])

    # Cells

    def start(self, code: str, *, stdin: bool = False, subshell: str | None = None) -> Cell:
        """Queue a cell; it may wait behind others."""
        content = {
            "code": code,
            "silent": False,
            "store_history": subshell is None,
            "user_expressions": {},
            "allow_stdin": stdin,
            "stop_on_error": True,
        }
        return self._sent("shell", "execute_request", content, subshell)

    def run(self, code: str, *, timeout_s: float = 60, **options: Any) -> Cell:
        """Execute a cell to its end."""
        return self.finish(self.start(code, **options), timeout_s=timeout_s)

    def run_all(self, codes: Sequence[str], *, timeout_s: float = 60) -> list[Cell]:
        """Queue all cells at once, as Run All does, and wait for the last."""
        cells = [self.start(code) for code in codes]
        return [self.finish(cell, timeout_s=timeout_s) for cell in cells]

    def finish(
        self,
        cell: Cell,
        *,
        when: Callable[[Cell], bool] | None = None,
        then: Callable[[], None] = lambda: None,
        answers: Sequence[str] = (),
        timeout_s: float = 60,
    ) -> Cell:
        """Wait for the end of a cell; do `then` once `when` holds; give `answers` to its ``input()``."""
        left = list(answers)
        end = time.monotonic() + timeout_s
        while not (cell.id in self._over and cell.status):
            self._look(0.05)
            if when is not None and when(cell):
                when = None
                then()
            while left and self._take("stdin", cell):
                self.client.input(left.pop(0))
            self._take("shell", cell)
            if time.monotonic() > end:
                raise AssertionError(f"the cell did not end: {cell}")
        self._look(0)
        return cell

    def until(self, condition: Callable[[], bool], timeout_s: float = 30) -> None:
        """Read messages until it holds."""
        end = time.monotonic() + timeout_s
        while not condition():
            self._look(0.05)
            assert time.monotonic() < end, "it never came"

    def interrupt(self) -> None:
        self.manager.interrupt_kernel()

    def _look(self, seconds: float) -> None:
        try:
            while True:
                self._heard(self.client.get_iopub_msg(timeout=seconds))
                seconds = 0
        except Empty:
            return

    def _heard(self, message: Json) -> None:
        kind, content = message["msg_type"], message["content"]
        if kind == "comm_open":
            self.comms[content["comm_id"]] = content["data"].get("state", {})
        if kind == "comm_msg" and content["data"].get("method") == "custom":
            self.told.append((content["comm_id"], content["data"]["content"]))
        cell = self._cells.get(message["parent_header"].get("msg_id", ""))
        shown = content.get("transient", {}).get("display_id", "")
        if kind in ("display_data", "update_display_data"):
            self.latest[shown] = content["data"]
        if cell is None:
            if kind in ("stream", "error"):
                self.strays.append(content)
        elif kind == "display_data":
            cell.outputs.append(content["data"])
            cell.displays.append(shown)
        elif kind == "update_display_data":
            cell.updates.append(content["data"])
        elif kind == "execute_result":
            cell.result = content["data"]["text/plain"]
        elif kind == "stream":
            cell.printed += content["text"]
        elif kind == "error":
            cell.error, cell.said = content["ename"], content["evalue"]
        elif kind == "status" and content["execution_state"] == "idle":
            self._over.add(cell.id)

    def _take(self, channel: str, cell: Cell) -> bool:
        get = self.client.get_stdin_msg if channel == "stdin" else self.client.get_shell_msg
        try:
            message = get(timeout=0)
        except Empty:
            return False
        owner = self._cells.get(message["parent_header"].get("msg_id", ""))
        if channel == "stdin":
            cell.asked.append(message["content"]["prompt"])
        elif owner is not None and message["msg_type"] == "execute_reply":
            owner.status = message["content"]["status"]
        return True

    # Messages of other kinds

    def _sent(
        self, channel: str, kind: str, content: Json, subshell: str | None = None, buffers: Sequence[bytes] = ()
    ) -> Cell:
        message = self.client.session.msg(kind, content)
        message["buffers"] = list(buffers)
        if subshell is not None:
            message["header"]["subshell_id"] = subshell
        getattr(self.client, f"{channel}_channel").send(message)
        cell = Cell(message["header"]["msg_id"])
        self._cells[cell.id] = cell
        return cell

    def subshell(self) -> str:
        """Make one, as JupyterLab does for a widget's messages."""
        cell = self._sent("control", "create_subshell_request", {})
        end = time.monotonic() + 10
        while time.monotonic() < end:
            message = self.client.get_control_msg(timeout=10)
            if message["parent_header"].get("msg_id") == cell.id:
                return str(message["content"]["subshell_id"])
        raise AssertionError("no subshell")

    def comm(self, comm_id: str, data: Json, *, subshell: str | None = None, buffers: Sequence[bytes] = ()) -> None:
        """What a widget in the page sends."""
        self._sent("shell", "comm_msg", {"comm_id": comm_id, "data": data}, subshell, buffers)

    def button(self, label: str) -> str | None:
        """The comm of the newest button of that label."""
        found = [comm for comm, state in self.comms.items() if state.get("description") == label]
        return found[-1] if found else None

    def press(self, label: str, *, subshell: str | None = None) -> None:
        """As a click on a button."""
        button = self.button(label)
        assert button is not None, "there is no such button"
        self.comm(button, {"method": "custom", "content": {"event": "click"}}, subshell=subshell)
