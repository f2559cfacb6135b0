"""A conversation played through a context policy, in tokens: what each response would be given, cached and lost."""

from __future__ import annotations

import itertools
import math
from collections import deque
from collections.abc import Iterable
from dataclasses import dataclass
from typing import TypeAlias

from rtnb.errors import ConfigError
from rtnb.tokens.cache import CACHE_GRAIN_TOKENS
from rtnb.tokens.context import Summarise, Truncation, conversation_limit, retained
from rtnb.tokens.counting import ModalityCount
from rtnb.tokens.usage import TokenUsage

__all__ = ["Simulated", "Step", "simulate"]

_NONE = ModalityCount()
_MODALITIES = ("text", "audio", "image")
_Shares: TypeAlias = tuple[float, float, float]
_WHOLE: _Shares = (1.0, 1.0, 1.0)
_GONE: _Shares = (0.0, 0.0, 0.0)


@dataclass(frozen=True, slots=True)
class Step:
    """One response of a conversation, as far as its context is concerned.

    Parameters
    ----------
    given : ModalityCount
        What entered the conversation since the response before, the answer to that one apart: the user's turn,
        outputs of tools.
    made : ModalityCount
        What the model generated. All of it is billed.
    kept : ModalityCount
        What of `made` goes back into the conversation: less where the answer was interrupted and truncated.
    settings : ModalityCount
        Instructions and tools in front of the conversation.
    settings_key : str
        Another key means other settings: nothing behind them is cached.
    removed : ModalityCount
        What the client deleted from the conversation before this response.
    intact : float or tuple of float
        Part of what the response before was given behind its settings, from the front on, that is still the same, 0
        to 1; less than 1 where items were deleted, inserted or changed. One share for all, or those of text, audio
        and images: who deletes what was said deletes none of what was typed.

    Raises
    ------
    ConfigError
        `intact` is no such share.

    Examples
    --------
    >>> Step(given=ModalityCount(audio=90), made=ModalityCount(text=20, audio=100), kept=ModalityCount(20, 100)).intact
    1.0
    """

    given: ModalityCount
    made: ModalityCount
    kept: ModalityCount
    settings: ModalityCount = _NONE
    settings_key: str = ""
    removed: ModalityCount = _NONE
    intact: float | tuple[float, float, float] = 1.0

    def __post_init__(self) -> None:
        shares = self.intact if isinstance(self.intact, tuple) else (self.intact,)
        if len(shares) not in (1, 3) or not all(isinstance(one, int | float) and 0 <= one <= 1 for one in shares):
            raise ConfigError(
                f"intact is a share from 0 to 1, or three of text, audio, image, not {self.intact!r:.60}."
            )


@dataclass(frozen=True, slots=True)
class Simulated:
    """What one response would use.

    Parameters
    ----------
    usage : TokenUsage or None
        None where the response is refused, because the conversation does not fit and truncation is disabled.
    full : ModalityCount
        The whole conversation so far with its settings, had nothing ever been left out but what the client deleted.
    dropped : int
        Tokens of `full` that truncation has left out.
    condensed : int
        Tokens of `full` that stand in the context only as part of a summary.
    summary : TokenUsage or None
        What making a summary before this response used; None where none was made.
    """

    usage: TokenUsage | None
    full: ModalityCount
    dropped: int = 0
    condensed: int = 0
    summary: TokenUsage | None = None


