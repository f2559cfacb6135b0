"""The budget: a warning at four fifths of a limit, and a refusal to start what would exceed it.

What counts is what the server billed, of every response (turns, follow-ups of tools, out-of-band ones) and every
transcription. What the next response takes at least is the context that is sent again with it, from the cache where
it can be, and what is new: so a refusal is never a guess, and an answer may still end a little over the limit.
"""

from __future__ import annotations

import asyncio
import math
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from rtnb.errors import ApiError, BudgetError, ConfigError, SessionError
from rtnb.pricing.ahead.budget import TEXT_ERROR, next_response
from rtnb.pricing.bills.billing import cost
from rtnb.pricing.bills.cost import Cost
from rtnb.pricing.bills.ledger import Ledger
from rtnb.pricing.prices.book import as_book
from rtnb.protocol.envelope import Event
from rtnb.session.billing.running import BULK, RunningLedger
from rtnb.session.conversation.formats import transcription_model
from rtnb.session.views.budget import BudgetView, LimitView
from rtnb.tokens import ITEM_OVERHEAD_TOKENS, TokenUsage, count_text, user_audio_tokens

if TYPE_CHECKING:
    from rtnb.session.core import Core

__all__ = ["Budget"]

CHANGES = (
    *("response.done", "session.updated", "conversation.item.deleted", "conversation.item.truncated"),
    "rtnb.handover",
)
"""After these the next response may be too much, or not any more."""


