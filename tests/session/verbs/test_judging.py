"""Labels, verdicts and transcripts by the model."""

from __future__ import annotations

import asyncio
from typing import Any, cast

import pytest

import rtnb
from rtnb.errors import ConfigError
from rtnb.session.verbs.aside import Aside
from rtnb.session.verbs.aside_result import AsideResult
from rtnb.session.verbs.judging import classify, moderate


class Told:
    """An aside that answers what it was told to."""

    def __init__(self, text: str, **members: Any) -> None:
        self.result = AsideResult(text=text, **members)
        self.asked: list[tuple[str, Any, dict[str, Any]]] = []

    async def run(self, instructions: str, about: Any = None, **options: Any) -> AsideResult:
        self.asked.append((instructions, about, options))
        return self.result


def aside(text: str, **members: Any) -> Any:
    return cast(Aside, Told(text, **members))


@pytest.mark.parametrize(
    ("answer", "label"),
    [
        ('{"label": "Billing", "reason": "money"}', "billing"),
        ("**billing**", "billing"),
        ('"Billing."', "billing"),
        ("It is about billing, I think.", "billing"),
        ('{"category": "tech support"}', "tech-support"),
        ("billing or tech-support", "unsure"),
        ('{"label": "unsure", "reason": "nothing fits"}', "unsure"),
        ('{"label": "weather"}', "unsure"),
        ("", "unsure"),
        ("[]", "unsure"),
        ("{broken", "unsure"),
    ],
)
def test_an_answer_is_a_label_or_unsure(answer: str, label: str) -> None:
    found = asyncio.run(classify(aside(answer), ["billing", "tech-support"], "x"))
    assert found == label and found.unsure == (label == "unsure") and found.result.text == answer


def test_a_failed_response_is_unsure_and_says_why() -> None:
    details = {"error": {"message": "No quota."}}
    found = asyncio.run(classify(aside("billing", status="failed", status_details=details), ["billing", "other"]))
    assert found.unsure and "No quota." in found.reason


def test_the_model_is_told_the_labels_and_what_they_mean() -> None:
    told = Told("a")
    asyncio.run(classify(cast(Aside, told), {"a": "the first", "b": ""}, "x", more="Mind the gap.", timeout=3))
    ((instructions, about, options),) = told.asked
    assert "- a: the first\n- b\n" in instructions and "Mind the gap." in instructions and "{{" not in instructions
    assert (about, options) == ("x", {"timeout": 3})
    asyncio.run(classify(cast(Aside, told), ["a", "b"], template="Only {{labels}}!"))
    assert told.asked[1][0] == "Only - a\n- b!"


@pytest.mark.parametrize("labels", ["ab", ["a"], ["a", "A "], ["a", ""], ["a", 3], [], {"a": 1, "b": ""}, 7])
def test_labels_that_are_none(labels: Any) -> None:
    with pytest.raises(ConfigError):
        asyncio.run(classify(aside("a"), labels))


@pytest.mark.parametrize(
    ("answer", "flagged", "decided", "category"),
    [
        ('{"flagged": true, "category": "hate", "reason": "r"}', True, True, "hate"),
        ('```json\n{"flagged": false, "category": null, "reason": "fine"}\n```', False, True, None),
        ("Yes: it is an insult", True, True, None),
        ("no", False, True, None),
        ('{"flagged": "perhaps"}', True, False, None),
        ("I cannot say.", True, False, None),
    ],
)
def test_a_verdict_or_none(answer: str, flagged: bool, decided: bool, category: str | None) -> None:
    found = asyncio.run(moderate(aside(answer)))
    assert (bool(found), found.decided, found.category) == (flagged, decided, category) and found.reason


def test_what_nobody_checked_is_not_harmless() -> None:
    found = asyncio.run(moderate(aside('{"flagged": false}', status="failed")))
    assert found and not found.decided


def test_a_policy_of_one_s_own() -> None:
    told = Told("no")
    asyncio.run(moderate(cast(Aside, told), "x", policy=["no spoilers", "no dates"]))
    assert "- no spoilers\n- no dates" in told.asked[0][0] and "violence" not in told.asked[0][0]


@pytest.mark.local
def test_the_embedded_server_can_be_asked() -> None:
    with rtnb.connect(modalities=["text"]) as s:
        turn = s.ask("My invoice is wrong, and I want a refund.", show=False)
        assert s.classify(["weather", "billing"], turn) == s.classify({"weather": "", "billing": ""}) == "billing"
        assert s.classify(["weather", "billing"], "Tell me about lighthouses.").unsure
        assert not s.moderate(turn)
        assert s.moderate("You are such an idiot!").category == "harassment"


@pytest.mark.local
def test_a_turn_is_written_down_twice() -> None:
    with rtnb.connect(modalities=["text"]) as s:
        with pytest.raises(ConfigError, match="Nobody has spoken"):
            s.transcribe()
        typed = s.ask("Hello!", show=False)
        with pytest.raises(ConfigError, match="typed"):
            s.transcribe(typed)
        turn = s.ask(rtnb.Clip.load(rtnb.sample("weather_question")), show=False)
        alone, context = s.transcribe(turn), s.transcribe(context=True)
        assert alone.text == context.text == alone.built_in == "What is the weather in Paris?"
        assert alone.disagreement is not None and alone.disagreement.rate == 0
        assert alone.item_id == s.transcribe(alone.item_id).item_id
        assert alone.cost is not None and alone.built_in_cost is not None
        assert alone.cost.total_usd > alone.built_in_cost.total_usd > 0
        one, all_of_it = alone.result.usage, context.result.usage
        assert one is not None and all_of_it is not None and all_of_it.input_tokens > one.input_tokens
        with pytest.raises(ConfigError, match="no item"):
            s.transcribe("item_nope")
        s.items.delete(alone.item_id)
        # Its audio has left the conversation, and is sent again.
        assert s.transcribe(turn).text == alone.text
