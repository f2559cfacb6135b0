"""Recorded talks, billed again at other prices or played again under another context policy."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from functools import cached_property

from rtnb.errors import ConfigError
from rtnb.pricing.bills.billing import cost
from rtnb.pricing.bills.cost import Cost
from rtnb.pricing.bills.ledger import Exchange, Ledger, Source, Transcribed
from rtnb.pricing.bills.recorded import (
    bill_of,
    counted,
    hit_rate_of,
    model_of,
    priced,
    steps_of,
    talks_of,
    without_cache,
)
from rtnb.pricing.bills.timed import is_timed, session_line
from rtnb.pricing.prices.choice import speech_models, undated
from rtnb.pricing.prices.rates import RateBook, Rates, as_date
from rtnb.tokens import Simulated, Step, TokenUsage, input_limit, simulate
from rtnb.tokens.context import Summarise, Truncation

__all__ = ["Played", "Replay"]


@dataclass(frozen=True, slots=True)
class Played:
    """What came of playing the talks: see :class:`rtnb.pricing.Variant`."""

    cost: Cost
    loss: float
    peak_context_tokens: int
    refused: int


class Replay:
    """Talks with the prices by which they are to be billed.

    Parameters
    ----------
    sources : iterable of Source
    on : datetime.date or str, optional
        The day whose prices hold; each response's own if not given.
    book : RateBook
    summary_keeps : float
        Part of what is summarised that the summary still says, 0 to 1.

    Raises
    ------
    ConfigError
        There is no recording or nothing to bill in it, or a value is out of range.
    """

    def __init__(
        self,
        sources: Iterable[Source | Iterable[Source]],
        *,
        on: date | str | None,
        book: RateBook,
        summary_keeps: float,
    ) -> None:
        if isinstance(summary_keeps, bool) or not isinstance(summary_keeps, int | float) or not 0 <= summary_keeps <= 1:
            raise ConfigError(f"summary_keeps is a share from 0 to 1, not {summary_keeps!r:.60}.")
        self._ledgers = talks_of(sources)
        self._book, self._keeps = book, summary_keeps
        self._day = None if on is None else as_date(on)
        self.recorded_on = self._ledgers[0].on
        self.on = self._day or self.recorded_on
        self.same_day = self._day is None or self._day == self.recorded_on
        if not any(self._billable(ledger) for ledger in self._ledgers):
            raise ConfigError("The server counted no token in these recordings, so there is nothing to bill.")

    @cached_property
    def model(self) -> str:
        """The model that answered; several, joined by ``" + "``; empty where none is named."""
        names = (model_of(ledger, one) for ledger in self._ledgers for one in ledger.exchanges or (None,))
        return " + ".join(dict.fromkeys(name for name in names if name))

    @cached_property
    def hit_rate(self) -> float:
        """How well the cache held in the talks, where nothing spoilt it."""
        rate = hit_rate_of(self._ledgers, unchanged_only=True)
        return 1.0 if rate is None else rate

    @cached_property
    def hit_rate_overall(self) -> float | None:
        """The same with what was changed in between, as the meter and the calibration tell it."""
        return hit_rate_of(self._ledgers)

    @cached_property
    def actual(self) -> Cost:
        """What was billed, on the days it was."""
        return _sum(self._bill(ledger, None, None) for ledger in self._ledgers)

    @cached_property
    def recorded(self) -> Played:
        """The context as it was. What was no longer in it is told by the simulation of the recorded policy."""
        peak = max((one.usage.input_tokens for each in self._ledgers for one in counted(each) if one.usage), default=0)
        return Played(self.actual, self.play(None, None, None, as_recorded=True).loss, peak, 0)

    @property
    def longest_tokens(self) -> int:
        """Tokens of the longest conversation, instructions and tools apart, had nothing been left out."""
        return max(sum(step.given.total + step.kept.total for step in steps_of(each)) for each in self._ledgers)

    def bill(self, model: str | None) -> Cost:
        """The recorded usage at the prices of another model, another day, or both.

        A model that is charged by the second of session is billed for as long as the talk was open.
        """
        return _sum(self._bill(ledger, model, self._day) for ledger in self._ledgers)

    def timed(self, model: str) -> bool:
        """Whether a model is charged by the second of session."""
        return is_timed(self._book.at(model, self.on))

    def cacheless(self, model: str) -> bool:
        """Whether a model had no price for cached tokens on the day, so that all of them are charged in full."""
        rates = self._book.at(model, self.on)
        probe = TokenUsage(input_text=1, cached_text=1, input_audio=1, cached_audio=1)
        return without_cache(probe, rates) != probe

    def other_models(self) -> tuple[str, ...]:
        """Models to talk to with a price on the day that are not the recorded one."""
        own = {undated(name) for name in self.model.split(" + ")} if self.same_day else set()
        return tuple(name for name in speech_models(self._book, self.on) if undated(name) not in own)

    def input_limit(self, model: str, on: date | None = None) -> int | None:
        """Tokens that a model takes as input; None where not known."""
        rates = self._book.at(model, on or self.on)
        if rates is None:
            return None
        return input_limit(rates.context_tokens, rates.max_output_tokens, max_input_tokens=rates.max_input_tokens)

    def play(
        self,
        truncation: Truncation | None,
        summarise: Summarise | None,
        model: str | None,
        *,
        as_recorded: bool = False,
    ) -> Played:
        """Simulate the talks under a policy; `truncation` None is each talk's own.

        Responses outside of the conversation and transcriptions are billed as they were. `as_recorded` keeps the
        recorded days.

        Raises
        ------
        ConfigError
            No response was counted, so there is nothing to simulate.
        """
        if not as_recorded and not any(counted(ledger) for ledger in self._ledgers):
            raise ConfigError("There is no answered response in these recordings, so no policy can be simulated.")
        costs, losses, peak, refused = [], [], 0, 0
        for ledger in self._ledgers:
            day = None if as_recorded else self._day
            answered = counted(ledger)
            name = model or (model_of(ledger, answered[0]) if answered else ledger.model)
            when = day or (answered[0].on if answered else ledger.on)
            steps = steps_of(ledger)
            played = simulate(
                steps,
                input_limit=self.input_limit(name, when),
                truncation=ledger.truncation if truncation is None else truncation,
                summarise=summarise,
                hit_rate=self.hit_rate,
            )
            if self._timed(ledger, model, day) is None:
                costs += [self._cost(answered, played, ledger, model, day), self._apart(ledger, model, day)]
            else:
                costs.append(self._bill(ledger, model, day))
            losses += [self._loss(step, now) for step, now in zip(steps, played, strict=True) if now.usage is not None]
            peak = max(peak, *(now.usage.input_tokens for now in played if now.usage is not None), 0)
            refused += sum(now.usage is None for now in played)
        return Played(_sum(costs), sum(losses) / len(losses) if losses else 0.0, peak, refused)

    def notes(self, *, simulated: bool) -> list[str]:
        """What was not, or not exactly, taken into account."""
        notes = []
        if lost := sum(one.usage is None for ledger in self._ledgers for one in ledger.exchanges):
            notes.append(
                f"{lost} response{' was' if lost == 1 else 's were'} not counted by the server, "
                "and not counted in any variant."
            )
        if simulated and any("item deleted" in one.edits for ledger in self._ledgers for one in ledger.exchanges):
            notes.append(
                "Items were deleted from the conversation; a simulation takes as many tokens from its newest items."
            )
        return notes

    def _billable(self, ledger: Ledger) -> bool:
        used = (one.usage for one in ledger.exchanges if one.usage is not None)
        # Counts that cannot be read are no sum, but they are to be told.
        if ledger.transcriptions or any(usage or usage.problems for usage in used):
            return True
        return ledger.duration_s > 0 and self._timed(ledger, None, None) is not None

    def _timed(self, ledger: Ledger, model: str | None, day: date | None) -> Rates | None:
        """The price, where it is one of the second of session."""
        name = model or model_of(ledger, next(iter(ledger.exchanges), None))
        rates = self._book.at(name, day or ledger.on)
        return rates if is_timed(rates) else None

    def _bill(self, ledger: Ledger, model: str | None, day: date | None) -> Cost:
        rates = self._timed(ledger, model, day)
        if rates is None:
            return _sum(bill for _, bill in bill_of(ledger, model=model, on=day, book=self._book))
        heard = (priced(ledger, one, model=model, on=day, book=self._book) for one in ledger.transcriptions)
        session = Cost(rates.model, day or ledger.on, (session_line(rates, ledger.duration_s),))
        return _sum([session, *(bill for bill in heard if bill is not None)])

    def _cost(
        self,
        answered: Sequence[Exchange],
        played: Sequence[Simulated],
        ledger: Ledger,
        model: str | None,
        day: date | None,
    ) -> Cost:
        """Every response by its own model and day where no other is asked for.

        Sound counts are added up before they are priced, which is the same; what contradicts itself is priced alone,
        so that no other response pays for it.
        """
        sound: dict[tuple[str, date], TokenUsage] = {}
        apart: list[tuple[tuple[str, date], TokenUsage]] = []
        for one, now in zip(answered, played, strict=True):
            key = (model or model_of(ledger, one), day or one.on)
            for usage in (now.usage, now.summary):
                if usage is None:
                    continue
                if model is not None or day is not None:
                    usage = without_cache(usage, self._book.at(*key))
                if usage.problems:
                    apart.append((key, usage))
                else:
                    sound[key] = sound.get(key, TokenUsage()) + usage
        return _sum(cost(usage, *key, prices=self._book) for key, usage in (*sound.items(), *apart))

    def _apart(self, ledger: Ledger, model: str | None, day: date | None) -> Cost:
        apart: list[Exchange | Transcribed] = [one for one in ledger.exchanges if not one.in_conversation]
        apart += ledger.transcriptions
        bills = (priced(ledger, one, model=model, on=day, book=self._book) for one in apart)
        return _sum(bill for bill in bills if bill is not None)

    def _loss(self, step: Step, now: Simulated) -> float:
        conversation = now.full.total - step.settings.total
        return (now.dropped + (1 - self._keeps) * now.condensed) / conversation if conversation else 0.0


def _sum(costs: Iterable[Cost]) -> Cost:
    return sum(costs, Cost())
