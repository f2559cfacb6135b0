"""Live cards and interrupts in a real kernel."""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import pytest
from jupyter_client.blocking import BlockingKernelClient
from jupyter_client.manager import KernelManager, start_new_kernel

pytestmark = [pytest.mark.local, pytest.mark.kernel]


@dataclass
class Reply:
    """What a cell left."""

    outputs: list[dict[str, Any]] = field(default_factory=list)
    updates: list[dict[str, Any]] = field(default_factory=list)
    printed: str = ""
    error: str = ""
    result: str = ""


@dataclass
class Kernel:
    """A running kernel and a client."""

    manager: KernelManager
    client: BlockingKernelClient

    def run(self, code: str, *, interrupt_at: str = "", timeout: float = 60) -> Reply:
        """Execute a cell; interrupt it once an update holds `interrupt_at`."""
        sent = self.client.execute(code)
        reply = Reply()
        end = time.monotonic() + timeout
        while time.monotonic() < end:
            message = self.client.get_iopub_msg(timeout=timeout)
            if message["parent_header"].get("msg_id") != sent:
                continue
            kind, content = message["msg_type"], message["content"]
            if kind == "display_data":
                reply.outputs.append(content["data"])
            elif kind == "update_display_data":
                reply.updates.append(content["data"])
                if interrupt_at and interrupt_at in content["data"]["text/plain"]:
                    self.manager.interrupt_kernel()
                    interrupt_at = ""
            elif kind == "execute_result":
                reply.result = content["data"]["text/plain"]
            elif kind == "stream":
                reply.printed += content["text"]
            elif kind == "error":
                reply.error = content["ename"]
            elif kind == "status" and content["execution_state"] == "idle":
                return reply
        raise AssertionError("the cell did not end")


@pytest.fixture(scope="module")
def kernel() -> Iterator[Kernel]:
    manager, client = start_new_kernel()
    try:
        started = Kernel(manager, client)
        started.run("import rtnb; s = rtnb.connect()")
        started.run("s.ask('Spell cat.', show=False);")
        yield started
    finally:
        client.stop_channels()
        manager.shutdown_kernel(now=True)


def test_a_turn_is_one_card_that_fills(kernel: Kernel) -> None:
    reply = kernel.run("s.ask('What is 6 times 7?')")
    assert len(reply.outputs) == 1 and not reply.result
    assert "image/png" in reply.updates[-1] and "42" in reply.updates[-1]["text/html"]
    assert not reply.printed


def test_a_second_look_at_a_turn_shows_it_again(kernel: Kernel) -> None:
    kernel.run("turn = s.ask('Spell dog.')")
    reply = kernel.run("turn")
    assert len(reply.outputs) == 1 and "D, O, G." in reply.outputs[0]["text/html"]


def test_show_false_shows_nothing(kernel: Kernel) -> None:
    reply = kernel.run("turn = s.ask('Spell dog.', show=False)")
    assert not reply.outputs


def test_an_interrupted_cell_cancels_the_answer_and_the_session_goes_on(kernel: Kernel) -> None:
    reply = kernel.run("s.ask('Tell me a long story.')", interrupt_at="Tell me a long story.")
    assert reply.error == "KeyboardInterrupt"
    after = kernel.run("print(s.turns[-1].status); print(s.ask('Spell cat.', show=False).text)")
    assert after.printed.split("\n")[:2] == ["cancelled", "C, A, T."]


def test_an_interrupted_stream_stops_and_the_session_goes_on(kernel: Kernel) -> None:
    reply = kernel.run("s.stream(rtnb.sample('dialogue_sample'))", interrupt_at="dialogue_sample")
    assert reply.error == "KeyboardInterrupt"
    after = kernel.run("print(s.ask('Spell cat.', show=False).text)")
    assert after.printed.strip() == "C, A, T."


def test_send_returns_at_once_and_its_card_fills_behind_it(kernel: Kernel) -> None:
    reply = kernel.run("turn = s.send('What is 2 plus 2?'); before = turn.done")
    assert len(reply.outputs) == 1
    assert kernel.run("print(before, turn.wait().status)").printed.strip() == "False completed"


def test_connecting_again_names_the_session_that_is_open(kernel: Kernel) -> None:
    reply = kernel.run("again = rtnb.connect(); again.close()")
    assert any("close_all" in output["text/plain"] for output in reply.outputs)


def test_the_session_draws_itself_and_ends_without_a_thread(kernel: Kernel) -> None:
    shown = kernel.run("s").outputs
    assert shown or kernel.run("s").result
    after = kernel.run(
        "s.close(); import threading; print([t.name for t in threading.enumerate() if 'rtnb' in t.name])"
    )
    assert after.printed.strip() == "[]"
