"""What a model thinks aloud is nobody's to hear.

Models that reason write their thoughts between ``<think>`` and ``</think>`` unless their server keeps them apart.
"""

from __future__ import annotations

import re
from typing import Final

__all__ = ["Thoughtless"]

_NAMES: Final = ("think", "thinking", "thought", "reasoning")
_TAG: Final = re.compile(rf"<(/?)({'|'.join(_NAMES)})>", re.IGNORECASE)
_TAGS: Final = tuple(f"<{slash}{name}>" for slash in ("", "/") for name in _NAMES)
_ANY: Final = ""
_LONGEST: Final = max(map(len, _TAGS))


class Thoughtless:
    """Passes on text without the thoughts in it, whatever pieces it comes in.

    Parameters
    ----------
    begun : bool
        Whether the text begins inside of a thought: the server's template has opened it, in the prompt.

    Examples
    --------
    >>> filter = Thoughtless()
    >>> "".join(map(filter.push, ("<th", "ink>Hm.</thi", "nk>Two", "."))) + filter.end()
    'Two.'
    """

    def __init__(self, *, begun: bool = False) -> None:
        self._rest = ""
        self._inside: str | None = _ANY if begun else None
        self.thought = begun
        """Whether there was any."""

    def push(self, text: str) -> str:
        """What can be passed on now."""
        text, said, at = self._rest + text, [], 0
        for tag in _TAG.finditer(text):
            if self._inside is None:
                said.append(text[at : tag.start()])
                # A closing tag alone belongs to a thought that the server opened in its prompt.
                self._inside = None if tag[1] else tag[2].lower()
                self.thought = True
            elif tag[1] and self._inside in (_ANY, tag[2].lower()):
                self._inside = None
            at = tag.end()
        held = _begun(text, at)
        if self._inside is None:
            said.append(text[at:held])
        self._rest = text[held:]
        return "".join(said)

    def end(self) -> str:
        """What was held back in case it became a tag."""
        rest, self._rest = self._rest, ""
        return rest if self._inside is None else ""


def _begun(text: str, at: int) -> int:
    """Where a tag may have begun that is not complete; the end of the text if none has."""
    start = text.rfind("<", max(at, len(text) - _LONGEST))
    if start >= 0 and any(tag.startswith(text[start:].lower()) for tag in _TAGS):
        return start
    return len(text)
