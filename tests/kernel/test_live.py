"""Live cards and interrupts in a real kernel, with voices."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from support.kernel import Cell, Kernel

pytestmark = [pytest.mark.local, pytest.mark.kernel]


@pytest.fixture(scope="module")
def kernel(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Kernel]:
    with Kernel(tmp_path_factory.mktemp("kernel")) as running:
        assert running.run("s = rtnb.connect()").status == "ok"
        running.run("s.ask('Spell cat.', show=False);")
        yield running


def interrupted(kernel: Kernel, code: str, *, shown: str) -> Cell:
    """Run a cell and interrupt it once an update of its card holds the text."""

    def when(cell: Cell) -> bool:
        return any(shown in update["text/plain"] for update in cell.updates)

    return kernel.finish(kernel.start(code), when=when, then=kernel.interrupt)


def test_a_turn_is_one_card_that_fills(kernel: Kernel) -> None:
    cell = kernel.run("s.ask('What is 6 times 7?')")
    assert len(cell.outputs) == 1 and not cell.result
    assert "image/png" in cell.updates[-1] and "42" in cell.updates[-1]["text/html"]
    assert not cell.printed


def test_a_second_look_at_a_turn_shows_it_again(kernel: Kernel) -> None:
    kernel.run("turn = s.ask('Spell dog.')")
    cell = kernel.run("turn")
    assert len(cell.outputs) == 1 and "D, O, G." in cell.outputs[0]["text/html"]


def test_show_false_shows_nothing(kernel: Kernel) -> None:
    assert not kernel.run("turn = s.ask('Spell dog.', show=False)").outputs


def test_an_interrupted_cell_cancels_the_answer_and_the_session_goes_on(kernel: Kernel) -> None:
    cell = interrupted(kernel, "s.ask('Tell me a long story.')", shown="Tell me a long story.")
    assert cell.error == "KeyboardInterrupt"
    after = kernel.run("print(s.turns[-1].status); print(s.ask('Spell cat.', show=False).text)")
    assert after.printed.split("\n")[:2] == ["cancelled", "C, A, T."]


def test_an_interrupted_stream_stops_and_the_session_goes_on(kernel: Kernel) -> None:
    cell = interrupted(kernel, "s.stream(rtnb.sample('dialogue_sample'))", shown="dialogue_sample")
    assert cell.error == "KeyboardInterrupt"
    assert kernel.run("print(s.ask('Spell cat.', show=False).text)").printed == "C, A, T.\n"


def test_send_returns_at_once_and_its_card_fills_behind_it(kernel: Kernel) -> None:
    cell = kernel.run("turn = s.send('What is 2 plus 2?'); before = turn.done")
    assert len(cell.outputs) == 1
    assert kernel.run("print(before, turn.wait().status)").printed == "False completed\n"
    kernel.until(lambda: "2 plus 2 is 4" in kernel.latest[cell.displays[0]].get("text/html", ""))


def test_connecting_again_names_the_session_that_is_open(kernel: Kernel) -> None:
    assert "close_all" in kernel.run("again = rtnb.connect(); again.close()").words


def test_the_session_draws_itself_and_ends_without_a_thread(kernel: Kernel) -> None:
    shown = kernel.run("s")
    assert shown.outputs or shown.result
    after = kernel.run("s.close(); print([t.name for t in threading.enumerate() if 'rtnb' in t.name])")
    assert after.printed == "[]\n"
