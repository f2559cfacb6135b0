"""What is missing in a sum: the lines of a bill that have no price, in words."""

from __future__ import annotations

from rtnb.pricing.bills.cost import Cost

__all__ = ["gaps", "unpriced_labels"]


def unpriced_labels(cost: Cost) -> str:
    """The lines without a price by their labels, with commas; empty where everything is priced.

    Examples
    --------
    >>> from rtnb.pricing.bills.billing import cost
    >>> from rtnb.tokens import TokenUsage
    >>> unpriced_labels(cost(TokenUsage(input_text=9, output_text=5), "my-own-model", "2026-01-31"))
    'text input, text output'
    """
    return ", ".join(dict.fromkeys(line.label for line in cost.lines if line.unit_price is None))


def gaps(cost: Cost) -> tuple[str, ...]:
    """A sentence for each reason why lines have no price; empty where everything is priced.

    Examples
    --------
    >>> from rtnb.pricing.bills.billing import cost
    >>> from rtnb.tokens import TokenUsage
    >>> gaps(cost(TokenUsage(output_text=5), "my-own-model", "2026-01-31"))
    ("Unpriced, and not in the sum: text output. No price is known for the model 'my-own-model'.",)
    """
    found: dict[str, list[str]] = {}
    for line in cost.lines:
        if line.unit_price is None:
            found.setdefault(line.why, []).append(line.label)
    return tuple(
        f"Unpriced, and not in the sum: {', '.join(dict.fromkeys(labels))}. {why[:1].upper()}{why[1:].rstrip('.')}."
        for why, labels in found.items()
    )
