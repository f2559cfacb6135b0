"""What holds for every picture of turn detection."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from rtnb.audio import Clip
from rtnb.plots.canvas import WIDTH, Picture, Place
from rtnb.plots.layout import Box
from rtnb.plots.render import PNG_CAP_BYTES, png, svg
from rtnb.plots.vad.calibration_chart import calibration_picture
from rtnb.plots.vad.frames_chart import frames_picture
from rtnb.plots.vad.heatmap import heatmap_picture
from rtnb.plots.vad.lab_chart import lab_picture, track_picture
from rtnb.plots.vad.labels_chart import corpus_picture, labels_picture
from rtnb.plots.vad.mistakes_board import mistake_picture, mistakes_picture
from rtnb.plots.vad.operating_chart import operating_picture
from rtnb.plots.vad.sensitivity_chart import sensitivity_picture
from rtnb.plots.vad.sweep_chart import sweep_picture
from rtnb.plots.vad.whatif_chart import whatif_picture
from rtnb.vad import Mistake, Setting, Track, detect

SETTING = Setting(0.5, 300, 350)

Made = Callable[[], Picture]


@pytest.fixture(scope="session")
def pictures(
    corpus: Any, swept: Any, item: Any, track: Any, turns: Any, found: Any, metrics: Any, calibration: Any, what: Any
) -> dict[str, Made]:
    clip = item.clip()
    own = found.of(recording=item.name).mistakes
    crowd = [Mistake("cut_off", item.name, at / 3, at / 3 + 0.2, "a pause", 0) for at in range(60)]
    long = Clip.concat([each.clip() for each in corpus])
    whole = Track(np.concatenate([each.p for each in swept.tracks]), swept.tracks[0].hop_s, "silero")
    quiet = Track(np.zeros(94, dtype=np.float32), 0.032, "silero")
    best = swept.best().score
    return {
        "the lab": lambda: lab_picture(clip, track, turns, labels=item.labels, setting=SETTING, mistakes=own),
        "a crowd of mistakes": lambda: lab_picture(clip, track, turns, setting=SETTING, mistakes=crowd),
        "four minutes": lambda: lab_picture(long, whole, detect(whole, SETTING), setting=SETTING),
        "silence": lambda: lab_picture(Clip.silence(3.0), quiet, setting=SETTING),
        "one frame": lambda: lab_picture(None, Track(np.ones(1, dtype=np.float32), 0.032, "silero")),
        "thresholds at the ends": lambda: lab_picture(clip, track, setting=Setting(1.0, 0, 200, 0.01)),
        "a track": lambda: track_picture(track),
        "labels": lambda: labels_picture(item.labels, turns),
        "a corpus": lambda: corpus_picture(corpus),
        "mistakes": lambda: mistakes_picture(found),
        "a mistake": lambda: mistake_picture(found, found.mistakes[0], found.items[0].clip()),
        "a sweep": lambda: sweep_picture(swept, best=best, baseline=([0, 200.0, 500.0], [0.5, 0.2, 0.0])),
        "a sweep without a best": lambda: sweep_picture(swept),
        "a heatmap": lambda: heatmap_picture(swept),
        "a heatmap of latencies": lambda: heatmap_picture(swept, "latency_p50_ms", y="prefix_padding_ms"),
        "sensitivity": lambda: sensitivity_picture(swept),
        "operating points": lambda: operating_picture(swept.operating_points()),
        "frames": lambda: frames_picture(metrics),
        "residuals": lambda: calibration_picture(calibration),
        "residuals of starts": lambda: calibration_picture(replace(calibration, events=calibration.events[:1])),
        "what if": lambda: whatif_picture(what),
    }


NAMES = (
    "the lab", "a crowd of mistakes", "four minutes", "silence", "one frame", "thresholds at the ends", "a track",
    "labels", "a corpus", "mistakes", "a mistake", "a sweep", "a sweep without a best", "a heatmap",
    "a heatmap of latencies", "sensitivity", "operating points", "frames", "residuals", "residuals of starts",
    "what if",
)  # fmt: skip


@pytest.mark.parametrize("name", NAMES)
def test_words_meet_neither_each_other_nor_the_border(name: str, pictures: dict[str, Made]) -> None:
    picture = pictures[name]()
    height = picture.figure.get_size_inches()[1] * 100
    assert not picture.empty
    assert [box for box in picture.boxes if box.x0 < 0 or box.x1 > WIDTH or box.y0 < 0 or box.y1 > height] == []
    boxes = picture.boxes
    assert [(one, other) for i, one in enumerate(boxes) for other in boxes[:i] if one.meets(other, gap=0)] == []


def crosses(box: Box, one: Place, other: Place) -> bool:
    """Whether a straight line enters a box (the clipping of Liang and Barsky)."""
    enter, leave = 0.0, 1.0
    for start, end, low, high in ((one[0], other[0], box.x0, box.x1), (one[1], other[1], box.y0, box.y1)):
        if start == end:
            if not low < start < high:
                return False
            continue
        first, last = sorted(((low - start) / (end - start), (high - start) / (end - start)))
        enter, leave = max(enter, first), min(leave, last)
    return enter < leave


@pytest.mark.parametrize("name", [name for name in NAMES if "heatmap" not in name])
def test_words_meet_no_line_and_no_mark(name: str, pictures: dict[str, Made]) -> None:
    picture = pictures[name]()
    words = [Box(box.x0, box.y0 + 2.5, box.x1, box.y1 - 2.5) for box in picture.boxes]
    assert [(box, ends) for box in words for ends in picture.strokes if crosses(box, *ends)] == []
    assert [(box, mark) for box in words for mark in picture.marks if box.meets(mark, gap=0)] == []


@pytest.mark.parametrize("name", NAMES)
def test_pictures_are_small_told_in_words_and_follow_the_theme(name: str, pictures: dict[str, Made]) -> None:
    picture = pictures[name]()
    assert len(png(picture.figure)) < PNG_CAP_BYTES
    text = svg(picture.figure)
    assert len(text) < 120_000
    assert "prefers-color-scheme:dark" in text
    assert picture.alt.endswith(".")
    assert 20 < len(picture.alt) < 2000
    assert "nan" not in picture.alt
