from __future__ import annotations

from support.markup import assert_harmless

from rtnb._display import bundle
from rtnb.plots.grid import text_columns
from rtnb.plots.timeline.explained import MOST, explained_bundle
from rtnb.session.timeline.explained import ExplainedEvent, ExplainedEvents
from rtnb.session.timeline.timeline import Timeline


def test_a_line_has_time_name_meaning_and_words(timeline: Timeline) -> None:
    story = timeline.explained()[:20]
    reader = assert_harmless(explained_bundle(story)["text/html"])
    assert len(reader.all("tr")) == 1 + len(story)
    text = " ".join(reader.text().split())
    for each in story:
        assert each.means in text and each.means.split()[0] in explained_bundle(story)["text/plain"]
    assert "in beta: " in text and "received from the server" in text
    assert set(bundle(story)) == {"text/html", "text/plain"}


def test_only_directions_that_occur_are_told(timeline: Timeline) -> None:
    sent = timeline.explained().of_type("session.update")
    assert "sent by the client" in str(explained_bundle(sent)["text/html"])
    assert "received from" not in str(explained_bundle(sent)["text/html"])


def test_long_ones_are_capped_and_empty_ones_say_so(timeline: Timeline) -> None:
    story = timeline.explained()
    assert len(story) > MOST
    shown = explained_bundle(story)
    assert f"{len(story) - MOST:,} more lines" in shown["text/html"] and len(shown["text/html"]) < 400_000
    assert "nothing happened" in explained_bundle(ExplainedEvents(()))["text/html"]
    assert "nothing happened" in explained_bundle(ExplainedEvents(()))["text/plain"]


def test_a_terminal_is_wide_enough(timeline: Timeline) -> None:
    lines = explained_bundle(timeline.explained()[:60])["text/plain"].splitlines()
    assert max(map(text_columns, lines)) <= 100


def test_names_are_what_they_are() -> None:
    nasty = ExplainedEvent(seq=0, t_s=0.0, last_s=0.0, count=1, direction="received", type="<b>.x", says="<script>")
    for kind in ("<b>.x", "", "..", "_"):
        story = ExplainedEvents((nasty, ExplainedEvent(seq=1, t_s=0, last_s=0, count=2, direction="sent", type=kind)))
        reader = assert_harmless(explained_bundle(story)["text/html"])
        assert "<b>.x" in reader.text()
