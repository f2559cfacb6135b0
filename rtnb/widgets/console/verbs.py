"""What a page can ask for: each command becomes a verb of the session and is answered by done or by one sentence."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Mapping
from typing import Any, Final
from weakref import WeakKeyDictionary

from rtnb.audio.clip import Clip
from rtnb.errors import AnswerTimeoutError, BudgetError, ConfigError, RtnbError, SessionClosedError, SessionError
from rtnb.protocol.explain import explain
from rtnb.protocol.explanation import SEVERAL, Explanation, facts_of
from rtnb.session.aio import AsyncSession
from rtnb.session.config.keywords import merged, patched
from rtnb.session.conversation.reading import string, whole
from rtnb.session.core import Core
from rtnb.session.tools.making import Tool
from rtnb.session.verbs.turn import Turn
from rtnb.widgets.console.form import changes_of
from rtnb.widgets.console.messages import image_data, words_of
from rtnb.widgets.console.standing import way_on
from rtnb.widgets.console.talking import Talking
from rtnb.widgets.line import Line

__all__ = ["Reply", "Verbs", "plain", "tools_of"]

Json = dict[str, Any]
Reply = Callable[[Json, list[bytes]], None]
"""Says something to the page that asked, with its command's id."""

PART_BYTES: Final = 1 << 20
"""Of one message with sound or a picture."""

PICTURE_BYTES: Final = 4 << 20
"""A larger picture is not shown; servers of notebooks take messages of about 10 MB."""

SEND_CHARS: Final = 200_000
"""Of one message that is typed."""

BEGUN_S: Final = 0.3
"""How long a command waits to see whether its request fails at once."""

RATES_HZ: Final = (8000, 48000)
"""That every browser plays (Web Audio API 1.1, createBuffer)."""

_LOGGER = logging.getLogger("rtnb.widgets")

_OFF: WeakKeyDictionary[Core, dict[str, Tool]] = WeakKeyDictionary()
"""Tools that were switched off in some console; all consoles of a session offer to switch them on again."""


def plain(error: BaseException, core: Core) -> tuple[str, str]:
    """One sentence or two about an error, and code that goes on, where there is some.

    Parameters
    ----------
    error : BaseException
    core : Core
        Of the session that it happened in.
    """
    if isinstance(error, asyncio.CancelledError | SessionClosedError) and (on := way_on(core)) is not None:
        return on["text"], on["code"]
    if isinstance(error, asyncio.CancelledError):
        return "It was given up before it was done.", ""
    code = ""
    if isinstance(error, BudgetError):
        keyword = {"budget_usd": "usd", "budget_tokens": "tokens", "max_minutes": "minutes"}.get(
            str(error.limit), "usd"
        )
        code = f"s.raise_budget({keyword}=...)"
    if isinstance(error, RtnbError):
        return " ".join(str(error).split()), code
    _LOGGER.error("a command of a console failed", exc_info=error)
    return f"That failed: {' '.join(str(error).split()) or type(error).__name__}.", ""


def tools_of(session: AsyncSession) -> list[Json]:
    """All tools of a session, those that are switched off too."""
    on = dict(session.tools)
    off = {name: tool for name, tool in _OFF.get(session.core, {}).items() if name not in on}
    return [
        {"name": name, "kind": tool.kind, "description": _short(tool), "on": name in on}
        for name, tool in {**on, **off}.items()
    ]


