"""The clip on the embedded server, held against the prediction."""

from __future__ import annotations

import pytest

import rtnb
from rtnb.audio import Clip
from rtnb.errors import ConfigError
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
    assert told[-1]["state"] == "cancelled" and not lab._jobs.running
    assert lab.wait(20) and lab.trial is None
    assert [each["state"] for each in told].count("cancelled") == 1


def test_what_no_server_can_be_told_is_said() -> None:
    clip = Clip.load(rtnb.sample("weather_question")) + Clip.silence(0.8)
    lab = VadLab(clip, [(0.3, 1.2)], setting={"silence_duration_ms": 300})
    lab.set(hysteresis=0.4, min_speech_ms=50)
    told: list[dict[str, object]] = []
    lab._page.send = lambda content, buffers: told.append(dict(content))  # type: ignore[method-assign]
    lab.run_on_server(0.2)
    assert lab.wait(60)
    trial: dict[str, object] = told[-1]["trial"]  # type: ignore[assignment]
    assert "hysteresis 0.4 and minimum speech 50 ms" in str(trial["title"]) and "0.2 to" in str(trial["title"])
    assert any("hysteresis" in str(note) for note in trial["notes"])  # type: ignore[attr-defined]
    assert lab.trial.clip.duration_s == pytest.approx(clip.duration_s - 0.2)
    (segment,) = lab.trial.labels.segments
    assert segment.start_s == pytest.approx(0.1)
    heard = [pair["heard"] for pair in trial["pairs"] if pair["heard"]]  # type: ignore[attr-defined]
    assert heard and heard[0][0] == pytest.approx(0.2 + lab.trial.runs[0].heard[0].audio_start_ms / 1000)


def test_long_clips_and_those_who_charge_are_asked_about() -> None:
    short = VadLab(Clip.silence(5.0), engine="energy")
    assert short._before_server((0.0, 5.0)) is None
    long = VadLab(Clip.silence(700.0), engine="energy")
    question = long._before_server((60.0, 90.0))
    assert question is not None and "12 min" in question["text"]
    assert [(each["start_s"], each["end_s"]) for each in question["choices"]] == [(60.0, 90.0), (0.0, 700.0)]
    whole = long._before_server((0.0, 700.0))
    assert whole is not None and len(whole["choices"]) == 1
    paid = VadLab(Clip.silence(5.0), engine="energy", endpoint="wss://realtime.example.org/v1", key="sk-secret")
    told: list[dict[str, object]] = []
    paid._page.send = lambda content, buffers: told.append(dict(content))  # type: ignore[method-assign]
    paid._said({"type": "trial", "start_s": 0, "end_s": 5})
    assert not paid._jobs.running and "$" in str(told[-1]["text"])
    assert "secret" not in repr((paid, paid._place, told, paid._page._widget.settings))


@pytest.mark.parametrize("part", [(4.0, 3.0), (float("nan"), 2.0), (9.0, None)])
def test_parts_that_are_none(part: tuple[float, float | None]) -> None:
    with pytest.raises(ConfigError, match="part of the clip"):
        VadLab(Clip.silence(5.0), engine="energy").run_on_server(*part)
