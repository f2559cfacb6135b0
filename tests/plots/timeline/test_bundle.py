from __future__ import annotations

import base64

from support.markup import assert_harmless

from rtnb._display import bundle
from rtnb.plots.render import PNG_CAP_BYTES
from rtnb.plots.timeline.bundle import timeline_bundle
from rtnb.session.timeline.timeline import Timeline


def test_a_timeline_draws_itself(timeline: Timeline) -> None:
    still = bundle(timeline)
    reader = assert_harmless(still["text/html"])
    assert len(reader.all("img")) == 1
    for text in (reader.text(), still["text/plain"]):
        for part in ("39,462 events", "44 turns", "2 interrupted", "$1.35"):
            assert part in text, part
    assert len(still["text/html"]) < 250_000
    assert len(still["text/plain"]) < 25_000
    assert len(base64.b64decode(still["image/png"])) <= PNG_CAP_BYTES


def test_long_tables_say_what_they_leave_out(crowded: Timeline) -> None:
    text = assert_harmless(timeline_bundle(crowded)["text/html"]).text()
    assert "more lines" in text
    assert "30 errors" in text
    assert "Wait." in text


def test_two_runs_and_their_latencies(timeline: Timeline, crowded: Timeline) -> None:
    still = bundle(timeline.against(crowded))
    text = assert_harmless(still["text/html"]).text()
    assert "above: ten_minutes.rtnb" in text
    assert "below: crowded" in text
    assert "+0 ms" in still["text/plain"]
    assert "ten_minutes.rtnb above crowded" in timeline_bundle(timeline, crowded)["text/html"]


def test_nothing_happened(nothing: Timeline) -> None:
    still = bundle(nothing)
    assert "nothing happened yet" in assert_harmless(still["text/html"]).text()
    assert "image/png" not in still
