"""Stretches of sessions: the frames are those that a server has, and each event belongs to one stretch."""

from __future__ import annotations

import functools

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import rtnb
from rtnb import Clip, SemanticVad, ServerVad
from rtnb.audio.formats import PCM16, PCMA, PCMU
from rtnb.server.input.listening import Listener
from rtnb.vad import DetectorTuning, SpeechStarted, load_engine, probabilities
from rtnb.vad.batch import runs_of
from rtnb.vad.calibration.observed import Detection, Observed
from rtnb.vad.calibration.predicting import predicted
from rtnb.vad.calibration.views import View, views_of

ENGINE = load_engine("energy")
ONE, OTHER = ServerVad(threshold=0.4, silence_duration_ms=100), ServerVad(threshold=0.6, silence_duration_ms=100)


@functools.cache
def spoken() -> Clip:
    return Clip.load(rtnb.sample("dialogue_sample"))[4.0:12.0].resample(24000)


def views(*args: object, **options: object) -> list[View]:
    return list(views_of(Observed(*args, **options), ENGINE, 3))  # type: ignore[arg-type]


def test_one_setting_is_one_stretch_with_the_track_that_a_server_gets() -> None:
    (view,) = views(spoken().to_pcm16(), ONE, [(100, 900), (1200, None)])
    whole = probabilities(spoken(), engine=ENGINE, as_sent=True, cache=False).p
    assert view.p.size >= 249 and np.array_equal(view.p, whole[: view.p.size])
    assert (view.recording, view.setting, view.hop_ms, view.begin_ms, view.last) == (3, ONE.resolved(), 32.0, 0.0, True)
    assert view.start_ms.tolist() == [100, 1200] and view.stop_ms[0] == 900 and np.isnan(view.stop_ms[1])


@settings(deadline=None, max_examples=40)
@given(st.lists(st.integers(1, 7990), min_size=1, max_size=5, unique=True).map(sorted))
def test_other_parameters_cut_the_stretch_and_nothing_else(at_ms: list[int]) -> None:
    held = [(0, ONE), *((at, (OTHER, ONE)[place % 2]) for place, at in enumerate(at_ms))]
    found = views(spoken().to_pcm16(), held, [])
    (whole,) = views(spoken().to_pcm16(), ONE, [])
    assert np.array_equal(np.concatenate([view.p for view in found]), whole.p)
    for view in found:
        assert view.origin_ms == 0 and np.array_equal(view.p, whole.p[view.first : view.first + view.p.size])
    by_end = {view.end_ms: view.setting.threshold for view in found}
    assert all(by_end[end] == held[place][1].threshold for place, end in enumerate(at_ms) if end in by_end)


def test_what_changes_nothing_of_the_detector_cuts_nothing() -> None:
    quiet = ServerVad(threshold=0.4, silence_duration_ms=100, create_response=False, idle_timeout_ms=6000)
    assert len(views(spoken().to_pcm16(), [(0, ONE), (3000, quiet)], [])) == 1


def test_listening_begins_afresh_where_the_buffer_was_cleared() -> None:
    first, second = views(spoken().to_pcm16(), ONE, [], cleared_ms=[3001.0])
    (alone,) = views(spoken()[3.001:].to_pcm16(), ONE, [])
    assert np.array_equal(second.p, alone.p)
    assert (first.end_ms, second.origin_ms, second.first, second.begin_ms) == (3001, 3001, 0, 3001)
    assert not first.last and second.last and second.taken_ms.tolist() == [3001]


@pytest.mark.parametrize("between", [None, SemanticVad()])
def test_stretches_without_server_vad_are_passed_over(between: Detection) -> None:
    turns = [(500, 900), (3500, 4000), (6100, 6500)]
    first, second = views(spoken().to_pcm16(), [(0, ONE), (3000, between), (5000, ONE)], turns)
    assert first.start_ms.tolist() == [500] and second.start_ms.tolist() == [6100]
    assert (first.end_ms, second.origin_ms) == (3000, 5000 if between is None else 0)
    assert not views(spoken().to_pcm16(), between, turns)


def test_a_turn_under_way_when_settings_change_has_a_start_and_no_stop() -> None:
    first, second = views(
        spoken().to_pcm16(), [(0, ONE), (3000, OTHER)], [(500, 900), (2000, 4000), (4200, 5000), (6000, 7000)]
    )
    assert first.start_ms.tolist() == [500, 2000] and np.isnan(first.stop_ms[1])
    assert second.begin_ms >= 4000 and second.start_ms.tolist() == [4200, 6000]
    assert second.taken_ms.tolist() == [900, 4000]
    assert len(views(spoken().to_pcm16(), [(0, ONE), (3000, OTHER)], [(2000, None)])) == 1, "it never ended"


@pytest.mark.parametrize("start", [PCM16, PCMU, PCMA], ids=lambda kind: kind.type)
def test_formats_and_changes_of_them_are_heard_as_the_server_hears_them(start: object) -> None:
    """The events of the server's own listener, from probabilities to the last bit."""
    tuning = DetectorTuning(hysteresis=0.2, lag_ms=20, name="x")
    pieces, events = [], []
    listener = Listener(ENGINE, {"type": "server_vad", **ONE.to_wire()}, 0.0, format=start, tuning=tuning)  # type: ignore[arg-type]
    for kind, piece in ((start, spoken()[0:3.0]), (PCM16, spoken()[3.0:5.0]), (PCMU, spoken()[5.0:])):
        data = kind.encode(piece.samples, piece.rate_hz)  # type: ignore[attr-defined]
        pieces.append((kind.type, data))  # type: ignore[attr-defined]
        listener.change_format(kind)  # type: ignore[arg-type]
        events += listener.push(data)
    (view,) = views(pieces, ONE, [])
    guess = predicted(view, runs_of(view.p, 0.4, 0.2), 1, 20.0, 20.0)
    stops = [each.audio_end_ms for each in events if not isinstance(each, SpeechStarted)]
    assert stops and guess.stop_ms[~np.isnan(guess.stop_ms)].tolist() == stops


def test_no_audio_is_no_stretch() -> None:
    assert views(b"", ONE, []) == [] == views(bytes(100), ONE, [(0, 10)])
