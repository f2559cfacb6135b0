from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from rtnb.plots.canvas import WIDTH
from rtnb.plots.stills.console_card import Status
from rtnb.plots.stills.console_chart import console_picture
from rtnb.plots.stills.context import Context
from rtnb.session.views.budget import BudgetView
from rtnb.session.views.shapes import SessionView


@pytest.mark.parametrize("text", ["words " * 400, "x" * 3000, "会" * 900, "", "one\n\ntwo", "a $b$ \\frac{1}{2}"])
def test_words_stay_within_the_border_and_apart(text: str, talk: SessionView, budget: BudgetView) -> None:
    turns = tuple(replace(turn, user_text=text, assistant_text=text) for turn in talk.turns)
    view = replace(talk, turns=turns, model="m" * 200, errors=("e" * 900,) * 5)
    picture = console_picture(view, Status(budget, Context(31_000, 32_000), datetime(2026, 11, 22, tzinfo=UTC)))
    height = picture.figure.get_size_inches()[1] * 100
    boxes = picture.boxes
    assert [box for box in boxes if box.x0 < 0 or box.x1 > WIDTH or box.y0 < 0 or box.y1 > height] == []
    assert [(one, other) for i, one in enumerate(boxes) for other in boxes[:i] if one.meets(other, gap=0)] == []
    assert height < 900


def test_it_is_told_in_words(talk: SessionView) -> None:
    alt = console_picture(talk, Status()).alt
    assert alt.startswith("Conversation with embedded server · gpt-realtime-2.1 · marin · server VAD: 4 turns")
    assert "Tool: get_weather" in alt
    assert len(alt) < 2000


def test_what_may_end_after_the_picture_stands_with_its_moment(talk: SessionView) -> None:
    def words(view: SessionView) -> list[str]:
        picture = console_picture(view, Status(now=datetime(2026, 11, 22, 14, 3, tzinfo=UTC)))
        return [text.get_text() for axes in picture.figure.axes for text in axes.texts] + [
            text.get_text() for text in picture.figure.texts
        ]

    told = words(talk)
    assert any(each.startswith("open as of 2026-11-22 14:03 UTC") for each in told) and "open" not in told
    assert "closed" in words(replace(talk, status="closed"))
