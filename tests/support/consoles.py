"""A page of a console that is this test: it keeps rows as a browser would, from the state and the patches."""

from __future__ import annotations

import itertools
import time
from collections.abc import Callable, Mapping
from typing import Any

from support.comms import ComPage, RememberedComm

__all__ = ["ConsolePage", "wait_for"]

FRAME_BYTES = 2880
"""60 ms at 24 kHz."""


def wait_for(condition: Callable[[], Any], seconds: float = 20.0) -> Any:
    """What it gives as soon as that is true."""
    end = time.monotonic() + seconds
    while not (found := condition()):
        assert time.monotonic() < end, "it never came"
        time.sleep(0.01)
    return found


class ConsolePage:
    """One browser page at a console that was just made."""

    def __init__(self, comms: list[RememberedComm], *, page: str = "p1", of: ConsolePage | None = None) -> None:
        self.wire = ComPage(comms, page=page) if of is None else of.wire
        self.page = page
        self._ids = itertools.count()
        self._read = 0
        self.seq: int | None = None
        self.rows: list[dict[str, Any]] = []
        self.parts: dict[str, dict[str, Any]] = {"status": {}, "settings": {}, "mic": {}}
        self.earlier = 0
        self.patches = 0

    def say(self, *buffers: bytes, **content: Any) -> None:
        """A message of this page."""
        self.wire.say(*buffers, **{"page": self.page, **content})

    def mic(self, *buffers: bytes, engine: str = "e1", **content: Any) -> None:
        """A message of its microphone."""
        self.say(*buffers, type="mic", mic={"page": engine, **content})

    def frames(self, data: bytes, *, engine: str = "e1", first: int = 0) -> int:
        """Sound, as frames of 60 ms; the number of the last one."""
        seq = first - 1
        for start in range(0, len(data), FRAME_BYTES):
            seq += 1
            self.mic(data[start : start + FRAME_BYTES], engine=engine, type="frame", seq=seq)
        return seq

    def hello(self) -> ConsolePage:
        """Appear, and wait for the whole state."""
        self.seq = None
        self.say(type="hello")
        wait_for(lambda: self.read().seq is not None)
        return self

    def do(self, verb: str, seconds: float = 20.0, **members: Any) -> dict[str, Any]:
        """A command; its answer."""
        command = self.ask(verb, **members)
        return self.answer(command, seconds)

    def ask(self, verb: str, **members: Any) -> str:
        """A command whose answer is waited for later."""
        command = f"{self.page}-{next(self._ids)}"
        self.say(type="do", id=command, verb=verb, **members)
        return command

    def answer(self, command: str, seconds: float = 20.0) -> dict[str, Any]:
        """The end of a command."""
        return wait_for(
            lambda: next((m for m, _ in self.about(command) if m["type"] in ("done", "failed")), None), seconds
        )

    def about(self, command: str) -> list[tuple[dict[str, Any], list[bytes]]]:
        """All that was said about a command."""
        return [
            (content, buffers)
            for content, buffers in self.wire.told()
            if content.get("id") == command and content.get("page") == self.page and content["type"] != "patch"
        ]

    def read(self) -> ConsolePage:
        """Take in what came since."""
        told = self.wire.told()
        for content, _ in told[self._read :]:
            if content["type"] == "state" and content["page"] == self.page:
                self.seq, self.rows, self.earlier = (
                    content["seq"],
                    [dict(row) for row in content["rows"]],
                    content["earlier"],
                )
                self.parts = {name: dict(content[name]) for name in self.parts}
            elif content["type"] == "patch" and self.seq is not None and content["seq"] > self.seq:
                assert content["seq"] == self.seq + 1, "a patch is missing"
                self.seq = content["seq"]
                self.patches += 1
                self._apply(content)
        self._read = len(told)
        return self

    def _apply(self, patch: Mapping[str, Any]) -> None:
        gone = set(patch.get("gone", ()))
        self.rows = [row for row in self.rows if row["id"] not in gone]
        for added in patch.get("add", ()):
            ids = [row["id"] for row in self.rows]
            place = ids.index(added["after"]) + 1 if added["after"] in ids else 0
            self.rows.insert(place, dict(added["row"]))
        for change in patch.get("change", ()):
            row = next((row for row in self.rows if row["id"] == change["id"]), None)
            if row is None:
                continue
            row.update(change.get("set", {}))
            for name, tail in change.get("tail", {}).items():
                before = row[name].encode("utf-16-le")[: 2 * tail["at"]].decode("utf-16-le")
                row[name] = before + tail["text"]
        for name, part in self.parts.items():
            part.update(patch.get(name, {}))
        self.earlier = patch.get("earlier", self.earlier)

    @property
    def status(self) -> dict[str, Any]:
        """As it is now."""
        return self.read().parts["status"]

    def texts(self, who: str = "") -> list[str]:
        """What stands in the rows of messages."""
        rows = self.read().rows
        return [row["text"] for row in rows if row["kind"] == "message" and who in ("", row["who"])]

    def of_kind(self, kind: str) -> list[dict[str, Any]]:
        """Rows of one kind."""
        return [row for row in self.read().rows if row["kind"] == kind]
