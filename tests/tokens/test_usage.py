from __future__ import annotations

import copy
import pickle
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rtnb.tokens import ModalityCount, TokenUsage

COUNT = st.integers(0, 200_000)

GA: dict[str, Any] = {
    "total_tokens": 253,
    "input_tokens": 132,
    "output_tokens": 121,
    "input_token_details": {
        "text_tokens": 119,
        "audio_tokens": 13,
        "image_tokens": 0,
        "cached_tokens": 64,
        "cached_tokens_details": {"text_tokens": 64, "audio_tokens": 0, "image_tokens": 0},
    },
    "output_token_details": {"text_tokens": 30, "audio_tokens": 91},
}


@st.composite
def usages(draw: st.DrawFn, *, other: bool = True) -> TokenUsage:
    """Sound usages: cached is a subset of input, modality by modality."""
    counts: dict[str, int] = {}
    for name in ("text", "audio", "image", "other") if other else ("text", "audio", "image"):
        counts[f"input_{name}"] = draw(COUNT)
        counts[f"cached_{name}"] = draw(st.integers(0, counts[f"input_{name}"]))
    for name in ("text", "audio", "other") if other else ("text", "audio"):
        counts[f"output_{name}"] = draw(COUNT)
    return TokenUsage(**counts)


def test_reads_and_writes_the_ga_shape_to_the_letter() -> None:
    usage = TokenUsage.from_wire(GA)
    assert usage == TokenUsage(input_text=119, input_audio=13, cached_text=64, output_text=30, output_audio=91)
    assert usage.problems == ()
    assert usage.to_wire() == GA


def test_what_it_writes_is_what_the_openai_package_expects() -> None:
    from openai.types.realtime import RealtimeResponseUsage

    usage = TokenUsage(input_text=9, input_audio=19, cached_audio=0, input_image=85, output_audio=40)
    wire = usage.to_wire()
    assert RealtimeResponseUsage.model_validate(wire, strict=True).to_dict() == wire


@given(usages())
def test_round_trip(usage: TokenUsage) -> None:
    again = TokenUsage.from_wire(usage.to_wire())
    assert again == usage
    assert again.total_tokens == usage.to_wire()["total_tokens"]


@given(usages(other=False))
def test_the_round_trip_of_sound_counts_finds_no_problem(usage: TokenUsage) -> None:
    assert usage.problems == ()
    assert TokenUsage.from_wire(usage.to_wire()).problems == ()


@given(usages(), usages())
def test_sums_add_every_count(a: TokenUsage, b: TokenUsage) -> None:
    total = a + b
    assert total.input_tokens == a.input_tokens + b.input_tokens
    assert total.cached_tokens == a.cached_tokens + b.cached_tokens
    assert total.output_tokens == a.output_tokens + b.output_tokens
    assert total == sum([a, b]) == b + a


def beta(usage: TokenUsage) -> dict[str, Any]:
    wire = copy.deepcopy(usage.to_wire())
    for name in ("cached_tokens_details", "image_tokens"):
        del wire["input_token_details"][name]
    return wire


def test_cached_tokens_without_a_split_go_to_text_first() -> None:
    usage = TokenUsage.from_wire(beta(TokenUsage(input_text=100, input_audio=50, cached_audio=40, cached_text=80)))
    assert (usage.cached_text, usage.cached_audio) == (100, 20)
    assert len(usage.problems) == 1
    assert "upper bound" in usage.problems[0]


@given(usages(other=False))
def test_a_split_that_needs_no_guess_is_no_problem(usage: TokenUsage) -> None:
    several = sum(count > 0 for count in (usage.input_text, usage.input_audio, usage.input_image)) > 1
    guessed = several and 0 < usage.cached_tokens < usage.input_tokens
    assert any("upper bound" in text for text in TokenUsage.from_wire(beta(usage)).problems) == guessed


@given(usages(other=False))
def test_the_beta_shape_keeps_the_cached_total(usage: TokenUsage) -> None:
    read = TokenUsage.from_wire(beta(usage))
    assert read.cached_tokens == usage.cached_tokens
    assert read.cached_text >= usage.cached_text
    assert read.total_tokens == usage.total_tokens
    assert (read.input_text, read.input_audio) == (usage.input_text, usage.input_audio)


