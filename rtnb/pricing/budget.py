"""What the next response will cost at least, and at most: what a budget needs to know before it is asked for."""

from __future__ import annotations

from dataclasses import dataclass

from rtnb._display import Drawable
from rtnb.pricing.cost import Cost
from rtnb.pricing.ledger import Source
from rtnb.pricing.rates import RateBook
from rtnb.tokens import ModalityCount

__all__ = ["NextResponse", "next_response"]


@dataclass(frozen=True, slots=True)
class NextResponse(Drawable):
    """Bounds on the cost of a response that has not been asked for yet.

    Parameters
    ----------
    at_least : Cost
        The context alone, everything cached that can be: what even one more word costs.
    at_most : Cost
        The context with nothing cached, the new input, and the longest answer in the dearest modality.
    context : ModalityCount
        Tokens that would be sent, instructions and tools included, truncation applied.
    notes : tuple of str
        What was assumed.
    """

    at_least: Cost
    at_most: Cost
    context: ModalityCount
    notes: tuple[str, ...] = ()


def next_response(
    source: Source,
    *,
    new_audio_s: float = 0.0,
    new_text_tokens: int = 0,
    max_output_tokens: int | None = None,
    model: str | None = None,
    on: object = None,
    prices: RateBook | None = None,
) -> NextResponse:
    """Bounds on what the next response of a session would cost."""
    raise NotImplementedError
