"""The ledger of a session: a fold over its recorded events, made when somebody asks for it.

What the server billed is believed first. The input of response k is what response k-1 was given, what of its
answer stayed, and what entered in between, so

    given_k = input_k - input_{k-1} - kept_{k-1}        (by modality)

wherever both were billed and nothing was edited or dropped in between (which shows in a difference below zero, or in
less than half of what the items must be). Everywhere else the tokens are estimated
from the items and the length of their audio, by the rules of :mod:`rtnb.tokens`.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from rtnb.errors import ConfigError
from rtnb.pricing.bills.ledger import Exchange, Ledger
from rtnb.session.billing.ledger_fold import Draft, LedgerFold, day_of
from rtnb.session.conversation.formats import transcription_model
from rtnb.session.conversation.reducer import Conversation
from rtnb.session.conversation.state import ItemState
from rtnb.session.record.log import EventLog
from rtnb.tokens import ASSISTANT_AUDIO_MS_PER_TOKEN, ITEM_OVERHEAD_TOKENS, ModalityCount, TokenUsage
from rtnb.tokens.context import Truncation

__all__ = ["Chain", "ledger_of_fold", "ledger_of_log"]


def ledger_of_log(log: EventLog, talk: Conversation, *, name: str = "", endpoint: str = "") -> Ledger:
    """The ledger of a session so far.

    Parameters
    ----------
    log : EventLog
        Everything sent and received.
    talk : Conversation
        The reducer's state after the last event of `log`.
    name, endpoint : str
        What the session goes by in tables, and what answered.

    Returns
    -------
    Ledger
        Events that are doubled, out of order, of unknown shape or missing never raise.

    Examples
    --------
    >>> from rtnb.session.record.log import EventLog
    >>> log, talk = EventLog(start_s=0, start_wall_s=1_795_000_000), Conversation()
    >>> for event in (
    ...     {"type": "session.created", "session": {"model": "gpt-realtime-2.1", "instructions": "Be brief."}},
    ...     {"type": "response.created", "response": {"id": "resp_1"}},
    ...     {"type": "response.done", "response": {"id": "resp_1", "usage": {
    ...         "total_tokens": 45, "input_tokens": 25, "output_tokens": 20,
    ...         "input_token_details": {"text_tokens": 5, "audio_tokens": 20},
    ...         "output_token_details": {"text_tokens": 5, "audio_tokens": 15}}}},
    ... ):
    ...     talk.apply(log.record(event, "received", now_s=0.0))
    >>> (exchange,) = ledger_of_log(log, talk).exchanges
    >>> exchange.model, str(exchange.on), exchange.settings.text, exchange.given
    ('gpt-realtime-2.1', '2026-11-18', 5, ModalityCount(text=0, audio=20, image=0))
    """
    fold = LedgerFold(talk)
    for event in log:
        fold.apply(event)
    turns = {response_id: turn.index for turn in talk.turns for response_id in turn.responses}
    chain = Chain()
    exchanges = tuple(chain.exchange(fold, draft, turns) for draft in fold.settled())
    return ledger_of_fold(fold, exchanges, log.start_wall_s, name=name, endpoint=endpoint)


def ledger_of_fold(
    fold: LedgerFold, exchanges: tuple[Exchange, ...], start_wall_s: float, *, name: str = "", endpoint: str = ""
) -> Ledger:
    """The ledger of what a fold has seen so far, with these exchanges."""
    entered = fold.trace.peek()
    return Ledger(
        name=name,
        endpoint=endpoint,
        model=fold.model,
        on=day_of(start_wall_s),
        exchanges=exchanges,
        transcriptions=tuple(fold.transcriptions.values()),
        duration_s=fold.talk.last_s,
        truncation=_truncation(fold.config.get("truncation")),
        max_output_tokens=_limit(fold.config),
        pending=fold.tokens(entered.items),
        settings=fold.settings(),
        transcription_model=transcription_model(fold.config),
        edits=(
            *fold.settings_edits(fold.config.get("instructions"), fold.config.get("tools")),
            *entered.edits,
        ),
        removed=entered.removed,
        start_wall_s=start_wall_s,
        output_modalities=fold.output_modalities,
    )


@dataclass(slots=True)
class Chain:
    """From one response to the next: what a response was given follows from the bill of the one before.

    A copy of it, taken between two responses, goes on from there as often as it is asked to.
    """

    billed: ModalityCount | None = field(default_factory=ModalityCount)
    """Input and kept answer of the response before; None where that was not billed."""
    first: bool = True

    def exchange(self, fold: LedgerFold, draft: Draft, turns: Mapping[str, int]) -> Exchange:
        """The next response; `turns` names the turn of each by its id."""
        state = draft.state
        usage = None if state.usage is None else TokenUsage.from_wire(state.usage)
        items = [item for item_id in state.items if (item := fold.talk.items.get(item_id)) is not None]
        made = _made(fold, items) if usage is None else ModalityCount(usage.output_text, usage.output_audio)
        kept, given, settings = ModalityCount(), fold.given(draft), draft.settings
        if state.in_conversation:
            kept = _kept(fold, draft, items, made)
            if usage is not None and usage.input_tokens > 0 and not draft.own_input:
                given_all = ModalityCount(usage.input_text, usage.input_audio, usage.input_image)
                if self.first:
                    self.billed = settings = ModalityCount(text=min(settings.text, given_all.text))
                billed = self.billed
                if billed is not None and not usage.input_other and not draft.edits and _covers(given_all, billed):
                    entered = given_all.less(billed)
                    given = entered if 2 * entered.total + _SLACK_TOKENS >= given.total else given
                # Behind tokens of no stated modality, what the next one was given cannot be told apart.
                self.billed = None if usage.input_other or usage.output_other else given_all + kept
            else:
                self.billed = None
            self.first = False
        audio_s = sum(fold.audio_ms(item) for item in items) / 1000
        return Exchange(
            response_id=state.id,
            turn=turns.get(state.id, -1),
            at_s=state.created_s if state.done_s is None else state.done_s,
            on=day_of(draft.wall_s),
            model=draft.model,
            status=state.status,
            usage=usage,
            settings=settings,
            given=given,
            made=made,
            kept=kept,
            edits=draft.edits,
            user_audio_s=sum(
                fold.audio_ms(item)
                for item_id in draft.items
                if (item := fold.talk.items.get(item_id)) is not None and item.role == "user"
            )
            / 1000,
            answer_audio_s=audio_s or made.audio * ASSISTANT_AUDIO_MS_PER_TOKEN / 1000,
            heard_s=fold.heard_s(items),
            in_conversation=state.in_conversation,
        )


_SLACK_TOKENS = 10
"""So short an item may be estimated at more than twice what it is."""


def _made(fold: LedgerFold, items: Iterable[ItemState]) -> ModalityCount:
    return sum((fold.count(item.id, None) for item in items), ModalityCount())


def _kept(fold: LedgerFold, draft: Draft, items: Sequence[ItemState], made: ModalityCount) -> ModalityCount:
    """What of an answer stays: all of it, less what was truncated with its transcript, or deleted."""
    if not draft.cut_ms:
        return made
    stays = [item for item in items if draft.cut_ms.get(item.id, 0) is not None]
    # Without what frames an item: it was not generated.
    frame = ModalityCount(text=ITEM_OVERHEAD_TOKENS)
    before = [fold.count(item.id, None).less(frame) for item in items]
    after = [fold.count(item.id, draft.cut_ms.get(item.id)).less(frame) for item in stays]
    return _share(made, sum(after, ModalityCount()), sum(before, ModalityCount()))


def _share(made: ModalityCount, after: ModalityCount, before: ModalityCount) -> ModalityCount:
    """`made` cut in the proportion of `after` to `before`, by modality."""

    def part(made: int, after: int, before: int) -> int:
        return min(made, after if before <= 0 else round(made * after / before))

    return ModalityCount(
        part(made.text, after.text, before.text),
        part(made.audio, after.audio, before.audio),
        part(made.image, after.image, before.image),
    )


def _covers(count: ModalityCount, other: ModalityCount) -> bool:
    return count.text >= other.text and count.audio >= other.audio and count.image >= other.image


def _truncation(wire: object) -> Truncation:
    try:
        return Truncation() if wire is None else Truncation.from_wire(wire)
    except ConfigError:
        return Truncation()


def _limit(config: Mapping[str, Any]) -> int | None:
    limit = config.get("max_output_tokens", config.get("max_response_output_tokens"))
    return limit if isinstance(limit, int) and not isinstance(limit, bool) else None
