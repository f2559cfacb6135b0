from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest
from support.bills import DAY, MODEL, make_whatif

from rtnb.plots.layout import text_width
from rtnb.plots.money.variant_names import other_day, policy_label, variant_labels
from rtnb.pricing import cost
from rtnb.pricing.ahead.policy import Policy, policies
from rtnb.pricing.ahead.whatif import Variant, WhatIf
from rtnb.tokens import TokenUsage
from rtnb.tokens.context import Summarise, Truncation


@pytest.mark.parametrize(
    ("value", "label"),
    [
        (Truncation(), "drop oldest when full"),
        (Truncation("disabled"), "refuse when full"),
        (Truncation("retention_ratio", 0.8), "keep 80 % when full"),
        (Truncation("retention_ratio", 0.5, 4500), "keep 50 % >4,500"),
        (Truncation("retention_ratio", 1.0, 4500), "drop oldest >4,500"),
        (Summarise(4500, keep_turns=0), "summary >4,500"),
        (Summarise(4500, keep_turns=1), "summary >4,500, keep 1"),
    ],
)
def test_policies_are_said_in_few_words(value: Truncation | Summarise, label: str) -> None:
    assert policy_label(Policy.of(value)) == label


def test_a_grid_of_policies_has_a_label_each() -> None:
    labels = [policy_label(policy) for policy in policies(6000)]
    assert len(set(labels)) == len(labels)


def test_names_keep_what_tells_them_apart() -> None:
    models = ("gpt-4o-realtime-preview-2024-12-17", "gpt-4o-realtime-preview-2025-06-03", "gpt-realtime-mini")
    talk = cost(TokenUsage(input_audio=9000, output_audio=1000), MODEL, DAY)
    grid = [(model, policy) for model in models for policy in policies(6000)]
    variants = tuple(
        Variant(f"{model}, {policy.name}", model, DAY, policy, talk * (k + 1), loss=k / len(grid))
        for k, (model, policy) in enumerate(grid)
    )
    what = WhatIf(Variant(MODEL, MODEL, DAY, None, talk), variants)
    labels = variant_labels(variants, what, 300, 12)
    assert len(set(labels)) == len(labels) == len(grid)
    assert all(text_width(label, 12) <= 300 for label in labels)
    assert not any(label.endswith(")") for label in labels)
    assert "gpt-realtime-mini, summary >4,500, keep 2" in labels
    # Even names that nobody can tell apart are numbered.
    same = tuple(replace(variant, name="the same name", policy=None) for variant in variants[:3])
    assert variant_labels(same, replace(what, variants=same), 300, 12)[1:] == ["the same name (2)", "the same name (3)"]


def test_the_day_is_that_of_all_variants_or_none() -> None:
    what = make_whatif()
    assert other_day(what) is None
    others = tuple(replace(variant, on=date(2026, 1, 31)) for variant in what.variants)
    assert other_day(replace(what, variants=others)) == date(2026, 1, 31)
    assert other_day(replace(what, variants=(*others, *what.variants))) is None
