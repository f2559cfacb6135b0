"""Views of turns, kept together with what they were made of, and made again only where that has changed.

A finished turn may still change: the answer is cut while it sounds, transcription comes late, a function that runs in
the background returns. So nothing is declared final; what a view depends on is gathered anew each time, which costs
a fraction of the view. Audio is not kept: it lies in the log, and clips of it would be as large again.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from operator import attrgetter, is_
from typing import Any, Generic, TypeVar
from weakref import WeakKeyDictionary

from rtnb.pricing import Cost
from rtnb.pricing.bills.cost import merged
from rtnb.pricing.bills.ledger import Ledger
from rtnb.session.conversation.reducer import Conversation
from rtnb.session.conversation.state import FRAME_MS, CallState, ItemState, ResponseState, TurnState
from rtnb.session.views.shapes import TurnView
from rtnb.tokens import TokenUsage

__all__ = ["Bill", "Kept", "Totals", "kept_of", "made_of", "settled", "sum_of_costs", "sum_of_usages"]

T = TypeVar("T")

BLOCK = 64
"""So many parts are added up at once: of thousands of turns, few sums are made again when one has changed."""

_STATE = attrgetter("failure", "opened_s", "requested_s", "committed_s", "answer_expected")
_USER = attrgetter("transcript", "transcribed_s", "input_bytes", "input_format", "committed_s", "wire")
_ANSWER = attrgetter(
    "output_format", "bytes_per_ms", "heard_s", "cut_s", "truncate_sent_s", "truncated_s", "truncated_ms", "deleted"
)
_RESPONSE = attrgetter(
    *("id", "status", "reason", "error", "usage", "created_s", "done_s", "first_audio_s", "first_audio_ms"),
    *("last_audio_s", "first_text_s", "status_details", "trigger", "held", "model"),
)
_CALL = attrgetter(
    *("name", "arguments", "done_s", "output", "output_s", "started_s", "finished_s", "status", "error", "background")
)
_SPAN = attrgetter("audio_start_ms", "started_s", "audio_end_ms", "stopped_s", "prefix_ms", "silence_ms")


class Totals(Generic[T]):
    """The sum of parts that hardly ever change; sums of blocks of them are kept.

    Examples
    --------
    >>> totals = Totals(sum)
    >>> totals.of(list(range(1000))), totals.of([])
    (499500, None)
    """

    def __init__(self, add: Callable[[Sequence[T]], T]) -> None:
        self._add = add
        self._blocks: list[tuple[Sequence[T], T]] = []

    def of(self, parts: Sequence[T]) -> T | None:
        """Their sum; None of none."""
        if not parts:
            return None
        sums = []
        for number, first in enumerate(range(0, len(parts), BLOCK)):
            block = parts[first : first + BLOCK]
            if number >= len(self._blocks):
                self._blocks.append((block, self._add(block)))
            before = self._blocks[number][0]
            if len(before) != len(block) or not all(map(is_, before, block)):
                self._blocks[number] = (block, self._add(block))
            sums.append(self._blocks[number][1])
        del self._blocks[len(sums) :]
        return self._add(sums)


def sum_of_usages(usages: Sequence[TokenUsage]) -> TokenUsage:
    """Of one or more."""
    return sum(usages[1:], usages[0])


def sum_of_costs(costs: Sequence[Cost]) -> Cost:
    """Of one or more; what adding them one to the other gives, in one go.

    Examples
    --------
    >>> from rtnb.pricing import cost
    >>> bill = cost(TokenUsage(input_text=100), "gpt-realtime", "2026-01-31")
    >>> sum_of_costs([bill, bill, Cost()]) == bill + bill + Cost()
    True
    """
    found = [cost for cost in costs if cost != _NOTHING]
    if len(found) < 2:
        return sum(costs[1:], costs[0])
    names = dict.fromkeys(name for cost in found for name in cost.model.split(" + "))
    return Cost(
        model=" + ".join(name for name in names if name),
        on=found[0].on if all(cost.on == found[0].on for cost in found) else None,
        lines=merged(line for cost in found for line in cost.lines),
        problems=tuple(dict.fromkeys(problem for cost in costs for problem in cost.problems)),
    )


_NOTHING = Cost()


@dataclass(frozen=True, slots=True)
class Bill:
    """Tokens and cost of a turn, or of a response that belongs to none; None where nothing was billed."""

    usage: TokenUsage | None
    cost: Cost | None


@dataclass(slots=True)
class Kept:
    """What is kept of one conversation."""

    turns: dict[int, tuple[object, TurnView]] = field(default_factory=dict)
    """By index: what it was made of, and the view without its audio."""
    bills: dict[int | str, tuple[object, Bill]] = field(default_factory=dict)
    """By the index of the turn or the id of the response: what it was made of, and the bill."""
    ledger: tuple[object, Ledger] | None = None
    usages: Totals[TokenUsage] = field(default_factory=lambda: Totals(sum_of_usages))
    costs: Totals[Cost] = field(default_factory=lambda: Totals(sum_of_costs))


_KEPT: WeakKeyDictionary[Conversation, Kept] = WeakKeyDictionary()


def kept_of(talk: Conversation) -> Kept:
    """What is kept of a conversation, as long as there is one."""
    found = _KEPT.get(talk)
    if found is None:
        found = _KEPT.setdefault(talk, Kept())
    return found


def made_of(
    state: TurnState,
    users: Sequence[ItemState],
    responses: Sequence[ResponseState],
    answers: Sequence[ItemState],
    calls: Sequence[CallState],
    talk: Conversation,
) -> tuple[Any, ...]:
    """Everything in the state of a conversation that the view of a turn depends on, other turns' truncations apart.

    What is replaced as a whole is compared as it is; what is changed in place is copied.
    """
    start_s, reported, heard = talk.player.start_s, talk.player.reported, talk.transcription_usage.get
    return (
        _STATE(state),
        [(item.id, item.text, tuple(item.given), heard(item.id), _USER(item)) for item in users],
        [(*_RESPONSE(each), tuple(each.items), tuple(each.calls)) for each in responses],
        [
            (item.id, item.text, tuple(item.audio), start_s(item.id), reported(item.id), _ANSWER(item))
            for item in answers
        ],
        [_CALL(call) for call in calls],
        [_SPAN(span) for span in state.speech],
        _heard_of_the_clock(state, users, talk),
        _speech_since(responses, answers, talk),
        settled(state, answers, calls, talk),
    )


def _heard_of_the_clock(state: TurnState, users: Sequence[ItemState], talk: Conversation) -> tuple[int, int]:
    """How far input audio has come: what it says of a moment is final once some more was sent behind that."""
    rate = talk.clock.bytes_per_ms
    ends = [item.input_bytes[1] for item in users if item.input_bytes is not None]
    for span in state.speech:
        ends.append((max(span.audio_start_ms + span.prefix_ms, span.audio_end_ms or 0) + FRAME_MS) * rate)
    return rate, min(talk.clock.total_bytes, max(ends) + 1) if ends else 0


def _speech_since(responses: Sequence[ResponseState], answers: Sequence[ItemState], talk: Conversation) -> object:
    """How much speech there is that may have interrupted an answer; it cannot change once later speech has begun."""
    if not talk.speech or not responses:
        return None
    ends = [item.cut_s for item in answers if item.cut_s is not None]
    ends += [each.done_s for each in responses if each.reason == "turn_detected" and each.done_s is not None]
    if not ends:
        return None
    last = talk.speech[-1]
    return None if last.started_s > max(ends) else (len(talk.speech), _SPAN(last), talk.clock.total_bytes)


def settled(state: TurnState, answers: Sequence[ItemState], calls: Sequence[CallState], talk: Conversation) -> bool:
    """Whether a turn stays as it is: over, transcribed, played to its end, and nothing of it under way."""
    if not talk.over(state) or not talk.heard(state):
        return False
    if any(call.output is None or (call.started_s is not None and call.finished_s is None) for call in calls):
        return False
    sounding = [item for item in answers if item.audio]
    if not sounding:
        return True
    playing = talk.player.playing(now_s=talk.last_s)
    return all(item.id != playing and _at_rest(item, talk) for item in sounding)


def _at_rest(item: ItemState, talk: Conversation) -> bool:
    """Whether what does not sound now has sounded, or was cut and the server knows."""
    if item.heard_s is None:
        return talk.player.start_s(item.id) is not None
    return item.deleted or item.truncated_s is not None
