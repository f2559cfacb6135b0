from __future__ import annotations

import time
from datetime import date
from decimal import Decimal
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from support.logs import (
    Script,
    answer,
    append,
    b64,
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

import rtnb
from rtnb.pricing.ahead.budget import next_response
from rtnb.pricing.bills.ledger import Exchange, HasLedger, Ledger
from rtnb.pricing.bills.meter import meter
from rtnb.session.billing.ledger import ledger_of_log
from rtnb.tokens import ModalityCount, TokenUsage, assistant_audio_tokens, count_text, settings_tokens
from rtnb.tokens.context import Truncation

DAY = date(2026, 11, 18)
INSTRUCTIONS = "You are a patient teacher of voice interfaces."


def ledger(script: Script) -> Ledger:
    return ledger_of_log(script.log, script.talk, name="a script", endpoint="here")


def billed(text: int, audio: int = 0, *, out: tuple[int, int] = (10, 40), cached: int = 0) -> dict[str, Any]:
    return TokenUsage(
        input_text=text, input_audio=audio, cached_text=cached, output_text=out[0], output_audio=out[1]
    ).to_wire()


def text_turn(number: int, usage: dict[str, Any] | None, said: str = "Go.", **options: Any) -> list[Any]:
    key = f"turn_{number}"
    asked = [user_item(f"item_{number}", said), got_item(f"item_{number}", said), request(key)]
    return [*asked, *answer(number, key=key, usage=usage, **options)]


def got_item(item_id: str, said: str, previous: str | None = None) -> Any:
    content = [{"type": "input_text", "text": said}]
    item = {"id": item_id, "type": "message", "role": "user", "content": content}
    return got("conversation.item.added", item=item, previous_item_id=previous)


def deleted(item_id: str) -> Any:
    return got("conversation.item.deleted", item_id=item_id)


def truncated(item_id: str, ms: int) -> Any:
    return got("conversation.item.truncated", item_id=item_id, content_index=0, audio_end_ms=ms)


def test_a_session_that_has_not_begun() -> None:
    found = ledger(Script())
    assert (found.model, found.exchanges, found.transcriptions, found.on) == ("", (), (), DAY)
    assert found.truncation == Truncation() and found.max_output_tokens is None
    assert found.pending == found.settings == ModalityCount()


def test_what_entered_is_what_was_billed_more_than_before() -> None:
    script = Script(session(instructions=INSTRUCTIONS, vad=False))
    script.play(text_turn(1, billed(100)), text_turn(2, billed(140)), text_turn(3, billed(203)))
    first, second, third = ledger(script).exchanges
    settings = settings_tokens(INSTRUCTIONS)
    assert first.settings == second.settings == settings
    assert first.given.text == 100 - settings.text
    assert first.made == first.kept == ModalityCount(10, 40)
    # The answer's 40 audio tokens were never billed as input: then the estimate of the item is believed.
    assert second.given == third.given == ModalityCount(text=count_text("Go.") + 2)


def test_by_modality_where_audio_comes_back() -> None:
    script = Script(session(vad=False))
    script.play(text_turn(1, billed(100, 20)), text_turn(2, billed(125, 80)), text_turn(3, billed(160, 150)))
    _, second, third = ledger(script).exchanges
    assert second.given == ModalityCount(text=15, audio=20)
    assert third.given == ModalityCount(text=25, audio=30)
    assert [exchange.turn for exchange in ledger(script).exchanges] == [0, 1, 2]


def test_a_doubled_end_counts_once() -> None:
    turn = text_turn(1, billed(100))
    script = Script(session(vad=False), turn, turn[-1], turn[-1])
    (exchange,) = ledger(script).exchanges
    assert exchange.usage == TokenUsage(input_text=100, output_text=10, output_audio=40)


def test_null_usage_is_none_and_the_next_response_is_estimated() -> None:
    script = Script(session(vad=False), text_turn(1, billed(100)), text_turn(2, None, status="failed"))
    script.play(text_turn(3, billed(400)), text_turn(4, billed(460, 40)))
    _, failed, after, last = ledger(script).exchanges
    assert failed.usage is None and failed.status == "failed"
    assert failed.given == after.given == ModalityCount(text=count_text("Go.") + 2)
    assert last.given == ModalityCount(text=50)


def test_a_usage_without_input_says_nothing_of_the_context() -> None:
    script = Script(
        session(vad=False), text_turn(1, billed(100)), text_turn(2, billed(0, out=(0, 0)), status="cancelled")
    )
    script.play(text_turn(3, billed(400)))
    _, empty, after = ledger(script).exchanges
    assert empty.usage == TokenUsage()
    assert after.given == ModalityCount(text=count_text("Go.") + 2)


@pytest.mark.parametrize(
    ("change", "edit"),
    [({"instructions": "Be rude."}, "instructions changed"), ({"tools": [{"name": "f"}]}, "tools changed")],
)
def test_settings_that_change_between_responses(change: dict[str, Any], edit: str) -> None:
    before = {"instructions": INSTRUCTIONS, "tools": []}
    script = Script(session(vad=False, **before), text_turn(1, billed(100)))
    script.play(session(kind="session.updated", vad=False, **before), text_turn(2, billed(120, 40)))
    script.play(session(kind="session.updated", vad=False, **{**before, **change}))
    assert ledger(script).edits == (edit,)
    script.play(text_turn(3, billed(140, 80)), text_turn(4, billed(160, 120)))
    found = ledger(script)
    assert [exchange.edits for exchange in found.exchanges] == [(), (), (edit,), ()]
    assert found.edits == ()
    assert found.settings == settings_tokens({**before, **change}["instructions"], {**before, **change}["tools"])  # type: ignore[arg-type]


def test_instructions_of_one_response_alone_spoil_two() -> None:
    script = Script(session(vad=False, instructions=INSTRUCTIONS), text_turn(1, billed(100)))
    script.play(user_item("item_2", "Go."), got_item("item_2", "Go."), request("turn_2", instructions="Be rude."))
    script.play(answer(2, key="turn_2", usage=billed(130)))
    assert ledger(script).edits == ("instructions changed",)
    script.play(text_turn(3, billed(160)))
    first, second, third = ledger(script).exchanges
    assert (first.edits, second.edits, third.edits) == ((), ("instructions changed",), ("instructions changed",))
    assert second.settings == settings_tokens("Be rude.")
    assert third.settings == first.settings == settings_tokens(INSTRUCTIONS)


def test_a_refused_request_does_not_lend_its_instructions_to_the_next() -> None:
    script = Script(session(vad=False, instructions=INSTRUCTIONS))
    script.play(request(None, event_id="bad", instructions="Be rude."))
    script.play(got("error", error={"event_id": "bad", "code": "x", "message": "no"}))
    script.play(request(None, event_id="good"), answer(1, usage=billed(100)))
    (exchange,) = ledger(script).exchanges
    assert exchange.settings == settings_tokens(INSTRUCTIONS)


def test_what_the_server_dropped_does_not_lessen_what_entered() -> None:
    """A context at its limit grows by less than what enters, and by modality it may still grow."""
    said = "Tell me everything there is to know about the detection of turns in a conversation, please. " * 4
    script = Script(session(vad=False), text_turn(1, billed(1000)), text_turn(2, billed(1015, 40), said))
    script.play(text_turn(3, billed(1100, 80), said))
    _, dropped, whole = ledger(script).exchanges
    assert dropped.given == ModalityCount(text=count_text(said) + 2)
    assert whole.given == ModalityCount(text=75)


def test_a_response_outside_of_the_conversation() -> None:
    script = Script(session(vad=False, instructions=INSTRUCTIONS), text_turn(1, billed(100)))
    script.play(request("side", conversation="none", instructions="Summarise."))
    script.play(answer(9, key="side", conversation_id=None, usage=billed(300)))
    script.play(text_turn(2, billed(120, 40)))
    first, side, second = ledger(script).exchanges
    assert (side.in_conversation, side.turn, side.edits) == (False, -1, ())
    assert side.settings == settings_tokens("Summarise.")
    assert side.given == side.kept == ModalityCount() and side.made == ModalityCount(10, 40)
    assert first.in_conversation and second.edits == () and second.given == ModalityCount(text=10)


def test_a_request_outside_that_was_never_created_lends_nothing_to_the_conversation() -> None:
    script = Script(session(vad=False, instructions=INSTRUCTIONS))
    script.play(request(None, conversation="none", instructions="Summarise."), answer(1, usage=billed(100)))
    (exchange,) = ledger(script).exchanges
    assert exchange.in_conversation and exchange.settings == settings_tokens(INSTRUCTIONS)


def test_a_response_with_input_of_its_own_is_no_base_for_the_next() -> None:
    script = Script(session(vad=False), text_turn(1, billed(100)))
    script.play(request("turn_2", input=[]), answer(2, key="turn_2", usage=billed(5)))
    script.play(text_turn(3, billed(300, 80)))
    *_, third = ledger(script).exchanges
    assert third.given == ModalityCount(text=count_text("Go.") + 2)


def test_edits_of_items_that_the_model_had_been_given() -> None:
    script = Script(session(vad=False), text_turn(1, billed(100)), text_turn(2, billed(120, 40)))
    script.play(deleted("item_1"))
    found = ledger(script)
    assert found.edits == ("item deleted",) and found.removed == ModalityCount(text=count_text("Go.") + 2)
    script.play(text_turn(3, billed(130, 80)))
    script.play(got_item("item_0", "First!", previous="root"), text_turn(4, billed(150, 120)))
    *_, third, fourth = ledger(script).exchanges
    assert third.edits == ("item deleted",) and third.given == ModalityCount(text=count_text("Go.") + 2)
    assert fourth.edits == ("item inserted",)
    assert fourth.given.text == count_text("Go.") + count_text("First!") + 4


def test_a_client_that_asks_for_the_front_is_believed() -> None:
    """The server answers the same null for the front as for the first item of all."""
    script = Script(session(vad=False), text_turn(1, billed(100)))
    content = [{"type": "input_text", "text": "Rules."}]
    item = {"type": "message", "role": "system", "content": content}
    script.play(sent("conversation.item.create", item=item, previous_item_id="root"))
    script.play(got("conversation.item.added", item={"id": "item_s", **item}, previous_item_id=None))
    assert ledger(script).edits == ("item inserted",)


def test_an_interrupted_answer_stays_as_far_as_it_was_truncated_and_without_its_transcript() -> None:
    script = Script(session(vad=False))
    spoken = answer(1, ["Hello ", "there."], [pcm(1000), pcm(1000)], key="turn_1", usage=billed(100, 20))
    script.play(user_item("item_1", "Go."), got_item("item_1", "Go."), request("turn_1"), spoken)
    script.play(sent("response.cancel"), truncated("item_r1", 500))
    script.play(text_turn(2, billed(110, 30)), text_turn(3, billed(130, 70)))
    first, second, third = ledger(script).exchanges
    assert first.made == ModalityCount(10, 40)
    assert first.kept == ModalityCount(text=0, audio=assistant_audio_tokens(500))
    assert second.edits == ()  # it had not been given yet
    assert second.given == ModalityCount(text=10, audio=0)
    assert third.given == ModalityCount(text=10, audio=0)
    assert first.answer_audio_s == pytest.approx(2.0)
    assert first.heard_s is not None and first.heard_s < 0.2
    assert second.heard_s is None


def test_an_answer_that_is_deleted_at_once_does_not_stay() -> None:
    script = Script(session(vad=False), text_turn(1, billed(100)))
    script.play(deleted("item_r1"), text_turn(2, billed(120)))
    first, second = ledger(script).exchanges
    assert first.kept == ModalityCount() and second.edits == ()
    assert second.given == ModalityCount(text=20)


def test_spoken_turns_and_their_transcriptions() -> None:
    script = Script(session())
    script.play(append(pcm(3000)), speech_started("item_u", 500), speech_stopped("item_u", 2500), committed("item_u"))
    script.play(answer(1, ["Hi."], [pcm(800)], usage=None))
    usage = {"type": "duration", "seconds": 2}
    kind = "conversation.item.input_audio_transcription.completed"
    done = got(kind, item_id="item_u", content_index=0, transcript="Go.", usage=usage)
    script.play(done, done)
    found = ledger(script)
    (exchange,) = found.exchanges
    assert exchange.user_audio_s == pytest.approx(2.0) and exchange.answer_audio_s == pytest.approx(0.8)
    assert exchange.given == ModalityCount(text=2, audio=20)
    assert exchange.made == exchange.kept and exchange.made.audio == 16
    (heard,) = found.transcriptions
    assert (heard.item_id, heard.turn, heard.model, heard.usage, heard.on) == (
        "item_u",
        0,
        "gpt-transcribe",
        usage,
        DAY,
    )
    assert found.transcription_model == "gpt-transcribe"


def test_audio_inside_of_an_item_counts() -> None:
    script = Script(session(vad=False))
    part = {"type": "input_audio", "audio": "AAAA" * 16000}  # 48,000 bytes
    item = {"type": "message", "role": "user", "content": [part]}
    script.play(sent("conversation.item.create", event_id="e1", item=item))
    shown = {"id": "item_n", **item, "content": [{"type": "input_audio", "transcript": None}]}
    script.play(got("conversation.item.added", item=shown), request("turn_1"), answer(1, key="turn_1", usage=None))
    (exchange,) = ledger(script).exchanges
    assert exchange.user_audio_s == pytest.approx(1.0) and exchange.given.audio == 10


def test_a_refused_item_does_not_lend_its_audio_to_the_next() -> None:
    item = {"type": "message", "role": "user", "content": [{"type": "input_audio", "audio": "AAAA" * 16000}]}
    script = Script(session(vad=False), sent("conversation.item.create", event_id="bad", item=item))
    script.play(got("error", error={"event_id": "bad", "code": "x", "message": "no"}))
    script.play(user_item(None, "Go."), got_item("item_1", "Go."), request("t"), answer(1, key="t", usage=None))
    (exchange,) = ledger(script).exchanges
    assert exchange.user_audio_s == 0 and exchange.given == ModalityCount(text=count_text("Go.") + 2)


def test_an_answer_that_is_deleted_while_it_comes_does_not_come_back() -> None:
    steps = answer(1, key="turn_1", usage=billed(100))
    script = Script(session(vad=False), user_item("item_1", "Go."), got_item("item_1", "Go."), request("turn_1"))
    script.play(steps[:-1], deleted("item_r1"), steps[-1], text_turn(2, billed(120)))
    first, second = ledger(script).exchanges
    assert first.kept == ModalityCount() and second.given == ModalityCount(text=20)
    assert second.edits == ()


def test_pending_is_what_entered_after_the_last_response() -> None:
    script = Script(session(vad=False), text_turn(1, billed(100)))
    assert ledger(script).pending == ModalityCount()
    script.play(user_item("item_2", "One more thing."), got_item("item_2", "One more thing."))
    assert ledger(script).pending == ModalityCount(text=count_text("One more thing.") + 2)
    script.play(deleted("item_2"))
    assert ledger(script).pending == ModalityCount()


def test_settings_of_the_session() -> None:
    wire = {"type": "retention_ratio", "retention_ratio": 0.8, "token_limits": {"post_instructions": 5000}}
    found = ledger(Script(session(truncation=wire, max_output_tokens=500)))
    assert found.truncation == Truncation("retention_ratio", 0.8, 5000)
    assert (found.max_output_tokens, found.model) == (500, "gpt-realtime-2.1")
    found = ledger(Script(session(truncation="something new", max_output_tokens="inf")))
    assert found.truncation == Truncation() and found.max_output_tokens is None


def test_the_beta_shape() -> None:
    wire = {
        "model": "gpt-4o-realtime-preview-2024-12-17",
        "instructions": INSTRUCTIONS,
        "max_response_output_tokens": 400,
        "input_audio_transcription": {"model": "whisper-1"},
    }
    item = {"id": "item_1", "type": "message", "role": "user", "content": [{"type": "input_text", "text": "Go."}]}
    spoken = {
        "id": "item_a",
        "type": "message",
        "role": "assistant",
        "content": [{"type": "audio", "transcript": "Yes."}],
    }
    usage = {
        "total_tokens": 60, "input_tokens": 40, "output_tokens": 20,
        "input_token_details": {"text_tokens": 40, "audio_tokens": 0, "cached_tokens": 0},
        "output_token_details": {"text_tokens": 4, "audio_tokens": 16},
    }  # fmt: skip
    script = Script(got("session.created", session=wire), got("conversation.item.created", item=item))
    script.play(got("response.created", response={"id": "resp_1"}))
    script.play(got("response.output_item.added", response_id="resp_1", item={**spoken, "content": []}))
    script.play(got("conversation.item.created", item={**spoken, "content": []}, previous_item_id="item_1"))
    audio = {"response_id": "resp_1", "item_id": "item_a", "delta": "AAAA" * 12800}
    script.play(got("response.audio.delta", **audio))
    script.play(got("response.output_item.done", response_id="resp_1", item=spoken))
    script.play(
        got("response.done", response={"id": "resp_1", "status": "completed", "usage": usage, "output": [spoken]})
    )
    found = ledger(script)
    assert (found.max_output_tokens, found.transcription_model) == (400, "whisper-1")
    (exchange,) = found.exchanges
    assert exchange.model == "gpt-4o-realtime-preview-2024-12-17"
    assert exchange.answer_audio_s == pytest.approx(0.8)
    assert exchange.usage == TokenUsage(input_text=40, output_text=4, output_audio=16)
    assert exchange.made == exchange.kept == ModalityCount(4, 16)


def test_the_day_of_a_response_is_that_of_its_end() -> None:
    script = Script(session(vad=False))
    script.play(text_turn(1, billed(100)))
    script.play(text_turn(2, billed(200)), at_s=24 * 3600.0)
    over_midnight = text_turn(3, billed(300))
    script.play(over_midnight[:-1], at_s=60 * 3600.0).play(over_midnight[-1], at_s=61.5 * 3600)
    script.play(over_midnight[-1], at_s=99 * 3600.0)
    found = ledger(script)
    assert [str(exchange.on) for exchange in found.exchanges] == ["2026-11-18", "2026-11-19", "2026-11-21"]
    assert found.on == DAY and found.duration_s > 24 * 3600


def test_a_recording_without_a_model() -> None:
    script = Script(text_turn(1, billed(100)))
    assert ledger(script).model == ledger(script).exchanges[0].model == ""


def test_events_that_hold_anything_never_raise() -> None:
    script = Script(session(), text_turn(1, billed(100)))
    for kind in ("session.updated", "conversation.item.added", "conversation.item.deleted", "response.created",
                 "conversation.item.truncated", "response.done", "error", "response.audio.delta",
                 "conversation.item.input_audio_transcription.completed"):  # fmt: skip
        for member in ("session", "item", "item_id", "response", "error", "usage", "audio_end_ms"):
            for value in (None, 5, "x", [], {}, {"id": 5}, {"id": "resp_1", "usage": 3}, {"type": 3}):
                script.play(got(kind, **{member: value}))
    script.play(sent("response.create", response=5), sent("conversation.item.create", item=None))
    script.play(sent("conversation.item.create", item={"id": 3}, previous_item_id=3))
    found = ledger(script)
    assert found.exchanges[0].usage == TokenUsage(input_text=100, output_text=10, output_audio=40)


@pytest.fixture
def talk() -> rtnb.Recording:
    return rtnb.replay(Path(__file__).parents[3] / "notebooks" / "data" / "ten_minutes.rtnb")


def until(exchanges: tuple[Exchange, ...], index: int, whole: Ledger) -> Ledger:
    """The ledger as it was right before a response began, its user's turn already given."""
    now = exchanges[index]
    return Ledger(
        model=whole.model, on=whole.on, exchanges=exchanges[:index], truncation=whole.truncation,
        pending=now.given, settings=now.settings, edits=now.edits,
    )  # fmt: skip


def test_a_real_session_of_text_adds_up(tmp_path: Path) -> None:
    with rtnb.connect(modalities=["text"], model="gpt-realtime-2.1", instructions=INSTRUCTIONS * 8) as s:
        assert s.ledger.exchanges == ()
        bounds = []
        for question in ("Spell cat.", "What is 12 times 12?", "What is a token?", "And latency?"):
            bounds.append(next_response(s, new_text_tokens=2 * count_text(question)))
            s.ask(question, show=False)
        side = {"conversation": "none", "metadata": {"kind": "side"}}
        s.send_event({"type": "response.create", "response": side})
        deadline = time.monotonic() + 10
        while len(s.events.of_type("response.done")) < 5 and time.monotonic() < deadline:
            time.sleep(0.01)
        s.update(instructions="Be brief.")
        s.ask("Spell dog.", show=False)
        found, report, again = s.ledger, s.usage, rtnb.replay(s.save(tmp_path / "talk.rtnb"))
        assert isinstance(s, HasLedger) and isinstance(report, HasLedger) and isinstance(again, HasLedger)
    assert again.ledger.exchanges == found.exchanges == report.ledger.exchanges
    assert again.ledger.name == "talk.rtnb" and found.endpoint == "embedded server"
    assert report.usage == sum((x.usage for x in found.exchanges if x.usage), TokenUsage())
    inside = [x for x in found.exchanges if x.in_conversation]
    assert len(inside) == len(found.exchanges) - 1 == 5
    given = [TokenUsage() if x.usage is None else x.usage for x in inside]
    assert given[0].input_text == inside[0].settings.text + inside[0].given.text
    for (before, now), usage, last in zip(pairwise(inside), given[1:], given, strict=False):
        if not now.edits:
            assert usage.input_text == last.input_text + before.kept.text + now.given.text
    assert inside[-1].edits == ("instructions changed",)
    bill = report.meter
    assert bill.total_usd == pytest.approx(report.total_usd)
    assert [miss.reason for miss in bill.entries[-1].misses] == ["instructions changed"]
    assert bill.hit_rate is not None and 0 < bill.hit_rate < 1
    for bound, exchange in zip(bounds, inside, strict=False):
        cost = next(entry.cost for entry in bill.entries if entry.exchange == exchange)
        assert cost is not None
        assert bound.at_least.exact_usd <= cost.exact_usd <= bound.at_most.exact_usd
    assert report.next_response().context.total > inside[-1].settings.total


def test_the_bounds_hold_all_through_a_recorded_talk(talk: rtnb.Recording) -> None:
    found = talk.ledger
    bill = meter(found)
    assert len(bill.entries) > 25
    costs = {entry.exchange.response_id: entry.cost for entry in bill.entries}
    for index, exchange in enumerate(found.exchanges):
        cost = costs[exchange.response_id]
        if cost is None or not exchange.in_conversation:
            continue
        bounds = next_response(until(found.exchanges, index, found))
        assert bounds.at_least.exact_usd <= cost.exact_usd <= bounds.at_most.exact_usd, index


def test_a_recorded_talk_adds_up(talk: rtnb.Recording) -> None:
    found = talk.ledger
    inside = [x for x in found.exchanges if x.in_conversation and x.usage]
    for before, now in pairwise(inside):
        if now.edits:
            continue
        for modality in ("text", "audio"):
            total = getattr(now.usage, f"input_{modality}")
            parts = getattr(before.usage, f"input_{modality}")
            assert total == parts + getattr(before.kept, modality) + getattr(now.given, modality)
    heard = [x for x in inside if x.heard_s is not None]
    assert heard and all(x.kept.audio < x.made.audio and x.kept.text == 0 for x in heard)
    assert all(abs(x.given.audio - 10 * x.user_audio_s) <= 1 for x in inside)
    assert talk.usage.total_usd == pytest.approx(meter(talk).total_usd)


def telephone(shape: str) -> Any:
    if shape == "beta":
        return got("session.created", session={"model": "gpt-realtime", "output_audio_format": "g711_ulaw"})
    audio = {"output": {"format": {"type": "audio/pcmu" if shape == "ga" else "audio/pcm"}}}
    return got("session.created", session={"model": "gpt-realtime", "audio": audio})


@pytest.mark.parametrize(("shape", "rate"), [("pcm", 48), ("ga", 8), ("beta", 8)])
@pytest.mark.parametrize("delta", ["response.output_audio.delta", "response.audio.delta"])
def test_what_nobody_heard_costs_the_same_on_the_telephone(shape: str, rate: int, delta: str) -> None:
    if shape == "pcm" and delta == "response.audio.delta":
        shape = "beta"
        rate = 8
    steps = answer(1, ["So."], [bytes(rate * 500)] * 20, usage=billed(50, 50, out=(40, 200)))
    steps = [(way, {**body, "type": delta if body["type"].endswith("audio.delta") else body["type"]})
             for way, body in steps]  # fmt: skip
    script = Script(telephone(shape), steps)
    script.play(sent("conversation.item.truncate", item_id="item_r1", content_index=0, audio_end_ms=3000), at_s=3.1)
    script.play(got("conversation.item.truncated", item_id="item_r1", content_index=0, audio_end_ms=3000))
    (entry,) = meter(ledger(script)).entries
    assert entry.exchange.answer_audio_s == 10.0 and entry.exchange.heard_s == 3.0
    assert (entry.unheard_s, entry.unheard.exact_usd) == (7.0, 140 * Decimal(64) / 1_000_000)


def test_telephone_audio_of_the_user_is_estimated_at_its_own_rate() -> None:
    wire = {"model": "gpt-realtime", "audio": {"input": {"format": {"type": "audio/pcma"}}}}
    script = Script(got("session.created", session=wire), append(bytes(8 * 2000)), sent("input_audio_buffer.commit"))
    script.play(committed("item_1"))
    assert ledger(script).pending.audio == 20
    content = [{"type": "input_audio", "audio": b64(bytes(8 * 1000))}]
    item = {"id": "item_2", "type": "message", "role": "user", "content": content}
    script.play(sent("conversation.item.create", item=item), got("conversation.item.added", item={**item}))
    assert ledger(script).pending.audio == 30


def test_a_response_that_was_billed_before_the_log_began_is_on_the_bill() -> None:
    script = Script(session(), answer(1, usage=billed(2000, 0))[-1], text_turn(2, billed(2100, 0)))
    bill = meter(ledger(script))
    assert [entry.exchange.response_id for entry in bill.entries] == ["resp_1", "resp_2"]
    assert bill.usage.input_tokens == 4100
    assert bill.entries[0].exchange.turn == 0
    outside = Script(session(), answer(1, usage=billed(2000, 0), conversation_id=None)[-1])
    assert meter(ledger(outside)).usage.input_tokens == 2000


def test_a_transcription_without_usage_is_on_the_bill_without_a_price() -> None:
    kind = "conversation.item.input_audio_transcription.completed"
    wire = {"model": "gpt-realtime", "input_audio_transcription": {"model": "whisper-1"}}
    script = Script(got("session.created", session=wire), append(pcm(900)), sent("input_audio_buffer.commit"))
    script.play(committed("item_1"), got(kind, item_id="item_1", transcript="Hello."), answer(1))
    (one,) = ledger(script).transcriptions
    assert (one.model, dict(one.usage)) == ("whisper-1", {})
    bill = meter(ledger(script))
    assert bill.total_usd > 0
    (missing,) = bill.cost.unpriced
    assert missing.startswith("transcription")
    # A word with usage wins, whichever comes first.
    script.play(got(kind, item_id="item_1", transcript="Hello.", usage={"type": "duration", "seconds": 2}))
    script.play(got(kind, item_id="item_1", transcript="Hello."))
    assert not meter(ledger(script)).cost.unpriced


@pytest.mark.parametrize(
    "refusal",
    [
        {"code": "conversation_already_has_active_response"},
        {"code": "invalid_value", "param": "response.instructions"},
    ],
)
def test_a_refused_request_lends_its_instructions_to_nobody(refusal: dict[str, str]) -> None:
    spoken = [speech_started("item_1", 0), speech_stopped("item_1", 700), *committed("item_1")]
    script = Script(session(instructions=INSTRUCTIONS), append(pcm(800)), spoken, answer(1))
    script.play(request(None, instructions="Answer in French, at great length, with examples."))
    script.play(got("error", error={"type": "invalid_request_error", "message": "No.", "event_id": None, **refusal}))
    script.play(answer(2), answer(3))
    assert [exchange.edits for exchange in ledger(script).exchanges] == [(), (), ()]


def test_an_error_about_something_else_refuses_no_request() -> None:
    script = Script(session(instructions=INSTRUCTIONS), answer(1), request(None, instructions="Answer in French."))
    script.play(got("error", error={"code": "invalid_value", "param": "session.voice", "event_id": None}))
    script.play(answer(2))
    assert [exchange.edits for exchange in ledger(script).exchanges] == [(), ("instructions changed",)]


def test_tokens_of_unstated_modality_say_nothing_of_what_entered() -> None:
    bare = {"total_tokens": 2100, "input_tokens": 2000, "output_tokens": 100}
    script = Script(session(), text_turn(1, billed(100)), text_turn(2, bare), text_turn(3, billed(4000, out=(5, 0))))
    given = [exchange.given.total for exchange in ledger(script).exchanges]
    assert given[1] < 20 and given[2] < 20


def test_the_ledger_knows_when_it_began() -> None:
    assert ledger(Script(session())).start_wall_s == 1_795_000_000.0


@pytest.mark.parametrize(
    ("settings", "expected"),
    [
        ({"output_modalities": ["text"]}, ("text",)),
        ({"modalities": ["audio", "text"]}, ("audio", "text")),
        ({}, ()),
        ({"output_modalities": "text"}, ()),
        ({"output_modalities": [1, "text"]}, ("text",)),
    ],
)
def test_what_answers_may_be_made_of(settings: dict[str, Any], expected: tuple[str, ...]) -> None:
    script = Script(got("session.created", session={"model": "gpt-realtime", **settings}))
    assert ledger(script).output_modalities == expected


def test_a_session_of_text_is_at_most_text() -> None:
    with rtnb.connect(modalities=["text"]) as talk:
        bounds = talk.usage.next_response()
    (made,) = [line for line in bounds.at_most.lines if line.kind == "output"]
    assert made.modality == "text"
