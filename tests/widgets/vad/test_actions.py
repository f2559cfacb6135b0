"""The clip on the embedded server, held against the prediction."""

from __future__ import annotations

import pytest

import rtnb
from rtnb.audio import Clip
from rtnb.widgets import VadLab

pytestmark = pytest.mark.local


def test_the_server_hears_what_was_predicted() -> None:
    clip = Clip.load(rtnb.sample("weather_question")) + Clip.silence(0.8)
    lab = VadLab(clip, setting={"silence_duration_ms": 300})
    told: list[dict[str, object]] = []
    lab._page.send = lambda content, buffers: told.append(dict(content))  # type: ignore[method-assign]
    lab.run_on_server()
    assert lab.wait(60)
    last = told[-1]
    assert last["state"] == "done", last
    assert lab.trial is not None
    pairs = last["trial"]["pairs"]  # type: ignore[index]
    assert len(pairs) == len(lab.turns) >= 1
    assert all(each["start_ms"] == each["end_ms"] == 0 for each in pairs)
    parts = [each["part"] for each in told if each.get("state") == "running" and each["part"] is not None]
    assert parts == sorted(parts) and len(parts) > 2


def test_cancelled_it_ends_at_once() -> None:
    lab = VadLab(rtnb.sample("dialogue_sample"))
    told: list[dict[str, object]] = []
    lab._page.send = lambda content, buffers: told.append(dict(content))  # type: ignore[method-assign]
    lab.run_on_server()
    lab.cancel()
    assert lab.wait(20) and told[-1]["state"] == "cancelled" and lab.trial is None
