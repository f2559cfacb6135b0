"""Which words of an unfinished turn may be given out: those that two recognitions in a row agree on.

Each pass over a growing turn may change its mind about the last words. What two passes in a row begin with is
stable enough to be sent, and is never taken back: LocalAgreement-2 of Liu, Spanakis and Niehues, "Low-Latency
Sequence-to-Sequence Speech Recognition and Translation by Partial Hypothesis Selection" (Interspeech 2020), as
Machacek, Dabre and Bojar apply it in "Turning Whisper into Real-Time Transcription System" (2023).

Two passes may write a word differently ("paris", "Paris?"); letters and digits decide. A mark behind the last
word waits until a word follows it. When the final text differs in words that are out already, what is out stays,
and the rest follows from where the two texts match best.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

__all__ = ["Agreement", "aligned_end", "pieces"]

REACH_WORDS = 24
"""How many words back two texts are compared to find where one goes on. Own choice: a long sentence."""

SLACK_WORDS = 12
"""How many words the one may be ahead of or behind the other. Own choice."""

_MARKS = re.compile(r"[^\w]+$")


def pieces(text: str) -> list[str]:
    """A text word by word, each with the space before it; joined they are the text.

    Examples
    --------
    >>> pieces("What is it?")
    ['What', ' is', ' it?']
    """
    found = re.findall(r"\s*\S+", text)
    if found and (behind := text[sum(map(len, found)) :]):
        found[-1] += behind
    return found


def _key(word: str) -> str:
    return re.sub(r"\W+", "", word).casefold() or word


def _marks(word: str) -> str:
    """The punctuation at the end of a word; none when it is nothing else."""
    found = _MARKS.search(word)
    return found.group() if found is not None and found.start() else ""


def aligned_end(said: Sequence[str], words: Sequence[str]) -> int:
    """How many of `words` say what `said` says already, by the least edit distance.

    Parameters
    ----------
    said, words : sequence of str
        What is out, and a newer version of it that goes on.

    Examples
    --------
    >>> aligned_end(["what", "is", "the"], ["what", "is", "the", "weather"])
    3
    >>> aligned_end(["an", "ice", "cream", "van"], ["an", "icecream", "van", "please"])
    3
    """
    count = len(said)
    if list(words[:count]) == list(said):
        return count
    recent = said[-REACH_WORDS:]
    skipped = count - len(recent)
    first = max(0, skipped - SLACK_WORDS)
    window = words[first : count + SLACK_WORDS]
    # Edit distances of the recent words to what ends at each place of the window. Where older words stand before
    # it, it may begin anywhere.
    costs = [0] * (len(window) + 1) if skipped else list(range(len(window) + 1))
    for row, word in enumerate(recent, 1):
        before, costs = costs, [row]
        for at, other in enumerate(window, 1):
            costs.append(min(before[at - 1] + (word != other), before[at] + 1, costs[at - 1] + 1))
    return first + min(range(len(costs)), key=lambda at: (costs[at], abs(first + at - count)))


class Agreement:
    """The text of one turn as it becomes certain.

    Parameters
    ----------
    held_words : int
        How many of the last words that two passes agree on wait for another pass.

    Examples
    --------
    >>> agreement = Agreement()
    >>> [agreement.push(text) for text in ("What is.", "What is the weather", "What is the weather in")]
    ['', 'What is', ' the weather']
    >>> agreement.finish("What is the weather in Paris?"), agreement.text
    (' in Paris?', 'What is the weather in Paris?')
    """

    def __init__(self, held_words: int = 0) -> None:
        self._held_words = held_words
        self._before: list[str] = []
        self._text = ""

    @property
    def text(self) -> str:
        """All that was given out."""
        return self._text

    def push(self, hypothesis: str) -> str:
        """What another pass adds to what is certain; empty when nothing.

        Parameters
        ----------
        hypothesis : str
            The words of the turn so far.
        """
        words, before = hypothesis.split(), self._before
        self._before = words
        agreed = 0
        for one, other in zip(words, before, strict=False):
            if _key(one) != _key(other):
                break
            agreed += 1
        agreed = max(0, agreed - self._held_words)
        begin = self._goes_on(words)
        if agreed <= begin:
            return ""
        fresh = words[begin:agreed]
        if agreed == len(words) or words[agreed - 1] != before[agreed - 1]:
            fresh[-1] = fresh[-1][: len(fresh[-1]) - len(_marks(fresh[-1]))]
        return self._give(self._left_marks(words, begin) + self._joined(fresh))

    def finish(self, final: str) -> str:
        """The rest, now that the turn is over; `text` is all of it then.

        Parameters
        ----------
        final : str
            The words of the whole turn. Empty when it was no speech after all, which takes nothing back.
        """
        if final.startswith(self._text):
            return self._give(final[len(self._text) :])
        words = final.split()
        begin = self._goes_on(words)
        return self._give(self._left_marks(words, begin) + self._joined(words[begin:]))

    def _goes_on(self, words: Sequence[str]) -> int:
        return aligned_end([_key(word) for word in self._text.split()], [_key(word) for word in words])

    def _left_marks(self, words: Sequence[str], begin: int) -> str:
        """The mark behind the last word given out, which had to wait."""
        said = self._text.split()
        if not said or not begin or _marks(said[-1]) or _key(said[-1]) != _key(words[begin - 1]):
            return ""
        return _marks(words[begin - 1])

    def _joined(self, words: Sequence[str]) -> str:
        return (" " if self._text and words else "") + " ".join(words)

    def _give(self, delta: str) -> str:
        self._text += delta
        return delta
