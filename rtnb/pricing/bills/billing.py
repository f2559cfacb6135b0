"""From a usage object to its cost.

For each modality m of a response::

    usd = ( (input_m - cached_m) * price_input_m + cached_m * price_cached_m + output_m * price_output_m ) / 1,000,000

Cached tokens are a subset of the input tokens: charging them on top, or charging the input in full, is the
commonest mistake in cost code, and makes a long conversation look two to three times as dear as it is.

Input transcription is a model of its own with a bill of its own, by the second or by the token.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import date
from decimal import Decimal
from typing import Any, Literal

from rtnb.errors import ConfigError
from rtnb.pricing.bills.cost import Cost, CostLine, merged
from rtnb.pricing.prices.own import OwnPrices
from rtnb.pricing.prices.rates import RateBook, Rates, as_book, as_date
from rtnb.tokens import TokenUsage

__all__ = ["cost", "transcription_cost"]

_UNSTATED = "the server did not say of which modality these tokens are"
_SIDES: tuple[Literal["input", "output"], ...] = ("input", "output")
_NOT_BROKEN_DOWN = "tokens the server did not break down"


def cost(
    usage: TokenUsage | Mapping[str, Any],
    model: str,
    on: date | str | None = None,
    *,
    prices: RateBook | OwnPrices | None = None,
) -> Cost:
    """What a response cost.

    Parameters
    ----------
    usage : TokenUsage or mapping
        Counts, or the ``usage`` member of ``response.done`` in the GA or the beta shape. One that counts seconds is
        that of a transcription, and billed as by :func:`transcription_cost`.
    model : str
        The model that answered, best as ``session.created`` named it.
    on : datetime.date or str, optional
        The day it answered, as ``"2026-01-31"``; today if not given.
    prices : RateBook, path, or rows, optional
        Whose prices, such as your own of :func:`rtnb.pricing.book`; the default book if not given.

    Returns
    -------
    Cost
        An unknown model, a modality without a price, tokens of unstated modality, counts that contradict each other
        and counts that are missing or cannot be read make unpriced lines; `Cost.unpriced` says why. So does a file of
        prices named by ``RTNB_PRICES`` that cannot be read. Nothing is guessed, but for cached tokens that the beta
        shape does not split: `Cost.problems` names that, and what else does not add up.

    Raises
    ------
    ConfigError
        `usage` is None (a failed response has no usage, hence no cost that could be told), `on` is no day, or
        `prices` cannot be used.

    Examples
    --------
    >>> usage = TokenUsage(input_text=1977, cached_text=1856, input_audio=1082, cached_audio=1024,
    ...     output_text=53, output_audio=197)
    >>> cost(usage, "gpt-4o-realtime-preview-2024-10-01", "2024-11-01").exact_usd
    Decimal('0.071985')
    >>> print(cost(usage, "my-own-model"))
    unpriced
    >>> cost(TokenUsage(output_text=5), "my-own-model", "2026-01-31").unpriced
    ("text output (5 tokens): No price is known for the model 'my-own-model'.",)
    """
    if not isinstance(usage, TokenUsage) and _kind(_checked(usage)) == "duration" and not _counts_tokens(usage):
        return transcription_cost(usage, model, on, prices=prices)
    counts = usage if isinstance(usage, TokenUsage) else TokenUsage.from_wire(usage)
    day = as_date(on)
    lines = merged(_token_lines(counts, model, *_row(model, day, "tokens", prices)))
    return Cost(model, day, lines, counts.doubts)


def transcription_cost(
    usage: Mapping[str, Any],
    model: str,
    on: date | str | None = None,
    *,
    prices: RateBook | OwnPrices | None = None,
) -> Cost:
    """What the transcription of a user's turn cost, billed apart by the transcription model.

    Parameters
    ----------
    usage : mapping
        The ``usage`` member of ``conversation.item.input_audio_transcription.completed``: either
        ``{"type": "duration", "seconds": ...}`` or ``{"type": "tokens", "input_tokens": ..., ...}``.
    model : str
        The transcription model of the session, such as ``"whisper-1"``.
    on : datetime.date or str, optional
        The day; today if not given.
    prices : RateBook, path, or rows, optional
        Whose prices; the default book if not given.

    Returns
    -------
    Cost
        All its lines are of the kind ``"transcription"``. A usage that counts what the model is not priced by
        is unpriced.

    Raises
    ------
    ConfigError
        `usage` is None, or `on` is no day.

    Examples
    --------
    >>> transcription_cost({"type": "duration", "seconds": 12}, "whisper-1", "2026-01-31").exact_usd
    Decimal('0.0012')
    >>> usage = {"type": "tokens", "total_tokens": 26, "input_tokens": 19, "output_tokens": 7,
    ...     "input_token_details": {"text_tokens": 0, "audio_tokens": 19}}
    >>> transcription_cost(usage, "gpt-4o-mini-transcribe", "2026-01-31").exact_usd
    Decimal('0.000092')
    """
    day = as_date(on)
    kind = _kind(_checked(usage)) or ("tokens" if _counts_tokens(usage) else "duration")
    if kind == "tokens":
        counts = TokenUsage.from_wire(usage)
        # Transcription models answer in text and in nothing else, so their output needs no details.
        named = sum(counts.named("output").values())
        text = counts.output_text + counts.output_other - named
        counts = replace(counts, output_text=text, output_other=named)
        lines = _token_lines(counts, model, *_row(model, day, "tokens", prices))
        return Cost(model, day, merged(_as_transcription(line) for line in lines), counts.doubts)
    rates, why = _row(model, day, "seconds", prices)
    seconds = _seconds(usage.get("seconds"))
    if kind != "duration":
        rates, why = None, f"a usage of the type {kind!r} is not understood"
    elif "type" not in usage and "seconds" not in usage:
        rates, why = None, "the usage states neither seconds nor tokens"
    elif seconds is None:
        rates, why = None, f"the usage states no duration ({usage.get('seconds')!r:.40})"
    price = rates.price("audio", "input") if rates else None
    line = CostLine(
        label="transcription",
        modality="audio",
        kind="transcription",
        model=model,
        quantity=seconds or Decimal(0),
        unit="seconds",
        unit_price=price,
        per=rates.per if rates else 60,
        why=why,
    )
    return Cost(model, day, (line,))


def _checked(usage: Mapping[str, Any] | None) -> Mapping[str, Any]:
    if not isinstance(usage, Mapping):
        raise ConfigError(
            f"A usage object is needed, not {usage!r:.60}. A response that failed or was cancelled may carry none: "
            "leave it out, its cost is unknown rather than zero."
        )
    return usage


def _kind(usage: Mapping[str, Any]) -> Any:
    """What a usage says that it counts; None where it does not say."""
    return usage.get("type") or ("duration" if "seconds" in usage else None)


def _counts_tokens(usage: Mapping[str, Any]) -> bool:
    return any(name.endswith(("_tokens", "_token_details")) for name in usage)


def _row(model: str, day: date, counted: str, prices: RateBook | OwnPrices | None) -> tuple[Rates | None, str]:
    """The prices that apply, or None and the reason."""
    try:
        book = as_book(prices)
    except ConfigError as error:
        if prices is not None:
            raise
        # Costs are counted while people talk; a broken file of prices must not take their conversation away.
        return None, str(error)
    rates = book.at(model, day)
    if rates is None:
        return None, book.why_unpriced(model, day)
    priced = {
        "usd_per_1m_tokens": "tokens",
        "usd_per_minute": "seconds",
        "usd_per_session_second": "seconds of session",
    }[rates.unit]
    if priced != counted:
        return None, f"{model!r} is priced by {priced}, and this usage counts {counted}"
    return rates, ""


def _token_lines(usage: TokenUsage, model: str, rates: Rates | None, why: str) -> Iterator[CostLine]:
    def line(label: str, modality: str, kind: Any, tokens: int, reason: str = "") -> CostLine:
        reason = reason or why
        price = rates.price(modality, kind) if rates and not reason else None
        if price is None and not reason:
            reason = f"{model!r} has no price for it"
        return CostLine(label, modality, kind, model, Decimal(tokens), "tokens", price, why=reason)

    contradiction = ""
    if usage.cached_tokens > max(usage.input_tokens, 0):
        contradiction = _contradiction(usage.input_tokens, "input tokens", usage.cached_tokens)
    for modality in ("text", "audio", "image"):
        given, cached = getattr(usage, f"input_{modality}"), getattr(usage, f"cached_{modality}")
        if given < 0 or not 0 <= cached <= given:
            reason = _contradiction(given, "tokens given", cached)
            yield line(f"{modality} input", modality, "input", given, reason)
            continue
        if contradiction:
            if given:
                yield line(f"{modality} input", modality, "input", given, contradiction)
            continue
        if given > cached:
            yield line(f"{modality} input", modality, "input", given - cached)
        if cached:
            yield line(f"cached {modality} input", modality, "cached", cached)
    for modality in ("text", "audio"):
        if made := getattr(usage, f"output_{modality}"):
            reason = "" if made > 0 else "the count is negative"
            yield line(f"{modality} output", modality, "output", made, reason)
    if contradiction and usage.cached_other and not usage.input_tokens:
        yield line("input of unstated modality", "other", "input", 0, contradiction)
    for side in _SIDES:
        rest = getattr(usage, f"{side}_other")
        for name, tokens in usage.named(side).items():
            yield line(f"{name} {side}", "other", side, tokens, f"no price is known for {name} tokens")
            rest -= tokens
        if rest:
            yield line(f"{side} of unstated modality", "other", side, rest, _UNSTATED)
    if usage.total_other or usage.unread:
        # The kind "output" puts it last; there is no price for it of any kind.
        reason = "; ".join(usage.unread) or _UNSTATED
        yield line(_NOT_BROKEN_DOWN, "other", "output", usage.total_other, reason)


def _contradiction(given: int, what: str, cached: int) -> str:
    return f"the counts contradict each other ({given} {what}, {cached} of them cached)"


def _as_transcription(line: CostLine) -> CostLine:
    return replace(line, kind="transcription", label=f"transcription, {line.label}")


def _seconds(value: object) -> Decimal | None:
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    seconds = Decimal(repr(value))
    return seconds if seconds.is_finite() and seconds >= 0 else None
