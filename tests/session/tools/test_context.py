"""What a tool knows about its call."""

from __future__ import annotations

import threading

import pytest

from rtnb.session.tools.context import ToolCancelledError, ToolContext


def test_cancelling() -> None:
    context = ToolContext("call_1", "work")
    context.check()
    assert not context.cancelled and not context.wait(0) and context.session is None
    threading.Thread(target=context.cancel, args=("the turn was interrupted",)).start()
    assert context.wait(10) and context.cancelled
    context.cancel("something else")
    with pytest.raises(ToolCancelledError, match=r"The call of work was given up: the turn was interrupted\."):
        context.check()
    assert repr(context) == "ToolContext(work, call_1, cancelled)"
