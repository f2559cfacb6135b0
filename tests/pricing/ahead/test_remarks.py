from __future__ import annotations

from rtnb.pricing.ahead.remarks import remarks
from rtnb.pricing.bills.billing import cost
from rtnb.pricing.bills.cost import Cost
from rtnb.tokens import ModalityCount, Step, TokenUsage, Truncation, simulate

TURN = Step(ModalityCount(audio=100), ModalityCount(audio=200), ModalityCount(audio=200))


def priced(usage: TokenUsage) -> Cost:
    return cost(usage, "gpt-realtime", "2026-01-31")


def test_a_dropped_turn_by_hand() -> None:
    """Four turns of one minute, a window of 640 tokens, steps of one token: 100, 400, then 600 and 600 of 700."""
    played = simulate([TURN] * 4, input_limit=640, grain=1)
    assert [step.usage.input_audio for step in played if step.usage] == [100, 400, 600, 600]
    [note] = remarks(played, 4, priced, grain=1, hit_rate=1.0, rather=lambda: " Rather not.")
    # The third lost 400 cached tokens, the fourth 600: 1,000 at 32 less 0.40 a million.
    assert "from 3.0 min on; 400 tokens are gone" in note
    assert "before 2 of 4 responses" in note
    assert "$0.0316 more than out of the cache. Rather not." in note
    [half] = remarks(played, 4, priced, grain=1, hit_rate=0.5, rather=str)
    assert "$0.0158 more" in half


def test_without_a_cache_nothing_is_spoilt() -> None:
    played = simulate([TURN] * 4, input_limit=640, hit_rate=0.0)
    [note] = remarks(played, 4, priced, grain=0, hit_rate=1.0, rather=str)
    assert "cache" not in note
    assert note.endswith("before 2 of 4 responses.")


def test_refused_responses_are_told_and_nothing_else() -> None:
    played = simulate([TURN] * 4, input_limit=640, truncation=Truncation("disabled"))
    [note] = remarks(played, 4, priced, grain=64, hit_rate=1.0, rather=str)
    assert "2 responses would be refused" in note
