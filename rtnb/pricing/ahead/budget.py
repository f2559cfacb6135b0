"""What the next response will cost at least, and at most: what a budget needs to know before it is asked for."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from rtnb._display import Drawable
from rtnb.errors import ConfigError
from rtnb.pricing.bills.billing import cost, transcription_cost
from rtnb.pricing.bills.cost import Cost
from rtnb.pricing.bills.ledger import Exchange, Ledger, Source, ledger_of
from rtnb.pricing.bills.misses import held, input_of
from rtnb.pricing.prices.book import as_book
from rtnb.pricing.prices.own import OwnPrices
from rtnb.pricing.prices.rates import RateBook, Rates, as_date
from rtnb.tokens import ITEM_OVERHEAD_TOKENS, ModalityCount, TokenUsage, user_audio_tokens
from rtnb.tokens.context import conversation_limit, fit, input_limit, retained

__all__ = ["NextResponse", "next_response"]

DEFAULT_MAX_OUTPUT_TOKENS = 4096
"""The longest answer where neither the session nor the price table states one: that of every 32k model."""

TEXT_ERROR = 1.36
"""How far the count of a single text may be off either way (:func:`rtnb.tokens.count_text`)."""


@dataclass(frozen=True, slots=True)
class NextResponse(Drawable):
    """Bounds on the cost of a response that has not been asked for yet.

    Parameters
    ----------
    at_least : Cost
        The context alone, everything cached that can be: what even one more word costs.
    at_most : Cost
        The context with nothing cached, the new input, and the longest answer in the dearest modality that the
        session answers in.
    context : ModalityCount
        Tokens that would be sent, instructions and tools included, truncation applied. Tokens of unstated modality
        stand with those of the dearest one; a note says how many they are.
    notes : tuple of str
        What was assumed.

    Examples
    --------
    >>> import rtnb
    >>> with rtnb.connect(modalities=["text"]) as s:
    ...     turn = s.ask("What is 6 times 7?")
    ...     bounds = rtnb.pricing.next_response(s)
    >>> bounds.at_least.total_usd <= bounds.at_most.total_usd
    True
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
    on: date | str | None = None,
    prices: RateBook | OwnPrices | None = None,
) -> NextResponse:
    """Bounds on what the next response of a session would cost.

    Parameters
    ----------
    source : Source
        A session, a recording, a usage report or a ledger.
    new_audio_s : float
        Seconds of the user's audio that will be given first, 0 or more.
    new_text_tokens : int
        Text tokens that will be given first, 0 or more.
    max_output_tokens : int, optional
        The limit of this response; else the session's, else the model's, else 4,096 with a note.
    model : str, optional
        Whose price; the session's model if not given.
    on : datetime.date or str, optional
        The day; the session's last one if not given.
    prices : RateBook, path, mapping or list of mapping, optional
        Whose prices, or rows of your own as :func:`rtnb.pricing.book` takes them; the default book if not given.

    Returns
    -------
    NextResponse
        With unpriced lines where the model has no price.

    Raises
    ------
    ConfigError
        A number is negative or none at all, or `source` has no ledger.

    Notes
    -----
    The context is what the last response was given, as billed, with what stayed of its answer and what entered since.

    * `at_least`: that context and no answer. What the last response was given comes from the cache, in steps of 64
      tokens a modality, unless instructions or tools have changed since.
    * `at_most`: that context and the new input with nothing cached, and the longest answer in the dearest modality
      that the session answers in (text, where it answers in text only; an override of this one response is not known);
      and the transcription of the new audio, with a text token for every audio token where it is billed by the token.

    Where tokens are estimated rather than billed, each bound errs on its own side, by what estimates of text are
    known to be off. Where the context does not fit, what truncation would leave is taken.

    Examples
    --------
    >>> usage = TokenUsage(input_text=200, input_audio=100, output_text=20, output_audio=80)
    >>> one = Exchange(response_id="resp_1", turn=0, at_s=3.0, on=date(2026, 1, 31), model="gpt-realtime",
    ...     usage=usage, made=ModalityCount(20, 80), kept=ModalityCount(20, 80))
    >>> talk = Ledger(model="gpt-realtime", on=one.on, exchanges=(one,))
    >>> bounds = next_response(talk, new_audio_s=5.0, max_output_tokens=1000)
    >>> bounds.context
    ModalityCount(text=220, audio=180, image=0)
    >>> bounds.at_least.exact_usd, bounds.at_most.exact_usd
    (Decimal('0.0039264'), Decimal('0.072256'))
    """
    _check(new_audio_s, new_text_tokens, max_output_tokens)
    ledger = ledger_of(source)
    last_day = ledger.exchanges[-1].on if ledger.exchanges else ledger.on
    day = last_day if on is None else as_date(on)
    name = ledger.model if model is None else model
    book = as_book(prices)
    rates = book.at(name, day)
    notes: list[str] = []
    if rates is None:
        notes.append(book.why_unpriced(name, day))
    longest = _longest(ledger, rates, max_output_tokens, notes)
    new_audio = user_audio_tokens(new_audio_s * 1000)
    dear, cheap = _dearest_input(rates), _cheapest_input(rates)
    low, plain, high = _context(ledger, dear=dear, cheap=cheap)
    if unstated := sum(_unstated(ledger)):
        notes.append(
            f"Of {unstated:,} tokens of the context the server did not say of which modality they are: counted as "
            f"{dear} at most, as {cheap} at least."
        )
    frames = (bool(new_audio) + bool(new_text_tokens)) * ITEM_OVERHEAD_TOKENS
    high += ModalityCount(text=new_text_tokens + frames, audio=new_audio)
    cached = _cached(ledger, low, cheap=cheap, same_model=not ledger.exchanges or name == ledger.exchanges[-1].model)
    window = _Window(ledger, rates)
    least = cost(TokenUsage.of(low, cached=cached), name, day, prices=book)
    if (room := window.room) is not None and (over := high.total - window.settings - room) > 0:
        notes.append(window.note(over))
        high = _capped(high, window.settings + room, rates, dear=True)
        if ledger.truncation.kind != "disabled":
            left = max(0, retained(room, ledger.truncation) - window.largest_piece())
            low, cached = _capped(low, window.settings + left, rates, dear=False), held(ledger.settings)
            cached = ModalityCount(*(min(pair) for pair in zip(cached.parts, low.parts, strict=True)))
            shorter = cost(TokenUsage.of(low, cached=cached), name, day, prices=book)
            # It may fit after all, with less new input: the cheaper one is the lower bound.
            least = min(least, shorter, key=lambda bill: bill.exact_usd)
        elif low.total - window.settings > room:
            least = Cost(name, day)
        plain = window.kept(plain)
    answer = ModalityCount(**{_dearest_output(rates, ledger.output_modalities): longest})
    at_most = cost(TokenUsage.of(high, made=answer), name, day, prices=book)
    if new_audio and ledger.transcription_model:
        at_most += _transcription(new_audio_s, new_audio, ledger.transcription_model, day, book)
    return NextResponse(least, at_most, plain, tuple(notes))


