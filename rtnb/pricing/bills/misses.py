"""Cache misses: which tokens a response was charged in full for although a perfect cache held them, and why.

What the response before had been given is a prefix of what this one is given, as long as nobody edits it. So with
``repeated = min(input before, input now)`` by modality, a perfect cache holds ``floor(repeated / 64) * 64`` of each
modality (:mod:`rtnb.tokens.cache`); the server says how much it really was. The rest is a miss.

A response has at most one miss, under one reason: the cause that spoils the most. What stands further in front of
the prompt spoils more, because everything behind it is new to the cache:

    another model > instructions > tools > an item deleted, inserted or truncated > items dropped by the server
    > nothing that can be seen from outside
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import Literal

from rtnb.pricing.bills.cost import Cost, CostLine, merged
from rtnb.pricing.bills.ledger import Edit, Exchange
from rtnb.pricing.bills.money import EXACT
from rtnb.pricing.prices.rates import Rates
from rtnb.tokens import CACHE_GRAIN_TOKENS, ModalityCount, TokenUsage

__all__ = ["Lookback", "Miss", "MissReason", "cached_of", "extra_cost", "held", "input_of", "look_back"]

MissReason = Literal[
    "first use",
    "instructions changed",
    "tools changed",
    "truncation",
    "item deleted",
    "item truncated",
    "item inserted",
    "model changed",
    "not cached by the server",
]
"""Why tokens that the model had been given before, or could have been, did not come from the cache."""

_EDITS: tuple[Edit, ...] = (
    "instructions changed",
    "tools changed",
    "item deleted",
    "item inserted",
    "item truncated",
)
"""What spoils most first."""

_SLACK_TOKENS = 16
"""So far, or by a quarter, may an estimate of what entered be off before it proves that something was dropped."""


@dataclass(frozen=True, slots=True)
class Miss:
    """Tokens charged in full, and why."""

    reason: MissReason
    tokens: ModalityCount


@dataclass(frozen=True, slots=True)
class Lookback:
    """A response against the one before it.

    Parameters
    ----------
    repeated : ModalityCount
        Input tokens that the response before had been given too.
    miss : Miss or None
        None where all that a perfect cache holds came from the cache.
    """

    repeated: ModalityCount = field(default_factory=ModalityCount)
    miss: Miss | None = None


def look_back(exchanges: Iterable[Exchange]) -> list[Lookback]:
    """What of each response's input was a repetition, and what of that was not cached.

    Parameters
    ----------
    exchanges : iterable of Exchange
        Of one session, oldest first.

    Returns
    -------
    list of Lookback
        One for each. Responses without usage, without input and outside of the conversation have nothing to look
        back to, and none looks back to them; edits made in front of them count for the next one that has usage.
        The first response's uncached input stands under ``"first use"``: it is new, and no fault.

    Examples
    --------
    >>> from datetime import date
    >>> def response(given, cached, **more):
    ...     usage = TokenUsage(input_text=given, cached_text=cached)
    ...     return Exchange(response_id="r", turn=0, at_s=0, on=date(2026, 1, 31), model="m", usage=usage, **more)
    >>> for found in look_back([response(300, 0), response(400, 256), response(500, 64)]):
    ...     print(found.repeated.text, found.miss and (found.miss.reason, found.miss.tokens.text))
    0 ('first use', 300)
    300 None
    400 ('not cached by the server', 320)
    >>> look_back([response(300, 0), response(300, 0, edits=("tools changed", "instructions changed"))])[1].miss.reason
    'instructions changed'
    """
    found = []
    before: Exchange | None = None
    edits: set[Edit] = set()
    for exchange in exchanges:
        if not exchange.in_conversation:
            found.append(Lookback())
            continue
        edits.update(exchange.edits)
        if exchange.usage is None or exchange.usage.input_tokens <= 0:
            found.append(Lookback())
            continue
        found.append(_against(before, exchange, edits))
        before, edits = exchange, set()
    return found


def _against(before: Exchange | None, now: Exchange, edits: set[Edit]) -> Lookback:
    given, cached = input_of(now), cached_of(now)
    if before is None:
        new = given.less(cached)
        return Lookback(miss=Miss("first use", new) if new.total else None)
    earlier = input_of(before)
    repeated = ModalityCount(*(max(0, min(pair)) for pair in zip(earlier.parts, given.parts, strict=True)))
    missed = held(repeated).less(cached)
    return Lookback(repeated, Miss(_reason(before, now, edits), missed) if missed.total else None)


def _reason(before: Exchange, now: Exchange, edits: set[Edit]) -> MissReason:
    if before.model and now.model and before.model != now.model:
        return "model changed"
    for edit in _EDITS:
        if edit in edits:
            return edit
    # Without an edit a context only grows, by what stayed of the answer and what entered, which may be estimates.
    grown = before.kept.total + now.given.total
    sure = grown if before.kept == before.made and not now.given.total else grown - max(_SLACK_TOKENS, grown // 4)
    # All tokens, of unstated modality too: such a count has not shrunk only because the server says less of it.
    shrunk = _input_tokens(now) < _input_tokens(before) + max(0, sure)
    return "truncation" if shrunk else "not cached by the server"


def _input_tokens(exchange: Exchange) -> int:
    return 0 if exchange.usage is None else exchange.usage.input_tokens


def held(repeated: ModalityCount, grain: int = CACHE_GRAIN_TOKENS) -> ModalityCount:
    """What a perfect cache holds of tokens that were given before.

    Examples
    --------
    >>> held(ModalityCount(text=130, audio=63))
    ModalityCount(text=128, audio=0, image=0)
    """
    return ModalityCount(*(tokens // grain * grain for tokens in repeated.parts))


def input_of(exchange: Exchange) -> ModalityCount:
    """The input of a response as billed, but for tokens of unstated modality; nothing where there is no usage."""
    usage = exchange.usage or TokenUsage()
    return ModalityCount(usage.input_text, usage.input_audio, usage.input_image)


def cached_of(exchange: Exchange) -> ModalityCount:
    """The part of it that was cached."""
    usage = exchange.usage or TokenUsage()
    return ModalityCount(usage.cached_text, usage.cached_audio, usage.cached_image)


def extra_cost(tokens: ModalityCount, model: str, on: date, rates: Rates | None, why: str = "") -> Cost:
    """What uncached tokens cost more than cached ones, a line a modality.

    Parameters
    ----------
    tokens : ModalityCount
    model : str
        Whose price it is.
    on : datetime.date
        The day of the prices.
    rates : Rates or None
        The prices; None where there are none, because of `why`.

    Returns
    -------
    Cost
        A modality that lacks either price is unpriced.

    Examples
    --------
    >>> from rtnb.pricing import at
    >>> day = date(2026, 1, 31)
    >>> print(extra_cost(ModalityCount(audio=1_000_000), "gpt-realtime", day, at("gpt-realtime", day)))
    $31.60
    """
    lines = []
    for modality, count in zip(("text", "audio", "image"), tokens.parts, strict=True):
        if count:
            full = rates.price(modality, "input") if rates else None
            cached = rates.price(modality, "cached") if rates else None
            price = None if full is None or cached is None else EXACT.subtract(full, cached)
            reason = "" if price is not None else why or f"{model!r} has no price for it cached and uncached"
            lines.append(
                CostLine(
                    f"{modality} input that was not cached",
                    modality,
                    "input",
                    model,
                    Decimal(count),
                    "tokens",
                    price,
                    per=rates.per if rates else 1_000_000,
                    why=reason,
                )
            )
    return Cost(model, on, merged(lines)) if lines else Cost()