def simulate(
    steps: Iterable[Step],
    *,
    input_limit: int | None = None,
    truncation: Truncation = Truncation(),  # noqa: B008
    summarise: Summarise | None = None,
    grain: int = CACHE_GRAIN_TOKENS,
    hit_rate: float = 1.0,
) -> list[Simulated]:
    """Play `steps` through a policy.

    Parameters
    ----------
    steps : iterable of Step
        The responses, oldest first.
    input_limit : int or None
        Tokens that the model takes as input, :func:`rtnb.tokens.input_limit`; None for any number.
    truncation : Truncation
        What the server does when the conversation does not fit.
    summarise : Summarise or None
        What the client does before that; None for nothing.
    grain : int
        Tokens a step of the cache.
    hit_rate : float
        Part of what a perfect cache would hold that really comes from it, 0 to 1.

    Returns
    -------
    list of Simulated
        One for each step.

    Raises
    ------
    ConfigError
        `hit_rate` or `grain` is out of range.

    Notes
    -----
    Response k is given the settings, then the conversation: ``given_1, kept_1, ..., given_k``. Of these the cache
    can hold what response k - 1 was given too, from the front on (:func:`rtnb.tokens.cached_prefix`), so the answer
    before and the new input are charged in full once. Where something at the front went, or was summarised, only
    the settings remain in common; where the client changed something, the settings and `intact` of the rest, but
    no more than is given now. With n the common tokens of a modality,
    ``cached = floor(floor(n / grain) * grain * hit_rate)``.

    Tokens that the client deleted are taken from the newest items; which items they were is not told by a step.

    Before a response whose conversation has more than ``above_tokens``, all exchanges but the last ``keep_turns``
    become one text item, if that takes out a third of ``above_tokens`` at least (:meth:`rtnb.Summarise.due`). Making
    it is billed as a response outside of the conversation that is given the context as it stands, and answers with
    the summary.

    A refused response is not billed and makes nothing, but what was given stays in the conversation.

    Examples
    --------
    >>> turn = Step(ModalityCount(audio=100), ModalityCount(audio=200), ModalityCount(audio=200))
    >>> [step.usage.cached_audio for step in simulate([turn] * 3)]
    [0, 64, 384]
    >>> [step.usage.input_audio for step in simulate([turn] * 4, input_limit=500)]
    [100, 400, 400, 400]
    """
    if not 0 <= hit_rate <= 1:
        raise ConfigError(f"hit_rate is a number from 0 to 1, not {hit_rate!r:.60}.")
    if isinstance(grain, bool) or not isinstance(grain, int) or grain < 1:
        raise ConfigError(f"grain is a whole number of tokens from 1 up, not {grain!r:.60}.")
    window = _Window(input_limit, truncation, grain, hit_rate)
    return [window.respond(step, summarise) for step in steps]


class _Sum:
    """Tokens by modality that are added to and taken from, without an object for each."""

    __slots__ = ("audio", "image", "text")

    def __init__(self) -> None:
        self.text = self.audio = self.image = 0

    def add(self, count: ModalityCount, times: int = 1) -> None:
        self.text += times * count.text
        self.audio += times * count.audio
        self.image += times * count.image

    @property
    def total(self) -> int:
        return self.text + self.audio + self.image

    def with_(self, other: ModalityCount) -> ModalityCount:
        return ModalityCount(self.text + other.text, self.audio + other.audio, self.image + other.image)


@dataclass(slots=True)
class _Unit:
    """What is dropped at once: one side of an exchange, or a summary."""

    count: ModalityCount
    stands_for: int
    exchange: int  # -1 for a summary


