"""Calibration: the assumptions of a projection read off recordings, and how well it then meets what was billed."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from rtnb._display import Drawable
from rtnb.errors import ConfigError
from rtnb.pricing.ahead.assumptions import Assumptions
from rtnb.pricing.ahead.means import mean_climb, mean_cost, mean_projection
from rtnb.pricing.ahead.projection import Projection, project
from rtnb.pricing.bills.cost import Cost
from rtnb.pricing.bills.ledger import Exchange, Ledger, Source
from rtnb.pricing.bills.recorded import bill_of, counted, hit_rate_of, model_of, talks_of
from rtnb.pricing.prices.book import as_book
from rtnb.pricing.prices.own import OwnPrices
from rtnb.pricing.prices.rates import RateBook
from rtnb.tokens import ASSISTANT_AUDIO_MS_PER_TOKEN, USER_AUDIO_MS_PER_TOKEN, TokenUsage

__all__ = ["Calibration", "calibrate"]


@dataclass(frozen=True, slots=True, repr=False)
class Calibration(Drawable):
    """Assumptions fitted to recordings.

    Parameters
    ----------
    assumptions : Assumptions
        Give them to :func:`rtnb.pricing.project`.
    projected : Projection
        What they make of the recordings, each at its own length, model and day; of several, the mean.
    actual : Cost
        What the recorded ones cost on average, by line.
    actual_curve : tuple of (float, float)
        Minutes and cumulative USD of the recording; of several, the mean at equal parts of their lengths.
    minutes : float
        Mean length of the recordings.
    talks : int
        How many recordings.
    notes : tuple of str
        What the reader should know about the fit.

    Examples
    --------
    >>> from rtnb.pricing.ahead.assumptions import Assumptions
    >>> projected = project(10, "gpt-realtime", on="2026-01-31")
    >>> fit = Calibration(Assumptions(), projected, projected.cost * 0.8, (), 10.0, talks=1)
    >>> fit
    Calibration(1 recording, 10.0 min: actual $0.4513, projected $0.5641, +25.0 %)
    >>> round(fit.error, 2)
    0.25
    """

    assumptions: Assumptions
    projected: Projection
    actual: Cost
    actual_curve: tuple[tuple[float, float], ...]
    minutes: float
    talks: int
    notes: tuple[str, ...] = ()

    @property
    def error(self) -> float:
        """Projected over actual, less one: +0.05 is 5 % too much; NaN where nothing could be billed."""
        actual = self.actual.total_usd
        return self.projected.total_usd / actual - 1 if actual else math.nan

    def records(self) -> list[dict[str, Any]]:
        """Line by line, what was projected against what was billed: quantities and USD of both."""
        found: dict[str, dict[str, Any]] = {}
        for side, bill in (("actual", self.actual), ("projected", self.projected.cost)):
            for line in bill.lines:
                blank = {"line": line.label, "unit": line.unit}
                row = found.setdefault(
                    line.label,
                    {**blank, **{f"{s}_{what}": 0.0 for s in ("actual", "projected") for what in ("quantity", "usd")}},
                )
                row[f"{side}_quantity"] += float(line.quantity)
                # None says unpriced, and stays.
                known = row[f"{side}_usd"]
                row[f"{side}_usd"] = None if known is None or line.usd is None else known + line.usd
        return list(found.values())

    def to_frame(self) -> Any:
        """:meth:`records` as a pandas DataFrame."""
        import pandas as pd

        return pd.DataFrame.from_records(self.records())

    def __repr__(self) -> str:
        talks = f"{self.talks} recording{'' if self.talks == 1 else 's'}"
        error = "" if math.isnan(self.error) else f", {self.error * 100:+.1f} %".replace("-", "−")
        both = f"actual {self.actual}, projected {self.projected.cost}{error}"
        return f"Calibration({talks}, {self.minutes:.1f} min: {both})"


def calibrate(
    *sources: Source | Iterable[Source],
    model: str | None = None,
    on: date | str | None = None,
    prices: RateBook | OwnPrices | None = None,
) -> Calibration:
    """Fit the assumptions of a projection to recordings.

    Parameters
    ----------
    *sources : session, recording or ledger, or lists of them
    model : str, optional
        Bill and project for this model instead of the recorded one.
    on : datetime.date or str, optional
        Prices of this day instead of the recorded ones.
    prices : RateBook, str, pathlib.Path, mapping or list of mapping, optional
        Whose prices: a book, or what :func:`rtnb.pricing.book` takes; the default book if not given.

    Returns
    -------
    Calibration

    Raises
    ------
    ConfigError
        There is no recording, no response in any, or nothing that was counted in them.

    Notes
    -----
    The cost of a talk grows faster than its length, so that a talk of the mean length costs less than talks do on
    average: each recording is projected at its own length, and the projections are averaged.

    A turn of the projection is a response here: a turn with a call of a tool has two. Over all recordings, with T
    the minutes that they were open, and responses of the conversation only:

    ``turns_per_minute``
        responses / T.
    ``talk_share``, ``user_share``
        from the seconds of audio that the user gave and of answers that were heard; where a recording was fed
        faster than it plays, the talk share is 1.
    ``user_tokens_per_minute``, ``assistant_tokens_per_minute``
        audio tokens that entered, and that were generated, over the minutes that those shares make: the projection
        has as many tokens as the recordings, but for the rounding of these rates to a tenth. About 600 and 1,200 in
        real time.
    ``text_share``
        text over audio tokens of spoken answers; the text of other answers is ``answer_text_tokens_per_turn``.
    ``user_text_tokens_per_turn``
        text tokens that entered, transcripts and written answers apart, / responses. What frames each item is in it.
    ``instruction_tokens``
        mean of instructions and tools, which a recording does not tell apart.
    ``cache_hit_rate``
        cached over repeated tokens (:func:`rtnb.pricing.bills.recorded.hit_rate_of`); what edits spoilt is in it, what
        truncation spoilt is not, for the projection truncates by itself.
    ``interruption_rate``, ``heard_share``
        interrupted answers over spoken ones, and the seconds heard of them over the seconds generated.
    ``transcription``, ``truncation``
        as the first recording had them; ``transcribed_share`` from the seconds or audio tokens that were transcribed.

    Examples
    --------
    >>> from datetime import date
    >>> from rtnb.pricing.bills.ledger import Exchange, Ledger
    >>> from rtnb.tokens import ModalityCount, TokenUsage
    >>> usage = TokenUsage(input_audio=60, output_text=30, output_audio=100)
    >>> talk = Ledger(model="gpt-realtime", on=date(2026, 1, 31), duration_s=20, exchanges=(Exchange(
    ...     response_id="r", turn=0, at_s=19, on=date(2026, 1, 31), model="gpt-realtime", usage=usage,
    ...     given=ModalityCount(audio=60), user_audio_s=6, answer_audio_s=5),))
    >>> calibrate(talk).assumptions.text_share
    0.3
    """
    ledgers = talks_of(sources)
    book = as_book(prices)
    notes: list[str] = []
    assumptions = _fitted(ledgers, notes)
    names = _models(ledgers, model, notes)
    bills = [bill_of(ledger, model=model, on=on, book=book) for ledger in ledgers]
    actual = mean_cost([sum((bill for _, bill in one), Cost()) for one in bills])
    apart = [bill for one in bills for each, bill in one if isinstance(each, Exchange) and not each.in_conversation]
    if apart:
        notes.append(
            f"{len(apart)} response{'' if len(apart) == 1 else 's'} outside of the conversation "
            f"({sum(apart, Cost())}) stand in the actual cost and are not projected."
        )
    lengths = [_minutes(ledger) for ledger in ledgers]
    projected = mean_projection(
        [
            project(minutes, name, on=on or ledger.on, assumptions=assumptions, prices=book)
            for minutes, name, ledger in zip(lengths, names, ledgers, strict=True)
        ]
    )
    if max(lengths) > 1.01 * min(lengths):
        notes.append(
            f"The recordings last from {min(lengths):.1f} to {max(lengths):.1f} minutes. Each is projected at its own "
            "length; costs and curves are means."
        )
    curve = mean_climb([_climb(bill) for bill in bills], lengths)
    return Calibration(assumptions, projected, actual, curve, projected.minutes, len(ledgers), tuple(notes))


def _climb(bill: Sequence[tuple[Any, Cost]]) -> tuple[tuple[float, float], ...]:
    total, found = Decimal(0), []
    for one, cost in bill:
        total += cost.exact_usd
        found.append((one.at_s / 60, float(total)))
    return tuple(found)


def _minutes(ledger: Ledger) -> float:
    """Length of a talk: as long as it was open; where that is not known, until its last response was over."""
    last = max((one.at_s for one in ledger.exchanges), default=0.0)
    spoken = sum(one.user_audio_s + one.answer_audio_s for one in ledger.exchanges)
    return next((length for length in (ledger.duration_s, last, spoken) if length > 0), 60.0) / 60


def _models(ledgers: Sequence[Ledger], model: str | None, notes: list[str]) -> list[str]:
    """The model that each recording is projected for: the first that answered in it."""
    if model is not None:
        return [model] * len(ledgers)
    found = [[model_of(each, one) for one in each.exchanges if one.in_conversation] for each in ledgers]
    names = dict.fromkeys(name for each in found for name in each)
    firsts = [each[0] if each else ledger.model for each, ledger in zip(found, ledgers, strict=True)]
    if len(names) > 1:
        what = (
            f"the projection is for {firsts[0]!r}" if len(ledgers) == 1 else "each recording is projected for its own"
        )
        if any(len(set(each)) > 1 for each in found) and len(ledgers) > 1:
            what += " first one"
        notes.append(f"Several models answered ({', '.join(names)}); {what}.")
    return firsts


def _fitted(ledgers: Sequence[Ledger], notes: list[str]) -> Assumptions:
    talk = [one for ledger in ledgers for one in ledger.exchanges if one.in_conversation]
    answers = [one for ledger in ledgers for one in counted(ledger)]
    if not answers:
        answers = [one for one in talk if one.made.total]
        notes.append("The server counted nothing; the tokens are estimates made from what was said.")
    if not answers:
        raise ConfigError("There is no answered response in these recordings, so there is nothing to calibrate by.")
    if all(one.usage is not None and not one.usage and not one.usage.problems for one in answers):
        raise ConfigError("The server counted no token in these recordings, so there is nothing to calibrate by.")
    minutes, turns = sum(_minutes(ledger) for ledger in ledgers), len(answers)
    rate, share = _interruptions(answers)
    whole = 1 - rate * (1 - share)
    user, generated = sum(one.given.audio for one in talk), sum(_made(one)[1] for one in answers)
    user_s = sum(one.user_audio_s for one in talk) or user * USER_AUDIO_MS_PER_TOKEN / 1000
    answer_s = sum(one.answer_audio_s for one in answers) or generated * ASSISTANT_AUDIO_MS_PER_TOKEN / 1000
    spoken_min = (user_s + answer_s * whole) / 60
    if spoken_min > minutes * 1.0001:
        notes.append(
            "More was said than time went by: audio was sent or made faster than it plays. Tokens are as counted."
        )
    if images := sum(one.given.image for one in talk):
        notes.append(f"{images:,} tokens of images are not projected.")
    hit_rate = hit_rate_of(ledgers)
    if hit_rate is None:
        notes.append("Nothing was given twice, so the cache could not be fitted; a perfect one is assumed.")
    if len({ledger.truncation for ledger in ledgers}) > 1:
        notes.append("The recordings were truncated in several ways; the first one's is assumed.")
    talk_share = min(1.0, spoken_min / minutes)
    user_share = user_s / 60 / spoken_min if spoken_min else 0.5
    user_min, answer_min = minutes * talk_share * user_share, minutes * talk_share * (1 - user_share)
    transcripts = sum(text for text, audio in map(_made, answers) if audio)
    written = sum(text for text, audio in map(_made, answers) if not audio)
    # What comes back of an answer is not quite what was made of it: items have a frame, truncated ones no transcript.
    entered = sum(one.given.text + one.kept.text for one in talk) - transcripts * (1 - rate) - written
    return Assumptions(
        turns_per_minute=turns / minutes,
        talk_share=talk_share,
        user_share=user_share,
        user_tokens_per_minute=round(user / user_min, 1) if user_min > 0 else 600.0,
        assistant_tokens_per_minute=round(generated * whole / answer_min, 1) if answer_min > 0 else 1200.0,
        instruction_tokens=round(sum(one.settings.total for one in answers) / turns),
        text_share=transcripts / generated if generated else 0.0,
        cache_hit_rate=1.0 if hit_rate is None else hit_rate,
        interruption_rate=rate,
        heard_share=share,
        truncation=ledgers[0].truncation,
        transcription=_transcription(ledgers),
        user_text_tokens_per_turn=max(0.0, entered / turns),
        answer_text_tokens_per_turn=written / turns,
        transcribed_share=_transcribed_share(ledgers, user_s, user),
    )


def _made(one: Exchange) -> tuple[int, int]:
    """Text and audio tokens that a response was billed for."""
    if one.usage is None:
        return one.made.text, one.made.audio
    return max(0, one.usage.output_text), max(0, one.usage.output_audio)


def _interruptions(answers: Sequence[Exchange]) -> tuple[float, float]:
    spoken = [one for one in answers if one.answer_audio_s > 0]
    cut = [one for one in spoken if one.heard_s is not None]
    if not cut:
        return 0.0, 1.0
    heard = sum(min(one.heard_s or 0.0, one.answer_audio_s) for one in cut)
    # An answer of which nothing was heard would have to be endlessly long.
    return len(cut) / len(spoken), min(1.0, max(0.01, heard / sum(one.answer_audio_s for one in cut)))


def _transcription(ledgers: Sequence[Ledger]) -> str | None:
    done = Counter(one.model for ledger in ledgers for one in ledger.transcriptions if one.model)
    return ledgers[0].transcription_model or (done.most_common(1)[0][0] if done else None)


def _transcribed_share(ledgers: Sequence[Ledger], user_s: float, user_tokens: int) -> float:
    """What was transcribed for what was said, in whatever the transcription model counts."""
    usages = [one.usage for ledger in ledgers for one in ledger.transcriptions]
    seconds = math.fsum(float(usage["seconds"]) for usage in usages if _is_number(usage.get("seconds")))
    if seconds > 0 and user_s > 0:
        return seconds / user_s
    tokens = sum(max(0, TokenUsage.from_wire(usage).input_audio) for usage in usages if "seconds" not in usage)
    return tokens / user_tokens if tokens and user_tokens > 0 else 1.0


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value) and value >= 0
