"""``max_output_tokens``: how much of what comes next still fits."""

from __future__ import annotations

import bisect

from rtnb.server.answer.words import word_ends
from rtnb.tokens import assistant_audio_tokens, count_text

__all__ = ["Budget"]


class Budget:
    """Tokens that a response may still generate, text and audio together.

    Parameters
    ----------
    limit : int or "inf"
        ``max_output_tokens``.

    Examples
    --------
    >>> budget = Budget(3)
    >>> budget.fitting("one two three four five")
    'one two three'
    >>> Budget("inf").fitting("anything at all")
    'anything at all'
    """

    def __init__(self, limit: int | str) -> None:
        self._limit = limit if isinstance(limit, int) else None
        self._closed = 0
        self._open = ""
        self._audio_ms = 0.0

    def begin(self) -> None:
        """The next output item begins: its text is counted by itself, as usage does."""
        if self._limit is not None:
            self._closed += count_text(self._open)
            self._open = ""

    def fitting(self, text: str, audio_ms: float = 0.0) -> str:
        """As many of the words of `text` as still fit, with their share of `audio_ms`; takes nothing.

        What is cut off ends at the end of a word; ``== text`` tells that all of it fits.
        """
        if self._limit is None or self._fits(text, audio_ms):
            return text
        ends = word_ends(text)
        share = audio_ms / len(text) if text else 0.0
        most = bisect.bisect_right(ends, False, key=lambda end: not self._fits(text[:end], share * end))
        return text[: ends[most - 1]] if most else ""

    def take(self, text: str, audio_ms: float = 0.0) -> None:
        """Count what was streamed."""
        if self._limit is not None:
            self._open += text
            self._audio_ms += audio_ms

    def _fits(self, text: str, audio_ms: float) -> bool:
        assert self._limit is not None
        used = self._closed + count_text(self._open + text) + assistant_audio_tokens(self._audio_ms + audio_ms)
        return used <= self._limit
