"""What a trial will cost, by dated prices."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from rtnb import pricing
from rtnb.errors import BudgetError, ConfigError
from rtnb.lab.trials.cost import TrialCost, check_budget, trial_cost
from rtnb.session.wire.endpoint import OPENAI_URL, openai_endpoint, url_endpoint

DAY = date(2026, 11, 21)


def cost(url: str = OPENAI_URL, model: str = "gpt-realtime", **changes: Any) -> TrialCost | None:
    options: dict[str, Any] = {
        "clip_s": 120.0,
        "tail_s": 2.0,
        "sessions": 3,
        "responses": True,
        "turns": 6,
        "speech_s": 60.0,
        "on": DAY,
    }
    return trial_cost(changes.pop("endpoint", None) or url_endpoint(url), model, **(options | changes))


def test_events_alone_are_not_billed() -> None:
    found = cost(responses=False)
    assert found is not None and found.usd == found.most_usd == 0.0
    assert "3 sessions of 122 s, 6.1 minutes" in found.text and "2026-11-21" in found.text
    assert "another provider" not in found.text


def test_on_this_machine_nobody_charges() -> None:
    assert cost("ws://127.0.0.1:8765/v1/realtime") is None


def test_a_gateway_on_this_machine_may_pass_it_on(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENAI_BASE_URL", "http://127.0.0.1:4000/v1")
    gateway = openai_endpoint(key="sk-x", ask=lambda prompt: "")
    assert gateway.loopback
    found, vendors = cost(endpoint=gateway), cost()
    assert found is not None and vendors is not None and found.usd == vendors.usd
    assert "if 127.0.0.1 passes it on to the paid API" in found.text
    with pytest.raises(BudgetError):
        check_budget(found, 0.0001)


def test_elsewhere_the_prices_may_be_others() -> None:
    found = cost("wss://example.org/v1/realtime", responses=False)
    assert found is not None and "another provider may charge otherwise" in found.text


def test_answers_are_those_of_a_talk_of_so_many_turns() -> None:
    found = cost()
    assert found is not None and found.usd is not None and found.most_usd is not None
    minutes = (120 + 6 * 7) / 60
    talk = pricing.project(
        minutes,
        "gpt-realtime",
        on=DAY,
        turns_per_minute=6 / minutes,
        talk_share=(60 + 42) / (60 * minutes),
        user_share=60 / 102,
    )
    assert found.usd == pytest.approx(3 * talk.total_usd) and found.usd < found.most_usd
    one, twice = cost(sessions=1), cost(sessions=2)
    assert one is not None and twice is not None and one.usd is not None
    assert twice.usd == pytest.approx(2 * one.usd)


def test_transcription_alone_is_billed_by_its_own_model() -> None:
    found = cost(responses=False, transcription="whisper-1")
    assert found is not None and found.usd == pytest.approx(3 * 2 * 0.006)


def test_models_that_are_charged_by_the_time_cost_even_in_silence() -> None:
    found = cost(model="gpt-live-1", responses=False)
    assert found is not None and found.usd == pytest.approx(3 * 122 / 60 * 0.05)


def test_a_model_without_a_price_is_not_free() -> None:
    found = cost(model="their-own")
    assert found is not None and found.usd is None and "not known" in found.text
    with pytest.raises(BudgetError, match="not known"):
        check_budget(found, 1000.0)


def test_budgets() -> None:
    check_budget(None, 0.0)
    check_budget(TrialCost(0.0, 0.0, "nothing"), 0)
    check_budget(TrialCost(1.0, 2.0, "some"), 2.0)
    check_budget(TrialCost(1.0, 2.0, "some"), None)
    with pytest.raises(BudgetError, match="some"):
        check_budget(TrialCost(1.0, 2.0, "some"), 1.5)
    for bad in (-1, float("nan"), float("inf"), True, "1"):
        with pytest.raises(ConfigError, match="budget_usd"):
            check_budget(None, bad)  # type: ignore[arg-type]
