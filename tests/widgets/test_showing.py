"""What stands at the end of a cell."""

from __future__ import annotations

import pytest
from support.comms import remember_comms

import rtnb
from rtnb.widgets.console.console import Console
from rtnb.widgets.showing import view_of


def test_a_session_has_one_console_however_often_its_cell_is_run(monkeypatch: pytest.MonkeyPatch) -> None:
    remember_comms(monkeypatch)
    server = rtnb.LocalServer(realtime_factor=0)
    with rtnb.connect("local", server=server, journal=False, modalities=["text"]) as session:
        first = view_of(session)
        assert isinstance(first, Console) and view_of(session) is first and view_of(session._async) is first
        with rtnb.connect("local", server=server, journal=False, modalities=["text"]) as other:
            assert view_of(other) is not first
        first.freeze()
        second = view_of(session)
        assert isinstance(second, Console) and second is not first and not second.frozen
    assert view_of(session) is None
