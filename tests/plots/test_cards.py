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
from rtnb.session.views.pieces import ErrorView, ImageView, ToolCallView
from rtnb.session.views.shapes import RunView, SessionView, TurnStatus, TurnView, UsageReport
from rtnb.session.views.timing import Interval, Timing
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
        user_images=(ImageView(words, words),),
        tool_calls=(ToolCallView(words, words, words, words, 0.5, True, words),),
        error=ErrorView(words, words, words, words, advice=words),
        timing=Timing((Interval(words, words, 0.0, words, 1.0, 1.0),)),
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
                said,
                said,
                said,
                "lost",
                1.0,
                (turn_of(said),),
                errors=(said,),
                turn_detection=said,
                notes=(said,),
                quiet=(said,),
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
    assert len(reader.all("details")) == 3, "what was said, what was answered, and the times"
    assert reader.text().count(said[:1000]) >= 2
    shown = re.sub(r"<details[^>]*>.*?</details>", "", str(turn_card(turn_of("word " * 2000))))
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
    assert text.startswith("embedded server · gpt-realtime-2.1 · marin · server VAD open as of 20")
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


def test_function_calls_stand_between_the_question_and_the_answer(typed: TurnView) -> None:
    call = ToolCallView("get_weather", '{"city": "Paris"}', "21 °C, sunny", duration_s=0.61)
    reader = assert_harmless(turn_card(replace(typed, tool_calls=(call, replace(call, error="ValueError: no")))))
    words = reader.text()
    assert 'Tool get_weather(city="Paris") → 21 °C, sunny · 0.61 s' in words
    assert 'get_weather(city="Paris") → ValueError: no' in words
    assert words.index("server VAD?") < words.index("Tool") < words.index("Turn detection by silence")
    assert words.count("Tool") == 1


def test_a_failure_says_what_happened_its_code_and_what_to_do(typed: TurnView) -> None:
    error = ErrorView("Rate limit reached.", "rate_limit_exceeded", severity="retry", advice="Wait a little.")
    turn = replace(typed, status="failed", status_reason="Rate limit reached.", assistant_text="", error=error)
    words = assert_harmless(turn_card(turn)).text()
    assert "failed: Rate limit reached." in words
    assert "Error rate_limit_exceeded · Wait a little." in words
    assert words.count("Rate limit reached.") == 1


def test_what_nobody_heard_is_shown_with_its_price(interrupted: TurnView) -> None:
    lost = cost(TokenUsage(output_audio=49), "gpt-realtime-2.1", "2026-11-21")
    words = assert_harmless(turn_card(replace(interrupted, unheard_s=2.45, unheard_cost=lost))).text()
    assert f"2.45 s received and never heard, {lost} of the cost" in words
    words = assert_harmless(turn_card(replace(interrupted, unheard_s=2.45))).text()
    assert "2.45 s received and never heard" in words
    going_on = replace(interrupted, unheard_s=2.45, status="in_progress")
    assert "never heard" not in assert_harmless(turn_card(going_on)).text()


def test_times_wait_behind_a_click_and_name_both_ends(spoken: TurnView) -> None:
    timing = Timing((Interval.of("ttfa_vad", 1.0, 1.43),))
    reader = assert_harmless(turn_card(replace(spoken, timing=timing)))
    assert len(reader.all("details")) == 1
    words = reader.text()
    assert "0.43 s" in words and "speech_stopped received → first output_audio.delta received" in words
    assert not assert_harmless(turn_card(spoken)).all("details")


def test_races_are_shown_quietly(session: SessionView) -> None:
    reader = assert_harmless(session_card(replace(session, quiet=("Cancellation failed",), errors=("No.",))))
    words = reader.text()
    assert "Error: No." in words and "Error: Cancellation" not in words
    assert "1 race without consequence" in words and words.index("Error: No.") < words.index("Cancellation failed")
    assert len(reader.all("details")) == 1


@pytest.mark.parametrize(("status", "words"), [("new", "opening"), ("reconnecting", "reconnecting as of ")])
def test_states_on_the_way(session: SessionView, status: str, words: str) -> None:
    assert words in assert_harmless(session_card(replace(session, status=status))).text()  # type: ignore[arg-type]
