"""What the demo brain's skills take and give."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace

from rtnb.server.brains.base import Call, Message
from rtnb.server.brains.words import plain, tidy

__all__ = ["Answer", "Skill", "Utterance"]

_MOST_CHARACTERS = 1200
"""A minute and a half of speech; what is longer is pasted, and the rest of it changes no answer."""


@dataclass(frozen=True, slots=True)
class Utterance:
    """What the user said, in the spelling it came in and in the one that skills compare.

    Parameters
    ----------
    text : str
        As it came, on one line.
    heard : bool
        Whether it was spoken.
    plain : str
        Lower case, no punctuation, contractions and spelled-out acronyms resolved; see
        :func:`rtnb.server.brains.words.plain`.

    Examples
    --------
    >>> Utterance("What's server V.A.D.?").plain
    'what is server vad'
    """

    text: str
    heard: bool = False
    plain: str = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "text", tidy(self.text[:_MOST_CHARACTERS]))
        object.__setattr__(self, "plain", plain(self.text))


@dataclass(frozen=True, slots=True)
class Answer:
    """What to say, sentence by sentence.

    Parameters
    ----------
    intent : str
        What the brain took the utterance for, such as ``"arithmetic"`` or ``"faq:server-vad"``.
    sentences : tuple of str
        At least one, unless there are `calls`.
    social : bool
        Small talk: when something else is answered too, only the first sentence is said.
    whole : bool
        Said in full, even when the instructions ask for brevity.
    brief : str
        What to say when they do; the first sentence when empty.
    calls : tuple of Call
        Tool calls, behind the sentences.
    """

    intent: str
    sentences: tuple[str, ...]
    social: bool = False
    whole: bool = False
    brief: str = ""
    calls: tuple[Call, ...] = ()

    def cut(self) -> Answer:
        """The answer of somebody who was told to be brief.

        Examples
        --------
        >>> Answer("thanks", ("You are welcome.", "Is there anything else?")).cut().sentences
        ('You are welcome.',)
        """
        return self if self.whole else replace(self, sentences=(self.brief or self.sentences[0],))


Skill = Callable[[Utterance, tuple[Message, ...]], Answer | None]
"""Answers one utterance, given the messages before it, or passes with None."""
