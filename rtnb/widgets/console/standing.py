"""Where a session stands, for the line above its conversation: what it does, how long it has, what it has cost."""

from __future__ import annotations

import itertools
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any, Final

from rtnb.errors import ConfigError
from rtnb.pricing import format_usd
from rtnb.pricing.ahead.budget import next_response
from rtnb.pricing.prices.book import as_book
from rtnb.session.aio import AsyncSession
from rtnb.session.billing.running import RunningLedger
from rtnb.session.conversation.reading import at, string
from rtnb.session.core import Core
from rtnb.widgets.line import Line

__all__ = ["PASSING", "Standing", "heard", "way_on"]

PASSING: Final = frozenset({"now"})
"""Members of a status that are no reason to tell it."""

UNITS: Final[Mapping[str, str]] = {"budget_usd": "$", "budget_tokens": "tokens", "max_minutes": "min"}

MIN_COMMIT_MS: Final = 100
"""The API refuses to commit less."""

SAID: Final[Mapping[str, str]] = {
    "speaking": "You are speaking.",
    "thinking": "Thinking…",
    "answering": "Answering.",
    "tools": "Running tools…",
}

AGAIN: Final = "s = rtnb.connect()\ns"


class Standing:
    """The status of one session; lives on its loop. The bill goes on from where it was, at a cost per event.

    Parameters
    ----------
    session : AsyncSession
    """

    def __init__(self, session: AsyncSession) -> None:
        self._session = session
        core = session.core
        self._running = RunningLedger(core.talk, core.log.start_wall_s)
        self._seen = 0
        self.context: dict[str, Any] = {"used": 0, "window": None, "share": None}
        """What the model would be given if it were asked now, in tokens, and how much it takes."""
        self._notes: list[str] = []

    def billed(self) -> bool:
        """Take in what was billed since the last time; whether there was anything."""
        core = self._session.core
        new = core.log[self._seen :]
        self._seen += len(new)
        if not self._running.apply(new):
            return False
        self.context = _context(self._running)
        return True

    def places(self, notes: tuple[str, ...]) -> None:
        """What there is to know about the place; it may have to look into files, so it is asked elsewhere."""
        self._notes = list(notes)

    def status(self, line: Line, *, holding: bool = False, muted: bool = False) -> dict[str, Any]:
        """All of it."""
        session, core = self._session, self._session.core
        talk, now_s = core.talk, core.now_s()
        state = session.status
        alive = state == "open"
        sounding = not core.over and talk.player.playing(now_s=now_s) is not None
        active, asked = talk.active_response(), talk.requested()
        busy = self._busy(sounding=sounding)
        budget = session.budget
        ends_s = core.keeper.expires_s if talk.connections and not core.over else None
        detection = talk.input_settings().get("turn_detection")
        held = talk.held_ms()
        return {
            "state": state,
            "text": self._text(busy, line, holding=holding, muted=muted, manual=detection is None),
            "busy": busy,
            "sounding": sounding,
            "endpoint": core.endpoint.label,
            "model": str(talk.config.get("model") or core.model),
            "voice": _voice(core),
            "now": round(now_s, 2),
            "expires_s": None if ends_s is None else round(ends_s, 1),
            "context": dict(self.context),
            "cost": self._cost(),
            "tokens": self._running.spent_tokens,
            "limits": [
                {
                    "name": limit.name,
                    "text": limit.text,
                    "share": round(limit.share, 3),
                    "near": limit.near,
                    "exceeded": limit.exceeded,
                    "allowed": limit.allowed,
                    "unit": UNITS[limit.name],
                }
                for limit in budget.limits
            ],
            "turns": len(talk.turns),
            "can": {
                "send": alive,
                "interrupt": alive and (active is not None or asked or sounding),
                "respond": alive and active is None and not asked,
                "commit": alive and held >= MIN_COMMIT_MS,
                "clear": alive and held > 0,
                "listen": alive,
            },
            "way_on": way_on(core),
            "problems": list(dict.fromkeys([*self._notes, *budget.notes])),
        }

    def _busy(self, *, sounding: bool) -> str:
        core, talk = self._session.core, self._session.core.talk
        if core.over:
            return ""
        if talk.speaking():
            return "speaking"
        if (active := talk.active_response()) is not None:
            begun = active.first_audio_s is not None or active.first_text_s is not None
            return "answering" if begun else "thinking"
        if talk.requested() or talk.answer_due():
            return "thinking"
        if any(response.held for response in itertools.islice(reversed(talk.responses.values()), 3)):
            return "tools"
        return "answering" if sounding else ""

    def _text(self, busy: str, line: Line, *, holding: bool, muted: bool, manual: bool) -> str:
        session, core = self._session, self._session.core
        if session.status in ("closed", "lost"):
            return _ended(core)
        if session.status == "reconnecting":
            return "Connecting again; what you say now is sent as soon as there is a connection."
        if holding:
            return "Listening while you hold the button."
        waiting = len(session.open_calls) + len(session.approvals)
        if waiting and busy in ("", "tools"):
            # What stands still until somebody decides does not run.
            return "A call waits for your decision." if waiting == 1 else f"{waiting} calls wait for your decision."
        if said := SAID.get(busy, ""):
            return said
        if session.budget.silenced:
            return "The budget is reached: turn detection answers no more until it is raised."
        if line.listening:
            if muted:
                return "The microphone is muted."
            return "Listening; turns are ended by hand." if manual else "Listening."
        return "Ready."

    def _cost(self) -> dict[str, Any]:
        usd = self._running.spent_usd
        unpriced = "; ".join(self._running.unpriced)
        return {"text": format_usd(usd), "usd": float(usd), "unpriced": unpriced}


