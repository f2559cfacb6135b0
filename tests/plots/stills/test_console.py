from __future__ import annotations

import base64
from dataclasses import replace
from datetime import UTC, datetime

from support.markup import assert_harmless

from rtnb.plots.render import PNG_CAP_BYTES
from rtnb.plots.stills.console import console_bundle, console_text
from rtnb.plots.stills.context import Context
from rtnb.session.views.budget import BudgetView
from rtnb.session.views.shapes import SessionView

NOW = datetime(2026, 11, 22, 14, 3, 59, tzinfo=UTC)


def test_every_format_has_both_sides_the_tool_and_what_was_not_heard(talk: SessionView, budget: BudgetView) -> None:
    still = console_bundle(talk, budget=budget, context=Context(3_840, 32_000), now=NOW)
    reader = assert_harmless(still["text/html"])
    for text in (reader.text(), " ".join(still["text/plain"].split())):
        for part in ("open as of 2026-11-22 14:03 UTC",
                     "What is the weather in Paris?", "I heard a question", "Turn detection by silence.",
                     'get_weather(city="Paris") → 21 °C, sunny', "1.55 s of 4.00 s heard", "12 % of 32k context",
                     "$0.0231 of $1.00", "server_error", "Ask again.", "server VAD"):  # fmt: skip
            assert part in text, part
        assert " left" not in text and "●" not in text
    assert "[not heard: " in still["text/plain"]
    assert len(reader.all("del")) == 1
    assert not reader.all("audio")
    assert len(base64.b64decode(still["image/png"])) <= PNG_CAP_BYTES


def test_sounds_only_when_asked_for(talk: SessionView) -> None:
    assert len(assert_harmless(console_bundle(talk, embed_audio=True)["text/html"]).all("audio")) == 4


def test_a_long_talk_keeps_its_end_and_counts_the_rest(talk: SessionView) -> None:
    turns = tuple(
        replace(talk.turns[1], index=i, user_text=f"question {i}", assistant_text="word " * 60) for i in range(400)
    )
    still = console_bundle(replace(talk, turns=turns))
    assert len(still["text/html"]) < 300_000
    assert len(still["text/plain"]) < 25_000
    assert len(base64.b64decode(still["image/png"])) <= PNG_CAP_BYTES
    assert "question 399" in still["text/html"]
    assert "question 0<" not in still["text/html"]
    assert "earlier turns left out" in assert_harmless(still["text/html"]).text()
    assert "… 370 earlier turns" in still["text/plain"]


def test_last_shows_no_more_turns(talk: SessionView) -> None:
    text = console_text(talk, last=1)
    assert "… 3 earlier turns" in text
    assert "Paris" not in text
    assert "image/png" in console_bundle(talk, last=1)


def test_nothing_said_yet() -> None:
    still = console_bundle(SessionView("embedded server", "model", "", "open", 0.0, ()))
    assert "nothing was said yet" in still["text/plain"]
    assert "nothing was said yet" in assert_harmless(still["text/html"]).text()
    assert "image/png" not in still
