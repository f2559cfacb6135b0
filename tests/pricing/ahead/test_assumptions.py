from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rtnb.errors import ConfigError
from rtnb.pricing.ahead.assumptions import MISSING_MANUAL, Assumptions
from rtnb.tokens import ModalityCount, Step, Summarise, Truncation

SHARES = st.floats(0, 1)
ASSUMPTIONS = st.builds(
    Assumptions,
    turns_per_minute=st.floats(0.1, 20),
    talk_share=SHARES,
    user_share=SHARES,
    instruction_tokens=st.integers(0, 2000),
    tool_tokens=st.integers(0, 500),
    text_share=st.floats(0, 2),
    interruption_rate=SHARES,
    heard_share=st.floats(0.05, 1),
    user_text_tokens_per_turn=st.floats(0, 50),
    answer_text_tokens_per_turn=st.floats(0, 50),
)


def total(counts: list[ModalityCount]) -> ModalityCount:
    return sum(counts, ModalityCount())


@given(ASSUMPTIONS, st.floats(0.05, 40))
def test_sums_over_the_turns_are_the_rounded_exact_ones(assumed: Assumptions, minutes: float) -> None:
    steps = assumed.steps(minutes)
    assert len(steps) == assumed.turns_in(minutes)
    user = 600 * minutes * assumed.talk_share * assumed.user_share
    heard = 1200 * minutes * assumed.talk_share * (1 - assumed.user_share)
    generated = heard / (1 - assumed.interruption_rate * (1 - assumed.heard_share))
    assert total([step.given for step in steps]).audio == pytest.approx(user, abs=0.51)
    assert total([step.kept for step in steps]).audio == pytest.approx(heard, abs=0.51)
    assert total([step.made for step in steps]).audio == pytest.approx(generated, abs=0.51)
    written = assumed.answer_text_tokens_per_turn * len(steps)
    assert total([step.made for step in steps]).text == pytest.approx(
        generated * assumed.text_share + written, abs=0.51
    )
    for step in steps:
        assert min(step.given.audio, step.given.text, step.kept.audio, step.kept.text) >= 0
        assert step.settings.text == assumed.instruction_tokens + assumed.tool_tokens
        # Each turn is the mean one, but for the rounding.
        assert step.given.audio == pytest.approx(user / len(steps), abs=1)


@given(ASSUMPTIONS, st.floats(0.05, 40))
def test_what_is_kept_was_made(assumed: Assumptions, minutes: float) -> None:
    steps = assumed.steps(minutes)
    made, kept = total([step.made for step in steps]), total([step.kept for step in steps])
    assert kept.audio <= made.audio
    assert kept.text <= made.text


def test_an_interrupted_answer_is_generated_in_full_and_half_of_it_kept() -> None:
    # All answers are cut in the middle: for 1,000 tokens that are heard 2,000 are made.
    assumed = Assumptions(
        turns_per_minute=1, talk_share=1, user_share=0, assistant_tokens_per_minute=1000, interruption_rate=1
    )
    [step] = assumed.steps(1)
    assert step == Step(ModalityCount(), ModalityCount(text=600, audio=2000), ModalityCount(text=0, audio=1000))


def test_turns_are_rounded_and_at_least_one() -> None:
    assumed = Assumptions(turns_per_minute=3)
    assert [assumed.turns_in(minutes) for minutes in (0.01, 0.5, 0.84, 10)] == [1, 2, 3, 30]
    # What is said in half a minute does not depend on how many turns it makes.
    assert total([step.given for step in assumed.steps(0.5)]).audio == round(600 * 0.5 * 0.35)


@pytest.mark.parametrize("minutes", [0, -1, math.nan, math.inf, "10", None, True])
def test_lengths_that_are_none(minutes: object) -> None:
    with pytest.raises(ConfigError, match="minutes is a number above 0"):
        Assumptions().turns_in(minutes)  # type: ignore[arg-type]


def test_a_talk_of_years_is_a_slip() -> None:
    with pytest.raises(ConfigError, match=r"times\(talks\)"):
        Assumptions().turns_in(1e9)


@pytest.mark.parametrize(
    ("name", "value", "told"),
    [
        ("talk_share", 70, "share from 0 to 1"),
        ("user_share", -0.1, "not negative"),
        ("cache_hit_rate", math.nan, "not negative"),
        ("interruption_rate", 1.01, "share from 0 to 1"),
        ("heard_share", 0, "at least 0.001"),
        ("heard_share", 1e-300, "at least 0.001"),
        ("user_tokens_per_minute", 1e300, "at most"),
        ("instruction_tokens", 10**400, "instruction_tokens"),
        ("turns_per_minute", 10**400, "turns_per_minute"),
        ("turns_per_minute", 0, "above 0"),
        ("text_share", "0.3", "is a number"),
        ("instruction_tokens", None, "is a number"),
        ("tool_tokens", True, "is a number"),
        ("user_tokens_per_minute", math.inf, "is a number"),
        ("user_text_tokens_per_turn", -1, "not negative"),
        ("transcribed_share", -1, "not negative"),
        ("cache_grain", 0, "whole number"),
        ("cache_grain", 6.4, "whole number"),
        ("truncation", "sometimes", "is no truncation"),
        ("summarise", 4000, "Summarise or None"),
        ("transcription", True, "name of a model"),
    ],
)
def test_values_out_of_range_are_named(name: str, value: object, told: str) -> None:
    with pytest.raises(ConfigError, match=told) as caught:
        Assumptions().changed({name: value})
    assert name in str(caught.value) or name == "truncation"


def test_what_is_no_assumption_is_told_those_that_are() -> None:
    with pytest.raises(ConfigError, match=r"'talk_shares'. Did you mean talk_share\? There are: turns_per"):
        Assumptions().changed({"talk_shares": 0.5})
    with pytest.raises(ConfigError, match=r"no assumption 'zzz'\. There are"):
        Assumptions().changed({"zzz": 0.5})


def test_the_form_of_the_wire_will_do_for_truncation() -> None:
    changed = Assumptions().changed({"truncation": {"type": "retention_ratio", "retention_ratio": 0.5}})
    assert changed.truncation == Truncation("retention_ratio", 0.5)
    assert Assumptions(summarise=Summarise(500)).summarise == Summarise(500)


def test_the_manual_is_800_tokens_a_minute_split_evenly() -> None:
    steps = MISSING_MANUAL.steps(3)
    assert total([step.given for step in steps]) == total([step.made for step in steps]) == ModalityCount(audio=840)


def test_a_retention_ratio_is_short_for_a_truncation() -> None:
    assert Assumptions().changed({"retention_ratio": 0.5}).truncation == Truncation("retention_ratio", 0.5)
    own = Assumptions(truncation=Truncation("retention_ratio", 0.8, 5000))
    assert own.changed({"retention_ratio": 0.5}).truncation == Truncation("retention_ratio", 0.5, 5000)
    with pytest.raises(ConfigError, match="truncation and retention_ratio"):
        Assumptions().changed({"retention_ratio": 0.5, "truncation": "auto"})
    with pytest.raises(ConfigError, match="retention_ratio is a number from 0 to 1"):
        Assumptions().changed({"retention_ratio": 50})
    with pytest.raises(ConfigError, match=r"Did you mean retention_ratio\?"):
        Assumptions().changed({"retention_rato": 0.5})
