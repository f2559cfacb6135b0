"""What variants are called beside their bars and points: short, and each by a name that no other has."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from rtnb.plots.canvas import drawable, shortened
from rtnb.plots.layout import text_width
from rtnb.plots.money.words import percent, variant_name
from rtnb.pricing.ahead.policy import Policy
from rtnb.pricing.ahead.whatif import Variant, WhatIf

__all__ = ["other_day", "policy_label", "variant_labels"]

LEAST_MODEL = 44.0
"""Pixels that the name of a model keeps; below, the whole label is cut in its middle."""


def policy_label(policy: Policy) -> str:
    """A policy in few words; one that was given a name keeps it.

    Examples
    --------
    >>> from rtnb.tokens.context import Summarise, Truncation
    >>> policy_label(Policy.of(Summarise(4500))), policy_label(Policy("mine", summarise=Summarise(4500)))
    ('summary >4,500, keep 2', 'mine')
    >>> policy_label(Policy.of(Truncation("retention_ratio", 0.8, 4500)))
    'keep 80 % >4,500'
    """
    told, cut = policy.summarise, policy.truncation
    if policy.name != str(told or cut):
        return policy.name
    if told is not None:
        return f"summary >{told.above_tokens:,}" + (f", keep {told.keep_turns}" if told.keep_turns else "")
    if cut.kind == "disabled":
        return "refuse when full"
    when = "when full" if cut.kind == "auto" or cut.post_instructions is None else f">{cut.post_instructions:,}"
    dropped = cut.kind == "auto" or cut.retention_ratio == 1
    return f"drop oldest {when}" if dropped else f"keep {percent(cut.retention_ratio)} {when}"


def variant_labels(variants: Sequence[Variant], what: WhatIf, room: float, size: float) -> list[str]:
    """Labels of at most `room` pixels, no two alike; where there is no room, names of models are cut first."""
    wanted = [_label(variant, what) for variant in variants]
    found: list[str] = []
    for variant, words in zip(variants, wanted, strict=True):
        label, number = _fitted(words, variant, what, room, size), 1
        while label in found:
            number += 1
            tail = f" ({number})"
            label = _fitted(words, variant, what, room - text_width(tail, size, bold=True), size) + tail
        found.append(label)
    return found


def other_day(what: WhatIf) -> date | None:
    """The day of whose prices all variants are, where that is not the one of the recording."""
    days = {variant.on for variant in what.variants}
    return days.pop() if len(days) == 1 and days != {what.actual.on} else None


def _label(variant: Variant, what: WhatIf) -> str:
    name, day = variant_name(variant, what), other_day(what)
    if day is not None and variant is not what.actual:
        name = name.removesuffix(f" on {day}").removesuffix(",")
    policy = variant.policy
    return drawable(name if policy is None else name.replace(policy.name, policy_label(policy)))


def _fitted(words: str, variant: Variant, what: WhatIf, room: float, size: float) -> str:
    bold = variant is what.actual
    model = drawable(variant.model)
    rest = words.removeprefix(model)
    left = room - text_width(rest, size, bold=bold)
    if model and rest != words and left >= LEAST_MODEL:
        return shortened(model, left, size, bold=bold) + rest
    return shortened(words, room, size, bold=bold)
