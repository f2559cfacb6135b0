"""Which endpoint a word means."""

from __future__ import annotations

import pytest

import rtnb
from rtnb.errors import ConfigError


@pytest.mark.parametrize("endpoint", ["", "azure", "http://127.0.0.1/", "ws://", "ws://exa mple/", "wss://[::1"])
def test_what_is_no_endpoint_is_refused_with_a_list_of_those_that_are(endpoint: str) -> None:
    with pytest.raises(ConfigError, match="embedded server"):
        rtnb.connect(endpoint)


def test_the_embedded_server_takes_no_key() -> None:
    with pytest.raises(ConfigError, match="no key"):
        rtnb.connect("local", key="sk-x")


def test_an_unknown_setting_lists_the_settings() -> None:
    with pytest.raises(ConfigError, match=r"'temperature'.*instructions, voice"):
        rtnb.connect(temperature=0.8)


def test_replay_needs_a_recording() -> None:
    with pytest.raises(rtnb.errors.RecordingError, match="no recording"):
        rtnb.replay("no-such.rtnb")
