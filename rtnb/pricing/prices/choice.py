"""Which models are worth a row when models are compared: one name for each price."""

from __future__ import annotations

from datetime import date
from typing import Any

from rtnb.pricing.prices.rates import Price, RateBook, Rates
from rtnb.pricing.prices.rows import undated

__all__ = ["newest_of_each_price", "speech_models", "undated"]

_SPEECH = ("speech_to_speech", "live")
"""Kinds of models that answer what is said: by the token, or by the second of session."""


def speech_models(book: RateBook, day: date) -> tuple[str, ...]:
    """Models to talk to with a price on a day, without snapshots that cost what their undated name does.

    Speech-to-speech models by the token, and live ones by the second of session.

    Examples
    --------
    >>> from rtnb.pricing.prices.rates import rate_book
    >>> speech_models(rate_book(), date(2025, 9, 30))[-1]
    'gpt-realtime'
    """
    found = {name: rates for name in book.models(day) if (rates := _speech(book, name, day)) is not None}
    return tuple(
        name
        for name, rates in found.items()
        if undated(name) == name or undated(name) not in found or found[undated(name)].prices != rates.prices
    )


def newest_of_each_price(book: RateBook, day: date) -> tuple[str, ...]:
    """The newest speech-to-speech model for each audio price that holds on a day, dearest first.

    Names without a date go before snapshots.

    Examples
    --------
    >>> from rtnb.pricing.prices.rates import rate_book
    >>> newest_of_each_price(rate_book(), date(2026, 8, 1))
    ('gpt-realtime-2.1', 'gpt-realtime-2.1-mini')
    """
    found: dict[Price, tuple[tuple[Any, ...], str]] = {}
    for name in speech_models(book, day):
        rates = book.at(name, day)
        audio = next((price for price in rates.prices if price.modality == "audio"), None) if rates else None
        if rates is None or audio is None or audio.output is None:
            continue
        rank = (undated(name) == name, rates.valid_from)
        if audio not in found or rank > found[audio][0]:
            found[audio] = (rank, name)
    dearest = sorted(found.items(), key=lambda item: item[0].output or 0, reverse=True)
    return tuple(name for _, (_, name) in dearest)


def _speech(book: RateBook, name: str, day: date) -> Rates | None:
    rates = book.at(name, day)
    return rates if rates is not None and rates.kind in _SPEECH else None