class Budget:
    """Keeps a session within its limits; lives on the session's loop.

    Parameters
    ----------
    core : Core
        Its ``behaviour`` has the limits.
    """

    def __init__(self, core: Core) -> None:
        self._core = core
        given = core.behaviour
        self._limits: dict[str, float | None] = {
            "budget_usd": given.budget_usd,
            "budget_tokens": given.budget_tokens,
            "max_minutes": given.max_minutes,
        }
        self._running: RunningLedger | None = None
        self._seen = 0
        self._recent: Ledger | None = None
        self._warned: set[str] = set()
        self._silenced: Mapping[str, Any] | None = None
        self._told = False
        self._refused_update = False
        self._guarding = asyncio.Lock()
        self._clock: asyncio.Task[None] | None = None
        self._listening = False
        self._listen()

    # What the session asks

    def check_priced(self) -> None:
        """See that a budget in money can be kept at all.

        Raises
        ------
        ConfigError
            The model has no price.
        """
        if self._limits["budget_usd"] is None:
            return
        core = self._core
        model = str(core.talk.config.get("model") or core.model or transcription_model(core.requested))
        book, day = as_book(None), datetime.now(UTC).date()
        if book.at(model, day) is None:
            raise ConfigError(
                f"budget_usd cannot be kept: {book.why_unpriced(model, day)}\n"
                "Use budget_tokens=... or max_minutes=..., which need no price."
            )

    def check(
        self,
        new_text: str = "",
        new_audio_s: float = 0.0,
        max_output_tokens: int | None = None,
        *,
        own_input: bool = False,
    ) -> None:
        """Let a response begin, or refuse it.

        Parameters
        ----------
        new_text : str
            What is said first.
        new_audio_s : float
            Seconds of audio that are given first.
        max_output_tokens : int, optional
            The limit of this answer. A long answer is no reason to refuse: how long it will be is not known.
        own_input : bool
            Whether the response is given items of its own in place of the conversation.

        Raises
        ------
        BudgetError
            It would exceed a limit.
        """
        if not self.limited:
            return
        view = self.view(new_text=new_text, new_audio_s=new_audio_s, own_input=own_input)
        self._warn(view)
        if (limit := view.exceeded) is not None:
            self._core.note("budget", level="refused", text=_refusal(limit))
            raise BudgetError(
                _refusal(limit),
                limit=limit.name,
                spent=limit.spent,
                next_at_least=limit.next_at_least,
                allowed=limit.allowed,
            )

    def raise_(self, *, usd: float | None = None, tokens: int | None = None, minutes: float | None = None) -> None:
        """Raise limits, counted from the beginning of the session; those not named stay, and new ones may begin.

        Raises
        ------
        ConfigError
            A limit is no number above 0 or not above the one in effect, or money cannot be counted because the model
            has no price.
        """
        new = {"budget_usd": usd, "budget_tokens": tokens, "max_minutes": minutes}
        for name, limit in new.items():
            if limit is not None and (
                isinstance(limit, bool) or not isinstance(limit, int | float) or not 0 < limit < math.inf
            ):
                raise ConfigError(f"{name} is a number above 0, not {limit!r:.60}.")
            now = self._limits[name]
            if limit is not None and now is not None and limit <= now:
                raise ConfigError(f"{name} is {now:,} now; raise_budget only raises it, and {limit:,} is not above.")
        before = dict(self._limits)
        self._limits |= {name: limit for name, limit in new.items() if limit is not None}
        try:
            self.check_priced()
        except ConfigError:
            self._limits = before
            raise
        self._warned -= {name for name, limit in new.items() if limit is not None}
        self._told = self._refused_update = False
        self._listen()
        if self._core.opened and not self._core.over:
            self._start_clock()
            self._core.keep(self.guard())

    @property
    def limited(self) -> bool:
        """Whether there is any limit."""
        return any(limit is not None for limit in self._limits.values())

    def __repr__(self) -> str:
        return f"<Budget: {self.status() or 'no limit'}>"

    def status(self) -> str:
        """How much of each limit is spent, in one line; empty without limits."""
        return self.view().text

    def view(self, *, new_text: str = "", new_audio_s: float = 0.0, own_input: bool = False) -> BudgetView:
        """Where the session stands, and what a response with this input would take at least."""
        if not self.limited or not self._core.opened:
            return BudgetView()
        return BudgetView(
            tuple(self._standing(new_text, new_audio_s, own_input)), self._silenced is not None, self._uncounted()
        )

    # Turn detection, which asks nobody

    async def guard(self) -> None:
        """Keep turn detection from creating responses while one more would be too much; and let it again."""
        core = self._core
        async with self._guarding:
            if core.over or core.intent == "transcription" or core.status not in ("new", "open"):
                return
            view = self.view()
            self._warn(view)
            detection = core.talk.input_settings().get("turn_detection")
            if not isinstance(detection, Mapping):
                return
            creates = detection.get("create_response", True) is not False
            limit = view.exceeded
            if limit is not None and creates and not self._refused_update:
                self._silenced = dict(detection)
                quiet = {**detection, "create_response": False}
                if detection.get("idle_timeout_ms") is not None:
                    quiet["idle_timeout_ms"] = None
                if await self._detect(quiet) and not self._told:
                    self._told = True
                    text = f"Budget: turn detection answers no more until the limit is raised. {_refusal(limit)}"
                    core.note("budget", level="stopped", text=text)
                    core.tell(text)
            elif limit is None and self._silenced is not None:
                before, self._silenced = self._silenced, None
                if not creates:
                    again = {**detection, "create_response": before.get("create_response", True)}
                    if before.get("idle_timeout_ms") is not None:
                        again["idle_timeout_ms"] = before["idle_timeout_ms"]
                    if await self._detect(again):
                        core.note("budget", level="restored", text="Turn detection answers again.")
                self._told = False

    async def _detect(self, detection: Mapping[str, Any]) -> bool:
        audio = {"input": {"turn_detection": dict(detection)}}
        try:
            event = {"type": "session.update", "session": {"type": "realtime", "audio": audio}}
            await self._core.ask(event, "session.updated")
        except ApiError as error:
            self._refused_update = True
            self._core.tell(f"The budget could not change turn detection, which goes on creating responses: {error}")
            return False
        except SessionError:
            return False
        return True

    def _on_event(self, event: Event) -> None:
        if event.type in BULK:
            return
        if event.type == "session.created":
            self._start_clock()
        elif event.type in CHANGES and event.direction != "sent":
            self._core.keep(self.guard())

    def _listen(self) -> None:
        if self.limited and not self._listening:
            self._listening = True
            self._core.subscribe(self._on_event)

    def _start_clock(self) -> None:
        if self._clock is not None:
            self._clock.cancel()
            self._clock = None
        if self._limits["max_minutes"] is not None:
            self._clock = self._core.keep(self._run_clock(self._limits["max_minutes"] * 60))

    async def _run_clock(self, limit_s: float) -> None:
        for due_s in (0.8 * limit_s, limit_s):
            await asyncio.sleep(max(0.0, due_s - self._core.now_s()))
            await self.guard()

    # Counting

    def _standing(self, new_text: str, new_audio_s: float, own_input: bool) -> Iterator[LimitView]:
        usd, tokens, minutes = (self._limits[name] for name in ("budget_usd", "budget_tokens", "max_minutes"))
        if usd is not None or tokens is not None:
            running, recent = self._present()
            least_usd, least_tokens = _least(recent, new_text, new_audio_s, own_input)
            if usd is not None:
                yield LimitView("budget_usd", float(running.spent_usd), float(least_usd), usd)
            if tokens is not None:
                yield LimitView("budget_tokens", running.spent_tokens, least_tokens, tokens)
        if minutes is not None:
            yield LimitView("max_minutes", self._core.now_s() / 60, 0.0, minutes)

    def _present(self) -> tuple[RunningLedger, Ledger]:
        """The bill as of now; it goes on from where it was, so that a long session costs no more than a short one."""
        log, running = self._core.log, self._running
        if running is None:
            running = self._running = RunningLedger(self._core.talk, log.start_wall_s)
        new = log[self._seen :]
        self._seen += len(new)
        if running.apply(new) or self._recent is None:
            self._recent = running.recent()
        return running, self._recent

    def _uncounted(self) -> tuple[str, ...]:
        if self._limits["budget_usd"] is None or self._running is None:
            return ()
        return tuple(f"Not counted, because it has no price: {reason}" for reason in self._running.unpriced)

    def _warn(self, view: BudgetView) -> None:
        for limit in view.limits:
            if limit.near and limit.name not in self._warned:
                self._warned.add(limit.name)
                text = f"Budget: {limit.text} are spent ({limit.share:.0%} of {limit.name})."
                self._core.note("budget", level="warning", text=text)
                self._core.tell(text)
        for note in view.notes:
            if "uncounted" not in self._warned:
                self._warned.add("uncounted")
                self._core.note("budget", level="warning", text=note)
                self._core.tell(note)


