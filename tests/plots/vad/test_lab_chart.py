from __future__ import annotations

from typing import Any

import pytest
from matplotlib.figure import Figure
from matplotlib.patches import PathPatch

from rtnb.audio import Clip
from rtnb.plots.vad.lab_chart import lab_figure, thresholds, track_figure
from rtnb.vad import DetectorTuning, Setting

SETTING = Setting(0.5, 300, 350)


def words(figure: Figure) -> set[str]:
    return {text.get_text() for text in figure.axes[0].texts}


def test_thresholds_are_those_that_the_detector_holds() -> None:
    assert thresholds(None) is None
    assert thresholds(Setting(0.5, 300, 500)) == (0.5, 0.35)
    assert thresholds(Setting(0.1, 300, 500)) == (0.1, 0.01)
    assert thresholds(Setting(0.5, 300, 500, 0.3)) == (0.5, 0.2)
    assert thresholds({"threshold": 0.5}, DetectorTuning(hysteresis=0.2, threshold_map=[(0.5, 0.6)])) == (0.6, 0.4)


def test_the_lab_shows_what_it_is_given(item: Any, track: Any, turns: Any) -> None:
    figure = lab_figure(item.clip(), track, turns, labels=item.labels, setting=SETTING, prediction="office")
    assert {"sound", "labels", "probability", "0.50", "0.35", "1", "2", "prefix", "silence"} <= words(figure)
    assert "predicted with the calibration office" in words(figure)
    bare = words(track_figure(track))
    assert "probability" in bare
    assert not {"sound", "labels", "prefix"} & bare


def test_prefix_speech_and_silence_are_shaded_apart(item: Any, track: Any, turns: Any) -> None:
    figure = lab_figure(item.clip(), track, turns, setting=SETTING)
    alphas = {patch.get_alpha() for patch in figure.axes[0].artists if isinstance(patch, PathPatch)}
    patches = [a for a in figure.axes[0].get_children() if isinstance(a, PathPatch)]
    assert {0.12, 0.24, 0.52} <= alphas | {patch.get_alpha() for patch in patches}


@pytest.mark.parametrize(("seconds", "rows"), [(30.0, 1), (60.0, 2), (500.0, 4)])
def test_long_recordings_get_rows(seconds: float, rows: int, track: Any) -> None:
    figure = lab_figure(Clip.silence(seconds), track)
    assert [text.get_text() for text in figure.axes[0].texts].count("sound") == rows


def test_axes_of_the_user_are_drawn_into_in_seconds_and_probability(item: Any, track: Any, turns: Any) -> None:
    figure = Figure()
    above, below = figure.subplots(2, sharex=True)
    given = track_figure(track, clip=item.clip(), turns=turns, labels=item.labels, setting=SETTING, ax=below)
    assert given is figure
    assert not above.lines
    line = below.lines[0]
    assert line.get_xdata()[1] == pytest.approx(1.5 * track.hop_s)
    assert line.get_ydata().max() <= 1.0
    assert [each.get_ydata()[0] for each in below.lines[1:]] == [0.5, 0.35]
    assert below.get_xlabel() == "time in s"
    part = Figure().subfigures(1, 2)[0]
    assert isinstance(track_figure(track, ax=part.subplots()), Figure)