def _check(new_audio_s: object, new_text_tokens: object, max_output_tokens: object) -> None:
    if isinstance(new_audio_s, bool) or not isinstance(new_audio_s, int | float) or not 0 <= new_audio_s < math.inf:
        raise ConfigError(f"new_audio_s is a number of seconds from 0 up, not {new_audio_s!r:.60}.")
    for name, value, lowest in (("new_text_tokens", new_text_tokens, 0), ("max_output_tokens", max_output_tokens, 1)):
        if value is None and name == "max_output_tokens":
            continue
        if isinstance(value, bool) or not isinstance(value, int) or value < lowest:
            raise ConfigError(f"{name} is a whole number of tokens from {lowest} up, not {value!r:.60}.")


def _longest(ledger: Ledger, rates: Rates | None, asked: int | None, notes: list[str]) -> int:
    limit = ledger.max_output_tokens if asked is None else asked
    model_limit = rates.max_output_tokens if rates else None
    if limit is None and model_limit is None:
        notes.append(f"No limit on the answer is known; {DEFAULT_MAX_OUTPUT_TOKENS:,} tokens are assumed.")
        return DEFAULT_MAX_OUTPUT_TOKENS
    return min(known for known in (limit, model_limit) if known is not None)


def _last_billed(ledger: Ledger) -> tuple[Exchange | None, list[Exchange]]:
    """The last response of the conversation whose input is known, and those behind it."""
    inside = [exchange for exchange in ledger.exchanges if exchange.in_conversation]
    for place in reversed(range(len(inside))):
        usage = inside[place].usage
        if usage is not None and usage.input_tokens > 0:
            return inside[place], inside[place + 1 :]
    return None, inside


