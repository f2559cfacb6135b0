"""The prompt cache, as far as it can be told from outside: a common prefix, counted in steps of 64 tokens."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from rtnb.tokens.counting import ModalityCount

__all__ = ["CACHE_GRAIN_TOKENS", "Segment", "cached_prefix"]

CACHE_GRAIN_TOKENS = 64
"""Every cached count in the published payloads (64, 256, 384, 1024, 1856, 2816, 5376) is a multiple of this."""


@dataclass(frozen=True, slots=True)
class Segment:
    """One stretch of what is given to the model: the settings, or one conversation item.

    Parameters
    ----------
    key : str
        Tells the content apart. Content that changed (an item truncated, instructions edited) needs another
        key, such as a hash, or ``"item_1@1500ms"``.
    count : ModalityCount
        Its tokens.
    """

    key: str
    count: ModalityCount


def cached_prefix(
    previous: Sequence[Segment], current: Sequence[Segment], *, grain: int = CACHE_GRAIN_TOKENS
) -> ModalityCount:
    """Tokens of `current` that the cache can hold because `previous` began the same way.

    Parameters
    ----------
    previous : sequence of Segment
        What was sent for the response before, in order. The answer that it drew was not sent, so neither that
        answer nor anything after it is cached the first time it is given back.
    current : sequence of Segment
        What is sent now.
    grain : int
        Tokens a step.

    Returns
    -------
    ModalityCount
        For each modality ``floor(n / grain) * grain``, with n its tokens in the common prefix. The real cache is
        best effort: it may hold less, never more.

    Examples
    --------
    >>> settings = Segment("settings", ModalityCount(text=100))
    >>> question = Segment("item_1", ModalityCount(text=2, audio=70))
    >>> answer = Segment("item_2", ModalityCount(text=20, audio=90))
    >>> cached_prefix([settings, question], [settings, question, answer])
    ModalityCount(text=64, audio=64, image=0)
    >>> cached_prefix([settings, question], [Segment("new settings", ModalityCount(text=90)), question])
    ModalityCount(text=0, audio=0, image=0)
    """
    total = ModalityCount()
    for before, now in zip(previous, current, strict=False):
        if before != now:
            break
        total += now.count
    return ModalityCount(total.text // grain * grain, total.audio // grain * grain, total.image // grain * grain)
