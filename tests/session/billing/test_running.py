"""The bill as it runs says of money and of the next response what a pass over the whole session says."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from support.logs import START_WALL_S, Script, Step, answer, committed, got, pcm, request, sent, session, user_item

from rtnb.pricing.ahead.budget import next_response
from rtnb.pricing.bills.billing import cost, transcription_cost
from rtnb.session.billing.ledger import ledger_of_log
from rtnb.session.billing.running import RunningLedger
from rtnb.tokens import TokenUsage

TRUNCATIONS: list[Any] = [
    "auto",
    "disabled",
    {"type": "retention_ratio", "retention_ratio": 0.5, "token_limits": {"post_instructions": 150}},
]
COUNTS = st.integers(0, 300)


def billed(*, given: tuple[int, int], made: tuple[int, int], other: int = 0) -> dict[str, Any]:
    usage = TokenUsage(input_text=given[0], input_audio=given[1], output_text=made[0], output_audio=made[1]).to_wire()
    return {**usage, "total_tokens": usage["total_tokens"] + other, "input_tokens": usage["input_tokens"] + other}


USAGES = st.one_of(
    st.none(),
    st.builds(
        billed,
        given=st.tuples(COUNTS, COUNTS),
        made=st.tuples(COUNTS, COUNTS),
        other=st.sampled_from([0, 0, 0, 7]),
    ),
)
ACTIONS = st.one_of(
    st.tuples(st.just("ask"), st.text("ab ", max_size=200), USAGES, st.booleans()),
    st.tuples(st.just("aside"), USAGES),
    st.tuples(st.just("alone"), USAGES),
    st.tuples(st.just("nameless"), st.text("cd ", max_size=50)),
    st.tuples(st.just("speak"), st.sampled_from([0, 300, 900]), USAGES),
    st.tuples(st.just("heard"), st.sampled_from([None, {"type": "tokens", "total_tokens": 40, "input_tokens": 40}])),
    st.tuples(st.just("delete"), st.integers(0, 9)),
    st.tuples(st.just("truncate"), st.integers(0, 9), st.sampled_from([0, 100, 250])),
    st.tuples(st.just("settings"), st.sampled_from(["Be brief.", "Be as long as you like, please."])),
)


def steps_of(number: int, action: Any, ids: list[str], truncation: Any) -> list[Step]:
    """What one action puts on the wire."""
    kind, key = action[0], f"turn_{number}"

    def of_ids(place: int) -> str:
        return ids[-1 - place % len(ids)] if ids else "nobody"

    match kind:
        case "ask":
            _, text, usage, spoken = action
            ids += [f"item_{number}", f"item_r{number}"]
            chunks = [pcm(200, number), pcm(200)] if spoken else []
            item = {"id": ids[-2], "type": "message", "role": "user", "content": [{"type": "input_text", "text": text}]}
            asked = [user_item(ids[-2], text), got("conversation.item.added", item=item, previous_item_id=None)]
            return [*asked, request(key), *answer(number, chunks=chunks, key=key, usage=usage)]
        case "aside":
            asked = [request(None, conversation="none", metadata={"topic": "x"})]
            return [*asked, *answer(number, conversation_id=None, usage=action[1])]
        case "alone":
            ids.append(f"item_r{number}")
            return [request(key, input=[]), *answer(number, key=key, usage=action[1])]
        case "nameless":
            item = {"id": f"item_n{number}", "type": "message", "role": "user"}
            item["content"] = [{"type": "input_text", "text": action[1]}]  # type: ignore[assignment]
            ids.append(f"item_n{number}")
            return [user_item(None, action[1]), got("conversation.item.added", item=item, previous_item_id=None)]
        case "speak":
            ids += [f"item_{number}", f"item_r{number}"]
            heard = committed(ids[-2])
            begin: list[Step] = [("sent", {"type": "input_audio_buffer.append", "audio": ""})]
            return [*begin, sent("input_audio_buffer.commit"), *heard, request(key), *answer(
                number, chunks=[pcm(action[1])] if action[1] else [], key=key, usage=action[2])]  # fmt: skip
        case "heard":
            usage = {} if action[1] is None else {"usage": action[1]}
            kind = "conversation.item.input_audio_transcription.completed"
            return [got(kind, item_id=of_ids(1), transcript="Hm.", **usage)]
        case "delete":
            return [got("conversation.item.deleted", item_id=of_ids(action[1]))]
        case "truncate":
            end = {"content_index": 0, "audio_end_ms": action[2]}
            return [got("conversation.item.truncated", item_id=of_ids(action[1]), **end)]
    return [session(kind="session.updated", vad=False, instructions=action[1], truncation=truncation)]


@settings(deadline=None, max_examples=100)
@given(st.lists(ACTIONS, max_size=14), st.sampled_from(TRUNCATIONS), st.integers(1, 5))
def test_it_says_what_the_whole_ledger_says(actions: list[Any], truncation: Any, stride: int) -> None:
    script = Script()
    running = RunningLedger(script.talk, START_WALL_S)
    ids: list[str] = []
    steps = [session(vad=False, instructions="Be brief.", truncation=truncation)]
    for number, action in enumerate(actions):
        steps += steps_of(number, action, ids, truncation)
    for first in range(0, len(steps), stride):
        seen = len(script.log)
        script.play(steps[first : first + stride])
        running.apply(script.log[seen:])
        recent = running.recent()
        whole = ledger_of_log(script.log, script.talk)
        assert next_response(recent).at_least == next_response(whole).at_least
        spent = [(cost(each.usage, each.model, each.on), each.usage) for each in whole.exchanges if each.usage]
        heard = [transcription_cost(each.usage, each.model, each.on) for each in whole.transcriptions]
        assert running.spent_usd == sum((bill.exact_usd for bill in [b for b, _ in spent] + heard), Decimal(0))
        tokens = sum(usage.total_tokens for _, usage in spent)
        assert running.spent_tokens == tokens + sum(each.usage.get("total_tokens", 0) for each in whole.transcriptions)
        reasons = {reason for bill in [b for b, _ in spent] + heard for reason in bill.unpriced}
        assert set(running.unpriced) == reasons


def test_a_thousand_responses_are_no_more_to_look_at_than_two() -> None:
    script = Script(session(vad=False))
    running = RunningLedger(script.talk, START_WALL_S)
    running.apply(script.log[:])
    for number in range(1000):
        seen = len(script.log)
        usage = billed(given=(20 + 10 * number, 0), made=(10, 0))
        script.play(request(f"turn_{number}"), answer(number, key=f"turn_{number}", usage=usage))
        assert running.apply(script.log[seen:])
        # The last one, and one that stands in for all before.
        assert len(running.recent().exchanges) <= 2
    assert next_response(running.recent()).at_least == next_response(ledger_of_log(script.log, script.talk)).at_least


@pytest.mark.parametrize("kind", ["input_audio_buffer.append", "response.output_audio.delta"])
def test_audio_changes_nothing(kind: str) -> None:
    script = Script(session(vad=False))
    running = RunningLedger(script.talk, START_WALL_S)
    assert running.apply(script.log[:])
    direction = "sent" if kind.startswith("input") else "received"
    assert not running.apply([script.record(direction, {"type": kind})])
    assert not running.apply([script.record("local", {"type": "rtnb.notice", "text": "Hm."})])
