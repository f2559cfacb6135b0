"""Options of a server."""

from __future__ import annotations

import asyncio
import math
from dataclasses import replace
from typing import Any

import numpy as np
import pybase64
import pytest
from support.desk import Desk

from rtnb.audio.formats import PCM16
from rtnb.errors import ConfigError
from rtnb.server import Limits, Options
from rtnb.server.answer.delivery import Delivery
from rtnb.server.watch.event_log import EventLog
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


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"latency_ms": -4}, "latency_ms is milliseconds from 0 to 1e+09, not -4."),
        ({"latency_ms": math.nan}, "not nan."),
        ({"latency_ms": True}, "not True."),
        ({"drain_s": -1}, "drain_s is seconds from 0 to 1e+09, not -1."),
        ({"drain_s": math.inf}, "not inf."),
        ({"delivery": Delivery(factor=-1)}, "Delivery: factor is a number from 0 up, not -1."),
        ({"delivery": Delivery(lead_s="x")}, "Delivery: lead_s is"),  # type: ignore[arg-type]
        ({"delivery": 3}, "delivery is Delivery, not 3."),
        ({"tuning": 5}, "tuning is DetectorTuning or None, not 5."),
        ({"limits": 5}, "limits is Limits, not 5."),
        ({"mcp": "on"}, "mcp is McpPolicy, not 'on'."),
        ({"faults": [{"fail": "x"}]}, "faults is Faults or Injector or None, not ["),
        ({"prompts": "prompts"}, "prompts is Path or None, not 'prompts'."),
        ({"strict_models": 1}, "strict_models is bool, not 1."),
        ({"beta": "maybe"}, "beta is one of serve, reject, ignore, not 'maybe'."),
        ({"brain": 42}, "brain is an object with a method reply, not 42."),
        ({"watchers": 5}, "watchers is a tuple of Watcher, not 5."),
        ({"watchers": (5,)}, "watchers is a tuple of Watcher, not (5,)."),
        ({"hosts": "localhost"}, "hosts is a tuple of str, not 'localhost'."),
        ({"ear": ""}, "ear is a text or None, not ''."),
        ({"api_key": 7654321}, "api_key is a text or None, not int."),
        ({"secret_keys": "sesame"}, "secret_keys is a tuple of str, not str."),
    ],
    ids=lambda value: next(iter(value)) if isinstance(value, dict) else "",
)
def test_what_cannot_be_is_told_by_name(given: dict[str, Any], said: str) -> None:
    with pytest.raises(ConfigError) as caught:
        Options(**given)
    assert said in str(caught.value)
    with pytest.raises(ConfigError):
        replace(Options(), **given)


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"session_s": 0}, "Limits: session_s is seconds above 0, not 0."),
        ({"idle_s": math.nan}, "idle_s is seconds above 0, not nan."),
        ({"events_a_second": -1}, "events_a_second is a number, 0 for no limit, from 0 up, not -1."),
        ({"connections": 0}, "connections is a whole number from 1 up, not 0."),
        ({"held_bytes": 1.5}, "held_bytes is a whole number from 1 up, not 1.5."),
        ({"sessions": 0}, "sessions is None or a whole number from 1 up, not 0."),
        ({"tier": 3}, "tier is a text or None, not 3."),
    ],
    ids=lambda value: next(iter(value)) if isinstance(value, dict) else "",
)
def test_limits_that_cannot_be(given: dict[str, Any], said: str) -> None:
    with pytest.raises(ConfigError) as caught:
        Limits(**given)
    assert said in str(caught.value)
    assert Limits(idle_s=math.inf, session_s=math.inf).idle_s == math.inf


def test_lists_are_as_good_as_tuples() -> None:
    log = EventLog()
    options = Options(watchers=[log], hosts=["example.org"])  # type: ignore[arg-type]
    assert (options.watchers, options.hosts) == ((log,), ("example.org",))


@pytest.mark.parametrize(("min_speech_ms", "started"), [(0.0, 1), (5000.0, 0)])
def test_the_tuning_of_turn_detection_reaches_the_detector(min_speech_ms: float, started: int) -> None:
    async def talk() -> int:
        noise = np.random.default_rng(0).standard_normal(PCM16.rate_hz).astype(np.float32) * 0.3
        audio = pybase64.b64encode(PCM16.encode(noise, PCM16.rate_hz)).decode()
        async with Desk(tuning=DetectorTuning(min_speech_ms=min_speech_ms)) as desk:
            await desk.send("input_audio_buffer.append", audio=audio)
            return sum(event["type"] == "input_audio_buffer.speech_started" for event in desk.events)

    assert asyncio.run(talk()) == started
