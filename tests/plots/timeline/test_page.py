from __future__ import annotations

from dataclasses import replace

import pytest
from support.markup import assert_harmless

from rtnb.plots.timeline import page as module
from rtnb.plots.timeline.page import timeline_page
from rtnb.session.timeline.timeline import Timeline


def test_it_stands_alone_and_has_everything(timeline: Timeline) -> None:
    page = timeline_page(timeline)
    reader = assert_harmless(page)
    assert page.startswith("<!doctype html>")
    policy = next(meta["content"] for meta in reader.all("meta") if "http-equiv" in meta)
    assert policy.startswith("default-src 'none'")
    # The whole, and strips of forty seconds.
    assert len(reader.all("img")) == 19
    text = reader.text()
    for part in (
        "ten_minutes.rtnb",
        "Turns",
        "Times",
        "Events",
        "response.output_audio.delta",
        "Tell me a long story.",
    ):
        assert part in text, part
    assert not reader.all("audio")
    assert len(page) < 2_500_000


def test_strips_are_capped_and_counted(timeline: Timeline, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "MOST_STRIPS", 3)
    page = timeline_page(replace(timeline, runs=(), brackets=()), title="<A title>")
    assert page.count("&lt;A title&gt;") == 2
    assert len(assert_harmless(page).all("img")) == 4
    assert "… 15 more strips, seen in the whole above" in page


def test_sound_only_when_asked_for(timeline: Timeline) -> None:
    first = replace(timeline, transcripts=timeline.transcripts[:4], runs=(), brackets=())
    reader = assert_harmless(timeline_page(first, embed_audio=True))
    assert 1 <= len(reader.all("audio")) <= 4
    assert reader.all("audio")[0]["src"].startswith("data:audio/flac;base64,")


def test_it_is_read_on_a_narrow_screen(timeline: Timeline) -> None:
    page = timeline_page(replace(timeline, runs=(), brackets=()))
    reader = assert_harmless(page)
    assert all("min-width:820px" in image["style"].replace(" ", "") for image in reader.all("img"))
    assert "td:not([style]){white-space:nowrap}" in page


def test_two_runs_lie_as_they_are_shifted(timeline: Timeline) -> None:
    first = timeline.between(0.0, 20.0)
    assert timeline_page(first, first, shift_s=5.0) != timeline_page(first, first, shift_s=0.0)