class _Window:
    """The conversation as a server holds it, with running sums, so that a step costs what it changes."""

    def __init__(self, input_limit: int | None, truncation: Truncation, grain: int, hit_rate: float) -> None:
        self._input_limit, self._truncation = input_limit, truncation
        self._grain, self._hit_rate = grain, hit_rate
        self._units: deque[_Unit] = deque()
        self._held, self._full = _Sum(), _Sum()
        self._dropped = self._condensed = self._exchange = 0
        # What the last response was given: its settings, its whole input, and whether it still is the beginning.
        self._sent_settings: tuple[str, ModalityCount] | None = None
        self._sent = _NONE
        self._intact = _GONE

    def respond(self, step: Step, summarise: Summarise | None) -> Simulated:
        if step.removed.total:
            self._delete(step.removed)
        self._take(step.given)
        full = self._full.with_(step.settings)
        if step.intact != 1.0:
            self._intact = _left(self._intact, step.intact)
        summary = self._summarise(step, summarise) if summarise else None
        usage = None
        if self._make_room(step.settings.total):
            usage = self._use(step, step.made)
            self._take(step.kept)
        self._exchange += 1
        return Simulated(usage, full, self._dropped, self._condensed, summary)

    def _take(self, count: ModalityCount) -> None:
        if total := count.total:
            self._units.append(_Unit(count, total, self._exchange))
            self._held.add(count)
            self._full.add(count)

    def _delete(self, removed: ModalityCount) -> None:
        """From the newest units; what is not among them had been dropped, or stands in a summary."""
        rest = {name: getattr(removed, name) for name in _MODALITIES}
        for unit in reversed(self._units):
            if unit.exchange < 0 or not any(rest.values()):
                break
            taken = {name: min(rest[name], getattr(unit.count, name)) for name in _MODALITIES}
            gone = ModalityCount(**taken)
            unit.count = ModalityCount(**{name: getattr(unit.count, name) - taken[name] for name in _MODALITIES})
            unit.stands_for -= gone.total
            self._held.add(gone, -1)
            self._full.add(gone, -1)
            rest = {name: rest[name] - taken[name] for name in _MODALITIES}

    def _use(self, step: Step, made: ModalityCount) -> TokenUsage:
        """The context as it stands is sent, and is what the next one is compared with."""
        settings = (step.settings_key, step.settings)
        given, common = self._held.with_(step.settings), _NONE
        if self._sent_settings == settings:
            common = _common(self._sent, given, step.settings, self._intact)
        self._sent_settings, self._sent, self._intact = settings, given, _WHOLE
        cached = ModalityCount(*(self._cached(n) for n in (common.text, common.audio, common.image)))
        return TokenUsage.of(given, cached=cached, made=made)

    def _cached(self, tokens: int) -> int:
        return math.floor(tokens // self._grain * self._grain * self._hit_rate)

    def _make_room(self, settings_tokens: int) -> bool:
        """Whether there is an answer; as in :func:`rtnb.tokens.fit`, with running sums."""
        limit = conversation_limit(settings_tokens, self._input_limit, self._truncation)
        if limit is None or self._held.total <= limit:
            return True
        if self._truncation.kind == "disabled":
            return False
        target = retained(limit, self._truncation)
        while self._held.total > target and len(self._units) > 1:
            unit = self._pop()
            self._dropped += unit.stands_for
        return True

    def _pop(self) -> _Unit:
        unit = self._units.popleft()
        self._held.add(unit.count, -1)
        self._intact = _GONE
        if unit.exchange < 0:
            self._condensed -= unit.stands_for
        return unit

    def _summarise(self, step: Step, policy: Summarise) -> TokenUsage | None:
        if (held := self._held.total) <= policy.above_tokens:
            return None
        first_kept = self._exchange - policy.keep_turns
        # The call that makes the summary must fit, too.
        if not self._make_room(step.settings.total) or not self._is_old(first_kept):
            return None
        if not policy.due(held, self._tokens_before(first_kept)):
            return None
        summary = ModalityCount(text=policy.summary_tokens)
        usage = self._use(step, summary)
        stands_for = 0
        while self._units and self._units[0].exchange < first_kept:
            stands_for += self._pop().stands_for
        self._condensed += stands_for
        self._units.appendleft(_Unit(summary, stands_for, -1))
        self._held.add(summary)
        return usage

    def _tokens_before(self, first_kept: int) -> int:
        old = itertools.takewhile(lambda unit: unit.exchange < first_kept, self._units)
        return sum(unit.count.total for unit in old)

    def _is_old(self, first_kept: int) -> bool:
        """Whether there is an exchange to summarise; behind a summary stands the oldest."""
        oldest = [self._units[i].exchange for i in range(min(2, len(self._units)))]
        return any(0 <= exchange < first_kept for exchange in oldest)


def _left(shares: _Shares, intact: float | _Shares) -> _Shares:
    """What is left of shares when a part of them went."""
    text, audio, image = intact if isinstance(intact, tuple) else (intact,) * 3
    return shares[0] * text, shares[1] * audio, shares[2] * image


def _common(sent: ModalityCount, given: ModalityCount, settings: ModalityCount, shares: _Shares) -> ModalityCount:
    """The settings and what is left of what was sent behind them: no more of a modality than is given now."""
    if shares is _WHOLE:
        kept = (sent.text, sent.audio, sent.image)
    else:
        text, audio, image = shares
        kept = (
            settings.text + math.floor(text * (sent.text - settings.text)),
            settings.audio + math.floor(audio * (sent.audio - settings.audio)),
            settings.image + math.floor(image * (sent.image - settings.image)),
        )
    return ModalityCount(min(kept[0], given.text), min(kept[1], given.audio), min(kept[2], given.image))
