"""Kept views are those that would be made anew, whatever happens late."""

from __future__ import annotations

import gc
from collections.abc import Iterable
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from support.logs import (
    USAGE,
    Script,
    Step,
    answer,
    append,
    committed,
    got,
    pcm,
    request,
    sent,
    session,
    speech_started,
    speech_stopped,
    user_item,
)

from rtnb.pricing import cost
from rtnb.pricing.bills.cost import Cost
from rtnb.session.views import kept
from rtnb.session.views.kept import Kept, Totals, kept_of, sum_of_costs
from rtnb.session.views.shapes import SessionView
from rtnb.tokens import TokenUsage


def anew(script: Script) -> SessionView:
    """The view that is made by whoever has kept nothing."""
    kept._KEPT[script.talk] = Kept()
    return script.view()


def spoken(number: int, ms: int) -> list[Step]:
    """A turn of detected speech, answered with 600 ms of sound."""
    item = f"item_{number}"
    begin = [append(pcm(400, number)), speech_started(item, ms), append(pcm(400)), speech_stopped(item, ms + 600)]
    return [*begin, *committed(item), *answer(number, ["Well."], [pcm(300), pcm(300)])]


def late(number: int) -> list[Step]:
    """What comes behind a turn, and changes it."""
    heard = "conversation.item.input_audio_transcription.completed"
    usage = {"type": "tokens", "total_tokens": 9, "input_tokens": 9}
    call = {"id": "item_c", "type": "function_call", "name": "f", "call_id": "call_1", "arguments": "{}"}
    return [
        got(heard, item_id=f"item_{number}", transcript="What I said.", usage=usage),
        sent("conversation.item.truncate", item_id=f"item_r{number}", content_index=0, audio_end_ms=200),
        got("conversation.item.truncated", item_id=f"item_r{number}", content_index=0, audio_end_ms=200),
        got("conversation.item.deleted", item_id=f"item_r{number}"),
        got("response.output_item.added", item=call, response_id=f"resp_{number}", output_index=1),
        got("response.output_item.done", item=call, response_id=f"resp_{number}", output_index=1),
        ("local", {"type": "rtnb.tool.started", "call_id": "call_1", "name": "f", "background": True}),
        ("local", {"type": "rtnb.tool.finished", "call_id": "call_1", "status": "completed", "error": ""}),
        sent("conversation.item.create", item={"type": "function_call_output", "call_id": "call_1", "output": "x"}),
        session(kind="session.updated", model="gpt-realtime"),
        append(pcm(100)),
        sent("response.cancel"),
        got("error", error={"code": "x", "message": "No.", "event_id": "event_request"}),
        *answer(50 + number, conversation_id=None),
    ]


TURNS: list[list[Step]] = [
    spoken(1, 0),
    spoken(2, 800),
    [user_item("item_3", "Go."), request("t3"), *answer(3, ["A ", "b."], [pcm(500)], key="t3", usage=USAGE)],
    [user_item("item_4", "Go on."), request("t4"), *answer(4, key="t4", usage=None, status="failed")],
    [user_item("item_6", "Go."), request("t6", "event_6")],
    [request("t5"), *answer(5, key="t5", status="cancelled", reason="turn_detected")],
]
LATE: list[list[Step]] = [[step] for number in range(1, 6) for step in late(number)]
CHUNKS = st.one_of(
    st.sampled_from(TURNS),
    st.sampled_from(LATE),
    st.sampled_from([late(number) for number in range(1, 6)]),
    st.just([append(pcm(400))]),
    st.just([got("error", error={"code": "x", "message": "No.", "event_id": "event_6"})]),
)


@settings(deadline=None, max_examples=100)
@given(
    st.lists(CHUNKS, max_size=8),
    st.sampled_from([0.0, 0.01, 0.3]),
    st.integers(1, 9),
)
def test_a_kept_view_is_the_one_that_would_be_made(chunks: list[list[Step]], step_s: float, stride: int) -> None:
    script = Script(session(), [append(pcm(50))])
    steps = [step for chunk in chunks for step in chunk]
    mine: Kept | None = None
    for first in range(0, len(steps), stride):
        script.play(steps[first : first + stride], step_s=step_s)
        if mine is not None:
            kept._KEPT[script.talk] = mine
        found, mine = script.view(), kept_of(script.talk)
        fresh = anew(script)
        assert found == fresh
        assert [turn.settled for turn in found.turns] == [turn.settled for turn in fresh.turns]


def test_what_has_not_changed_is_not_made_again(monkeypatch: pytest.MonkeyPatch) -> None:
    script = Script(session(), *TURNS)
    first = script.view()
    monkeypatch.setattr("rtnb.session.views.snapshots.measure", None)
    monkeypatch.setattr("rtnb.session.views.snapshots.cost", None)
    monkeypatch.setattr("rtnb.session.views.snapshots.transcription_cost", None)
    assert script.view() == first
    assert script.observer.cost() == first.cost and script.observer.usage() == first.usage
    assert first.turns[0].assistant_audio is not None and first.turns[0].user_audio is not None


