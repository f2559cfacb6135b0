"""What the pages of a console show, on the session's loop: told whole to who says hello, as patches after that."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Callable, Mapping
from typing import Any, Final

from rtnb.audio.clip import Clip
from rtnb.errors import ConfigError
from rtnb.protocol.envelope import Event
from rtnb.session.aio import AsyncSession
from rtnb.session.conversation.reading import string, whole
from rtnb.widgets.console.form import form
from rtnb.widgets.console.patching import Told
from rtnb.widgets.console.rows import DELTAS, Rows
from rtnb.widgets.console.standing import PASSING, Standing, heard
from rtnb.widgets.console.talking import Talking
from rtnb.widgets.console.uploads import CHUNK_BYTES, Upload, Uploads, made_of
from rtnb.widgets.console.verbs import Verbs, plain, tools_of
from rtnb.widgets.frame.pulse import Pulse
from rtnb.widgets.line import Line

__all__ = ["SHOWN", "Board"]

SHOWN: Final = 200
"""Rows that a page is given at once; it asks for earlier ones."""

SLICE: Final = 5000
"""Events of a long session that are looked at before others have their turn: a few milliseconds."""

REST_S: Final = 10.0
"""So long after its last page went, nothing is done for pages any more, until one says hello."""

TICK_S: Final = 0.5
"""How often it is looked at what changes by itself: an answer that has sounded, minutes that pass."""

AT_ONCE: Final = 32
"""Commands under way."""

CONFIGURED: Final = frozenset({"session.created", "session.updated"})

ENDS: Final = frozenset(
    {
        "response.done", "conversation.item.added", "conversation.item.deleted", "conversation.item.truncated",
        "conversation.item.input_audio_transcription.completed", "error", "session.updated", "rtnb.tool.finished",
    }
)  # fmt: skip
"""After these the still is drawn anew."""

_LOGGER = logging.getLogger("rtnb.widgets")

Json = dict[str, Any]


class Board:
    """One console's inside; every method is called on the session's loop.

    Parameters
    ----------
    session : AsyncSession
    send : callable
        A message to all pages, with buffers; those with a ``page`` are for one of them.
    play : bool
        Whether pages play the answers.
    changed : callable
        Called when the still is another.
    """

    def __init__(
        self,
        session: AsyncSession,
        send: Callable[[Mapping[str, Any], list[bytes]], None],
        *,
        play: bool,
        changed: Callable[[], None] = lambda: None,
    ) -> None:
        core = session.core
        self._session, self._send, self._changed = session, send, changed
        self._rows = Rows(
            core.talk,
            core.log,
            open_calls=lambda: [call.call_id for call in session.open_calls],
            live=lambda: core.status == "open",
        )
        self._standing = Standing(session)
        self._told = Told()
        self._ready = self._closed = False
        self._stale = self._reset = True
        self._status: Json = {}
        self._form: Json = {}
        self._seen_status = ""
        self.pages: set[str] = set()
        """Those that said hello and not goodbye."""
        self.line = Line(session, self._to_mic, play=play, changed=self._mic_changed)
        self.talking = Talking(session, self.line, self._something)
        self.verbs = Verbs(session, self.line, self.talking)
        self._uploads = Uploads(time.monotonic)
        self._commands: set[asyncio.Task[None]] = set()
        self._pulse = Pulse(self._publish)
        self._stop = core.subscribe(self._see)
        self._work: asyncio.Task[None] | None = None

    @property
    def context(self) -> Mapping[str, Any]:
        """Tokens of the context: used, window, share."""
        self._standing.billed()
        return self._standing.context

    # What pages say

    def hear(self, content: Mapping[str, Any], buffers: list[bytes]) -> None:
        """A message of a page."""
        kind, page = string(content.get("type")), string(content.get("page"))
        if self._closed or not page:
            return
        match kind:
            case "hello":
                self.pages.add(page)
                if content.get("holding") is False and page == self.talking.page:
                    # It was away, and has let go meanwhile.
                    self._let_go()
                if self._ready:
                    self._tell_all(page)
                if self._work is None or self._work.done():
                    # Not the session's own task: pages may come when it is lost.
                    self._work = asyncio.ensure_future(self._follow())
            case "bye":
                self.pages.discard(page)
            case "mic":
                if isinstance(mic := content.get("mic"), Mapping):
                    self.talking.hear(mic, buffers)
                    self._take_mute(mic)
            case "chunk":
                self._chunk(page, content, buffers)
            case "do":
                self._do(page, content)

    async def close(self) -> None:
        """Say the last state, stop the microphone, and let go of the session. Closing twice is fine."""
        if self._closed:
            return
        await self.talking.drop()
        await self.line.close()
        self.close_now()

    def close_now(self) -> None:
        """As :meth:`close`, without waiting for the page."""
        if self._closed:
            return
        self.line.close_now()
        self._stale = True
        self._publish()
        self._closed = True
        self._pulse.end()
        self._stop()
        if self._work is not None:
            self._work.cancel()
        for task in self._commands:
            task.cancel()

    # State

    async def _follow(self) -> None:
        """All that goes on while pages show it, and for some seconds after that."""
        more = True
        while more:
            more = self._rows.catch_up(SLICE)
            await asyncio.sleep(0)
        self._ready = True
        for page in list(self.pages):
            self._tell_all(page)
        end = asyncio.ensure_future(self._await_end())
        notes, alone_s = 0, 0.0
        try:
            while not self._closed and (self.pages or alone_s < REST_S):
                if self.pages:
                    if not notes % 60:
                        self._standing.places(await asyncio.to_thread(self._session.place.notes))
                    notes += 1
                    self._stale = True
                    self._pulse.touch()
                    self._drop_silent()
                alone_s = 0.0 if self.pages else alone_s + TICK_S
                await asyncio.sleep(TICK_S)
        finally:
            end.cancel()
        self._ready = False

    async def _await_end(self) -> None:
        core = self._session.core
        if not core.over:
            await core.until(lambda: core.over)
        self._something()

    def _see(self, event: Event) -> None:
        if event.type not in DELTAS:
            self._stale = True
            if event.type in CONFIGURED:
                self._reset = True
            if event.type in ENDS:
                self._changed()
        if self.pages:
            self._pulse.touch()

    def _something(self) -> None:
        if not self._closed:
            self._stale = True
            self._pulse.touch()

    def _mic_changed(self) -> None:
        if not self.line.listening:
            self.verbs.muted = False
        if self.talking.left:
            self._let_go()
        self._something()

    def _let_go(self) -> None:
        if self.talking.holding and not self._session.core.over:
            self._session.core.keep(self.talking.drop())

    def _take_mute(self, mic: Mapping[str, Any]) -> None:
        """What the page says of itself: it may be back from where it was taken for gone."""
        muted = mic.get("muted")
        ours = self.line.listening and mic.get("page") == self.line.page
        if ours and isinstance(muted, bool) and muted != self.verbs.muted:
            self.verbs.muted = muted
            self._something()

    def _publish(self) -> None:
        if not self._ready or self._closed:
            return
        try:
            patch = self._patch()
        except Exception:
            # One row that fails must not end the reading of the connection.
            _LOGGER.exception("a console could not be brought up to date")
            return
        if patch and self.pages:
            self._told.seq += 1
            self._send({"type": "patch", "seq": self._told.seq, **patch}, [])

    def _patch(self) -> Json:
        if not self.pages:
            return {}
        session = self._session
        self._rows.catch_up()
        if session.status != self._seen_status:
            self._seen_status = session.status
            self._rows.dirty.update(self._rows.order)
        patch = self._told.rows(self._rows.order, self._rows.changed())
        if self._stale:
            self._stale = False
            self._standing.billed()
            self._status = self._standing.status(self.line, holding=self.talking.holding, muted=self.verbs.muted)
        patch |= self._told.part("status", self._status, passing=PASSING)
        if self._reset:
            self._reset = False
            self._form = form(session.config, tools=tools_of(session))
        patch |= self._told.part("settings", self._form)
        mic = heard(self.line, self.talking.phase, muted=self.verbs.muted)
        patch |= self._told.part("mic", mic, passing={"waiting_ms"}, whole=True)
        return patch

    def _tell_all(self, page: str) -> None:
        # What others have not been told yet comes first: then all go on from one state.
        self._stale = True
        self._publish()
        told = self._told
        shown = told.order[-SHOWN:]
        self._send(
            {
                "type": "state",
                "page": page,
                "seq": told.seq,
                "rows": [dict(told.known[row_id]) for row_id in shown],
                "earlier": len(told.order) - len(shown),
                "status": dict(told.parts.get("status", {})),
                "settings": dict(told.parts.get("settings", {})),
                "mic": dict(told.parts.get("mic", {})),
            },
            [],
        )

    def _to_mic(self, content: Mapping[str, Any], buffers: list[bytes]) -> None:
        self._send({"type": "mic", "mic": dict(content)}, buffers)

    # Commands

    def _do(self, page: str, content: Mapping[str, Any]) -> None:
        command, verb = string(content.get("id")), string(content.get("verb"))

        def reply(said: Json, buffers: list[bytes]) -> None:
            self._send({**said, "page": page, "id": command}, buffers)

        match verb:
            case "upload":
                self._announce(page, command, content)
                return
            case "cancel":
                found = self._uploads.forget(page, string(content.get("upload")))
                reply({"type": "done", **({} if found else {"text": "It was sent already."})}, [])
                return
            case "earlier":
                self._earlier(content, reply)
                return
        handler = self.verbs.known.get(verb)
        if handler is None:
            reply({"type": "failed", "text": f"The console has no command {verb!r:.60}."}, [])
        elif len(self._commands) >= AT_ONCE:
            reply({"type": "failed", "text": "Too much at once: wait for what is under way."}, [])
        else:
            self._run(handler(content, reply), reply)

    def _run(self, work: Any, reply: Callable[[Json, list[bytes]], None]) -> None:
        async def run() -> None:
            core = self._session.core
            try:
                text = await work
            except BaseException as error:
                text, code = plain(error, core)
                reply({"type": "failed", "text": text, **({"code": code} if code else {})}, [])
                if not isinstance(error, Exception) and not isinstance(error, asyncio.CancelledError):
                    raise
            else:
                reply({"type": "done", **({"text": text} if text else {})}, [])
            self._reset = True
            self._something()

        task = asyncio.ensure_future(run())
        self._commands.add(task)
        task.add_done_callback(self._commands.discard)

    def _earlier(self, content: Mapping[str, Any], reply: Callable[[Json, list[bytes]], None]) -> None:
        order = self._told.order
        before = string(content.get("before"))
        end = order.index(before) if before in order else max(0, len(order) - SHOWN)
        start = max(0, end - min(SHOWN, max(1, whole(content.get("count")) or SHOWN)))
        rows = [dict(self._told.known[row_id]) for row_id in order[start:end]]
        reply({"type": "rows", "rows": rows, "earlier": start}, [])
        reply({"type": "done"}, [])

    # Uploads

    def _announce(self, page: str, command: str, content: Mapping[str, Any]) -> None:
        try:
            if self._session.core.over:
                raise ConfigError(plain(asyncio.CancelledError(), self._session.core)[0])
            self._uploads.begin(page, command, content)
        except ConfigError as error:
            self._send({"type": "failed", "page": page, "id": command, "text": str(error)}, [])
        else:
            self._send({"type": "go", "page": page, "id": command, "from": 0}, [])

    def _chunk(self, page: str, content: Mapping[str, Any], buffers: list[bytes]) -> None:
        command = string(content.get("id"))
        at = content.get("at")
        piece = buffers[0] if buffers and len(buffers[0]) <= CHUNK_BYTES else b""

        def reply(said: Json, buffers: list[bytes]) -> None:
            self._send({**said, "page": page, "id": command}, buffers)

        try:
            upload = self._uploads.take(page, command, at if isinstance(at, int) else -1, piece)
        except ConfigError as error:
            reply({"type": "failed", "text": str(error)}, [])
            return
        if upload is None:
            return
        reply({"type": "go", "from": len(upload.data)}, [])
        if upload.complete:
            self._run(self._whole_file(upload, reply), reply)

    async def _whole_file(self, upload: Upload, reply: Callable[[Json, list[bytes]], None]) -> str:
        data = bytes(upload.data)
        upload.data = bytearray()
        made = await asyncio.to_thread(made_of, data, upload.name)
        del data
        text = upload.text.strip()
        if upload.keep:
            self._uploads.put_aside(upload, made)
        else:
            content = [*self._uploads.taken(upload), made, *([text] if text else [])]
            await self.verbs.say(content if len(content) > 1 else made, respond=upload.respond, reply=reply)
        size = f"{made.duration_s:.1f} s" if isinstance(made, Clip) else f"{made.width} × {made.height}"
        return f"{upload.name}, {size}"

    def _drop_silent(self) -> None:
        for upload in self._uploads.drop_silent():
            self._send(
                {
                    "type": "failed",
                    "page": upload.page,
                    "id": upload.id,
                    "text": f"'{upload.name}' stopped arriving after {len(upload.data) / 2**20:.1f} MB; send it again.",
                },
                [],
            )
