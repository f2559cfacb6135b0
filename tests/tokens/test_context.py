from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st
from openai.types.realtime import RealtimeTruncation
from pydantic import TypeAdapter

from rtnb.errors import ConfigError
from rtnb.tokens import Fit, KeepLast, ModalityCount, Summarise, Truncation, conversation_limit, fit, input_limit

WIRES = ("auto", "disabled", {"type": "retention_ratio", "retention_ratio": 0.8})

TRUNCATIONS = st.one_of(
    st.just(Truncation()),
    st.just(Truncation("disabled")),
    st.builds(
        Truncation,
        st.just("retention_ratio"),
        st.floats(0, 1),
        st.none() | st.integers(1, 5000),
    ),
)


@given(TRUNCATIONS)
def test_the_wire_and_back(truncation: Truncation) -> None:
    wire = truncation.to_wire()
    assert Truncation.from_wire(wire) == truncation
    assert TypeAdapter(RealtimeTruncation).validate_python(wire, strict=True) is not None


def test_forms_that_servers_may_write() -> None:
    assert Truncation.from_wire(None) == Truncation()
    assert Truncation.from_wire({"type": "auto"}) == Truncation()
    assert Truncation.from_wire({"type": "retention_ratio", "retention_ratio": 1, "token_limits": None}) == Truncation(
        "retention_ratio"
    )
    wire = {"type": "retention_ratio", "retention_ratio": 0.5, "token_limits": {"post_instructions": 800.0}}
    read = Truncation.from_wire(wire)
    assert read == Truncation("retention_ratio", 0.5, 800)
    assert isinstance(read.post_instructions, int)


@pytest.mark.parametrize(
    "wire",
    [
        "none",
        7,
        {},
        {"type": "retention_ratio"},
        {"type": "retention_ratio", "retention_ratio": "0.8"},
        {"type": "retention_ratio", "retention_ratio": True},
        {"type": "retention_ratio", "retention_ratio": 0.8, "token_limits": 5000},
    ],
)
def test_what_is_none_of_the_forms_is_told_them(wire: object) -> None:
    with pytest.raises(ConfigError, match=r'"auto", "disabled", or .*retention_ratio'):
        Truncation.from_wire(wire)


@pytest.mark.parametrize("ratio", [-0.1, 1.1, math.nan, math.inf, "0.5", None, True])
def test_ratios_out_of_range(ratio: object) -> None:
    with pytest.raises(ConfigError, match="retention_ratio is a number from 0 to 1"):
        Truncation("retention_ratio", ratio)  # type: ignore[arg-type]


@pytest.mark.parametrize("limit", [0, -5, 2.5, "800", True])
def test_limits_that_are_none(limit: object) -> None:
    with pytest.raises(ConfigError, match="post_instructions is a whole number"):
        Truncation("retention_ratio", 0.5, limit)  # type: ignore[arg-type]
    with pytest.raises(ConfigError):
        Truncation.from_wire(
            {"type": "retention_ratio", "retention_ratio": 0.5, "token_limits": {"post_instructions": limit}}
        )


def test_what_the_wire_cannot_say_is_refused_with_what_to_write() -> None:
    with pytest.raises(ConfigError, match=r"Truncation\('retention_ratio', 1, post_instructions=4000\)"):
        Truncation(post_instructions=4000)
    with pytest.raises(ConfigError, match="takes neither"):
        Truncation("disabled", 0.5)
    with pytest.raises(ConfigError, match="no kind of truncation"):
        Truncation("none")  # type: ignore[arg-type]


@pytest.mark.parametrize(
    "values", [{"above_tokens": 0}, {"above_tokens": 5, "keep_turns": -1}, {"above_tokens": 5, "summary_tokens": 0.5}]
)
def test_summaries_that_make_no_sense(values: dict[str, int]) -> None:
    with pytest.raises(ConfigError, match="is a whole number from"):
        Summarise(**values)


@pytest.mark.parametrize(
    ("held", "old", "due"),
    [(900, 900, False), (901, 499, False), (901, 500, True), (5000, 499, False), (5000, 4000, True)],
)
def test_a_summary_is_due_where_it_takes_out_a_third_of_the_limit(held: int, old: int, due: bool) -> None:
    assert Summarise(900, summary_tokens=200).due(held, old) is due


def test_policies_in_words() -> None:
    assert str(Truncation("retention_ratio", 0.5)) == "keeps 50 % when the window is full"
    assert str(Summarise(900, keep_turns=1)) == "summarised above 900 tokens, last turn kept"
    assert str(Truncation("retention_ratio", 1.0, 700)) == "drops the oldest items above 700 tokens"
    assert str(Truncation("retention_ratio", 0.125, 700)) == "keeps 12.5 % above 700 tokens"
    assert str(Summarise(900, keep_turns=0)) == "summarised above 900 tokens"
    assert "refuses" in str(Truncation("disabled"))


