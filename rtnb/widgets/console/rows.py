"""The rows of a conversation as a reader sees it: what was said, called, told and refused, in the order it appeared.

A fold over the same events as the reducer; what a row says is looked up in the reducer's state when it is told, so that
a flood of deltas costs no more than one look at twenty a second.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from rtnb.protocol.envelope import Event
from rtnb.session.conversation.order import ROOT
from rtnb.session.conversation.reading import at, string
from rtnb.session.conversation.reducer import Conversation
from rtnb.session.conversation.state import ItemState, ResponseState
from rtnb.session.record.log import EventLog
from rtnb.session.views.pieces import ErrorView
from rtnb.widgets.console.calls import SHOWN_CHARS, call_row, remote_row
from rtnb.widgets.console.messages import message_row

__all__ = ["Entry", "Rows"]

RECENT: Final = 12
"""So many rows are looked at again after whatever happens: what an event changes is near the end."""

UNSEEN: Final = frozenset({"function_call_output", "mcp_approval_response", "mcp_list_tools"})
"""Items that have no row of their own."""

DELTAS: Final = frozenset(
    {
        "response.output_text.delta",
        "response.output_audio_transcript.delta",
        "response.output_audio.delta",
        "response.function_call_arguments.delta",
        "response.mcp_call_arguments.delta",
        "conversation.item.input_audio_transcription.delta",
        "input_audio_buffer.append",
        "rtnb.playback",
    }
)

_LOGGER = logging.getLogger("rtnb.widgets")

UPSETS: Final = frozenset(
    {"session.created", "rtnb.connection.lost", "rtnb.connection.opened", "rtnb.handover", "rtnb.handover.failed"}
)
"""After these every row may be another."""


@dataclass(slots=True)
class Entry:
    """One row: where it comes from."""

    id: str
    kind: str
    t_s: float
    item_id: str = ""
    text: str = ""
    seq: int = -1
    tone: str = ""
    response_id: str = ""
    given: bool = False
    """Whether this client made the item."""
    refused: bool = False
    known: bool = False
    """Whether the server ever had it."""


class Rows:
    """All rows of one session; lives on its loop.

    Parameters
    ----------
    talk : Conversation
        The reducer's state, which has been through every event that is seen here.
    log : EventLog
    open_calls : callable
        Ids of the function calls that wait for somebody.
    live : callable
        Whether the session can be asked for something.
    """

    def __init__(
        self,
        talk: Conversation,
        log: EventLog,
        *,
        open_calls: Callable[[], Iterable[str]] = tuple,
        live: Callable[[], bool] = lambda: True,
    ) -> None:
        self._talk, self._log = talk, log
        self._open_calls, self._live = open_calls, live
        self.order: list[str] = []
        """Ids of the rows."""
        self.entries: dict[str, Entry] = {}
        self.dirty: set[str] = set()
        self.seen = 0
        """Events that were looked at."""
        self._response_of: dict[str, str] = {}
        self._turn_of: dict[str, int] = {}
        self._call_items: dict[str, str] = {}
        self._sent: dict[str, str] = {}
        self._verdicts: dict[str, Mapping[str, Any]] = {}

    # Taking events in

    def catch_up(self, most: int | None = None) -> bool:
        """See what the log has since the last time, `most` events at once; whether there is more."""
        end = len(self._log) if most is None else min(len(self._log), self.seen + most)
        for event in self._log[self.seen : end]:
            self._see(event)
        self.seen = end
        return end < len(self._log)

    def _see(self, event: Event) -> None:
        kind = event.type
        if kind in DELTAS:
            # Not of its body, which is put together anew for each chunk of an answer.
            if (item_id := string(event.shared.get("item_id"))) in self.entries:
                self.dirty.add(item_id)
            return
        self.dirty.update(self.order[-RECENT:])
        body = event.body
        if (named := string(body.get("item_id"))) in self.entries:
            self.dirty.add(named)
        match event.direction, kind:
            case "sent", "conversation.item.create":
                self._given(event)
            case "received", "conversation.item.added" | "conversation.item.created" | "conversation.item.done":
                self._added(event)
            case "received", "response.output_item.added" | "response.output_item.done":
                self._output(body.get("item"), string(body.get("response_id")), event)
            case "received", "response.done":
                self._ended(event)
            case "received", "input_audio_buffer.speech_started" | "input_audio_buffer.committed":
                if (item_id := string(body.get("item_id"))) and item_id not in self.entries:
                    self._add(Entry(item_id, "item", event.t_s, item_id), string(body.get("previous_item_id")))
            case "received", "conversation.item.deleted":
                self._remove(string(body.get("item_id")))
            case "received", "error":
                self._error(event)
            case "local", "rtnb.notice":
                self._add(Entry(f"note:{event.seq}", "note", event.t_s, text=string(body.get("text")), seq=event.seq))
            case "local", "rtnb.approval":
                self._verdicts[string(body.get("request_id"))] = body
                self.dirty.add(string(body.get("request_id")))
            case "local", "rtnb.tool.started" | "rtnb.tool.finished":
                self._call_changed(string(body.get("call_id")))
        if kind in UPSETS:
            self.dirty.update(self.order)

    def _given(self, event: Event) -> None:
        item = event.body.get("item")
        if not isinstance(item, Mapping):
            return
        if isinstance(call_id := item.get("call_id"), str):
            self._call_changed(call_id)
        item_id = item.get("id")
        if not isinstance(item_id, str) or string(item.get("type")) in UNSEEN or item_id in self.entries:
            return
        self._sent[string(event.body.get("event_id"))] = item_id
        # History that is loaded has its place; all else comes last.
        self._add(Entry(item_id, "item", event.t_s, item_id, given=True), string(event.body.get("previous_item_id")))

    def _added(self, event: Event) -> None:
        item = event.body.get("item")
        if not isinstance(item, Mapping) or not isinstance(item.get("id"), str) or string(item.get("type")) in UNSEEN:
            return
        if item["id"] not in self.entries and item["id"] not in self._response_of:
            self._add(Entry(item["id"], "item", event.t_s, item["id"]), string(event.body.get("previous_item_id")))
        if (entry := self.entries.get(item["id"])) is not None:
            entry.known = True
            self.dirty.add(entry.id)

    def _output(self, item: object, response_id: str, event: Event) -> None:
        if not isinstance(item, Mapping) or not isinstance(item.get("id"), str):
            return
        item_id = item["id"]
        self._response_of[item_id] = response_id
        if isinstance(call_id := item.get("call_id"), str):
            self._call_items[call_id] = item_id
        response = self._talk.responses.get(response_id)
        if string(item.get("type")) in UNSEEN or (response is not None and not response.in_conversation):
            self._remove(item_id)
            return
        if item_id not in self.entries:
            self._add(Entry(item_id, "item", event.t_s, item_id))
        entry = self.entries[item_id]
        entry.response_id, entry.known = response_id, True
        self.dirty.add(item_id)

    def _ended(self, event: Event) -> None:
        response_id = string(at(event.body, "response", "id"))
        response = self._talk.responses.get(response_id)
        if response is None or not response.in_conversation:
            return
        output = at(event.body, "response", "output")
        for item in output if isinstance(output, list) else ():
            self._output(item, response_id, event)
        self.dirty.update(item_id for item_id in response.items if item_id in self.entries)
        if response.status == "failed":
            error = at(response.status_details, "error")
            wire = error if isinstance(error, Mapping) else {}
            self._add(
                Entry(
                    f"error:{event.seq}",
                    "error",
                    event.t_s,
                    text=_error_text(
                        ErrorView.of(wire if wire.get("message") else {**wire, "message": response.error})
                    ),
                    seq=event.seq,
                    tone="bad",
                )
            )

    def _error(self, event: Event) -> None:
        wire = event.body.get("error")
        error = ErrorView.of(wire if isinstance(wire, Mapping) else {})
        if (item_id := self._sent.get(string(at(event.body, "error", "event_id")))) in self.entries:
            assert item_id is not None
            self.entries[item_id].refused = not self.entries[item_id].known
            self.dirty.add(item_id)
        # A race that was lost is nothing to read about.
        if error.severity == "benign":
            return
        tone = "warn" if error.severity == "retry" else "bad"
        self._add(Entry(f"error:{event.seq}", "error", event.t_s, text=_error_text(error), seq=event.seq, tone=tone))

    def _call_changed(self, call_id: str) -> None:
        if (item_id := self._call_items.get(call_id)) is not None:
            self.dirty.add(item_id)

    def _add(self, entry: Entry, previous: str = "") -> None:
        if entry.id in self.entries:
            return
        self.entries[entry.id] = entry
        self.dirty.add(entry.id)
        if previous == ROOT:
            self.order.insert(0, entry.id)
        elif previous in self.entries and any(self.entries[each].item_id for each in self._behind(previous)):
            self.order.insert(self.order.index(previous) + 1, entry.id)
        else:
            self.order.append(entry.id)

    def _behind(self, row_id: str) -> list[str]:
        # Nearly always it is among the last ones.
        for place in range(len(self.order) - 1, -1, -1):
            if self.order[place] == row_id:
                return self.order[place + 1 :]
        return []

    def _remove(self, row_id: str) -> None:
        if self.entries.pop(row_id, None) is not None:
            self.order.remove(row_id)
            self.dirty.discard(row_id)

    # Telling

    def changed(self) -> dict[str, dict[str, Any]]:
        """The rows that may be others than they were when they were last asked for."""
        dirty, self.dirty = self.dirty, set()
        return {row_id: self._safe(row_id) for row_id in dirty if row_id in self.entries}

    def _safe(self, row_id: str) -> dict[str, Any]:
        try:
            return self.row(row_id)
        except Exception:
            # Whatever a server sends, one row that cannot be read must not take the others with it.
            _LOGGER.exception("a row of a console could not be made")
            text = "This cannot be shown; the log of rtnb.widgets has the reason."
            return {**_base(self.entries[row_id]), "kind": "note", "who": "rtnb", "text": text, "tone": "bad"}

    def row(self, row_id: str) -> dict[str, Any]:
        """One row, as the page shows it."""
        entry = self.entries[row_id]
        if entry.kind == "note":
            return {**_base(entry), "kind": "note", "who": "rtnb", "text": entry.text[:SHOWN_CHARS], "tone": "quiet"}
        if entry.kind == "error":
            found = {"kind": "error", "who": "server", "text": entry.text[:SHOWN_CHARS], "event": entry.seq}
            return {**_base(entry), **found, "tone": entry.tone}
        talk = self._talk
        item = talk.items.get(entry.item_id) or ItemState(entry.item_id)
        response = talk.responses.get(self._response_of.get(item.id, ""))
        there, live = item.id in talk.order, self._live()
        base = {**_base(entry), "item": item.id, "turn": self._turn(item, response)}
        kind = string(item.wire.get("type")) or item.type
        if kind == "function_call":
            call = talk.calls.get(string(item.wire.get("call_id")))
            waits = call is not None and call.call_id in set(self._open_calls())
            return {**base, **call_row(call, item.wire, waiting=waits and live), "deletable": there and live}
        if kind in ("mcp_call", "mcp_approval_request"):
            # What the server is told of a call that is over comes with the item; a verdict is a note of ours.
            return {**base, **remote_row(item.wire, verdict=self._verdicts.get(item.id), live=live and there)}
        row = message_row(item, response, talk, now_s=talk.last_s)
        if entry.given and not entry.known:
            row |= {"note": "refused by the server", "tone": "bad"} if entry.refused else {"note": "on its way"}
        elif entry.known and live and not there and not row["streaming"]:
            row |= {"note": "not on the new connection: the model does not know it any more", "tone": "quiet"}
        return {**base, **row, "deletable": there and live and not row["streaming"]}

    def _turn(self, item: ItemState, response: ResponseState | None) -> int | None:
        if (turn := self._talk.turn_of.get(item.id)) is not None:
            return turn.index
        if response is None:
            return None
        if (found := self._turn_of.get(response.id)) is None:
            for turn in reversed(self._talk.turns):
                if response.id in turn.responses:
                    found = self._turn_of[response.id] = turn.index
                    break
        return found


def _base(entry: Entry) -> dict[str, Any]:
    return {"id": entry.id, "t_s": round(entry.t_s, 3)}


def _error_text(error: ErrorView) -> str:
    message = error.message if error.message.endswith((".", "!", "?")) else f"{error.message}."
    return f"{message} {error.advice}".strip()
