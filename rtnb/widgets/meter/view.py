"""Tokens and cost in a cell, as they grow."""

from __future__ import annotations

import logging
import threading
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Final

from rtnb._display import Bundle
from rtnb.errors import ConfigError, RtnbError
from rtnb.session.facade import Session
from rtnb.session.views.usage import UsageReport
from rtnb.widgets.assets import USAGE_METER
from rtnb.widgets.frame.following import Following
from rtnb.widgets.frame.live import LiveView
from rtnb.widgets.frame.options import checked_options
from rtnb.widgets.meter.given import Glance, Look, told
from rtnb.widgets.meter.rows import (
    PARTS,
    changed_from,
    head_of,
    models_of,
    points_of,
    turns_of,
    what_if_of,
    with_limits,
)

if TYPE_CHECKING:
    from rtnb.pricing.ahead.whatif import WhatIf

__all__ = ["UsageMeter"]

OPTIONS: Final = ("what_if",)

LOOKS_PER_S: Final = 2.0
"""Tokens are told once a response: more often nobody can read it."""

LONGEST_NAME: Final = 200

NOTHING: Final = "Nothing was used yet, so there is nothing to price."

_LOGGER = logging.getLogger("rtnb.widgets")


class UsageMeter(LiveView):
    """Tokens and cost in a cell, as they grow.

    Tokens of each turn by modality and cache, the cost so far, how full the context window is, how much of the input
    came from the cache, how much of each limit is spent, and what another model would have cost. While a session is
    open all of it follows.

    Parameters
    ----------
    of : Session, AsyncSession, Recording or UsageReport
        An open AsyncSession must be given on its own event loop.
    what_if : str, optional
        A model to price the same talk by; it may be chosen in the view too.

    Raises
    ------
    ConfigError
        Something without usage, or a model that is no name.
    TypeError
        An option that there is not.

    Examples
    --------
    >>> import rtnb
    >>> with rtnb.connect(modalities=["text"], journal=False) as s:
    ...     turn = s.ask("Spell cat.", show=False)
    ...     view = rtnb.UsageMeter(s, what_if="gpt-realtime-mini")      # at the end of a cell: the meter
    >>> view.report.usage.output_tokens > 0
    True
    >>> view.freeze()
    """

    def __init__(self, of: object, *, what_if: str | None = None, **options: Any) -> None:
        checked_options("UsageMeter", options, OPTIONS)
        self._model = _checked(what_if)
        self._order = threading.RLock()
        given = self._given = told(of)
        self._look = given.first
        self._feed: Following[Glance] | None = None
        self._greeted = False
        self._pages: set[object] = set()
        self._asleep = False
        self._turns: list[dict[str, Any]] = []
        self._points: list[list[float]] = []
        self._bare: dict[str, Any] = {}
        self._head: dict[str, Any] = {}
        self._counted: UsageReport | None = None
        self._priced: str | None = None
        self._answer: dict[str, Any] = {}
        super().__init__(USAGE_METER, {})
        if given.session is not None:
            self._feed = Following(given.session, given.glance, self._glanced, per_s=LOOKS_PER_S)

    # For users

    @property
    def report(self) -> UsageReport:
        """Tokens and cost as they are shown, or as they are while no page shows them."""
        if self._asleep and isinstance(self._given.session, Session):
            self._grown(self._given.look())
        return self._look.report

    @property
    def what_if(self) -> str | None:
        """The model that the same talk is priced by; it may be set, None for none."""
        return self._model or None

    @what_if.setter
    def what_if(self, model: str | None) -> None:
        checked = _checked(model)
        with self._order:
            self._model, self._priced = checked, None
            self._send_news()
        self._changed()

    def __repr__(self) -> str:
        return f"UsageMeter({self.report!r})"

    # A view

    def _draw(self) -> Bundle:
        from rtnb.plots.stills.context import context_of
        from rtnb.plots.stills.meter import usage_bundle

        look = self._look
        found, problem = self._repriced(look)
        notes = [problem] if problem else list(found.notes) if found is not None else []
        context = context_of(look.report)
        return usage_bundle(look.report, budget=look.budget, context=context, what_if=found, notes=notes)

    def _gone(self) -> None:
        if self._feed is not None:
            self._feed.end()

    def _hear(self, content: Mapping[str, Any], buffers: list[bytes]) -> None:
        kind = content.get("type")
        if kind == "hello":
            self._wake(content.get("page"))
            self._send_whole(content.get("page"))
        elif kind == "bye":
            self._sleep(content.get("page"))
        elif kind == "what_if":
            # Pricing a long talk must not keep a kernel's shell from the next message.
            threading.Thread(target=self._choose, args=(content,), name="rtnb-meter-what-if", daemon=True).start()

    def _sleep(self, page: object) -> None:
        """The last view of a page is gone: a meter that nobody sees follows nothing, however often its cell ran."""
        with self._order:
            self._pages.discard(page)
            if self._feed is None or self._pages or self._asleep or self.frozen:
                return
            self._asleep = True
            self._feed.pause()

    def _wake(self, page: object) -> None:
        with self._order:
            self._pages.add(page)
            if self._feed is None or not self._asleep or self.frozen:
                return
            self._asleep = False
            self._feed.resume()

    def _choose(self, content: Mapping[str, Any]) -> None:
        try:
            self.what_if = content.get("model")
        except Exception as error:
            _LOGGER.debug("a meter's page asked in vain", exc_info=True)
            text = str(error) or f"That failed ({type(error).__name__})."
            self._send({"type": "say", "kind": "problem", "text": text, "page": content.get("page")})

    # What travels

    def _glanced(self, glance: Glance) -> bool:
        """On a thread of its own: a report goes through all that was ever said."""
        return self._grown(self._given.read(glance))

    def _grown(self, look: Look) -> bool:
        with self._order:
            if look.count < self._look.count:
                return _ticking(self._look)
            before, self._look = self._look, look
            if look.report is before.report and (look.budget, look.live) == (before.budget, before.live):
                return _ticking(look)
            if self._greeted:
                self._send_news()
        if look.report is not before.report or not look.live:
            self._changed()
        return _ticking(look)

    def _send_whole(self, page: object) -> None:
        with self._order:
            # What one page is told whole, the others must have heard of: what is new goes on from it for all.
            if self._greeted:
                self._send_news()
            else:
                self._greeted = True
                self._work_out()
            content = {
                "type": "usage",
                "from": [0, 0],
                "parts": PARTS,
                "models": models_of(self._look),
                "turns": self._turns,
                "points": self._points,
                "head": self._head,
                "what_if": self._answer,
            }
            self._send(content if page is None else {**content, "page": page})

    def _send_news(self) -> None:
        if not self._greeted:
            return
        turns, points, head, answer = self._turns, self._points, self._head, self._answer
        self._work_out()
        since = [changed_from(turns, self._turns), changed_from(points, self._points)]
        new_turns, new_points = self._turns[since[0] :], self._points[since[1] :]
        if not new_turns and not new_points and (head, answer) == (self._head, self._answer):
            return
        content = {"type": "usage", "from": since, "turns": new_turns, "points": new_points}
        self._send({**content, "head": self._head, "what_if": self._answer})

    def _work_out(self) -> None:
        look = self._look
        report = look.report
        if report is not self._counted:
            from rtnb.plots.stills.context import context_of

            meter = report.meter
            self._turns, self._points = turns_of(meter), points_of(meter)
            self._bare, self._counted = head_of(report, meter, context_of(report)), report
            self._priced = None
        self._head = with_limits(self._bare, look)
        if self._priced != self._model:
            self._answer = what_if_of(self._model, *self._repriced(look)) if self._model else {}
            self._priced = self._model

    def _repriced(self, look: Look) -> tuple[WhatIf | None, str]:
        """The same talk on the chosen model, or why not."""
        if not self._model:
            return None, ""
        if not look.report.ledger.exchanges:
            return None, NOTHING
        try:
            return look.report.reprice(self._model), ""
        except RtnbError as error:
            return None, str(error)


def _ticking(look: Look) -> bool:
    """Whether a limit is of time: no event tells how that goes on."""
    return look.live and look.budget is not None and any(each.name == "max_minutes" for each in look.budget.limits)


def _checked(model: object) -> str:
    if model is None:
        return ""
    if not isinstance(model, str):
        raise ConfigError(f"what_if is the name of a model, such as 'gpt-realtime-mini', not {model!r:.60}.")
    name = model.strip()
    if len(name) > LONGEST_NAME:
        raise ConfigError(f"No model has a name of {len(name):,} characters.")
    return name
