"""A talker far away."""

from __future__ import annotations

import pytest

import rtnb
from rtnb import Clip
from rtnb.audio.conditions import Attenuate, speech_level_db
from rtnb.errors import ConfigError


@pytest.mark.parametrize("db", [1, 6.5, 20, 40])
def test_the_level_falls_by_what_was_asked(db: float) -> None:
    clip = Clip.load(rtnb.sample("weather_question"))
    assert speech_level_db(clip) - speech_level_db(Attenuate(db=db)(clip)) == pytest.approx(db, abs=0.05)


def test_what_is_softer_than_a_step_of_16_bits_is_gone() -> None:
    assert Attenuate(db=110)(Clip.load(rtnb.sample("weather_question"))).peak == 0.0


@pytest.mark.parametrize("db", [-1, 121, float("nan"), "20", True])
def test_what_is_no_attenuation(db: object) -> None:
    with pytest.raises(ConfigError, match="db is from 0 to 120"):
        Attenuate(db=db)  # type: ignore[arg-type]
