from __future__ import annotations

from dataclasses import replace

import pytest

from rtnb.plots.canvas import WIDTH, Picture
from rtnb.plots.render import PNG_CAP_BYTES, png, svg
from rtnb.plots.stills.image import SVG_LIMIT
from rtnb.plots.timeline.chart import timeline_figure, timeline_picture
from rtnb.session.timeline.timeline import Timeline


def _check(picture: Picture) -> None:
    height = picture.figure.get_size_inches()[1] * 100
    boxes = picture.boxes
    assert [box for box in boxes if box.x0 < 0 or box.x1 > WIDTH or box.y0 < 0 or box.y1 > height] == []
    assert [(one, other) for i, one in enumerate(boxes) for other in boxes[:i] if one.meets(other, gap=0)] == []


@pytest.mark.parametrize("span_s", [None, (185.0, 240.0), (104.0, 108.5), (107.9, 107.95), (900.0, 950.0)])
def test_words_stay_apart_and_within_the_border(
    span_s: tuple[float, float] | None, timeline: Timeline, crowded: Timeline
) -> None:
    for each in (timeline, crowded):
        picture = timeline_picture(each, span_s=span_s)
        _check(picture)
        assert picture.alt.startswith("Timeline from ")
        assert "nan" not in picture.alt
        assert len(picture.alt) < 2000


def test_two_runs_share_a_clock(timeline: Timeline, crowded: Timeline) -> None:
    both = timeline_picture(timeline, crowded, span_s=(100.0, 130.0))
    _check(both)
    assert len(both.figure.axes[0].texts) > len(timeline_picture(timeline, span_s=(100.0, 130.0)).figure.axes[0].texts)
    shifted = timeline_picture(timeline, crowded, shift_s=1000.0)
    assert "Timeline from 0." in shifted.alt


def test_it_is_small_and_follows_the_theme(timeline: Timeline, crowded: Timeline) -> None:
    for each in (timeline, crowded):
        figure = timeline_figure(each)
        assert len(png(figure)) <= PNG_CAP_BYTES
        text = svg(figure)
        assert len(text) < SVG_LIMIT
        assert "prefers-color-scheme:dark" in text


def test_what_was_heard_stands_at_the_interruption(timeline: Timeline) -> None:
    words = [text.get_text() for text in timeline_figure(timeline, span_s=(185.0, 240.0)).axes[0].texts]
    assert "barge-in: 9.86 s of 30.61 s heard, reckoned" in words
    assert "You" in words
    assert any(word.startswith("latency: speech end → first audible sample") for word in words)
    assert any("cancelled" in word for word in words)


def test_how_a_response_ended_is_told_without_colours(timeline: Timeline) -> None:
    def ended(status: str) -> Picture:
        responses = tuple(replace(each, status=status, reason="") for each in timeline.responses[:2])
        return timeline_picture(replace(timeline, responses=responses), span_s=(0.0, 40.0))

    def shapes(picture: Picture) -> int:
        """Points of all paths: a cross, a half and a block have different ones."""
        axes = picture.figure.axes[0]
        return sum(len(each.get_path().vertices) for each in axes.patches)

    pictures = {status: ended(status) for status in ("completed", "cancelled", "incomplete", "failed")}
    assert len({shapes(picture) for picture in pictures.values()}) == 4
    for status, sign in (("cancelled", "■"), ("incomplete", "◐"), ("failed", "✕")):
        words = [text.get_text() for text in pictures[status].figure.axes[0].texts]
        assert any(f"responses: {sign} {status}" in each for each in words), words


def test_a_pointed_caption_is_never_left_out(timeline: Timeline) -> None:
    words = [text.get_text() for text in timeline_figure(timeline).axes[0].texts]
    assert any("¹ speech end → first audible sample played (reckoned)" in each for each in words)
    assert any("² response.create sent → first output_audio.delta received" in each for each in words)


def test_nothing_happened(nothing: Timeline) -> None:
    assert timeline_picture(nothing).empty
