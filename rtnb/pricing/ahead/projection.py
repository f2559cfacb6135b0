"""Projection: what a conversation that has not happened would cost."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from rtnb._display import Drawable
from rtnb.errors import ConfigError
from rtnb.pricing.ahead.assumptions import MISSING_MANUAL, Assumptions
from rtnb.pricing.ahead.remarks import refused, remarks, why_refused
from rtnb.pricing.bills.billing import cost, transcription_cost
from rtnb.pricing.bills.cost import Cost, CostLine
from rtnb.pricing.bills.gaps import gaps, unpriced_labels
from rtnb.pricing.bills.money import format_usd
from rtnb.pricing.bills.timed import is_timed, session_line, why_timed
from rtnb.pricing.prices.book import as_book
from rtnb.pricing.prices.own import OwnPrices
from rtnb.pricing.prices.rates import RateBook, Rates, as_date
from rtnb.tokens import Simulated, TokenUsage, Truncation, input_limit, simulate

__all__ = ["MISSING_MANUAL", "Assumptions", "CurvePoint", "Projection", "project"]

TRANSCRIPT_TOKENS_PER_AUDIO_TOKEN = 1 / 3
"""Text tokens that a transcription model writes for each token of audio it hears: with 600 audio tokens a minute
about 200, the number that makes gpt-4o-transcribe's token prices meet its advertised price of $0.006 a minute."""

RATHER_KEEP = 0.8
"""The share that the guide to costs of the Realtime API sets as an example; notes compare with it."""


@dataclass(frozen=True, slots=True)
class CurvePoint:
    """The bill after some minutes; `low_usd` with a perfect cache, `high_usd` with none.

    Amounts are of what has a price: :attr:`Projection.notes` and :meth:`Projection.records` say what has none.
    `dropped_tokens` are those that truncation has left out so far.

    Examples
    --------
    >>> import rtnb
    >>> projection = rtnb.pricing.project(10, "gpt-realtime-2.1", on="2026-11-01")
    >>> point = projection.curve[-1]
    >>> print(point.minutes, point.low_usd <= point.usd <= point.high_usd)
    10.0 True
    """

    minutes: float
    usd: float
    low_usd: float
    high_usd: float
    context_tokens: int
    dropped_tokens: int = 0


@dataclass(frozen=True, slots=True, repr=False)
class Projection(Drawable):
    """What a conversation would cost.

    Parameters
    ----------
    minutes : float
    turns : int
    model : str
    on : datetime.date
    assumptions : Assumptions
    cost : Cost
        Line by line.
    curve : tuple of CurvePoint
        A point a turn.
    notes : tuple of str
        What the reader should know, such as when truncation begins.
    refused : int
        Turns that would be refused, and not billed, because the context does not fit.

    Examples
    --------
    >>> projection = project(10, "gpt-realtime", on="2026-01-31")
    >>> projection
    Projection($0.5641 for 10 min on gpt-realtime, 2026-01-31; $0.0564 a minute, 30 turns)
    >>> print(projection.times(20 * 30))
    $338.48
    """

    minutes: float
    turns: int
    model: str
    on: date
    assumptions: Assumptions
    cost: Cost
    curve: tuple[CurvePoint, ...]
    notes: tuple[str, ...] = ()
    refused: int = 0

    @property
    def total_usd(self) -> float:
        """The whole conversation, as far as it has a price: 0.0 for an unknown model, as :attr:`notes` then say."""
        return self.cost.total_usd

    @property
    def lines(self) -> tuple[CostLine, ...]:
        """What it is made of."""
        return self.cost.lines

    @property
    def usd_per_minute(self) -> float:
        """Mean over the conversation, of :attr:`total_usd`."""
        return self.total_usd / self.minutes

    def times(self, talks: float | Decimal) -> Cost:
        """So many talks of the same kind: ``projection.times(30 * 20)`` is a month of twenty a day.

        Raises
        ------
        ConfigError
            `talks` is no number from 0 up.

        Examples
        --------
        >>> project(10, "gpt-realtime", on="2026-01-31").times(100).exact_usd
        Decimal('56.41392')
        """
        number = isinstance(talks, int | float | Decimal) and not isinstance(talks, bool)
        # To compare a NaN of Decimal raises, where one of float is just not more.
        if not number or (isinstance(talks, Decimal) and talks.is_nan()) or not 0 <= talks < math.inf:
            raise ConfigError(f"talks is a number from 0 up, not {talks!r:.60}.")
        return self.cost * talks

    def records(self) -> list[dict[str, Any]]:
        """The curve as flat mappings, a point a turn.

        Amounts are None where what the model charges has no price. Where only something beside it has none, such as
        the transcription, they are without it; ``unpriced`` names it.
        """
        missing = unpriced_labels(self.cost)
        lines = [line for line in self.cost.lines if line.kind != "transcription"]
        told = not lines or any(line.unit_price is not None for line in lines)
        return [
            {
                "turn": turn,
                "minutes": point.minutes,
                "usd": point.usd if told else None,
                "low_usd": point.low_usd if told else None,
                "high_usd": point.high_usd if told else None,
                "context_tokens": point.context_tokens,
                "unpriced": missing,
            }
            for turn, point in enumerate(self.curve, 1)
        ]

    def to_frame(self) -> Any:
        """The curve as a pandas DataFrame, a row a turn.

        Examples
        --------
        >>> list(project(1, "gpt-realtime", on="2026-01-31").to_frame().columns)
        ['turn', 'minutes', 'usd', 'low_usd', 'high_usd', 'context_tokens', 'unpriced']
        """
        import pandas as pd

        return pd.DataFrame.from_records(self.records())

    def __repr__(self) -> str:
        turns = f"{self.turns} turn{'' if self.turns == 1 else 's'}"
        if self.refused:
            turns = f"{self.refused} of {turns} refused"
        rate = "" if self.cost.unpriced else f"{format_usd(self.usd_per_minute)} a minute, "
        return f"Projection({self.cost} for {self.minutes:g} min on {self.model}, {self.on}; {rate}{turns})"


