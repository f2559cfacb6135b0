"""What is counted beside a session is what the session itself counts; and only where need be."""

from __future__ import annotations

import threading
from dataclasses import replace

import rtnb
from rtnb.session.record.log import EventLog
from rtnb.session.views.usage import UsageReport
from rtnb.widgets.meter.counting import COUNTS, Counting, counting_of


def counted(s: rtnb.Session, *, over: bool = False) -> UsageReport:
    log = s.events
    return counting_of(log, s._async._observer.endpoint).report(log, len(log), over=over)


def test_it_is_what_the_session_says_itself() -> None:
    @rtnb.tool
    def weather(city: str) -> str:
        """The weather in a city."""
        return "sunny"

    with rtnb.connect(journal=False, tools=[weather], voice="alloy") as s:
        first = counted(s)
        s.ask(rtnb.sample("weather_question"), show=False)
        s.update(instructions="Be brief.")
        s.ask("Spell meter.", show=False)
        found, own = counted(s), s.usage
        assert found.usage == own.usage and found.cost == own.cost and found != first
        assert found.ledger == own.ledger and found.beside == own.beside
        assert tuple(found.turns) == tuple(replace(turn, user_audio=None, assistant_audio=None) for turn in own.turns)
    over = counted(s, over=True)
    assert over.ledger == s.usage.ledger and str(over.meter.cost) == str(s.usage.meter.cost)


def test_only_what_may_have_been_billed_makes_a_new_report() -> None:
    log = EventLog(start_s=0, start_wall_s=1_795_000_000)
    counting = Counting(log, "a server")
    first = counting.report(log, 0)
    log.record({"type": "response.output_text.delta", "response_id": "r", "delta": "word"}, "received", now_s=0.1)
    log.record(
        {"type": "input_audio_buffer.speech_started", "item_id": "i", "audio_start_ms": 0}, "received", now_s=0.2
    )
    assert counting.report(log, len(log)) is first
    log.record({"type": "session.updated", "session": {"model": "gpt-realtime"}}, "received", now_s=0.3)
    assert "session.updated" in COUNTS
    assert counting.report(log, 2) is first
    assert counting.report(log, 3).model == "gpt-realtime"
    # An earlier moment than one that was counted already is the later one.
    assert counting.report(log, 1).model == "gpt-realtime"
    last = counting.report(log, len(log))
    log.record({"type": "rtnb.notice", "text": "x"}, "local", now_s=0.4)
    assert counting.report(log, len(log)) is last
    log.record({"type": "rtnb.notice", "text": "x"}, "local", now_s=0.4)
    assert counting.report(log, len(log), over=True) is not last


def test_the_loop_of_a_session_is_asked_for_microseconds_only() -> None:
    """Of the loop a meter wants the length of its log and the limits: nothing goes through turns or events there."""
    with rtnb.connect(modalities=["text"], journal=False, budget_usd=1.0) as s:
        s.ask("Spell cat.", show=False)
        view = rtnb.UsageMeter(s)
        on_loop = s._call(threading.get_ident)
        where: list[int] = []
        read = view._given.read
        object.__setattr__(view._given, "read", lambda glance: (where.append(threading.get_ident()), read(glance))[1])
        s.ask("Spell dog.", show=False)
    assert where and on_loop not in where
    assert view.report == s.usage
    view.freeze()