def test_what_the_window_leaves() -> None:
    assert input_limit(32_000, 4_096) == 27_904
    assert input_limit(None, None, max_input_tokens=28_224) == 28_224
    assert input_limit(16_000, None) == 16_000
    assert input_limit(1_000, 4_096) == 0
    assert conversation_limit(0, None, Truncation()) is None
    assert conversation_limit(900, 1_000, Truncation("retention_ratio", 0.5, 5_000)) == 100
    assert conversation_limit(5_000, 1_000, Truncation()) == 0


SIZES = st.lists(st.integers(0, 400), max_size=20)
LIMITS = st.none() | st.integers(0, 3000)


@given(SIZES, st.integers(0, 500), LIMITS, TRUNCATIONS)
def test_what_stays_fits_and_no_more_goes_than_must(
    sizes: list[int], settings_tokens: int, limit: int | None, truncation: Truncation
) -> None:
    found = fit(sizes, settings_tokens=settings_tokens, input_limit=limit, truncation=truncation)
    allowed = conversation_limit(settings_tokens, limit, truncation)
    rest = sum(sizes[found.left_out :])
    assert found.fits == (allowed is None or rest <= allowed)
    if allowed is None or sum(sizes) <= allowed:
        assert found == Fit(0, True)
    elif truncation.kind == "disabled":
        assert found == Fit(0, False)
    else:
        target = allowed * truncation.retention_ratio
        if found.left_out < len(sizes) - 1:
            assert rest <= target + 1e-5
        # One item fewer left out would have been too many tokens.
        assert rest + sizes[found.left_out - 1] > target - 1 if found.left_out else len(sizes) < 2 or rest <= allowed


@given(SIZES, LIMITS)
def test_auto_is_a_ratio_of_one(sizes: list[int], limit: int | None) -> None:
    ratio = Truncation("retention_ratio", 1.0)
    assert fit(sizes, input_limit=limit) == fit(sizes, input_limit=limit, truncation=ratio)


@given(SIZES, st.integers(0, 2000), st.floats(0, 1), st.floats(0, 1))
def test_a_lower_ratio_leaves_out_more(sizes: list[int], limit: int, a: float, b: float) -> None:
    less, more = (fit(sizes, input_limit=limit, truncation=Truncation("retention_ratio", r)) for r in sorted((a, b)))
    assert less.left_out >= more.left_out


def test_the_newest_item_stays() -> None:
    assert fit([10, 500], input_limit=100) == Fit(1, False)
    assert fit([500], input_limit=100) == Fit(0, False)
    assert fit([], input_limit=0) == Fit(0, True)
    assert fit([10, 20], input_limit=25, truncation=Truncation("retention_ratio", 0.0)) == Fit(1, True)


def test_counts_by_modality_are_added_up() -> None:
    assert fit([ModalityCount(text=5, audio=5), ModalityCount(audio=5)], input_limit=14) == Fit(1, True)


def test_a_product_of_floats_is_not_a_token_short() -> None:
    # 0.29 * 100 is 28.999999999999996.
    truncation = Truncation("retention_ratio", 0.29)
    assert fit([80, 29], input_limit=100, truncation=truncation) == Fit(1, True)
    assert fit([40, 40, 29], input_limit=100, truncation=truncation).left_out == 2
    assert fit([79, 1, 28], input_limit=100, truncation=truncation).left_out == 1


def test_numbers_beyond_reason_are_no_ratio() -> None:
    with pytest.raises(ConfigError, match="retention_ratio"):
        Truncation("retention_ratio", 10**400)


@pytest.mark.parametrize("members", [{"turns": 0}, {"turns": 1.5}, {"turns": True}, {"turns": 2, "above_tokens": 0}])
def test_a_policy_that_keeps_nothing_that_can_be_is_an_error(members: dict[str, object]) -> None:
    with pytest.raises(ConfigError, match="whole number from 1 up"):
        KeepLast(**members)  # type: ignore[arg-type]


def test_keep_last_says_what_it_keeps() -> None:
    assert str(KeepLast(1)) == "last turn kept" and str(KeepLast(4)) == "last 4 turns kept"
    assert KeepLast(3, above_tokens=100) == KeepLast(3, 100)


def test_a_summary_of_ones_own_is_a_function() -> None:
    assert Summarise(100, by=str.upper) != Summarise(100)
    assert str(Summarise(100, by=str.upper)) == str(Summarise(100)) and "upper" not in repr(
        Summarise(100, by=str.upper)
    )
    with pytest.raises(ConfigError, match="by is a function"):
        Summarise(100, by="short")  # type: ignore[arg-type]
