"""Outside a kernel nothing is shown; what happens in one is tested in tests/kernel."""

from __future__ import annotations

import pytest

from rtnb.session.live import (
    Card,
    ProgressBar,
    current_cell,
    notice,
    pressed_anywhere,
    presses_may_arrive,
    show_buttons,
)


def test_there_is_no_card_no_notice_and_no_cell(capsys: pytest.CaptureFixture[str]) -> None:
    assert Card.show(lambda: object()) is None
    assert current_cell() is None
    notice("hello")
    bar = ProgressBar("Loading")
    bar(1, 3, "ears")
    bar.close("ready")
    assert capsys.readouterr().out == ""


def test_outside_a_kernel_nobody_presses_anything() -> None:
    assert show_buttons(object()) is None and not presses_may_arrive()


def test_a_comm_is_routed_as_the_front_end_says() -> None:
    class Comm:
        def _reply_subshell_for(self, data: object, default: object) -> object:
            return "the shell that used it last"

    comm = Comm()
    pressed_anywhere(comm)
    # What Kernel.shell_channel_thread_main looks at.
    assert getattr(comm, "_reply_subshell_for", None) is None
    pressed_anywhere(None)
    pressed_anywhere(object())