def heard(line: Line, phase: str, *, muted: bool = False) -> dict[str, Any]:
    """Who listens, and how that goes.

    Parameters
    ----------
    line : Line
    phase : str
        Of a hold: ``idle``, ``beginning``, ``holding`` or ``ending``.
    muted : bool
        Whether the page sends silence.
    """
    return {
        "page": line.page,
        "gone": line.gone,
        "device": line.device,
        "problem": line.problem,
        "muted": muted,
        "holding": phase in ("beginning", "holding"),
        "push": phase != "idle",
        "capturing": line.capturing,
        "elsewhere": line.elsewhere,
        "waiting_ms": round(line.waiting_ms),
        "underruns": line.speaker.underruns if line.speaker is not None else 0,
    }


def way_on(core: Core) -> dict[str, str] | None:
    """What happened to a session that is over, and code to go on; None while it is not.

    Parameters
    ----------
    core : Core
    """
    if core.status not in ("closed", "lost"):
        return None
    where = core.endpoint.label if core.opened else ""
    code = AGAIN
    if where and where != "embedded server":
        code = f"s = rtnb.connect(...)  # {where}, as before\ns"
    return {"text": _ended(core), "code": code}


def _ended(core: Core) -> str:
    if core.ended is None or core.status == "closed":
        return "The session is closed. What was said stays readable; rtnb.connect() opens a new one."
    return " ".join(str(core.ended).split())


def _voice(core: Core) -> str:
    voice = at(core.talk.config, "audio", "output", "voice")
    return string(voice.get("id")) if isinstance(voice, Mapping) else string(voice)


def _context(running: RunningLedger) -> dict[str, Any]:
    ledger = running.recent()
    if not ledger.exchanges:
        return {"used": 0, "window": None, "share": None}
    last = ledger.exchanges[-1]
    try:
        rates = as_book(None).at(ledger.model or last.model, datetime.now(UTC).date())
        used = next_response(ledger).context.total
    except ConfigError:
        # A price table of the user's own that cannot be read breaks no status line.
        return {"used": 0, "window": None, "share": None}
    window = None if rates is None else rates.context_tokens
    return {"used": used, "window": window, "share": round(used / window, 4) if window else None}