def project(
    minutes: float,
    model: str,
    *,
    on: date | str | None = None,
    assumptions: Assumptions | None = None,
    prices: RateBook | OwnPrices | None = None,
    **changes: object,
) -> Projection:
    """What a conversation of some minutes would cost.

    Parameters
    ----------
    minutes : float
        Length of the talk.
    model : str
    on : datetime.date or str, optional
        The day whose prices hold; today if not given.
    assumptions : Assumptions, optional
        How the talk goes, such as those of a :func:`rtnb.pricing.calibrate`; the defaults if not given.
    prices : RateBook, str, pathlib.Path, mapping or list of mapping, optional
        Whose prices: a book, or what :func:`rtnb.pricing.book` takes; the default book if not given.
    **changes
        Replace members of `assumptions`, as in ``project(10, "gpt-realtime", talk_share=0.9)``:

        - ``turns_per_minute`` (default 3): turns of the user, each with an answer.
        - ``talk_share`` (default 0.7): part of the time in which somebody talks, 0 to 1.
        - ``user_share`` (default 0.5): the user's part of that; the rest is the assistant's. So each speaks 35 %.
        - ``user_tokens_per_minute`` (default 600): audio tokens of the user's speech.
        - ``assistant_tokens_per_minute`` (default 1200): audio tokens of the assistant's.
        - ``instruction_tokens``, ``tool_tokens`` (default 0): given again with every response.
        - ``text_share`` (default 0.3): text tokens of the transcript for each audio token of an answer.
        - ``cache_hit_rate`` (default 1): part of what a perfect cache would hold that comes from it, 0 to 1.
        - ``cache_grain`` (default 64): tokens a step of the cache.
        - ``interruption_rate`` (default 0): part of the answers that are interrupted, 0 to 1.
        - ``heard_share`` (default 0.5): part of an interrupted answer that is heard, 0.001 to 1.
        - ``truncation`` (default ``"auto"``): what the server does when the window is full, as on the wire or as a
          :class:`rtnb.tokens.Truncation`.
        - ``retention_ratio``: short for ``truncation={"type": "retention_ratio", "retention_ratio": 0.8}``.
        - ``summarise`` (default None): what the client does before that; ``rtnb.tokens.Summarise(4000)`` puts a
          summary in the place of old turns once the conversation has more than 4,000 tokens.
        - ``transcription`` (default None): the transcription model, such as ``"whisper-1"``; None for none.
        - ``user_text_tokens_per_turn`` (default 0): text beside the user's audio: typed, outputs of tools.
        - ``answer_text_tokens_per_turn`` (default 0): text beside the transcript: written answers, calls of tools.
        - ``transcribed_share`` (default 1): seconds transcribed for each second of the user's talk.

    Returns
    -------
    Projection
        Whatever has no price, be it the model or the transcription, gives unpriced lines; `notes` say why.

    Raises
    ------
    ConfigError
        A value is out of range, or there is no such assumption.

    Notes
    -----
    Every response is charged for the whole conversation so far. With N turns of x user tokens and y answer tokens
    each, in audio alone, and input, cached and output prices P_in, P_c and P_out a token::

        usd =   N (x P_in + y P_out)                              what is said the first time
              + (N - 1) y P_in                                    each answer, given back for the first time
              + P_c [ x N (N - 1) / 2 + y (N - 1)(N - 2) / 2 ]    everything before that, out of the cache

    which is quadratic in N only as far as the cached replay goes. The general case plays the talk turn by turn
    (:func:`rtnb.tokens.simulate`), because steps of the cache, truncation and summaries follow no closed form.
    For turn k, by modality m (text, audio)::

        context_k(m) = settings(m) + sum_{j<=k} given_j(m) + sum_{j<k} kept_j(m)    less what was dropped or summarised
        cached_k(m)  = floor( floor( common_k(m) / grain ) * grain * hit_rate )     common_k: given to turn k - 1, too
        usd_k        = sum_m (context_k - cached_k) P_in(m) + cached_k P_c(m) + made_k P_out(m)

    ``given``, ``made`` and ``kept`` come from :meth:`Assumptions.steps`: user audio ``minutes * talk_share *
    user_share * user_tokens_per_minute``; heard answers likewise with ``1 - user_share``; generated answers are
    heard ones over ``1 - interruption_rate * (1 - heard_share)``; transcripts ``text_share`` of the generated audio.
    Making summaries is charged on the same model. Transcription of the user's audio is charged by its own model: by
    the second, or its audio tokens with a third as many of text; ``transcribed_share`` times what the user says.

    A translation model, priced by the minute of audio, and a model priced by the second of session are charged for
    the whole time; one that only transcribes, for the user's talk time. None of them sees a context.

    Examples
    --------
    The printed table of "70 % talk time", 15 minutes:

    >>> print(project(15, "gpt-4o-realtime-preview-2024-10-01", on="2024-11-21", assumptions=MISSING_MANUAL))
    Projection($5.28 for 15 min on gpt-4o-realtime-preview-2024-10-01, 2024-11-21; $0.3523 a minute, 45 turns)
    >>> print(project(10, "gpt-realtime", on="2026-01-31", instruction_tokens=800, transcription="whisper-1").cost)
    $0.5975
    """
    if assumptions is not None and not isinstance(assumptions, Assumptions):
        raise ConfigError(
            f"assumptions is an Assumptions, such as calibrate(...).assumptions, not {assumptions!r:.60}. Single ones "
            "are given by name: project(10, 'gpt-realtime', talk_share=0.9)."
        )
    assumed = (assumptions or Assumptions()).changed(changes)
    if not isinstance(model, str):
        raise ConfigError(f"model is a name such as 'gpt-realtime', not {model!r:.60}.")
    turns, day = assumed.turns_in(minutes), as_date(on)
    book = as_book(prices)
    rates = book.at(model, day)
    transcription = _transcribed(assumed.transcription, minutes, day, assumed, book)
    if rates is not None and (rates.unit != "usd_per_1m_tokens" or rates.kind == "transcription"):
        bill, notes = _by_duration(rates, model, minutes, day, assumed, book)
        total = float((bill + transcription).exact_usd)
        points = ((minutes * k / turns, total * k / turns) for k in range(1, turns + 1))
        curve = tuple(CurvePoint(at, usd, usd, usd, 0) for at, usd in points)
        whole = bill + transcription
        return Projection(minutes, turns, model, day, assumed, whole, curve, (*gaps(whole), *notes))
    limit = None
    if rates is not None:
        limit = input_limit(rates.context_tokens, rates.max_output_tokens, max_input_tokens=rates.max_input_tokens)
    settings = assumed.steps(minutes)[0].settings.total
    too_much = limit is not None and settings > limit
    can_cache = rates is None or any(price.cached is not None for price in rates.prices)

    def play(hit_rate: float, truncation: Truncation = assumed.truncation) -> list[Simulated]:
        if too_much:
            return refused(assumed.steps(minutes))
        return simulate(
            assumed.steps(minutes),
            input_limit=limit,
            truncation=truncation,
            summarise=assumed.summarise,
            grain=assumed.cache_grain,
            hit_rate=hit_rate if can_cache else 0.0,
        )

    def priced(usage: TokenUsage) -> Cost:
        return cost(usage, model, day, prices=book)

    def climb(played: list[Simulated]) -> list[float]:
        sums, spent = [], Decimal(0)
        for k, step in enumerate(played, 1):
            spent += priced(_used([step])).exact_usd
            sums.append(float(spent) + transcription.total_usd * k / turns)
        return sums

    played = play(assumed.cache_hit_rate)
    sums = climb(played)
    low, high = (
        sums if rate == assumed.cache_hit_rate or not can_cache or rates is None else climb(play(rate))
        for rate in (1.0, 0.0)
    )
    curve = tuple(
        CurvePoint(minutes * k / turns, sums[k - 1], low[k - 1], high[k - 1], _context(step), step.dropped)
        for k, step in enumerate(played, 1)
    )
    whole = priced(_used(played)) + transcription

    def rather() -> str:
        """What the same talk would cost if more were dropped, and less often."""
        if assumed.truncation.retention_ratio == 1:
            seldom = Truncation("retention_ratio", RATHER_KEEP, assumed.truncation.post_instructions)
            other = priced(_used(play(assumed.cache_hit_rate, seldom))) + transcription
            if other.exact_usd < whole.exact_usd:
                return f" With truncation={seldom.to_wire()} this talk would cost {other}."
        return ""

    grain = assumed.cache_grain if can_cache else 0
    told = tuple(remarks(played, minutes, priced, grain=grain, hit_rate=assumed.cache_hit_rate, rather=rather))
    if too_much and limit is not None:
        told = (why_refused(settings, limit, model),)
    if rates is not None and limit is None:
        told = (f"How much {model!r} takes as input is not known, so nothing is truncated here.", *told)
    if not can_cache:
        told = (f"{model!r} has no price for cached tokens on {day}, so nothing comes from a cache here.", *told)
    count = sum(step.usage is None for step in played)
    notes = (*told, *gaps(whole)) if too_much else (*gaps(whole), *told)
    return Projection(minutes, turns, model, day, assumed, whole, curve, notes, count)


