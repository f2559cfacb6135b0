"""Server-sent events out of bytes.

The format is that of the HTML standard, section 9.2.6 (html.spec.whatwg.org): lines end with CR LF, LF or CR, an
empty line ends an event, a line that begins with a colon is a comment. An event that the stream ends in is read too,
which the standard would drop: servers forget the last empty line.

Libraries that read lines with :meth:`str.splitlines` cut at U+2028 and others, which JSON may hold, and know no bound.
"""

from __future__ import annotations

import codecs
import re
from dataclasses import dataclass
from typing import Final

__all__ = ["MAX_EVENT_CHARS", "EventReader", "ServerEvent", "TooLongError"]

MAX_EVENT_CHARS: Final = 4 * 2**20
"""Longest event, in characters; a token takes some hundred (own choice)."""

_LINE: Final = re.compile(r"\r\n|\n|\r")


class TooLongError(ValueError):
    """An event has no end."""


@dataclass(frozen=True, slots=True)
class ServerEvent:
    """One event: its data, and its name where it has one."""

    data: str
    name: str = ""


class EventReader:
    """Reads events from bytes that come in any pieces.

    Parameters
    ----------
    most_chars : int
        Longest event.

    Examples
    --------
    >>> reader = EventReader()
    >>> reader.feed(b": hello" + bytes([10]) + b"data: {"), reader.feed(b"}" + bytes([10, 10]))
    ([], [ServerEvent(data='{}', name='')])
    """

    def __init__(self, most_chars: int = MAX_EVENT_CHARS) -> None:
        self._most = most_chars
        self._decoder = codecs.getincrementaldecoder("utf-8-sig")("replace")
        self._line: list[str] = []
        self._held = 0
        self._after_cr = False
        self._data: list[str] = []
        self._name = ""

    def feed(self, data: bytes) -> list[ServerEvent]:
        """The events that are complete with these bytes.

        Raises
        ------
        TooLongError
            One is longer than allowed.
        """
        return self._take(self._decoder.decode(data))

    def end(self) -> list[ServerEvent]:
        """What the stream ended in."""
        text = self._decoder.decode(b"", True)
        return self._take(text + "\n\n")

    def _take(self, text: str) -> list[ServerEvent]:
        # The line feed of a CR LF may come with the next bytes, and is then no empty line.
        if self._after_cr and text:
            self._after_cr = False
            text = text.removeprefix("\n")
        found: list[ServerEvent] = []
        at = 0
        for end in _LINE.finditer(text):
            line = "".join((*self._line, text[at : end.start()]))
            self._line.clear()
            at = end.end()
            self._read(line, found)
        self._after_cr = self._after_cr or (at == len(text) and text.endswith("\r"))
        if at < len(text):
            self._line.append(text[at:])
            self._hold(len(text) - at)
        return found

    def _read(self, line: str, found: list[ServerEvent]) -> None:
        if not line:
            if self._data:
                found.append(ServerEvent("\n".join(self._data), self._name))
            self._data, self._name, self._held = [], "", 0
            return
        member, _, value = line.partition(":")
        value = value.removeprefix(" ")
        if member == "data":
            # An empty line counts too: there may be any number of them.
            self._hold(len(value) + 1)
            self._data.append(value)
        elif member == "event":
            self._name = value
        elif member == "error":
            # No member of the format: so the llama.cpp servers of 2025 and before report a failure in mid-stream.
            self._name = member
            self._hold(len(value))
            self._data.append(value)
        elif not self._data:
            self._held = 0

    def _hold(self, chars: int) -> None:
        self._held += chars
        if self._held > self._most:
            raise TooLongError
