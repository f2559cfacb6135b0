"""Limits of a session: the warning, the refusal, and turn detection that asks nobody."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import pytest

import rtnb
from rtnb.errors import BudgetError, ConfigError, SessionError
from rtnb.pricing.ahead.budget import next_response
from rtnb.session.behaviour import Behaviour
from rtnb.session.verbs.budget import Budget
from rtnb.testing import ScriptedServer, greeting

MODEL = "gpt-realtime"
VAD = {"type": "server_vad", "silence_duration_ms": 200, "create_response": True, "idle_timeout_ms": 6000}
USAGE = {
    "total_tokens": 1100,
    "input_tokens": 1000,
    "output_tokens": 100,
    "input_token_details": {"text_tokens": 1000, "audio_tokens": 0, "cached_tokens": 0},
    "output_token_details": {"text_tokens": 100, "audio_tokens": 0},
}
"""At gpt-realtime's prices of 2026: 1,000 tokens of text in and 100 out."""


class Api:
    """Answers every request with the same usage, and keeps the settings."""

    def __init__(self, *, refuse_updates: bool = False, detection: Any = VAD) -> None:
        self.refuse = refuse_updates
        self.count = 0
        self.updates: list[Any] = []
        self.config: dict[str, Any] = {"type": "realtime", "model": MODEL, "audio": {}}
        self.config["audio"] = {"input": {"turn_detection": detection}}

    def __call__(self, event: dict[str, Any]) -> list[Any]:
        if event["type"] == "session.update":
            sent = event["session"].get("audio", {}).get("input", {})
            if "turn_detection" in sent and self.count:
                self.updates.append(sent["turn_detection"])
                if self.refuse:
                    error = {"code": "invalid_value", "message": "No.", "event_id": event["event_id"]}
                    return [{"type": "error", "error": error}]
                self.config = {**self.config, "audio": {"input": {"turn_detection": sent["turn_detection"]}}}
            return [{"type": "session.updated", "session": self.config}]
        if event["type"] == "response.create":
            return self.answer(event["response"])
        return []

    def answer(self, asked: dict[str, Any]) -> list[Any]:
        self.count += 1
        outside = asked.get("conversation") == "none"
        head = {
            "id": f"resp_{self.count}",
            "conversation_id": None if outside else "conv_1",
            "metadata": asked.get("metadata"),
        }
        return [
            {"type": "response.created", "response": {**head, "status": "in_progress"}},
            {"type": "response.done", "response": {**head, "status": "completed", "output": [], "usage": USAGE}},
        ]


def played(api: Api, work: Any, **limits: Any) -> list[dict[str, Any]]:
    async def main(url: str) -> None:
        session = rtnb.AsyncSession(url, model=MODEL, journal=False, transcription=None, turn_detection=None, **limits)
        async with session as s:
            await asyncio.wait_for(work(s), 20)

    with ScriptedServer(api, first=[greeting(model=MODEL, audio=api.config["audio"])]) as server:
        asyncio.run(main(server.url))
    return server.received


async def quiet(session: Any) -> None:
    """Until nothing more is on its way."""
    for _ in range(20):
        await asyncio.sleep(0.01)


def test_a_session_without_limits_is_left_alone() -> None:
    async def work(s: Any) -> None:
        for _ in range(3):
            await s.ask("Go.")
        assert s._core.budget.status() == "" and not s._core.budget.limited
        assert not any("Budget" in text for text in s.notices)

    played(Api(), work)


def test_it_warns_once_and_then_refuses_what_would_exceed() -> None:
    async def work(s: Any) -> None:
        for _ in range(4):
            await s.ask("Go.")
        # 4,400 of 5,400 are spent, which is more than four fifths; the next takes 1,100 at least.
        await quiet(s)
        assert [text for text in s.notices if "spent" in text] == [
            "Budget: 4,400 of 5,400 tokens are spent (81% of budget_tokens)."
        ]
        with pytest.raises(BudgetError) as caught:
            await s.ask("Go.")
        error = caught.value
        assert isinstance(error, SessionError)
        assert (error.limit, error.spent, error.allowed) == ("budget_tokens", 4400, 5400)
        assert error.next_at_least is not None and 1000 < error.next_at_least < 1200
        for words in ("4,400 of 5,400 tokens", "at least 1,1", "raise_budget(tokens=...)", "pruning", "cheaper model"):
            assert words in str(error)
        assert len([text for text in s.notices if "are spent (" in text]) == 1
        levels = [event.body["level"] for event in s.events if event.type == "rtnb.budget"]
        assert levels.count("warning") == 1 and "refused" in levels

    api = Api(detection=None)
    received = played(api, work, budget_tokens=5400)
    assert api.count == 4
    asked = [event for event in received if event["type"] == "conversation.item.create"]
    assert len(asked) == 4, "what is refused leaves nothing behind in the conversation"


