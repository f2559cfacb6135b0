from __future__ import annotations

from dataclasses import FrozenInstanceError
from datetime import date
from typing import get_args

import pytest
from support.ledgers import exchange

from rtnb.audio import Clip
from rtnb.pricing import cost
from rtnb.pricing.bills.ledger import Ledger, ledger_of
from rtnb.session.views.shapes import Latency, RunView, SessionView, SpeechSpan, TurnStatus, TurnView, UsageReport
from rtnb.tokens import TokenUsage


def session(**members: object) -> SessionView:
    given = {
        "endpoint": "here",
        "model": "m",
        "voice": "v",
        "status": "open",
        "duration_s": 1.0,
        "turns": (TurnView(index=0, status="completed"),),
        **members,
    }
    return SessionView(**given)  # type: ignore[arg-type]


def test_speech_lies_between_its_padding_and_its_silence() -> None:
    span = SpeechSpan(1.0, 3.0, prefix_s=0.3, silence_s=0.5)
    assert span.onset_s == 1.3
    assert span.speech_end_s == 2.5
    assert SpeechSpan(1.0, None).speech_end_s is None


def test_a_latency_names_both_its_ends() -> None:
    latency = Latency("speech end", "first audio", 2.5, 3.125)
    assert latency.seconds == 0.625
    assert str(latency) == "0.62 s speech end → first audio"


@pytest.mark.parametrize("status", get_args(TurnStatus))
def test_which_turns_are_over(status: TurnStatus) -> None:
    expected = status in ("completed", "cancelled", "incomplete", "failed", "no_response")
    assert TurnView(index=0, status=status).over is expected


def test_a_turn_of_a_recording_says_things_by_the_names_of_a_live_one() -> None:
    answer = Clip.silence(1.0)
    turn = TurnView(index=0, status="completed", user_text="Hi", assistant_text="Hello!", assistant_audio=answer)
    assert (turn.transcript, turn.text, turn.audio) == ("Hi", "Hello!", answer)


def test_the_report_is_the_sessions() -> None:
    usage = TokenUsage(input_text=1000, output_text=1000)
    bill = cost(usage.to_wire(), "gpt-realtime-2.1", date(2026, 11, 21))
    view = session(usage=usage, cost=bill)
    report = UsageReport.of(view)
    assert (report.turns, report.usage, report.cost) == (view.turns, usage, bill)
    assert (report.model, report.endpoint) == ("m", "here")
    assert report.total_usd == bill.total_usd
    assert report.total_usd is not None and report.total_usd > 0
    assert UsageReport.of(session()).total_usd is None


def test_views_do_not_change_and_compare_by_value() -> None:
    view = session()
    with pytest.raises(FrozenInstanceError):
        view.status = "closed"  # type: ignore[misc]
    assert view == session()
    assert view != session(errors=("no",))


def test_every_view_can_be_shown() -> None:
    for view in (session(), TurnView(index=0, status="waiting"), UsageReport.of(session())):
        assert "text/plain" in view._repr_mimebundle_()
    assert hasattr(RunView, "_repr_mimebundle_")


def test_a_report_prints_as_one_short_line() -> None:
    usage = TokenUsage(input_text=1669, cached_text=640, output_text=750)
    report = UsageReport.of(session(usage=usage, cost=cost(usage, "gpt-realtime-2.1", date(2026, 11, 21))))
    assert str(report) == repr(report) == f"UsageReport(1 turn, 1,669 in (640 cached), 750 out, {report.cost})"
    assert str(UsageReport((), None, None, "m", "e")) == "UsageReport(0 turns)"


def test_what_has_no_price_has_no_total() -> None:
    unpriced = UsageReport.of(session(cost=cost(TokenUsage(output_text=5), "my-own-model", date(2026, 11, 21))))
    assert unpriced.total_usd is None
    assert "unpriced" in str(unpriced)
    partly = cost(TokenUsage(input_text=50, input_other=5), "gpt-realtime", date(2026, 1, 31))
    assert UsageReport.of(session(cost=partly)).total_usd == partly.total_usd > 0
    free = cost(TokenUsage(), "gpt-realtime-2.1", date(2026, 11, 21))
    assert UsageReport.of(session(cost=free)).total_usd == 0


def test_a_report_leads_to_the_meter_and_to_what_comes_next() -> None:
    day = date(2026, 1, 31)
    usage = TokenUsage(input_text=119, input_audio=13, cached_text=64, output_text=30, output_audio=91)
    one = exchange(1, usage)
    report = UsageReport.of(session(), Ledger(name="talk", model=one.model, on=day, exchanges=(one,)))
    assert ledger_of(report) is report.ledger
    assert report.meter.total_usd == 0.0069656
    bounds = report.next_response(new_audio_s=3.0, max_output_tokens=10)
    assert bounds.at_least.exact_usd < bounds.at_most.exact_usd
    cheaper = report.reprice("gpt-realtime-mini")
    assert cheaper.variants[0].cost.exact_usd == cost(usage, "gpt-realtime-mini", day).exact_usd
    assert report.reprice(on="2024-01-31").variants[0].cost.unpriced


def test_a_report_made_of_a_view_alone_has_nothing_to_meter() -> None:
    report = UsageReport.of(session())
    assert report.ledger.exchanges == () and report.meter.entries == ()
    assert report == UsageReport.of(session())


def test_views_print_as_one_short_line() -> None:
    turn = TurnView(0, "completed", user_text="two\nlines", assistant_text="word " * 100)
    assert repr(turn).startswith("TurnView(0, completed: 'two lines' → 'word") and len(repr(turn)) < 120
    assert repr(TurnView(1, "waiting", user_kind="audio")) == "TurnView(1, waiting: '[audio]' → '')"
    assert repr(session(turns=(turn, turn), errors=("no",))) == "SessionView(here · m, open, 1.0 s, 2 turns, 1 error)"
    run = RunView("talk.wav", Clip.silence(1.0), 0.0, (turn,))
    assert repr(run) == "RunView('talk.wav', 1.0 s, 1 turn, streaming)"