def _unstated(ledger: Ledger) -> tuple[int, int]:
    """Tokens of the context of which no modality is stated: given before, and generated since."""
    last, later = _last_billed(ledger)
    made = sum(exchange.usage.output_other for exchange in (last, *later) if exchange and exchange.usage)
    return last.usage.input_other if last and last.usage else 0, made


def _context(ledger: Ledger, *, dear: str, cheap: str) -> tuple[ModalityCount, ModalityCount, ModalityCount]:
    """What would be sent: at least, by the best estimate, and at most; truncation apart."""
    last, later = _last_billed(ledger)
    given, made = _unstated(ledger)
    # Of an answer that was cut short, not all stays.
    cut = any(exchange.heard_s is not None for exchange in (last, *later) if exchange)
    least, most = ModalityCount(**{cheap: given + made * (not cut)}), ModalityCount(**{dear: given + made})
    sure, more, less = ModalityCount(), ledger.pending, ledger.removed
    for exchange in later:
        more += exchange.given + exchange.kept
    if last is None:
        more += ledger.settings
    else:
        sure = input_of(last) + last.kept
        if _settings_changed(ledger) or any(_edited_settings(exchange) for exchange in later):
            more, less = more + ledger.settings, less + last.settings
    # Of the last answer, which was not billed yet.
    frame = ModalityCount(text=ITEM_OVERHEAD_TOKENS * bool(last or later))
    return (
        (sure + least + _scaled(more, 1 / TEXT_ERROR, math.floor)).less(_scaled(less, TEXT_ERROR, math.ceil)),
        (sure + most + more).less(less),
        (sure + most + _scaled(more, TEXT_ERROR, math.ceil)).less(_scaled(less, 1 / TEXT_ERROR, math.floor)) + frame,
    )


def _cached(ledger: Ledger, context: ModalityCount, *, cheap: str, same_model: bool) -> ModalityCount:
    """The most that the cache can hold of the context."""
    if _settings_changed(ledger) or not same_model:
        return ModalityCount()
    best = ModalityCount()
    for exchange in reversed(ledger.exchanges):
        # A response outside of the conversation may have been given the whole of it, the last answer included.
        given = input_of(exchange) + ModalityCount(**{cheap: exchange.usage.input_other if exchange.usage else 0})
        best = ModalityCount(*(max(pair) for pair in zip(best.parts, given.parts, strict=True)))
        if exchange.in_conversation and given.total > 0:
            break
    return held(ModalityCount(*(min(pair) for pair in zip(best.parts, context.parts, strict=True))))


def _settings_changed(ledger: Ledger) -> bool:
    return "instructions changed" in ledger.edits or "tools changed" in ledger.edits


def _edited_settings(exchange: Exchange) -> bool:
    return "instructions changed" in exchange.edits or "tools changed" in exchange.edits


