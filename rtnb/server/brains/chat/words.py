"""The words of an answer, out of what a model writes."""

from __future__ import annotations

from rtnb.server.brains.chat.plain import Plain
from rtnb.server.brains.chat.thinking import Thoughtless

__all__ = ["Words"]


class Words:
    """Passes on what is to be said.

    Parameters
    ----------
    spoken : bool
        Whether it is read aloud, so that Markdown has no place in it.
    thinking : bool
        Whether it begins inside of a thought, see :class:`Thoughtless`.

    Examples
    --------
    >>> words = Words(spoken=True)
    >>> "".join(map(words.push, ("<think>Hm.</think>", " **Yes", ".** "))) + words.end()
    'Yes. '
    """

    def __init__(self, *, spoken: bool, thinking: bool = False) -> None:
        self._thoughts = Thoughtless(begun=thinking)
        self._plain = Plain() if spoken else None
        self.begun = False
        """Whether there was anything but white space."""
        self.thought_chars = 0
        """About how much of it were thoughts."""

    @property
    def thought(self) -> bool:
        """Whether the model thought aloud."""
        return self._thoughts.thought

    def push(self, text: str) -> str:
        """What can be said now."""
        chars = len(text)
        text = self._thoughts.push(text)
        self.thought_chars += chars - len(text)
        return self._begin(self._plain.push(text) if self._plain else text)

    def end(self) -> str:
        """What was held back."""
        text = self._thoughts.end()
        return self._begin(self._plain.push(text) + self._plain.end() if self._plain else text)

    def _begin(self, text: str) -> str:
        text = text if self.begun else text.lstrip()
        self.begun = self.begun or bool(text)
        return text