def _least(ledger: Ledger, new_text: str, new_audio_s: float, own_input: bool) -> tuple[Decimal, int]:
    """What the next response takes at least, in US dollars and in tokens."""
    frame = ITEM_OVERHEAD_TOKENS * bool(new_text or new_audio_s)
    # Rounded up, so that what is let in here is not refused a moment later, when it is part of the conversation.
    text = math.ceil((count_text(new_text) + frame) / TEXT_ERROR) if frame else 0
    audio = user_audio_tokens(new_audio_s * 1000)
    if own_input:
        text += math.floor(ledger.settings.text / TEXT_ERROR)
        context = Cost()
    else:
        context = next_response(ledger).at_least
    day = ledger.exchanges[-1].on if ledger.exchanges else ledger.on
    new = cost(TokenUsage(input_text=text, input_audio=audio), ledger.model, day)
    lines = (*context.lines, *new.lines)
    tokens = sum(int(line.quantity) for line in lines if line.unit == "tokens")
    return context.exact_usd + new.exact_usd, tokens


_KEYWORDS = {"budget_usd": "usd", "budget_tokens": "tokens", "max_minutes": "minutes"}


def _refusal(limit: LimitView) -> str:
    keyword = _KEYWORDS[limit.name]
    if limit.name == "max_minutes":
        return f"The session has run for {limit.text}, its max_minutes. raise_budget(minutes=...) lets it go on."
    unit = " tokens" if limit.name == "budget_tokens" else ""
    spent, least, allowed = (limit.amount(value) for value in (limit.spent, limit.next_at_least, limit.allowed))
    return (
        f"The next response would exceed {limit.name}: {spent} of {allowed}{unit} are spent, and it takes at least "
        f"{least}{unit} more, because the conversation is sent again with it.\n"
        f"raise_budget({keyword}=...) sets a higher limit; pruning or summarising the conversation makes the next "
        "response cheaper, and so does a cheaper model."
    )
