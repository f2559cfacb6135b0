"""What recordings say about a talk: its bill, its turns in tokens, and how well its cache held."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import date
from itertools import pairwise
from typing import Any

from rtnb.errors import ConfigError
from rtnb.pricing.bills.billing import cost, transcription_cost
from rtnb.pricing.bills.cost import Cost
from rtnb.pricing.bills.ledger import Exchange, Ledger, Source, Transcribed, ledgers_of
from rtnb.pricing.prices.rates import RateBook, as_date
from rtnb.pricing.prices.rows import Rates
from rtnb.tokens import CACHE_GRAIN_TOKENS, ModalityCount, Step, TokenUsage

__all__ = ["bill_of", "counted", "hit_rate_of", "model_of", "priced", "steps_of", "talks_of", "without_cache"]

_SETTINGS_EDITS = frozenset({"instructions changed", "tools changed"})
# An item is truncated when its answer was interrupted, before it was ever given back: nothing cached changes.
_ITEM_EDITS = frozenset({"item deleted", "item inserted"})
_SPOILING = _SETTINGS_EDITS | _ITEM_EDITS
_UNSURE_TOKENS = 8
"""By how many tokens an estimate of what entered may be off without an item having gone."""
_MODALITIES = ("text", "audio", "image")


def talks_of(sources: Iterable[Source | Iterable[Source]]) -> list[Ledger]:
    """The ledgers of sessions and recordings, given one by one or in lists; at least one.

    Raises
    ------
    ConfigError
        There is none, or something else was given.

    Examples
    --------
    >>> [ledger.name for ledger in talks_of([Ledger(name="a"), [Ledger(name="b")]])]
    ['a', 'b']
    """
    if found := ledgers_of(sources):
        return found
    raise ConfigError("A session or a recording is needed; read a file with rtnb.replay('talk.rtnb').")


def counted(ledger: Ledger) -> list[Exchange]:
    """Responses of the conversation that the server counted, in order.

    Examples
    --------
    >>> counted(Ledger())
    []
    """
    return [each for each in ledger.exchanges if each.in_conversation and each.usage is not None]


def model_of(ledger: Ledger, exchange: Exchange | None = None) -> str:
    """The model that answered; empty where none is named.

    Examples
    --------
    >>> model_of(Ledger(model="gpt-realtime"))
    'gpt-realtime'
    """
    return (exchange.model if exchange else "") or ledger.model


def priced(
    ledger: Ledger, one: Exchange | Transcribed, *, model: str | None, on: date | str | None, book: RateBook
) -> Cost | None:
    """What a response or a transcription cost, on another model or day if given; None where it was not counted.

    Another model answers, but the transcription model stays what it was. Where another model or day knows no cache,
    what was cached is charged in full.
    """
    day = one.on if on is None else as_date(on)
    if isinstance(one, Transcribed):
        return transcription_cost(one.usage, one.model, day, prices=book)
    if one.usage is None:
        return None
    name = model or model_of(ledger, one)
    usage = one.usage if model is None and on is None else without_cache(one.usage, book.at(name, day))
    return cost(usage, name, day, prices=book)


def without_cache(usage: TokenUsage, rates: Rates | None) -> TokenUsage:
    """The same tokens for a model without a cache: none cached in the modalities that have no price for it.

    Examples
    --------
    >>> from rtnb.pricing.prices.rates import at
    >>> usage = TokenUsage(input_audio=128, cached_audio=64)
    >>> without_cache(usage, at("gpt-4o-realtime-preview-2024-10-01", "2024-10-15"))
    TokenUsage(input_audio=128)
    >>> without_cache(usage, at("gpt-realtime", "2026-01-31")) == usage
    True
    """
    if rates is None:
        return usage
    bare: dict[str, Any] = {
        f"cached_{name}": 0
        for name in _MODALITIES
        if rates.price(name, "input") is not None and rates.price(name, "cached") is None
    }
    return replace(usage, **bare) if bare and not usage.problems else usage


def bill_of(
    ledger: Ledger, *, model: str | None = None, on: date | str | None = None, book: RateBook
) -> list[tuple[Exchange | Transcribed, Cost]]:
    """Everything that was counted, with its cost, in order of time."""
    found = [(one, priced(ledger, one, model=model, on=on, book=book)) for one in _all(ledger)]
    return [(one, bill) for one, bill in found if bill is not None]


def _all(ledger: Ledger) -> list[Exchange | Transcribed]:
    return sorted((*ledger.exchanges, *ledger.transcriptions), key=lambda one: one.at_s)


def hit_rate_of(
    ledgers: Sequence[Ledger], *, grain: int = CACHE_GRAIN_TOKENS, unchanged_only: bool = False
) -> float | None:
    """Cached part of what a perfect cache would have held, 0 to 1; None where nothing was repeated.

    Parameters
    ----------
    ledgers : sequence of Ledger
    grain : int
        Tokens a step of the cache.
    unchanged_only : bool
        Leave out responses before which something was changed, too, where even a perfect cache holds less: for a
        simulation that takes such changes into account by itself. Those before which the server dropped something
        are left out in any case.

    Notes
    -----
    ``sum(min(cached_k, possible_k)) / sum(possible_k)`` over the modalities of all responses but the first, with
    ``possible_k = floor(min(input_{k-1}, input_k) / grain) * grain``.

    Examples
    --------
    >>> from dataclasses import replace
    >>> from rtnb.tokens import TokenUsage
    >>> from datetime import date
    >>> day = date(2026, 1, 31)
    >>> one = Exchange(response_id="a", turn=0, at_s=1, on=day, model="m", usage=TokenUsage(input_audio=128))
    >>> two = replace(one, response_id="b", usage=TokenUsage(input_audio=400, cached_audio=64))
    >>> hit_rate_of([Ledger(exchanges=(one, two))])
    0.5
    """
    cached = possible = 0
    for ledger in ledgers:
        for before, now in pairwise(counted(ledger)):
            edited = bool(_SPOILING.intersection(now.edits))
            if (unchanged_only and edited) or (not edited and _dropped(before, now)):
                continue
            for modality in _MODALITIES:
                repeated = min(getattr(each.usage, f"input_{modality}") for each in (before, now))
                most = max(0, repeated // grain * grain)
                possible += most
                cached += max(0, min(getattr(now.usage, f"cached_{modality}"), most))
    return cached / possible if possible else None


def _dropped(before: Exchange, now: Exchange) -> bool:
    """Whether the server left something out: less was given than what had been there and what came to it."""
    if before.usage is None or now.usage is None:
        return False
    due = before.usage.input_tokens + before.kept.total + now.given.total
    return now.usage.input_tokens < due - _UNSURE_TOKENS


def steps_of(ledger: Ledger) -> list[Step]:
    """The responses of the conversation that were counted, as steps to simulate.

    What entered the conversation with a response that was not counted (it failed, say) is given to the next one.
    What was deleted is what is missing from the input after a deletion; how much of the beginning was still the same
    is what the cache held of it, text, audio and images each. Tokens of no stated modality that were generated stand
    as images, which no model makes, so that they stay unpriced.

    Examples
    --------
    >>> from datetime import date
    >>> from rtnb.tokens import TokenUsage
    >>> usage = TokenUsage(input_audio=90, output_text=20, output_audio=80)
    >>> talk = Exchange(response_id="a", turn=0, at_s=1, on=date(2026, 1, 31), model="m", usage=usage,
    ...     given=ModalityCount(audio=90), kept=ModalityCount(20, 80))
    >>> steps_of(Ledger(exchanges=(talk,)))[0].made
    ModalityCount(text=20, audio=80, image=0)
    """
    steps: list[Step] = []
    given, settings, edits = ModalityCount(), 0, set[str]()
    before: Exchange | None = None
    for one in ledger.exchanges:
        if not one.in_conversation:
            continue
        settings += bool(_SETTINGS_EDITS.intersection(one.edits))
        edits.update(one.edits)
        given += one.given
        if one.usage is None:
            given += one.kept
            continue
        made = ModalityCount(one.usage.output_text, one.usage.output_audio, one.usage.output_other)
        removed = ModalityCount()
        intact: float | tuple[float, float, float] = 1.0
        if before is not None and _ITEM_EDITS & edits:
            removed = _missing(before, one, given) if "item deleted" in edits else removed
            intact = _intact(before, one)
        steps.append(Step(given, made, one.kept, one.settings, str(settings), removed, intact))
        given, edits, before = ModalityCount(), set(), one
    return steps


def _missing(before: Exchange, now: Exchange, given: ModalityCount) -> ModalityCount:
    """What was there before, or came to it, and was not given now."""
    return ModalityCount(
        **{
            name: max(
                0,
                getattr(before.usage, f"input_{name}")
                - getattr(before.settings, name)
                + getattr(before.kept, name)
                + getattr(given, name)
                - (getattr(now.usage, f"input_{name}") - getattr(now.settings, name)),
            )
            for name in _MODALITIES
        }
    )


def _intact(before: Exchange, now: Exchange) -> tuple[float, float, float]:
    """Part of the conversation before that still came from the cache, by modality.

    A modality of which there was nothing has the share of all: a simulation of another policy may put some there.
    """
    if before.usage is None or now.usage is None:
        return 1.0, 1.0, 1.0
    sent = [getattr(before.usage, f"input_{name}") - getattr(before.settings, name) for name in _MODALITIES]
    held = [getattr(now.usage, f"cached_{name}") - getattr(now.settings, name) for name in _MODALITIES]
    whole = _share(sum(held), sum(sent), 0.0)
    text, audio, image = (_share(cached, given, whole) for cached, given in zip(held, sent, strict=True))
    return text, audio, image


def _share(part: int, whole: int, otherwise: float) -> float:
    return min(1.0, max(0.0, part / whole)) if whole > 0 else otherwise