class _Window:
    """What fits into the model's window behind instructions and tools."""

    def __init__(self, ledger: Ledger, rates: Rates | None) -> None:
        self.ledger = ledger
        self.settings = ledger.settings.total
        limit = None
        if rates is not None:
            limit = input_limit(rates.context_tokens, rates.max_output_tokens, max_input_tokens=rates.max_input_tokens)
        self.room = conversation_limit(self.settings, limit, ledger.truncation)
        """Tokens; None where the window is not known."""

    def note(self, over: int) -> str:
        if self.ledger.truncation.kind == "disabled":
            return (
                f"The context may be {over:,} tokens too long; with truncation disabled the response is then refused."
            )
        return f"The context may be {over:,} tokens too long; the oldest items are then dropped."

    def pieces(self) -> list[ModalityCount]:
        """The conversation in pieces, oldest first, as they entered."""
        inside = (exchange for exchange in self.ledger.exchanges if exchange.in_conversation)
        entered = [piece for exchange in inside for piece in (exchange.given, exchange.kept)]
        return [piece for piece in (*entered, self.ledger.pending) if piece.total]

    def largest_piece(self) -> int:
        return max((piece.total for piece in self.pieces()), default=0)

    def kept(self, context: ModalityCount) -> ModalityCount:
        """What truncation leaves of a context, by estimate."""
        present: list[ModalityCount] = []
        for piece in reversed(self.pieces()):
            if sum(each.total for each in present) >= context.total - self.settings:
                break
            present.insert(0, piece)
        if self.room is None or not present:
            return context
        limit = self.settings + self.room
        left_out = fit(
            present, settings_tokens=self.settings, input_limit=limit, truncation=self.ledger.truncation
        ).left_out
        if not left_out:
            return context
        return sum(present[left_out:], self.ledger.settings)


def _capped(count: ModalityCount, limit: int, rates: Rates | None, *, dear: bool) -> ModalityCount:
    """So many tokens of `count`, the dearest or the cheapest of them."""

    def price(modality: str) -> Decimal:
        return (rates.price(modality, "input") if rates else None) or Decimal(0)

    left, taken = limit, {}
    for modality in sorted(("text", "audio", "image"), key=price, reverse=dear):
        taken[modality] = min(left, getattr(count, modality))
        left -= taken[modality]
    return ModalityCount(**taken)


def _dearest_input(rates: Rates | None) -> str:
    """Of text and audio, which are what a talk is made of; images are told apart from them by their item."""
    text, audio = (rates.price(name, "input") if rates else None for name in ("text", "audio"))
    return "text" if text is not None and (audio is None or text > audio) else "audio"


def _cheapest_input(rates: Rates | None) -> str:
    """As :func:`_dearest_input`, by what the cache makes of it."""

    def price(modality: str) -> Decimal | None:
        cached, full = (rates.price(modality, kind) if rates else None for kind in ("cached", "input"))
        return full if cached is None else cached

    text, audio = price("text"), price("audio")
    return "audio" if audio is not None and (text is None or audio < text) else "text"


def _dearest_output(rates: Rates | None, allowed: tuple[str, ...]) -> str:
    if set(allowed) == {"text"}:  # audio comes with its transcript, so where it is allowed, text is too
        return "text"
    text, audio = (rates.price(name, "output") if rates else None for name in ("text", "audio"))
    return "text" if text is not None and (audio is None or text > audio) else "audio"


def _transcription(new_audio_s: float, tokens: int, model: str, day: date, book: RateBook) -> Cost:
    rates = book.at(model, day)
    usage: Mapping[str, Any] = {"type": "duration", "seconds": math.ceil(new_audio_s)}
    if rates is not None and rates.unit == "usd_per_1m_tokens":
        usage = TokenUsage(input_audio=tokens, output_text=tokens).to_wire()
    return transcription_cost(usage, model, day, prices=book)


def _scaled(count: ModalityCount, factor: float, rounded: Any) -> ModalityCount:
    """With the text, which is what estimates get wrong, so many times as much."""
    return ModalityCount(rounded(count.text * factor), count.audio, count.image)