class Verbs:
    """The commands of one console; they run as tasks on the session's loop.

    Parameters
    ----------
    session : AsyncSession
    line : Line
    talking : Talking
    """

    def __init__(self, session: AsyncSession, line: Line, talking: Talking) -> None:
        self._session, self._line, self._talking = session, line, talking
        self.muted = False
        """Whether the page with the microphone sends silence."""
        self.known: Mapping[str, Callable[[Mapping[str, Any], Reply], Awaitable[str | None]]] = {
            "send": self._send,
            "respond": self._respond,
            "interrupt": self._interrupt,
            "commit": self._commit,
            "clear": self._clear,
            "talk": self._talk,
            "mute": self._mute,
            "update": self._update,
            "delete": self._delete,
            "replay": self._replay,
            "picture": self._picture,
            "whole": self._whole,
            "raise_budget": self._raise_budget,
            "explain": self._explain,
            "answer": self._answer,
            "approve": self._approve,
            "handover": self._handover,
        }

    async def say(self, content: Any, *, respond: bool, reply: Reply) -> None:
        """Something for the model; returns when it is on its way, or queued behind an answer that sounds.

        Parameters
        ----------
        content : str, Clip, Image, or a list of them
        respond : bool
            Whether an answer is wanted.
        reply : callable
            Told what fails later.
        """
        if respond:
            await self._begun(await self._session.send(content), reply)
        else:
            await self._session.items.add([content] if isinstance(content, Clip) else content)

    async def _begun(self, turn: Turn | None, reply: Reply) -> None:
        """Wait a moment for what is wrong at once; what is wrong later is said by itself."""
        if turn is None or turn.task is None:
            return
        await asyncio.wait([turn.task], timeout=BEGUN_S)
        if turn.task.done():
            if not turn.task.cancelled() and (error := turn.task.exception()) is not None:
                raise error
            return

        def later(task: asyncio.Task[None]) -> None:
            core = self._session.core
            # What the server refused has a row of its own; the end of a session is told by its status.
            if not task.cancelled() and isinstance(error := task.exception(), BudgetError | AnswerTimeoutError):
                reply({"type": "say", "kind": "problem", "text": plain(error, core)[0]}, [])

        turn.task.add_done_callback(later)

    # Verbs

    async def _send(self, said: Mapping[str, Any], reply: Reply) -> None:
        text = string(said.get("text"))
        if len(text) > SEND_CHARS:
            raise ConfigError(f"The text has {len(text):,} characters; {SEND_CHARS:,} are the most at once.")
        if not text.strip():
            raise ConfigError("There is nothing to say: the text is empty.")
        # In a list the name of a file is text: nobody who types here means a path of the kernel's machine.
        await self.say([text], respond=said.get("respond") is not False, reply=reply)

    async def _respond(self, said: Mapping[str, Any], reply: Reply) -> None:
        await self._begun(await self._session.begin(None, {}), reply)

    async def _interrupt(self, said: Mapping[str, Any], reply: Reply) -> None:
        await self._session.interrupt()

    async def _commit(self, said: Mapping[str, Any], reply: Reply) -> str:
        held_ms = self._session.core.talk.held_ms()
        await self._session.commit()
        return f"{held_ms / 1000:.1f} s of sound are an item now; Respond asks for the answer."

    async def _clear(self, said: Mapping[str, Any], reply: Reply) -> str:
        await self._session.clear()
        return "The input buffer is empty."

    async def _talk(self, said: Mapping[str, Any], reply: Reply) -> str | None:
        page = string(said.get("page"))
        if said.get("down") is True:
            if self.muted:
                raise SessionError("The microphone is muted: nothing of what you say would be sent.")
            await self._talking.down(page)
            return None
        last = said.get("last")
        cancel = said.get("cancel") is True
        return await self._talking.up(page, last if isinstance(last, int) else -1, cancel=cancel) or None

    async def _mute(self, said: Mapping[str, Any], reply: Reply) -> None:
        self.muted = said.get("on") is True
        if self.muted and not self._session.core.over:
            self._session.core.keep(self._line.ear.close_speech())

    async def _update(self, said: Mapping[str, Any], reply: Reply) -> str:
        session, core = self._session, self._session.core
        config = session.config
        changes = changes_of(config, said.get("settings"), said.get("turn_detection"), said.get("tools"))
        if not changes:
            return "Nothing was changed."
        settings = dict(changes.settings)
        voice = settings.pop("voice", None)
        fixed = "voice" in config.locked
        if voice is not None and not fixed:
            settings["voice"] = voice
        if changes.tools:
            settings["tools"] = self._chosen(changes.tools)
        told = ""
        if settings:
            differences = (await session.update(**settings)).differences
            told = f" The server made something else of {len(differences)} of them." if differences else ""
        if changes.model or (voice is not None and fixed):
            await self._begin_anew(core, changes.model, voice if fixed else None)
            return f"A new connection has it now.{told}"
        return f"Applied.{told}"

    async def _begin_anew(self, core: Core, model: str, voice: object) -> None:
        """On a new connection, where nothing is fixed yet; on failure all is as before."""
        before, requested = core.model, core.requested
        core.model = model or before
        if voice is not None:
            core.requested = merged(requested, patched({"voice": voice}).session)
        try:
            await self._session.handover()
        except BaseException:
            core.model, core.requested = before, requested
            raise

    def _chosen(self, switched: Mapping[str, bool]) -> list[Tool]:
        on = dict(self._session.tools)
        off = _OFF.setdefault(self._session.core, {})
        for name, wanted in switched.items():
            if wanted and name not in on:
                if name not in off:
                    raise ConfigError(f"There is no tool {name!r:.60}.")
                on[name] = off[name]
            elif not wanted and name in on:
                off[name] = on.pop(name)
        return list(on.values())

    async def _delete(self, said: Mapping[str, Any], reply: Reply) -> None:
        await self._session.items.delete(self._item(said))

    async def _replay(self, said: Mapping[str, Any], reply: Reply) -> None:
        item_id = self._item(said)
        sound = self._session.items._item(item_id)
        clip = await asyncio.to_thread(lambda: sound.audio)
        if clip is None or len(clip) == 0:
            raise SessionError("There is no sound of it here: it was never spoken, or the recording was made without.")
        rate_hz = clip.rate_hz if RATES_HZ[0] <= clip.rate_hz <= RATES_HZ[1] else 24000
        data = await asyncio.to_thread(clip.to_pcm16, rate_hz)
        pieces = [data[start : start + PART_BYTES] for start in range(0, len(data), PART_BYTES)]
        for part, piece in enumerate(pieces):
            reply({"type": "sound", "item": item_id, "rate": rate_hz, "part": part, "parts": len(pieces)}, [piece])
            # One answer's worth of sound is no reason for the session to stand still.
            await asyncio.sleep(0)

    async def _picture(self, said: Mapping[str, Any], reply: Reply) -> None:
        item_id, index = self._item(said), whole(said.get("index"))
        found = image_data(self._session.core.talk.items[item_id], index)
        if found is None:
            raise SessionError("The picture is not here: only its description came back from the server.")
        mime, data = found
        if len(data) > PICTURE_BYTES:
            raise SessionError(f"The picture has {len(data) / 2**20:.0f} MB, which is too much to show here.")
        reply({"type": "picture", "item": item_id, "index": index, "mime": mime}, [data])

    async def _whole(self, said: Mapping[str, Any], reply: Reply) -> None:
        item_id = self._item(said)
        text = words_of(self._session.core.talk.items[item_id])
        reply({"type": "text", "item": item_id, "text": text[: 10 * SEND_CHARS]}, [])

    async def _raise_budget(self, said: Mapping[str, Any], reply: Reply) -> str:
        limits = {name: said[name] for name in ("usd", "tokens", "minutes") if said.get(name) is not None}
        if not limits:
            raise ConfigError("Say which limit: dollars, tokens or minutes.")
        if isinstance(tokens := limits.get("tokens"), float) and tokens.is_integer():
            limits["tokens"] = int(tokens)
        self._session.raise_budget(**limits)
        return "The limit is raised."

    async def _explain(self, said: Mapping[str, Any], reply: Reply) -> None:
        log, seq = self._session.core.log, said.get("event")
        if isinstance(seq, bool) or not isinstance(seq, int) or not 0 <= seq < len(log):
            raise ConfigError("There is no such event in this session.")
        found = explain(log[seq])
        title = found.name if found.kind == SEVERAL else f"{found.name} ({found.kind})"
        reply({"type": "explanation", "event": seq, "title": title, "parts": _told(found)}, [])

    async def _answer(self, said: Mapping[str, Any], reply: Reply) -> None:
        await self._begun(await self._session.answer(string(said.get("call")), string(said.get("output"))), reply)

    async def _approve(self, said: Mapping[str, Any], reply: Reply) -> None:
        wanted = self._item(said)
        approval = next((each for each in self._session.approvals if each.id == wanted), None)
        if approval is None:
            raise SessionError("That is decided already, or the connection that asked is gone.")
        if said.get("approve") is True:
            approval.approve(by="button")
        else:
            approval.deny(string(said.get("reason")).strip(), by="button")

    async def _handover(self, said: Mapping[str, Any], reply: Reply) -> str:
        return f"A new connection: {await self._session.handover()}."

    def _item(self, said: Mapping[str, Any]) -> str:
        item_id = string(said.get("item"))
        if item_id not in self._session.core.talk.items:
            raise SessionError("That is not in this conversation any more.")
        return item_id


def _short(tool: Tool) -> str:
    wire = tool.to_wire()
    return " ".join(string(wire.get("description") or wire.get("server_description")).split())[:300]


def _told(found: Explanation) -> list[dict[str, str]]:
    own = (
        []
        if found.kind == SEVERAL
        else [("", found.means), *((label, text) for label, text in facts_of(found) if text)]
    )
    told = [{"label": label, "text": text} for label, text in own]
    for part in found.parts:
        told.append({"label": part.name, "text": " ".join(text for text in (part.means, part.do) if text)})
    return told
