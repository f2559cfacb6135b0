"""The bill of a session as it runs: what was spent, and what the next response depends on, at a cost per event.

The whole ledger grows with the session. What the next response takes at least follows from the last response that was
billed and what came after it, and, where the context no longer fits, from the largest piece that entered before. So
responses before the last billed one are forgotten but for these sums.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from decimal import Decimal

from rtnb.pricing.bills.billing import cost, transcription_cost
from rtnb.pricing.bills.cost import Cost
from rtnb.pricing.bills.ledger import Exchange, Ledger
from rtnb.pricing.bills.misses import input_of
from rtnb.protocol.envelope import Event
from rtnb.session.billing.ledger import Chain, ledger_of_fold
from rtnb.session.billing.ledger_fold import LedgerFold, day_of
from rtnb.session.conversation.reading import at, string
from rtnb.session.conversation.reducer import Conversation
from rtnb.tokens import ModalityCount, TokenUsage

__all__ = ["BULK", "RunningLedger"]

BULK = frozenset(("input_audio_buffer.append", "response.output_audio.delta", "response.output_audio_transcript.delta"))
"""Nearly all events of a session, and nothing that a bill depends on."""

TRANSCRIBED = "conversation.item.input_audio_transcription.completed"


class RunningLedger:
    """What the whole ledger of a session says of money and of the next response, kept up to date.

    Parameters
    ----------
    talk : Conversation
        The reducer's state, which has been through every event that is applied here.
    start_wall_s : float
        When the session began, as Unix time in seconds.

    Examples
    --------
    >>> from rtnb.session.record.log import EventLog
    >>> log, talk = EventLog(start_s=0, start_wall_s=1_795_000_000), Conversation()
    >>> running = RunningLedger(talk, log.start_wall_s)
    >>> for body in (
    ...     {"type": "session.created", "session": {"model": "gpt-realtime"}},
    ...     {"type": "response.created", "response": {"id": "resp_1"}},
    ...     {"type": "response.done", "response": {"id": "resp_1", "usage": {
    ...         "total_tokens": 30, "input_tokens": 20, "output_tokens": 10,
    ...         "input_token_details": {"text_tokens": 20}, "output_token_details": {"text_tokens": 10}}}},
    ... ):
    ...     talk.apply(event := log.record(body, "received", now_s=0.0))
    ...     _ = running.apply([event])
    >>> running.spent_usd, running.spent_tokens, len(running.recent().exchanges)
    (Decimal('0.00024'), 30, 1)
    """

    def __init__(self, talk: Conversation, start_wall_s: float) -> None:
        self._fold = LedgerFold(talk)
        self._start_wall_s = start_wall_s
        self._bills: dict[str, tuple[Cost, int]] = {}
        self._unpriced: dict[str, None] = {}
        self.spent_usd = Decimal(0)
        """Exact, without what has no price."""
        self.spent_tokens = 0
        self._base = 0
        """Place of the last billed response of the conversation: those before it are not looked at again."""
        self._chain = Chain()
        """As it is in front of that response."""
        self._largest = ModalityCount()
        """The largest piece that entered the conversation before it."""

    @property
    def unpriced(self) -> tuple[str, ...]:
        """What was billed and has no price, each with the reason, once."""
        return tuple(self._unpriced)

    def apply(self, events: Iterable[Event]) -> bool:
        """Take in the next events, in order; says whether there was anything among them that a bill depends on."""
        changed = False
        for event in events:
            if event.type in BULK or event.direction == "local":
                continue
            changed = True
            self._fold.apply(event)
            if event.direction == "received":
                if event.type == "response.done":
                    self._response(string(at(event.body, "response", "id")))
                elif event.type == TRANSCRIBED:
                    self._transcription(string(event.body.get("item_id")))
        return changed

    def recent(self) -> Ledger:
        """The ledger without the responses before the last billed one.

        :func:`rtnb.pricing.next_response` says `at_least` of it what it says of the whole.
        """
        chain, found = replace(self._chain), list[Exchange]()
        before: list[Chain] = []
        for draft in self._fold.settled(self._base):
            before.append(replace(chain))
            found.append(chain.exchange(self._fold, draft, {}))
        billed = [place for place, exchange in enumerate(found) if _billed(exchange)]
        if billed and billed[-1] > 0:
            last = billed[-1]
            for exchange in found[:last]:
                if exchange.in_conversation:
                    self._largest = max(self._largest, exchange.given, exchange.kept, key=lambda each: each.total)
            self._base, self._chain = self._base + last, before[last]
            found = found[last:]
        if found and self._largest.total:
            found.insert(0, _stand_in(found[0], self._largest))
        return ledger_of_fold(self._fold, tuple(found), self._start_wall_s)

    def _response(self, response_id: str) -> None:
        draft = self._fold.drafts.get(response_id)
        if draft is None or draft.state.usage is None or response_id in self._bills:
            return
        usage = TokenUsage.from_wire(draft.state.usage)
        self._count(response_id, cost(usage, draft.model, day_of(draft.wall_s)), usage.total_tokens)

    def _transcription(self, item_id: str) -> None:
        heard = self._fold.transcriptions.get(item_id)
        if heard is not None:
            tokens = heard.usage.get("total_tokens")
            counted = tokens if isinstance(tokens, int) and not isinstance(tokens, bool) else 0
            self._count(f"heard {item_id}", transcription_cost(heard.usage, heard.model, heard.on), counted)

    def _count(self, key: str, bill: Cost, tokens: int) -> None:
        before, before_tokens = self._bills.get(key, (Cost(), 0))
        self._bills[key] = bill, tokens
        self.spent_usd += bill.exact_usd - before.exact_usd
        self.spent_tokens += tokens - before_tokens
        if before.unpriced:
            self._unpriced = dict.fromkeys(reason for each, _ in self._bills.values() for reason in each.unpriced)
        self._unpriced |= dict.fromkeys(bill.unpriced)


def _billed(exchange: Exchange) -> bool:
    """Whether what its bill says of the context leaves nothing to be asked of the responses before."""
    usage = exchange.usage
    if usage is None or not exchange.in_conversation or usage.input_tokens <= 0:
        return False
    return input_of(exchange).total + usage.input_other > 0


def _stand_in(exchange: Exchange, largest: ModalityCount) -> Exchange:
    """A response that was never billed, for all of those that are forgotten."""
    return Exchange(response_id="", turn=-1, at_s=0.0, on=exchange.on, model=exchange.model, given=largest)
