"""The end of a brain."""

from __future__ import annotations

import asyncio
import logging

import pytest

from rtnb.server import EmbeddedServer, Options
from rtnb.server.brains import DemoBrain
from rtnb.server.brains.closing import close_brain


class Holding(DemoBrain):
    """A brain that holds something open."""

    def __init__(self, error: Exception | None = None) -> None:
        super().__init__()
        self.closed = 0
        self._error = error

    async def aclose(self) -> None:
        self.closed += 1
        if self._error is not None:
            raise self._error


def test_what_it_holds_is_let_go_and_a_failure_stops_nobody(caplog: pytest.LogCaptureFixture) -> None:
    brain = Holding()
    asyncio.run(close_brain(brain))
    assert brain.closed == 1
    with caplog.at_level(logging.WARNING):
        asyncio.run(close_brain(Holding(RuntimeError("secret"))))
    assert "RuntimeError" in caplog.text and "secret" not in caplog.text


def test_a_brain_that_holds_nothing_is_left_alone() -> None:
    asyncio.run(close_brain(DemoBrain()))


def test_the_server_closes_its_brain() -> None:
    brain = Holding()
    with EmbeddedServer(Options(brain=brain)):
        assert not brain.closed
    assert brain.closed == 1
