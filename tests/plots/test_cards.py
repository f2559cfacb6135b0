from __future__ import annotations

import re
from dataclasses import replace
from typing import get_args

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from support.markup import assert_harmless, read

from rtnb.audio import Clip
from rtnb.plots.cards import clip_card, cost_card, report_card, run_card, session_card, turn_card, usage_card
from rtnb.plots.html import clean
from rtnb.pricing import cost
from rtnb.session.views.shapes import RunView, SessionView, TurnStatus, TurnView, UsageReport
from rtnb.tokens import TokenUsage

NASTY = (
    "<script>alert(1)</script>",
    "</style></section></span>",
    "\"' onerror=alert(1) x=\"",
    "&lt;b&gt; &amp; &#x3c;",
    "\u202egnp.exe\u2066",
    "<!-- ", "]]>", "\x00\x1b[31m", "\ud800", "javascript:", "`${1}`", "{{7*7}}",
)  # fmt: skip
hostile = st.lists(st.sampled_from(NASTY) | st.text(max_size=12), min_size=1, max_size=6).map("".join)
hostile = hostile.filter(lambda text: bool(text.strip()))


def turn_of(words: str, status: TurnStatus = "failed") -> TurnView:
    usage = TokenUsage(input_text=5, output_text=3)
    return TurnView(
        0,
        status,
        words,
        words,
        "text",
        assistant_text=words,
        usage=usage,
        cost=cost(usage, words, "2026-01-31"),
        model=words,
        endpoint=words,
    )


@settings(deadline=None)
@given(words=hostile)
@example("".join(NASTY))
@example("x" * 1200)
def test_nothing_said_becomes_markup(words: str) -> None:
    cards = {
        "turn": lambda said: turn_card(turn_of(said), numbered=True),
        "run": lambda said: run_card(RunView(said, Clip.silence(0), 0.0, (turn_of(said),), (), True, said, said)),
        "session": lambda said: session_card(
            SessionView(
                said, said, said, "lost", 1.0, (turn_of(said),), errors=(said,), turn_detection=said, notes=(said,)
            )
        ),
        "cost": lambda said: cost_card(cost(TokenUsage(input_text=5), said, "2026-01-31")),
    }
    for name, card in cards.items():
        reader = assert_harmless(card(words))
        assert reader.shape() == read(card("x")).shape(), name
        assert "".join(clean(words).split()) in "".join(reader.text().split()) or name in ("cost", "run")


def test_ten_thousand_characters_wait_behind_a_click() -> None:
    said = "</span><script>" * 700
    reader = assert_harmless(turn_card(turn_of(said)))
    assert len(reader.all("details")) == 2
    assert reader.text().count(said[:1000]) >= 2
    shown = re.sub(r"<details>.*?</details>", "", str(turn_card(turn_of("word " * 2000))))
    assert len(read(shown).text()) < 20_000


def test_a_spoken_turn(spoken: TurnView) -> None:
    reader = assert_harmless(turn_card(spoken))
    text = reader.text()
    order = ["You", "What is the weather", "Assistant", "I heard", "0.93 s", "tokens in", "$0.0081", "embedded server"]
    places = [text.index(part) for part in order]
    assert places == sorted(places)
    assert [audio["aria-label"] for audio in reader.all("audio")] == [
        "Turn 1, you, 2.47 s",
        "Turn 1, assistant, 4.00 s",
    ]
    (image,) = reader.all("img")
    assert image["alt"].startswith("Waveform of turn 1: 2.47 s of user audio")
    assert image["src"].startswith("data:image/svg+xml;base64,")


@pytest.mark.parametrize("status", ["waiting", "listening", "in_progress"])
def test_a_turn_that_goes_on_has_words_only(spoken: TurnView, status: TurnStatus) -> None:
    card = turn_card(replace(spoken, status=status))
    reader = assert_harmless(card)
    assert not reader.all("img")
    assert not reader.all("audio")
    assert "I heard a question about the weather in Paris. …" in reader.text()
    assert len(str(card)) < 10_000


