"""A session with a console and its page, for the tests beside this."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack
from typing import Any

import pytest
from support.comms import RememberedComm, remember_comms
from support.consoles import ConsolePage

import rtnb

QUICK = rtnb.LocalServer(realtime_factor=0)


@pytest.fixture
def comms(monkeypatch: pytest.MonkeyPatch) -> list[RememberedComm]:
    return remember_comms(monkeypatch)


@pytest.fixture
def shown(comms: list[RememberedComm]) -> Iterator[Any]:
    """Gives a session with a console and its page."""
    with ExitStack() as stack:

        def make(*, server: rtnb.LocalServer = QUICK, **settings: Any) -> tuple[Any, rtnb.Console, ConsolePage]:
            session = stack.enter_context(rtnb.connect("local", server=server, journal=False, **settings))
            console = rtnb.Console(session)
            return session, console, ConsolePage(comms).hello()

        yield make