def test_money_counts_the_context_that_is_sent_again() -> None:
    async def work(s: Any) -> None:
        await s.ask("Go.")
        spent = s.usage.total_usd
        assert 0.004 < spent < 0.02
        least = s.usage.next_response().at_least.total_usd
        assert least > 0
        s.raise_budget(usd=spent + 0.9 * least)
        with pytest.raises(BudgetError, match="budget_usd"):
            await s.ask("Go.")
        s.raise_budget(usd=spent + 1.5 * least)
        assert (await s.ask("Go.")).status == "completed"

    played(Api(detection=None), work, budget_usd=0.0057)


def test_what_is_new_counts_as_well() -> None:
    async def work(s: Any) -> None:
        await s.ask("Go.")
        budget = s._core.budget
        plain = budget.view().limits[0].next_at_least
        assert budget.view(new_audio_s=10.0).limits[0].next_at_least == pytest.approx(plain + 100, abs=5)
        words = "The quick brown fox jumps over the lazy dog. " * 20
        assert plain + 100 < budget.view(new_text=words).limits[0].next_at_least < plain + 400
        alone = budget.view(new_text="Hi.", own_input=True).limits[0].next_at_least
        assert alone < 50 < plain
        budget.check("Go.")
        with pytest.raises(BudgetError):
            budget.check(words * 100)

    played(Api(detection=None), work, budget_tokens=10_000)


def test_out_of_band_responses_count() -> None:
    async def work(s: Any) -> None:
        event = {"type": "response.create", "response": {"conversation": "none", "metadata": {"a": "b"}}}
        await s.send_event(event)
        await s._core.until(lambda: any(response.over for response in s._core.talk.responses.values()), 5)
        assert s._core.budget.view().limits[0].spent == 1100

    played(Api(detection=None), work, budget_tokens=10_000)


def test_transcription_counts() -> None:
    heard = {"type": "tokens", "total_tokens": 300, "input_tokens": 280, "output_tokens": 20}

    def script(event: dict[str, Any]) -> list[Any]:
        if event["type"] == "input_audio_buffer.commit":
            kind = "conversation.item.input_audio_transcription.completed"
            return [
                {"type": "input_audio_buffer.committed", "item_id": "item_1"},
                {"type": kind, "item_id": "item_1", "transcript": "Hi.", "usage": heard},
            ]
        return api(event)

    async def work(s: Any) -> None:
        await s.append(bytes(200 * 48))
        await s.commit()
        await s._core.until(lambda: "item_1" in s._core.talk.transcription_usage, 5)
        assert s._core.budget.view().limits[0].spent == 300

    api = Api(detection=None)

    async def main(url: str) -> None:
        async with rtnb.AsyncSession(url, model=MODEL, journal=False, turn_detection=None, budget_tokens=10_000) as s:
            await asyncio.wait_for(work(s), 20)

    with ScriptedServer(script, first=[greeting(model=MODEL)]) as server:
        asyncio.run(main(server.url))


def test_turn_detection_is_silenced_once_and_speaks_again_when_the_limit_is_raised() -> None:
    async def work(s: Any) -> None:
        await s.ask("Go.")
        await s.ask("Go.")
        await s._core.until(lambda: s.config["audio"]["input"]["turn_detection"]["create_response"] is False, 5)
        await quiet(s)
        told = [text for text in s.notices if "turn detection answers no more" in text]
        assert len(told) == 1 and "2,200 of 2,500 tokens" in told[0]
        assert s._core.budget.view().silenced
        s.raise_budget(tokens=20_000)
        await s._core.until(lambda: s.config["audio"]["input"]["turn_detection"]["create_response"] is True, 5)
        assert not s._core.budget.view().silenced
        await s.ask("Go.")
        await quiet(s)

    api = Api()
    played(api, work, budget_tokens=2500)
    silenced, restored = api.updates
    assert silenced == {**VAD, "create_response": False, "idle_timeout_ms": None}
    assert restored == VAD


def test_turn_detection_that_the_user_turns_on_again_is_silenced_again() -> None:
    async def work(s: Any) -> None:
        await s.ask("Go.")
        await s._core.until(lambda: len(api.updates) == 1, 5)
        await quiet(s)
        await s.update(turn_detection=rtnb.ServerVad(silence_duration_ms=350))
        await s._core.until(lambda: s.config["audio"]["input"]["turn_detection"].get("create_response") is False, 5)
        await quiet(s)
        assert s.config["audio"]["input"]["turn_detection"]["silence_duration_ms"] == 350
        assert len([text for text in s.notices if "answers no more" in text]) == 1

    api = Api()
    played(api, work, budget_tokens=1200)
    assert len(api.updates) == 3


