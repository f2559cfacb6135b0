"""A comm that only remembers, and the page at its other end."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import comm
import pytest
from comm.base_comm import BaseComm


class RememberedComm(BaseComm):
    """Publishes into a list."""

    sent: list[tuple[str, dict[str, Any], list[Any]]]

    def publish_msg(
        self, msg_type: str, data: Any = None, metadata: Any = None, buffers: Any = None, **keys: Any
    ) -> None:
        self.__dict__.setdefault("sent", []).append((msg_type, data or {}, list(buffers or [])))


class ComPage:
    """What a browser would be to a view that was just made."""

    def __init__(self, comms: list[RememberedComm], *, page: str = "p1") -> None:
        self.comm = [each for each in comms if "_esm" in str(each.sent[0][1])][-1]
        self.page = page

    @property
    def settings(self) -> Mapping[str, Any]:
        """The trait as the page has it now."""
        states = [data["state"] for _, data, _ in self.comm.sent if "settings" in data.get("state", {})]
        found: Mapping[str, Any] = states[-1]["settings"]
        return found

    def say(self, *buffers: bytes, **content: Any) -> None:
        """A message of the page."""
        data = {"method": "custom", "content": {"page": self.page, **content}}
        self.comm.handle_msg({"content": {"data": data}, "buffers": [memoryview(each) for each in buffers]})

    def told(self, kind: str | None = None) -> list[tuple[dict[str, Any], list[bytes]]]:
        """Messages to the page, of one type or all."""
        found = [(data["content"], buffers) for _, data, buffers in self.comm.sent if data.get("method") == "custom"]
        return [(content, [bytes(each) for each in b]) for content, b in found if kind in (None, content["type"])]


def remember_comms(monkeypatch: pytest.MonkeyPatch) -> list[RememberedComm]:
    """From now on every widget's comm is one of these; the list grows."""
    made: list[RememberedComm] = []

    def create(*args: Any, **options: Any) -> RememberedComm:
        made.append(RememberedComm(*args, **options))
        return made[-1]

    monkeypatch.setattr(comm, "create_comm", create)
    return made
