"""An unknown keyword argument of a view."""

from __future__ import annotations

import pytest

import rtnb
from rtnb.errors import ConfigError
from rtnb.widgets.frame.options import checked_flags, checked_options


def test_what_is_known_passes() -> None:
    checked_options("View", {"play": 1}, ("play", "height"))


@pytest.mark.parametrize("make", [lambda: rtnb.Waveform(rtnb.Clip.load(rtnb.sample("weather_question")), colr="red")])
def test_views_refuse_what_they_do_not_know(make: object) -> None:
    with pytest.raises(TypeError, match="colr"):
        make()  # type: ignore[operator]


def test_a_switch_is_on_or_off() -> None:
    checked_flags("Mic", auto_gain=True, echo_cancellation=False)
    for wrong in ("no", 1, 0, None):
        with pytest.raises(ConfigError, match="auto_gain of a Mic is True or False, not"):
            checked_flags("Mic", auto_gain=wrong)