def test_a_server_that_refuses_is_not_asked_for_ever() -> None:
    async def work(s: Any) -> None:
        await s.ask("Go.")
        await quiet(s)
        assert any("could not change turn detection" in text for text in s.notices)
        with pytest.raises(BudgetError):
            await s.ask("Go.")

    api = Api(refuse_updates=True)
    played(api, work, budget_tokens=1200)
    assert len(api.updates) == 1


def test_time_runs_out_with_nobody_asking() -> None:
    async def work(s: Any) -> None:
        await s.ask("Go.")
        await s._core.until(lambda: s.config["audio"]["input"]["turn_detection"].get("create_response") is False, 10)
        with pytest.raises(BudgetError, match=r"raise_budget\(minutes=\.\.\.\)") as caught:
            await s.ask("Go.")
        assert caught.value.limit == "max_minutes"
        assert [text for text in s.notices if "of max_minutes" in text]
        s.raise_budget(minutes=60)
        assert (await s.ask("Go.")).status == "completed"

    played(Api(), work, max_minutes=0.01)


def test_money_cannot_be_counted_without_a_price() -> None:
    async def main(url: str) -> None:
        with pytest.raises(ConfigError, match="budget_usd cannot be kept") as caught:
            async with rtnb.AsyncSession(url, model="my-own-model", journal=False, budget_usd=1.0):
                pass
        assert "budget_tokens=" in str(caught.value)
        async with rtnb.AsyncSession(url, model="my-own-model", journal=False, budget_tokens=10_000) as s:
            await s.ask("Go.")
            with pytest.raises(ConfigError, match="budget_usd cannot be kept"):
                s.raise_budget(usd=1.0)
            assert s._core.budget.status() == "1,100 of 10,000 tokens"

    def script(event: dict[str, Any]) -> list[Any]:
        found = api(event)
        return [{**each, "session": {"model": "my-own-model"}} if "session" in each else each for each in found]

    api = Api(detection=None)
    with ScriptedServer(script, first=[greeting(model="my-own-model")]) as server:
        asyncio.run(main(server.url))


@pytest.mark.parametrize("limits", [{"usd": 0}, {"tokens": -5}, {"minutes": float("nan")}, {"usd": True}])
def test_a_limit_is_a_number_above_nothing(limits: dict[str, Any]) -> None:
    async def work(s: Any) -> None:
        with pytest.raises(ConfigError, match="is a number above 0"):
            s.raise_budget(**limits)
        assert s._core.budget.status() == "0 of 900 tokens"

    played(Api(detection=None), work, budget_tokens=900)


def test_with_a_real_server_in_a_script(server: Any) -> None:
    with rtnb.connect(journal=False, modalities=["text"], budget_tokens=700) as s:
        with pytest.raises(BudgetError):
            for _ in range(50):
                s.ask("What is 6 times 7?")
        count = len(s.turns)
        assert count >= 1
        # Every one of them is whole: what was refused has left no half turn behind.
        assert {turn.status for turn in s.turns} == {"completed"}
        s.raise_budget(tokens=50_000)
        assert "42" in s.ask("What is 6 times 7?").text
        assert len(s.turns) == count + 1


def test_a_look_at_ten_minutes_counts_each_event_once() -> None:
    recording = rtnb.replay(Path(__file__).parents[3] / "notebooks" / "data" / "ten_minutes.rtnb")

    class Core:
        behaviour = Behaviour(budget_usd=5.0, budget_tokens=10**7)
        talk, log = recording._talk, recording.events
        opened, over, model, intent, status, requested = True, False, MODEL, "realtime", "open", {}  # type: ignore[var-annotated]

        def subscribe(self, listener: Any) -> None: ...

    budget = Budget(Core())  # type: ignore[arg-type]
    first = budget.view()
    assert first.limits[0].spent == pytest.approx(recording.ledger.exchanges and recording.usage.total_usd, rel=1e-9)
    # Nothing has happened since: nothing is counted again.
    assert budget.view() == first and budget._present()[1] is budget._present()[1]
    # And what the next response takes at least is what the whole ledger says of it.
    bounds = next_response(recording.ledger)
    assert first.limits[0].next_at_least == pytest.approx(bounds.at_least.total_usd, rel=1e-9)


def test_a_limit_is_only_raised() -> None:
    async def work(s: Any) -> None:
        for limits in ({"tokens": 900}, {"tokens": 899}, {"usd": 2.0, "tokens": 10}):
            with pytest.raises(ConfigError, match=r"budget_tokens is 900 now; raise_budget only raises it"):
                s.raise_budget(**limits)
        assert s._core.budget.status() == "0 of 900 tokens"
        s.raise_budget(tokens=901, minutes=5)
        s.raise_budget(tokens=902)
        with pytest.raises(ConfigError, match="max_minutes is 5 now"):
            s.raise_budget(minutes=4.5)
        assert s._core.budget.status().endswith("0 of 902 tokens · 0:00 of 5:00 min")

    played(Api(detection=None), work, budget_tokens=900)
