from __future__ import annotations

import base64
from statistics import median

from support.markup import assert_harmless

from rtnb._display import bundle
from rtnb.plots.render import PNG_CAP_BYTES
from rtnb.plots.timeline.bundle import SPARE_CAP_BYTES, STILL_CAP, timeline_bundle, timeline_facts
from rtnb.session.timeline.timeline import Timeline
from rtnb.session.views.timing import in_words


def test_a_timeline_draws_itself(timeline: Timeline) -> None:
    still = bundle(timeline)
    reader = assert_harmless(still["text/html"])
    assert len(reader.all("img")) == 1
    for text in (reader.text(), still["text/plain"]):
        for part in ("39,462 events", "44 turns", "2 interrupted", "$1.35"):
            assert part in text, part
    assert len(still["text/html"]) + len(still["image/png"]) <= STILL_CAP
    assert len(still["text/plain"]) < 25_000
    assert len(base64.b64decode(still["image/png"])) <= PNG_CAP_BYTES


def test_long_tables_say_what_they_leave_out(crowded: Timeline) -> None:
    text = assert_harmless(timeline_bundle(crowded)["text/html"]).text()
    assert "more lines" in text
    assert "30 errors" in text
    assert "Wait." in text


def test_two_runs_and_their_latencies(timeline: Timeline, crowded: Timeline) -> None:
    still = bundle(timeline.against(crowded))
    assert len(still["text/html"]) + len(still["image/png"]) <= STILL_CAP
    assert "<img " in still["text/html"]
    text = assert_harmless(still["text/html"]).text()
    assert "above: ten_minutes.rtnb" in text
    assert "below: crowded" in text
    assert "+0 ms" not in still["text/plain"] and "0 ms" in still["text/plain"]
    assert "ten_minutes.rtnb above crowded" in timeline_bundle(timeline, crowded)["text/html"]


def test_a_picture_is_not_kept_twice_at_its_full_size(crowded: Timeline) -> None:
    still = timeline_bundle(crowded)
    assert len(still["text/html"]) + len(still["image/png"]) <= STILL_CAP
    spare = base64.b64decode(still["image/png"])
    assert len(spare) <= SPARE_CAP_BYTES
    wide = int.from_bytes(spare[16:20], "big")
    assert wide >= 720, "large enough to be read on paper"


def test_the_median_names_its_ends_and_is_of_one_definition(timeline: Timeline) -> None:
    (said,) = [str(fact) for fact in timeline_facts(timeline) if "median" in str(fact)]
    waits = [each for each in timeline.brackets if each.name == "response_latency"]
    assert said == (
        f"{in_words(median(each.value for each in waits), 's')} median latency, speech end → first audible sample "
        f"played (reckoned), {len(waits)} of 44 turns"
    )
    still = timeline_bundle(timeline)
    assert said in assert_harmless(still["text/html"]).text() and said in " ".join(still["text/plain"].split())


def test_one_of_each_is_counted_as_one(timeline: Timeline) -> None:
    one = timeline.of_turns(0)
    facts = [str(fact) for fact in timeline_facts(one)]
    assert "1 turn" in facts and "1 turns" not in bundle(one)["text/plain"]


def test_nothing_happened(nothing: Timeline) -> None:
    still = bundle(nothing)
    assert "nothing happened yet" in assert_harmless(still["text/html"]).text()
    assert "image/png" not in still
