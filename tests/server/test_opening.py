"""What a connection is opened for."""

from __future__ import annotations

from rtnb.server.opening import Opening


def test_by_default_a_realtime_session_with_nothing_set() -> None:
    opening = Opening()
    assert (opening.kind, opening.model, dict(opening.config), opening.beta) == ("realtime", "", {}, False)