def test_counts_without_details_are_of_no_stated_modality() -> None:
    usage = TokenUsage.from_wire({"total_tokens": 30, "input_tokens": 10, "output_tokens": 20})
    assert usage == TokenUsage(input_other=10, output_other=20)
    assert usage.problems == (
        "10 of 10 input_tokens are of no stated modality",
        "20 of 20 output_tokens are of no stated modality",
    )


def test_a_modality_of_the_future_is_counted_and_not_forgotten() -> None:
    details = {"text_tokens": 5, "video_tokens": 7}
    assert TokenUsage.from_wire({"input_token_details": details}) == TokenUsage(input_text=5, input_other=7)
    wire = {"input_tokens": 12, "output_tokens": 0, "total_tokens": 12, "input_token_details": details}
    assert TokenUsage.from_wire(wire) == TokenUsage(input_text=5, input_other=7)


def test_reasoning_tokens_are_part_of_the_text_output() -> None:
    details = {"text_tokens": 50, "audio_tokens": 0, "reasoning_tokens": 20}
    assert TokenUsage.from_wire({"output_token_details": details}) == TokenUsage(output_text=50)


@pytest.mark.parametrize(
    ("change", "problem"),
    [
        ({"total_tokens": 300}, "total_tokens is 300, but input and output add up to 253"),
        ({"input_tokens": 100}, "input_tokens is 100, but its details add up to 132"),
        ({"output_tokens": 125}, "4 of 125 output_tokens are of no stated modality"),
        ({"total_tokens": "253"}, "total_tokens is not a whole number ('253')"),
        ({"total_tokens": True}, "total_tokens is not a whole number (True)"),
        ({"output_token_details": [30, 91]}, "output_token_details is not an object"),
        ({"input_tokens": -1}, "input_tokens is -1, but its details add up to 132"),
        ({"input_tokens": -1}, "input_tokens is negative (-1)"),
        ({"output_tokens": None, "output_token_details": {}}, "the server sent no output_tokens"),
    ],
)
def test_problems_are_named(change: dict[str, Any], problem: str) -> None:
    assert problem in TokenUsage.from_wire({**GA, **change}).problems


@pytest.mark.parametrize(
    ("details", "problem"),
    [
        ({"text_tokens": -5}, "input_text is negative (-5)"),
        ({"cached_tokens": 40}, "cached_tokens is 40, but its details add up to 64"),
        ({"cached_tokens": 90}, "26 of 90 cached_tokens are of no stated modality, and charged in full"),
        (
            {"cached_tokens": 64, "cached_tokens_details": {"text_tokens": 0, "audio_tokens": 64}},
            "cached_audio (64) is more than input_audio (13)",
        ),
        (
            {"cached_tokens": 200, "cached_tokens_details": None},
            "68 of 200 cached_tokens are of no stated modality",
        ),
    ],
)
def test_problems_of_the_input_are_named_and_the_counts_kept(details: dict[str, Any], problem: str) -> None:
    wire = {**GA, "input_token_details": {**GA["input_token_details"], **details}}
    usage = TokenUsage.from_wire(wire)
    assert problem in usage.problems
    assert usage.output_audio == 91


def test_problems_survive_a_sum_and_do_not_repeat() -> None:
    bad = TokenUsage(cached_text=5)
    assert bad.problems == ("cached_text (5) is more than input_text (0)",)
    assert (bad + TokenUsage(input_text=100)).problems == bad.problems
    assert (bad + bad).problems == (bad.problems[0], "cached_text (10) is more than input_text (0)")


NAMES = (
    "total_tokens input_tokens output_tokens input_token_details output_token_details text_tokens audio_tokens "
    "image_tokens cached_tokens cached_tokens_details reasoning_tokens video_tokens"
)
JUNK = st.recursive(
    st.none() | st.booleans() | st.integers(-100, 10**6) | st.floats() | st.text(max_size=5),
    lambda children: (
        st.dictionaries(st.sampled_from(NAMES.split()), children, max_size=8) | st.lists(children, max_size=3)
    ),
    max_leaves=20,
)


