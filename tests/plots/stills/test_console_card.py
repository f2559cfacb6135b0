from __future__ import annotations

from dataclasses import replace

from support.markup import assert_harmless
from support.pictures import data_uri

from rtnb.plots.stills.console_card import MOST_IMAGES, OPEN_TURNS, Status, clock, console_card, pills
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


def test_time_left_is_only_said_of_an_open_session(talk: SessionView) -> None:
    assert pills(talk, Status(left_s=61.5))[0] == "1:01 left"
    assert not any("left" in words for words in pills(replace(talk, status="closed"), Status(left_s=61.5)))
    assert clock(-3) == "0:00"
