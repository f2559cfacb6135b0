from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

from hypothesis import given
from hypothesis import strategies as st
from support.markup import assert_harmless

from rtnb._display import bundle
from rtnb.plots.vad.mistakes_board import MOST_HEARD, MOST_S, mistake_figure, surroundings
from rtnb.vad import Mistake
from rtnb.vad.corpus import Item


def test_every_mistake_is_listed_and_a_bounded_number_is_heard(found: Any, item: Any) -> None:
    rare = Mistake("merged", item.name, 20.0, 20.5, "the pause is 0.50 s")
    many = tuple(Mistake("cut_off", item.name, i / 3, i / 3 + 0.4, f"pause {i}") for i in range(80))
    shown = bundle(replace(found, mistakes=(*many, rare)))
    page = assert_harmless(shown["text/html"])
    assert len(page.all("audio")) == MOST_HEARD
    assert len(page.all("img")) == MOST_HEARD + 1
    assert sum(map(len, shown.values())) < 1_000_000
    text = page.text()
    assert "81 mistakes of 0.50 / 300 / 350" in text
    assert "20 with a player, of every kind in turn; the table has all" in text
    assert all(f"pause {i}" in text for i in range(80))
    # A frequent kind does not take the place of a rare one.
    assert any("merged at 20.00 s" in player["aria-label"] for player in page.all("audio"))


def test_all_of_the_sample_are_heard_with_what_is_around_them(found: Any) -> None:
    page = assert_harmless(bundle(found)["text/html"])
    assert len(page.all("audio")) == min(len(found), MOST_HEARD) == len(page.all("img")) - 1
    for mistake in found.mistakes:
        assert mistake.detail in page.text()
    labels = {text.get_text() for text in mistake_figure(found, 0).axes[0].texts}
    assert {"labelled turns", "probability", "mistakes"} <= labels


def test_a_recording_that_is_gone_is_said_to_be(found: Any, item: Any) -> None:
    gone = Item(item.name, Path("gone.flac"), item.labels)
    one = replace(found.of(recording=item.name), items=tuple(gone if i.name == item.name else i for i in found.items))
    page = assert_harmless(bundle(one)["text/html"])
    assert "its sound cannot be read any more" in page.text()
    assert not page.all("audio")


@given(st.floats(0, 100), st.floats(0, 50), st.floats(0.5, 120))
def test_surroundings_are_short_and_hold_the_beginning(start_s: float, length_s: float, clip_s: float) -> None:
    start_s = min(start_s, clip_s)
    low, high = surroundings(Mistake("late", "a", start_s, start_s + length_s, ""), clip_s)
    assert 0 <= low <= start_s + 1e-6
    assert low < high <= max(clip_s, 0.1) + 1e-6
    assert high - low <= MOST_S + 1e-6
    assert high >= min(start_s, clip_s) - 1e-6


def test_players_stand_on_lines_of_their_own_and_missed_turns_have_a_speaker(item: Any, found: Any) -> None:
    who = item.labels.segments[0]
    one = Mistake("missed", item.name, who.start_s, who.end_s, "a turn of 1 s")
    html = bundle(replace(found, mistakes=(one,)))["text/html"]
    page = assert_harmless(html)
    assert f"speaker {who.speaker}" in page.text() and who.speaker
    before = html[: html.index("<audio")]
    assert before[before.rindex("<") :].startswith("<div")
