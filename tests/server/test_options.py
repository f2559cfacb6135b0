"""Options of a server."""

from __future__ import annotations

import asyncio

import numpy as np
import pybase64
import pytest
from support.desk import Desk

from rtnb.audio.formats import PCM16
from rtnb.server import Options
from rtnb.vad import DetectorTuning


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


@pytest.mark.parametrize(("min_speech_ms", "started"), [(0.0, 1), (5000.0, 0)])
def test_the_tuning_of_turn_detection_reaches_the_detector(min_speech_ms: float, started: int) -> None:
    async def talk() -> int:
        noise = np.random.default_rng(0).standard_normal(PCM16.rate_hz).astype(np.float32) * 0.3
        audio = pybase64.b64encode(PCM16.encode(noise, PCM16.rate_hz)).decode()
        async with Desk(tuning=DetectorTuning(min_speech_ms=min_speech_ms)) as desk:
            await desk.send("input_audio_buffer.append", audio=audio)
            return sum(event["type"] == "input_audio_buffer.speech_started" for event in desk.events)

    assert asyncio.run(talk()) == started