def test_without_audio_everything_else_is_the_same() -> None:
    for first in (True, False):
        script = Script(session(), *TURNS)
        if first:
            script.view()
        silent, whole = script.observer.session("recording", audio=False), script.view()
        assert [turn.assistant_audio for turn in silent.turns] == [None] * len(whole.turns)
        assert [turn.timing for turn in silent.turns] == [turn.timing for turn in whole.turns]
        assert whole.turns[0].assistant_audio is not None and silent.cost == whole.cost


def test_a_response_is_priced_once(monkeypatch: pytest.MonkeyPatch) -> None:
    priced = []

    def counted(*given: Any) -> Cost:
        priced.append(given)
        return cost(*given)

    monkeypatch.setattr("rtnb.session.views.snapshots.cost", counted)
    # Nothing is interrupted here: what was not heard has a price of its own.
    script = Script(session(), *TURNS[2:], answer(9, conversation_id=None))
    script.view()
    script.observer.turn(script.talk.turns[0])
    assert script.observer.cost() is not None
    assert len(priced) == len([each for each in script.talk.responses.values() if each.usage is not None])


def test_other_prices_are_other_views(monkeypatch: pytest.MonkeyPatch, tmp_path: Any) -> None:
    script = Script(session(), TURNS[2])
    before = script.view().cost
    own = tmp_path / "own.json"
    own.write_text('[{"models": ["gpt-realtime*"], "discount": 0.5}]')
    monkeypatch.setenv("RTNB_PRICES", str(own))
    after = script.view().cost
    assert before is not None and after is not None and after.exact_usd == before.exact_usd / 2


def test_nothing_is_kept_of_a_conversation_that_is_gone() -> None:
    script = Script(session(), *TURNS)
    script.view()
    gc.collect()
    count = len(kept._KEPT)
    del script
    gc.collect()
    assert len(kept._KEPT) == count - 1


def settled_of(*steps: Step | Iterable[Step], step_s: float = 0.01) -> list[bool]:
    return [turn.settled for turn in Script(session(vad=False)).play(*steps, step_s=step_s).turns()]


def test_a_turn_is_settled_once_nothing_can_happen_to_it() -> None:
    asked = [user_item("item_1", "Go."), request("t")]
    assert settled_of(asked) == [False]
    assert settled_of(asked, answer(1, key="t")) == [True]
    aloud = [*asked, *answer(1, chunks=[pcm(500)], key="t")]
    assert settled_of(aloud) == [False]
    later = ("local", {"type": "rtnb.notice", "text": "Later."})
    script = Script(session(vad=False)).play(aloud).play([later], at_s=5.0)  # type: ignore[list-item]
    assert script.turns()[0].settled
    # Cut while it sounded, and the server has not said yet that it knows.
    cut = sent("conversation.item.truncate", item_id="item_r1", content_index=0, audio_end_ms=100)
    assert settled_of(aloud, cut) == [False]
    done = got("conversation.item.truncated", item_id="item_r1", content_index=0, audio_end_ms=100)
    assert settled_of(aloud, [cut, done]) == [True]


def test_a_turn_that_is_not_transcribed_is_not_settled() -> None:
    steps: list[Step] = [append(pcm(400)), sent("input_audio_buffer.commit"), *committed("item_1"), request("t")]
    steps += answer(1, key="t")
    assert settled_of(steps) == [False]
    heard = "conversation.item.input_audio_transcription.completed"
    assert settled_of(steps, [got(heard, item_id="item_1", transcript="Go.")]) == [True]


PARTS = st.lists(st.integers(0, 5), max_size=300)


@given(st.lists(PARTS, max_size=4))
def test_totals_are_sums(rounds: list[list[int]]) -> None:
    totals: Totals[int] = Totals(sum)
    for parts in rounds:
        assert totals.of(parts) == (sum(parts) if parts else None)


BILLS = st.sampled_from(
    [
        cost(TokenUsage(input_text=100, output_audio=7), "gpt-realtime", "2026-01-31"),
        cost(TokenUsage(input_text=3), "gpt-realtime", "2026-02-01"),
        cost(TokenUsage(input_audio=9, input_other=2), "gpt-realtime-2.1", "2026-01-31"),
        cost(TokenUsage.from_wire({"input_tokens": 15}), "my-own-model", "2026-01-31"),
        Cost(),
        Cost("gpt-realtime", problems=("odd",)),
    ]
)


@given(st.lists(BILLS, min_size=1, max_size=8))
def test_costs_at_once_are_costs_one_by_one(bills: list[Cost]) -> None:
    found, expected = sum_of_costs(bills), sum(bills[1:], bills[0])
    assert found == expected and found.problems == expected.problems
    assert found.exact_usd == sum((bill.exact_usd for bill in bills), Decimal(0))