@given(st.dictionaries(st.sampled_from(NAMES.split()), JUNK, max_size=8))
def test_no_usage_crashes_the_reader(wire: dict[str, Any]) -> None:
    usage = TokenUsage.from_wire(wire)
    assert isinstance(usage.total_tokens, int)
    assert isinstance(usage.to_wire(), dict)
    assert str(usage)


def test_of_counts_by_modality() -> None:
    usage = TokenUsage.of(
        ModalityCount(100, 19, 85), cached=ModalityCount(text=64), made=ModalityCount(text=5, audio=60)
    )
    assert usage.input_tokens == 204
    assert usage.cached_tokens == 64
    assert usage.output_tokens == 65
    assert TokenUsage.of(ModalityCount(text=3)) == TokenUsage(input_text=3)


def test_reads_well() -> None:
    assert str(TokenUsage.from_wire(GA)) == "132 in (119 text, 13 audio; 64 cached), 121 out (30 text, 91 audio)"
    assert str(TokenUsage()) == "0 in, 0 out"
    assert repr(TokenUsage(output_audio=3)) == "TokenUsage(output_audio=3)"
    assert repr(TokenUsage()) == "TokenUsage()"


def test_is_a_value() -> None:
    usage = TokenUsage.from_wire(GA)
    assert hash(usage) == hash(TokenUsage.from_wire(GA))
    assert pickle.loads(pickle.dumps(usage)) == usage
    assert usage
    assert not TokenUsage()
    with pytest.raises(AttributeError):
        usage.input_text = 0  # type: ignore[misc]
    with pytest.raises(TypeError):
        TokenUsage(1)  # type: ignore[misc]


def test_tokens_of_the_total_alone_are_counted_and_survive_a_round_trip() -> None:
    usage = TokenUsage.from_wire({"total_tokens": 500})
    assert usage == TokenUsage(total_other=500)
    assert usage.total_tokens == 500
    assert usage
    assert "500 more in the total" in str(usage)
    assert "total_tokens is 500, but input and output add up to 0" in usage.unread
    assert TokenUsage.from_wire(usage.to_wire()) == usage
    total = usage + TokenUsage(input_text=5)
    assert (total.total_tokens, total.unread) == (505, usage.unread)


def test_doubts_are_the_problems_that_leave_no_gap() -> None:
    assert TokenUsage.from_wire({**GA, "total_tokens": 200}).doubts == (
        "total_tokens is 200, but input and output add up to 253",
    )
    assert TokenUsage.from_wire({**GA, "total_tokens": 300}).doubts == ()
    assert TokenUsage.from_wire({"input_tokens": 10, "output_tokens": 20}).doubts == ()
    bad = TokenUsage(cached_text=5)
    assert bad.doubts == ()
    # In a sum the contradiction is out of sight, and said instead.
    assert (bad + TokenUsage(input_text=100)).doubts == bad.problems


def test_modalities_that_are_not_known_keep_their_names() -> None:
    wire: dict[str, Any] = {"total_tokens": 30, "input_tokens": 20, "output_tokens": 10}
    wire |= {
        "input_token_details": {"text_tokens": 5, "video_tokens": 15},
        "output_token_details": {"video_tokens": 10},
    }
    usage = TokenUsage.from_wire(wire)
    assert (usage.input_other, usage.output_other) == (15, 10)
    assert usage.named("input") == {"video": 15}
    assert (usage + usage).named("output") == {"video": 20}
    assert (usage + TokenUsage(input_other=5)).named("input") == {"video": 15}
    assert usage.problems == ()
    assert TokenUsage.from_wire(usage.to_wire()).named("input") == {"video": 15}
    assert TokenUsage.from_wire({"output_tokens": 0, "input_token_details": {"video_tokens": 3}}).named("input") == {
        "video": 3
    }


def test_details_that_do_not_add_up_name_nothing() -> None:
    wire = {"input_tokens": 5, "output_tokens": 0, "input_token_details": {"video_tokens": 15}}
    assert TokenUsage.from_wire(wire).named("input") == {}
    assert TokenUsage.from_wire({**wire, "input_token_details": {"video_tokens": "5"}}).named("input") == {}
