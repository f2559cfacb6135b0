"""Options of a server."""

from __future__ import annotations

from rtnb.server import Options


def test_the_key_is_in_no_repr() -> None:
    assert "sesame" not in repr(Options(api_key="sesame"))


def test_by_default_only_this_machine_may_ask_and_answers_can_be_interrupted() -> None:
    options = Options()
    assert set(options.hosts) == {"127.0.0.1", "localhost", "[::1]"}
    assert options.delivery.due_s(10) > 0
    assert options.brain.name


def test_limits_are_those_of_the_live_service_and_no_tier() -> None:
    limits = Options().limits
    assert (limits.session_s, limits.idle_s) == (3600, 900)
    assert limits.tier is None and limits.sessions is None
    assert Options().beta == "serve" and not Options().strict_models
