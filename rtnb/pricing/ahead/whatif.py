"""What if: the same talk on another model, on another day, under another context policy."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import date

from rtnb.errors import ConfigError
from rtnb.pricing.ahead.policy import Policy, policies
from rtnb.pricing.ahead.replay import Replay
from rtnb.pricing.ahead.variants import Variant, WhatIf, as_loss, percent
from rtnb.pricing.bills.cost import Cost
from rtnb.pricing.bills.gaps import gaps
from rtnb.pricing.bills.ledger import Source
from rtnb.pricing.bills.timed import why_timed
from rtnb.pricing.prices.book import as_book
from rtnb.pricing.prices.own import OwnPrices
from rtnb.pricing.prices.rates import RateBook
from rtnb.tokens.context import Summarise, Truncation

__all__ = ["Policy", "Variant", "WhatIf", "cheapest", "policies", "reprice", "what_if"]


def reprice(
    *sources: Source | Iterable[Source],
    model: str | None = None,
    on: date | str | None = None,
    policy: Policy | Truncation | Summarise | None = None,
    prices: RateBook | OwnPrices | None = None,
    summary_keeps: float = 0.5,
) -> WhatIf:
    """The same talk at another price, or under another policy.

    Parameters
    ----------
    *sources : session, recording or ledger, or lists of them
        Several talks are added up.
    model : str, optional
        Another model. Alone, the recorded usage is billed at its price, to the token.
    on : datetime.date or str, optional
        Another day whose prices hold.
    policy : Policy, Truncation or Summarise, optional
        Another context policy; the talk is then simulated.
    prices : RateBook, str, pathlib.Path, mapping or list of mapping, optional
        Whose prices: a book, or what :func:`rtnb.pricing.book` takes; the default book if not given.
    summary_keeps : float
        Part of what is summarised that the summary still says, 0 to 1.

    Returns
    -------
    WhatIf
        With one variant.

    Raises
    ------
    ConfigError
        There is no recording or nothing to bill in it, or nothing to change.

    Examples
    --------
    >>> from datetime import date
    >>> from rtnb.pricing.bills.ledger import Exchange, Ledger
    >>> from rtnb.tokens import TokenUsage
    >>> one = Exchange(response_id="r", turn=0, at_s=5, on=date(2026, 1, 31), model="gpt-realtime",
    ...     usage=TokenUsage(input_audio=600, output_audio=1200))
    >>> found = reprice(Ledger(exchanges=(one,)), model="gpt-realtime-mini")
    >>> print(found.actual.cost, found.variants[0].cost)
    $0.0960 $0.0300
    """
    book = as_book(prices)
    _refuse_models(sources, book, "model={!r}")
    replay = Replay(sources, on=on, book=book, summary_keeps=summary_keeps)
    if model is None and on is None and policy is None:
        raise ConfigError("There is nothing to change; give model=, on= or policy=.")
    if policy is None:
        return _compared(replay, [_as_priced(replay, model)])
    return _compared(replay, [_as_played(replay, Policy.of(policy), model)])


def what_if(
    *sources: Source | Iterable[Source],
    models: Sequence[str] | None = None,
    on: date | str | None = None,
    policies: Sequence[Policy | Truncation | Summarise] | None = None,
    summary_keeps: float = 0.5,
    prices: RateBook | OwnPrices | None = None,
) -> WhatIf:
    """The same talk on each model and under each policy.

    Parameters
    ----------
    *sources : session, recording or ledger, or lists of them
        Several talks are added up.
    models : sequence of str, optional
        Models to price the recorded usage by; if not given, every other model to talk to with a price on that day,
        without snapshots that cost what their undated name does.
    on : datetime.date or str, optional
        The day whose prices hold; the recorded one if not given.
    policies : sequence of Policy, Truncation or Summarise, optional
        Context policies to simulate: on each of `models` where those are given, else on the recorded model.
    summary_keeps : float
        Part of what is summarised that the summary still says, 0 to 1: with 0.5, a conversation that stands in the
        context as a summary only counts as half lost.
    prices : RateBook, str, pathlib.Path, mapping or list of mapping, optional
        Whose prices: a book, or what :func:`rtnb.pricing.book` takes; the default book if not given.

    Returns
    -------
    WhatIf

    Raises
    ------
    ConfigError
        There is no recording or nothing to bill in it, or a value is out of range.

    Notes
    -----
    A model alone changes prices only: the tokens are the recorded ones, though another model would count and answer
    differently. A model that is charged by the second of session is billed for as long as the talk was open,
    whatever the policy. A policy is simulated from what entered the conversation and what was answered
    (:func:`rtnb.tokens.simulate`), with the recording's own cache hit rate; responses outside of the conversation
    and transcriptions cost what they did. The loss of a response is

        ``(dropped + (1 - summary_keeps) * condensed) / conversation so far``

    in tokens, instructions and tools apart, averaged over all responses that were not refused.

    Examples
    --------
    >>> from rtnb.pricing.bills.ledger import Exchange, Ledger
    >>> from rtnb.tokens import TokenUsage
    >>> one = Exchange(response_id="r", turn=0, at_s=5, on=date(2026, 1, 31), model="gpt-realtime",
    ...     usage=TokenUsage(input_audio=600, output_audio=1200))
    >>> for row in what_if(Ledger(on=one.on, exchanges=(one,)), models=["gpt-realtime-mini"]).records():
    ...     print(row["variant"], row["usd"])
    as recorded 0.096
    gpt-realtime-mini 0.03
    """
    book = as_book(prices)
    _refuse_models(sources, book, "models=[{!r}]")
    replay = Replay(sources, on=on, book=book, summary_keeps=summary_keeps)
    names = replay.other_models() if models is None else _names(models)
    variants = [_as_priced(replay, name) for name in names]
    for policy in policies or ():
        on_models: Sequence[str | None] = [None] if not models else names
        variants += [_as_played(replay, Policy.of(policy), name) for name in on_models]
    found = _compared(replay, variants)
    if models is None and not names:
        other = "other " if replay.same_day else ""
        told = f"No {other}speech-to-speech model has a price on {replay.on}, so there is none to compare with."
        found = replace(found, notes=(told, *found.notes))
    return found


def cheapest(
    *sources: Source | Iterable[Source],
    max_loss: float = 0.2,
    model: str | None = None,
    on: date | str | None = None,
    summary_keeps: float = 0.5,
    prices: RateBook | OwnPrices | None = None,
) -> WhatIf:
    """Many policies for one talk; ``.best`` of what comes back is the one to take.

    Parameters
    ----------
    *sources : session, recording or ledger, or lists of them
    max_loss : float
        Part of the conversation that may be lost, 0 to 1; ``.best``, ``.cheapest()`` and the notes keep to it.
    model : str, optional
        Simulate on this model instead of the recorded one.
    on : datetime.date or str, optional
        The day whose prices hold; the recorded one if not given.
    summary_keeps : float
        Part of what is summarised that the summary still says, 0 to 1.
    prices : RateBook, str, pathlib.Path, mapping or list of mapping, optional
        Whose prices: a book, or what :func:`rtnb.pricing.book` takes; the default book if not given.

    Returns
    -------
    WhatIf
        Variants of :func:`policies`, cheapest first.

    Raises
    ------
    ConfigError
        There is no recording or nothing to bill in it, or a value is out of range.

    Examples
    --------
    >>> from rtnb.pricing.bills.ledger import Exchange, Ledger
    >>> from rtnb.tokens import ModalityCount, TokenUsage
    >>> one = Exchange(response_id="r", turn=0, at_s=5, on=date(2026, 1, 31), model="gpt-realtime",
    ...     usage=TokenUsage(input_audio=600, output_audio=1200), given=ModalityCount(audio=600))
    >>> cheapest(Ledger(on=one.on, exchanges=(one,)), max_loss=0.1).best.loss
    0.0
    """
    max_loss, book = as_loss(max_loss), as_book(prices)
    _refuse_models(sources, book, "model={!r}")
    replay = Replay(sources, on=on, book=book, summary_keeps=summary_keeps)
    variants = [_as_played(replay, policy, model) for policy in policies(max(1, replay.longest_tokens))]
    found = _compared(replay, sorted(variants, key=lambda variant: (variant.cost.exact_usd, variant.loss)))
    try:
        best = found.cheapest(max_loss)
    except ConfigError as error:
        told = str(error)
    else:
        told = f"Cheapest with at most {percent(max_loss)} lost: {best.name}, {best.cost}, {percent(best.loss)} lost."
    return replace(found, notes=(told, *found.notes), max_loss=max_loss)


def _refuse_models(sources: Iterable[object], book: RateBook, meant: str) -> None:
    """A model where a talk belongs is a slip of its own: nobody wants to read a file of that name."""
    for source in sources:
        if isinstance(source, list | tuple):
            _refuse_models(source, book, meant)
        elif isinstance(source, str) and source in book.models():
            raise ConfigError(f"{source!r} is a model and no talk; write {meant.format(source)}.")


def _names(models: Sequence[str]) -> tuple[str, ...]:
    if isinstance(models, str) or not all(isinstance(name, str) for name in models):
        raise ConfigError(f"models is a list of names, such as ['gpt-realtime-mini'], not {models!r:.80}.")
    return tuple(models)


def _as_priced(replay: Replay, model: str | None) -> Variant:
    """The recorded usage at another price."""
    name = model or replay.model
    label = name if replay.same_day else f"{name} on {replay.on}"
    played = replay.recorded
    bill = replay.bill(model)
    return Variant(label, name, replay.on, None, bill, played.loss, played.peak_context_tokens, played.refused)


def _as_played(replay: Replay, policy: Policy, model: str | None) -> Variant:
    played = replay.play(policy.truncation, policy.summarise, model)
    name = model or replay.model
    label = f"{name}, {policy.name}" + ("" if replay.same_day else f", on {replay.on}")
    return Variant(label, name, replay.on, policy, played.cost, played.loss, played.peak_context_tokens, played.refused)


def _compared(replay: Replay, variants: Sequence[Variant]) -> WhatIf:
    own = replay.recorded
    actual = Variant(
        "as recorded", replay.model, replay.recorded_on, None, replay.actual, own.loss, own.peak_context_tokens, 0
    )
    simulated = None
    if any(variant.policy for variant in variants):
        played = replay.play(None, None, None, as_recorded=True)
        simulated = Variant(
            "as recorded, simulated",
            replay.model,
            replay.recorded_on,
            None,
            played.cost,
            played.loss,
            played.peak_context_tokens,
            played.refused,
        )
    return WhatIf(actual, tuple(variants), simulated, tuple(_notes(replay, actual, variants, simulated)))


def _notes(replay: Replay, actual: Variant, variants: Sequence[Variant], simulated: Variant | None) -> list[str]:
    notes = _unpriced(replay, actual, variants)
    timed = [name for name in dict.fromkeys(variant.model for variant in variants) if replay.timed(name)]
    if any(each.policy is None and each.model not in (actual.model, *timed) for each in variants):
        notes.append("Other models are billed for the recorded tokens; they would count and answer differently.")
    notes += [why_timed(name) for name in timed]
    if bare := [n for n in dict.fromkeys(v.model for v in variants) if n not in timed and replay.cacheless(n)]:
        notes.append(f"{', '.join(bare)} had no cache on {replay.on}: what came from it is charged in full.")
    for name in dict.fromkeys(variant.model for variant in variants if variant.policy is None):
        limit = replay.input_limit(name)
        if limit is not None and actual.peak_context_tokens > limit:
            notes.append(
                f"{name!r} takes {limit:,} tokens as input and up to {actual.peak_context_tokens:,} were given: "
                "it would have dropped the oldest turns."
            )
    if simulated is not None:
        billed = actual.cost.total_usd
        off = f" ({_signed(simulated.cost.total_usd / billed - 1)})" if billed else ""
        held, overall = percent(replay.hit_rate), replay.hit_rate_overall
        spoilt = (
            "" if overall is None or percent(overall) == held else f" ({percent(overall)} with what changes spoilt)"
        )
        notes.append(
            f"Policies are simulated, with a cache that holds {held} of what it could{spoilt}. Simulated "
            f"as it was recorded, the talk costs {simulated.cost}, and {actual.cost} was billed{off}."
        )
    return [*notes, *replay.notes(simulated=simulated is not None)]


def _unpriced(replay: Replay, actual: Variant, variants: Sequence[Variant]) -> list[str]:
    """What has no price, a sentence for each reason and the models that it is true of."""
    bills: dict[str, Cost] = {}
    for each in (actual, *variants):
        name = each.model or "as recorded"
        name = name if each is actual or replay.same_day else f"{name} on {each.on}"
        bills[name] = bills.get(name, Cost()) + each.cost
    found: dict[str, list[str]] = {}
    for name, bill in bills.items():
        for gap in gaps(bill):
            found.setdefault(gap, []).append(name)
    return [gap if len(names) == len(bills) > 1 else f"{', '.join(names)}: {gap}" for gap, names in found.items()]


def _signed(share: float) -> str:
    return f"{share * 100:+.1f} %".replace("-", "−")