def _used(played: Sequence[Simulated]) -> TokenUsage:
    """All tokens, those of making summaries included."""
    both = (usage for step in played for usage in (step.usage, step.summary) if usage is not None)
    return sum(both, TokenUsage())


def _context(step: Simulated) -> int:
    return step.full.total - step.dropped - step.condensed if step.usage is None else step.usage.input_tokens


def _transcribed(model: str | None, minutes: float, day: date, assumed: Assumptions, book: RateBook) -> Cost:
    """Of the user's audio, in what the model counts."""
    if not model:
        return Cost()
    rates = book.at(model, day)
    if rates is None or rates.unit != "usd_per_1m_tokens":
        seconds = float(_seconds(assumed.user_audio_s(minutes) * assumed.transcribed_share))
        return transcription_cost({"type": "duration", "seconds": seconds}, model, day, prices=book)
    said = minutes * assumed.talk_share * assumed.user_share * assumed.user_tokens_per_minute
    audio = round(said * assumed.transcribed_share)
    text = round(audio * TRANSCRIPT_TOKENS_PER_AUDIO_TOKEN)
    usage = {
        "type": "tokens",
        "total_tokens": audio + text,
        "input_tokens": audio,
        "output_tokens": text,
        "input_token_details": {"text_tokens": 0, "audio_tokens": audio},
    }
    return transcription_cost(usage, model, day, prices=book)


def _by_duration(
    rates: Rates, model: str, minutes: float, day: date, assumed: Assumptions, book: RateBook
) -> tuple[Cost, tuple[str, ...]]:
    """Of a model that counts no tokens of conversation: it is charged by time, or does nothing but transcribe."""
    if rates.kind == "transcription":
        return _transcribed(model, minutes, day, assumed, book), (
            f"{model!r} writes down what the user says and answers nothing; only the user's talk time is charged.",
        )
    if is_timed(rates):
        return Cost(model, day, (session_line(rates, minutes * 60),)), (why_timed(model),)
    line = CostLine(
        label="audio",
        modality=rates.prices[0].modality,
        kind="input",
        model=model,
        quantity=_seconds(minutes * 60),
        unit="seconds",
        unit_price=rates.prices[0].input,
        per=rates.per,
        why="" if rates.prices[0].input is not None else f"{model!r} has no price for it",
    )
    told = f"{model!r} is charged by the minute of audio streamed to it, silence included: all of the time."
    return Cost(model, day, (line,)), (told,)


def _seconds(value: float) -> Decimal:
    return Decimal(repr(round(value, 6)))
