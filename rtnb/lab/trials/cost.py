"""What a trial will cost, before it starts."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from rtnb._display import counted
from rtnb.errors import BudgetError, ConfigError
from rtnb.pricing import at, project, transcription_cost, why_unpriced
from rtnb.pricing.bills.cost import Cost
from rtnb.pricing.bills.timed import is_timed, session_line
from rtnb.session.wire.endpoint import OPENAI_URL, Endpoint

__all__ = ["TrialCost", "check_budget", "trial_cost"]

ANSWER_S = 7.0
"""Seconds of an answer: 70 % talk, half of it the assistant's, in three turns a minute, as the defaults of
:class:`rtnb.pricing.Assumptions` have it."""

FREE = "neither responses nor transcriptions are asked for, and input audio that no response is given is not billed"
"""Every response is billed for the conversation that it is given; audio alone has no price of its own
(vendor's guide to managing costs, read 2026-11-21)."""


@dataclass(frozen=True, slots=True)
class TrialCost:
    """An estimate of the bill.

    Attributes
    ----------
    usd, most_usd : float or None
        With a cache that works, and without any; None where the model has no price.
    text : str
        In words, with minutes, sessions, and the day whose prices hold.
    """

    usd: float | None
    most_usd: float | None
    text: str


def trial_cost(
    endpoint: Endpoint,
    model: str,
    *,
    clip_s: float,
    tail_s: float,
    sessions: int,
    responses: bool,
    turns: int,
    speech_s: float,
    transcription: str | None = None,
    on: date | None = None,
) -> TrialCost | None:
    """What the sessions of a trial will cost; None on this machine, where nobody charges, unless it stands for
    ``"openai"``.

    Parameters
    ----------
    endpoint : Endpoint
    model : str
    clip_s, tail_s : float
        Seconds that are streamed to each session: the clip, and silence behind it.
    sessions : int
    responses : bool
    turns : int
        Turns that are expected in the clip, each with an answer.
    speech_s : float
        Seconds of speech in it.
    transcription : str, optional
        The transcription model, if one is asked for.
    on : datetime.date, optional
        Today if not given.

    Examples
    --------
    >>> from datetime import date
    >>> from rtnb.session.wire.endpoint import url_endpoint
    >>> told = trial_cost(url_endpoint("wss://example.org"), "gpt-realtime", clip_s=60, tail_s=2, sessions=3,
    ...     responses=True, turns=4, speech_s=30, on=date(2026, 11, 21))
    >>> 0 < told.usd < told.most_usd
    True
    >>> trial_cost(url_endpoint("ws://127.0.0.1:8765"), "gpt-realtime", clip_s=60, tail_s=2, sessions=3,
    ...     responses=True, turns=4, speech_s=30) is None
    True
    """
    if endpoint.loopback and not endpoint.paid:
        return None
    day = date.today() if on is None else on
    minutes = sessions * (clip_s + tail_s) / 60
    much = f"{counted(sessions, 'session')} of {clip_s + tail_s:.0f} s, {minutes:.1f} minutes of audio in all"
    whose = "" if endpoint.url.startswith(OPENAI_URL) else "; another provider may charge otherwise"
    if endpoint.loopback:
        whose = f"; if {endpoint.label} passes it on to the paid API, as a gateway does"
    rates = at(model, day)
    if is_timed(rates):
        assert rates is not None
        usd = Cost(model, day, (session_line(rates, sessions * (clip_s + tail_s)),)).total_usd
        return TrialCost(
            usd,
            usd,
            f"{much}: about ${usd:.4f}, as {model} is charged by the time that a session is open ({day}{whose}).",
        )
    if not responses and transcription is None:
        return TrialCost(0.0, 0.0, f"{much}: $0, as {FREE} ({day}{whose}).")
    if rates is None:
        return TrialCost(None, None, f"{much}: not known. {why_unpriced(model, day)}")
    usd, most = _talks(model, day, clip_s, responses, turns, speech_s, transcription)
    usd, most = usd * sessions, most * sessions
    what = f"{counted(turns, 'turn')} a session, each answered" if responses else f"transcription by {transcription}"
    return TrialCost(
        usd, most, f"{much}; {what}: about ${usd:.4f}, at most about ${most:.4f} (prices of {day} for {model}{whose})."
    )


def _talks(
    model: str, day: date, clip_s: float, responses: bool, turns: int, speech_s: float, transcription: str | None
) -> tuple[float, float]:
    """One session's bill, with a cache that works and without any."""
    if not responses:
        assert transcription is not None
        usage = {"type": "duration", "seconds": max(1, round(clip_s))}
        line = transcription_cost(usage, transcription, day)
        return line.total_usd, line.total_usd
    turns = max(1, turns)
    speech_s = max(1.0, min(speech_s, clip_s))
    # Answers take their own time: they are heard after the turns.
    minutes = (clip_s + turns * ANSWER_S) / 60
    talk_s = speech_s + turns * ANSWER_S
    projection = project(
        minutes,
        model,
        on=day,
        turns_per_minute=turns / minutes,
        talk_share=min(1.0, talk_s / (60 * minutes)),
        user_share=speech_s / talk_s,
        transcription=transcription,
    )
    return projection.total_usd, max(projection.total_usd, projection.curve[-1].high_usd if projection.curve else 0.0)


def check_budget(cost: TrialCost | None, budget_usd: float | None) -> None:
    """Refuse a trial that may exceed its budget.

    Raises
    ------
    BudgetError
        It may, or nobody knows.
    ConfigError
        The budget is none.
    """
    if budget_usd is None:
        return
    if isinstance(budget_usd, bool) or not isinstance(budget_usd, int | float) or not 0 <= budget_usd < float("inf"):
        raise ConfigError(f"budget_usd is a number from 0 up, or None for no limit, not {budget_usd!r:.60}.")
    if cost is None:
        return
    if cost.most_usd is None or cost.most_usd > budget_usd:
        raise BudgetError(
            f"The trial was not started, as it may exceed its budget of ${budget_usd:g}: {cost.text}\n"
            "Try fewer settings, a shorter clip or responses=False, or raise budget_usd."
        )
