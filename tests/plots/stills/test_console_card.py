from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

from support.markup import assert_harmless
from support.pictures import data_uri

from rtnb.plots.palette import ASSISTANT
from rtnb.plots.stills.console_card import MOST_IMAGES, OPEN_TURNS, Status, console_card, status_words
from rtnb.plots.style import ink_css
from rtnb.session.views.pieces import ImageView
from rtnb.session.views.shapes import SessionView


def test_older_turns_wait_behind_a_click(talk: SessionView) -> None:
    turns = tuple(replace(talk.turns[1], index=i) for i in range(OPEN_TURNS + 5))
    reader = assert_harmless(console_card(replace(talk, turns=turns), Status()))
    assert len(reader.all("details")) == 1
    assert "5 earlier turns" in reader.text()


def test_images_are_few(talk: SessionView) -> None:
    images = tuple(ImageView(data_uri(30, 20)) for _ in range(4))
    turns = tuple(replace(talk.turns[1], index=i, user_images=images) for i in range(5))
    reader = assert_harmless(console_card(replace(talk, turns=turns), Status()))
    assert 0 < len(reader.all("img")) <= MOST_IMAGES
    assert reader.text().count("4 images") == 4


def test_what_may_end_after_the_picture_is_said_with_its_moment(talk: SessionView) -> None:
    now = datetime(2026, 11, 22, 14, 3, tzinfo=UTC)
    assert status_words(talk, now)[1] == "open as of 2026-11-22 14:03 UTC"
    assert status_words(replace(talk, status="reconnecting"), now)[1] == "reconnecting as of 2026-11-22 14:03 UTC"
    assert status_words(replace(talk, status="closed"), now)[1] == "closed"
    # No green light stays on in a saved file.
    green = ink_css(ASSISTANT)
    head = str(console_card(replace(talk, turns=()), Status(now=now)))
    assert "open as of" in head and green not in head
