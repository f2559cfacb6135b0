from __future__ import annotations

from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

import rtnb
from rtnb.audio import Clip
from rtnb.plots.stills.conversation import TEXT_LIMIT, rows_of, split_heard
from rtnb.session.views.pieces import GivenView, ImageView, ToolCallView
from rtnb.session.views.shapes import SessionView, TurnView


@given(st.text(max_size=80), st.floats(0, 10), st.floats(0.1, 10))
def test_no_word_is_lost_or_said_twice(text: str, heard_s: float, total_s: float) -> None:
    heard, unheard = split_heard(text, heard_s, total_s)
    assert "".join((heard + unheard).split()) == "".join(text.split())
    assert text.startswith(heard)


def test_what_was_heard_to_the_end_is_whole() -> None:
    assert split_heard("It is sunny.", 3.0, 3.0) == ("It is sunny.", "")
    assert split_heard("It is sunny.", 0.0, 3.0) == ("", "It is sunny.")


def test_rows_of_each_kind(talk: SessionView) -> None:
    spoken, called, cut, failed = (rows_of(turn) for turn in talk.turns)
    assert [row.who for row in spoken] == ["You", "Assistant"]
    assert called[1].text == 'get_weather(city="Paris") → 21 °C, sunny'
    assert called[1].remark == "0.60 s"
    assert cut[-1].unheard
    assert "1.55 s of 4.00 s heard" in cut[-1].remark
    assert [row.who for row in failed][-1] == "Error"
    assert failed[1].bad


def test_what_was_truncated_is_counted(talk: SessionView) -> None:
    turn = replace(talk.turns[1], assistant_text="word " * 1000, tool_calls=())
    row = rows_of(turn)[-1]
    assert len(row.text) == TEXT_LIMIT
    assert row.remark == "… 3,000 more characters"


def test_a_turn_that_goes_on_says_so() -> None:
    rows = rows_of(TurnView(0, "in_progress", user_text="Hi", user_kind="text", assistant_text="It is"))
    assert rows[-1].text == "It is …"
    assert rows_of(TurnView(0, "listening"))[-1].own is False


def test_what_was_given_in_several_items_has_a_row_each_as_in_a_live_console() -> None:
    items = (
        GivenView("First."),
        GivenView(spoken=True),
        GivenView("", images=(ImageView("", ""),)),
        GivenView("Last."),
    )
    turn = TurnView(
        0, "completed", user_text="First. Last.", user_kind="mixed", user_audio=Clip.silence(1.5), user_items=items,
        assistant_text="Yes.",
    )  # fmt: skip
    rows = rows_of(turn)
    assert [(row.who, row.text) for row in rows] == [
        ("You", "First."), ("You", "1.50 s of audio, no transcript"), ("You", "1 image"), ("You", "Last."),
        ("Assistant", "Yes."),
    ]  # fmt: skip
    assert [row.clip is not None for row in rows[:4]] == [False, True, False, False]
    assert [len(row.images) for row in rows[:4]] == [0, 0, 1, 0]


def test_a_session_tells_item_by_item() -> None:
    with rtnb.connect(modalities=["text"], journal=False) as s:
        s.add("I am in Paris.")
        s.ask("What is the weather?", show=False)
        turn = s.view().turns[0]
    rows = [row for row in rows_of(turn) if row.who == "You"]
    assert [row.text for row in rows] == ["I am in Paris.", "What is the weather?"]


def test_an_empty_result_is_shown_as_what_it_is() -> None:
    call = ToolCallView("look", "{}", "", duration_s=0.1)
    row = rows_of(TurnView(0, "completed", user_text="Hi", assistant_text="Yes.", tool_calls=(call,)))[1]
    assert row.text == 'look() → ""'
