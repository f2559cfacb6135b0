"""History within a model's window: the oldest is left out, whole."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any, Final

from rtnb.server.brains.chat.messages import Turn
from rtnb.tokens import IMAGE_TOKENS, count_text

__all__ = ["fitting", "tokens_of"]

MESSAGE_TOKENS: Final = 4
"""What frames one message: role and separators, 3 to 5 tokens in the common chat templates."""

ANSWER_SHARE: Final = 0.25
"""Of the window, kept free for the answer at most (own choice)."""
ANSWER_TOKENS: Final = 1024
"""Kept free for an answer of no stated length: four minutes of speech."""


def fitting(
    turns: Sequence[Turn], *, prompt: str, tools: object, context_tokens: int, answer_tokens: int | None = None
) -> list[Turn]:
    """The youngest turns that fit beside the prompt, the tools and the answer.

    Counts are those of another model's vocabulary, so estimates. The last turn always stays: whether the endpoint
    takes it is its to say. A call is never parted from its output, nor two turns that stand between them.

    Parameters
    ----------
    turns : sequence of Turn
    prompt : str
        The system prompt.
    tools : object
        The ``tools`` member, or None.
    context_tokens : int
        The window.
    answer_tokens : int, optional
        The longest answer.

    Examples
    --------
    >>> turns = [({"role": "user", "content": word * 50},) for word in ("old ", "young ")]
    >>> [turn[0]["content"][:5] for turn in fitting(turns, prompt="", tools=None, context_tokens=100)]
    ['young']
    """
    free = min(answer_tokens or ANSWER_TOKENS, int(context_tokens * ANSWER_SHARE))
    left = context_tokens - free - MESSAGE_TOKENS - count_text(prompt)
    if tools:
        left -= count_text(json.dumps(tools))
    kept: list[Turn] = []
    for turn in reversed(turns):
        left -= tokens_of(turn)
        if left < 0 and kept:
            break
        kept.append(turn)
    return kept[::-1]


def tokens_of(turn: Turn) -> int:
    """About how many tokens a turn takes."""
    return sum(MESSAGE_TOKENS + _content(message) + _calls(message) for message in turn)


def _content(message: dict[str, Any]) -> int:
    content = message["content"] or ""
    if isinstance(content, str):
        return count_text(content)
    return sum(count_text(part["text"]) if part["type"] == "text" else IMAGE_TOKENS for part in content)


def _calls(message: dict[str, Any]) -> int:
    calls = message.get("tool_calls", ())
    return sum(count_text(call["function"]["name"]) + count_text(call["function"]["arguments"]) for call in calls)