@pytest.mark.parametrize("status", get_args(TurnStatus))
def test_no_state_is_blank(status: TurnStatus) -> None:
    text = assert_harmless(turn_card(TurnView(0, status, "the reason", user_kind="audio"))).text()
    assert text.startswith("You")
    assert len(text.partition("Assistant")[2].strip()) >= 1
    assert ("the reason" in text) == (status in ("cancelled", "incomplete", "failed", "no_response"))


def test_an_interruption_says_how_much_was_heard(interrupted: TurnView) -> None:
    assert "interrupted by speech: 1.55 s of 4.00 s heard" in read(turn_card(interrupted)).text()


def test_a_turn_without_a_user_has_no_row_for_one() -> None:
    assert "You" not in read(turn_card(TurnView(0, "completed", assistant_text="Hello"))).text()


def test_a_text_turn_has_no_picture(typed: TurnView) -> None:
    reader = read(turn_card(typed))
    assert not reader.all("img")
    assert not reader.all("audio")


def test_clips(question: Clip) -> None:
    reader = assert_harmless(clip_card(question))
    assert reader.text() == "1.87 s 24 kHz peak -7.6 dBFS"
    assert len(reader.all("audio")) == len(reader.all("img")) == 1
    assert "silent" in read(clip_card(Clip.silence(2))).text()
    empty = assert_harmless(clip_card(Clip.silence(0)))
    assert empty.text() == "empty: 0 s of sound"
    assert not empty.all("audio")


def test_runs(run: RunView) -> None:
    reader = assert_harmless(run_card(run))
    assert "dialogue_sample.flac 30.0 s at real pace 6 turns done" in reader.text()
    assert len(reader.all("audio")) == len(reader.all("img")) == len(reader.all("table")) == 1
    going = assert_harmless(run_card(replace(run, done=False)))
    assert "streaming …" in going.text()
    assert not going.all("img")
    assert "no turn so far" in read(run_card(replace(run, turns=(), done=False))).text()


def test_sessions(session: SessionView) -> None:
    text = assert_harmless(session_card(session)).text()
    assert text.startswith("embedded server · gpt-realtime-2.1 · marin · server VAD ● open")
    assert "Answers are spoken by a stand-in voice." in text
    lost = replace(session, turns=(), status="lost", errors=("The connection broke.",), usage=None, cost=None)
    text = assert_harmless(session_card(lost)).text()
    assert "connection lost" in text
    assert "Error: The connection broke." in text
    assert "no turns yet" in text


def test_bills_and_reports(session: SessionView) -> None:
    assert session.cost is not None
    assert session.usage is not None
    assert str(session.cost) in assert_harmless(cost_card(session.cost)).text()
    assert "audio" in assert_harmless(usage_card(session.usage)).text()
    report = assert_harmless(report_card(UsageReport.of(session)))
    assert len(report.all("table")) == 3
    assert report.text().count("the embedded server is free") == 1
    paid = replace(UsageReport.of(session), endpoint="api.openai.com")
    assert "free" not in read(report_card(paid)).text()
    assert read(session_card(session)).text().count("the embedded server is free") == 1
    nothing = UsageReport((), None, None, "m", "e")
    assert assert_harmless(report_card(nothing)).text() == "nothing was used yet"


def test_cards_use_the_theme_of_jupyterlab(spoken: TurnView) -> None:
    card = str(turn_card(spoken))
    assert "var(--jp-layout-color0," in card
    assert "var(--jp-content-font-color1," in card


def test_many_turns_of_a_report_wait_behind_a_click(session: SessionView) -> None:
    long = UsageReport.of(replace(session, turns=session.turns * 10))
    assert read(report_card(long)).all("summary")
    assert "every turn (30)" in read(report_card(long)).text()
    assert not read(report_card(UsageReport.of(session))).all("summary")
