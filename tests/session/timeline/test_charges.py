from __future__ import annotations

from decimal import Decimal

import pytest
from support.logs import USAGE, Script, answer, append, committed, got, pcm, request, session

from rtnb.pricing import cost, transcription_cost
from rtnb.session.timeline.taking import timeline_of_observer
from rtnb.session.views.usage import UsageReport

HEARD = "conversation.item.input_audio_transcription.completed"


def test_fresh_cached_and_output_apart() -> None:
    script = Script(session(), request(None), answer(1, ["a"]))
    (charge,) = timeline_of_observer(script.observer).charges
    bill = cost(USAGE, "gpt-realtime-2.1", script.observer.on)
    by_kind = {kind: sum((line.exact_usd for line in bill.lines if line.kind == kind), Decimal(0))
               for kind in ("input", "cached", "output")}  # fmt: skip
    assert (charge.fresh_usd, charge.cached_usd, charge.output_usd) == tuple(by_kind.values())
    assert charge.total_usd == charge.running_usd == bill.exact_usd > 0
    assert charge.cache_share == pytest.approx(64 / 132) and charge.turn == 0


def test_the_total_runs_on_in_the_order_of_time() -> None:
    usage = {"type": "duration", "seconds": 2}
    script = Script(session(), append(pcm(500)), committed("item_u"), request("k"), answer(1, ["a"], key="k"))
    script.play(got(HEARD, item_id="item_u", content_index=0, transcript="Hi", usage=usage))
    script.play(request("k2"), answer(2, ["b"], key="k2"), answer(3, ["beside"], conversation_id=None))
    charges = timeline_of_observer(script.observer).charges
    assert [charge.kind for charge in charges] == ["response", "transcription", "response", "response"]
    heard = transcription_cost(usage, "gpt-transcribe", script.observer.on).exact_usd
    assert charges[1].total_usd == charges[1].fresh_usd == heard > 0
    total = Decimal(0)
    for charge in charges:
        total += charge.total_usd or 0
        assert charge.running_usd == total
    assert total == script.view().cost.exact_usd
    assert charges[-1].turn == -1


def test_what_has_no_price_is_said_so() -> None:
    script = Script(session(model="my-own-model"), request(None), answer(1, ["a"]))
    timeline = timeline_of_observer(script.observer)
    assert timeline.charges[0].total_usd is None and timeline.charges[0].running_usd == 0
    (mark,) = next(lane for lane in timeline.lanes if lane.name == "cost").marks
    assert mark.label == "no price known"


def test_a_response_without_usage_costs_nothing_that_could_be_told() -> None:
    script = Script(session(), request(None), answer(1, ["a"], status="failed", usage=None))
    assert timeline_of_observer(script.observer).charges == ()


def test_each_response_has_the_price_of_the_model_that_made_it() -> None:
    first = [session(model="gpt-realtime-mini"), request("k"), answer(1, ["a"], key="k")]
    later = [("local", {"type": "rtnb.connection.opened"}), session(model="gpt-realtime"),
             request("k2"), answer(2, ["b"], key="k2"), answer(3, ["beside"], conversation_id=None)]  # fmt: skip
    live = Script(*first)
    timeline_of_observer(live.observer)  # looked at in between, as a live view does
    live.view()
    live.play(*later)
    replayed = Script(*first, *later)
    on = live.observer.on
    cheap, dear = (cost(USAGE, model, on).exact_usd for model in ("gpt-realtime-mini", "gpt-realtime"))
    assert cheap < dear
    for script in (live, replayed):
        charges = timeline_of_observer(script.observer).charges
        assert [charge.model for charge in charges] == ["gpt-realtime-mini", "gpt-realtime", "gpt-realtime"]
        assert [charge.total_usd for charge in charges] == [cheap, dear, dear]
        view = script.view()
        assert view.cost.exact_usd == cheap + 2 * dear == charges[-1].running_usd
        assert [turn.cost.exact_usd for turn in view.turns] == [cheap, dear]
        assert [turn.model for turn in view.turns] == ["gpt-realtime-mini", "gpt-realtime"]
        assert view.beside.cost.exact_usd == dear
        report = UsageReport.of(view, script.observer.ledger())
        assert report.beside.cost.exact_usd == dear and report.meter.total_usd == pytest.approx(float(cheap + 2 * dear))
