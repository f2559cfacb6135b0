"""Text to be spoken, without what belongs on a screen: Markdown's marks, links and emoji.

The prompt asks the model for plain sentences, and models forget. The synthesiser would pass over most of it, but the
transcript would show it. Nothing is held back longer than it takes to know what a mark is.
"""

from __future__ import annotations

import re
from typing import Final

__all__ = ["Plain"]

# All are bounded and give nothing back: an endpoint may send any flood, and meanwhile nobody else has a turn.
_LINK: Final = re.compile(r"\[([^\[\]\n]{0,200}+)\]\([^()\n]{0,500}+\)")
_LINK_BEGUN: Final = re.compile(r"\[[^\[\]\n]{0,200}+(?:\](?:\([^()\n]{0,500}+)?+)?+\Z")
_MARKER: Final = re.compile(r"[ \t]{0,60}+(?:#{1,6}+|[-*+•>])[ \t]{1,60}+")
_MARKER_BEGUN: Final = re.compile(r"[ \t]{0,60}+(?:#{1,6}+|[-*+•>])?+[ \t]{0,60}+\Z")
_BLANKS: Final = re.compile(r"[ \t]++")
_LONGEST_RUN: Final = 64
_RUN: Final = re.compile("|".join(rf"{mark}{{1,{_LONGEST_RUN}}}+" for mark in (r"\*", "_", "~", "`")))
_PICTURES: Final = "\U0001f000-\U0001faff\u2600-\u27bf\u2b05-\u2b55\ufe0e\ufe0f\u200d\u20e3\U000e0020-\U000e007f"
"""Blocks of Unicode that hold pictographs, with the selectors, joiners and tags between them."""
_EMOJI: Final = re.compile(f"[{_PICTURES}]+")
_PLAIN: Final = re.compile(rf"[^\[*_~`\n \t{_PICTURES}]+")


class Plain:
    """Passes on text without marks, whatever pieces it comes in.

    Examples
    --------
    >>> plain = Plain()
    >>> "".join(map(plain.push, ("- It is **", "ni", "ne** 🙂 at [the ", "bar](http://x.y). 3 * 4.", ""))) + plain.end()
    'It is nine at the bar. 3 * 4.'
    """

    def __init__(self) -> None:
        self._rest = ""
        self._last = "\n"
        """The last character that came, marks left out."""
        self._line_begins = True

    def push(self, text: str) -> str:
        """What can be passed on now."""
        return self._go(text, last=False)

    def end(self) -> str:
        """What was held back."""
        return self._go("", last=True)

    def _go(self, text: str, *, last: bool) -> str:
        text, self._rest = self._rest + text, ""
        said: list[str] = []
        at = 0
        while at < len(text):
            taken = self._step(text, at, said, last=last)
            if taken is None:
                self._rest = text[at:]
                break
            at = taken
        return "".join(said)

    def _step(self, text: str, at: int, said: list[str], *, last: bool) -> int | None:
        """Take what stands at `at`; where it ends, or None where more must come first."""
        if self._line_begins:
            if not last and _MARKER_BEGUN.match(text, at):
                return None
            self._line_begins = False
            if found := _MARKER.match(text, at):
                return found.end()
        if found := _PLAIN.match(text, at):
            return self._say(found[0], said, found.end())
        char = text[at]
        if char == "\n":
            self._line_begins = True
            return self._say(char, said, at + 1)
        if found := _BLANKS.match(text, at):
            # What was left out between two spaces leaves one.
            return found.end() if self._last in " \t" else self._say(char, said, found.end())
        if char == "[":
            if not last and _LINK_BEGUN.match(text, at):
                return None
            if (found := _LINK.match(text, at)) is None:
                return self._say(char, said, at + 1)
            for part in found[1]:
                if not _EMOJI.match(part) and part not in "*`":
                    self._say(part, said, 0)
            return found.end()
        if found := _EMOJI.match(text, at):
            return found.end()
        found = _RUN.match(text, at)
        assert found is not None
        if found.end() == len(text) and not last:
            return None
        after = text[found.end()] if found.end() < len(text) else " "
        return found.end() if self._is_mark(found[0], after) else self._say(found[0], said, found.end())

    def _is_mark(self, run: str, after: str) -> bool:
        if run[0] == "`":
            return True
        if run[0] == "~":
            return len(run) == 2
        before = self._last
        if before.isspace() and after.isspace():
            return False
        if run[0] == "_" or len(run) == 1 or before.isdigit():
            return not (before.isalnum() and after.isalnum())
        return True

    def _say(self, text: str, said: list[str], end: int) -> int:
        said.append(text)
        self._last = text[-1]
        return end
